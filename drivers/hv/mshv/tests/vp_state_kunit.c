// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pieces of a VP's state: each goes through pages of the kernel, whole, and
 * with nothing else on them.
 */
#include <kunit/test-bug.h>
#include <kunit/test.h>
#include <linux/mm.h>
#include <linux/uaccess.h>

#include "../mshv.h"
#include "../irq.h"
#include "fake_vmm.h"

#define XSAVE_SIZE	0xa80	/* what the fake says */
#define BUF_SIZE	(2 * PAGE_SIZE)

/* Where page numbers are in the input of both calls */
#define PFNS_OFFSET	40

static int vp_state_test_init(struct kunit *test)
{
	struct fake_vmm *vmm = fake_vmm_start_partition(test);

	KUNIT_ASSERT_EQ(test, fake_vmm_create_vp(vmm, 1), 0);
	fake_hv_forget(test, vmm->hv);
	return 0;
}

static long state_at(struct kunit *test, unsigned int cmd, u8 type, u32 *size,
		     u64 ubuf)
{
	struct mshv_get_set_vp_state args = {
		.type = type, .buf_sz = *size, .buf_ptr = ubuf,
	};
	long ret = fake_vmm_vp(the_vmm(test), 1, cmd, &args, sizeof(args));

	*size = args.buf_sz;
	return ret;
}

static long state(struct kunit *test, unsigned int cmd, u8 type, u32 *size)
{
	return state_at(test, cmd, type, size, the_vmm(test)->buf);
}

static u8 *page_in(struct fake_hv *fake, unsigned int i)
{
	u64 pfn;

	memcpy(&pfn, fake->input + PFNS_OFFSET + i * sizeof(pfn), sizeof(pfn));
	return page_address(pfn_to_page(pfn));
}

/* The hypervisor finds clean pages and fills them. */
static void fill_pages(struct fake_hv *fake, u16 code)
{
	struct kunit *test = kunit_get_current_test();

	if (code != HVCALL_GET_VP_STATE)
		return;
	KUNIT_EXPECT_NULL(test, memchr_inv(page_in(fake, 0), 0, PAGE_SIZE));
	memset(page_in(fake, 0), 0xab, PAGE_SIZE);
}

/* It finds what the VMM wrote, and zeroes behind it. */
static void check_pages(struct fake_hv *fake, u16 code)
{
	struct kunit *test = kunit_get_current_test();
	size_t size = *(u32 *)(fake->input + 16) == 0x80000001 ? XSAVE_SIZE :
								PAGE_SIZE;

	if (code != HVCALL_SET_VP_STATE)
		return;
	KUNIT_EXPECT_NULL(test, memchr_inv(page_in(fake, 0), 0x5a, size));
	KUNIT_EXPECT_NULL(test, memchr_inv(page_in(fake, 0) + size, 0,
					   PAGE_SIZE - size));
}

static void fill_buf(struct kunit *test, u8 byte, size_t size)
{
	void *buf = kunit_kmalloc(test, size, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, buf);
	memset(buf, byte, size);
	KUNIT_ASSERT_EQ(test, copy_to_user((void __user *)the_vmm(test)->buf,
					   buf, size), 0);
}

/* The buffer has @size bytes 0xab, and then 0x11 as before. */
static void expect_buf(struct kunit *test, size_t size)
{
	u8 *buf = kunit_kmalloc(test, BUF_SIZE, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, buf);
	KUNIT_ASSERT_EQ(test, copy_from_user(buf,
					     (void __user *)the_vmm(test)->buf,
					     BUF_SIZE), 0);
	KUNIT_EXPECT_NULL(test, memchr_inv(buf, 0xab, size));
	KUNIT_EXPECT_NULL(test, memchr_inv(buf + size, 0x11, BUF_SIZE - size));
}

static const struct piece {
	const char *desc;
	u8 type;
	u32 wire, size;
} pieces[] = {
	{ "lapic", MSHV_VP_STATE_LAPIC, 0x80000000, 4096 },
	{ "xsave", MSHV_VP_STATE_XSAVE, 0x80000001, XSAVE_SIZE },
	{ "simp", MSHV_VP_STATE_SIMP, 0x80000002, 4096 },
	{ "siefp", MSHV_VP_STATE_SIEFP, 0x80000003, 4096 },
};

KUNIT_ARRAY_PARAM_DESC(piece, pieces, desc);

