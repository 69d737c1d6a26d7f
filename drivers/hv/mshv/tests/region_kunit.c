// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guest memory in small and large mappings: which pages are mapped by which,
 * and that unmapping follows, also after a failure half-way.
 */
#include <kunit/test.h>
#include <linux/mm.h>

#include "../mshv.h"
#include "../region.h"
#include "fake_hv.h"

#define NR_2M		512
#define NR_BLOCK	(2 * NR_2M)	/* pages there are */
#define GFN		0x100000	/* a multiple of NR_2M */

/**
 * struct region_test - state of a test
 * @block: NR_BLOCK contiguous pages, naturally aligned
 * @pages: array of them, in an order of the test's choice
 * @pt: the partition
 * @rg: a region with @pages
 */
struct region_test {
	struct page *block;
	struct page *pages[NR_BLOCK];
	struct mshv_partition pt;
	struct mshv_region rg;
};

static struct region_test *the_region(struct kunit *test)
{
	return ((struct fake_hv *)test->priv)->arg;
}

static void free_block(void *block)
{
	__free_pages(block, ilog2(NR_BLOCK));
}

static int region_test_init(struct kunit *test)
{
	struct fake_hv *fake = fake_hv_start(test, false);
	struct region_test *rt;
	unsigned int i;

	rt = kunit_kzalloc(test, sizeof(*rt), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, rt);
	rt->block = alloc_pages(GFP_KERNEL, ilog2(NR_BLOCK));
	KUNIT_ASSERT_NOT_NULL(test, rt->block);
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, free_block,
							rt->block), 0);
	for (i = 0; i < NR_BLOCK; i++)
		rt->pages[i] = rt->block + i;

	fake->arg = rt;
	rt->pt.hv.id = 42;
	rt->pt.large_pages = true;
	rt->rg = (struct mshv_region) {
		.pt = &rt->pt, .gfn = GFN, .nr_pages = NR_BLOCK,
		.pages = rt->pages, .map_flags = HV_MAP_GPA_READABLE,
	};
	return 0;
}

/**
 * struct run - which pages go together
 * @desc: in words
 * @gfn: guest page of the first
 * @first: where in the block they begin
 * @nr: how many there are
 * @max: how many mappings are wanted
 * @swapped: this page and the next one are swapped, if not 0
 * @small_only: 2M mappings are not allowed
 * @run: pages that go together
 * @large: as 2M mappings
 */
struct run {
	const char *desc;
	u64 gfn;
	unsigned int first, nr, max, swapped;
	bool small_only;
	unsigned int run;
	bool large;
};

static const struct run runs[] = {
	{ "one_page", GFN, 0, 1, 509, .run = 1 },
	{ "one_large_page", GFN, 0, 512, 509, .run = 512, .large = true },
	{ "two_large_pages", GFN, 0, 1024, 509, .run = 1024, .large = true },
	{ "no_more_large_pages_than_wanted", GFN, 0, 1024, 1, .run = 512,
	  .large = true },
	{ "no_more_small_pages_than_wanted", GFN + 1, 0, 500, 300, .run = 300 },
	{ "one_page_too_few", GFN, 0, 511, 1000, .run = 511 },
	{ "not_a_multiple_is_large_first", GFN, 0, 600, 509, .run = 512,
	  .large = true },
	{ "guest_page_not_aligned", GFN + 1, 0, 1024, 1000, .run = 1000 },
	{ "host_page_not_aligned", GFN, 1, 1000, 1000, .run = 1000 },
	{ "both_unaligned_alike_is_small_up_to_the_boundary", GFN + 500, 500,
	  524, 509, .run = 12 },
	{ "first_page_elsewhere", GFN, 0, 512, 512, .swapped = 511,
	  .run = 512 },
	{ "last_page_elsewhere", GFN, 0, 1024, 509, .swapped = 1022,
	  .run = 512, .large = true },
	{ "hole_in_the_second_large_page", GFN, 0, 1024, 509, .swapped = 700,
	  .run = 512, .large = true },
	{ "hole_in_the_first_large_page", GFN, 0, 1024, 1000, .swapped = 100,
	  .run = 512 },
	{ "large_pages_not_allowed", GFN, 0, 1024, 509, .small_only = true,
	  .run = 509 },
};

KUNIT_ARRAY_PARAM_DESC(run, runs, desc);

static void large_mapping_needs_512_contiguous_pages(struct kunit *test)
{
	const struct run *run = test->param_value;
	struct region_test *rt = the_region(test);
	bool large = !run->small_only;

	if (run->swapped)
		swap(rt->pages[run->swapped], rt->pages[run->swapped + 1]);
	KUNIT_EXPECT_EQ(test, mshv_region_run(rt->pages + run->first, run->gfn,
					      run->nr, run->max, &large),
			run->run);
	KUNIT_EXPECT_EQ(test, large, run->large);
}

