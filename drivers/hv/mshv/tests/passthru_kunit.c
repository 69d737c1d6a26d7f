// SPDX-License-Identifier: GPL-2.0-only
/*
 * MSHV_ROOT_HVCALL: exactly which hypercalls a VMM may make, and what it can't
 * make of them.
 */
#include <kunit/test.h>
#include <linux/uaccess.h>

#include "../mshv.h"
#include "../irq.h"
#include "fake_task.h"
#include "fake_vmm.h"

#define MAX_CODE	0x1000
#define IN_SIZE		128
#define OUT_SIZE	64

enum where { DEVICE, PARTITION, VP };

#define VP_INDEX	1

/* Answers all calls, whatever the model would say */
static const struct fake_step all_succeed[] = {
	{ .reps = FAKE_ALL, .repeat = true },
};

static int passthru_test_init(struct kunit *test)
{
	struct fake_vmm *vmm = fake_vmm_start_partition(test);

	KUNIT_ASSERT_EQ(test, fake_vmm_create_vp(vmm, VP_INDEX), 0);
	fake_hv_forget(test, vmm->hv);
	return 0;
}

/* Let the partition go before the script does. */
static void passthru_test_exit(struct kunit *test)
{
	fake_hv_script(test->priv, NULL, 0);
}

static long hvcall(struct kunit *test, enum where where,
		   struct mshv_root_hvcall *args)
{
	struct fake_vmm *vmm = the_vmm(test);

	switch (where) {
	case DEVICE:
		return fake_vmm_dev(vmm, MSHV_ROOT_HVCALL, args, sizeof(*args));
	case PARTITION:
		return fake_vmm_pt(vmm, MSHV_ROOT_HVCALL, args, sizeof(*args));
	default:
		return fake_vmm_vp(vmm, VP_INDEX, MSHV_ROOT_HVCALL, args,
				   sizeof(*args));
	}
}

static struct mshv_root_hvcall args_of(struct kunit *test, u16 code, u16 reps)
{
	return (struct mshv_root_hvcall) {
		.code = code, .reps = reps,
		.in_sz = IN_SIZE, .in_ptr = the_vmm(test)->buf,
		.out_sz = OUT_SIZE,
		.out_ptr = the_vmm(test)->buf + PAGE_SIZE,
	};
}

static void set_input(struct kunit *test, const void *in, size_t size)
{
	KUNIT_ASSERT_EQ(test, copy_to_user((void __user *)the_vmm(test)->buf,
					   in, size), 0);
}

static const struct allowed {
	const char *desc;
	enum where where;
	u16 simple[16];
	u16 rep[8];
} alloweds[] = {
	{ "on_the_device", DEVICE, { 0x44, 0x101 } },
	{ "on_a_partition", PARTITION,
	  { 0x44, 0x45, 0x4d, 0x52, 0x56, 0x91, 0x94, 0xc0, 0xc1, 0x101 },
	  { 0x50, 0x51, 0xc9, 0xf4 } },
	{ "on_a_vp", VP,
	  { 0x44, 0x4d, 0x52, 0x56, 0x91, 0x94, 0xc0, 0xc1, 0x101 },
	  { 0x50, 0x51, 0xc9, 0xf4 } },
};

KUNIT_ARRAY_PARAM_DESC(allowed, alloweds, desc);

static bool is_in(const u16 *codes, unsigned int nr, u16 code)
{
	while (nr--)
		if (code && codes[nr] == code)
			return true;
	return false;
}

/* All codes there can be, with and without reps */
static void these_calls_are_allowed_and_no_others(struct kunit *test)
{
	const struct allowed *allowed = test->param_value;
	struct fake_hv *fake = test->priv;
	struct mshv_root_hvcall args;
	unsigned int code, reps, before;
	u8 in[IN_SIZE];
	bool expected;
	long ret;

	/* No register has such a name, but register 0 would be denied. */
	memset(in, 0x11, sizeof(in));
	set_input(test, in, sizeof(in));
	fake_hv_script(fake, all_succeed, ARRAY_SIZE(all_succeed));
	for (code = 0; code < MAX_CODE; code++) {
		for (reps = 0; reps < 2; reps++) {
			args = args_of(test, code, reps);
			before = fake->nr_exits;
			ret = hvcall(test, allowed->where, &args);
			expected = reps ? is_in(allowed->rep, 8, code) :
					  is_in(allowed->simple, 16, code);
			KUNIT_EXPECT_EQ_MSG(test, ret, expected ? 0 : -EINVAL,
					    "code %#x, %u reps", code, reps);
			KUNIT_EXPECT_EQ(test, fake->nr_exits - before, expected);
		}
	}
}

