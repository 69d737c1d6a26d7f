// SPDX-License-Identifier: GPL-2.0-only
/*
 * Failure sweep: in the life of a VM each allocation of memory fails once, be
 * it of slabs or of pages, by the kernel's fault injection.
 */
#include <kunit/test.h>
#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/sched.h>

#include "../mshv.h"
#include "fake_life.h"

/* More than there are, so that the end is found */
#define MAX_ALLOCS	3000

/*
 * Fault injection spares those who can wait for memory, and single pages,
 * unless it is told not to by debugfs.  Its files lead to the variables.
 */
static void *knob(struct kunit *test, const char *dir_name, const char *name)
{
	struct dentry *dir = debugfs_lookup(dir_name, NULL);
	struct dentry *file = dir ? debugfs_lookup(name, dir) : NULL;
	void *data = file ? d_inode(file)->i_private : NULL;

	dput(file);
	dput(dir);
	KUNIT_ASSERT_NOT_NULL(test, data);
	return data;
}

static void set_knobs(struct kunit *test, bool spare, unsigned long verbose)
{
	*(bool *)knob(test, "failslab", "ignore-gfp-wait") = spare;
	*(unsigned long *)knob(test, "failslab", "verbose") = verbose;
	*(bool *)knob(test, "fail_page_alloc", "ignore-gfp-wait") = spare;
	*(u32 *)knob(test, "fail_page_alloc", "min-order") = spare;
	*(unsigned long *)knob(test, "fail_page_alloc", "verbose") = verbose;
}

static int alloc_test_init(struct kunit *test)
{
	if (!IS_ENABLED(CONFIG_FAILSLAB) || !IS_ENABLED(CONFIG_FAIL_PAGE_ALLOC) ||
	    !IS_ENABLED(CONFIG_FAULT_INJECTION_DEBUG_FS))
		kunit_skip(test, "needs fault injection for slabs and pages");
	return 0;
}

static const struct mode {
	const char *desc;
	bool root_logic;
	bool pinned;
} modes[] = {
	{ "core_movable", false, false },
	{ "core_pinned", false, true },
	{ "root_movable", true, false },
};

KUNIT_ARRAY_PARAM_DESC(mode, modes, desc);

/* One life in which allocation @nth fails.  Returns false if there is none. */
static bool fail_one(struct kunit *test, struct fake_life *life,
		     unsigned int nth)
{
	unsigned int i;
	bool hit;

	life->vmm->fail_nth = nth;
	fake_life_live(life);
	fake_life_end(life);
	hit = !life->vmm->fail_nth;
	life->vmm->fail_nth = 0;
	for (i = 0; i < life->nr_errors; i++)
		KUNIT_EXPECT_TRUE_MSG(test, life->errors[i] == -ENOMEM,
				      "%d", life->errors[i]);
	KUNIT_EXPECT_LE(test, life->nr_errors, 1);
	fake_life_check_balance(life);
	return hit;
}

static void sweep(struct kunit *test, struct fake_life *life)
{
	unsigned int nth;

	for (nth = 1; nth < MAX_ALLOCS; nth++) {
		if (!fail_one(test, life, nth))
			break;
		if (test->status == KUNIT_FAILURE) {
			kunit_err(test, "allocation %u\n", nth);
			return;
		}
	}
	/* The last life was one without a failure. */
	KUNIT_EXPECT_EQ(test, life->nr_errors, 0);
	KUNIT_EXPECT_GT(test, nth, 50);
	KUNIT_EXPECT_LT(test, nth, MAX_ALLOCS);
	kunit_info(test, "%u allocations\n", nth - 1);
}

static void each_allocation_fails_once(struct kunit *test)
{
	const struct mode *mode = test->param_value;
	struct fake_life *life;

	life = fake_life_start(test, mode->root_logic, mode->pinned);
	set_knobs(test, false, 0);
	sweep(test, life);
	set_knobs(test, true, 2);
}

static struct kunit_case alloc_cases[] = {
	KUNIT_CASE_PARAM(each_allocation_fails_once, mode_gen_params),
	{}
};

static struct kunit_suite alloc_suite = {
	.name = "mshv_alloc",
	.init = alloc_test_init,
	.test_cases = alloc_cases,
};

kunit_test_suite(alloc_suite);
