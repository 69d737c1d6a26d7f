// SPDX-License-Identifier: GPL-2.0-only
/*
 * Statistics pages: counters that the hypervisor keeps up to date in memory.
 *
 * They are a help, never a need: where one can't be mapped, its counters are
 * unknown and all goes on.
 */
#include "arch.h"
#include "mshv.h"

static union hv_stats_object_identity vp_identity(struct mshv_vp *vp, u8 area)
{
	return (union hv_stats_object_identity) {
		.vp = {
			.partition_id = vp->pt->hv.id,
			.vp_index = vp->index,
			.stats_area_type = area,
		},
	};
}

static void map_area(struct mshv_vp *vp, u8 area)
{
	union hv_stats_object_identity id = vp_identity(vp, area);
	struct mshv_overlay *ov = &vp->stats[area];

	if (mshv_overlay_prepare(ov))
		return;
	if (hvcall_map_stats(&vp->pt->hv, HV_STATS_OBJECT_VP, &id, &ov->gpfn)) {
		mshv_overlay_free(ov);
		return;
	}
	mshv_overlay_attach(ov);
}

/**
 * mshv_stats_map_vp - map the counters of a VP, as far as there are any
 * @vp: the VP
 */
void mshv_stats_map_vp(struct mshv_vp *vp)
{
	map_area(vp, HV_STATS_AREA_SELF);
	map_area(vp, HV_STATS_AREA_PARENT);
}

/**
 * mshv_stats_unmap_vp - undo mshv_stats_map_vp(), but for freeing the pages
 * @vp: the VP
 */
void mshv_stats_unmap_vp(struct mshv_vp *vp)
{
	union hv_stats_object_identity id;
	u8 area;

	for (area = 0; area < ARRAY_SIZE(vp->stats); area++) {
		if (!vp->stats[area].mapped)
			continue;
		id = vp_identity(vp, area);
		if (!hvcall_unmap_stats(HV_STATS_OBJECT_VP, &id))
			vp->stats[area].mapped = false;
	}
}

/**
 * mshv_stats_vp_unblocked - does the hypervisor say that a VP can run?
 * @vp: the VP
 *
 * Return: true if there is at least one page with the counter, and no page
 * says that the VP's thread is blocked.
 */
bool mshv_stats_vp_unblocked(const struct mshv_vp *vp)
{
	const struct hv_stats_page *page;
	bool known = false;
	u8 area;

	for (area = 0; area < ARRAY_SIZE(vp->stats); area++) {
		page = vp->stats[area].va;
		if (!page)
			continue;
		known = true;
		if (READ_ONCE(page->data[MSHV_ARCH_COUNTER_DISPATCH_BLOCKED]))
			return false;
	}
	return known;
}
