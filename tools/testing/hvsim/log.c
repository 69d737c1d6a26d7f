// SPDX-License-Identifier: GPL-2.0-only
/*
 * Messages to the user
 */
#include <stdarg.h>
#include <stdio.h>

#include "hvsim.h"

/**
 * hv_log - Print a line on stderr
 * @fmt: format, without the program's name and the line break
 */
void hv_log(const char *fmt, ...)
{
	char text[400];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	fprintf(stderr, "hvsim: %s\n", text);
}
