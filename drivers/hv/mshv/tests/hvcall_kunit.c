// SPDX-License-Identifier: GPL-2.0-only
/*
 * The choke point: how hv_call() makes, continues and ends a hypercall.
 */
#include <kunit/test.h>
#include <hyperv/hvcall.h>

#include "fake_hv.h"

#define CODE	0x7777	/* no call of this number: only the mechanics count */

static const u64 header = 0x1122334455667788;

static int hvcall_test_init(struct kunit *test)
{
	fake_hv_start(test, false);
	return 0;
}

static void expect_control(struct kunit *test, unsigned int nth, u64 control)
{
	const struct fake_exit *e;

	e = fake_hv_exit(test, test->priv, fake_code(control), nth);
	KUNIT_EXPECT_EQ_MSG(test, e->control, control, "exit %u", nth);
}

static void simple_call_copies_output(struct kunit *test)
{
	static const u64 answer[2] = { 0xaaaa, 0xbbbb };
	struct fake_hv *fake = test->priv;
	u64 out[2] = { 1, 2 };
	struct hv_call call = {
		.code = CODE, .in = &header, .in_size = sizeof(header),
		.out = out, .out_size = sizeof(out),
	};

	fake->out = answer;
	fake->out_size = sizeof(answer);
	KUNIT_EXPECT_EQ(test, hv_call(&call), 0);
	KUNIT_EXPECT_MEMEQ(test, out, answer, sizeof(out));
	KUNIT_EXPECT_EQ(test, fake->nr_exits, 1);
}

static void failed_simple_call_leaves_output_alone(struct kunit *test)
{
	static const struct fake_step steps[] = {
		{ .status = HV_STATUS_ACCESS_DENIED },
	};
	u64 out = 0x5555;
	struct hv_call call = {
		.code = CODE, .in = &header, .in_size = sizeof(header),
		.out = &out, .out_size = sizeof(out),
	};

	fake_hv_script(test->priv, steps, ARRAY_SIZE(steps));
	KUNIT_EXPECT_EQ(test, hv_call(&call), -EACCES);
	KUNIT_EXPECT_EQ(test, call.status, HV_STATUS_ACCESS_DENIED);
	KUNIT_EXPECT_EQ(test, out, 0x5555);
}

static void variable_header_size_is_in_the_control_word(struct kunit *test)
{
	struct hv_call call = {
		.code = CODE, .in = &header, .in_size = sizeof(header),
		.varhead = 0x3ff,
	};

	KUNIT_EXPECT_EQ(test, hv_call(&call), 0);
	expect_control(test, 0, CODE | 0x3ffULL << 17);
}

static void short_reps_continue_where_they_stopped(struct kunit *test)
{
	static const struct fake_step steps[] = {
		{ .reps = 2 }, { .reps = 1 }, { .reps = FAKE_ALL },
	};
	static const u64 list[5] = { 1, 2, 3, 4, 5 };
	struct hv_call call = {
		.code = CODE, .in = &header, .in_size = sizeof(header),
		.list = list, .list_size = sizeof(*list), .reps = 5,
	};
	struct fake_hv *fake = test->priv;
	unsigned int i;

	fake_hv_script(fake, steps, ARRAY_SIZE(steps));
	KUNIT_EXPECT_EQ(test, hv_call(&call), 0);
	KUNIT_EXPECT_EQ(test, call.reps_done, 5);
	KUNIT_ASSERT_EQ(test, fake->nr_exits, 3);

	expect_control(test, 0, CODE | 5ULL << 32);
	expect_control(test, 1, CODE | 5ULL << 32 | 2ULL << 48);
	expect_control(test, 2, CODE | 5ULL << 32 | 3ULL << 48);
	/* An element stays where it is, whatever was done before. */
	for (i = 0; i < 3; i++) {
		KUNIT_EXPECT_MEMEQ(test, fake->exits[i].in + 8, list,
				   sizeof(list));
		KUNIT_EXPECT_MEMEQ(test, fake->exits[i].in, &header,
				   sizeof(header));
	}
}

