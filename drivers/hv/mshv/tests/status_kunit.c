// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table from hypervisor status to errno: it is user interface, so every
 * entry is written down here a second time, by number.
 */
#include <kunit/test.h>
#include <linux/err.h>
#include <hyperv/hvcall.h>

static const struct expected {
	u16 status;
	int error;
	const char *name;
} expected[] = {
	{ 0x00, 0, "SUCCESS" },
	{ 0x02, -EOPNOTSUPP, "INVALID_HYPERCALL_CODE" },
	{ 0x03, -EINVAL, "INVALID_HYPERCALL_INPUT" },
	{ 0x04, -EINVAL, "INVALID_ALIGNMENT" },
	{ 0x05, -EINVAL, "INVALID_PARAMETER" },
	{ 0x06, -EACCES, "ACCESS_DENIED" },
	{ 0x07, -EBUSY, "INVALID_PARTITION_STATE" },
	{ 0x08, -EPERM, "OPERATION_DENIED" },
	{ 0x09, -EINVAL, "UNKNOWN_PROPERTY" },
	{ 0x0a, -ERANGE, "PROPERTY_VALUE_OUT_OF_RANGE" },
	{ 0x0b, -ENOMEM, "INSUFFICIENT_MEMORY" },
	{ 0x0d, -EINVAL, "INVALID_PARTITION_ID" },
	{ 0x0e, -EINVAL, "INVALID_VP_INDEX" },
	{ 0x10, -ENOENT, "NOT_FOUND" },
	{ 0x11, -EINVAL, "INVALID_PORT_ID" },
	{ 0x12, -EINVAL, "INVALID_CONNECTION_ID" },
	{ 0x13, -ENOBUFS, "INSUFFICIENT_BUFFERS" },
	{ 0x14, -EAGAIN, "NOT_ACKNOWLEDGED" },
	{ 0x15, -EBUSY, "INVALID_VP_STATE" },
	{ 0x1d, -ENOSPC, "NO_RESOURCES" },
	{ 0x20, -EOPNOTSUPP, "PROCESSOR_FEATURE_NOT_SUPPORTED" },
	{ 0x41, -EINVAL, "INVALID_LP_INDEX" },
	{ 0x50, -EINVAL, "INVALID_REGISTER_VALUE" },
	{ 0x71, -EIO, "OPERATION_FAILED" },
	{ 0x73, -ENOMEM, "INSUFFICIENT_ROOT_MEMORY" },
	{ 0x75, -ENOMEM, "INSUFFICIENT_CONTIGUOUS_MEMORY" },
	{ 0x78, -ETIMEDOUT, "TIME_OUT" },
	{ 0x79, -EINPROGRESS, "CALL_PENDING" },
	{ 0x83, -ENOMEM, "INSUFFICIENT_CONTIGUOUS_ROOT_MEMORY" },
	{ 0x86, -EEXIST, "VTL_ALREADY_ENABLED" },
};

static void expected_desc(const struct expected *e, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%#04x_%s", e->status, e->name);
}

KUNIT_ARRAY_PARAM(expected, expected, expected_desc);

static void status_has_its_documented_errno_and_name(struct kunit *test)
{
	const struct expected *e = test->param_value;

	KUNIT_EXPECT_EQ(test, hv_status_to_errno(e->status), e->error);
	KUNIT_EXPECT_STREQ(test, hv_status_name(e->status), e->name);
}

static void table_has_nothing_undocumented(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, hv_status_table_len, ARRAY_SIZE(expected));
}

static void table_is_ordered_without_duplicates(struct kunit *test)
{
	unsigned int i;

	for (i = 1; i < hv_status_table_len; i++)
		KUNIT_EXPECT_LT(test, hv_status_table[i - 1].status,
				hv_status_table[i].status);
}

/* Whatever the hypervisor says: success is 0 alone, all else is an errno. */
static void every_16_bit_status_becomes_a_valid_errno(struct kunit *test)
{
	unsigned int status, unknown = 0;

	KUNIT_EXPECT_EQ(test, hv_status_to_errno(0), 0);
	for (status = 1; status <= U16_MAX; status++) {
		int error = hv_status_to_errno(status);

		if (!IS_ERR_VALUE((long)error))
			KUNIT_FAIL_AND_ABORT(test, "status %#x becomes %d",
					     status, error);
		KUNIT_ASSERT_NOT_NULL(test, hv_status_name(status));
		unknown += error == -EIO;
	}
	KUNIT_EXPECT_EQ(test, unknown, U16_MAX + 2 - ARRAY_SIZE(expected));
}

static void unknown_status_is_eio(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, hv_status_to_errno(0x01), -EIO);
	KUNIT_EXPECT_EQ(test, hv_status_to_errno(0xffff), -EIO);
	KUNIT_EXPECT_STREQ(test, hv_status_name(0x01), "unknown status");
}

static void exactly_four_statuses_ask_for_memory(struct kunit *test)
{
	unsigned int status, n = 0;

	for (status = 0; status <= U16_MAX; status++)
		n += hv_status_needs_memory(status);

	KUNIT_EXPECT_EQ(test, n, 4);
	KUNIT_EXPECT_TRUE(test, hv_status_needs_memory(0x0b));
	KUNIT_EXPECT_TRUE(test, hv_status_needs_memory(0x73));
	KUNIT_EXPECT_TRUE(test, hv_status_needs_memory(0x75));
	KUNIT_EXPECT_TRUE(test, hv_status_needs_memory(0x83));
}

static struct kunit_case status_cases[] = {
	KUNIT_CASE_PARAM(status_has_its_documented_errno_and_name,
			 expected_gen_params),
	KUNIT_CASE(table_has_nothing_undocumented),
	KUNIT_CASE(table_is_ordered_without_duplicates),
	KUNIT_CASE(every_16_bit_status_becomes_a_valid_errno),
	KUNIT_CASE(unknown_status_is_eio),
	KUNIT_CASE(exactly_four_statuses_ask_for_memory),
	{}
};

static struct kunit_suite status_suite = {
	.name = "mshv_status",
	.test_cases = status_cases,
};

kunit_test_suite(status_suite);
