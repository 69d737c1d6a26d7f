// SPDX-License-Identifier: GPL-2.0-only
/*
 * Child partitions, from creation to destruction.
 */
#define pr_fmt(fmt) "mshv: " fmt

#include <linux/anon_inodes.h>
#include <linux/delay.h>
#include <linux/fcntl.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/printk.h>
#include <linux/rcupdate.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include "mshv.h"
#include "port.h"
#include "region.h"
#include "trace.h"

/**
 * DOC: Lifetime
 *
 * A partition lives as long as its own fd or the fd of one of its VPs is open,
 * in whatever order they are closed.  Destroying it can't fail: what the
 * hypervisor does not give back is leaked and counted, never reused.
 */

/* How long an operation of the hypervisor may be under way */
#define ASYNC_TIMEOUT		(60 * HZ)

/* How long mshv_partition_kill() waits for somebody to let go of a lock */
#define KILL_TRIES		200
#define KILL_TRY_MS		10

/* What the partition has in the hypervisor; nobody runs its VPs. */
static void teardown(struct mshv_partition *pt)
{
	unsigned long index;
	struct mshv_vp *vp;
	bool finalized;
	long left;

	lockdep_assert_held(&pt->lock);
	if (pt->torn_down)
		return;
	pt->torn_down = true;
	WRITE_ONCE(pt->dead, true);
	mshv_irqfd_release_all(pt);
	mshv_ioeventfd_release_all(pt);

	/* The hypervisor's signals are waited for: still published. */
	xa_for_each(&pt->vps, index, vp)
		mshv_vp_stop(vp);
	xa_cmpxchg(&mshv.partitions, pt->hv.id, pt, NULL, GFP_KERNEL);
	synchronize_rcu();

	xa_for_each(&pt->vps, index, vp)
		mshv_vp_teardown(vp);
	mshv_regions_unmap_all(pt);
	finalized = pt->initialized && !hvcall_finalize_partition(&pt->hv);
	mshv_regions_free_all(pt, finalized);

	hvcall_withdraw_all(&pt->hv);
	if (hvcall_delete_partition(&pt->hv))
		pr_warn_ratelimited("partition %llu can't be deleted\n",
				    pt->hv.id);

	left = atomic_long_read(&pt->hv.nr_deposited);
	trace_mshv_partition_destroy(pt->hv.id, left);
	if (left) {
		atomic_long_add(left, &mshv.nr_kept_pages);
		pr_warn_ratelimited("partition %llu: the hypervisor kept %ld pages\n",
				    pt->hv.id, left);
	}
}

static void destroy(struct kref *refs)
{
	struct mshv_partition *pt =
		container_of(refs, struct mshv_partition, refs);
	unsigned long index;
	struct mshv_vp *vp;

	scoped_guard(mutex, &pt->lock)
		teardown(pt);

	xa_for_each(&pt->vps, index, vp)
		mshv_vp_free(vp);
	xa_destroy(&pt->vps);
	mshv_irq_free(pt);
	mmdrop(pt->mm);
	mutex_destroy(&pt->lock);
	kfree(pt);
}

/**
 * mshv_partition_put - drop a reference, and with the last the partition
 * @pt: the partition
 */
void mshv_partition_put(struct mshv_partition *pt)
{
	kref_put(&pt->refs, destroy);
}

static struct mshv_partition *alloc_partition(void)
{
	struct mshv_partition *pt = kzalloc_obj(*pt, GFP_KERNEL_ACCOUNT);

	if (!pt)
		return NULL;
	kref_init(&pt->refs);
	mutex_init(&pt->lock);
	xa_init(&pt->vps);
	init_rwsem(&pt->memory);
	mt_init(&pt->regions);
	mshv_irq_init(pt);
	INIT_LIST_HEAD(&pt->ioeventfds);
	init_completion(&pt->async.done);
	mmgrab(current->mm);
	pt->mm = current->mm;
	return pt;
}

static void free_unborn(struct mshv_partition *pt)
{
	mmdrop(pt->mm);
	kfree(pt);
}

static int publish(struct mshv_partition *pt)
{
	int err = xa_insert(&mshv.partitions, pt->hv.id, pt,
			    GFP_KERNEL_ACCOUNT);

	/*
	 * Pairs with the barrier before the walk over all partitions when the
	 * machine goes down: either that finds this one, or this finds dying.
	 */
	smp_mb();
	return !err && READ_ONCE(mshv.dying) ? -ESHUTDOWN : err;
}

