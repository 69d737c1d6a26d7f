/* SPDX-License-Identifier: GPL-2.0-only */
/* The guest "notify", and what it tells of its interrupts. */
#ifndef SELFTEST_MSHV_NOTIFY_H
#define SELFTEST_MSHV_NOTIFY_H

#include <signal.h>

#include "../guests/layout.h"

#define NOTIFY_TICK SIGUSR2

/* The guest has ended the interrupt of the vector in the low bits */
#define NOTIFY_EOI 0x10000

void notify_ticks(void);
int notify_next(int vp, unsigned int patience_ms);

#endif /* SELFTEST_MSHV_NOTIFY_H */
