// SPDX-License-Identifier: GPL-2.0-only
/*
 * What there is, as the interrupt handler finds it.
 */
#include <linux/rcupdate.h>

#include "mshv.h"

/* The one instance of everything */
struct mshv_driver mshv = {
	.partitions = XARRAY_INIT(mshv.partitions, 0),
};

/**
 * mshv_partition_find_rcu - look up a partition
 * @id: partition id
 *
 * Context: RCU read-side section; any context.
 * Return: the partition, or NULL.
 */
struct mshv_partition *mshv_partition_find_rcu(u64 id)
{
	return xa_load(&mshv.partitions, id);
}

/**
 * mshv_vp_find_rcu - look up a virtual processor
 * @partition_id: partition id
 * @vp_index: VP index
 *
 * Context: RCU read-side section; any context.
 * Return: the VP, or NULL.
 */
struct mshv_vp *mshv_vp_find_rcu(u64 partition_id, u32 vp_index)
{
	struct mshv_partition *pt = mshv_partition_find_rcu(partition_id);

	return pt ? xa_load(&pt->vps, vp_index) : NULL;
}

/**
 * mshv_partition_stop - let no VP of a partition run any more
 * @pt: the partition
 *
 * Those that run come back with -ESHUTDOWN, soon but not at once.
 *
 * Context: any; no lock is needed, since VPs live as long as the partition.
 */
void mshv_partition_stop(struct mshv_partition *pt)
{
	unsigned long index;
	struct mshv_vp *vp;

	WRITE_ONCE(pt->dead, true);
	xa_for_each(&pt->vps, index, vp)
		mshv_vp_wake(vp);
}