/**
 * mshv_partition_create - create a partition and a fd for it
 * @hv_flags: HV_PARTITION_CREATION_FLAG_*
 * @props: processor features it does not get
 * @fops: of the fd; its release drops the reference that the fd has
 *
 * Return: the fd, or an errno.
 */
int mshv_partition_create(u64 hv_flags,
			  const struct hv_partition_creation_properties *props,
			  const struct file_operations *fops)
{
	union hv_partition_isolation_properties isolation = {};
	struct mshv_partition *pt = alloc_partition();
	int ret;

	if (!pt)
		return -ENOMEM;
	pt->large_pages = hv_flags &
			  HV_PARTITION_CREATION_FLAG_GPA_SUPER_PAGES_ENABLED;

	ret = hvcall_create_partition(hv_flags, props, isolation, &pt->hv);
	if (ret) {
		free_unborn(pt);
		return ret;
	}

	/* From here on, undoing is destroying. */
	ret = publish(pt);
	if (!ret)
		ret = FD_ADD(O_CLOEXEC,
			     anon_inode_getfile("mshv_partition",
						fops, pt, O_RDWR));
	trace_mshv_partition_create(pt->hv.id, min(ret, 0));
	if (ret < 0)
		mshv_partition_put(pt);
	return ret;
}

/**
 * mshv_partition_initialize - make a partition ready to run
 * @pt: the partition; its lock is held
 *
 * Early properties can't be set any more afterwards.  May be called again.
 *
 * Return: 0 or the errno of the hypercall.
 */
int mshv_partition_initialize(struct mshv_partition *pt)
{
	int err;

	lockdep_assert_held(&pt->lock);
	if (pt->initialized)
		return 0;

	err = hvcall_initialize_partition(&pt->hv);
	if (!err)
		pt->initialized = true;
	return err;
}

/**
 * mshv_partition_async_done - an asynchronous hypercall has completed
 * @pt: the partition
 * @status: how, HV_STATUS_*
 *
 * Context: hard interrupt.
 */
void mshv_partition_async_done(struct mshv_partition *pt, u32 status)
{
	WRITE_ONCE(pt->async.status, status);
	complete(&pt->async.done);
}

/**
 * mshv_partition_async_begin - make sure no asynchronous hypercall is under way
 * @pt: the partition; its lock is held
 *
 * Return: 0; -EBUSY if one is that nobody waited for to the end.
 */
int mshv_partition_async_begin(struct mshv_partition *pt)
{
	lockdep_assert_held(&pt->lock);
	if (pt->async.busy && !try_wait_for_completion(&pt->async.done))
		return -EBUSY;
	pt->async.busy = false;
	reinit_completion(&pt->async.done);
	return 0;
}

/**
 * mshv_partition_async_wait - wait for the asynchronous hypercall
 * @pt: the partition; its lock is held
 * @status: out: how it ended
 *
 * Return: 0; -EINTR on a fatal signal and -ETIMEDOUT after a minute, then the
 * call is still under way.
 */
int mshv_partition_async_wait(struct mshv_partition *pt, u16 *status)
{
	long left;

	lockdep_assert_held(&pt->lock);
	pt->async.busy = true;
	left = wait_for_completion_killable_timeout(&pt->async.done,
						    ASYNC_TIMEOUT);
	if (left <= 0)
		return left ? -EINTR : -ETIMEDOUT;
	pt->async.busy = false;
	*status = READ_ONCE(pt->async.status);
	return 0;
}

static bool lock_bounded(struct mutex *lock)
{
	unsigned int i;

	for (i = 0; i < KILL_TRIES; i++) {
		if (mutex_trylock(lock))
			return true;
		msleep(KILL_TRY_MS);
	}
	return false;
}

/* Wait until no runner is left; the next one finds the partition dead. */
static bool wait_for_runners(struct mshv_partition *pt)
{
	unsigned long index;
	struct mshv_vp *vp;

	xa_for_each(&pt->vps, index, vp) {
		if (!lock_bounded(&vp->lock))
			return false;
		mutex_unlock(&vp->lock);
	}
	return true;
}

/**
 * mshv_partition_kill - destroy what a partition has in the hypervisor
 * @pt: the partition; the caller has a reference
 *
 * For the time when the machine goes down and its fds are still open; they are
 * of no use afterwards.  Gives up on a partition somebody doesn't let go of.
 */
void mshv_partition_kill(struct mshv_partition *pt)
{
	WRITE_ONCE(pt->dead, true);
	if (!lock_bounded(&pt->lock))
		return;
	mshv_partition_stop(pt);
	if (wait_for_runners(pt))
		teardown(pt);
	mutex_unlock(&pt->lock);
}
