// SPDX-License-Identifier: GPL-2.0-only
/*
 * The choke point of all hypercalls: what they do when memory is asked for.
 */
#include <linux/error-injection.h>
#include <linux/minmax.h>
#include <hyperv/hvcall.h>

/**
 * DOC: Hypercalls
 *
 * A caller describes a hypercall in a struct hv_call that lives in its own
 * memory; hv_call() copies the input to the page of the CPU it happens to run
 * on, leaves the kernel with interrupts off, and copies the output back before
 * it turns them on again.  Nothing outside this file sees those pages, so
 * nothing can be preempted while it fills them, and a call can be repeated
 * from the same description: that is how rep calls continue after they stopped
 * half-way and how a call is made again once memory was deposited.
 *
 * HVCALL_DISPATCH_VP is the exception.  It runs a virtual processor and
 * returns when this CPU has something else to do, so it runs with interrupts
 * on and has a page of its own that interrupt handlers never touch.
 */

/* Meet one request for memory. */
static int feed(struct hv_call *call, struct hv_spent *spent)
{
	if (!call->payer || call->flags & HV_CALL_ATOMIC)
		return -ENOMEM;
	return hvcall_deposit_more(call->payer, call->status, spent,
				   call->flags);
}

/**
 * hv_call - make a hypercall
 * @call: the call; @call->status and @call->reps_done tell how it ended
 *
 * Repeats the exit until all reps are done, and deposits memory to
 * @call->payer when the hypervisor asks for it: a bounded amount, and only as
 * long as no fatal signal is pending.
 *
 * Context: sleeps unless HV_CALL_ATOMIC is set.
 * Return: 0, the errno of the hypervisor's status (see hv_status_to_errno()),
 * -ENOMEM if memory was asked for and can't be given, -EINTR on a fatal
 * signal, -EOPNOTSUPP if there is no hypervisor to call, -EIO if its answer is
 * inconsistent, -EINVAL if @call is.
 */
noinline int hv_call(struct hv_call *call)
{
	struct hv_spent spent = { .next = call->deposit_hint };
	int err;

	call->reps_done = 0;
	call->status = HV_STATUS_SUCCESS;
	for (;;) {
		err = hvcall_complete(call);
		if (err != -ENOMEM || !hv_status_needs_memory(call->status))
			return err;
		err = feed(call, &spent);
		if (err)
			return err;
		if (!hvcall_may_go_on(call))
			return -EINTR;
	}
}
ALLOW_ERROR_INJECTION(hv_call, ERRNO);

/**
 * hvcall_init - prepare for hypercalls
 * @root: this is the root partition, which may deposit memory for itself
 *
 * Return: 0, or -ENOMEM.
 */
int hvcall_init(bool root)
{
	hvcall_mem_init(root);
	return hvcall_exit_init();
}

/**
 * hvcall_fini - give back what hvcall_init() allocated
 *
 * No hypercall may be under way.  May be called again.
 */
void hvcall_fini(void)
{
	hvcall_exit_fini();
}
