// SPDX-License-Identifier: GPL-2.0-only
/*
 * Doorbells: a child's write that becomes an entry in an event ring of the L1
 *
 * A doorbell sounds where the write would be an intercept: at a page that is not mapped,
 * or not writable. A write that does not match, or an instruction that is not a plain
 * move, stays an intercept.
 *
 * A full ring loses no doorbell, but counts no more than one of each port: the port waits
 * until the L1 says that there is room. The specification leaves that open.
 */
#include <errno.h>

#include "objects.h"
#include "regs.h"

#define CR0_PE	(1UL << 0)

static bool matches(const struct doorbell *db, uint64_t gpa, unsigned int size, uint64_t value)
{
	unsigned int want = db->flags & HV_DOORBELL_SIZE_MASK;

	return db->gpa == gpa && (!want || size == 1U << (want - 1)) &&
	       (db->flags & HV_DOORBELL_ANY_VALUE || db->value == value);
}

static struct port *find_port(struct vp *vp, uint64_t gpa, unsigned int size, uint64_t value)
{
	struct port *port = NULL;

	for (const struct doorbell *db = vp->pt->doorbells; db && !port; db = db->next) {
		if (matches(db, gpa, size, value))
			port = port_find(vp->pt->hv, db->port);
	}
	return port;
}

static bool any_at(const struct partition *pt, uint64_t gpa)
{
	for (const struct doorbell *db = pt->doorbells; db; db = db->next) {
		if (db->gpa == gpa)
			return true;
	}
	return false;
}

/* Default address size of the code that runs, in bytes */
static unsigned int code_size(const struct kvm_sregs *sregs)
{
	if (!(sregs->cr0 & CR0_PE))
		return 2;
	if (sregs->efer & EFER_LMA && sregs->cs.l)
		return 8;
	return sregs->cs.db ? 4 : 2;
}

static bool fetch_store(struct vp *vp, struct insn_store *st, uint64_t *value)
{
	struct kvm_sync_regs *regs = &vp->run->s.regs;
	struct insn insn;

	insn_fetch(vp, vp_linear_rip(vp), &insn);
	if (!insn_decode_store(&insn, code_size(&regs->sregs), st))
		return false;
	*value = insn_store_value(st, *regs_gpr(&regs->regs, st->reg));
	return true;
}

/**
 * doorbell_write - is an intercepted write a doorbell? Then ring it
 * @vp: the VP, stopped at the instruction
 * @gpa: where it writes
 *
 * Return: true if so: the VP is behind the instruction
 */
bool doorbell_write(struct vp *vp, uint64_t gpa)
{
	struct insn_store st;
	struct port *port;
	uint64_t value;

	if (!any_at(vp->pt, gpa) || !fetch_store(vp, &st, &value))
		return false;
	port = find_port(vp, gpa, st.size, value);
	if (!port)
		return false;
	port_ring(vp->pt->hv, port, vp->home);
	vp->run->s.regs.regs.rip += st.length;
	vp->run->kvm_dirty_regs |= KVM_SYNC_X86_REGS;
	return true;
}

/**
 * port_ring - put a port's id into the ring of an L1 VP
 * @hv: the machine
 * @port: the port
 * @first: L1 VP to try first, if the port may use any
 */
void port_ring(struct hv *hv, struct port *port, struct l1_vp *first)
{
	unsigned int nr = port->vp == HV_VP_ANY ? hv->nr_vps : 1;
	unsigned int begin = port->vp == HV_VP_ANY ? first->index : port->vp;
	struct l1_vp *to = port->full;
	int err = -EAGAIN;

	if (!to) {
		err = -ENODEV;
		for (unsigned int i = 0; i < nr && err == -ENODEV; i++) {
			to = &hv->vps[(begin + i) % hv->nr_vps];
			err = synic_signal_ring(to, port->sint, port->id);
		}
	}
	if (err == -EAGAIN)
		port->full = to;
	if (!err)
		dispatch_interrupt(to);
	trace_doorbell(hv->trace, port->child, port->id, to->index, err);
}
