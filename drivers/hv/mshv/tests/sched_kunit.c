// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who schedules virtual processors: from the privileges of the partition to
 * the decision, over every answer the hypervisor may give on the way.
 */
#include <kunit/test.h>

#include "../mshv.h"
#include "../sched.h"
#include "fake_hv.h"

/* CPUID 0x40000003 EBX */
#define CREATE		BIT(0)
#define CPU_MGMT	BIT(12)
#define ISOLATED	BIT(22)

#define L1VH		CREATE
#define ROOT		(CREATE | CPU_MGMT)

/* VMM capabilities: all that an L1VH has in practice, with and without bit 6 */
#define CAPS		0x03
#define CAPS_INTEGRATED	0x43

/**
 * struct row - what the hypervisor says, and what must follow
 * @desc: the row in words
 * @priv: upper half of the privilege mask
 * @caps_status: status of reading the VMM capabilities
 * @no_banks: it says that it has no capability bank
 * @caps: bank 0
 * @value_status: status of reading the property that decides
 * @value: its value
 * @err: the decision is this error
 * @root_logic: or, without an error, this
 * @calls: hypercalls needed to come to it
 */
struct row {
	const char *desc;
	u32 priv;
	u16 caps_status;
	bool no_banks;
	u64 caps;
	u16 value_status;
	u64 value;
	int err;
	bool root_logic;
	u8 calls;
};

static const struct row rows[] = {
	/* A guest has no device, and is asked nothing. */
	{ "guest_without_privileges", 0, .err = -ENODEV },
	{ "guest_without_create_partitions", (u32)~CREATE, .err = -ENODEV },
	{ "guest_with_cpu_management_only", CPU_MGMT, .err = -ENODEV },
	{ "isolated_l1vh_is_a_guest", L1VH | ISOLATED, .err = -ENODEV },
	{ "isolated_root_is_a_guest", ROOT | ISOLATED, .err = -ENODEV },

	/* Root: capabilities don't matter, the scheduler type decides. */
	{ "root_type_lp", ROOT, .caps = CAPS, .value = 1, .calls = 2 },
	{ "root_type_lp_smt", ROOT, .caps = CAPS, .value = 2, .calls = 2 },
	{ "root_type_core_smt", ROOT, .caps = CAPS, .value = 3, .calls = 2 },
	{ "root_type_root", ROOT, .caps = CAPS, .value = 4,
	  .root_logic = true, .calls = 2 },
	{ "root_type_none", ROOT, .value = 0, .err = -EOPNOTSUPP, .calls = 2 },
	{ "root_type_unknown", ROOT, .value = 5, .err = -EOPNOTSUPP,
	  .calls = 2 },
	{ "root_type_all_ones", ROOT, .value = ~0U, .err = -EOPNOTSUPP,
	  .calls = 2 },
	{ "root_ignores_bit_6", ROOT, .caps = CAPS_INTEGRATED, .value = 3,
	  .calls = 2 },
	{ "root_without_banks", ROOT, .no_banks = true, .caps = ~0ULL,
	  .value = 4, .root_logic = true, .calls = 2 },
	{ "root_tolerates_unknown_capabilities", ROOT, .caps_status = 0x09,
	  .value = 4, .root_logic = true, .calls = 2 },
	{ "root_tolerates_missing_capability_call", ROOT, .caps_status = 0x02,
	  .value = 2, .calls = 2 },
	{ "root_needs_the_scheduler_type", ROOT, .caps = CAPS,
	  .value_status = 0x06, .err = -EACCES, .calls = 2 },
	{ "root_with_all_reads_failing", ROOT, .caps_status = 0x05,
	  .value_status = 0x02, .err = -EOPNOTSUPP, .calls = 2 },

	/* L1VH: capabilities are mandatory. */
	{ "l1vh_capabilities_unknown", L1VH, .caps_status = 0x09,
	  .err = -EINVAL, .calls = 1 },
	{ "l1vh_capabilities_denied", L1VH, .caps_status = 0x06,
	  .err = -EACCES, .calls = 1 },
	{ "l1vh_capability_call_missing", L1VH, .caps_status = 0x02,
	  .err = -EOPNOTSUPP, .calls = 1 },
	{ "l1vh_capabilities_need_memory", L1VH, .caps_status = 0x0b,
	  .err = -ENOMEM, .calls = 1 },
	{ "l1vh_capabilities_fail_strangely", L1VH, .caps_status = 0xffff,
	  .err = -EIO, .calls = 1 },
	{ "l1vh_without_banks_has_no_bit_6", L1VH, .no_banks = true,
	  .caps = ~0ULL, .value = 1, .calls = 1 },
	{ "l1vh_without_capabilities", L1VH, .value = 1, .calls = 1 },
	{ "l1vh_bit_6_clear", L1VH, .caps = CAPS, .value = 1, .calls = 1 },
	{ "l1vh_all_bits_but_6", L1VH, .caps = ~0x40ULL, .value = 1,
	  .calls = 1 },

	/* L1VH with bit 6: the property decides. */
	{ "l1vh_property_0", L1VH, .caps = CAPS_INTEGRATED, .value = 0,
	  .calls = 2 },
	{ "l1vh_property_1", L1VH, .caps = CAPS_INTEGRATED, .value = 1,
	  .root_logic = true, .calls = 2 },
	{ "l1vh_property_2", L1VH, .caps = CAPS_INTEGRATED, .value = 2,
	  .root_logic = true, .calls = 2 },
	{ "l1vh_property_all_ones", L1VH, .caps = CAPS_INTEGRATED,
	  .value = ~0ULL, .root_logic = true, .calls = 2 },
	{ "l1vh_property_above_32_bits", L1VH, .caps = CAPS_INTEGRATED,
	  .value = 1ULL << 32, .root_logic = true, .calls = 2 },
	{ "l1vh_bit_6_alone", L1VH, .caps = 0x40, .value = 1,
	  .root_logic = true, .calls = 2 },
	{ "l1vh_with_other_privileges", (u32)~(CPU_MGMT | ISOLATED),
	  .caps = CAPS_INTEGRATED, .value = 1, .root_logic = true,
	  .calls = 2 },
	{ "l1vh_property_unknown", L1VH, .caps = CAPS_INTEGRATED,
	  .value_status = 0x09, .value = 1, .err = -EINVAL, .calls = 2 },
	{ "l1vh_property_denied", L1VH, .caps = CAPS_INTEGRATED,
	  .value_status = 0x06, .value = 1, .err = -EACCES, .calls = 2 },
	{ "l1vh_property_needs_memory", L1VH, .caps = CAPS_INTEGRATED,
	  .value_status = 0x73, .value = 1, .err = -ENOMEM, .calls = 2 },
};

