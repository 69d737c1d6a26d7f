// SPDX-License-Identifier: GPL-2.0-only
/*
 * Doorbell ports, and the ring through which the hypervisor rings them.
 */
#include <linux/eventfd.h>
#include <linux/irq_work.h>
#include <linux/percpu.h>
#include <linux/rcupdate.h>
#include <linux/xarray.h>

#include "mshv.h"
#include "port.h"
#include "synic.h"
#include "trace.h"

/**
 * DOC: Doorbells
 *
 * A doorbell is a guest physical address.  When the guest writes there, it goes
 * on at once, and the hypervisor puts the id of the doorbell's port into a ring
 * of 63 slots on some CPU and sends a message that there is something in it.
 * The message handler empties the ring and signals the eventfds of the ports.
 *
 * The hypervisor fills slots that are 0, this driver sets them to 0, and each
 * keeps to itself where it is.  While signal_masked is set the hypervisor sends
 * no message; ring_full says that it had to put something aside, and is told
 * when there is room.
 */

#define RING_SLOTS	HV_SYNIC_EVENT_RING_MESSAGE_COUNT
#define PORT_ID_LIMIT	XA_LIMIT(1, (1 << 24) - 1)

/* R port id to eventfd.  Ids are used again as late as possible. */
static DEFINE_XARRAY_ALLOC1(ports);
static u32 next_id;

/* Where to look in the ring of this CPU next */
static DEFINE_PER_CPU(u8, ring_tail);
static void drain_more(struct irq_work *work);
static DEFINE_PER_CPU(struct irq_work, ring_work) =
	IRQ_WORK_INIT_HARD(drain_more);

/* The doorbell may have gone in the meantime. */
static void ring_doorbell(u32 port_id)
{
	struct eventfd_ctx *eventfd;

	guard(rcu)();
	eventfd = xa_load(&ports, port_id);
	trace_mshv_doorbell(port_id, eventfd);
	if (eventfd)
		eventfd_signal(eventfd);
}

/**
 * mshv_port_take - take a port id out of a ring
 * @ring: the ring
 * @tail: where to look first; where to look next time
 *
 * A slot that is empty does not mean that the ring is: where the hypervisor
 * goes on is not known after it was told of a new ring.
 *
 * Return: the id, or 0 if there is none.
 */
u32 mshv_port_take(struct hv_synic_event_ring *ring, u8 *tail)
{
	unsigned int i, slot = *tail;
	u32 port_id;

	for (i = 0; i < RING_SLOTS; i++) {
		port_id = READ_ONCE(ring->data[slot]);
		if (port_id)
			WRITE_ONCE(ring->data[slot], 0);
		slot = slot + 1 < RING_SLOTS ? slot + 1 : 0;
		if (port_id) {
			*tail = slot;
			return port_id;
		}
	}
	return 0;
}

/* The ring is empty: let there be more.  Returns what came in between. */
static u32 rearm(struct hv_synic_event_ring *ring, u8 *tail)
{
	if (READ_ONCE(ring->ring_full)) {
		WRITE_ONCE(ring->ring_full, 0);
		hvcall_notify_ring_empty(HV_SYNIC_DOORBELL_SINT_INDEX);
	}
	WRITE_ONCE(ring->signal_masked, 0);
	/*
	 * Allow signals, then look once more: the hypervisor fills a slot, then
	 * looks whether it may send one.
	 */
	virt_mb();
	return mshv_port_take(ring, tail);
}

/**
 * mshv_port_drain_ring - ring all doorbells that are in a ring
 * @ring: the ring
 * @tail: see mshv_port_take()
 *
 * Context: hard interrupt, or interrupts off, on the CPU of the ring.
 * Return: true if the ring is empty and will be signaled again; false if that
 * was enough for once, then nobody signals that there is more.
 */
bool mshv_port_drain_ring(struct hv_synic_event_ring *ring, u8 *tail)
{
	unsigned int i;
	u32 port_id;

	WRITE_ONCE(ring->signal_masked, 1);
	for (i = 0; i < RING_SLOTS; i++) {
		port_id = mshv_port_take(ring, tail);
		if (!port_id) {
			port_id = rearm(ring, tail);
			if (!port_id)
				return true;
			WRITE_ONCE(ring->signal_masked, 1);
		}
		ring_doorbell(port_id);
	}
	return false;
}

/**
 * mshv_port_drain - ring all doorbells in the ring of this CPU
 *
 * Does a bounded amount now and the rest in an interrupt of its own.
 *
 * Context: hard interrupt, or interrupts off.
 */
void mshv_port_drain(void)
{
	struct hv_synic_event_ring *ring =
		mshv_synic_ring(HV_SYNIC_DOORBELL_SINT_INDEX);

	if (ring && !mshv_port_drain_ring(ring, this_cpu_ptr(&ring_tail)))
		irq_work_queue(this_cpu_ptr(&ring_work));
}

static void drain_more(struct irq_work *work)
{
	mshv_port_drain();
}

/**
 * mshv_port_fini - let nothing be left of doorbells
 *
 * No partition may be left, and no message may come any more.
 */
void mshv_port_fini(void)
{
	int cpu;

	for_each_possible_cpu(cpu)
		irq_work_sync(per_cpu_ptr(&ring_work, cpu));
	xa_destroy(&ports);
}

/**
 * mshv_port_open - create a doorbell port and publish it
 * @pt: the guest that is to ring it
 * @eventfd: what to signal; it must live until mshv_port_close() and a grace
 *	period are over
 * @port_id: out: the id
 *
 * Return: 0; -ENOSPC if all ids are in use; -ENOMEM; else see hv_call().
 */
int mshv_port_open(struct mshv_partition *pt, struct eventfd_ctx *eventfd,
		   u32 *port_id)
{
	int err;

	err = xa_alloc_cyclic(&ports, port_id, eventfd, PORT_ID_LIMIT, &next_id,
			      GFP_KERNEL_ACCOUNT);
	if (err < 0)
		return err == -EBUSY ? -ENOSPC : err;

	err = hvcall_create_doorbell(*port_id, &pt->hv,
				     HV_SYNIC_DOORBELL_SINT_INDEX);
	if (err)
		xa_erase(&ports, *port_id);
	return err;
}

/**
 * mshv_port_close - undo mshv_port_open()
 * @port_id: the port; nothing is connected to it
 *
 * An id that the hypervisor does not give back is never used again.
 */
void mshv_port_close(u32 port_id)
{
	if (hvcall_delete_port(port_id))
		xa_store(&ports, port_id, NULL, GFP_KERNEL);
	else
		xa_erase(&ports, port_id);
}
