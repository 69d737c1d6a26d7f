// SPDX-License-Identifier: GPL-2.0-only
/*
 * Running a VP under root-scheduler logic: what each answer of the dispatch
 * leads to, and that no kick and no cancel is lost.
 */
#include <kunit/test.h>
#include <linux/sched/signal.h>

#include "../arch.h"
#include "../mshv.h"
#include "fake_hv.h"

/* What a dispatch may answer: state and event */
static const u32 blocked[2] = { 1, 0 };
static const u32 suspended[2] = { 1, 1 };
static const u32 ready[2] = { 2, 0 };
static const u32 intercepted[2] = { 2, 2 };

#define DISPATCH(_answer) {						\
	.code = HVCALL_DISPATCH_VP, .out = (_answer),			\
	.out_size = sizeof(_answer),					\
}

/* Let the dispatches of this test have these answers. */
#define SCRIPT(test, answers...) do {					\
	static const struct fake_step steps[] = { answers };		\
									\
	fake_hv_script((test)->priv, steps, ARRAY_SIZE(steps));		\
} while (0)

static int run_test_init(struct kunit *test)
{
	fake_vp_start(test);
	mshv.root_logic = true;
	return 0;
}

static void run_test_exit(struct kunit *test)
{
	mshv.root_logic = false;
}

static struct mshv_vp *the_vp(struct kunit *test)
{
	return ((struct fake_hv *)test->priv)->arg;
}

static int run(struct kunit *test, struct hv_message *msg)
{
	return fake_vp_run(the_vp(test), msg);
}

static unsigned int nr_dispatches(struct kunit *test)
{
	return fake_hv_count(test->priv, HVCALL_DISPATCH_VP);
}

static u32 dispatch_flags(struct kunit *test, unsigned int nth)
{
	const struct hv_input_dispatch_vp *in = (const void *)
		fake_hv_exit(test, test->priv, HVCALL_DISPATCH_VP, nth)->in;

	KUNIT_EXPECT_EQ(test, in->partition_id, FAKE_PT_ID);
	KUNIT_EXPECT_EQ(test, in->vp_index, FAKE_VP_INDEX);
	return in->flags;
}

/* The interrupt of a signal for the VP, right where it hurts most */
static void kick_at_once(struct fake_hv *fake, u16 code)
{
	if (code == HVCALL_DISPATCH_VP)
		mshv_vp_kick(fake->arg);
}

static void cancel_at_once(struct fake_hv *fake, u16 code)
{
	if (code == HVCALL_DISPATCH_VP)
		mshv_vp_cancel(fake->arg);
}

static void kill_at_once(struct fake_hv *fake, u16 code)
{
	struct mshv_vp *vp = fake->arg;

	if (code == HVCALL_DISPATCH_VP) {
		WRITE_ONCE(vp->pt->dead, true);
		mshv_vp_wake(vp);
	}
}

static void intercept_returns_its_message(struct kunit *test)
{
	struct hv_message msg = {};

	SCRIPT(test, DISPATCH(intercepted));
	KUNIT_EXPECT_EQ(test, run(test, &msg), 0);
	KUNIT_EXPECT_EQ(test, msg.header.message_type, HVMSG_X64_HALT);
}

static void intercept_is_cleared_on_the_way_in_and_only_then(struct kunit *test)
{
	struct hv_message msg;

	SCRIPT(test, DISPATCH(intercepted), DISPATCH(ready),
	       DISPATCH(intercepted));
	KUNIT_EXPECT_EQ(test, run(test, &msg), 0);
	KUNIT_EXPECT_EQ(test, run(test, &msg), 0);
	KUNIT_EXPECT_EQ(test, dispatch_flags(test, 0), 0);
	KUNIT_EXPECT_EQ(test, dispatch_flags(test, 1), 1);
	KUNIT_EXPECT_EQ(test, dispatch_flags(test, 2), 0);
}

