// SPDX-License-Identifier: GPL-2.0-only
/*
 * The machine: KVM, RAM, VPs; made in order, taken down in any state
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cpuid.h"
#include "devices.h"
#include "hypercall.h"
#include "l1.h"
#include "msr.h"

#define KVM_API		12
#define TSS_ADDR	0xfffbd000UL	/* Intel: three pages, below the BIOS area */
#define IDENTITY_ADDR	0xfffbc000UL

static inline uint64_t rdtsc(void)
{
	return __builtin_ia32_rdtsc();
}

static int fail(const char *what)
{
	hv_log("%s: %s", what, strerror(errno));
	return -1;
}

static int open_kvm(struct hv *hv)
{
	static const struct {
		int cap;
		const char *name;
	} needed[] = {
		{ KVM_CAP_IRQCHIP, "an in-kernel irqchip" },
		{ KVM_CAP_SIGNAL_MSI, "KVM_SIGNAL_MSI" },
		{ KVM_CAP_IMMEDIATE_EXIT, "immediate_exit" },
		{ KVM_CAP_X86_USER_SPACE_MSR, "KVM_CAP_X86_USER_SPACE_MSR" },
		{ KVM_CAP_X86_MSR_FILTER, "KVM_CAP_X86_MSR_FILTER" },
		{ KVM_CAP_SYNC_REGS, "KVM_CAP_SYNC_REGS" },
		{ KVM_CAP_TSC_DEADLINE_TIMER, "the TSC-deadline timer" },
	};

	hv->kvm_fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (hv->kvm_fd < 0)
		return fail("cannot open /dev/kvm");
	if (ioctl(hv->kvm_fd, KVM_GET_API_VERSION, 0) != KVM_API) {
		hv_log("/dev/kvm has another API version than %d", KVM_API);
		return -1;
	}
	for (size_t i = 0; i < ARRAY_SIZE(needed); i++) {
		if (ioctl(hv->kvm_fd, KVM_CHECK_EXTENSION, needed[i].cap) <= 0) {
			hv_log("/dev/kvm lacks %s", needed[i].name);
			return -1;
		}
	}
	return 0;
}

static int create_vm(struct hv *hv)
{
	uint64_t identity = IDENTITY_ADDR;

	hv->l1_vm_fd = ioctl(hv->kvm_fd, KVM_CREATE_VM, 0);
	if (hv->l1_vm_fd < 0)
		return fail("cannot create a VM");
	if (ioctl(hv->l1_vm_fd, KVM_SET_IDENTITY_MAP_ADDR, &identity) < 0 ||
	    ioctl(hv->l1_vm_fd, KVM_SET_TSS_ADDR, TSS_ADDR) < 0)
		return fail("cannot place the TSS");
	if (ioctl(hv->l1_vm_fd, KVM_CREATE_IRQCHIP, 0) < 0)
		return fail("cannot create the irqchip");
	return msr_init(hv);
}

static int set_slot(struct hv *hv, uint32_t slot, uint64_t gpa, uint64_t off, uint64_t size)
{
	const struct kvm_userspace_memory_region region = {
		.slot = slot,
		.guest_phys_addr = gpa,
		.memory_size = size,
		.userspace_addr = (uintptr_t)hv->ram + off,
	};

	return ioctl(hv->l1_vm_fd, KVM_SET_USER_MEMORY_REGION, &region);
}

/* A memfd, so that a page can be mapped into a child's address space too */
static int create_ram(struct hv *hv)
{
	uint64_t low;

	hv->ram_size = (uint64_t)hv->cfg->memory_mib << 20;
	hv->ram_fd = memfd_create("hvsim-l1", MFD_CLOEXEC);
	if (hv->ram_fd < 0 || ftruncate(hv->ram_fd, hv->ram_size))
		return fail("cannot create the L1's memory");
	hv->ram = mmap(NULL, hv->ram_size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE,
		       hv->ram_fd, 0);
	if (hv->ram == MAP_FAILED) {
		hv->ram = NULL;
		return fail("cannot map the L1's memory");
	}
	madvise(hv->ram, hv->ram_size, MADV_HUGEPAGE);	/* if shmem_enabled allows it */
	low = hv->ram_size < L1_LOW_MAX ? hv->ram_size : L1_LOW_MAX;
	if (set_slot(hv, 0, 0, 0, low) < 0 ||
	    (low < hv->ram_size && set_slot(hv, 1, L1_HIGH_BASE, low, hv->ram_size - low) < 0))
		return fail("cannot give the L1 its memory");
	return 0;
}

