// SPDX-License-Identifier: GPL-2.0-only
/*
 * Access states by hypercall; the child's address space is an array of its protections
 */
#include <string.h>

#include "../objects.h"
#include "harness.h"

#define PAGES	2048UL
#define RW	(GPA_READ | GPA_WRITE)
#define FRESH	(GPA_IDLE | GPA_CLEAN)

static struct {
	struct hv hv;
	struct partition pt;
	bool tracked;
	unsigned int flags[PAGES];	/* of the last child_space_protect() */
	unsigned int nr_protects;
	uint8_t out[PAGES];
	struct hvcall call;
} m;

struct partition *partition_find(struct hv *hv, uint64_t id)
{
	(void)hv;
	return id == 7 ? &m.pt : NULL;
}

uint64_t property_get(struct partition *pt, uint32_t code)
{
	(void)pt;
	return code == HV_PROPERTY_ACCESS_TRACKING && m.tracked;
}

bool child_space_protect(struct partition *pt, uint64_t gfn, uint64_t nr_pages,
			 unsigned int flags)
{
	(void)pt;
	for (uint64_t i = gfn; i < gfn + nr_pages; i++)
		m.flags[i] = flags & FRESH;
	m.nr_protects++;
	return true;
}

static void map(uint64_t gfn, unsigned int flags)
{
	struct gpa_entry entry = { .source = 4096 + gfn, .flags = flags };

	gpa_set(&m.pt.gpa, gfn, &entry, NULL, NULL);
}

/* Pages 0 to 3 are mapped before accesses are tracked, 8 to 11 afterwards. */
static void setup(unsigned int pool_pages)
{
	memset(&m, 0, sizeof(m));
	m.pt = (struct partition){ .hv = &m.hv, .id = 7, .state = PARTITION_ACTIVE };
	m.pt.gpa.pool = &m.pt.pool;
	m.pt.gpa.table_cost = 1;
	for (unsigned int i = 0; i < pool_pages; i++)
		pool_deposit(&m.pt.pool, 100 + i);
	for (unsigned int i = 0; i < 4; i++) {
		map(i, RW);
		map(8 + i, RW | FRESH);
	}
	m.tracked = true;
}

static void teardown(void)
{
	gpa_map_fini(&m.pt.gpa);
	pool_fini(&m.pt.pool);
}

static uint16_t states(uint64_t gfn, unsigned int start, unsigned int count, uint64_t flags)
{
	struct hv_in_access_states in = { .partition_id = 7, .flags = flags, .gfn = gfn };

	memset(m.out, 0xff, sizeof(m.out));
	m.call = (struct hvcall){ .in = &in, .out = m.out, .rep_start = start,
				  .rep_count = count };
	return hc_get_gpa_pages_access_states(&m.hv, NULL, &m.call);
}

static bool out_is(const char *expect)
{
	for (unsigned int i = 0; expect[i]; i++) {
		if (m.out[i] != expect[i] - '0')
			return false;
	}
	return true;
}

static void touch(uint64_t gfn, bool write)
{
	struct gpa_entry entry;

	gpa_lookup(&m.pt.gpa, gfn, &entry);
	access_seen(&m.pt, gfn << PAGE_SHIFT, &entry, write);
}

TEST(what_was_mapped_before_counts_as_dirty_what_was_not_as_untouched)
{
	setup(8);
	CHECK(states(0, 0, 12, 0) == 0 && m.call.rep_done == 12);
	CHECK(out_is("333300000000") && !m.nr_protects);
	teardown();
}

TEST(a_read_marks_accessed_a_write_marks_both)
{
	setup(8);
	touch(9, false);
	touch(10, true);
	states(8, 0, 4, 0);
	CHECK(out_is("0130"));
	CHECK(m.flags[9] == GPA_CLEAN && !m.flags[10] && m.nr_protects == 2);
	touch(10, true);
	CHECK(m.nr_protects == 2);
	teardown();
}

