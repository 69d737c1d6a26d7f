// SPDX-License-Identifier: GPL-2.0-only
/*
 * 16550A on COM1, output only: what the L1 writes goes to stdout line by line
 *
 * Transmission takes no time, so the THR is always empty. A driver that enables the
 * THRE interrupt gets one after every write, which it needs to make progress.
 */
#include <errno.h>
#include <unistd.h>

#include "devices.h"

#define REG_DATA	0	/* THR, RBR, DLL */
#define REG_IER		1	/* or DLM */
#define REG_IIR		2	/* FCR on writes */
#define REG_LCR		3
#define REG_MCR		4
#define REG_LSR		5
#define REG_MSR		6
#define REG_SCR		7

#define IER_MASK	0x0f
#define IER_THRE	0x02
#define IIR_NONE	0x01
#define IIR_THRE	0x02
#define IIR_FIFO	0xc0
#define FCR_ENABLE	0x01
#define LCR_DLAB	0x80
#define MCR_MASK	0x1f
#define MCR_LOOP	0x10
#define LSR_EMPTY	0x60	/* THR and shift register */
#define MSR_READY	0xb0	/* CTS, DSR, DCD */

/**
 * uart_flush - Write a partial line to stdout
 * @uart: the UART
 */
void uart_flush(struct uart *uart)
{
	const char *p = uart->line;

	while (uart->len) {
		ssize_t n = write(STDOUT_FILENO, p, uart->len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		p += n;
		uart->len -= n;
	}
	uart->len = 0;
}

static void update_irq(struct hv *hv, struct uart *uart)
{
	bool high = uart->thre_pending && (uart->ier & IER_THRE);

	if (high == uart->irq_high)
		return;
	uart->irq_high = high;
	irq_line(hv, IRQ_SERIAL, high);
}

static uint8_t read_iir(struct uart *uart)
{
	uint8_t fifo = uart->fcr & FCR_ENABLE ? IIR_FIFO : 0;

	if (!uart->thre_pending || !(uart->ier & IER_THRE))
		return fifo | IIR_NONE;
	uart->thre_pending = false;	/* reading it acknowledges it */
	return fifo | IIR_THRE;
}

/* In loop-back the modem outputs come back as inputs; the kernel probes with that */
static uint8_t read_msr(const struct uart *uart)
{
	uint8_t mcr = uart->mcr;

	if (!(mcr & MCR_LOOP))
		return MSR_READY;
	return (mcr & 0x0c) << 4 | (mcr & 0x02) << 3 | (mcr & 0x01) << 5;
}

/**
 * uart_in - The L1 reads a register
 * @hv: the machine; the devices' lock is held
 * @offset: register
 *
 * Return: its value
 */
uint8_t uart_in(struct hv *hv, uint16_t offset)
{
	struct uart *uart = &hv->dev->uart;
	bool dlab = uart->lcr & LCR_DLAB;
	uint8_t val = 0;

	switch (offset) {
	case REG_DATA:
		return dlab ? uart->dll : 0;
	case REG_IER:
		return dlab ? uart->dlm : uart->ier;
	case REG_IIR:
		val = read_iir(uart);
		update_irq(hv, uart);
		return val;
	case REG_LCR:
		return uart->lcr;
	case REG_MCR:
		return uart->mcr;
	case REG_LSR:
		return LSR_EMPTY;
	case REG_MSR:
		return read_msr(uart);
	case REG_SCR:
		return uart->scr;
	}
	return val;
}

static void put_char(struct hv *hv, struct uart *uart, uint8_t val)
{
	if (!(uart->mcr & MCR_LOOP)) {
		uart->line[uart->len++] = val;
		if (val == '\n' || uart->len == sizeof(uart->line))
			uart_flush(uart);
	}
	uart->thre_pending = true;
	update_irq(hv, uart);
}

static void write_ier(struct hv *hv, struct uart *uart, uint8_t val)
{
	bool was = uart->ier & IER_THRE;

	uart->ier = val & IER_MASK;
	if (!was && (uart->ier & IER_THRE))
		uart->thre_pending = true;
	if (was && !(uart->ier & IER_THRE))
		uart_flush(uart);	/* the driver has nothing more to send */
	update_irq(hv, uart);
}

/**
 * uart_out - The L1 writes a register
 * @hv: the machine; the devices' lock is held
 * @offset: register
 * @val: value
 */
void uart_out(struct hv *hv, uint16_t offset, uint8_t val)
{
	struct uart *uart = &hv->dev->uart;
	bool dlab = uart->lcr & LCR_DLAB;

	switch (offset) {
	case REG_DATA:
		if (dlab)
			uart->dll = val;
		else
			put_char(hv, uart, val);
		break;
	case REG_IER:
		if (dlab)
			uart->dlm = val;
		else
			write_ier(hv, uart, val);
		break;
	case REG_IIR:
		uart->fcr = val;
		break;
	case REG_LCR:
		uart->lcr = val;
		break;
	case REG_MCR:
		uart->mcr = val & MCR_MASK;
		break;
	case REG_SCR:
		uart->scr = val;
		break;
	}
}
