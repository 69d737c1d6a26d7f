// SPDX-License-Identifier: GPL-2.0-only
/*
 * From KVM's exits to the hypervisor's messages
 *
 * An intercept is taken before the instruction: RIP at it, no register changed,
 * nothing pending in KVM that a later change of registers would not undo.
 */
#include <errno.h>
#include <string.h>

#include "objects.h"

#define CR0_PE		(1UL << 0)
#define CR0_AM		(1UL << 18)

static void *new_message(struct vp *vp, uint32_t type, size_t size)
{
	memset(&vp->msg, 0, sizeof(vp->msg));
	vp->msg.type = type;
	vp->msg.payload_size = size;
	vp->msg.sender = vp->pt->id;
	return vp->msg.payload.bytes;
}

static uint16_t execution_state(const struct kvm_sregs *sregs)
{
	uint16_t state = 0;

	if (sregs->cr0 & CR0_PE)
		state |= HV_EXEC_CR0_PE | HV_EXEC_CPL(sregs->ss.dpl);
	if (sregs->cr0 & CR0_AM)
		state |= HV_EXEC_CR0_AM;
	if (sregs->efer & EFER_LMA)
		state |= HV_EXEC_EFER_LMA;
	return state;
}

static void fill_header(struct vp *vp, struct hv_intercept_header *hdr, uint8_t access,
			unsigned int length)
{
	const struct kvm_sync_regs *regs = &vp->run->s.regs;

	hdr->vp_index = vp->index;
	hdr->instruction_length = length | (regs->sregs.cr8 & 0xf) << 4;
	hdr->access_type = access;
	hdr->execution_state = execution_state(&regs->sregs);
	hdr->cs = segment_from_kvm(&regs->sregs.cs);
	hdr->rip = regs->regs.rip;
	hdr->rflags = regs->regs.rflags;
}

/* Message that is nothing but a header */
static enum vp_stop plain_message(struct vp *vp, uint32_t type)
{
	struct hv_intercept_header *hdr = new_message(vp, type, sizeof(*hdr));

	fill_header(vp, hdr, HV_ACCESS_EXECUTE, 0);
	return VP_STOP_INTERCEPT;
}

static enum vp_stop shut_down(struct vp *vp)
{
	vp->shut_down = true;
	return plain_message(vp, HVMSG_UNRECOVERABLE_EXCEPTION);
}

/*
 * Memory
 */

static enum vp_stop memory_message(struct vp *vp, uint32_t type, uint64_t gpa, uint8_t access)
{
	struct hv_memory_message *m = new_message(vp, type, sizeof(*m));
	struct insn insn = { 0 };

	fill_header(vp, &m->header, access, 0);
	m->cache_type = 6;	/* write-back */
	m->gpa = gpa;
	if (access != HV_ACCESS_EXECUTE)
		insn_fetch(vp, vp_linear_rip(vp), &insn);
	m->instruction_byte_count = insn.nr_bytes;
	memcpy(m->instruction_bytes, insn.bytes, sizeof(m->instruction_bytes));
	return VP_STOP_INTERCEPT;
}

/* Decide by our books what an access is: the parent may have mapped the page meanwhile. */
static enum vp_stop memory_access(struct vp *vp, uint64_t gpa, uint8_t access)
{
	bool write = access == HV_ACCESS_WRITE;
	struct gpa_entry entry;
	bool mapped = gpa_lookup(&vp->pt->gpa, gpa >> PAGE_SHIFT, &entry);

	if (mapped && !(entry.flags & GPA_NO_ACCESS) && (!write || entry.flags & GPA_WRITE))
		return access_seen(vp->pt, gpa, &entry, write) ? VP_STOP_AGAIN : shut_down(vp);
	/* As if kicked: the L1 VP that it runs on may have to take the interrupt. */
	if (write && doorbell_write(vp, gpa))
		return VP_STOP_KICKED;
	return memory_message(vp, mapped ? HVMSG_GPA_INTERCEPT : HVMSG_UNMAPPED_GPA, gpa, access);
}