static const struct target {
	const char *desc;
	enum where where;
	u16 code, reps;
	u32 vp;		/* that the hypervisor sees; the VMM says 77 */
} targets[] = {
	{ "device_means_this_partition", DEVICE, 0x101, 0, 77 },
	{ "partition", PARTITION, 0x50, 1, 77 },
	{ "partition_without_vp", PARTITION, 0x44, 0, 77 },
	{ "get_registers_of_the_vp", VP, 0x50, 1, VP_INDEX },
	{ "set_registers_of_the_vp", VP, 0x51, 1, VP_INDEX },
	{ "translate_for_the_vp", VP, 0x52, 0, VP_INDEX },
	{ "intercept_result_of_the_vp", VP, 0x91, 0, VP_INDEX },
	{ "event_for_the_vp", VP, 0xc0, 0, VP_INDEX },
	{ "message_for_the_vp", VP, 0xc1, 0, VP_INDEX },
	{ "cpuid_of_the_vp", VP, 0xf4, 1, VP_INDEX },
	{ "interrupt_names_no_vp", VP, 0x94, 0, 77 },
	{ "intercepts_have_no_vp", VP, 0x4d, 0, 77 },
};

KUNIT_ARRAY_PARAM_DESC(target, targets, desc);

static void vmm_can_not_name_another_partition_or_vp(struct kunit *test)
{
	const struct target *target = test->param_value;
	const struct {
		u64 pt;
		u32 vp;
		u32 rsvd;
		u32 name;
	} in = { 0x1234567, 77, 0, 0x00020000 }, *seen;
	struct mshv_root_hvcall args = args_of(test, target->code, target->reps);
	u64 id = target->where == DEVICE ? ~0ULL : the_vmm(test)->m->id;

	set_input(test, &in, sizeof(in));
	fake_hv_script(test->priv, all_succeed, ARRAY_SIZE(all_succeed));
	KUNIT_ASSERT_EQ(test, hvcall(test, target->where, &args), 0);
	seen = (const void *)fake_hv_exit(test, test->priv, target->code, 0)->in;
	KUNIT_EXPECT_EQ(test, seen->pt, id);
	KUNIT_EXPECT_EQ(test, seen->vp, target->vp);
}

static const struct bad {
	const char *desc;
	u16 code, reps, in_sz, out_sz;
	u8 rsvd;
	u16 status;
	bool no_in, no_out;
} bads[] = {
	{ "no_reps", 0x50, 0, 20, 16 },
	{ "more_reps_than_12_bits", 0x50, 0x1000, 4096, 4096 },
	{ "most_reps", 0x50, 0xffff, 4096, 4096 },
	{ "reps_of_a_simple_call", 0x44, 1, 16, 8 },
	{ "input_short_of_the_partition", 0x44, 0, 7, 8 },
	{ "input_short_of_the_vp", 0x52, 0, 11, 8 },
	{ "input_short_of_the_header", 0x51, 1, 16, 0, .no_out = true },
	{ "input_short_of_a_rep", 0x51, 2, 79, 0, .no_out = true },
	{ "input_short_of_a_cpuid_leaf", 0xf4, 2, 71, 64 },
	{ "input_beyond_a_page", 0x44, 0, 4097, 8 },
	{ "output_beyond_a_page", 0x44, 0, 16, 4097 },
	{ "output_short_of_a_rep", 0x50, 2, 24, 31 },
	{ "output_short_of_an_access_state", 0xc9, 3, 24, 2 },
	{ "output_of_reps_nowhere", 0x50, 1, 20, 16, .no_out = true },
	{ "output_without_size", 0x44, 0, 16, 0 },
	{ "no_input", 0x44, 0, 16, 8, .no_in = true },
	{ "no_input_size", 0x44, 0, 0, 8 },
	{ "property_without_all_of_its_value", 0x45, 0, 23, 8 },
	{ "reserved_byte", 0x44, 0, 16, 8, .rsvd = 1 },
	{ "status_from_the_vmm", 0x44, 0, 16, 8, .status = 1 },
};

KUNIT_ARRAY_PARAM_DESC(bad, bads, desc);

