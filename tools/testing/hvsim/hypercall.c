// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hypercalls: decoding, copies of input and output, injected failures, trace
 *
 * A handler sees private copies only: what the L1 writes meanwhile does not matter, and
 * what the handler does not mean to return does not get out.
 */
#include <linux/kvm.h>
#include <stdlib.h>
#include <string.h>

#include "abi.h"
#include "devices.h"
#include "hypercall.h"

#define CONTROL_FAST		(1ULL << 16)
#define CONTROL_VAR_HDR(c)	((c) >> 17 & 0x3ff)	/* in units of 8 bytes */
#define CONTROL_REP_COUNT(c)	((c) >> 32 & 0xfff)
#define CONTROL_REP_START(c)	((c) >> 48 & 0xfff)
#define CONTROL_RESERVED	0xf000f000f8000000ULL	/* and bit 31: there is no nesting */

#define FAST_INPUT_LEN		16

struct fail_state {
	unsigned int seen;	/* calls of the rule's code */
};

/* A call in progress; what is behind the input that the call declares is not defined */
struct exit_frame {
	const struct hypercall_desc *desc;	/* NULL: unknown code */
	struct hvcall call;
	uint64_t out_gpa;
	uint8_t in[PAGE_SIZE];
	uint8_t out[PAGE_SIZE];
};

static const struct hypercall_desc *find_in(const struct hypercall_desc *table,
					    unsigned int len, uint16_t code)
{
	for (unsigned int i = 0; i < len; i++)
		if (table[i].code == code)
			return &table[i];
	return NULL;
}

static const struct hypercall_desc *find(uint16_t code)
{
	const struct hypercall_desc *desc = find_in(hypercall_table, hypercall_table_len, code);

	if (desc)
		return desc;
	return find_in(machine_hypercalls, machine_hypercalls_len, code);
}

/**
 * hypercall_decode - Take the input control value apart
 * @raw: the value
 * @ctl: filled in
 *
 * Return: false if a reserved bit is set
 */
bool hypercall_decode(uint64_t raw, struct hvcall_control *ctl)
{
	ctl->code = raw;
	ctl->fast = raw & CONTROL_FAST;
	ctl->var_hdr = CONTROL_VAR_HDR(raw) * 8;
	ctl->rep_count = CONTROL_REP_COUNT(raw);
	ctl->rep_start = CONTROL_REP_START(raw);
	return !(raw & CONTROL_RESERVED);
}

/**
 * hypercall_result - Put the result value together
 * @status: HV_STATUS
 * @rep_done: reps completed
 *
 * Return: the value for RAX
 */
uint64_t hypercall_result(uint16_t status, uint16_t rep_done)
{
	return status | (uint64_t)(rep_done & 0xfff) << 32;
}

/* Bytes from a GPA to the end of its page; 0 if the pointer is not acceptable */
static size_t page_rest(struct hv *hv, uint64_t gpa)
{
	size_t len = PAGE_SIZE - (gpa & ~PAGE_MASK);

	return l1_ram(hv, gpa, len) ? len : 0;
}

static uint16_t fetch_input(struct hv *hv, struct exit_frame *f, const struct kvm_regs *regs)
{
	const struct hypercall_desc *desc = f->desc;
	struct hvcall *call = &f->call;
	size_t need = desc->in_hdr + call->var_hdr + call->rep_count * desc->in_rep;

	call->in = f->in;
	if (call->fast) {
		memcpy(f->in, &regs->rdx, 8);
		memcpy(f->in + 8, &regs->r8, 8);
		call->in_len = FAST_INPUT_LEN;
	} else if (need) {
		if (regs->rdx & 7)
			return HV_STATUS_INVALID_ALIGNMENT;
		call->in_len = page_rest(hv, regs->rdx);
		if (!call->in_len)
			return HV_STATUS_INVALID_PARAMETER;
	}
	if (need > call->in_len)
		return HV_STATUS_INVALID_HYPERCALL_INPUT;
	if (need && !call->fast)
		memcpy(f->in, l1_ram(hv, regs->rdx, need), need);
	return HV_STATUS_SUCCESS;
}

static uint16_t prepare_output(struct hv *hv, struct exit_frame *f, const struct kvm_regs *regs)
{
	const struct hypercall_desc *desc = f->desc;
	struct hvcall *call = &f->call;
	size_t need = desc->out_hdr + call->rep_count * desc->out_rep;

	if (!need)
		return HV_STATUS_SUCCESS;
	if (call->fast)
		return HV_STATUS_INVALID_HYPERCALL_INPUT;	/* no XMM output */
	if (regs->r8 & 7)
		return HV_STATUS_INVALID_ALIGNMENT;
	f->out_gpa = regs->r8;
	call->out = f->out;
	call->out_len = page_rest(hv, regs->r8);
	if (!call->out_len)
		return HV_STATUS_INVALID_PARAMETER;
	if (need > call->out_len)
		return HV_STATUS_INVALID_HYPERCALL_INPUT;
	memset(f->out, 0, need);
	return HV_STATUS_SUCCESS;
}

