// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hypercalls on memory: deposits and GPA mappings
 */
#include <string.h>

#include "objects.h"

HC_HANDLER(hc_deposit_memory)
{
	const uint64_t *in = call->in;
	struct partition *pt;
	uint16_t status = HV_STATUS_SUCCESS;

	(void)self;
	call->partition = in[0];
	if (in[0] == HV_PARTITION_SELF || in[0] == SELF_ID)
		return HV_STATUS_ACCESS_DENIED;
	pt = partition_find(hv, in[0]);
	if (!pt)
		return HV_STATUS_INVALID_PARTITION_ID;
	for (call->rep_done = call->rep_start; call->rep_done < call->rep_count; call->rep_done++) {
		status = page_deposit(pt, in[1 + call->rep_done]);
		if (status != HV_STATUS_SUCCESS)
			break;
	}
	return status;
}

HC_HANDLER(hc_withdraw_memory)
{
	const struct hv_in_withdraw *in = call->in;
	struct partition *pt = partition_find(hv, in->partition_id);
	uint64_t *out = call->out;

	(void)self;
	call->partition = in->partition_id;
	if (!pt)
		return HV_STATUS_INVALID_PARTITION_ID;
	for (call->rep_done = call->rep_start; call->rep_done < call->rep_count; call->rep_done++) {
		if (!page_withdraw(pt, &out[call->rep_done]))
			return HV_STATUS_NO_RESOURCES;
	}
	return HV_STATUS_SUCCESS;
}

HC_HANDLER(hc_get_memory_balance)
{
	const struct hv_in_withdraw *in = call->in;
	struct partition *pt = partition_find(hv, in->partition_id);
	struct hv_out_balance *out = call->out;

	(void)self;
	call->partition = in->partition_id;
	if (!pt)
		return HV_STATUS_INVALID_PARTITION_ID;
	out->available = pool_available(&pt->pool);
	out->in_use = pt->pool.nr_used;
	return HV_STATUS_SUCCESS;
}

/* A run of pages that the L1 has contiguous, to be mapped in one go */
struct run {
	uint64_t gfn;
	uint64_t nr_pages;
	uint64_t ram_offset;
	unsigned int flags;
};

static bool run_flush(struct partition *pt, struct run *run)
{
	bool ok = true;

	if (run->nr_pages)
		ok = child_space_map(pt, run->gfn, run->nr_pages, run->ram_offset, run->flags);
	run->nr_pages = 0;
	return ok;
}

static bool run_add(struct partition *pt, struct run *run, uint64_t gfn,
		    const struct gpa_entry *entry)
{
	uint64_t nr = entry->flags & GPA_LARGE ? GPA_LARGE_PAGES : 1;
	uint64_t off = 0;

	if (!(entry->flags & GPA_NO_ACCESS))
		l1_ram_offset(pt->hv, entry->source << PAGE_SHIFT, &off);
	if (run->nr_pages && run->flags == entry->flags && run->gfn + run->nr_pages == gfn &&
	    (entry->flags & GPA_NO_ACCESS || run->ram_offset + run->nr_pages * PAGE_SIZE == off)) {
		run->nr_pages += nr;
		return true;
	}
	if (!run_flush(pt, run))
		return false;
	*run = (struct run){ .gfn = gfn, .nr_pages = nr, .ram_offset = off, .flags = entry->flags };
	return true;
}

static void count_maps(struct partition *pt, const struct gpa_entry *entry, int by)
{
	uint64_t nr = entry->flags & GPA_LARGE ? GPA_LARGE_PAGES : 1;

	if (entry->flags & GPA_NO_ACCESS)
		return;
	for (uint64_t i = 0; i < nr; i++)
		page_state(pt->hv, entry->source + i)->nr_maps += by;
}

static void drop_mapping(void *arg, uint64_t gfn, const struct gpa_entry *old)
{
	(void)gfn;
	count_maps(arg, old, -1);
}

/* May the L1's pages be mapped? All of a large page must be RAM, contiguous, and free. */
static uint16_t check_source(struct partition *pt, const struct gpa_entry *entry)
{
	uint64_t nr = entry->flags & GPA_LARGE ? GPA_LARGE_PAGES : 1;

	if (entry->flags & GPA_NO_ACCESS)
		return HV_STATUS_SUCCESS;
	if (entry->source % nr)
		return HV_STATUS_INVALID_ALIGNMENT;
	for (uint64_t i = 0; i < nr; i++) {
		const struct page_state *ps = page_state(pt->hv, entry->source + i);

		if (!ps)
			return HV_STATUS_INVALID_PARAMETER;
		if (ps->kind != PAGE_FREE) {
			accounting_error(pt->hv, pt, "map of a page in use", entry->source + i);
			return HV_STATUS_ACCESS_DENIED;
		}
	}
	return HV_STATUS_SUCCESS;
}

static uint16_t gpa_status(enum gpa_result res)
{
	switch (res) {
	case GPA_OK:
		return HV_STATUS_SUCCESS;
	case GPA_NO_POOL:
		return HV_STATUS_INSUFFICIENT_MEMORY;
	default:
		return HV_STATUS_OPERATION_FAILED;
	}
}

