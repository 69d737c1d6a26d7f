// SPDX-License-Identifier: GPL-2.0-only
/*
 * Driver for parent partitions of the Microsoft hypervisor: load and unload.
 */
#define pr_fmt(fmt) "mshv: " fmt

#include <linux/crash_dump.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/namei.h>
#include <linux/printk.h>
#include <linux/reboot.h>

#include "arch.h"
#include "mshv.h"
#include "port.h"
#include "sched.h"
#include "synic.h"

static struct miscdevice mshv_misc = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "mshv",
	.fops = &mshv_dev_fops,
	.mode = 0600,
};

/* Unit tests run without a hypervisor, too; then there is nothing to undo. */
static bool started;

static bool exists(const char *name)
{
	struct path path;

	if (kern_path(name, LOOKUP_FOLLOW, &path))
		return false;
	path_put(&path);
	return true;
}

/* Is this a place to run?  Says why not. */
static int __init check_platform(void)
{
	if (!hv_is_hyperv_initialized()) {
		pr_info("not running on the Microsoft hypervisor\n");
		return -ENODEV;
	}
	mshv.type = mshv_partition_type(ms_hyperv.priv_high);
	if (mshv.type == HV_PARTITION_TYPE_GUEST) {
		pr_info("this is a guest partition: it may not create partitions\n");
		return -ENODEV;
	}
	if (!mshv_arch_supported()) {
		pr_info("not supported on this architecture yet\n");
		return -EOPNOTSUPP;
	}
	if (is_kdump_kernel()) {
		pr_info("not for a kdump kernel: the partitions of the crashed kernel still exist\n");
		return -ENODEV;
	}
	if (!(ms_hyperv.features & HV_MSR_SYNIC_AVAILABLE)) {
		pr_err("the hypervisor offers no synthetic interrupt controller\n");
		return -ENODEV;
	}
	if (exists("/sys/class/misc/mshv") || exists("/dev/mshv")) {
		pr_err("another driver already provides /dev/mshv\n");
		return -EBUSY;
	}
	return 0;
}

static void __init log_version(void)
{
	union hv_hypervisor_version_info v;

	if (hv_get_hypervisor_version(&v))
		return;
	pr_info("Microsoft hypervisor %u.%u.%u.%u\n", v.major_version,
		v.minor_version, v.build_number, v.service_number);
}

/* The first partition from *@id on that is not being destroyed already */
static struct mshv_partition *get_partition_from(unsigned long *id)
{
	struct mshv_partition *pt;

	guard(rcu)();
	xa_for_each_start(&mshv.partitions, *id, pt, *id)
		if (kref_get_unless_zero(&pt->refs))
			return pt;
	return NULL;
}

/*
 * The hypervisor outlives this kernel (think of kexec), so it has to be left
 * with nothing running.  Fds may still be open.
 */
static int on_reboot(struct notifier_block *nb, unsigned long code, void *data)
{
	struct mshv_partition *pt;
	unsigned long id = 0;

	WRITE_ONCE(mshv.dying, true);
	smp_mb();	/* see the creation of a partition */
	while ((pt = get_partition_from(&id))) {
		mshv_partition_kill(pt);
		mshv_partition_put(pt);
		id++;
	}
	mshv_synic_fini();
	return NOTIFY_DONE;
}

static struct notifier_block reboot_notifier = {
	.notifier_call = on_reboot,
};

static int __init start(void)
{
	int err;

	err = hvcall_init(mshv.type == HV_PARTITION_TYPE_ROOT);
	if (err)
		return err;
	err = mshv_sched_init(&mshv);
	if (err)
		goto err_hvcall;
	err = mshv_irqfd_init();
	if (err)
		goto err_hvcall;
	err = mshv_synic_init();
	if (err)
		goto err_irqfd;
	err = register_reboot_notifier(&reboot_notifier);
	if (err)
		goto err_synic;
	/* Last: from here on there are users. */
	err = misc_register(&mshv_misc);
	if (err)
		goto err_reboot;
	started = true;
	return 0;

err_reboot:
	unregister_reboot_notifier(&reboot_notifier);
err_synic:
	mshv_synic_fini();
err_irqfd:
	mshv_port_fini();
	mshv_irqfd_fini();
err_hvcall:
	hvcall_fini();
	return err;
}

static int __init mshv_init(void)
{
	int err;

	err = check_platform();
	if (!err) {
		log_version();
		err = start();
	}
	if (err && IS_ENABLED(CONFIG_MSHV_KUNIT_TEST))
		return 0;
	return err;
}

static void __exit mshv_exit(void)
{
	long kept;

	if (!started)
		return;

	misc_deregister(&mshv_misc);
	unregister_reboot_notifier(&reboot_notifier);
	mshv_synic_fini();
	mshv_port_fini();
	mshv_irqfd_fini();
	hvcall_fini();

	kept = atomic_long_read(&mshv.nr_kept_pages);
	if (kept)
		pr_warn("unloaded; the hypervisor kept %ld pages\n", kept);
}

module_init(mshv_init);
module_exit(mshv_exit);

MODULE_DESCRIPTION("Microsoft hypervisor: create and run child partitions");
MODULE_LICENSE("GPL");
