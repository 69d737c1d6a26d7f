// SPDX-License-Identifier: GPL-2.0-only
/*
 * What happens to a virtual processor while somebody runs it, or nobody does:
 * kicks, cancels, interrupts.
 */
#include <linux/sched/signal.h>

#include "arch.h"
#include "mshv.h"
#include "trace.h"

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

/**
 * mshv_vp_kicked - is there news of a VP that the runner has not taken yet?
 * @vp: the VP
 *
 * Return: true if there is.
 */
bool mshv_vp_kicked(struct mshv_vp *vp)
{
	return test_bit(MSHV_VP_KICKED, &vp->run.events);
}

/**
 * mshv_vp_must_leave - has the runner to go back to the VMM?
 * @vp: the VP
 *
 * Return: true if it was canceled or does not run any more.
 */
bool mshv_vp_must_leave(struct mshv_vp *vp)
{
	return test_bit(MSHV_VP_CANCELED, &vp->run.events) ||
	       READ_ONCE(vp->pt->dead);
}

/**
 * mshv_vp_leave_reason - why the runner has to leave; uses up a cancel
 * @vp: the VP
 *
 * Return: 0 if it need not; -EINTR; -ESHUTDOWN if it must not come back.
 */
int mshv_vp_leave_reason(struct mshv_vp *vp)
{
	if (READ_ONCE(vp->pt->dead))
		return -ESHUTDOWN;
	if (test_and_clear_bit(MSHV_VP_CANCELED, &vp->run.events))
		return -EINTR;
	return signal_pending(current) ? -EINTR : 0;
}

/**
 * mshv_vp_set_suspend - say whether a VP may run
 * @vp: the VP
 * @name: HV_REGISTER_*_SUSPEND
 * @suspended: it may not
 *
 * Return: 0 or the errno of the hypercall.
 */
int mshv_vp_set_suspend(struct mshv_vp *vp, u32 name, bool suspended)
{
	struct hv_register_assoc reg = {
		.name = name,
		.value.reg64 = suspended,
	};

	return hvcall_set_vp_regs(&vp->pt->hv, vp->index, &reg, 1);
}
