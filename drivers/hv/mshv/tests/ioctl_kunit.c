// SPDX-License-Identifier: GPL-2.0-only
/*
 * The three files: how arguments come in, who may make an ioctl, and what the
 * device says of itself.
 */
#include <kunit/test.h>
#include <linux/mm.h>
#include <linux/mshv_ext.h>
#include <linux/uaccess.h>

#include "../mshv.h"
#include "fake_task.h"
#include "fake_vmm.h"

enum where { DEVICE, PARTITION, VP };

/* No user memory is there. */
#define NOWHERE		8UL

static int ioctl_test_init(struct kunit *test)
{
	struct fake_vmm *vmm = fake_vmm_start_partition(test);

	KUNIT_ASSERT_EQ(test, fake_vmm_create_vp(vmm, 0), 0);
	return 0;
}

static struct file *the_file(struct kunit *test, enum where where)
{
	struct fake_vmm *vmm = the_vmm(test);

	return where == DEVICE ? vmm->dev :
	       where == PARTITION ? vmm->pt_file : vmm->vp_file[0];
}

static long ioctl_at(struct kunit *test, enum where where, unsigned int cmd,
		     unsigned long uarg)
{
	struct file *file = the_file(test, where);

	return file->f_op->unlocked_ioctl(file, cmd, uarg);
}

static const struct command {
	const char *desc;
	enum where where;
	unsigned int cmd;
} commands[] = {
	{ "create_partition", DEVICE, MSHV_CREATE_PARTITION },
	{ "check_extension", DEVICE, MSHV_CHECK_EXTENSION },
	{ "hvcall_of_the_device", DEVICE, MSHV_ROOT_HVCALL },
	{ "create_vp", PARTITION, MSHV_CREATE_VP },
	{ "set_guest_memory", PARTITION, MSHV_SET_GUEST_MEMORY },
	{ "set_msi_routing", PARTITION, MSHV_SET_MSI_ROUTING },
	{ "irqfd", PARTITION, MSHV_IRQFD },
	{ "ioeventfd", PARTITION, MSHV_IOEVENTFD },
	{ "get_access_bitmap", PARTITION, MSHV_GET_GPAP_ACCESS_BITMAP },
	{ "hvcall_of_a_partition", PARTITION, MSHV_ROOT_HVCALL },
	{ "run_vp", VP, MSHV_RUN_VP },
	{ "get_vp_state", VP, MSHV_GET_VP_STATE },
	{ "set_vp_state", VP, MSHV_SET_VP_STATE },
	{ "hvcall_of_a_vp", VP, MSHV_ROOT_HVCALL },
};

KUNIT_ARRAY_PARAM_DESC(command, commands, desc);

static void argument_nowhere_is_a_fault(struct kunit *test)
{
	const struct command *c = test->param_value;

	KUNIT_EXPECT_EQ(test, ioctl_at(test, c->where, c->cmd, NOWHERE),
			-EFAULT);
	fake_vmm_finish(test);
}

static void unknown_command_is_enotty(struct kunit *test)
{
	enum where where;

	for (where = DEVICE; where <= VP; where++)
		KUNIT_EXPECT_EQ(test, ioctl_at(test, where,
					       _IO(MSHV_IOCTL, 0x7f), 0),
				-ENOTTY);
	fake_vmm_finish(test);
}

static void table_of_routes_that_ends_nowhere_is_a_fault(struct kunit *test)
{
	struct mshv_user_irq_table table = { .nr = 1 };
	struct fake_vmm *vmm = the_vmm(test);
	unsigned long end = vmm->buf;

	/* Of the table all is there, of the routes nothing. */
	KUNIT_ASSERT_EQ(test, vm_munmap(end, PAGE_SIZE), 0);
	KUNIT_ASSERT_EQ(test, copy_to_user((void __user *)end - sizeof(table),
					   &table, sizeof(table)), 0);
	KUNIT_EXPECT_EQ(test, ioctl_at(test, PARTITION, MSHV_SET_MSI_ROUTING,
				       end - sizeof(table)), -EFAULT);
	fake_vmm_finish(test);
}

/* The flags of the hypervisor, by their number */
static const struct creation {
	const char *desc;
	u64 flags, hv_flags;
} creations[] = {
	{ "none", 0, 0 },
	{ "lapic", BIT(MSHV_PT_BIT_LAPIC), BIT(13) },
	{ "x2apic", BIT(MSHV_PT_BIT_X2APIC), BIT(22) },
	{ "large_pages", BIT(MSHV_PT_BIT_GPA_SUPER_PAGES), BIT(4) },
	{ "nested", BIT(MSHV_PT_BIT_NESTED_VIRTUALIZATION), BIT(1) },
	{ "smt", BIT(MSHV_PT_BIT_SMT_ENABLED_GUEST), BIT(0) },
};

