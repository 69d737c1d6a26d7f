/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The hypervisor's objects: partitions and VPs that the L1 created by hypercall
 *
 * hc_*.c are the hypercalls, one file for each kind. gpa.c and pool.c are the pure
 * bookkeeping of memory. child.c makes KVM objects of them and enters a VP;
 * intercept.c turns KVM's exits into messages; sched_dispatch.c and sched_core.c
 * decide on which host thread, and when, a VP is entered.
 *
 * Locking: everything here is protected by hv->lock, except while a VP is entered:
 * vp->running is set under the lock, the lock is dropped around KVM_RUN, and
 * struct kvm_run and the VP's registers then belong to the thread that entered it.
 * Others that need them stop the VP first: vp_hold() ... vp_release().
 * vp_wait() sleeps on the one condition variable; every change of vp->running,
 * vp->hold or a suspend bit broadcasts it.
 *
 * Field legend: I set at creation and then constant, L hv->lock, R the thread that
 * runs the VP, or hv->lock while it does not run.
 */
#ifndef HVSIM_OBJECTS_H
#define HVSIM_OBJECTS_H

#include <linux/kvm.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "abi.h"
#include "gpa.h"
#include "hvsim.h"
#include "insn.h"
#include "pool.h"

#define MAX_PARTITIONS	256
#define MAX_VPS		256
#define FIRST_CHILD_ID	2
#define SELF_ID		1	/* what GET_PARTITION_ID tells the L1 */
#define MAX_INTERCEPTS	16
#define MAX_PROPERTIES	32
#define MAX_STORED_REGS	48

#define GPA_SPACE_SIZE	(GPA_GFN_END << PAGE_SHIFT)
#define APIC_PAGE_GPA	0xfee00000UL
#define EFER_LMA	(1UL << 10)
#define IOAPIC_PINS	480	/* see eoi.c */

enum page_kind {
	PAGE_FREE,
	PAGE_DEPOSITED,
	PAGE_OVERLAY,
};

/* What the hypervisor knows about a page of the L1's RAM */
struct page_state {
	uint32_t kind : 2;	/* enum page_kind */
	uint32_t nr_maps : 30;	/* mappings in children's address spaces */
};

/* An overlay: a page of the L1 that the hypervisor writes */
struct overlay {
	bool mapped;
	uint64_t gfn;
	void *page;
};

struct property {
	uint32_t code;
	uint64_t value;
};

enum partition_state {
	PARTITION_CREATED,
	PARTITION_ACTIVE,
	PARTITION_FINALIZED,
};

struct cpuid_result {
	struct cpuid_result *next;
	uint32_t vp_index;	/* HV_VP_ANY: all */
	struct hv_in_intercept_result in;
};

/* Where doorbells end up: a ring of the L1 */
struct port {
	struct port *next;
	uint32_t id;
	uint32_t sint;
	uint32_t vp;		/* L1 VP, or HV_VP_ANY */
	uint64_t child;		/* the partition that may connect to it */
	struct l1_vp *full;	/* it waits for room in this one's ring */
};

/* A connection to a port: a child's write that rings it */
struct doorbell {
	struct doorbell *next;
	uint32_t id;
	uint32_t port;
	uint64_t gpa;
	uint64_t value;
	uint64_t flags;		/* HV_DOORBELL_* */
};

struct intercept {
	uint32_t type;
	uint32_t access;
	uint64_t parameter;
};

struct partition {
	struct hv *hv;		/* I */
	uint64_t id;		/* I */
	uint16_t slot;		/* I: index in objects::partitions */
	uint64_t flags;		/* I: HV_CREATE_* */
	struct hv_in_create_partition create;	/* I */
	enum partition_state state;	/* L */
	unsigned int busy;	/* L: threads that dropped the lock but need the partition */
	struct pool pool;	/* L */
	struct gpa_map gpa;	/* L */
	int vm_fd;		/* L: -1 until initialized */
	uint8_t *space;		/* L: GPA space in our address space */
	bool initialized;	/* L: the pool has paid for INITIALIZE_PARTITION */
	struct vp *vps[MAX_VPS];	/* L */
	struct vcpu *vcpus[MAX_VPS];	/* L: also of VPs that were deleted */
	unsigned int nr_vps;	/* L */
	struct overlay stats[HV_NR_STATS_AREAS];	/* L */
	struct property props[MAX_PROPERTIES];	/* L */
	unsigned int nr_props;	/* L */
	struct intercept intercepts[MAX_INTERCEPTS];	/* L */
	unsigned int nr_intercepts;	/* L */
	struct cpuid_result *cpuid_results;	/* L */
	struct doorbell *doorbells;	/* L */
	uint64_t level_vectors[4];	/* L: whose end KVM tells, see eoi_watch() */
};

