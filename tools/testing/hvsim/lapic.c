// SPDX-License-Identifier: GPL-2.0-only
/*
 * Local APICs of a child: interrupts from outside, and when one will wake a VP
 *
 * The APICs are KVM's (split irqchip). KVM does not tell when a VP that nobody runs
 * becomes ready, so a halted VP is looked at: lapic_has_work(), lapic_timer_ns().
 */
#include <string.h>
#include <sys/ioctl.h>

#include "objects.h"

#define MSI_ADDRESS	0xfee00000U
#define MSI_ASSERT	(1U << 14)
#define MSI_LEVEL	(1U << 15)

#define APIC_ID		0x20
#define APIC_VERSION	0x30
#define APIC_TPR	0x80
#define APIC_LDR	0xd0
#define APIC_DFR	0xe0
#define APIC_SPURIOUS	0xf0
#define APIC_ISR	0x100
#define APIC_TMR	0x180
#define APIC_IRR	0x200
#define APIC_ESR	0x280
#define APIC_LVT_CMCI	0x2f0
#define APIC_ICR_LOW	0x300
#define APIC_ICR_HIGH	0x310
#define APIC_LVT_TIMER	0x320
#define APIC_LVT_THERMAL 0x330
#define APIC_LVT_PERF	0x340
#define APIC_LVT_LINT0	0x350
#define APIC_LVT_LINT1	0x360
#define APIC_LVT_ERROR	0x370
#define APIC_INITIAL	0x380
#define APIC_CURRENT	0x390
#define APIC_DIVIDE	0x3e0

#define LVT_MASKED	(1U << 16)
#define TIMER_MODE(lvt)	((lvt) >> 17 & 3)
#define TIMER_DEADLINE	2

#define MSR_TSC		0x10
#define MSR_TSC_DEADLINE 0x6e0

#define RFLAGS_IF	(1UL << 9)

static uint32_t reg(const struct kvm_lapic_state *ls, unsigned int at)
{
	uint32_t val;

	memcpy(&val, ls->regs + at, sizeof(val));
	return val;
}

static void set_reg(struct kvm_lapic_state *ls, unsigned int at, uint32_t val)
{
	memcpy(ls->regs + at, &val, sizeof(val));
}

/* Highest vector in one of the three 256-bit registers, -1 if none */
static int highest(const struct kvm_lapic_state *ls, unsigned int at)
{
	for (int i = 7; i >= 0; i--) {
		uint32_t word = reg(ls, at + 16 * i);

		if (word)
			return 32 * i + 31 - __builtin_clz(word);
	}
	return -1;
}

static uint64_t read_msr(struct vp *vp, uint32_t index)
{
	struct {
		struct kvm_msrs hdr;
		struct kvm_msr_entry entry;
	} req = { .hdr.nmsrs = 1, .entry.index = index };

	return ioctl(vp->fd, KVM_GET_MSRS, &req) == 1 ? req.entry.data : 0;
}

static bool signal_msi(struct partition *pt, uint64_t dest, uint32_t low, uint32_t data)
{
	struct kvm_msi msi = {
		.address_lo = MSI_ADDRESS | (dest & 0xff) << 12 | low,
		.address_hi = dest & 0xffffff00,
		.data = data,
	};

	return ioctl(pt->vm_fd, KVM_SIGNAL_MSI, &msi) >= 0;
}

/**
 * lapic_assert - interrupt a child
 * @pt: the partition
 * @in: what and where
 *
 * The end of a level-triggered interrupt is told to the parent, see eoi.c. It is pending once for
 * each time that it is asserted: there is no line that stays high.
 *
 * Return: an HV_STATUS
 */
