// SPDX-License-Identifier: GPL-2.0-only
/*
 * Partitions and VPs: in whatever order their files are closed, and whatever
 * the hypervisor does not give back, nothing in use is freed and nothing else
 * is kept.
 */
#include <kunit/test.h>
#include <linux/mm.h>

#include "../mshv.h"
#include "fake_task.h"
#include "fake_vmm.h"

#define GFN		MODEL_GFN
#define WRITABLE	BIT(MSHV_SET_MEM_BIT_WRITABLE)
#define UNMAP		BIT(MSHV_SET_MEM_BIT_UNMAP)

static int lifetime_test_init(struct kunit *test)
{
	fake_vmm_start(test);
	return 0;
}

/* Two VPs and some memory the guest has touched */
static void make_vm(struct kunit *test)
{
	static const struct model_insn guest[] = {
		{ MODEL_WRITE, GFN }, { MODEL_READ, GFN + 20 }, { MODEL_HALT },
	};
	struct fake_vmm *vmm = the_vmm(test);
	struct hv_message msg;

	vmm->m->guest = guest;
	KUNIT_ASSERT_EQ(test, fake_vmm_create_partition(vmm, 0), 0);
	KUNIT_ASSERT_EQ(test, fake_vmm_pt(vmm, MSHV_INITIALIZE_PARTITION, NULL,
					  0), 0);
	KUNIT_ASSERT_EQ(test, fake_vmm_create_vp(vmm, 0), 0);
	KUNIT_ASSERT_EQ(test, fake_vmm_create_vp(vmm, 3), 0);
	KUNIT_ASSERT_EQ(test, fake_vmm_map(vmm, GFN, 0, 40, WRITABLE), 0);
	KUNIT_ASSERT_EQ(test, fake_vmm_run(vmm, 0, &msg), 0);
	KUNIT_EXPECT_EQ(test, msg.header.message_type, HVMSG_X64_HALT);
	KUNIT_EXPECT_GT(test, vmm->m->nr_mapped, 1);
}

static const struct order {
	const char *desc;
	int close[3];	/* VPs; -1 is the partition */
} orders[] = {
	{ "partition_first", { -1, 0, 3 } },
	{ "partition_last", { 0, 3, -1 } },
	{ "partition_in_between", { 3, -1, 0 } },
};

KUNIT_ARRAY_PARAM_DESC(order, orders, desc);

static void last_file_ends_the_partition(struct kunit *test)
{
	const struct order *order = test->param_value;
	struct fake_vmm *vmm = the_vmm(test);
	struct hv_message msg;
	unsigned int i;

	make_vm(test);
	for (i = 0; i < 3; i++) {
		KUNIT_EXPECT_TRUE(test, vmm->m->exists);
		/* A VP runs as long as it has a file. */
		if (vmm->vp_file[0])
			KUNIT_EXPECT_EQ(test, fake_vmm_run(vmm, 0, &msg), 0);
		if (order->close[i] < 0)
			fake_vmm_close_partition(vmm);
		else
			fake_vmm_close_vp(vmm, order->close[i]);
	}
	fake_vmm_expect_nothing_left(vmm);
}

static void partition_that_was_never_initialized_ends_too(struct kunit *test)
{
	struct fake_vmm *vmm = the_vmm(test);

	KUNIT_ASSERT_EQ(test, fake_vmm_create_partition(vmm, 0), 0);
	/* This hypervisor lets VPs be created before. */
	KUNIT_ASSERT_EQ(test, fake_vmm_create_vp(vmm, 0), 0);
	fake_vmm_finish(test);
}

static void vp_index_is_taken_once(struct kunit *test)
{
	struct fake_vmm *vmm = the_vmm(test);
	struct mshv_create_vp args = { .vp_index = 256 };

	make_vm(test);
	KUNIT_EXPECT_EQ(test, fake_vmm_create_vp(vmm, 3), -EEXIST);
	fake_vmm_close_vp(vmm, 3);
	KUNIT_EXPECT_EQ(test, fake_vmm_create_vp(vmm, 3), -EEXIST);
	KUNIT_EXPECT_EQ(test, fake_vmm_pt(vmm, MSHV_CREATE_VP, &args,
					  sizeof(args)), -EINVAL);
	args.vp_index = U32_MAX;
	KUNIT_EXPECT_EQ(test, fake_vmm_pt(vmm, MSHV_CREATE_VP, &args,
					  sizeof(args)), -EINVAL);
	fake_vmm_finish(test);
}

