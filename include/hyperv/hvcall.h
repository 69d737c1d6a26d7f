/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hypercall layer of the mshv driver.
 *
 * hv_call() is the one way out of the kernel: it owns the per-CPU input and
 * output pages, the section with interrupts off, the continuation of rep
 * calls, the memory the hypervisor asks for, and the trace event.  Above it
 * there is one thin hvcall_<noun/verb>() per hypercall, without locks, without
 * policy, without log lines.
 */
#ifndef _HYPERV_HVCALL_H
#define _HYPERV_HVCALL_H

#include <linux/atomic.h>
#include <linux/bits.h>
#include <linux/types.h>
#include <hyperv/hvhdk.h>

struct page;

/**
 * struct hv_pt - handle of a partition for the hypercall layer
 * @id: partition id, or HV_PARTITION_ID_SELF
 * @nr_deposited: pages lent to the hypervisor for this partition and not
 *	withdrawn yet
 */
struct hv_pt {
	u64 id;
	atomic_long_t nr_deposited;
};

/*
 * HV_CALL_ATOMIC:	may be made in any context; never sleeps, so never
 *			deposits memory.
 * HV_CALL_TEARDOWN:	has to be tried to the end although the caller has a
 *			fatal signal pending (still bounded by the budget).
 */
#define HV_CALL_ATOMIC		BIT(0)
#define HV_CALL_TEARDOWN	BIT(1)

/**
 * struct hv_call - one hypercall: what goes in, what comes out
 * @code: hypercall code, HVCALL_*
 * @varhead: size of the variable header in units of 8 bytes
 * @reps: rep count, 0 for a simple call
 * @flags: HV_CALL_*
 * @in: input header, or the whole input if @list is NULL
 * @in_size: bytes at @in
 * @list_size: bytes of one element of @list
 * @list: input elements, one for each rep; placed behind the header
 * @out: output for the caller, or NULL; written only with what the hypervisor
 *	produced
 * @out_size: bytes of output of a simple call (at most)
 * @out_rep_size: bytes of output of one rep
 * @payer: the partition whose pool grows when the hypervisor lacks memory for
 *	the call; NULL if the call must not deposit
 * @deposit_hint: pages to begin with when memory is asked for; 0 for the
 *	default
 * @reps_done: out: reps completed, also when the call failed
 * @status: out: HV_STATUS_* of the last attempt
 */
struct hv_call {
	u16 code;
	u16 varhead;
	u16 reps;
	u16 flags;
	const void *in;
	u16 in_size;
	u16 list_size;
	const void *list;
	void *out;
	u16 out_size;
	u16 out_rep_size;
	struct hv_pt *payer;
	u16 deposit_hint;
	u16 reps_done;
	u16 status;
};

/* Reps are 12 bits wide in the control word and in the result. */
#define HV_CALL_MAX_REPS	0xfff

/* How many elements of a list one input page takes */
#define HV_LIST_MAX(header, element) \
	((HV_HYP_PAGE_SIZE - sizeof(header)) / sizeof(element))

#define HV_MAP_GPA_MAX		HV_LIST_MAX(struct hv_input_map_gpa_pages, u64)
#define HV_UNMAP_GPA_MAX	512
#define HV_DEPOSIT_MAX		HV_LIST_MAX(struct hv_deposit_memory, u64)
#define HV_WITHDRAW_MAX		(HV_HYP_PAGE_SIZE / sizeof(u64))
#define HV_GET_REGS_MAX		(HV_HYP_PAGE_SIZE / sizeof(union hv_register_value))
#define HV_SET_REGS_MAX \
	HV_LIST_MAX(struct hv_input_set_vp_registers, struct hv_register_assoc)

/*
 * A VP's state: how many pages, or how many bytes, one call transfers.  No XSAVE
 * area is that large.
 */
#define HV_STATE_PAGES_MAX	16
#define HV_STATE_DATA_MAX	sizeof(struct hv_synthetic_timers_state)

#define HV_FIND_VPS_MAX \
	HV_LIST_MAX(struct hv_get_vp_from_apic_id_in, u32)

/* hvcall_exit.c: the way out */
int hvcall_exit_init(void);
void hvcall_exit_fini(void);
u64 mshv_hv_exit(u64 control, void *in, void *out);
bool hvcall_may_go_on(const struct hv_call *call);
int hvcall_complete(struct hv_call *call);
int hvcall_dispatch_vp(struct hv_pt *pt, u32 vp_index, u32 flags,
		       u64 time_slice, struct hv_output_dispatch_vp *res);

/* hvcall.c: the choke point */
int hvcall_init(bool root);
void hvcall_fini(void);
int hv_call(struct hv_call *call);

/* hvcall_status.c: what a status means */

/**
 * struct hv_status_desc - meaning of a hypervisor status
 * @status: HV_STATUS_*
 * @error: errno it becomes, negative, or 0
 * @name: its name without the prefix
 */