uint16_t lapic_assert(struct partition *pt, const struct hv_in_assert *in)
{
	uint32_t data, type = in->control;

	if (!(pt->flags & HV_CREATE_LAPIC))
		return HV_STATUS_INVALID_PARTITION_STATE;
	if (type > HV_INTERRUPT_EXTINT || in->vector > 0xff || in->vtl)
		return HV_STATUS_INVALID_PARAMETER;
	if (type <= HV_INTERRUPT_LOWEST && in->vector < 16)
		return HV_STATUS_INVALID_PARAMETER;
	data = in->vector | type << 8 | MSI_ASSERT;
	if (in->control & HV_INTERRUPT_LEVEL && type <= HV_INTERRUPT_LOWEST) {
		if (!eoi_watch(pt, in->vector))
			return HV_STATUS_OPERATION_FAILED;
		data |= MSI_LEVEL;
	}
	/* With no APIC to accept it, an interrupt is lost, as on a real bus. */
	signal_msi(pt, in->dest, in->control & HV_INTERRUPT_LOGICAL ? 1 << 2 : 0, data);
	monitor_check(pt);
	return HV_STATUS_SUCCESS;
}

/**
 * lapic_inject - interrupt one VP
 * @vp: the VP
 * @vector: fixed, edge triggered
 */
void lapic_inject(struct vp *vp, uint8_t vector)
{
	if (vp->pt->flags & HV_CREATE_LAPIC)
		signal_msi(vp->pt, vp->index, 0, vector | MSI_ASSERT);
}

/**
 * lapic_is_halted - would KVM_RUN sleep?
 * @vp: a stopped VP
 */
bool lapic_is_halted(struct vp *vp)
{
	struct kvm_mp_state mp;

	return vp->pt->flags & HV_CREATE_LAPIC && !ioctl(vp->fd, KVM_GET_MP_STATE, &mp) &&
	       mp.mp_state != KVM_MP_STATE_RUNNABLE;
}

/**
 * lapic_has_work - is there something for a halted VP to wake up for?
 * @vp: a stopped VP
 */
bool lapic_has_work(struct vp *vp)
{
	struct kvm_vcpu_events ev;
	struct kvm_lapic_state ls;
	int irr, isr, tpr;

	if (!lapic_is_halted(vp))
		return true;
	if (!ioctl(vp->fd, KVM_GET_VCPU_EVENTS, &ev) && ev.nmi.pending)
		return true;
	if (!(vp->run->s.regs.regs.rflags & RFLAGS_IF) || ioctl(vp->fd, KVM_GET_LAPIC, &ls))
		return false;
	irr = highest(&ls, APIC_IRR);
	isr = highest(&ls, APIC_ISR);
	tpr = reg(&ls, APIC_TPR) & 0xff;
	return irr >= 0 && irr >> 4 > (isr > tpr ? isr : tpr) >> 4;
}

/**
 * lapic_timer_ns - time until a VP's APIC timer fires
 * @vp: a stopped VP
 *
 * Return: nanoseconds, UINT64_MAX if it won't
 */
uint64_t lapic_timer_ns(struct vp *vp)
{
	struct kvm_lapic_state ls;
	uint64_t deadline, now;
	uint32_t lvt;

	if (ioctl(vp->fd, KVM_GET_LAPIC, &ls))
		return UINT64_MAX;
	lvt = reg(&ls, APIC_LVT_TIMER);
	if (lvt & LVT_MASKED)
		return UINT64_MAX;
	if (TIMER_MODE(lvt) != TIMER_DEADLINE) {
		/* KVM's APIC bus runs at 1 GHz; the divider's bit 2 is missing. */
		uint32_t div = reg(&ls, APIC_DIVIDE);
		unsigned int shift = ((div & 3) | (div >> 1 & 4)) + 1;

		if (!reg(&ls, APIC_INITIAL))
			return UINT64_MAX;
		return (uint64_t)reg(&ls, APIC_CURRENT) << (shift & 7);
	}
	deadline = read_msr(vp, MSR_TSC_DEADLINE);
	now = read_msr(vp, MSR_TSC);
	if (!deadline)
		return UINT64_MAX;
	if (deadline <= now)
		return 0;
	return (__uint128_t)(deadline - now) * 1000000000 / vp->pt->hv->tsc_hz;
}

