/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef HVSIM_HYPERCALL_H
#define HVSIM_HYPERCALL_H

#include "hvsim.h"

/* machine_table.c: the machine's own calls, searched after hypercall_table[] */
extern const struct hypercall_desc machine_hypercalls[];
extern const unsigned int machine_hypercalls_len;

/**
 * struct hvcall_control - the input control value, taken apart
 * @code: call code
 * @fast: parameters in registers
 * @var_hdr: size of the variable header in bytes
 * @rep_count: number of reps
 * @rep_start: first rep to do
 */
struct hvcall_control {
	uint16_t code;
	bool fast;
	uint16_t var_hdr;
	uint16_t rep_count;
	uint16_t rep_start;
};

/* ipi.c */
uint16_t ipi_send(struct hv *hv, struct l1_vp *vp, struct hvcall *call);

/* vmbus.c */
uint16_t vmbus_post_message(struct hv *hv, struct l1_vp *vp, struct hvcall *call);
uint16_t vmbus_signal_event(struct hv *hv, struct l1_vp *vp, struct hvcall *call);

/* hypercall.c */
bool hypercall_decode(uint64_t raw, struct hvcall_control *ctl);
uint64_t hypercall_result(uint16_t status, uint16_t rep_done);
int hypercall_init(struct hv *hv);
void hypercall_fini(struct hv *hv);
void hypercall_handle(struct l1_vp *vp);
void hypercall_page_write(struct hv *hv, uint64_t msr);

#endif
