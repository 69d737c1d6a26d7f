/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Deposited memory of one partition: what its parent gave, and what of it is in use
 */
#ifndef HVSIM_POOL_H
#define HVSIM_POOL_H

#include <stdbool.h>
#include <stdint.h>

/**
 * struct pool - deposited pages
 * @gfn: the pages, in order of deposit
 * @nr_pages: pages deposited and not withdrawn
 * @nr_used: of these, pages in use; which ones does not matter
 * @size: slots in @gfn
 *
 * Protected by hv->lock.
 */
struct pool {
	uint64_t *gfn;
	uint64_t nr_pages;
	uint64_t nr_used;
	uint64_t size;
};

void pool_fini(struct pool *pool);
bool pool_deposit(struct pool *pool, uint64_t gfn);
bool pool_withdraw(struct pool *pool, uint64_t *gfn);
bool pool_take(struct pool *pool, uint64_t nr_pages);
void pool_give(struct pool *pool, uint64_t nr_pages);

static inline uint64_t pool_available(const struct pool *pool)
{
	return pool->nr_pages - pool->nr_used;
}

#endif
