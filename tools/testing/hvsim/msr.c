// SPDX-License-Identifier: GPL-2.0-only
/*
 * Synthetic MSRs of the L1: a table of registers; the SynIC has its own
 */
#include <errno.h>
#include <linux/kvm.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>

#include "hypercall.h"
#include "msr.h"

#define MSR_BASE		0x40000000
#define MSR_COUNT		0x2000

#define MSR_GUEST_OS_ID		0x40000000
#define MSR_HYPERCALL		0x40000001
#define MSR_VP_INDEX		0x40000002
#define MSR_RESET		0x40000003
#define MSR_VP_RUNTIME		0x40000010
#define MSR_TIME_REF_COUNT	0x40000020
#define MSR_REFERENCE_TSC	0x40000021
#define MSR_TSC_FREQUENCY	0x40000022
#define MSR_APIC_FREQUENCY	0x40000023
#define MSR_VP_ASSIST_PAGE	0x40000073
#define MSR_CRASH_P0		0x40000100
#define MSR_CRASH_P4		0x40000104
#define MSR_CRASH_CTL		0x40000105
#define MSR_TSC_INVARIANT	0x40000118

#define APIC_BUS_HZ		1000000000ULL	/* KVM's LAPIC timer counts nanoseconds */
#define REF_HZ			10000000ULL
#define CRASH_NOTIFY		(1ULL << 63)
#define CRASH_MESSAGE		(1ULL << 62)	/* P3 and P4 are address and length of a text */

/* What the guest reads to turn its TSC into reference time */
struct reference_tsc_page {
	uint32_t sequence;	/* 0: not usable */
	uint32_t reserved;
	uint64_t scale;		/* time = (tsc * scale >> 64) + offset */
	int64_t offset;
};

static bool read_guest_os_id(struct l1_vp *vp, uint32_t index, uint64_t *data)
{
	(void)index;
	*data = __atomic_load_n(&vp->hv->guest_os_id, __ATOMIC_RELAXED);
	return true;
}

/* Clearing it disables the hypercall page */
static bool write_guest_os_id(struct l1_vp *vp, uint32_t index, uint64_t data)
{
	(void)index;
	__atomic_store_n(&vp->hv->guest_os_id, data, __ATOMIC_RELAXED);
	if (!data)
		__atomic_and_fetch(&vp->hv->hypercall_msr, ~1ULL, __ATOMIC_RELAXED);
	return true;
}

static bool read_hypercall(struct l1_vp *vp, uint32_t index, uint64_t *data)
{
	(void)index;
	*data = __atomic_load_n(&vp->hv->hypercall_msr, __ATOMIC_RELAXED);
	return true;
}

static bool write_hypercall(struct l1_vp *vp, uint32_t index, uint64_t data)
{
	(void)index;
	hypercall_page_write(vp->hv, data);
	return true;
}

static bool read_vp_index(struct l1_vp *vp, uint32_t index, uint64_t *data)
{
	(void)index;
	*data = vp->index;
	return true;
}

static bool write_reset(struct l1_vp *vp, uint32_t index, uint64_t data)
{
	(void)index;
	if (data & 1)
		hv_stop(vp->hv, EXIT_L1_CRASH, "reset", "L1 asked for a reset");
	return true;
}

/* The thread's CPU time stands in for the time the VP ran */
static bool read_vp_runtime(struct l1_vp *vp, uint32_t index, uint64_t *data)
{
	struct timespec ts;

	(void)index;
	(void)vp;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	*data = ts.tv_sec * REF_HZ + ts.tv_nsec / 100;
	return true;
}

static bool read_time(struct l1_vp *vp, uint32_t index, uint64_t *data)
{
	(void)index;
	*data = hv_ref_time(vp->hv);
	return true;
}

static bool read_reference_tsc(struct l1_vp *vp, uint32_t index, uint64_t *data)
{
	(void)index;
	*data = __atomic_load_n(&vp->hv->reference_tsc_msr, __ATOMIC_RELAXED);
	return true;
}

