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
#include <linux/mutex.h>
#include <linux/rwsem.h>
#include <linux/types.h>
#include <linux/xarray.h>
#include <asm/mshyperv.h>
#include <hyperv/hvcall.h>
#include <linux/mshv.h>

#include "irq.h"
#include "overlay.h"
#include "run.h"

struct file_operations;
struct vm_area_struct;

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

/**
 * struct mshv_partition - a child partition
 * @refs: its fd and the fds of its VPs
 * @lock: see the lock order
 * @hv: handle for hypercalls; @hv.id is I
 * @mm: I address space of the owner: only it may map memory and run VPs
 * @initialized: P MSHV_INITIALIZE_PARTITION succeeded
 * @large_pages: I the partition was created for 2M mappings
 * @tracked: Q the VMM has ever let the hypervisor track what the guest writes
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
	bool tracked;
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

/* lookup.c */
extern struct mshv_driver mshv;

struct mshv_partition *mshv_partition_find_rcu(u64 id);
struct mshv_vp *mshv_vp_find_rcu(u64 partition_id, u32 vp_index);
void mshv_partition_stop(struct mshv_partition *pt);

/* partition.c */
int mshv_partition_create(u64 hv_flags,
			  const struct hv_partition_creation_properties *props,
			  const struct file_operations *fops);
void mshv_partition_put(struct mshv_partition *pt);
int mshv_partition_initialize(struct mshv_partition *pt);
void mshv_partition_kill(struct mshv_partition *pt);
void mshv_partition_async_done(struct mshv_partition *pt, u32 status);
int mshv_partition_async_begin(struct mshv_partition *pt);
int mshv_partition_async_wait(struct mshv_partition *pt, u16 *status);

/* vp.c */
int mshv_vp_create(struct mshv_partition *pt, u32 index,
		   const struct file_operations *fops);
void mshv_vp_teardown(struct mshv_vp *vp);
void mshv_vp_free(struct mshv_vp *vp);
int mshv_vp_mmap(struct mshv_vp *vp, struct vm_area_struct *vma);

/* vp_state.c */
int mshv_vp_state(struct mshv_vp *vp,
		  struct mshv_get_set_vp_state __user *uargs, bool set);

/* ioctl.c */
extern const struct file_operations mshv_dev_fops;

/* access.c */
int mshv_access_get(struct mshv_partition *pt,
		    const struct mshv_gpap_access_bitmap *args);

/* passthru.c */
int mshv_passthru(struct mshv_partition *pt, struct mshv_vp *vp,
		  struct mshv_root_hvcall __user *uargs);

#endif /* _MSHV_H */
