// SPDX-License-Identifier: GPL-2.0-only
/*
 * Failure sweep: in the life of a VM each hypercall fails once, in each way.
 * What failed says so by a sane errno, succeeds when it is repeated, and in the
 * end nothing is lost but what the hypervisor did not give back.
 *
 * Two more sweeps end the life: from some hypercall on, all of its kind fail;
 * or the VMM is killed in it.
 */
#include <kunit/test.h>
#include <linux/sched/signal.h>

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
struct mode {
	const char *desc;
	bool root_logic;
	bool pinned;
	unsigned int max_reps;
};

static const struct mode modes[] = {
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

KUNIT_ARRAY_PARAM_DESC(mode, modes, desc);

static void each_hypercall_fails_for_good(struct kunit *test)
{
	const struct mode *mode = test->param_value;
	struct fake_failure *fail;
	struct fake_life *life;
	unsigned int nth;

	life = fake_life_start(test, mode->root_logic, mode->pinned);
	life->vmm->m->max_reps = mode->max_reps;
	life->once = true;
	fail = &life->vmm->hv->fail;
	for (nth = 1; nth < MAX_EXITS && test->status != KUNIT_FAILURE; nth++) {
		*fail = (struct fake_failure) {
			.nth = nth, .status = HV_STATUS_OPERATION_FAILED,
			.for_good = true,
		};
		fake_life_live(life);
		expect_sane(test, life, HV_STATUS_OPERATION_FAILED);
		fake_life_end(life);
		fake_life_check_balance(life);
		if (fail->nth)
			break;
	}
	KUNIT_EXPECT_GT(test, nth, 50);
	KUNIT_EXPECT_LT(test, nth, MAX_EXITS);
}

static unsigned int kill_at;

static void kill_vmm(struct fake_hv *fake, u16 code)
{
	if (kill_at && !--kill_at)
		send_sig(SIGKILL, current, 1);
}

/* However far it has got, all has to be given back on the way out. */
static void vmm_is_killed_in_each_hypercall(struct kunit *test)
{
	const struct mode *mode = test->param_value;
	struct fake_life *life;
	unsigned int nth, i;
	bool hit = true;

	life = fake_life_start(test, mode->root_logic, mode->pinned);
	life->vmm->m->max_reps = mode->max_reps;
	life->once = true;
	life->vmm->hv->hook = kill_vmm;
	allow_signal(SIGKILL);
	for (nth = 1; hit && nth < MAX_EXITS; nth++) {
		kill_at = nth;
		fake_life_live(life);
		for (i = 0; i < life->nr_errors; i++)
			KUNIT_EXPECT_EQ(test, life->errors[i], -EINTR);
		fake_life_end(life);
		hit = !kill_at;
		kill_at = 0;
		flush_signals(current);
		fake_vmm_expect_nothing_left(life->vmm);
		fake_life_check_balance(life);
		if (test->status == KUNIT_FAILURE) {
			kunit_err(test, "exit %u\n", nth);
			break;
		}
	}
	disallow_signal(SIGKILL);
	KUNIT_EXPECT_GT(test, nth, 50);
	KUNIT_EXPECT_LT(test, nth, MAX_EXITS);
}

static struct kunit_case sweep_cases[] = {
	KUNIT_CASE_PARAM(each_hypercall_fails_once, grid_gen_params),
	KUNIT_CASE_PARAM(each_hypercall_fails_for_good, mode_gen_params),
	KUNIT_CASE_PARAM(vmm_is_killed_in_each_hypercall, mode_gen_params),
	{}
};

static struct kunit_suite sweep_suite = {
	.name = "mshv_sweep",
	.test_cases = sweep_cases,
};

kunit_test_suite(sweep_suite);
