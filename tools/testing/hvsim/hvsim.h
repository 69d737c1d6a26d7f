/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * hvsim: a simulator of the Microsoft hypervisor on the Linux KVM API
 *
 * Two halves. The machine boots an unmodified kernel as an L1VH (or guest, or
 * root) partition: main, options, boot, acpi, uart, rtc, l1, cpuid, msr, synic,
 * hypercall, trace. The hypervisor's objects are what the L1 creates by hypercall:
 * objects.h, hc_*, child, intercept, sched_*.
 *
 * Lock order: hv->lock -> synic->lock -> trace's lock. None is held across KVM_RUN.
 *
 * Field legend: I set at init and then constant, L hv->lock, T own thread only,
 * A atomic, S synic->lock.
 */
#ifndef HVSIM_H
#define HVSIM_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "config.h"
#include "synic.h"

struct kvm_run;
struct hv;
struct l1_vp;
struct trace;
struct objects;
struct devices;
struct hv_message;
struct fail_state;

#define PAGE_SHIFT	12
#define PAGE_SIZE	4096UL
#define PAGE_MASK	(~(PAGE_SIZE - 1))

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

/* Exit status of hvsim when the L1 did not choose it */
#define EXIT_L1_OK	0	/* ACPI S5 */
#define EXIT_USAGE	2
#define EXIT_L1_CRASH	3	/* panic, triple fault, reset */
#define EXIT_INTERNAL	4
#define EXIT_TIMEOUT	124	/* --timeout; as timeout(1) */
#define EXIT_SIGNAL	128	/* plus the signal's number */

/* Largest guest memory below the device hole; the rest is at 4 GiB */
#define L1_LOW_MAX	0xc0000000UL
#define L1_HIGH_BASE	0x100000000UL

struct l1_vp {
	struct hv *hv;		/* I */
	unsigned int index;	/* I: VP index == APIC id */
	int fd;			/* I: KVM vCPU */
	struct kvm_run *run;	/* I: pointer; contents T */
	pthread_t thread;	/* I */
	pid_t tid;		/* I: set by the thread itself before its first KVM_RUN */
	struct synic synic;	/* S */
	uint64_t vp_assist;	/* T: MSR 0x40000073 */
	uint64_t crash_param[5];	/* T */
	uint64_t nr_exits;	/* T */
	void *objs;		/* the objects half's own per-VP data, NULL until set */
};

struct hv {
	const struct config *cfg;	/* I */
	int kvm_fd;		/* I */
	int l1_vm_fd;		/* I */
	int ram_fd;		/* I: memfd of the L1's RAM */
	uint8_t *ram;		/* I: its mapping */
	uint64_t ram_size;	/* I: bytes */
	uint64_t tsc_hz;	/* I */
	struct l1_vp *vps;	/* I */
	unsigned int nr_vps;	/* I */
	unsigned int nr_started;	/* main thread only: VPs that have a thread */
	pthread_mutex_t lock;	/* the hypervisor's objects */
	struct objects *objs;	/* L: owned by the objects half */
	struct trace *trace;	/* I: NULL without --trace; all trace_*() accept NULL */
	struct devices *dev;	/* I: UART, RTC, power management */
	struct fail_state *fails;	/* L: counts of --fail */
	void *cpuid;		/* I: hv_supported_cpuid() */
	uint64_t guest_os_id;	/* A */
	uint64_t hypercall_msr;	/* A */
	uint64_t reference_tsc_msr;	/* A */
	uint64_t tsc_invariant_msr;	/* A */
	uint64_t ref_start_tsc;	/* I: TSC at partition creation, reference time 0 */
	unsigned int vmbus_vp;	/* L: where the VMBus driver wants its replies */
	unsigned int vmbus_sint;	/* L */
	bool claimed;		/* A: someone has called hv_stop() */
	bool stop;		/* A: hv_stopping(); the two below are valid then */
	int exit_status;
	char exit_reason[32];	/* word for the trace */
};

/* l1.c, cpuid.c: the machine's services */

