// SPDX-License-Identifier: GPL-2.0-only
/*
 * VP registers by hypercall: names of the hypervisor onto KVM's state
 *
 * General, segment and control registers are in struct kvm_run while a VP is
 * stopped. The rest is fetched when the first register of its kind is asked for,
 * and written back once at the end: struct access.
 */
#include <string.h>
#include <sys/ioctl.h>

#include "objects.h"
#include "regs.h"

/**
 * segment_from_kvm - convert a segment register
 * @seg: KVM's
 */
struct hv_segment segment_from_kvm(const struct kvm_segment *seg)
{
	return (struct hv_segment){
		.base = seg->base, .limit = seg->limit, .selector = seg->selector,
		.attributes = seg->type | seg->s << 4 | seg->dpl << 5 | seg->present << 7 |
			seg->avl << 12 | seg->l << 13 | seg->db << 14 | seg->g << 15,
	};
}

/**
 * segment_to_kvm - convert a segment register
 * @to: KVM's
 * @from: the hypervisor's
 */
void segment_to_kvm(struct kvm_segment *to, const struct hv_segment *from)
{
	uint16_t attr = from->attributes;

	*to = (struct kvm_segment){
		.base = from->base, .limit = from->limit, .selector = from->selector,
		.type = attr & 15, .s = attr >> 4 & 1, .dpl = attr >> 5 & 3,
		.present = attr >> 7 & 1, .avl = attr >> 12 & 1, .l = attr >> 13 & 1,
		.db = attr >> 14 & 1, .g = attr >> 15 & 1, .unusable = !(attr >> 7 & 1),
	};
}

/**
 * regs_gpr - a general register in KVM's struct
 * @regs: KVM's registers
 * @i: number in the order of the hypervisor (and of instruction encodings)
 */
__u64 *regs_gpr(struct kvm_regs *regs, unsigned int i)
{
	__u64 *const low[] = {
		&regs->rax, &regs->rcx, &regs->rdx, &regs->rbx,
		&regs->rsp, &regs->rbp, &regs->rsi, &regs->rdi,
	};

	return i < ARRAY_SIZE(low) ? low[i] : &regs->r8 + (i - ARRAY_SIZE(low));
}

/**
 * sregs_segment - a segment register in KVM's struct
 * @sregs: KVM's registers
 * @i: number in the order of the hypervisor: ES CS SS DS FS GS LDTR TR
 */
struct kvm_segment *sregs_segment(struct kvm_sregs *sregs, unsigned int i)
{
	struct kvm_segment *const segs[] = {
		&sregs->es, &sregs->cs, &sregs->ss, &sregs->ds,
		&sregs->fs, &sregs->gs, &sregs->ldt, &sregs->tr,
	};

	return segs[i];
}

static bool access_gpr(struct access *ac, uint32_t name, union hv_value *val)
{
	struct kvm_regs *regs = &ac->vp->run->s.regs.regs;
	__u64 *reg;

	if (name == HV_REG_RIP)
		reg = &regs->rip;
	else if (name == HV_REG_RFLAGS)
		reg = &regs->rflags;
	else
		reg = regs_gpr(regs, name - HV_REG_RAX);
	if (!ac->set) {
		val->q[0] = *reg;
		return true;
	}
	*reg = val->q[0];
	ac->vp->run->kvm_dirty_regs |= KVM_SYNC_X86_REGS;
	if (name == HV_REG_RIP)
		ac->vp->shut_down = false;	/* the parent has reset it */
	return true;
}

static bool access_segment(struct access *ac, uint32_t name, union hv_value *val)
{
	struct kvm_segment *seg = sregs_segment(&ac->vp->run->s.regs.sregs, name - HV_REG_ES);

	if (!ac->set) {
		val->segment = segment_from_kvm(seg);
		return true;
	}
	segment_to_kvm(seg, &val->segment);
	ac->vp->run->kvm_dirty_regs |= KVM_SYNC_X86_SREGS;
	return true;
}

