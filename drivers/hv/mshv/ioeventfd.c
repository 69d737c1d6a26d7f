// SPDX-License-Identifier: GPL-2.0-only
/*
 * ioeventfds: an eventfd that a guest signals by a write.
 */
#include <linux/eventfd.h>
#include <linux/list.h>
#include <linux/overflow.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "mshv.h"
#include "port.h"

/**
 * DOC: ioeventfd
 *
 * Each ioeventfd is a doorbell port of the hypervisor.  Where the hypervisor
 * has none to offer, the ioctl fails with EOPNOTSUPP rather than accept what
 * would never fire: the guest's write then comes to the VMM as an intercept,
 * which not every VMM passes on to the eventfd.
 */

/**
 * struct mshv_ioeventfd - an eventfd that a guest signals
 * @node: in the partition's list
 * @addr: I guest physical address
 * @len: I bytes to be written, 0 for any number
 * @datamatch: I the value to be written, unless @any_value
 * @any_value: I whatever is written
 * @eventfd: I signaled by the port
 * @port_id: I the port
 */
struct mshv_ioeventfd {
	struct list_head node;
	u64 addr;
	u32 len;
	u64 datamatch;
	bool any_value;
	struct eventfd_ctx *eventfd;
	u32 port_id;
};

/* Index by the length */
static const u8 size_flags[] = {
	[0] = HV_DOORBELL_FLAG_TRIGGER_SIZE_ANY,
	[1] = HV_DOORBELL_FLAG_TRIGGER_SIZE_BYTE,
	[2] = HV_DOORBELL_FLAG_TRIGGER_SIZE_WORD,
	[4] = HV_DOORBELL_FLAG_TRIGGER_SIZE_DWORD,
	[8] = HV_DOORBELL_FLAG_TRIGGER_SIZE_QWORD,
};

static u64 doorbell_flags(const struct mshv_ioeventfd *io)
{
	return size_flags[io->len] |
	       (io->any_value ? HV_DOORBELL_FLAG_TRIGGER_ANY_VALUE : 0);
}

/* No reader of the ports may be left that could signal the eventfd. */
static void free_ioeventfd(struct mshv_ioeventfd *io)
{
	eventfd_ctx_put(io->eventfd);
	kfree(io);
}

static void disconnect(struct mshv_partition *pt, struct mshv_ioeventfd *io)
{
	/* If this fails, finalizing the partition does it. */
	hvcall_disconnect_doorbell(io->port_id, &pt->hv);
	mshv_port_close(io->port_id);
}

static int connect(struct mshv_partition *pt, struct mshv_ioeventfd *io)
{
	int err;

	err = mshv_port_open(pt, io->eventfd, &io->port_id);
	if (err)
		return err;
	err = hvcall_connect_doorbell(io->port_id, &pt->hv, io->addr,
				      io->datamatch, doorbell_flags(io));
	if (err)
		mshv_port_close(io->port_id);
	return err;
}

/* A partition that may not have ports is told so in one way. */
static int refusal(int err)
{
	switch (err) {
	case -EACCES:
	case -EPERM:
		return -EOPNOTSUPP;
	default:
		return err;
	}
}

static bool same_place(const struct mshv_ioeventfd *io,
		       const struct mshv_user_ioeventfd *args)
{
	return io->addr == args->addr && io->len == args->len;
}

static bool wants_any_value(const struct mshv_user_ioeventfd *args)
{
	return !(args->flags & BIT(MSHV_IOEVENTFD_BIT_DATAMATCH));
}

static bool collides(struct mshv_partition *pt,
		     const struct mshv_user_ioeventfd *args)
{
	const struct mshv_ioeventfd *io;

	list_for_each_entry(io, &pt->ioeventfds, node)
		if (same_place(io, args) &&
		    (io->any_value || wants_any_value(args) ||
		     io->datamatch == args->datamatch))
			return true;
	return false;
}

