// SPDX-License-Identifier: GPL-2.0-only
/*
 * irqfds: an eventfd that is an interrupt line of a guest.
 */
#include <linux/eventfd.h>
#include <linux/file.h>
#include <linux/poll.h>
#include <linux/rculist.h>
#include <linux/slab.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "arch.h"
#include "mshv.h"

/**
 * DOC: irqfd
 *
 * An irqfd sits in the wait queue of its eventfd, so that whoever signals the
 * eventfd delivers the interrupt, there and then, without a thread of the VMM.
 *
 * With a resample eventfd it is a level-triggered line: when the guest ends the
 * interrupt the resample eventfd is signaled, and the VMM asserts the line
 * again if its device still wants that.  The hypervisor reports the end of a
 * vector, not of a GSI, so all resamplers whose GSI has that vector are told.
 *
 * An irqfd ends in one of three ways: the VMM deassigns it, its eventfd is
 * closed, or its partition goes away.  Who makes it inactive is the one to free
 * it.  A closed eventfd says so with its wait queue locked, hence the
 * workqueue; the partition waits for that.
 */

/**
 * struct mshv_irqfd - an eventfd that is an interrupt line
 * @pt: I the partition, which outlives it
 * @gsi: I the line
 * @eventfd: I signaled to interrupt the guest
 * @resample: I signaled when the guest has handled that; or NULL
 * @active: in the partition's list; under irq.lock
 * @node: in that list, or in that of its freer
 * @resampler: in the list of resamplers if there is a resample eventfd
 * @wait: entry in the wait queue of @eventfd
 * @shutdown: frees it
 */
struct mshv_irqfd {
	struct mshv_partition *pt;
	u32 gsi;
	struct eventfd_ctx *eventfd;
	struct eventfd_ctx *resample;
	bool active;
	struct hlist_node node;
	struct hlist_node resampler;
	wait_queue_entry_t wait;
	struct work_struct shutdown;
};

/* What the eventfd's poll function is to do with its wait queue */
struct attachment {
	poll_table table;
	struct mshv_irqfd *irqfd;
	int err;
};

static struct workqueue_struct *shutdown_wq;

static void free_irqfd(struct mshv_irqfd *irqfd)
{
	if (!IS_ERR_OR_NULL(irqfd->resample))
		eventfd_ctx_put(irqfd->resample);
	if (!IS_ERR_OR_NULL(irqfd->eventfd))
		eventfd_ctx_put(irqfd->eventfd);
	kfree(irqfd);
}

/* True for one caller, who then has to free it. */
static bool deactivate_locked(struct mshv_irqfd *irqfd)
{
	lockdep_assert_held(&irqfd->pt->irq.lock);
	if (!irqfd->active)
		return false;
	irqfd->active = false;
	hlist_del(&irqfd->node);
	return true;
}

/* Nobody finds it any more, but for readers of the resamplers. */
static void detach(struct mshv_irqfd *irqfd)
{
	struct mshv_irq *irq = &irqfd->pt->irq;
	u64 count;

	/* Waits for a wake-up under way: it holds the lock of the queue. */
	eventfd_ctx_remove_wait_queue(irqfd->eventfd, &irqfd->wait, &count);

	if (!irqfd->resample)
		return;
	guard(spinlock_irqsave)(&irq->lock);
	hlist_del_rcu(&irqfd->resampler);
	irq->nr_resamplers--;
}

static void shutdown(struct mshv_irqfd *irqfd)
{
	detach(irqfd);
	if (irqfd->resample)
		synchronize_rcu();
	free_irqfd(irqfd);
}

static void shutdown_work(struct work_struct *work)
{
	shutdown(container_of(work, struct mshv_irqfd, shutdown));
}

/* The eventfd is signaled or closed.  Its wait queue is locked, irqs are off. */
static int on_wakeup(wait_queue_entry_t *wait, unsigned int mode, int sync,
		     void *key)
{
	struct mshv_irqfd *irqfd = container_of(wait, struct mshv_irqfd, wait);
	__poll_t events = key_to_poll(key);
	int used = 0;
	u64 count;

	if (events & EPOLLIN) {
		eventfd_ctx_do_read(irqfd->eventfd, &count);
		mshv_irq_assert(irqfd->pt, irqfd->gsi);
		used = 1;
	}
	if (events & EPOLLHUP) {
		guard(spinlock_irqsave)(&irqfd->pt->irq.lock);
		if (deactivate_locked(irqfd))
			queue_work(shutdown_wq, &irqfd->shutdown);
	}
	return used;
}

