/* SPDX-License-Identifier: GPL-2.0-only */
/* Programs of which each test is a subcommand: exit status 0 is good. */
#ifndef SELFTEST_MSHV_SUBTEST_H
#define SELFTEST_MSHV_SUBTEST_H

#include "dev.h"

/* Ends the test, and the process, if @condition is false */
#define expect(condition, ...)						\
	do {								\
		if (!(condition))					\
			fail(EXIT_GUEST, __VA_ARGS__);			\
	} while (0)

struct subtest {
	const char *name;
	void (*fn)(void);
};

int subtest_main(int argc, char **argv, const struct subtest *tests, unsigned int nr,
		 unsigned int seconds);

#endif /* SELFTEST_MSHV_SUBTEST_H */
