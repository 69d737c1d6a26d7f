/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Guest physical address space of a child: which page of the L1 is where
 *
 * A radix tree in the shape of the page tables that a hypervisor would have, so
 * that it demands as many deposited pages: one for each table below the root.
 * It knows nothing of KVM.
 */
#ifndef HVSIM_GPA_H
#define HVSIM_GPA_H

#include <stdbool.h>
#include <stdint.h>

#include "pool.h"

#define GPA_GFN_BITS	28	/* 1 TiB */
#define GPA_GFN_END	(1UL << GPA_GFN_BITS)
#define GPA_LARGE_PAGES	512UL

struct gpa_table;

/**
 * struct gpa_map - the address space
 * @root: top table, NULL while nothing was ever mapped
 * @pool: pays for the tables
 * @table_cost: pages that a table costs
 * @nr_pages: pages mapped, in 4K units; NO_ACCESS entries do not count
 *
 * Protected by hv->lock.
 */
struct gpa_map {
	struct gpa_table *root;
	struct pool *pool;
	unsigned int table_cost;
	uint64_t nr_pages;
};

/**
 * struct gpa_entry - one mapping
 * @source: page number in the L1; 0 for GPA_NO_ACCESS
 * @flags: GPA_*
 */
struct gpa_entry {
	uint64_t source;
	unsigned int flags;
};

#define GPA_READ	0x2U
#define GPA_WRITE	0x4U
#define GPA_EXEC	0x8U
#define GPA_NO_ACCESS	0x10U	/* known, but every access is an intercept */
#define GPA_LARGE	0x20U	/* 2M */
/* Only while accesses are tracked; a new mapping starts with both */
#define GPA_IDLE	0x40U	/* not accessed since this was set */
#define GPA_CLEAN	0x80U	/* not written to since this was set */
#define GPA_FLAGS	0xfeU

enum gpa_result {
	GPA_OK,
	GPA_NO_POOL,		/* a table is needed, the pool has no page for it */
	GPA_NO_HOST_MEMORY,
};

/* Called for each 4K page or large page that an operation takes out */
typedef void gpa_drop_fn(void *arg, uint64_t gfn, const struct gpa_entry *old);

void gpa_map_fini(struct gpa_map *map);
bool gpa_lookup(const struct gpa_map *map, uint64_t gfn, struct gpa_entry *entry);
enum gpa_result gpa_set(struct gpa_map *map, uint64_t gfn, const struct gpa_entry *entry,
			gpa_drop_fn *drop, void *arg);
enum gpa_result gpa_clear(struct gpa_map *map, uint64_t gfn, bool large, gpa_drop_fn *drop,
			  void *arg);
enum gpa_result gpa_change_flags(struct gpa_map *map, uint64_t gfn, bool whole, unsigned int set,
				 unsigned int clear);
void gpa_clear_all(struct gpa_map *map, gpa_drop_fn *drop, void *arg);

#endif
