// SPDX-License-Identifier: GPL-2.0-only
/*
 * SynIC: message slots with a queue behind each, event flags, event rings
 *
 * A message for a SINT goes into the SINT's slot of the message page. If the slot is still
 * occupied, the "pending" flag is set in the message there and the new one waits; the
 * guest clears the slot, and if it saw the flag it writes EOM, on which the next one is
 * delivered. A message for a SINT that is masked, or without a message page, waits too:
 * it is delivered when the guest has set things up.
 */
#include <errno.h>
#include <linux/kvm.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "abi.h"
#include "hvsim.h"

#define MSR_SCONTROL	0x40000080
#define MSR_SVERSION	0x40000081
#define MSR_SIEFP	0x40000082
#define MSR_SIMP	0x40000083
#define MSR_EOM		0x40000084
#define MSR_SIRBP	0x40000085
#define MSR_SINT0	0x40000090
#define MSR_SINT15	0x4000009f

#define PAGE_ENABLE		1ULL
#define SINT_VECTOR(s)		((s) & 0xff)
#define SINT_MASKED		(1ULL << 16)
#define SINT_POLLING		(1ULL << 18)
#define SINT_AS_INTERCEPT	(1ULL << 19)
#define INTERCEPT_SINT		0

#define MIN_VECTOR		16
#define QUEUE_MAX		1024
#define EVENT_FLAGS_SIZE	256	/* bytes of a SINT in the event flag page */

struct queued_message {
	struct queued_message *next;
	struct hv_message msg;
};

/* A SINT's part of the event ring page */
struct event_ring {
	uint8_t signal_masked;
	uint8_t full;
	uint16_t reserved;
	uint32_t slot[SYNIC_RING_SLOTS];
};

_Static_assert(sizeof(struct event_ring) == 256, "event ring");

static bool sint_open(const struct synic *sy, unsigned int sint)
{
	return (sy->control & 1) && !(sy->sint[sint] & SINT_MASKED);
}

/* The SINT's part of one of the pages, NULL if the page is not enabled */
static void *page_part(struct l1_vp *vp, uint64_t page, unsigned int sint)
{
	uint8_t *p;

	if (!(page & PAGE_ENABLE))
		return NULL;
	p = l1_ram(vp->hv, page & PAGE_MASK, PAGE_SIZE);
	return p ? p + sint * 256 : NULL;
}

static void raise_vector(struct l1_vp *vp, unsigned int sint)
{
	const uint64_t val = vp->synic.sint[sint];
	struct kvm_msi msi = {
		.address_lo = 0xfee00000 | vp->index << 12,
		.data = SINT_VECTOR(val),
	};

	if (!(val & SINT_POLLING))
		ioctl(vp->hv->l1_vm_fd, KVM_SIGNAL_MSI, &msi);
}

/* The type is what makes the slot occupied: it is written last, and cleared by the guest */
static void slot_write(struct hv_message *slot, const struct hv_message *msg, bool more)
{
	memcpy((uint8_t *)slot + sizeof(slot->type), (const uint8_t *)msg + sizeof(msg->type),
	       sizeof(*msg) - sizeof(msg->type));
	slot->flags = more ? HV_MESSAGE_FLAG_PENDING : 0;
	__atomic_store_n(&slot->type, msg->type, __ATOMIC_RELEASE);
}

static bool slot_busy(const struct hv_message *slot)
{
	return __atomic_load_n(&slot->type, __ATOMIC_SEQ_CST) != HVMSG_NONE;
}

/*
 * Tells the guest that more is waiting. If it emptied the slot just before, it may not have
 * seen the flag and won't write EOM: then the caller has to deliver at once.
 */
static bool slot_set_pending(struct hv_message *slot)
{
	__atomic_or_fetch(&slot->flags, HV_MESSAGE_FLAG_PENDING, __ATOMIC_SEQ_CST);
	return slot_busy(slot);
}

static bool enqueue(struct synic *sy, unsigned int sint, const struct hv_message *msg)
{
	struct queued_message *q;

	if (sy->nr_queued >= QUEUE_MAX)
		return false;
	q = malloc(sizeof(*q));
	if (!q)
		return false;
	q->next = NULL;
	q->msg = *msg;
	if (sy->first[sint])
		sy->last[sint]->next = q;
	else
		sy->first[sint] = q;
	sy->last[sint] = q;
	sy->nr_queued++;
	return true;
}

static void dequeue(struct synic *sy, unsigned int sint)
{
	struct queued_message *q = sy->first[sint];

	sy->first[sint] = q->next;
	sy->nr_queued--;
	free(q);
}

