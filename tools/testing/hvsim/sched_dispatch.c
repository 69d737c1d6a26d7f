// SPDX-License-Identifier: GPL-2.0-only
/*
 * The root (integrated) scheduler: the L1 runs VPs by HVCALL_DISPATCH_VP
 *
 * A dispatched VP runs on the host thread of the L1 VP that asked for it. It returns
 * on an intercept, a suspend, when it halts, when its time slice is over, or when
 * the L1 VP has an interrupt to take. KVM tells nobody of the last, but we know where
 * interrupts come from: what hvsim sends itself and what the L1's VPs send each other
 * (ipi.c) goes by dispatch_interrupt(); of the L1 VP's own timer we know the time, and an
 * alarm signal ends the run then. Anything else is found by an alarm at least every
 * LONGEST_NS.
 *
 * A VP that was reported blocked is signalled when it can run again. For one that
 * halted, the monitor finds out.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "objects.h"

#define LONGEST_NS	10000000UL
#define SHORTEST_NS	1000UL

/* What the thread of an L1 VP needs for dispatches */
struct dispatcher {
	struct run_thread *rt;
	timer_t timer;
	bool has_timer;
	uint64_t alarm;		/* T: now_ns() time of the next alarm; may be over */
	bool interrupted;	/* L: dispatch_interrupt() since the last look */
	struct vp *current;	/* L: the VP that it runs */
};

static struct dispatcher *dispatcher_of(struct l1_vp *self)
{
	struct sigevent sev = { .sigev_notify = SIGEV_THREAD_ID, .sigev_signo = KICK_SIGNAL };
	struct dispatcher *dp = self->objs;

	if (dp)
		return dp;
	dp = calloc(1, sizeof(*dp));
	if (!dp)
		return NULL;
	dp->rt = run_thread_create();
	sev._sigev_un._tid = self->tid;
	dp->has_timer = dp->rt && !timer_create(CLOCK_MONOTONIC, &sev, &dp->timer);
	self->objs = dp;
	if (!dp->has_timer) {
		dispatch_release(self);
		return NULL;
	}
	return dp;
}

/**
 * dispatch_release - free what dispatches left with an L1 VP
 * @self: the L1 VP
 */
void dispatch_release(struct l1_vp *self)
{
	struct dispatcher *dp = self->objs;

	if (!dp)
		return;
	if (dp->has_timer)
		timer_delete(dp->timer);
	run_thread_destroy(dp->rt);
	free(dp);
	self->objs = NULL;
}

/*
 * Make sure that an alarm comes when the L1 VP's timer fires, or the slice ends, whichever
 * is first. One that comes too early does no harm, and is left: it costs as much as a change.
 */
static void set_alarm(struct l1_vp *self, struct dispatcher *dp, uint64_t slice_end)
{
	uint64_t now = now_ns(), ns = l1_timer_deadline_ns(self);
	struct itimerspec its = { 0 };

	if (ns > LONGEST_NS)
		ns = LONGEST_NS;
	if (slice_end < now + ns)
		ns = slice_end > now ? slice_end - now : 0;
	if (dp->alarm > now && dp->alarm <= now + ns)
		return;
	if (ns < SHORTEST_NS)
		ns = SHORTEST_NS;	/* 0 would disarm it */
	its.it_value.tv_nsec = ns;
	timer_settime(dp->timer, 0, &its, NULL);
	dp->alarm = now + ns;
}

static struct hv_out_dispatch result(uint32_t state, uint32_t event)
{
	return (struct hv_out_dispatch){ .state = state, .event = event };
}

static struct hv_out_dispatch blocked(struct vp *vp, uint32_t event)
{
	vp->blocked = true;
	notify_set_blocked(vp, true);
	return result(HV_DISPATCH_STATE_BLOCKED, event);
}

/* The VP sleeps until an interrupt; when the parent need not wait, true. */
static bool halt(struct vp *vp)
{
	uint64_t ns;

	if (!lapic_is_halted(vp) || lapic_has_work(vp))
		return false;
	ns = lapic_timer_ns(vp);
	if (!ns)
		return false;
	vp->halted = true;
	vp->wake_ns = ns == UINT64_MAX ? ns : now_ns() + ns;
	monitor_halted(vp->pt->hv);
	return true;
}

/* Is there an interrupt that the L1 VP has to take? */
static bool interrupted(struct l1_vp *self, struct dispatcher *dp)
{
	dp->interrupted = false;
	return l1_interrupt_pending(self);
}

