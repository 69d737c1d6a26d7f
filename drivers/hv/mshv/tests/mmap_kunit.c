// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pages of a VP in the VMM's memory: the right ones, and nothing around them.
 */
#include <kunit/test.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/uaccess.h>

#include "../mshv.h"
#include "fake_vmm.h"

static int mmap_test_init(struct kunit *test)
{
	fake_vmm_start_partition(test);
	return 0;
}

static unsigned long map(struct kunit *test, unsigned long pgoff)
{
	return vm_mmap(the_vmm(test)->vp_file[0], 0, PAGE_SIZE,
		       PROT_READ | PROT_WRITE, MAP_SHARED, pgoff * PAGE_SIZE);
}

/* @value is at the start of the page as the VMM has it mapped. */
static void expect_mapped(struct kunit *test, unsigned long pgoff, u64 value)
{
	unsigned long addr = map(test, pgoff);
	u64 seen = 0;

	KUNIT_ASSERT_FALSE(test, IS_ERR_VALUE(addr));
	KUNIT_EXPECT_EQ(test, get_user(seen, (u64 __user *)addr), 0);
	KUNIT_EXPECT_EQ(test, seen, value);
	KUNIT_EXPECT_EQ(test, put_user(value + 1, (u64 __user *)addr), 0);
	KUNIT_EXPECT_EQ(test, vm_munmap(addr, PAGE_SIZE), 0);
}

static void each_offset_is_its_page(struct kunit *test)
{
	struct mshv_vp *vp;

	KUNIT_ASSERT_EQ(test, fake_vmm_create_vp(the_vmm(test), 0), 0);
	vp = fake_vmm_the_vp(the_vmm(test), 0);
	*(u64 *)vp->regs.va = 0x1111;
	*(u64 *)vp->message.va = 0x2222;
	expect_mapped(test, MSHV_VP_MMAP_OFFSET_REGISTERS, 0x1111);
	expect_mapped(test, MSHV_VP_MMAP_OFFSET_INTERCEPT_MESSAGE, 0x2222);
	/* The VMM has written to the page itself. */
	KUNIT_EXPECT_EQ(test, *(u64 *)vp->regs.va, 0x1112);
	KUNIT_EXPECT_EQ(test, *(u64 *)vp->message.va, 0x2223);
	fake_vmm_finish(test);
}

static const struct bad {
	const char *desc;
	unsigned long pgoff, nr_pages;
	vm_flags_t flags;
	int err;
} bads[] = {
	{ "two_pages", 0, 2, VM_SHARED, -EINVAL },
	{ "private", 0, 1, 0, -EINVAL },
	{ "executable", 1, 1, VM_SHARED | VM_EXEC, -EINVAL },
	{ "no_such_page", 2, 1, VM_SHARED, -ENODEV },
	{ "nothing_of_that_number", 3, 1, VM_SHARED, -EINVAL },
	{ "large_number", ULONG_MAX >> PAGE_SHIFT, 1, VM_SHARED, -EINVAL },
};

KUNIT_ARRAY_PARAM_DESC(bad, bads, desc);

static void anything_else_is_refused(struct kunit *test)
{
	const struct bad *bad = test->param_value;
	struct vm_area_struct vma = {
		.vm_start = PAGE_SIZE, .vm_pgoff = bad->pgoff,
		.vm_end = (1 + bad->nr_pages) * PAGE_SIZE,
	};

	vm_flags_init(&vma, bad->flags);
	KUNIT_ASSERT_EQ(test, fake_vmm_create_vp(the_vmm(test), 0), 0);
	KUNIT_EXPECT_EQ(test, mshv_vp_mmap(fake_vmm_the_vp(the_vmm(test), 0),
					   &vma), bad->err);
	fake_vmm_finish(test);
}

/* The second page that is mapped is the one with the registers. */
static void fail_register_page(struct fake_hv *fake, u16 code)
{
	if (code == HVCALL_MAP_VP_STATE_PAGE && fake_hv_count(fake, code) == 2)
		fake->fail = (struct fake_failure) {
			.nth = 1, .status = HV_STATUS_INVALID_HYPERCALL_CODE,
		};
}

static void page_that_is_not_there_can_not_be_mapped(struct kunit *test)
{
	the_vmm(test)->hv->hook = fail_register_page;
	KUNIT_ASSERT_EQ(test, fake_vmm_create_vp(the_vmm(test), 0), 0);
	KUNIT_EXPECT_EQ(test, map(test, MSHV_VP_MMAP_OFFSET_REGISTERS),
			(unsigned long)-ENODEV);
	fake_vmm_finish(test);
}

static struct kunit_case mmap_cases[] = {
	KUNIT_CASE(each_offset_is_its_page),
	KUNIT_CASE_PARAM(anything_else_is_refused, bad_gen_params),
	KUNIT_CASE(page_that_is_not_there_can_not_be_mapped),
	{}
};

static struct kunit_suite mmap_suite = {
	.name = "mshv_mmap",
	.init = mmap_test_init,
	.test_cases = mmap_cases,
};

kunit_test_suite(mmap_suite);