static unsigned int entry_flags(uint32_t map_flags)
{
	unsigned int flags = 0;

	if (map_flags & HV_MAP_LARGE_PAGE)
		flags |= GPA_LARGE;
	/* No permissions at all is the other way to say that every access intercepts. */
	if (map_flags & HV_MAP_NO_ACCESS || !(map_flags & HV_MAP_PERMISSIONS))
		return flags | GPA_NO_ACCESS;
	if (map_flags & HV_MAP_READABLE)
		flags |= GPA_READ;
	if (map_flags & HV_MAP_WRITABLE)
		flags |= GPA_WRITE;
	if (map_flags & HV_MAP_EXECUTABLE)
		flags |= GPA_EXEC;
	return flags;
}

static uint16_t check_range(struct partition *pt, uint64_t gfn, uint64_t count, bool large)
{
	uint64_t nr = count * (large ? GPA_LARGE_PAGES : 1);

	if (!pt)
		return HV_STATUS_INVALID_PARTITION_ID;
	if (pt->state != PARTITION_ACTIVE)
		return HV_STATUS_INVALID_PARTITION_STATE;
	if (gfn >= GPA_GFN_END || nr > GPA_GFN_END - gfn)
		return HV_STATUS_INVALID_PARAMETER;
	if (large && gfn % GPA_LARGE_PAGES)
		return HV_STATUS_INVALID_ALIGNMENT;
	return HV_STATUS_SUCCESS;
}

static uint16_t map_reps(struct partition *pt, const struct hv_in_map *in, struct hvcall *call)
{
	uint64_t step = in->flags & HV_MAP_LARGE_PAGE ? GPA_LARGE_PAGES : 1;
	struct gpa_entry entry = { .flags = entry_flags(in->flags) };
	uint16_t status = HV_STATUS_SUCCESS;
	struct run run = { 0 };

	if (access_tracked(pt) && !(entry.flags & GPA_NO_ACCESS))
		entry.flags |= GPA_IDLE | GPA_CLEAN;

	for (call->rep_done = call->rep_start; call->rep_done < call->rep_count; call->rep_done++) {
		uint64_t gfn = in->gfn + call->rep_done * step;

		entry.source = entry.flags & GPA_NO_ACCESS ? 0 : in->pages[call->rep_done];
		status = check_source(pt, &entry);
		if (status == HV_STATUS_SUCCESS)
			status = gpa_status(gpa_set(&pt->gpa, gfn, &entry, drop_mapping, pt));
		if (status != HV_STATUS_SUCCESS)
			break;
		count_maps(pt, &entry, 1);
		if (!run_add(pt, &run, gfn, &entry)) {
			status = HV_STATUS_OPERATION_FAILED;
			break;
		}
	}
	if (!run_flush(pt, &run))
		status = HV_STATUS_OPERATION_FAILED;
	return status;
}

HC_HANDLER(hc_map_gpa_pages)
{
	const struct hv_in_map *in = call->in;
	struct partition *pt = partition_find(hv, in->partition_id);
	uint16_t status;

	(void)self;
	call->partition = in->partition_id;
	status = check_range(pt, in->gfn, call->rep_count, in->flags & HV_MAP_LARGE_PAGE);
	if (status != HV_STATUS_SUCCESS)
		return status;
	if (in->flags & ~HV_MAP_KNOWN)	/* callers do not clear the padding */
		return HV_STATUS_INVALID_PARAMETER;
	if (in->flags & HV_MAP_LARGE_PAGE && !(pt->flags & HV_CREATE_GPA_SUPER_PAGES))
		return HV_STATUS_INVALID_PARAMETER;
	return map_reps(pt, in, call);
}

HC_HANDLER(hc_unmap_gpa_pages)
{
	const struct hv_in_map *in = call->in;
	struct partition *pt = partition_find(hv, in->partition_id);
	bool large = in->flags & HV_UNMAP_LARGE_PAGE;
	uint64_t step = large ? GPA_LARGE_PAGES : 1;
	uint16_t status;

	(void)self;
	call->partition = in->partition_id;
	if (pt && pt->state == PARTITION_FINALIZED) {
		call->rep_done = call->rep_count;	/* nothing is mapped any more */
		return HV_STATUS_SUCCESS;
	}
	status = check_range(pt, in->gfn, call->rep_count, large);
	if (status != HV_STATUS_SUCCESS)
		return status;
	for (call->rep_done = call->rep_start; call->rep_done < call->rep_count; call->rep_done++) {
		uint64_t gfn = in->gfn + call->rep_done * step;

		status = gpa_status(gpa_clear(&pt->gpa, gfn, large, drop_mapping, pt));
		if (status != HV_STATUS_SUCCESS)
			break;
	}
	if (!child_space_unmap(pt, in->gfn + call->rep_start * step,
			       (call->rep_done - call->rep_start) * step))
		status = HV_STATUS_OPERATION_FAILED;
	return status;
}

/**
 * page_release_maps - unmap all of a partition's memory, in our books
 * @pt: the partition; its GPA space goes with its VM
 */
void page_release_maps(struct partition *pt)
{
	gpa_clear_all(&pt->gpa, drop_mapping, pt);
}
