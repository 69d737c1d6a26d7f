// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the hypervisor tells the L1 about a child's VP: messages on SINT0, and the
 * "dispatch thread blocked" counter
 */
#include <string.h>

#include "objects.h"

#define INTERCEPT_SINT	0
#define SINT_MASKED	(1UL << 16)
#define ENABLED		1UL

static bool takes_messages(struct l1_vp *vp)
{
	struct synic *sy = &vp->synic;
	bool yes;

	pthread_mutex_lock(&sy->lock);
	yes = sy->control & ENABLED && sy->simp & ENABLED &&
	      !(sy->sint[INTERCEPT_SINT] & SINT_MASKED);
	pthread_mutex_unlock(&sy->lock);
	return yes;
}

/*
 * The L1 VP that a VP belongs to, or another if that one is offline. Which one the
 * hypervisor would choose is not documented.
 */
static struct l1_vp *target(struct vp *vp)
{
	struct hv *hv = vp->pt->hv;

	for (unsigned int i = 0; i < hv->nr_vps; i++) {
		struct l1_vp *to = &hv->vps[(vp->home->index + i) % hv->nr_vps];

		if (takes_messages(to))
			return to;
	}
	return vp->home;
}

/**
 * notify_message - send the L1 a message about a VP
 * @vp: the VP
 * @msg: the message
 */
void notify_message(struct vp *vp, const struct hv_message *msg)
{
	struct l1_vp *to = target(vp);

	synic_post(to, INTERCEPT_SINT, msg);
	dispatch_interrupt(to);
}

/**
 * notify_intercept - the VP is suspended, its message is in its message page
 * @vp: the VP
 *
 * Without a message page the L1 gets the message itself.
 */
void notify_intercept(struct vp *vp)
{
	struct hv_message msg = {
		.type = HVMSG_OPAQUE_INTERCEPT,
		.payload_size = sizeof(struct hv_opaque_message),
		.sender = vp->pt->id,
	};
	struct hv_opaque_message opaque = { .vp_index = vp->index };

	memcpy(msg.payload.bytes, &opaque, sizeof(opaque));
	notify_message(vp, vp->state_page[HV_STATE_PAGE_MESSAGE].mapped ? &msg : &vp->msg);
}

/**
 * notify_set_blocked - tell whether the parent should wait before it dispatches a VP
 * @vp: the VP
 * @blocked: the counter in the statistics pages becomes 1, or 0
 */
void notify_set_blocked(struct vp *vp, bool blocked)
{
	for (unsigned int i = 0; i < HV_NR_STATS_AREAS; i++) {
		uint64_t *counter = vp->stats[i].page;

		if (counter)
			__atomic_store_n(&counter[HV_COUNTER_DISPATCH_BLOCKED], blocked,
					 __ATOMIC_RELEASE);
	}
}

static void signal_pair(const struct vp *vp, struct hv_message *msg)
{
	struct hv_signal_pair_message pair = { .vp_count = 1 };

	pair.partition_ids[0] = vp->pt->id;
	pair.vp_indexes[0] = vp->index;
	msg->type = HVMSG_SCHEDULER_VP_SIGNAL_PAIR;
	msg->payload_size = sizeof(pair);
	memcpy(msg->payload.bytes, &pair, sizeof(pair));
}

static void signal_bitset(const struct vp *vp, struct hv_message *msg)
{
	struct hv_signal_bitset_message set = {
		.partition_id = vp->pt->id, .vp_count = 1, .format = HV_SET_SPARSE_4K,
		.bank_mask = 1ULL << vp->index / 64,
	};

	set.banks[0] = 1ULL << vp->index % 64;
	msg->type = HVMSG_SCHEDULER_VP_SIGNAL_BITSET;
	msg->payload_size = sizeof(set);
	memcpy(msg->payload.bytes, &set, sizeof(set));
}

/**
 * notify_runnable - a blocked VP can be dispatched again
 * @vp: the VP
 *
 * The two message types take turns, so that both are exercised.
 */
void notify_runnable(struct vp *vp)
{
	struct hv_message msg = { 0 };

	notify_set_blocked(vp, false);
	if (vp->signal_count++ % 2)
		signal_pair(vp, &msg);
	else
		signal_bitset(vp, &msg);
	notify_message(vp, &msg);
}
