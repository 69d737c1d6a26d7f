// SPDX-License-Identifier: GPL-2.0-only
/*
 * Running a VP under core-scheduler logic: released, stopped, and its message
 * never lost.
 */
#include <kunit/test.h>

#include "../mshv.h"
#include "fake_hv.h"

/* Registers that keep a VP from running */
#define EXPLICIT	HV_REGISTER_EXPLICIT_SUSPEND
#define INTERCEPT	HV_REGISTER_INTERCEPT_SUSPEND

/* Answers to reading INTERCEPT */
static const u64 is_clear[2] = { 0 };
static const u64 is_set[2] = { 1 };

#define READ_INTERCEPT(_value) {					\
	.code = HVCALL_GET_VP_REGISTERS, .reps = FAKE_ALL,		\
	.out = (_value), .out_size = sizeof(_value),			\
}

static int run_core_test_init(struct kunit *test)
{
	fake_vp_start(test);
	KUNIT_ASSERT_FALSE(test, mshv.root_logic);
	return 0;
}

static struct mshv_vp *the_vp(struct kunit *test)
{
	return ((struct fake_hv *)test->priv)->arg;
}

static int run(struct kunit *test)
{
	struct hv_message msg;
	int err = fake_vp_run(the_vp(test), &msg);

	if (!err)
		KUNIT_EXPECT_EQ(test, msg.header.message_type, HVMSG_X64_HALT);
	return err;
}

/* Write number @nth set these registers to these values, in this order. */
static void expect_write(struct kunit *test, unsigned int nth, unsigned int nr,
			 u32 name0, u64 value0, u32 name1, u64 value1)
{
	const struct fake_exit *e = fake_hv_exit(test, test->priv,
						 HVCALL_SET_VP_REGISTERS, nth);
	const struct hv_input_set_vp_registers *in = (const void *)e->in;

	KUNIT_ASSERT_EQ(test, fake_reps(e->control), nr);
	KUNIT_EXPECT_EQ(test, in->elements[0].name, name0);
	KUNIT_EXPECT_EQ(test, in->elements[0].value.reg64, value0);
	if (nr < 2)
		return;
	KUNIT_EXPECT_EQ(test, in->elements[1].name, name1);
	KUNIT_EXPECT_EQ(test, in->elements[1].value.reg64, value1);
}

static unsigned int nr_writes(struct kunit *test)
{
	return fake_hv_count(test->priv, HVCALL_SET_VP_REGISTERS);
}

/* The VP is intercepted as soon as it is released. */
static void intercept_at_once(struct fake_hv *fake, u16 code)
{
	if (code == HVCALL_SET_VP_REGISTERS)
		mshv_vp_kick(fake->arg);
}

static void cancel_at_once(struct fake_hv *fake, u16 code)
{
	if (code == HVCALL_SET_VP_REGISTERS)
		mshv_vp_cancel(fake->arg);
}

/* The VP is cancelled, and intercepted before it can be suspended. */
static void cancel_then_intercept(struct fake_hv *fake, u16 code)
{
	if (code == HVCALL_SET_VP_REGISTERS)
		mshv_vp_cancel(fake->arg);
	else if (code == HVCALL_GET_VP_REGISTERS)
		mshv_vp_kick(fake->arg);
}

static void vp_is_released_in_the_order_that_loses_nothing(struct kunit *test)
{
	struct fake_hv *fake = test->priv;

	fake->hook = intercept_at_once;
	KUNIT_EXPECT_EQ(test, run(test), 0);
	KUNIT_ASSERT_EQ(test, nr_writes(test), 1);
	expect_write(test, 0, 2, INTERCEPT, 0, EXPLICIT, 0);
}

static void old_kick_is_not_taken_for_a_new_message(struct kunit *test)
{
	static const struct fake_step steps[] = { READ_INTERCEPT(is_clear) };
	struct fake_hv *fake = test->priv;

	mshv_vp_kick(the_vp(test));
	fake->hook = cancel_at_once;
	fake_hv_script(fake, steps, ARRAY_SIZE(steps));
	KUNIT_EXPECT_EQ(test, run(test), -EINTR);
}