/* Run the VP until there is a reason to return to the L1. */
static struct hv_out_dispatch dispatch_loop(struct l1_vp *self, struct vp *vp,
					    struct dispatcher *dp, uint64_t slice_end)
{
	while (!hv_stopping(self->hv) && !vp->dying) {
		if (vp->explicit_suspend || vp->dispatch_suspend)
			return blocked(vp, HV_DISPATCH_EVENT_SUSPEND);
		if (vp->intercept_suspend)
			return blocked(vp, HV_DISPATCH_EVENT_INTERCEPT);
		if (dp->interrupted && interrupted(self, dp))
			break;
		if (vp->hold) {
			vp_wait(self->hv);
			continue;
		}
		set_alarm(self, dp, slice_end);
		switch (vp_enter(vp, dp->rt)) {
		case VP_STOP_AGAIN:
			break;
		case VP_STOP_INTERCEPT:
			vp_publish_intercept(vp);
			return result(HV_DISPATCH_STATE_READY, HV_DISPATCH_EVENT_INTERCEPT);
		case VP_STOP_KICKED:
			if (halt(vp))
				return blocked(vp, HV_DISPATCH_EVENT_NONE);
			if (now_ns() >= slice_end || interrupted(self, dp))
				return result(HV_DISPATCH_STATE_READY, HV_DISPATCH_EVENT_NONE);
			break;
		}
	}
	return result(HV_DISPATCH_STATE_READY, HV_DISPATCH_EVENT_NONE);
}

/* now_ns() time when a time slice that begins now is over; 0 means: never */
static uint64_t slice_end(uint64_t slice)
{
	uint64_t now = now_ns();

	return !slice || slice > (UINT64_MAX - now) / 100 ? UINT64_MAX : now + slice * 100;
}

static void begin(struct l1_vp *self, struct vp *vp, uint32_t flags)
{
	vp->home = self;
	vp->blocked = false;
	vp->halted = false;
	notify_set_blocked(vp, false);
	if (flags & HV_DISPATCH_CLEAR_INTERCEPT_SUSPEND)
		vp->intercept_suspend = false;
	if (flags & HV_DISPATCH_SCAN_INTERRUPTS)
		regpage_take_vectors(vp);
}

/**
 * vp_dispatch - run a VP on behalf of the L1, on its VP's thread
 * @self: the L1 VP
 * @vp: the VP
 * @in: flags and time slice
 * @out: state and event
 *
 * Drops and retakes the lock.
 *
 * Return: an HV_STATUS
 */
uint16_t vp_dispatch(struct l1_vp *self, struct vp *vp, const struct hv_in_dispatch *in,
		     struct hv_out_dispatch *out)
{
	struct dispatcher *dp = dispatcher_of(self);

	if (!dp)
		return HV_STATUS_OPERATION_FAILED;
	if (vp->dispatched)
		return HV_STATUS_INVALID_VP_STATE;
	vp->dispatched = true;
	begin(self, vp, in->flags);
	dp->current = vp;
	kick_watch(vp->run);
	*out = dispatch_loop(self, vp, dp, slice_end(in->time_slice));
	kick_watch(self->run);
	dp->current = NULL;
	vp->dispatched = false;
	trace_dispatch(self->hv->trace, vp->pt->id, vp->index, out->state, out->event);
	if (vp->dying)
		pthread_cond_broadcast(&self->hv->objs->changed);
	return HV_STATUS_SUCCESS;
}

/**
 * dispatch_interrupt - an L1 VP has an interrupt to take: end its dispatch
 * @to: the L1 VP
 *
 * Under hv->lock. One that comes before the VP dispatches is not lost: it is in the L1's
 * APIC, and looked for.
 */
void dispatch_interrupt(struct l1_vp *to)
{
	struct dispatcher *dp = to->objs;

	if (!dp)
		return;
	dp->interrupted = true;
	if (dp->current)
		vp_kick(dp->current);
}

/**
 * vp_unblock - signal a VP if it was blocked and can run now
 * @vp: the VP
 */
void vp_unblock(struct vp *vp)
{
	if (!vp->blocked || vp->explicit_suspend || vp->intercept_suspend ||
	    vp->dispatch_suspend || vp->dying)
		return;
	if (vp->halted && now_ns() < vp->wake_ns && !lapic_has_work(vp))
		return;
	vp->blocked = false;
	vp->halted = false;
	notify_runnable(vp);
}