static bool access_table(struct access *ac, uint32_t name, union hv_value *val)
{
	struct kvm_sregs *sregs = &ac->vp->run->s.regs.sregs;
	struct kvm_dtable *dt = name == HV_REG_IDTR ? &sregs->idt : &sregs->gdt;

	if (!ac->set) {
		val->table.base = dt->base;
		val->table.limit = dt->limit;
		return true;
	}
	dt->base = val->table.base;
	dt->limit = val->table.limit;
	ac->vp->run->kvm_dirty_regs |= KVM_SYNC_X86_SREGS;
	return true;
}

static __u64 *control_register(struct kvm_sregs *sregs, uint32_t name)
{
	switch (name) {
	case HV_REG_CR0:
	case HV_REG_INTERMEDIATE_CR0:
		return &sregs->cr0;
	case HV_REG_CR2:
		return &sregs->cr2;
	case HV_REG_CR3:
	case HV_REG_INTERMEDIATE_CR3:
		return &sregs->cr3;
	case HV_REG_CR4:
	case HV_REG_INTERMEDIATE_CR4:
		return &sregs->cr4;
	case HV_REG_CR8:
		return &sregs->cr8;
	case HV_REG_EFER:
		return &sregs->efer;
	case HV_REG_APIC_BASE:
		return &sregs->apic_base;
	default:
		return NULL;
	}
}

static bool access_control(struct access *ac, uint32_t name, union hv_value *val)
{
	__u64 *reg = control_register(&ac->vp->run->s.regs.sregs, name);

	if (!reg)
		return false;
	if (!ac->set) {
		val->q[0] = *reg;
		return true;
	}
	*reg = val->q[0];
	ac->vp->run->kvm_dirty_regs |= KVM_SYNC_X86_SREGS;
	return true;
}

static bool access_suspend(struct access *ac, uint32_t name, union hv_value *val)
{
	struct vp *vp = ac->vp;
	bool *flag = &vp->dispatch_suspend;

	if (name == HV_REG_EXPLICIT_SUSPEND)
		flag = &vp->explicit_suspend;
	else if (name == HV_REG_INTERCEPT_SUSPEND)
		flag = &vp->intercept_suspend;
	if (ac->set)
		*flag = val->q[0] & 1;
	else
		val->q[0] = *flag;
	return true;
}

static bool access_info(struct access *ac, uint32_t name, union hv_value *val)
{
	if (ac->set)
		return false;
	switch (name) {
	case HV_REG_VP_INDEX:
		val->q[0] = ac->vp->index;
		return true;
	case HV_REG_TIME_REF_COUNT:
		val->q[0] = hv_ref_time(ac->vp->pt->hv);
		return true;
	case HV_REG_SIGNAL_COUNT:
		val->q[0] = ac->vp->signal_count;
		return true;
	default:
		return false;
	}
}

/* Registers that are kept for the parent and do nothing */
static bool access_stored(struct access *ac, uint32_t name, union hv_value *val)
{
	struct vp *vp = ac->vp;
	unsigned int i;

	for (i = 0; i < vp->nr_stored && vp->stored[i].name != name; i++)
		;
	if (!ac->set) {
		if (i < vp->nr_stored)
			*val = vp->stored[i].value;
		return true;
	}
	if (i == MAX_STORED_REGS)
		return false;
	vp->stored[i] = (struct stored_reg){ .name = name, .value = *val };
	if (i == vp->nr_stored)
		vp->nr_stored++;
	return true;
}

