// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hypercalls on statistics pages
 */
#include "objects.h"

/* The overlay that an identity names; NULL and a status if there is none */
static struct overlay *find_self(struct hv *hv, const struct hv_in_stats_page *in, uint16_t *status)
{
	*status = HV_STATUS_INVALID_PARAMETER;
	if (in->area != HV_STATS_SELF)
		return NULL;
	if (in->type == HV_STATS_PARTITION)
		return &hv->objs->self_stats[MAX_VPS];
	*status = HV_STATUS_INVALID_VP_INDEX;
	return in->vp_index < hv->nr_vps ? &hv->objs->self_stats[in->vp_index] : NULL;
}

static struct overlay *find_child(struct hv *hv, const struct hv_in_stats_page *in,
				  uint16_t *status)
{
	struct partition *pt = partition_find(hv, in->partition_id);
	struct vp *vp;

	*status = HV_STATUS_INVALID_PARTITION_ID;
	if (!pt)
		return NULL;
	*status = HV_STATUS_INVALID_PARAMETER;
	if (in->area >= HV_NR_STATS_AREAS)
		return NULL;
	if (in->type == HV_STATS_PARTITION)
		return &pt->stats[in->area];
	*status = HV_STATUS_INVALID_VP_INDEX;
	vp = vp_find(pt, in->vp_index);
	return vp ? &vp->stats[in->area] : NULL;
}

static struct overlay *find(struct hv *hv, const struct hv_in_stats_page *in, uint16_t *status)
{
	if (in->type != HV_STATS_PARTITION && in->type != HV_STATS_VP) {
		*status = HV_STATUS_ACCESS_DENIED;	/* the hypervisor's and the processors' */
		return NULL;
	}
	if (in->partition_id == HV_PARTITION_SELF || in->partition_id == SELF_ID)
		return find_self(hv, in, status);
	return find_child(hv, in, status);
}

static void fill_partition(struct hv *hv, const struct hv_in_stats_page *in, uint64_t *counter)
{
	struct partition *pt = partition_find(hv, in->partition_id);

	if (!pt)
		return;
	counter[HV_COUNTER_PT_VPS] = pt->nr_vps;
	counter[HV_COUNTER_PT_DEPOSITED] = pt->pool.nr_pages;
	counter[HV_COUNTER_PT_GPA_PAGES] = pt->gpa.nr_pages;
}

HC_HANDLER(hc_map_stats_page2)
{
	const struct hv_in_stats_page *in = call->in;
	struct overlay *ov;
	uint16_t status;

	(void)self;
	call->partition = in->partition_id;
	if (!overlay_allowed(hv))
		return HV_STATUS_OPERATION_DENIED;
	if (hv->cfg->demand[DEMAND_STATS])
		return HV_STATUS_INSUFFICIENT_ROOT_MEMORY;
	ov = find(hv, in, &status);
	if (!ov)
		return status;
	status = overlay_map(hv, ov, in->location);
	if (status == HV_STATUS_SUCCESS && in->type == HV_STATS_PARTITION)
		fill_partition(hv, in, ov->page);
	return status;
}

/* The hypervisor would provide the page: a root only, and not simulated. */
HC_HANDLER(hc_map_stats_page)
{
	const struct hv_in_stats_page *in = call->in;

	(void)hv;
	(void)self;
	call->partition = in->partition_id;
	return HV_STATUS_ACCESS_DENIED;
}

HC_HANDLER(hc_unmap_stats_page)
{
	const struct hv_in_stats_page *in = call->in;
	struct overlay *ov;
	uint16_t status;

	(void)self;
	call->partition = in->partition_id;
	ov = find(hv, in, &status);
	if (!ov)
		return status;
	return overlay_unmap(hv, ov) ? HV_STATUS_SUCCESS : HV_STATUS_INVALID_PARAMETER;
}
