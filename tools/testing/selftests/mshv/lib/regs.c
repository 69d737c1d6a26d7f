// SPDX-License-Identifier: GPL-2.0-only
/* Registers of a VP, by MSHV_ROOT_HVCALL. */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>

#include "dev.h"
#include "regs.h"

/**
 * vp_try_set_regs() - Write registers
 * @vp: the VP's fd
 * @regs: names and values
 * @nr: how many, at most REGS_MAX
 *
 * Return: 0; -errno if the call failed; -EIO if it succeeded without having
 * written all.
 */
int vp_try_set_regs(int vp, const struct hv_reg *regs, unsigned int nr)
{
	struct {
		struct hv_vp_registers_header header;
		struct hv_reg regs[REGS_MAX];
	} in = { .header.vp_index = mshv_vp_index(vp) };
	struct mshv_root_hvcall call = {
		.code = HV_SET_VP_REGISTERS,
		.reps = nr,
		.in_sz = sizeof(in.header) + nr * sizeof(in.regs[0]),
		.in_ptr = (uintptr_t)&in,
	};
	int ret;

	if (nr > REGS_MAX)
		return -E2BIG;
	memcpy(in.regs, regs, nr * sizeof(*regs));
	ret = mshv_try_root_hvcall(vp, &call);
	if (ret < 0)
		return ret;
	return call.reps == nr ? 0 : -EIO;
}

/**
 * vp_try_get_regs() - Read registers
 * @vp: the VP's fd
 * @names: HV_REG_*
 * @values: one for each name
 * @nr: how many, at most REGS_MAX
 *
 * Return: as vp_try_set_regs().
 */
int vp_try_get_regs(int vp, const uint32_t *names, union hv_value *values,
		    unsigned int nr)
{
	struct {
		struct hv_vp_registers_header header;
		uint32_t names[REGS_MAX];
	} in = { .header.vp_index = mshv_vp_index(vp) };
	struct mshv_root_hvcall call = {
		.code = HV_GET_VP_REGISTERS,
		.reps = nr,
		.in_sz = sizeof(in.header) + nr * sizeof(in.names[0]),
		.out_sz = nr * sizeof(*values),
		.in_ptr = (uintptr_t)&in,
		.out_ptr = (uintptr_t)values,
	};
	int ret;

	if (nr > REGS_MAX)
		return -E2BIG;
	memcpy(in.names, names, nr * sizeof(*names));
	ret = mshv_try_root_hvcall(vp, &call);
	if (ret < 0)
		return ret;
	return call.reps == nr ? 0 : -EIO;
}

/** vp_set_regs() - Write registers or end the program */
void vp_set_regs(int vp, const struct hv_reg *regs, unsigned int nr)
{
	int ret = vp_try_set_regs(vp, regs, nr);

	if (ret)
		fail(EXIT_ERROR, "writing %u VP registers (the first is 0x%x) failed: %s",
		     nr, regs[0].name, mshv_errno_name(ret));
}

/** vp_get_regs() - Read registers or end the program */
void vp_get_regs(int vp, const uint32_t *names, union hv_value *values,
		 unsigned int nr)
{
	int ret = vp_try_get_regs(vp, names, values, nr);

	if (ret)
		fail(EXIT_ERROR, "reading %u VP registers (the first is 0x%x) failed: %s",
		     nr, names[0], mshv_errno_name(ret));
}

/** vp_get_reg() - Read one 64-bit register or end the program */
uint64_t vp_get_reg(int vp, uint32_t name)
{
	union hv_value value;

	vp_get_regs(vp, &name, &value, 1);
	return value.u64;
}
