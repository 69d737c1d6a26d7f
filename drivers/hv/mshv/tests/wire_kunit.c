// SPDX-License-Identifier: GPL-2.0-only
/*
 * The bytes of each hypercall as they are on the wire.
 *
 * Expected bytes are written down here, not taken from the structures that the
 * driver fills, so that a wrong structure or field is found.  All bytes behind
 * them have to be zero, whatever the page held before.
 */
#include <kunit/test.h>
#include <linux/hex.h>
#include <hyperv/hvcall.h>

#include "fake_hv.h"

/* The partition all calls are about, as number and as bytes */
#define PT_ID	0x0102030405060708ULL
#define PT	"0807060504030201"

#define INPUT_SIZE	96
#define MAX_FIELDS	12

/**
 * struct wire_case - one hypercall
 * @desc: the function that makes it
 * @make: likewise
 * @control: its control word
 * @has_out: it has an output page
 * @in: its input in hexadecimal, field by field, up to the last byte that is
 *	not zero
 */
struct wire_case {
	const char *desc;
	int (*make)(struct hv_pt *pt);
	u64 control;
	bool has_out;
	const char *in[MAX_FIELDS];
};

static int create_partition(struct hv_pt *pt)
{
	struct hv_partition_creation_properties props = {};
	union hv_partition_isolation_properties isolation = {
		.as_uint64 = 0x77,
	};

	props.disabled_processor_features.as_uint64[0] = 0x1111;
	props.disabled_processor_features.as_uint64[1] = 0x2222;
	props.disabled_processor_xsave_features.as_uint64 = 0x3333;
	return hvcall_create_partition(0x8000000000000043, &props, isolation,
				       pt);
}

static int get_property_ex(struct hv_pt *pt)
{
	u64 value;

	return hvcall_get_property_ex(HV_PARTITION_ID_SELF, 0x00090007, 0x55,
				      &value, sizeof(value));
}

static int get_system_property(struct hv_pt *pt)
{
	u64 value;

	return hvcall_get_system_property(15, &value);
}

static int map_gpa(struct hv_pt *pt)
{
	static const u64 pfns[] = { 0x11, 0x2200, 0x330000 };
	unsigned int done;

	return hvcall_map_gpa(pt, 0x100, 0x8000800f, pfns, 3, &done);
}

static int unmap_gpa(struct hv_pt *pt)
{
	unsigned int done;

	return hvcall_unmap_gpa(pt, 0x100, 2, 512, &done);
}

static int withdraw(struct hv_pt *pt)
{
	return hvcall_withdraw_all(pt);
}

static int create_vp(struct hv_pt *pt)
{
	return hvcall_create_vp(pt, 3);
}

static int delete_vp(struct hv_pt *pt)
{
	return hvcall_delete_vp(pt, 3);
}

static int get_vp_reg(struct hv_pt *pt)
{
	union hv_register_value value;

	return hvcall_get_vp_reg(pt, 3, 0x00090014, &value);
}

static int set_vp_regs(struct hv_pt *pt)
{
	static const struct hv_register_assoc regs[] = {
		{ .name = 0x00000002, .value.reg64 = 0 },
		{ .name = 0x00020001, .value.reg64 = 0xabcd },
	};

	return hvcall_set_vp_regs(pt, 3, regs, 2);
}

static int map_vp_page(struct hv_pt *pt)
{
	u64 gpfn = 0x1234;

	return hvcall_map_vp_page(pt, 3, 1, &gpfn);
}

static int map_vp_page_anywhere(struct hv_pt *pt)
{
	u64 gpfn = 0;

	return hvcall_map_vp_page(pt, 3, 1, &gpfn);
}

static int unmap_vp_page(struct hv_pt *pt)
{
	return hvcall_unmap_vp_page(pt, 3, 1);
}

/* The counters of VP 3, in the area of the parent */
static const union hv_stats_object_identity vp_stats = {
	.vp = { .partition_id = PT_ID, .vp_index = 3, .stats_area_type = 1 },
};

static int map_stats(struct hv_pt *pt)
{
	u64 gpfn = 0x1234;

	return hvcall_map_stats(pt, 3, &vp_stats, &gpfn);
}

