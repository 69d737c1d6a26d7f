// SPDX-License-Identifier: GPL-2.0-only
/* MSHV_ROOT_HVCALL on all three kinds of files. */
#define _GNU_SOURCE
#include "lib/ktest.h"
#include "lib/regs.h"

#define HV_STATUS_SUCCESS		0
#define HV_STATUS_UNKNOWN_PROPERTY	9
#define UNKNOWN_PROPERTY		0x00ffffffu
#define UNKNOWN_REGISTER		0x7ffffff0u

/* Hypercalls that are not for VMMs */
#define HV_GET_PARTITION_ID		0x0046
#define HV_DEPOSIT_MEMORY		0x0048
#define HV_CREATE_VP			0x004e

FIXTURE(hvcall)
{
	int dev;
	int pt;
	int vp;			/* VP 0 */
	int vp1;
	struct hv_partition_property get;
	uint64_t value;
	struct mshv_root_hvcall call;	/* a GET_PARTITION_PROPERTY that works */
	struct {
		struct hv_vp_registers_header header;
		uint32_t names[2];
	} regs;
	union hv_value values[2];
	struct mshv_root_hvcall rep;	/* a GET_VP_REGISTERS that works */
};

FIXTURE_SETUP(hvcall)
{
	self->dev = mshv_open();
	self->pt = mshv_create_partition(self->dev, 0);
	mshv_initialize(self->pt);
	self->vp = mshv_create_vp(self->pt, 0);
	self->vp1 = mshv_create_vp(self->pt, 1);
	self->get.code = HV_PROPERTY_PROC_FEATURES0;
	self->call = (struct mshv_root_hvcall) {
		.code = HV_GET_PARTITION_PROPERTY,
		.in_sz = offsetof(struct hv_partition_property, value),
		.out_sz = sizeof(self->value),
		.in_ptr = (uintptr_t)&self->get,
		.out_ptr = (uintptr_t)&self->value,
	};
	self->regs.names[0] = HV_REG_RAX;
	self->regs.names[1] = HV_REG_RBX;
	self->rep = (struct mshv_root_hvcall) {
		.code = HV_GET_VP_REGISTERS,
		.reps = 2,
		.in_sz = sizeof(self->regs),
		.out_sz = sizeof(self->values),
		.in_ptr = (uintptr_t)&self->regs,
		.out_ptr = (uintptr_t)self->values,
	};
}

FIXTURE_TEARDOWN(hvcall)
{
	close(self->vp);
	close(self->vp1);
	close(self->pt);
	close(self->dev);
}

TEST_F(hvcall, reads_a_property_on_each_file)
{
	const int fds[] = { self->dev, self->pt, self->vp };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(fds); i++) {
		self->value = 0;
		EXPECT_ERRNO(0, mshv_try_root_hvcall(fds[i], &self->call));
		EXPECT_NE(0, self->value);
		EXPECT_EQ(HV_STATUS_SUCCESS, self->call.status);
		EXPECT_EQ(0, self->call.reps);
	}
}

/* The caller may not choose whom a call is about. */
TEST_F(hvcall, is_about_the_file)
{
	const uint64_t marks[] = { 0x1111, 0x2222 };
	const int vps[] = { self->vp, self->vp1 };
	unsigned int i;

	self->get.partition_id = 0x123456789abcull;
	EXPECT_ERRNO(0, mshv_try_root_hvcall(self->pt, &self->call));
	EXPECT_EQ(0x123456789abcull, self->get.partition_id);

	for (i = 0; i < 2; i++)
		vp_set_regs(vps[i], (struct hv_reg[]){ REG(RAX, marks[i]) }, 1);
	self->regs.header.partition_id = ~0ull;
	for (i = 0; i < 2; i++) {
		self->regs.header.vp_index = 7;
		EXPECT_ERRNO(0, mshv_try_root_hvcall(vps[i], &self->rep));
		EXPECT_EQ(marks[i], self->values[0].u64);
		self->rep.status = 0;
	}
	/* On the partition's file the index is the caller's choice. */
	for (i = 0; i < 2; i++) {
		self->regs.header.vp_index = i;
		EXPECT_ERRNO(0, mshv_try_root_hvcall(self->pt, &self->rep));
		EXPECT_EQ(marks[i], self->values[0].u64);
	}
	self->regs.header.vp_index = 7;
	EXPECT_ERRNO(EINVAL, mshv_try_root_hvcall(self->pt, &self->rep));
	EXPECT_NE(HV_STATUS_SUCCESS, self->rep.status);
}

