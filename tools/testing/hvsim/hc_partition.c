// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hypercalls on a partition as a whole
 */
#include <stdlib.h>
#include <string.h>

#include "objects.h"

#define CREATE_KNOWN_FLAGS 0xffffffffULL	/* what they mean is not modelled for most */

/* Find the child that a call's input begins with; notes it for the trace. */
static struct partition *find(struct hv *hv, struct hvcall *call)
{
	const struct hv_in_partition *in = call->in;

	call->partition = in->partition_id;
	return partition_find(hv, in->partition_id);
}

HC_HANDLER(hc_create_partition)
{
	const struct hv_in_create_partition *in = call->in;
	struct partition *pt;

	(void)self;
	if (in->flags & ~CREATE_KNOWN_FLAGS || in->padding)
		return HV_STATUS_INVALID_PARAMETER;
	if (in->flags & HV_CREATE_X2APIC && !(in->flags & HV_CREATE_LAPIC))
		return HV_STATUS_INVALID_PARAMETER;
	if (hv->cfg->demand[DEMAND_CREATE])
		return HV_STATUS_INSUFFICIENT_ROOT_MEMORY;
	pt = partition_alloc(hv, in);
	if (!pt)
		return HV_STATUS_NO_RESOURCES;
	call->partition = pt->id;
	*(uint64_t *)call->out = pt->id;
	return HV_STATUS_SUCCESS;
}

HC_HANDLER(hc_initialize_partition)
{
	struct partition *pt = find(hv, call);
	unsigned int cost = hv->cfg->demand[DEMAND_INITIALIZE];

	(void)self;
	if (!pt)
		return HV_STATUS_INVALID_PARTITION_ID;
	if (pt->state != PARTITION_CREATED)
		return HV_STATUS_INVALID_PARTITION_STATE;
	if (!pool_take(&pt->pool, cost))
		return HV_STATUS_INSUFFICIENT_MEMORY;
	if (child_vm_create(pt)) {
		pool_give(&pt->pool, cost);
		return HV_STATUS_OPERATION_FAILED;
	}
	pt->initialized = true;
	pt->state = PARTITION_ACTIVE;
	return HV_STATUS_SUCCESS;
}

HC_HANDLER(hc_finalize_partition)
{
	struct partition *pt = find(hv, call);

	(void)self;
	if (!pt)
		return HV_STATUS_INVALID_PARTITION_ID;
	if (pt->state == PARTITION_FINALIZED)
		return HV_STATUS_INVALID_PARTITION_STATE;
	partition_finalize(pt);
	return HV_STATUS_SUCCESS;
}

HC_HANDLER(hc_delete_partition)
{
	struct partition *pt = find(hv, call);

	(void)self;
	if (!pt)
		return HV_STATUS_INVALID_PARTITION_ID;
	if (pt->state == PARTITION_ACTIVE || pt->busy)
		return HV_STATUS_INVALID_PARTITION_STATE;
	if (pt->pool.nr_pages) {
		accounting_error(hv, pt, "delete with pages still deposited", pt->pool.gfn[0]);
		return HV_STATUS_OPERATION_DENIED;
	}
	partition_free(pt);
	return HV_STATUS_SUCCESS;
}

HC_HANDLER(hc_get_partition_id)
{
	(void)hv;
	(void)self;
	*(uint64_t *)call->out = SELF_ID;
	return HV_STATUS_SUCCESS;
}

static bool same_intercept(const struct intercept *a, const struct hv_in_install_intercept *in)
{
	return a->type == in->type && a->parameter == in->parameter;
}

static uint16_t install_intercept(struct partition *pt, const struct hv_in_install_intercept *in)
{
	unsigned int i;

	for (i = 0; i < pt->nr_intercepts; i++) {
		if (same_intercept(&pt->intercepts[i], in))
			break;
	}
	if (!in->access) {
		if (i < pt->nr_intercepts)
			pt->intercepts[i] = pt->intercepts[--pt->nr_intercepts];
		return HV_STATUS_SUCCESS;
	}
	if (i == MAX_INTERCEPTS)
		return HV_STATUS_NO_RESOURCES;
	pt->intercepts[i] = (struct intercept){
		.type = in->type, .access = in->access, .parameter = in->parameter,
	};
	if (i == pt->nr_intercepts)
		pt->nr_intercepts++;
	return HV_STATUS_SUCCESS;
}

HC_HANDLER(hc_install_intercept)
{
	const struct hv_in_install_intercept *in = call->in;
	struct partition *pt = find(hv, call);
	uint16_t status;

	(void)self;
	if (!pt)
		return HV_STATUS_INVALID_PARTITION_ID;
	switch (in->type) {
	case HV_INTERCEPT_IO_PORT:	/* every port exits anyway */
	case HV_INTERCEPT_MSR:
	case HV_INTERCEPT_MSR_INDEX:
	case HV_INTERCEPT_CPUID:
	case HV_INTERCEPT_GLOBAL_CPUID:
		break;
	default:
		return HV_STATUS_INVALID_PARAMETER;
	}
	status = install_intercept(pt, in);
	if (status == HV_STATUS_SUCCESS && pt->vm_fd >= 0)
		child_update_msr_filter(pt);
	return status;
}

/* The result for the same leaf, or a new one at the end: later ones win */
static struct cpuid_result *find_result(struct partition *pt,
					const struct hv_in_intercept_result *in)
{
	struct cpuid_result **link = &pt->cpuid_results;

	for (; *link; link = &(*link)->next) {
		const struct hv_in_intercept_result *old = &(*link)->in;

		if ((*link)->vp_index == in->vp_index && old->eax == in->eax &&
		    old->ecx == in->ecx && old->subleaf_specific == in->subleaf_specific)
			return *link;
	}
	*link = calloc(1, sizeof(**link));
	return *link;
}

HC_HANDLER(hc_register_intercept_result)
{
	const struct hv_in_intercept_result *in = call->in;
	struct partition *pt = find(hv, call);
	struct cpuid_result *result;

	(void)self;
	if (!pt)
		return HV_STATUS_INVALID_PARTITION_ID;
	if (in->type != HV_INTERCEPT_RESULT_CPUID)
		return HV_STATUS_INVALID_PARAMETER;
	if (in->vp_index != HV_VP_ANY && !vp_find(pt, in->vp_index))
		return HV_STATUS_INVALID_VP_INDEX;
	result = find_result(pt, in);
	if (!result)
		return HV_STATUS_OPERATION_FAILED;
	result->vp_index = in->vp_index;
	result->in = *in;
	return HV_STATUS_SUCCESS;
}

HC_HANDLER(hc_assert_virtual_interrupt)
{
	struct partition *pt = find(hv, call);

	(void)self;
	if (!pt)
		return HV_STATUS_INVALID_PARTITION_ID;
	if (pt->state != PARTITION_ACTIVE)
		return HV_STATUS_INVALID_PARTITION_STATE;
	return lapic_assert(pt, call->in);
}
