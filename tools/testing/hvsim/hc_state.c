// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hypercalls on larger pieces of a VP's state
 *
 * State of the PFN kind is copied between the VP and pages that the L1 names.
 */
#include <string.h>
#include <sys/ioctl.h>

#include "objects.h"

#define XSAVE_SIZE	576
#define XSTATE_BV	512	/* offsets in an XSAVE image */
#define XCOMP_BV	520
#define XCOMP_COMPACTED	(1ULL << 63)

/* The first page of the call's list: all that we have fits in one */
static uint8_t *first_page(struct hv *hv, const struct hvcall *call)
{
	const struct hv_in_vp_state *in = call->in;
	struct page_state *ps;

	if (call->var_hdr < sizeof(in->data[0]))
		return NULL;
	ps = page_state(hv, in->data[0]);
	return ps && ps->kind == PAGE_FREE ? page_ptr(hv, in->data[0]) : NULL;
}

static uint64_t get_word(const uint8_t *image, unsigned int at)
{
	uint64_t val;

	memcpy(&val, image + at, sizeof(val));
	return val;
}

static void set_word(uint8_t *image, unsigned int at, uint64_t val)
{
	memcpy(image + at, &val, sizeof(val));
}

static uint16_t get_xsave(struct vp *vp, uint8_t *page)
{
	struct kvm_xsave xsave;
	uint64_t states = 3;

	if (ioctl(vp->fd, KVM_GET_XSAVE, &xsave))
		return HV_STATUS_OPERATION_FAILED;
	memcpy(page, &xsave, XSAVE_SIZE);
	states |= get_word(page, XSTATE_BV) & 3;
	set_word(page, XSTATE_BV, states);
	set_word(page, XCOMP_BV, XCOMP_COMPACTED | states);
	return HV_STATUS_SUCCESS;
}

static uint16_t set_xsave(struct vp *vp, const uint8_t *page)
{
	struct kvm_xsave xsave = { 0 };

	if (!(get_word(page, XCOMP_BV) & XCOMP_COMPACTED) || get_word(page, XSTATE_BV) & ~3ULL)
		return HV_STATUS_INVALID_PARAMETER;
	memcpy(&xsave, page, XSAVE_SIZE);
	set_word((uint8_t *)&xsave, XCOMP_BV, 0);
	return ioctl(vp->fd, KVM_SET_XSAVE, &xsave) ? HV_STATUS_INVALID_PARAMETER :
						       HV_STATUS_SUCCESS;
}

static uint16_t get_state(struct vp *vp, uint32_t type, uint8_t *page)
{
	struct hv_lapic_state lapic;
	uint16_t status;

	switch (type) {
	case HV_STATE_LAPIC:
		status = lapic_get_state(vp, &lapic);
		memset(page, 0, PAGE_SIZE);
		if (status == HV_STATUS_SUCCESS)
			memcpy(page, &lapic, sizeof(lapic));
		return status;
	case HV_STATE_XSAVE:
		return get_xsave(vp, page);
	case HV_STATE_SIMP:
	case HV_STATE_SIEFP:
		memset(page, 0, PAGE_SIZE);
		return HV_STATUS_SUCCESS;
	default:
		return HV_STATUS_INVALID_PARAMETER;
	}
}

static uint16_t set_state(struct vp *vp, uint32_t type, const uint8_t *page)
{
	struct hv_lapic_state lapic;

	switch (type) {
	case HV_STATE_LAPIC:
		memcpy(&lapic, page, sizeof(lapic));
		return lapic_set_state(vp, &lapic);
	case HV_STATE_XSAVE:
		return set_xsave(vp, page);
	case HV_STATE_SIMP:
	case HV_STATE_SIEFP:
		return HV_STATUS_SUCCESS;
	default:
		return HV_STATUS_INVALID_PARAMETER;
	}
}

HC_HANDLER(hc_get_vp_state)
{
	const struct hv_in_vp_state *in = call->in;
	uint16_t status;
	struct vp *vp = call_vp(hv, call, &status);
	uint8_t *page = first_page(hv, call);

	(void)self;
	if (!vp)
		return status;
	if (in->type == HV_STATE_STIMERS)	/* none is ever armed: all zero */
		return HV_STATUS_SUCCESS;
	if (!page)
		return HV_STATUS_INVALID_PARAMETER;
	vp_hold(vp);
	status = get_state(vp, in->type, page);
	vp_release(vp);
	return status;
}

HC_HANDLER(hc_set_vp_state)
{
	const struct hv_in_vp_state *in = call->in;
	uint16_t status;
	struct vp *vp = call_vp(hv, call, &status);
	uint8_t *page = first_page(hv, call);

	(void)self;
	if (!vp)
		return status;
	if (in->type == HV_STATE_STIMERS)
		return HV_STATUS_SUCCESS;
	if (!page)
		return HV_STATUS_INVALID_PARAMETER;
	vp_hold(vp);
	status = set_state(vp, in->type, page);
	vp_release(vp);
	vp_unblock(vp);
	return status;
}

/* One rep: flags, leaf, subleaf, XFEM, XSS; the answer is EAX, EBX, ECX, EDX */
struct cpuid_query {
	uint32_t leaf;
	uint32_t subleaf;
	uint64_t xfem;
	uint64_t xss;
} HV_PACKED;

struct cpuid_input {
	struct hv_in_vp vp;
	uint32_t flags;
	uint32_t reserved;
	struct cpuid_query query[];
} HV_PACKED;

HC_HANDLER(hc_get_vp_cpuid_values)
{
	const struct cpuid_input *in = call->in;
	uint16_t status;
	struct vp *vp = call_vp(hv, call, &status);
	uint32_t (*out)[4] = call->out;

	(void)self;
	if (!vp)
		return status;
	for (call->rep_done = call->rep_start; call->rep_done < call->rep_count; call->rep_done++) {
		const struct cpuid_query *q = &in->query[call->rep_done];

		vp_cpuid_value(vp, q->leaf, q->subleaf, out[call->rep_done]);
	}
	return HV_STATUS_SUCCESS;
}
