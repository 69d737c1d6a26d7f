// SPDX-License-Identifier: GPL-2.0-only
/*
 * The core scheduler: the hypervisor runs VPs, each on a host thread of its own
 *
 * The parent steers them with the suspend registers. On an intercept a VP suspends
 * itself, and the L1 gets a message.
 */
#include <stdio.h>
#include <string.h>

#include "objects.h"

static void intercept(struct vp *vp)
{
	vp_publish_intercept(vp);
	notify_intercept(vp);
}

/* With hv->lock, except while it sleeps or runs the VP */
static void core_loop(struct vp *vp, struct run_thread *rt)
{
	while (!vp->dying) {
		if (!vp_may_run(vp)) {
			pthread_cond_wait(&vp->pt->hv->objs->changed, &vp->pt->hv->lock);
			continue;
		}
		if (vp_enter(vp, rt) == VP_STOP_INTERCEPT)
			intercept(vp);
	}
}

static void *core_thread(void *arg)
{
	struct vp *vp = arg;
	struct hv *hv = vp->pt->hv;
	struct run_thread *rt = run_thread_create();
	char name[16];

	snprintf(name, sizeof(name), "VP %lu:%u", vp->pt->id, vp->index);
	pthread_setname_np(pthread_self(), name);
	kick_watch(vp->run);
	pthread_mutex_lock(&hv->lock);
	core_loop(vp, rt);
	pthread_mutex_unlock(&hv->lock);
	run_thread_destroy(rt);
	return NULL;
}

/**
 * core_vp_start - give a VP its thread
 * @vp: the VP, suspended
 *
 * Return: 0, or -1
 */
int core_vp_start(struct vp *vp)
{
	int err = pthread_create(&vp->thread, NULL, core_thread, vp);

	if (err) {
		hv_log("VP %lu:%u: no thread: %s", vp->pt->id, vp->index, strerror(err));
		return -1;
	}
	vp->has_thread = true;
	return 0;
}

/**
 * core_vp_stop - end a VP's thread, if it has one
 * @vp: the VP, dying. Drops and retakes the lock
 */
void core_vp_stop(struct vp *vp)
{
	struct hv *hv = vp->pt->hv;

	if (!vp->has_thread)
		return;
	vp->has_thread = false;
	pthread_cond_broadcast(&hv->objs->changed);
	pthread_mutex_unlock(&hv->lock);
	pthread_join(vp->thread, NULL);
	pthread_mutex_lock(&hv->lock);
}