static void output_of_short_reps_is_joined(struct kunit *test)
{
	static const struct fake_step steps[] = {
		{ .reps = 1 }, { .reps = 3 }, { .reps = FAKE_ALL },
	};
	static const u64 answer[6] = { 10, 11, 12, 13, 14, 15 };
	u64 out[6] = {};
	struct hv_call call = {
		.code = CODE, .in = &header, .in_size = sizeof(header),
		.out = out, .out_rep_size = sizeof(*out), .reps = 6,
	};
	struct fake_hv *fake = test->priv;

	fake->out = answer;
	fake->out_size = sizeof(answer);
	fake_hv_script(fake, steps, ARRAY_SIZE(steps));
	KUNIT_EXPECT_EQ(test, hv_call(&call), 0);
	KUNIT_EXPECT_MEMEQ(test, out, answer, sizeof(out));
}

static void failed_rep_keeps_what_was_done(struct kunit *test)
{
	static const struct fake_step steps[] = {
		{ .reps = 2 },
		{ .status = HV_STATUS_INVALID_PARAMETER, .reps = 1 },
	};
	static const u64 answer[5] = { 10, 11, 12, 13, 14 };
	static const u64 want[5] = { 10, 11, 12, 0x5555, 0x5555 };
	u64 out[5] = { 0x5555, 0x5555, 0x5555, 0x5555, 0x5555 };
	struct hv_call call = {
		.code = CODE, .in = &header, .in_size = sizeof(header),
		.out = out, .out_rep_size = sizeof(*out), .reps = 5,
	};
	struct fake_hv *fake = test->priv;

	fake->out = answer;
	fake->out_size = sizeof(answer);
	fake_hv_script(fake, steps, ARRAY_SIZE(steps));
	KUNIT_EXPECT_EQ(test, hv_call(&call), -EINVAL);
	KUNIT_EXPECT_EQ(test, call.reps_done, 3);
	KUNIT_EXPECT_EQ(test, call.status, HV_STATUS_INVALID_PARAMETER);
	KUNIT_EXPECT_MEMEQ(test, out, want, sizeof(out));
	KUNIT_EXPECT_EQ(test, fake->nr_exits, 2);
}

/* Answers that make no sense end the call: no loop, no copy out of bounds. */
static const struct bad_answer {
	const char *desc;
	u64 raw;
	int err;
	u16 reps_done;
} bad_answers[] = {
	{ "success_without_progress", 2ULL << 32, -EIO, 2 },
	{ "reps_go_backwards", 1ULL << 32, -EIO, 2 },
	{ "more_reps_than_asked", 6ULL << 32, -EIO, 2 },
	{ "most_reps_possible", 0xfffULL << 32, -EIO, 2 },
	{ "no_hypercall_page", U64_MAX, -EOPNOTSUPP, 2 },
	{ "reserved_bits_set", 5ULL << 32 | 0xf000ffff0000, 0, 5 },
	{ "unknown_status", 2ULL << 32 | 0x0bad, -EIO, 2 },
};

KUNIT_ARRAY_PARAM_DESC(bad_answer, bad_answers, desc);

static void strange_answer_ends_the_call(struct kunit *test)
{
	const struct bad_answer *bad = test->param_value;
	const struct fake_step steps[] = {
		{ .reps = 2 }, { .raw = bad->raw },
	};
	u64 out[6] = { [5] = 0x5555 };
	struct hv_call call = {
		.code = CODE, .in = &header, .in_size = sizeof(header),
		.out = out, .out_rep_size = sizeof(*out), .reps = 5,
	};
	struct fake_hv *fake = test->priv;

	fake_hv_script(fake, steps, ARRAY_SIZE(steps));
	KUNIT_EXPECT_EQ(test, hv_call(&call), bad->err);
	KUNIT_EXPECT_EQ(test, call.reps_done, bad->reps_done);
	KUNIT_EXPECT_EQ(test, fake->nr_exits, 2);
	KUNIT_EXPECT_EQ(test, out[5], 0x5555);
}