static void initializing_twice_is_once(struct kunit *test)
{
	struct fake_vmm *vmm = the_vmm(test);

	make_vm(test);
	KUNIT_EXPECT_EQ(test, fake_vmm_pt(vmm, MSHV_INITIALIZE_PARTITION, NULL,
					  0), 0);
	fake_vmm_finish(test);
}

/* No owner of the lock, so nothing to wait for: as when the machine goes down */
static void killed_partition_is_of_no_use_but_harmless(struct kunit *test)
{
	struct fake_vmm *vmm = the_vmm(test);
	struct hv_message msg;

	make_vm(test);
	mshv_partition_kill(fake_vmm_partition(vmm));
	fake_model_expect_empty(test, vmm->m);
	KUNIT_EXPECT_TRUE(test, xa_empty(&mshv.partitions));

	KUNIT_EXPECT_EQ(test, fake_vmm_run(vmm, 0, &msg), -ESHUTDOWN);
	KUNIT_EXPECT_EQ(test, fake_vmm_create_vp(vmm, 1), -ESHUTDOWN);
	KUNIT_EXPECT_EQ(test, fake_vmm_map(vmm, GFN, 0, 40, WRITABLE | UNMAP),
			-ESHUTDOWN);
	fake_vmm_finish(test);
}

/* Most VMMs end like that. */
static void vmm_that_was_killed_leaves_nothing(struct kunit *test)
{
	struct fake_vmm *vmm = the_vmm(test);

	make_vm(test);
	/* So that each hypercall has to be continued */
	vmm->m->max_reps = 3;
	fake_task_kill(test);
	fake_vmm_close(vmm);
	fake_task_revive();
	fake_vmm_expect_nothing_left(vmm);
}

/* It would not be the first ioctl that never ends. */
static void who_does_not_let_go_is_not_waited_for_for_ever(struct kunit *test)
{
	struct fake_vmm *vmm = the_vmm(test);
	struct fake_holder holder;

	make_vm(test);
	fake_holder_start(&holder, &fake_vmm_partition(vmm)->lock);
	mshv_partition_kill(fake_vmm_partition(vmm));
	fake_holder_stop(&holder);
	KUNIT_EXPECT_TRUE(test, vmm->m->exists);

	fake_holder_start(&holder, &fake_vmm_the_vp(vmm, 3)->lock);
	mshv_partition_kill(fake_vmm_partition(vmm));
	fake_holder_stop(&holder);
	KUNIT_EXPECT_TRUE(test, vmm->m->exists);
	fake_vmm_finish(test);
}

static void no_partition_while_the_machine_goes_down(struct kunit *test)
{
	struct fake_vmm *vmm = the_vmm(test);

	WRITE_ONCE(mshv.dying, true);
	KUNIT_EXPECT_EQ(test, fake_vmm_create_partition(vmm, 0), -ESHUTDOWN);
	WRITE_ONCE(mshv.dying, false);
	fake_vmm_expect_nothing_left(vmm);
}

/* struct refusal - a hypercall that fails each time while all is taken down */
static const struct refusal {
	const char *desc;
	u16 code;
	long kept;	/* pages that have to be leaked */
	bool exists;
} refusals[] = {
	{ "vp_page_stays", HVCALL_UNMAP_VP_STATE_PAGE, 4 },
	{ "stats_page_stays", HVCALL_UNMAP_STATS_PAGE, 4 },
	{ "vp_stays_until_the_partition_goes", HVCALL_DELETE_VP },
	{ "memory_stays_until_the_partition_goes", HVCALL_UNMAP_GPA_PAGES },
	{ "suspending_is_refused", HVCALL_SET_VP_REGISTERS },
	{ "partition_stays", HVCALL_DELETE_PARTITION, 0, true },
	{ "deposits_stay", HVCALL_WITHDRAW_MEMORY, -1 },
};

KUNIT_ARRAY_PARAM_DESC(refusal, refusals, desc);

static void what_is_not_given_back_is_leaked_not_freed(struct kunit *test)
{
	const struct refusal *refusal = test->param_value;
	const struct fake_step steps[] = {
		{ .code = refusal->code, .repeat = true,
		  .status = HV_STATUS_OPERATION_FAILED },
	};
	struct fake_vmm *vmm = the_vmm(test);
	long kept = refusal->kept;

	make_vm(test);
	fake_hv_script(vmm->hv, steps, ARRAY_SIZE(steps));
	fake_vmm_close(vmm);
	if (kept < 0)
		kept = fake_hv_taken(vmm->hv);
	else
		KUNIT_EXPECT_EQ(test, fake_hv_taken(vmm->hv), 0);
	KUNIT_EXPECT_EQ(test, vmm->m->exists, refusal->exists);
	KUNIT_EXPECT_EQ(test, vmm->m->nr_mapped, 0);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&mshv.nr_kept_pages) - vmm->kept,
			kept);
	KUNIT_EXPECT_TRUE(test, xa_empty(&mshv.partitions));
	fake_hv_forget(test, vmm->hv);
	fake_model_release(test, vmm->m);
}

