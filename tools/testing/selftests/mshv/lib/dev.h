/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The ioctls of /dev/mshv, one function each.
 *
 * mshv_try_*() return what the ioctl returned, or -errno. Those that set
 * something up also exist without "try_": they end the program with a message
 * on failure.
 */
#ifndef SELFTEST_MSHV_DEV_H
#define SELFTEST_MSHV_DEV_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/ioctl.h>

#ifndef __packed
#define __packed __attribute__((packed))
#endif
#include <linux/mshv.h>

#include "hv.h"

#define MSHV_DEVICE "/dev/mshv"

/* Exit codes of the programs built on this library */
enum {
	EXIT_OK		= 0,
	EXIT_ERROR	= 1,	/* an ioctl or the system failed */
	EXIT_USAGE	= 2,
	EXIT_GUEST	= 3,	/* a guest did not end as it should */
	EXIT_TIMEOUT	= 4,
};

extern int fail_status;

int mshv_try_ioctl(int fd, unsigned long cmd, const void *arg);
int mshv_try_open(void);
int mshv_try_create_partition(int dev, uint64_t flags);
int mshv_try_create_partition_v2(int dev, struct mshv_create_partition_v2 *args);
int mshv_try_initialize(int pt);
int mshv_try_create_vp(int pt, uint32_t index);
int mshv_try_set_guest_memory(int pt, uint64_t gpa, void *addr, uint64_t size,
			      uint8_t flags);
int mshv_try_root_hvcall(int fd, struct mshv_root_hvcall *call);
int mshv_try_run_vp(int vp, struct hv_message *msg);
int mshv_try_get_property(int fd, uint32_t code, uint64_t *value);
int mshv_try_set_property(int fd, uint32_t code, uint64_t value);
int mshv_try_install_intercept(int pt, uint32_t type, uint32_t access_mask,
			       uint64_t parameter);
int mshv_try_assert_interrupt(int pt, uint32_t apic_id, uint32_t vector);
int mshv_try_assert_level(int pt, uint32_t apic_id, uint32_t vector);

int mshv_open(void);
int mshv_create_partition(int dev, uint64_t flags);
void mshv_initialize(int pt);
uint32_t mshv_vp_index(int vp);
int mshv_create_vp(int pt, uint32_t index);
void mshv_set_guest_memory(int pt, uint64_t gpa, void *addr, uint64_t size,
			   uint8_t flags);
void mshv_install_intercept(int pt, uint32_t type, uint32_t access_mask,
			    uint64_t parameter);

const char *mshv_errno_name(int err);
void fail(int status, const char *fmt, ...)
	__attribute__((noreturn, format(printf, 2, 3)));

#endif /* SELFTEST_MSHV_DEV_H */
