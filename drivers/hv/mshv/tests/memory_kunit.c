// SPDX-License-Identifier: GPL-2.0-only
/*
 * MSHV_SET_GUEST_MEMORY: what can't become guest memory, and that what failed
 * half-way leaves nothing behind.
 */
#include <kunit/test.h>
#include <linux/mm.h>
#include <linux/mman.h>

#include "../mshv.h"
#include "../region.h"
#include "fake_task.h"
#include "fake_vmm.h"

#define GFN		MODEL_GFN
#define WRITABLE	BIT(MSHV_SET_MEM_BIT_WRITABLE)
#define EXECUTABLE	BIT(MSHV_SET_MEM_BIT_EXECUTABLE)
#define UNMAP		BIT(MSHV_SET_MEM_BIT_UNMAP)

static int memory_test_init(struct kunit *test)
{
	fake_vmm_start_partition(test);
	return 0;
}

static void memory_test_exit(struct kunit *test)
{
	mshv_pin_memory = false;
}

/* struct bad - one change to arguments that make sense */
static const struct bad {
	const char *desc;
	u64 size, gfn, offset;
	u8 flags, rsvd;
	u64 uaddr;	/* instead of where memory is */
} bads[] = {
	{ "no_size", .size = 0 },
	{ "less_than_a_page", .size = 4095 },
	{ "not_whole_pages", .size = 4097 },
	{ "size_of_all", .size = ~0xfffULL },
	{ "in_the_middle_of_a_page", .size = 4096, .offset = 8 },
	{ "reserved", .size = 4096, .rsvd = 1 },
	{ "unknown_flag", .size = 4096, .flags = BIT(3) },
	{ "highest_flag", .size = 4096, .flags = BIT(7) },
	{ "gfn_wraps_around", .size = 4096, .gfn = ~0ULL },
	{ "gfn_of_more_than_52_bits", .size = 8192, .gfn = BIT_ULL(40) - 1 },
	{ "memory_of_the_kernel", .size = 4096, .uaddr = ~0ULL << 47 },
	{ "reaches_into_the_kernel", .size = 8192, .uaddr = 0x7fffffffe000 },
	{ "nothing_there", .size = 4096, .uaddr = 4096 },
};

KUNIT_ARRAY_PARAM_DESC(bad, bads, desc);

static void senseless_arguments_are_refused(struct kunit *test)
{
	const struct bad *bad = test->param_value;
	struct fake_vmm *vmm = the_vmm(test);
	struct mshv_user_mem_region args = {
		.size = bad->size,
		.guest_pfn = bad->gfn ?: GFN,
		.userspace_addr = bad->uaddr ?: vmm->mem + bad->offset,
		.flags = WRITABLE | bad->flags,
		.rsvd[6] = bad->rsvd,
	};

	KUNIT_EXPECT_EQ(test, fake_vmm_pt(vmm, MSHV_SET_GUEST_MEMORY, &args,
					  sizeof(args)), -EINVAL);
	/* Nothing came of it. */
	KUNIT_EXPECT_EQ(test, fake_vmm_map(vmm, GFN, 0, 1, WRITABLE), 0);
	fake_vmm_finish(test);
}

static void last_guest_page_can_be_had(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, fake_vmm_map(the_vmm(test), BIT_ULL(40) - 1, 0, 1,
					   WRITABLE), 0);
	KUNIT_EXPECT_EQ(test, fake_vmm_map(the_vmm(test), BIT_ULL(40) - 1, 0, 1,
					   UNMAP), 0);
	fake_vmm_finish(test);
}

static void guest_has_no_memory_before_it_is_initialized(struct kunit *test)
{
	struct fake_vmm *vmm = the_vmm(test);

	fake_vmm_close(vmm);
	KUNIT_ASSERT_EQ(test, fake_vmm_create_partition(vmm, 0), 0);
	KUNIT_EXPECT_EQ(test, fake_vmm_map(vmm, GFN, 0, 1, WRITABLE), -EBUSY);
	fake_vmm_finish(test);
}

static void nothing_is_unmapped_by_senseless_arguments(struct kunit *test)
{
	struct fake_vmm *vmm = the_vmm(test);

	KUNIT_ASSERT_EQ(test, fake_vmm_map(vmm, GFN, 0, 4, WRITABLE), 0);
	KUNIT_EXPECT_EQ(test, fake_vmm_map(vmm, GFN, 0, 0, UNMAP), -EINVAL);
	KUNIT_EXPECT_EQ(test, fake_vmm_map(vmm, GFN + 1, 1, 3, UNMAP), -EINVAL);
	KUNIT_EXPECT_EQ(test, fake_vmm_map(vmm, GFN, 0, 4, UNMAP | WRITABLE), 0);
	fake_vmm_finish(test);
}

/* Read by the hypervisor: what is mapped, and how */
static u32 flags_at(struct kunit *test, unsigned int page)
{
	const struct model_gpa *gpa = &the_vmm(test)->m->gpa[page];

	return gpa->page.held ? gpa->flags : 0;
}

