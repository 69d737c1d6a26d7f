// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which pages a guest has accessed or written.
 */
#include <linux/align.h>
#include <linux/bitmap.h>
#include <linux/maple_tree.h>
#include <linux/overflow.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "mshv.h"
#include "region.h"

/**
 * DOC: Access bitmaps
 *
 * Reading the bits and clearing them is one step of the hypervisor.  If the
 * VMM can't be given what was read, because its buffer is bad or because a later
 * part of the range failed, those bits would be lost, and with a dirty bit the
 * contents of a page.  So a range that was cleared in vain is remembered, and
 * all of its pages count as accessed or dirty until they were reported.
 *
 * There is one such range for each kind of bit; it grows to cover all that was
 * lost.  A bit too many costs the VMM a page to copy.
 *
 * The hypervisor is asked only about pages that are mapped.  Its bits go with
 * the mapping when the host takes a page of movable memory away, but what the
 * guest has written must not be forgotten.  Once tracking was turned on, each
 * page that was writable when it was unmapped counts as dirty until that is
 * cleared, in whatever page the guest finds its data then; the chunks of the
 * region remember it.  The accessed bit is not kept: what is taken away is not
 * in use, as far as anybody knows.
 */

/* Pages copied out at once: whole bytes of the bitmap */
#define BATCH	round_down(HV_CALL_MAX_REPS, BITS_PER_BYTE)

/**
 * struct access - one ioctl while it is at work
 * @pt: the guest
 * @type: MSHV_GPAP_ACCESS_TYPE_*
 * @op: MSHV_GPAP_ACCESS_OP_*
 * @spent: what it has cost in memory
 * @states: what the hypervisor said of the pages of one batch
 * @bits: what user space gets of that
 */
struct access {
	struct mshv_partition *pt;
	u8 type;
	u8 op;
	struct hv_spent spent;
	union hv_gpa_page_access_state states[BATCH];
	DECLARE_BITMAP(bits, BATCH);
};

static union hv_gpa_page_access_state_flags hv_flags(const struct access *ac)
{
	bool dirty = ac->type == MSHV_GPAP_ACCESS_TYPE_DIRTY;
	union hv_gpa_page_access_state_flags flags = {};

	switch (ac->op) {
	case MSHV_GPAP_ACCESS_OP_CLEAR:
		/* Each kind has its own readers: never clear the other. */
		flags.clear_dirty = dirty;
		flags.clear_accessed = !dirty;
		break;
	case MSHV_GPAP_ACCESS_OP_SET:
		flags.set_dirty = dirty;
		flags.set_accessed = 1;	/* whoever writes accesses */
		break;
	}
	return flags;
}

/* From now on all of these pages have the bit, until they are reported. */
static void remember(struct mshv_gfn_range *lost, u64 gfn, u64 nr)
{
	if (!nr)
		return;
	if (lost->gfn == lost->end) {
		lost->gfn = gfn;
		lost->end = gfn + nr;
		return;
	}
	lost->gfn = min(lost->gfn, gfn);
	lost->end = max(lost->end, gfn + nr);
}

/* These were reported.  What is in the middle stays. */
static void forget(struct mshv_gfn_range *lost, u64 gfn, u64 nr)
{
	u64 end = gfn + nr;

	if (gfn <= lost->gfn && end > lost->gfn)
		lost->gfn = min(end, lost->end);
	if (end >= lost->end && gfn < lost->end)
		lost->end = max(gfn, lost->gfn);
}

/* Ask about pages that are all mapped. */
static int ask(struct access *ac, u64 gfn, unsigned int at, unsigned int nr,
	       unsigned int *nr_done, u16 *status)
{
	return hvcall_get_access(&ac->pt->hv, gfn, hv_flags(ac),
				 ac->states + at, nr, nr_done, status);
}

static bool is_mapped(const struct mshv_chunk *chunk, u64 gfn)
{
	return chunk && mshv_chunk_is_mapped(chunk, gfn);
}

/* Pages that were written in a mapping that is gone */
static void add_written(struct access *ac, struct mshv_chunk *chunk, u64 gfn,
			unsigned int at, unsigned int nr)
{
	bool clear = ac->op == MSHV_GPAP_ACCESS_OP_CLEAR;
	unsigned int i;

	if (!chunk || ac->type != MSHV_GPAP_ACCESS_TYPE_DIRTY)
		return;
	for (i = 0; i < nr; i++)
		if (mshv_chunk_was_written(chunk, gfn + i, clear))
			ac->states[at + i].dirty = 1;
}

/* The same for pages of one chunk, of which some may be mapped. */
static int ask_chunk(struct access *ac, struct mshv_region *rg, u64 gfn,
		     unsigned int at, unsigned int nr, unsigned int *nr_done,
		     u16 *status)
{
	struct mshv_chunk *chunk;
	unsigned int first, end, done;
	int err = 0;

	guard(mutex)(&rg->mmu.lock);
	chunk = xa_load(&rg->mmu.chunks, gfn / MSHV_NR_2M);
	for (first = 0; !err && first < nr; first = end) {
		for (end = first; end < nr; end++)
			if (!is_mapped(chunk, gfn + end))
				break;
		done = 0;
		if (end > first)
			err = ask(ac, gfn + first, at + first, end - first,
				  &done, status);
		else
			end++;
		*nr_done = err ? first + done : end;
	}
	add_written(ac, chunk, gfn, at, *nr_done);
	return err;
}

