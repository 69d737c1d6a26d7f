// SPDX-License-Identifier: GPL-2.0-only
/*
 * Running a virtual processor.
 */
#include <linux/entry-virt.h>
#include <linux/rcupdate.h>
#include <linux/rseq.h>
#include <linux/vtime.h>

#include "arch.h"
#include "mshv.h"
#include "trace.h"

/**
 * DOC: The two loops
 *
 * Both loops keep one contract: 0 when the VP stopped with a message in its
 * intercept page, a negative errno when it has to be left without one.  EINTR
 * leaves the VP where the next MSHV_RUN_VP continues it.
 *
 * Root-scheduler logic: the VP runs inside HVCALL_DISPATCH_VP, on this CPU, in
 * this thread's time.  When there is nothing for it to run, the thread sleeps
 * until the hypervisor sends a signal about it.
 *
 * Core-scheduler logic: the hypervisor runs the VP as soon as nothing suspends
 * it, and the thread sleeps until the message that the VP is stopped by an
 * intercept.
 *
 * News of a VP is a bit in run.events that is set by anyone and cleared by the
 * runner: it is not lost if it comes before the wait, and used up once.
 */

/*
 * How long one dispatch lasts at most, in units of 100 ns: half a tick.  An
 * interrupt that comes after the last check for work and before the hypervisor
 * has taken over is handled, but does not stop the dispatch; this bounds what
 * it can cost.
 */
#define DISPATCH_TIME_SLICE	(NSEC_PER_SEC / 100 / HZ / 2)

/* How long the hypervisor may take to deliver a message it owes us */
#define MESSAGE_TIMEOUT		HZ
#define DRAIN_TIMEOUT		HZ

/* How often a sleeping runner compares notes with the hypervisor's counter */
#define RESYNC_PERIOD		HZ

/**
 * mshv_vp_run_init - initialize a VP's run state
 * @vp: a new VP
 */
void mshv_vp_run_init(struct mshv_vp *vp)
{
	init_swait_queue_head(&vp->run.wait);
	atomic64_set(&vp->run.nr_signals, 0);
}

static void post_event(struct mshv_vp *vp, enum mshv_vp_event event)
{
	set_bit(event, &vp->run.events);
	/* Pairs with the barrier of the runner's prepare-to-wait. */
	smp_mb__after_atomic();
	swake_up_one(&vp->run.wait);
}

/**
 * mshv_vp_kick - the hypervisor has news of a VP
 * @vp: the VP
 *
 * Context: any, in an RCU read-side section or with a reference.
 */
void mshv_vp_kick(struct mshv_vp *vp)
{
	long nr = atomic64_inc_return(&vp->run.nr_signals);

	trace_mshv_vp_kick(vp->pt->hv.id, vp->index, nr);
	post_event(vp, MSHV_VP_KICKED);
}

/**
 * mshv_vp_wake - let a sleeping runner look around
 * @vp: the VP
 */
void mshv_vp_wake(struct mshv_vp *vp)
{
	swake_up_one(&vp->run.wait);
}

/**
 * mshv_vp_cancel - make MSHV_RUN_VP return EINTR
 * @vp: the VP
 *
 * The one under way, or if there is none, the next one.
 */
void mshv_vp_cancel(struct mshv_vp *vp)
{
	post_event(vp, MSHV_VP_CANCELED);
}

/**
 * mshv_vp_queue_vector - interrupt a VP at its next dispatch
 * @vp: the VP
 * @vector: the vector, edge-triggered
 *
 * Context: any.
 * Return: false if it has to be done in another way: there is no room, or the
 * VP is dispatched already and may not look any more.
 */
bool mshv_vp_queue_vector(struct mshv_vp *vp, u8 vector)
{
	if (!mshv_arch_queue_vector(vp, vector))
		return false;
	/*
	 * Store the vector, then load dispatched: pairs with the barrier in
	 * dispatch(), which does it the other way round.
	 */
	smp_mb();
	if (READ_ONCE(vp->run.dispatched))
		return !mshv_arch_unqueue_vector(vp, vector);
	mshv_vp_wake(vp);
	return true;
}

static bool kicked(struct mshv_vp *vp)
{
	return test_bit(MSHV_VP_KICKED, &vp->run.events);
}

static bool must_leave(struct mshv_vp *vp)
{
	return test_bit(MSHV_VP_CANCELED, &vp->run.events) ||
	       READ_ONCE(vp->pt->dead);
}

/* Why it is that the runner must leave; uses up a cancel. */
static int leave_reason(struct mshv_vp *vp)
{
	if (READ_ONCE(vp->pt->dead))
		return -ESHUTDOWN;
	if (test_and_clear_bit(MSHV_VP_CANCELED, &vp->run.events))
		return -EINTR;
	return signal_pending(current) ? -EINTR : 0;
}

/* Register writes that say what may run a VP */
static int set_suspend(struct mshv_vp *vp, u32 name, bool suspended)
{
	struct hv_register_assoc reg = {
		.name = name,
		.value.reg64 = suspended,
	};

	return hvcall_set_vp_regs(&vp->pt->hv, vp->index, &reg, 1);
}