/* The n-th map or unmap call: guest page, reps that are left, 2M or not */
static void expect_call(struct kunit *test, u16 code, unsigned int nth,
			u64 gfn, unsigned int reps, bool large)
{
	const struct fake_exit *e = fake_hv_exit(test, test->priv, code, nth);
	const struct hv_input_unmap_gpa_pages *in = (const void *)e->in;
	u32 large_flag = code == HVCALL_MAP_GPA_PAGES ? HV_MAP_GPA_LARGE_PAGE :
							HV_UNMAP_GPA_LARGE_PAGE;

	KUNIT_EXPECT_EQ(test, in->target_gpa_base, gfn);
	KUNIT_EXPECT_EQ(test, fake_reps(e->control) - fake_start(e->control),
			reps);
	KUNIT_EXPECT_EQ(test, !!(in->unmap_flags & large_flag), large);
}

static void unmapping_uses_the_units_of_mapping(struct kunit *test)
{
	struct region_test *rt = the_region(test);

	/* The first 2M can't be one mapping, the second can. */
	swap(rt->pages[3], rt->pages[4]);
	KUNIT_ASSERT_EQ(test, mshv_region_map(&rt->rg), 0);
	expect_call(test, HVCALL_MAP_GPA_PAGES, 0, GFN, 509, false);
	expect_call(test, HVCALL_MAP_GPA_PAGES, 1, GFN + 509, 3, false);
	expect_call(test, HVCALL_MAP_GPA_PAGES, 2, GFN + 512, 1, true);
	KUNIT_EXPECT_EQ(test, fake_hv_count(test->priv, HVCALL_MAP_GPA_PAGES), 3);

	KUNIT_ASSERT_EQ(test, mshv_region_unmap(&rt->rg), 0);
	expect_call(test, HVCALL_UNMAP_GPA_PAGES, 0, GFN, 512, false);
	expect_call(test, HVCALL_UNMAP_GPA_PAGES, 1, GFN + 512, 1, true);
	KUNIT_EXPECT_EQ(test, fake_hv_count(test->priv, HVCALL_UNMAP_GPA_PAGES), 2);
}

static void failed_map_is_undone_for_exactly_what_was_mapped(struct kunit *test)
{
	static const struct fake_step steps[] = {
		{ .code = HVCALL_MAP_GPA_PAGES, .reps = FAKE_ALL },
		{ .code = HVCALL_MAP_GPA_PAGES, .reps = 2,
		  .status = HV_STATUS_INVALID_PARAMETER },
	};
	struct region_test *rt = the_region(test);

	rt->pt.large_pages = false;
	fake_hv_script(test->priv, steps, ARRAY_SIZE(steps));
	KUNIT_EXPECT_EQ(test, mshv_region_map(&rt->rg), -EINVAL);
	KUNIT_ASSERT_EQ(test, mshv_region_unmap(&rt->rg), 0);
	expect_call(test, HVCALL_UNMAP_GPA_PAGES, 0, GFN, 511, false);
	KUNIT_EXPECT_EQ(test, fake_hv_count(test->priv, HVCALL_UNMAP_GPA_PAGES), 1);
}

static void failed_unmap_says_what_the_guest_still_reaches(struct kunit *test)
{
	static const struct fake_step steps[] = {
		{ .code = HVCALL_UNMAP_GPA_PAGES, .reps = 1,
		  .status = HV_STATUS_OPERATION_FAILED },
	};
	struct region_test *rt = the_region(test);

	KUNIT_ASSERT_EQ(test, mshv_region_map(&rt->rg), 0);
	fake_hv_script(test->priv, steps, ARRAY_SIZE(steps));
	KUNIT_EXPECT_EQ(test, mshv_region_unmap(&rt->rg), -EIO);
	KUNIT_EXPECT_EQ(test, rt->rg.mapped_from, NR_2M);
	KUNIT_EXPECT_EQ(test, rt->rg.mapped_to, NR_BLOCK);
}

static struct kunit_case region_cases[] = {
	KUNIT_CASE_PARAM(large_mapping_needs_512_contiguous_pages,
			 run_gen_params),
	KUNIT_CASE(unmapping_uses_the_units_of_mapping),
	KUNIT_CASE(failed_map_is_undone_for_exactly_what_was_mapped),
	KUNIT_CASE(failed_unmap_says_what_the_guest_still_reaches),
	{}
};

static struct kunit_suite region_suite = {
	.name = "mshv_region",
	.init = region_test_init,
	.test_cases = region_cases,
};

kunit_test_suite(region_suite);
