/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef HVSIM_OPTIONS_H
#define HVSIM_OPTIONS_H

#include <stdio.h>

#include "config.h"

enum options_result {
	OPTIONS_RUN,		/* the configuration is complete */
	OPTIONS_HELP,		/* --help */
	OPTIONS_VERSION,	/* --version */
	OPTIONS_PROBE,		/* --probe */
	OPTIONS_HOLD,		/* --hold */
	OPTIONS_BAD,		/* the error text says which option and what it expects */
};

enum options_result options_parse(struct config *cfg, int argc, char **argv, char *err,
				  size_t err_len);
void options_help(FILE *f);

#endif