static void suspended_vp_is_released_and_waits_for_a_kick(struct kunit *test)
{
	const struct hv_input_set_vp_registers *in;
	struct fake_hv *fake = test->priv;
	struct hv_message msg;

	fake->hook = kick_at_once;
	SCRIPT(test, DISPATCH(suspended), DISPATCH(intercepted));
	KUNIT_EXPECT_EQ(test, run(test, &msg), 0);
	KUNIT_ASSERT_EQ(test, fake_hv_count(fake, HVCALL_SET_VP_REGISTERS), 1);
	in = (void *)fake_hv_exit(test, fake, HVCALL_SET_VP_REGISTERS, 0)->in;
	KUNIT_EXPECT_EQ(test, in->elements[0].name, 0);
	KUNIT_EXPECT_EQ(test, in->elements[0].value.reg64, 0);
}

/* The kick comes while the dispatch that ends in "blocked" is under way. */
static void kick_during_the_dispatch_is_not_lost(struct kunit *test)
{
	struct fake_hv *fake = test->priv;
	struct hv_message msg;

	fake->hook = kick_at_once;
	SCRIPT(test, DISPATCH(blocked), DISPATCH(blocked),
	       DISPATCH(intercepted));
	KUNIT_EXPECT_EQ(test, run(test, &msg), 0);
	KUNIT_EXPECT_EQ(test, nr_dispatches(test), 3);
	KUNIT_EXPECT_FALSE(test, the_vp(test)->run.blocked);
}

static void kick_before_the_dispatch_is_answered_by_it(struct kunit *test)
{
	struct fake_hv *fake = test->priv;
	struct hv_message msg;

	mshv_vp_kick(the_vp(test));
	fake->hook = cancel_at_once;
	SCRIPT(test, DISPATCH(blocked));
	KUNIT_EXPECT_EQ(test, run(test, &msg), -EINTR);
	KUNIT_EXPECT_TRUE(test, the_vp(test)->run.blocked);
}

static void cancel_before_the_run_is_used_once(struct kunit *test)
{
	struct hv_message msg;

	SCRIPT(test, DISPATCH(intercepted));
	mshv_vp_cancel(the_vp(test));
	KUNIT_EXPECT_EQ(test, run(test, &msg), -EINTR);
	KUNIT_EXPECT_EQ(test, nr_dispatches(test), 0);
	KUNIT_EXPECT_EQ(test, run(test, &msg), 0);
}

static void cancel_ends_the_wait_and_the_vp_stays_blocked(struct kunit *test)
{
	struct fake_hv *fake = test->priv;
	struct hv_message msg;

	fake->hook = cancel_at_once;
	SCRIPT(test, DISPATCH(blocked), DISPATCH(intercepted));
	KUNIT_EXPECT_EQ(test, run(test, &msg), -EINTR);
	KUNIT_EXPECT_TRUE(test, the_vp(test)->run.blocked);
	KUNIT_EXPECT_EQ(test, nr_dispatches(test), 1);

	/* It waits on, until a kick. */
	mshv_vp_kick(the_vp(test));
	fake->hook = NULL;
	KUNIT_EXPECT_EQ(test, run(test, &msg), 0);
	KUNIT_EXPECT_EQ(test, nr_dispatches(test), 2);
}

static void message_is_not_lost_to_a_cancel(struct kunit *test)
{
	struct fake_hv *fake = test->priv;
	struct hv_message msg;

	fake->hook = cancel_at_once;
	SCRIPT(test, DISPATCH(intercepted));
	KUNIT_EXPECT_EQ(test, run(test, &msg), 0);
	KUNIT_EXPECT_EQ(test, run(test, &msg), -EINTR);
	KUNIT_EXPECT_EQ(test, nr_dispatches(test), 1);
}

static void signal_ends_the_run_with_eintr(struct kunit *test)
{
	struct hv_message msg;
	int err;

	SCRIPT(test, DISPATCH(ready));
	allow_signal(SIGUSR1);
	send_sig(SIGUSR1, current, 1);
	err = run(test, &msg);
	flush_signals(current);
	disallow_signal(SIGUSR1);
	KUNIT_EXPECT_EQ(test, err, -EINTR);
	KUNIT_EXPECT_EQ(test, nr_dispatches(test), 0);
}

