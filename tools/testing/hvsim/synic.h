/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SynIC of one L1 VP: SINTs, message page, event flag page, event ring page
 */
#ifndef HVSIM_SYNIC_H
#define HVSIM_SYNIC_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#define SYNIC_NR_SINTS		16
#define SYNIC_MESSAGE_SIZE	256
#define SYNIC_RING_SLOTS	63

struct hv_message;
struct l1_vp;
struct queued_message;

struct synic {
	pthread_mutex_t lock;	/* leaf but for the trace's; never held across KVM_RUN */
	uint64_t control;	/* SCONTROL: bit 0 enables */
	uint64_t siefp;		/* page address | enable bit, as written */
	uint64_t simp;
	uint64_t sirbp;
	uint64_t sint[SYNIC_NR_SINTS];
	struct queued_message *first[SYNIC_NR_SINTS];	/* oldest undelivered message */
	struct queued_message *last[SYNIC_NR_SINTS];
	unsigned int nr_queued;
	uint8_t ring_head[SYNIC_NR_SINTS];	/* next slot of the event ring to write */
};

void synic_init(struct synic *sy);
void synic_fini(struct synic *sy);
bool synic_read_msr(struct l1_vp *vp, uint32_t index, uint64_t *data);
bool synic_write_msr(struct l1_vp *vp, uint32_t index, uint64_t data);
bool synic_post(struct l1_vp *vp, unsigned int sint, const struct hv_message *msg);
int synic_signal_ring(struct l1_vp *vp, unsigned int sint, uint32_t value);
int synic_signal_event(struct l1_vp *vp, unsigned int sint, unsigned int flag);
unsigned int synic_pending(struct l1_vp *vp);

#endif
