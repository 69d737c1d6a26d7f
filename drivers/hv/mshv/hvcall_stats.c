// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hypercalls about statistics pages.
 */
#include <hyperv/hvcall.h>

/* The page is laid over one of ours: the newer call. */
static int map_over(struct hv_pt *pt, u32 type,
		    const union hv_stats_object_identity *id, u64 gpfn)
{
	struct hv_input_map_stats_page2 in = {
		.type = type,
		.identity = *id,
		.map_location = gpfn,
	};
	struct hv_call call = {
		.code = HVCALL_MAP_STATS_PAGE2,
		.in = &in,
		.in_size = sizeof(in),
		.payer = pt,
	};

	return hv_call(&call);
}

static int map_anywhere(struct hv_pt *pt, u32 type,
			const union hv_stats_object_identity *id, u64 *gpfn)
{
	struct hv_input_map_stats_page in = { .type = type, .identity = *id };
	struct hv_output_map_stats_page out = {};
	struct hv_call call = {
		.code = HVCALL_MAP_STATS_PAGE,
		.in = &in,
		.in_size = sizeof(in),
		.out = &out,
		.out_size = sizeof(out),
		.payer = pt,
	};
	int err = hv_call(&call);

	if (!err)
		*gpfn = out.map_location;
	return err;
}

/**
 * hvcall_map_stats - map a page of counters
 * @pt: the partition that pays for it
 * @type: enum hv_stats_object_type
 * @id: which object and which area of it
 * @gpfn: in: own page to put it over, or 0 to let the hypervisor choose; out:
 *	where it is
 *
 * Return: 0 or an errno, see hv_call().
 */
int hvcall_map_stats(struct hv_pt *pt, u32 type,
		     const union hv_stats_object_identity *id, u64 *gpfn)
{
	if (*gpfn)
		return map_over(pt, type, id, *gpfn);
	return map_anywhere(pt, type, id, gpfn);
}

/**
 * hvcall_unmap_stats - undo hvcall_map_stats()
 * @type: enum hv_stats_object_type
 * @id: which object and which area of it
 *
 * Return: 0 or an errno, see hv_call().  The page may be reused only after
 * success.
 */
int hvcall_unmap_stats(u32 type, const union hv_stats_object_identity *id)
{
	struct hv_input_unmap_stats_page in = { .type = type, .identity = *id };
	struct hv_call call = {
		.code = HVCALL_UNMAP_STATS_PAGE,
		.in = &in,
		.in_size = sizeof(in),
		.flags = HV_CALL_TEARDOWN,
	};

	return hv_call(&call);
}
