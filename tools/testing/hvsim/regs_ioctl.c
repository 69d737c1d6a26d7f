// SPDX-License-Identifier: GPL-2.0-only
/*
 * VP registers that KVM has behind ioctls: FPU, debug, events, MSRs
 */
#include <string.h>
#include <sys/ioctl.h>

#include "objects.h"
#include "regs.h"

/* Layout of HV_REG_FP_CONTROL and HV_REG_XMM_CONTROL */
struct fp_control {
	uint16_t control;
	uint16_t status;
	uint8_t tag;
	uint8_t reserved;
	uint16_t last_op;
	uint64_t last_rip;
} HV_PACKED;

struct xmm_control {
	uint64_t last_rdp;
	uint32_t mxcsr;
	uint32_t mxcsr_mask;
} HV_PACKED;

static void get_fpu(const struct kvm_fpu *fpu, uint32_t name, union hv_value *val)
{
	struct fp_control fp = {
		.control = fpu->fcw, .status = fpu->fsw, .tag = fpu->ftwx,
		.last_op = fpu->last_opcode, .last_rip = fpu->last_ip,
	};
	struct xmm_control xmm = {
		.last_rdp = fpu->last_dp, .mxcsr = fpu->mxcsr, .mxcsr_mask = 0xffff,
	};

	if (name <= HV_REG_XMM15)
		memcpy(val, fpu->xmm[name - HV_REG_XMM0], 16);
	else if (name <= HV_REG_MMX7)
		memcpy(val, fpu->fpr[name - HV_REG_MMX0], 16);
	else if (name == HV_REG_FP_CONTROL)
		memcpy(val, &fp, sizeof(fp));
	else
		memcpy(val, &xmm, sizeof(xmm));
}

static void set_fpu(struct kvm_fpu *fpu, uint32_t name, const union hv_value *val)
{
	struct fp_control fp;
	struct xmm_control xmm;

	memcpy(&fp, val, sizeof(fp));
	memcpy(&xmm, val, sizeof(xmm));
	if (name <= HV_REG_XMM15) {
		memcpy(fpu->xmm[name - HV_REG_XMM0], val, 16);
	} else if (name <= HV_REG_MMX7) {
		memcpy(fpu->fpr[name - HV_REG_MMX0], val, 16);
	} else if (name == HV_REG_FP_CONTROL) {
		fpu->fcw = fp.control;
		fpu->fsw = fp.status;
		fpu->ftwx = fp.tag;
		fpu->last_opcode = fp.last_op;
		fpu->last_ip = fp.last_rip;
	} else {
		fpu->last_dp = xmm.last_rdp;
		fpu->mxcsr = xmm.mxcsr;
	}
}

/**
 * access_fpu - XMM, MMX and floating point control registers
 * @ac: the access
 * @name: register
 * @val: value
 */
bool access_fpu(struct access *ac, uint32_t name, union hv_value *val)
{
	if (!ac->have_fpu && ioctl(ac->vp->fd, KVM_GET_FPU, &ac->fpu))
		return false;
	ac->have_fpu = true;
	if (ac->set)
		set_fpu(&ac->fpu, name, val);
	else
		get_fpu(&ac->fpu, name, val);
	return true;
}

/**
 * access_debug - debug registers
 * @ac: the access
 * @name: register
 * @val: value
 */
bool access_debug(struct access *ac, uint32_t name, union hv_value *val)
{
	static const int index[] = { 0, 1, 2, 3, 6, 7 };
	int i = index[name - HV_REG_DR0];
	__u64 *reg;

	if (!ac->have_debug && ioctl(ac->vp->fd, KVM_GET_DEBUGREGS, &ac->debug))
		return false;
	ac->have_debug = true;
	reg = i == 6 ? &ac->debug.dr6 : i == 7 ? &ac->debug.dr7 : &ac->debug.db[i];
	if (ac->set)
		*reg = val->q[0];
	else
		val->q[0] = *reg;
	return true;
}

/* HV_REG_PENDING_INTERRUPTION */
#define PENDING_VALID		(1ULL << 0)
#define PENDING_TYPE(t)		((uint64_t)(t) << 1)
#define PENDING_TYPE_OF(v)	((v) >> 1 & 7)
#define PENDING_ERROR		(1ULL << 4)
#define PENDING_VECTOR(n)	((uint64_t)(n) << 16)
#define PENDING_VECTOR_OF(v)	((v) >> 16 & 0xffff)
#define PENDING_CODE_SHIFT	32