static void sizes_that_do_not_fit_are_refused(struct kunit *test)
{
	const struct bad *bad = test->param_value;
	struct mshv_root_hvcall args = args_of(test, bad->code, bad->reps);

	args.in_sz = bad->in_sz;
	args.out_sz = bad->out_sz;
	args.rsvd[5] = bad->rsvd;
	args.status = bad->status;
	if (bad->no_in)
		args.in_ptr = 0;
	if (bad->no_out)
		args.out_ptr = 0;
	KUNIT_EXPECT_EQ(test, hvcall(test, PARTITION, &args), -EINVAL);
	KUNIT_EXPECT_EQ(test, ((struct fake_hv *)test->priv)->nr_exits, 0);
}

static void bad_pointers_are_faults(struct kunit *test)
{
	struct mshv_root_hvcall args = args_of(test, 0x44, 0);

	fake_hv_script(test->priv, all_succeed, ARRAY_SIZE(all_succeed));
	args.in_ptr = 8;
	KUNIT_EXPECT_EQ(test, hvcall(test, PARTITION, &args), -EFAULT);
	KUNIT_EXPECT_EQ(test, fake_hv_count(test->priv, 0x44), 0);
	args = args_of(test, 0x44, 0);
	args.out_ptr = 8;
	KUNIT_EXPECT_EQ(test, hvcall(test, PARTITION, &args), -EFAULT);
}

static void register_writes_that_would_run_or_stop_the_vp_are_denied(struct kunit *test)
{
	static const u32 names[] = {
		HV_REGISTER_EXPLICIT_SUSPEND, HV_REGISTER_INTERCEPT_SUSPEND,
		HV_REGISTER_DISPATCH_SUSPEND,
	};
	struct hv_input_set_vp_registers *in;
	struct mshv_root_hvcall args;
	unsigned int i, at;

	in = kunit_kzalloc(test, IN_SIZE, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, in);
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		for (at = 0; at < 3; at++) {
			memset(in, 0x11, IN_SIZE);
			in->elements[at].name = names[i];
			set_input(test, in, IN_SIZE);
			args = args_of(test, HVCALL_SET_VP_REGISTERS, 3);
			KUNIT_EXPECT_EQ(test, hvcall(test, VP, &args), -EPERM);
			KUNIT_EXPECT_EQ(test, hvcall(test, PARTITION, &args),
					-EPERM);
		}
	}
	KUNIT_EXPECT_EQ(test, fake_hv_count(test->priv, HVCALL_SET_VP_REGISTERS),
			0);
	/* Behind the last rep there are none. */
	args.reps = 2;
	KUNIT_EXPECT_EQ(test, hvcall(test, VP, &args), 0);
}

static void nothing_of_the_kernel_gets_out(struct kunit *test)
{
	struct mshv_root_hvcall args = args_of(test, 0x44, 0);
	struct fake_hv *fake = test->priv;
	u8 in[IN_SIZE], out[OUT_SIZE];

	memset(in, 0xff, sizeof(in));
	set_input(test, in, sizeof(in));
	args.in_sz = 20;
	fake->out_check = OUT_SIZE;
	fake_hv_script(fake, all_succeed, ARRAY_SIZE(all_succeed));
	KUNIT_ASSERT_EQ(test, hvcall(test, PARTITION, &args), 0);
	KUNIT_EXPECT_EQ(test, fake->exits[0].in_used, 20);
	KUNIT_EXPECT_TRUE(test, fake->exits[0].out_clean);
	KUNIT_ASSERT_EQ(test, copy_from_user(out, u64_to_user_ptr(args.out_ptr),
					     sizeof(out)), 0);
	KUNIT_EXPECT_NULL(test, memchr_inv(out, 0, sizeof(out)));
}

static void status_and_reps_are_written_back(struct kunit *test)
{
	static const struct fake_step steps[] = {
		{ .status = HV_STATUS_INVALID_REGISTER_VALUE, .reps = 1 },
	};
	struct mshv_root_hvcall args = args_of(test, 0x50, 3);

	fake_hv_script(test->priv, steps, ARRAY_SIZE(steps));
	KUNIT_EXPECT_EQ(test, hvcall(test, VP, &args), -EINVAL);
	KUNIT_EXPECT_EQ(test, args.status, HV_STATUS_INVALID_REGISTER_VALUE);
	KUNIT_EXPECT_EQ(test, args.reps, 1);

	args = args_of(test, 0x50, 3);
	KUNIT_EXPECT_EQ(test, hvcall(test, VP, &args), 0);
	KUNIT_EXPECT_EQ(test, args.status, 0);
	KUNIT_EXPECT_EQ(test, args.reps, 3);
}

