// SPDX-License-Identifier: GPL-2.0-only
/*
 * Deposits and mappings by hypercall, without KVM
 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "../objects.h"
#include "harness.h"

#define RAM_PAGES	4096UL

/* The machine, as far as memory needs it */
static unsigned int nr_errors;
static uint64_t space_mapped;
static bool tracked;

bool l1_ram_offset(struct hv *hv, uint64_t gpa, uint64_t *off)
{
	*off = gpa;
	return gpa < hv->ram_size;
}

void *l1_ram(struct hv *hv, uint64_t gpa, uint64_t len)
{
	return gpa + len <= hv->ram_size ? hv->ram + gpa : NULL;
}

void hv_log(const char *fmt, ...)
{
	(void)fmt;
}

void trace_text(struct trace *tr, const char *ev, uint64_t partition, const char *fmt, ...)
{
	(void)tr;
	(void)partition;
	(void)fmt;
	nr_errors += !strcmp(ev, "accounting");
}

bool child_space_map(struct partition *pt, uint64_t gfn, uint64_t nr_pages, uint64_t ram_offset,
		     unsigned int flags)
{
	(void)pt;
	(void)gfn;
	(void)ram_offset;
	(void)flags;
	space_mapped += nr_pages;
	return true;
}

bool child_space_unmap(struct partition *pt, uint64_t gfn, uint64_t nr_pages)
{
	(void)pt;
	(void)gfn;
	space_mapped -= nr_pages;
	return true;
}

bool access_tracked(struct partition *pt)
{
	(void)pt;
	return tracked;
}

void doorbells_free(struct partition *pt)
{
	(void)pt;
}

unsigned int ports_free(struct hv *hv)
{
	(void)hv;
	return 0;
}

void child_vm_destroy(struct partition *pt)
{
	(void)pt;
}

void vp_destroy(struct vp *vp)
{
	(void)vp;
}

void vp_wait(struct hv *hv)
{
	(void)hv;
}

bool partition_integrated(struct hv *hv)
{
	(void)hv;
	return false;
}

int monitor_start(struct hv *hv)
{
	(void)hv;
	return 0;
}

void monitor_stop(struct hv *hv)
{
	(void)hv;
}

void dispatch_release(struct l1_vp *self)
{
	(void)self;
}

struct fixture {
	struct config cfg;
	struct hv hv;
	struct partition *pt;
	struct hvcall call;
	uint64_t in[512];
	uint64_t out[512];
};

static void setup(struct fixture *fx)
{
	struct hv_in_create_partition in = { .flags = HV_CREATE_GPA_SUPER_PAGES };

	memset(fx, 0, sizeof(*fx));
	nr_errors = 0;
	space_mapped = 0;
	tracked = false;
	fx->cfg.demand[DEMAND_TABLE] = 1;
	fx->hv.cfg = &fx->cfg;
	fx->hv.ram_size = RAM_PAGES * PAGE_SIZE;
	fx->hv.ram = calloc(RAM_PAGES, PAGE_SIZE);
	pthread_mutex_init(&fx->hv.lock, NULL);
	objects_init(&fx->hv);
	fx->pt = partition_alloc(&fx->hv, &in);
	fx->pt->state = PARTITION_ACTIVE;
}

static struct objects_summary teardown(struct fixture *fx)
{
	struct objects_summary sum;

	objects_fini(&fx->hv, &sum);
	free(fx->hv.ram);
	return sum;
}

static uint16_t call(struct fixture *fx, HC_HANDLER((*fn)), unsigned int start, unsigned int reps)
{
	fx->call = (struct hvcall){ .in = fx->in, .out = fx->out, .rep_start = start,
				    .rep_count = reps };
	return fn(&fx->hv, NULL, &fx->call);
}

static uint16_t deposit(struct fixture *fx, uint64_t gfn, unsigned int count)
{
	fx->in[0] = fx->pt->id;
	for (unsigned int i = 0; i < count; i++)
		fx->in[1 + i] = gfn + i;
	return call(fx, hc_deposit_memory, 0, count);
}

static uint16_t withdraw(struct fixture *fx, unsigned int count)
{
	fx->in[0] = fx->pt->id;
	fx->in[1] = 0;
	return call(fx, hc_withdraw_memory, 0, count);
}

