/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Events from a guest: doorbells, and the eventfds behind them.
 */
#ifndef _MSHV_PORT_H
#define _MSHV_PORT_H

#include <linux/types.h>

struct eventfd_ctx;
struct hv_synic_event_ring;
struct mshv_partition;
struct mshv_user_ioeventfd;

/* port.c */
void mshv_port_fini(void);
u32 mshv_port_take(struct hv_synic_event_ring *ring, u8 *tail);
bool mshv_port_drain_ring(struct hv_synic_event_ring *ring, u8 *tail);
void mshv_port_drain(void);
int mshv_port_open(struct mshv_partition *pt, struct eventfd_ctx *eventfd,
		   u32 *port_id);
void mshv_port_close(u32 port_id);

/* ioeventfd.c */
int mshv_ioeventfd_set(struct mshv_partition *pt,
		       const struct mshv_user_ioeventfd *args);
void mshv_ioeventfd_release_all(struct mshv_partition *pt);

#endif /* _MSHV_PORT_H */
