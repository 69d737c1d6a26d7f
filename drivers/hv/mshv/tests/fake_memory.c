// SPDX-License-Identifier: GPL-2.0-only
/*
 * What guests of the fake hypervisor have: memory and ports.
 */
#include <kunit/test.h>
#include <asm/mshyperv.h>
#include <hyperv/hvhdk.h>

#include "fake_model.h"

/**
 * fake_model_gpa - look up a guest page
 * @m: the model
 * @gfn: its number
 *
 * Return: the page, mapped or not; NULL if it is out of range.
 */
struct model_gpa *fake_model_gpa(struct fake_model *m, u64 gfn)
{
	return gfn >= MODEL_GFN && gfn < MODEL_GFN + MODEL_GFNS ?
	       &m->gpa[gfn - MODEL_GFN] : NULL;
}

static void unmap(struct fake_model *m, struct model_gpa *gpa)
{
	if (gpa->page.held)
		m->nr_mapped--;
	fake_model_drop(&gpa->page);
	gpa->accessed = false;
	gpa->dirty = false;
}

/* Pages of one rep */
static unsigned int rep_size(u32 flags, u32 large)
{
	return flags & large ? 512 : 1;
}

static void map_one(struct fake_model *m, u64 gfn, u64 pfn, u32 flags)
{
	struct model_gpa *gpa = fake_model_gpa(m, gfn);

	if (gpa->page.held && (gpa->flags ^ flags) & HV_MAP_GPA_LARGE_PAGE)
		fake_model_violate(m, "mapping of another size replaced");
	unmap(m, gpa);
	fake_model_hold(&gpa->page, pfn);
	gpa->flags = flags;
	m->nr_mapped++;
}

static u16 map_gpa(struct fake_model *m, struct model_call *call)
{
	const struct hv_input_map_gpa_pages *in = call->in;
	unsigned int step = rep_size(in->map_flags, HV_MAP_GPA_LARGE_PAGE), i;
	u64 gfn;

	for (; call->done < call->end; call->done++) {
		gfn = in->target_gpa_base + call->done * step;
		if (!fake_model_gpa(m, gfn) ||
		    !fake_model_gpa(m, gfn + step - 1) || gfn % step ||
		    in->source_gpa_page_list[call->done] % step)
			return HV_STATUS_INVALID_PARAMETER;
		for (i = 0; i < step; i++)
			map_one(m, gfn + i,
				in->source_gpa_page_list[call->done] + i,
				in->map_flags);
	}
	return HV_STATUS_SUCCESS;
}

static u16 unmap_gpa(struct fake_model *m, struct model_call *call)
{
	const struct hv_input_unmap_gpa_pages *in = call->in;
	bool large = in->unmap_flags & HV_UNMAP_GPA_LARGE_PAGE;
	unsigned int step = large ? 512 : 1, i;
	struct model_gpa *gpa;

	for (; call->done < call->end; call->done++) {
		for (i = 0; i < step; i++) {
			gpa = fake_model_gpa(m, in->target_gpa_base +
						call->done * step + i);
			if (!gpa)
				return HV_STATUS_INVALID_PARAMETER;
			if (!gpa->page.held)
				fake_model_violate(m, "unmapped twice");
			else if (!(gpa->flags & HV_MAP_GPA_LARGE_PAGE) == large)
				fake_model_violate(m, "unmapped in another size");
			unmap(m, gpa);
		}
	}
	return HV_STATUS_SUCCESS;
}

static u16 access_states(struct fake_model *m, struct model_call *call)
{
	const struct hv_input_get_gpa_pages_access_state *in = call->in;
	union hv_gpa_page_access_state *out = call->out;
	struct model_gpa *gpa;

	for (; call->done < call->end; call->done++) {
		gpa = fake_model_gpa(m, in->hv_gpa_page_number + call->done);
		if (!gpa || !gpa->page.held)
			return HV_STATUS_INVALID_PARAMETER;
		out[call->done].accessed = gpa->accessed;
		out[call->done].dirty = gpa->dirty;
		if (in->flags.clear_accessed)
			gpa->accessed = false;
		if (in->flags.clear_dirty)
			gpa->dirty = false;
		gpa->accessed |= in->flags.set_accessed;
		gpa->dirty |= in->flags.set_dirty;
	}
	return HV_STATUS_SUCCESS;
}