static uint16_t map_from(struct fixture *fx, uint64_t gfn, uint64_t source, unsigned int count,
			 uint32_t flags, unsigned int start)
{
	struct hv_in_map *in = (struct hv_in_map *)fx->in;

	*in = (struct hv_in_map){ .partition_id = fx->pt->id, .gfn = gfn, .flags = flags };
	for (unsigned int i = 0; i < count; i++)
		in->pages[i] = source + i;
	return call(fx, hc_map_gpa_pages, start, count);
}

static uint16_t map(struct fixture *fx, uint64_t gfn, uint64_t source, unsigned int count)
{
	return map_from(fx, gfn, source, count, HV_MAP_READABLE | HV_MAP_WRITABLE, 0);
}

TEST(what_is_deposited_can_be_withdrawn_cleared)
{
	struct fixture fx;

	setup(&fx);
	CHECK(deposit(&fx, 100, 10) == HV_STATUS_SUCCESS && fx.call.rep_done == 10);
	CHECK(withdraw(&fx, 64) == HV_STATUS_NO_RESOURCES && fx.call.rep_done == 10);
	CHECK(fx.out[0] >= 100 && fx.out[0] < 110);
	CHECK(!fx.hv.ram[100 * PAGE_SIZE] && !nr_errors);
	CHECK(!teardown(&fx).deposited_pages);
}

TEST(a_page_is_deposited_once)
{
	struct fixture fx;

	setup(&fx);
	deposit(&fx, 100, 4);
	CHECK(deposit(&fx, 97, 8) == HV_STATUS_INVALID_PARAMETER);
	CHECK(fx.call.rep_done == 3 && nr_errors == 1);
	CHECK(teardown(&fx).deposited_pages == 7);
}

TEST(only_ram_is_deposited_and_only_to_children)
{
	struct fixture fx;

	setup(&fx);
	CHECK(deposit(&fx, RAM_PAGES, 1) == HV_STATUS_INVALID_PARAMETER);
	CHECK(deposit(&fx, UINT64_MAX, 1) == HV_STATUS_INVALID_PARAMETER);
	fx.in[0] = HV_PARTITION_SELF;
	CHECK(call(&fx, hc_deposit_memory, 0, 1) == HV_STATUS_ACCESS_DENIED);
	fx.in[0] = 999;
	CHECK(call(&fx, hc_deposit_memory, 0, 1) == HV_STATUS_INVALID_PARTITION_ID);
	teardown(&fx);
}

TEST(a_write_to_a_deposited_page_is_found)
{
	struct fixture fx;

	setup(&fx);
	deposit(&fx, 100, 1);
	fx.hv.ram[100 * PAGE_SIZE + 17] = 1;
	withdraw(&fx, 1);
	CHECK(nr_errors == 1);
	teardown(&fx);
}

TEST(a_map_stops_where_the_pool_is_empty_and_resumes)
{
	struct fixture fx;

	setup(&fx);
	deposit(&fx, 100, 4);
	/* Four tables are enough for 12 pages, up to the next 2M. */
	CHECK(map(&fx, 500, 1000, 20) == HV_STATUS_INSUFFICIENT_MEMORY);
	CHECK(fx.call.rep_done == 12 && fx.pt->gpa.nr_pages == 12 && space_mapped == 12);
	deposit(&fx, 200, 1);
	CHECK(map_from(&fx, 500, 1000, 20, HV_MAP_READABLE, 12) == HV_STATUS_SUCCESS);
	CHECK(fx.call.rep_done == 20 && space_mapped == 20);
	CHECK(teardown(&fx).mapped_pages == 20);
}

TEST(pages_in_use_are_neither_mapped_nor_deposited)
{
	struct fixture fx;

	setup(&fx);
	deposit(&fx, 100, 8);
	CHECK(map(&fx, 0, 98, 4) == HV_STATUS_ACCESS_DENIED && fx.call.rep_done == 2);
	CHECK(deposit(&fx, 98, 1) == HV_STATUS_INVALID_PARAMETER);
	CHECK(nr_errors == 2);
	teardown(&fx);
}

