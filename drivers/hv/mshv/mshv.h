/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Private header of the mshv driver.
 *
 * Lock order, outermost first:
 *
 *   partition->lock		all ioctls of a partition fd, and destroy
 *     vp->lock			all ioctls of a VP fd; held while the VP runs
 *       partition->memory	which regions there are: written when one comes
 *				or goes, read while a fault is handled
 *         mm->mmap_lock	taken by faults, pinning, locked_vm accounting
 *           region->mmu.lock	what is mapped of a movable region.  Also taken
 *				by MMU notifiers, so nothing that may reclaim
 *				memory is done under it: no deposit either
 *
 *   the wait queue's lock of an eventfd
 *     partition->irq.lock	the lists of irqfds
 *
 * Who holds what:
 *
 * - A partition fd and each VP fd of a partition hold a reference on the
 *   partition (partition->refs), a mapping of a VP page holds the VP's file.
 *   The last one to go destroys the partition with all its VPs and regions.
 * - The interrupt handler holds no reference: it looks up partition and VP
 *   under RCU.  destroy unpublishes both, waits a grace period, then frees.
 * - A partition holds its owner's mm_struct (not its address space).
 *
 * Who writes a field, in the declarations below:
 *
 *   I	set before the object is published, then constant
 *   P	partition->lock
 *   V	vp->lock
 *   R	published by RCU (an xarray); written under the lock of its owner
 *   Q	also written from hard interrupt: atomics or READ_ONCE/WRITE_ONCE
 *   H	page shared with the hypervisor, maybe with the VMM: read once into a
 *	copy, check the copy
 */
#ifndef _MSHV_H
#define _MSHV_H

#include <linux/completion.h>
#include <linux/kref.h>
#include <linux/maple_tree.h>
#include <linux/miscdevice.h>
#include <linux/mmu_notifier.h>
#include <linux/mutex.h>
#include <linux/rwsem.h>
#include <linux/spinlock.h>
#include <linux/swait.h>
#include <linux/types.h>
#include <linux/xarray.h>
#include <asm/mshyperv.h>
#include <hyperv/hvcall.h>
#include <linux/mshv.h>

struct eventfd_ctx;

/* VP indexes, and the APIC ids that VMMs derive from them, are 8 bits wide. */
#define MSHV_MAX_VPS	256

/* Bits of the VMM capabilities, bank 0 */
#define MSHV_CAP_MAP_GPA_PRESERVE_ADJUSTABLE	BIT_ULL(0)
#define MSHV_CAP_OVERLAY_GPFN			BIT_ULL(1)
#define MSHV_CAP_INTEGRATED_SCHEDULER		BIT_ULL(6)

/**
 * struct mshv_driver - what there is once
 * @type: I which kind of partition this kernel runs in
 * @caps: I VMM capabilities, bank 0
 * @root_logic: I VPs are dispatched by this kernel, not by the hypervisor
 * @partitions: R partition id to struct mshv_partition
 * @dying: Q no new partition any more
 * @nr_unknown_messages: Q SynIC messages nobody knew what to do with
 * @nr_kept_pages: pages leaked because the hypervisor would not give them back
 */
struct mshv_driver {
	enum hv_partition_type type;
	u64 caps;
	bool root_logic;
	struct xarray partitions;
	bool dying;
	atomic_long_t nr_unknown_messages;
	atomic_long_t nr_kept_pages;
};

extern struct mshv_driver mshv;

/**
 * struct mshv_async - a hypercall that completes by a message
 * @done: Q completed by the message
 * @status: Q HV_STATUS_* it ended with
 * @busy: P one was started and its message is still to come
 */
struct mshv_async {
	struct completion done;
	u32 status;
	bool busy;
};

/**
 * struct mshv_gfn_range - some guest pages
 * @gfn: the first
 * @end: the one after the last
 */
struct mshv_gfn_range {
	u64 gfn;
	u64 end;
};

/* GSIs of a guest are below. */
#define MSHV_MAX_GSIS	4096

/* Resample eventfds of a guest: each interrupt's end looks at all of them. */
#define MSHV_MAX_RESAMPLERS	256

