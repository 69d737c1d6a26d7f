// SPDX-License-Identifier: GPL-2.0-only
/* The ioctls of /dev/mshv. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dev.h"

/*
 * If not 0, fail() exits with this, whatever its caller wants: the kernel's test
 * harness takes 2 to 4 for kinds of success.
 */
int fail_status;

#define MAX_FDS 4096

static uint32_t vp_indexes[MAX_FDS];

/**
 * fail() - End the program with a message
 * @status: the exit code
 * @fmt: what went wrong, without newline
 *
 * Reachable from any thread; the kernel closes the fds.
 */
void fail(int status, const char *fmt, ...)
{
	va_list ap;

	fflush(stdout);
	va_start(ap, fmt);
	flockfile(stderr);
	fprintf(stderr, "%s: ", program_invocation_short_name);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	funlockfile(stderr);
	va_end(ap);
	fflush(stderr);
	_Exit(fail_status ? fail_status : status);
}

/**
 * mshv_errno_name() - The symbolic name of an error
 * @err: an errno value, positive or negative
 *
 * Return: "ENOMEM" and so on, never NULL.
 */
const char *mshv_errno_name(int err)
{
	const char *name = strerrorname_np(err < 0 ? -err : err);

	return name ? name : "unknown error";
}

/**
 * mshv_try_ioctl() - Any ioctl, with any argument
 * @fd: any file
 * @cmd: MSHV_*
 * @arg: what the kernel is to take as the argument
 *
 * Return: what the ioctl returned, or -errno.
 */
int mshv_try_ioctl(int fd, unsigned long cmd, const void *arg)
{
	int ret = ioctl(fd, cmd, arg);

	return ret < 0 ? -errno : ret;
}

static int must(int ret, const char *what)
{
	if (ret < 0)
		fail(EXIT_ERROR, "%s failed: %s (%s)", what, strerror(-ret),
		     mshv_errno_name(ret));
	return ret;
}

/* The partition id stays 0 in all input: the driver fills it in. */
static int simple_hvcall(int fd, uint16_t code, void *in, uint16_t in_sz,
			 void *out, uint16_t out_sz, const char *name)
{
	struct mshv_root_hvcall call = {
		.code = code,
		.in_sz = in_sz,
		.out_sz = out_sz,
		.in_ptr = (uintptr_t)in,
		.out_ptr = (uintptr_t)out,
	};
	int ret = mshv_try_root_hvcall(fd, &call);

	if (ret < 0 && call.status)
		fprintf(stderr, "%s: %s: hypervisor status 0x%04x\n",
			program_invocation_short_name, name, call.status);
	return ret;
}

