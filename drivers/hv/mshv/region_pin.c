// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pinning the user memory behind a region.
 */
#include <linux/mm.h>
#include <linux/sched/signal.h>

#include "mshv.h"
#include "region.h"

#define PIN_BATCH	512

static bool is_writable(const struct mshv_region *rg)
{
	return rg->map_flags & HV_MAP_GPA_WRITABLE;
}

static int pin_batch(struct mshv_region *rg)
{
	/* Write only where the guest may: ROM can be a read-only mapping. */
	unsigned int flags = FOLL_LONGTERM | (is_writable(rg) ? FOLL_WRITE : 0);
	int nr;

	nr = pin_user_pages_fast(rg->uaddr + (rg->nr_pinned << PAGE_SHIFT),
				 min_t(u64, rg->nr_pages - rg->nr_pinned,
				       PIN_BATCH),
				 flags, rg->pages + rg->nr_pinned);
	if (nr <= 0)
		return nr ?: -EFAULT;
	rg->nr_pinned += nr;
	return 0;
}

/**
 * mshv_region_pin - pin all pages of a region and charge its owner for them
 * @rg: the region; current is its owner
 *
 * Return: 0; -ENOMEM above RLIMIT_MEMLOCK or without memory; -EFAULT where
 * there is no memory that can be pinned; -EINTR on a fatal signal.  After an
 * error mshv_region_unpin() undoes what was done.
 */
int mshv_region_pin(struct mshv_region *rg)
{
	int err;

	rg->pages = kvmalloc_array(rg->nr_pages, sizeof(*rg->pages),
				   GFP_KERNEL_ACCOUNT | __GFP_ZERO |
				   __GFP_NOWARN);
	if (!rg->pages)
		return -ENOMEM;

	err = account_locked_vm(rg->pt->mm, rg->nr_pages, true);
	if (err)
		return err;
	rg->accounted = true;

	while (!err && rg->nr_pinned < rg->nr_pages) {
		cond_resched();
		err = fatal_signal_pending(current) ? -EINTR : pin_batch(rg);
	}
	return err;
}

/**
 * mshv_region_unpin - undo mshv_region_pin()
 * @rg: the region; the guest can't reach any of its pages
 */
void mshv_region_unpin(struct mshv_region *rg)
{
	u64 i, nr;

	for (i = 0; i < rg->nr_pinned; i += nr) {
		nr = min_t(u64, rg->nr_pinned - i, PIN_BATCH);
		unpin_user_pages_dirty_lock(rg->pages + i, nr,
					    is_writable(rg));
		cond_resched();
	}
	rg->nr_pinned = 0;

	if (rg->accounted)
		account_locked_vm(rg->pt->mm, rg->nr_pages, false);
	rg->accounted = false;

	kvfree(rg->pages);
	rg->pages = NULL;
}
