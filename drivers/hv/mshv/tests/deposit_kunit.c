// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory lent to the hypervisor: asked for, given, refused.
 */
#include <kunit/test.h>
#include <hyperv/hvcall.h>

#include "fake_hv.h"
#include "fake_task.h"

#define CODE	0x7777
#define BUDGET	16384	/* pages one call may cost at most */

static const u64 header = 0x1122334455667788;

static int deposit_test_init(struct kunit *test)
{
	fake_hv_start(test, false);
	return 0;
}

/* Make a call that @pt pays for. */
static int call_paid_by(struct hv_pt *pt, u16 reps, u16 flags)
{
	struct hv_call call = {
		.code = CODE, .in = &header, .in_size = sizeof(header),
		.reps = reps, .payer = pt, .flags = flags,
	};

	return hv_call(&call);
}

static void call_is_made_again_after_a_deposit(struct kunit *test)
{
	static const struct fake_step steps[] = {
		{ .status = HV_STATUS_INSUFFICIENT_MEMORY },
	};
	struct hv_pt pt = { .id = 42 };
	struct fake_hv *fake = test->priv;
	const struct fake_exit *e;
	u64 id;

	fake_hv_script(fake, steps, ARRAY_SIZE(steps));
	KUNIT_EXPECT_EQ(test, call_paid_by(&pt, 0, 0), 0);

	KUNIT_ASSERT_EQ(test, fake->nr_exits, 3);
	e = fake_hv_exit(test, fake, HVCALL_DEPOSIT_MEMORY, 0);
	memcpy(&id, e->in, sizeof(id));
	KUNIT_EXPECT_EQ(test, id, 42);
	KUNIT_EXPECT_EQ(test, fake_hv_taken(fake), fake_reps(e->control));
	KUNIT_EXPECT_EQ(test, atomic_long_read(&pt.nr_deposited),
			fake_hv_taken(fake));
	KUNIT_EXPECT_EQ(test, fake_hv_exit(test, fake, CODE, 1)->control, CODE);
}

static void reps_go_on_after_a_deposit(struct kunit *test)
{
	static const struct fake_step steps[] = {
		{ .status = HV_STATUS_INSUFFICIENT_MEMORY, .reps = 7 },
	};
	struct hv_pt pt = { .id = 42 };
	struct fake_hv *fake = test->priv;

	fake_hv_script(fake, steps, ARRAY_SIZE(steps));
	KUNIT_EXPECT_EQ(test, call_paid_by(&pt, 20, 0), 0);
	KUNIT_EXPECT_EQ(test, fake_hv_exit(test, fake, CODE, 1)->control,
			CODE | 20ULL << 32 | 7ULL << 48);
}

static void first_deposit_is_the_hint(struct kunit *test)
{
	static const struct fake_step steps[] = {
		{ .status = HV_STATUS_INSUFFICIENT_MEMORY },
	};
	struct hv_pt pt = { .id = 42 };
	struct fake_hv *fake = test->priv;

	fake_hv_script(fake, steps, ARRAY_SIZE(steps));
	KUNIT_EXPECT_EQ(test, hvcall_initialize_partition(&pt), 0);
	KUNIT_EXPECT_EQ(test, fake_hv_taken(fake), 208);
}

static void deposits_grow_until_the_budget_is_spent(struct kunit *test)
{
	static const struct fake_step steps[] = {
		{ .status = HV_STATUS_INSUFFICIENT_MEMORY, .repeat = true,
		  .code = CODE },
	};
	struct hv_pt pt = { .id = 42 };
	struct fake_hv *fake = test->priv;
	unsigned int i, n, before = 0, total = 0;

	fake_hv_script(fake, steps, ARRAY_SIZE(steps));
	KUNIT_EXPECT_EQ(test, call_paid_by(&pt, 0, 0), -ENOMEM);
	KUNIT_ASSERT_LT(test, fake->nr_exits, FAKE_MAX_EXITS);

	for (i = 0; i < fake_hv_count(fake, HVCALL_DEPOSIT_MEMORY); i++) {
		n = fake_reps(fake_hv_exit(test, fake, HVCALL_DEPOSIT_MEMORY,
					   i)->control);
		KUNIT_EXPECT_GE(test, n, min(2 * before, HV_DEPOSIT_MAX));
		before = n;
		total += n;
	}
	KUNIT_EXPECT_LE(test, total, BUDGET);
	KUNIT_EXPECT_GT(test, total, BUDGET / 2);
}