struct hv_status_desc {
	u16 status;
	int error;
	const char *name;
};

extern const struct hv_status_desc hv_status_table[];
extern const unsigned int hv_status_table_len;

int hv_status_to_errno(u16 status);
const char *hv_status_name(u16 status);
bool hv_status_needs_memory(u16 status);

/* hvcall_deposit.c: memory lent to the hypervisor */

/**
 * struct hv_spent - what one operation has cost in memory
 * @total: 4K pages deposited for it
 * @next: 4K pages to deposit when it needs more; 0: decide for the caller
 */
struct hv_spent {
	unsigned int total;
	unsigned int next;
};

void hvcall_mem_init(bool root);
int hvcall_deposit(struct hv_pt *pt, u16 status, unsigned int nr_pages,
		   u16 flags);
int hvcall_deposit_more(struct hv_pt *pt, u16 status, struct hv_spent *spent,
			u16 flags);
int hvcall_deposit_page(struct hv_pt *pt, struct page *page);
long hvcall_withdraw_all(struct hv_pt *pt);

/* hvcall_mem.c: guest memory */
int hvcall_map_gpa(struct hv_pt *pt, u64 gfn, u32 flags, const u64 *pfns,
		   unsigned int nr, unsigned int *nr_done);
int hvcall_map_gpa_atomic(struct hv_pt *pt, u64 gfn, u32 flags,
			  const u64 *pfns, unsigned int nr,
			  unsigned int *nr_done, u16 *status);
int hvcall_unmap_gpa(struct hv_pt *pt, u64 gfn, u32 flags, unsigned int nr,
		     unsigned int *nr_done);
int hvcall_unmap_gpa_atomic(struct hv_pt *pt, u64 gfn, u32 flags,
			    unsigned int nr, unsigned int *nr_done,
			    u16 *status);
int hvcall_get_access(struct hv_pt *pt, u64 gfn,
		      union hv_gpa_page_access_state_flags flags,
		      union hv_gpa_page_access_state *states, unsigned int nr,
		      unsigned int *nr_done, u16 *status);

/* hvcall_partition.c */
int hvcall_create_partition(u64 flags,
			    const struct hv_partition_creation_properties *props,
			    union hv_partition_isolation_properties isolation,
			    struct hv_pt *pt);
int hvcall_initialize_partition(struct hv_pt *pt);
int hvcall_finalize_partition(struct hv_pt *pt);
int hvcall_delete_partition(struct hv_pt *pt);
int hvcall_get_property_ex(u64 partition_id, u32 code, u64 arg, void *value,
			   u16 size);
int hvcall_get_property(struct hv_pt *pt, u32 code, u64 *value);
int hvcall_get_system_property(u32 id, u64 *value);

/* hvcall_vp.c */
int hvcall_create_vp(struct hv_pt *pt, u32 vp_index);
int hvcall_delete_vp(struct hv_pt *pt, u32 vp_index);
int hvcall_get_vp_reg(struct hv_pt *pt, u32 vp_index, u32 name,
		      union hv_register_value *value);
int hvcall_set_vp_regs(struct hv_pt *pt, u32 vp_index,
		       const struct hv_register_assoc *regs, u16 nr);
int hvcall_map_vp_page(struct hv_pt *pt, u32 vp_index, u16 type, u64 *gpfn);
int hvcall_unmap_vp_page(struct hv_pt *pt, u32 vp_index, u16 type);
int hvcall_get_vp_state(struct hv_pt *pt, u32 vp_index,
			const struct hv_vp_state_data *state, const u64 *pfns,
			unsigned int nr, void *out, u16 out_size);
int hvcall_set_vp_state(struct hv_pt *pt, u32 vp_index,
			const struct hv_vp_state_data *state, const void *data,
			u16 size);

/* hvcall_irq.c */
int hvcall_assert_interrupt(struct hv_pt *pt, union hv_interrupt_control control,
			    u64 dest, u32 vector);
int hvcall_find_vps(struct hv_pt *pt, const u32 *apic_ids, u32 *vp_indexes,
		    unsigned int nr, unsigned int *nr_done);

/* hvcall_port.c */
int hvcall_create_doorbell(u32 port_id, struct hv_pt *pt, u32 sint);
int hvcall_delete_port(u32 port_id);
int hvcall_connect_doorbell(u32 port_id, struct hv_pt *pt, u64 gpa, u64 value,
			    u64 flags);
int hvcall_disconnect_doorbell(u32 port_id, struct hv_pt *pt);
int hvcall_notify_ring_empty(u32 sint);

/* hvcall_stats.c */
int hvcall_map_stats(struct hv_pt *pt, u32 type,
		     const union hv_stats_object_identity *id, u64 *gpfn);
int hvcall_unmap_stats(u32 type, const union hv_stats_object_identity *id);

#endif /* _HYPERV_HVCALL_H */
