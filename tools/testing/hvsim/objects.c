// SPDX-License-Identifier: GPL-2.0-only
/*
 * The hypervisor's objects: life of a partition, pages of the L1, start and end
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "objects.h"

/* A deposited page belongs to the hypervisor: the L1 must not write to it. */
#define DEPOSIT_PATTERN 0xd5

/**
 * now_ns - monotonic time of the host
 */
uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000UL + ts.tv_nsec;
}

/**
 * page_state - look up a page of the L1's RAM
 * @hv: the machine
 * @gfn: the page's number in the L1
 *
 * Return: its state, or NULL if it is not RAM
 */
struct page_state *page_state(struct hv *hv, uint64_t gfn)
{
	uint64_t off;

	if (gfn >= UINT64_MAX >> PAGE_SHIFT || !l1_ram_offset(hv, gfn << PAGE_SHIFT, &off))
		return NULL;
	return &hv->objs->pages[off >> PAGE_SHIFT];
}

/**
 * page_ptr - the contents of a page of the L1's RAM
 * @hv: the machine
 * @gfn: the page's number in the L1
 *
 * Return: NULL if it is not RAM
 */
void *page_ptr(struct hv *hv, uint64_t gfn)
{
	if (gfn >= UINT64_MAX >> PAGE_SHIFT)
		return NULL;
	return l1_ram(hv, gfn << PAGE_SHIFT, PAGE_SIZE);
}

/**
 * accounting_error - report that the L1 got its memory accounts wrong
 * @hv: the machine
 * @pt: the partition that it concerns, may be NULL
 * @what: what was tried
 * @gfn: the L1's page
 */
void accounting_error(struct hv *hv, struct partition *pt, const char *what, uint64_t gfn)
{
	hv_log("accounting: %s: gfn 0x%lx", what, gfn);
	trace_text(hv->trace, "accounting", pt ? pt->id : 0, "%s: gfn 0x%lx", what, gfn);
}

/**
 * overlay_map - make a page of the L1 an overlay
 * @hv: the machine
 * @ov: the overlay, not mapped
 * @gfn: the L1's page
 *
 * Return: an HV_STATUS
 */
uint16_t overlay_map(struct hv *hv, struct overlay *ov, uint64_t gfn)
{
	struct page_state *ps = page_state(hv, gfn);

	if (!ps)
		return HV_STATUS_INVALID_PARAMETER;
	if (ov->mapped)
		return HV_STATUS_OPERATION_DENIED;
	if (ps->kind != PAGE_FREE || ps->nr_maps) {
		accounting_error(hv, NULL, "overlay on a page in use", gfn);
		return HV_STATUS_INVALID_PARAMETER;
	}
	ps->kind = PAGE_OVERLAY;
	ov->mapped = true;
	ov->gfn = gfn;
	ov->page = page_ptr(hv, gfn);
	memset(ov->page, 0, PAGE_SIZE);
	hv->objs->nr_overlays++;
	return HV_STATUS_SUCCESS;
}

/**
 * overlay_unmap - give an overlay page back
 * @hv: the machine
 * @ov: the overlay
 *
 * Return: false if it was not mapped
 */
bool overlay_unmap(struct hv *hv, struct overlay *ov)
{
	if (!ov->mapped)
		return false;
	page_state(hv, ov->gfn)->kind = PAGE_FREE;
	*ov = (struct overlay){ 0 };
	hv->objs->nr_overlays--;
	return true;
}

/**
 * page_deposit - take a page from the L1 into a partition's pool
 * @pt: the partition
 * @gfn: the page
 *
 * Return: an HV_STATUS
 */
uint16_t page_deposit(struct partition *pt, uint64_t gfn)
{
	struct page_state *ps = page_state(pt->hv, gfn);

	if (!ps)
		return HV_STATUS_INVALID_PARAMETER;
	if (ps->kind != PAGE_FREE || ps->nr_maps) {
		accounting_error(pt->hv, pt, "deposit of a page in use", gfn);
		return HV_STATUS_INVALID_PARAMETER;
	}
	if (!pool_deposit(&pt->pool, gfn))
		return HV_STATUS_OPERATION_FAILED;
	ps->kind = PAGE_DEPOSITED;
	memset(page_ptr(pt->hv, gfn), DEPOSIT_PATTERN, PAGE_SIZE);
	return HV_STATUS_SUCCESS;
}

/* Did the L1 write to a page that it had deposited? */
static bool page_was_written(const uint8_t *page)
{
	return page[0] != DEPOSIT_PATTERN || memcmp(page, page + 1, PAGE_SIZE - 1);
}

/**
 * page_withdraw - give a page of the pool back to the L1, cleared
 * @pt: the partition
 * @gfn: set to the page
 *
 * Return: false if no page is free
 */
bool page_withdraw(struct partition *pt, uint64_t *gfn)
{
	uint8_t *page;

	if (!pool_withdraw(&pt->pool, gfn))
		return false;
	page = page_ptr(pt->hv, *gfn);
	if (page_was_written(page))
		accounting_error(pt->hv, pt, "deposited page was written to", *gfn);
	memset(page, 0, PAGE_SIZE);
	page_state(pt->hv, *gfn)->kind = PAGE_FREE;
	return true;
}

/**
 * partition_find - look up a child
 * @hv: the machine
 * @id: its partition id
 *
 * Return: NULL if there is none of this id
 */