static int assign(struct mshv_partition *pt,
		  const struct mshv_user_ioeventfd *args)
{
	struct mshv_ioeventfd *io;
	int err;

	if (collides(pt, args))
		return -EEXIST;
	io = kzalloc_obj(*io, GFP_KERNEL_ACCOUNT);
	if (!io)
		return -ENOMEM;
	io->addr = args->addr;
	io->len = args->len;
	io->any_value = wants_any_value(args);
	io->datamatch = io->any_value ? 0 : args->datamatch;
	io->eventfd = eventfd_ctx_fdget(args->fd);
	if (IS_ERR(io->eventfd)) {
		err = PTR_ERR(io->eventfd);
		kfree(io);
		return err;
	}

	err = connect(pt, io);
	if (err) {
		synchronize_rcu();
		free_ioeventfd(io);
		return refusal(err);
	}
	list_add(&io->node, &pt->ioeventfds);
	return 0;
}

static struct mshv_ioeventfd *find(struct mshv_partition *pt,
				   const struct mshv_user_ioeventfd *args,
				   const struct eventfd_ctx *eventfd)
{
	struct mshv_ioeventfd *io;

	list_for_each_entry(io, &pt->ioeventfds, node)
		if (io->eventfd == eventfd && same_place(io, args) &&
		    io->any_value == wants_any_value(args) &&
		    (io->any_value || io->datamatch == args->datamatch))
			return io;
	return NULL;
}

static int deassign(struct mshv_partition *pt,
		    const struct mshv_user_ioeventfd *args)
{
	struct eventfd_ctx *eventfd = eventfd_ctx_fdget(args->fd);
	struct mshv_ioeventfd *io;

	if (IS_ERR(eventfd))
		return PTR_ERR(eventfd);
	io = find(pt, args, eventfd);
	eventfd_ctx_put(eventfd);
	if (!io)
		return -ENOENT;

	list_del(&io->node);
	disconnect(pt, io);
	synchronize_rcu();
	free_ioeventfd(io);
	return 0;
}

/**
 * mshv_ioeventfd_set - let a guest's write signal an eventfd, or not any more
 * @pt: the partition; its lock is held
 * @args: which eventfd, and what is to be written where
 *
 * Return: 0; -EINVAL for arguments that make no sense; -EOPNOTSUPP for a port
 * of the I/O space, and if the hypervisor has no doorbells for this partition;
 * -EEXIST if there is one for the same write; -ENOENT if there is none to
 * deassign; -EBADF; -ENOMEM; else see hv_call().
 */
int mshv_ioeventfd_set(struct mshv_partition *pt,
		       const struct mshv_user_ioeventfd *args)
{
	u64 end;

	lockdep_assert_held(&pt->lock);
	if (args->flags & ~MSHV_IOEVENTFD_FLAGS_MASK ||
	    memchr_inv(args->rsvd, 0, sizeof(args->rsvd)))
		return -EINVAL;
	if (args->len && (args->len > sizeof(u64) || !is_power_of_2(args->len)))
		return -EINVAL;
	if (check_add_overflow(args->addr, (u64)args->len, &end))
		return -EINVAL;
	if (args->flags & BIT(MSHV_IOEVENTFD_BIT_PIO))
		return -EOPNOTSUPP;
	if (args->flags & BIT(MSHV_IOEVENTFD_BIT_DEASSIGN))
		return deassign(pt, args);
	return assign(pt, args);
}

/**
 * mshv_ioeventfd_release_all - end all ioeventfds of a partition
 * @pt: the partition; its lock is held
 */
void mshv_ioeventfd_release_all(struct mshv_partition *pt)
{
	struct mshv_ioeventfd *io, *next;

	lockdep_assert_held(&pt->lock);
	if (list_empty(&pt->ioeventfds))
		return;
	list_for_each_entry(io, &pt->ioeventfds, node)
		disconnect(pt, io);
	synchronize_rcu();
	list_for_each_entry_safe(io, next, &pt->ioeventfds, node)
		free_ioeventfd(io);
	INIT_LIST_HEAD(&pt->ioeventfds);
}
