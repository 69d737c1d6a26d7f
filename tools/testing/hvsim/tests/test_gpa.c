// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "../gpa.h"
#include "harness.h"

/* Tables on the way to a 4K page: root and two, and the one with the page */
#define TABLES_4K	4
#define TABLES_2M	3

struct fixture {
	struct pool pool;
	struct gpa_map map;
	uint64_t nr_drops;
	uint64_t dropped_pages;
};

static void setup(struct fixture *fx, unsigned int pages)
{
	memset(fx, 0, sizeof(*fx));
	fx->map.pool = &fx->pool;
	fx->map.table_cost = 1;
	for (unsigned int i = 0; i < pages; i++)
		pool_deposit(&fx->pool, 1000 + i);
}

static void teardown(struct fixture *fx)
{
	gpa_map_fini(&fx->map);
	pool_fini(&fx->pool);
}

static void count_drop(void *arg, uint64_t gfn, const struct gpa_entry *old)
{
	struct fixture *fx = arg;

	(void)gfn;
	fx->nr_drops++;
	fx->dropped_pages += old->flags & GPA_LARGE ? GPA_LARGE_PAGES : 1;
}

static enum gpa_result set(struct fixture *fx, uint64_t gfn, uint64_t source, unsigned int flags)
{
	struct gpa_entry entry = { .source = source, .flags = flags };

	return gpa_set(&fx->map, gfn, &entry, count_drop, fx);
}

static enum gpa_result clear(struct fixture *fx, uint64_t gfn, bool large)
{
	return gpa_clear(&fx->map, gfn, large, count_drop, fx);
}

TEST(a_page_is_found_where_it_was_mapped)
{
	struct fixture fx;
	struct gpa_entry entry;

	setup(&fx, 8);
	CHECK(set(&fx, 0x12345, 77, GPA_READ | GPA_WRITE) == GPA_OK);
	CHECK(gpa_lookup(&fx.map, 0x12345, &entry));
	CHECK(entry.source == 77 && entry.flags == (GPA_READ | GPA_WRITE));
	CHECK(!gpa_lookup(&fx.map, 0x12346, &entry));
	CHECK(!gpa_lookup(&fx.map, GPA_GFN_END, &entry));
	CHECK(fx.map.nr_pages == 1);
	teardown(&fx);
}

TEST(tables_are_paid_from_the_pool_and_given_back)
{
	struct fixture fx;

	setup(&fx, 8);
	set(&fx, 0, 1, GPA_READ);
	CHECK(fx.pool.nr_used == TABLES_4K);
	set(&fx, 511, 2, GPA_READ);
	CHECK(fx.pool.nr_used == TABLES_4K);
	set(&fx, 512, 3, GPA_READ);
	CHECK(fx.pool.nr_used == TABLES_4K + 1);
	clear(&fx, 512, false);
	CHECK(fx.pool.nr_used == TABLES_4K);
	clear(&fx, 0, false);
	clear(&fx, 511, false);
	CHECK(!fx.pool.nr_used && !fx.map.nr_pages);
	teardown(&fx);
}

TEST(a_short_pool_stops_a_mapping_without_a_trace)
{
	struct fixture fx;

	setup(&fx, TABLES_4K - 1);
	CHECK(set(&fx, 0, 1, GPA_READ) == GPA_NO_POOL);
	CHECK(!fx.pool.nr_used && !fx.map.nr_pages);
	pool_deposit(&fx.pool, 1);
	CHECK(set(&fx, 0, 1, GPA_READ) == GPA_OK);
	teardown(&fx);
}

TEST(a_large_page_needs_no_last_table)
{
	struct fixture fx;
	struct gpa_entry entry;

	setup(&fx, 8);
	CHECK(set(&fx, 512, 1024, GPA_READ | GPA_LARGE) == GPA_OK);
	CHECK(fx.pool.nr_used == TABLES_2M);
	CHECK(fx.map.nr_pages == 512);
	CHECK(gpa_lookup(&fx.map, 512 + 5, &entry) && entry.source == 1024 + 5);
	CHECK(clear(&fx, 512, true) == GPA_OK);
	CHECK(fx.nr_drops == 1 && fx.dropped_pages == 512 && !fx.map.nr_pages);
	teardown(&fx);
}

