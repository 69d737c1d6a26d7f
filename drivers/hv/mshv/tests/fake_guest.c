// SPDX-License-Identifier: GPL-2.0-only
/*
 * What VPs of the fake hypervisor do: registers, running, interrupts, state.
 */
#include <kunit/test.h>
#include <linux/mm.h>
#include <linux/string.h>

#include "../mshv.h"
#include "../synic.h"
#include "fake_hv.h"
#include "fake_model.h"

/* What the properties say of XSAVE */
#define XSAVE_STATES	0x7
#define XSAVE_SIZE	0xa80

/**
 * fake_guest_send - send a message to the driver
 * @m: the model
 * @type: HVMSG_*
 * @sender: who sends it
 * @payload: what it says
 * @size: bytes at @payload
 */
void fake_guest_send(struct fake_model *m, u32 type, u64 sender,
		     const void *payload, size_t size)
{
	m->slot.header.sender = sender;
	memcpy(m->slot.u.payload, payload, size);
	m->slot.header.message_type = type;
	m->slot.header.message_flags.asu8 = 1;
	mshv_synic_receive(&m->slot);
	if (m->slot.header.message_type != HVMSG_NONE)
		fake_model_violate(m, "message not acknowledged");
}

/**
 * fake_guest_signal - tell the driver that a VP has something to run
 * @m: the model
 * @index: VP index
 */
void fake_guest_signal(struct fake_model *m, u32 index)
{
	struct hv_vp_signal_pair_scheduler_message msg = {
		.vp_count = 1,
		.partition_ids = { m->id },
		.vp_indexes = { index },
	};

	m->vp[index].nr_signals++;
	m->vp[index].blocked = false;
	fake_guest_send(m, HVMSG_SCHEDULER_VP_SIGNAL_PAIR, 0, &msg,
			sizeof(msg));
}

/* Stop a VP with a message. */
static void intercept(struct fake_model *m, struct model_vp *vp, u32 type,
		      u64 gfn, u8 access)
{
	struct model_page *page = &vp->pages[HV_VP_STATE_PAGE_INTERCEPT_MESSAGE];
	struct hv_x64_memory_intercept_message *payload;
	struct hv_message *msg;

	vp->intercept_suspend = true;
	if (!page->held)
		return;
	msg = page_address(pfn_to_page(page->pfn));
	payload = (void *)msg->u.payload;
	memset(msg, 0, sizeof(*msg));
	msg->header.message_type = type;
	payload->header.intercept_access_type = access;
	payload->guest_physical_address = gfn << HV_HYP_PAGE_SHIFT;
}

/* Access memory; false if that is intercepted. */
static bool touch(struct fake_model *m, const struct model_insn *insn)
{
	struct model_gpa *gpa = fake_model_gpa(m, insn->gfn);
	bool write = insn->op == MODEL_WRITE;

	if (!gpa || !gpa->page.held ||
	    (write && !(gpa->flags & HV_MAP_GPA_WRITABLE)))
		return false;
	gpa->accessed = true;
	gpa->dirty |= write;
	return true;
}

/* Run until the VP is intercepted, blocked, or out of time. */
static void run(struct fake_model *m, struct model_vp *vp)
{
	const struct model_insn *insn;

	for (;;) {
		insn = &m->guest[vp->pc];
		switch (insn->op) {
		case MODEL_SPIN:
			return;
		case MODEL_BLOCK:
			vp->pc++;
			vp->blocked = true;
			return;
		case MODEL_HALT:
			vp->pc = 0;
			m->nr_halts++;
			intercept(m, vp, HVMSG_X64_HALT, 0, 0);
			return;
		default:
			if (!touch(m, insn)) {
				intercept(m, vp, HVMSG_GPA_INTERCEPT, insn->gfn,
					  insn->op == MODEL_WRITE);
				return;
			}
			vp->pc++;
		}
	}
}

static bool is_suspended(const struct model_vp *vp)
{
	return vp->explicit_suspend || vp->intercept_suspend ||
	       vp->dispatch_suspend;
}

/* Core scheduler: a VP runs as soon as nothing suspends it. */
static void run_freely(struct fake_model *m, struct model_vp *vp)
{
	struct hv_opaque_intercept_message msg = { .vp_index = vp - m->vp };

	while (!is_suspended(vp)) {
		run(m, vp);
		if (vp->intercept_suspend)
			fake_guest_send(m, HVMSG_OPAQUE_INTERCEPT, m->id, &msg,
					sizeof(msg));
		else if (!vp->blocked)
			return;
		vp->blocked = false;
	}
}

/* Interrupts that wait in the register page */
static void scan(struct fake_model *m, struct model_vp *vp)
{
	struct model_page *page = &vp->pages[HV_VP_STATE_PAGE_REGISTERS];
	struct hv_vp_register_page *regs;

	if (!page->held)
		return;
	regs = page_address(pfn_to_page(page->pfn));
	m->nr_injected += regs->interrupt_vectors.vector_count;
	regs->interrupt_vectors.as_uint64 = 0;
}

static u16 dispatch(struct fake_model *m, struct model_call *call)
{
	const struct hv_input_dispatch_vp *in = call->in;
	struct hv_output_dispatch_vp *out = call->out;
	struct model_vp *vp = fake_model_vp(m, in->partition_id, in->vp_index);

	if (!vp || !m->initialized)
		return HV_STATUS_INVALID_VP_STATE;
	if (in->flags & HV_DISPATCH_VP_FLAG_CLEAR_INTERCEPT_SUSPEND)
		vp->intercept_suspend = false;

	out->dispatch_state = HV_VP_DISPATCH_STATE_BLOCKED;
	out->dispatch_event = HV_VP_DISPATCH_EVENT_SUSPEND;
	if (is_suspended(vp))
		return HV_STATUS_SUCCESS;

	if (in->flags & HV_DISPATCH_VP_FLAG_SCAN_INTERRUPT_INJECTION)
		scan(m, vp);
	run(m, vp);
	if (vp->blocked) {
		out->dispatch_event = 0;
		/* What it waits for comes at once. */
		fake_guest_signal(m, in->vp_index);
		return HV_STATUS_SUCCESS;
	}
	out->dispatch_state = HV_VP_DISPATCH_STATE_READY;
	out->dispatch_event = vp->intercept_suspend ?
			      HV_VP_DISPATCH_EVENT_INTERCEPT : 0;
	return HV_STATUS_SUCCESS;
}

