// SPDX-License-Identifier: GPL-2.0-only
/*
 * Trace file: one JSON object a line, so that a test can grep it or a script parse it
 *
 * Every object has "t", nanoseconds since the trace was opened, and "ev".
 */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "trace.h"
#include "version.h"

struct trace {
	FILE *file;
	pthread_mutex_t lock;
	uint64_t start_ns;
};

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

/**
 * trace_open - Open the trace file
 * @path: where to write; an existing file is replaced
 *
 * Return: the trace, or NULL with errno set
 */
struct trace *trace_open(const char *path)
{
	struct trace *tr = calloc(1, sizeof(*tr));

	if (!tr)
		return NULL;
	tr->file = fopen(path, "we");
	if (!tr->file) {
		free(tr);
		return NULL;
	}
	pthread_mutex_init(&tr->lock, NULL);
	tr->start_ns = now_ns();
	return tr;
}

/**
 * trace_flush - Write out what is buffered
 * @tr: trace or NULL
 */
void trace_flush(struct trace *tr)
{
	if (tr)
		fflush(tr->file);
}

/**
 * trace_close - Write out what is buffered, close and free
 * @tr: trace or NULL
 */
void trace_close(struct trace *tr)
{
	if (!tr)
		return;
	fclose(tr->file);
	pthread_mutex_destroy(&tr->lock);
	free(tr);
}

/* The caller ends the line with trace_end() */
static void trace_begin(struct trace *tr, const char *ev)
{
	pthread_mutex_lock(&tr->lock);
	fprintf(tr->file, "{\"t\":%" PRIu64 ",\"ev\":\"%s\"", now_ns() - tr->start_ns, ev);
}

static void trace_end(struct trace *tr)
{
	fputs("}\n", tr->file);
	pthread_mutex_unlock(&tr->lock);
}

static void put_string(FILE *f, const char *s)
{
	fputc('"', f);
	for (; *s; s++) {
		if (*s == '"' || *s == '\\')
			fprintf(f, "\\%c", *s);
		else if ((unsigned char)*s < 0x20)
			fprintf(f, "\\u%04x", *s);
		else
			fputc(*s, f);
	}
	fputc('"', f);
}

static const char *vmm_caps_text(const struct config *cfg, char *buf, size_t len)
{
	if (cfg->vmm_caps_mode == VMM_CAPS_NONE)
		return "none";
	if (cfg->vmm_caps_mode == VMM_CAPS_EMPTY)
		return "empty";
	snprintf(buf, len, "0x%" PRIx64, cfg->vmm_caps);
	return buf;
}

/**
 * trace_start - First line: what was asked for
 * @tr: trace or NULL
 * @hv: the machine
 */
void trace_start(struct trace *tr, const struct hv *hv)
{
	const struct config *cfg = hv->cfg;
	char caps[20];

	if (!tr)
		return;
	trace_begin(tr, "start");
	fprintf(tr->file, ",\"version\":\"%s\",\"cpus\":%u,\"memory_mib\":%u",
		HVSIM_VERSION, cfg->cpus, cfg->memory_mib);
	fprintf(tr->file, ",\"partition\":\"%s\",\"scheduler\":\"%s\",\"vmm_caps\":\"%s\"",
		config_partition_name(cfg->partition), config_scheduler_name(cfg->scheduler),
		vmm_caps_text(cfg, caps, sizeof(caps)));
	fprintf(tr->file, ",\"vmbus\":%s,\"tsc_hz\":%" PRIu64, cfg->vmbus ? "true" : "false",
		hv->tsc_hz);
	trace_end(tr);
}

/**
 * trace_hypercall - A hypercall has ended
 * @tr: trace or NULL
 * @vp: index of the calling L1 VP
 * @name: name of the call
 * @call: the call
 * @status: HV_STATUS returned
 */
void trace_hypercall(struct trace *tr, unsigned int vp, const char *name,
		     const struct hvcall *call, uint16_t status)
{
	if (!tr)
		return;
	trace_begin(tr, "hypercall");
	fprintf(tr->file, ",\"vp\":%u,\"code\":\"0x%04x\",\"name\":\"%s\",\"partition\":%" PRIu64,
		vp, call->code, name, call->partition);
	fprintf(tr->file, ",\"reps\":%u,\"start\":%u,\"done\":%u,\"status\":\"0x%04x\"",
		call->rep_count, call->rep_start, call->rep_done, status);
	trace_end(tr);
}

/**
 * trace_message - A SynIC message was posted to an L1 VP
 * @tr: trace or NULL
 * @vp: index of the L1 VP
 * @sint: SINT
 * @type: message type
 * @queued: the slot was busy: it waits for the EOM
 */
void trace_message(struct trace *tr, unsigned int vp, unsigned int sint, uint32_t type,
		   bool queued)
{
	if (!tr)
		return;
	trace_begin(tr, "message");
	fprintf(tr->file, ",\"vp\":%u,\"sint\":%u,\"type\":\"0x%08x\",\"name\":\"%s\"", vp, sint,
		type, message_name(type));
	fprintf(tr->file, ",\"queued\":%s", queued ? "true" : "false");
	trace_end(tr);
}

/**
 * trace_intercept - A child VP was stopped by an intercept
 * @tr: trace or NULL
 * @partition: the child's partition id
 * @vp: the child's VP index
 * @type: message type of the intercept
 * @at: port, GPA or MSR that was accessed; 0 for other intercepts
 */