/* The header of both calls: whose, and which piece of it */
static void expect_header(struct kunit *test, u16 code,
			  const struct piece *piece)
{
	const struct fake_exit *e = fake_hv_exit(test, test->priv, code, 0);
	const u32 *in = (const void *)e->in;

	KUNIT_EXPECT_EQ(test, e->control, code | 1ULL << 17);
	KUNIT_EXPECT_EQ(test, *(u64 *)in, the_vmm(test)->m->id);
	KUNIT_EXPECT_EQ(test, in[2], 1);
	KUNIT_EXPECT_EQ(test, in[3], 0);
	KUNIT_EXPECT_EQ(test, in[4], piece->wire);
	KUNIT_EXPECT_EQ(test, in[5], 0);
	KUNIT_EXPECT_EQ(test, in[8], piece->size == XSAVE_SIZE ? 7 : 0);
}

static void piece_is_read_whole_and_alone(struct kunit *test)
{
	const struct piece *piece = test->param_value;
	struct fake_hv *fake = test->priv;
	u32 size = PAGE_SIZE;

	fill_buf(test, 0x11, BUF_SIZE);
	fake->hook = fill_pages;
	KUNIT_ASSERT_EQ(test, state(test, MSHV_GET_VP_STATE, piece->type, &size),
			0);
	KUNIT_EXPECT_EQ(test, size, piece->size);
	expect_buf(test, piece->size);
	expect_header(test, HVCALL_GET_VP_STATE, piece);
}

static void piece_is_written_whole_and_alone(struct kunit *test)
{
	const struct piece *piece = test->param_value;
	struct fake_hv *fake = test->priv;
	u32 size = PAGE_SIZE;

	fill_buf(test, 0x5a, BUF_SIZE);
	fake->hook = check_pages;
	KUNIT_ASSERT_EQ(test, state(test, MSHV_SET_VP_STATE, piece->type, &size),
			0);
	KUNIT_EXPECT_EQ(test, size, piece->size);
	expect_header(test, HVCALL_SET_VP_STATE, piece);
}

static void timers_travel_without_pages(struct kunit *test)
{
	static u8 timers[200];
	static const struct fake_step steps[] = {
		{ .out = timers, .out_size = sizeof(timers) },
	};
	u32 size = PAGE_SIZE;
	const struct fake_exit *e;

	memset(timers, 0xab, sizeof(timers));
	fill_buf(test, 0x11, BUF_SIZE);
	fake_hv_script(test->priv, steps, ARRAY_SIZE(steps));
	KUNIT_ASSERT_EQ(test, state(test, MSHV_GET_VP_STATE,
				    MSHV_VP_STATE_SYNTHETIC_TIMERS, &size), 0);
	KUNIT_EXPECT_EQ(test, size, 200);
	expect_buf(test, 200);

	size = PAGE_SIZE;
	fill_buf(test, 0x77, BUF_SIZE);
	KUNIT_ASSERT_EQ(test, state(test, MSHV_SET_VP_STATE,
				    MSHV_VP_STATE_SYNTHETIC_TIMERS, &size), 0);
	e = fake_hv_exit(test, test->priv, HVCALL_SET_VP_STATE, 0);
	KUNIT_EXPECT_EQ(test, e->control, 0xe4 | 25ULL << 17);
	KUNIT_EXPECT_NULL(test, memchr_inv(e->in + PFNS_OFFSET, 0x77, 200));
	KUNIT_EXPECT_EQ(test, e->in_used, PFNS_OFFSET + 200);
}

static void small_buffer_is_told_the_size_it_needs(struct kunit *test)
{
	static const u64 states = 3, size5 = 5 * 4096 + 1;
	static const struct fake_step steps[] = {
		{ .out = &states, .out_size = 8 }, { .out = &size5, .out_size = 8 },
		{ .out = &states, .out_size = 8 }, { .out = &size5, .out_size = 8 },
	};
	u32 size = 5 * PAGE_SIZE;

	fake_hv_script(test->priv, steps, ARRAY_SIZE(steps));
	KUNIT_EXPECT_EQ(test, state(test, MSHV_GET_VP_STATE,
				    MSHV_VP_STATE_XSAVE, &size), -EINVAL);
	KUNIT_EXPECT_EQ(test, size, 5 * 4096 + 1);
	KUNIT_EXPECT_EQ(test, fake_hv_count(test->priv, HVCALL_GET_VP_STATE), 0);
	size = 6 * PAGE_SIZE;
	KUNIT_EXPECT_EQ(test, state(test, MSHV_GET_VP_STATE,
				    MSHV_VP_STATE_XSAVE, &size), 0);
	KUNIT_EXPECT_EQ(test, fake_hv_exit(test, test->priv, HVCALL_GET_VP_STATE,
					   0)->control, 0xe3 | 6ULL << 17);
}

static const struct strange {
	const char *desc;
	u64 size;
} stranges[] = {
	{ "none", 0 },
	{ "more_than_any", 16 * 4096 + 1 },
	{ "more_than_32_bits", 1ULL << 32 | 4096 },
	{ "all_ones", ~0ULL },
};

KUNIT_ARRAY_PARAM_DESC(strange, stranges, desc);

