/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Running virtual processors.
 *
 * Letters before what a field means: see mshv.h.
 */
#ifndef _MSHV_RUN_H
#define _MSHV_RUN_H

#include <linux/swait.h>
#include <linux/types.h>

struct hv_message;
struct mshv_vp;

/* Bits of mshv_vp_run.events, set by anyone, consumed by the runner. */
enum mshv_vp_event {
	MSHV_VP_KICKED,		/* the hypervisor has news of this VP */
	MSHV_VP_CANCELED,	/* MSHV_RUN_VP is to return EINTR, once */
};

/**
 * struct mshv_vp_run - how far running a VP has got
 * @wait: the runner sleeps here
 * @events: Q enum mshv_vp_event
 * @nr_signals: Q messages of the hypervisor about this VP
 * @dispatched: Q it is on a CPU now (root-scheduler logic)
 * @blocked: V the hypervisor has nothing for it to run until a kick
 * @intercepted: V the VMM has its message: clear the intercept on the way in
 * @owed: V stopped with a message on its way, which is yet to be waited for
 */
struct mshv_vp_run {
	struct swait_queue_head wait;
	unsigned long events;
	atomic64_t nr_signals;
	bool dispatched;
	bool blocked;
	bool intercepted;
	bool owed;
};

/* vp_event.c */
void mshv_vp_run_init(struct mshv_vp *vp);
void mshv_vp_kick(struct mshv_vp *vp);
void mshv_vp_wake(struct mshv_vp *vp);
void mshv_vp_cancel(struct mshv_vp *vp);
bool mshv_vp_queue_vector(struct mshv_vp *vp, u8 vector);
bool mshv_vp_kicked(struct mshv_vp *vp);
bool mshv_vp_must_leave(struct mshv_vp *vp);
int mshv_vp_leave_reason(struct mshv_vp *vp);
int mshv_vp_set_suspend(struct mshv_vp *vp, u32 name, bool suspended);

/* What ends a runner's wait, whatever else it waits for */
static inline bool mshv_vp_has_news(struct mshv_vp *vp)
{
	return mshv_vp_kicked(vp) || mshv_vp_must_leave(vp);
}

/* run_root.c, run_core.c */
int mshv_run_root(struct mshv_vp *vp);
int mshv_run_core(struct mshv_vp *vp);

/* run.c */
int mshv_vp_run(struct mshv_vp *vp, struct hv_message *msg);
void mshv_vp_stop(struct mshv_vp *vp);

/* intercept.c */
int mshv_intercept_take(struct mshv_vp *vp, struct hv_message *msg);

#endif /* _MSHV_RUN_H */