/* A rep call returns what it completed even when it fails; a simple call all or nothing */
static void return_output(struct hv *hv, const struct exit_frame *f, uint16_t status)
{
	const struct hypercall_desc *desc = f->desc;
	const struct hvcall *call = &f->call;
	size_t start = desc->out_hdr + call->rep_start * desc->out_rep;
	size_t end = desc->out_hdr + call->rep_done * desc->out_rep;

	if (!call->out || (status && !desc->rep))
		return;
	if (desc->out_hdr)
		memcpy(l1_ram(hv, f->out_gpa, desc->out_hdr), f->out, desc->out_hdr);
	if (end > start)
		memcpy(l1_ram(hv, f->out_gpa + start, end - start), f->out + start, end - start);
}

/* Counts a call against every --fail rule of its code; returns the status to fail with, or 0 */
static uint16_t injected_failure(struct hv *hv, uint16_t code)
{
	const struct config *cfg = hv->cfg;
	uint16_t status = 0;

	for (unsigned int i = 0; i < cfg->nr_fails; i++) {
		const struct fail_rule *rule = &cfg->fails[i];

		if (rule->code != code)
			continue;
		hv->fails[i].seen++;
		if (!status && (rule->nth == FAIL_EVERY || rule->nth == hv->fails[i].seen))
			status = rule->status;
	}
	return status;
}

/* A partition may call what its privileges allow: a guest has no children */
static bool permitted(const struct hv *hv, const struct hypercall_desc *desc)
{
	return hv->cfg->partition != PARTITION_GUEST ||
	       find_in(machine_hypercalls, machine_hypercalls_len, desc->code) == desc;
}

static uint16_t check_control(const struct hypercall_desc *desc, const struct hvcall *call)
{
	if (desc->rep != !!call->rep_count)
		return HV_STATUS_INVALID_HYPERCALL_INPUT;
	if (desc->rep ? call->rep_start >= call->rep_count : call->rep_start)
		return HV_STATUS_INVALID_HYPERCALL_INPUT;
	return HV_STATUS_SUCCESS;
}

static uint16_t execute(struct l1_vp *vp, struct exit_frame *f, const struct kvm_regs *regs)
{
	struct hv *hv = vp->hv;
	uint16_t status;

	status = injected_failure(hv, f->call.code);
	if (status)
		return status;
	if (!f->desc)
		return HV_STATUS_INVALID_HYPERCALL_CODE;
	if (!permitted(hv, f->desc))
		return HV_STATUS_ACCESS_DENIED;
	status = check_control(f->desc, &f->call);
	if (!status)
		status = fetch_input(hv, f, regs);
	if (!status)
		status = prepare_output(hv, f, regs);
	if (!status) {
		status = f->desc->fn(hv, vp, &f->call);
		return_output(hv, f, status);
	}
	return status;
}

/**
 * hypercall_handle - Serve a hypercall
 * @vp: the calling VP, whose registers are in its run page
 */
void hypercall_handle(struct l1_vp *vp)
{
	struct kvm_regs *regs = &vp->run->s.regs.regs;
	struct hvcall_control ctl;
	struct exit_frame f;
	uint16_t status;

	f.desc = NULL;
	f.call = (struct hvcall){ 0 };
	if (!hypercall_decode(regs->rcx, &ctl)) {
		status = HV_STATUS_INVALID_HYPERCALL_INPUT;
		goto out;
	}
	f.desc = find(ctl.code);
	f.call = (struct hvcall){
		.code = ctl.code,
		.fast = ctl.fast,
		.var_hdr = ctl.var_hdr,
		.rep_count = ctl.rep_count,
		.rep_start = ctl.rep_start,
		.rep_done = ctl.rep_start,
	};
	pthread_mutex_lock(&vp->hv->lock);
	status = execute(vp, &f, regs);
	pthread_mutex_unlock(&vp->hv->lock);
out:
	trace_hypercall(vp->hv->trace, vp->index, f.desc ? f.desc->name : "UNKNOWN", &f.call,
			status);
	regs->rax = hypercall_result(status, f.call.rep_done);
	vp->run->kvm_dirty_regs = KVM_SYNC_X86_REGS;
}

/**
 * hypercall_page_write - Serve a write to the hypercall MSR
 * @hv: the machine
 * @msr: new value; bit 0 enables, the page's address is in bits 12 and up
 */
void hypercall_page_write(struct hv *hv, uint64_t msr)
{
	static const uint8_t code[] = { 0xe6, PORT_HYPERCALL, 0xc3 };	/* out %al, port; ret */
	uint8_t *page = l1_ram(hv, msr & PAGE_MASK, PAGE_SIZE);

	if (!__atomic_load_n(&hv->guest_os_id, __ATOMIC_RELAXED))
		msr &= ~1ULL;	/* not before the guest has named itself */
	__atomic_store_n(&hv->hypercall_msr, msr, __ATOMIC_RELAXED);
	if (!(msr & 1) || !page)
		return;
	memset(page, 0xcc, PAGE_SIZE);
	memcpy(page, code, sizeof(code));
}

/**
 * hypercall_init - Prepare the counts of --fail
 * @hv: the machine
 *
 * Return: 0 or -1
 */
int hypercall_init(struct hv *hv)
{
	hv->fails = calloc(hv->cfg->nr_fails + 1, sizeof(*hv->fails));
	return hv->fails ? 0 : -1;
}

/**
 * hypercall_fini - Free what hypercall_init() allocated
 * @hv: the machine
 */
void hypercall_fini(struct hv *hv)
{
	free(hv->fails);
	hv->fails = NULL;
}
