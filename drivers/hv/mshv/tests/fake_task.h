/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What other tasks do to the one that runs the test: kill it, hold a lock that it
 * wants, use its files.
 */
#ifndef _MSHV_TESTS_FAKE_TASK_H
#define _MSHV_TESTS_FAKE_TASK_H

#include <linux/completion.h>
#include <linux/types.h>
#include <linux/workqueue.h>

struct file;
struct kunit;
struct mutex;

/**
 * struct fake_holder - somebody who holds a lock
 * @work: does it
 * @lock: the lock
 * @held: it is held
 * @release: it is to be released
 */
struct fake_holder {
	struct work_struct work;
	struct mutex *lock;	/* which one */
	struct completion held;
	struct completion release;
};

void fake_task_kill(struct kunit *test);
void fake_task_revive(void);
void fake_holder_start(struct fake_holder *holder, struct mutex *lock);
void fake_holder_stop(struct fake_holder *holder);
long fake_stranger_ioctl(struct file *file, unsigned int cmd,
			 unsigned long arg);

#endif /* _MSHV_TESTS_FAKE_TASK_H */
