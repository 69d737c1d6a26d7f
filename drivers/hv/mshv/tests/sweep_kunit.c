// SPDX-License-Identifier: GPL-2.0-only
/*
 * Failure sweep: in the life of a VM each hypercall fails once, in each way.
 * What failed says so by a sane errno, succeeds when it is repeated, and in the
 * end nothing is lost but what the hypervisor did not give back.
 */
#include <kunit/test.h>

#include "../mshv.h"
#include "fake_life.h"

/* More than there are, so that the end is found */
#define MAX_EXITS	2000

/**
 * struct mode - how a VM lives
 * @desc: in words
 * @root_logic: root-scheduler logic
 * @pinned: pinned memory
 * @max_reps: reps of one hypercall at most, 0 for any number
 */
static const struct mode {
	const char *desc;
	bool root_logic;
	bool pinned;
	unsigned int max_reps;
} modes[] = {
	{ "core_movable", false, false, 0 },
	{ "core_pinned", false, true, 0 },
	{ "root_movable", true, false, 0 },
	{ "root_pinned_short_reps", true, true, 7 },
};

/* What a hypercall fails with */
static const struct failure {
	const char *desc;
	u16 status;
} failures[] = {
	{ "operation_failed", HV_STATUS_OPERATION_FAILED },
	{ "access_denied", HV_STATUS_ACCESS_DENIED },
	{ "invalid_parameter", HV_STATUS_INVALID_PARAMETER },
	{ "no_memory", HV_STATUS_INSUFFICIENT_MEMORY },
	{ "no_contiguous_memory", HV_STATUS_INSUFFICIENT_CONTIGUOUS_MEMORY },
	{ "no_root_memory", HV_STATUS_INSUFFICIENT_ROOT_MEMORY },
	{ "unknown_status", 0x7fff },
};

/* A sweep for each of both */
static const char grid[ARRAY_SIZE(modes) * ARRAY_SIZE(failures)];

static const struct mode *mode_of(const char *cell)
{
	return &modes[(cell - grid) % ARRAY_SIZE(modes)];
}

static const struct failure *failure_of(const char *cell)
{
	return &failures[(cell - grid) / ARRAY_SIZE(modes)];
}

static const void *grid_gen_params(struct kunit *test, const void *prev,
				   char *desc)
{
	const char *cell = prev ? prev + 1 : grid;

	if (cell == grid + ARRAY_SIZE(grid))
		return NULL;
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%s_%s", mode_of(cell)->desc,
		 failure_of(cell)->desc);
	return cell;
}

/* Errnos a status may come out as; an ioctl may have one of its own for it. */
static bool is_sane(int err, u16 status)
{
	return err == hv_status_to_errno(status) || err == -EOPNOTSUPP ||
	       (err == -EIO && status != HV_STATUS_SUCCESS);
}

static void expect_sane(struct kunit *test, struct fake_life *life, u16 status)
{
	unsigned int i;

	for (i = 0; i < life->nr_errors; i++)
		KUNIT_EXPECT_TRUE_MSG(test, is_sane(life->errors[i], status),
				      "code %#x: %d", life->vmm->hv->fail.code,
				      life->errors[i]);
	KUNIT_EXPECT_LE(test, life->nr_errors, 1);
}

/* One life in which exit @nth fails.  Returns false if there is none. */
static bool fail_one(struct kunit *test, struct fake_life *life, u16 status,
		     unsigned int nth)
{
	struct fake_failure *fail = &life->vmm->hv->fail;
	bool hit;

	fail->nth = nth;
	fail->status = status;
	fake_life_live(life);
	expect_sane(test, life, status);
	fake_life_end(life);
	hit = !fail->nth;
	fail->nth = 0;
	fake_life_check_balance(life);
	return hit;
}

static void each_hypercall_fails_once(struct kunit *test)
{
	const struct mode *mode = mode_of(test->param_value);
	u16 status = failure_of(test->param_value)->status;
	struct fake_life *life;
	unsigned int nth;

	life = fake_life_start(test, mode->root_logic, mode->pinned);
	life->vmm->m->max_reps = mode->max_reps;
	for (nth = 1; nth < MAX_EXITS; nth++) {
		if (!fail_one(test, life, status, nth))
			break;
		if (test->status == KUNIT_FAILURE) {
			kunit_err(test, "exit %u, code %#x\n", nth,
				  life->vmm->hv->fail.code);
			return;
		}
	}
	/* The last life was one without a failure. */
	KUNIT_EXPECT_EQ(test, life->nr_errors, 0);
	KUNIT_EXPECT_GT(test, nth, 50);
	KUNIT_EXPECT_LT(test, nth, MAX_EXITS);
	kunit_info(test, "%u hypercalls\n", nth - 1);
}

static struct kunit_case sweep_cases[] = {
	KUNIT_CASE_PARAM(each_hypercall_fails_once, grid_gen_params),
	{}
};

static struct kunit_suite sweep_suite = {
	.name = "mshv_sweep",
	.test_cases = sweep_cases,
};

kunit_test_suite(sweep_suite);
