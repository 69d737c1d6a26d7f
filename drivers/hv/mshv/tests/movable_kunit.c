// SPDX-License-Identifier: GPL-2.0-only
/*
 * Movable memory: the window of a fault, what is mapped of what was found, and
 * that taking it away needs no memory and never loses track of a page.
 */
#include <kunit/test.h>
#include <linux/hmm.h>
#include <linux/mm.h>

#include "../mshv.h"
#include "../region.h"
#include "fake_hv.h"

#define NR	MSHV_NR_2M
#define INDEX	0x800
#define GFN	((u64)INDEX * NR)
#define UADDR	0x7f0000000000ULL

/**
 * struct movable_test - state of a test
 * @block: 512 contiguous pages, naturally aligned
 * @hmm: what HMM would have found
 * @pfns: scratch
 * @want: what is to be mapped
 * @chunk: what is
 * @pt: the partition
 * @rg: the region, one chunk in size
 */
struct movable_test {
	struct page *block;
	unsigned long hmm[NR];
	u64 pfns[NR];
	struct mshv_chunk want;
	struct mshv_chunk chunk;
	struct mshv_partition pt;
	struct mshv_region rg;
};

static struct movable_test *the_test(struct kunit *test)
{
	return ((struct fake_hv *)test->priv)->arg;
}

static void free_block(void *block)
{
	__free_pages(block, ilog2(NR));
}

static int movable_test_init(struct kunit *test)
{
	struct fake_hv *fake = fake_hv_start(test, false);
	struct movable_test *mt;
	unsigned int i;

	mt = kunit_kzalloc(test, sizeof(*mt), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, mt);
	mt->block = alloc_pages(GFP_KERNEL | __GFP_COMP, ilog2(NR));
	KUNIT_ASSERT_NOT_NULL(test, mt->block);
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, free_block,
							mt->block), 0);
	for (i = 0; i < NR; i++)
		mt->hmm[i] = (page_to_pfn(mt->block) + i) | HMM_PFN_VALID |
			     HMM_PFN_WRITE;

	fake->arg = mt;
	mt->pt.hv.id = 42;
	mt->pt.large_pages = true;
	mt->rg = (struct mshv_region) {
		.pt = &mt->pt, .gfn = GFN, .nr_pages = NR, .uaddr = UADDR,
		.map_flags = HV_MAP_GPA_READABLE | HV_MAP_GPA_WRITABLE,
		.movable = true,
	};
	mutex_init(&mt->rg.mmu.lock);
	return 0;
}

static int map(struct movable_test *mt)
{
	u16 status;

	mshv_fault_want(&mt->want, 0, mt->hmm, NR, true);
	guard(mutex)(&mt->rg.mmu.lock);
	return mshv_chunk_map(&mt->rg, INDEX, &mt->chunk, &mt->want, mt->pfns,
			      &status);
}

static int unmap(struct movable_test *mt, unsigned int from, unsigned int to)
{
	guard(mutex)(&mt->rg.mmu.lock);
	return mshv_chunk_unmap(&mt->rg, INDEX, &mt->chunk, from, to);
}

/*
 * struct window - the window of a fault
 *
 * All in pages: region and VMA start and end relative to the aligned 2M that
 * the fault is in, first and end likewise.
 */
static const struct window {
	const char *desc;
	int rg, rg_end, vma, vma_end;
	unsigned int gfn, size;
	int first, end;
} windows[] = {
	{ "all_of_2m", 0, 1024, 0, 1024, 100, 512, 0, 512 },
	{ "second_2m", 0, 1024, 0, 1024, 600, 512, 512, 1024 },
	{ "region_starts_in_it", 90, 1024, 0, 1024, 100, 512, 90, 512 },
	{ "region_ends_in_it", 0, 101, 0, 1024, 100, 512, 0, 101 },
	{ "vma_starts_in_it", 0, 1024, 100, 1024, 100, 512, 100, 512 },
	{ "vma_ends_in_it", 0, 1024, -5, 101, 100, 512, 0, 101 },
	{ "vma_is_one_page", 0, 1024, 100, 101, 100, 512, 100, 101 },
	{ "small_window", 0, 1024, 0, 1024, 100, 16, 96, 112 },
	{ "small_window_cut", 98, 1024, 0, 105, 100, 16, 98, 105 },
	{ "single_page", 0, 1024, 0, 1024, 100, 1, 100, 101 },
	{ "vma_is_elsewhere", 0, 1024, 101, 1024, 100, 512, -1, -1 },
	{ "vma_is_before", 0, 1024, 0, 100, 100, 512, -1, -1 },
};

