// SPDX-License-Identifier: GPL-2.0-only
/*
 * --hold: keep KVM and its tracepoint in use, so that the host's kernel need not patch
 * its own code when a simulation starts and ends
 *
 * The kernel switches rarely used code in and out by patching: with the first VP that has
 * no APIC, with the first whose APIC is not enabled, with the first user of a
 * tracepoint, and back with the last. Where the host's CPUs are emulated, patching
 * what another CPU executes has crashed hosts and guests. hvsim-run's helper
 * therefore holds all of that from before its second CPU comes up.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "objects.h"
#include "probe.h"

/* A VM with one vCPU, which is never run; nothing is ever closed */
static int hold_vcpu(int kvm_fd, bool apic)
{
	int vm_fd = ioctl(kvm_fd, KVM_CREATE_VM, 0);

	if (vm_fd < 0 || (apic && ioctl(vm_fd, KVM_CREATE_IRQCHIP, 0)))
		return -1;
	return ioctl(vm_fd, KVM_CREATE_VCPU, 0);
}

/**
 * hold - Take hold of everything, say so on stdout, and wait to be killed
 *
 * Return: exit status 1 and the reason on stderr
 */
int hold(void)
{
	int kvm_fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);

	if (kvm_fd < 0 || hold_vcpu(kvm_fd, true) < 0 || hold_vcpu(kvm_fd, false) < 0) {
		hv_log("/dev/kvm can't be held: %s", strerror(errno));
		return 1;
	}
	if (!fault_tap_open())
		return 1;
	puts("held");
	fflush(stdout);
	for (;;)
		pause();
}
