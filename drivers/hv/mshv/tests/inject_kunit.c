// SPDX-License-Identifier: GPL-2.0-only
/*
 * Running a VP while something happens before or after each hypercall that the
 * run makes: no message, cancel, signal or interrupt is lost or seen twice.
 */
#include <kunit/test.h>
#include <linux/sched/signal.h>

#include "../mshv.h"
#include "../run.h"
#include "fake_vmm.h"

#define GFN		MODEL_GFN
#define NR		VMM_NR_PAGES
#define WRITABLE	BIT(MSHV_SET_MEM_BIT_WRITABLE)
#define UNMAP		BIT(MSHV_SET_MEM_BIT_UNMAP)

/* More than one run takes */
#define MAX_STEPS	100
#define MAX_RUNS	4

/* Runs after the event, so that all it does is seen */
#define MORE_RUNS	3

enum event { NOTHING, SIGNALED, KICK, CANCEL, VECTOR, STOP };

/**
 * struct inject - state of a test
 * @vmm: the VMM
 * @event: what happens
 * @left: exits until then
 * @nr_eintr: runs that returned that
 * @nr_messages: runs that returned a message
 * @nr_queued: vectors the VP was handed
 */
struct inject {
	struct fake_vmm *vmm;
	enum event event;
	unsigned int left;
	unsigned int nr_eintr;
	unsigned int nr_messages;
	unsigned int nr_queued;
};

static struct inject inject;

static const struct scene {
	const char *desc;
	bool root_logic;
	bool after;
	enum event event;
} scenes[] = {
	{ "core_nothing", false, false, NOTHING },
	{ "core_cancel_before", false, false, CANCEL },
	{ "core_cancel_after", false, true, CANCEL },
	{ "core_signal_before", false, false, SIGNALED },
	{ "core_signal_after", false, true, SIGNALED },
	{ "core_stop_before", false, false, STOP },
	{ "core_stop_after", false, true, STOP },
	{ "root_nothing", true, false, NOTHING },
	{ "root_kick_before", true, false, KICK },
	{ "root_kick_after", true, true, KICK },
	{ "root_cancel_before", true, false, CANCEL },
	{ "root_cancel_after", true, true, CANCEL },
	{ "root_signal_before", true, false, SIGNALED },
	{ "root_signal_after", true, true, SIGNALED },
	{ "root_vector_before", true, false, VECTOR },
	{ "root_vector_after", true, true, VECTOR },
	{ "root_stop_before", true, false, STOP },
	{ "root_stop_after", true, true, STOP },
};

KUNIT_ARRAY_PARAM_DESC(scene, scenes, desc);

static void happen(struct fake_hv *fake, u16 code)
{
	struct mshv_vp *vp = fake_vmm_the_vp(inject.vmm, 0);

	if (!inject.left || --inject.left)
		return;
	switch (inject.event) {
	case NOTHING:
		break;
	case SIGNALED:
		send_sig(SIGUSR1, current, 1);
		break;
	case KICK:
		mshv_vp_kick(vp);
		break;
	case CANCEL:
		mshv_vp_cancel(vp);
		break;
	case VECTOR:
		inject.nr_queued += mshv_vp_queue_vector(vp, 0x41);
		break;
	case STOP:
		mshv_partition_stop(vp->pt);
		break;
	}
}

/* A VM whose guest touches memory, waits, and touches more */
static void make_vm(struct kunit *test)
{
	static const struct model_insn guest[] = {
		{ MODEL_READ, GFN }, { MODEL_BLOCK }, { MODEL_WRITE, GFN + 40 },
		{ MODEL_BLOCK }, { MODEL_HALT },
	};
	struct fake_vmm *vmm = inject.vmm;

	vmm->m->guest = guest;
	KUNIT_ASSERT_EQ(test, fake_vmm_create_partition(vmm, 0), 0);
	KUNIT_ASSERT_EQ(test, fake_vmm_pt(vmm, MSHV_INITIALIZE_PARTITION, NULL,
					  0), 0);
	KUNIT_ASSERT_EQ(test, fake_vmm_create_vp(vmm, 0), 0);
	KUNIT_ASSERT_EQ(test, fake_vmm_map(vmm, GFN, 0, NR, WRITABLE), 0);
	inject.nr_eintr = 0;
	inject.nr_messages = 0;
	inject.nr_queued = 0;
	vmm->m->nr_halts = 0;
	vmm->m->nr_injected = 0;
}