void *l1_ram(struct hv *hv, uint64_t gpa, uint64_t len);
bool l1_ram_offset(struct hv *hv, uint64_t gpa, uint64_t *off);
bool l1_interrupt_pending(struct l1_vp *vp);
uint64_t l1_timer_deadline_ns(struct l1_vp *vp);
uint64_t hv_ref_time(struct hv *hv);
void hv_stop(struct hv *hv, int status, const char *reason, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
bool hv_stopping(struct hv *hv);
/* A struct kvm_cpuid2, as filtered for an L1, without 0x4000xxxx */
const void *hv_supported_cpuid(struct hv *hv);

/* kick.c */

#define KICK_SIGNAL	SIGUSR1

void kick_init(void);
void kick_watch(struct kvm_run *run);
void kick_done(struct kvm_run *run);
void kick_restore(struct kvm_run *run);
void kick(pthread_t thread);

/* log.c */

void hv_log(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* crash.c */

void crash_report(struct l1_vp *vp, bool message);
void crash_triple_fault(struct l1_vp *vp);

/* hypercall.c */

/**
 * struct hvcall - one hypercall, decoded
 * @code: call code
 * @fast: parameters came in registers
 * @in: input, a copy made before the call; never NULL
 * @in_len: bytes at @in: to the end of the page, or 16 for a fast call
 * @out: output, zeroed; NULL if the call has none. When the call ends, out_hdr bytes and the
 *       elements from @rep_start to @rep_done are copied back, for a simple call only if it
 *       succeeded
 * @out_len: bytes at @out
 * @rep_count: number of reps, 0 for a simple call
 * @rep_start: first rep to do
 * @rep_done: set by the handler: reps done, counted from 0, not from @rep_start
 * @var_hdr: size of the variable header in bytes
 * @partition: set by the handler for the trace
 */
struct hvcall {
	uint16_t code;
	bool fast;
	void *in;
	size_t in_len;
	void *out;
	size_t out_len;
	uint16_t rep_count;
	uint16_t rep_start;
	uint16_t rep_done;
	uint16_t var_hdr;
	uint64_t partition;
};

/**
 * struct hypercall_desc - an entry of the hypercall table
 * @code: call code
 * @name: for the trace, without HVCALL_
 * @rep: it is a rep call
 * @in_hdr: size of the fixed input header in bytes
 * @in_rep: size of one input element
 * @out_hdr: size of the fixed output
 * @out_rep: size of one output element
 * @fn: the handler. Called with hv->lock held on the VP's own thread; returns an HV_STATUS.
 *      The caller has checked that header and elements fit in @in_len and @out_len.
 *      A handler that runs a child drops the lock around it.
 */
struct hypercall_desc {
	uint16_t code;
	const char *name;
	bool rep;
	uint16_t in_hdr;
	uint16_t in_rep;
	uint16_t out_hdr;
	uint16_t out_rep;
	uint16_t (*fn)(struct hv *hv, struct l1_vp *vp, struct hvcall *call);
};

/* trace.c; @trace may be NULL */

void trace_hypercall(struct trace *tr, unsigned int vp, const char *name,
		     const struct hvcall *call, uint16_t status);
void trace_message(struct trace *tr, unsigned int vp, unsigned int sint, uint32_t type,
		   bool queued);
void trace_intercept(struct trace *tr, uint64_t partition, uint32_t vp, uint32_t type,
		     uint64_t at);
void trace_doorbell(struct trace *tr, uint64_t partition, uint32_t port, unsigned int vp,
		    int err);
void trace_dispatch(struct trace *tr, uint64_t partition, uint32_t vp, uint32_t state,
		    uint32_t event);
/* {"ev":@ev, "partition":.., "text":..}: e.g. "accounting" for a wrong deposit */
void trace_text(struct trace *tr, const char *ev, uint64_t partition, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
const char *message_name(uint32_t type);

/* The objects half provides: */

void dispatch_interrupt(struct l1_vp *to);

extern const struct hypercall_desc hypercall_table[];
extern const unsigned int hypercall_table_len;

/**
 * struct objects_summary - what the L1 left behind
 */
struct objects_summary {
	unsigned int partitions;
	unsigned int vps;
	uint64_t deposited_pages;
	uint64_t mapped_pages;
	uint64_t overlay_pages;
	unsigned int ports;
};

int objects_init(struct hv *hv);
void objects_fini(struct hv *hv, struct objects_summary *sum);

#endif
