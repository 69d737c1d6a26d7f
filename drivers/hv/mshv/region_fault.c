// SPDX-License-Identifier: GPL-2.0-only
/*
 * Movable regions: mapping pages when the guest touches them.
 */
#include <linux/hmm.h>
#include <linux/mm.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "mshv.h"
#include "region.h"
#include "trace.h"

/*
 * How many pages are populated for one fault: a compromise between exits and
 * memory that nobody needs.  What the host has anyway is mapped up to 2M.
 */
#define POPULATE_PAGES		16

#define RETRY_TIME		msecs_to_jiffies(HMM_RANGE_DEFAULT_TIMEOUT)

/**
 * struct fault - a fault while it is handled
 * @rg: the region
 * @gfn: guest page number
 * @write: the guest wants to write
 * @writable: it may write, as far as region and VMA go
 * @fixed: the fault handler was called without success in sight
 * @seq: sequence count at the time of @want
 * @spent: what it has cost in memory
 * @hmm: what HMM found, from one page on
 * @pfns: room for mshv_chunk_map()
 * @want: what can be mapped
 */
struct fault {
	struct mshv_region *rg;
	u64 gfn;
	bool write;
	bool writable;
	bool fixed;
	unsigned long seq;
	struct hv_spent spent;
	union {
		unsigned long hmm[MSHV_NR_2M];
		u64 pfns[MSHV_NR_2M];
	};
	struct mshv_chunk want;
};

static u64 uaddr_of(const struct mshv_region *rg, u64 gfn)
{
	return rg->uaddr + ((gfn - rg->gfn) << PAGE_SHIFT);
}

/**
 * mshv_fault_window - which guest pages to look at for a fault
 * @rg: the region
 * @gfn: the guest page of the fault, in the region
 * @size: pages in a window, a power of 2: it is aligned in guest memory
 * @uaddr: start of the owner's memory to stay in
 * @uend: its end
 * @first: out: first guest page
 * @end: out: the one after the last
 *
 * Return: false if the page itself is out of bounds.
 */
bool mshv_fault_window(const struct mshv_region *rg, u64 gfn,
		       unsigned int size, u64 uaddr, u64 uend, u64 *first,
		       u64 *end)
{
	*first = max(ALIGN_DOWN(gfn, size), rg->gfn);
	*end = min(ALIGN_DOWN(gfn, size) + size, rg->gfn + rg->nr_pages);
	if (uaddr_of(rg, *first) < uaddr)
		*first += (uaddr - uaddr_of(rg, *first)) >> PAGE_SHIFT;
	if (uaddr_of(rg, *end) > uend)
		*end -= (uaddr_of(rg, *end) - uend) >> PAGE_SHIFT;
	return *first <= gfn && gfn < *end;
}

/**
 * mshv_fault_want - decide what to map of what HMM found
 * @want: out: what is to be mapped
 * @from: slot of the first page
 * @hmm: what HMM found
 * @nr: how many pages that are
 * @writable: map pages the owner can write to, and no others; if not, all are
 *	mapped for reading only
 */
void mshv_fault_want(struct mshv_chunk *want, unsigned int from,
		     const unsigned long *hmm, unsigned int nr, bool writable)
{
	unsigned long need = HMM_PFN_VALID | (writable ? HMM_PFN_WRITE : 0);
	u64 flags = MSHV_SLOT_MAPPED | (writable ? MSHV_SLOT_WRITABLE : 0);
	unsigned int i;

	memset(want, 0, sizeof(*want));
	for (i = 0; i < nr; i++)
		if ((hmm[i] & need) == need && !(hmm[i] & HMM_PFN_ERROR))
			want->slot[from + i] = (hmm[i] & ~HMM_PFN_FLAGS) | flags;
}

/* Let HMM look at a window, and populate it if @flags say so. */
static int look(struct fault *f, const struct vm_area_struct *vma,
		unsigned int size, unsigned long flags, u64 *first, u64 *end)
{
	struct hmm_range range = {
		.notifier = &f->rg->mmu.notifier,
		.notifier_seq = f->seq,
		.hmm_pfns = f->hmm,
		.default_flags = flags,
	};

	if (!mshv_fault_window(f->rg, f->gfn, size, vma->vm_start, vma->vm_end,
			       first, end))
		return -EFAULT;
	memset(f->hmm, 0, sizeof(f->hmm));
	range.start = uaddr_of(f->rg, *first);
	range.end = uaddr_of(f->rg, *end);
	return hmm_range_fault(&range);
}

/* Populate the page, with some around it or alone, then see what is there. */
static int find_in_vma(struct fault *f, const struct vm_area_struct *vma)
{
	unsigned long flags = HMM_PFN_REQ_FAULT;
	u64 first, end;
	int err;

	if (vma->vm_flags & (VM_IO | VM_PFNMAP))
		return -EFAULT;
	f->writable = f->rg->map_flags & HV_MAP_GPA_WRITABLE &&
		      vma->vm_flags & VM_WRITE;
	if (f->write && !f->writable)
		return -EFAULT;
	if (f->writable)
		flags |= HMM_PFN_REQ_WRITE;

	err = look(f, vma, POPULATE_PAGES, flags, &first, &end);
	if (err == -EFAULT)
		err = look(f, vma, 1, flags, &first, &end);
	if (err)
		return err;

	err = look(f, vma, MSHV_NR_2M, 0, &first, &end);
	if (err)
		return err;
	mshv_fault_want(&f->want, first % MSHV_NR_2M, f->hmm, end - first,
			f->writable);
	return f->want.slot[f->gfn % MSHV_NR_2M] ? 0 : -EBUSY;
}

