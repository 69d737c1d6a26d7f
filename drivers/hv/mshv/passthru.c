// SPDX-License-Identifier: GPL-2.0-only
/*
 * MSHV_ROOT_HVCALL: hypercalls that a VMM makes itself.
 *
 * Only what is in the table below.  All of these have the partition id as the
 * first field of their input, and it is overwritten with that of the fd.
 */
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "arch.h"
#include "mshv.h"

#ifndef HVCALL_SIGNAL_EVENT_DIRECT
#define HVCALL_SIGNAL_EVENT_DIRECT	0x00c0
#define HVCALL_POST_MESSAGE_DIRECT	0x00c1
#endif

/* How often memory is deposited for a call that completes asynchronously */
#define ASYNC_TRIES	16

#define ON_DEVICE	BIT(0)	/* about this partition itself */
#define ON_PARTITION	BIT(1)
#define ON_VP		BIT(2)
#define ASYNC		BIT(3)	/* may complete later, by a message */
#define VP_INDEX	BIT(4)	/* has a VP index right after the partition id */

#define VP_INDEX_OFFSET	sizeof(u64)

/**
 * struct allowed_call - a hypercall a VMM may make
 * @code: HVCALL_*
 * @flags: on which fds, and what is particular about it
 * @header: bytes of input there have to be, before the list if it has one
 * @in_rep: bytes of one input element
 * @out_rep: bytes of one output element
 * @check: refuses input that would upset the driver
 * @after: what the driver has to know about, also if the call failed half-way
 */
struct allowed_call {
	u16 code;
	u16 flags;
	u16 header;
	u16 in_rep;
	u16 out_rep;
	int (*check)(const void *in, u16 reps);
	void (*after)(struct mshv_partition *pt, const void *in, u16 reps);
};

/* The run loop owns what may run a VP. */
static int check_set_registers(const void *in, u16 reps)
{
	const struct hv_input_set_vp_registers *input = in;
	u16 i;

	for (i = 0; i < reps; i++) {
		switch (input->elements[i].name) {
		case HV_REGISTER_EXPLICIT_SUSPEND:
		case HV_REGISTER_INTERCEPT_SUSPEND:
		case HV_REGISTER_DISPATCH_SUSPEND:
			return -EPERM;
		}
	}
	return 0;
}

static void after_set_registers(struct mshv_partition *pt, const void *in,
				u16 reps)
{
	const struct hv_input_set_vp_registers *input = in;
	u16 i;

	for (i = 0; i < reps; i++)
		if (mshv_arch_is_apic_id(input->elements[i].name))
			mshv_irq_apic_ids_changed(pt);
}

/* Also if the call failed: it may have begun, and to remember more is no harm. */
static void after_set_property(struct mshv_partition *pt, const void *in,
			       u16 reps)
{
	const struct hv_input_set_partition_property *input = in;

	if (input->property_code ==
	    HV_PARTITION_PROPERTY_GPA_PAGE_ACCESS_TRACKING &&
	    input->property_value)
		WRITE_ONCE(pt->tracked, true);
}

#define ON_ANY		(ON_DEVICE | ON_PARTITION | ON_VP)
#define ON_CHILD	(ON_PARTITION | ON_VP)

static const struct allowed_call allowed_calls[] = {
	{ HVCALL_GET_PARTITION_PROPERTY, ON_ANY },
	{ HVCALL_GET_PARTITION_PROPERTY_EX, ON_ANY },
	{ HVCALL_SET_PARTITION_PROPERTY, ON_PARTITION | ASYNC,
	  sizeof(struct hv_input_set_partition_property), 0, 0, NULL,
	  after_set_property },
	{ HVCALL_INSTALL_INTERCEPT, ON_CHILD },
	{ HVCALL_GET_VP_REGISTERS, ON_CHILD | VP_INDEX,
	  sizeof(struct hv_input_get_vp_registers), sizeof(u32),
	  sizeof(union hv_register_value) },
	{ HVCALL_SET_VP_REGISTERS, ON_CHILD | VP_INDEX,
	  sizeof(struct hv_input_set_vp_registers),
	  sizeof(struct hv_register_assoc), 0, check_set_registers,
	  after_set_registers },
	{ HVCALL_TRANSLATE_VIRTUAL_ADDRESS, ON_CHILD | VP_INDEX },
	{ HVCALL_CLEAR_VIRTUAL_INTERRUPT, ON_CHILD },
	{ HVCALL_REGISTER_INTERCEPT_RESULT, ON_CHILD | VP_INDEX },
	{ HVCALL_ASSERT_VIRTUAL_INTERRUPT, ON_CHILD },
	{ HVCALL_SIGNAL_EVENT_DIRECT, ON_CHILD | VP_INDEX },
	{ HVCALL_POST_MESSAGE_DIRECT, ON_CHILD | VP_INDEX },
	{ HVCALL_GET_GPA_PAGES_ACCESS_STATES, ON_CHILD,
	  sizeof(struct hv_input_get_gpa_pages_access_state), 0,
	  sizeof(union hv_gpa_page_access_state) },
	{ HVCALL_GET_VP_CPUID_VALUES, ON_CHILD | VP_INDEX, 24, 24, 16 },
};

static const struct allowed_call *find_call(u16 code, u16 where)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(allowed_calls); i++)
		if (allowed_calls[i].code == code)
			return allowed_calls[i].flags & where ?
			       &allowed_calls[i] : NULL;
	return NULL;
}

