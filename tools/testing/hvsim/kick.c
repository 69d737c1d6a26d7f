// SPDX-License-Identifier: GPL-2.0-only
/*
 * Making a thread leave KVM_RUN
 *
 * A signal alone is not enough: one that arrives just before KVM_RUN would be lost. So
 * the handler sets immediate_exit of the vCPU that its thread is about to run.
 */
#include <linux/kvm.h>
#include <signal.h>

#include "hvsim.h"

static __thread struct kvm_run *watched;
static __thread volatile sig_atomic_t kicked;

static void on_kick(int sig)
{
	(void)sig;
	kicked = 1;
	if (watched)
		watched->immediate_exit = 1;
}

/**
 * kick_init - Install the signal's handler
 */
void kick_init(void)
{
	struct sigaction sa = { .sa_handler = on_kick };	/* no SA_RESTART */

	sigaction(KICK_SIGNAL, &sa, NULL);
}

/**
 * kick_watch - From now on kicks of the calling thread are for this vCPU
 * @run: its run page
 */
void kick_watch(struct kvm_run *run)
{
	__atomic_store_n(&watched, run, __ATOMIC_SEQ_CST);
}

/**
 * kick_done - The calling thread has left KVM_RUN: what kicked it is over
 * @run: the vCPU's run page
 *
 * The caller looks for reasons to stay out only after this.
 */
void kick_done(struct kvm_run *run)
{
	__atomic_store_n(&run->immediate_exit, 0, __ATOMIC_SEQ_CST);
	kicked = 0;	/* last: a kick in between counts for the next KVM_RUN */
}

/**
 * kick_restore - Undo the caller's own immediate_exit, but not a kick's
 * @run: the vCPU's run page
 */
void kick_restore(struct kvm_run *run)
{
	__atomic_store_n(&run->immediate_exit, 0, __ATOMIC_SEQ_CST);
	if (kicked && watched == run)
		run->immediate_exit = 1;
}

/**
 * kick - Make a thread leave KVM_RUN, or not enter it
 * @thread: the thread
 */
void kick(pthread_t thread)
{
	pthread_kill(thread, KICK_SIGNAL);
}