static enum vp_stop handle_fault(struct vp *vp, struct run_thread *rt)
{
	struct fault_info info;

	if (!fault_tap_last(run_thread_tap(rt), &info)) {
		hv_log("VP %lu:%u: fault at RIP 0x%llx, unknown where", vp->pt->id, vp->index,
		       vp->run->s.regs.regs.rip);
		return shut_down(vp);
	}
	return memory_access(vp, info.gpa, info.access);
}

/*
 * KVM emulates an access: outside the GPA space, or string port I/O to a page that
 * is not mapped. After a write RIP is beyond the instruction, and only the fault
 * record knows where it was.
 */
static enum vp_stop handle_mmio(struct vp *vp, struct run_thread *rt)
{
	uint64_t gpa = vp->run->mmio.phys_addr;
	uint8_t access = vp->run->mmio.is_write ? HV_ACCESS_WRITE : HV_ACCESS_READ;
	struct fault_info info;

	if (access == HV_ACCESS_WRITE && fault_tap_last(run_thread_tap(rt), &info) &&
	    info.gpa >> PAGE_SHIFT == gpa >> PAGE_SHIFT)
		vp->run->s.regs.regs.rip = info.rip;
	vp_complete_undone(vp);
	return memory_access(vp, gpa, access);
}

/*
 * Ports
 */

/* Address size in bytes that string instructions step with */
static unsigned int address_size(struct vp *vp, const struct insn *insn)
{
	const struct kvm_segment *cs = &vp->run->s.regs.sregs.cs;
	bool prefix = insn->prefixes && memchr(insn->bytes, 0x67, insn->prefixes);

	if (cs->l)
		return prefix ? 4 : 8;
	return cs->db == prefix ? 2 : 4;
}

static void step_back(__u64 *reg, int64_t by, unsigned int size)
{
	uint64_t mask = size == 8 ? UINT64_MAX : (1ULL << size * 8) - 1;

	*reg = (*reg & ~mask) | ((*reg - by) & mask);
}

/* OUTS has stepped its registers already, and RIP if it has no REP. Undo that. */
static void undo_outs(struct vp *vp, struct insn *insn)
{
	struct kvm_regs *regs = &vp->run->s.regs.regs;
	int64_t by = (int64_t)vp->run->io.count * vp->run->io.size;
	unsigned int size;

	if (!insn_is_string_port(insn)) {	/* no REP: we are behind it */
		unsigned int length = 1;

		if (vp->run->io.size != 1 &&
		    vp->run->io.size == (vp->run->s.regs.sregs.cs.db ? 2 : 4))
			length++;	/* operand size prefix */
		regs->rip -= length;
		insn_fetch(vp, vp_linear_rip(vp), insn);
	}
	size = address_size(vp, insn);
	step_back(&regs->rsi, regs->rflags & 0x400 ? -by : by, size);
	if (insn->rep)
		step_back(&regs->rcx, -(int64_t)vp->run->io.count, size);
	vp->run->kvm_dirty_regs = KVM_SYNC_X86_REGS;
}

static bool is_scalar(const struct vp *vp, const struct insn *insn)
{
	const struct kvm_run *run = vp->run;

	if (insn_is_string_port(insn) || !insn_port_length(insn))
		return false;
	/* A port instruction right behind an OUTS: the data tells them apart. */
	return run->io.direction == KVM_EXIT_IO_IN ||
	       !memcmp((const uint8_t *)run + run->io.data_offset, &run->s.regs.regs.rax,
		       run->io.size);
}

static const struct kvm_segment *source_segment(const struct kvm_sregs *sregs, int index)
{
	const struct kvm_segment *const segs[] = {
		&sregs->es, &sregs->cs, &sregs->ss, &sregs->ds, &sregs->fs, &sregs->gs,
	};

	return index < 0 ? &sregs->ds : segs[index];
}