#define TYPE_INTERRUPT		0
#define TYPE_NMI		2
#define TYPE_EXCEPTION		3
#define TYPE_SOFT_INTERRUPT	4

static uint64_t get_pending(const struct kvm_vcpu_events *ev)
{
	if (ev->exception.injected)
		return PENDING_VALID | PENDING_TYPE(TYPE_EXCEPTION) |
		       PENDING_VECTOR(ev->exception.nr) |
		       (ev->exception.has_error_code ? PENDING_ERROR : 0) |
		       (uint64_t)ev->exception.error_code << PENDING_CODE_SHIFT;
	if (ev->nmi.injected)
		return PENDING_VALID | PENDING_TYPE(TYPE_NMI) | PENDING_VECTOR(2);
	if (ev->interrupt.injected)
		return PENDING_VALID | PENDING_VECTOR(ev->interrupt.nr) |
		       PENDING_TYPE(ev->interrupt.soft ? TYPE_SOFT_INTERRUPT : TYPE_INTERRUPT);
	return 0;
}

static void set_pending(struct kvm_vcpu_events *ev, uint64_t val)
{
	bool valid = val & PENDING_VALID;
	unsigned int type = PENDING_TYPE_OF(val);

	ev->exception.injected = valid && type == TYPE_EXCEPTION;
	ev->nmi.injected = valid && type == TYPE_NMI;
	ev->interrupt.injected = valid && (type == TYPE_INTERRUPT || type == TYPE_SOFT_INTERRUPT);
	ev->interrupt.soft = type == TYPE_SOFT_INTERRUPT;
	if (ev->exception.injected) {
		ev->exception.nr = PENDING_VECTOR_OF(val);
		ev->exception.has_error_code = !!(val & PENDING_ERROR);
		ev->exception.error_code = val >> PENDING_CODE_SHIFT;
	}
	if (ev->interrupt.injected)
		ev->interrupt.nr = PENDING_VECTOR_OF(val);
}

/**
 * access_events - pending interruption and interrupt state
 * @ac: the access
 * @name: register
 * @val: value
 */
bool access_events(struct access *ac, uint32_t name, union hv_value *val)
{
	struct kvm_vcpu_events *ev = &ac->events;

	if (!ac->have_events && ioctl(ac->vp->fd, KVM_GET_VCPU_EVENTS, ev))
		return false;
	ac->have_events = true;
	if (name == HV_REG_PENDING_INTERRUPTION) {
		if (ac->set)
			set_pending(ev, val->q[0]);
		else
			val->q[0] = get_pending(ev);
		return true;
	}
	if (!ac->set) {
		val->q[0] = (ev->interrupt.shadow ? 1 : 0) | (ev->nmi.masked ? 2 : 0);
		return true;
	}
	ev->interrupt.shadow = val->q[0] & 1 ? KVM_X86_SHADOW_INT_STI : 0;
	ev->nmi.masked = val->q[0] >> 1 & 1;
	return true;
}

#define ACTIVITY_STARTUP	(1U << 0)	/* waits for SIPI */
#define ACTIVITY_HALT		(1U << 1)

/**
 * access_activity - internal activity state
 * @ac: the access
 * @name: register
 * @val: value
 */
bool access_activity(struct access *ac, uint32_t name, union hv_value *val)
{
	struct kvm_mp_state mp;

	(void)name;
	if (ioctl(ac->vp->fd, KVM_GET_MP_STATE, &mp))
		return false;
	if (!ac->set) {
		if (mp.mp_state == KVM_MP_STATE_HALTED)
			val->q[0] = ACTIVITY_HALT;
		else if (mp.mp_state != KVM_MP_STATE_RUNNABLE)
			val->q[0] = ACTIVITY_STARTUP;
		return true;
	}
	if (!(ac->vp->pt->flags & HV_CREATE_LAPIC))
		return true;
	mp.mp_state = KVM_MP_STATE_RUNNABLE;
	if (val->q[0] & ACTIVITY_STARTUP)
		mp.mp_state = KVM_MP_STATE_UNINITIALIZED;
	else if (val->q[0] & ACTIVITY_HALT)
		mp.mp_state = KVM_MP_STATE_HALTED;
	return !ioctl(ac->vp->fd, KVM_SET_MP_STATE, &mp);
}

