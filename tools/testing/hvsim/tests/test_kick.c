// SPDX-License-Identifier: GPL-2.0-only
#include <linux/kvm.h>
#include <pthread.h>

#include "../hvsim.h"
#include "harness.h"

static struct kvm_run run;

static void kick_self(void)
{
	kick(pthread_self());
}

TEST(a_kick_before_the_vcpu_is_entered_is_not_lost)
{
	kick_init();
	run.immediate_exit = 0;
	kick_watch(&run);
	kick_self();
	CHECK(run.immediate_exit);
	kick_done(&run);
	CHECK(!run.immediate_exit);
}

TEST(a_kick_is_for_the_vcpu_that_the_thread_runs)
{
	struct kvm_run other = { 0 };

	kick_init();
	run.immediate_exit = 0;
	kick_watch(&other);
	kick_self();
	CHECK(!run.immediate_exit && other.immediate_exit);
	kick_done(&other);
	kick_watch(NULL);
	kick_self();
	CHECK(!other.immediate_exit);
	kick_done(&other);
}

TEST(a_kick_while_an_instruction_is_completed_still_counts)
{
	kick_init();
	kick_watch(&run);
	run.immediate_exit = 1;
	kick_restore(&run);
	CHECK(!run.immediate_exit);
	run.immediate_exit = 1;
	kick_self();
	kick_restore(&run);
	CHECK(run.immediate_exit);
	kick_done(&run);
}