static bool write_reference_tsc(struct l1_vp *vp, uint32_t index, uint64_t data)
{
	struct hv *hv = vp->hv;
	struct reference_tsc_page *page = l1_ram(hv, data & PAGE_MASK, PAGE_SIZE);

	(void)index;
	__atomic_store_n(&hv->reference_tsc_msr, data, __ATOMIC_RELAXED);
	if (!(data & 1) || !page)
		return true;
	page->scale = ((__uint128_t)REF_HZ << 64) / hv->tsc_hz;
	page->offset = -(int64_t)((__uint128_t)hv->ref_start_tsc * page->scale >> 64);
	__atomic_store_n(&page->sequence, 1, __ATOMIC_RELEASE);
	return true;
}

static bool read_tsc_frequency(struct l1_vp *vp, uint32_t index, uint64_t *data)
{
	(void)index;
	*data = vp->hv->tsc_hz;
	return true;
}

static bool read_apic_frequency(struct l1_vp *vp, uint32_t index, uint64_t *data)
{
	(void)index;
	(void)vp;
	*data = APIC_BUS_HZ;
	return true;
}

static bool read_vp_assist(struct l1_vp *vp, uint32_t index, uint64_t *data)
{
	(void)index;
	*data = vp->vp_assist;
	return true;
}

static bool write_vp_assist(struct l1_vp *vp, uint32_t index, uint64_t data)
{
	(void)index;
	vp->vp_assist = data;
	return true;
}

static bool read_crash_param(struct l1_vp *vp, uint32_t index, uint64_t *data)
{
	*data = vp->crash_param[index - MSR_CRASH_P0];
	return true;
}

static bool write_crash_param(struct l1_vp *vp, uint32_t index, uint64_t data)
{
	vp->crash_param[index - MSR_CRASH_P0] = data;
	return true;
}

static bool read_crash_ctl(struct l1_vp *vp, uint32_t index, uint64_t *data)
{
	(void)vp;
	(void)index;
	*data = CRASH_NOTIFY | CRASH_MESSAGE;
	return true;
}

static bool write_crash_ctl(struct l1_vp *vp, uint32_t index, uint64_t data)
{
	(void)index;
	if (data & CRASH_NOTIFY)
		crash_report(vp, data & CRASH_MESSAGE);
	return true;
}

static bool read_zero(struct l1_vp *vp, uint32_t index, uint64_t *data)
{
	(void)vp;
	(void)index;
	*data = 0;
	return true;
}

/*
 * With the guest's permission CPUID tells it that its TSC is invariant. KVM, which sees the
 * same leaves, holds that bit back until it has seen the permission too.
 */
static bool write_tsc_invariant(struct l1_vp *vp, uint32_t index, uint64_t data)
{
	struct {
		struct kvm_msrs hdr;
		struct kvm_msr_entry entry;
	} msrs = { .hdr.nmsrs = 1, .entry = { .index = index, .data = data } };

	if (data & ~1ULL)
		return false;
	ioctl(vp->fd, KVM_SET_MSRS, &msrs);
	__atomic_store_n(&vp->hv->tsc_invariant_msr, data, __ATOMIC_RELAXED);
	return true;
}

static bool read_tsc_invariant(struct l1_vp *vp, uint32_t index, uint64_t *data)
{
	(void)index;
	*data = __atomic_load_n(&vp->hv->tsc_invariant_msr, __ATOMIC_RELAXED);
	return true;
}

/**
 * struct msr - a synthetic MSR, or a range of them
 * @first: first MSR
 * @last: last MSR, inclusive
 * @read: returns false for #GP; NULL: write only
 * @write: returns false for #GP; NULL: read only
 */
struct msr {
	uint32_t first;
	uint32_t last;
	bool (*read)(struct l1_vp *vp, uint32_t index, uint64_t *data);
	bool (*write)(struct l1_vp *vp, uint32_t index, uint64_t data);
};

