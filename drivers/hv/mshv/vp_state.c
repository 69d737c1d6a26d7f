// SPDX-License-Identifier: GPL-2.0-only
/*
 * Larger pieces of a VP's state: interrupt controller, XSAVE area, SynIC.
 */
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "mshv.h"

#define MAX_SIZE	(HV_STATE_PAGES_MAX * HV_HYP_PAGE_SIZE)

static_assert(HV_HYP_PAGE_SIZE == MSHV_HV_PAGE_SIZE);
static_assert(sizeof(struct hv_synthetic_timers_state) % sizeof(u64) == 0);

/**
 * struct vp_state - one transfer of state
 * @data: what it is about
 * @size: bytes of state there are
 * @nr: pages
 * @pages: pages of ours that the hypervisor reads or fills; zeroed before
 * @pfns: their page numbers
 */
struct vp_state {
	struct hv_vp_state_data data;
	u32 size;
	unsigned int nr;
	void *pages[HV_STATE_PAGES_MAX];
	u64 pfns[HV_STATE_PAGES_MAX];
};

/* By MSHV_VP_STATE_*; the size of the XSAVE area is a property. */
static const struct {
	u32 type;
	u32 size;
} state_kinds[] = {
	[MSHV_VP_STATE_LAPIC] = {
		HV_GET_SET_VP_STATE_LAPIC_STATE, HV_HYP_PAGE_SIZE
	},
	[MSHV_VP_STATE_XSAVE] = { HV_GET_SET_VP_STATE_XSAVE, 0 },
	[MSHV_VP_STATE_SIMP] = {
		HV_GET_SET_VP_STATE_SIM_PAGE, HV_HYP_PAGE_SIZE
	},
	[MSHV_VP_STATE_SIEFP] = {
		HV_GET_SET_VP_STATE_SIEF_PAGE, HV_HYP_PAGE_SIZE
	},
	[MSHV_VP_STATE_SYNTHETIC_TIMERS] = {
		HV_GET_SET_VP_STATE_SYNTHETIC_TIMERS,
		sizeof(struct hv_synthetic_timers_state)
	},
};

static_assert(ARRAY_SIZE(state_kinds) == MSHV_VP_STATE_COUNT);

static bool by_pages(const struct vp_state *st)
{
	return st->data.type & HV_GET_SET_VP_STATE_TYPE_PFN;
}

static void free_state(struct vp_state *st)
{
	unsigned int i;

	if (!st)
		return;
	for (i = 0; i < st->nr; i++)
		free_page((unsigned long)st->pages[i]);
	kfree(st);
}

DEFINE_FREE(vp_state, struct vp_state *, free_state(_T))

static int alloc_pages_for(struct vp_state *st)
{
	unsigned int nr = DIV_ROUND_UP(st->size, HV_HYP_PAGE_SIZE);
	void *page;

	while (st->nr < nr) {
		page = (void *)get_zeroed_page(GFP_KERNEL_ACCOUNT);
		if (!page)
			return -ENOMEM;
		st->pfns[st->nr] = virt_to_phys(page) >> HV_HYP_PAGE_SHIFT;
		st->pages[st->nr++] = page;
	}
	return 0;
}

/* Which components the partition has, and how much memory they take */
static int describe_xsave(struct mshv_vp *vp, struct vp_state *st)
{
	struct hv_pt *pt = &vp->pt->hv;
	u64 size;
	int err;

	err = hvcall_get_property(pt, HV_PARTITION_PROPERTY_XSAVE_STATES,
				  &st->data.xsave.states.as_uint64);
	if (!err)
		err = hvcall_get_property(pt,
					  HV_PARTITION_PROPERTY_MAX_XSAVE_DATA_SIZE,
					  &size);
	if (err)
		return err;
	if (!size || size > MAX_SIZE)
		return -EIO;

	/* Always there, whatever the property says. */
	st->data.xsave.states.legacy_x87 = 1;
	st->data.xsave.states.legacy_sse = 1;
	st->size = size;
	return 0;
}

