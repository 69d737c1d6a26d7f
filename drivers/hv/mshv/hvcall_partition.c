// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hypercalls about partitions and the system.
 */
#include <linux/minmax.h>
#include <linux/string.h>
#include <hyperv/hvcall.h>

/* What a reference implementation gives before it initializes a partition */
#define INITIALIZE_DEPOSIT_HINT		208

/**
 * hvcall_create_partition - create a child partition
 * @flags: HV_PARTITION_CREATION_FLAG_*
 * @props: processor features it does not get
 * @isolation: its isolation
 * @pt: out: the handle of the new partition
 *
 * Return: 0 or an errno, see hv_call().
 */
int hvcall_create_partition(u64 flags,
			    const struct hv_partition_creation_properties *props,
			    union hv_partition_isolation_properties isolation,
			    struct hv_pt *pt)
{
	struct hv_input_create_partition in = {
		.flags = flags,
		.compatibility_version = HV_COMPATIBILITY_21_H2,
		.partition_creation_properties = *props,
		.isolation_properties = isolation,
	};
	struct hv_output_create_partition out = {};
	struct hv_pt self = { .id = HV_PARTITION_ID_SELF };
	struct hv_call call = {
		.code = HVCALL_CREATE_PARTITION,
		.in = &in,
		.in_size = sizeof(in),
		.out = &out,
		.out_size = sizeof(out),
		.payer = &self,
	};
	int err = hv_call(&call);

	if (err)
		return err;
	pt->id = out.partition_id;
	atomic_long_set(&pt->nr_deposited, 0);
	return 0;
}

/* Calls whose input is a partition id alone */
static int call_on_partition(struct hv_pt *pt, u16 code, u16 flags,
			     struct hv_pt *payer, u16 hint)
{
	struct hv_call call = {
		.code = code,
		.in = &pt->id,
		.in_size = sizeof(pt->id),
		.payer = payer,
		.deposit_hint = hint,
		.flags = flags,
	};

	return hv_call(&call);
}

/**
 * hvcall_initialize_partition - make a created partition ready to run
 * @pt: the partition
 *
 * Return: 0 or an errno, see hv_call().
 */
int hvcall_initialize_partition(struct hv_pt *pt)
{
	return call_on_partition(pt, HVCALL_INITIALIZE_PARTITION, 0, pt,
				 INITIALIZE_DEPOSIT_HINT);
}

/**
 * hvcall_finalize_partition - undo hvcall_initialize_partition()
 * @pt: the partition; its processors and mappings go with it
 *
 * Return: 0 or an errno, see hv_call().
 */
int hvcall_finalize_partition(struct hv_pt *pt)
{
	return call_on_partition(pt, HVCALL_FINALIZE_PARTITION,
				 HV_CALL_TEARDOWN, NULL, 0);
}

/**
 * hvcall_delete_partition - undo hvcall_create_partition()
 * @pt: the partition; its id means nothing afterwards
 *
 * Return: 0 or an errno, see hv_call().
 */
int hvcall_delete_partition(struct hv_pt *pt)
{
	return call_on_partition(pt, HVCALL_DELETE_PARTITION,
				 HV_CALL_TEARDOWN, NULL, 0);
}

/**
 * hvcall_get_property_ex - read an extended partition property
 * @partition_id: the partition, or HV_PARTITION_ID_SELF
 * @code: property code
 * @arg: argument of the property, 0 for most
 * @value: out: the value; zeroed on error
 * @size: bytes at @value
 *
 * Return: 0 or an errno, see hv_call().
 */
int hvcall_get_property_ex(u64 partition_id, u32 code, u64 arg, void *value,
			   u16 size)
{
	struct hv_input_get_partition_property_ex in = {
		.partition_id = partition_id,
		.property_code = code,
		.arg = arg,
	};
	struct hv_call call = {
		.code = HVCALL_GET_PARTITION_PROPERTY_EX,
		.in = &in,
		.in_size = sizeof(in),
		.out = value,
		.out_size = size,
	};

	memset(value, 0, size);
	return hv_call(&call);
}

/**
 * hvcall_get_property - read a partition property
 * @pt: the partition
 * @code: enum hv_partition_property_code
 * @value: out: the value; 0 on error
 *
 * Return: 0 or an errno, see hv_call().
 */
int hvcall_get_property(struct hv_pt *pt, u32 code, u64 *value)
{
	struct hv_input_get_partition_property in = {
		.partition_id = pt->id,
		.property_code = code,
	};
	struct hv_call call = {
		.code = HVCALL_GET_PARTITION_PROPERTY,
		.in = &in,
		.in_size = sizeof(in),
		.out = value,
		.out_size = sizeof(*value),
		.payer = pt,
	};

	*value = 0;
	return hv_call(&call);
}

/**
 * hvcall_get_system_property - read a property of the whole machine
 * @id: enum hv_system_property
 * @value: out: the value; 0 on error
 *
 * For the root partition only.
 *
 * Return: 0 or an errno, see hv_call().
 */
int hvcall_get_system_property(u32 id, u64 *value)
{
	struct hv_input_get_system_property in = { .property_id = id };
	struct hv_output_get_system_property out = {};
	struct hv_call call = {
		.code = HVCALL_GET_SYSTEM_PROPERTY,
		.in = &in,
		.in_size = sizeof(in),
		.out = &out,
		.out_size = sizeof(out),
	};
	int err = hv_call(&call);

	*value = 0;
	memcpy(value, &out, min(sizeof(out), sizeof(*value)));
	return err;
}
