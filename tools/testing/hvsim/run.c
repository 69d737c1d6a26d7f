// SPDX-License-Identifier: GPL-2.0-only
/*
 * Entering a VP on the calling thread, and stopping one that another thread runs
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "objects.h"

/* An instruction may need several: string input to a page that is not mapped. */
#define MAX_COMPLETIONS 16

/* What a host thread needs to run VPs */
struct run_thread {
	struct fault_tap *tap;
};

/**
 * run_thread_create - make the calling thread able to run VPs
 *
 * Return: what vp_enter() wants, or NULL
 */
struct run_thread *run_thread_create(void)
{
	struct run_thread *rt = calloc(1, sizeof(*rt));

	if (rt)
		rt->tap = fault_tap_open();
	return rt;
}

/**
 * run_thread_destroy - undo run_thread_create(); any thread
 * @rt: may be NULL
 */
void run_thread_destroy(struct run_thread *rt)
{
	if (rt)
		fault_tap_close(rt->tap);
	free(rt);
}

/**
 * run_thread_tap - the thread's fault tap
 * @rt: the thread's
 *
 * Return: NULL if there is none
 */
struct fault_tap *run_thread_tap(struct run_thread *rt)
{
	return rt->tap;
}

/**
 * vp_linear_rip - RIP as KVM compares it
 * @vp: a stopped VP
 */
uint64_t vp_linear_rip(const struct vp *vp)
{
	const struct kvm_sync_regs *regs = &vp->run->s.regs;

	if (regs->sregs.efer & EFER_LMA && regs->sregs.cs.l)
		return regs->regs.rip;
	return (uint32_t)(regs->sregs.cs.base + regs->regs.rip);
}

/**
 * vp_complete - have KVM finish the instruction of the last exit
 * @vp: a stopped VP
 *
 * KVM_RUN with immediate_exit set completes what is pending and returns without
 * entering the guest, so the lock may be held. The registers are KVM's afterwards.
 */
void vp_complete(struct vp *vp)
{
	vp->run->immediate_exit = 1;
	for (int i = 0; i < MAX_COMPLETIONS && !ioctl(vp->fd, KVM_RUN, 0); i++)
		;
	kick_restore(vp->run);
	vp->run->kvm_dirty_regs = 0;
	vp->pending = PENDING_NONE;
}

/**
 * vp_complete_undone - as vp_complete(), but the registers stay as they are
 * @vp: a stopped VP
 */
void vp_complete_undone(struct vp *vp)
{
	struct kvm_regs regs = vp->run->s.regs.regs;

	vp_complete(vp);
	vp->run->s.regs.regs = regs;
	vp->run->kvm_dirty_regs = KVM_SYNC_X86_REGS;
}

/*
 * The parent left RIP at a port access: it wants the access again. KVM would
 * complete it instead. (With another RIP, KVM drops its completion.)
 */
static void settle(struct vp *vp)
{
	if (vp->pending == PENDING_PORT && vp_linear_rip(vp) == vp->pending_rip)
		vp_complete_undone(vp);
	vp->pending = PENDING_NONE;
}

/*
 * The segment registers come with the interrupt that was being delivered when they were
 * read. KVM still has it, or has delivered it: it must not get it again.
 */
static void drop_interrupt(struct vp *vp)
{
	struct kvm_sregs *sregs = &vp->run->s.regs.sregs;

	memset(sregs->interrupt_bitmap, 0, sizeof(sregs->interrupt_bitmap));
}

/* Hand KVM the registers now, not when it enters the VP. */
static void flush_registers(struct vp *vp)
{
	if (vp->run->kvm_dirty_regs & KVM_SYNC_X86_REGS)
		ioctl(vp->fd, KVM_SET_REGS, &vp->run->s.regs.regs);
	if (vp->run->kvm_dirty_regs & KVM_SYNC_X86_SREGS)
		ioctl(vp->fd, KVM_SET_SREGS, &vp->run->s.regs.sregs);
	vp->run->kvm_dirty_regs = 0;
}

static bool wants_single_step(const struct partition *pt)
{
	for (unsigned int i = 0; i < pt->nr_intercepts; i++) {
		if (pt->intercepts[i].type == HV_INTERCEPT_CPUID ||
		    pt->intercepts[i].type == HV_INTERCEPT_GLOBAL_CPUID)
			return true;
	}
	return false;
}

