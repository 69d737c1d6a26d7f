// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interrupts that the L1's VPs send each other, by hypercall
 *
 * The hypervisor recommends this call, so that it knows of the interrupt when the VP
 * that gets it is busy with a child: it has to leave the child.
 */
#include <linux/kvm.h>
#include <sys/ioctl.h>

#include "abi.h"
#include "hypercall.h"

#define MSI_ADDRESS	0xfee00000U
#define MIN_VECTOR	16
#define MAX_VECTOR	255

struct send_ipi {
	uint32_t vector;
	uint8_t vtl;
	uint8_t reserved[3];
	uint64_t mask;
};

static void send(struct hv *hv, unsigned int index, uint32_t vector)
{
	struct kvm_msi msi = { .address_lo = MSI_ADDRESS | index << 12, .data = vector };

	if (index >= hv->nr_vps)
		return;
	ioctl(hv->l1_vm_fd, KVM_SIGNAL_MSI, &msi);
	dispatch_interrupt(&hv->vps[index]);
}

/**
 * ipi_send - HVCALL_SEND_SYNTHETIC_CLUSTER_IPI
 * @hv: the machine
 * @vp: the caller
 * @call: vector, and a mask of the first 64 VPs; what is not there is ignored
 *
 * Return: an HV_STATUS
 */
uint16_t ipi_send(struct hv *hv, struct l1_vp *vp, struct hvcall *call)
{
	const struct send_ipi *in = call->in;

	(void)vp;
	if (in->vector < MIN_VECTOR || in->vector > MAX_VECTOR || in->vtl)
		return HV_STATUS_INVALID_PARAMETER;
	for (uint64_t left = in->mask; left; left &= left - 1)
		send(hv, __builtin_ctzll(left), in->vector);
	return HV_STATUS_SUCCESS;
}
