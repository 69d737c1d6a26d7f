/* SPDX-License-Identifier: GPL-2.0-only */
/* What the VMM does with an intercept message. */
#ifndef SELFTEST_MSHV_EXITS_H
#define SELFTEST_MSHV_EXITS_H

#include "vm.h"

void exit_handle(struct vp *vp, const struct hv_message *msg);
void exit_flush_line(struct vp *vp);
const char *exit_name(enum exit_reason reason);

/* The devices, in device.c */
uint32_t device_port_read(struct vp *vp, uint16_t port, unsigned int width);
void device_port_write(struct vp *vp, uint16_t port, unsigned int width,
		       uint32_t value);
bool device_is_mmio(uint64_t gpa, unsigned int width);
uint64_t device_mmio_read(struct vp *vp, uint64_t gpa, unsigned int width);
void device_mmio_write(struct vp *vp, uint64_t gpa, unsigned int width,
		       uint64_t value);

/* Intercepts of a memory access, in exit_memory.c */
enum exit_reason exit_memory(struct vp *vp, const struct hv_message *msg);

void vp_crash(struct vp *vp, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#endif /* SELFTEST_MSHV_EXITS_H */