/* What does not fit into one page, or into the control word */
static const struct bound {
	const char *desc;
	u16 in_size, list_size, out_size, out_rep_size, reps;
	bool no_in;
	int err;
} bounds[] = {
	{ "input_of_a_page", .in_size = 4096 },
	{ "input_larger_than_a_page", .in_size = 4097, .err = -EINVAL },
	{ "list_fills_the_page", .in_size = 8, .list_size = 8, .reps = 511 },
	{ "list_one_too_long", .in_size = 8, .list_size = 8, .reps = 512,
	  .err = -EINVAL },
	{ "reps_fill_12_bits", .in_size = 8, .reps = 0xfff },
	{ "reps_need_13_bits", .in_size = 8, .reps = 0x1000, .err = -EINVAL },
	{ "all_sizes_at_their_limit", .in_size = 0xffff, .list_size = 0xffff,
	  .reps = 0xffff, .err = -EINVAL },
	{ "output_of_a_page", .in_size = 8, .out_size = 4096 },
	{ "output_larger_than_a_page", .in_size = 8, .out_size = 4097,
	  .err = -EINVAL },
	{ "rep_output_fills_the_page", .in_size = 8, .out_rep_size = 16,
	  .reps = 256 },
	{ "rep_output_one_too_long", .in_size = 8, .out_rep_size = 16,
	  .reps = 257, .err = -EINVAL },
	{ "no_input_at_all", .no_in = true, .err = -EINVAL },
};

KUNIT_ARRAY_PARAM_DESC(bound, bounds, desc);

static void call_is_held_to_one_page(struct kunit *test)
{
	const struct bound *bound = test->param_value;
	struct fake_hv *fake = test->priv;
	struct hv_call call = {
		.code = CODE,
		.in_size = bound->in_size, .list_size = bound->list_size,
		.out_size = bound->out_size, .reps = bound->reps,
		.out_rep_size = bound->out_rep_size,
	};
	u8 *page = kunit_kzalloc(test, HV_HYP_PAGE_SIZE, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, page);
	call.in = bound->no_in ? NULL : page;
	call.list = bound->list_size ? page : NULL;
	call.out = bound->out_size || bound->out_rep_size ? page : NULL;

	KUNIT_EXPECT_EQ(test, hv_call(&call), bound->err);
	KUNIT_EXPECT_EQ(test, fake->nr_exits, bound->err ? 0 : 1);
}

static void output_page_is_zero_for_the_hypervisor(struct kunit *test)
{
	struct fake_hv *fake = test->priv;
	static const u64 answer[2] = { ~0ULL, ~0ULL };
	u64 out[2];
	struct hv_call call = {
		.code = CODE, .in = &header, .in_size = sizeof(header),
		.out = out, .out_size = sizeof(out),
	};
	unsigned int i;

	fake->out = answer;
	fake->out_size = sizeof(answer);
	fake->out_check = sizeof(answer);
	for (i = 0; i < 2; i++) {
		KUNIT_EXPECT_EQ(test, hv_call(&call), 0);
		KUNIT_EXPECT_TRUE(test, fake->exits[i].out_clean);
	}
}

static struct kunit_case hvcall_cases[] = {
	KUNIT_CASE(simple_call_copies_output),
	KUNIT_CASE(failed_simple_call_leaves_output_alone),
	KUNIT_CASE(variable_header_size_is_in_the_control_word),
	KUNIT_CASE(short_reps_continue_where_they_stopped),
	KUNIT_CASE(output_of_short_reps_is_joined),
	KUNIT_CASE(failed_rep_keeps_what_was_done),
	KUNIT_CASE_PARAM(strange_answer_ends_the_call, bad_answer_gen_params),
	KUNIT_CASE_PARAM(call_is_held_to_one_page, bound_gen_params),
	KUNIT_CASE(output_page_is_zero_for_the_hypervisor),
	{}
};

static struct kunit_suite hvcall_suite = {
	.name = "mshv_hvcall",
	.init = hvcall_test_init,
	.test_cases = hvcall_cases,
};

kunit_test_suite(hvcall_suite);
