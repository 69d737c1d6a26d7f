// SPDX-License-Identifier: GPL-2.0-only
/*
 * Running a virtual processor: what both loops have in common.
 */
#include <linux/sched.h>
#include <linux/rseq.h>	/* relies on the one above */

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

/* How long the last signals of a VP may be under way */
#define DRAIN_TIMEOUT		HZ

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
		err = mshv.root_logic ? mshv_run_root(vp) : mshv_run_core(vp);
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
		mshv_vp_set_suspend(vp, HV_REGISTER_EXPLICIT_SUSPEND, true);
		return;
	}
	if (!mshv_vp_set_suspend(vp, HV_REGISTER_DISPATCH_SUSPEND, true))
		drain_signals(vp);
}
