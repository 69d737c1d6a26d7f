// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guest physical address space of a child
 */
#include <stdlib.h>

#include "gpa.h"

#define LEVELS		4
#define SLOTS		512U
#define SLOT_VALID	1UL	/* a mapping, not a pointer to the next table */
#define LARGE_LEVEL	1

/* A slot is 0, a mapping (source << 12 | flags | SLOT_VALID), or a table's address. */
struct gpa_table {
	uint64_t slot[SLOTS];
	unsigned int nr_used;
};

static unsigned int slot_index(uint64_t gfn, int level)
{
	return (gfn >> (9 * level)) % SLOTS;
}

static bool is_mapping(uint64_t slot)
{
	return slot & SLOT_VALID;
}

static struct gpa_table *next_table(uint64_t slot)
{
	return is_mapping(slot) ? NULL : (struct gpa_table *)slot;
}

static uint64_t pack(const struct gpa_entry *entry)
{
	return entry->source << 12 | (entry->flags & GPA_FLAGS) | SLOT_VALID;
}

static struct gpa_entry unpack(uint64_t slot)
{
	return (struct gpa_entry){ .source = slot >> 12, .flags = slot & GPA_FLAGS };
}

static uint64_t pages_of(const struct gpa_entry *entry)
{
	if (entry->flags & GPA_NO_ACCESS)
		return 0;
	return entry->flags & GPA_LARGE ? GPA_LARGE_PAGES : 1;
}

static struct gpa_table *alloc_table(struct gpa_map *map, enum gpa_result *res)
{
	struct gpa_table *table;

	if (!pool_take(map->pool, map->table_cost)) {
		*res = GPA_NO_POOL;
		return NULL;
	}
	table = calloc(1, sizeof(*table));
	if (!table) {
		pool_give(map->pool, map->table_cost);
		*res = GPA_NO_HOST_MEMORY;
	}
	return table;
}

static void free_table(struct gpa_map *map, struct gpa_table *table)
{
	pool_give(map->pool, map->table_cost);
	free(table);
}

static void set_slot(struct gpa_table *table, unsigned int i, uint64_t value)
{
	table->nr_used += !table->slot[i];
	table->slot[i] = value;
}

static void clear_slot(struct gpa_table *table, unsigned int i)
{
	table->nr_used -= !!table->slot[i];
	table->slot[i] = 0;
}

/* Take out a mapping that is there. */
static void drop_mapping(struct gpa_map *map, uint64_t gfn, uint64_t slot, gpa_drop_fn *drop,
			 void *arg)
{
	struct gpa_entry old = unpack(slot);

	map->nr_pages -= pages_of(&old);
	if (drop)
		drop(arg, gfn, &old);
}

static void drop_table(struct gpa_map *map, struct gpa_table *table, int level, uint64_t gfn,
		       gpa_drop_fn *drop, void *arg)
{
	for (unsigned int i = 0; i < SLOTS; i++) {
		uint64_t at = gfn + ((uint64_t)i << (9 * level));
		uint64_t slot = table->slot[i];

		if (is_mapping(slot))
			drop_mapping(map, at, slot, drop, arg);
		else if (slot)
			drop_table(map, next_table(slot), level - 1, at, drop, arg);
	}
	free_table(map, table);
}

/* Replace the 2M mapping in @table's slot @i by a table of 4K mappings. */
static struct gpa_table *split(struct gpa_map *map, struct gpa_table *table, unsigned int i,
			       enum gpa_result *res)
{
	struct gpa_entry entry = unpack(table->slot[i]);
	struct gpa_table *small = alloc_table(map, res);

	if (!small)
		return NULL;
	entry.flags &= ~GPA_LARGE;
	for (unsigned int j = 0; j < SLOTS; j++) {
		set_slot(small, j, pack(&entry));
		if (!(entry.flags & GPA_NO_ACCESS))
			entry.source++;
	}
	set_slot(table, i, (uint64_t)small);
	return small;
}

/* Find the table of @level that holds @gfn, and make it if @create. */
static struct gpa_table *walk(struct gpa_map *map, uint64_t gfn, int level, bool create,
			      enum gpa_result *res)
{
	struct gpa_table *table = map->root, *next;

	*res = GPA_OK;
	if (!table) {
		if (!create)
			return NULL;
		table = alloc_table(map, res);
		map->root = table;
	}
	for (int l = LEVELS - 1; table && l > level; l--) {
		unsigned int i = slot_index(gfn, l);

		if (is_mapping(table->slot[i])) {
			next = split(map, table, i, res);
		} else {
			next = next_table(table->slot[i]);
			if (!next && create) {
				next = alloc_table(map, res);
				if (next)
					set_slot(table, i, (uint64_t)next);
			}
		}
		table = next;
	}
	return table;
}

/* Free the tables on the way to @gfn that hold nothing any more. */
static void prune(struct gpa_map *map, uint64_t gfn)
{
	struct gpa_table *path[LEVELS] = { [LEVELS - 1] = map->root };
	int level = LEVELS - 1;

	if (!map->root)
		return;
	while (level > 0) {
		path[level - 1] = next_table(path[level]->slot[slot_index(gfn, level)]);
		if (!path[level - 1])
			break;
		level--;
	}
	for (; level < LEVELS && !path[level]->nr_used; level++) {
		free_table(map, path[level]);
		if (level + 1 < LEVELS)
			clear_slot(path[level + 1], slot_index(gfn, level + 1));
		else
			map->root = NULL;
	}
}

