// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hypercalls about virtual processors.
 */
#include <linux/string.h>
#include <hyperv/hvcall.h>

/* What a reference implementation gives before it creates a processor */
#define CREATE_VP_DEPOSIT_HINT	90

/**
 * hvcall_create_vp - create a virtual processor
 * @pt: its partition
 * @vp_index: its index
 *
 * Return: 0 or an errno, see hv_call().
 */
int hvcall_create_vp(struct hv_pt *pt, u32 vp_index)
{
	struct hv_create_vp in = {
		.partition_id = pt->id,
		.vp_index = vp_index,
		.subnode_type = HV_SUBNODE_ANY,
	};
	struct hv_call call = {
		.code = HVCALL_CREATE_VP,
		.in = &in,
		.in_size = sizeof(in),
		.payer = pt,
		.deposit_hint = CREATE_VP_DEPOSIT_HINT,
	};

	return hv_call(&call);
}

/**
 * hvcall_delete_vp - undo hvcall_create_vp()
 * @pt: its partition
 * @vp_index: its index
 *
 * Return: 0 or an errno, see hv_call().
 */
int hvcall_delete_vp(struct hv_pt *pt, u32 vp_index)
{
	union hv_input_delete_vp in = {
		.partition_id = pt->id,
		.vp_index = vp_index,
	};
	struct hv_call call = {
		.code = HVCALL_DELETE_VP,
		.in = &in,
		.in_size = sizeof(in),
		.flags = HV_CALL_TEARDOWN,
	};

	return hv_call(&call);
}

/**
 * hvcall_get_vp_reg - read one register of a virtual processor
 * @pt: its partition
 * @vp_index: its index
 * @name: enum hv_register_name
 * @value: out: the value; zeroed on error
 *
 * Return: 0 or an errno, see hv_call().
 */
int hvcall_get_vp_reg(struct hv_pt *pt, u32 vp_index, u32 name,
		      union hv_register_value *value)
{
	struct hv_input_get_vp_registers in = {
		.partition_id = pt->id,
		.vp_index = vp_index,
	};
	struct hv_call call = {
		.code = HVCALL_GET_VP_REGISTERS,
		.in = &in,
		.in_size = sizeof(in),
		.list = &name,
		.list_size = sizeof(name),
		.out = value,
		.out_rep_size = sizeof(*value),
		.reps = 1,
		.payer = pt,
		.flags = HV_CALL_TEARDOWN,
	};

	*value = (union hv_register_value) {};
	return hv_call(&call);
}

/**
 * hvcall_set_vp_regs - write registers of a virtual processor, in order
 * @pt: its partition
 * @vp_index: its index
 * @regs: names and values
 * @nr: entries in @regs, at most HV_SET_REGS_MAX
 *
 * Return: 0 or an errno, see hv_call(); after an error the first few may be
 * written.
 */
int hvcall_set_vp_regs(struct hv_pt *pt, u32 vp_index,
		       const struct hv_register_assoc *regs, u16 nr)
{
	struct hv_input_set_vp_registers in = {
		.partition_id = pt->id,
		.vp_index = vp_index,
	};
	struct hv_call call = {
		.code = HVCALL_SET_VP_REGISTERS,
		.in = &in,
		.in_size = sizeof(in),
		.list = regs,
		.list_size = sizeof(*regs),
		.reps = nr,
		.payer = pt,
		.flags = HV_CALL_TEARDOWN,
	};

	return hv_call(&call);
}

/**
 * hvcall_map_vp_page - map a page that the hypervisor shares with the VMM
 * @pt: the partition
 * @vp_index: the processor
 * @type: enum hv_vp_state_page_type
 * @gpfn: in: own page to put it over, or 0 to let the hypervisor choose; out:
 *	where it is
 *
 * Return: 0 or an errno, see hv_call().
 */
