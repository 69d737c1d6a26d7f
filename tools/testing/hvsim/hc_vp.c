// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hypercalls on VPs
 */
#include <string.h>

#include "objects.h"

/**
 * call_vp - find the VP that a call's input begins with
 * @hv: the machine
 * @call: the call; the partition is noted in it for the trace
 * @status: set to an HV_STATUS
 *
 * Return: NULL if there is none
 */
struct vp *call_vp(struct hv *hv, struct hvcall *call, uint16_t *status)
{
	const struct hv_in_vp *in = call->in;
	struct partition *pt = partition_find(hv, in->partition_id);
	struct vp *vp;

	call->partition = in->partition_id;
	*status = HV_STATUS_INVALID_PARTITION_ID;
	if (!pt)
		return NULL;
	vp = vp_find(pt, in->vp_index);
	*status = vp ? HV_STATUS_SUCCESS : HV_STATUS_INVALID_VP_INDEX;
	return vp;
}

HC_HANDLER(hc_create_vp)
{
	const struct hv_in_create_vp *in = call->in;
	struct partition *pt = partition_find(hv, in->partition_id);
	struct vp *vp;

	(void)self;
	call->partition = in->partition_id;
	if (!pt)
		return HV_STATUS_INVALID_PARTITION_ID;
	if (pt->state != PARTITION_ACTIVE)
		return HV_STATUS_INVALID_PARTITION_STATE;
	if (in->vp_index >= MAX_VPS || pt->vps[in->vp_index])
		return HV_STATUS_INVALID_VP_INDEX;
	return vp_create(pt, in->vp_index, &vp);
}

HC_HANDLER(hc_delete_vp)
{
	uint16_t status;
	struct vp *vp = call_vp(hv, call, &status);
	struct partition *pt;

	(void)self;
	if (!vp)
		return status;
	pt = vp->pt;
	pt->busy++;
	vp_destroy(vp);
	pt->busy--;
	return HV_STATUS_SUCCESS;
}

HC_HANDLER(hc_get_vp_registers)
{
	uint16_t status;
	struct vp *vp = call_vp(hv, call, &status);
	const uint32_t *names = (const uint32_t *)((const struct hv_in_vp *)call->in + 1);
	union hv_value *values = call->out;
	unsigned int done;

	(void)self;
	if (!vp)
		return status;
	vp_hold(vp);
	status = vp_get_registers(vp, names + call->rep_start, values + call->rep_start,
				  call->rep_count - call->rep_start, &done);
	vp_release(vp);
	call->rep_done = call->rep_start + done;
	return status;
}

HC_HANDLER(hc_set_vp_registers)
{
	uint16_t status;
	struct vp *vp = call_vp(hv, call, &status);
	const struct hv_register *regs =
		(const struct hv_register *)((const struct hv_in_vp *)call->in + 1);
	unsigned int done;

	if (!vp)
		return status;
	vp_hold(vp);
	status = vp_set_registers(vp, regs + call->rep_start, call->rep_count - call->rep_start,
				  &done);
	vp->home = self;
	vp_release(vp);
	vp_unblock(vp);
	call->rep_done = call->rep_start + done;
	return status;
}

HC_HANDLER(hc_translate_virtual_address)
{
	const struct hv_in_translate *in = call->in;
	struct hv_out_translate *out = call->out;
	uint16_t status;
	struct vp *vp = call_vp(hv, call, &status);
	struct gpa_entry entry;
	uint64_t gpa;

	(void)self;
	if (!vp)
		return status;
	vp_hold(vp);
	if (!vp_translate(vp, in->gva_page << PAGE_SHIFT, &gpa)) {
		out->result = HV_TRANSLATE_NOT_PRESENT;
	} else {
		out->gpa_page = gpa >> PAGE_SHIFT;
		out->result = gpa_lookup(&vp->pt->gpa, out->gpa_page, &entry) ?
			HV_TRANSLATE_SUCCESS : HV_TRANSLATE_GPA_UNMAPPED;
	}
	vp_release(vp);
	return HV_STATUS_SUCCESS;
}

HC_HANDLER(hc_dispatch_vp)
{
	const struct hv_in_dispatch *in = call->in;
	uint16_t status;
	struct vp *vp = call_vp(hv, call, &status);

	if (!vp)
		return status;
	if (!hv->objs->integrated)
		return HV_STATUS_OPERATION_DENIED;
	if (in->flags & ~HV_DISPATCH_KNOWN)
		return HV_STATUS_INVALID_PARAMETER;
	return vp_dispatch(self, vp, in, call->out);
}

HC_HANDLER(hc_map_vp_state_page)
{
	const struct hv_in_state_page *in = call->in;
	uint16_t status;
	struct vp *vp = call_vp(hv, call, &status);

	(void)self;
	if (!vp)
		return status;
	if (in->type >= HV_NR_STATE_PAGES)
		return HV_STATUS_INVALID_PARAMETER;
	/* Otherwise the hypervisor would provide the page: a root only, and not simulated. */
	if (!(in->flags & HV_MAP_LOCATION_PROVIDED) || !overlay_allowed(hv))
		return HV_STATUS_OPERATION_DENIED;
	if (in->type == HV_STATE_PAGE_MESSAGE && !(vp->pt->flags & HV_CREATE_MESSAGE_PAGE))
		return HV_STATUS_OPERATION_DENIED;
	vp_hold(vp);
	status = overlay_map(hv, &vp->state_page[in->type], in->location);
	if (status == HV_STATUS_SUCCESS && in->type == HV_STATE_PAGE_REGISTERS)
		regpage_write(vp, true);
	vp_release(vp);
	*(uint64_t *)call->out = in->location;
	return status;
}

HC_HANDLER(hc_unmap_vp_state_page)
{
	const struct hv_in_state_page *in = call->in;
	uint16_t status;
	struct vp *vp = call_vp(hv, call, &status);
	bool was_mapped;

	(void)self;
	if (!vp)
		return status;
	if (in->type >= HV_NR_STATE_PAGES)
		return HV_STATUS_INVALID_PARAMETER;
	vp_hold(vp);
	was_mapped = overlay_unmap(hv, &vp->state_page[in->type]);
	vp_release(vp);
	return was_mapped ? HV_STATUS_SUCCESS : HV_STATUS_INVALID_PARAMETER;
}