static void cancel_before_the_run_is_used_once(struct kunit *test)
{
	struct fake_hv *fake = test->priv;

	mshv_vp_cancel(the_vp(test));
	KUNIT_EXPECT_EQ(test, run(test), -EINTR);
	KUNIT_EXPECT_EQ(test, nr_writes(test), 0);

	fake->hook = intercept_at_once;
	KUNIT_EXPECT_EQ(test, run(test), 0);
}

static void cancel_suspends_a_running_vp(struct kunit *test)
{
	static const struct fake_step steps[] = { READ_INTERCEPT(is_clear) };
	struct fake_hv *fake = test->priv;

	fake->hook = cancel_at_once;
	fake_hv_script(fake, steps, ARRAY_SIZE(steps));
	KUNIT_EXPECT_EQ(test, run(test), -EINTR);
	expect_write(test, 1, 1, EXPLICIT, 1, 0, 0);

	/* The next run releases it again. */
	clear_bit(MSHV_VP_CANCELED, &the_vp(test)->run.events);
	fake->hook = intercept_at_once;
	KUNIT_EXPECT_EQ(test, run(test), 0);
	expect_write(test, 2, 2, INTERCEPT, 0, EXPLICIT, 0);
}

static void message_in_flight_at_a_cancel_is_delivered(struct kunit *test)
{
	static const struct fake_step steps[] = { READ_INTERCEPT(is_set) };
	struct fake_hv *fake = test->priv;

	fake->hook = cancel_then_intercept;
	fake_hv_script(fake, steps, ARRAY_SIZE(steps));
	KUNIT_EXPECT_EQ(test, run(test), 0);

	/* The cancel is not lost to it either. */
	KUNIT_EXPECT_EQ(test, run(test), -EINTR);
	KUNIT_EXPECT_EQ(test, nr_writes(test), 2);
}

/* The message comes later than the run waits for it. */
static void late_message_is_waited_for_without_a_release(struct kunit *test)
{
	static const struct fake_step steps[] = { READ_INTERCEPT(is_set) };
	struct fake_hv *fake = test->priv;

	fake->hook = cancel_at_once;
	fake_hv_script(fake, steps, ARRAY_SIZE(steps));
	KUNIT_EXPECT_EQ(test, run(test), -EINTR);
	KUNIT_EXPECT_EQ(test, nr_writes(test), 2);

	clear_bit(MSHV_VP_CANCELED, &the_vp(test)->run.events);
	mshv_vp_kick(the_vp(test));
	KUNIT_EXPECT_EQ(test, run(test), 0);
	KUNIT_EXPECT_EQ(test, nr_writes(test), 2);
}

static void refused_release_ends_the_run(struct kunit *test)
{
	static const struct fake_step steps[] = {
		{ .code = HVCALL_SET_VP_REGISTERS,
		  .status = HV_STATUS_INVALID_VP_STATE },
	};

	fake_hv_script(test->priv, steps, ARRAY_SIZE(steps));
	KUNIT_EXPECT_EQ(test, run(test), -EBUSY);
}

static void dead_partition_does_not_run(struct kunit *test)
{
	WRITE_ONCE(the_vp(test)->pt->dead, true);
	KUNIT_EXPECT_EQ(test, run(test), -ESHUTDOWN);
	KUNIT_EXPECT_EQ(test, nr_writes(test), 0);
}

static struct kunit_case run_core_cases[] = {
	KUNIT_CASE(vp_is_released_in_the_order_that_loses_nothing),
	KUNIT_CASE(old_kick_is_not_taken_for_a_new_message),
	KUNIT_CASE(cancel_before_the_run_is_used_once),
	KUNIT_CASE(cancel_suspends_a_running_vp),
	KUNIT_CASE(message_in_flight_at_a_cancel_is_delivered),
	KUNIT_CASE(late_message_is_waited_for_without_a_release),
	KUNIT_CASE(refused_release_ends_the_run),
	KUNIT_CASE(dead_partition_does_not_run),
	{}
};

static struct kunit_suite run_core_suite = {
	.name = "mshv_run_core",
	.init = run_core_test_init,
	.test_cases = run_core_cases,
};

kunit_test_suite(run_core_suite);
