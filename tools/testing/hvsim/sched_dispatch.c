// SPDX-License-Identifier: GPL-2.0-only
/*
 * The root (integrated) scheduler: the L1 runs VPs by HVCALL_DISPATCH_VP
 *
 * A dispatched VP runs on the host thread of the L1 VP that asked for it. It returns
 * on an intercept, a suspend, when it halts, when its time slice is over, or when
 * the L1 VP has an interrupt to take. KVM tells nobody of the last: a timer signal
 * ends each run after TICK_NS at most, and we look. The timer goes on after a
 * dispatch, since the next is seldom far; it is stopped when it disturbs the L1.
 *
 * A VP that was reported blocked is signalled when it can run again. For one that
 * halted, the monitor thread finds out: KVM does not tell that either.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "objects.h"

#define TICK_NS		1000000L
#define TICK_SIGNAL	SIGUSR1	/* the kick's: its handler does nothing */

/* What the thread of an L1 VP needs for dispatches */
struct dispatcher {
	struct run_thread *rt;
	timer_t timer;
	bool has_timer;
	bool ticking;
	struct vp *current;	/* L: the VP that it runs */
};

static struct dispatcher *dispatcher_of(struct l1_vp *self)
{
	struct sigevent sev = { .sigev_notify = SIGEV_THREAD_ID, .sigev_signo = TICK_SIGNAL };
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

static void set_tick(struct dispatcher *dp, bool on)
{
	long ns = on ? TICK_NS : 0;
	struct itimerspec its = { .it_value.tv_nsec = ns, .it_interval.tv_nsec = ns };

	if (dp->ticking != on)
		timer_settime(dp->timer, 0, &its, NULL);
	dp->ticking = on;
}

/**
 * dispatch_rest - a signal has stopped the L1 VP's own execution
 * @self: the L1 VP; the caller is its thread
 */
void dispatch_rest(struct l1_vp *self)
{
	if (self->objs)
		set_tick(self->objs, false);
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
	return true;
}

static bool slice_over(uint64_t start, const struct hv_in_dispatch *in)
{
	return in->time_slice && now_ns() - start >= in->time_slice * 100;
}

/* Run the VP until there is a reason to return to the L1. */
static struct hv_out_dispatch dispatch_loop(struct l1_vp *self, struct vp *vp,
					    struct dispatcher *dp,
					    const struct hv_in_dispatch *in)
{
	uint64_t start = now_ns();

	while (!hv_stopping(self->hv) && !vp->dying) {
		if (vp->explicit_suspend || vp->dispatch_suspend)
			return blocked(vp, HV_DISPATCH_EVENT_SUSPEND);
		if (vp->intercept_suspend)
			return blocked(vp, HV_DISPATCH_EVENT_INTERCEPT);
		if (vp->hold) {
			vp_wait(self->hv);
			continue;
		}
		switch (vp_enter(vp, dp->rt)) {
		case VP_STOP_AGAIN:
			break;
		case VP_STOP_INTERCEPT:
			vp_publish_intercept(vp);
			return result(HV_DISPATCH_STATE_READY, HV_DISPATCH_EVENT_INTERCEPT);
		case VP_STOP_KICKED:
			if (halt(vp))
				return blocked(vp, HV_DISPATCH_EVENT_NONE);
			if (slice_over(start, in) || l1_interrupt_pending(self))
				return result(HV_DISPATCH_STATE_READY, HV_DISPATCH_EVENT_NONE);
			break;
		}
	}
	return result(HV_DISPATCH_STATE_READY, HV_DISPATCH_EVENT_NONE);
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
	set_tick(dp, true);
	*out = dispatch_loop(self, vp, dp, in);
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
 */
void dispatch_interrupt(struct l1_vp *to)
{
	const struct dispatcher *dp = to->objs;

	if (dp && dp->current)
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

struct monitor {
	pthread_t thread;
	bool stop;		/* L */
};

/**
 * monitor_check - look whether halted VPs of a partition have work
 * @pt: the partition
 */
void monitor_check(struct partition *pt)
{
	for (unsigned int i = 0; pt->nr_vps && i < MAX_VPS; i++) {
		if (pt->vps[i] && pt->vps[i]->halted)
			vp_unblock(pt->vps[i]);
	}
}

static void *monitor_thread(void *arg)
{
	struct timespec tick = { .tv_nsec = TICK_NS };
	struct hv *hv = arg;

	pthread_mutex_lock(&hv->lock);
	while (!hv->objs->monitor->stop) {
		for (unsigned int i = 0; i < MAX_PARTITIONS; i++) {
			if (hv->objs->partitions[i])
				monitor_check(hv->objs->partitions[i]);
		}
		pthread_mutex_unlock(&hv->lock);
		nanosleep(&tick, NULL);
		pthread_mutex_lock(&hv->lock);
	}
	pthread_mutex_unlock(&hv->lock);
	return NULL;
}

/**
 * monitor_start - start to watch halted VPs; nothing to do for the core scheduler
 * @hv: the machine, with its objects
 *
 * Return: 0, or -1
 */
int monitor_start(struct hv *hv)
{
	struct monitor *mon;

	if (!hv->objs->integrated)
		return 0;
	mon = calloc(1, sizeof(*mon));
	hv->objs->monitor = mon;
	if (mon && !pthread_create(&mon->thread, NULL, monitor_thread, hv))
		return 0;
	free(mon);
	hv->objs->monitor = NULL;
	return -1;
}

/**
 * monitor_stop - undo monitor_start()
 * @hv: the machine
 */
void monitor_stop(struct hv *hv)
{
	struct monitor *mon = hv->objs->monitor;

	if (!mon)
		return;
	pthread_mutex_lock(&hv->lock);
	mon->stop = true;
	pthread_mutex_unlock(&hv->lock);
	pthread_join(mon->thread, NULL);
	free(mon);
	hv->objs->monitor = NULL;
}
