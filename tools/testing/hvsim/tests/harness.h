/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * TAP for unit tests: TEST(a_sentence_of_behaviour) { CHECK(...); }
 */
#ifndef HVSIM_HARNESS_H
#define HVSIM_HARNESS_H

#include <stdbool.h>

struct test {
	const char *name;
	void (*fn)(void);
	struct test *next;
};

void test_register(struct test *test);
void test_skipped(const char *reason);
void test_failed(const char *file, int line, const char *what);

#define TEST(ident)								\
	static void ident(void);						\
	static struct test test_##ident = { .name = #ident, .fn = ident };	\
	__attribute__((constructor)) static void register_##ident(void)	\
	{									\
		test_register(&test_##ident);					\
	}									\
	static void ident(void)

/* Ends the test, which counts as passed */
#define SKIP(reason)								\
	do {									\
		test_skipped(reason);						\
		return;								\
	} while (0)

/* Ends the test if @cond is false */
#define CHECK(cond)								\
	do {									\
		if (!(cond)) {							\
			test_failed(__FILE__, __LINE__, #cond);			\
			return;							\
		}								\
	} while (0)

#endif
