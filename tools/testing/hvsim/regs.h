/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VP registers: what regs.c and its helpers share
 */
#ifndef HVSIM_REGS_H
#define HVSIM_REGS_H

#include <linux/kvm.h>
#include <stdbool.h>
#include <stdint.h>

#include "abi.h"

struct vp;

#define HV_REG_VP_RUNTIME	0x00090000
#define HV_REG_REFERENCE_TSC	0x00090017
#define HV_REG_CRASH_FIRST	0x00000210
#define HV_REG_CRASH_LAST	0x00000215

/**
 * struct access - one hypercall's access to a VP's registers
 * @vp: the VP, stopped
 * @set: write
 * @have_fpu: @fpu is read, and written back at the end if @set
 * @have_debug: the same of @debug
 * @have_events: the same of @events
 */
struct access {
	struct vp *vp;
	bool set;
	bool have_fpu;
	bool have_debug;
	bool have_events;
	struct kvm_fpu fpu;
	struct kvm_debugregs debug;
	struct kvm_vcpu_events events;
};

__u64 *regs_gpr(struct kvm_regs *regs, unsigned int i);
struct kvm_segment *sregs_segment(struct kvm_sregs *sregs, unsigned int i);

/* regs_ioctl.c: registers that KVM has behind ioctls. False: not known, or refused */
bool access_fpu(struct access *ac, uint32_t name, union hv_value *val);
bool access_debug(struct access *ac, uint32_t name, union hv_value *val);
bool access_events(struct access *ac, uint32_t name, union hv_value *val);
bool access_activity(struct access *ac, uint32_t name, union hv_value *val);
bool access_xcr(struct access *ac, uint32_t name, union hv_value *val);
bool access_msr(struct access *ac, uint32_t name, union hv_value *val);
bool access_finish(struct access *ac);

#endif
