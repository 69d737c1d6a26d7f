// SPDX-License-Identifier: GPL-2.0-only
/*
 * The L1's VPs: a thread each, one loop with one switch; and what the rest may ask of them
 */
#include <errno.h>
#include <linux/kvm.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "devices.h"
#include "l1.h"
#include "msr.h"
#include "trace.h"

#define REF_HZ		10000000ULL
#define NSEC_PER_SEC	1000000000ULL
#define POLL_MS		50
#define JOIN_MS		10000

#define MSR_TSC		0x10
#define MSR_TSC_DEADLINE 0x6e0
#define LAPIC_TPR	0x80
#define LAPIC_ISR	0x100
#define LAPIC_IRR	0x200

/**
 * l1_ram_offset - Where a GPA of the L1 is in its memfd
 * @hv: the machine
 * @gpa: guest physical address
 * @off: offset
 *
 * Return: false if there is no RAM
 */
bool l1_ram_offset(struct hv *hv, uint64_t gpa, uint64_t *off)
{
	if (gpa >= L1_HIGH_BASE)
		gpa -= L1_HIGH_BASE - L1_LOW_MAX;
	else if (gpa >= L1_LOW_MAX)
		return false;
	*off = gpa;
	return gpa < hv->ram_size;
}

/**
 * l1_ram - Access the L1's RAM
 * @hv: the machine
 * @gpa: guest physical address
 * @len: bytes; they must not cross the device hole
 *
 * Return: a pointer, or NULL if not all of it is RAM
 */
void *l1_ram(struct hv *hv, uint64_t gpa, uint64_t len)
{
	uint64_t off;

	if (!l1_ram_offset(hv, gpa, &off) || len > hv->ram_size - off)
		return NULL;
	if (gpa < L1_LOW_MAX && len > L1_LOW_MAX - gpa)
		return NULL;
	return hv->ram + off;
}

/**
 * hv_ref_time - Reference time
 * @hv: the machine
 *
 * Return: time since the partition was created, in units of 100 ns; agrees with what the L1
 * computes from its reference TSC page
 */
uint64_t hv_ref_time(struct hv *hv)
{
	return (__uint128_t)(__builtin_ia32_rdtsc() - hv->ref_start_tsc) * REF_HZ / hv->tsc_hz;
}

/**
 * l1_timer_deadline_ns - Time until the VP's timer fires
 * @vp: the VP; the caller is its own thread
 *
 * Return: nanoseconds, 0 if it is due, UINT64_MAX if it is not armed, or has been injected
 */
uint64_t l1_timer_deadline_ns(struct l1_vp *vp)
{
	struct {
		struct kvm_msrs hdr;
		struct kvm_msr_entry deadline, now;
	} msrs = {
		.hdr.nmsrs = 2, .deadline.index = MSR_TSC_DEADLINE, .now.index = MSR_TSC,
	};

	if (ioctl(vp->fd, KVM_GET_MSRS, &msrs) != 2 || !msrs.deadline.data)
		return UINT64_MAX;
	if (msrs.deadline.data <= msrs.now.data)
		return 0;
	return (__uint128_t)(msrs.deadline.data - msrs.now.data) * NSEC_PER_SEC / vp->hv->tsc_hz;
}

/* Highest vector set in a 256-bit LAPIC register, 0 if none */
static unsigned int lapic_highest(const struct kvm_lapic_state *lapic, unsigned int reg)
{
	for (int i = 7; i >= 0; i--) {
		uint32_t word;

		memcpy(&word, lapic->regs + reg + i * 16, sizeof(word));
		if (word)
			return i * 32 + 31 - __builtin_clz(word);
	}
	return 0;
}

/**
 * l1_interrupt_pending - Does an interrupt wait for this VP?
 * @vp: the VP; the caller is its own thread
 *
 * Return: true if the VP would take an interrupt (were its interrupt flag set), or its timer
 * is due
 */
bool l1_interrupt_pending(struct l1_vp *vp)
{
	struct kvm_lapic_state lapic;
	unsigned int irr, isr, tpr;

	if (ioctl(vp->fd, KVM_GET_LAPIC, &lapic) < 0)
		return false;
	irr = lapic_highest(&lapic, LAPIC_IRR);
	isr = lapic_highest(&lapic, LAPIC_ISR);
	tpr = (uint8_t)lapic.regs[LAPIC_TPR];
	if (irr >> 4 > (isr > tpr ? isr : tpr) >> 4)
		return true;
	return l1_timer_deadline_ns(vp) == 0;
}

/**
 * hv_stopping - Is the machine about to stop?
 * @hv: the machine
 *
 * Return: true if no VP, the L1's or a child's, should be run again
 */
bool hv_stopping(struct hv *hv)
{
	return __atomic_load_n(&hv->stop, __ATOMIC_ACQUIRE);
}

/**
 * hv_stop - Stop the machine
 * @hv: the machine
 * @status: exit status
 * @reason: one word for the trace
 * @fmt: format of a line for stderr; NULL: nothing to say
 *
 * The first caller wins. Any thread may call it, whatever locks it holds.
 */
