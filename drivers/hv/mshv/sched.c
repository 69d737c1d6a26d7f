// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who schedules the virtual processors, and how this driver finds out.
 */
#define pr_fmt(fmt) "mshv: " fmt

#include <linux/err.h>
#include <linux/printk.h>
#include <linux/seq_buf.h>

#include "mshv.h"
#include "sched.h"

/**
 * DOC: The choice of the scheduler
 *
 * As root, the system property "scheduler type" says it.  In an L1VH the
 * hypervisor's answer to that means nothing; there the VMM capability
 * vmm_enable_integrated_scheduler and, if it is set, the partition property of
 * the same name decide.  With the integrated scheduler this kernel runs the
 * VPs of its children itself, by the rules of the root scheduler, and its own
 * priorities, cpusets and limits apply to them.
 */

static const char * const cap_names[] = {
	[0] = "map_gpa_preserve_adjustable",
	[1] = "vmm_can_provide_overlay_gpfn",
	[2] = "vp_affinity_property",
	[3] = "vmm_can_provide_gic_overlay_locations",
	[4] = "assignable_synthetic_proc_features",
	[6] = "vmm_enable_integrated_scheduler",
};

/**
 * mshv_partition_type - what kind of partition has these privileges
 * @priv_high: the upper half of the privilege mask, CPUID 0x40000003 EBX
 *
 * Return: the type.  An isolated partition counts as a guest.
 */
enum hv_partition_type mshv_partition_type(u32 priv_high)
{
	if (!(priv_high & HV_CREATE_PARTITIONS) || priv_high & HV_ISOLATION)
		return HV_PARTITION_TYPE_GUEST;
	return priv_high & HV_CPU_MANAGEMENT ? HV_PARTITION_TYPE_ROOT :
					       HV_PARTITION_TYPE_L1VH;
}

/**
 * mshv_caps_bank0 - the first bank of the VMM capabilities
 * @caps: the property as the hypervisor wrote it
 *
 * Return: the bank, 0 if there is none.
 */
u64 mshv_caps_bank0(const struct hv_partition_property_vmm_capabilities *caps)
{
	return caps->bank_count ? caps->as_uint64[0] : 0;
}

/**
 * mshv_sched_needs_value - is there another value to read for the decision?
 * @facts: the type and the capabilities, or why they can't be read
 *
 * Return: whether mshv_sched_decide() will look at @facts->value.
 */
bool mshv_sched_needs_value(const struct mshv_sched_facts *facts)
{
	switch (facts->type) {
	case HV_PARTITION_TYPE_ROOT:
		return true;
	case HV_PARTITION_TYPE_L1VH:
		return !facts->caps_error &&
		       facts->caps & MSHV_CAP_INTEGRATED_SCHEDULER;
	default:
		return false;
	}
}

/**
 * mshv_sched_decide - choose how to run virtual processors
 * @facts: what was read
 * @root_logic: out: true to dispatch them from here, false to let the
 *	hypervisor schedule them
 *
 * Depends on nothing but @facts.
 *
 * Return: 0; -ENODEV in a guest; the errno of a read that must not fail;
 * -EOPNOTSUPP for a scheduler type nobody knows.
 */
int mshv_sched_decide(const struct mshv_sched_facts *facts, bool *root_logic)
{
	*root_logic = false;

	if (facts->type == HV_PARTITION_TYPE_GUEST)
		return -ENODEV;
	if (facts->type == HV_PARTITION_TYPE_L1VH && facts->caps_error)
		return facts->caps_error;
	if (!mshv_sched_needs_value(facts))
		return 0;
	if (facts->value_error)
		return facts->value_error;

	if (facts->type == HV_PARTITION_TYPE_L1VH) {
		*root_logic = facts->value != 0;
		return 0;
	}

	switch (facts->value) {
	case HV_SCHEDULER_TYPE_LP:
	case HV_SCHEDULER_TYPE_LP_SMT:
	case HV_SCHEDULER_TYPE_CORE_SMT:
		return 0;
	case HV_SCHEDULER_TYPE_ROOT:
		*root_logic = true;
		return 0;
	default:
		return -EOPNOTSUPP;
	}
}

/**
 * mshv_sched_read - ask the hypervisor for what the decision depends on
 * @type: the kind of partition this is
 * @facts: out: the answers
 */
void mshv_sched_read(enum hv_partition_type type,
		     struct mshv_sched_facts *facts)
{
	struct hv_partition_property_vmm_capabilities caps;

