/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The L1's devices on I/O ports
 */
#ifndef HVSIM_DEVICES_H
#define HVSIM_DEVICES_H

#include "hvsim.h"

#define IRQ_SERIAL	4
#define IRQ_SCI		9

#define PORT_RTC	0x70
#define PORT_HYPERCALL	0xeb
#define PORT_DEBUG_EXIT	0xf4
#define PORT_SERIAL	0x3f8
#define PORT_PM1_EVENT	0x600
#define PORT_PM1_CONTROL 0x604
#define PORT_RESET	0xcf9

#define RESET_VALUE	0x06
#define SLEEP_TYPE_S5	5

#define UART_LINE_MAX	512

struct uart {
	uint8_t ier, lcr, mcr, scr, fcr, dll, dlm;
	bool thre_pending;	/* THRE interrupt not yet acknowledged */
	bool irq_high;
	unsigned int len;	/* bytes in @line */
	char line[UART_LINE_MAX];
};

struct rtc {
	uint8_t index;
};

struct pm {
	uint16_t enable;
	uint16_t control;
};

/* All fields are under the lock */
struct devices {
	pthread_mutex_t lock;
	struct uart uart;
	struct rtc rtc;
	struct pm pm;
	struct kvm_coalesced_mmio_ring *ring;	/* writes to the UART's data port, or NULL */
};

int devices_init(struct hv *hv);
void devices_fini(struct hv *hv);
void devices_drain(struct hv *hv);
void devices_io(struct l1_vp *vp, const struct kvm_run *run);

uint8_t uart_in(struct hv *hv, uint16_t offset);
void uart_out(struct hv *hv, uint16_t offset, uint8_t val);
void uart_flush(struct uart *uart);
uint8_t rtc_in(struct hv *hv, uint16_t offset);
void rtc_out(struct hv *hv, uint16_t offset, uint8_t val);
void irq_line(struct hv *hv, unsigned int irq, bool high);

#endif
