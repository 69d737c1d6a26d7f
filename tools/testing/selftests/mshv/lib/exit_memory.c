// SPDX-License-Identifier: GPL-2.0-only
/* Intercepts of a memory access: the MMIO device, or a mistake of the guest. */
#include <string.h>

#include "../guests/layout.h"
#include "decode.h"
#include "exits.h"
#include "regs.h"

#define LONGEST_INSTRUCTION 15

static enum decode_mode mode_of(const struct hv_intercept_header *h)
{
	if (!(h->execution_state & HV_EXEC_CR0_PE))
		return DECODE_16;
	if ((h->execution_state & HV_EXEC_EFER_LMA) &&
	    (h->cs.attributes & HV_SEGMENT_LONG))
		return DECODE_64;
	return h->cs.attributes & HV_SEGMENT_DEFAULT32 ? DECODE_32 : DECODE_16;
}

/*
 * The instruction's bytes: the hypervisor may pass them, but need not. Our
 * guests' linear addresses are their physical addresses.
 */
static unsigned int fetch(struct vp *vp, const struct hv_memory_message *m,
			  uint8_t *bytes)
{
	uint64_t at = m->header.rip;
	const uint8_t *src;

	if (m->byte_count) {
		unsigned int nr = m->byte_count;

		if (nr > sizeof(m->bytes))
			nr = sizeof(m->bytes);
		memcpy(bytes, m->bytes, nr);
		return nr;
	}
	if (mode_of(&m->header) != DECODE_64)
		at += m->header.cs.base;
	src = vm_memory(vp->vm, at, LONGEST_INSTRUCTION);
	if (!src)
		return 0;
	memcpy(bytes, src, LONGEST_INSTRUCTION);
	return LONGEST_INSTRUCTION;
}

static const char *access_name(uint8_t access)
{
	static const char * const names[] = { "read", "write", "execute" };

	return access < 3 ? names[access] : "unknown";
}

static void do_mmio(struct vp *vp, const struct hv_memory_message *m,
		    const struct mov *mov)
{
	struct hv_reg regs[2] = {
		REG(RIP, m->header.rip + mov->length),
		{ .name = HV_REG_RAX + mov->reg },
	};
	uint64_t reg = 0;

	if (!mov->immediate)
		reg = vp_get_reg(vp->fd, regs[1].name);
	if (mov->write) {
		device_mmio_write(vp, m->gpa, mov->width, mov_store_value(mov, reg));
	} else {
		uint64_t data = device_mmio_read(vp, m->gpa, mov->width);

		regs[1].value.u64 = mov_load_value(mov, reg, data);
	}
	vp_set_regs(vp->fd, regs, mov->write ? 1 : 2);
}

/**
 * exit_memory() - Handle an intercept of a memory access
 * @vp: the VP
 * @msg: of type HV_MSG_UNMAPPED_GPA or HV_MSG_GPA_INTERCEPT
 *
 * Return: EXIT_MMIO if it was the MMIO device, EXIT_MEMORY if there is no
 * memory, or only read-only memory: then the VP has crashed.
 */
enum exit_reason exit_memory(struct vp *vp, const struct hv_message *msg)
{
	uint8_t bytes[sizeof(((struct hv_memory_message *)0)->bytes)];
	struct hv_memory_message m;
	unsigned int nr;
	struct mov mov;
	int ret;

	memcpy(&m, msg->payload, sizeof(m));
	if (!device_is_mmio(m.gpa, 1)) {
		vp_crash(vp, "%s of 0x%llx, where there is %s, at rip 0x%llx",
			 access_name(m.header.access_type),
			 (unsigned long long)m.gpa,
			 m.gpa / MSHV_HV_PAGE_SIZE == GUEST_ROM / MSHV_HV_PAGE_SIZE ?
			 "read-only memory" : "nothing",
			 (unsigned long long)m.header.rip);
		return EXIT_MEMORY;
	}
	nr = fetch(vp, &m, bytes);
	ret = decode_mov(bytes, nr, mode_of(&m.header), &mov);
	if (ret) {
		vp_crash(vp, "unknown MMIO instruction %02x %02x %02x (%u bytes, mode %d) at rip 0x%llx",
			 bytes[0], bytes[1], bytes[2], nr, mode_of(&m.header),
			 (unsigned long long)m.header.rip);
	} else if (m.header.access_type !=
		   (mov.write ? HV_ACCESS_WRITE : HV_ACCESS_READ)) {
		vp_crash(vp, "MMIO %s at rip 0x%llx was reported as %s",
			 mov.write ? "write" : "read",
			 (unsigned long long)m.header.rip,
			 access_name(m.header.access_type));
	} else {
		do_mmio(vp, &m, &mov);
	}
	return EXIT_MMIO;
}