/* KVM ties a single step to the RIP it is asked at: registers first, then the request. */
static void update_single_step(struct vp *vp)
{
	struct kvm_guest_debug dbg = { 0 };

	if (wants_single_step(vp->pt))
		dbg.control = KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_SINGLESTEP;
	if (!dbg.control && !vp->debug_control)
		return;
	flush_registers(vp);
	ioctl(vp->fd, KVM_SET_GUEST_DEBUG, &dbg);
	vp->debug_control = dbg.control;
}

static void prepare(struct vp *vp)
{
	if (!vp->entered_once) {
		vp_apply_cpuid(vp);
		vp->entered_once = true;
	}
	regpage_read(vp);
	drop_interrupt(vp);
	settle(vp);
	/* Until its start-up IPI, KVM_RUN ignores what is in struct kvm_run. */
	if (!vp->started)
		flush_registers(vp);
	update_single_step(vp);
}

static void account_run_time(struct vp *vp, uint64_t ns)
{
	vp->run_time += ns;
	for (unsigned int i = 0; i < HV_NR_STATS_AREAS; i++) {
		uint64_t *counter = vp->stats[i].page;

		if (counter)
			counter[HV_COUNTER_RUN_TIME] = vp->run_time / 100;
	}
}

/**
 * vp_enter - run a VP on the calling thread until KVM has something to tell
 * @vp: the VP; vp_may_run()
 * @rt: the thread's
 *
 * Drops and retakes the lock.
 *
 * Return: what to do next
 */
enum vp_stop vp_enter(struct vp *vp, struct run_thread *rt)
{
	struct hv *hv = vp->pt->hv;
	enum vp_stop stop;
	uint64_t start;
	int ret, err;

	prepare(vp);
	stop = vp_check_entry(vp);
	if (stop != VP_STOP_AGAIN) {
		regpage_write(vp, false);
		return stop;
	}
	vp->running = true;
	vp->runner = pthread_self();
	pthread_mutex_unlock(&hv->lock);
	start = now_ns();
	ret = ioctl(vp->fd, KVM_RUN, 0);
	err = errno;
	kick_done(vp->run);
	start = now_ns() - start;
	pthread_mutex_lock(&hv->lock);
	vp->running = false;
	account_run_time(vp, start);
	vp->run->kvm_dirty_regs = 0;
	vp->started |= !ret;
	stop = vp_handle_exit(vp, ret ? err : 0, rt);
	/* Who emulates an access to memory may need XMM registers. */
	if (stop != VP_STOP_AGAIN || vp->hold)
		regpage_write(vp, stop == VP_STOP_INTERCEPT && vp->msg.type != HVMSG_X64_IO_PORT);
	if (vp->hold)
		pthread_cond_broadcast(&hv->objs->changed);
	return stop;
}

/**
 * vp_may_run - is there no reason against entering a VP?
 * @vp: the VP
 */
bool vp_may_run(const struct vp *vp)
{
	return !vp->explicit_suspend && !vp->intercept_suspend && !vp->dispatch_suspend &&
	       !vp->hold && !vp->dying && !vp->running;
}

/**
 * vp_kick - make the thread that runs a VP leave it
 * @vp: the VP
 */
void vp_kick(struct vp *vp)
{
	if (vp->running)
		kick(vp->runner);
}

/**
 * vp_wait - sleep until something changes
 * @hv: the machine; its lock is dropped meanwhile
 *
 * Returns after a while in any case, so that callers notice the end of the machine.
 */
void vp_wait(struct hv *hv)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += 20000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_nsec -= 1000000000;
		until.tv_sec++;
	}
	pthread_cond_timedwait(&hv->objs->changed, &hv->lock, &until);
}

/**
 * vp_hold - stop a VP and keep it stopped, to access its registers
 * @vp: the VP; must be released. May drop and retake the lock
 */
void vp_hold(struct vp *vp)
{
	vp->hold++;
	while (vp->running) {
		vp_kick(vp);
		vp_wait(vp->pt->hv);
	}
}

/**
 * vp_release - undo vp_hold()
 * @vp: the VP
 */
void vp_release(struct vp *vp)
{
	vp->hold--;
	pthread_cond_broadcast(&vp->pt->hv->objs->changed);
}