TEST_F(hvcall, tells_the_reps_that_were_done)
{
	EXPECT_ERRNO(0, mshv_try_root_hvcall(self->vp, &self->rep));
	EXPECT_EQ(2, self->rep.reps);
	self->rep.reps = 1;
	EXPECT_ERRNO(0, mshv_try_root_hvcall(self->vp, &self->rep));
	EXPECT_EQ(1, self->rep.reps);
	/* A list may be shorter than the input. */
	EXPECT_EQ(HV_STATUS_SUCCESS, self->rep.status);

	self->rep.reps = 2;
	self->regs.names[1] = UNKNOWN_REGISTER;
	EXPECT_GT(0, mshv_try_root_hvcall(self->vp, &self->rep));
	EXPECT_LT(self->rep.reps, 2);
	EXPECT_NE(HV_STATUS_SUCCESS, self->rep.status);
}

TEST_F(hvcall, tells_the_status_and_leaves_the_output_alone)
{
	self->get.code = UNKNOWN_PROPERTY;
	self->value = 0xa5a5a5a5;
	EXPECT_ERRNO(EINVAL, mshv_try_root_hvcall(self->pt, &self->call));
	EXPECT_EQ(HV_STATUS_UNKNOWN_PROPERTY, self->call.status);
	EXPECT_EQ(0xa5a5a5a5, self->value);
}

TEST_F(hvcall, goes_on_without_output)
{
	self->call.out_ptr = 0;
	self->call.out_sz = 0;
	EXPECT_ERRNO(0, mshv_try_root_hvcall(self->pt, &self->call));
	EXPECT_EQ(0, self->value);
}

#define CALL(field, v, e) PATCH(struct mshv_root_hvcall, field, v, e)

/* Bad in every call on every file */
static const struct patch bad_calls[] = {
	CALL(status, 1, EINVAL),
	CALL(status, 0xffff, EINVAL),
	CALL(rsvd[0], 1, EINVAL),
	CALL(rsvd[1], 1, EINVAL),
	CALL(rsvd[2], 1, EINVAL),
	CALL(rsvd[3], 1, EINVAL),
	CALL(rsvd[4], 1, EINVAL),
	CALL(rsvd[5], 1, EINVAL),
	CALL(in_sz, 0, EINVAL),
	CALL(in_sz, sizeof(uint64_t) - 1, EINVAL),
	CALL(in_sz, PAGE + 1, EINVAL),
	CALL(in_sz, 0xffff, EINVAL),
	CALL(out_sz, 0, EINVAL),
	CALL(out_sz, PAGE + 1, EINVAL),
	CALL(out_sz, 0xffff, EINVAL),
	CALL(in_ptr, 0, EINVAL),
	CALL(in_ptr, KERNEL_ADDRESS, EFAULT),
	CALL(out_ptr, KERNEL_ADDRESS, EFAULT),
	CALL(code, 0, EINVAL),
	CALL(code, HV_GET_PARTITION_ID, EINVAL),
	CALL(code, HV_DEPOSIT_MEMORY, EINVAL),
	CALL(code, HV_CREATE_VP, EINVAL),
	CALL(code, 0xffff, EINVAL),
};

static const struct patch bad_simple_calls[] = {
	CALL(reps, 1, EINVAL),
	CALL(reps, 0xffff, EINVAL),
};

static const struct patch bad_rep_calls[] = {
	CALL(reps, 0, EINVAL),
	CALL(reps, 3, EINVAL),			/* more than there is input */
	CALL(reps, 0x1000, EINVAL),
	CALL(reps, 0xffff, EINVAL),
	CALL(in_sz, sizeof(struct hv_vp_registers_header) + 7, EINVAL),
	CALL(in_sz, sizeof(uint64_t) + 3, EINVAL),	/* half a VP index */
	CALL(out_sz, 2 * sizeof(union hv_value) - 1, EINVAL),
	CALL(out_ptr, 0, EINVAL),
};

