// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the hypervisor's status codes mean to Linux.
 *
 * The base kernels have such a table too, but theirs differ from one release
 * to the next; this one is part of the user interface and stays.
 */
#include <linux/array_size.h>
#include <linux/errno.h>
#include <hyperv/hvcall.h>

#define S(name, error) { HV_STATUS_##name, error, #name }

/**
 * var hv_status_table - every status <hyperv/hvgdk_mini.h> names, once each
 *
 * Ordered by number.  A status that is not here becomes EIO.
 */
const struct hv_status_desc hv_status_table[] = {
	S(SUCCESS, 0),
	S(INVALID_HYPERCALL_CODE, -EOPNOTSUPP),
	S(INVALID_HYPERCALL_INPUT, -EINVAL),
	S(INVALID_ALIGNMENT, -EINVAL),
	S(INVALID_PARAMETER, -EINVAL),
	S(ACCESS_DENIED, -EACCES),
	S(INVALID_PARTITION_STATE, -EBUSY),
	S(OPERATION_DENIED, -EPERM),
	S(UNKNOWN_PROPERTY, -EINVAL),
	S(PROPERTY_VALUE_OUT_OF_RANGE, -ERANGE),
	S(INSUFFICIENT_MEMORY, -ENOMEM),
	S(INVALID_PARTITION_ID, -EINVAL),
	S(INVALID_VP_INDEX, -EINVAL),
	S(NOT_FOUND, -ENOENT),
	S(INVALID_PORT_ID, -EINVAL),
	S(INVALID_CONNECTION_ID, -EINVAL),
	S(INSUFFICIENT_BUFFERS, -ENOBUFS),
	S(NOT_ACKNOWLEDGED, -EAGAIN),
	S(INVALID_VP_STATE, -EBUSY),
	S(NO_RESOURCES, -ENOSPC),
	S(PROCESSOR_FEATURE_NOT_SUPPORTED, -EOPNOTSUPP),
	S(INVALID_LP_INDEX, -EINVAL),
	S(INVALID_REGISTER_VALUE, -EINVAL),
	S(OPERATION_FAILED, -EIO),
	S(INSUFFICIENT_ROOT_MEMORY, -ENOMEM),
	S(INSUFFICIENT_CONTIGUOUS_MEMORY, -ENOMEM),
	S(TIME_OUT, -ETIMEDOUT),
	S(CALL_PENDING, -EINPROGRESS),
	S(INSUFFICIENT_CONTIGUOUS_ROOT_MEMORY, -ENOMEM),
	S(VTL_ALREADY_ENABLED, -EEXIST),
};

/* Entries of hv_status_table */
const unsigned int hv_status_table_len = ARRAY_SIZE(hv_status_table);

static const struct hv_status_desc *find(u16 status)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(hv_status_table); i++)
		if (hv_status_table[i].status == status)
			return &hv_status_table[i];
	return NULL;
}

/**
 * hv_status_to_errno - errno that stands for a hypervisor status
 * @status: HV_STATUS_*, known or not
 *
 * Return: 0 for success, else a negative errno; EIO for an unknown status.
 */
int hv_status_to_errno(u16 status)
{
	const struct hv_status_desc *desc = find(status);

	return desc ? desc->error : -EIO;
}

/**
 * hv_status_name - name of a hypervisor status
 * @status: HV_STATUS_*, known or not
 *
 * Return: a constant string, "unknown status" if there is no name.
 */
const char *hv_status_name(u16 status)
{
	const struct hv_status_desc *desc = find(status);

	return desc ? desc->name : "unknown status";
}

/**
 * hv_status_needs_memory - does the hypervisor ask for a deposit?
 * @status: HV_STATUS_*
 *
 * Return: true for the four "insufficient memory" statuses.
 */
bool hv_status_needs_memory(u16 status)
{
	return status == HV_STATUS_INSUFFICIENT_MEMORY ||
	       status == HV_STATUS_INSUFFICIENT_CONTIGUOUS_MEMORY ||
	       status == HV_STATUS_INSUFFICIENT_ROOT_MEMORY ||
	       status == HV_STATUS_INSUFFICIENT_CONTIGUOUS_ROOT_MEMORY;
}
