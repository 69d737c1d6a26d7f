// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hypercalls about interrupts of a guest.
 */
#include <hyperv/hvcall.h>

/**
 * hvcall_assert_interrupt - interrupt a guest
 * @pt: the guest
 * @control: kind of interrupt, trigger and destination mode
 * @dest: APIC id, or logical destination
 * @vector: the vector; means nothing for an NMI
 *
 * Context: any.
 * Return: 0 or an errno, see hv_call().
 */
int hvcall_assert_interrupt(struct hv_pt *pt, union hv_interrupt_control control,
			    u64 dest, u32 vector)
{
	struct hv_input_assert_virtual_interrupt in = {
		.partition_id = pt->id,
		.control = control,
		.dest_addr = dest,
		.vector = vector,
	};
	struct hv_call call = {
		.code = HVCALL_ASSERT_VIRTUAL_INTERRUPT,
		.in = &in,
		.in_size = sizeof(in),
		.flags = HV_CALL_ATOMIC,
	};

	return hv_call(&call);
}

/**
 * hvcall_find_vps - find virtual processors by APIC id
 * @pt: their partition
 * @apic_ids: the APIC ids
 * @vp_indexes: out: index for each APIC id
 * @nr: entries in @apic_ids, at most HV_FIND_VPS_MAX
 * @nr_done: entries of @vp_indexes that are filled in, also after an error
 *
 * Return: 0 or an errno, see hv_call().
 */
int hvcall_find_vps(struct hv_pt *pt, const u32 *apic_ids, u32 *vp_indexes,
		    unsigned int nr, unsigned int *nr_done)
{
	struct hv_get_vp_from_apic_id_in in = { .partition_id = pt->id };
	struct hv_call call = {
		.code = HVCALL_GET_VP_INDEX_FROM_APIC_ID,
		.in = &in,
		.in_size = sizeof(in),
		.list = apic_ids,
		.list_size = sizeof(*apic_ids),
		.out = vp_indexes,
		.out_rep_size = sizeof(*vp_indexes),
		.reps = nr,
	};
	int err = hv_call(&call);

	*nr_done = call.reps_done;
	return err;
}
