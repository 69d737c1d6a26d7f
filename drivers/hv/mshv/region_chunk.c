// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is mapped of a movable region, in chunks of 2M of guest memory.
 *
 * A chunk is mapped as a whole by one 2M mapping, or in parts by 4K mappings.
 * Taking away a part of a 2M mapping takes away all of it: the rest comes back
 * when the guest touches it, and the hypervisor never has to split anything,
 * for which it might need memory.
 */
#include <linux/mm.h>
#include <linux/page-flags.h>
#include <linux/slab.h>

#include "mshv.h"
#include "region.h"

static u64 slot_pfn(u64 slot)
{
	return slot & MSHV_SLOT_PFN;
}

static bool is_mapped(const struct mshv_chunk *chunk, unsigned int i)
{
	return chunk->slot[i] & MSHV_SLOT_MAPPED;
}

static struct page *slot_page(u64 slot)
{
	return pfn_to_page(slot_pfn(slot));
}

/**
 * mshv_chunk_get - find the chunk of a guest page, or add one
 * @rg: the region
 * @gfn: guest page number
 *
 * Return: the chunk, or NULL without memory.
 */
struct mshv_chunk *mshv_chunk_get(struct mshv_region *rg, u64 gfn)
{
	unsigned long index = gfn / MSHV_NR_2M;
	struct mshv_chunk *chunk = xa_load(&rg->mmu.chunks, index), *other;

	if (chunk)
		return chunk;
	chunk = kzalloc_obj(*chunk, GFP_KERNEL_ACCOUNT);
	if (!chunk)
		return NULL;
	other = xa_cmpxchg(&rg->mmu.chunks, index, NULL, chunk,
			   GFP_KERNEL_ACCOUNT);
	if (!other)
		return chunk;
	kfree(chunk);
	return xa_is_err(other) ? NULL : other;
}

/**
 * mshv_chunk_is_contiguous - can a chunk be one 2M mapping?
 * @want: what is to be mapped
 *
 * Return: true if all 512 pages are there, aligned and one behind the other,
 * whatever folios they belong to.
 */
bool mshv_chunk_is_contiguous(const struct mshv_chunk *want)
{
	u64 first = want->slot[0];
	unsigned int i;

	if (!first || slot_pfn(first) % MSHV_NR_2M)
		return false;
	for (i = 1; i < MSHV_NR_2M; i++)
		if (want->slot[i] != first + i)
			return false;
	return true;
}

static bool is_missing(const struct mshv_chunk *chunk,
		       const struct mshv_chunk *want, unsigned int i)
{
	u64 is = chunk->slot[i] & ~(MSHV_SLOT_LARGE | MSHV_SLOT_WRITTEN);

	return want->slot[i] && want->slot[i] != is;
}

static bool is_complete(const struct mshv_chunk *chunk,
			const struct mshv_chunk *want)
{
	unsigned int i;

	for (i = 0; i < MSHV_NR_2M; i++)
		if (is_missing(chunk, want, i))
			return false;
	return true;
}

/* Map @nr pages alike, from slot @at on; @pfns is room for their numbers. */
static int map_run(struct mshv_region *rg, u64 index, struct mshv_chunk *chunk,
		   const struct mshv_chunk *want, unsigned int at,
		   unsigned int nr, bool large, u64 *pfns, u16 *status)
{
	u64 extra = large ? MSHV_SLOT_LARGE : 0;
	unsigned int step = large ? MSHV_NR_2M : 1;
	u32 flags = rg->map_flags;
	unsigned int i, done;
	int err;

	if (large)
		flags |= HV_MAP_GPA_LARGE_PAGE;
	if (!(want->slot[at] & MSHV_SLOT_WRITABLE))
		flags &= ~HV_MAP_GPA_WRITABLE;
	for (i = 0; i < nr; i++) {
		u64 slot = want->slot[at + i];

		if (i % step == 0)
			pfns[i / step] = slot_pfn(slot);
		/*
		 * What the guest writes leaves no trace in the page tables.  No
		 * need to repeat this: a page is unmapped before it is cleaned.
		 */
		if (slot & MSHV_SLOT_WRITABLE)
			folio_set_dirty(page_folio(slot_page(slot)));
	}

	err = hvcall_map_gpa_atomic(&rg->pt->hv, index * MSHV_NR_2M + at, flags,
				    pfns, nr / step, &done, status);
	for (i = at; i < at + done * step; i++)
		chunk->slot[i] = want->slot[i] | extra |
				 (chunk->slot[i] & MSHV_SLOT_WRITTEN);
	return err;
}

