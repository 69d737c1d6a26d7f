/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Trace events of the mshv driver.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM mshv

#if !defined(_MSHV_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _MSHV_TRACE_H

#include <linux/tracepoint.h>
#include <hyperv/hvcall.h>

TRACE_EVENT(mshv_hvcall,
	    TP_PROTO(const struct hv_call *call, u16 start),
	    TP_ARGS(call, start),
	    TP_STRUCT__entry(__field(u64, arg)
			     __field(u16, code)
			     __field(u16, reps)
			     __field(u16, start)
			     __field(u16, done)
			     __field(u16, status)),
	    TP_fast_assign(__entry->arg = call->in_size >= sizeof(u64) ?
					  *(const u64 *)call->in : 0;
			   __entry->code = call->code;
			   __entry->reps = call->reps;
			   __entry->start = start;
			   __entry->done = call->reps_done;
			   __entry->status = call->status;),
	    TP_printk("code=%#06x arg=%#llx reps=%u start=%u done=%u status=%#x (%s)",
		      __entry->code, __entry->arg, __entry->reps, __entry->start,
		      __entry->done, __entry->status,
		      hv_status_name(__entry->status)));

TRACE_EVENT(mshv_dispatch,
	    TP_PROTO(u64 partition, u32 vp, u32 flags,
		     const struct hv_output_dispatch_vp *res, u16 status),
	    TP_ARGS(partition, vp, flags, res, status),
	    TP_STRUCT__entry(__field(u64, partition)
			     __field(u32, vp)
			     __field(u32, flags)
			     __field(u32, state)
			     __field(u32, event)
			     __field(u16, status)),
	    TP_fast_assign(__entry->partition = partition;
			   __entry->vp = vp;
			   __entry->flags = flags;
			   __entry->state = res->dispatch_state;
			   __entry->event = res->dispatch_event;
			   __entry->status = status;),
	    TP_printk("partition=%llu vp=%u flags=%#x state=%u event=%u status=%#x",
		      __entry->partition, __entry->vp, __entry->flags,
		      __entry->state, __entry->event, __entry->status));

TRACE_EVENT(mshv_message,
	    TP_PROTO(u32 type, u64 sender, bool handled),
	    TP_ARGS(type, sender, handled),
	    TP_STRUCT__entry(__field(u32, type)
			     __field(u64, sender)
			     __field(bool, handled)),
	    TP_fast_assign(__entry->type = type;
			   __entry->sender = sender;
			   __entry->handled = handled;),
	    TP_printk("type=%#x sender=%llu%s", __entry->type, __entry->sender,
		      __entry->handled ? "" : " not handled"));

TRACE_EVENT(mshv_irq,
	    TP_PROTO(u64 partition, u32 gsi, u32 vector, bool fast, int err),
	    TP_ARGS(partition, gsi, vector, fast, err),
	    TP_STRUCT__entry(__field(u64, partition)
			     __field(u32, gsi)
			     __field(u32, vector)
			     __field(bool, fast)
			     __field(int, err)),
	    TP_fast_assign(__entry->partition = partition;
			   __entry->gsi = gsi;
			   __entry->vector = vector;
			   __entry->fast = fast;
			   __entry->err = err;),
	    TP_printk("partition=%llu gsi=%u vector=%#x %s ret=%d",
		      __entry->partition, __entry->gsi, __entry->vector,
		      __entry->fast ? "queued" : "asserted", __entry->err));

TRACE_EVENT(mshv_doorbell,
	    TP_PROTO(u32 port, bool known),
	    TP_ARGS(port, known),
	    TP_STRUCT__entry(__field(u32, port)
			     __field(bool, known)),
	    TP_fast_assign(__entry->port = port;
			   __entry->known = known;),
	    TP_printk("port=%u%s", __entry->port,
		      __entry->known ? "" : " unknown"));

DECLARE_EVENT_CLASS(mshv_vp,
		    TP_PROTO(u64 partition, u32 vp, long info),
		    TP_ARGS(partition, vp, info),
		    TP_STRUCT__entry(__field(u64, partition)
				     __field(u32, vp)
				     __field(long, info)),
		    TP_fast_assign(__entry->partition = partition;
				   __entry->vp = vp;
				   __entry->info = info;),
		    TP_printk("partition=%llu vp=%u info=%ld", __entry->partition,
			      __entry->vp, __entry->info));