int hvcall_map_vp_page(struct hv_pt *pt, u32 vp_index, u16 type, u64 *gpfn)
{
	struct hv_input_map_vp_state_page in = {
		.partition_id = pt->id,
		.vp_index = vp_index,
		.type = type,
		.flags.map_location_provided = *gpfn != 0,
		.requested_map_location = *gpfn,
	};
	struct hv_output_map_vp_state_page out = {};
	struct hv_call call = {
		.code = HVCALL_MAP_VP_STATE_PAGE,
		.in = &in,
		.in_size = sizeof(in),
		.out = &out,
		.out_size = sizeof(out),
		.payer = pt,
	};
	int err = hv_call(&call);

	if (!err && !*gpfn)
		*gpfn = out.map_location;
	return err;
}

/**
 * hvcall_unmap_vp_page - undo hvcall_map_vp_page()
 * @pt: the partition
 * @vp_index: the processor
 * @type: enum hv_vp_state_page_type
 *
 * Return: 0 or an errno, see hv_call().  The page may be reused only after
 * success.
 */
int hvcall_unmap_vp_page(struct hv_pt *pt, u32 vp_index, u16 type)
{
	struct hv_input_unmap_vp_state_page in = {
		.partition_id = pt->id,
		.vp_index = vp_index,
		.type = type,
	};
	struct hv_call call = {
		.code = HVCALL_UNMAP_VP_STATE_PAGE,
		.in = &in,
		.in_size = sizeof(in),
		.flags = HV_CALL_TEARDOWN,
	};

	return hv_call(&call);
}

/**
 * hvcall_get_vp_state - read a piece of a processor's state
 * @pt: the partition
 * @vp_index: the processor
 * @state: which piece
 * @pfns: pages to put it into, for those pieces that come in pages
 * @nr: entries in @pfns, at most HV_STATE_PAGES_MAX
 * @out: where to put it if @nr is 0
 * @out_size: bytes at @out
 *
 * Return: 0 or an errno, see hv_call().
 */
int hvcall_get_vp_state(struct hv_pt *pt, u32 vp_index,
			const struct hv_vp_state_data *state, const u64 *pfns,
			unsigned int nr, void *out, u16 out_size)
{
	DEFINE_RAW_FLEX(struct hv_input_get_vp_state, in, output_data_pfns,
			HV_STATE_PAGES_MAX);
	struct hv_call call = {
		.code = HVCALL_GET_VP_STATE,
		.varhead = nr,
		.in = in,
		.in_size = sizeof(*in) + nr * sizeof(*pfns),
		.payer = pt,
	};

	if (nr > HV_STATE_PAGES_MAX)
		return -EINVAL;
	in->partition_id = pt->id;
	in->vp_index = vp_index;
	in->state_data = *state;
	memcpy(in->output_data_pfns, pfns, nr * sizeof(*pfns));
	if (!nr) {
		call.out = out;
		call.out_size = out_size;
	}
	return hv_call(&call);
}

/**
 * hvcall_set_vp_state - write a piece of a processor's state
 * @pt: the partition
 * @vp_index: the processor
 * @state: which piece
 * @data: the numbers of the pages it is in, for those pieces that come in
 *	pages, else the state itself
 * @size: bytes at @data, a multiple of 8, at most HV_STATE_DATA_MAX
 *
 * Return: 0 or an errno, see hv_call().
 */
int hvcall_set_vp_state(struct hv_pt *pt, u32 vp_index,
			const struct hv_vp_state_data *state, const void *data,
			u16 size)
{
	DEFINE_RAW_FLEX(struct hv_input_set_vp_state, in, data,
			HV_STATE_DATA_MAX / sizeof(u64));
	struct hv_call call = {
		.code = HVCALL_SET_VP_STATE,
		.varhead = size / sizeof(u64),
		.in = in,
		.in_size = sizeof(*in) + size,
		.payer = pt,
	};

	if (size > HV_STATE_DATA_MAX || size % sizeof(u64))
		return -EINVAL;
	in->partition_id = pt->id;
	in->vp_index = vp_index;
	in->state_data = *state;
	memcpy(in->data, data, size);
	return hv_call(&call);
}