static void fill_port(struct vp *vp, struct hv_io_port_message *m, const struct insn *insn,
		      uint16_t port, uint8_t size)
{
	const struct kvm_regs *regs = &vp->run->s.regs.regs;
	const struct kvm_sregs *sregs = &vp->run->s.regs.sregs;

	m->port = port;
	m->access_info = size;
	if (insn_is_string_port(insn))
		m->access_info |= HV_PORT_ACCESS_STRING;
	if (insn->rep)
		m->access_info |= HV_PORT_ACCESS_REP;
	m->instruction_byte_count = insn->nr_bytes;
	memcpy(m->instruction_bytes, insn->bytes, sizeof(m->instruction_bytes));
	m->rax = regs->rax;
	m->rcx = regs->rcx;
	m->rsi = regs->rsi;
	m->rdi = regs->rdi;
	m->ds = segment_from_kvm(source_segment(sregs, insn->segment));
	m->es = segment_from_kvm(&sregs->es);
}

static enum vp_stop handle_port(struct vp *vp)
{
	bool in = vp->run->io.direction == KVM_EXIT_IO_IN;
	uint16_t port = vp->run->io.port;
	uint8_t size = vp->run->io.size;
	struct hv_io_port_message *m;
	struct insn insn;

	insn_fetch(vp, vp_linear_rip(vp), &insn);
	if (is_scalar(vp, &insn)) {
		vp->pending = PENDING_PORT;
		vp->pending_rip = vp_linear_rip(vp);
	} else if (in) {
		/* KVM loses the VP if RIP moves while this is pending. */
		vp_complete_undone(vp);
	} else {
		undo_outs(vp, &insn);
	}
	m = new_message(vp, HVMSG_X64_IO_PORT, sizeof(*m));
	fill_header(vp, &m->header, in ? HV_ACCESS_READ : HV_ACCESS_WRITE,
		    insn_port_length(&insn));
	fill_port(vp, m, &insn, port, size);
	return VP_STOP_INTERCEPT;
}

/*
 * MSRs
 */

static enum vp_stop handle_msr(struct vp *vp, bool write)
{
	uint32_t access = write ? HV_INTERCEPT_ACCESS_W : HV_INTERCEPT_ACCESS_R;
	uint32_t index = vp->run->msr.index;
	uint64_t data = vp->run->msr.data;
	struct hv_msr_message *m;

	if (!child_msr_intercepted(vp->pt, index, access)) {
		vp->run->msr.error = !child_msr_default(vp, write, &data);
		vp->run->msr.data = data;
		vp_complete(vp);
		return VP_STOP_AGAIN;
	}
	vp->run->msr.error = 0;
	vp_complete_undone(vp);
	m = new_message(vp, HVMSG_X64_MSR, sizeof(*m));
	fill_header(vp, &m->header, write ? HV_ACCESS_WRITE : HV_ACCESS_READ, 2);
	m->number = index;
	m->rax = vp->run->s.regs.regs.rax;
	m->rdx = vp->run->s.regs.regs.rdx;
	return VP_STOP_INTERCEPT;
}

/*
 * CPUID
 */

static bool cpuid_intercepted(const struct partition *pt, uint32_t leaf)
{
	for (unsigned int i = 0; i < pt->nr_intercepts; i++) {
		const struct intercept *ic = &pt->intercepts[i];

		if (ic->type == HV_INTERCEPT_GLOBAL_CPUID ||
		    (ic->type == HV_INTERCEPT_CPUID && ic->parameter == leaf))
			return true;
	}
	return false;
}

/**
 * vp_check_entry - is there an intercept without entering the VP?
 * @vp: a stopped VP, about to be entered
 *
 * Return: VP_STOP_AGAIN if not
 */
enum vp_stop vp_check_entry(struct vp *vp)
{
	const struct kvm_regs *regs = &vp->run->s.regs.regs;
	struct hv_cpuid_message *m;
	struct insn insn;
	uint32_t value[4];