/* Check sizes against each other; the hypervisor reads and writes pages. */
static int check_args(const struct mshv_root_hvcall *args,
		      const struct allowed_call *allowed)
{
	u16 least = allowed->flags & VP_INDEX ? VP_INDEX_OFFSET + sizeof(u32) :
						sizeof(u64);
	bool rep = allowed->in_rep || allowed->out_rep;

	if (args->status || memchr_inv(args->rsvd, 0, sizeof(args->rsvd)) ||
	    !args->in_ptr || args->in_sz < least ||
	    args->in_sz > HV_HYP_PAGE_SIZE || args->out_sz > HV_HYP_PAGE_SIZE ||
	    (args->out_ptr && !args->out_sz))
		return -EINVAL;

	if (!rep)
		return args->reps || args->in_sz < allowed->header ? -EINVAL : 0;
	if (!args->reps || args->reps > HV_CALL_MAX_REPS ||
	    args->in_sz < allowed->header + args->reps * allowed->in_rep ||
	    args->out_sz < args->reps * allowed->out_rep)
		return -EINVAL;
	return 0;
}

/* Make the call, wait if it completes later, again if it wants memory then. */
static int make_call(struct mshv_partition *pt, struct hv_call *call,
		     bool async)
{
	unsigned int i;
	int err;

	if (!async)
		return hv_call(call);

	err = mshv_partition_async_begin(pt);
	for (i = 0; !err && i < ASYNC_TRIES; i++) {
		err = hv_call(call);
		if (!err || call->status != HV_STATUS_CALL_PENDING)
			return err;
		err = mshv_partition_async_wait(pt, &call->status);
		if (err)
			return err;
		if (!hv_status_needs_memory(call->status))
			return hv_status_to_errno(call->status);
		err = hvcall_deposit(&pt->hv, call->status, HV_DEPOSIT_MAX, 0);
	}
	return err ?: -ENOMEM;
}

static int copy_out(const struct mshv_root_hvcall *args, const void *out,
		    const struct allowed_call *allowed,
		    struct mshv_root_hvcall __user *uargs)
{
	size_t size = args->reps ? args->reps * allowed->out_rep : args->out_sz;

	if (copy_to_user(&uargs->reps, &args->reps, sizeof(args->reps)) ||
	    copy_to_user(&uargs->status, &args->status, sizeof(args->status)))
		return -EFAULT;
	if (!out || args->status != HV_STATUS_SUCCESS)
		return 0;
	return copy_to_user(u64_to_user_ptr(args->out_ptr), out, size) ?
	       -EFAULT : 0;
}

/* Put in what the caller may not choose. */
static void fix_input(void *in, const struct allowed_call *allowed, u64 id,
		      const struct mshv_vp *vp)
{
	*(u64 *)in = id;
	if (vp && allowed->flags & VP_INDEX)
		*(u32 *)(in + VP_INDEX_OFFSET) = vp->index;
}

/**
 * mshv_passthru - make a hypercall for a VMM
 * @pt: the partition it is about; its lock is held unless there is a @vp; NULL
 *	for this partition itself
 * @vp: the VP it is about, its lock is held; or NULL
 * @uargs: the call; status and completed reps are written back, also when the
 *	hypervisor refuses
 *
 * Return: 0; -EINVAL for arguments that make no sense or a hypercall that is
 * not for VMMs; -EPERM for input that would upset the driver; else see
 * hv_call().
 */
int mshv_passthru(struct mshv_partition *pt, struct mshv_vp *vp,
		  struct mshv_root_hvcall __user *uargs)
{
	u16 where = vp ? ON_VP : pt ? ON_PARTITION : ON_DEVICE;
	const struct allowed_call *allowed;
	struct mshv_root_hvcall args;
	struct hv_call call;
	int err, copy_err;

	if (copy_from_user(&args, uargs, sizeof(args)))
		return -EFAULT;
	if (!args.out_ptr)
		args.out_sz = 0;
	allowed = find_call(args.code, where);
	if (!allowed)
		return -EINVAL;
	err = check_args(&args, allowed);
	if (err)
		return err;

	void *in __free(kfree) =
		memdup_user(u64_to_user_ptr(args.in_ptr), args.in_sz);
	if (IS_ERR(in))
		return PTR_ERR(in);
	void *out __free(kfree) = args.out_ptr ?
		kzalloc(args.out_sz, GFP_KERNEL_ACCOUNT) : NULL;
	if (args.out_ptr && !out)
		return -ENOMEM;

	fix_input(in, allowed, pt ? pt->hv.id : HV_PARTITION_ID_SELF, vp);
	err = allowed->check ? allowed->check(in, args.reps) : 0;
	if (err)
		return err;

	call = (struct hv_call) {
		.code = args.code,
		.reps = args.reps,
		.in = in,
		.in_size = args.in_sz,
		.out = out,
		.out_size = args.out_sz,
		.out_rep_size = allowed->out_rep,
		.payer = pt ? &pt->hv : NULL,
	};
	err = make_call(pt, &call, allowed->flags & ASYNC);
	if (allowed->after)
		allowed->after(pt, in, args.reps);
	args.reps = call.reps_done;
	args.status = call.status;
	copy_err = copy_out(&args, out, allowed, uargs);
	return err ?: copy_err;
}