static int map_small(struct mshv_region *rg, u64 index,
		     struct mshv_chunk *chunk, const struct mshv_chunk *want,
		     u64 *pfns, u16 *status)
{
	unsigned int at, nr;
	int err = 0;

	for (at = 0; !err && at < MSHV_NR_2M; at += nr) {
		for (nr = 0; at + nr < MSHV_NR_2M && nr < HV_MAP_GPA_MAX; nr++)
			if (!is_missing(chunk, want, at + nr))
				break;
		if (nr)
			err = map_run(rg, index, chunk, want, at, nr, false,
				      pfns, status);
		else
			nr = 1;
	}
	return err;
}

/**
 * mshv_chunk_map - map pages of a chunk for the guest
 * @rg: the region; its mmu.lock is held
 * @index: which chunk
 * @chunk: what is mapped, updated also after an error
 * @want: what is to be mapped: all writable or none; empty slots are left as
 *	they are
 * @pfns: room for MSHV_NR_2M page numbers
 * @status: out: HV_STATUS_* of the last hypercall
 *
 * Return: 0 or an errno; -ENOMEM if @status asks for a deposit, which has to be
 * made without the lock.
 */
int mshv_chunk_map(struct mshv_region *rg, u64 index, struct mshv_chunk *chunk,
		   const struct mshv_chunk *want, u64 *pfns, u16 *status)
{
	bool large = rg->pt->large_pages && mshv_chunk_is_contiguous(want);
	int err;

	*status = HV_STATUS_SUCCESS;
	if (is_complete(chunk, want))
		return 0;

	/* One size of mappings does not replace the other in place. */
	if (large || chunk->slot[0] & MSHV_SLOT_LARGE) {
		err = mshv_chunk_unmap(rg, index, chunk, 0, MSHV_NR_2M);
		if (err)
			return err;
	}
	if (large)
		return map_run(rg, index, chunk, want, 0, MSHV_NR_2M, true,
			       pfns, status);
	return map_small(rg, index, chunk, want, pfns, status);
}

/*
 * With a mapping goes the hypervisor's dirty bit.  To read it first would not
 * do: the guest runs, and may write until the page is unmapped.
 */
static void clear_slots(struct mshv_chunk *chunk, unsigned int at,
			unsigned int nr, bool tracked)
{
	unsigned int i;

	for (i = at; i < at + nr; i++) {
		u64 written = chunk->slot[i] & MSHV_SLOT_WRITTEN;

		if (tracked && chunk->slot[i] & MSHV_SLOT_WRITABLE)
			written = MSHV_SLOT_WRITTEN;
		if (chunk->slot[i] & MSHV_SLOT_KEPT)
			put_page(slot_page(chunk->slot[i]));
		chunk->slot[i] = written;
	}
}

/* Meet a request for memory with what was set aside. */
static bool deposit_spare(struct mshv_region *rg, u16 status)
{
	struct mshv_mmu *mmu = &rg->mmu;

	if (status != HV_STATUS_INSUFFICIENT_MEMORY || !mmu->nr_spare)
		return false;
	return !hvcall_deposit_page(&rg->pt->hv, mmu->spare[--mmu->nr_spare]);
}