KUNIT_ARRAY_PARAM_DESC(creation, creations, desc);

static const struct hv_input_create_partition *created(struct kunit *test)
{
	return (const void *)fake_hv_exit(test, test->priv,
					  HVCALL_CREATE_PARTITION, 0)->in;
}

/* Begin anew, without a partition. */
static void start_over(struct kunit *test)
{
	fake_vmm_close(the_vmm(test));
	fake_hv_forget(test, test->priv);
}

static void flags_of_a_partition_reach_the_hypervisor(struct kunit *test)
{
	const struct creation *creation = test->param_value;

	start_over(test);
	KUNIT_ASSERT_EQ(test, fake_vmm_create_partition(the_vmm(test),
							creation->flags), 0);
	KUNIT_EXPECT_EQ(test, created(test)->flags,
			BIT(8) | BIT(19) | creation->hv_flags);
	KUNIT_EXPECT_EQ(test, fake_vmm_partition(the_vmm(test))->large_pages,
			creation->hv_flags == BIT(4));
	fake_vmm_finish(test);
}

/* MSHV_CREATE_PARTITION with the long argument.  Returns the fd. */
static long create_v2(struct kunit *test, u16 nr_banks, u8 rsvd, u64 rsvd1)
{
	struct mshv_create_partition_v2 args = {
		.pt_flags = BIT(MSHV_PT_BIT_CPU_AND_XSAVE_FEATURES),
		.pt_num_cpu_fbanks = nr_banks,
		.pt_rsvd[5] = rsvd,
		.pt_cpu_fbanks = { 0x1234567800000001ULL, 0xfedc },
		.pt_rsvd1[1] = rsvd1,
		.pt_disabled_xsave = 0x55,
	};

	return fake_vmm_dev(the_vmm(test), MSHV_CREATE_PARTITION, &args,
			    sizeof(args));
}

static void features_to_do_without_reach_the_hypervisor(struct kunit *test)
{
	const struct hv_partition_creation_properties *props;
	long fd;

	start_over(test);
	fd = create_v2(test, 2, 0, 0);
	KUNIT_ASSERT_GE(test, fd, 0);
	props = &created(test)->partition_creation_properties;
	KUNIT_EXPECT_EQ(test, props->disabled_processor_features.as_uint64[0],
			0x1234567800000001ULL);
	KUNIT_EXPECT_EQ(test, props->disabled_processor_features.as_uint64[1],
			0xfedc);
	KUNIT_EXPECT_EQ(test,
			props->disabled_processor_xsave_features.as_uint64,
			0x55);
	fake_eventfd_close(fd);
	fake_vmm_finish(test);
}