/* info: 0 or the errno */
DEFINE_EVENT(mshv_vp, mshv_vp_create,
	     TP_PROTO(u64 partition, u32 vp, long info), TP_ARGS(partition, vp, info));

/* info: signals seen so far */
DEFINE_EVENT(mshv_vp, mshv_vp_kick,
	     TP_PROTO(u64 partition, u32 vp, long info), TP_ARGS(partition, vp, info));

/* info: 0 when it was kicked, or the errno */
DEFINE_EVENT(mshv_vp, mshv_vp_wait,
	     TP_PROTO(u64 partition, u32 vp, long info), TP_ARGS(partition, vp, info));

TRACE_EVENT(mshv_run_exit,
	    TP_PROTO(u64 partition, u32 vp, u32 message, long ret),
	    TP_ARGS(partition, vp, message, ret),
	    TP_STRUCT__entry(__field(u64, partition)
			     __field(u32, vp)
			     __field(u32, message)
			     __field(long, ret)),
	    TP_fast_assign(__entry->partition = partition;
			   __entry->vp = vp;
			   __entry->message = message;
			   __entry->ret = ret;),
	    TP_printk("partition=%llu vp=%u message=%#x ret=%ld",
		      __entry->partition, __entry->vp, __entry->message,
		      __entry->ret));

DECLARE_EVENT_CLASS(mshv_partition,
		    TP_PROTO(u64 partition, long info),
		    TP_ARGS(partition, info),
		    TP_STRUCT__entry(__field(u64, partition)
				     __field(long, info)),
		    TP_fast_assign(__entry->partition = partition;
				   __entry->info = info;),
		    TP_printk("partition=%llu info=%ld", __entry->partition, __entry->info));

/* info: 0 or the errno */
DEFINE_EVENT(mshv_partition, mshv_partition_create,
	     TP_PROTO(u64 partition, long info), TP_ARGS(partition, info));

/* info: pages the hypervisor kept */
DEFINE_EVENT(mshv_partition, mshv_partition_destroy,
	     TP_PROTO(u64 partition, long info), TP_ARGS(partition, info));

DECLARE_EVENT_CLASS(mshv_region,
		    TP_PROTO(u64 partition, u64 gfn, u64 nr_pages, long ret),
		    TP_ARGS(partition, gfn, nr_pages, ret),
		    TP_STRUCT__entry(__field(u64, partition)
				     __field(u64, gfn)
				     __field(u64, nr_pages)
				     __field(long, ret)),
		    TP_fast_assign(__entry->partition = partition;
				   __entry->gfn = gfn;
				   __entry->nr_pages = nr_pages;
				   __entry->ret = ret;),
		    TP_printk("partition=%llu gfn=%#llx pages=%llu ret=%ld",
			      __entry->partition, __entry->gfn, __entry->nr_pages,
			      __entry->ret));

DEFINE_EVENT(mshv_region, mshv_region_add,
	     TP_PROTO(u64 partition, u64 gfn, u64 nr_pages, long ret),
	     TP_ARGS(partition, gfn, nr_pages, ret));

DEFINE_EVENT(mshv_region, mshv_region_del,
	     TP_PROTO(u64 partition, u64 gfn, u64 nr_pages, long ret),
	     TP_ARGS(partition, gfn, nr_pages, ret));

/* The host takes back pages: these, or more. */
DEFINE_EVENT(mshv_region, mshv_region_invalidate,
	     TP_PROTO(u64 partition, u64 gfn, u64 nr_pages, long ret),
	     TP_ARGS(partition, gfn, nr_pages, ret));

TRACE_EVENT(mshv_region_fault,
	    TP_PROTO(u64 partition, u64 gfn, u8 access, long ret),
	    TP_ARGS(partition, gfn, access, ret),
	    TP_STRUCT__entry(__field(u64, partition)
			     __field(u64, gfn)
			     __field(u8, access)
			     __field(long, ret)),
	    TP_fast_assign(__entry->partition = partition;
			   __entry->gfn = gfn;
			   __entry->access = access;
			   __entry->ret = ret;),
	    TP_printk("partition=%llu gfn=%#llx access=%u ret=%ld",
		      __entry->partition, __entry->gfn, __entry->access,
		      __entry->ret));

#endif /* _MSHV_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