KUNIT_ARRAY_PARAM_DESC(window, windows, desc);

static void window_is_aligned_and_within_bounds(struct kunit *test)
{
	const struct window *w = test->param_value;
	struct mshv_region rg = {
		.gfn = GFN + w->rg, .nr_pages = w->rg_end - w->rg,
		.uaddr = UADDR + w->rg * PAGE_SIZE,
	};
	u64 first, end;
	bool ok;

	ok = mshv_fault_window(&rg, GFN + w->gfn, w->size,
			       UADDR + w->vma * PAGE_SIZE,
			       UADDR + w->vma_end * PAGE_SIZE, &first, &end);
	KUNIT_EXPECT_EQ(test, ok, w->first >= 0);
	if (!ok)
		return;
	KUNIT_EXPECT_EQ(test, first, GFN + w->first);
	KUNIT_EXPECT_EQ(test, end, GFN + w->end);
}

static void only_what_is_there_and_writable_is_wanted(struct kunit *test)
{
	struct movable_test *mt = the_test(test);
	unsigned long hmm[] = {
		5 | HMM_PFN_VALID | HMM_PFN_WRITE, 6 | HMM_PFN_VALID, 0,
		8 | HMM_PFN_VALID | HMM_PFN_WRITE | HMM_PFN_ERROR,
	};

	mshv_fault_want(&mt->want, 7, hmm, ARRAY_SIZE(hmm), true);
	KUNIT_EXPECT_EQ(test, mt->want.slot[6], 0);
	KUNIT_EXPECT_EQ(test, mt->want.slot[7],
			5 | MSHV_SLOT_MAPPED | MSHV_SLOT_WRITABLE);
	KUNIT_EXPECT_EQ(test, mt->want.slot[8], 0);
	KUNIT_EXPECT_EQ(test, mt->want.slot[9], 0);
	KUNIT_EXPECT_EQ(test, mt->want.slot[10], 0);

	mshv_fault_want(&mt->want, 7, hmm, ARRAY_SIZE(hmm), false);
	KUNIT_EXPECT_EQ(test, mt->want.slot[7], 5 | MSHV_SLOT_MAPPED);
	KUNIT_EXPECT_EQ(test, mt->want.slot[8], 6 | MSHV_SLOT_MAPPED);
}

static void contiguous_pages_are_one_mapping(struct kunit *test)
{
	struct movable_test *mt = the_test(test);
	const struct fake_exit *e;

	KUNIT_ASSERT_EQ(test, map(mt), 0);
	KUNIT_ASSERT_EQ(test, fake_hv_count(test->priv, HVCALL_MAP_GPA_PAGES), 1);
	e = fake_hv_exit(test, test->priv, HVCALL_MAP_GPA_PAGES, 0);
	KUNIT_EXPECT_EQ(test, fake_reps(e->control), 1);
	KUNIT_EXPECT_TRUE(test, mt->chunk.slot[0] & MSHV_SLOT_LARGE);
	/* What is there is not mapped again. */
	KUNIT_EXPECT_EQ(test, map(mt), 0);
	KUNIT_EXPECT_EQ(test, fake_hv_count(test->priv, HVCALL_MAP_GPA_PAGES), 1);
}

static void one_page_elsewhere_makes_small_mappings(struct kunit *test)
{
	struct movable_test *mt = the_test(test);
	unsigned int i;

	swap(mt->hmm[300], mt->hmm[301]);
	KUNIT_ASSERT_EQ(test, map(mt), 0);
	KUNIT_EXPECT_EQ(test, fake_hv_count(test->priv, HVCALL_MAP_GPA_PAGES), 2);
	for (i = 0; i < NR; i++)
		KUNIT_EXPECT_EQ(test, mt->chunk.slot[i], mt->want.slot[i]);
}