/* Some pages from @gfn on.  @nr_done: those whose bits are read and changed */
static int ask_some(struct access *ac, u64 gfn, unsigned int at,
		    unsigned int nr, unsigned int *nr_done)
{
	struct mshv_region *rg = mtree_load(&ac->pt->regions, gfn);
	u16 status = HV_STATUS_SUCCESS;
	int err;

	*nr_done = 0;
	if (!rg)
		return -ENOENT;
	nr = min(nr, rg->gfn + rg->nr_pages - gfn);
	if (rg->movable)
		err = ask_chunk(ac, rg, gfn, at,
				min(nr, MSHV_NR_2M - gfn % MSHV_NR_2M),
				nr_done, &status);
	else
		err = ask(ac, gfn, at, nr, nr_done, &status);
	if (err == -ENOMEM && hv_status_needs_memory(status))
		err = hvcall_deposit_more(&ac->pt->hv, status, &ac->spent, 0);
	return err;
}

static int read_batch(struct access *ac, u64 gfn, unsigned int nr,
		      unsigned int *nr_done)
{
	unsigned int step;
	int err = 0;

	memset(ac->states, 0, sizeof(ac->states));
	for (*nr_done = 0; !err && *nr_done < nr; *nr_done += step) {
		cond_resched();
		if (fatal_signal_pending(current))
			return -EINTR;
		err = ask_some(ac, gfn + *nr_done, *nr_done, nr - *nr_done,
			       &step);
	}
	return err;
}

static void fill_bits(struct access *ac, u64 gfn, unsigned int nr)
{
	const struct mshv_gfn_range *lost = &ac->pt->lost[ac->type];
	unsigned int i;
	bool set;

	bitmap_zero(ac->bits, BATCH);
	for (i = 0; i < nr; i++) {
		set = ac->type == MSHV_GPAP_ACCESS_TYPE_DIRTY ?
		      ac->states[i].dirty : ac->states[i].accessed;
		if (set || (gfn + i >= lost->gfn && gfn + i < lost->end))
			__set_bit(i, ac->bits);
	}
}

/* @done: pages whose bits are read and changed, also after an error */
static int report(struct access *ac, u64 gfn, u64 nr_pages, u8 __user *ubits,
		  u64 *done)
{
	unsigned int nr, nr_done;
	int err = 0;

	for (*done = 0; !err && *done < nr_pages; *done += nr_done) {
		nr = min(nr_pages - *done, BATCH);
		err = read_batch(ac, gfn + *done, nr, &nr_done);
		if (err)
			continue;
		fill_bits(ac, gfn + *done, nr);
		if (copy_to_user(ubits + *done / BITS_PER_BYTE, ac->bits,
				 DIV_ROUND_UP(nr, BITS_PER_BYTE)))
			err = -EFAULT;
	}
	return err;
}

static int check_args(const struct mshv_gpap_access_bitmap *args)
{
	u64 end;

	if (args->access_type >= MSHV_GPAP_ACCESS_TYPE_COUNT ||
	    args->access_op >= MSHV_GPAP_ACCESS_OP_COUNT ||
	    memchr_inv(args->rsvd, 0, sizeof(args->rsvd)) ||
	    !args->page_count || !args->bitmap_ptr ||
	    check_add_overflow(args->gpap_base, args->page_count, &end))
		return -EINVAL;
	return 0;
}

/**
 * mshv_access_get - report which pages of a guest were accessed or written
 * @pt: the guest; its lock is held
 * @args: kind, range, what to do with the bits, and the buffer
 *
 * Return: 0; -EINVAL for arguments that make no sense; -ENOENT where the guest
 * has no memory; -EFAULT; -EINTR on a fatal signal; -ENOMEM; else see
 * hv_call().  After an error the buffer means nothing, and no bit is lost.
 */
int mshv_access_get(struct mshv_partition *pt,
		    const struct mshv_gpap_access_bitmap *args)
{
	struct mshv_gfn_range *lost;
	u64 done;
	int err;

	lockdep_assert_held(&pt->lock);
	err = check_args(args);
	if (err)
		return err;
	struct access *ac __free(kfree) = kzalloc_obj(*ac, GFP_KERNEL_ACCOUNT);
	if (!ac)
		return -ENOMEM;
	ac->pt = pt;
	ac->type = args->access_type;
	ac->op = args->access_op;

	err = report(ac, args->gpap_base, args->page_count,
		     u64_to_user_ptr(args->bitmap_ptr), &done);
	lost = &pt->lost[ac->type];
	if (ac->op == MSHV_GPAP_ACCESS_OP_CLEAR && err)
		remember(lost, args->gpap_base, done);
	else if (ac->op == MSHV_GPAP_ACCESS_OP_CLEAR)
		forget(lost, args->gpap_base, done);
	return err;
}