/**
 * struct mshv_route - the interrupt a GSI stands for
 * @valid: there is one
 * @vector: its vector
 * @dest: APIC id or logical destination
 * @control: its kind
 * @vp_index: the one VP it goes to, if that is known, else HV_ANY_VP
 */
struct mshv_route {
	bool valid;
	u32 vector;
	u64 dest;
	union hv_interrupt_control control;
	u32 vp_index;
};

/**
 * struct mshv_irq - interrupts of a partition
 * @routes: R written under the partition's lock; what the GSIs mean
 * @apic_ids_version: Q changes when a VP gets another APIC id
 * @lock: protects what follows; see the lock order
 * @irqfds: those that are active
 * @resamplers: R those that want to know of the end of their interrupt
 * @nr_resamplers: entries in @resamplers
 */
struct mshv_irq {
	struct mshv_routes __rcu *routes;
	atomic_t apic_ids_version;
	spinlock_t lock;	/* see the lock order */
	struct hlist_head irqfds;
	struct hlist_head resamplers;
	unsigned int nr_resamplers;
};

/**
 * struct mshv_partition - a child partition
 * @refs: its fd and the fds of its VPs
 * @lock: see the lock order
 * @hv: handle for hypercalls; @hv.id is I
 * @mm: I address space of the owner: only it may map memory and run VPs
 * @initialized: P MSHV_INITIALIZE_PARTITION succeeded
 * @large_pages: I the partition was created for 2M mappings
 * @dead: Q the hypervisor broke a promise, or the machine goes down: VPs do
 *	not run any more
 * @torn_down: P what it had in the hypervisor is gone
 * @vps: R VP index to struct mshv_vp
 * @memory: see the lock order
 * @regions: guest page number to struct mshv_region; written under @memory
 * @async: see there
 * @irq: see there
 * @ioeventfds: P eventfds the guest signals
 * @lost: P by MSHV_GPAP_ACCESS_TYPE_*: pages whose bits were read in vain
 *
 * @dead is read without a lock; who sets it sees to it that nobody runs on.
 */
struct mshv_partition {
	struct kref refs;
	struct mutex lock;	/* see the lock order */
	struct hv_pt hv;
	struct mm_struct *mm;
	bool initialized;
	bool large_pages;
	bool dead;
	bool torn_down;
	struct xarray vps;
	struct rw_semaphore memory;	/* see the lock order */
	struct maple_tree regions;
	struct mshv_async async;
	struct mshv_irq irq;
	struct list_head ioeventfds;
	struct mshv_gfn_range lost[MSHV_GPAP_ACCESS_TYPE_COUNT];
};

/**
 * struct mshv_overlay - a page the hypervisor shares with us
 * @va: I where it is mapped here, NULL if there is none
 * @page: I our page under it, NULL if the hypervisor chose the place
 * @gpfn: I its guest page number in this partition
 * @mapped: P the hypervisor may write to it
 */
struct mshv_overlay {
	void *va;
	struct page *page;
	u64 gpfn;
	bool mapped;
};

/* Bits of mshv_vp_run.events, set by anyone, consumed by the runner. */
enum mshv_vp_event {
	MSHV_VP_KICKED,		/* the hypervisor has news of this VP */
	MSHV_VP_CANCELED,	/* MSHV_RUN_VP is to return EINTR, once */
};

/**
 * struct mshv_vp_run - how far running a VP has got
 * @wait: the runner sleeps here
 * @events: Q enum mshv_vp_event
 * @nr_signals: Q messages of the hypervisor about this VP
 * @dispatched: Q it is on a CPU now (root-scheduler logic)
 * @blocked: V the hypervisor has nothing for it to run until a kick
 * @intercepted: V the VMM has its message: clear the intercept on the way in
 * @owed: V stopped with a message on its way, which is yet to be waited for
 */
struct mshv_vp_run {
	struct swait_queue_head wait;
	unsigned long events;
	atomic64_t nr_signals;
	bool dispatched;
	bool blocked;
	bool intercepted;
	bool owed;
};