/* A KVM exit that KVM still has to complete; see vp_settle() */
enum pending_exit {
	PENDING_NONE,
	PENDING_PORT,		/* dropped by KVM if RIP changes before the next run */
};

/* A register that is kept, but means nothing to KVM */
struct stored_reg {
	uint32_t name;
	union hv_value value;
};

struct vp {
	struct partition *pt;	/* I */
	uint32_t index;		/* I: VP index, KVM vCPU id and APIC id */
	int fd;			/* I: the vCPU's, see vcpu_open() */
	struct kvm_run *run;	/* R; s.regs holds the registers while it does not run */
	bool running;		/* L: a thread is in KVM_RUN for it */
	bool entered_once;	/* L: CPUID is final */
	bool started;		/* L: it has executed something */
	bool dispatched;	/* L: an L1 VP is in DISPATCH_VP for it */
	bool dying;		/* L: delete waits for the thread that runs it */
	unsigned int hold;	/* L: threads that want it stopped */
	pthread_t runner;	/* L: valid while running */
	struct l1_vp *home;	/* L: L1 VP that its messages go to */

	bool explicit_suspend;	/* L */
	bool intercept_suspend;	/* L */
	bool dispatch_suspend;	/* L */
	bool blocked;		/* L: the parent was told to wait for a signal */
	bool halted;		/* L: blocked in HLT or waiting for SIPI */
	bool shut_down;		/* L: triple fault; not to be run again */
	uint64_t wake_ns;	/* L: when its APIC timer fires, while halted */
	uint64_t signal_count;	/* L: scheduler signals sent */
	uint64_t run_time;	/* L: ns */

	enum pending_exit pending;	/* R */
	uint64_t pending_rip;	/* R */
	struct hv_message msg;	/* R: the last intercept */
	struct overlay state_page[HV_NR_STATE_PAGES];	/* L */
	struct overlay stats[HV_NR_STATS_AREAS];	/* L */
	struct stored_reg stored[MAX_STORED_REGS];	/* R */
	unsigned int nr_stored;	/* R */
	uint32_t debug_control;	/* R: last KVM_SET_GUEST_DEBUG */

	pthread_t thread;	/* I: core scheduler only */
	bool has_thread;	/* L */
};

struct monitor;

struct objects {
	struct partition *partitions[MAX_PARTITIONS];	/* L */
	uint64_t next_id;	/* L */
	struct page_state *pages;	/* L: one for each page of L1 RAM */
	uint64_t nr_pages;	/* I */
	pthread_cond_t changed;	/* see vp_wait() */
	bool integrated;	/* I: DISPATCH_VP, not the core scheduler */
	bool stopping;		/* L: objects_fini() has begun */
	struct overlay self_stats[MAX_VPS + 1];	/* L: L1's own; the last is the partition's */
	struct monitor *monitor;	/* I: monitor.c; integrated scheduler only */
	uint64_t nr_overlays;	/* L */
	struct port *ports;	/* L */
};

/* objects.c */
struct partition *partition_find(struct hv *hv, uint64_t id);
struct vp *vp_find(struct partition *pt, uint32_t index);
struct partition *partition_alloc(struct hv *hv, const struct hv_in_create_partition *in);
void partition_free(struct partition *pt);
void partition_finalize(struct partition *pt);
struct page_state *page_state(struct hv *hv, uint64_t gfn);
void *page_ptr(struct hv *hv, uint64_t gfn);
uint16_t overlay_map(struct hv *hv, struct overlay *ov, uint64_t gfn);
bool overlay_unmap(struct hv *hv, struct overlay *ov);
uint16_t page_deposit(struct partition *pt, uint64_t gfn);
bool page_withdraw(struct partition *pt, uint64_t *gfn);
void accounting_error(struct hv *hv, struct partition *pt, const char *what, uint64_t gfn);
uint64_t now_ns(void);