void trace_intercept(struct trace *tr, uint64_t partition, uint32_t vp, uint32_t type,
		     uint64_t at)
{
	if (!tr)
		return;
	trace_begin(tr, "intercept");
	fprintf(tr->file, ",\"partition\":%" PRIu64 ",\"vp\":%u", partition, vp);
	fprintf(tr->file, ",\"type\":\"0x%08x\",\"name\":\"%s\",\"at\":\"0x%" PRIx64 "\"", type,
		message_name(type), at);
	trace_end(tr);
}

/**
 * trace_doorbell - A child's write has rung a doorbell, or one that waited rings again
 * @tr: trace or NULL
 * @partition: the child's partition id
 * @port: id of the port
 * @vp: index of the L1 VP whose ring it is for
 * @err: as returned by synic_signal_ring()
 */
void trace_doorbell(struct trace *tr, uint64_t partition, uint32_t port, unsigned int vp,
		    int err)
{
	if (!tr)
		return;
	trace_begin(tr, "doorbell");
	fprintf(tr->file, ",\"partition\":%" PRIu64 ",\"port\":%u,\"vp\":%u", partition, port,
		vp);
	fprintf(tr->file, ",\"ring\":\"%s\"", !err ? "ok" : err == -EAGAIN ? "full" : "none");
	trace_end(tr);
}

/**
 * trace_dispatch - HVCALL_DISPATCH_VP has returned
 * @tr: trace or NULL
 * @partition: the child's partition id
 * @vp: the child's VP index
 * @state: dispatch state returned
 * @event: dispatch event returned
 */
void trace_dispatch(struct trace *tr, uint64_t partition, uint32_t vp, uint32_t state,
		    uint32_t event)
{
	if (!tr)
		return;
	trace_begin(tr, "dispatch");
	fprintf(tr->file, ",\"partition\":%" PRIu64 ",\"vp\":%u,\"state\":%u,\"event\":%u",
		partition, vp, state, event);
	trace_end(tr);
}

/**
 * trace_text - Anything else worth a line
 * @tr: trace or NULL
 * @ev: kind, e.g. "accounting"
 * @partition: partition id it is about, 0 for none
 * @fmt: format of the text
 */
void trace_text(struct trace *tr, const char *ev, uint64_t partition, const char *fmt, ...)
{
	char text[200];
	va_list ap;

	if (!tr)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	trace_begin(tr, ev);
	fprintf(tr->file, ",\"partition\":%" PRIu64 ",\"text\":", partition);
	put_string(tr->file, text);
	trace_end(tr);
}

/**
 * trace_exit - Last line: how it ended and what the L1 left behind
 * @tr: trace or NULL
 * @hv: the machine, stopped
 * @sum: objects that still existed
 * @messages_pending: SynIC messages never delivered
 */
void trace_exit(struct trace *tr, const struct hv *hv, const struct objects_summary *sum,
		unsigned int messages_pending)
{
	uint64_t exits = 0;

	if (!tr)
		return;
	for (unsigned int i = 0; i < hv->nr_vps; i++)
		exits += hv->vps[i].nr_exits;
	trace_begin(tr, "exit");
	fprintf(tr->file, ",\"status\":%d,\"reason\":\"%s\",\"partitions\":%u,\"vps\":%u",
		hv->exit_status, hv->exit_reason, sum->partitions, sum->vps);
	fprintf(tr->file, ",\"deposited_pages\":%" PRIu64 ",\"mapped_pages\":%" PRIu64,
		sum->deposited_pages, sum->mapped_pages);
	fprintf(tr->file, ",\"overlay_pages\":%" PRIu64 ",\"ports\":%u,\"messages_pending\":%u",
		sum->overlay_pages, sum->ports, messages_pending);
	fprintf(tr->file, ",\"l1_exits\":%" PRIu64, exits);
	trace_end(tr);
}

/**
 * message_name - Name of a SynIC message type, for the trace
 * @type: message type
 *
 * Return: its name without HVMSG_, or "UNKNOWN"
 */
const char *message_name(uint32_t type)
{
	static const struct {
		uint32_t type;
		const char *name;
	} names[] = {
		{ 0x00000001, "CHANNEL" },
		{ 0x80000000, "UNMAPPED_GPA" },
		{ 0x80000001, "GPA_INTERCEPT" },
		{ 0x80000020, "INVALID_VP_REGISTER_VALUE" },
		{ 0x80000021, "UNRECOVERABLE_EXCEPTION" },
		{ 0x80000022, "UNSUPPORTED_FEATURE" },
		{ 0x8000003f, "OPAQUE_INTERCEPT" },
		{ 0x80000060, "GPA_ATTRIBUTE_INTERCEPT" },
		{ 0x80000061, "SYNIC_SINT_INTERCEPT" },
		{ 0x80000070, "ASYNC_CALL_COMPLETION" },
		{ 0x80000100, "SCHEDULER_VP_SIGNAL_BITSET" },
		{ 0x80000101, "SCHEDULER_VP_SIGNAL_PAIR" },
		{ 0x80010000, "X64_IO_PORT" },
		{ 0x80010001, "X64_MSR" },
		{ 0x80010002, "X64_CPUID" },
		{ 0x80010003, "X64_EXCEPTION" },
		{ 0x80010004, "X64_APIC_EOI" },
		{ 0x80010005, "X64_LEGACY_FP_ERROR" },
		{ 0x80010007, "X64_HALT" },
		{ 0x80010008, "X64_INTERRUPTION_DELIVERABLE" },
		{ 0x80010009, "X64_SIPI" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (names[i].type == type)
			return names[i].name;
	return "UNKNOWN";
}