static void pinned_memory_is_mapped_at_once(struct kunit *test)
{
	struct fake_vmm *vmm = the_vmm(test);

	mshv_pin_memory = true;
	KUNIT_EXPECT_EQ(test, fake_vmm_map(vmm, GFN, 0, 4, WRITABLE), 0);
	KUNIT_EXPECT_EQ(test, fake_vmm_map(vmm, GFN + 4, 4, 4, 0), 0);
	KUNIT_EXPECT_EQ(test, fake_vmm_map(vmm, GFN + 8, 4, 4, EXECUTABLE), 0);
	KUNIT_EXPECT_EQ(test, vmm->m->nr_mapped, 12);
	KUNIT_EXPECT_EQ(test, current->mm->locked_vm, 12);
	KUNIT_EXPECT_EQ(test, flags_at(test, 3),
			HV_MAP_GPA_READABLE | HV_MAP_GPA_WRITABLE |
			HV_MAP_GPA_ADJUSTABLE);
	KUNIT_EXPECT_EQ(test, flags_at(test, 4),
			HV_MAP_GPA_READABLE | HV_MAP_GPA_ADJUSTABLE);
	KUNIT_EXPECT_EQ(test, flags_at(test, 8),
			HV_MAP_GPA_READABLE | HV_MAP_GPA_EXECUTABLE |
			HV_MAP_GPA_ADJUSTABLE);
	/* Nothing is there for a fault to do. */
	KUNIT_EXPECT_EQ(test, mshv_region_fault(fake_vmm_partition(vmm), GFN,
						HV_INTERCEPT_ACCESS_READ),
			-EFAULT);
	KUNIT_EXPECT_EQ(test, fake_vmm_map(vmm, GFN, 0, 4, UNMAP), 0);
	KUNIT_EXPECT_EQ(test, current->mm->locked_vm, 8);
	fake_vmm_finish(test);
}

static void hole_can_not_be_pinned(struct kunit *test)
{
	struct fake_vmm *vmm = the_vmm(test);

	mshv_pin_memory = true;
	KUNIT_ASSERT_EQ(test, vm_munmap(vmm->mem + 2 * PAGE_SIZE, PAGE_SIZE), 0);
	KUNIT_EXPECT_EQ(test, fake_vmm_map(vmm, GFN, 0, 4, WRITABLE), -EFAULT);
	KUNIT_EXPECT_EQ(test, vmm->m->nr_mapped, 0);
	KUNIT_EXPECT_EQ(test, current->mm->locked_vm, 0);
	KUNIT_EXPECT_EQ(test, fake_vmm_map(vmm, GFN, 0, 2, WRITABLE), 0);
	fake_vmm_finish(test);
}

static void too_much_can_not_be_pinned(struct kunit *test)
{
	struct fake_vmm *vmm = the_vmm(test);
	/* It ends with what is there. */
	struct mshv_user_mem_region args = {
		.size = BIT_ULL(40),
		.userspace_addr = vmm->mem + PAGE_SIZE - BIT_ULL(40),
	};

	mshv_pin_memory = true;
	KUNIT_EXPECT_EQ(test, fake_vmm_pt(vmm, MSHV_SET_GUEST_MEMORY, &args,
					  sizeof(args)), -E2BIG);
	fake_vmm_finish(test);
}

static void who_is_killed_does_not_pin(struct kunit *test)
{
	struct fake_vmm *vmm = the_vmm(test);
	int err;

	mshv_pin_memory = true;
	fake_task_kill(test);
	err = fake_vmm_map(vmm, GFN, 0, 4, WRITABLE);
	fake_task_revive();
	KUNIT_EXPECT_EQ(test, err, -EINTR);
	KUNIT_EXPECT_EQ(test, current->mm->locked_vm, 0);
	KUNIT_EXPECT_EQ(test, fake_vmm_map(vmm, GFN, 0, 4, WRITABLE), 0);
	fake_vmm_finish(test);
}

static struct kunit_case memory_cases[] = {
	KUNIT_CASE_PARAM(senseless_arguments_are_refused, bad_gen_params),
	KUNIT_CASE(last_guest_page_can_be_had),
	KUNIT_CASE(guest_has_no_memory_before_it_is_initialized),
	KUNIT_CASE(nothing_is_unmapped_by_senseless_arguments),
	KUNIT_CASE(pinned_memory_is_mapped_at_once),
	KUNIT_CASE(hole_can_not_be_pinned),
	KUNIT_CASE(too_much_can_not_be_pinned),
	KUNIT_CASE(who_is_killed_does_not_pin),
	{}
};

static struct kunit_suite memory_suite = {
	.name = "mshv_memory",
	.init = memory_test_init,
	.exit = memory_test_exit,
	.test_cases = memory_cases,
};

kunit_test_suite(memory_suite);