static void senseless_creation_is_refused(struct kunit *test)
{
	struct mshv_create_partition args = { .pt_isolation = 1 };
	struct fake_vmm *vmm = the_vmm(test);
	unsigned long end = vmm->buf;

	start_over(test);
	KUNIT_EXPECT_EQ(test, create_v2(test, 1, 0, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, create_v2(test, 3, 0, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, create_v2(test, 2, 1, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, create_v2(test, 2, 0, 1), -EINVAL);
	KUNIT_EXPECT_EQ(test, fake_vmm_dev(vmm, MSHV_CREATE_PARTITION, &args,
					   sizeof(args)), -EINVAL);
	KUNIT_EXPECT_EQ(test, fake_vmm_create_partition(vmm, BIT(6)), -EINVAL);
	KUNIT_EXPECT_EQ(test, fake_vmm_create_partition(vmm, BIT_ULL(63)),
			-EINVAL);

	/* The short argument is there, the rest of the long one is not. */
	args = (struct mshv_create_partition) {
		.pt_flags = BIT(MSHV_PT_BIT_CPU_AND_XSAVE_FEATURES),
	};
	KUNIT_ASSERT_EQ(test, vm_munmap(end, PAGE_SIZE), 0);
	KUNIT_ASSERT_EQ(test, copy_to_user((void __user *)end - sizeof(args),
					   &args, sizeof(args)), 0);
	KUNIT_EXPECT_EQ(test, ioctl_at(test, DEVICE, MSHV_CREATE_PARTITION,
				       end - sizeof(args)), -EFAULT);
	KUNIT_EXPECT_EQ(test, ((struct fake_hv *)test->priv)->nr_exits, 0);
	fake_vmm_finish(test);
}

static void device_says_what_it_can_do(struct kunit *test)
{
	static const struct {
		u32 cap;
		long ret;
	} caps[] = {
		{ MSHV_CAP_CORE_API_STABLE, 1 }, { MSHV_CAP_REGISTER_PAGE, 1 },
		{ MSHV_CAP_CANCEL_VP, 1 }, { MSHV_CAP_MAX_VPS, 256 },
		{ MSHV_CAP_RESAMPLE_LIMIT, 256 }, { MSHV_CAP_HOST_SCHEDULED, 0 },
		{ 0x7f, 0 }, { 0x84, 0 }, { U32_MAX, 0 },
	};
	struct fake_vmm *vmm = the_vmm(test);
	unsigned int i;
	u32 cap;

	for (i = 0; i < ARRAY_SIZE(caps); i++) {
		cap = caps[i].cap;
		KUNIT_EXPECT_EQ(test, fake_vmm_dev(vmm, MSHV_CHECK_EXTENSION,
						   &cap, 4), caps[i].ret);
	}
	cap = MSHV_CAP_HOST_SCHEDULED;
	mshv.root_logic = true;
	KUNIT_EXPECT_EQ(test, fake_vmm_dev(vmm, MSHV_CHECK_EXTENSION, &cap, 4),
			1);
	mshv.root_logic = false;
	fake_vmm_finish(test);
}

/* The memory of a guest is that of the process which created it. */
static void stranger_may_not_run_or_map(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, fake_stranger_ioctl(the_file(test, VP),
						  MSHV_RUN_VP, 0), -EPERM);
	KUNIT_EXPECT_EQ(test, fake_stranger_ioctl(the_file(test, PARTITION),
						  MSHV_SET_GUEST_MEMORY, 0),
			-EPERM);
	/* But it may stop a VP: */
	KUNIT_EXPECT_EQ(test, fake_stranger_ioctl(the_file(test, VP),
						  MSHV_CANCEL_VP, 0), 0);
	fake_vmm_finish(test);
}

static void cancel_is_for_one_run(struct kunit *test)
{
	struct fake_vmm *vmm = the_vmm(test);
	struct hv_message msg;

	KUNIT_EXPECT_EQ(test, ioctl_at(test, VP, MSHV_CANCEL_VP, 0), 0);
	KUNIT_EXPECT_EQ(test, ioctl_at(test, VP, MSHV_CANCEL_VP, 0), 0);
	KUNIT_EXPECT_EQ(test, fake_vmm_run(vmm, 0, &msg), -EINTR);
	KUNIT_EXPECT_EQ(test, fake_vmm_run(vmm, 0, &msg), 0);
	KUNIT_EXPECT_EQ(test, msg.header.message_type, HVMSG_X64_HALT);
	fake_vmm_finish(test);
}

/* Whoever has the lock may have it for long: a VP runs under its lock. */
static void who_waits_for_a_lock_can_be_killed(struct kunit *test)
{
	struct mshv_vp *vp = fake_vmm_the_vp(the_vmm(test), 0);
	struct fake_holder holder;

	fake_holder_start(&holder, &vp->lock);
	fake_task_kill(test);
	KUNIT_EXPECT_EQ(test, ioctl_at(test, VP, MSHV_RUN_VP, 0), -EINTR);
	/* No lock is needed to stop who has it. */
	KUNIT_EXPECT_EQ(test, ioctl_at(test, VP, MSHV_CANCEL_VP, 0), 0);
	fake_task_revive();
	fake_holder_stop(&holder);

	fake_holder_start(&holder, &vp->pt->lock);
	fake_task_kill(test);
	KUNIT_EXPECT_EQ(test, ioctl_at(test, PARTITION,
				       MSHV_INITIALIZE_PARTITION, 0), -EINTR);
	fake_task_revive();
	fake_holder_stop(&holder);
	fake_vmm_finish(test);
}

static struct kunit_case ioctl_cases[] = {
	KUNIT_CASE_PARAM(argument_nowhere_is_a_fault, command_gen_params),
	KUNIT_CASE(unknown_command_is_enotty),
	KUNIT_CASE(table_of_routes_that_ends_nowhere_is_a_fault),
	KUNIT_CASE_PARAM(flags_of_a_partition_reach_the_hypervisor,
			 creation_gen_params),
	KUNIT_CASE(features_to_do_without_reach_the_hypervisor),
	KUNIT_CASE(senseless_creation_is_refused),
	KUNIT_CASE(device_says_what_it_can_do),
	KUNIT_CASE(stranger_may_not_run_or_map),
	KUNIT_CASE(cancel_is_for_one_run),
	KUNIT_CASE(who_waits_for_a_lock_can_be_killed),
	{}
};

static struct kunit_suite ioctl_suite = {
	.name = "mshv_ioctl",
	.init = ioctl_test_init,
	.test_cases = ioctl_cases,
};

kunit_test_suite(ioctl_suite);