/* Delivers the oldest waiting message if the slot is free; returns whether it did */
static bool deliver(struct l1_vp *vp, unsigned int sint)
{
	struct synic *sy = &vp->synic;
	struct hv_message *slot;

	if (!sy->first[sint] || !sint_open(sy, sint))
		return false;
	slot = page_part(vp, sy->simp, sint);
	if (!slot)
		return false;
	if (slot_busy(slot) && slot_set_pending(slot))
		return false;
	slot_write(slot, &sy->first[sint]->msg, sy->first[sint]->next);
	dequeue(sy, sint);
	raise_vector(vp, sint);
	return true;
}

static bool post_locked(struct l1_vp *vp, unsigned int sint, const struct hv_message *msg)
{
	struct synic *sy = &vp->synic;

	if (!enqueue(sy, sint, msg)) {
		trace_text(vp->hv->trace, "message-lost", 0, "SINT %u of VP %u", sint, vp->index);
		return false;
	}
	deliver(vp, sint);
	trace_message(vp->hv->trace, vp->index, sint, msg->type, sy->first[sint]);
	return true;
}

/**
 * synic_post - Post a message to a SINT of an L1 VP
 * @vp: the VP
 * @sint: SINT
 * @msg: the message; its flags are set here
 *
 * Any thread may call it.
 *
 * Return: false if too many messages wait already: this one is lost
 */
bool synic_post(struct l1_vp *vp, unsigned int sint, const struct hv_message *msg)
{
	struct synic *sy = &vp->synic;
	bool ok;

	pthread_mutex_lock(&sy->lock);
	ok = post_locked(vp, sint, msg);
	pthread_mutex_unlock(&sy->lock);
	return ok;
}

/* The interrupt of an event: the SINT's vector, or a message on the intercept SINT */
static void signal_locked(struct l1_vp *vp, unsigned int sint)
{
	struct hv_message msg = {
		.type = HVMSG_SYNIC_SINT_INTERCEPT,
		.payload_size = sizeof(uint32_t),
	};

	if (!(vp->synic.sint[sint] & SINT_AS_INTERCEPT)) {
		raise_vector(vp, sint);
		return;
	}
	memcpy(msg.payload.bytes, &sint, sizeof(uint32_t));
	post_locked(vp, INTERCEPT_SINT, &msg);
}

static int ring_push(struct synic *sy, unsigned int sint, struct event_ring *ring,
		     uint32_t value)
{
	uint32_t *slot = &ring->slot[sy->ring_head[sint]];

	/*
	 * The guest looks at "full" when it finds no more slots filled: if it has emptied
	 * this one before "full" was set, nobody would tell that there is room.
	 */
	if (__atomic_load_n(slot, __ATOMIC_ACQUIRE)) {
		__atomic_store_n(&ring->full, 1, __ATOMIC_SEQ_CST);
		if (__atomic_load_n(slot, __ATOMIC_SEQ_CST))
			return -EAGAIN;
	}
	/* The guest allows signals, then looks at the slots; we do it the other way round. */
	__atomic_store_n(slot, value, __ATOMIC_SEQ_CST);
	sy->ring_head[sint] = (sy->ring_head[sint] + 1) % SYNIC_RING_SLOTS;
	return 0;
}

/**
 * synic_signal_ring - Put a value into a SINT's event ring and signal it
 * @vp: the VP
 * @sint: SINT
 * @value: not 0, which marks an empty slot
 *
 * Return: 0; -ENODEV if the guest has set up no ring or masked the SINT, -EAGAIN if the ring
 * is full (the ring's "full" byte is then set)
 */
int synic_signal_ring(struct l1_vp *vp, unsigned int sint, uint32_t value)
{
	struct synic *sy = &vp->synic;
	struct event_ring *ring;
	int ret = -ENODEV;

	pthread_mutex_lock(&sy->lock);
	ring = page_part(vp, sy->sirbp, sint);
	if (ring && sint_open(sy, sint)) {
		ret = ring_push(sy, sint, ring, value);
		if (!ret && !__atomic_load_n(&ring->signal_masked, __ATOMIC_SEQ_CST))
			signal_locked(vp, sint);
	}
	pthread_mutex_unlock(&sy->lock);
	return ret;
}

/**
 * synic_signal_event - Set an event flag of a SINT and signal it
 * @vp: the VP
 * @sint: SINT
 * @flag: number of the flag
 *
 * Return: 0; -ENODEV if the guest has set up no event flag page or masked the SINT
 */
