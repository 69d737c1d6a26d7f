// SPDX-License-Identifier: GPL-2.0-only
/*
 * Movable regions: giving pages back when the host wants them.
 */
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "mshv.h"
#include "region.h"
#include "trace.h"

/**
 * DOC: Movable memory
 *
 * Guest memory is as any memory of the VMM: the host populates it when it is
 * touched, swaps it, migrates it, merges and splits its huge pages.  A page is
 * mapped for the guest when the guest touches it (region_fault.c), and an MMU
 * notifier takes it away from the guest before the host takes it away from the
 * VMM.
 *
 * The two meet at region->mmu.lock and a sequence count.  A fault reads the
 * count, looks up the pages, takes the lock, and starts again if the count has
 * changed; the notifier changes it under the lock.
 *
 * The notifier can't fail.  It runs where memory is reclaimed, so it does not
 * allocate, and neither does whoever else holds the lock: a deposit that
 * mapping needs is made after dropping it.  Unmapping needs none, as it is
 * always of whole mappings; should the hypervisor ask for memory all the same,
 * a few pages are set aside.  If it refuses to unmap at all, the pages are
 * referenced, so that nobody gets them as long as the guest might write to
 * them, and the guest does not run any more.
 *
 * Which pages the guest has written is known to the hypervisor as long as they
 * are mapped.  What becomes of that when they are not: see "Access bitmaps".
 *
 * Device memory (VM_PFNMAP, VM_IO) can't be guest memory.  With the module
 * parameter pin_memory all memory is pinned instead and charged to
 * RLIMIT_MEMLOCK.
 */

/* Unmap guest pages first to last, or more; keep them if that fails. */
static int unmap_or_keep(struct mshv_region *rg, u64 first, u64 last,
			 bool may_sleep)
{
	struct mshv_chunk *chunk;
	unsigned long index;
	int err, ret = 0;

	lockdep_assert_held(&rg->mmu.lock);
	xa_for_each_range(&rg->mmu.chunks, index, chunk, first / MSHV_NR_2M,
			  last / MSHV_NR_2M) {
		u64 gfn = (u64)index * MSHV_NR_2M;
		unsigned int from = max(first, gfn) - gfn;
		unsigned int to = min(last + 1, gfn + MSHV_NR_2M) - gfn;

		err = mshv_chunk_unmap(rg, index, chunk, from, to);
		if (err) {
			mshv_chunk_keep(chunk, from, to);
			ret = ret ?: err;
		}
		if (may_sleep)
			cond_resched();
	}
	return ret;
}

static bool invalidate(struct mmu_interval_notifier *notifier,
		       const struct mmu_notifier_range *range,
		       unsigned long seq)
{
	struct mshv_region *rg = container_of(notifier, struct mshv_region,
					      mmu.notifier);
	bool may_sleep = mmu_notifier_range_blockable(range);
	u64 start = max(range->start, rg->uaddr);
	u64 end = min(range->end, rg->uaddr + (rg->nr_pages << PAGE_SHIFT));
	u64 first = rg->gfn + ((start - rg->uaddr) >> PAGE_SHIFT);
	u64 last = rg->gfn + ((end - 1 - rg->uaddr) >> PAGE_SHIFT);
	int err;

	if (may_sleep)
		mutex_lock(&rg->mmu.lock);
	else if (!mutex_trylock(&rg->mmu.lock))
		return false;

	mmu_interval_set_seq(notifier, seq);
	err = unmap_or_keep(rg, first, last, may_sleep);
	mutex_unlock(&rg->mmu.lock);

	trace_mshv_region_invalidate(rg->pt->hv.id, first, last - first + 1,
				     err);
	if (err)
		mshv_region_poison(rg, first, err);
	return true;
}

static const struct mmu_interval_notifier_ops notifier_ops = {
	.invalidate = invalidate,
};

/**
 * mshv_mmu_fill_spare - set aside pages for mshv_chunk_unmap()
 * @rg: the region
 *
 * Return: 0, or -ENOMEM if there are fewer than there should be.
 */
int mshv_mmu_fill_spare(struct mshv_region *rg)
{
	struct mshv_mmu *mmu = &rg->mmu;
	struct page *page;

	while (READ_ONCE(mmu->nr_spare) < MSHV_NR_SPARE) {
		page = alloc_page(GFP_KERNEL_ACCOUNT | __GFP_ZERO);
		if (!page)
			return -ENOMEM;
		scoped_guard(mutex, &mmu->lock) {
			if (mmu->nr_spare < MSHV_NR_SPARE) {
				mmu->spare[mmu->nr_spare++] = page;
				page = NULL;
			}
		}
		if (page)
			__free_page(page);
	}
	return 0;
}

static void fini(struct mshv_mmu *mmu)
{
	while (mmu->nr_spare)
		__free_page(mmu->spare[--mmu->nr_spare]);
	xa_destroy(&mmu->chunks);
	mutex_destroy(&mmu->lock);
}

/**
 * mshv_mmu_init - make a region movable
 * @rg: the region; current is its owner
 *
 * Nothing is mapped at first.
 *
 * Return: 0, -ENOMEM, or -EINTR.
 */
int mshv_mmu_init(struct mshv_region *rg)
{
	int err;

	mutex_init(&rg->mmu.lock);
	xa_init(&rg->mmu.chunks);
	err = mshv_mmu_fill_spare(rg);
	if (!err)
		err = mmu_interval_notifier_insert(&rg->mmu.notifier,
						   rg->pt->mm, rg->uaddr,
						   rg->nr_pages << PAGE_SHIFT,
						   &notifier_ops);
	if (err)
		fini(&rg->mmu);
	return err;
}

/**
 * mshv_mmu_unmap_all - unmap all that is mapped of a region
 * @rg: the region; no fault can come any more
 *
 * Return: 0 or an errno, then pages that are mapped still are kept.
 */
int mshv_mmu_unmap_all(struct mshv_region *rg)
{
	guard(mutex)(&rg->mmu.lock);
	return unmap_or_keep(rg, rg->gfn, rg->gfn + rg->nr_pages - 1, true);
}

/**
 * mshv_mmu_free - undo mshv_mmu_init()
 * @rg: the region, after mshv_mmu_unmap_all()
 * @unmapped: the guest does not reach any page for sure; if not, what may be
 *	mapped is leaked
 */
void mshv_mmu_free(struct mshv_region *rg, bool unmapped)
{
	struct mshv_chunk *chunk;
	unsigned long index;

	mmu_interval_notifier_remove(&rg->mmu.notifier);
	xa_for_each(&rg->mmu.chunks, index, chunk) {
		atomic_long_add(mshv_chunk_drop(chunk, unmapped),
				&mshv.nr_kept_pages);
		kfree(chunk);
	}
	fini(&rg->mmu);
}
