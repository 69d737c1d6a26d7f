// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which pages a child has accessed, and which it has written to
 *
 * A page of which that is not known yet is protected in the child's address space; the
 * fault tells, and lifts the protection. Pages that were mapped before their accesses
 * were tracked count as accessed and dirty. A large page has one state until a part of
 * it is to be changed.
 *
 * Guesses: without tracking there are no states to be had; a page that is not mapped has
 * been neither accessed nor written to.
 */
#include "objects.h"

/**
 * access_tracked - are the accesses of a child tracked?
 * @pt: the child
 */
bool access_tracked(struct partition *pt)
{
	return property_get(pt, HV_PROPERTY_ACCESS_TRACKING);
}

/**
 * access_seen - a child accesses a page that it may access
 * @pt: the child
 * @gpa: where
 * @entry: what is mapped there
 * @write: it writes
 *
 * Return: false if the host failed
 */
bool access_seen(struct partition *pt, uint64_t gpa, const struct gpa_entry *entry, bool write)
{
	unsigned int clear = entry->flags & (write ? GPA_IDLE | GPA_CLEAN : GPA_IDLE);
	uint64_t nr = entry->flags & GPA_LARGE ? GPA_LARGE_PAGES : 1;
	uint64_t gfn = (gpa >> PAGE_SHIFT) & ~(nr - 1);

	if (!clear)
		return true;
	gpa_change_flags(&pt->gpa, gfn, true, 0, clear);
	return child_space_protect(pt, gfn, nr, entry->flags & ~clear);
}

/* Neighbours whose protection changes in the same way */
struct run {
	uint64_t gfn;
	uint64_t nr_pages;
	unsigned int flags;
};

static bool run_flush(struct partition *pt, struct run *run)
{
	bool ok = true;

	if (run->nr_pages)
		ok = child_space_protect(pt, run->gfn, run->nr_pages, run->flags);
	run->nr_pages = 0;
	return ok;
}

static bool run_add(struct partition *pt, struct run *run, uint64_t gfn, unsigned int flags)
{
	if (run->nr_pages && run->gfn + run->nr_pages == gfn && run->flags == flags) {
		run->nr_pages++;
		return true;
	}
	if (!run_flush(pt, run))
		return false;
	*run = (struct run){ .gfn = gfn, .nr_pages = 1, .flags = flags };
	return true;
}

static uint8_t state_of(unsigned int flags)
{
	return (flags & GPA_IDLE ? 0 : HV_PAGE_ACCESSED) | (flags & GPA_CLEAN ? 0 : HV_PAGE_DIRTY);
}

static unsigned int change(unsigned int flags, uint64_t how)
{
	if (how & HV_ACCESS_CLEAR_ACCESSED)
		flags |= GPA_IDLE;
	if (how & HV_ACCESS_SET_ACCESSED)
		flags &= ~GPA_IDLE;
	if (how & HV_ACCESS_CLEAR_DIRTY)
		flags |= GPA_CLEAN;
	if (how & HV_ACCESS_SET_DIRTY)
		flags &= ~GPA_CLEAN;
	return flags;
}

static uint16_t one_page(struct partition *pt, struct run *run, uint64_t gfn, uint64_t how,
			 uint8_t *state)
{
	struct gpa_entry entry;
	unsigned int flags;

	*state = 0;
	if (!gpa_lookup(&pt->gpa, gfn, &entry) || entry.flags & GPA_NO_ACCESS)
		return HV_STATUS_SUCCESS;
	*state = state_of(entry.flags);
	flags = change(entry.flags, how);
	if (flags == entry.flags)
		return HV_STATUS_SUCCESS;
	switch (gpa_change_flags(&pt->gpa, gfn, false, flags & ~entry.flags,
				 entry.flags & ~flags)) {
	case GPA_OK:
		return run_add(pt, run, gfn, flags & ~GPA_LARGE) ?
			HV_STATUS_SUCCESS : HV_STATUS_OPERATION_FAILED;
	case GPA_NO_POOL:
		return HV_STATUS_INSUFFICIENT_MEMORY;
	default:
		return HV_STATUS_OPERATION_FAILED;
	}
}

static uint16_t check(struct partition *pt, const struct hv_in_access_states *in, uint16_t count)
{
	uint64_t accessed = HV_ACCESS_CLEAR_ACCESSED | HV_ACCESS_SET_ACCESSED;
	uint64_t dirty = HV_ACCESS_CLEAR_DIRTY | HV_ACCESS_SET_DIRTY;

	if (!pt)
		return HV_STATUS_INVALID_PARTITION_ID;
	if (pt->state != PARTITION_ACTIVE || !access_tracked(pt))
		return HV_STATUS_INVALID_PARTITION_STATE;
	if (in->flags & ~HV_ACCESS_KNOWN || (in->flags & accessed) == accessed ||
	    (in->flags & dirty) == dirty)
		return HV_STATUS_INVALID_PARAMETER;
	if (in->gfn >= GPA_GFN_END || count > GPA_GFN_END - in->gfn)
		return HV_STATUS_INVALID_PARAMETER;
	return HV_STATUS_SUCCESS;
}

HC_HANDLER(hc_get_gpa_pages_access_states)
{
	const struct hv_in_access_states *in = call->in;
	struct partition *pt = partition_find(hv, in->partition_id);
	uint16_t status = check(pt, in, call->rep_count);
	struct run run = { 0 };
	uint8_t *out = call->out;

	(void)self;
	call->partition = in->partition_id;
	if (status != HV_STATUS_SUCCESS)
		return status;
	for (call->rep_done = call->rep_start; call->rep_done < call->rep_count; call->rep_done++) {
		status = one_page(pt, &run, in->gfn + call->rep_done, in->flags,
				  &out[call->rep_done]);
		if (status != HV_STATUS_SUCCESS)
			break;
	}
	if (!run_flush(pt, &run))
		status = HV_STATUS_OPERATION_FAILED;
	return status;
}