/* hc_memory.c */
void page_release_maps(struct partition *pt);

/* hc_access.c */
bool access_tracked(struct partition *pt);
bool access_seen(struct partition *pt, uint64_t gpa, const struct gpa_entry *entry, bool write);

/* hc_port.c */
struct port *port_find(struct hv *hv, uint32_t id);
void doorbells_free(struct partition *pt);
unsigned int ports_free(struct hv *hv);

/* doorbell.c */
bool doorbell_write(struct vp *vp, uint64_t gpa);
void port_ring(struct hv *hv, struct port *port, struct l1_vp *first);

/* hc_property.c */
bool partition_integrated(struct hv *hv);
bool overlay_allowed(struct hv *hv);
uint64_t property_get(struct partition *pt, uint32_t code);

/* child.c */
int child_vm_create(struct partition *pt);
void child_vm_destroy(struct partition *pt);
uint16_t vp_create(struct partition *pt, uint32_t index, struct vp **out);
void vp_destroy(struct vp *vp);
bool child_space_map(struct partition *pt, uint64_t gfn, uint64_t nr_pages, uint64_t ram_offset,
		     unsigned int flags);
bool child_space_unmap(struct partition *pt, uint64_t gfn, uint64_t nr_pages);
bool child_space_protect(struct partition *pt, uint64_t gfn, uint64_t nr_pages,
			 unsigned int flags);

/* vcpu.c */
int vcpu_open(struct partition *pt, uint32_t index);
void vcpus_close(struct partition *pt);

/* msr_child.c */
void child_update_msr_filter(struct partition *pt);
bool child_msr_intercepted(struct partition *pt, uint32_t index, uint32_t access);
bool child_msr_default(struct vp *vp, bool write, uint64_t *data);

/* run.c */
enum vp_stop {
	VP_STOP_AGAIN,		/* nothing to tell: enter it again */
	VP_STOP_KICKED,		/* a signal */
	VP_STOP_INTERCEPT,	/* vp->msg is filled in */
};

struct run_thread;
struct run_thread *run_thread_create(void);
void run_thread_destroy(struct run_thread *rt);
struct fault_tap *run_thread_tap(struct run_thread *rt);
enum vp_stop vp_enter(struct vp *vp, struct run_thread *rt);
uint64_t vp_linear_rip(const struct vp *vp);
void vp_complete(struct vp *vp);
void vp_complete_undone(struct vp *vp);
void vp_kick(struct vp *vp);
void vp_hold(struct vp *vp);
void vp_release(struct vp *vp);
void vp_wait(struct hv *hv);
bool vp_may_run(const struct vp *vp);

/* fault.c */
struct fault_tap;

struct fault_info {
	uint64_t rip;
	uint64_t gpa;
	uint8_t access;		/* HV_ACCESS_* */
};

struct fault_tap *fault_tap_open(void);
void fault_tap_close(struct fault_tap *tap);
bool fault_tap_last(struct fault_tap *tap, struct fault_info *info);

/* intercept.c */
enum vp_stop vp_check_entry(struct vp *vp);
enum vp_stop vp_handle_exit(struct vp *vp, int err, struct run_thread *rt);
void vp_publish_intercept(struct vp *vp);

/* guest_mem.c */
void insn_fetch(struct vp *vp, uint64_t linear, struct insn *insn);
bool vp_translate(struct vp *vp, uint64_t gva, uint64_t *gpa);
unsigned int vp_read_guest(struct vp *vp, uint64_t gva, void *buf, unsigned int len);

/* cpuid_child.c */
int vp_apply_cpuid(struct vp *vp);
void vp_cpuid_value(struct vp *vp, uint32_t leaf, uint32_t subleaf, uint32_t out[4]);

/* regs.c */
struct hv_segment segment_from_kvm(const struct kvm_segment *seg);
void segment_to_kvm(struct kvm_segment *to, const struct hv_segment *from);
uint16_t vp_get_registers(struct vp *vp, const uint32_t *names, union hv_value *values,
			  unsigned int count, unsigned int *done);
