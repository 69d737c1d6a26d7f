// SPDX-License-Identifier: GPL-2.0-only
/*
 * Faults of a guest in movable memory: what can be behind the owner's addresses,
 * and what a fault may cost.
 */
#include <kunit/test.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/shmem_fs.h>

#include "../mshv.h"
#include "fake_task.h"
#include "fake_vmm.h"

#define GFN		MODEL_GFN
#define NR		VMM_NR_PAGES
#define WRITABLE	BIT(MSHV_SET_MEM_BIT_WRITABLE)
#define EXECUTABLE	BIT(MSHV_SET_MEM_BIT_EXECUTABLE)

/* What the guest does in each case; it halts then. */
static struct model_insn guest[] = { { MODEL_READ, GFN }, { MODEL_HALT } };

/* A VP and memory that the guest has not touched */
static int fault_test_init(struct kunit *test)
{
	struct fake_vmm *vmm = fake_vmm_start(test);

	vmm->m->guest = guest;
	KUNIT_ASSERT_EQ(test, fake_vmm_create_partition(vmm, 0), 0);
	KUNIT_ASSERT_EQ(test, fake_vmm_pt(vmm, MSHV_INITIALIZE_PARTITION, NULL,
					  0), 0);
	KUNIT_ASSERT_EQ(test, fake_vmm_create_vp(vmm, 0), 0);
	KUNIT_ASSERT_EQ(test, fake_vmm_map(vmm, GFN, 0, NR, WRITABLE), 0);
	return 0;
}

/* The guest does @op to the page.  Returns what the VMM is told, or an errno. */
static long touch(struct kunit *test, enum model_op op, unsigned int page)
{
	struct hv_message msg = {};
	int err;

	guest[0] = (struct model_insn) { op, GFN + page };
	err = fake_vmm_run(the_vmm(test), 0, &msg);
	return err ?: (long)msg.header.message_type;
}

/* The access was possible. */
#define DONE	((long)HVMSG_X64_HALT)
/* The VMM is told of it, and has to do something. */
#define TOLD	((long)HVMSG_GPA_INTERCEPT)

/* Put something else where the first pages of the guest's memory are. */
static void replace(struct kunit *test, struct file *file, unsigned int nr,
		    unsigned long prot, unsigned long flags)
{
	unsigned long addr = the_vmm(test)->mem;

	KUNIT_ASSERT_EQ(test, vm_mmap(file, addr, nr * PAGE_SIZE, prot,
				      flags | MAP_FIXED, 0), addr);
}

static void memory_that_is_there_is_mapped(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, touch(test, MODEL_WRITE, 40), DONE);
	/* What surrounds it comes with it: 16 pages that are aligned. */
	KUNIT_EXPECT_EQ(test, the_vmm(test)->m->nr_mapped, 16);
	KUNIT_EXPECT_TRUE(test, the_vmm(test)->m->gpa[32].page.held);
	KUNIT_EXPECT_EQ(test, touch(test, MODEL_READ, 47), DONE);
	KUNIT_EXPECT_EQ(test, the_vmm(test)->m->nr_mapped, 16);
	fake_vmm_finish(test);
}

static void hole_is_for_the_vmm(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, vm_munmap(the_vmm(test)->mem, PAGE_SIZE), 0);
	KUNIT_EXPECT_EQ(test, touch(test, MODEL_READ, 0), TOLD);
	KUNIT_EXPECT_EQ(test, the_vmm(test)->m->nr_mapped, 0);
	/* It ends at the hole. */
	KUNIT_EXPECT_EQ(test, touch(test, MODEL_READ, 1), DONE);
	KUNIT_EXPECT_EQ(test, the_vmm(test)->m->nr_mapped, 15);
	fake_vmm_finish(test);
}

static void read_only_memory_can_be_read(struct kunit *test)
{
	replace(test, NULL, 8, PROT_READ, MAP_ANONYMOUS | MAP_PRIVATE);
	KUNIT_EXPECT_EQ(test, touch(test, MODEL_READ, 0), DONE);
	KUNIT_EXPECT_EQ(test, touch(test, MODEL_WRITE, 0), TOLD);
	KUNIT_EXPECT_FALSE(test, the_vmm(test)->m->gpa[0].flags &
				 HV_MAP_GPA_WRITABLE);
	/* Only that */
	KUNIT_EXPECT_EQ(test, touch(test, MODEL_WRITE, 8), DONE);
	fake_vmm_finish(test);
}