struct partition *partition_find(struct hv *hv, uint64_t id)
{
	for (unsigned int i = 0; i < MAX_PARTITIONS; i++) {
		struct partition *pt = hv->objs->partitions[i];

		if (pt && pt->id == id)
			return pt;
	}
	return NULL;
}

/**
 * vp_find - look up a VP
 * @pt: its partition
 * @index: its index
 *
 * Return: NULL if there is none, or it is about to be deleted
 */
struct vp *vp_find(struct partition *pt, uint32_t index)
{
	struct vp *vp = index < MAX_VPS ? pt->vps[index] : NULL;

	return vp && !vp->dying ? vp : NULL;
}

/**
 * partition_alloc - make a partition
 * @hv: the machine
 * @in: what the L1 asked for
 *
 * Return: the partition, or NULL
 */
struct partition *partition_alloc(struct hv *hv, const struct hv_in_create_partition *in)
{
	struct objects *objs = hv->objs;
	struct partition *pt;

	for (unsigned int i = 0; i < MAX_PARTITIONS; i++) {
		if (objs->partitions[i])
			continue;
		pt = calloc(1, sizeof(*pt));
		if (!pt)
			return NULL;
		pt->hv = hv;
		pt->id = objs->next_id++;
		pt->slot = i;
		pt->flags = in->flags;
		pt->create = *in;
		pt->vm_fd = -1;
		pt->gpa.pool = &pt->pool;
		pt->gpa.table_cost = hv->cfg->demand[DEMAND_TABLE];
		objs->partitions[i] = pt;
		return pt;
	}
	return NULL;
}

static void free_cpuid_results(struct partition *pt)
{
	while (pt->cpuid_results) {
		struct cpuid_result *next = pt->cpuid_results->next;

		free(pt->cpuid_results);
		pt->cpuid_results = next;
	}
}

/**
 * partition_finalize - undo all that the partition's pool pays for
 * @pt: the partition; its VPs, mappings and overlays go. Idempotent
 *
 * May drop and retake the lock while a VP stops.
 */
void partition_finalize(struct partition *pt)
{
	pt->state = PARTITION_FINALIZED;
	pt->busy++;
	for (unsigned int i = 0; i < MAX_VPS; i++) {
		if (pt->vps[i] && !pt->vps[i]->dying)
			vp_destroy(pt->vps[i]);
	}
	while (pt->nr_vps)	/* another L1 VP is deleting one */
		vp_wait(pt->hv);
	pt->busy--;
	for (unsigned int i = 0; i < HV_NR_STATS_AREAS; i++)
		overlay_unmap(pt->hv, &pt->stats[i]);
	doorbells_free(pt);
	page_release_maps(pt);
	child_vm_destroy(pt);
	if (pt->initialized)
		pool_give(&pt->pool, pt->hv->cfg->demand[DEMAND_INITIALIZE]);
	pt->initialized = false;
	free_cpuid_results(pt);
}

/**
 * partition_free - forget a partition
 * @pt: the partition, finalized or never initialized
 */
void partition_free(struct partition *pt)
{
	free_cpuid_results(pt);
	doorbells_free(pt);
	gpa_map_fini(&pt->gpa);
	pool_fini(&pt->pool);
	pt->hv->objs->partitions[pt->slot] = NULL;
	free(pt);
}

/**
 * objects_init - prepare for the first hypercall
 * @hv: the machine, with its RAM
 *
 * Return: 0, or -1
 */
int objects_init(struct hv *hv)
{
	struct objects *objs = calloc(1, sizeof(*objs));

	if (!objs)
		return -1;
	objs->next_id = FIRST_CHILD_ID;
	objs->nr_pages = hv->ram_size >> PAGE_SHIFT;
	objs->pages = calloc(objs->nr_pages, sizeof(*objs->pages));
	pthread_cond_init(&objs->changed, NULL);
	hv->objs = objs;
	if (!objs->pages)
		return -1;
	objs->integrated = partition_integrated(hv);
	return monitor_start(hv);
}

static void summarize(struct objects *objs, struct objects_summary *sum)
{
	*sum = (struct objects_summary){ .overlay_pages = objs->nr_overlays };
	for (unsigned int i = 0; i < MAX_PARTITIONS; i++) {
		const struct partition *pt = objs->partitions[i];

		if (!pt)
			continue;
		sum->partitions++;
		sum->vps += pt->nr_vps;
		sum->deposited_pages += pt->pool.nr_pages;
		sum->mapped_pages += pt->gpa.nr_pages;
	}
}

/**
 * objects_fini - stop all children and say what the L1 left behind
 * @hv: the machine; no L1 VP runs any more
 * @sum: filled in
 */
void objects_fini(struct hv *hv, struct objects_summary *sum)
{
	struct objects *objs = hv->objs;

	*sum = (struct objects_summary){ 0 };
	if (!objs)
		return;
	monitor_stop(hv);
	pthread_mutex_lock(&hv->lock);
	summarize(objs, sum);
	objs->stopping = true;
	for (unsigned int i = 0; i < MAX_PARTITIONS; i++) {
		if (!objs->partitions[i])
			continue;
		partition_finalize(objs->partitions[i]);
		partition_free(objs->partitions[i]);
	}
	sum->ports = ports_free(hv);
	hv->objs = NULL;
	pthread_mutex_unlock(&hv->lock);
	for (unsigned int i = 0; i < hv->nr_vps; i++)
		dispatch_release(&hv->vps[i]);
	pthread_cond_destroy(&objs->changed);
	free(objs->pages);
	free(objs);
}
