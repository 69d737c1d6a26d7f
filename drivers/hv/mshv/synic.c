// SPDX-License-Identifier: GPL-2.0-only
/*
 * The synthetic interrupt controller: set-up on each CPU, and the interrupt.
 */
#define pr_fmt(fmt) "mshv: " fmt

#include <linux/cpuhotplug.h>
#include <linux/hyperv.h>
#include <linux/percpu.h>
#include <linux/rcupdate.h>

#include "arch.h"
#include "mshv.h"
#include "port.h"
#include "synic.h"

/**
 * DOC: SynIC
 *
 * With VMBus, the message page, the event flags page and the controller itself
 * belong to VMBus: they are used where they are and never changed, for the
 * hypervisor refuses to have them set up again.  Without VMBus they are set up
 * here.  SINT0 (messages), SINT5 (doorbells) and the event ring page are this
 * driver's in either case.
 */

#define SINT_AS_INTERCEPT	BIT_ULL(19)

/* This driver enabled the controller of that CPU and is to disable it. */
static DEFINE_PER_CPU(bool, owns_control);
static int synic_cpuhp_state;

/**
 * mshv_synic_receive - act on the message in a slot, and acknowledge it
 * @slot: the slot; may be empty
 *
 * Whatever the message is, the slot is free afterwards: a slot that stays full
 * stops all messages behind it, for every partition.
 */
void mshv_synic_receive(struct hv_message *slot)
{
	if (READ_ONCE(slot->header.message_type) == HVMSG_NONE)
		return;

	/* The hypervisor writes the type last and leaves a full slot alone. */
	virt_rmb();
	mshv_msg_handle(slot);

	WRITE_ONCE(slot->header.message_type, HVMSG_NONE);
	/*
	 * Free the slot before looking whether another message waits for it:
	 * the hypervisor sets the flag before it looks at the slot again.
	 */
	virt_mb();
	if (READ_ONCE(slot->header.message_flags.asu8) & 1)
		mshv_synic_set(HV_MSR_EOM, 0);
}

static void receive_on_this_cpu(void)
{
	struct hv_message *slot =
		mshv_synic_slot(HV_SYNIC_INTERCEPTION_SINT_INDEX);

	if (slot)
		mshv_synic_receive(slot);
}

static void sint_up(unsigned int sint, u64 flags)
{
	if (hv_recommend_using_aeoi())
		flags |= HV_SYNIC_SINT_AUTO_EOI;
	mshv_synic_set(HV_MSR_SINT0 + sint, mshv_arch_sint_vector() | flags);
}

static void sint_down(unsigned int sint)
{
	mshv_synic_set(HV_MSR_SINT0 + sint,
		       mshv_synic_get(HV_MSR_SINT0 + sint) |
		       HV_SYNIC_SINT_MASKED);
}

static void control_up(void)
{
	u64 value = mshv_synic_get(HV_MSR_SCONTROL);

	if (value & HV_SYNIC_CONTROL_ENABLE)
		return;
	__this_cpu_write(owns_control, true);
	mshv_synic_set(HV_MSR_SCONTROL, value | HV_SYNIC_CONTROL_ENABLE);
}

static void control_down(void)
{
	if (!__this_cpu_read(owns_control))
		return;
	__this_cpu_write(owns_control, false);
	mshv_synic_set(HV_MSR_SCONTROL, mshv_synic_get(HV_MSR_SCONTROL) &
					~HV_SYNIC_CONTROL_ENABLE);
}

static int synic_up(unsigned int cpu)
{
	int err = mshv_synic_pages_up(!hv_vmbus_exists());

	if (err) {
		pr_err("no SynIC pages on CPU %u: %pe\n", cpu, ERR_PTR(err));
		return err;
	}

	sint_up(HV_SYNIC_INTERCEPTION_SINT_INDEX, 0);
	sint_up(HV_SYNIC_DOORBELL_SINT_INDEX, SINT_AS_INTERCEPT);
	control_up();

	/* A message left from before would never be followed by an interrupt. */
	scoped_guard(irq) {
		receive_on_this_cpu();
		mshv_port_drain();
	}
	return 0;
}

static int synic_down(unsigned int cpu)
{
	sint_down(HV_SYNIC_DOORBELL_SINT_INDEX);
	sint_down(HV_SYNIC_INTERCEPTION_SINT_INDEX);
	scoped_guard(irq) {
		receive_on_this_cpu();
		mshv_port_drain();
	}
	control_down();
	mshv_synic_pages_down();
	return 0;
}

/**
 * mshv_synic_init - receive messages on all CPUs, now and as they come online
 *
 * Return: 0 or an errno.
 */
int mshv_synic_init(void)
{
	int ret;

	/* Before any SINT is unmasked: a message needs somebody to free it. */
	hv_setup_mshv_handler(receive_on_this_cpu);

	ret = cpuhp_setup_state(CPUHP_AP_ONLINE_DYN, "hyperv/mshv:online",
				synic_up, synic_down);
	if (ret < 0) {
		hv_setup_mshv_handler(NULL);
		synchronize_rcu();
		return ret;
	}
	synic_cpuhp_state = ret;
	return 0;
}

/**
 * mshv_synic_fini - undo mshv_synic_init()
 *
 * No partition may be left.
 */
void mshv_synic_fini(void)
{
	cpuhp_remove_state(synic_cpuhp_state);
	hv_setup_mshv_handler(NULL);
	/* Handlers under way on other CPUs are read-side sections. */
	synchronize_rcu();
}
