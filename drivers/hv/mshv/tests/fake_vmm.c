// SPDX-License-Identifier: GPL-2.0-only
/*
 * A VMM inside the kernel, see fake_vmm.h.
 *
 * It closes its files in the thread of the test, for that is where the fake
 * hypervisor answers.
 */
#include <kunit/test.h>
#include <linux/eventfd.h>
#include <linux/fdtable.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/syscalls.h>
#include <linux/uaccess.h>
#include <asm/syscall.h>
#include <asm/unistd.h>

#include "../mshv.h"
#include "../irq.h"
#include "fake_vmm.h"

/* Returns how it was set before. */
static unsigned int set_fail_nth(unsigned int nth)
{
	unsigned int old = 0;

#ifdef CONFIG_FAULT_INJECTION
	old = current->fail_nth;
	current->fail_nth = nth;
#endif
	return old;
}

static void fake_vmm_stop(void *arg)
{
	struct fake_vmm *vmm = arg;

	fake_vmm_close(vmm);
	/* What was wrong has been said. */
	fake_model_release(vmm->test, vmm->m);
	mshv_irqfd_fini();
	mshv.type = HV_PARTITION_TYPE_GUEST;
	mshv.caps = 0;
	mshv.root_logic = false;
}

/**
 * fake_vmm_start - start a VMM in an L1VH
 * @test: the test
 *
 * Return: the VMM; it has nothing open.
 */
struct fake_vmm *fake_vmm_start(struct kunit *test)
{
	struct fake_vmm *vmm;
	unsigned long mem;

	vmm = kunit_kzalloc(test, sizeof(*vmm), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, vmm);
	vmm->test = test;
	vmm->hv = fake_hv_start(test, false);
	vmm->hv->max_exits = UINT_MAX;
	vmm->m = fake_model_start(test);
	vmm->dev = kunit_kzalloc(test, sizeof(*vmm->dev), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, vmm->dev);
	vmm->dev->f_op = &mshv_dev_fops;

	mem = kunit_vm_mmap(test, NULL, 0,
			    (1 + VMM_BUF_PAGES + VMM_NR_PAGES) * PAGE_SIZE,
			    PROT_READ | PROT_WRITE, MAP_ANONYMOUS | MAP_PRIVATE,
			    0);
	KUNIT_ASSERT_NE(test, mem, 0);
	vmm->args = mem;
	vmm->buf = vmm->args + PAGE_SIZE;
	vmm->mem = vmm->buf + VMM_BUF_PAGES * PAGE_SIZE;

	mshv.type = HV_PARTITION_TYPE_L1VH;
	mshv.caps = MSHV_CAP_OVERLAY_GPFN;
	vmm->kept = atomic_long_read(&mshv.nr_kept_pages);
	KUNIT_ASSERT_EQ(test, mshv_irqfd_init(), 0);
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, fake_vmm_stop, vmm),
			0);
	vmm->hv->arg = vmm;
	return vmm;
}

static long do_ioctl(struct fake_vmm *vmm, struct file *file, unsigned int cmd,
		     void *arg, size_t size)
{
	void __user *uarg = (void __user *)vmm->args;
	long ret;

	if (size && copy_to_user(uarg, arg, size))
		return -EFAULT;
	set_fail_nth(vmm->fail_nth);
	ret = file->f_op->unlocked_ioctl(file, cmd, vmm->args);
	vmm->fail_nth = set_fail_nth(0);
	if (size && copy_from_user(arg, uarg, size))
		return -EFAULT;
	return ret;
}

/**
 * fake_vmm_dev - make an ioctl on /dev/mshv
 * @vmm: the VMM
 * @cmd: the ioctl
 * @arg: its argument; copied in and out
 * @size: bytes at @arg
 *
 * Return: what the ioctl returns.
 */
long fake_vmm_dev(struct fake_vmm *vmm, unsigned int cmd, void *arg,
		  size_t size)
{
	return do_ioctl(vmm, vmm->dev, cmd, arg, size);
}