static void dead_partition_does_not_run(struct kunit *test)
{
	struct fake_hv *fake = test->priv;
	struct hv_message msg;

	fake->hook = kill_at_once;
	SCRIPT(test, DISPATCH(blocked), DISPATCH(intercepted));
	KUNIT_EXPECT_EQ(test, run(test, &msg), -ESHUTDOWN);
	KUNIT_EXPECT_EQ(test, run(test, &msg), -ESHUTDOWN);
	KUNIT_EXPECT_EQ(test, nr_dispatches(test), 1);
}

static const struct strange {
	const char *desc;
	u32 answer[2];
	u16 status;
	int err;
} stranges[] = {
	{ "invalid_state", { 0, 0 }, .err = -EIO },
	{ "unknown_state", { 3, 2 }, .err = -EIO },
	{ "all_ones", { ~0U, ~0U }, .err = -EIO },
	{ "partition_is_gone", .status = HV_STATUS_INVALID_PARTITION_ID,
	  .err = -EINVAL },
	{ "vp_in_a_wrong_state", .status = HV_STATUS_INVALID_VP_STATE,
	  .err = -EBUSY },
};

KUNIT_ARRAY_PARAM_DESC(strange, stranges, desc);

static void strange_answer_ends_the_run(struct kunit *test)
{
	const struct strange *strange = test->param_value;
	const struct fake_step steps[] = {
		{ .code = HVCALL_DISPATCH_VP, .status = strange->status,
		  .out = strange->answer, .out_size = sizeof(strange->answer) },
	};
	struct hv_message msg;

	fake_hv_script(test->priv, steps, ARRAY_SIZE(steps));
	KUNIT_EXPECT_EQ(test, run(test, &msg), strange->err);
	KUNIT_EXPECT_EQ(test, nr_dispatches(test), 1);
}

static void pending_vectors_are_scanned_for(struct kunit *test)
{
	struct mshv_vp *vp = the_vp(test);
	struct hv_vp_register_page *page;
	struct hv_message msg;

	page = kunit_kzalloc(test, HV_HYP_PAGE_SIZE, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, page);
	vp->regs.va = page;
	page->interrupt_vectors.vector_count = 1;
	SCRIPT(test, DISPATCH(intercepted));
	KUNIT_EXPECT_EQ(test, run(test, &msg), 0);
	KUNIT_EXPECT_EQ(test, dispatch_flags(test, 0), 0x40);

	/* The count comes from user space. */
	page->interrupt_vectors.vector_count = 255;
	KUNIT_EXPECT_EQ(test, mshv_arch_vectors_pending(vp), 7);
}

static struct kunit_case run_cases[] = {
	KUNIT_CASE(intercept_returns_its_message),
	KUNIT_CASE(intercept_is_cleared_on_the_way_in_and_only_then),
	KUNIT_CASE(suspended_vp_is_released_and_waits_for_a_kick),
	KUNIT_CASE(kick_during_the_dispatch_is_not_lost),
	KUNIT_CASE(kick_before_the_dispatch_is_answered_by_it),
	KUNIT_CASE(cancel_before_the_run_is_used_once),
	KUNIT_CASE(cancel_ends_the_wait_and_the_vp_stays_blocked),
	KUNIT_CASE(message_is_not_lost_to_a_cancel),
	KUNIT_CASE(signal_ends_the_run_with_eintr),
	KUNIT_CASE(dead_partition_does_not_run),
	KUNIT_CASE_PARAM(strange_answer_ends_the_run, strange_gen_params),
	KUNIT_CASE(pending_vectors_are_scanned_for),
	{}
};

static struct kunit_suite run_suite = {
	.name = "mshv_run",
	.init = run_test_init,
	.exit = run_test_exit,
	.test_cases = run_cases,
};

kunit_test_suite(run_suite);