static void attach(struct file *file, wait_queue_head_t *queue,
		   poll_table *table)
{
	struct attachment *at = container_of(table, struct attachment, table);

	/* Fails if it is an irqfd already, of whatever guest. */
	at->err = add_wait_queue_priority_exclusive(queue, &at->irqfd->wait);
}

static struct mshv_irqfd *alloc_irqfd(struct mshv_partition *pt, u32 gsi)
{
	struct mshv_irqfd *irqfd = kzalloc_obj(*irqfd, GFP_KERNEL_ACCOUNT);

	if (!irqfd)
		return NULL;
	irqfd->pt = pt;
	irqfd->gsi = gsi;
	INIT_WORK(&irqfd->shutdown, shutdown_work);
	init_waitqueue_func_entry(&irqfd->wait, on_wakeup);
	return irqfd;
}

static bool has_all_resamplers(struct mshv_irq *irq)
{
	guard(spinlock_irq)(&irq->lock);
	return irq->nr_resamplers >= MSHV_MAX_RESAMPLERS;
}

static int get_resample(struct mshv_irqfd *irqfd, int fd)
{
	struct mshv_irq *irq = &irqfd->pt->irq;
	struct mshv_route route;

	/* The end of an edge-triggered interrupt is never reported. */
	if (!mshv_irq_route(irqfd->pt, irqfd->gsi, &route) ||
	    !mshv_arch_is_level(&route))
		return -EINVAL;
	/* Some may be on their way out. */
	if (has_all_resamplers(irq))
		flush_workqueue(shutdown_wq);
	if (has_all_resamplers(irq))
		return -ENOSPC;
	irqfd->resample = eventfd_ctx_fdget(fd);
	return PTR_ERR_OR_ZERO(irqfd->resample);
}

/* From here on the eventfd interrupts the guest. */
static int publish(struct mshv_irqfd *irqfd, struct file *file)
{
	struct attachment at = { .irqfd = irqfd, .err = -EINVAL };
	struct mshv_irq *irq = &irqfd->pt->irq;
	__poll_t events;

	init_poll_funcptr(&at.table, attach);
	events = vfs_poll(file, &at.table);
	if (at.err)
		return at.err;

	scoped_guard(spinlock_irq, &irq->lock) {
		irqfd->active = true;
		hlist_add_head(&irqfd->node, &irq->irqfds);
		if (irqfd->resample) {
			hlist_add_head_rcu(&irqfd->resampler, &irq->resamplers);
			irq->nr_resamplers++;
		}
	}
	/* It may have been signaled before. */
	if (events & EPOLLIN)
		mshv_irq_assert(irqfd->pt, irqfd->gsi);
	return 0;
}

static int assign(struct mshv_partition *pt, const struct mshv_user_irqfd *args)
{
	struct mshv_irqfd *irqfd;
	int err = 0;

	CLASS(fd, f)(args->fd);
	if (fd_empty(f))
		return -EBADF;
	irqfd = alloc_irqfd(pt, args->gsi);
	if (!irqfd)
		return -ENOMEM;

	irqfd->eventfd = eventfd_ctx_fileget(fd_file(f));
	if (IS_ERR(irqfd->eventfd))
		err = PTR_ERR(irqfd->eventfd);
	if (!err && args->flags & BIT(MSHV_IRQFD_BIT_RESAMPLE))
		err = get_resample(irqfd, args->resamplefd);
	if (!err)
		err = publish(irqfd, fd_file(f));
	if (err)
		free_irqfd(irqfd);
	return err;
}

static struct mshv_irqfd *take(struct mshv_partition *pt,
			       const struct eventfd_ctx *eventfd, u32 gsi)
{
	struct mshv_irqfd *irqfd;

	guard(spinlock_irq)(&pt->irq.lock);
	hlist_for_each_entry(irqfd, &pt->irq.irqfds, node) {
		if (irqfd->eventfd == eventfd && irqfd->gsi == gsi) {
			deactivate_locked(irqfd);
			return irqfd;
		}
	}
	return NULL;
}

