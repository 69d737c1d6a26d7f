// SPDX-License-Identifier: GPL-2.0-only
/*
 * KVM's vCPUs behind the VPs of a child
 *
 * KVM can't take a vCPU out of a VM. When a VP is deleted its vCPU stays; if a VP of the
 * same index is created later, it gets that vCPU, put back to the state it was made in.
 * Only its CPUID leaves stay as they are once it has run.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "objects.h"

#define MAX_MSRS 512

/* A vCPU and the state it was made in */
struct vcpu {
	int fd;
	bool has_lapic;
	struct kvm_regs regs;
	struct kvm_sregs sregs;
	struct kvm_debugregs debug;
	struct kvm_vcpu_events events;
	struct kvm_mp_state mp_state;
	struct kvm_lapic_state lapic;
	struct kvm_xsave xsave;
	struct kvm_fpu fpu;
	struct kvm_xcrs xcrs;
	unsigned int nr_msrs;
	struct kvm_msr_entry msrs[MAX_MSRS];
};

struct one_msr {
	struct kvm_msrs head;
	struct kvm_msr_entry entry;
};

/* One at a time: a VM of some features does not have all that KVM knows. */
static void save_msrs(struct vcpu *vcpu, int kvm_fd)
{
	struct {
		struct kvm_msr_list head;
		uint32_t index[MAX_MSRS];
	} list = { .head.nmsrs = MAX_MSRS };

	if (ioctl(kvm_fd, KVM_GET_MSR_INDEX_LIST, &list))
		return;
	for (unsigned int i = 0; i < list.head.nmsrs; i++) {
		struct one_msr msr = { .head.nmsrs = 1, .entry.index = list.index[i] };

		if (ioctl(vcpu->fd, KVM_GET_MSRS, &msr) == 1)
			vcpu->msrs[vcpu->nr_msrs++] = msr.entry;
	}
}

static void restore_msrs(struct vcpu *vcpu)
{
	for (unsigned int i = 0; i < vcpu->nr_msrs; i++) {
		struct one_msr msr = { .head.nmsrs = 1, .entry = vcpu->msrs[i] };

		ioctl(vcpu->fd, KVM_SET_MSRS, &msr);	/* some are read only */
	}
}

static bool save(struct vcpu *vcpu, int kvm_fd)
{
	int fd = vcpu->fd;

	if (ioctl(fd, KVM_GET_REGS, &vcpu->regs) || ioctl(fd, KVM_GET_SREGS, &vcpu->sregs) ||
	    ioctl(fd, KVM_GET_DEBUGREGS, &vcpu->debug) ||
	    ioctl(fd, KVM_GET_VCPU_EVENTS, &vcpu->events) ||
	    ioctl(fd, KVM_GET_MP_STATE, &vcpu->mp_state) ||
	    ioctl(fd, KVM_GET_XSAVE, &vcpu->xsave) || ioctl(fd, KVM_GET_FPU, &vcpu->fpu))
		return false;
	vcpu->has_lapic = !ioctl(fd, KVM_GET_LAPIC, &vcpu->lapic);
	if (ioctl(fd, KVM_GET_XCRS, &vcpu->xcrs))
		vcpu->xcrs.nr_xcrs = 0;
	save_msrs(vcpu, kvm_fd);
	return true;
}

/*
 * What the VP had pending must be completed before. The XSAVE image says of the FPU that
 * it is in its first state, which leaves what KVM_GET_FPU returns as it was.
 */
static bool restore(struct vcpu *vcpu)
{
	struct kvm_guest_debug no_debug = { 0 };
	int fd = vcpu->fd;

	if (ioctl(fd, KVM_SET_GUEST_DEBUG, &no_debug) || ioctl(fd, KVM_SET_SREGS, &vcpu->sregs))
		return false;
	restore_msrs(vcpu);
	return !(vcpu->has_lapic && ioctl(fd, KVM_SET_LAPIC, &vcpu->lapic)) &&
	       !(vcpu->xcrs.nr_xcrs && ioctl(fd, KVM_SET_XCRS, &vcpu->xcrs)) &&
	       !ioctl(fd, KVM_SET_XSAVE, &vcpu->xsave) &&
	       !ioctl(fd, KVM_SET_FPU, &vcpu->fpu) &&
	       !ioctl(fd, KVM_SET_DEBUGREGS, &vcpu->debug) &&
	       !ioctl(fd, KVM_SET_VCPU_EVENTS, &vcpu->events) &&
	       !ioctl(fd, KVM_SET_MP_STATE, &vcpu->mp_state) &&
	       !ioctl(fd, KVM_SET_REGS, &vcpu->regs);
}

static struct vcpu *create(struct partition *pt, uint32_t index)
{
	struct vcpu *vcpu = calloc(1, sizeof(*vcpu));

	if (!vcpu)
		return NULL;
	vcpu->fd = ioctl(pt->vm_fd, KVM_CREATE_VCPU, (unsigned long)index);
	if (vcpu->fd < 0) {
		free(vcpu);
		return NULL;
	}
	pt->vcpus[index] = vcpu;
	return vcpu;
}

/**
 * vcpu_open - get the vCPU of a VP, in the reset state
 * @pt: the partition; it has no VP of this index
 * @index: VP index
 *
 * Return: its file descriptor, which stays the partition's; or -1
 */
int vcpu_open(struct partition *pt, uint32_t index)
{
	struct vcpu *vcpu = pt->vcpus[index];
	bool ok;

	if (vcpu) {
		ok = restore(vcpu);
	} else {
		vcpu = create(pt, index);
		ok = vcpu && save(vcpu, pt->hv->kvm_fd);
	}
	return ok ? vcpu->fd : -1;
}

/**
 * vcpus_close - close all vCPUs of a partition
 * @pt: the partition; its VPs are gone
 */
void vcpus_close(struct partition *pt)
{
	for (unsigned int i = 0; i < MAX_VPS; i++) {
		if (!pt->vcpus[i])
			continue;
		close(pt->vcpus[i]->fd);
		free(pt->vcpus[i]);
		pt->vcpus[i] = NULL;
	}
}