/**
 * struct mshv_vp - a virtual processor of a child partition
 * @pt: I its partition; the VP's fd holds a reference on it
 * @index: I VP index
 * @lock: see the lock order
 * @run: see there
 * @regs: H register page, may be absent
 * @message: H intercept message page
 * @stats: H counters, by enum hv_stats_area_type; may be absent
 */
struct mshv_vp {
	struct mshv_partition *pt;
	u32 index;
	struct mutex lock;	/* see the lock order */
	struct mshv_vp_run run;
	struct mshv_overlay regs;
	struct mshv_overlay message;
	struct mshv_overlay stats[2];
};

/* 4K pages in a 2M page */
#define MSHV_NR_2M	(1U << (HV_HYP_LARGE_PAGE_SHIFT - HV_HYP_PAGE_SHIFT))

/* What a slot of a chunk says besides the page number; 0 is an empty slot. */
#define MSHV_SLOT_MAPPED	BIT_ULL(63)	/* the guest can reach it */
#define MSHV_SLOT_WRITABLE	BIT_ULL(62)	/* and write to it */
#define MSHV_SLOT_LARGE		BIT_ULL(61)	/* by one mapping of 2M */
#define MSHV_SLOT_KEPT		BIT_ULL(60)	/* we have a reference on it */
#define MSHV_SLOT_PFN		GENMASK_ULL(51, 0)

/**
 * struct mshv_chunk - what is mapped of 2M of guest memory
 * @slot: a page number and MSHV_SLOT_* for each 4K page, by gfn % MSHV_NR_2M
 */
struct mshv_chunk {
	u64 slot[MSHV_NR_2M];
};

/* Pages set aside so that taking pages from a guest needs no allocation */
#define MSHV_NR_SPARE	8

/**
 * struct mshv_mmu - what a movable region has mapped
 * @notifier: I tells when the owner's memory changes
 * @lock: see the lock order; protects what follows, but chunks are added
 *	without it
 * @chunks: gfn / MSHV_NR_2M to struct mshv_chunk; they stay until the end
 * @spare: pages to deposit when there is no other way
 * @nr_spare: how many there are
 */
struct mshv_mmu {
	struct mmu_interval_notifier notifier;
	struct mutex lock;	/* see the lock order */
	struct xarray chunks;
	struct page *spare[MSHV_NR_SPARE];
	unsigned int nr_spare;
};

/**
 * struct mshv_region - guest memory that is user memory
 * @pt: I the partition
 * @gfn: I first guest page
 * @nr_pages: I its size in 4K pages
 * @uaddr: I where it is in the owner's address space
 * @map_flags: I HV_MAP_GPA_*
 * @movable: I pages are mapped by faults and unmapped by MMU notifiers; if not
 *	they are pinned
 * @mmu: movable: see there
 * @mapped_from: P pinned, as all that follows: first page, counted from 0, the guest may reach
 * @mapped_to: P the one after the last page the guest may reach
 * @nr_pinned: P pages that are pinned, from the first on
 * @accounted: P pages are charged to the owner's locked_vm
 * @pages: P the pages
 */
struct mshv_region {
	struct mshv_partition *pt;
	u64 gfn;
	u64 nr_pages;
	u64 uaddr;
	u32 map_flags;
	bool movable;
	struct mshv_mmu mmu;
	u64 mapped_from;
	u64 mapped_to;
	u64 nr_pinned;
	bool accounted;
	struct page **pages;
};

/**
 * struct mshv_sched_facts - all that the choice of a scheduler depends on
 * @type: the kind of partition
 * @caps_error: errno of reading the VMM capabilities
 * @caps: VMM capabilities, bank 0; 0 if there is none
 * @value_error: errno of reading @value
 * @value: L1VH: the integrated-scheduler property, if the capability is there;
 *	root: the system's scheduler type
 */
struct mshv_sched_facts {
	enum hv_partition_type type;
	int caps_error;
	u64 caps;
	int value_error;
	u64 value;
};