/* Who is never asked to pay, and for what */
static const struct refusal {
	const char *desc;
	u64 id;
	u16 status;
	u16 flags;
	bool no_payer;
} refusals[] = {
	{ "l1vh_cannot_meet_root_memory", .id = 42, .status = 0x73 },
	{ "l1vh_cannot_meet_contiguous_root_memory", .id = 42, .status = 0x83 },
	{ "l1vh_cannot_deposit_to_itself", .id = ~0ULL, .status = 0x0b },
	{ "l1vh_cannot_deposit_contiguous_to_itself", .id = ~0ULL,
	  .status = 0x75 },
	{ "atomic_call_never_deposits", .id = 42, .status = 0x0b,
	  .flags = HV_CALL_ATOMIC },
	{ "call_without_payer_never_deposits", .status = 0x0b,
	  .no_payer = true },
};

KUNIT_ARRAY_PARAM_DESC(refusal, refusals, desc);

static void request_that_cannot_be_met_is_enomem_at_once(struct kunit *test)
{
	const struct refusal *refusal = test->param_value;
	const struct fake_step steps[] = {
		{ .status = refusal->status, .repeat = true },
	};
	struct hv_pt pt = { .id = refusal->id };
	struct fake_hv *fake = test->priv;

	fake_hv_script(fake, steps, ARRAY_SIZE(steps));
	KUNIT_EXPECT_EQ(test, call_paid_by(refusal->no_payer ? NULL : &pt, 0,
					   refusal->flags), -ENOMEM);
	KUNIT_EXPECT_EQ(test, fake->nr_exits, 1);
	KUNIT_EXPECT_EQ(test, fake->nr_pages, 0);
}

static void request_for_contiguous_memory_gets_a_block(struct kunit *test)
{
	static const struct fake_step steps[] = {
		{ .status = HV_STATUS_INSUFFICIENT_CONTIGUOUS_MEMORY },
	};
	struct hv_pt pt = { .id = 42 };
	struct fake_hv *fake = test->priv;
	unsigned int i;

	fake_hv_script(fake, steps, ARRAY_SIZE(steps));
	KUNIT_EXPECT_EQ(test, call_paid_by(&pt, 0, 0), 0);

	KUNIT_ASSERT_EQ(test, fake_hv_taken(fake), 8);
	KUNIT_EXPECT_EQ(test, fake->pages[0].pfn % 8, 0);
	for (i = 1; i < 8; i++)
		KUNIT_EXPECT_EQ(test, fake->pages[i].pfn,
				fake->pages[0].pfn + i);
}

static void partial_deposit_frees_only_what_was_not_taken(struct kunit *test)
{
	static const struct fake_step steps[] = {
		{ .status = HV_STATUS_INSUFFICIENT_MEMORY },
		{ .code = HVCALL_DEPOSIT_MEMORY, .reps = 5 },
		{ .code = HVCALL_DEPOSIT_MEMORY, .reps = 1,
		  .status = HV_STATUS_INVALID_PARAMETER },
	};
	struct hv_pt pt = { .id = 42 };
	struct fake_hv *fake = test->priv;
	unsigned int i;

	fake_hv_script(fake, steps, ARRAY_SIZE(steps));
	KUNIT_EXPECT_EQ(test, call_paid_by(&pt, 0, 0), -EINVAL);

	KUNIT_ASSERT_GT(test, fake->nr_pages, 6);
	KUNIT_EXPECT_EQ(test, fake_hv_taken(fake), 6);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&pt.nr_deposited), 6);
	for (i = 0; i < fake->nr_pages; i++)
		KUNIT_EXPECT_EQ(test, fake_hv_page_freed(&fake->pages[i]),
				i >= 6);
}

