// SPDX-License-Identifier: GPL-2.0-only
/*
 * The register page: registers of a stopped VP in memory that the parent has mapped
 *
 * It is valid while the VP is stopped. What the parent marks dirty is taken over
 * before the VP is entered or its registers are accessed by hypercall.
 */
#include <string.h>
#include <sys/ioctl.h>

#include "objects.h"
#include "regs.h"

static struct hv_register_page *page_of(struct vp *vp)
{
	return vp->state_page[HV_STATE_PAGE_REGISTERS].page;
}

static void read_xmm(struct vp *vp, const struct hv_register_page *pg)
{
	struct kvm_fpu fpu;

	if (ioctl(vp->fd, KVM_GET_FPU, &fpu))
		return;
	for (unsigned int i = 0; i < ARRAY_SIZE(pg->xmm); i++)
		memcpy(fpu.xmm[i], pg->xmm[i], sizeof(pg->xmm[i]));
	ioctl(vp->fd, KVM_SET_FPU, &fpu);
}

static void read_general(struct vp *vp, const struct hv_register_page *pg, uint32_t dirty)
{
	struct kvm_regs *regs = &vp->run->s.regs.regs;

	if (dirty & HV_PAGE_DIRTY_GENERAL) {
		for (unsigned int i = 0; i < ARRAY_SIZE(pg->gpr); i++)
			*regs_gpr(regs, i) = pg->gpr[i];
	}
	if (dirty & HV_PAGE_DIRTY_IP)
		regs->rip = pg->rip;
	if (dirty & HV_PAGE_DIRTY_FLAGS)
		regs->rflags = pg->rflags;
	if (dirty & (HV_PAGE_DIRTY_GENERAL | HV_PAGE_DIRTY_IP | HV_PAGE_DIRTY_FLAGS))
		vp->run->kvm_dirty_regs |= KVM_SYNC_X86_REGS;
}

/**
 * regpage_read - take over what the parent wrote
 * @vp: a stopped VP
 */
void regpage_read(struct vp *vp)
{
	struct hv_register_page *pg = page_of(vp);
	uint32_t dirty;

	if (!pg)
		return;
	dirty = __atomic_exchange_n(&pg->dirty, 0, __ATOMIC_ACQ_REL);
	if (!dirty || !pg->valid)
		return;
	read_general(vp, pg, dirty);
	if (dirty & HV_PAGE_DIRTY_SEGMENT) {
		for (unsigned int i = 0; i < ARRAY_SIZE(pg->segment); i++)
			segment_to_kvm(sregs_segment(&vp->run->s.regs.sregs, i), &pg->segment[i]);
		vp->run->kvm_dirty_regs |= KVM_SYNC_X86_SREGS;
	}
	if (dirty & HV_PAGE_DIRTY_XMM)
		read_xmm(vp, pg);
}

static void write_xmm(struct vp *vp, struct hv_register_page *pg)
{
	struct kvm_fpu fpu;

	if (ioctl(vp->fd, KVM_GET_FPU, &fpu))
		return;
	for (unsigned int i = 0; i < ARRAY_SIZE(pg->xmm); i++)
		memcpy(pg->xmm[i], fpu.xmm[i], sizeof(pg->xmm[i]));
}

/**
 * regpage_write - show the registers of a VP that has stopped
 * @vp: a stopped VP
 * @xmm: also the XMM registers, which take a while to get
 */
void regpage_write(struct vp *vp, bool xmm)
{
	struct hv_register_page *pg = page_of(vp);
	struct kvm_regs *regs = &vp->run->s.regs.regs;
	struct kvm_sregs *sregs = &vp->run->s.regs.sregs;

	if (!pg)
		return;
	pg->version = 1;
	for (unsigned int i = 0; i < ARRAY_SIZE(pg->gpr); i++)
		pg->gpr[i] = *regs_gpr(regs, i);
	pg->rip = regs->rip;
	pg->rflags = regs->rflags;
	for (unsigned int i = 0; i < ARRAY_SIZE(pg->segment); i++)
		pg->segment[i] = segment_from_kvm(sregs_segment(sregs, i));
	pg->cr0 = sregs->cr0;
	pg->cr3 = sregs->cr3;
	pg->cr4 = sregs->cr4;
	pg->cr8 = sregs->cr8;
	pg->efer = sregs->efer;
	pg->xfem = 1;
	if (xmm)
		write_xmm(vp, pg);
	__atomic_store_n(&pg->dirty, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&pg->valid, 1, __ATOMIC_RELEASE);
}

/**
 * regpage_take_vectors - inject the interrupts that the parent left in the page
 * @vp: a stopped VP, about to be entered
 */
void regpage_take_vectors(struct vp *vp)
{
	struct hv_register_page *pg = page_of(vp);
	uint8_t bytes[8];
	uint64_t vectors;

	if (!pg)
		return;
	vectors = __atomic_exchange_n(&pg->vectors, 0, __ATOMIC_ACQ_REL);
	memcpy(bytes, &vectors, sizeof(bytes));
	for (unsigned int i = 1; i <= bytes[0] && i <= HV_PAGE_MAX_VECTORS; i++)
		lapic_inject(vp, bytes[i]);
}