/**
 * access_xcr - XCR0
 * @ac: the access
 * @name: register
 * @val: value
 *
 * Where the CPU has no XSAVE, XCR0 is 1 and nothing else can be written.
 */
bool access_xcr(struct access *ac, uint32_t name, union hv_value *val)
{
	struct kvm_xcrs xcrs = { 0 };

	(void)name;
	if (!ac->set) {
		val->q[0] = 1;
		if (!ioctl(ac->vp->fd, KVM_GET_XCRS, &xcrs) && xcrs.nr_xcrs)
			val->q[0] = xcrs.xcrs[0].value;
		return true;
	}
	xcrs.nr_xcrs = 1;
	xcrs.xcrs[0].value = val->q[0];
	return !ioctl(ac->vp->fd, KVM_SET_XCRS, &xcrs) || val->q[0] == 1;
}

/* MSRs by register name; ranges step by @step */
static const struct {
	uint32_t name;
	uint32_t count;
	uint32_t msr;
	uint32_t step;
} msrs[] = {
	{ 0x80000, 1, 0x10, 0 },		/* TSC */
	{ 0x80002, 1, 0xc0000102, 0 },		/* kernel GS base */
	{ 0x80004, 1, 0x277, 0 },		/* PAT */
	{ 0x80005, 1, 0x174, 0 },		/* SYSENTER CS, EIP, ESP */
	{ 0x80006, 1, 0x176, 0 },
	{ 0x80007, 1, 0x175, 0 },
	{ 0x80008, 4, 0xc0000081, 1 },		/* STAR, LSTAR, CSTAR, SFMASK */
	{ 0x8000d, 1, 0xfe, 0 },		/* MTRRs: capabilities, default, ... */
	{ 0x8000e, 1, 0x2ff, 0 },
	{ 0x80010, 8, 0x200, 2 },
	{ 0x80040, 8, 0x201, 2 },
	{ 0x80070, 1, 0x250, 0 },
	{ 0x80071, 2, 0x258, 1 },
	{ 0x80073, 8, 0x268, 1 },
	{ 0x8007b, 1, 0xc0000103, 0 },		/* TSC_AUX */
	{ 0x8007d, 1, 0x1d9, 0 },		/* DEBUGCTL */
	{ 0x80084, 1, 0x48, 0 },		/* SPEC_CTRL */
	{ 0x8008b, 1, 0xda0, 0 },		/* XSS */
	{ 0x80096, 1, 0x3b, 0 },		/* TSC_ADJUST */
};

static bool find_msr(uint32_t name, uint32_t *index)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(msrs); i++) {
		uint32_t n = name - msrs[i].name;

		if (n < msrs[i].count) {
			*index = msrs[i].msr + n * msrs[i].step;
			return true;
		}
	}
	return false;
}

/**
 * access_msr - registers that are MSRs
 * @ac: the access
 * @name: register
 * @val: value
 *
 * An MSR that this CPU does not have reads zero and can only be written with it.
 */
bool access_msr(struct access *ac, uint32_t name, union hv_value *val)
{
	struct {
		struct kvm_msrs hdr;
		struct kvm_msr_entry entry;
	} req = { .hdr.nmsrs = 1 };

	if (!find_msr(name, &req.entry.index))
		return false;
	if (!ac->set) {
		if (ioctl(ac->vp->fd, KVM_GET_MSRS, &req) == 1)
			val->q[0] = req.entry.data;
		return true;
	}
	req.entry.data = val->q[0];
	return ioctl(ac->vp->fd, KVM_SET_MSRS, &req) == 1 || !val->q[0];
}

/**
 * access_finish - write back what an access collected
 * @ac: the access
 *
 * Return: false if KVM refused a value
 */
bool access_finish(struct access *ac)
{
	bool ok = true;

	if (!ac->set)
		return true;
	if (ac->have_fpu)
		ok &= !ioctl(ac->vp->fd, KVM_SET_FPU, &ac->fpu);
	if (ac->have_debug)
		ok &= !ioctl(ac->vp->fd, KVM_SET_DEBUGREGS, &ac->debug);
	if (ac->have_events)
		ok &= !ioctl(ac->vp->fd, KVM_SET_VCPU_EVENTS, &ac->events);
	return ok;
}