static int describe(struct mshv_vp *vp, struct vp_state *st, u8 type)
{
	st->data.type = state_kinds[type].type;
	st->size = state_kinds[type].size;
	return st->size ? 0 : describe_xsave(vp, st);
}

static int copy_out(const struct vp_state *st, void __user *ubuf)
{
	u32 done, step;

	for (done = 0; done < st->size; done += step) {
		step = min_t(u32, st->size - done, HV_HYP_PAGE_SIZE);
		if (copy_to_user(ubuf + done,
				 st->pages[done / HV_HYP_PAGE_SIZE], step))
			return -EFAULT;
	}
	return 0;
}

static int copy_in(struct vp_state *st, const void __user *ubuf)
{
	u32 done, step;

	for (done = 0; done < st->size; done += step) {
		step = min_t(u32, st->size - done, HV_HYP_PAGE_SIZE);
		if (copy_from_user(st->pages[done / HV_HYP_PAGE_SIZE],
				   ubuf + done, step))
			return -EFAULT;
	}
	return 0;
}

static int get_state(struct mshv_vp *vp, struct vp_state *st, void __user *ubuf)
{
	int err;

	err = hvcall_get_vp_state(&vp->pt->hv, vp->index, &st->data, st->pfns,
				  by_pages(st) ? st->nr : 0,
				  st->pages[0], st->size);
	return err ?: copy_out(st, ubuf);
}

static int set_state(struct mshv_vp *vp, struct vp_state *st,
		     const void __user *ubuf)
{
	int err = copy_in(st, ubuf);

	if (err)
		return err;
	if (!by_pages(st))
		return hvcall_set_vp_state(&vp->pt->hv, vp->index, &st->data,
					   st->pages[0], st->size);

	err = hvcall_set_vp_state(&vp->pt->hv, vp->index, &st->data, st->pfns,
				  st->nr * sizeof(st->pfns[0]));
	/* The APIC's id is part of its state. */
	if (st->data.type == HV_GET_SET_VP_STATE_LAPIC_STATE)
		mshv_irq_apic_ids_changed(vp->pt);
	return err;
}

/**
 * mshv_vp_state - read or write a piece of a VP's state
 * @vp: the VP; its lock is held, so it does not run
 * @uargs: which piece, and the buffer; its real size is written back, also if
 *	the buffer is too small
 * @set: write it
 *
 * The hypervisor sees pages of this kernel only, never those of the buffer.
 *
 * Return: 0; -EINVAL for arguments that make no sense or a buffer that is too
 * small; -EFAULT; -ENOMEM; else see hv_call().
 */
int mshv_vp_state(struct mshv_vp *vp,
		  struct mshv_get_set_vp_state __user *uargs, bool set)
{
	struct mshv_get_set_vp_state args;
	void __user *ubuf;
	int err;

	lockdep_assert_held(&vp->lock);
	if (copy_from_user(&args, uargs, sizeof(args)))
		return -EFAULT;
	if (args.type >= MSHV_VP_STATE_COUNT ||
	    memchr_inv(args.rsvd, 0, sizeof(args.rsvd)) || !args.buf_sz ||
	    !IS_ALIGNED(args.buf_sz, MSHV_HV_PAGE_SIZE) ||
	    !IS_ALIGNED(args.buf_ptr, MSHV_HV_PAGE_SIZE))
		return -EINVAL;
	ubuf = u64_to_user_ptr(args.buf_ptr);

	struct vp_state *st __free(vp_state) =
		kzalloc_obj(*st, GFP_KERNEL_ACCOUNT);
	if (!st)
		return -ENOMEM;
	err = describe(vp, st, args.type);
	if (err)
		return err;
	if (put_user(st->size, &uargs->buf_sz))
		return -EFAULT;
	if (st->size > args.buf_sz)
		return -EINVAL;

	err = alloc_pages_for(st);
	if (err)
		return err;
	return set ? set_state(vp, st, ubuf) : get_state(vp, st, ubuf);
}