/*
 * The guest's TSC is the host's, so that hvsim knows the guest's time. A host without the
 * attribute starts the guest's TSC at 0; then reference time is off by a constant.
 */
static void zero_tsc_offset(struct l1_vp *vp)
{
	uint64_t offset = 0;
	struct kvm_device_attr attr = {
		.group = KVM_VCPU_TSC_CTRL,
		.attr = KVM_VCPU_TSC_OFFSET,
		.addr = (uintptr_t)&offset,
	};

	ioctl(vp->fd, KVM_SET_DEVICE_ATTR, &attr);
}

static int create_vp(struct hv *hv, struct l1_vp *vp, unsigned int index)
{
	int size = ioctl(hv->kvm_fd, KVM_GET_VCPU_MMAP_SIZE, 0);

	vp->hv = hv;
	vp->index = index;
	synic_init(&vp->synic);
	vp->fd = ioctl(hv->l1_vm_fd, KVM_CREATE_VCPU, index);
	if (vp->fd < 0)
		return fail("cannot create a VP");
	vp->run = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, vp->fd, 0);
	if (vp->run == MAP_FAILED) {
		vp->run = NULL;
		return fail("cannot map a VP's run page");
	}
	zero_tsc_offset(vp);
	return cpuid_set_vp(vp);
}

static int create_vps(struct hv *hv)
{
	unsigned int nr = hv->cfg->cpus;
	int khz;

	hv->vps = calloc(nr, sizeof(*hv->vps));
	if (!hv->vps)
		return fail("cannot create VPs");
	for (unsigned int i = 0; i < nr; i++)
		hv->vps[i].fd = -1;
	hv->nr_vps = nr;
	for (unsigned int i = 0; i < nr; i++)
		if (create_vp(hv, &hv->vps[i], i))
			return -1;
	khz = ioctl(hv->vps[0].fd, KVM_GET_TSC_KHZ, 0);
	if (khz <= 0)
		return fail("cannot get the TSC's frequency");
	hv->tsc_hz = khz * 1000ULL;
	hv->ref_start_tsc = rdtsc();
	return 0;
}

/**
 * machine_init - Create the machine, with nothing in its memory
 * @hv: filled in
 * @cfg: configuration
 *
 * Return: 0, or -1 and a message on stderr; call machine_fini() in any case
 */
int machine_init(struct hv *hv, const struct config *cfg)
{
	*hv = (struct hv){ .cfg = cfg, .kvm_fd = -1, .l1_vm_fd = -1, .ram_fd = -1 };
	pthread_mutex_init(&hv->lock, NULL);
	l1_signals();
	if (open_kvm(hv) || cpuid_init(hv) || create_vm(hv) || create_ram(hv) ||
	    create_vps(hv))
		return -1;
	if (devices_init(hv) || hypercall_init(hv))
		return fail("cannot create the devices");
	return 0;
}

static void destroy_vps(struct hv *hv)
{
	int size = hv->kvm_fd < 0 ? 0 : ioctl(hv->kvm_fd, KVM_GET_VCPU_MMAP_SIZE, 0);

	for (unsigned int i = 0; i < hv->nr_vps; i++) {
		struct l1_vp *vp = &hv->vps[i];

		if (vp->run)
			munmap(vp->run, size);
		if (vp->fd >= 0)
			close(vp->fd);
		if (vp->hv)
			synic_fini(&vp->synic);
	}
	free(hv->vps);
}

static void close_fd(int fd)
{
	if (fd >= 0)
		close(fd);
}

/**
 * machine_fini - Take down what machine_init() made
 * @hv: the machine, stopped
 */
void machine_fini(struct hv *hv)
{
	hypercall_fini(hv);
	devices_fini(hv);
	destroy_vps(hv);
	if (hv->ram)
		munmap(hv->ram, hv->ram_size);
	close_fd(hv->ram_fd);
	close_fd(hv->l1_vm_fd);
	cpuid_fini(hv);
	close_fd(hv->kvm_fd);
	pthread_mutex_destroy(&hv->lock);
}
