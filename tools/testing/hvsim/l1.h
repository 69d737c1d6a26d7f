/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef HVSIM_L1_H
#define HVSIM_L1_H

#include "hvsim.h"

int machine_init(struct hv *hv, const struct config *cfg);
void machine_fini(struct hv *hv);
void l1_signals(void);
int l1_start(struct hv *hv);
void l1_wait(struct hv *hv);

/* report.c */

void report_threads(void);
void report_vp(struct l1_vp *vp);

#endif