uint16_t vp_set_registers(struct vp *vp, const struct hv_register *regs, unsigned int count,
			  unsigned int *done);

/* regpage.c */
void regpage_read(struct vp *vp);
void regpage_write(struct vp *vp, bool xmm);
void regpage_take_vectors(struct vp *vp);

/* lapic.c */
void lapic_inject(struct vp *vp, uint8_t vector);
uint16_t lapic_assert(struct partition *pt, const struct hv_in_assert *in);
bool lapic_is_halted(struct vp *vp);
bool lapic_has_work(struct vp *vp);
uint64_t lapic_timer_ns(struct vp *vp);
uint16_t lapic_get_state(struct vp *vp, struct hv_lapic_state *out);
uint16_t lapic_set_state(struct vp *vp, const struct hv_lapic_state *in);

/* eoi.c */
bool eoi_watch(struct partition *pt, uint8_t vector);
bool eoi_watch_state(struct partition *pt, const struct kvm_lapic_state *ls);
enum vp_stop eoi_exit(struct vp *vp);

/* notify.c */
void notify_message(struct vp *vp, const struct hv_message *msg);
void notify_intercept(struct vp *vp);
void notify_runnable(struct vp *vp);
void notify_set_blocked(struct vp *vp, bool blocked);

/* monitor.c */
int monitor_start(struct hv *hv);
void monitor_stop(struct hv *hv);
uint64_t monitor_check(struct partition *pt);
void monitor_halted(struct hv *hv);

/* sched_dispatch.c */
void vp_unblock(struct vp *vp);
uint16_t vp_dispatch(struct l1_vp *self, struct vp *vp, const struct hv_in_dispatch *in,
		     struct hv_out_dispatch *out);
void dispatch_release(struct l1_vp *self);

/* sched_core.c */
int core_vp_start(struct vp *vp);
void core_vp_stop(struct vp *vp);

/* Handlers of the hypercall table, by file */
#define HC_HANDLER(name) \
	uint16_t name(struct hv *hv, struct l1_vp *self, struct hvcall *call)

/* hc_partition.c */
HC_HANDLER(hc_create_partition);
HC_HANDLER(hc_initialize_partition);
HC_HANDLER(hc_finalize_partition);
HC_HANDLER(hc_delete_partition);
HC_HANDLER(hc_get_partition_id);
HC_HANDLER(hc_install_intercept);
HC_HANDLER(hc_register_intercept_result);
HC_HANDLER(hc_assert_virtual_interrupt);
/* hc_memory.c */
HC_HANDLER(hc_deposit_memory);
HC_HANDLER(hc_withdraw_memory);
HC_HANDLER(hc_get_memory_balance);
HC_HANDLER(hc_map_gpa_pages);
HC_HANDLER(hc_unmap_gpa_pages);
/* hc_access.c */
HC_HANDLER(hc_get_gpa_pages_access_states);
/* hc_port.c */
HC_HANDLER(hc_create_port);
HC_HANDLER(hc_delete_port);
HC_HANDLER(hc_connect_port);
HC_HANDLER(hc_disconnect_port);
HC_HANDLER(hc_notify_port_ring_empty);
/* hc_vp.c */
struct vp *call_vp(struct hv *hv, struct hvcall *call, uint16_t *status);
HC_HANDLER(hc_create_vp);
HC_HANDLER(hc_delete_vp);
HC_HANDLER(hc_get_vp_registers);
HC_HANDLER(hc_set_vp_registers);
HC_HANDLER(hc_translate_virtual_address);
HC_HANDLER(hc_dispatch_vp);
HC_HANDLER(hc_map_vp_state_page);
HC_HANDLER(hc_unmap_vp_state_page);
/* hc_state.c */
HC_HANDLER(hc_get_vp_state);
HC_HANDLER(hc_set_vp_state);
HC_HANDLER(hc_get_vp_cpuid_values);
/* hc_property.c */
HC_HANDLER(hc_get_partition_property);
HC_HANDLER(hc_get_partition_property_ex);
HC_HANDLER(hc_set_partition_property);
HC_HANDLER(hc_get_system_property);
/* hc_stats.c */
HC_HANDLER(hc_map_stats_page);
HC_HANDLER(hc_map_stats_page2);
HC_HANDLER(hc_unmap_stats_page);

#endif