TEST(clearing_returns_what_was_and_protects_neighbours_at_once)
{
	setup(8);
	CHECK(states(0, 0, 4, HV_ACCESS_CLEAR_DIRTY) == 0 && out_is("3333"));
	CHECK(m.nr_protects == 1 && m.flags[3] == GPA_CLEAN);
	CHECK(states(0, 0, 4, HV_ACCESS_CLEAR_ACCESSED) == 0 && out_is("1111"));
	touch(2, true);
	states(0, 0, 4, HV_ACCESS_CLEAR_DIRTY);
	CHECK(out_is("0030") && m.flags[2] == GPA_CLEAN && m.flags[1] == FRESH);
	states(0, 0, 4, 0);
	CHECK(out_is("0010"));
	teardown();
}

TEST(what_lies_between_is_not_protected)
{
	setup(8);
	for (unsigned int i = 8; i < 12; i++)
		touch(i, true);
	CHECK(states(0, 0, 12, HV_ACCESS_CLEAR_DIRTY) == 0 && out_is("333300003333"));
	CHECK(m.flags[3] == GPA_CLEAN && !m.flags[4] && !m.flags[7]);
	CHECK(m.flags[8] == GPA_CLEAN && m.flags[11] == GPA_CLEAN);
	teardown();
}

TEST(setting_marks_pages_that_are_mapped_only)
{
	setup(8);
	CHECK(states(6, 0, 8, HV_ACCESS_SET_DIRTY | HV_ACCESS_SET_ACCESSED) == 0);
	CHECK(out_is("00000000"));
	states(6, 0, 8, 0);
	CHECK(out_is("00333300") && !m.flags[8]);
	teardown();
}

TEST(a_large_page_has_one_state_until_a_part_is_changed)
{
	setup(16);
	map(512, RW | FRESH | GPA_LARGE);
	touch(700, true);
	CHECK(!m.flags[512] && m.nr_protects == 1);
	CHECK(states(512, 0, 512, 0) == 0 && out_is("333333"));
	CHECK(states(600, 0, 2, HV_ACCESS_CLEAR_DIRTY) == 0 && out_is("33"));
	CHECK(m.flags[600] == GPA_CLEAN && !m.flags[602]);
	states(599, 0, 4, 0);
	CHECK(out_is("3113"));
	teardown();
}

TEST(splitting_a_large_page_needs_a_deposit_and_resumes)
{
	setup(4);	/* no more than the tables of the small pages */
	pool_deposit(&m.pt.pool, 200);
	map(512, RW | GPA_LARGE);
	CHECK(pool_available(&m.pt.pool) == 1);
	pool_take(&m.pt.pool, 1);
	CHECK(states(2, 0, 512, HV_ACCESS_CLEAR_DIRTY) == HV_STATUS_INSUFFICIENT_MEMORY);
	CHECK(m.call.rep_done == 510 && out_is("33"));
	pool_give(&m.pt.pool, 1);
	CHECK(states(2, 510, 512, HV_ACCESS_CLEAR_DIRTY) == 0 && m.call.rep_done == 512);
	CHECK(m.out[510] == 3 && m.flags[512] == GPA_CLEAN && !m.flags[514]);
	teardown();
}

TEST(inaccessible_pages_have_no_state)
{
	setup(8);
	map(2, GPA_NO_ACCESS);
	CHECK(states(0, 0, 4, HV_ACCESS_SET_DIRTY) == 0 && out_is("3303"));
	teardown();
}

TEST(bad_arguments_are_refused)
{
	setup(8);
	CHECK(states(0, 0, 1, 0x10) == HV_STATUS_INVALID_PARAMETER);
	CHECK(states(0, 0, 1, 3) == HV_STATUS_INVALID_PARAMETER);
	CHECK(states(0, 0, 1, 12) == HV_STATUS_INVALID_PARAMETER);
	CHECK(states(GPA_GFN_END, 0, 1, 0) == HV_STATUS_INVALID_PARAMETER);
	CHECK(states(GPA_GFN_END - 1, 0, 2, 0) == HV_STATUS_INVALID_PARAMETER);
	m.tracked = false;
	CHECK(states(0, 0, 1, 0) == HV_STATUS_INVALID_PARTITION_STATE);
	teardown();
}
