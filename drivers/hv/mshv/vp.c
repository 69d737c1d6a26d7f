// SPDX-License-Identifier: GPL-2.0-only
/*
 * Virtual processors, from creation to destruction.
 */
#include <linux/anon_inodes.h>
#include <linux/fcntl.h>
#include <linux/file.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

#include "mshv.h"
#include "trace.h"

static int map_page(struct mshv_vp *vp, struct mshv_overlay *ov, u16 type)
{
	int err = mshv_overlay_prepare(ov);

	if (err)
		return err;
	err = hvcall_map_vp_page(&vp->pt->hv, vp->index, type, &ov->gpfn);
	if (err) {
		mshv_overlay_free(ov);
		return err;
	}
	return mshv_overlay_attach(ov);
}

static void unmap_page(struct mshv_vp *vp, struct mshv_overlay *ov, u16 type)
{
	if (ov->mapped &&
	    !hvcall_unmap_vp_page(&vp->pt->hv, vp->index, type))
		ov->mapped = false;
}

/*
 * The message page is how the VP speaks to us.  A VMM can do without a register
 * page, but not every VMM knows that it may be missing: only a hypervisor that
 * says it has none gets away with it.
 */
static int map_pages(struct mshv_vp *vp)
{
	int err;

	err = map_page(vp, &vp->message, HV_VP_STATE_PAGE_INTERCEPT_MESSAGE);
	if (err)
		return err;
	err = map_page(vp, &vp->regs, HV_VP_STATE_PAGE_REGISTERS);
	if (err && err != -EOPNOTSUPP)
		return err;
	mshv_stats_map_vp(vp);
	return 0;
}

/**
 * mshv_vp_teardown - destroy what a VP has in the hypervisor
 * @vp: the VP; it is stopped, and the interrupt handler can't reach it
 */
void mshv_vp_teardown(struct mshv_vp *vp)
{
	mshv_stats_unmap_vp(vp);
	unmap_page(vp, &vp->regs, HV_VP_STATE_PAGE_REGISTERS);
	unmap_page(vp, &vp->message, HV_VP_STATE_PAGE_INTERCEPT_MESSAGE);
	/* If this fails, finalizing the partition does it. */
	hvcall_delete_vp(&vp->pt->hv, vp->index);
}

/**
 * mshv_vp_free - free a VP that mshv_vp_teardown() was called for
 * @vp: the VP; nobody has it mapped
 */
void mshv_vp_free(struct mshv_vp *vp)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(vp->stats); i++)
		mshv_overlay_free(&vp->stats[i]);
	mshv_overlay_free(&vp->regs);
	mshv_overlay_free(&vp->message);
	mutex_destroy(&vp->lock);
	kfree(vp);
}

static struct mshv_vp *alloc_vp(struct mshv_partition *pt, u32 index)
{
	struct mshv_vp *vp = kzalloc_obj(*vp, GFP_KERNEL_ACCOUNT);

	if (!vp)
		return NULL;
	vp->pt = pt;
	vp->index = index;
	mutex_init(&vp->lock);
	mshv_vp_run_init(vp);
	return vp;
}

/* Publish the VP; on success the fd is the last thing. */
static int publish(struct mshv_vp *vp, const struct file_operations *fops,
		   int fd)
{
	struct mshv_partition *pt = vp->pt;
	struct file *file;
	int err;

	err = xa_insert(&pt->vps, vp->index, vp, GFP_KERNEL_ACCOUNT);
	if (err)
		return err;

	file = anon_inode_getfile("mshv_vp", fops, vp, O_RDWR);
	if (IS_ERR(file)) {
		xa_erase(&pt->vps, vp->index);
		synchronize_rcu();
		return PTR_ERR(file);
	}
	fd_install(fd, file);
	return 0;
}

/**
 * mshv_vp_create - create a virtual processor and a fd for it
 * @pt: the partition; its lock is held.  The fd takes over a reference of the
 *	caller's, unless there is an error
 * @index: VP index
 * @fops: of the fd; its release drops that reference
 *
 * Return: the fd; -EINVAL for an index out of range; -EEXIST if there is such
 * a VP, even if its fd is closed; or another errno.
 */
int mshv_vp_create(struct mshv_partition *pt, u32 index,
		   const struct file_operations *fops)
{
	struct mshv_vp *vp;
	int err;

	lockdep_assert_held(&pt->lock);
	if (index >= MSHV_MAX_VPS)
		return -EINVAL;
	if (xa_load(&pt->vps, index))
		return -EEXIST;

	/* First what can fail before the hypervisor knows of the VP. */
	CLASS(get_unused_fd, fd)(O_CLOEXEC);
	if (fd < 0)
		return fd;
	vp = alloc_vp(pt, index);
	if (!vp)
		return -ENOMEM;

	err = hvcall_create_vp(&pt->hv, index);
	if (!err) {
		err = map_pages(vp);
		if (!err)
			err = publish(vp, fops, fd);
		if (err)
			mshv_vp_teardown(vp);
	}
	trace_mshv_vp_create(pt->hv.id, index, err);
	if (err) {
		mshv_vp_free(vp);
		return err;
	}
	return take_fd(fd);
}

/**
 * mshv_vp_mmap - map a page of a VP for the VMM
 * @vp: the VP; the mapping holds its file
 * @vma: exactly one page, shared, not executable
 *
 * Return: 0; -EINVAL for anything else; -ENODEV if there is no such page.
 */
int mshv_vp_mmap(struct mshv_vp *vp, struct vm_area_struct *vma)
{
	const struct mshv_overlay *ov;

	switch (vma->vm_pgoff) {
	case MSHV_VP_MMAP_OFFSET_REGISTERS:
		ov = &vp->regs;
		break;
	case MSHV_VP_MMAP_OFFSET_INTERCEPT_MESSAGE:
		ov = &vp->message;
		break;
	case MSHV_VP_MMAP_OFFSET_GHCB:
		return -ENODEV;
	default:
		return -EINVAL;
	}
	if (vma->vm_end - vma->vm_start != PAGE_SIZE ||
	    !(vma->vm_flags & VM_SHARED) || vma->vm_flags & VM_EXEC)
		return -EINVAL;
	if (!ov->va)
		return -ENODEV;

	vm_flags_mod(vma, VM_DONTEXPAND | VM_DONTCOPY | VM_DONTDUMP,
		     VM_MAYEXEC);
	return remap_pfn_range(vma, vma->vm_start, ov->gpfn, PAGE_SIZE,
			       vma->vm_page_prot);
}
