// SPDX-License-Identifier: GPL-2.0-only
/*
 * Deposited memory of one partition
 */
#include <assert.h>
#include <stdlib.h>

#include "pool.h"

#define POOL_FIRST_SIZE 512

/**
 * pool_fini - forget all pages
 * @pool: the pool; empty afterwards, and usable
 */
void pool_fini(struct pool *pool)
{
	free(pool->gfn);
	*pool = (struct pool){ 0 };
}

static bool pool_grow(struct pool *pool)
{
	uint64_t size = pool->size ? 2 * pool->size : POOL_FIRST_SIZE;
	uint64_t *gfn = realloc(pool->gfn, size * sizeof(*gfn));

	if (!gfn)
		return false;
	pool->gfn = gfn;
	pool->size = size;
	return true;
}

/**
 * pool_deposit - add one page
 * @pool: the pool
 * @gfn: the page's number in the parent
 *
 * Return: false if the host has no memory left
 */
bool pool_deposit(struct pool *pool, uint64_t gfn)
{
	if (pool->nr_pages == pool->size && !pool_grow(pool))
		return false;
	pool->gfn[pool->nr_pages++] = gfn;
	return true;
}

/**
 * pool_withdraw - take one page out that is not in use
 * @pool: the pool
 * @gfn: set to its number
 *
 * Return: false if all pages are in use
 */
bool pool_withdraw(struct pool *pool, uint64_t *gfn)
{
	if (!pool_available(pool))
		return false;
	*gfn = pool->gfn[--pool->nr_pages];
	return true;
}

/**
 * pool_take - use pages for an object
 * @pool: the pool
 * @nr_pages: how many
 *
 * Return: false, and nothing taken, if there are fewer
 */
bool pool_take(struct pool *pool, uint64_t nr_pages)
{
	if (pool_available(pool) < nr_pages)
		return false;
	pool->nr_used += nr_pages;
	return true;
}

/**
 * pool_give - give back what pool_take() took
 * @pool: the pool
 * @nr_pages: how many
 */
void pool_give(struct pool *pool, uint64_t nr_pages)
{
	assert(pool->nr_used >= nr_pages);
	pool->nr_used -= nr_pages;
}