static u16 get_regs(struct fake_model *m, struct model_call *call)
{
	const struct hv_input_get_vp_registers *in = call->in;
	struct model_vp *vp = fake_model_vp(m, in->partition_id, in->vp_index);
	union hv_register_value *out = call->out;

	if (!vp)
		return HV_STATUS_INVALID_VP_INDEX;
	for (; call->done < call->end; call->done++) {
		switch (in->names[call->done]) {
		case HV_REGISTER_EXPLICIT_SUSPEND:
			out[call->done].reg64 = vp->explicit_suspend;
			break;
		case HV_REGISTER_INTERCEPT_SUSPEND:
			out[call->done].reg64 = vp->intercept_suspend;
			break;
		case HV_REGISTER_VP_ROOT_SIGNAL_COUNT:
			out[call->done].reg64 = vp->nr_signals;
			break;
		default:
			out[call->done].reg64 = in->names[call->done];
		}
	}
	return HV_STATUS_SUCCESS;
}

static u16 set_regs(struct fake_model *m, struct model_call *call)
{
	const struct hv_input_set_vp_registers *in = call->in;
	struct model_vp *vp = fake_model_vp(m, in->partition_id, in->vp_index);
	bool was_suspended, value;

	if (!vp)
		return HV_STATUS_INVALID_VP_INDEX;
	was_suspended = vp->explicit_suspend;
	for (; call->done < call->end; call->done++) {
		value = in->elements[call->done].value.reg64;
		switch (in->elements[call->done].name) {
		case HV_REGISTER_EXPLICIT_SUSPEND:
			vp->explicit_suspend = value;
			break;
		case HV_REGISTER_INTERCEPT_SUSPEND:
			vp->intercept_suspend = value;
			break;
		case HV_REGISTER_DISPATCH_SUSPEND:
			vp->dispatch_suspend = value;
			break;
		}
	}
	if (!mshv.root_logic)
		run_freely(m, vp);
	else if (was_suspended && !vp->explicit_suspend)
		fake_guest_signal(m, in->vp_index);
	return HV_STATUS_SUCCESS;
}

static u16 find_vps(struct fake_model *m, struct model_call *call)
{
	const struct hv_get_vp_from_apic_id_in *in = call->in;
	u32 *out = call->out;
	u32 i;

	for (; call->done < call->end; call->done++) {
		for (i = 0; i < MODEL_VPS; i++)
			if (m->vp[i].exists &&
			    MODEL_APIC_ID(i) == in->apic_ids[call->done])
				break;
		if (i == MODEL_VPS)
			return HV_STATUS_INVALID_PARAMETER;
		out[call->done] = i;
	}
	return HV_STATUS_SUCCESS;
}

/* First ask for memory if that is wanted, then complete; later if so wanted. */
static u16 set_property(struct fake_model *m)
{
	struct hv_async_completion_message_payload msg = {
		.partition_id = m->id,
		.status = m->async_needs,
	};

	m->async_needs = HV_STATUS_SUCCESS;
	if (!m->async)
		return msg.status;
	fake_guest_send(m, HVMSG_ASYNC_CALL_COMPLETION, 0, &msg, sizeof(msg));
	return HV_STATUS_CALL_PENDING;
}

static u16 get_property(struct model_call *call)
{
	const struct hv_input_get_partition_property *in = call->in;
	u64 *out = call->out;

	switch (in->property_code) {
	case HV_PARTITION_PROPERTY_XSAVE_STATES:
		*out = XSAVE_STATES;
		return HV_STATUS_SUCCESS;
	case HV_PARTITION_PROPERTY_MAX_XSAVE_DATA_SIZE:
		*out = XSAVE_SIZE;
		return HV_STATUS_SUCCESS;
	default:
		return HV_STATUS_UNKNOWN_PROPERTY;
	}
}

static u16 assert_interrupt(struct fake_model *m, struct model_call *call)
{
	m->nr_asserted++;
	memcpy(&m->asserted, call->in, sizeof(m->asserted));
	return HV_STATUS_SUCCESS;
}

/**
 * fake_guest_exit - answer an exit that is about running VPs
 * @m: the model
 * @call: the exit; what is not known succeeds
 *
 * Return: HV_STATUS_*.
 */
u16 fake_guest_exit(struct fake_model *m, struct model_call *call)
{
	switch (call->code) {
	case HVCALL_DISPATCH_VP:
		return dispatch(m, call);
	case HVCALL_GET_VP_REGISTERS:
		return get_regs(m, call);
	case HVCALL_SET_VP_REGISTERS:
		return set_regs(m, call);
	case HVCALL_GET_VP_INDEX_FROM_APIC_ID:
		return find_vps(m, call);
	case HVCALL_SET_PARTITION_PROPERTY:
		return set_property(m);
	case HVCALL_GET_PARTITION_PROPERTY:
		return get_property(call);
	case HVCALL_ASSERT_VIRTUAL_INTERRUPT:
		return assert_interrupt(m, call);
	default:
		call->done = call->end;
		return HV_STATUS_SUCCESS;
	}
}