static void refused_deposit_frees_all_and_ends_the_call(struct kunit *test)
{
	static const struct fake_step steps[] = {
		{ .status = HV_STATUS_INSUFFICIENT_MEMORY },
		{ .code = HVCALL_DEPOSIT_MEMORY,
		  .status = HV_STATUS_INSUFFICIENT_MEMORY },
	};
	struct hv_pt pt = { .id = 42 };
	struct fake_hv *fake = test->priv;
	unsigned int i;

	fake_hv_script(fake, steps, ARRAY_SIZE(steps));
	KUNIT_EXPECT_EQ(test, call_paid_by(&pt, 0, 0), -ENOMEM);
	KUNIT_EXPECT_EQ(test, fake->nr_exits, 2);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&pt.nr_deposited), 0);
	for (i = 0; i < fake->nr_pages; i++)
		KUNIT_EXPECT_TRUE(test, fake_hv_page_freed(&fake->pages[i]));
}

static void root_meets_root_memory_from_itself(struct kunit *test)
{
	static const struct fake_step steps[] = {
		{ .status = HV_STATUS_INSUFFICIENT_ROOT_MEMORY },
	};
	struct hv_pt pt = { .id = 42 };
	struct fake_hv *fake = test->priv;
	u64 id;

	hvcall_mem_init(true);
	fake_hv_script(fake, steps, ARRAY_SIZE(steps));
	KUNIT_EXPECT_EQ(test, call_paid_by(&pt, 0, 0), 0);

	memcpy(&id, fake_hv_exit(test, fake, HVCALL_DEPOSIT_MEMORY, 0)->in,
	       sizeof(id));
	KUNIT_EXPECT_EQ(test, id, HV_PARTITION_ID_SELF);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&pt.nr_deposited), 0);
}

/* With SIGKILL pending, only a call of the teardown still gets its memory. */
static int call_while_killed(struct kunit *test, struct hv_pt *pt, u16 flags)
{
	int err;

	fake_task_kill(test);
	err = call_paid_by(pt, 0, flags);
	fake_task_revive();
	return err;
}

static void fatal_signal_ends_the_loop(struct kunit *test)
{
	static const struct fake_step steps[] = {
		{ .status = HV_STATUS_INSUFFICIENT_MEMORY, .code = CODE,
		  .repeat = true },
	};
	struct hv_pt pt = { .id = 42 };
	struct fake_hv *fake = test->priv;

	fake_hv_script(fake, steps, ARRAY_SIZE(steps));
	KUNIT_EXPECT_EQ(test, call_while_killed(test, &pt, 0), -EINTR);
	KUNIT_EXPECT_LE(test, fake_hv_count(fake, HVCALL_DEPOSIT_MEMORY), 1);
}

static void teardown_goes_on_despite_a_fatal_signal(struct kunit *test)
{
	static const struct fake_step steps[] = {
		{ .status = HV_STATUS_INSUFFICIENT_MEMORY, .code = CODE },
		{ .status = HV_STATUS_INSUFFICIENT_MEMORY, .code = CODE },
	};
	struct hv_pt pt = { .id = 42 };

	fake_hv_script(test->priv, steps, ARRAY_SIZE(steps));
	KUNIT_EXPECT_EQ(test, call_while_killed(test, &pt, HV_CALL_TEARDOWN), 0);
}

static struct kunit_case deposit_cases[] = {
	KUNIT_CASE(call_is_made_again_after_a_deposit),
	KUNIT_CASE(reps_go_on_after_a_deposit),
	KUNIT_CASE(first_deposit_is_the_hint),
	KUNIT_CASE(deposits_grow_until_the_budget_is_spent),
	KUNIT_CASE_PARAM(request_that_cannot_be_met_is_enomem_at_once,
			 refusal_gen_params),
	KUNIT_CASE(request_for_contiguous_memory_gets_a_block),
	KUNIT_CASE(partial_deposit_frees_only_what_was_not_taken),
	KUNIT_CASE(refused_deposit_frees_all_and_ends_the_call),
	KUNIT_CASE(root_meets_root_memory_from_itself),
	KUNIT_CASE(fatal_signal_ends_the_loop),
	KUNIT_CASE(teardown_goes_on_despite_a_fatal_signal),
	{}
};

static struct kunit_suite deposit_suite = {
	.name = "mshv_deposit",
	.init = deposit_test_init,
	.test_cases = deposit_cases,
};

kunit_test_suite(deposit_suite);
