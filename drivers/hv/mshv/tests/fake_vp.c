// SPDX-License-Identifier: GPL-2.0-only
/*
 * Partitions and VPs that exist for the driver, but in no hypervisor.
 */
#include <kunit/test.h>

#include "../mshv.h"
#include "fake_hv.h"

static void unpublish(void *arg)
{
	struct mshv_partition *pt = arg;

	xa_erase(&mshv.partitions, pt->hv.id);
	xa_destroy(&pt->vps);
}

/**
 * fake_pt_publish - let the interrupt handler know a partition
 * @test: the test; the partition goes away with it
 * @id: its id
 *
 * Return: the partition.
 */
struct mshv_partition *fake_pt_publish(struct kunit *test, u64 id)
{
	struct mshv_partition *pt;

	pt = kunit_kzalloc(test, sizeof(*pt), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, pt);
	pt->hv.id = id;
	mutex_init(&pt->lock);
	init_rwsem(&pt->memory);
	mt_init(&pt->regions);
	xa_init(&pt->vps);
	init_completion(&pt->async.done);
	mshv_irq_init(pt);
	KUNIT_ASSERT_NULL(test, xa_store(&mshv.partitions, id, pt, GFP_KERNEL));
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, unpublish, pt), 0);
	return pt;
}

/**
 * fake_vp_publish - let the interrupt handler know a VP
 * @test: the test; the VP goes away with it
 * @pt: its partition
 * @index: its index
 *
 * Return: the VP; it has a message page and no other.
 */
struct mshv_vp *fake_vp_publish(struct kunit *test, struct mshv_partition *pt,
				u32 index)
{
	struct mshv_vp *vp;

	vp = kunit_kzalloc(test, sizeof(*vp), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, vp);
	vp->pt = pt;
	vp->index = index;
	mutex_init(&vp->lock);
	mshv_vp_run_init(vp);
	vp->message.va = kunit_kzalloc(test, HV_HYP_PAGE_SIZE, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, vp->message.va);
	KUNIT_ASSERT_NULL(test, xa_store(&pt->vps, index, vp, GFP_KERNEL));
	return vp;
}

/**
 * fake_vp_start - put a fake hypervisor and one VP behind the running test
 * @test: the test; the fake's arg will be the VP
 *
 * Return: the VP; its message page holds a HALT.
 */
struct mshv_vp *fake_vp_start(struct kunit *test)
{
	struct fake_hv *fake = fake_hv_start(test, false);
	struct mshv_vp *vp;
	struct hv_message *msg;

	vp = fake_vp_publish(test, fake_pt_publish(test, FAKE_PT_ID),
			     FAKE_VP_INDEX);
	msg = vp->message.va;
	msg->header.message_type = HVMSG_X64_HALT;
	fake->arg = vp;
	return vp;
}

/**
 * fake_vp_run - run a VP as MSHV_RUN_VP does
 * @vp: the VP
 * @msg: out: the message
 *
 * Return: what mshv_vp_run() returns.
 */
int fake_vp_run(struct mshv_vp *vp, struct hv_message *msg)
{
	guard(mutex)(&vp->lock);
	return mshv_vp_run(vp, msg);
}
