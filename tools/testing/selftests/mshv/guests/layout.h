/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a guest and the VMM agree on: where things are in guest physical memory
 * and which devices exist. Read by C and by assembly.
 *
 *	0x00002000	page tables (64-bit guests)
 *	0x00009000	counters of work done, 64 bytes for each VP
 *	0x00010000	the guest's code and data
 *	0x0009f000	top of VP 0's stack; each further VP 4 KiB lower
 *	0x000a0000	end of RAM
 *	0x000c0000	one read-only page
 *	0x000d0000	the MMIO device (nothing is mapped there)
 *	0x01000000	extra memory, if asked for
 *	0x3f000000	nothing, ever
 */
#ifndef GUEST_LAYOUT_H
#define GUEST_LAYOUT_H

#define GUEST_PAGE_TABLES	0x2000
#define GUEST_COUNTERS		0x9000
#define GUEST_LOAD		0x10000
#define GUEST_STACK		0x9f000
#define GUEST_RAM_SIZE		0xa0000
#define GUEST_ROM		0xc0000
#define GUEST_MMIO		0xd0000
#define GUEST_MMIO_SIZE		0x1000
#define GUEST_EXTRA		0x1000000
#define GUEST_NOWHERE		0x3f000000

/* A real-mode guest's stack pointer inside its one 64 KiB segment */
#define GUEST_REAL_STACK	0xf000

#define PORT_SERIAL		0x3f8
#define PORT_SERIAL_STATUS	0x3fd
#define PORT_EXIT		0xf4
#define PORT_NOTHING		0x80
#define PORT_POKE		0xe0

/* What the guest "poke" can be told to do */
#define POKE_READ		1
#define POKE_WRITE		2
#define POKE_EXECUTE		3
#define POKE_WRITE_8		4
#define POKE_WRITE_16		5
#define POKE_WRITE_64		6	/* the upper half is 0 */

/* What "churn" and "scribble" write to in each page of the extra memory */
#define CHURN_OFFSET		0x10
#define CHURN_WRONG		0xffffffff

/* MMIO device registers; a write to SUM adds, any width */
#define MMIO_ID			0x00
#define MMIO_SUM		0x10
#define MMIO_SCRATCH		0x18
#define MMIO_ID_VALUE		0x7668736d	/* "mshv", little endian */

/* CPUID leaf that the VMM answers, and what it says */
#define CPUID_VENDOR_LEAF	0
#define CPUID_VENDOR		"MiniVmmGuest"

/* MSR that the VMM answers if it intercepts MSRs */
#define MSR_VMM			0x4d560001
#define MSR_VMM_VALUE		0x600df00d

/* Vector that the VMM asserts for a guest that waits for interrupts */
#define IRQ_VECTOR		0x40
#define IRQ_COUNT		3

/* "notify" tells of each interrupt with one of these vectors */
#define NOTIFY_VECTOR		0x50
#define NOTIFY_VECTORS		4

#endif /* GUEST_LAYOUT_H */
