// SPDX-License-Identifier: GPL-2.0-only
/* What the VMM does with an intercept message: a table keyed by its type. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "../guests/layout.h"
#include "exits.h"
#include "regs.h"

#define RFLAGS_DF (1u << 10)
#define SHORT_INSTRUCTION 2	/* rdmsr, wrmsr, cpuid */

static const char * const names[EXIT_REASONS] = {
	[EXIT_IO] = "io",
	[EXIT_MMIO] = "mmio",
	[EXIT_HLT] = "hlt",
	[EXIT_CPUID] = "cpuid",
	[EXIT_MSR] = "msr",
	[EXIT_MEMORY] = "memory",
	[EXIT_UNRECOVERABLE] = "unrecoverable",
	[EXIT_OTHER] = "other",
	[EXIT_SIGNAL] = "signal",
};

/** exit_name() - The name of a reason in the summary */
const char *exit_name(enum exit_reason reason)
{
	return names[reason];
}

/**
 * vp_crash() - End a VP, with the reason
 * @vp: the VP
 * @fmt: for people, without newline
 */
void vp_crash(struct vp *vp, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(vp->why, sizeof(vp->why), fmt, ap);
	va_end(ap);
	vp->end = VP_CRASHED;
}

static uint64_t next_rip(const struct hv_intercept_header *h, unsigned int length)
{
	unsigned int given = h->length_cr8 & 0xf;

	return h->rip + (given ? given : length);
}

static void string_io(struct vp *vp, const struct hv_io_port_message *m)
{
	unsigned int width = m->access_info & HV_IO_SIZE_MASK;
	uint64_t count = m->access_info & HV_IO_REP ? m->rcx : 1;
	bool write = m->header.access_type == HV_ACCESS_WRITE;
	int64_t step = m->header.rflags & RFLAGS_DF ? -(int64_t)width : (int64_t)width;
	uint64_t index = write ? m->rsi : m->rdi;
	uint64_t base = write ? m->ds.base : m->es.base;
	struct hv_reg regs[] = {
		REG(RIP, next_rip(&m->header, 0)),
		REG(RCX, m->access_info & HV_IO_REP ? 0 : m->rcx),
		{ .name = write ? HV_REG_RSI : HV_REG_RDI },
	};
	uint64_t i;

	for (i = 0; i < count && vp->end == VP_RUNNING; i++, index += step) {
		void *memory = vm_memory(vp->vm, base + index, width);
		uint32_t value = 0;

		if (!memory) {
			vp_crash(vp, "string I/O with memory at 0x%llx",
				 (unsigned long long)(base + index));
			return;
		}
		if (write) {
			memcpy(&value, memory, width);
			device_port_write(vp, m->port, width, value);
		} else {
			value = device_port_read(vp, m->port, width);
			memcpy(memory, &value, width);
		}
	}
	regs[2].value.u64 = index;
	vp_set_regs(vp->fd, regs, 3);
}

static enum exit_reason on_io_port(struct vp *vp, const struct hv_message *msg)
{
	struct hv_reg regs[2] = { REG(RIP, 0), REG(RAX, 0) };
	struct hv_io_port_message m;
	unsigned int width;
	uint64_t mask;

	memcpy(&m, msg->payload, sizeof(m));
	width = m.access_info & HV_IO_SIZE_MASK;
	if ((width != 1 && width != 2 && width != 4) || !(m.header.length_cr8 & 0xf)) {
		vp_crash(vp, "bad port I/O message: width %u, instruction length %u",
			 width, m.header.length_cr8 & 0xf);
		return EXIT_IO;
	}
	if (m.access_info & HV_IO_STRING) {
		string_io(vp, &m);
		return EXIT_IO;
	}
	mask = 0xffffffffu >> (32 - 8 * width);
	regs[0].value.u64 = next_rip(&m.header, 0);
	if (m.header.access_type == HV_ACCESS_WRITE) {
		device_port_write(vp, m.port, width, m.rax & mask);
		vp_set_regs(vp->fd, regs, 1);
		return EXIT_IO;
	}
	regs[1].value.u64 = device_port_read(vp, m.port, width);
	if (width < 4)
		regs[1].value.u64 |= m.rax & ~mask;
	vp_set_regs(vp->fd, regs, 2);
	return EXIT_IO;
}

static enum exit_reason on_cpuid(struct vp *vp, const struct hv_message *msg)
{
	struct hv_cpuid_message m;
	uint32_t vendor[3];

	memcpy(&m, msg->payload, sizeof(m));
	if ((uint32_t)m.rax == CPUID_VENDOR_LEAF) {
		memcpy(vendor, CPUID_VENDOR, sizeof(vendor));
		m.default_rbx = vendor[0];
		m.default_rdx = vendor[1];
		m.default_rcx = vendor[2];
	}
	vp_set_regs(vp->fd, (struct hv_reg[]) {
		REG(RIP, next_rip(&m.header, SHORT_INSTRUCTION)),
		REG(RAX, m.default_rax),
		REG(RBX, m.default_rbx),
		REG(RCX, m.default_rcx),
		REG(RDX, m.default_rdx),
	}, 5);
	return EXIT_CPUID;
}

static enum exit_reason on_msr(struct vp *vp, const struct hv_message *msg)
{
	struct hv_msr_message m;
	bool write;

	memcpy(&m, msg->payload, sizeof(m));
	write = m.header.access_type == HV_ACCESS_WRITE;
	if (m.msr != MSR_VMM) {
		vp_crash(vp, "%s of unknown MSR 0x%x", write ? "write" : "read", m.msr);
		return EXIT_MSR;
	}
	vp_set_regs(vp->fd, (struct hv_reg[]) {
		REG(RIP, next_rip(&m.header, SHORT_INSTRUCTION)),
		REG(RAX, MSR_VMM_VALUE),
		REG(RDX, 0),
	}, write ? 1 : 3);
	return EXIT_MSR;
}

static enum exit_reason on_halt(struct vp *vp, const struct hv_message *msg)
{
	(void)msg;
	vp->end = VP_HALTED;
	return EXIT_HLT;
}

static enum exit_reason on_unrecoverable(struct vp *vp, const struct hv_message *msg)
{
	(void)msg;
	vp_crash(vp, "unrecoverable exception (triple fault)");
	return EXIT_UNRECOVERABLE;
}

static const struct {
	uint32_t type;
	enum exit_reason (*handle)(struct vp *vp, const struct hv_message *msg);
} handlers[] = {
	{ HV_MSG_X64_IO_PORT, on_io_port },
	{ HV_MSG_UNMAPPED_GPA, exit_memory },
	{ HV_MSG_GPA_INTERCEPT, exit_memory },
	{ HV_MSG_X64_CPUID, on_cpuid },
	{ HV_MSG_X64_MSR, on_msr },
	{ HV_MSG_X64_HALT, on_halt },
	{ HV_MSG_UNRECOVERABLE_EXCEPTION, on_unrecoverable },
};

/**
 * exit_handle() - Handle one intercept message
 * @vp: the VP; @vp->end is set if it does not go on
 * @msg: what RUN_VP returned
 */
void exit_handle(struct vp *vp, const struct hv_message *msg)
{
	unsigned int i;

	for (i = 0; i < sizeof(handlers) / sizeof(handlers[0]); i++) {
		if (handlers[i].type == msg->type) {
			vp->exits[handlers[i].handle(vp, msg)]++;
			return;
		}
	}
	vp->exits[EXIT_OTHER]++;
	vp_crash(vp, "message of unknown type 0x%08x", msg->type);
}