	if (vp->shut_down)
		return shut_down(vp);
	if (!vp->debug_control)
		return VP_STOP_AGAIN;
	insn_fetch(vp, vp_linear_rip(vp), &insn);
	if (!insn_is_cpuid(&insn) || !cpuid_intercepted(vp->pt, regs->rax))
		return VP_STOP_AGAIN;
	m = new_message(vp, HVMSG_X64_CPUID, sizeof(*m));
	fill_header(vp, &m->header, HV_ACCESS_EXECUTE, insn.prefixes + 2);
	vp_cpuid_value(vp, regs->rax, regs->rcx, value);
	m->rax = regs->rax;
	m->rbx = regs->rbx;
	m->rcx = regs->rcx;
	m->rdx = regs->rdx;
	m->default_rax = value[0];
	m->default_rbx = value[1];
	m->default_rcx = value[2];
	m->default_rdx = value[3];
	return VP_STOP_INTERCEPT;
}

static enum vp_stop unexpected(struct vp *vp)
{
	const struct kvm_run *run = vp->run;

	hv_log("VP %lu:%u: KVM exit %u (suberror %u) at RIP 0x%llx", vp->pt->id, vp->index,
	       run->exit_reason,
	       run->exit_reason == KVM_EXIT_INTERNAL_ERROR ? run->internal.suberror : 0,
	       run->s.regs.regs.rip);
	return shut_down(vp);
}

/**
 * vp_handle_exit - understand the end of a KVM_RUN
 * @vp: the VP, stopped
 * @err: errno of KVM_RUN, 0 if it succeeded
 * @rt: of the thread that ran it
 *
 * Return: what to do next
 */
enum vp_stop vp_handle_exit(struct vp *vp, int err, struct run_thread *rt)
{
	if (err == EINTR || err == EAGAIN)
		return VP_STOP_KICKED;
	if (err == EFAULT)
		return handle_fault(vp, rt);
	if (err) {
		hv_log("VP %lu:%u: KVM_RUN: %s", vp->pt->id, vp->index, strerror(err));
		return shut_down(vp);
	}
	switch (vp->run->exit_reason) {
	case KVM_EXIT_IO:
		return handle_port(vp);
	case KVM_EXIT_MMIO:
		return handle_mmio(vp, rt);
	case KVM_EXIT_HLT:
		return plain_message(vp, HVMSG_X64_HALT);
	case KVM_EXIT_X86_RDMSR:
		return handle_msr(vp, false);
	case KVM_EXIT_X86_WRMSR:
		return handle_msr(vp, true);
	case KVM_EXIT_IOAPIC_EOI:
		return eoi_exit(vp);
	case KVM_EXIT_SHUTDOWN:
		return shut_down(vp);
	case KVM_EXIT_DEBUG:
		return VP_STOP_AGAIN;
	case KVM_EXIT_INTR:
		return VP_STOP_KICKED;
	default:
		return unexpected(vp);
	}
}

/* What the access of an intercept went to, for the trace */
static uint64_t accessed(const struct hv_message *msg)
{
	switch (msg->type) {
	case HVMSG_X64_IO_PORT:
		return ((const struct hv_io_port_message *)msg->payload.bytes)->port;
	case HVMSG_UNMAPPED_GPA:
	case HVMSG_GPA_INTERCEPT:
		return ((const struct hv_memory_message *)msg->payload.bytes)->gpa;
	case HVMSG_X64_MSR:
		return ((const struct hv_msr_message *)msg->payload.bytes)->number;
	case HVMSG_X64_APIC_EOI:
		return ((const struct hv_eoi_message *)msg->payload.bytes)->vector;
	default:
		return 0;
	}
}

/**
 * vp_publish_intercept - suspend a VP for the message in vp->msg, and show it
 * @vp: the VP, stopped
 */
void vp_publish_intercept(struct vp *vp)
{
	struct hv_message *page = vp->state_page[HV_STATE_PAGE_MESSAGE].page;

	vp->intercept_suspend = true;
	if (page)
		memcpy(page, &vp->msg, sizeof(*page));
	trace_intercept(vp->pt->hv->trace, vp->pt->id, vp->index, vp->msg.type,
			accessed(&vp->msg));
}
