// SPDX-License-Identifier: GPL-2.0-only
#include <stddef.h>
#include <stdio.h>

#include "harness.h"

static struct test *first, **last = &first;
static bool failed;
static const char *skipped;

/**
 * test_register - Add a test; TEST() does it before main()
 * @test: the test
 */
void test_register(struct test *test)
{
	*last = test;
	last = &test->next;
}

/**
 * test_failed - Say why the running test fails; CHECK() does
 * @file: source file
 * @line: line
 * @what: the condition that is false
 */
void test_failed(const char *file, int line, const char *what)
{
	printf("# %s:%d: %s\n", file, line, what);
	failed = true;
}

/**
 * test_skipped - Say why the running test can't be run here; SKIP() does
 * @reason: the reason
 */
void test_skipped(const char *reason)
{
	skipped = reason;
}

int main(void)
{
	unsigned int nr = 0, bad = 0;

	printf("TAP version 13\n");
	for (struct test *t = first; t; t = t->next) {
		failed = false;
		skipped = NULL;
		t->fn();
		nr++;
		bad += failed;
		printf("%s %u - %s%s%s\n", failed ? "not ok" : "ok", nr, t->name,
		       skipped ? " # SKIP " : "", skipped ? skipped : "");
	}
	printf("1..%u\n", nr);
	return bad != 0;
}