	*facts = (struct mshv_sched_facts) { .type = type };
	if (type == HV_PARTITION_TYPE_GUEST)
		return;

	facts->caps_error =
		hvcall_get_property_ex(HV_PARTITION_ID_SELF,
				       HV_PARTITION_PROPERTY_VMM_CAPABILITIES,
				       0, &caps, sizeof(caps));
	if (!facts->caps_error)
		facts->caps = mshv_caps_bank0(&caps);

	if (!mshv_sched_needs_value(facts))
		return;
	if (type == HV_PARTITION_TYPE_L1VH)
		facts->value_error =
			hvcall_get_property_ex(HV_PARTITION_ID_SELF,
					       HV_PARTITION_PROPERTY_INTEGRATED_SCHEDULER_ENABLED,
					       0, &facts->value,
					       sizeof(facts->value));
	else
		facts->value_error =
			hvcall_get_system_property(HV_SYSTEM_PROPERTY_SCHEDULER_TYPE,
						   &facts->value);
}

static void log_caps(const struct mshv_sched_facts *facts)
{
	DECLARE_SEQ_BUF(names, 256);
	unsigned int i;

	if (facts->caps_error) {
		pr_info("no VMM capabilities: %pe\n",
			ERR_PTR(facts->caps_error));
		return;
	}
	for (i = 0; i < 64; i++) {
		if (!(facts->caps & BIT_ULL(i)))
			continue;
		if (i < ARRAY_SIZE(cap_names) && cap_names[i])
			seq_buf_printf(&names, " %s", cap_names[i]);
		else
			seq_buf_printf(&names, " bit%u", i);
	}
	pr_info("VMM capabilities %#llx:%s\n", facts->caps,
		facts->caps ? seq_buf_str(&names) : " none");
	if (facts->type == HV_PARTITION_TYPE_L1VH &&
	    !(facts->caps & MSHV_CAP_OVERLAY_GPFN))
		pr_warn("without %s, creating virtual processors may fail\n",
			cap_names[1]);
}

static const char *scheduler_name(const struct mshv_sched_facts *facts,
				  bool root_logic)
{
	if (facts->type == HV_PARTITION_TYPE_L1VH)
		return root_logic ? "integrated" : "core";

	switch (facts->value) {
	case HV_SCHEDULER_TYPE_LP:
		return "classic";
	case HV_SCHEDULER_TYPE_LP_SMT:
		return "classic SMT";
	case HV_SCHEDULER_TYPE_CORE_SMT:
		return "core";
	default:
		return "root";
	}
}

static void log_choice(const struct mshv_sched_facts *facts, bool root_logic)
{
	DECLARE_SEQ_BUF(why, 96);

	if (facts->type == HV_PARTITION_TYPE_ROOT)
		seq_buf_printf(&why, "scheduler type %llu", facts->value);
	else if (facts->caps & MSHV_CAP_INTEGRATED_SCHEDULER)
		seq_buf_printf(&why, "%s set, property %llu", cap_names[6],
			       facts->value);
	else
		seq_buf_printf(&why, "%s clear", cap_names[6]);

	pr_info("%s partition, %s scheduler: running vCPUs with %s scheduler logic (%s)\n",
		facts->type == HV_PARTITION_TYPE_ROOT ? "root" : "L1VH",
		scheduler_name(facts, root_logic),
		root_logic ? "root" : "core", seq_buf_str(&why));
}

static void log_failure(const struct mshv_sched_facts *facts, int err)
{
	if (facts->type == HV_PARTITION_TYPE_L1VH && facts->caps_error)
		pr_err("an L1VH partition must have VMM capabilities, but reading them failed: %pe\n",
		       ERR_PTR(err));
	else if (facts->value_error)
		pr_err("cannot tell which scheduler runs virtual processors: %pe\n",
		       ERR_PTR(err));
	else
		pr_err("scheduler type %llu is not supported\n", facts->value);
}

/**
 * mshv_sched_init - find out and log who schedules virtual processors
 * @drv: the driver; its type is known, its capabilities and root_logic are set
 *
 * Return: 0 or the errno of mshv_sched_decide(), after a line that says why.
 */
int mshv_sched_init(struct mshv_driver *drv)
{
	struct mshv_sched_facts facts;
	int err;

	mshv_sched_read(drv->type, &facts);
	err = mshv_sched_decide(&facts, &drv->root_logic);
	if (err) {
		log_failure(&facts, err);
		return err;
	}

	drv->caps = facts.caps;
	log_choice(&facts, drv->root_logic);
	log_caps(&facts);
	return 0;
}