TEST(unmapping_a_part_of_a_large_page_needs_a_table)
{
	struct fixture fx;
	struct gpa_entry entry;

	setup(&fx, TABLES_2M);
	set(&fx, 512, 1024, GPA_READ | GPA_LARGE);
	CHECK(clear(&fx, 513, false) == GPA_NO_POOL);
	CHECK(gpa_lookup(&fx.map, 513, &entry) && fx.map.nr_pages == 512);
	pool_deposit(&fx.pool, 1);
	CHECK(clear(&fx, 513, false) == GPA_OK);
	CHECK(!gpa_lookup(&fx.map, 513, &entry));
	CHECK(gpa_lookup(&fx.map, 514, &entry) && entry.source == 1026 &&
	      !(entry.flags & GPA_LARGE));
	CHECK(fx.map.nr_pages == 511 && fx.dropped_pages == 1);
	teardown(&fx);
}

TEST(unmapping_large_takes_out_small_pages_too)
{
	struct fixture fx;

	setup(&fx, 8);
	set(&fx, 512, 1, GPA_READ);
	set(&fx, 700, 2, GPA_READ);
	CHECK(clear(&fx, 512, true) == GPA_OK);
	CHECK(fx.nr_drops == 2 && !fx.map.nr_pages && !fx.pool.nr_used);
	teardown(&fx);
}

TEST(mapping_over_a_mapping_replaces_it)
{
	struct fixture fx;
	struct gpa_entry entry;

	setup(&fx, 8);
	set(&fx, 5, 0, GPA_NO_ACCESS);
	CHECK(!fx.map.nr_pages);
	CHECK(gpa_lookup(&fx.map, 5, &entry) && entry.flags & GPA_NO_ACCESS);
	set(&fx, 5, 9, GPA_READ | GPA_WRITE);
	CHECK(fx.nr_drops == 1 && fx.map.nr_pages == 1);
	CHECK(gpa_lookup(&fx.map, 5, &entry) && entry.source == 9);
	set(&fx, 0, 512, GPA_READ | GPA_LARGE);
	CHECK(fx.nr_drops == 2 && fx.map.nr_pages == 512 && fx.pool.nr_used == TABLES_2M);
	teardown(&fx);
}

TEST(unmapping_what_is_not_mapped_succeeds)
{
	struct fixture fx;

	setup(&fx, 0);
	CHECK(clear(&fx, 5, false) == GPA_OK);
	CHECK(clear(&fx, 512, true) == GPA_OK);
	CHECK(!fx.nr_drops);
	teardown(&fx);
}

TEST(clearing_all_gives_every_table_back)
{
	struct fixture fx;

	setup(&fx, 64);
	for (uint64_t gfn = 0; gfn < GPA_GFN_END; gfn += GPA_GFN_END / 8)
		CHECK(set(&fx, gfn, gfn + 1, GPA_READ) == GPA_OK);
	gpa_clear_all(&fx.map, count_drop, &fx);
	CHECK(fx.nr_drops == 8 && !fx.pool.nr_used && !fx.map.nr_pages);
	teardown(&fx);
}

TEST(flags_change_for_a_page_or_for_a_whole_large_page)
{
	struct gpa_entry entry;
	struct fixture fx;

	setup(&fx, 8);
	set(&fx, 512, 1024, GPA_READ | GPA_LARGE);
	CHECK(gpa_change_flags(&fx.map, 600, true, GPA_CLEAN, 0) == GPA_OK);
	gpa_lookup(&fx.map, 1023, &entry);
	CHECK(entry.flags == (GPA_READ | GPA_LARGE | GPA_CLEAN) && entry.source == 1535);
	CHECK(gpa_change_flags(&fx.map, 600, false, GPA_IDLE, GPA_CLEAN) == GPA_OK);
	gpa_lookup(&fx.map, 600, &entry);
	CHECK(entry.flags == (GPA_READ | GPA_IDLE) && entry.source == 1024 + 88);
	gpa_lookup(&fx.map, 601, &entry);
	CHECK(entry.flags == (GPA_READ | GPA_CLEAN) && fx.pool.nr_used == TABLES_4K);
	CHECK(gpa_change_flags(&fx.map, 5000, true, GPA_IDLE, 0) == GPA_OK);
	CHECK(!gpa_lookup(&fx.map, 5000, &entry) && fx.map.nr_pages == 512);
	teardown(&fx);
}

TEST(flags_stay_where_a_split_is_not_paid_for)
{
	struct gpa_entry entry;
	struct fixture fx;

	setup(&fx, TABLES_2M);
	set(&fx, 512, 1024, GPA_READ | GPA_LARGE);
	CHECK(gpa_change_flags(&fx.map, 600, false, GPA_CLEAN, 0) == GPA_NO_POOL);
	gpa_lookup(&fx.map, 600, &entry);
	CHECK(entry.flags == (GPA_READ | GPA_LARGE));
	teardown(&fx);
}