static int map_stats_anywhere(struct hv_pt *pt)
{
	u64 gpfn = 0;

	return hvcall_map_stats(pt, 3, &vp_stats, &gpfn);
}

static int unmap_stats(struct hv_pt *pt)
{
	return hvcall_unmap_stats(3, &vp_stats);
}

static int create_doorbell(struct hv_pt *pt)
{
	return hvcall_create_doorbell(0x123456, pt, 5);
}

static int connect_doorbell(struct hv_pt *pt)
{
	return hvcall_connect_doorbell(0x123456, pt, 0xfee00000, 0x77, 0x80);
}

static int delete_port(struct hv_pt *pt)
{
	return hvcall_delete_port(0x123456);
}

static int disconnect_doorbell(struct hv_pt *pt)
{
	return hvcall_disconnect_doorbell(0x123456, pt);
}

static int get_property(struct hv_pt *pt)
{
	u64 value;

	return hvcall_get_property(pt, 0x00060007, &value);
}

static int get_access(struct hv_pt *pt)
{
	union hv_gpa_page_access_state_flags flags = { .clear_dirty = 1 };
	union hv_gpa_page_access_state states[3];
	unsigned int done;
	u16 status;

	return hvcall_get_access(pt, 0x1234, flags, states, 3, &done, &status);
}

static int assert_interrupt(struct hv_pt *pt)
{
	union hv_interrupt_control control = {
		.as_uint64 = 0x100000004,
	};

	return hvcall_assert_interrupt(pt, control, 0x0807060504030201, 0x31);
}

static int find_vps(struct hv_pt *pt)
{
	static const u32 apic_ids[] = { 3, 0x105 };
	unsigned int done;
	u32 indexes[2];

	return hvcall_find_vps(pt, apic_ids, indexes, 2, &done);
}

