// SPDX-License-Identifier: GPL-2.0-only
#include "../pool.h"
#include "harness.h"

TEST(deposited_pages_are_available)
{
	struct pool pool = { 0 };

	CHECK(!pool_available(&pool));
	for (uint64_t gfn = 100; gfn < 2000; gfn++)
		CHECK(pool_deposit(&pool, gfn));
	CHECK(pool_available(&pool) == 1900);
	pool_fini(&pool);
}

TEST(each_page_is_withdrawn_once)
{
	struct pool pool = { 0 };
	uint64_t gfn, sum = 0;

	for (gfn = 1; gfn <= 10; gfn++)
		pool_deposit(&pool, gfn);
	while (pool_withdraw(&pool, &gfn))
		sum += gfn;
	CHECK(sum == 55);
	CHECK(!pool.nr_pages);
	pool_fini(&pool);
}

TEST(pages_in_use_cannot_be_withdrawn)
{
	struct pool pool = { 0 };
	uint64_t gfn;

	for (gfn = 1; gfn <= 4; gfn++)
		pool_deposit(&pool, gfn);
	CHECK(pool_take(&pool, 3));
	CHECK(pool_withdraw(&pool, &gfn));
	CHECK(!pool_withdraw(&pool, &gfn));
	CHECK(pool.nr_pages == 3);
	pool_give(&pool, 3);
	CHECK(pool_withdraw(&pool, &gfn));
	pool_fini(&pool);
}

TEST(a_demand_that_cannot_be_met_takes_nothing)
{
	struct pool pool = { 0 };

	pool_deposit(&pool, 1);
	pool_deposit(&pool, 2);
	CHECK(!pool_take(&pool, 3));
	CHECK(pool_available(&pool) == 2);
	CHECK(pool_take(&pool, 2));
	CHECK(!pool_take(&pool, 1));
	CHECK(pool_take(&pool, 0));
	pool_give(&pool, 2);
	pool_fini(&pool);
}
