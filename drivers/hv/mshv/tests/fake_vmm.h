/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A VMM inside the kernel: it has an address space and eventfds, and makes
 * ioctls on the driver's files, with the fake hypervisor behind them.
 */
#ifndef _MSHV_TESTS_FAKE_VMM_H
#define _MSHV_TESTS_FAKE_VMM_H

#include <kunit/test.h>
#include <linux/types.h>
#include <linux/mshv.h>

#include "fake_hv.h"
#include "fake_model.h"

struct file;
struct mshv_partition;
struct mshv_vp;

/* Its memory: arguments and a buffer, then what becomes guest memory */
#define VMM_BUF_PAGES	20
#define VMM_NR_PAGES	64

/**
 * struct fake_vmm - a VMM
 * @test: its test
 * @hv: the hypervisor
 * @m: its state
 * @dev: file of /dev/mshv
 * @pt_file: file of its partition, or NULL
 * @vp_file: files of the VPs, or NULL
 * @args: user address of arguments
 * @buf: user address of VMM_BUF_PAGES pages
 * @mem: user address of VMM_NR_PAGES pages
 * @kept: pages that were leaked when it began
 * @fail_nth: which allocation from now on fails, in its ioctls and when it
 *	closes files; 0 for none
 */
struct fake_vmm {
	struct kunit *test;
	struct fake_hv *hv;
	struct fake_model *m;
	struct file *dev;
	struct file *pt_file;
	struct file *vp_file[MODEL_VPS];
	unsigned long args;
	unsigned long buf;
	unsigned long mem;
	long kept;
	unsigned int fail_nth;
};

/**
 * the_vmm - the VMM of a test
 * @test: the test; it has called fake_vmm_start()
 *
 * Return: the VMM.
 */
static inline struct fake_vmm *the_vmm(struct kunit *test)
{
	return ((struct fake_hv *)test->priv)->arg;
}

struct fake_vmm *fake_vmm_start(struct kunit *test);
struct fake_vmm *fake_vmm_start_partition(struct kunit *test);
long fake_vmm_dev(struct fake_vmm *vmm, unsigned int cmd, void *arg,
		  size_t size);
long fake_vmm_pt(struct fake_vmm *vmm, unsigned int cmd, void *arg,
		 size_t size);
long fake_vmm_vp(struct fake_vmm *vmm, u32 index, unsigned int cmd, void *arg,
		 size_t size);
int fake_vmm_create_partition(struct fake_vmm *vmm, u64 flags);
int fake_vmm_create_vp(struct fake_vmm *vmm, u32 index);
int fake_vmm_map(struct fake_vmm *vmm, u64 gfn, unsigned int first,
		 unsigned int nr, u8 flags);
int fake_vmm_run(struct fake_vmm *vmm, u32 index, struct hv_message *msg);
void fake_vmm_close_vp(struct fake_vmm *vmm, u32 index);
void fake_vmm_close_partition(struct fake_vmm *vmm);
void fake_vmm_close(struct fake_vmm *vmm);
void fake_vmm_expect_nothing_left(struct fake_vmm *vmm);
void fake_vmm_finish(struct kunit *test);
struct mshv_partition *fake_vmm_partition(struct fake_vmm *vmm);
struct mshv_vp *fake_vmm_the_vp(struct fake_vmm *vmm, u32 index);

int fake_eventfd(struct kunit *test);
void fake_eventfd_signal(struct kunit *test, int fd);
u64 fake_eventfd_read(struct kunit *test, int fd);
void fake_eventfd_close(int fd);

#endif /* _MSHV_TESTS_FAKE_VMM_H */