static bool has_news(struct mshv_vp *vp)
{
	return kicked(vp) || must_leave(vp);
}

static bool may_dispatch(struct mshv_vp *vp)
{
	return has_news(vp) || mshv_arch_vectors_pending(vp);
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

	err = kicked(vp) ? 0 : leave_reason(vp);
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
	if (xfer_to_guest_mode_work_pending() || must_leave(vp)) {
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
		err = set_suspend(vp, HV_REGISTER_EXPLICIT_SUSPEND, false);
		if (err)
			return err;
	}
	vp->run.blocked = true;
	return wait_until_kicked(vp);
}

static int do_work(struct mshv_vp *vp)
{
	int err = leave_reason(vp);

	return err ?: xfer_to_guest_mode_handle_work();
}

static int run_root(struct mshv_vp *vp)
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

/*
 * Let the hypervisor run the VP.  In this order: once the explicit suspend is
 * gone the VP may be intercepted anew, and that must not be cleared.
 */
static int resume(struct mshv_vp *vp)
{
	static const struct hv_register_assoc regs[] = {
		{ .name = HV_REGISTER_INTERCEPT_SUSPEND },
		{ .name = HV_REGISTER_EXPLICIT_SUSPEND },
	};

	clear_bit(MSHV_VP_KICKED, &vp->run.events);
	return hvcall_set_vp_regs(&vp->pt->hv, vp->index, regs,
				  ARRAY_SIZE(regs));
}

/*
 * Stop the VP, which may be intercepted at the same moment.  Then a message is
 * on its way, and the VMM has to get that first.
 */
static int suspend(struct mshv_vp *vp)
{
	union hv_register_value value;
	int err;

	/* Until the contrary is known. */
	vp->run.owed = true;
	err = set_suspend(vp, HV_REGISTER_EXPLICIT_SUSPEND, true);
	if (!err)
		err = hvcall_get_vp_reg(&vp->pt->hv, vp->index,
					HV_REGISTER_INTERCEPT_SUSPEND, &value);
	if (!err)
		vp->run.owed = value.intercept_suspend.suspended;
	return err;
}

static int run_core(struct mshv_vp *vp)
{
	struct mshv_vp_run *run = &vp->run;
	int err;

	err = leave_reason(vp);
	if (err)
		return err;

	if (!run->owed) {
		err = resume(vp);
		if (err)
			return err;
	}

	swait_event_interruptible_exclusive(run->wait, has_news(vp));
	if (!kicked(vp)) {
		err = suspend(vp);
		if (err)
			return err;
		if (run->owed)
			swait_event_timeout_exclusive(run->wait, kicked(vp),
						      MESSAGE_TIMEOUT);
	}
	if (test_and_clear_bit(MSHV_VP_KICKED, &run->events)) {
		run->owed = false;
		return 0;
	}
	return leave_reason(vp) ?: -EINTR;
}

/**
 * mshv_vp_run - run a VP until the VMM has something to do
 * @vp: the VP; its lock is held
 * @msg: out: the message for the VMM
 *
 * Return: 0 with @msg filled in; -EINTR on a signal or a cancel, also one that
 * was there before; -ESHUTDOWN if this partition does not run any more;
 * -ENOMEM if there is no memory for the guest; else an errno of the hypervisor.
 */
int mshv_vp_run(struct mshv_vp *vp, struct hv_message *msg)
{
	int err;

	lockdep_assert_held(&vp->lock);

	do {
		err = mshv.root_logic ? run_root(vp) : run_core(vp);
		if (!err)
			err = mshv_intercept_take(vp, msg);
	} while (err > 0);

	if (mshv.root_logic)
		rseq_virt_userspace_exit();
	trace_mshv_run_exit(vp->pt->hv.id, vp->index,
			    err ? HVMSG_NONE : msg->header.message_type, err);
	return err;
}

static bool drained(struct mshv_vp *vp, u64 count)
{
	return (u64)atomic64_read(&vp->run.nr_signals) >= count;
}

/*
 * After DISPATCH_SUSPEND the hypervisor signals no more; wait for the signals
 * it counted before, so that none is still under way when the VP is gone.
 */
static void drain_signals(struct mshv_vp *vp)
{
	union hv_register_value count;

	if (hvcall_get_vp_reg(&vp->pt->hv, vp->index,
			      HV_REGISTER_VP_ROOT_SIGNAL_COUNT, &count))
		return;
	swait_event_timeout_exclusive(vp->run.wait, drained(vp, count.reg64),
				      DRAIN_TIMEOUT);
}

/**
 * mshv_vp_stop - see to it that a VP does not run any more
 * @vp: the VP; nobody runs it
 *
 * Takes a bounded time, whatever the hypervisor and the caller's signals do.
 */
void mshv_vp_stop(struct mshv_vp *vp)
{
	if (!mshv.root_logic) {
		set_suspend(vp, HV_REGISTER_EXPLICIT_SUSPEND, true);
		return;
	}
	if (!set_suspend(vp, HV_REGISTER_DISPATCH_SUSPEND, true))
		drain_signals(vp);
}