TEST_F(hvcall, refuses_bad_calls)
{
	const int fds[] = { self->dev, self->pt, self->vp };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(fds); i++) {
		EXPECT_REFUSED(fds[i], MSHV_ROOT_HVCALL, &self->call, bad_calls);
		EXPECT_REFUSED(fds[i], MSHV_ROOT_HVCALL, &self->call, bad_simple_calls);
		EXPECT_BAD_POINTERS(fds[i], MSHV_ROOT_HVCALL, sizeof(self->call));
	}
	for (i = 1; i < ARRAY_SIZE(fds); i++) {
		EXPECT_REFUSED(fds[i], MSHV_ROOT_HVCALL, &self->rep, bad_calls);
		EXPECT_REFUSED(fds[i], MSHV_ROOT_HVCALL, &self->rep, bad_rep_calls);
	}
}

/* in_sz says more than is there, out_sz likewise. */
TEST_F(hvcall, refuses_buffers_that_end_too_early)
{
	struct mshv_root_hvcall call = self->call;
	void *in = cut_short(call.in_sz, 1);
	void *out = cut_short(call.out_sz, 1);

	call.in_ptr = (uintptr_t)in;
	EXPECT_ERRNO(EFAULT, mshv_try_root_hvcall(self->pt, &call));
	call = self->call;
	call.out_ptr = (uintptr_t)out;
	EXPECT_ERRNO(EFAULT, mshv_try_root_hvcall(self->pt, &call));
}

TEST_F(hvcall, has_calls_for_some_files_only)
{
	const struct hv_partition_property set = {
		.code = HV_PROPERTY_SYNTHETIC_FEATURES,
	};
	struct mshv_root_hvcall call = {
		.code = HV_SET_PARTITION_PROPERTY,
		.in_sz = sizeof(set),
		.in_ptr = (uintptr_t)&set,
	};

	/* Nobody changes the partition we run in, ... */
	EXPECT_ERRNO(EINVAL, mshv_try_root_hvcall(self->dev, &call));
	/* ... nor a whole partition by way of a VP. */
	EXPECT_ERRNO(EINVAL, mshv_try_root_hvcall(self->vp, &call));
	EXPECT_ERRNO(EINVAL, mshv_try_root_hvcall(self->dev, &self->rep));
}

/* These say whether a VP runs. */
TEST_F(hvcall, does_not_touch_suspend_registers)
{
	static const uint32_t names[] = {
		HV_REG_EXPLICIT_SUSPEND, HV_REG_INTERCEPT_SUSPEND, 0x00000003,
	};
	struct hv_reg regs[] = { REG(RAX, 0x77), REG(RAX, 0) };
	unsigned int i;

	vp_set_regs(self->vp, (struct hv_reg[]){ REG(RAX, 0) }, 1);
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		regs[1].name = names[i];
		EXPECT_ERRNO(EPERM, vp_try_set_regs(self->vp, regs, 2)) {
			TH_LOG("register 0x%x", names[i]);
		}
	}
	/* All or nothing */
	EXPECT_EQ(0, vp_get_reg(self->vp, HV_REG_RAX));
}

TEST_F(hvcall, sets_and_gets_registers)
{
	struct hv_reg regs[REGS_MAX];
	uint32_t names[REGS_MAX];
	union hv_value values[REGS_MAX];
	unsigned int i;

	for (i = 0; i < REGS_MAX; i++) {
		names[i] = HV_REG_RAX + (i % 4);
		regs[i] = (struct hv_reg){ .name = names[i], .value.u64 = i };
	}
	ASSERT_ERRNO(0, vp_try_set_regs(self->vp, regs, REGS_MAX));
	ASSERT_ERRNO(0, vp_try_get_regs(self->vp, names, values, REGS_MAX));
	for (i = 0; i < REGS_MAX; i++)
		EXPECT_EQ(REGS_MAX - 4 + i % 4, values[i].u64);
}

TEST_HARNESS_MAIN