TEST(a_page_may_be_mapped_twice_and_is_free_after_the_last_unmap)
{
	struct hv_in_map *in;
	struct fixture fx;

	setup(&fx);
	deposit(&fx, 100, 8);
	map(&fx, 0, 1000, 1);
	map(&fx, 9, 1000, 1);
	in = (struct hv_in_map *)fx.in;
	*in = (struct hv_in_map){ .partition_id = fx.pt->id, .gfn = 0 };
	CHECK(call(&fx, hc_unmap_gpa_pages, 0, 1) == HV_STATUS_SUCCESS);
	CHECK(deposit(&fx, 1000, 1) == HV_STATUS_INVALID_PARAMETER);
	*in = (struct hv_in_map){ .partition_id = fx.pt->id, .gfn = 9 };
	CHECK(call(&fx, hc_unmap_gpa_pages, 0, 1) == HV_STATUS_SUCCESS);
	CHECK(deposit(&fx, 1000, 1) == HV_STATUS_SUCCESS);
	teardown(&fx);
}

TEST(large_pages_are_aligned_on_both_sides)
{
	uint32_t flags = HV_MAP_READABLE | HV_MAP_LARGE_PAGE;
	struct fixture fx;

	setup(&fx);
	deposit(&fx, 100, 8);
	CHECK(map_from(&fx, 1, 1024, 1, flags, 0) == HV_STATUS_INVALID_ALIGNMENT);
	CHECK(map_from(&fx, 512, 1025, 1, flags, 0) == HV_STATUS_INVALID_ALIGNMENT);
	CHECK(map_from(&fx, 512, 1024, 1, flags, 0) == HV_STATUS_SUCCESS);
	CHECK(fx.pt->gpa.nr_pages == 512 && space_mapped == 512);
	teardown(&fx);
}

TEST(mappings_end_with_the_address_space)
{
	struct fixture fx;

	setup(&fx);
	deposit(&fx, 100, 8);
	CHECK(map(&fx, GPA_GFN_END, 1000, 1) == HV_STATUS_INVALID_PARAMETER);
	CHECK(map(&fx, GPA_GFN_END - 1, 1000, 2) == HV_STATUS_INVALID_PARAMETER);
	CHECK(map(&fx, UINT64_MAX, 1000, 2) == HV_STATUS_INVALID_PARAMETER);
	CHECK(map(&fx, GPA_GFN_END - 1, 1000, 1) == HV_STATUS_SUCCESS);
	teardown(&fx);
}

TEST(finalizing_gives_every_page_back)
{
	struct fixture fx;

	setup(&fx);
	deposit(&fx, 100, 32);
	map(&fx, 0, 1000, 100);
	CHECK(fx.pt->pool.nr_used);
	partition_finalize(fx.pt);
	CHECK(!fx.pt->pool.nr_used && !fx.pt->gpa.nr_pages);
	CHECK(withdraw(&fx, 64) == HV_STATUS_NO_RESOURCES && fx.call.rep_done == 32);
	teardown(&fx);
}

TEST(pages_are_mapped_untouched_while_accesses_are_tracked)
{
	struct gpa_entry entry;
	struct fixture fx;

	setup(&fx);
	deposit(&fx, 100, 8);
	map(&fx, 0, 1000, 1);
	CHECK(gpa_lookup(&fx.pt->gpa, 0, &entry) && entry.flags == (GPA_READ | GPA_WRITE));
	tracked = true;
	map(&fx, 0, 1000, 1);
	CHECK(gpa_lookup(&fx.pt->gpa, 0, &entry));
	CHECK(entry.flags == (GPA_READ | GPA_WRITE | GPA_IDLE | GPA_CLEAN));
	map_from(&fx, 0, 0, 1, HV_MAP_NO_ACCESS, 0);
	CHECK(gpa_lookup(&fx.pt->gpa, 0, &entry) && entry.flags == GPA_NO_ACCESS);
	teardown(&fx);
}

TEST(an_overlay_takes_a_free_page_and_gives_it_back)
{
	struct overlay ov = { 0 };
	struct fixture fx;

	setup(&fx);
	CHECK(overlay_map(&fx.hv, &ov, 300) == HV_STATUS_SUCCESS);
	CHECK(deposit(&fx, 300, 1) == HV_STATUS_INVALID_PARAMETER);
	CHECK(overlay_map(&fx.hv, &ov, 301) == HV_STATUS_OPERATION_DENIED);
	CHECK(overlay_unmap(&fx.hv, &ov) && !overlay_unmap(&fx.hv, &ov));
	CHECK(deposit(&fx, 300, 1) == HV_STATUS_SUCCESS);
	CHECK(!teardown(&fx).overlay_pages);
}