static const struct msr msrs[] = {
	{ MSR_GUEST_OS_ID, MSR_GUEST_OS_ID, read_guest_os_id, write_guest_os_id },
	{ MSR_HYPERCALL, MSR_HYPERCALL, read_hypercall, write_hypercall },
	{ MSR_VP_INDEX, MSR_VP_INDEX, read_vp_index, NULL },
	{ MSR_RESET, MSR_RESET, read_zero, write_reset },
	{ MSR_VP_RUNTIME, MSR_VP_RUNTIME, read_vp_runtime, NULL },
	{ MSR_TIME_REF_COUNT, MSR_TIME_REF_COUNT, read_time, NULL },
	{ MSR_REFERENCE_TSC, MSR_REFERENCE_TSC, read_reference_tsc, write_reference_tsc },
	{ MSR_TSC_FREQUENCY, MSR_TSC_FREQUENCY, read_tsc_frequency, NULL },
	{ MSR_APIC_FREQUENCY, MSR_APIC_FREQUENCY, read_apic_frequency, NULL },
	{ MSR_VP_ASSIST_PAGE, MSR_VP_ASSIST_PAGE, read_vp_assist, write_vp_assist },
	{ 0x40000080, 0x4000009f, synic_read_msr, synic_write_msr },
	{ MSR_CRASH_P0, MSR_CRASH_P4, read_crash_param, write_crash_param },
	{ MSR_CRASH_CTL, MSR_CRASH_CTL, read_crash_ctl, write_crash_ctl },
	{ MSR_TSC_INVARIANT, MSR_TSC_INVARIANT, read_tsc_invariant, write_tsc_invariant },
};

static const struct msr *msr_find(uint32_t index)
{
	for (size_t i = 0; i < ARRAY_SIZE(msrs); i++)
		if (index >= msrs[i].first && index <= msrs[i].last)
			return &msrs[i];
	return NULL;
}

/**
 * msr_exit - Serve a KVM_EXIT_X86_RDMSR or KVM_EXIT_X86_WRMSR
 * @vp: the VP
 * @run: its exit; an MSR that does not exist becomes a #GP
 */
void msr_exit(struct l1_vp *vp, struct kvm_run *run)
{
	const struct msr *msr = msr_find(run->msr.index);
	bool ok;

	if (run->exit_reason == KVM_EXIT_X86_WRMSR) {
		ok = msr && msr->write && msr->write(vp, run->msr.index, run->msr.data);
	} else {
		uint64_t data = 0;

		ok = msr && msr->read && msr->read(vp, run->msr.index, &data);
		run->msr.data = data;
	}
	run->msr.error = !ok;
}

/**
 * msr_init - Have KVM leave the synthetic MSRs to us
 * @hv: the machine
 *
 * Return: 0, or -1 and a message on stderr
 */
int msr_init(struct hv *hv)
{
	static const uint8_t deny[MSR_COUNT / 8];
	struct kvm_enable_cap cap = {
		.cap = KVM_CAP_X86_USER_SPACE_MSR,
		.args[0] = KVM_MSR_EXIT_REASON_FILTER,
	};
	struct kvm_msr_filter filter = {
		.flags = KVM_MSR_FILTER_DEFAULT_ALLOW,
		.ranges[0] = {
			.flags = KVM_MSR_FILTER_READ | KVM_MSR_FILTER_WRITE,
			.base = MSR_BASE,
			.nmsrs = MSR_COUNT,
			.bitmap = (uint8_t *)deny,
		},
	};

	if (ioctl(hv->l1_vm_fd, KVM_ENABLE_CAP, &cap) < 0 ||
	    ioctl(hv->l1_vm_fd, KVM_X86_SET_MSR_FILTER, &filter) < 0) {
		hv_log("cannot intercept MSRs: %s", strerror(errno));
		return -1;
	}
	return 0;
}