/** mshv_try_open() - Open the device; return the fd or -errno */
int mshv_try_open(void)
{
	int fd = open(MSHV_DEVICE, O_RDWR | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/** mshv_open() - Open the device or end the program */
int mshv_open(void)
{
	int fd = mshv_try_open();

	if (fd == -ENOENT)
		fail(EXIT_ERROR, MSHV_DEVICE " does not exist: is the mshv_root module loaded?");
	return must(fd, "opening " MSHV_DEVICE);
}

/**
 * mshv_try_create_partition() - MSHV_CREATE_PARTITION, first version
 * @dev: the device
 * @flags: 1 << MSHV_PT_BIT_*
 *
 * Return: the partition's fd or -errno.
 */
int mshv_try_create_partition(int dev, uint64_t flags)
{
	struct mshv_create_partition args = { .pt_flags = flags };

	return mshv_try_ioctl(dev, MSHV_CREATE_PARTITION, &args);
}

/**
 * mshv_try_create_partition_v2() - MSHV_CREATE_PARTITION with processor features
 * @dev: the device
 * @args: flags must have MSHV_PT_BIT_CPU_AND_XSAVE_FEATURES
 *
 * The command number is that of the first version, as VMMs use it.
 *
 * Return: the partition's fd or -errno.
 */
int mshv_try_create_partition_v2(int dev, struct mshv_create_partition_v2 *args)
{
	return mshv_try_ioctl(dev, MSHV_CREATE_PARTITION, args);
}

/** mshv_create_partition() - Create a partition or end the program */
int mshv_create_partition(int dev, uint64_t flags)
{
	return must(mshv_try_create_partition(dev, flags), "MSHV_CREATE_PARTITION");
}

/** mshv_try_initialize() - MSHV_INITIALIZE_PARTITION; return 0 or -errno */
int mshv_try_initialize(int pt)
{
	return mshv_try_ioctl(pt, MSHV_INITIALIZE_PARTITION, NULL);
}

/** mshv_initialize() - Initialize a partition or end the program */
void mshv_initialize(int pt)
{
	must(mshv_try_initialize(pt), "MSHV_INITIALIZE_PARTITION");
}

/** mshv_try_create_vp() - MSHV_CREATE_VP; return the VP's fd or -errno */
int mshv_try_create_vp(int pt, uint32_t index)
{
	struct mshv_create_vp args = { .vp_index = index };
	int vp = mshv_try_ioctl(pt, MSHV_CREATE_VP, &args);

	if (vp >= 0 && vp < MAX_FDS)
		vp_indexes[vp] = index;
	return vp;
}

/**
 * mshv_vp_index() - The index that a VP was created with
 * @vp: the VP's fd, as mshv_try_create_vp() has returned it
 *
 * For MSHV_ROOT_HVCALL on the VP: this driver knows which VP is meant, but the first one in
 * the kernel takes what the input says.
 */
uint32_t mshv_vp_index(int vp)
{
	return vp >= 0 && vp < MAX_FDS ? vp_indexes[vp] : 0;
}

/** mshv_create_vp() - Create a VP or end the program */
int mshv_create_vp(int pt, uint32_t index)
{
	return must(mshv_try_create_vp(pt, index), "MSHV_CREATE_VP");
}

/**
 * mshv_try_set_guest_memory() - MSHV_SET_GUEST_MEMORY
 * @pt: the partition
 * @gpa: guest physical address, page aligned
 * @addr: our memory, page aligned
 * @size: in bytes, page aligned
 * @flags: 1 << MSHV_SET_MEM_BIT_*
 *
 * Return: 0 or -errno.
 */
int mshv_try_set_guest_memory(int pt, uint64_t gpa, void *addr, uint64_t size,
			      uint8_t flags)
{
	struct mshv_user_mem_region region = {
		.size = size,
		.guest_pfn = gpa / MSHV_HV_PAGE_SIZE,
		.userspace_addr = (uintptr_t)addr,
		.flags = flags,
	};

	return mshv_try_ioctl(pt, MSHV_SET_GUEST_MEMORY, &region);
}

/** mshv_set_guest_memory() - Map guest memory or end the program */
void mshv_set_guest_memory(int pt, uint64_t gpa, void *addr, uint64_t size,
			   uint8_t flags)
{
	must(mshv_try_set_guest_memory(pt, gpa, addr, size, flags),
	     "MSHV_SET_GUEST_MEMORY");
}

/**
 * mshv_try_root_hvcall() - MSHV_ROOT_HVCALL
 * @fd: the device, a partition or a VP
 * @call: in and out
 *
 * Return: 0 or -errno.
 */
int mshv_try_root_hvcall(int fd, struct mshv_root_hvcall *call)
{
	return mshv_try_ioctl(fd, MSHV_ROOT_HVCALL, call);
}

/**
 * mshv_try_run_vp() - MSHV_RUN_VP
 * @vp: the VP
 * @msg: filled with the intercept message
 *
 * Return: 0 if there is a message, or -errno; -EINTR after a signal.
 */
int mshv_try_run_vp(int vp, struct hv_message *msg)
{
	_Static_assert(sizeof(*msg) == sizeof(struct mshv_run_vp), "message size");

	return mshv_try_ioctl(vp, MSHV_RUN_VP, msg);
}

/** mshv_try_get_property() - Read a property; return 0 or -errno */
int mshv_try_get_property(int fd, uint32_t code, uint64_t *value)
{
	struct hv_partition_property in = { .code = code };

	return simple_hvcall(fd, HV_GET_PARTITION_PROPERTY, &in,
			     offsetof(struct hv_partition_property, value),
			     value, sizeof(*value), "GET_PARTITION_PROPERTY");
}

/** mshv_try_set_property() - Write a property; return 0 or -errno */
int mshv_try_set_property(int fd, uint32_t code, uint64_t value)
{
	struct hv_partition_property in = { .code = code, .value = value };

	return simple_hvcall(fd, HV_SET_PARTITION_PROPERTY, &in, sizeof(in),
			     NULL, 0, "SET_PARTITION_PROPERTY");
}

/**
 * mshv_try_install_intercept() - Ask for an intercept
 * @pt: the partition, initialized
 * @type: HV_INTERCEPT_*
 * @access_mask: HV_ACCESS_MASK_*
 * @parameter: depends on @type, a CPUID leaf for example
 *
 * Return: 0 or -errno.
 */
int mshv_try_install_intercept(int pt, uint32_t type, uint32_t access_mask,
			       uint64_t parameter)
{
	struct hv_install_intercept in = {
		.access_mask = access_mask,
		.type = type,
		.parameter = parameter,
	};

	return simple_hvcall(pt, HV_INSTALL_INTERCEPT, &in, sizeof(in), NULL, 0,
			     "INSTALL_INTERCEPT");
}

/** mshv_install_intercept() - Ask for an intercept or end the program */
void mshv_install_intercept(int pt, uint32_t type, uint32_t access_mask,
			    uint64_t parameter)
{
	must(mshv_try_install_intercept(pt, type, access_mask, parameter),
	     "INSTALL_INTERCEPT");
}

static int assert_interrupt(int pt, uint64_t control, uint32_t apic_id, uint32_t vector)
{
	struct hv_assert_interrupt in = {
		.control = control,
		.destination = apic_id,
		.vector = vector,
	};

	return simple_hvcall(pt, HV_ASSERT_VIRTUAL_INTERRUPT, &in, sizeof(in),
			     NULL, 0, "ASSERT_VIRTUAL_INTERRUPT");
}

/**
 * mshv_try_assert_interrupt() - Send a fixed, edge-triggered interrupt
 * @pt: the partition, created with a LAPIC
 * @apic_id: physical destination
 * @vector: at least 16
 *
 * Return: 0 or -errno.
 */
int mshv_try_assert_interrupt(int pt, uint32_t apic_id, uint32_t vector)
{
	return assert_interrupt(pt, 0, apic_id, vector);
}

/** mshv_try_assert_level() - The same, level-triggered */
int mshv_try_assert_level(int pt, uint32_t apic_id, uint32_t vector)
{
	return assert_interrupt(pt, HV_INTERRUPT_LEVEL, apic_id, vector);
}
