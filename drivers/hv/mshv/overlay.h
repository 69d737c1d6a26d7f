/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pages the hypervisor shares with us: VP state, statistics.
 *
 * Letters before what a field means: see mshv.h.
 */
#ifndef _MSHV_OVERLAY_H
#define _MSHV_OVERLAY_H

#include <linux/types.h>

struct mshv_vp;
struct page;

/**
 * struct mshv_overlay - a page the hypervisor shares with us
 * @va: I where it is mapped here, NULL if there is none
 * @page: I our page under it, NULL if the hypervisor chose the place
 * @gpfn: I its guest page number in this partition
 * @mapped: P the hypervisor may write to it
 */
struct mshv_overlay {
	void *va;
	struct page *page;
	u64 gpfn;
	bool mapped;
};

/* overlay.c */
int mshv_overlay_prepare(struct mshv_overlay *ov);
int mshv_overlay_attach(struct mshv_overlay *ov);
void mshv_overlay_free(struct mshv_overlay *ov);

/* stats.c */
void mshv_stats_map_vp(struct mshv_vp *vp);
void mshv_stats_unmap_vp(struct mshv_vp *vp);
bool mshv_stats_vp_unblocked(const struct mshv_vp *vp);

#endif /* _MSHV_OVERLAY_H */