void hv_stop(struct hv *hv, int status, const char *reason, const char *fmt, ...)
{
	bool expected = false;
	char text[300];
	va_list ap;

	if (!__atomic_compare_exchange_n(&hv->claimed, &expected, true, false,
					 __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		return;
	hv->exit_status = status;
	snprintf(hv->exit_reason, sizeof(hv->exit_reason), "%s", reason);
	if (fmt) {
		va_start(ap, fmt);
		vsnprintf(text, sizeof(text), fmt, ap);
		va_end(ap);
		hv_log("%s", text);
	}
	__atomic_store_n(&hv->stop, true, __ATOMIC_RELEASE);
}

static void internal_error(struct l1_vp *vp)
{
	const struct kvm_run *run = vp->run;

	if (run->exit_reason == KVM_EXIT_INTERNAL_ERROR)
		hv_stop(vp->hv, EXIT_INTERNAL, "kvm-internal-error",
			"KVM cannot run VP %u: internal error %u", vp->index,
			run->internal.suberror);
	else if (run->exit_reason == KVM_EXIT_FAIL_ENTRY)
		hv_stop(vp->hv, EXIT_INTERNAL, "kvm-fail-entry",
			"KVM cannot enter VP %u: hardware reason %#llx", vp->index,
			run->fail_entry.hardware_entry_failure_reason);
	else
		hv_stop(vp->hv, EXIT_INTERNAL, "kvm-exit", "VP %u: unexpected KVM exit %u",
			vp->index, run->exit_reason);
}

static void handle_exit(struct l1_vp *vp)
{
	struct kvm_run *run = vp->run;

	switch (run->exit_reason) {
	case KVM_EXIT_IO:
		devices_io(vp, run);
		break;
	case KVM_EXIT_X86_RDMSR:
	case KVM_EXIT_X86_WRMSR:
		msr_exit(vp, run);
		break;
	case KVM_EXIT_MMIO:	/* nothing is there */
		memset(run->mmio.data, 0xff, sizeof(run->mmio.data));
		break;
	case KVM_EXIT_SHUTDOWN:
		crash_triple_fault(vp);
		break;
	case KVM_EXIT_INTR:
		break;
	default:
		internal_error(vp);
	}
}

static void run_once(struct l1_vp *vp)
{
	struct kvm_run *run = vp->run;
	int ret, err;

	run->kvm_valid_regs = KVM_SYNC_X86_REGS;
	ret = ioctl(vp->fd, KVM_RUN, 0);
	err = errno;
	kick_done(run);
	vp->nr_exits++;
	run->kvm_dirty_regs = 0;	/* or they would override a later KVM_SET_REGS */
	if (ret == 0)
		handle_exit(vp);
	else if (err != EINTR && err != EAGAIN)
		hv_stop(vp->hv, EXIT_INTERNAL, "kvm-run", "KVM_RUN of VP %u failed: %s",
			vp->index, strerror(err));
}

static void *vp_thread(void *arg)
{
	struct l1_vp *vp = arg;

	char name[16];

	vp->tid = gettid();
	snprintf(name, sizeof(name), "L1 VP %u", vp->index);
	pthread_setname_np(pthread_self(), name);
	kick_watch(vp->run);
	while (!hv_stopping(vp->hv))
		run_once(vp);
	return NULL;
}

/* SIGINT and SIGTERM: only l1_wait() takes them */
static void stop_signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGTERM);
}

/**
 * l1_signals - Arrange for kicks and for an orderly end
 *
 * To be called before there is a second thread: threads inherit the mask.
 */
void l1_signals(void)
{
	sigset_t set;

	kick_init();
	stop_signals(&set);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
}

/**
 * l1_start - Start the L1's VPs
 * @hv: the machine
 *
 * Return: 0, or -1 and a message on stderr
 */
int l1_start(struct hv *hv)
{
	for (unsigned int i = 0; i < hv->nr_vps; i++) {
		struct l1_vp *vp = &hv->vps[i];
		int err = pthread_create(&vp->thread, NULL, vp_thread, vp);

		if (err) {
			hv_stop(hv, EXIT_INTERNAL, "no-thread", "cannot start VP %u: %s", i,
				strerror(err));
			return -1;
		}
		hv->nr_started++;
	}
	return 0;
}

/* Sleeps for a moment; stops the machine if someone wants hvsim to end */
static void wait_moment(struct hv *hv)
{
	const struct timespec ts = { .tv_nsec = POLL_MS * 1000000L };
	sigset_t set;
	int sig;

	stop_signals(&set);
	sig = sigtimedwait(&set, NULL, &ts);
	if (sig > 0)
		hv_stop(hv, EXIT_SIGNAL + sig, "signal", "stopped by signal %d", sig);
}

/* Waits for the VP's thread to end; false if it does not */
static bool join(struct l1_vp *vp)
{
	struct timespec until;

	for (unsigned int ms = 0; ms < JOIN_MS; ms += POLL_MS) {
		kick(vp->thread);
		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_nsec += POLL_MS * 1000000L;
		if (until.tv_nsec >= (long)NSEC_PER_SEC) {
			until.tv_nsec -= NSEC_PER_SEC;
			until.tv_sec++;
		}
		if (!pthread_timedjoin_np(vp->thread, NULL, &until))
			return true;
	}
	return false;
}

/**
 * l1_wait - Wait until the machine stops, and for its VPs to end
 * @hv: the machine
 *
 * Does not return if a VP's thread does not end: nothing can be taken down then.
 */
void l1_wait(struct hv *hv)
{
	unsigned int timeout = hv->cfg->timeout;
	bool timed_out;

	for (unsigned int ms = 0; !hv_stopping(hv); ms += POLL_MS) {
		if (timeout && ms / 1000 >= timeout)
			hv_stop(hv, EXIT_TIMEOUT, "timeout", "no end after %u s", timeout);
		wait_moment(hv);
		devices_drain(hv);
		trace_flush(hv->trace);
	}
	timed_out = hv->exit_status == EXIT_TIMEOUT;
	if (timed_out)
		report_threads();
	for (unsigned int i = 0; i < hv->nr_started; i++) {
		if (!join(&hv->vps[i])) {
			hv_log("VP %u does not stop", i);
			report_threads();
			_exit(EXIT_INTERNAL);
		}
		if (timed_out)
			report_vp(&hv->vps[i]);
	}
}
