// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hypercalls about ports: how a guest's write becomes a signal here.
 */
#include <hyperv/hvcall.h>

/**
 * hvcall_create_doorbell - create a port that takes doorbells
 * @port_id: an id that is not in use, at most 24 bits
 * @pt: the guest that will be connected to it
 * @sint: synthetic interrupt source whose ring on any CPU is to take them
 *
 * Return: 0 or an errno, see hv_call().
 */
int hvcall_create_doorbell(u32 port_id, struct hv_pt *pt, u32 sint)
{
	struct hv_input_create_port in = {
		.port_partition_id = HV_PARTITION_ID_SELF,
		.port_id.u.id = port_id,
		.connection_partition_id = pt->id,
		.port_info = {
			.port_type = HV_PORT_TYPE_DOORBELL,
			.doorbell_port_info.target_sint = sint,
			.doorbell_port_info.target_vp = HV_ANY_VP,
		},
	};
	struct hv_pt self = { .id = HV_PARTITION_ID_SELF };
	struct hv_call call = {
		.code = HVCALL_CREATE_PORT,
		.in = &in,
		.in_size = sizeof(in),
		.payer = &self,
	};

	return hv_call(&call);
}

/**
 * hvcall_delete_port - undo hvcall_create_doorbell()
 * @port_id: its id, which is free afterwards
 *
 * Return: 0 or an errno, see hv_call().
 */
int hvcall_delete_port(u32 port_id)
{
	union hv_input_delete_port in = {
		.port_partition_id = HV_PARTITION_ID_SELF,
		.port_id.u.id = port_id,
	};
	struct hv_call call = {
		.code = HVCALL_DELETE_PORT,
		.in = &in,
		.in_size = sizeof(in),
		.flags = HV_CALL_TEARDOWN,
	};

	return hv_call(&call);
}

/**
 * hvcall_connect_doorbell - make a guest's writes ring a doorbell
 * @port_id: the port; the connection gets the same id
 * @pt: the guest
 * @gpa: guest physical address
 * @value: the value that rings it, unless @flags say that any does
 * @flags: HV_DOORBELL_FLAG_*
 *
 * Return: 0 or an errno, see hv_call().
 */
int hvcall_connect_doorbell(u32 port_id, struct hv_pt *pt, u64 gpa, u64 value,
			    u64 flags)
{
	struct hv_input_connect_port in = {
		.connection_partition_id = pt->id,
		.connection_id.u.id = port_id,
		.port_partition_id = HV_PARTITION_ID_SELF,
		.port_id.u.id = port_id,
		.connection_info = {
			.port_type = HV_PORT_TYPE_DOORBELL,
			.doorbell_connection_info = {
				.gpa = gpa,
				.trigger_value = value,
				.flags = flags,
			},
		},
	};
	struct hv_call call = {
		.code = HVCALL_CONNECT_PORT,
		.in = &in,
		.in_size = sizeof(in),
		.payer = pt,
	};

	return hv_call(&call);
}

/**
 * hvcall_disconnect_doorbell - undo hvcall_connect_doorbell()
 * @port_id: the id of the connection
 * @pt: the guest
 *
 * Return: 0 or an errno, see hv_call().
 */
int hvcall_disconnect_doorbell(u32 port_id, struct hv_pt *pt)
{
	union hv_input_disconnect_port in = {
		.connection_partition_id = pt->id,
		.connection_id.u.id = port_id,
		.is_doorbell = 1,
	};
	struct hv_call call = {
		.code = HVCALL_DISCONNECT_PORT,
		.in = &in,
		.in_size = sizeof(in),
		.flags = HV_CALL_TEARDOWN,
	};

	return hv_call(&call);
}

/**
 * hvcall_notify_ring_empty - say that a full ring has room again
 * @sint: the synthetic interrupt source it belongs to, on this CPU
 *
 * Context: any, on the CPU of the ring.
 * Return: 0 or an errno, see hv_call().
 */
int hvcall_notify_ring_empty(u32 sint)
{
	union hv_input_notify_port_ring_empty in = { .sint_index = sint };
	struct hv_call call = {
		.code = HVCALL_NOTIFY_PORT_RING_EMPTY,
		.in = &in,
		.in_size = sizeof(in),
		.flags = HV_CALL_ATOMIC,
	};

	return hv_call(&call);
}
