// SPDX-License-Identifier: GPL-2.0-only
/*
 * What other tasks do to the one that runs the test, see fake_task.h.
 */
#include <kunit/test.h>
#include <linux/fs.h>
#include <linux/mutex.h>
#include <linux/sched/signal.h>

#include "fake_task.h"

/**
 * fake_task_kill - let a fatal signal be pending for the running task
 * @test: the test, which fails if that does not work
 *
 * fake_task_revive() has to follow.
 */
void fake_task_kill(struct kunit *test)
{
	allow_signal(SIGKILL);
	send_sig(SIGKILL, current, 1);
	KUNIT_EXPECT_TRUE(test, fatal_signal_pending(current));
}

/**
 * fake_task_revive - undo fake_task_kill()
 */
void fake_task_revive(void)
{
	flush_signals(current);
	disallow_signal(SIGKILL);
}

static void hold(struct work_struct *work)
{
	struct fake_holder *holder = container_of(work, struct fake_holder,
						  work);

	mutex_lock(holder->lock);
	complete(&holder->held);
	wait_for_completion(&holder->release);
	mutex_unlock(holder->lock);
}

/**
 * fake_holder_start - let another task hold a lock
 * @holder: on the stack
 * @lock: the lock; nobody has it
 */
void fake_holder_start(struct fake_holder *holder, struct mutex *lock)
{
	holder->lock = lock;
	init_completion(&holder->held);
	init_completion(&holder->release);
	INIT_WORK_ONSTACK(&holder->work, hold);
	schedule_work(&holder->work);
	wait_for_completion(&holder->held);
}

/**
 * fake_holder_stop - let it release the lock
 * @holder: who has it
 */
void fake_holder_stop(struct fake_holder *holder)
{
	complete(&holder->release);
	flush_work(&holder->work);
	destroy_work_on_stack(&holder->work);
}

struct stranger {
	struct work_struct work;
	struct file *file;
	unsigned int cmd;
	unsigned long arg;
	long ret;
};

static void stranger_ioctl(struct work_struct *work)
{
	struct stranger *s = container_of(work, struct stranger, work);

	s->ret = s->file->f_op->unlocked_ioctl(s->file, s->cmd, s->arg);
}

/**
 * fake_stranger_ioctl - make an ioctl from a task with another address space
 * @file: the file
 * @cmd: the ioctl
 * @arg: its argument
 *
 * There is no hypervisor for that task.
 *
 * Return: what the ioctl returns.
 */
long fake_stranger_ioctl(struct file *file, unsigned int cmd,
			 unsigned long arg)
{
	struct stranger s = { .file = file, .cmd = cmd, .arg = arg };

	INIT_WORK_ONSTACK(&s.work, stranger_ioctl);
	schedule_work(&s.work);
	flush_work(&s.work);
	destroy_work_on_stack(&s.work);
	return s.ret;
}
