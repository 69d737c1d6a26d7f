// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory of a child as the child sees it
 */
#include <string.h>

#include "objects.h"

#define CR0_PG		0x80000000UL
#define CR4_PSE		(1UL << 4)
#define CR4_PAE		(1UL << 5)
#define CR4_LA57	(1UL << 12)

#define PTE_PRESENT	1UL
#define PTE_LARGE	(1UL << 7)
#define PTE_ADDRESS	0x000ffffffffff000UL

/* How the page tables of a paging mode look */
struct paging {
	unsigned int levels;
	unsigned int entry_size;	/* bytes */
	unsigned int index_bits;
	uint64_t root;
};

/* Our address of guest memory up to the end of its page, NULL if there is none */
static const uint8_t *guest_ptr(struct vp *vp, uint64_t gpa)
{
	struct gpa_entry entry;

	if (!gpa_lookup(&vp->pt->gpa, gpa >> PAGE_SHIFT, &entry) || entry.flags & GPA_NO_ACCESS)
		return NULL;
	return (const uint8_t *)page_ptr(vp->pt->hv, entry.source) + gpa % PAGE_SIZE;
}

static struct paging paging_mode(const struct kvm_sregs *sregs)
{
	if (sregs->efer & EFER_LMA)
		return (struct paging){ sregs->cr4 & CR4_LA57 ? 5 : 4, 8, 9,
					sregs->cr3 & PTE_ADDRESS };
	if (sregs->cr4 & CR4_PAE)
		return (struct paging){ 3, 8, 9, (uint32_t)sregs->cr3 & ~0x1fUL };
	return (struct paging){ 2, 4, 10, (uint32_t)sregs->cr3 & PAGE_MASK };
}

/* Is the entry at a level above the lowest a page itself? */
static bool is_large(const struct paging *pg, const struct kvm_sregs *sregs, unsigned int level,
		     uint64_t pte)
{
	if (!(pte & PTE_LARGE))
		return false;
	if (pg->levels == 2)
		return sregs->cr4 & CR4_PSE;
	return level == 1 || (level == 2 && pg->levels > 3);
}

static bool walk(struct vp *vp, uint64_t gva, uint64_t *gpa)
{
	const struct kvm_sregs *sregs = &vp->run->s.regs.sregs;
	const struct paging pg = paging_mode(sregs);
	uint64_t table = pg.root, offset_mask, pte;
	unsigned int level = pg.levels;

	do {
		unsigned int shift = PAGE_SHIFT + --level * pg.index_bits;
		uint64_t index = gva >> shift & ((1UL << pg.index_bits) - 1);
		const uint8_t *entry = guest_ptr(vp, table + index * pg.entry_size);

		pte = 0;
		if (entry)
			memcpy(&pte, entry, pg.entry_size);
		if (!(pte & PTE_PRESENT))
			return false;
		table = pte & PTE_ADDRESS;
		offset_mask = (1UL << shift) - 1;
	} while (level && !is_large(&pg, sregs, level, pte));
	/* 4M pages have the bits of their address from 32 on in bits 13 to 20. */
	if (pg.levels == 2 && level)
		table |= (pte >> 13 & 0xff) << 32;
	*gpa = (table & ~offset_mask) | (gva & offset_mask);
	return true;
}

/**
 * vp_translate - guest virtual to guest physical
 * @vp: a stopped VP
 * @gva: linear address
 * @gpa: set to the result
 *
 * Walks the guest's page tables, and sets no accessed bits in them.
 *
 * Return: false if it is not mapped
 */
bool vp_translate(struct vp *vp, uint64_t gva, uint64_t *gpa)
{
	const struct kvm_sregs *sregs = &vp->run->s.regs.sregs;

	if (!(sregs->efer & EFER_LMA))
		gva = (uint32_t)gva;
	*gpa = gva;
	return !(sregs->cr0 & CR0_PG) || walk(vp, gva, gpa);
}

/**
 * vp_read_guest - read from a guest's memory
 * @vp: a stopped VP
 * @gva: linear address
 * @buf: where to
 * @len: bytes
 *
 * Return: bytes read: fewer where memory ends
 */
unsigned int vp_read_guest(struct vp *vp, uint64_t gva, void *buf, unsigned int len)
{
	unsigned int done = 0;

	while (done < len) {
		unsigned int at = (gva + done) % PAGE_SIZE;
		unsigned int n = len - done < PAGE_SIZE - at ? len - done : PAGE_SIZE - at;
		const uint8_t *from;
		uint64_t gpa;

		if (!vp_translate(vp, gva + done, &gpa))
			break;
		from = guest_ptr(vp, gpa);
		if (!from)
			break;
		memcpy((uint8_t *)buf + done, from, n);
		done += n;
	}
	return done;
}

/**
 * insn_fetch - read the instruction at an address
 * @vp: a stopped VP
 * @linear: where
 * @insn: filled in; @nr_bytes is 0 if there is no memory
 */
void insn_fetch(struct vp *vp, uint64_t linear, struct insn *insn)
{
	memset(insn, 0, sizeof(*insn));
	insn->nr_bytes = vp_read_guest(vp, linear, insn->bytes, sizeof(insn->bytes));
	insn_decode(insn, vp->run->s.regs.sregs.cs.l);
}