/**
 * fake_vmm_pt - make an ioctl on the partition's fd
 * @vmm: the VMM
 * @cmd: the ioctl
 * @arg: its argument; copied in and out
 * @size: bytes at @arg
 *
 * Return: what the ioctl returns.
 */
long fake_vmm_pt(struct fake_vmm *vmm, unsigned int cmd, void *arg,
		 size_t size)
{
	return do_ioctl(vmm, vmm->pt_file, cmd, arg, size);
}

/**
 * fake_vmm_vp - make an ioctl on a VP's fd
 * @vmm: the VMM
 * @index: the VP
 * @cmd: the ioctl
 * @arg: its argument; copied in and out
 * @size: bytes at @arg
 *
 * Return: what the ioctl returns.
 */
long fake_vmm_vp(struct fake_vmm *vmm, u32 index, unsigned int cmd, void *arg,
		 size_t size)
{
	return do_ioctl(vmm, vmm->vp_file[index], cmd, arg, size);
}

/* The file behind a new fd; the fd itself is of no use here. */
static struct file *file_of(long fd)
{
	struct file *file = fget(fd);

	close_fd(fd);
	return file;
}

/**
 * fake_vmm_create_partition - MSHV_CREATE_PARTITION
 * @vmm: the VMM, without a partition
 * @flags: BIT(MSHV_PT_BIT_*)
 *
 * Return: 0 or an errno.
 */
int fake_vmm_create_partition(struct fake_vmm *vmm, u64 flags)
{
	struct mshv_create_partition args = { .pt_flags = flags };
	long fd = fake_vmm_dev(vmm, MSHV_CREATE_PARTITION, &args, sizeof(args));

	if (fd < 0)
		return fd;
	vmm->pt_file = file_of(fd);
	return 0;
}

/**
 * fake_vmm_create_vp - MSHV_CREATE_VP
 * @vmm: the VMM
 * @index: VP index
 *
 * Return: 0 or an errno.
 */
int fake_vmm_create_vp(struct fake_vmm *vmm, u32 index)
{
	struct mshv_create_vp args = { .vp_index = index };
	long fd = fake_vmm_pt(vmm, MSHV_CREATE_VP, &args, sizeof(args));

	if (fd < 0)
		return fd;
	vmm->vp_file[index] = file_of(fd);
	return 0;
}

/**
 * fake_vmm_map - MSHV_SET_GUEST_MEMORY
 * @vmm: the VMM
 * @gfn: first guest page
 * @first: first page of @vmm->mem
 * @nr: number of pages
 * @flags: BIT(MSHV_SET_MEM_BIT_*)
 *
 * Return: 0 or an errno.
 */
int fake_vmm_map(struct fake_vmm *vmm, u64 gfn, unsigned int first,
		 unsigned int nr, u8 flags)
{
	struct mshv_user_mem_region args = {
		.size = nr * PAGE_SIZE,
		.guest_pfn = gfn,
		.userspace_addr = vmm->mem + first * PAGE_SIZE,
		.flags = flags,
	};

	return fake_vmm_pt(vmm, MSHV_SET_GUEST_MEMORY, &args, sizeof(args));
}

/**
 * fake_vmm_run - MSHV_RUN_VP
 * @vmm: the VMM
 * @index: VP index
 * @msg: out: the message
 *
 * Return: 0 or an errno.
 */
int fake_vmm_run(struct fake_vmm *vmm, u32 index, struct hv_message *msg)
{
	return fake_vmm_vp(vmm, index, MSHV_RUN_VP, msg, sizeof(*msg));
}

static void close_file(struct fake_vmm *vmm, struct file **file)
{
	if (!*file)
		return;
	set_fail_nth(vmm->fail_nth);
	__fput_sync(*file);
	vmm->fail_nth = set_fail_nth(0);
	*file = NULL;
}

/**
 * fake_vmm_close_vp - close the fd of a VP
 * @vmm: the VMM
 * @index: VP index
 */
void fake_vmm_close_vp(struct fake_vmm *vmm, u32 index)
{
	close_file(vmm, &vmm->vp_file[index]);
}

/**
 * fake_vmm_close_partition - close the fd of the partition
 * @vmm: the VMM
 */
