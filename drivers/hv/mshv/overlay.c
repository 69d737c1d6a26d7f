// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pages that the hypervisor shares with this partition: VP state, statistics.
 *
 * In an L1VH the hypervisor lays them over pages of ours; elsewhere it chooses
 * where they are.  A page of ours that it would not give back is never used
 * again: the hypervisor, and by it a guest, might still write to it.
 */
#include <linux/gfp.h>
#include <linux/io.h>
#include <linux/mm.h>

#include "mshv.h"

static bool provide_own_page(void)
{
	return mshv.type == HV_PARTITION_TYPE_L1VH &&
	       mshv.caps & MSHV_CAP_OVERLAY_GPFN;
}

/**
 * mshv_overlay_prepare - prepare for mapping a shared page
 * @ov: out: @ov->gpfn is where the hypervisor is to put it, 0 for anywhere
 *
 * Return: 0 or -ENOMEM.
 */
int mshv_overlay_prepare(struct mshv_overlay *ov)
{
	*ov = (struct mshv_overlay) {};
	if (!provide_own_page())
		return 0;

	ov->page = alloc_page(GFP_KERNEL_ACCOUNT | __GFP_ZERO);
	if (!ov->page)
		return -ENOMEM;
	ov->gpfn = page_to_pfn(ov->page);
	return 0;
}

/**
 * mshv_overlay_attach - make a page accessible that the hypervisor has mapped
 * @ov: the page; @ov->gpfn is where it is
 *
 * Return: 0 or -ENOMEM.  In either case the page is to be unmapped later.
 */
int mshv_overlay_attach(struct mshv_overlay *ov)
{
	ov->mapped = true;
	ov->va = ov->page ? page_address(ov->page) :
			    memremap(ov->gpfn << HV_HYP_PAGE_SHIFT,
				     HV_HYP_PAGE_SIZE, MEMREMAP_WB);
	return ov->va ? 0 : -ENOMEM;
}

/**
 * mshv_overlay_free - free what there is of a shared page
 * @ov: the page; if it is still mapped it is leaked
 */
void mshv_overlay_free(struct mshv_overlay *ov)
{
	if (!ov->page && ov->va)
		memunmap(ov->va);
	if (ov->page && ov->mapped)
		atomic_long_inc(&mshv.nr_kept_pages);
	else if (ov->page)
		__free_page(ov->page);
	*ov = (struct mshv_overlay) {};
}
