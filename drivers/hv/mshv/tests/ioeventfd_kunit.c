// SPDX-License-Identifier: GPL-2.0-only
/*
 * ioeventfds: which doorbell each becomes, that the right one rings, and that
 * no port stays behind.
 */
#include <kunit/test.h>

#include "../mshv.h"
#include "../port.h"
#include "fake_vmm.h"

#define ADDR		0xfe000000ULL

#define MATCH		BIT(MSHV_IOEVENTFD_BIT_DATAMATCH)
#define PIO		BIT(MSHV_IOEVENTFD_BIT_PIO)
#define DEASSIGN	BIT(MSHV_IOEVENTFD_BIT_DEASSIGN)

static int ioeventfd_test_init(struct kunit *test)
{
	fake_vmm_start_partition(test);
	return 0;
}

static long ioeventfd(struct kunit *test, u32 flags, u64 addr, u32 len,
		      u64 datamatch, int fd)
{
	struct mshv_user_ioeventfd args = {
		.datamatch = datamatch, .addr = addr, .len = len, .fd = fd,
		.flags = flags,
	};

	return fake_vmm_pt(the_vmm(test), MSHV_IOEVENTFD, &args, sizeof(args));
}

/* The only port there is */
static struct model_port *the_port(struct kunit *test)
{
	struct model_port *port = the_vmm(test)->m->port;

	KUNIT_ASSERT_NE(test, port[0].id, 0);
	KUNIT_ASSERT_EQ(test, port[1].id, 0);
	return &port[0];
}

/* The guest writes: the hypervisor puts the port's id into the ring. */
static void ring(struct kunit *test, u32 port_id)
{
	struct hv_synic_event_ring ring = { .data[9] = port_id };
	u8 tail = 9;

	KUNIT_EXPECT_TRUE(test, mshv_port_drain_ring(&ring, &tail));
}

/* How a write is told from others; literally, as the hypervisor has it */
static const struct kind {
	const char *desc;
	u32 flags, len;
	u64 datamatch;
	u64 port_flags, port_value;
} kinds[] = {
	{ "any_write", 0, 0, 7, 0x80000000 },
	{ "any_byte", 0, 1, 7, 0x80000001 },
	{ "any_word", 0, 2, 7, 0x80000002 },
	{ "any_dword", 0, 4, 7, 0x80000003 },
	{ "any_qword", 0, 8, 7, 0x80000004 },
	{ "a_byte", MATCH, 1, 0x12, 1, 0x12 },
	{ "a_word", MATCH, 2, 0x1234, 2, 0x1234 },
	{ "a_dword", MATCH, 4, 0, 3, 0 },
	{ "a_qword", MATCH, 8, ~0ULL, 4, ~0ULL },
};

KUNIT_ARRAY_PARAM_DESC(kind, kinds, desc);

static void doorbell_is_what_was_asked_for(struct kunit *test)
{
	const struct kind *kind = test->param_value;
	int fd = fake_eventfd(test);
	struct model_port *port;

	KUNIT_ASSERT_EQ(test, ioeventfd(test, kind->flags, ADDR, kind->len,
					kind->datamatch, fd), 0);
	port = the_port(test);
	KUNIT_EXPECT_TRUE(test, port->connected);
	KUNIT_EXPECT_EQ(test, port->gpa, ADDR);
	KUNIT_EXPECT_EQ(test, port->flags, kind->port_flags);
	KUNIT_EXPECT_EQ(test, port->value, kind->port_value);
	KUNIT_EXPECT_EQ(test, port->id >> 24, 0);

	ring(test, port->id);
	KUNIT_EXPECT_EQ(test, fake_eventfd_read(test, fd), 1);
	ring(test, port->id + 1);
	KUNIT_EXPECT_EQ(test, fake_eventfd_read(test, fd), 0);
	fake_eventfd_close(fd);
	fake_vmm_finish(test);
}