/* Single registers of the state: KVM's offset, the hypervisor's offset */
static const struct {
	uint16_t kvm;
	uint16_t hv;
} state_map[] = {
	{ APIC_VERSION, offsetof(struct hv_lapic_state, version) },
	{ APIC_LDR, offsetof(struct hv_lapic_state, ldr) },
	{ APIC_DFR, offsetof(struct hv_lapic_state, dfr) },
	{ APIC_SPURIOUS, offsetof(struct hv_lapic_state, spurious) },
	{ APIC_ESR, offsetof(struct hv_lapic_state, esr) },
	{ APIC_ICR_HIGH, offsetof(struct hv_lapic_state, icr_high) },
	{ APIC_ICR_LOW, offsetof(struct hv_lapic_state, icr_low) },
	{ APIC_LVT_TIMER, offsetof(struct hv_lapic_state, lvt_timer) },
	{ APIC_LVT_THERMAL, offsetof(struct hv_lapic_state, lvt_thermal) },
	{ APIC_LVT_PERF, offsetof(struct hv_lapic_state, lvt_perf) },
	{ APIC_LVT_LINT0, offsetof(struct hv_lapic_state, lvt_lint0) },
	{ APIC_LVT_LINT1, offsetof(struct hv_lapic_state, lvt_lint1) },
	{ APIC_LVT_ERROR, offsetof(struct hv_lapic_state, lvt_error) },
	{ APIC_LVT_CMCI, offsetof(struct hv_lapic_state, lvt_cmci) },
	{ APIC_INITIAL, offsetof(struct hv_lapic_state, initial_count) },
	{ APIC_CURRENT, offsetof(struct hv_lapic_state, current_count) },
	{ APIC_DIVIDE, offsetof(struct hv_lapic_state, divide) },
};

static bool in_x2apic(const struct vp *vp)
{
	return vp->run->s.regs.sregs.apic_base >> 10 & 1;
}

/**
 * lapic_get_state - read a VP's APIC
 * @vp: a stopped VP
 * @out: filled in
 *
 * Return: an HV_STATUS
 */
uint16_t lapic_get_state(struct vp *vp, struct hv_lapic_state *out)
{
	struct kvm_lapic_state ls;

	if (!(vp->pt->flags & HV_CREATE_LAPIC) || ioctl(vp->fd, KVM_GET_LAPIC, &ls))
		return HV_STATUS_INVALID_VP_STATE;
	*out = (struct hv_lapic_state){ 0 };
	out->id = in_x2apic(vp) ? reg(&ls, APIC_ID) : reg(&ls, APIC_ID) >> 24;
	for (unsigned int i = 0; i < ARRAY_SIZE(state_map); i++) {
		uint32_t val = reg(&ls, state_map[i].kvm);

		memcpy((uint8_t *)out + state_map[i].hv, &val, sizeof(val));
	}
	for (unsigned int i = 0; i < 8; i++) {
		out->isr[i] = reg(&ls, APIC_ISR + 16 * i);
		out->tmr[i] = reg(&ls, APIC_TMR + 16 * i);
		out->irr[i] = reg(&ls, APIC_IRR + 16 * i);
	}
	return HV_STATUS_SUCCESS;
}

/**
 * lapic_set_state - write a VP's APIC
 * @vp: a stopped VP
 * @in: new state; the id stays
 *
 * Return: an HV_STATUS
 */
uint16_t lapic_set_state(struct vp *vp, const struct hv_lapic_state *in)
{
	struct kvm_lapic_state ls;

	if (!(vp->pt->flags & HV_CREATE_LAPIC) || ioctl(vp->fd, KVM_GET_LAPIC, &ls))
		return HV_STATUS_INVALID_VP_STATE;
	for (unsigned int i = 0; i < ARRAY_SIZE(state_map); i++) {
		uint32_t val;

		memcpy(&val, (const uint8_t *)in + state_map[i].hv, sizeof(val));
		if (state_map[i].kvm != APIC_VERSION)
			set_reg(&ls, state_map[i].kvm, val);
	}
	for (unsigned int i = 0; i < 8; i++) {
		set_reg(&ls, APIC_ISR + 16 * i, in->isr[i]);
		set_reg(&ls, APIC_TMR + 16 * i, in->tmr[i]);
		set_reg(&ls, APIC_IRR + 16 * i, in->irr[i]);
	}
	if (!eoi_watch_state(vp->pt, &ls) || ioctl(vp->fd, KVM_SET_LAPIC, &ls))
		return HV_STATUS_INVALID_PARAMETER;
	return HV_STATUS_SUCCESS;
}