/* Run until it has happened, and on. */
static int run_on(struct kunit *test)
{
	unsigned int i, more = 0;
	struct hv_message msg;
	int err = 0;

	for (i = 0; i < MAX_RUNS + MORE_RUNS && more < MORE_RUNS; i++) {
		if (!inject.left)
			more++;
		else if (i == MAX_RUNS)
			break;
		err = fake_vmm_run(inject.vmm, 0, &msg);
		flush_signals(current);
		if (err == -EINTR) {
			inject.nr_eintr++;
			continue;
		}
		if (err)
			return err;
		inject.nr_messages++;
		KUNIT_EXPECT_EQ(test, msg.header.message_type, HVMSG_X64_HALT);
	}
	return err;
}

static void judge(struct kunit *test, enum event event, int err)
{
	struct fake_model *m = inject.vmm->m;

	if (event == STOP) {
		KUNIT_EXPECT_EQ(test, err, -ESHUTDOWN);
		return;
	}
	KUNIT_EXPECT_EQ(test, err, 0);
	/* Each halt was reported, and once. */
	KUNIT_EXPECT_EQ(test, inject.nr_messages, m->nr_halts);
	KUNIT_EXPECT_GE(test, inject.nr_messages, MORE_RUNS - 1);
	if (event == CANCEL)
		KUNIT_EXPECT_EQ(test, inject.nr_eintr, 1);
	else if (event == SIGNALED)
		KUNIT_EXPECT_LE(test, inject.nr_eintr, 1);
	else
		KUNIT_EXPECT_EQ(test, inject.nr_eintr, 0);
	/* A vector that was accepted got to the guest. */
	KUNIT_EXPECT_EQ(test, m->nr_injected, inject.nr_queued);
}

/* One VM.  Returns false if there is no such exit. */
static bool inject_at(struct kunit *test, const struct scene *scene,
		      unsigned int nth)
{
	struct fake_hv *fake = inject.vmm->hv;
	int err;

	make_vm(test);
	inject.event = scene->event;
	inject.left = nth;
	if (scene->after)
		fake->after = happen;
	else
		fake->hook = happen;
	err = run_on(test);
	fake->after = NULL;
	fake->hook = NULL;
	if (!inject.left)
		judge(test, scene->event, err);
	fake_vmm_close(inject.vmm);
	fake_vmm_expect_nothing_left(inject.vmm);
	fake_hv_forget(test, fake);
	return !inject.left;
}

static void run_copes_with_it_at_each_step(struct kunit *test)
{
	const struct scene *scene = test->param_value;
	unsigned int nth;

	inject.vmm = fake_vmm_start(test);
	mshv.root_logic = scene->root_logic;
	allow_signal(SIGUSR1);
	for (nth = 1; nth < MAX_STEPS; nth++) {
		if (!inject_at(test, scene, nth))
			break;
		if (test->status == KUNIT_FAILURE) {
			kunit_err(test, "at exit %u\n", nth);
			break;
		}
	}
	disallow_signal(SIGUSR1);
	KUNIT_EXPECT_GT(test, nth, 5);
	KUNIT_EXPECT_LT(test, nth, MAX_STEPS);
}

static struct kunit_case inject_cases[] = {
	KUNIT_CASE_PARAM(run_copes_with_it_at_each_step, scene_gen_params),
	{}
};

static struct kunit_suite inject_suite = {
	.name = "mshv_inject",
	.test_cases = inject_cases,
};

kunit_test_suite(inject_suite);
