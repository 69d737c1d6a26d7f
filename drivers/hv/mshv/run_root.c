// SPDX-License-Identifier: GPL-2.0-only
/*
 * Running a virtual processor when this kernel schedules it.
 */
#include <linux/entry-virt.h>
#include <linux/rcupdate.h>
#include <linux/vtime.h>

#include "arch.h"
#include "mshv.h"
#include "trace.h"

/*
 * How long one dispatch lasts at most, in units of 100 ns: half a tick.  An
 * interrupt that comes after the last check for work and before the hypervisor
 * has taken over is handled, but does not stop the dispatch; this bounds what
 * it can cost.
 */
#define DISPATCH_TIME_SLICE	(NSEC_PER_SEC / 100 / HZ / 2)

/* How often a sleeping runner compares notes with the hypervisor's counter */
#define RESYNC_PERIOD		HZ

static bool may_dispatch(struct mshv_vp *vp)
{
	return mshv_vp_has_news(vp) || mshv_arch_vectors_pending(vp);
}

/*
 * Sleep until the hypervisor has something for this VP to run.  If a kick was
 * missed for whatever reason, its counter tells in the end.
 */
static int wait_until_kicked(struct mshv_vp *vp)
{
	struct swait_queue_head *wait = &vp->run.wait;
	long left;
	int err;

	do {
		left = swait_event_interruptible_timeout_exclusive(*wait,
								   may_dispatch(vp),
								   RESYNC_PERIOD);
	} while (!left && !mshv_stats_vp_unblocked(vp));

	err = mshv_vp_kicked(vp) ? 0 : mshv_vp_leave_reason(vp);
	trace_mshv_vp_wait(vp->pt->hv.id, vp->index, err);
	if (!err)
		vp->run.blocked = false;
	return err;
}

/* One entry.  Returns 1 if something is to be done first. */
static int dispatch(struct mshv_vp *vp, struct hv_output_dispatch_vp *res)
{
	struct mshv_vp_run *run = &vp->run;
	u32 flags = 0;
	int err;

	guard(preempt)();

	local_irq_disable();
	if (xfer_to_guest_mode_work_pending() || mshv_vp_must_leave(vp)) {
		local_irq_enable();
		return 1;
	}
	vtime_account_guest_enter();
	rcu_virt_note_context_switch();
	local_irq_enable();

	/* A kick up to here is answered by what follows. */
	clear_bit(MSHV_VP_KICKED, &run->events);
	if (run->intercepted)
		flags |= HV_DISPATCH_VP_FLAG_CLEAR_INTERCEPT_SUSPEND;
	WRITE_ONCE(run->dispatched, true);
	/*
	 * Store dispatched, then load the vectors.  Who adds a vector does it
	 * the other way round, so that one of the two sees the other.
	 */
	smp_mb();
	if (mshv_arch_vectors_pending(vp))
		flags |= HV_DISPATCH_VP_FLAG_SCAN_INTERRUPT_INJECTION;

	err = hvcall_dispatch_vp(&vp->pt->hv, vp->index, flags,
				 DISPATCH_TIME_SLICE, res);

	WRITE_ONCE(run->dispatched, false);
	/* Interrupts that ended the dispatch are accounted as guest time. */
	scoped_guard(irq)
		vtime_account_guest_exit();
	return err;
}

/* The VP has nothing to run: clear what may be the reason, then wait. */
static int sleep_blocked(struct mshv_vp *vp, u32 event)
{
	int err;

	if (event == HV_VP_DISPATCH_EVENT_SUSPEND) {
		/* Each VP starts out suspended. */
		err = mshv_vp_set_suspend(vp, HV_REGISTER_EXPLICIT_SUSPEND, false);
		if (err)
			return err;
	}
	vp->run.blocked = true;
	return wait_until_kicked(vp);
}

static int do_work(struct mshv_vp *vp)
{
	int err = mshv_vp_leave_reason(vp);

	return err ?: xfer_to_guest_mode_handle_work();
}

/**
 * mshv_run_root - run a VP by dispatching it here
 * @vp: the VP; its lock is held
 *
 * Return: see "The two loops".
 */
int mshv_run_root(struct mshv_vp *vp)
{
	struct hv_output_dispatch_vp res;
	int err;

	err = vp->run.blocked ? wait_until_kicked(vp) : 0;
	while (!err) {
		err = dispatch(vp, &res);
		if (err > 0) {
			err = do_work(vp);
			continue;
		}
		if (err)
			break;
		vp->run.intercepted = false;

		switch (res.dispatch_state) {
		case HV_VP_DISPATCH_STATE_BLOCKED:
			err = sleep_blocked(vp, res.dispatch_event);
			break;
		case HV_VP_DISPATCH_STATE_READY:
			if (res.dispatch_event != HV_VP_DISPATCH_EVENT_INTERCEPT)
				break;
			vp->run.intercepted = true;
			return 0;
		default:
			err = -EIO;
		}
	}
	return err;
}
