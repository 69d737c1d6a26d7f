// SPDX-License-Identifier: GPL-2.0-only
/*
 * The one file that instantiates the trace events.
 */
#define CREATE_TRACE_POINTS
#include "trace.h"
