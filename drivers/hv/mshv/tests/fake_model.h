/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The state of the fake hypervisor: one partition with what belongs to it.
 *
 * It keeps to the rules of the real one as far as they are known, and notes
 * when the driver breaks one.  Whatever is lent to it (deposits, pages laid
 * over, guest memory) it holds a reference on, so that a page the driver frees
 * too early is found out.
 */
#ifndef _MSHV_TESTS_FAKE_MODEL_H
#define _MSHV_TESTS_FAKE_MODEL_H

#include <linux/types.h>
#include <asm/mshyperv.h>
#include <hyperv/hvhdk.h>

struct kunit;

#define MODEL_VPS	4
#define MODEL_PORTS	16
#define MODEL_GFN	0x200	/* first guest page it knows */
#define MODEL_GFNS	2048

/* Deposited pages that something takes */
#define MODEL_INIT_COST	20
#define MODEL_VP_COST	4

/* APIC ids are not VP indexes. */
#define MODEL_APIC_ID(vp)	(2 * (vp) + 1)

/* What a guest does, one after the other */
enum model_op {
	MODEL_HALT,	/* stops with a message; begins anew then */
	MODEL_READ,	/* of a guest page */
	MODEL_WRITE,
	MODEL_SPIN,	/* runs until something stops it; nothing follows */
	MODEL_BLOCK,	/* has nothing to run until it is signaled */
};

struct model_insn {
	enum model_op op;
	u64 gfn;
};

/**
 * struct model_page - a page of ours that the hypervisor knows
 * @pfn: its number
 * @held: it has one
 */
struct model_page {
	u64 pfn;
	bool held;
};

/**
 * struct model_vp - a VP
 * @exists: it does
 * @explicit_suspend: as the register
 * @intercept_suspend: as the register
 * @dispatch_suspend: as the register
 * @blocked: root logic: it reported to be; a signal tells when it is not
 * @pc: which instruction is next
 * @nr_signals: as the register
 * @pages: overlays, by enum hv_vp_state_page_type
 * @stats: overlays, by enum hv_stats_area_type
 */
struct model_vp {
	bool exists;
	bool explicit_suspend;
	bool intercept_suspend;
	bool dispatch_suspend;
	bool blocked;
	unsigned int pc;
	u64 nr_signals;
	struct model_page pages[HV_VP_STATE_PAGE_COUNT];
	struct model_page stats[2];
};

/**
 * struct model_gpa - a guest page
 * @page: what is mapped there
 * @flags: HV_MAP_GPA_*
 * @accessed: its bit
 * @dirty: its bit
 */
struct model_gpa {
	struct model_page page;
	u32 flags;
	bool accessed;
	bool dirty;
};

/**
 * struct model_port - a doorbell
 * @id: its id, 0 if there is none
 * @connected: to the partition
 * @gpa: where
 * @value: the value
 * @flags: HV_DOORBELL_FLAG_*
 */
struct model_port {
	u32 id;
	bool connected;
	u64 gpa;
	u64 value;
	u64 flags;
};

/**
 * struct fake_model - the hypervisor
 * @guest: what each VP does
 * @max_reps: reps of one exit at most, 0 for any number
 * @async: calls that may complete later do
 * @async_needs: what such a call asks for first, HV_STATUS_*
 * @no_ports: status of CREATE_PORT
 * @id: of the partition
 * @exists: there is one
 * @initialized: and it is
 * @used: deposited pages that are in use
 * @vp: VPs
 * @gpa: guest memory
 * @nr_mapped: guest pages that are mapped
 * @port: doorbells
 * @slot: of SINT0
 * @nr_eoms: how often EOM was written
 * @full_at_eom: while the slot was not free
 * @nr_asserted: interrupts by hypercall
 * @asserted: the last one
 * @nr_halts: how often a VP stopped by MODEL_HALT
 * @nr_injected: vectors taken from register pages
 * @nr_violations: rules the driver broke
 * @violation: the first of them
 */
struct fake_model {
	const struct model_insn *guest;
	unsigned int max_reps;
	bool async;
	u16 async_needs;
	u16 no_ports;
	u64 id;
	bool exists;
	bool initialized;
	unsigned int used;
	struct model_vp vp[MODEL_VPS];
	struct model_gpa gpa[MODEL_GFNS];
	unsigned int nr_mapped;
	struct model_port port[MODEL_PORTS];
	struct hv_message slot;
	unsigned int nr_eoms;
	bool full_at_eom;
	unsigned int nr_asserted;
	struct hv_input_assert_virtual_interrupt asserted;
	unsigned int nr_halts;
	unsigned int nr_injected;
	unsigned int nr_violations;
	const char *violation;
};

/**
 * struct model_call - one exit
 * @code: hypercall code
 * @start: first rep
 * @end: the one after the last it may do
 * @done: out: the one after the last it did
 * @in: input
 * @out: output
 */
struct model_call {
	u16 code;
	unsigned int start, end, done;
	const void *in;
	void *out;
};

struct fake_model *fake_model_start(struct kunit *test);
u16 fake_model_exit(struct fake_model *m, struct model_call *call);
unsigned int fake_model_held(const struct fake_model *m);
void fake_model_expect_empty(struct kunit *test, const struct fake_model *m);
void fake_model_release(struct kunit *test, struct fake_model *m);
void fake_model_violate(struct fake_model *m, const char *what);
struct model_vp *fake_model_vp(struct fake_model *m, u64 id, u32 index);
void fake_model_hold(struct model_page *page, u64 pfn);
void fake_model_drop(struct model_page *page);

/* fake_memory.c: guest memory and ports */
struct model_gpa *fake_model_gpa(struct fake_model *m, u64 gfn);
void fake_memory_unmap_all(struct fake_model *m);
u16 fake_memory_exit(struct fake_model *m, struct model_call *call);
u16 fake_port_exit(struct fake_model *m, struct model_call *call);

/* fake_guest.c: running */
u16 fake_guest_exit(struct fake_model *m, struct model_call *call);
void fake_guest_send(struct fake_model *m, u32 type, u64 sender,
		     const void *payload, size_t size);
void fake_guest_signal(struct fake_model *m, u32 index);

#endif /* _MSHV_TESTS_FAKE_MODEL_H */