void fake_vmm_close_partition(struct fake_vmm *vmm)
{
	close_file(vmm, &vmm->pt_file);
}

/**
 * fake_vmm_start_partition - start a VMM that has a partition, initialized
 * @test: its test
 *
 * Return: the VMM.  The test ends if that fails.
 */
struct fake_vmm *fake_vmm_start_partition(struct kunit *test)
{
	struct fake_vmm *vmm = fake_vmm_start(test);

	KUNIT_ASSERT_EQ(test, fake_vmm_create_partition(vmm, 0), 0);
	KUNIT_ASSERT_EQ(test, fake_vmm_pt(vmm, MSHV_INITIALIZE_PARTITION, NULL,
					  0), 0);
	return vmm;
}

/**
 * fake_vmm_close - close all fds
 * @vmm: the VMM
 */
void fake_vmm_close(struct fake_vmm *vmm)
{
	u32 i;

	for (i = 0; i < MODEL_VPS; i++)
		fake_vmm_close_vp(vmm, i);
	fake_vmm_close_partition(vmm);
}

/**
 * fake_vmm_expect_nothing_left - expect that all is as it was before
 * @vmm: the VMM; its fds are closed
 */
void fake_vmm_expect_nothing_left(struct fake_vmm *vmm)
{
	struct kunit *test = vmm->test;

	fake_model_expect_empty(test, vmm->m);
	KUNIT_EXPECT_TRUE(test, xa_empty(&mshv.partitions));
	KUNIT_EXPECT_EQ(test, atomic_long_read(&mshv.nr_kept_pages), vmm->kept);
	KUNIT_EXPECT_EQ(test, current->mm->locked_vm, 0);
}

/**
 * fake_vmm_finish - close all, and expect that nothing is left
 * @test: the VMM's test
 */
void fake_vmm_finish(struct kunit *test)
{
	fake_vmm_close(the_vmm(test));
	fake_vmm_expect_nothing_left(the_vmm(test));
}

/**
 * fake_vmm_partition - what is behind the partition's fd
 * @vmm: the VMM
 *
 * Return: the partition.
 */
struct mshv_partition *fake_vmm_partition(struct fake_vmm *vmm)
{
	return vmm->pt_file->private_data;
}

/**
 * fake_vmm_the_vp - what is behind a VP's fd
 * @vmm: the VMM
 * @index: VP index
 *
 * Return: the VP.
 */
struct mshv_vp *fake_vmm_the_vp(struct fake_vmm *vmm, u32 index)
{
	return vmm->vp_file[index]->private_data;
}

/**
 * fake_eventfd - create an eventfd
 * @test: the test
 *
 * Return: the fd.
 */
int fake_eventfd(struct kunit *test)
{
	struct pt_regs regs = { .di = 0, .si = EFD_NONBLOCK };
	int fd = sys_call_table[__NR_eventfd2](&regs);

	KUNIT_ASSERT_GE(test, fd, 0);
	return fd;
}

/**
 * fake_eventfd_signal - signal an eventfd as a device's backend does
 * @test: the test
 * @fd: the eventfd
 */
void fake_eventfd_signal(struct kunit *test, int fd)
{
	struct eventfd_ctx *eventfd = eventfd_ctx_fdget(fd);

	KUNIT_ASSERT_FALSE(test, IS_ERR(eventfd));
	eventfd_signal(eventfd);
	eventfd_ctx_put(eventfd);
}

/**
 * fake_eventfd_read - how often was an eventfd signaled?
 * @test: the test
 * @fd: the eventfd
 *
 * Return: the number since it was read last.
 */
u64 fake_eventfd_read(struct kunit *test, int fd)
{
	struct file *file = fget(fd);
	u64 count = 0;

	KUNIT_ASSERT_NOT_NULL(test, file);
	if (kernel_read(file, &count, sizeof(count), NULL) < 0)
		count = 0;
	fput(file);
	return count;
}

/**
 * fake_eventfd_close - close an eventfd, for good when this returns
 * @fd: the eventfd
 */
void fake_eventfd_close(int fd)
{
	__fput_sync(file_of(fd));
}
