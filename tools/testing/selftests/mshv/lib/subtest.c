// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "subtest.h"

/**
 * subtest_main - run the test that the command line names
 * @argc: main()'s
 * @argv: main()'s
 * @tests: all there are
 * @nr: their number
 * @seconds: time limit: a RUN_VP that hangs ends the process
 *
 * Return: exit status
 */
int subtest_main(int argc, char **argv, const struct subtest *tests, unsigned int nr,
		 unsigned int seconds)
{
	unsigned int i;

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (i = 0; argc == 2 && i < nr; i++) {
		if (strcmp(argv[1], tests[i].name))
			continue;
		alarm(seconds);
		tests[i].fn();
		return EXIT_OK;
	}
	fprintf(stderr, "usage: %s ", argv[0]);
	for (i = 0; i < nr; i++)
		fprintf(stderr, "%s%s", i ? "|" : "", tests[i].name);
	fputc('\n', stderr);
	return EXIT_USAGE;
}