static void call_that_completes_later_is_waited_for(struct kunit *test)
{
	struct mshv_root_hvcall args = args_of(test, 0x45, 0);
	struct fake_model *m = the_vmm(test)->m;

	m->async = true;
	KUNIT_EXPECT_EQ(test, hvcall(test, PARTITION, &args), 0);
	KUNIT_EXPECT_EQ(test, args.status, 0);
	KUNIT_EXPECT_EQ(test, fake_hv_count(test->priv, 0x45), 1);

	/* It can end with a failure, */
	m->async_needs = HV_STATUS_PROPERTY_VALUE_OUT_OF_RANGE;
	KUNIT_EXPECT_EQ(test, hvcall(test, PARTITION, &args), -ERANGE);
	KUNIT_EXPECT_EQ(test, args.status, HV_STATUS_PROPERTY_VALUE_OUT_OF_RANGE);

	/* or with a request for memory. */
	args = args_of(test, 0x45, 0);
	m->async_needs = HV_STATUS_INSUFFICIENT_MEMORY;
	KUNIT_EXPECT_EQ(test, hvcall(test, PARTITION, &args), 0);
	KUNIT_EXPECT_EQ(test, fake_hv_count(test->priv, 0x45), 4);
	KUNIT_EXPECT_EQ(test, fake_hv_count(test->priv, HVCALL_DEPOSIT_MEMORY), 1);
}

static void call_that_was_given_up_is_not_mixed_up_with_the_next(struct kunit *test)
{
	static const struct fake_step pending[] = {
		{ .code = 0x45, .status = HV_STATUS_CALL_PENDING },
	};
	struct mshv_partition *pt = fake_vmm_partition(the_vmm(test));
	struct mshv_root_hvcall args = args_of(test, 0x45, 0);

	fake_hv_script(test->priv, pending, ARRAY_SIZE(pending));
	fake_task_kill(test);
	KUNIT_EXPECT_EQ(test, hvcall(test, PARTITION, &args), -EINTR);
	fake_task_revive();
	the_vmm(test)->m->async = true;
	args = args_of(test, 0x45, 0);
	KUNIT_EXPECT_EQ(test, hvcall(test, PARTITION, &args), -EBUSY);
	KUNIT_EXPECT_EQ(test, fake_hv_count(test->priv, 0x45), 1);

	mshv_partition_async_done(pt, HV_STATUS_OPERATION_FAILED);
	args = args_of(test, 0x45, 0);
	KUNIT_EXPECT_EQ(test, hvcall(test, PARTITION, &args), 0);
	KUNIT_EXPECT_EQ(test, fake_hv_count(test->priv, 0x45), 2);
}

static void new_apic_id_is_noticed(struct kunit *test)
{
	struct mshv_partition *pt = fake_vmm_partition(the_vmm(test));
	struct mshv_root_hvcall args = args_of(test, 0x51, 1);
	int before = atomic_read(&pt->irq.apic_ids_version);
	struct {
		u8 header[16];
		struct hv_register_assoc reg;
	} in = { .reg.name = 0x00020000 };

	set_input(test, &in, sizeof(in));
	KUNIT_EXPECT_EQ(test, hvcall(test, VP, &args), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&pt->irq.apic_ids_version), before);
	in.reg.name = 0x0008000d;
	set_input(test, &in, sizeof(in));
	args = args_of(test, 0x51, 1);
	KUNIT_EXPECT_EQ(test, hvcall(test, VP, &args), 0);
	KUNIT_EXPECT_NE(test, atomic_read(&pt->irq.apic_ids_version), before);
}

static struct kunit_case passthru_cases[] = {
	KUNIT_CASE_PARAM(these_calls_are_allowed_and_no_others,
			 allowed_gen_params),
	KUNIT_CASE_PARAM(vmm_can_not_name_another_partition_or_vp,
			 target_gen_params),
	KUNIT_CASE_PARAM(sizes_that_do_not_fit_are_refused, bad_gen_params),
	KUNIT_CASE(bad_pointers_are_faults),
	KUNIT_CASE(register_writes_that_would_run_or_stop_the_vp_are_denied),
	KUNIT_CASE(nothing_of_the_kernel_gets_out),
	KUNIT_CASE(status_and_reps_are_written_back),
	KUNIT_CASE(call_that_completes_later_is_waited_for),
	KUNIT_CASE(call_that_was_given_up_is_not_mixed_up_with_the_next),
	KUNIT_CASE(new_apic_id_is_noticed),
	{}
};

static struct kunit_suite passthru_suite = {
	.name = "mshv_passthru",
	.init = passthru_test_init,
	.exit = passthru_test_exit,
	.test_cases = passthru_cases,
};

kunit_test_suite(passthru_suite);