static int unmap_run(struct mshv_region *rg, u64 index,
		     struct mshv_chunk *chunk, unsigned int at, unsigned int nr,
		     bool large)
{
	unsigned int step = large ? MSHV_NR_2M : 1;
	unsigned int done;
	u16 status;
	int err;

	while (nr) {
		err = hvcall_unmap_gpa_atomic(&rg->pt->hv,
					      index * MSHV_NR_2M + at,
					      large ? HV_UNMAP_GPA_LARGE_PAGE : 0,
					      nr / step, &done, &status);
		clear_slots(chunk, at, done * step,
			    READ_ONCE(rg->pt->tracked));
		at += done * step;
		nr -= done * step;
		if (err && !(err == -ENOMEM && deposit_spare(rg, status)))
			return err;
	}
	return 0;
}

/**
 * mshv_chunk_unmap - take pages of a chunk away from the guest
 * @rg: the region; its mmu.lock is held
 * @index: which chunk
 * @chunk: what is mapped, updated also after an error
 * @from: first slot
 * @to: the one after the last slot
 *
 * Takes away more if that is in one mapping with them.  Remembers what the
 * guest may have written if that is tracked.  Neither sleeps nor allocates.
 *
 * Return: 0 or an errno.
 */
int mshv_chunk_unmap(struct mshv_region *rg, u64 index,
		     struct mshv_chunk *chunk, unsigned int from,
		     unsigned int to)
{
	unsigned int at, nr;
	int err = 0;

	if (chunk->slot[0] & MSHV_SLOT_LARGE)
		return unmap_run(rg, index, chunk, 0, MSHV_NR_2M, true);

	for (at = from; !err && at < to; at += nr) {
		for (nr = 0; at + nr < to; nr++)
			if (!is_mapped(chunk, at + nr))
				break;
		if (nr)
			err = unmap_run(rg, index, chunk, at, nr, false);
		else
			nr = 1;
	}
	return err;
}

/**
 * mshv_chunk_keep - keep pages from being freed
 * @chunk: the chunk; its region's mmu.lock is held
 * @from: first slot
 * @to: the one after the last slot
 *
 * For pages that the hypervisor does not take away from the guest.  They are
 * still in the owner's page tables, so they can be referenced.
 */
void mshv_chunk_keep(struct mshv_chunk *chunk, unsigned int from,
		     unsigned int to)
{
	unsigned int i;

	if (chunk->slot[0] & MSHV_SLOT_LARGE) {
		from = 0;
		to = MSHV_NR_2M;
	}
	for (i = from; i < to; i++) {
		if (!is_mapped(chunk, i) || chunk->slot[i] & MSHV_SLOT_KEPT)
			continue;
		get_page(slot_page(chunk->slot[i]));
		chunk->slot[i] |= MSHV_SLOT_KEPT;
	}
}

/**
 * mshv_chunk_drop - forget what is mapped
 * @chunk: the chunk; nobody else uses it any more
 * @unmapped: the guest does not reach any page for sure
 *
 * Return: how many pages are lost because the guest might still reach them.
 */
long mshv_chunk_drop(struct mshv_chunk *chunk, bool unmapped)
{
	unsigned int i;
	long lost = 0;

	if (unmapped) {
		clear_slots(chunk, 0, MSHV_NR_2M, false);
		return 0;
	}
	for (i = 0; i < MSHV_NR_2M; i++)
		lost += is_mapped(chunk, i);
	return lost;
}

/**
 * mshv_chunk_is_mapped - can the guest reach a page?
 * @chunk: the chunk; its region's mmu.lock is held
 * @gfn: guest page number
 *
 * Return: whether it can.
 */
bool mshv_chunk_is_mapped(const struct mshv_chunk *chunk, u64 gfn)
{
	return is_mapped(chunk, gfn % MSHV_NR_2M);
}

/**
 * mshv_chunk_was_written - was a page perhaps written, and unmapped later?
 * @chunk: the chunk; its region's mmu.lock is held
 * @gfn: guest page number
 * @clear: forget it
 *
 * Return: true if so, whether or not it is mapped again.
 */
bool mshv_chunk_was_written(struct mshv_chunk *chunk, u64 gfn, bool clear)
{
	u64 *slot = &chunk->slot[gfn % MSHV_NR_2M];
	bool written = *slot & MSHV_SLOT_WRITTEN;

	if (clear)
		*slot &= ~MSHV_SLOT_WRITTEN;
	return written;
}
