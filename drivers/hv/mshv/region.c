// SPDX-License-Identifier: GPL-2.0-only
/*
 * Regions: which user memory is where in a guest.
 *
 * A region is movable, see region_mmu.c, or pinned, see region_pin.c.
 */
#include <linux/mm.h>
#include <linux/moduleparam.h>
#include <linux/overflow.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "mshv.h"
#include "region.h"
#include "trace.h"

/* Guest physical addresses are 52 bits wide at most. */
#define GFN_LIMIT	BIT_ULL(52 - HV_HYP_PAGE_SHIFT)

/* More would not fit the page array into a size_t-safe allocation. */
#define NR_PAGES_LIMIT	(INT_MAX / sizeof(struct page *))

bool mshv_pin_memory;
module_param_named(pin_memory, mshv_pin_memory, bool, 0444);
MODULE_PARM_DESC(pin_memory, "Pin all guest memory when it is mapped");

static u32 map_flags(u8 flags)
{
	u32 ret = HV_MAP_GPA_READABLE | HV_MAP_GPA_ADJUSTABLE;

	if (flags & BIT(MSHV_SET_MEM_BIT_WRITABLE))
		ret |= HV_MAP_GPA_WRITABLE;
	if (flags & BIT(MSHV_SET_MEM_BIT_EXECUTABLE))
		ret |= HV_MAP_GPA_EXECUTABLE;
	return ret;
}

static int check_range(const struct mshv_user_mem_region *mem)
{
	u64 nr = mem->size >> HV_HYP_PAGE_SHIFT, end;

	if (!nr || !PAGE_ALIGNED(mem->size) ||
	    !PAGE_ALIGNED(mem->userspace_addr) ||
	    memchr_inv(mem->rsvd, 0, sizeof(mem->rsvd)) ||
	    mem->flags & ~MSHV_SET_MEM_FLAGS_MASK)
		return -EINVAL;
	if (check_add_overflow(mem->guest_pfn, nr, &end) || end > GFN_LIMIT)
		return -EINVAL;
	return 0;
}

/* There may be holes, but not nothing, and no device memory. */
static int check_memory(const struct mshv_user_mem_region *mem)
{
	VMA_ITERATOR(vmi, current->mm, mem->userspace_addr);
	struct vm_area_struct *vma;
	int err = -EINVAL;

	if (!access_ok((void __user *)(uintptr_t)mem->userspace_addr,
		       mem->size))
		return -EINVAL;

	if (mmap_read_lock_killable(current->mm))
		return -EINTR;
	for_each_vma_range(vmi, vma, mem->userspace_addr + mem->size) {
		err = vma->vm_flags & (VM_IO | VM_PFNMAP) ? -EOPNOTSUPP : 0;
		if (err)
			break;
	}
	mmap_read_unlock(current->mm);
	return err;
}

static bool overlaps(struct mshv_partition *pt, u64 gfn, u64 nr)
{
	unsigned long index = gfn;

	return mt_find(&pt->regions, &index, gfn + nr - 1);
}

static int unmap(struct mshv_region *rg)
{
	int err = rg->movable ? mshv_mmu_unmap_all(rg) : mshv_region_unmap(rg);

	if (err)
		mshv_region_poison(rg, rg->gfn + rg->mapped_from, err);
	return err;
}

/* Nothing is mapped any more. */
static void free_region(struct mshv_region *rg)
{
	if (rg->movable)
		mshv_mmu_free(rg, true);
	else
		mshv_region_unpin(rg);
	kfree(rg);
}

/* Something may still be mapped. */
static void leak_region(struct mshv_region *rg)
{
	if (!rg->movable) {
		atomic_long_add(rg->nr_pages, &mshv.nr_kept_pages);
		return;
	}
	mshv_mmu_free(rg, false);
	kfree(rg);
}

static int insert(struct mshv_region *rg)
{
	int err;

	if (down_write_killable(&rg->pt->memory))
		return -EINTR;
	err = mtree_insert_range(&rg->pt->regions, rg->gfn,
				 rg->gfn + rg->nr_pages - 1, rg,
				 GFP_KERNEL_ACCOUNT);
	up_write(&rg->pt->memory);
	return err;
}

/* Faults in flight are waited for, new ones do not find the region. */
static int unmap_and_erase(struct mshv_region *rg)
{
	int err;

	if (down_write_killable(&rg->pt->memory))
		return -EINTR;
	err = unmap(rg) ? -EIO : 0;
	if (!err)
		mtree_erase(&rg->pt->regions, rg->gfn);
	up_write(&rg->pt->memory);
	return err;
}