/* sched.c */
enum hv_partition_type mshv_partition_type(u32 priv_high);
u64 mshv_caps_bank0(const struct hv_partition_property_vmm_capabilities *caps);
bool mshv_sched_needs_value(const struct mshv_sched_facts *facts);
int mshv_sched_decide(const struct mshv_sched_facts *facts, bool *root_logic);
void mshv_sched_read(enum hv_partition_type type,
		     struct mshv_sched_facts *facts);
int mshv_sched_init(struct mshv_driver *drv);

/* message.c */

/* Tell one VP; false if there is no such VP. */
typedef bool (*mshv_vp_fn)(void *arg, u64 partition_id, u32 vp_index);

unsigned int
mshv_msg_each_in_bitset(const struct hv_vp_signal_bitset_scheduler_message *msg,
			mshv_vp_fn fn, void *arg);
unsigned int
mshv_msg_each_in_pairs(const struct hv_vp_signal_pair_scheduler_message *msg,
		       mshv_vp_fn fn, void *arg);
bool mshv_msg_handle(const struct hv_message *msg);

/* synic.c */
u64 mshv_synic_get(u32 reg);
void mshv_synic_set(u32 reg, u64 value);
int mshv_synic_init(void);
void mshv_synic_fini(void);
void mshv_synic_receive(struct hv_message *slot);
struct hv_synic_event_ring *mshv_synic_ring(unsigned int sint);

/* partition.c */
int mshv_partition_create(u64 hv_flags,
			  const struct hv_partition_creation_properties *props);
struct mshv_partition *mshv_partition_find_rcu(u64 id);
struct mshv_vp *mshv_vp_find_rcu(u64 partition_id, u32 vp_index);
void mshv_partition_put(struct mshv_partition *pt);
int mshv_partition_initialize(struct mshv_partition *pt);
void mshv_partition_stop(struct mshv_partition *pt);
void mshv_partition_kill(struct mshv_partition *pt);
void mshv_partition_async_done(struct mshv_partition *pt, u32 status);
int mshv_partition_async_begin(struct mshv_partition *pt);
int mshv_partition_async_wait(struct mshv_partition *pt, u16 *status);

/* vp.c */
int mshv_vp_create(struct mshv_partition *pt, u32 index);
void mshv_vp_teardown(struct mshv_vp *vp);
void mshv_vp_free(struct mshv_vp *vp);
int mshv_vp_mmap(struct mshv_vp *vp, struct vm_area_struct *vma);

/* vp_state.c */
int mshv_vp_state(struct mshv_vp *vp,
		  struct mshv_get_set_vp_state __user *uargs, bool set);

/* overlay.c */
int mshv_overlay_prepare(struct mshv_overlay *ov);
int mshv_overlay_attach(struct mshv_overlay *ov);
void mshv_overlay_free(struct mshv_overlay *ov);

/* run.c */
void mshv_vp_run_init(struct mshv_vp *vp);
void mshv_vp_kick(struct mshv_vp *vp);
void mshv_vp_wake(struct mshv_vp *vp);
void mshv_vp_cancel(struct mshv_vp *vp);
bool mshv_vp_queue_vector(struct mshv_vp *vp, u8 vector);
int mshv_vp_run(struct mshv_vp *vp, struct hv_message *msg);
void mshv_vp_stop(struct mshv_vp *vp);

/* intercept.c */
int mshv_intercept_take(struct mshv_vp *vp, struct hv_message *msg);

/* region.c */
int mshv_region_add(struct mshv_partition *pt,
		    const struct mshv_user_mem_region *mem);
int mshv_region_del(struct mshv_partition *pt,
		    const struct mshv_user_mem_region *mem);
void mshv_regions_unmap_all(struct mshv_partition *pt);
void mshv_regions_free_all(struct mshv_partition *pt, bool unmapped);

void mshv_region_poison(struct mshv_region *rg, u64 gfn, int err);

/* region_mmu.c */
int mshv_mmu_init(struct mshv_region *rg);
int mshv_mmu_fill_spare(struct mshv_region *rg);
int mshv_mmu_unmap_all(struct mshv_region *rg);
void mshv_mmu_free(struct mshv_region *rg, bool unmapped);

