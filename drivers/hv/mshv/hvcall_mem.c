// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hypercalls about the memory of a guest.
 */
#include <hyperv/hvcall.h>

static int map_gpa(struct hv_pt *pt, u64 gfn, u32 map_flags, const u64 *pfns,
		   unsigned int nr, u16 call_flags, unsigned int *nr_done,
		   u16 *status)
{
	struct hv_input_map_gpa_pages in = {
		.target_partition_id = pt->id,
		.target_gpa_base = gfn,
		.map_flags = map_flags,
	};
	struct hv_call call = {
		.code = HVCALL_MAP_GPA_PAGES,
		.in = &in,
		.in_size = sizeof(in),
		.list = pfns,
		.list_size = sizeof(*pfns),
		.reps = nr,
		.payer = pt,
		.flags = call_flags,
	};
	int err = hv_call(&call);

	*nr_done = call.reps_done;
	*status = call.status;
	return err;
}

static int unmap_gpa(struct hv_pt *pt, u64 gfn, u32 unmap_flags,
		     unsigned int nr, u16 call_flags, unsigned int *nr_done,
		     u16 *status)
{
	struct hv_input_unmap_gpa_pages in = {
		.target_partition_id = pt->id,
		.target_gpa_base = gfn,
		.unmap_flags = unmap_flags,
	};
	struct hv_call call = {
		.code = HVCALL_UNMAP_GPA_PAGES,
		.in = &in,
		.in_size = sizeof(in),
		.reps = nr,
		.payer = pt,
		.flags = call_flags,
	};
	int err = hv_call(&call);

	*nr_done = call.reps_done;
	*status = call.status;
	return err;
}

/**
 * hvcall_map_gpa - give pages of this partition to a guest
 * @pt: the guest
 * @gfn: first guest page number, in 4K units also for large pages
 * @flags: HV_MAP_GPA_*
 * @pfns: page number of each page; with HV_MAP_GPA_LARGE_PAGE, of the first 4K
 *	page of each 2M page
 * @nr: entries in @pfns, at most HV_MAP_GPA_MAX
 * @nr_done: entries that are mapped now, also after an error
 *
 * Return: 0 or an errno, see hv_call().
 */
int hvcall_map_gpa(struct hv_pt *pt, u64 gfn, u32 flags, const u64 *pfns,
		   unsigned int nr, unsigned int *nr_done)
{
	u16 status;

	return map_gpa(pt, gfn, flags, pfns, nr, 0, nr_done, &status);
}

/**
 * hvcall_map_gpa_atomic - the same with the memory the hypervisor has
 * @pt: the guest
 * @gfn: first guest page number, in 4K units also for large pages
 * @flags: HV_MAP_GPA_*
 * @pfns: see hvcall_map_gpa()
 * @nr: entries in @pfns, at most HV_MAP_GPA_MAX
 * @nr_done: entries that are mapped now, also after an error
 * @status: HV_STATUS_* it ended with: may ask for a deposit
 *
 * Context: any.
 * Return: 0 or an errno, see hv_call(); -ENOMEM if @status asks for memory.
 */
int hvcall_map_gpa_atomic(struct hv_pt *pt, u64 gfn, u32 flags,
			  const u64 *pfns, unsigned int nr,
			  unsigned int *nr_done, u16 *status)
{
	return map_gpa(pt, gfn, flags, pfns, nr, HV_CALL_ATOMIC, nr_done,
		       status);
}

/**
 * hvcall_unmap_gpa - take pages away from a guest
 * @pt: the guest
 * @gfn: first guest page number, in 4K units also for large pages
 * @flags: HV_UNMAP_GPA_LARGE_PAGE if the range was mapped with large pages, or 0
 * @nr: pages, in the unit @flags says; at most HV_UNMAP_GPA_MAX
 * @nr_done: pages that are unmapped now, also after an error
 *
 * Not cut short by a fatal signal: the caller wants to free the pages.
 *
 * Return: 0 or an errno, see hv_call().
 */
int hvcall_unmap_gpa(struct hv_pt *pt, u64 gfn, u32 flags, unsigned int nr,
		     unsigned int *nr_done)
{
	u16 status;

	return unmap_gpa(pt, gfn, flags, nr, HV_CALL_TEARDOWN, nr_done,
			 &status);
}

/**
 * hvcall_unmap_gpa_atomic - the same with the memory the hypervisor has
 * @pt: the guest
 * @gfn: first guest page number, in 4K units also for large pages
 * @flags: HV_UNMAP_GPA_LARGE_PAGE if the range was mapped with large pages, or 0
 * @nr: pages, in the unit @flags says; at most HV_UNMAP_GPA_MAX
 * @nr_done: pages that are unmapped now, also after an error
 * @status: HV_STATUS_* it ended with: may ask for a deposit
 *
 * Context: any.
 * Return: 0 or an errno, see hv_call(); -ENOMEM if @status asks for memory.
 */
int hvcall_unmap_gpa_atomic(struct hv_pt *pt, u64 gfn, u32 flags,
			    unsigned int nr, unsigned int *nr_done,
			    u16 *status)
{
	return unmap_gpa(pt, gfn, flags, nr, HV_CALL_ATOMIC, nr_done, status);
}

/**
 * hvcall_get_access - read which pages a guest has accessed or written
 * @pt: the guest
 * @gfn: first guest page number
 * @flags: bits to clear or set after they were read, in the same step
 * @states: out: one for each page
 * @nr: pages, at most HV_CALL_MAX_REPS
 * @nr_done: entries of @states that are filled in, also after an error
 * @status: HV_STATUS_* it ended with: may ask for a deposit
 *
 * Context: any.
 * Return: 0 or an errno, see hv_call(); -ENOMEM if @status asks for memory.
 */
int hvcall_get_access(struct hv_pt *pt, u64 gfn,
		      union hv_gpa_page_access_state_flags flags,
		      union hv_gpa_page_access_state *states, unsigned int nr,
		      unsigned int *nr_done, u16 *status)
{
	struct hv_input_get_gpa_pages_access_state in = {
		.partition_id = pt->id,
		.flags = flags,
		.hv_gpa_page_number = gfn,
	};
	struct hv_call call = {
		.code = HVCALL_GET_GPA_PAGES_ACCESS_STATES,
		.in = &in,
		.in_size = sizeof(in),
		.out = states,
		.out_rep_size = sizeof(*states),
		.reps = nr,
		.flags = HV_CALL_ATOMIC,
	};
	int err = hv_call(&call);

	*nr_done = call.reps_done;
	*status = call.status;
	return err;
}
