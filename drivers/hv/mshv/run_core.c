// SPDX-License-Identifier: GPL-2.0-only
/*
 * Running a virtual processor when the hypervisor schedules it.
 */
#include "mshv.h"

/* How long the hypervisor may take to deliver a message it owes us */
#define MESSAGE_TIMEOUT		HZ

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
	err = mshv_vp_set_suspend(vp, HV_REGISTER_EXPLICIT_SUSPEND, true);
	if (!err)
		err = hvcall_get_vp_reg(&vp->pt->hv, vp->index,
					HV_REGISTER_INTERCEPT_SUSPEND, &value);
	if (!err)
		vp->run.owed = value.intercept_suspend.suspended;
	return err;
}

/**
 * mshv_run_core - run a VP by letting the hypervisor run it
 * @vp: the VP; its lock is held
 *
 * Return: see "The two loops".
 */
int mshv_run_core(struct mshv_vp *vp)
{
	struct mshv_vp_run *run = &vp->run;
	int err;

	err = mshv_vp_leave_reason(vp);
	if (err)
		return err;

	if (!run->owed) {
		err = resume(vp);
		if (err)
			return err;
	}

	swait_event_interruptible_exclusive(run->wait, mshv_vp_has_news(vp));
	if (!mshv_vp_kicked(vp)) {
		err = suspend(vp);
		if (err)
			return err;
		if (run->owed)
			swait_event_timeout_exclusive(run->wait, mshv_vp_kicked(vp),
						      MESSAGE_TIMEOUT);
	}
	if (test_and_clear_bit(MSHV_VP_KICKED, &run->events)) {
		run->owed = false;
		return 0;
	}
	return mshv_vp_leave_reason(vp) ?: -EINTR;
}