static void part_of_a_large_mapping_takes_all_of_it(struct kunit *test)
{
	struct movable_test *mt = the_test(test);
	const struct hv_input_unmap_gpa_pages *in;
	const struct fake_exit *e;

	KUNIT_ASSERT_EQ(test, map(mt), 0);
	KUNIT_ASSERT_EQ(test, unmap(mt, 17, 18), 0);
	e = fake_hv_exit(test, test->priv, HVCALL_UNMAP_GPA_PAGES, 0);
	in = (const void *)e->in;
	KUNIT_EXPECT_EQ(test, in->target_gpa_base, GFN);
	KUNIT_EXPECT_TRUE(test, in->unmap_flags & HV_UNMAP_GPA_LARGE_PAGE);
	KUNIT_EXPECT_EQ(test, fake_reps(e->control), 1);
	KUNIT_EXPECT_NULL(test, memchr_inv(&mt->chunk, 0, sizeof(mt->chunk)));
}

static void small_mappings_become_a_large_one_after_unmapping(struct kunit *test)
{
	struct movable_test *mt = the_test(test);
	unsigned long last = mt->hmm[NR - 1];

	mt->hmm[NR - 1] = 0;
	KUNIT_ASSERT_EQ(test, map(mt), 0);
	KUNIT_EXPECT_FALSE(test, mt->chunk.slot[0] & MSHV_SLOT_LARGE);
	mt->hmm[NR - 1] = last;
	KUNIT_ASSERT_EQ(test, map(mt), 0);
	KUNIT_EXPECT_EQ(test, fake_hv_count(test->priv, HVCALL_UNMAP_GPA_PAGES), 1);
	KUNIT_EXPECT_TRUE(test, mt->chunk.slot[0] & MSHV_SLOT_LARGE);
}

static void mapping_under_the_lock_deposits_nothing(struct kunit *test)
{
	static const struct fake_step steps[] = {
		{ .code = HVCALL_MAP_GPA_PAGES, .reps = 3,
		  .status = HV_STATUS_INSUFFICIENT_MEMORY },
	};
	struct movable_test *mt = the_test(test);

	mt->pt.large_pages = false;
	fake_hv_script(test->priv, steps, ARRAY_SIZE(steps));
	KUNIT_EXPECT_EQ(test, map(mt), -ENOMEM);
	KUNIT_EXPECT_EQ(test, fake_hv_count(test->priv, HVCALL_DEPOSIT_MEMORY), 0);
	KUNIT_EXPECT_NE(test, mt->chunk.slot[2], 0);
	KUNIT_EXPECT_EQ(test, mt->chunk.slot[3], 0);
}

static void unmapping_uses_pages_set_aside(struct kunit *test)
{
	static const struct fake_step steps[] = {
		{ .code = HVCALL_UNMAP_GPA_PAGES, .reps = 0,
		  .status = HV_STATUS_INSUFFICIENT_MEMORY },
	};
	struct movable_test *mt = the_test(test);

	KUNIT_ASSERT_EQ(test, mshv_mmu_fill_spare(&mt->rg), 0);
	KUNIT_ASSERT_EQ(test, map(mt), 0);
	fake_hv_script(test->priv, steps, ARRAY_SIZE(steps));
	KUNIT_EXPECT_EQ(test, unmap(mt, 0, NR), 0);
	KUNIT_EXPECT_EQ(test, fake_hv_taken(test->priv), 1);
	KUNIT_EXPECT_EQ(test, mt->rg.mmu.nr_spare, MSHV_NR_SPARE - 1);
	while (mt->rg.mmu.nr_spare)
		__free_page(mt->rg.mmu.spare[--mt->rg.mmu.nr_spare]);
}

static void page_that_stays_mapped_is_kept_until_it_is_not(struct kunit *test)
{
	static const struct fake_step steps[] = {
		{ .code = HVCALL_UNMAP_GPA_PAGES, .reps = 4,
		  .status = HV_STATUS_OPERATION_FAILED },
	};
	struct movable_test *mt = the_test(test);
	int before = page_ref_count(mt->block);

	mt->pt.large_pages = false;
	KUNIT_ASSERT_EQ(test, map(mt), 0);
	fake_hv_script(test->priv, steps, ARRAY_SIZE(steps));
	KUNIT_EXPECT_EQ(test, unmap(mt, 0, 10), -EIO);
	mshv_chunk_keep(&mt->chunk, 0, 10);
	mshv_chunk_keep(&mt->chunk, 0, 10);
	KUNIT_EXPECT_EQ(test, mt->chunk.slot[3], 0);
	KUNIT_EXPECT_TRUE(test, mt->chunk.slot[4] & MSHV_SLOT_KEPT);
	KUNIT_EXPECT_EQ(test, page_ref_count(mt->block), before + 6);
	KUNIT_EXPECT_EQ(test, unmap(mt, 0, NR), 0);
	KUNIT_EXPECT_EQ(test, page_ref_count(mt->block), before);
	KUNIT_EXPECT_EQ(test, mshv_chunk_drop(&mt->chunk, false), 0);
}

