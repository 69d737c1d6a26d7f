// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pages of the SynIC on one CPU: what belongs to VMBus is not touched, what is
 * ours is set up and given back.
 */
#include <kunit/static_stub.h>
#include <kunit/test-bug.h>
#include <kunit/test.h>
#include <linux/mm.h>
#include <linux/preempt.h>

#include "../mshv.h"
#include "../synic.h"

#define ENABLE	1ULL

/**
 * struct regs - the registers of this CPU
 * @simp: message page
 * @siefp: event flags page
 * @sirbp: event ring page
 * @nr_writes: writes to the first two
 * @pages: pages there are before
 */
struct regs {
	u64 simp;
	u64 siefp;
	u64 sirbp;
	unsigned int nr_writes;
	struct page *pages[2];
};

static u64 *find(u32 reg)
{
	struct regs *regs = kunit_get_current_test()->priv;

	switch (reg) {
	case HV_MSR_SIMP:
		return &regs->simp;
	case HV_MSR_SIEFP:
		return &regs->siefp;
	default:
		return &regs->sirbp;
	}
}

static u64 fake_get(u32 reg)
{
	return *find(reg);
}

static void fake_set(u32 reg, u64 value)
{
	struct regs *regs = kunit_get_current_test()->priv;

	regs->nr_writes += reg != HV_MSR_SIRBP;
	*find(reg) = value;
}

static void free_one(void *page)
{
	__free_page(page);
}

static int synic_page_test_init(struct kunit *test)
{
	struct regs *regs = kunit_kzalloc(test, sizeof(*regs), GFP_KERNEL);
	unsigned int i;

	if (hv_is_hyperv_initialized())
		kunit_skip(test, "a real hypervisor may be in use");
	KUNIT_ASSERT_NOT_NULL(test, regs);
	for (i = 0; i < ARRAY_SIZE(regs->pages); i++) {
		regs->pages[i] = alloc_page(GFP_KERNEL | __GFP_ZERO);
		KUNIT_ASSERT_NOT_NULL(test, regs->pages[i]);
		KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, free_one,
								regs->pages[i]),
				0);
	}
	test->priv = regs;
	kunit_activate_static_stub(test, mshv_synic_get, fake_get);
	kunit_activate_static_stub(test, mshv_synic_set, fake_set);
	return 0;
}

static void expect_down(struct kunit *test)
{
	KUNIT_EXPECT_NULL(test, mshv_synic_slot(0));
	KUNIT_EXPECT_NULL(test, mshv_synic_ring(5));
}

static void pages_of_vmbus_are_used_and_never_changed(struct kunit *test)
{
	struct regs *regs = test->priv;
	u64 simp = page_to_phys(regs->pages[0]) | ENABLE;
	u64 siefp = page_to_phys(regs->pages[1]) | ENABLE;
	struct hv_message_page *page = page_address(regs->pages[0]);

	migrate_disable();
	regs->simp = simp;
	regs->siefp = siefp;
	KUNIT_EXPECT_EQ(test, mshv_synic_pages_up(false), 0);
	KUNIT_EXPECT_PTR_EQ(test, mshv_synic_slot(2), &page->sint_message[2]);
	KUNIT_EXPECT_EQ(test, regs->sirbp & 0xfff, ENABLE);
	KUNIT_EXPECT_NOT_NULL(test, mshv_synic_ring(5));

	mshv_synic_pages_down();
	KUNIT_EXPECT_EQ(test, regs->nr_writes, 0);
	KUNIT_EXPECT_EQ(test, regs->simp, simp);
	KUNIT_EXPECT_EQ(test, regs->siefp, siefp);
	KUNIT_EXPECT_EQ(test, regs->sirbp, 0);
	expect_down(test);
	migrate_enable();
}

static void page_that_vmbus_does_not_have_is_an_error(struct kunit *test)
{
	struct regs *regs = test->priv;

	migrate_disable();
	regs->simp = page_to_phys(regs->pages[0]) | ENABLE;
	KUNIT_EXPECT_EQ(test, mshv_synic_pages_up(false), -ENODEV);
	KUNIT_EXPECT_EQ(test, regs->nr_writes, 0);
	KUNIT_EXPECT_EQ(test, regs->sirbp, 0);
	expect_down(test);
	migrate_enable();
}

static void pages_of_ours_are_clean_and_taken_out_again(struct kunit *test)
{
	struct regs *regs = test->priv;

	migrate_disable();
	KUNIT_EXPECT_EQ(test, mshv_synic_pages_up(true), 0);
	KUNIT_EXPECT_EQ(test, regs->simp & 0xfff, ENABLE);
	KUNIT_EXPECT_EQ(test, regs->siefp & 0xfff, ENABLE);
	KUNIT_EXPECT_EQ(test, regs->sirbp & 0xfff, ENABLE);
	KUNIT_EXPECT_NE(test, regs->simp, regs->siefp);
	KUNIT_EXPECT_NE(test, regs->simp, regs->sirbp);
	KUNIT_EXPECT_NULL(test, memchr_inv(mshv_synic_slot(0), 0, PAGE_SIZE));
	KUNIT_EXPECT_NULL(test, memchr_inv(mshv_synic_ring(0), 0, PAGE_SIZE));

	mshv_synic_pages_down();
	KUNIT_EXPECT_EQ(test, regs->simp | regs->siefp | regs->sirbp, 0);
	expect_down(test);
	/* Once more does no harm. */
	mshv_synic_pages_down();
	migrate_enable();
}

static void place_that_the_hypervisor_chose_is_kept(struct kunit *test)
{
	struct regs *regs = test->priv;
	u64 simp = page_to_phys(regs->pages[0]);
	u64 siefp = page_to_phys(regs->pages[1]);

	migrate_disable();
	regs->simp = simp;
	regs->siefp = siefp;
	KUNIT_EXPECT_EQ(test, mshv_synic_pages_up(true), 0);
	KUNIT_EXPECT_EQ(test, regs->simp, simp | ENABLE);
	KUNIT_EXPECT_EQ(test, regs->siefp, siefp | ENABLE);
	KUNIT_EXPECT_PTR_EQ(test, (void *)mshv_synic_slot(0),
			    page_address(regs->pages[0]));
	mshv_synic_pages_down();
	KUNIT_EXPECT_EQ(test, regs->simp, simp);
	KUNIT_EXPECT_EQ(test, regs->siefp, siefp);
	KUNIT_EXPECT_EQ(test, page_count(regs->pages[0]), 1);
	migrate_enable();
}

static struct kunit_case synic_page_cases[] = {
	KUNIT_CASE(pages_of_vmbus_are_used_and_never_changed),
	KUNIT_CASE(page_that_vmbus_does_not_have_is_an_error),
	KUNIT_CASE(pages_of_ours_are_clean_and_taken_out_again),
	KUNIT_CASE(place_that_the_hypervisor_chose_is_kept),
	{}
};

static struct kunit_suite synic_page_suite = {
	.name = "mshv_synic_page",
	.init = synic_page_test_init,
	.test_cases = synic_page_cases,
};

kunit_test_suite(synic_page_suite);
