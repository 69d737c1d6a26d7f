// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the hypervisor's messages mean.  All of this runs in hard interrupt.
 */
#define pr_fmt(fmt) "mshv: " fmt

#include <linux/bitops.h>
#include <linux/printk.h>
#include <linux/rcupdate.h>

#include "mshv.h"
#include "port.h"
#include "synic.h"
#include "trace.h"

/**
 * DOC: Messages
 *
 * The hypervisor writes a message to the slot of SINT0 and interrupts.  A table
 * keyed by type says who takes it.  Parsers only look at the message and call
 * back for each VP it names, so that one that is gone costs the others nothing.
 */

/**
 * mshv_msg_each_in_bitset - call back for each VP a bitset message names
 * @msg: the payload
 * @fn: called with the partition and the VP index
 * @arg: for @fn
 *
 * Return: VPs for which @fn returned true.
 */
unsigned int
mshv_msg_each_in_bitset(const struct hv_vp_signal_bitset_scheduler_message *msg,
			mshv_vp_fn fn, void *arg)
{
	/* Two of the quadwords are the format and the mask. */
	const unsigned int max_banks =
		ARRAY_SIZE(msg->vp_bitset.bitset_buffer) - 2;
	const u64 *banks = &msg->vp_bitset.bitset_buffer[2];
	unsigned long mask, bits;
	unsigned int bank, bit, i = 0, n = 0;

	if (msg->vp_bitset.bitset_buffer[0] != HV_GENERIC_SET_SPARSE_4K)
		return 0;

	/* Only banks in the mask are in the message, one after the other. */
	mask = msg->vp_bitset.bitset_buffer[1];
	for_each_set_bit(bank, &mask, BITS_PER_LONG) {
		if (i == max_banks)
			break;
		bits = banks[i++];
		for_each_set_bit(bit, &bits, BITS_PER_LONG)
			n += fn(arg, msg->partition_id,
				bank * HV_VCPUS_PER_SPARSE_BANK + bit);
	}
	return n;
}

/**
 * mshv_msg_each_in_pairs - call back for each VP a pair message names
 * @msg: the payload
 * @fn: called with the partition and the VP index
 * @arg: for @fn
 *
 * Return: VPs for which @fn returned true.
 */
unsigned int
mshv_msg_each_in_pairs(const struct hv_vp_signal_pair_scheduler_message *msg,
		       mshv_vp_fn fn, void *arg)
{
	unsigned int nr = min_t(unsigned int, msg->vp_count,
				HV_MESSAGE_MAX_PARTITION_VP_PAIR_COUNT);
	unsigned int i, n = 0;

	for (i = 0; i < nr; i++)
		n += fn(arg, msg->partition_ids[i], msg->vp_indexes[i]);
	return n;
}

static bool kick(void *arg, u64 partition_id, u32 vp_index)
{
	struct mshv_vp *vp;

	guard(rcu)();
	vp = mshv_vp_find_rcu(partition_id, vp_index);
	if (vp)
		mshv_vp_kick(vp);
	return vp;
}

static bool handle_bitset(const struct hv_message *msg)
{
	return mshv_msg_each_in_bitset((const void *)msg->u.payload, kick,
				       NULL);
}

static bool handle_pairs(const struct hv_message *msg)
{
	return mshv_msg_each_in_pairs((const void *)msg->u.payload, kick, NULL);
}

/* The real message is in the VP's intercept page. */
static bool handle_intercept(const struct hv_message *msg)
{
	const struct hv_opaque_intercept_message *payload =
		(const void *)msg->u.payload;

	return kick(NULL, msg->header.sender, payload->vp_index);
}

static bool handle_async_done(const struct hv_message *msg)
{
	const struct hv_async_completion_message_payload *payload =
		(const void *)msg->u.payload;
	struct mshv_partition *pt;

	guard(rcu)();
	pt = mshv_partition_find_rcu(payload->partition_id);
	if (pt)
		mshv_partition_async_done(pt, payload->status);
	return pt;
}

/* Not to be confused with the intercept of the same type, see there. */
static bool handle_apic_eoi(const struct hv_message *msg)
{
	const struct hv_x64_apic_eoi_message *payload =
		(const void *)msg->u.payload;
	struct mshv_partition *pt;

	guard(rcu)();
	pt = mshv_partition_find_rcu(msg->header.sender);
	return pt && mshv_irqfd_eoi(pt, payload->interrupt_vector);
}

/* Of all sources only doorbells are reported like this. */
static bool handle_sint_intercept(const struct hv_message *msg)
{
	const struct hv_notification_message_payload *payload =
		(const void *)msg->u.payload;

	if (payload->sint_index != HV_SYNIC_DOORBELL_SINT_INDEX)
		return false;
	mshv_port_drain();
	return true;
}

static const struct {
	u32 type;
	bool (*handle)(const struct hv_message *msg);
} handlers[] = {
	{ HVMSG_SCHEDULER_VP_SIGNAL_BITSET, handle_bitset },
	{ HVMSG_SCHEDULER_VP_SIGNAL_PAIR, handle_pairs },
	{ HVMSG_OPAQUE_INTERCEPT, handle_intercept },
	{ HVMSG_ASYNC_CALL_COMPLETION, handle_async_done },
	{ HVMSG_X64_APIC_EOI, handle_apic_eoi },
	{ HVMSG_SYNIC_SINT_INTERCEPT, handle_sint_intercept },
};

/**
 * mshv_msg_handle - act on a message
 * @msg: the message; it is acknowledged by the caller, whatever this returns
 *
 * Return: true if it concerned somebody here.  Others are counted.
 */
bool mshv_msg_handle(const struct hv_message *msg)
{
	u32 type = msg->header.message_type;
	bool handled = false;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(handlers); i++) {
		if (handlers[i].type == type) {
			handled = handlers[i].handle(msg);
			break;
		}
	}

	trace_mshv_message(type, msg->header.sender, handled);
	if (i == ARRAY_SIZE(handlers)) {
		atomic_long_inc(&mshv.nr_unknown_messages);
		pr_warn_ratelimited("no use for message type %#x\n", type);
	}
	return handled;
}