/* region_chunk.c */
struct mshv_chunk *mshv_chunk_get(struct mshv_region *rg, u64 gfn);
bool mshv_chunk_is_contiguous(const struct mshv_chunk *want);
int mshv_chunk_map(struct mshv_region *rg, u64 index, struct mshv_chunk *chunk,
		   const struct mshv_chunk *want, u64 *pfns, u16 *status);
int mshv_chunk_unmap(struct mshv_region *rg, u64 index,
		     struct mshv_chunk *chunk, unsigned int from,
		     unsigned int to);
void mshv_chunk_keep(struct mshv_chunk *chunk, unsigned int from,
		     unsigned int to);
long mshv_chunk_drop(struct mshv_chunk *chunk, bool unmapped);

/* region_fault.c */
bool mshv_fault_window(const struct mshv_region *rg, u64 gfn,
		       unsigned int size, u64 uaddr, u64 uend, u64 *first,
		       u64 *end);
void mshv_fault_want(struct mshv_chunk *want, unsigned int from,
		     const unsigned long *hmm, unsigned int nr, bool writable);
int mshv_region_fault(struct mshv_partition *pt, u64 gfn, u8 access);

/* region_map.c */
u64 mshv_region_run(struct page *const *pages, u64 gfn, u64 nr,
		    unsigned int max, bool *large);
int mshv_region_map(struct mshv_region *rg);
int mshv_region_unmap(struct mshv_region *rg);

/* region_pin.c */
int mshv_region_pin(struct mshv_region *rg);
void mshv_region_unpin(struct mshv_region *rg);

/* ioctl.c */
extern const struct file_operations mshv_dev_fops;
extern const struct file_operations mshv_partition_fops;
extern const struct file_operations mshv_vp_fops;

/* irq.c */
void mshv_irq_init(struct mshv_partition *pt);
void mshv_irq_free(struct mshv_partition *pt);
int mshv_irq_set_routes(struct mshv_partition *pt,
			const struct mshv_user_irq_entry *entries, u32 nr);
void mshv_irq_apic_ids_changed(struct mshv_partition *pt);
bool mshv_irq_route(struct mshv_partition *pt, u32 gsi,
		    struct mshv_route *route);
void mshv_irq_assert(struct mshv_partition *pt, u32 gsi);

/* irqfd.c */
int mshv_irqfd_init(void);
void mshv_irqfd_fini(void);
int mshv_irqfd_set(struct mshv_partition *pt,
		   const struct mshv_user_irqfd *args);
void mshv_irqfd_release_all(struct mshv_partition *pt);
bool mshv_irqfd_eoi(struct mshv_partition *pt, u32 vector);

/* access.c */
int mshv_access_get(struct mshv_partition *pt,
		    const struct mshv_gpap_access_bitmap *args);

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

/* passthru.c */
int mshv_passthru(struct mshv_partition *pt, struct mshv_vp *vp,
		  struct mshv_root_hvcall __user *uargs);

/* stats.c */
void mshv_stats_map_vp(struct mshv_vp *vp);
void mshv_stats_unmap_vp(struct mshv_vp *vp);
bool mshv_stats_vp_unblocked(const struct mshv_vp *vp);

/* arch_*.c: all that differs between architectures */
void mshv_arch_memory_access(const struct hv_message *msg, u64 *gpa,
			     u8 *access);
unsigned int mshv_arch_vectors_pending(const struct mshv_vp *vp);
u8 mshv_arch_sint_vector(void);
bool mshv_arch_is_apic_id(u32 name);
void mshv_arch_decode_msi(const struct mshv_user_irq_entry *msi,
			  struct mshv_route *route);
bool mshv_arch_deliverable(const struct mshv_route *route);
bool mshv_arch_is_plain(const struct mshv_route *route);
bool mshv_arch_is_level(const struct mshv_route *route);
bool mshv_arch_can_queue_vectors(void);
bool mshv_arch_queue_vector(struct mshv_vp *vp, u8 vector);
bool mshv_arch_unqueue_vector(struct mshv_vp *vp, u8 vector);

#endif /* _MSHV_H */