/* The pages of a device are not memory; here those of a VP are that device. */
static void device_is_for_the_vmm(struct kunit *test)
{
	struct fake_vmm *vmm = the_vmm(test);

	replace(test, vmm->vp_file[0], 1, PROT_READ | PROT_WRITE, MAP_SHARED);
	KUNIT_EXPECT_EQ(test, touch(test, MODEL_READ, 0), TOLD);
	KUNIT_EXPECT_EQ(test, vmm->m->nr_mapped, 0);
	/* Nor can it become a guest's memory in the first place. */
	KUNIT_EXPECT_EQ(test, fake_vmm_map(vmm, GFN + NR, 0, 2, WRITABLE),
			-EOPNOTSUPP);
	KUNIT_ASSERT_EQ(test, vm_munmap(vmm->mem, PAGE_SIZE), 0);
	fake_vmm_finish(test);
}

static void file_may_be_shorter_than_its_mapping(struct kunit *test)
{
	struct file *file = shmem_file_setup("mshv", 2 * PAGE_SIZE,
					     mk_vma_flags(VMA_NORESERVE_BIT));

	KUNIT_ASSERT_FALSE(test, IS_ERR(file));
	replace(test, file, 16, PROT_READ | PROT_WRITE, MAP_SHARED);
	/* What is behind its end is no reason not to map what is there. */
	KUNIT_EXPECT_EQ(test, touch(test, MODEL_WRITE, 1), DONE);
	KUNIT_EXPECT_TRUE(test, the_vmm(test)->m->gpa[1].page.held);
	KUNIT_EXPECT_FALSE(test, the_vmm(test)->m->gpa[2].page.held);
	KUNIT_EXPECT_EQ(test, touch(test, MODEL_WRITE, 2), TOLD);
	KUNIT_EXPECT_EQ(test, touch(test, MODEL_READ, 15), TOLD);
	KUNIT_ASSERT_EQ(test, vm_munmap(the_vmm(test)->mem, 16 * PAGE_SIZE), 0);
	__fput_sync(file);
	fake_vmm_finish(test);
}

static const struct access {
	const char *desc;
	u8 flags, access;
	int err;
} accesses[] = {
	{ "read", 0, HV_INTERCEPT_ACCESS_READ, 0 },
	{ "write", 0, HV_INTERCEPT_ACCESS_WRITE, -EFAULT },
	{ "write_to_writable", WRITABLE, HV_INTERCEPT_ACCESS_WRITE, 0 },
	{ "execute", WRITABLE, HV_INTERCEPT_ACCESS_EXECUTE, -EFAULT },
	{ "execute_executable", EXECUTABLE, HV_INTERCEPT_ACCESS_EXECUTE, 0 },
	{ "unknown", WRITABLE | EXECUTABLE, 3, -EFAULT },
};

KUNIT_ARRAY_PARAM_DESC(access, accesses, desc);

static void region_says_what_the_guest_may_do(struct kunit *test)
{
	const struct access *access = test->param_value;
	struct fake_vmm *vmm = the_vmm(test);

	KUNIT_ASSERT_EQ(test, fake_vmm_map(vmm, GFN + NR, 0, NR, access->flags),
			0);
	KUNIT_EXPECT_EQ(test, mshv_region_fault(fake_vmm_partition(vmm), GFN + NR,
						access->access), access->err);
	KUNIT_EXPECT_EQ(test, vmm->m->gpa[NR].page.held, !access->err);
	KUNIT_EXPECT_EQ(test, !!(vmm->m->gpa[NR].flags & HV_MAP_GPA_EXECUTABLE),
			!access->err && access->flags & EXECUTABLE);
	fake_vmm_finish(test);
}

static const struct fake_step needs_memory_once[] = {
	{ .code = HVCALL_MAP_GPA_PAGES,
	  .status = HV_STATUS_INSUFFICIENT_MEMORY },
};

static const struct fake_step needs_memory_always[] = {
	{ .code = HVCALL_MAP_GPA_PAGES, .repeat = true,
	  .status = HV_STATUS_INSUFFICIENT_MEMORY },
};

