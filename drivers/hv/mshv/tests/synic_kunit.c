// SPDX-License-Identifier: GPL-2.0-only
/*
 * Messages as they arrive: who is told, and that each one is acknowledged.
 */
#include <kunit/static_stub.h>
#include <kunit/test.h>

#include "../arch.h"
#include "../mshv.h"
#include "../synic.h"
#include "fake_hv.h"

#define PT_ID		42
#define ABSENT_PT	43

/* Which VPs a row expects to be told */
#define VP0		BIT(0)
#define VP2		BIT(1)
#define BOTH		(VP0 | VP2)

/**
 * struct synic - state of a test
 * @vp0: VP 0 of partition PT_ID
 * @vp2: VP 2 of it; there is no other
 * @slot: where the hypervisor writes its message
 * @nr_eoms: how often EOM was written
 * @full_at_eom: the slot was not free yet when it was
 */
struct synic {
	struct mshv_vp *vp0;
	struct mshv_vp *vp2;
	struct hv_message slot;
	unsigned int nr_eoms;
	bool full_at_eom;
};

static void fake_synic_set(u32 reg, u64 value)
{
	struct synic *sy = kunit_get_current_test()->priv;

	if (reg != HV_MSR_EOM)
		return;
	sy->nr_eoms++;
	sy->full_at_eom |= sy->slot.header.message_type != HVMSG_NONE;
}

static int synic_test_init(struct kunit *test)
{
	struct mshv_partition *pt = fake_pt_publish(test, PT_ID);
	struct synic *sy = kunit_kzalloc(test, sizeof(*sy), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, sy);
	sy->vp0 = fake_vp_publish(test, pt, 0);
	sy->vp2 = fake_vp_publish(test, pt, 2);
	test->priv = sy;
	kunit_activate_static_stub(test, mshv_synic_set, fake_synic_set);
	return 0;
}

static unsigned int told(const struct synic *sy)
{
	return (test_bit(MSHV_VP_KICKED, &sy->vp0->run.events) ? VP0 : 0) |
	       (test_bit(MSHV_VP_KICKED, &sy->vp2->run.events) ? VP2 : 0);
}

static void bitset(struct hv_message *msg, u64 pt, u64 mask, u64 bank)
{
	struct hv_vp_signal_bitset_scheduler_message *p = (void *)msg->u.payload;

	p->partition_id = pt;
	p->vp_bitset.bitset_buffer[0] = HV_GENERIC_SET_SPARSE_4K;
	p->vp_bitset.bitset_buffer[1] = mask;
	p->vp_bitset.bitset_buffer[2] = bank;
}

static void bitset_of_three(struct hv_message *msg)
{
	bitset(msg, PT_ID, 1, BIT(0) | BIT(1) | BIT(2));
}

static void bitset_of_absent_partition(struct hv_message *msg)
{
	bitset(msg, ABSENT_PT, 1, BIT(0) | BIT(2));
}

static void bitset_all_ones(struct hv_message *msg)
{
	memset(msg->u.payload, 0xff, sizeof(msg->u.payload));
	bitset(msg, PT_ID, ~0ULL, ~0ULL);
}

/* Absent ones before, between and after those that exist */
static void pairs(struct hv_message *msg)
{
	struct hv_vp_signal_pair_scheduler_message *p = (void *)msg->u.payload;
	static const u64 pts[] = { ABSENT_PT, PT_ID, PT_ID, PT_ID, 0 };
	static const u32 vps[] = { 0, 0, 7, 2, 0 };

	p->vp_count = ARRAY_SIZE(vps);
	memcpy(p->partition_ids, pts, sizeof(pts));
	memcpy(p->vp_indexes, vps, sizeof(vps));
}

static void pairs_of_hostile_count(struct hv_message *msg)
{
	struct hv_vp_signal_pair_scheduler_message *p = (void *)msg->u.payload;

	memset(p, 0xff, sizeof(*p));
	p->partition_ids[18] = PT_ID;
	p->vp_indexes[18] = 2;
}

static void opaque(struct hv_message *msg, u64 pt, u32 vp)
{
	struct hv_opaque_intercept_message *p = (void *)msg->u.payload;

	msg->header.sender = pt;
	p->vp_index = vp;
}

static void opaque_of_vp2(struct hv_message *msg)
{
	opaque(msg, PT_ID, 2);
}

static void opaque_of_absent_vp(struct hv_message *msg)
{
	opaque(msg, PT_ID, 1);
}

static void opaque_of_hostile_vp(struct hv_message *msg)
{
	opaque(msg, PT_ID, U32_MAX);
}

static void opaque_of_absent_partition(struct hv_message *msg)
{
	opaque(msg, ABSENT_PT, 2);
}

static void async_of_absent_partition(struct hv_message *msg)
{
	msg->u.payload[0] = ABSENT_PT;
}

static void async_that_nobody_waits_for(struct hv_message *msg)
{
	msg->u.payload[0] = PT_ID;
}

static void eoi_that_nobody_waits_for(struct hv_message *msg)
{
	memset(msg->u.payload, 0xff, sizeof(msg->u.payload));
	msg->header.sender = PT_ID;
}