static struct mshv_region *alloc_region(struct mshv_partition *pt,
					const struct mshv_user_mem_region *mem)
{
	struct mshv_region *rg = kzalloc_obj(*rg, GFP_KERNEL_ACCOUNT);

	if (!rg)
		return NULL;
	rg->pt = pt;
	rg->gfn = mem->guest_pfn;
	rg->nr_pages = mem->size >> HV_HYP_PAGE_SHIFT;
	rg->uaddr = mem->userspace_addr;
	rg->map_flags = map_flags(mem->flags);
	rg->movable = !mshv_pin_memory;
	return rg;
}

static int add_movable(struct mshv_region *rg)
{
	int err;

	/* Before the first fault can come */
	err = mshv_mmu_init(rg);
	if (err) {
		kfree(rg);
		return err;
	}
	err = insert(rg);
	if (err)
		free_region(rg);
	return err;
}

static int add_pinned(struct mshv_region *rg)
{
	int err;

	if (rg->nr_pages > NR_PAGES_LIMIT) {
		kfree(rg);
		return -E2BIG;
	}
	/* In the tree first: once pages are mapped there is no way to fail. */
	err = insert(rg);
	if (err) {
		kfree(rg);
		return err;
	}
	err = mshv_region_pin(rg);
	if (!err)
		err = mshv_region_map(rg);
	/* If that fails the region stays in the tree for destroy. */
	if (err && !unmap_and_erase(rg))
		free_region(rg);
	return err;
}

/**
 * mshv_region_add - give a guest a range of its owner's memory
 * @pt: the guest; its lock is held
 * @mem: what to map where, as it came from user space
 *
 * Return: 0; -EINVAL for arguments that make no sense; -EEXIST if there is
 * memory already; -EOPNOTSUPP for device memory; -ENOMEM; -EINTR; if memory is
 * pinned, -E2BIG for too much of it, else see mshv_region_pin() and hv_call().
 */
int mshv_region_add(struct mshv_partition *pt,
		    const struct mshv_user_mem_region *mem)
{
	u64 nr_pages = mem->size >> HV_HYP_PAGE_SHIFT;
	struct mshv_region *rg;
	int err;

	lockdep_assert_held(&pt->lock);

	err = check_range(mem) ?: check_memory(mem);
	if (err)
		return err;
	if (overlaps(pt, mem->guest_pfn, nr_pages))
		return -EEXIST;

	rg = alloc_region(pt, mem);
	if (!rg)
		return -ENOMEM;
	err = rg->movable ? add_movable(rg) : add_pinned(rg);
	trace_mshv_region_add(pt->hv.id, mem->guest_pfn, nr_pages, err);
	return err;
}

/**
 * mshv_region_del - take memory away from a guest
 * @pt: the guest; its lock is held
 * @mem: exactly what was mapped before; flags do not matter
 *
 * Return: 0; -ENOENT if there is nothing at that guest page; -EINVAL if there
 * is, but not this; -EINTR on a fatal signal; -EIO if the hypervisor does not
 * let go of the pages.
 */
int mshv_region_del(struct mshv_partition *pt,
		    const struct mshv_user_mem_region *mem)
{
	struct mshv_region *rg;
	int err;

	lockdep_assert_held(&pt->lock);

	err = check_range(mem);
	if (err)
		return err;
	rg = mtree_load(&pt->regions, mem->guest_pfn);
	if (!rg)
		return -ENOENT;
	if (rg->gfn != mem->guest_pfn || rg->uaddr != mem->userspace_addr ||
	    rg->nr_pages != mem->size >> HV_HYP_PAGE_SHIFT)
		return -EINVAL;

	err = unmap_and_erase(rg);
	trace_mshv_region_del(pt->hv.id, rg->gfn, rg->nr_pages, err);
	if (!err)
		free_region(rg);
	return err;
}

/**
 * mshv_regions_unmap_all - unmap all memory of a guest that is going away
 * @pt: the guest; its lock is held
 */
void mshv_regions_unmap_all(struct mshv_partition *pt)
{
	unsigned long index = 0;
	struct mshv_region *rg;

	mt_for_each(&pt->regions, rg, index, ULONG_MAX)
		unmap(rg);
}

/**
 * mshv_regions_free_all - free all regions of a guest
 * @pt: the guest; its lock is held
 * @unmapped: whatever was mapped is unmapped now for sure
 *
 * Pages that the guest might still reach are leaked.
 */
void mshv_regions_free_all(struct mshv_partition *pt, bool unmapped)
{
	unsigned long index = 0;
	struct mshv_region *rg;

	mt_for_each(&pt->regions, rg, index, ULONG_MAX) {
		if (unmapped ||
		    (!rg->movable && rg->mapped_from == rg->mapped_to))
			free_region(rg);
		else
			leak_region(rg);
	}
	mtree_destroy(&pt->regions);
}
