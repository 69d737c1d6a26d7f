// SPDX-License-Identifier: GPL-2.0-only
/*
 * vCPUs of deleted VPs, on a real /dev/kvm
 */
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../objects.h"
#include "harness.h"

#define MEMORY_SIZE	0x4000UL
#define CODE		0x1000
#define PORT		0x55
#define MSR_SYSENTER_CS	0x174

/* Changes registers of all kinds, then waits for the answer of a port */
static const uint8_t code[] = {
	0x66, 0xb9, 0x74, 0x01, 0x00, 0x00,	/* mov $0x174,%ecx */
	0x66, 0xb8, 0x99, 0x00, 0x00, 0x00,	/* mov $0x99,%eax */
	0x66, 0x31, 0xd2,			/* xor %edx,%edx */
	0x0f, 0x30,				/* wrmsr */
	0x0f, 0x23, 0xc0,			/* mov %eax,%db0 */
	0x66, 0xbb, 0x78, 0x56, 0x34, 0x12,	/* mov $0x12345678,%ebx */
	0xdb, 0xe3, 0xd9, 0xe8,			/* fninit; fld1 */
	0xe4, PORT,				/* in $0x55,%al */
	0xf4,					/* hlt */
};

static struct {
	struct hv hv;
	struct partition pt;
	uint8_t *memory;
	int fd;
	struct kvm_run *run;
} m;

static bool start_vm(void)
{
	struct kvm_userspace_memory_region region = { .memory_size = MEMORY_SIZE };

	m.pt.vm_fd = ioctl(m.hv.kvm_fd, KVM_CREATE_VM, 0);
	m.memory = mmap(NULL, MEMORY_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			-1, 0);
	region.userspace_addr = (uint64_t)m.memory;
	if (m.pt.vm_fd < 0 || m.memory == MAP_FAILED ||
	    ioctl(m.pt.vm_fd, KVM_SET_USER_MEMORY_REGION, &region))
		return false;
	memcpy(m.memory + CODE, code, sizeof(code));
	return true;
}

static bool setup(void)
{
	memset(&m, 0, sizeof(m));
	m.pt.hv = &m.hv;
	m.hv.kvm_fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	return m.hv.kvm_fd >= 0 && start_vm();
}

static void teardown(void)
{
	vcpus_close(&m.pt);
	close(m.pt.vm_fd);
	close(m.hv.kvm_fd);
}

/* Runs the code up to the port; false if this KVM can't */
static bool run(void)
{
	size_t size = ioctl(m.hv.kvm_fd, KVM_GET_VCPU_MMAP_SIZE, 0);
	struct kvm_sregs sregs;
	struct kvm_regs regs = { .rip = CODE, .rflags = 2 };

	m.run = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, m.fd, 0);
	ioctl(m.fd, KVM_GET_SREGS, &sregs);
	sregs.cs.base = 0;
	sregs.cs.selector = 0;
	ioctl(m.fd, KVM_SET_SREGS, &sregs);
	ioctl(m.fd, KVM_SET_REGS, &regs);
	return !ioctl(m.fd, KVM_RUN, 0) && m.run->exit_reason == KVM_EXIT_IO &&
	       m.run->io.port == PORT;
}

/* As a VP is deleted: KVM completes what is pending */
static void stop(void)
{
	m.run->immediate_exit = 1;
	ioctl(m.fd, KVM_RUN, 0);
	m.run->immediate_exit = 0;
	munmap(m.run, ioctl(m.hv.kvm_fd, KVM_GET_VCPU_MMAP_SIZE, 0));
}

static uint64_t sysenter_cs(void)
{
	struct {
		struct kvm_msrs head;
		struct kvm_msr_entry entry;
	} msr = { .head.nmsrs = 1, .entry.index = MSR_SYSENTER_CS };

	ioctl(m.fd, KVM_GET_MSRS, &msr);
	return msr.entry.data;
}

TEST(a_vp_of_the_same_index_starts_in_the_reset_state)
{
	struct kvm_debugregs debug;
	struct kvm_regs before, after;
	struct kvm_sregs sregs;
	struct kvm_fpu fpu;

	if (!setup())
		SKIP("no /dev/kvm");
	m.fd = vcpu_open(&m.pt, 3);
	CHECK(m.fd >= 0);
	ioctl(m.fd, KVM_GET_REGS, &before);
	if (!run())
		SKIP("this /dev/kvm runs no guest");
	CHECK(sysenter_cs() == 0x99);
	stop();

	CHECK(vcpu_open(&m.pt, 3) == m.fd);
	ioctl(m.fd, KVM_GET_REGS, &after);
	CHECK(!memcmp(&before, &after, sizeof(before)));
	CHECK(sysenter_cs() == 0);
	ioctl(m.fd, KVM_GET_SREGS, &sregs);
	CHECK(sregs.cs.base == 0xffff0000 && sregs.cs.selector == 0xf000);
	ioctl(m.fd, KVM_GET_DEBUGREGS, &debug);
	CHECK(!debug.db[0]);
	ioctl(m.fd, KVM_GET_FPU, &fpu);
	CHECK(!fpu.ftwx);

	/* Nothing of the old one's port access is left. */
	CHECK(run());
	ioctl(m.fd, KVM_GET_REGS, &after);
	CHECK(after.rbx == 0x12345678 && sysenter_cs() == 0x99);
	stop();
	teardown();
}

TEST(registers_that_the_parent_has_set_are_reset_too)
{
	struct kvm_fpu fpu = { .fcw = 0x27f, .ftwx = 0x80, .mxcsr = 0x1f80 };
	struct kvm_regs regs = { .rip = CODE, .rflags = 2, .rax = 77 };

	if (!setup())
		SKIP("no /dev/kvm");
	m.fd = vcpu_open(&m.pt, 0);
	CHECK(!ioctl(m.fd, KVM_SET_FPU, &fpu) && !ioctl(m.fd, KVM_SET_REGS, &regs));
	CHECK(vcpu_open(&m.pt, 0) == m.fd);
	ioctl(m.fd, KVM_GET_FPU, &fpu);
	ioctl(m.fd, KVM_GET_REGS, &regs);
	CHECK(!fpu.ftwx && fpu.fcw != 0x27f && regs.rip == 0xfff0 && !regs.rax);
	teardown();
}

TEST(vps_of_other_indexes_get_vcpus_of_their_own)
{
	int first, second;

	if (!setup())
		SKIP("no /dev/kvm");
	first = vcpu_open(&m.pt, 0);
	second = vcpu_open(&m.pt, 255);
	CHECK(first >= 0 && second >= 0 && first != second);
	CHECK(vcpu_open(&m.pt, 0) == first);
	teardown();
	CHECK(!m.pt.vcpus[0] && !m.pt.vcpus[255]);
}