static void strange_xsave_size_is_an_error_of_the_hypervisor(struct kunit *test)
{
	const struct strange *strange = test->param_value;
	static const u64 states = 3;
	const struct fake_step steps[] = {
		{ .out = &states, .out_size = 8 },
		{ .out = &strange->size, .out_size = 8 },
	};
	u32 size = PAGE_SIZE;

	fake_hv_script(test->priv, steps, ARRAY_SIZE(steps));
	KUNIT_EXPECT_EQ(test, state(test, MSHV_GET_VP_STATE,
				    MSHV_VP_STATE_XSAVE, &size), -EIO);
}

static void refused_read_leaves_the_buffer_alone(struct kunit *test)
{
	static const struct fake_step steps[] = {
		{ .status = HV_STATUS_INVALID_VP_STATE },
	};
	u32 size = PAGE_SIZE;

	fill_buf(test, 0x11, BUF_SIZE);
	fake_hv_script(test->priv, steps, ARRAY_SIZE(steps));
	KUNIT_EXPECT_EQ(test, state(test, MSHV_GET_VP_STATE,
				    MSHV_VP_STATE_LAPIC, &size), -EBUSY);
	expect_buf(test, 0);
}

static void senseless_arguments_are_refused(struct kunit *test)
{
	struct mshv_get_set_vp_state args = {
		.rsvd[2] = 1, .buf_sz = PAGE_SIZE, .buf_ptr = the_vmm(test)->buf,
	};
	u64 buf = the_vmm(test)->buf;
	u32 size = PAGE_SIZE;

	KUNIT_EXPECT_EQ(test, state(test, MSHV_GET_VP_STATE, 5, &size), -EINVAL);
	KUNIT_EXPECT_EQ(test, state(test, MSHV_SET_VP_STATE, 255, &size),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, state_at(test, MSHV_GET_VP_STATE, 0, &size,
				       buf + 8), -EINVAL);
	size = 0;
	KUNIT_EXPECT_EQ(test, state(test, MSHV_GET_VP_STATE, 0, &size), -EINVAL);
	size = PAGE_SIZE - 1;
	KUNIT_EXPECT_EQ(test, state(test, MSHV_GET_VP_STATE, 0, &size), -EINVAL);
	size = ~0U;
	KUNIT_EXPECT_EQ(test, state(test, MSHV_GET_VP_STATE, 0, &size), -EINVAL);
	KUNIT_EXPECT_EQ(test, fake_vmm_vp(the_vmm(test), 1, MSHV_GET_VP_STATE,
					  &args, sizeof(args)), -EINVAL);
	size = PAGE_SIZE;
	KUNIT_EXPECT_EQ(test, state_at(test, MSHV_SET_VP_STATE, 0, &size, 4096),
			-EFAULT);
	KUNIT_EXPECT_EQ(test, state_at(test, MSHV_GET_VP_STATE, 0, &size, 4096),
			-EFAULT);
	KUNIT_EXPECT_EQ(test, fake_hv_count(test->priv, HVCALL_SET_VP_STATE), 0);
}

static void new_lapic_may_have_another_id(struct kunit *test)
{
	struct mshv_partition *pt = fake_vmm_partition(the_vmm(test));
	int before = atomic_read(&pt->irq.apic_ids_version);
	u32 size = PAGE_SIZE;

	KUNIT_EXPECT_EQ(test, state(test, MSHV_SET_VP_STATE, MSHV_VP_STATE_SIMP,
				    &size), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&pt->irq.apic_ids_version), before);
	size = PAGE_SIZE;
	KUNIT_EXPECT_EQ(test, state(test, MSHV_SET_VP_STATE, MSHV_VP_STATE_LAPIC,
				    &size), 0);
	KUNIT_EXPECT_NE(test, atomic_read(&pt->irq.apic_ids_version), before);
}

static struct kunit_case vp_state_cases[] = {
	KUNIT_CASE_PARAM(piece_is_read_whole_and_alone, piece_gen_params),
	KUNIT_CASE_PARAM(piece_is_written_whole_and_alone, piece_gen_params),
	KUNIT_CASE(timers_travel_without_pages),
	KUNIT_CASE(small_buffer_is_told_the_size_it_needs),
	KUNIT_CASE_PARAM(strange_xsave_size_is_an_error_of_the_hypervisor,
			 strange_gen_params),
	KUNIT_CASE(refused_read_leaves_the_buffer_alone),
	KUNIT_CASE(senseless_arguments_are_refused),
	KUNIT_CASE(new_lapic_may_have_another_id),
	{}
};

static struct kunit_suite vp_state_suite = {
	.name = "mshv_vp_state",
	.init = vp_state_test_init,
	.test_cases = vp_state_cases,
};

kunit_test_suite(vp_state_suite);
