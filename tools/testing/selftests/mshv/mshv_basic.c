// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ioctls with good and bad arguments, in short. Runs all checks and says
 * which failed; the exit status is 0 if none did.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guests/layout.h"
#include "lib/guest.h"
#include "lib/regs.h"
#include "lib/vm.h"

#define PAGE MSHV_HV_PAGE_SIZE
#define LAPIC_X2APIC_LARGE_FEATURES 0xf

static int failures;

#define check(condition, ...)						\
	do {								\
		if (!(condition)) {					\
			printf("%s: %s: ", __func__, #condition);	\
			printf(__VA_ARGS__);				\
			putchar('\n');					\
			failures++;					\
		}							\
	} while (0)
#define check_errno(ret, err)						\
	do {								\
		int ret_ = (ret);					\
		check(ret_ == -(err), "%s instead of %s",		\
		      ret_ < 0 ? mshv_errno_name(ret_) : "success",	\
		      mshv_errno_name(err));				\
	} while (0)

static struct mshv_create_partition_v2 v2_args(void)
{
	return (struct mshv_create_partition_v2) {
		.pt_flags = LAPIC_X2APIC_LARGE_FEATURES,
		.pt_num_cpu_fbanks = MSHV_NUM_CPU_FEATURES_BANKS,
	};
}

static void creating_partitions(int dev)
{
	struct mshv_create_partition_v2 args = v2_args();
	int pt = mshv_try_create_partition_v2(dev, &args);

	check(pt >= 0, "%s", mshv_errno_name(pt));
	if (pt >= 0) {
		int vp;

		check(mshv_try_create_vp(pt, 0) < 0,
		      "a VP could be created before the initialization");
		check_errno(mshv_try_initialize(pt), 0);
		check_errno(mshv_try_initialize(pt), 0);	/* some VMMs do */
		vp = mshv_try_create_vp(pt, 0);
		check(vp >= 0, "%s", mshv_errno_name(vp));
		check_errno(mshv_try_create_vp(pt, 0), EEXIST);
		check_errno(mshv_try_create_vp(pt, 0x7fffffff), EINVAL);
		close(vp);
		close(pt);
	}
	args.pt_rsvd[0] = 1;
	check_errno(mshv_try_create_partition_v2(dev, &args), EINVAL);
	args = v2_args();
	args.pt_num_cpu_fbanks = 1;
	check_errno(mshv_try_create_partition_v2(dev, &args), EINVAL);
	args = v2_args();
	args.pt_isolation = 1;
	check_errno(mshv_try_create_partition_v2(dev, &args), EINVAL);
	check_errno(mshv_try_create_partition(dev, 1ull << 63), EINVAL);
}

static void mapping_memory(int dev)
{
	const uint8_t rwx = 3, unmap = 1 << MSHV_SET_MEM_BIT_UNMAP;
	int pt = mshv_create_partition(dev, 0);
	uint8_t *mem = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	mshv_initialize(pt);
	check_errno(mshv_try_set_guest_memory(pt, 0, mem, PAGE + 1, rwx), EINVAL);
	check_errno(mshv_try_set_guest_memory(pt, 0, mem + 1, PAGE, rwx), EINVAL);
	check_errno(mshv_try_set_guest_memory(pt, 0, mem, 0, rwx), EINVAL);
	check_errno(mshv_try_set_guest_memory(pt, 0, mem, PAGE, 0x80), EINVAL);
	check_errno(mshv_try_set_guest_memory(pt, 0, NULL, PAGE, rwx), EINVAL);
	check_errno(mshv_try_set_guest_memory(pt, ~0ull & ~(PAGE - 1ull), mem,
					      2 * PAGE, rwx), EINVAL);
	check_errno(mshv_try_set_guest_memory(pt, 0, mem, 2 * PAGE, rwx), 0);
	check_errno(mshv_try_set_guest_memory(pt, PAGE, mem, 2 * PAGE, rwx), EEXIST);
	/* the same memory at two places is what firmware needs */
	check_errno(mshv_try_set_guest_memory(pt, 8 * PAGE, mem, 2 * PAGE, 0), 0);
	check(mshv_try_set_guest_memory(pt, 0, mem, PAGE, unmap) < 0,
	      "half of a region was unmapped");
	check(mshv_try_set_guest_memory(pt, 4 * PAGE, mem, PAGE, unmap) < 0,
	      "a region that is not there was unmapped");
	check_errno(mshv_try_set_guest_memory(pt, 0, mem, 2 * PAGE, unmap), 0);
	check_errno(mshv_try_set_guest_memory(pt, PAGE, mem, 2 * PAGE, rwx), 0);
	close(pt);
	munmap(mem, 4 * PAGE);
}

static void passing_hypercalls_through(int dev)
{
	uint64_t id = 0, value = 0;
	struct mshv_root_hvcall call = {
		.code = 0x46,		/* GET_PARTITION_ID is not for VMMs */
		.out_sz = sizeof(id),
		.out_ptr = (uintptr_t)&id,
	};
	struct hv_reg bad = { .name = 0x7ffffff0 };
	struct vm vm;

	vm_create(&vm, dev, 1, guest_find("long", 4), 1, 0);
	check(mshv_try_root_hvcall(vm.fd, &call) < 0, "the call was let through");
	check(mshv_try_set_property(dev, HV_PROPERTY_SYNTHETIC_FEATURES, 0) < 0,
	      "the device let a SET through");
	check_errno(mshv_try_get_property(dev, HV_PROPERTY_PROC_FEATURES0, &value), 0);
	check(value != 0, "no processor features");
	check_errno(mshv_try_get_property(vm.fd, HV_PROPERTY_PROC_FEATURES0, &value), 0);

	call = (struct mshv_root_hvcall) {
		.code = HV_SET_VP_REGISTERS,
		.reps = 1,
		.in_sz = 0x2000,
		.in_ptr = (uintptr_t)&bad,
	};
	check_errno(mshv_try_root_hvcall(vm.vps[0].fd, &call), EINVAL);
	check(vp_try_set_regs(vm.vps[0].fd, &bad, 1) < 0, "an unknown register was set");
	check(vp_get_reg(vm.vps[0].fd, HV_REG_RDI) == 0, "RDI is wrong");
	vp_set_regs(vm.vps[0].fd, (struct hv_reg[]){ REG(RDI, 0x123456789abcdef) }, 1);
	check(vp_get_reg(vm.vps[0].fd, HV_REG_RDI) == 0x123456789abcdef, "RDI is wrong");
	vm_destroy(&vm);
}

static int run_in_child(int vp)
{
	pid_t child = fork();
	int status = 0;

	if (!child) {
		struct hv_message msg;
		int ret = mshv_try_run_vp(vp, &msg);

		_exit(ret < 0 ? -ret : 0);
	}
	waitpid(child, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Layout: u16 version, u8 valid, ..., the 16 registers from 8 on, then RIP */
#define REGISTER_PAGE_VALID 2
#define REGISTER_PAGE_RIP 136

static void running_and_looking_at_the_pages(int dev)
{
	struct hv_intercept_header header;
	struct hv_message msg;
	uint8_t *page;
	struct vm vm;
	int fd, err;

	vm_create(&vm, dev, 1, guest_find("long", 4), 1, 0);
	fd = vm.vps[0].fd;
	err = run_in_child(fd);
	check(err > 0 && err != EINTR, "another process could run the VP (%d)", err);
	check_errno(mshv_try_run_vp(fd, NULL), EFAULT);
	/* whether that consumed the message or not, there is one in the end */
	check_errno(mshv_try_run_vp(fd, &msg), 0);
	check(msg.type == HV_MSG_X64_IO_PORT, "type 0x%08x", msg.type);
	memcpy(&header, msg.payload, sizeof(header));
	check(header.rip >= GUEST_LOAD && header.rip < GUEST_STACK, "rip 0x%llx",
	      (unsigned long long)header.rip);

	page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	check(page != MAP_FAILED, "%s", mshv_errno_name(errno));
	if (page != MAP_FAILED) {
		uint64_t rip;

		memcpy(&rip, page + REGISTER_PAGE_RIP, sizeof(rip));
		check(page[REGISTER_PAGE_VALID] == 1, "the register page is not valid");
		check(rip == header.rip, "register page: rip 0x%llx",
		      (unsigned long long)rip);
		munmap(page, PAGE);
	}
	check(mmap(NULL, 2 * PAGE, PROT_READ, MAP_SHARED, fd, 0) == MAP_FAILED,
	      "two pages were mapped");
	check(mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0) == MAP_FAILED,
	      "a private mapping was allowed");
	check(mmap(NULL, PAGE, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 0) == MAP_FAILED,
	      "an executable mapping was allowed");
	check(mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 7 * PAGE) == MAP_FAILED,
	      "page 7 was mapped");
	vm_destroy(&vm);
}

int main(void)
{
	int dev;

	setvbuf(stdout, NULL, _IOLBF, 0);
	alarm(60);
	dev = mshv_open();
	creating_partitions(dev);
	mapping_memory(dev);
	passing_hypercalls_through(dev);
	running_and_looking_at_the_pages(dev);
	close(dev);
	return failures != 0;
}
