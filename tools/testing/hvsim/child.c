// SPDX-License-Identifier: GPL-2.0-only
/*
 * KVM objects behind a child partition: VM, address space, vCPUs
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "objects.h"

#define TSS_ADDR	0xfffbd000UL

static int enable_cap(struct partition *pt, uint32_t cap, uint64_t arg)
{
	struct kvm_enable_cap ec = { .cap = cap, .args = { arg } };

	return ioctl(pt->vm_fd, KVM_ENABLE_CAP, &ec);
}

static int add_slot(struct partition *pt, unsigned int slot, uint64_t gpa, uint64_t end)
{
	struct kvm_userspace_memory_region mr = {
		.slot = slot,
		.guest_phys_addr = gpa,
		.memory_size = end - gpa,
		.userspace_addr = (uint64_t)pt->space + gpa,
	};

	return ioctl(pt->vm_fd, KVM_SET_USER_MEMORY_REGION, &mr);
}

/* Address space that has nothing in it yet: each access ends KVM_RUN with EFAULT. */
static int create_space(struct partition *pt)
{
	void *space = mmap(NULL, GPA_SPACE_SIZE, PROT_NONE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (space == MAP_FAILED)
		return -1;
	pt->space = space;
	if (!(pt->flags & HV_CREATE_LAPIC))
		return add_slot(pt, 0, 0, GPA_SPACE_SIZE);
	/* KVM's xAPIC works only where there is no slot. */
	if (add_slot(pt, 0, 0, APIC_PAGE_GPA))
		return -1;
	return add_slot(pt, 1, APIC_PAGE_GPA + PAGE_SIZE, GPA_SPACE_SIZE);
}

static int init_vm(struct partition *pt)
{
	if (pt->flags & HV_CREATE_LAPIC &&
	    (enable_cap(pt, KVM_CAP_SPLIT_IRQCHIP, IOAPIC_PINS) ||
	     enable_cap(pt, KVM_CAP_X2APIC_API, KVM_X2APIC_API_USE_32BIT_IDS |
			KVM_X2APIC_API_DISABLE_BROADCAST_QUIRK)))
		return -1;
	if (enable_cap(pt, KVM_CAP_X86_USER_SPACE_MSR, KVM_MSR_EXIT_REASON_UNKNOWN |
		       KVM_MSR_EXIT_REASON_INVAL | KVM_MSR_EXIT_REASON_FILTER))
		return -1;
	/* OUT to port 0x7e must not advance RIP before its exit. */
	enable_cap(pt, KVM_CAP_DISABLE_QUIRKS2, KVM_X86_QUIRK_OUT_7E_INC_RIP);
	ioctl(pt->vm_fd, KVM_SET_TSS_ADDR, TSS_ADDR);
	return create_space(pt);
}

/*
 * KVM_CREATE_VM gives up when a signal is pending, and the thread of an L1 VP gets
 * kicks and ticks all the time: they have to wait.
 */
static int create_vm(int kvm_fd)
{
	sigset_t all, old;
	int fd, err;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	fd = ioctl(kvm_fd, KVM_CREATE_VM, 0);
	err = errno;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	errno = err;
	return fd;
}

/**
 * child_vm_create - make the VM of a partition
 * @pt: the partition
 *
 * Return: 0, or -1 with nothing left behind
 */
int child_vm_create(struct partition *pt)
{
	pt->vm_fd = create_vm(pt->hv->kvm_fd);
	if (pt->vm_fd < 0 || init_vm(pt)) {
		hv_log("partition %lu: no VM: %s", pt->id, strerror(errno));
		child_vm_destroy(pt);
		return -1;
	}
	child_update_msr_filter(pt);
	return 0;
}

/**
 * child_vm_destroy - undo child_vm_create()
 * @pt: the partition; its VPs are gone. Idempotent
 */
void child_vm_destroy(struct partition *pt)
{
	vcpus_close(pt);
	if (pt->vm_fd >= 0)
		close(pt->vm_fd);
	pt->vm_fd = -1;
	if (pt->space)
		munmap(pt->space, GPA_SPACE_SIZE);
	pt->space = NULL;
}

static int protection(unsigned int flags)
{
	int prot = PROT_READ;

	if (flags & GPA_IDLE)
		return PROT_NONE;
	if (flags & GPA_WRITE && !(flags & GPA_CLEAN))
		prot |= PROT_WRITE;
	return prot;
}

/**
 * child_space_map - make pages of the L1 accessible to a child
 * @pt: the partition
 * @gfn: first guest page
 * @nr_pages: number of pages, contiguous in the L1's RAM
 * @ram_offset: where in the L1's RAM
 * @flags: GPA_*; KVM can't refuse execution
 *
 * Return: false if the host failed
 */
bool child_space_map(struct partition *pt, uint64_t gfn, uint64_t nr_pages, uint64_t ram_offset,
		     unsigned int flags)
{
	if (flags & GPA_NO_ACCESS)
		return child_space_unmap(pt, gfn, nr_pages);
	if (mmap(pt->space + (gfn << PAGE_SHIFT), nr_pages << PAGE_SHIFT, protection(flags),
		 MAP_SHARED | MAP_FIXED, pt->hv->ram_fd, ram_offset) != MAP_FAILED)
		return true;
	hv_log("partition %lu: cannot map gfn 0x%lx: %s%s", pt->id, gfn, strerror(errno),
	       errno == ENOMEM ? " (raise vm.max_map_count)" : "");
	return false;
}

/**
 * child_space_protect - the flags of pages that are mapped have changed
 * @pt: the partition
 * @gfn: first guest page
 * @nr_pages: number of pages, all mapped
 * @flags: GPA_* that they have now, without GPA_NO_ACCESS
 *
 * Return: false if the host failed
 */
bool child_space_protect(struct partition *pt, uint64_t gfn, uint64_t nr_pages,
			 unsigned int flags)
{
	if (!mprotect(pt->space + (gfn << PAGE_SHIFT), nr_pages << PAGE_SHIFT, protection(flags)))
		return true;
	hv_log("partition %lu: cannot protect gfn 0x%lx: %s%s", pt->id, gfn, strerror(errno),
	       errno == ENOMEM ? " (raise vm.max_map_count)" : "");
	return false;
}

/**
 * child_space_unmap - make pages inaccessible to a child, from now on
 * @pt: the partition
 * @gfn: first guest page
 * @nr_pages: number of pages; what is not mapped stays so
 *
 * Return: false if the host failed
 */
bool child_space_unmap(struct partition *pt, uint64_t gfn, uint64_t nr_pages)
{
	if (!nr_pages)
		return true;
	if (mmap(pt->space + (gfn << PAGE_SHIFT), nr_pages << PAGE_SHIFT, PROT_NONE,
		 MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0) != MAP_FAILED)
		return true;
	hv_log("partition %lu: cannot unmap gfn 0x%lx: %s", pt->id, gfn, strerror(errno));
	return false;
}

static int map_run(struct vp *vp)
{
	int size = ioctl(vp->pt->hv->kvm_fd, KVM_GET_VCPU_MMAP_SIZE, 0);
	void *run;

	if (size < 0)
		return -1;
	run = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, vp->fd, 0);
	if (run == MAP_FAILED)
		return -1;
	vp->run = run;
	vp->run->kvm_valid_regs = KVM_SYNC_X86_REGS | KVM_SYNC_X86_SREGS;
	if (ioctl(vp->fd, KVM_GET_REGS, &vp->run->s.regs.regs) ||
	    ioctl(vp->fd, KVM_GET_SREGS, &vp->run->s.regs.sregs))
		return -1;
	return 0;
}