/* First match decides. */
static const struct {
	uint32_t first, last;
	bool (*fn)(struct access *ac, uint32_t name, union hv_value *val);
} registers[] = {
	{ HV_REG_RAX, HV_REG_RFLAGS, access_gpr },
	{ HV_REG_EXPLICIT_SUSPEND, HV_REG_INTERCEPT_SUSPEND, access_suspend },
	{ HV_REG_DISPATCH_SUSPEND, HV_REG_DISPATCH_SUSPEND, access_suspend },
	{ HV_REG_ES, HV_REG_TR, access_segment },
	{ HV_REG_IDTR, HV_REG_GDTR, access_table },
	{ HV_REG_XFEM, HV_REG_XFEM, access_xcr },
	{ HV_REG_CR0, HV_REG_CR8, access_control },
	{ HV_REG_INTERMEDIATE_CR0, HV_REG_INTERMEDIATE_CR4, access_control },
	{ HV_REG_EFER, HV_REG_EFER, access_control },
	{ HV_REG_APIC_BASE, HV_REG_APIC_BASE, access_control },
	{ HV_REG_XMM0, HV_REG_XMM_CONTROL, access_fpu },
	{ HV_REG_DR0, HV_REG_DR7, access_debug },
	{ HV_REG_ACTIVITY_STATE, HV_REG_ACTIVITY_STATE, access_activity },
	{ HV_REG_PENDING_INTERRUPTION, HV_REG_INTERRUPT_STATE, access_events },
	{ HV_REG_PENDING_EVENT0, HV_REG_DELIVERABILITY, access_stored },
	{ HV_REG_TSC, HV_REG_TSC + 0xff, access_msr },
	{ HV_REG_VP_INDEX, HV_REG_TIME_REF_COUNT, access_info },
	{ HV_REG_SIGNAL_COUNT, HV_REG_SIGNAL_COUNT, access_info },
	{ HV_REG_VP_RUNTIME, HV_REG_REFERENCE_TSC, access_stored },
	{ HV_REG_SYNIC_FIRST, HV_REG_SYNIC_LAST, access_stored },
	{ HV_REG_STIMER_FIRST, HV_REG_STIMER_LAST, access_stored },
	{ HV_REG_CRASH_FIRST, HV_REG_CRASH_LAST, access_stored },
};

static bool access_one(struct access *ac, uint32_t name, union hv_value *val)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(registers); i++) {
		if (name >= registers[i].first && name <= registers[i].last)
			return registers[i].fn(ac, name, val);
	}
	return false;
}

/**
 * vp_get_registers - read registers
 * @vp: a stopped VP
 * @names: which
 * @values: filled in, zeroed by the caller
 * @count: number of registers
 * @done: set to the number read
 *
 * Return: an HV_STATUS; INVALID_PARAMETER for a name that is not known
 */
uint16_t vp_get_registers(struct vp *vp, const uint32_t *names, union hv_value *values,
			  unsigned int count, unsigned int *done)
{
	struct access ac = { .vp = vp };

	regpage_read(vp);
	for (*done = 0; *done < count; ++*done) {
		if (!access_one(&ac, names[*done], &values[*done])) {
			hv_log("VP %lu:%u: read of unknown register 0x%08x", vp->pt->id,
			       vp->index, names[*done]);
			return HV_STATUS_INVALID_PARAMETER;
		}
	}
	return HV_STATUS_SUCCESS;
}

/**
 * vp_set_registers - write registers, in order
 * @vp: a stopped VP
 * @regs: names and values
 * @count: number of registers
 * @done: set to the number written
 *
 * Return: an HV_STATUS
 */
uint16_t vp_set_registers(struct vp *vp, const struct hv_register *regs, unsigned int count,
			  unsigned int *done)
{
	struct access ac = { .vp = vp, .set = true };
	uint16_t status = HV_STATUS_SUCCESS;

	regpage_read(vp);
	for (*done = 0; *done < count; ++*done) {
		union hv_value val = regs[*done].value;

		if (!access_one(&ac, regs[*done].name, &val)) {
			hv_log("VP %lu:%u: write of register 0x%08x refused", vp->pt->id,
			       vp->index, regs[*done].name);
			status = HV_STATUS_INVALID_PARAMETER;
			break;
		}
	}
	if (!access_finish(&ac))
		status = HV_STATUS_INVALID_REGISTER_VALUE;
	regpage_write(vp, ac.have_fpu);
	return status;
}
