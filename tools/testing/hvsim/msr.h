/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef HVSIM_MSR_H
#define HVSIM_MSR_H

#include "hvsim.h"

int msr_init(struct hv *hv);
void msr_exit(struct l1_vp *vp, struct kvm_run *run);

#endif
