// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ring of doorbells: nothing in it is missed, wherever it is, and nobody
 * stays in it for ever.
 */
#include <kunit/test.h>

#include "../mshv.h"
#include "../port.h"
#include "fake_hv.h"

#define SLOTS	63

/* Not the id of any port: ringing it is harmless. */
#define ID	0x00fffff0

static const struct take {
	const char *desc;
	u8 tail;
	u8 filled[4];	/* slots in the order in which they have to come out */
	u8 nr;
} takes[] = {
	{ "empty_ring", 5 },
	{ "at_the_tail", 5, { 5 }, 1 },
	{ "in_order", 5, { 5, 6, 7 }, 3 },
	{ "around_the_end", 61, { 61, 62, 0, 1 }, 4 },
	{ "tail_is_lost_and_found_ahead", 5, { 20, 21 }, 2 },
	{ "tail_is_lost_and_found_behind", 5, { 2, 3 }, 2 },
	{ "right_before_the_tail", 5, { 4 }, 1 },
	{ "hole_in_between", 0, { 0, 2, 62 }, 3 },
};

KUNIT_ARRAY_PARAM_DESC(take, takes, desc);

static void ids_are_taken_from_the_ring(struct kunit *test)
{
	const struct take *take = test->param_value;
	struct hv_synic_event_ring ring = {};
	u8 tail = take->tail;
	unsigned int i;

	for (i = 0; i < take->nr; i++)
		ring.data[take->filled[i]] = ID + i;
	for (i = 0; i < take->nr; i++) {
		KUNIT_EXPECT_EQ(test, mshv_port_take(&ring, &tail), ID + i);
		KUNIT_EXPECT_EQ(test, ring.data[take->filled[i]], 0);
		KUNIT_EXPECT_EQ(test, tail, (take->filled[i] + 1) % SLOTS);
	}
	KUNIT_EXPECT_EQ(test, mshv_port_take(&ring, &tail), 0);
	KUNIT_EXPECT_LT(test, tail, SLOTS);
}

static void fill(struct hv_synic_event_ring *ring, unsigned int nr)
{
	while (nr--)
		ring->data[nr] = ID;
}

static void drained_ring_is_signaled_again(struct kunit *test)
{
	struct hv_synic_event_ring ring = { .signal_masked = 1 };
	u8 tail = 0;

	fill(&ring, 10);
	KUNIT_EXPECT_TRUE(test, mshv_port_drain_ring(&ring, &tail));
	KUNIT_EXPECT_NULL(test, memchr_inv(ring.data, 0, sizeof(ring.data)));
	KUNIT_EXPECT_EQ(test, ring.signal_masked, 0);
}

static void full_ring_is_bounded_work_and_not_the_end(struct kunit *test)
{
	struct hv_synic_event_ring ring = {};
	u8 tail = 17;

	fill(&ring, SLOTS);
	KUNIT_EXPECT_FALSE(test, mshv_port_drain_ring(&ring, &tail));
	KUNIT_EXPECT_EQ(test, ring.signal_masked, 1);
	KUNIT_EXPECT_TRUE(test, mshv_port_drain_ring(&ring, &tail));
	KUNIT_EXPECT_EQ(test, ring.signal_masked, 0);
}

static void hypervisor_hears_that_a_full_ring_has_room(struct kunit *test)
{
	struct fake_hv *fake = fake_hv_start(test, false);
	struct hv_synic_event_ring ring = { .ring_full = 1 };
	const struct fake_exit *e;
	u8 tail = 0;

	fill(&ring, 3);
	KUNIT_EXPECT_TRUE(test, mshv_port_drain_ring(&ring, &tail));
	KUNIT_EXPECT_EQ(test, ring.ring_full, 0);
	KUNIT_EXPECT_EQ(test, fake->nr_exits, 1);
	e = fake_hv_exit(test, fake, HVCALL_NOTIFY_PORT_RING_EMPTY, 0);
	KUNIT_EXPECT_EQ(test, e->control, 0x8b);
	KUNIT_EXPECT_EQ(test, e->in[0], 5);
	KUNIT_EXPECT_EQ(test, e->in_used, 1);
}

static struct kunit_case doorbell_cases[] = {
	KUNIT_CASE_PARAM(ids_are_taken_from_the_ring, take_gen_params),
	KUNIT_CASE(drained_ring_is_signaled_again),
	KUNIT_CASE(full_ring_is_bounded_work_and_not_the_end),
	KUNIT_CASE(hypervisor_hears_that_a_full_ring_has_room),
	{}
};

static struct kunit_suite doorbell_suite = {
	.name = "mshv_doorbell",
	.test_cases = doorbell_cases,
};

kunit_test_suite(doorbell_suite);
