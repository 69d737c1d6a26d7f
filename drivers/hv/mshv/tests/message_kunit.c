// SPDX-License-Identifier: GPL-2.0-only
/*
 * Messages of the hypervisor: whom they name, whatever numbers they carry.
 */
#include <kunit/test.h>

#include "../mshv.h"
#include "../synic.h"

#define PT_ID		42
#define MAX_BANKS	16	/* banks that a message has room for */
#define MAX_PAIRS	19

/* VPs that a parser named, in order; those at odd indexes are absent */
struct named {
	unsigned int nr;
	u64 pt[MAX_BANKS * 64];
	u32 vp[MAX_BANKS * 64];
};

static bool note(void *arg, u64 partition_id, u32 vp_index)
{
	struct named *named = arg;

	if (named->nr < ARRAY_SIZE(named->vp)) {
		named->pt[named->nr] = partition_id;
		named->vp[named->nr] = vp_index;
	}
	named->nr++;
	return !(vp_index & 1);
}

static int message_test_init(struct kunit *test)
{
	test->priv = kunit_kzalloc(test, sizeof(struct named), GFP_KERNEL);
	return test->priv ? 0 : -ENOMEM;
}

/* Bank @i of those in the mask holds the bits banks[i]. */
static const struct bitset {
	const char *desc;
	u64 format;
	u64 mask;
	u64 banks[3];
	unsigned int nr, alive;
	u32 first, last;
} bitsets[] = {
	{ "empty_mask_names_nobody", 0, 0, { ~0ULL, ~0ULL, ~0ULL } },
	{ "empty_bank_names_nobody", 0, 1, { 0, ~0ULL } },
	{ "lowest_vp", 0, 1, { 1 }, 1, 1, 0, 0 },
	{ "highest_vp_of_bank_0", 0, 1, { 1ULL << 63 }, 1, 0, 63, 63 },
	{ "second_bank_alone", 0, 2, { 5 }, 2, 2, 64, 66 },
	{ "banks_follow_each_other_without_gaps", 0, 1 | BIT(3) | BIT(15),
	  { 1, 2, 1ULL << 63 }, 3, 1, 0, 1023 },
	{ "bank_beyond_any_vp", 0, 1ULL << 63, { 1ULL << 63 }, 1, 0, 4095,
	  4095 },
	{ "absent_vp_does_not_cost_the_others", 0, 1, { 0xf }, 4, 2, 0, 3 },
	{ "full_bank", 0, 1, { ~0ULL, ~0ULL }, 64, 32, 0, 63 },
	{ "set_of_all_is_not_understood", 1, 1, { ~0ULL } },
	{ "unknown_format", ~0ULL, ~0ULL, { ~0ULL, ~0ULL, ~0ULL } },
};

KUNIT_ARRAY_PARAM_DESC(bitset, bitsets, desc);

static void bitset_message_names_these_vps(struct kunit *test)
{
	const struct bitset *set = test->param_value;
	struct hv_vp_signal_bitset_scheduler_message msg = {
		.partition_id = PT_ID,
		.overflow_count = U32_MAX,
		.vp_count = U16_MAX,
	};
	struct named *named = test->priv;

	msg.vp_bitset.bitset_buffer[0] = set->format;
	msg.vp_bitset.bitset_buffer[1] = set->mask;
	memcpy(&msg.vp_bitset.bitset_buffer[2], set->banks, sizeof(set->banks));

	KUNIT_EXPECT_EQ(test, mshv_msg_each_in_bitset(&msg, note, named),
			set->alive);
	KUNIT_ASSERT_EQ(test, named->nr, set->nr);
	if (set->nr) {
		KUNIT_EXPECT_EQ(test, named->pt[0], PT_ID);
		KUNIT_EXPECT_EQ(test, named->vp[0], set->first);
		KUNIT_EXPECT_EQ(test, named->vp[set->nr - 1], set->last);
	}
}

/* A mask of 64 banks in a message of 16: stop at the end of the message. */
static void bitset_mask_can_not_lead_out_of_the_message(struct kunit *test)
{
	struct {
		struct hv_vp_signal_bitset_scheduler_message msg;
		u64 behind[64];
	} *m = kunit_kmalloc(test, sizeof(*m), GFP_KERNEL);
	struct named *named = test->priv;

	KUNIT_ASSERT_NOT_NULL(test, m);
	memset(m, 0xff, sizeof(*m));
	m->msg.partition_id = PT_ID;
	m->msg.vp_bitset.bitset_buffer[0] = 0;

	KUNIT_EXPECT_EQ(test, mshv_msg_each_in_bitset(&m->msg, note, named),
			MAX_BANKS * 32);
	KUNIT_EXPECT_EQ(test, named->nr, MAX_BANKS * 64);
}

static const struct pairs {
	const char *desc;
	u8 vp_count;
	unsigned int nr, alive;
} pairs[] = {
	{ "no_pair", 0, 0, 0 },
	{ "one_pair", 1, 1, 1 },
	{ "absent_vp_does_not_cost_the_others", 3, 3, 2 },
	{ "as_many_as_fit", MAX_PAIRS, MAX_PAIRS, 10 },
	{ "one_more_than_fits", MAX_PAIRS + 1, MAX_PAIRS, 10 },
	{ "largest_count", 255, MAX_PAIRS, 10 },
};

KUNIT_ARRAY_PARAM_DESC(pairs, pairs, desc);

static void pair_message_names_these_vps(struct kunit *test)
{
	const struct pairs *p = test->param_value;
	struct hv_vp_signal_pair_scheduler_message msg = {
		.overflow_count = U32_MAX,
		.vp_count = p->vp_count,
	};
	struct named *named = test->priv;
	unsigned int i;

	for (i = 0; i < MAX_PAIRS; i++) {
		msg.partition_ids[i] = PT_ID + i;
		msg.vp_indexes[i] = i;
	}

	KUNIT_EXPECT_EQ(test, mshv_msg_each_in_pairs(&msg, note, named),
			p->alive);
	KUNIT_ASSERT_EQ(test, named->nr, p->nr);
	for (i = 0; i < p->nr; i++) {
		KUNIT_EXPECT_EQ(test, named->pt[i], PT_ID + i);
		KUNIT_EXPECT_EQ(test, named->vp[i], i);
	}
}

static struct kunit_case message_cases[] = {
	KUNIT_CASE_PARAM(bitset_message_names_these_vps, bitset_gen_params),
	KUNIT_CASE(bitset_mask_can_not_lead_out_of_the_message),
	KUNIT_CASE_PARAM(pair_message_names_these_vps, pairs_gen_params),
	{}
};

static struct kunit_suite message_suite = {
	.name = "mshv_message",
	.init = message_test_init,
	.test_cases = message_cases,
};

kunit_test_suite(message_suite);