static void eoi_of_absent_partition(struct hv_message *msg)
{
	msg->header.sender = ABSENT_PT;
}

static void doorbell(struct hv_message *msg)
{
	msg->u.payload[0] = HV_SYNIC_DOORBELL_SINT_INDEX;
}

static void garbage(struct hv_message *msg)
{
	memset(msg->u.payload, 0xff, sizeof(msg->u.payload));
	msg->header.sender = ~0ULL;
}

static const struct row {
	const char *desc;
	u32 type;
	void (*fill)(struct hv_message *msg);
	unsigned int told;
	bool unknown;
} rows[] = {
	{ "bitset_tells_all_vps_that_exist", 0x80000100, bitset_of_three, BOTH },
	{ "bitset_of_absent_partition", 0x80000100, bitset_of_absent_partition },
	{ "bitset_of_garbage_tells_who_exists", 0x80000100, bitset_all_ones,
	  BOTH },
	{ "pairs_tell_all_vps_that_exist", 0x80000101, pairs, BOTH },
	{ "pairs_are_clamped_to_the_message", 0x80000101,
	  pairs_of_hostile_count, VP2 },
	{ "intercept_tells_its_vp", 0x8000003f, opaque_of_vp2, VP2 },
	{ "intercept_of_absent_vp", 0x8000003f, opaque_of_absent_vp },
	{ "intercept_of_hostile_vp", 0x8000003f, opaque_of_hostile_vp },
	{ "intercept_of_absent_partition", 0x8000003f,
	  opaque_of_absent_partition },
	{ "completion_of_absent_partition", 0x80000070,
	  async_of_absent_partition },
	{ "completion_that_is_late", 0x80000070, async_that_nobody_waits_for },
	{ "eoi_that_nobody_waits_for", 0x80010004, eoi_that_nobody_waits_for },
	{ "eoi_of_absent_partition", 0x80010004, eoi_of_absent_partition },
	{ "doorbell", 0x80000061, doorbell },
	{ "doorbell_of_another_sint", 0x80000061, garbage },
	{ "unknown_user_type", 1, garbage, .unknown = true },
	{ "unknown_timer_type", 0x80000010, garbage, .unknown = true },
	{ "unknown_highest_type", 0xffffffff, garbage, .unknown = true },
};

KUNIT_ARRAY_PARAM_DESC(row, rows, desc);

static void receive(struct kunit *test, const struct row *row, bool pending)
{
	struct synic *sy = test->priv;
	long unknown = atomic_long_read(&mshv.nr_unknown_messages);

	sy->slot = (struct hv_message) {};
	row->fill(&sy->slot);
	sy->slot.header.message_flags.msg_pending = pending;
	sy->slot.header.message_type = row->type;
	mshv_synic_receive(&sy->slot);

	KUNIT_EXPECT_EQ(test, sy->slot.header.message_type, HVMSG_NONE);
	KUNIT_EXPECT_EQ(test, told(sy), row->told);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&mshv.nr_unknown_messages),
			unknown + row->unknown);
}

static void message_is_acknowledged_and_tells_its_vps(struct kunit *test)
{
	struct synic *sy = test->priv;

	receive(test, test->param_value, false);
	KUNIT_EXPECT_EQ(test, sy->nr_eoms, 0);
}

static void eom_is_written_when_a_message_is_pending(struct kunit *test)
{
	struct synic *sy = test->priv;

	receive(test, test->param_value, true);
	KUNIT_EXPECT_EQ(test, sy->nr_eoms, 1);
	KUNIT_EXPECT_FALSE(test, sy->full_at_eom);
}

static void empty_slot_is_left_alone(struct kunit *test)
{
	struct synic *sy = test->priv;

	/* What a message that was acknowledged before may have left behind */
	sy->slot.header.message_flags.msg_pending = true;
	opaque_of_vp2(&sy->slot);
	mshv_synic_receive(&sy->slot);
	KUNIT_EXPECT_EQ(test, sy->nr_eoms, 0);
	KUNIT_EXPECT_EQ(test, told(sy), 0);
}

static void each_signal_is_counted_for_the_drain_at_destroy(struct kunit *test)
{
	struct synic *sy = test->priv;
	unsigned int i;

	for (i = 0; i < 3; i++) {
		sy->slot.header.message_type = HVMSG_SCHEDULER_VP_SIGNAL_PAIR;
		pairs(&sy->slot);
		mshv_synic_receive(&sy->slot);
	}
	KUNIT_EXPECT_EQ(test, atomic64_read(&sy->vp2->run.nr_signals), 3);
}

static struct kunit_case synic_cases[] = {
	KUNIT_CASE_PARAM(message_is_acknowledged_and_tells_its_vps,
			 row_gen_params),
	KUNIT_CASE_PARAM(eom_is_written_when_a_message_is_pending,
			 row_gen_params),
	KUNIT_CASE(empty_slot_is_left_alone),
	KUNIT_CASE(each_signal_is_counted_for_the_drain_at_destroy),
	{}
};

static struct kunit_suite synic_suite = {
	.name = "mshv_synic",
	.init = synic_test_init,
	.test_cases = synic_cases,
};

kunit_test_suite(synic_suite);
