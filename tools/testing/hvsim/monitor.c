// SPDX-License-Identifier: GPL-2.0-only
/*
 * The monitor: finds out when a VP that halted has work again
 *
 * KVM does not tell that of a VP that nobody runs. Interrupts that the L1 asserts are
 * looked for at once (monitor_check()), the VP's own timer has a known time. What VPs of
 * one child send each other goes by unseen: it is looked for again and again while
 * such a VP is halted.
 */
#include <stdlib.h>
#include <time.h>

#include "objects.h"

#define NSEC_PER_SEC	1000000000L
#define SIBLING_NS	1000000UL	/* between two looks for inter-processor interrupts */
#define LONGEST_NS	20000000UL	/* bounds every sleep */

struct monitor {
	pthread_t thread;
	pthread_cond_t wake;	/* a VP has halted, or stop */
	bool stop;		/* L */
};

static uint64_t sooner(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/**
 * monitor_check - look whether halted VPs of a partition have work
 * @pt: the partition
 *
 * Return: when to look again: now_ns() time, or UINT64_MAX if none is halted
 */
uint64_t monitor_check(struct partition *pt)
{
	uint64_t next = UINT64_MAX, now = now_ns();

	for (unsigned int i = 0; pt->nr_vps && i < MAX_VPS; i++) {
		struct vp *vp = pt->vps[i];

		if (!vp || !vp->halted)
			continue;
		vp_unblock(vp);
		if (vp->halted)
			next = sooner(next, vp->wake_ns);
		if (vp->halted && pt->nr_vps > 1)
			next = sooner(next, now + SIBLING_NS);
	}
	return next;
}

/* Checks all partitions; returns when to look again */
static uint64_t check_all(struct objects *objs)
{
	uint64_t next = now_ns() + LONGEST_NS;

	for (unsigned int i = 0; i < MAX_PARTITIONS; i++) {
		if (objs->partitions[i])
			next = sooner(next, monitor_check(objs->partitions[i]));
	}
	return next;
}

static void *monitor_thread(void *arg)
{
	struct hv *hv = arg;
	struct monitor *mon = hv->objs->monitor;

	pthread_setname_np(pthread_self(), "monitor");
	pthread_mutex_lock(&hv->lock);
	while (!mon->stop) {
		uint64_t next = check_all(hv->objs);
		struct timespec until = {
			.tv_sec = next / NSEC_PER_SEC, .tv_nsec = next % NSEC_PER_SEC,
		};

		pthread_cond_clockwait(&mon->wake, &hv->lock, CLOCK_MONOTONIC, &until);
	}
	pthread_mutex_unlock(&hv->lock);
	return NULL;
}

/**
 * monitor_halted - a VP has halted: mind its timer
 * @hv: the machine
 */
void monitor_halted(struct hv *hv)
{
	pthread_cond_signal(&hv->objs->monitor->wake);
}

/**
 * monitor_start - start to watch halted VPs; nothing to do for the core scheduler
 * @hv: the machine, with its objects
 *
 * Return: 0, or -1
 */
int monitor_start(struct hv *hv)
{
	struct monitor *mon;

	if (!hv->objs->integrated)
		return 0;
	mon = calloc(1, sizeof(*mon));
	if (!mon)
		return -1;
	pthread_cond_init(&mon->wake, NULL);
	hv->objs->monitor = mon;
	if (!pthread_create(&mon->thread, NULL, monitor_thread, hv))
		return 0;
	hv->objs->monitor = NULL;
	pthread_cond_destroy(&mon->wake);
	free(mon);
	return -1;
}

/**
 * monitor_stop - undo monitor_start()
 * @hv: the machine
 */
void monitor_stop(struct hv *hv)
{
	struct monitor *mon = hv->objs->monitor;

	if (!mon)
		return;
	pthread_mutex_lock(&hv->lock);
	mon->stop = true;
	pthread_cond_signal(&mon->wake);
	pthread_mutex_unlock(&hv->lock);
	pthread_join(mon->thread, NULL);
	pthread_cond_destroy(&mon->wake);
	free(mon);
	hv->objs->monitor = NULL;
}