KUNIT_ARRAY_PARAM_DESC(row, rows, desc);

/* The property that exit @nth asks for, with partition and argument checked */
static u32 property_asked(struct kunit *test, unsigned int nth)
{
	static const u8 self[8] = { [0 ... 7] = 0xff };
	const struct fake_exit *e;
	u32 code;

	e = fake_hv_exit(test, test->priv, HVCALL_GET_PARTITION_PROPERTY_EX,
			 nth);
	KUNIT_EXPECT_MEMEQ(test, e->in, self, sizeof(self));
	KUNIT_EXPECT_LE(test, e->in_used, 12);
	memcpy(&code, e->in + sizeof(self), sizeof(code));
	return code;
}

/* Ask exactly what is needed; as L1VH never for the system's scheduler type. */
static void expect_questions(struct kunit *test, const struct row *row)
{
	struct fake_hv *fake = test->priv;
	bool root = (row->priv & (ROOT | ISOLATED)) == ROOT;

	KUNIT_EXPECT_EQ(test, fake->nr_exits, row->calls);
	KUNIT_EXPECT_EQ(test, fake_hv_count(fake, HVCALL_GET_SYSTEM_PROPERTY),
			root);
	if (row->calls)
		KUNIT_EXPECT_EQ(test, property_asked(test, 0), 0x00090007);
	if (row->calls == 2 && !root)
		KUNIT_EXPECT_EQ(test, property_asked(test, 1), 0x00020005);
}

static void scheduler_follows_the_table(struct kunit *test)
{
	const struct row *row = test->param_value;
	const u64 caps[2] = { row->no_banks ? 0 : 1, row->caps };
	const struct fake_step steps[] = {
		{ .status = row->caps_status, .out = caps,
		  .out_size = sizeof(caps) },
		{ .status = row->value_status, .out = &row->value,
		  .out_size = sizeof(row->value) },
	};
	struct fake_hv *fake = fake_hv_start(test, false);
	struct mshv_sched_facts facts;
	bool root_logic = !row->root_logic;

	fake_hv_script(fake, steps, ARRAY_SIZE(steps));
	mshv_sched_read(mshv_partition_type(row->priv), &facts);
	KUNIT_EXPECT_EQ(test, mshv_sched_decide(&facts, &root_logic), row->err);
	KUNIT_EXPECT_EQ(test, root_logic, row->root_logic);
	expect_questions(test, row);
}

static void driver_keeps_what_was_decided(struct kunit *test)
{
	const struct row *row = test->param_value;
	const u64 caps[2] = { row->no_banks ? 0 : 1, row->caps };
	const struct fake_step steps[] = {
		{ .status = row->caps_status, .out = caps,
		  .out_size = sizeof(caps) },
		{ .status = row->value_status, .out = &row->value,
		  .out_size = sizeof(row->value) },
	};
	struct mshv_driver drv = { .type = mshv_partition_type(row->priv) };
	struct fake_hv *fake = fake_hv_start(test, false);

	fake_hv_script(fake, steps, ARRAY_SIZE(steps));
	KUNIT_EXPECT_EQ(test, mshv_sched_init(&drv), row->err);
	KUNIT_EXPECT_EQ(test, drv.root_logic, row->root_logic);
	if (!row->err)
		KUNIT_EXPECT_EQ(test, drv.caps,
				row->caps_status || row->no_banks ? 0 : row->caps);
}

/* No row of the table may depend on what is not a fact about it. */
static void error_of_a_value_that_is_not_needed_is_ignored(struct kunit *test)
{
	struct mshv_sched_facts facts = {
		.type = HV_PARTITION_TYPE_L1VH,
		.caps = CAPS,
		.value_error = -EACCES,
		.value = 1,
	};
	bool root_logic = true;

	KUNIT_EXPECT_FALSE(test, mshv_sched_needs_value(&facts));
	KUNIT_EXPECT_EQ(test, mshv_sched_decide(&facts, &root_logic), 0);
	KUNIT_EXPECT_FALSE(test, root_logic);
}

static struct kunit_case sched_cases[] = {
	KUNIT_CASE_PARAM(scheduler_follows_the_table, row_gen_params),
	KUNIT_CASE_PARAM(driver_keeps_what_was_decided, row_gen_params),
	KUNIT_CASE(error_of_a_value_that_is_not_needed_is_ignored),
	{}
};

static struct kunit_suite sched_suite = {
	.name = "mshv_sched",
	.test_cases = sched_cases,
};

kunit_test_suite(sched_suite);