int synic_signal_event(struct l1_vp *vp, unsigned int sint, unsigned int flag)
{
	struct synic *sy = &vp->synic;
	uint8_t *flags;
	int ret = -ENODEV;

	if (flag >= EVENT_FLAGS_SIZE * 8)
		return -EINVAL;
	pthread_mutex_lock(&sy->lock);
	flags = page_part(vp, sy->siefp, sint);
	if (flags && sint_open(sy, sint)) {
		uint8_t bit = 1 << flag % 8;

		ret = 0;
		if (!(__atomic_fetch_or(&flags[flag / 8], bit, __ATOMIC_SEQ_CST) & bit))
			signal_locked(vp, sint);
	}
	pthread_mutex_unlock(&sy->lock);
	return ret;
}

/**
 * synic_pending - Number of messages that wait
 * @vp: the VP
 *
 * Return: how many messages for this VP were never delivered
 */
unsigned int synic_pending(struct l1_vp *vp)
{
	unsigned int nr;

	pthread_mutex_lock(&vp->synic.lock);
	nr = vp->synic.nr_queued;
	pthread_mutex_unlock(&vp->synic.lock);
	return nr;
}

static void deliver_all(struct l1_vp *vp)
{
	for (unsigned int sint = 0; sint < SYNIC_NR_SINTS; sint++)
		deliver(vp, sint);
}

/**
 * synic_read_msr - The guest reads a SynIC MSR
 * @vp: the VP
 * @index: MSR
 * @data: filled in
 *
 * Return: false if there is no such MSR
 */
bool synic_read_msr(struct l1_vp *vp, uint32_t index, uint64_t *data)
{
	struct synic *sy = &vp->synic;
	bool ok = true;

	pthread_mutex_lock(&sy->lock);
	if (index == MSR_SCONTROL)
		*data = sy->control;
	else if (index == MSR_SVERSION)
		*data = 1;
	else if (index == MSR_SIEFP)
		*data = sy->siefp;
	else if (index == MSR_SIMP)
		*data = sy->simp;
	else if (index == MSR_EOM)
		*data = 0;
	else if (index == MSR_SIRBP)
		*data = sy->sirbp;
	else if (index >= MSR_SINT0 && index <= MSR_SINT15)
		*data = sy->sint[index - MSR_SINT0];
	else
		ok = false;
	pthread_mutex_unlock(&sy->lock);
	return ok;
}

/* A vector below 16 is refused unless the SINT is masked */
static bool write_sint(struct synic *sy, unsigned int sint, uint64_t data)
{
	if (!(data & SINT_MASKED) && SINT_VECTOR(data) < MIN_VECTOR)
		return false;
	sy->sint[sint] = data;
	return true;
}

/* A new ring begins at its first slot */
static void write_sirbp(struct synic *sy, uint64_t data)
{
	if ((sy->sirbp ^ data) & (PAGE_MASK | PAGE_ENABLE))
		memset(sy->ring_head, 0, sizeof(sy->ring_head));
	sy->sirbp = data;
}

static bool write_locked(struct l1_vp *vp, uint32_t index, uint64_t data)
{
	struct synic *sy = &vp->synic;

	bool ok = true;

	if (index == MSR_SCONTROL)
		sy->control = data & 1;
	else if (index == MSR_SIEFP)
		sy->siefp = data;
	else if (index == MSR_SIMP)
		sy->simp = data;
	else if (index == MSR_SIRBP)
		write_sirbp(sy, data);
	else if (index >= MSR_SINT0 && index <= MSR_SINT15)
		ok = write_sint(sy, index - MSR_SINT0, data);
	else
		ok = index == MSR_EOM;
	deliver_all(vp);
	return ok;
}

/**
 * synic_write_msr - The guest writes a SynIC MSR
 * @vp: the VP
 * @index: MSR
 * @data: value
 *
 * Return: false if there is no such MSR, or the value is not acceptable
 */
bool synic_write_msr(struct l1_vp *vp, uint32_t index, uint64_t data)
{
	bool ok;

	pthread_mutex_lock(&vp->synic.lock);
	ok = write_locked(vp, index, data);
	pthread_mutex_unlock(&vp->synic.lock);
	return ok;
}

/**
 * synic_init - Reset state: all SINTs masked, no pages
 * @sy: the SynIC
 */
void synic_init(struct synic *sy)
{
	memset(sy, 0, sizeof(*sy));
	pthread_mutex_init(&sy->lock, NULL);
	for (unsigned int i = 0; i < SYNIC_NR_SINTS; i++)
		sy->sint[i] = SINT_MASKED;
}

/**
 * synic_fini - Free messages that were never delivered
 * @sy: the SynIC
 */
void synic_fini(struct synic *sy)
{
	for (unsigned int i = 0; i < SYNIC_NR_SINTS; i++)
		while (sy->first[i])
			dequeue(sy, i);
	pthread_mutex_destroy(&sy->lock);
}
