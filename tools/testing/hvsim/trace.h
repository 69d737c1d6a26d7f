/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Trace file: one JSON object a line
 */
#ifndef HVSIM_TRACE_H
#define HVSIM_TRACE_H

#include "hvsim.h"

struct trace *trace_open(const char *path);
void trace_flush(struct trace *tr);
void trace_close(struct trace *tr);
void trace_start(struct trace *tr, const struct hv *hv);
void trace_exit(struct trace *tr, const struct hv *hv, const struct objects_summary *sum,
		unsigned int messages_pending);

#endif