static void what_may_be_written_is_remembered(struct kunit *test)
{
	struct movable_test *mt = the_test(test);
	unsigned int i;

	mt->pt.tracked = true;
	KUNIT_ASSERT_EQ(test, map(mt), 0);
	KUNIT_ASSERT_EQ(test, unmap(mt, 17, 18), 0);
	for (i = 0; i < NR; i++)
		KUNIT_EXPECT_EQ(test, mt->chunk.slot[i], MSHV_SLOT_WRITTEN);
	/* It is not taken for a mapping. */
	KUNIT_EXPECT_FALSE(test, mshv_chunk_is_mapped(&mt->chunk, GFN));
	KUNIT_EXPECT_EQ(test, unmap(mt, 0, NR), 0);
	KUNIT_EXPECT_EQ(test, fake_hv_count(test->priv, HVCALL_UNMAP_GPA_PAGES), 1);
	KUNIT_EXPECT_EQ(test, mshv_chunk_drop(&mt->chunk, false), 0);

	/* Nor does it stand in the way of one, or get lost in it. */
	KUNIT_ASSERT_EQ(test, map(mt), 0);
	KUNIT_ASSERT_EQ(test, map(mt), 0);
	KUNIT_EXPECT_EQ(test, fake_hv_count(test->priv, HVCALL_MAP_GPA_PAGES), 2);
	KUNIT_EXPECT_TRUE(test, mshv_chunk_is_mapped(&mt->chunk, GFN + 17));
	KUNIT_EXPECT_TRUE(test, mshv_chunk_was_written(&mt->chunk, GFN + 17, false));
	KUNIT_EXPECT_TRUE(test, mshv_chunk_was_written(&mt->chunk, GFN + 17, true));
	KUNIT_EXPECT_FALSE(test, mshv_chunk_was_written(&mt->chunk, GFN + 17, false));
	KUNIT_EXPECT_TRUE(test, mshv_chunk_was_written(&mt->chunk, GFN + 18, false));
	KUNIT_EXPECT_TRUE(test, mshv_chunk_is_mapped(&mt->chunk, GFN + 17));
}

static void what_can_not_be_written_is_not_remembered(struct kunit *test)
{
	struct movable_test *mt = the_test(test);
	u16 status;

	mt->pt.tracked = true;
	mshv_fault_want(&mt->want, 0, mt->hmm, NR, false);
	scoped_guard(mutex, &mt->rg.mmu.lock)
		KUNIT_ASSERT_EQ(test, mshv_chunk_map(&mt->rg, INDEX, &mt->chunk,
						     &mt->want, mt->pfns,
						     &status), 0);
	KUNIT_ASSERT_EQ(test, unmap(mt, 0, NR), 0);
	KUNIT_EXPECT_NULL(test, memchr_inv(&mt->chunk, 0, sizeof(mt->chunk)));
}

static struct kunit_case movable_cases[] = {
	KUNIT_CASE_PARAM(window_is_aligned_and_within_bounds,
			 window_gen_params),
	KUNIT_CASE(only_what_is_there_and_writable_is_wanted),
	KUNIT_CASE(contiguous_pages_are_one_mapping),
	KUNIT_CASE(one_page_elsewhere_makes_small_mappings),
	KUNIT_CASE(part_of_a_large_mapping_takes_all_of_it),
	KUNIT_CASE(small_mappings_become_a_large_one_after_unmapping),
	KUNIT_CASE(mapping_under_the_lock_deposits_nothing),
	KUNIT_CASE(unmapping_uses_pages_set_aside),
	KUNIT_CASE(page_that_stays_mapped_is_kept_until_it_is_not),
	KUNIT_CASE(what_may_be_written_is_remembered),
	KUNIT_CASE(what_can_not_be_written_is_not_remembered),
	{}
};

static struct kunit_suite movable_suite = {
	.name = "mshv_movable",
	.init = movable_test_init,
	.test_cases = movable_cases,
};

kunit_test_suite(movable_suite);