static int deassign(struct mshv_partition *pt,
		    const struct mshv_user_irqfd *args)
{
	struct eventfd_ctx *eventfd = eventfd_ctx_fdget(args->fd);
	struct mshv_irqfd *irqfd;

	if (IS_ERR(eventfd))
		return PTR_ERR(eventfd);
	irqfd = take(pt, eventfd, args->gsi);
	if (irqfd)
		shutdown(irqfd);
	eventfd_ctx_put(eventfd);
	return 0;
}

/**
 * mshv_irqfd_set - make an eventfd an interrupt line, or make it none any more
 * @pt: the partition; its lock is held
 * @args: which eventfd and which line
 *
 * Return: 0, also if there is nothing to deassign; -EINVAL for flags nobody
 * knows, a GSI out of range, a file that is no eventfd, or a resample eventfd
 * for a GSI that is not level-triggered; -EBADF; -EBUSY if the eventfd is a
 * line already; -ENOSPC for too many resample eventfds; -ENOMEM.
 */
int mshv_irqfd_set(struct mshv_partition *pt,
		   const struct mshv_user_irqfd *args)
{
	lockdep_assert_held(&pt->lock);
	if (args->flags & ~MSHV_IRQFD_FLAGS_MASK || args->gsi >= MSHV_MAX_GSIS)
		return -EINVAL;
	if (args->flags & BIT(MSHV_IRQFD_BIT_DEASSIGN))
		return deassign(pt, args);
	return assign(pt, args);
}

/**
 * mshv_irqfd_release_all - end all irqfds of a partition
 * @pt: the partition; its lock is held
 *
 * No interrupt of this partition is under way when this returns.
 */
void mshv_irqfd_release_all(struct mshv_partition *pt)
{
	HLIST_HEAD(irqfds);
	struct mshv_irqfd *irqfd;
	struct hlist_node *next;

	lockdep_assert_held(&pt->lock);
	scoped_guard(spinlock_irq, &pt->irq.lock) {
		hlist_for_each_entry(irqfd, &pt->irq.irqfds, node)
			irqfd->active = false;
		hlist_move_list(&pt->irq.irqfds, &irqfds);
	}

	if (!hlist_empty(&irqfds)) {
		hlist_for_each_entry(irqfd, &irqfds, node)
			detach(irqfd);
		synchronize_rcu();
		hlist_for_each_entry_safe(irqfd, next, &irqfds, node)
			free_irqfd(irqfd);
	}
	/* Those whose eventfd was closed */
	if (shutdown_wq)
		flush_workqueue(shutdown_wq);
}

/**
 * mshv_irqfd_eoi - a guest has ended an interrupt
 * @pt: the guest
 * @vector: the vector of the interrupt
 *
 * Context: any; an RCU read-side section, or the partition's VPs can't go away.
 * Return: true if somebody wanted to know.
 */
bool mshv_irqfd_eoi(struct mshv_partition *pt, u32 vector)
{
	struct mshv_irqfd *irqfd;
	struct mshv_route route;
	bool wanted = false;

	guard(rcu)();
	hlist_for_each_entry_rcu(irqfd, &pt->irq.resamplers, resampler) {
		if (!mshv_irq_route(pt, irqfd->gsi, &route) ||
		    route.vector != vector || !mshv_arch_is_level(&route))
			continue;
		eventfd_signal(irqfd->resample);
		wanted = true;
	}
	return wanted;
}

/**
 * mshv_irqfd_init - prepare for irqfds
 *
 * Return: 0 or -ENOMEM.
 */
int mshv_irqfd_init(void)
{
	shutdown_wq = alloc_workqueue("mshv_irqfd", WQ_PERCPU, 0);
	return shutdown_wq ? 0 : -ENOMEM;
}

/**
 * mshv_irqfd_fini - undo mshv_irqfd_init()
 *
 * No partition may be left.  May be called again.
 */
void mshv_irqfd_fini(void)
{
	if (shutdown_wq)
		destroy_workqueue(shutdown_wq);
	shutdown_wq = NULL;
}
