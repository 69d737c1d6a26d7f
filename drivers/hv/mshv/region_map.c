// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mapping the pages of a region for the guest, and unmapping them.
 *
 * A 2M mapping is made only where all its 512 pages are shown to be contiguous
 * and aligned, whatever kind of folio they are in.  Which mappings those are
 * follows from the page array alone, so unmapping finds the same ones again.
 */
#define pr_fmt(fmt) "mshv: " fmt

#include <linux/mm.h>
#include <linux/printk.h>
#include <linux/sched/signal.h>

#include "mshv.h"
#include "region.h"

#define NR_2M	(1U << (HV_HYP_LARGE_PAGE_SHIFT - HV_HYP_PAGE_SHIFT))

/* Can a 2M mapping start at pages[0]? */
static bool is_large(struct page *const *pages, u64 gfn, u64 nr)
{
	unsigned long pfn;
	unsigned int i;

	if (nr < NR_2M || gfn % NR_2M)
		return false;
	pfn = page_to_pfn(pages[0]);
	if (pfn % NR_2M)
		return false;
	for (i = 1; i < NR_2M; i++)
		if (page_to_pfn(pages[i]) != pfn + i)
			return false;
	return true;
}

/**
 * mshv_region_run - how many pages can be mapped alike
 * @pages: the pages from here to the end of the region
 * @gfn: guest page number of the first
 * @nr: how many there are
 * @max: how many mappings, small or large, are wanted at most
 * @large: in: 2M mappings are allowed; out: these are 2M mappings
 *
 * Return: 4K pages that make up mappings of the same size, starting with the
 * first page.
 */
u64 mshv_region_run(struct page *const *pages, u64 gfn, u64 nr,
		    unsigned int max, bool *large)
{
	bool allowed = *large;
	u64 i;

	*large = allowed && is_large(pages, gfn, nr);
	if (*large) {
		for (i = NR_2M; i / NR_2M < max; i += NR_2M)
			if (!is_large(pages + i, gfn + i, nr - i))
				break;
		return i;
	}

	for (i = 1; i < nr && i < max; i++)
		if (allowed && is_large(pages + i, gfn + i, nr - i))
			break;
	return i;
}

/* Map one batch, from mapped_to on. */
static int map_batch(struct mshv_region *rg, u64 *pfns)
{
	struct page **pages = rg->pages + rg->mapped_to;
	u64 gfn = rg->gfn + rg->mapped_to;
	bool large = rg->pt->large_pages;
	unsigned int step, nr, done, i;
	u64 run;
	int err;

	run = mshv_region_run(pages, gfn, rg->nr_pages - rg->mapped_to,
			      HV_MAP_GPA_MAX, &large);
	step = large ? NR_2M : 1;
	nr = run / step;
	for (i = 0; i < nr; i++)
		pfns[i] = page_to_pfn(pages[i * step]);

	err = hvcall_map_gpa(&rg->pt->hv, gfn,
			     rg->map_flags | (large ? HV_MAP_GPA_LARGE_PAGE : 0),
			     pfns, nr, &done);
	rg->mapped_to += done * step;
	return err;
}

/**
 * mshv_region_map - map all pages of a region
 * @rg: the region; its pages are pinned
 *
 * Return: 0 or an errno; then a part may be mapped, which @rg tells and
 * mshv_region_unmap() undoes.
 */
int mshv_region_map(struct mshv_region *rg)
{
	u64 *pfns = (u64 *)__get_free_page(GFP_KERNEL);
	int err = 0;

	if (!pfns)
		return -ENOMEM;
	while (!err && rg->mapped_to < rg->nr_pages) {
		cond_resched();
		err = fatal_signal_pending(current) ? -EINTR :
						      map_batch(rg, pfns);
	}
	free_page((unsigned long)pfns);
	return err;
}

/**
 * mshv_region_unmap - unmap what is mapped of a region
 * @rg: the region
 *
 * Not cut short by signals, since the pages can't be freed before.
 *
 * Return: 0 or an errno; then @rg tells what the guest may still reach.
 */
int mshv_region_unmap(struct mshv_region *rg)
{
	unsigned int step, done;
	bool large;
	u64 run;
	int err = 0;

	while (!err && rg->mapped_from < rg->mapped_to) {
		cond_resched();
		large = rg->pt->large_pages;
		run = mshv_region_run(rg->pages + rg->mapped_from,
				      rg->gfn + rg->mapped_from,
				      rg->nr_pages - rg->mapped_from,
				      HV_UNMAP_GPA_MAX, &large);
		run = min(run, rg->mapped_to - rg->mapped_from);
		step = large ? NR_2M : 1;
		err = hvcall_unmap_gpa(&rg->pt->hv, rg->gfn + rg->mapped_from,
				       large ? HV_UNMAP_GPA_LARGE_PAGE : 0,
				       run / step, &done);
		rg->mapped_from += done * step;
	}
	if (!err) {
		rg->mapped_from = 0;
		rg->mapped_to = 0;
	}
	return err;
}

/**
 * mshv_region_poison - give up on a guest whose memory can't be taken away
 * @rg: the region
 * @gfn: where it happened
 * @err: errno of the hypervisor
 *
 * The guest may still reach the pages, so they are never freed, and the guest
 * does not run any more.
 *
 * Context: any.
 */
void mshv_region_poison(struct mshv_region *rg, u64 gfn, int err)
{
	struct mshv_partition *pt = rg->pt;

	mshv_partition_stop(pt);
	pr_warn_ratelimited("partition %llu: unmapping gfn %#llx failed: %pe, it will not run any more\n",
			    pt->hv.id, gfn, ERR_PTR(err));
}
