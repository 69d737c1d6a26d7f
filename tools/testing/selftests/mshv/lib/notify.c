// SPDX-License-Identifier: GPL-2.0-only
/* The guest "notify", and what it tells of its interrupts. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#include "notify.h"
#include "regs.h"
#include "vm.h"

#define TICK_MS 20

static void on_tick(int sig)
{
	(void)sig;
}

/** notify_ticks() - Start to send NOTIFY_TICK, so that the VP is left now and then */
void notify_ticks(void)
{
	const struct itimerspec its = {
		.it_value.tv_nsec = TICK_MS * 1000000,
		.it_interval.tv_nsec = TICK_MS * 1000000,
	};
	struct sigevent sev = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = NOTIFY_TICK };
	struct sigaction sa = { .sa_handler = on_tick };
	timer_t timer;

	sigaction(NOTIFY_TICK, &sa, NULL);
	if (timer_create(CLOCK_MONOTONIC, &sev, &timer) || timer_settime(timer, 0, &its, NULL))
		fail(EXIT_ERROR, "timer: %s", strerror(errno));
}

static int report(int vp, const struct hv_message *msg)
{
	struct hv_io_port_message m;

	memcpy(&m, msg->payload, sizeof(m));
	if (m.port != PORT_POKE)
		return -EPROTO;
	vp_set_regs(vp, (struct hv_reg[]) {
		REG(RIP, m.header.rip + (m.header.length_cr8 & 0xf)),
	}, 1);
	return m.rax;
}

static int end(const struct hv_message *msg)
{
	struct hv_eoi_message eoi;

	memcpy(&eoi, msg->payload, sizeof(eoi));
	return eoi.vp_index ? -EPROTO : NOTIFY_EOI | (int)eoi.vector;
}

/**
 * notify_next() - Run the guest until there is something to tell
 * @vp: VP 0; a signal has to end its RUN_VP now and then
 * @patience_ms: how long
 *
 * Return: the vector of an interrupt that it has taken, and is about to end; 0 that it is
 * ready; NOTIFY_EOI for the message that it has ended one; or -errno, -EINTR if it is silent.
 */
int notify_next(int vp, unsigned int patience_ms)
{
	uint64_t deadline = now_ms() + patience_ms;
	struct hv_message msg;
	int ret;

	do {
		ret = mshv_try_run_vp(vp, &msg);
	} while (ret == -EINTR && now_ms() < deadline);
	if (ret)
		return ret;
	switch (msg.type) {
	case HV_MSG_X64_IO_PORT:
		return report(vp, &msg);
	case HV_MSG_X64_APIC_EOI:
		return end(&msg);
	default:
		return -EPROTO;
	}
}