/**
 * fake_memory_unmap_all - let a guest have no memory
 * @m: the model
 */
void fake_memory_unmap_all(struct fake_model *m)
{
	unsigned int i;

	for (i = 0; i < MODEL_GFNS; i++)
		unmap(m, &m->gpa[i]);
}

/**
 * fake_memory_exit - answer an exit about guest memory
 * @m: the model
 * @call: the exit
 *
 * Return: HV_STATUS_*.
 */
u16 fake_memory_exit(struct fake_model *m, struct model_call *call)
{
	/* All of these have it first. */
	if (!m->exists || *(u64 *)call->in != m->id)
		return HV_STATUS_INVALID_PARTITION_ID;
	switch (call->code) {
	case HVCALL_MAP_GPA_PAGES:
		return map_gpa(m, call);
	case HVCALL_UNMAP_GPA_PAGES:
		return unmap_gpa(m, call);
	default:
		return access_states(m, call);
	}
}

static struct model_port *find_port(struct fake_model *m, u32 id)
{
	unsigned int i;

	for (i = 0; i < MODEL_PORTS; i++)
		if (m->port[i].id == id)
			return &m->port[i];
	return NULL;
}

static u16 create_port(struct fake_model *m, struct model_call *call)
{
	const struct hv_input_create_port *in = call->in;
	struct model_port *port = find_port(m, 0);

	if (m->no_ports)
		return m->no_ports;
	if (!in->port_id.u.id || find_port(m, in->port_id.u.id))
		fake_model_violate(m, "bad port id");
	if (!port)
		return HV_STATUS_NO_RESOURCES;
	*port = (struct model_port) { .id = in->port_id.u.id };
	return HV_STATUS_SUCCESS;
}

static u16 delete_port(struct fake_model *m, struct model_call *call)
{
	const union hv_input_delete_port *in = call->in;
	struct model_port *port = find_port(m, in->port_id.u.id);

	if (!port)
		return HV_STATUS_INVALID_PORT_ID;
	*port = (struct model_port) {};
	return HV_STATUS_SUCCESS;
}

static u16 connect_port(struct fake_model *m, struct model_call *call)
{
	const struct hv_input_connect_port *in = call->in;
	struct model_port *port = find_port(m, in->port_id.u.id);

	if (!port || in->connection_partition_id != m->id)
		return HV_STATUS_INVALID_PORT_ID;
	port->connected = true;
	port->gpa = in->connection_info.doorbell_connection_info.gpa;
	port->value = in->connection_info.doorbell_connection_info.trigger_value;
	port->flags = in->connection_info.doorbell_connection_info.flags;
	return HV_STATUS_SUCCESS;
}

static u16 disconnect_port(struct fake_model *m, struct model_call *call)
{
	const union hv_input_disconnect_port *in = call->in;
	struct model_port *port = find_port(m, in->connection_id.u.id);

	if (!port || !port->connected)
		return HV_STATUS_INVALID_CONNECTION_ID;
	port->connected = false;
	return HV_STATUS_SUCCESS;
}

/**
 * fake_port_exit - answer an exit about ports
 * @m: the model
 * @call: the exit
 *
 * Return: HV_STATUS_*.
 */
u16 fake_port_exit(struct fake_model *m, struct model_call *call)
{
	switch (call->code) {
	case HVCALL_CREATE_PORT:
		return create_port(m, call);
	case HVCALL_DELETE_PORT:
		return delete_port(m, call);
	case HVCALL_CONNECT_PORT:
		return connect_port(m, call);
	default:
		return disconnect_port(m, call);
	}
}
