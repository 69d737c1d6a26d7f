// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hypercalls on ports and connections: doorbells only
 *
 * Port ids are the L1's, connection ids each child's. What happens to a connection
 * whose port is deleted is not documented: here the child's writes are intercepts
 * again.
 */
#include <stdlib.h>

#include "objects.h"

static bool is_self(uint64_t id)
{
	return id == HV_PARTITION_SELF || id == SELF_ID;
}

static bool is_valid_id(uint32_t id)
{
	return id && id < HV_PORT_ID_LIMIT;
}

/**
 * port_find - look up a port of the L1
 * @hv: the machine
 * @id: its id
 *
 * Return: NULL if there is none of this id
 */
struct port *port_find(struct hv *hv, uint32_t id)
{
	struct port *port = hv->objs->ports;

	while (port && port->id != id)
		port = port->next;
	return port;
}

static struct doorbell **find_doorbell(struct partition *pt, uint32_t id)
{
	struct doorbell **link = &pt->doorbells;

	while (*link && (*link)->id != id)
		link = &(*link)->next;
	return link;
}

static uint16_t check_create(struct hv *hv, const struct hv_in_create_port *in)
{
	if (!is_self(in->port_partition_id) ||
	    !partition_find(hv, in->connection_partition_id))
		return HV_STATUS_INVALID_PARTITION_ID;
	if (!is_valid_id(in->port_id) || port_find(hv, in->port_id))
		return HV_STATUS_INVALID_PORT_ID;
	if (in->type != HV_PORT_DOORBELL || in->sint >= SYNIC_NR_SINTS || in->padding ||
	    in->padding2 || in->reserved)
		return HV_STATUS_INVALID_PARAMETER;
	if (in->vp != HV_VP_ANY && in->vp >= hv->nr_vps)
		return HV_STATUS_INVALID_VP_INDEX;
	return HV_STATUS_SUCCESS;
}

/* Costs nothing: it would be the L1 that pays, and an L1VH cannot. */
HC_HANDLER(hc_create_port)
{
	const struct hv_in_create_port *in = call->in;
	uint16_t status = check_create(hv, in);
	struct port *port;

	(void)self;
	call->partition = in->connection_partition_id;
	if (status != HV_STATUS_SUCCESS)
		return status;
	port = calloc(1, sizeof(*port));
	if (!port)
		return HV_STATUS_OPERATION_FAILED;
	*port = (struct port){
		.next = hv->objs->ports, .id = in->port_id, .sint = in->sint, .vp = in->vp,
		.child = in->connection_partition_id,
	};
	hv->objs->ports = port;
	return HV_STATUS_SUCCESS;
}

HC_HANDLER(hc_delete_port)
{
	const struct hv_in_delete_port *in = call->in;
	struct port **link = &hv->objs->ports, *port;

	(void)self;
	if (!is_self(in->port_partition_id))
		return HV_STATUS_INVALID_PARTITION_ID;
	while (*link && (*link)->id != in->port_id)
		link = &(*link)->next;
	port = *link;
	if (!port)
		return HV_STATUS_INVALID_PORT_ID;
	call->partition = port->child;
	*link = port->next;
	free(port);
	return HV_STATUS_SUCCESS;
}

static uint16_t check_connect(struct hv *hv, struct partition *pt,
			      const struct hv_in_connect_port *in)
{
	const struct port *port = port_find(hv, in->port_id);

	if (!pt || !is_self(in->port_partition_id))
		return HV_STATUS_INVALID_PARTITION_ID;
	if (pt->state == PARTITION_FINALIZED)
		return HV_STATUS_INVALID_PARTITION_STATE;
	if (!is_valid_id(in->connection_id) || *find_doorbell(pt, in->connection_id))
		return HV_STATUS_INVALID_CONNECTION_ID;
	if (!port || port->child != pt->id)
		return HV_STATUS_INVALID_PORT_ID;
	if (in->type != HV_PORT_DOORBELL || in->padding ||
	    in->flags & ~(HV_DOORBELL_SIZE_MASK | HV_DOORBELL_ANY_VALUE) ||
	    (in->flags & HV_DOORBELL_SIZE_MASK) > HV_DOORBELL_SIZE_MAX)
		return HV_STATUS_INVALID_PARAMETER;
	return HV_STATUS_SUCCESS;
}

HC_HANDLER(hc_connect_port)
{
	const struct hv_in_connect_port *in = call->in;
	struct partition *pt = partition_find(hv, in->connection_partition_id);
	unsigned int cost = hv->cfg->demand[DEMAND_PORT];
	uint16_t status = check_connect(hv, pt, in);
	struct doorbell *db;

	(void)self;
	call->partition = in->connection_partition_id;
	if (status != HV_STATUS_SUCCESS)
		return status;
	if (!pool_take(&pt->pool, cost))
		return HV_STATUS_INSUFFICIENT_MEMORY;
	db = calloc(1, sizeof(*db));
	if (!db) {
		pool_give(&pt->pool, cost);
		return HV_STATUS_OPERATION_FAILED;
	}
	*db = (struct doorbell){
		.next = pt->doorbells, .id = in->connection_id, .port = in->port_id,
		.gpa = in->gpa, .value = in->value, .flags = in->flags,
	};
	pt->doorbells = db;
	return HV_STATUS_SUCCESS;
}

static void disconnect(struct partition *pt, struct doorbell **link)
{
	struct doorbell *db = *link;

	*link = db->next;
	free(db);
	pool_give(&pt->pool, pt->hv->cfg->demand[DEMAND_PORT]);
}

HC_HANDLER(hc_disconnect_port)
{
	const struct hv_in_disconnect_port *in = call->in;
	struct partition *pt = partition_find(hv, in->connection_partition_id);
	struct doorbell **link;

	(void)self;
	call->partition = in->connection_partition_id;
	if (!pt)
		return HV_STATUS_INVALID_PARTITION_ID;
	if (in->flags & ~HV_DISCONNECT_DOORBELL)
		return HV_STATUS_INVALID_PARAMETER;
	link = find_doorbell(pt, in->connection_id);
	if (!*link || !(in->flags & HV_DISCONNECT_DOORBELL))
		return HV_STATUS_INVALID_CONNECTION_ID;
	disconnect(pt, link);
	return HV_STATUS_SUCCESS;
}

/* The L1 has emptied the ring of the calling VP: now put into it what had no room. */
HC_HANDLER(hc_notify_port_ring_empty)
{
	const struct hv_in_ring_empty *in = call->in;

	if (in->sint >= SYNIC_NR_SINTS || in->reserved)
		return HV_STATUS_INVALID_PARAMETER;
	for (struct port *port = hv->objs->ports; port; port = port->next) {
		if (port->sint == in->sint && port->full == self) {
			port->full = NULL;
			port_ring(hv, port, self);
		}
	}
	return HV_STATUS_SUCCESS;
}

/**
 * doorbells_free - undo all connections of a child
 * @pt: the child
 */
void doorbells_free(struct partition *pt)
{
	while (pt->doorbells)
		disconnect(pt, &pt->doorbells);
}

/**
 * ports_free - delete all ports of the L1
 * @hv: the machine
 *
 * Return: how many there were
 */
unsigned int ports_free(struct hv *hv)
{
	unsigned int nr = 0;

	while (hv->objs->ports) {
		struct port *port = hv->objs->ports;

		hv->objs->ports = port->next;
		free(port);
		nr++;
	}
	return nr;
}