/**
 * gpa_lookup - find what is mapped at a page
 * @map: the address space
 * @gfn: guest page number
 * @entry: filled in; for a page inside a large mapping, @source is that page's
 *
 * Return: true if there is a mapping, accessible or not
 */
bool gpa_lookup(const struct gpa_map *map, uint64_t gfn, struct gpa_entry *entry)
{
	struct gpa_table *table = map->root;

	if (gfn >= GPA_GFN_END)
		return false;
	for (int level = LEVELS - 1; table; level--) {
		uint64_t slot = table->slot[slot_index(gfn, level)];

		if (is_mapping(slot)) {
			*entry = unpack(slot);
			if (entry->flags & GPA_LARGE && !(entry->flags & GPA_NO_ACCESS))
				entry->source += gfn % GPA_LARGE_PAGES;
			return true;
		}
		table = next_table(slot);
	}
	return false;
}

/**
 * gpa_set - map one page, 4K or large, in place of what was there
 * @map: the address space
 * @gfn: guest page number; aligned if GPA_LARGE
 * @entry: the mapping
 * @drop: called for each mapping that it replaces
 * @arg: for @drop
 *
 * Return: GPA_OK, or why nothing was changed
 */
enum gpa_result gpa_set(struct gpa_map *map, uint64_t gfn, const struct gpa_entry *entry,
			gpa_drop_fn *drop, void *arg)
{
	int level = entry->flags & GPA_LARGE ? LARGE_LEVEL : 0;
	enum gpa_result res;
	struct gpa_table *table = walk(map, gfn, level, true, &res);
	unsigned int i = slot_index(gfn, level);

	if (!table) {
		prune(map, gfn);
		return res;
	}
	if (is_mapping(table->slot[i]))
		drop_mapping(map, gfn, table->slot[i], drop, arg);
	else if (table->slot[i])
		drop_table(map, next_table(table->slot[i]), level - 1, gfn, drop, arg);
	set_slot(table, i, pack(entry));
	map->nr_pages += pages_of(entry);
	return GPA_OK;
}

/**
 * gpa_clear - unmap one page, 4K or large; what is not mapped stays so
 * @map: the address space
 * @gfn: guest page number; aligned if @large
 * @large: unmap 2M, be it mapped large or in 4K pages
 * @drop: called for each mapping taken out
 * @arg: for @drop
 *
 * Return: GPA_OK, or why nothing was changed: to unmap a part of a large page
 * needs a table
 */
enum gpa_result gpa_clear(struct gpa_map *map, uint64_t gfn, bool large, gpa_drop_fn *drop,
			  void *arg)
{
	int level = large ? LARGE_LEVEL : 0;
	enum gpa_result res;
	struct gpa_table *table = walk(map, gfn, level, false, &res);
	unsigned int i = slot_index(gfn, level);

	if (!table)
		return res;
	if (is_mapping(table->slot[i]))
		drop_mapping(map, gfn, table->slot[i], drop, arg);
	else if (table->slot[i])
		drop_table(map, next_table(table->slot[i]), level - 1, gfn, drop, arg);
	clear_slot(table, i);
	prune(map, gfn);
	return GPA_OK;
}

/* The slot that maps a page; NULL if nothing is mapped */
static uint64_t *find_slot(const struct gpa_map *map, uint64_t gfn)
{
	struct gpa_table *table = map->root;
	int level = LEVELS - 1;

	while (table) {
		uint64_t *slot = &table->slot[slot_index(gfn, level--)];

		if (is_mapping(*slot))
			return slot;
		table = next_table(*slot);
	}
	return NULL;
}

/**
 * gpa_change_flags - change flags of what is mapped at a page
 * @map: the address space
 * @gfn: guest page number
 * @whole: if the page is part of a large mapping, change all of that; otherwise
 *	split it
 * @set: flags to set
 * @clear: flags to clear
 *
 * Return: GPA_OK, also if nothing is mapped, or why nothing was changed
 */
enum gpa_result gpa_change_flags(struct gpa_map *map, uint64_t gfn, bool whole, unsigned int set,
				 unsigned int clear)
{
	uint64_t *slot = find_slot(map, gfn);
	enum gpa_result res = GPA_OK;

	if (slot && *slot & GPA_LARGE && !whole) {
		struct gpa_table *table = walk(map, gfn, 0, false, &res);

		slot = table ? &table->slot[slot_index(gfn, 0)] : NULL;
	}
	if (slot)
		*slot = (*slot & ~(uint64_t)clear) | set;
	return res;
}

/**
 * gpa_clear_all - unmap everything
 * @map: the address space
 * @drop: called for each mapping
 * @arg: for @drop
 */
void gpa_clear_all(struct gpa_map *map, gpa_drop_fn *drop, void *arg)
{
	if (map->root)
		drop_table(map, map->root, LEVELS - 1, 0, drop, arg);
	map->root = NULL;
}

/**
 * gpa_map_fini - free the tables
 * @map: the address space
 */
void gpa_map_fini(struct gpa_map *map)
{
	gpa_clear_all(map, NULL, NULL);
}