static const struct refusal {
	const char *desc;
	u32 flags;
	u64 addr;
	u32 len;
	int err;
} refusals[] = {
	{ "odd_length", 0, ADDR, 3, -EINVAL },
	{ "long_length", 0, ADDR, 16, -EINVAL },
	{ "longest_length", 0, ADDR, ~0U, -EINVAL },
	{ "highest_bit_of_length", 0, ADDR, 1U << 31, -EINVAL },
	{ "end_of_the_address_space", 0, ~0ULL - 3, 8, -EINVAL },
	{ "unknown_flag", BIT(3), ADDR, 4, -EINVAL },
	{ "highest_flag", BIT(31), ADDR, 4, -EINVAL },
	{ "port_space", PIO, 0x80, 1, -EOPNOTSUPP },
	{ "port_space_deassign", PIO | DEASSIGN, 0x80, 1, -EOPNOTSUPP },
	{ "nothing_to_deassign", DEASSIGN, ADDR, 4, -ENOENT },
};

KUNIT_ARRAY_PARAM_DESC(refusal, refusals, desc);

static void senseless_arguments_are_refused(struct kunit *test)
{
	const struct refusal *refusal = test->param_value;
	int fd = fake_eventfd(test);

	KUNIT_EXPECT_EQ(test, ioeventfd(test, refusal->flags, refusal->addr,
					refusal->len, 0, fd), refusal->err);
	KUNIT_EXPECT_EQ(test, fake_hv_count(test->priv, HVCALL_CREATE_PORT), 0);
	fake_eventfd_close(fd);
	fake_vmm_finish(test);
}

static void file_has_to_be_an_eventfd(struct kunit *test)
{
	struct mshv_user_ioeventfd args = { .fd = 0, .rsvd[3] = 1 };

	KUNIT_EXPECT_EQ(test, ioeventfd(test, 0, ADDR, 4, 0, -1), -EBADF);
	KUNIT_EXPECT_EQ(test, ioeventfd(test, DEASSIGN, ADDR, 4, 0, -1), -EBADF);
	KUNIT_EXPECT_EQ(test, fake_vmm_pt(the_vmm(test), MSHV_IOEVENTFD, &args,
					  sizeof(args)), -EINVAL);
	fake_vmm_finish(test);
}

static void one_write_has_one_doorbell(struct kunit *test)
{
	int fd = fake_eventfd(test);

	KUNIT_ASSERT_EQ(test, ioeventfd(test, MATCH, ADDR, 4, 5, fd), 0);
	KUNIT_EXPECT_EQ(test, ioeventfd(test, MATCH, ADDR, 4, 5, fd), -EEXIST);
	KUNIT_EXPECT_EQ(test, ioeventfd(test, 0, ADDR, 4, 0, fd), -EEXIST);
	KUNIT_EXPECT_EQ(test, ioeventfd(test, MATCH, ADDR, 4, 6, fd), 0);
	KUNIT_EXPECT_EQ(test, ioeventfd(test, MATCH, ADDR + 4, 4, 5, fd), 0);
	KUNIT_EXPECT_EQ(test, ioeventfd(test, 0, ADDR, 2, 0, fd), 0);
	KUNIT_EXPECT_EQ(test, ioeventfd(test, MATCH, ADDR, 2, 9, fd), -EEXIST);
	fake_eventfd_close(fd);
	fake_vmm_finish(test);
}

static void only_what_was_assigned_is_deassigned(struct kunit *test)
{
	int fd = fake_eventfd(test), other = fake_eventfd(test);
	u32 id;

	KUNIT_ASSERT_EQ(test, ioeventfd(test, MATCH, ADDR, 4, 5, fd), 0);
	id = the_port(test)->id;
	KUNIT_EXPECT_EQ(test, ioeventfd(test, MATCH | DEASSIGN, ADDR, 4, 6, fd),
			-ENOENT);
	KUNIT_EXPECT_EQ(test, ioeventfd(test, DEASSIGN, ADDR, 4, 5, fd), -ENOENT);
	KUNIT_EXPECT_EQ(test, ioeventfd(test, MATCH | DEASSIGN, ADDR, 2, 5, fd),
			-ENOENT);
	KUNIT_EXPECT_EQ(test, ioeventfd(test, MATCH | DEASSIGN, ADDR + 4, 4, 5,
					fd), -ENOENT);
	KUNIT_EXPECT_EQ(test, ioeventfd(test, MATCH | DEASSIGN, ADDR, 4, 5,
					other), -ENOENT);
	ring(test, id);
	KUNIT_EXPECT_EQ(test, fake_eventfd_read(test, fd), 1);

	KUNIT_EXPECT_EQ(test, ioeventfd(test, MATCH | DEASSIGN, ADDR, 4, 5, fd),
			0);
	ring(test, id);
	KUNIT_EXPECT_EQ(test, fake_eventfd_read(test, fd), 0);
	KUNIT_EXPECT_EQ(test, the_vmm(test)->m->port[0].id, 0);
	fake_eventfd_close(fd);
	fake_eventfd_close(other);
	fake_vmm_finish(test);
}