#define WIRE(make, control, has_out, in...) \
	{ #make, make, control, has_out, { in } }

static const struct wire_case wire_cases[] = {
	WIRE(create_partition, 0x40, true,
	     "4300000000000080", "0000000000000000", "09060000", "00000000",
	     "1111000000000000", "2222000000000000", "3333000000000000", "77"),
	WIRE(hvcall_initialize_partition, 0x41, false, PT),
	WIRE(hvcall_finalize_partition, 0x42, false, PT),
	WIRE(hvcall_delete_partition, 0x43, false, PT),
	WIRE(get_property_ex, 0x101, true,
	     "ffffffffffffffff", "07000900", "00000000", "55"),
	WIRE(get_system_property, 0x7b, true, "0f"),
	WIRE(map_gpa, 0x30000004b, false,
	     PT, "0001000000000000", "0f800080", "00000000",
	     "1100000000000000", "0022000000000000", "000033"),
	WIRE(unmap_gpa, 0x2000000004c, false, PT, "0001000000000000", "02"),
	WIRE(withdraw, 0x4000000049, true, PT),
	WIRE(create_vp, 0x4e, false, PT, "03"),
	WIRE(delete_vp, 0x4f, false, PT, "03"),
	WIRE(get_vp_reg, 0x100000050, true, PT, "03000000", "00000000", "140009"),
	WIRE(set_vp_regs, 0x200000051, false,
	     PT, "03000000", "00000000",
	     "02000000", "00000000", "0000000000000000",
	     "0000000000000000", "0000000000000000",
	     "01000200", "00000000", "0000000000000000", "cdab"),
	WIRE(map_vp_page, 0xe1, true, PT, "03000000", "0100", "00", "01", "3412"),
	WIRE(map_vp_page_anywhere, 0xe1, true, PT, "03000000", "01"),
	WIRE(unmap_vp_page, 0xe2, false, PT, "03000000", "01"),
	WIRE(map_stats, 0x131, false,
	     "0300000000000000", PT, "03000000", "0000", "00", "01", "3412"),
	WIRE(map_stats_anywhere, 0x6c, true,
	     "0300000000000000", PT, "03000000", "0000", "00", "01"),
	WIRE(create_doorbell, 0x95, false,
	     "ffffffffffffffff", "56341200", "00000000", PT,
	     "0400000000000000", "05000000", "ffffffff"),
	WIRE(connect_doorbell, 0x96, false,
	     PT, "56341200", "00000000", "ffffffffffffffff", "56341200",
	     "00000000", "0400000000000000", "0000e0fe00000000",
	     "7700000000000000", "80"),
	WIRE(unmap_stats, 0x6d, false,
	     "0300000000000000", PT, "03000000", "0000", "00", "01"),
	WIRE(delete_port, 0x58, false, "ffffffffffffffff", "563412"),
	WIRE(disconnect_doorbell, 0x5b, false, PT, "56341200", "01"),
	WIRE(get_property, 0x44, true, PT, "070006"),
	WIRE(get_access, 0x3000000c9, true, PT, "0400000000000000", "3412"),
	WIRE(assert_interrupt, 0x94, false,
	     PT, "04000000", "01000000", "0102030405060708", "31"),
	WIRE(find_vps, 0x20000009a, true,
	     PT, "0000000000000000", "03000000", "0501"),
};

KUNIT_ARRAY_PARAM_DESC(wire, wire_cases, desc);

static void expect_input(struct kunit *test, const struct fake_exit *e,
			 const char * const *fields, unsigned int nr)
{
	u8 in[INPUT_SIZE];
	size_t size = 0;

	for (; nr && *fields; nr--, fields++) {
		size_t bytes = strlen(*fields) / 2;

		KUNIT_ASSERT_LE(test, size + bytes, sizeof(in));
		KUNIT_ASSERT_EQ(test, hex2bin(in + size, *fields, bytes), 0);
		size += bytes;
	}
	KUNIT_EXPECT_MEMEQ(test, e->in, in, size);
	KUNIT_EXPECT_EQ(test, e->in_used, size);
}

static void call_has_exactly_these_bytes(struct kunit *test)
{
	const struct wire_case *wire = test->param_value;
	struct fake_hv *fake = fake_hv_start(test, false);
	struct hv_pt pt = { .id = PT_ID };
	const struct fake_exit *e;
	int round;

	fake->out_check = 16;
	for (round = 0; round < 2; round++) {
		pt.id = PT_ID;
		wire->make(&pt);
	}

	/* Round 2 starts with pages full of garbage. */
	for (round = 0; round < 2; round++) {
		e = fake_hv_exit(test, fake, fake_code(wire->control), round);
		KUNIT_EXPECT_EQ(test, e->control, wire->control);
		expect_input(test, e, wire->in, MAX_FIELDS);
		KUNIT_EXPECT_EQ(test, e->has_out, wire->has_out);
		KUNIT_EXPECT_TRUE(test, e->out_clean);
	}
}

static void dispatch_vp_has_exactly_these_bytes(struct kunit *test)
{
	static const char * const in[] = {
		PT, "03000000", "43000000", "efcdab8967452301",
	};
	struct hv_output_dispatch_vp answer = { 2, 2 }, res = {};
	struct fake_hv *fake = fake_hv_start(test, false);
	struct hv_pt pt = { .id = PT_ID };
	const struct fake_exit *e;
	int err;

	fake->out = &answer;
	fake->out_size = sizeof(answer);
	fake->out_check = sizeof(answer);

	preempt_disable();
	err = hvcall_dispatch_vp(&pt, 3, 0x43, 0x0123456789abcdef, &res);
	preempt_enable();

	KUNIT_ASSERT_EQ(test, err, 0);
	KUNIT_EXPECT_EQ(test, res.dispatch_state, 2);
	KUNIT_EXPECT_EQ(test, res.dispatch_event, 2);
	e = fake_hv_exit(test, fake, HVCALL_DISPATCH_VP, 0);
	KUNIT_EXPECT_EQ(test, e->control, 0xc2);
	expect_input(test, e, in, ARRAY_SIZE(in));
	KUNIT_EXPECT_TRUE(test, e->out_clean);
}

static struct kunit_case wire_kunit_cases[] = {
	KUNIT_CASE_PARAM(call_has_exactly_these_bytes, wire_gen_params),
	KUNIT_CASE(dispatch_vp_has_exactly_these_bytes),
	{}
};

static struct kunit_suite wire_suite = {
	.name = "mshv_wire",
	.test_cases = wire_kunit_cases,
};

kunit_test_suite(wire_suite);
