/* SPDX-License-Identifier: GPL-2.0-only */
/* Registers of a VP, by MSHV_ROOT_HVCALL. */
#ifndef SELFTEST_MSHV_REGS_H
#define SELFTEST_MSHV_REGS_H

#include "hv.h"

/* The most registers that one call of ours takes */
#define REGS_MAX 56

#define REG(reg, v)							\
	{ .name = HV_REG_##reg, .value.u64 = (v) }
#define REG_SEGMENT(reg, sel, b, lim, attr)				\
	{ .name = HV_REG_##reg, .value.segment = {			\
		.base = (b), .limit = (lim), .selector = (sel),		\
		.attributes = (attr) } }

int vp_try_set_regs(int vp, const struct hv_reg *regs, unsigned int nr);
int vp_try_get_regs(int vp, const uint32_t *names, union hv_value *values,
		    unsigned int nr);
void vp_set_regs(int vp, const struct hv_reg *regs, unsigned int nr);
void vp_get_regs(int vp, const uint32_t *names, union hv_value *values,
		 unsigned int nr);
uint64_t vp_get_reg(int vp, uint32_t name);

#endif /* SELFTEST_MSHV_REGS_H */