/*
 * HMM can't wait for what only user space or a lot of time can provide, nor
 * say what went wrong.  Try it once as the CPU would.
 */
static int fix_up(struct fault *f)
{
	bool unlocked = false;
	int err;

	if (f->fixed)
		return -EFAULT;
	f->fixed = true;
	err = fixup_user_fault(f->rg->pt->mm, uaddr_of(f->rg, f->gfn),
			       f->writable ? FAULT_FLAG_WRITE : 0, &unlocked);
	return err ?: -EBUSY;
}

static int find_pages(struct fault *f)
{
	struct mm_struct *mm = f->rg->pt->mm;
	struct vm_area_struct *vma;
	int err = -EFAULT;

	f->seq = mmu_interval_read_begin(&f->rg->mmu.notifier);
	if (mmap_read_lock_killable(mm))
		return -EINTR;
	vma = vma_lookup(mm, uaddr_of(f->rg, f->gfn));
	if (vma) {
		err = find_in_vma(f, vma);
		if (err == -EFAULT && !(f->write && !f->writable))
			err = fix_up(f);
	}
	mmap_read_unlock(mm);
	return err;
}

static int map_pages(struct fault *f, struct mshv_chunk *chunk, u16 *status)
{
	struct mshv_region *rg = f->rg;

	guard(mutex)(&rg->mmu.lock);
	if (mmu_interval_read_retry(&rg->mmu.notifier, f->seq))
		return -EBUSY;
	return mshv_chunk_map(rg, f->gfn / MSHV_NR_2M, chunk, &f->want, f->pfns,
			      status);
}

static int try_once(struct fault *f, struct mshv_chunk *chunk)
{
	u16 status = HV_STATUS_SUCCESS;
	int err;

	if (READ_ONCE(f->rg->pt->dead))
		return -ESHUTDOWN;
	err = find_pages(f);
	if (!err)
		err = map_pages(f, chunk, &status);
	if (err == -ENOMEM && hv_status_needs_memory(status))
		err = hvcall_deposit_more(&f->rg->pt->hv, status, &f->spent,
					  0) ?: -EBUSY;
	return err;
}

static int handle(struct fault *f)
{
	struct mshv_chunk *chunk = mshv_chunk_get(f->rg, f->gfn);
	unsigned long deadline = jiffies + RETRY_TIME;
	int err;

	if (!chunk || mshv_mmu_fill_spare(f->rg))
		return -ENOMEM;
	for (;;) {
		err = try_once(f, chunk);
		if (err != -EBUSY)
			return err;
		if (signal_pending(current))
			return -EINTR;
		/* The guest can try just as well as we do. */
		if (time_after(jiffies, deadline))
			return 0;
		cond_resched();
	}
}

static bool is_allowed(const struct mshv_region *rg, u8 access)
{
	switch (access) {
	case HV_INTERCEPT_ACCESS_READ:
		return true;
	case HV_INTERCEPT_ACCESS_WRITE:
		return rg->map_flags & HV_MAP_GPA_WRITABLE;
	case HV_INTERCEPT_ACCESS_EXECUTE:
		return rg->map_flags & HV_MAP_GPA_EXECUTABLE;
	default:
		return false;
	}
}

static int handle_in(struct mshv_region *rg, u64 gfn, u8 access)
{
	struct fault *f;
	int err;

	if (!rg || !rg->movable || !is_allowed(rg, access))
		return -EFAULT;
	f = kzalloc_obj(*f);
	if (!f)
		return -ENOMEM;
	f->rg = rg;
	f->gfn = gfn;
	f->write = access == HV_INTERCEPT_ACCESS_WRITE;

	err = -EFAULT;
	if (mmget_not_zero(rg->pt->mm)) {
		err = handle(f);
		mmput(rg->pt->mm);
	}
	kfree(f);
	return err;
}

/**
 * mshv_region_fault - map memory that a guest has touched
 * @pt: the guest
 * @gfn: guest page number
 * @access: HV_INTERCEPT_ACCESS_*
 *
 * Return: 0 if the guest can try again; -EFAULT if the guest is not meant to
 * find memory there, or the owner has none; -EINTR on a signal, -ESHUTDOWN if
 * the partition does not run any more, -ENOMEM, or another errno of the
 * hypercall.
 */
int mshv_region_fault(struct mshv_partition *pt, u64 gfn, u8 access)
{
	int err;

	if (down_read_killable(&pt->memory))
		return -EINTR;
	err = handle_in(mtree_load(&pt->regions, gfn), gfn, access);
	up_read(&pt->memory);
	trace_mshv_region_fault(pt->hv.id, gfn, access, err);
	return err;
}
