// SPDX-License-Identifier: GPL-2.0-only
/*
 * The way out of the kernel: all hypercalls leave from here.
 */
#include <linux/gfp.h>
#include <linux/irqflags.h>
#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/string.h>
#include <linux/topology.h>
#include <asm/mshyperv.h>
#include <hyperv/hvcall.h>
#include <kunit/static_stub.h>

#include "trace.h"

/* Where the output of DISPATCH_VP is in its page; the input is at 0. */
#define DISPATCH_OUT_OFFSET	(HV_HYP_PAGE_SIZE / 2)

struct cpu_pages {
	void *in;
	void *out;
	void *dispatch;
};

static DEFINE_PER_CPU(struct cpu_pages, cpu_pages);

static void *node_page(int cpu)
{
	struct page *page = alloc_pages_node(cpu_to_node(cpu),
					     GFP_KERNEL | __GFP_ZERO, 0);

	return page ? page_address(page) : NULL;
}

/**
 * hvcall_exit_fini - give back what hvcall_exit_init() allocated
 *
 * No hypercall may be under way.  May be called again.
 */
void hvcall_exit_fini(void)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		struct cpu_pages *pages = per_cpu_ptr(&cpu_pages, cpu);

		free_page((unsigned long)pages->in);
		free_page((unsigned long)pages->out);
		free_page((unsigned long)pages->dispatch);
		memset(pages, 0, sizeof(*pages));
	}
}

/**
 * hvcall_exit_init - allocate the pages of each possible CPU
 *
 * Return: 0, or -ENOMEM.
 */
int hvcall_exit_init(void)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		struct cpu_pages *pages = per_cpu_ptr(&cpu_pages, cpu);

		pages->in = node_page(cpu);
		pages->out = node_page(cpu);
		pages->dispatch = node_page(cpu);
		if (!pages->in || !pages->out || !pages->dispatch) {
			hvcall_exit_fini();
			return -ENOMEM;
		}
	}
	return 0;
}

/**
 * mshv_hv_exit - leave for the hypervisor
 * @control: control word, see HV_HYPERCALL_*
 * @in: input in the direct map, not crossing a page; or NULL
 * @out: likewise for the output
 *
 * The only place that makes a hypercall, hence where tests put theirs.
 *
 * Return: the hypervisor's result word.
 */
u64 mshv_hv_exit(u64 control, void *in, void *out)
{
	KUNIT_STATIC_STUB_REDIRECT(mshv_hv_exit, control, in, out);

	return hv_do_hypercall(control, in, out);
}

static size_t input_size(const struct hv_call *call)
{
	return call->in_size +
	       (call->list ? (size_t)call->list_size * call->reps : 0);
}

static size_t output_size(const struct hv_call *call)
{
	if (!call->out)
		return 0;
	return call->reps ? (size_t)call->out_rep_size * call->reps :
			    call->out_size;
}

static void fill_input(const struct hv_call *call, void *page)
{
	size_t used = input_size(call);

	memcpy(page, call->in, call->in_size);
	if (call->list)
		memcpy(page + call->in_size, call->list, used - call->in_size);
	memset(page + used, 0, HV_HYP_PAGE_SIZE - used);
}

/* Copy what this exit produced: the new reps, or all of a simple call. */
static void take_output(struct hv_call *call, const void *page, u16 start)
{
	size_t size = call->out_rep_size;

	if (!call->out)
		return;
	if (call->reps)
		memcpy(call->out + start * size, page + start * size,
		       (call->reps_done - start) * size);
	else if (call->status == HV_STATUS_SUCCESS)
		memcpy(call->out, page, call->out_size);
}

static u64 control_word(const struct hv_call *call)
{
	return call->code |
	       (u64)call->varhead << HV_HYPERCALL_VARHEAD_OFFSET |
	       (u64)call->reps << HV_HYPERCALL_REP_COMP_OFFSET |
	       (u64)call->reps_done << HV_HYPERCALL_REP_START_OFFSET;
}