/* An instruction that KVM has still to complete must not reach into the next VP. */
static void unmap_run(struct vp *vp)
{
	if (!vp->run)
		return;
	vp_complete(vp);
	munmap(vp->run, ioctl(vp->pt->hv->kvm_fd, KVM_GET_VCPU_MMAP_SIZE, 0));
	vp->run = NULL;
}

static void free_vp(struct vp *vp)
{
	unmap_run(vp);
	free(vp);
}

static struct vp *alloc_vp(struct partition *pt, uint32_t index)
{
	struct vp *vp = calloc(1, sizeof(*vp));

	if (!vp)
		return NULL;
	vp->pt = pt;
	vp->index = index;
	vp->explicit_suspend = true;
	vp->home = &pt->hv->vps[index % pt->hv->nr_vps];
	vp->wake_ns = UINT64_MAX;
	vp->fd = vcpu_open(pt, index);
	if (vp->fd < 0 || map_run(vp)) {
		hv_log("partition %lu: no VP %u: %s", pt->id, index, strerror(errno));
		free_vp(vp);
		return NULL;
	}
	return vp;
}

/**
 * vp_create - make a VP, in the reset state and explicitly suspended
 * @pt: its partition
 * @index: a free index
 * @out: set to the VP
 *
 * Return: an HV_STATUS
 */
uint16_t vp_create(struct partition *pt, uint32_t index, struct vp **out)
{
	unsigned int cost = pt->hv->cfg->demand[DEMAND_VP];
	struct vp *vp;

	if (!pool_take(&pt->pool, cost))
		return HV_STATUS_INSUFFICIENT_MEMORY;
	vp = alloc_vp(pt, index);
	if (!vp || (!pt->hv->objs->integrated && core_vp_start(vp))) {
		if (vp)
			free_vp(vp);
		pool_give(&pt->pool, cost);
		return HV_STATUS_OPERATION_FAILED;
	}
	pt->vps[index] = vp;
	pt->nr_vps++;
	*out = vp;
	return HV_STATUS_SUCCESS;
}

/**
 * vp_destroy - delete a VP, once no thread runs it any more
 * @vp: the VP
 *
 * May drop and retake the lock.
 */
void vp_destroy(struct vp *vp)
{
	struct partition *pt = vp->pt;

	vp->dying = true;
	vp_hold(vp);
	while (vp->dispatched || vp->hold > 1)
		vp_wait(pt->hv);
	core_vp_stop(vp);
	for (unsigned int i = 0; i < HV_NR_STATE_PAGES; i++)
		overlay_unmap(pt->hv, &vp->state_page[i]);
	for (unsigned int i = 0; i < HV_NR_STATS_AREAS; i++)
		overlay_unmap(pt->hv, &vp->stats[i]);
	pt->vps[vp->index] = NULL;
	pt->nr_vps--;
	pool_give(&pt->pool, pt->hv->cfg->demand[DEMAND_VP]);
	free_vp(vp);
}