static void fault_may_cost_memory(struct kunit *test)
{
	unsigned int before = fake_hv_count(test->priv, HVCALL_DEPOSIT_MEMORY);

	fake_hv_script(test->priv, needs_memory_once, 1);
	KUNIT_EXPECT_EQ(test, touch(test, MODEL_READ, 0), DONE);
	KUNIT_EXPECT_EQ(test, fake_hv_count(test->priv, HVCALL_DEPOSIT_MEMORY),
			before + 1);
	fake_vmm_finish(test);
}

static void fault_may_not_cost_any_amount_of_memory(struct kunit *test)
{
	unsigned int before = fake_hv_count(test->priv, HVCALL_DEPOSIT_MEMORY);

	fake_hv_script(test->priv, needs_memory_always, 1);
	KUNIT_EXPECT_EQ(test, touch(test, MODEL_READ, 0), -ENOMEM);
	/* 16 to 256 pages, then 511 each time, as long as 64 MiB are not exceeded */
	KUNIT_EXPECT_EQ(test, fake_hv_count(test->priv, HVCALL_DEPOSIT_MEMORY),
			before + 5 + (16384 - 496) / HV_DEPOSIT_MAX);
	KUNIT_EXPECT_EQ(test, the_vmm(test)->m->nr_mapped, 0);
	fake_hv_script(test->priv, NULL, 0);
	KUNIT_EXPECT_EQ(test, touch(test, MODEL_READ, 0), DONE);
	fake_vmm_finish(test);
}

static void hypervisor_may_refuse_to_map(struct kunit *test)
{
	static const struct fake_step refuse[] = {
		{ .code = HVCALL_MAP_GPA_PAGES, .status = HV_STATUS_ACCESS_DENIED },
	};

	fake_hv_script(test->priv, refuse, 1);
	KUNIT_EXPECT_EQ(test, touch(test, MODEL_READ, 0), -EACCES);
	KUNIT_EXPECT_EQ(test, touch(test, MODEL_READ, 0), DONE);
	fake_vmm_finish(test);
}

/* Until then there was nobody to kill. */
static void kill_at_deposit(struct fake_hv *fake, u16 code)
{
	if (code == HVCALL_DEPOSIT_MEMORY)
		fake_task_kill(((struct fake_vmm *)fake->arg)->test);
}

static void who_is_killed_does_not_try_again(struct kunit *test)
{
	struct fake_hv *fake = test->priv;

	fake_hv_script(fake, needs_memory_always, 1);
	fake->hook = kill_at_deposit;
	KUNIT_EXPECT_EQ(test, touch(test, MODEL_READ, 0), -EINTR);
	fake_task_revive();
	fake->hook = NULL;
	fake_hv_script(fake, NULL, 0);
	fake_vmm_finish(test);
}

static void stop_at_deposit(struct fake_hv *fake, u16 code)
{
	if (code == HVCALL_DEPOSIT_MEMORY)
		WRITE_ONCE(fake_vmm_partition(fake->arg)->dead, true);
}

static void guest_that_is_stopped_gets_no_more_memory(struct kunit *test)
{
	struct fake_hv *fake = test->priv;

	fake_hv_script(fake, needs_memory_once, 1);
	fake->hook = stop_at_deposit;
	KUNIT_EXPECT_EQ(test, touch(test, MODEL_READ, 0), -ESHUTDOWN);
	KUNIT_EXPECT_EQ(test, the_vmm(test)->m->nr_mapped, 0);
	fake->hook = NULL;
	fake_vmm_finish(test);
}

static struct kunit_case fault_cases[] = {
	KUNIT_CASE(memory_that_is_there_is_mapped),
	KUNIT_CASE(hole_is_for_the_vmm),
	KUNIT_CASE(read_only_memory_can_be_read),
	KUNIT_CASE(device_is_for_the_vmm),
	KUNIT_CASE(file_may_be_shorter_than_its_mapping),
	KUNIT_CASE_PARAM(region_says_what_the_guest_may_do, access_gen_params),
	KUNIT_CASE(fault_may_cost_memory),
	KUNIT_CASE_SLOW(fault_may_not_cost_any_amount_of_memory),
	KUNIT_CASE(hypervisor_may_refuse_to_map),
	KUNIT_CASE(who_is_killed_does_not_try_again),
	KUNIT_CASE(guest_that_is_stopped_gets_no_more_memory),
	{}
};

static struct kunit_suite fault_suite = {
	.name = "mshv_fault",
	.init = fault_test_init,
	.test_cases = fault_cases,
};

kunit_test_suite(fault_suite);