/* One exit.  Returns an error only if the answer makes no sense. */
static int exit_once(struct hv_call *call)
{
	u16 start = call->reps_done, done = start;
	struct cpu_pages *pages;
	unsigned long irqflags;
	u64 result;
	int err = 0;

	local_irq_save(irqflags);
	pages = this_cpu_ptr(&cpu_pages);
	fill_input(call, pages->in);
	memset(pages->out, 0, output_size(call));

	result = mshv_hv_exit(control_word(call), pages->in,
			      call->out ? pages->out : NULL);
	call->status = hv_result(result);
	if (result == U64_MAX) {
		err = -EOPNOTSUPP;	/* the kernel has no hypercall page */
	} else if (call->reps) {
		done = hv_repcomp(result);
		if (done < start || done > call->reps)
			err = -EIO;
		else
			call->reps_done = done;
	}
	if (!err)
		take_output(call, pages->out, start);
	local_irq_restore(irqflags);

	trace_mshv_hvcall(call, start);
	return err;
}

static bool well_formed(const struct hv_call *call)
{
	return call->in && call->reps <= HV_CALL_MAX_REPS &&
	       input_size(call) <= HV_HYP_PAGE_SIZE &&
	       output_size(call) <= HV_HYP_PAGE_SIZE;
}

/**
 * hvcall_may_go_on - may a hypercall be continued?
 * @call: the call
 *
 * Context: sleeps unless HV_CALL_ATOMIC is set.
 * Return: false if a fatal signal is pending and nothing else forbids to heed it.
 */
bool hvcall_may_go_on(const struct hv_call *call)
{
	if (call->flags & HV_CALL_ATOMIC)
		return true;
	cond_resched();
	return call->flags & HV_CALL_TEARDOWN ||
	       !fatal_signal_pending(current);
}

/**
 * hvcall_complete - make a hypercall, with all its reps
 * @call: the call; goes on from @call->reps_done
 *
 * Repeats the exit until all reps are done.  A request for memory is an error
 * here.
 *
 * Context: sleeps unless HV_CALL_ATOMIC is set.
 * Return: see hv_call().
 */
int hvcall_complete(struct hv_call *call)
{
	u16 before;
	int err;

	if (!well_formed(call))
		return -EINVAL;

	for (;;) {
		before = call->reps_done;
		err = exit_once(call);
		if (err)
			return err;
		if (call->status != HV_STATUS_SUCCESS)
			return hv_status_to_errno(call->status);
		if (call->reps_done == call->reps)
			return 0;
		if (call->reps_done == before)
			return -EIO;
		if (!hvcall_may_go_on(call))
			return -EINTR;
	}
}

/**
 * hvcall_dispatch_vp - let a virtual processor run on this CPU
 * @pt: its partition
 * @vp_index: its index
 * @flags: HV_DISPATCH_VP_FLAG_*
 * @time_slice: when to come back at the latest, in units of 100 ns; 0 for
 *	never
 * @res: why it came back
 *
 * Context: preemption off, interrupts on.
 * Return: 0 with @res filled in, or the errno of the status.
 */
int hvcall_dispatch_vp(struct hv_pt *pt, u32 vp_index, u32 flags,
		       u64 time_slice, struct hv_output_dispatch_vp *res)
{
	void *page = this_cpu_ptr(&cpu_pages)->dispatch;
	struct hv_output_dispatch_vp *out = page + DISPATCH_OUT_OFFSET;
	struct hv_input_dispatch_vp *in = page;
	u64 result;

	*in = (struct hv_input_dispatch_vp) {
		.partition_id = pt->id,
		.vp_index = vp_index,
		.flags = flags,
		.time_slice = time_slice,
	};
	memset(out, 0, sizeof(*out));

	result = mshv_hv_exit(HVCALL_DISPATCH_VP, in, out);
	*res = *out;
	trace_mshv_dispatch(pt->id, vp_index, flags, res, hv_result(result));

	if (result == U64_MAX)
		return -EOPNOTSUPP;
	return hv_status_to_errno(hv_result(result));
}