static void id_is_used_again_as_late_as_possible(struct kunit *test)
{
	int fd = fake_eventfd(test);
	u32 id;

	KUNIT_ASSERT_EQ(test, ioeventfd(test, 0, ADDR, 4, 0, fd), 0);
	id = the_port(test)->id;
	KUNIT_ASSERT_EQ(test, ioeventfd(test, DEASSIGN, ADDR, 4, 0, fd), 0);
	KUNIT_ASSERT_EQ(test, ioeventfd(test, 0, ADDR, 4, 0, fd), 0);
	KUNIT_EXPECT_EQ(test, the_port(test)->id, id + 1);

	/* A bell that was rung before reaches nobody. */
	ring(test, id);
	KUNIT_EXPECT_EQ(test, fake_eventfd_read(test, fd), 0);
	fake_eventfd_close(fd);
	fake_vmm_finish(test);
}

static const struct no_port {
	const char *desc;
	u16 code, status;
	int err;
} no_ports[] = {
	{ "not_for_this_partition", HVCALL_CREATE_PORT,
	  HV_STATUS_ACCESS_DENIED, -EOPNOTSUPP },
	{ "not_for_any_partition", HVCALL_CREATE_PORT,
	  HV_STATUS_OPERATION_DENIED, -EOPNOTSUPP },
	{ "no_such_call", HVCALL_CREATE_PORT,
	  HV_STATUS_INVALID_HYPERCALL_CODE, -EOPNOTSUPP },
	{ "no_more_ports", HVCALL_CREATE_PORT, HV_STATUS_NO_RESOURCES,
	  -ENOSPC },
	{ "no_connection", HVCALL_CONNECT_PORT, HV_STATUS_ACCESS_DENIED,
	  -EOPNOTSUPP },
	{ "bad_connection", HVCALL_CONNECT_PORT,
	  HV_STATUS_INVALID_CONNECTION_ID, -EINVAL },
};

KUNIT_ARRAY_PARAM_DESC(no_port, no_ports, desc);

static void missing_doorbells_leave_nothing_behind(struct kunit *test)
{
	const struct no_port *np = test->param_value;
	const struct fake_step steps[] = {
		{ .code = np->code, .status = np->status },
	};
	int fd = fake_eventfd(test);

	fake_hv_script(test->priv, steps, ARRAY_SIZE(steps));
	KUNIT_EXPECT_EQ(test, ioeventfd(test, 0, ADDR, 4, 0, fd), np->err);
	KUNIT_EXPECT_EQ(test, the_vmm(test)->m->port[0].id, 0);
	KUNIT_EXPECT_EQ(test, ioeventfd(test, DEASSIGN, ADDR, 4, 0, fd),
			-ENOENT);
	KUNIT_EXPECT_EQ(test, ioeventfd(test, 0, ADDR, 4, 0, fd), 0);
	fake_eventfd_close(fd);
	fake_vmm_finish(test);
}

static struct kunit_case ioeventfd_cases[] = {
	KUNIT_CASE_PARAM(doorbell_is_what_was_asked_for, kind_gen_params),
	KUNIT_CASE_PARAM(senseless_arguments_are_refused, refusal_gen_params),
	KUNIT_CASE(file_has_to_be_an_eventfd),
	KUNIT_CASE(one_write_has_one_doorbell),
	KUNIT_CASE(only_what_was_assigned_is_deassigned),
	KUNIT_CASE(id_is_used_again_as_late_as_possible),
	KUNIT_CASE_PARAM(missing_doorbells_leave_nothing_behind,
			 no_port_gen_params),
	{}
};

static struct kunit_suite ioeventfd_suite = {
	.name = "mshv_ioeventfd",
	.init = ioeventfd_test_init,
	.test_cases = ioeventfd_cases,
};

kunit_test_suite(ioeventfd_suite);