static void memory_that_stays_reachable_is_leaked_and_ends_the_guest(struct kunit *test)
{
	static const struct fake_step steps[] = {
		{ .code = HVCALL_UNMAP_GPA_PAGES, .repeat = true,
		  .status = HV_STATUS_OPERATION_FAILED },
	};
	struct fake_vmm *vmm = the_vmm(test);
	struct hv_message msg;

	make_vm(test);
	fake_hv_script(vmm->hv, steps, ARRAY_SIZE(steps));
	KUNIT_EXPECT_EQ(test, fake_vmm_map(vmm, GFN, 0, 40, WRITABLE | UNMAP),
			-EIO);
	KUNIT_EXPECT_EQ(test, fake_vmm_run(vmm, 0, &msg), -ESHUTDOWN);
	/* Finalizing the partition takes the memory from it after all. */
	fake_vmm_finish(test);
}

static void host_takes_its_memory_back_from_a_guest(struct kunit *test)
{
	struct fake_vmm *vmm = the_vmm(test);
	struct hv_message msg;

	make_vm(test);
	KUNIT_ASSERT_EQ(test, vm_munmap(vmm->mem, 40 * PAGE_SIZE), 0);
	KUNIT_EXPECT_EQ(test, vmm->m->nr_mapped, 0);
	/* The guest's next access is for the VMM to see to. */
	KUNIT_EXPECT_EQ(test, fake_vmm_run(vmm, 0, &msg), 0);
	KUNIT_EXPECT_EQ(test, msg.header.message_type, HVMSG_GPA_INTERCEPT);
	fake_vmm_finish(test);
}

static void region_goes_as_it_came(struct kunit *test)
{
	struct fake_vmm *vmm = the_vmm(test);
	struct hv_message msg;

	make_vm(test);
	KUNIT_EXPECT_EQ(test, fake_vmm_map(vmm, GFN + 39, 50, 2, WRITABLE),
			-EEXIST);
	KUNIT_EXPECT_EQ(test, fake_vmm_map(vmm, GFN, 0, 39, UNMAP), -EINVAL);
	KUNIT_EXPECT_EQ(test, fake_vmm_map(vmm, GFN, 1, 40, UNMAP), -EINVAL);
	KUNIT_EXPECT_EQ(test, fake_vmm_map(vmm, GFN + 40, 0, 40, UNMAP),
			-ENOENT);
	KUNIT_EXPECT_EQ(test, fake_vmm_map(vmm, GFN, 0, 40, UNMAP), 0);
	KUNIT_EXPECT_EQ(test, vmm->m->nr_mapped, 0);
	KUNIT_EXPECT_EQ(test, fake_vmm_map(vmm, GFN, 0, 40, UNMAP), -ENOENT);
	KUNIT_EXPECT_EQ(test, fake_vmm_map(vmm, GFN, 20, 21, WRITABLE), 0);
	KUNIT_EXPECT_EQ(test, fake_vmm_run(vmm, 0, &msg), 0);
	KUNIT_EXPECT_EQ(test, msg.header.message_type, HVMSG_X64_HALT);
	fake_vmm_finish(test);
}

static struct kunit_case lifetime_cases[] = {
	KUNIT_CASE_PARAM(last_file_ends_the_partition, order_gen_params),
	KUNIT_CASE(partition_that_was_never_initialized_ends_too),
	KUNIT_CASE(vp_index_is_taken_once),
	KUNIT_CASE(initializing_twice_is_once),
	KUNIT_CASE(killed_partition_is_of_no_use_but_harmless),
	KUNIT_CASE(vmm_that_was_killed_leaves_nothing),
	KUNIT_CASE_SLOW(who_does_not_let_go_is_not_waited_for_for_ever),
	KUNIT_CASE(no_partition_while_the_machine_goes_down),
	KUNIT_CASE_PARAM(what_is_not_given_back_is_leaked_not_freed,
			 refusal_gen_params),
	KUNIT_CASE(memory_that_stays_reachable_is_leaked_and_ends_the_guest),
	KUNIT_CASE(host_takes_its_memory_back_from_a_guest),
	KUNIT_CASE(region_goes_as_it_came),
	{}
};

static struct kunit_suite lifetime_suite = {
	.name = "mshv_lifetime",
	.init = lifetime_test_init,
	.test_cases = lifetime_cases,
};

kunit_test_suite(lifetime_suite);
