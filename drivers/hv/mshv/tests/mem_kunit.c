// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory taken back from the hypervisor, memory given to guests.
 */
#include <kunit/test.h>
#include <hyperv/hvcall.h>

#include "fake_hv.h"

static int mem_test_init(struct kunit *test)
{
	fake_hv_start(test, false);
	return 0;
}

static void withdraw_takes_back_all_pages_and_frees_them(struct kunit *test)
{
	struct hv_pt pt = { .id = 42 };
	struct fake_hv *fake = test->priv;
	unsigned int i;

	KUNIT_ASSERT_EQ(test, hvcall_deposit(&pt, HV_STATUS_INSUFFICIENT_MEMORY,
					     300, 0), 0);
	KUNIT_EXPECT_EQ(test, fake_hv_taken(fake), 300);

	KUNIT_EXPECT_EQ(test, hvcall_withdraw_all(&pt), 300);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&pt.nr_deposited), 0);
	for (i = 0; i < fake->nr_pages; i++)
		KUNIT_EXPECT_TRUE(test, fake_hv_page_freed(&fake->pages[i]));
}

static void failing_withdraw_ends_and_reports_what_stays(struct kunit *test)
{
	static const struct fake_step steps[] = {
		{ .status = HV_STATUS_INVALID_PARTITION_ID, .repeat = true },
	};
	struct hv_pt pt = { .id = 42 };
	struct fake_hv *fake = test->priv;

	KUNIT_ASSERT_EQ(test, hvcall_deposit(&pt, HV_STATUS_INSUFFICIENT_MEMORY,
					     10, 0), 0);
	fake_hv_script(fake, steps, ARRAY_SIZE(steps));
	KUNIT_EXPECT_EQ(test, hvcall_withdraw_all(&pt), 0);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&pt.nr_deposited), 10);
	KUNIT_EXPECT_EQ(test, fake_hv_count(fake, HVCALL_WITHDRAW_MEMORY), 1);
}

static void map_resumes_after_short_rep(struct kunit *test)
{
	static const struct fake_step steps[] = {
		{ .reps = 100 }, { .reps = 300 },
		{ .status = HV_STATUS_INSUFFICIENT_MEMORY, .reps = 50 },
	};
	struct hv_pt pt = { .id = 42 };
	struct fake_hv *fake = test->priv;
	unsigned int done;
	u64 *pfns;

	pfns = kunit_kcalloc(test, HV_MAP_GPA_MAX, sizeof(*pfns), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, pfns);
	fake_hv_script(fake, steps, ARRAY_SIZE(steps));

	KUNIT_EXPECT_EQ(test, hvcall_map_gpa(&pt, 0x100, 3, pfns,
					     HV_MAP_GPA_MAX, &done), 0);
	KUNIT_EXPECT_EQ(test, done, 509);
	KUNIT_EXPECT_EQ(test, fake_start(fake_hv_exit(test, fake,
						      HVCALL_MAP_GPA_PAGES,
						      3)->control), 450);
}

static void failed_map_says_how_many_pages_are_mapped(struct kunit *test)
{
	static const struct fake_step steps[] = {
		{ .reps = 3 },
		{ .status = HV_STATUS_ACCESS_DENIED, .reps = 2 },
	};
	static const u64 pfns[10];
	struct hv_pt pt = { .id = 42 };
	unsigned int done = 99;

	fake_hv_script(test->priv, steps, ARRAY_SIZE(steps));
	KUNIT_EXPECT_EQ(test, hvcall_map_gpa(&pt, 0x100, 3, pfns, 10, &done),
			-EACCES);
	KUNIT_EXPECT_EQ(test, done, 5);
}

static void unmap_may_need_memory_and_gets_it(struct kunit *test)
{
	static const struct fake_step steps[] = {
		{ .status = HV_STATUS_INSUFFICIENT_MEMORY, .reps = 1 },
	};
	struct hv_pt pt = { .id = 42 };
	struct fake_hv *fake = test->priv;
	unsigned int done;

	fake_hv_script(fake, steps, ARRAY_SIZE(steps));
	KUNIT_EXPECT_EQ(test, hvcall_unmap_gpa(&pt, 0x100, 2, 4, &done), 0);
	KUNIT_EXPECT_EQ(test, done, 4);
	KUNIT_EXPECT_EQ(test, fake_hv_count(fake, HVCALL_DEPOSIT_MEMORY), 1);
}

static void batches_are_as_large_as_a_page_allows(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, HV_DEPOSIT_MAX, 511);
	KUNIT_EXPECT_EQ(test, HV_MAP_GPA_MAX, 509);
	KUNIT_EXPECT_EQ(test, HV_UNMAP_GPA_MAX, 512);
	KUNIT_EXPECT_EQ(test, HV_WITHDRAW_MAX, 512);
}

static struct kunit_case mem_cases[] = {
	KUNIT_CASE(withdraw_takes_back_all_pages_and_frees_them),
	KUNIT_CASE(failing_withdraw_ends_and_reports_what_stays),
	KUNIT_CASE(map_resumes_after_short_rep),
	KUNIT_CASE(failed_map_says_how_many_pages_are_mapped),
	KUNIT_CASE(unmap_may_need_memory_and_gets_it),
	KUNIT_CASE(batches_are_as_large_as_a_page_allows),
	{}
};

static struct kunit_suite mem_suite = {
	.name = "mshv_mem",
	.init = mem_test_init,
	.test_cases = mem_cases,
};

kunit_test_suite(mem_suite);
