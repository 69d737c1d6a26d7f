/* SPDX-License-Identifier: GPL-2.0-only */
/* A guest that tells the VMM which interrupts reach it. */
#include "macros64.h"

#define ENTRIES (NOTIFY_VECTOR + NOTIFY_VECTORS)
#define HANDLER_SIZE 16

#define MSR_APIC_BASE 0x1b
#define MSR_EOI 0x80b
#define MSR_SPURIOUS 0x80f

/* The same as notify, but with the LAPIC in x2APIC mode: R14D is 1 */
GUEST notify_x2apic
	movl	$1, %r14d
	jmp	start

/*
 * Needs a LAPIC: write 0 to the port when ready, then the vector of each
 * interrupt. The vector is reported before the interrupt is ended.
 */
GUEST notify
	xorl	%r14d, %r14d
start:
	leaq	gdt(%rip), %rax
	movq	%rax, gdtr + 2(%rip)
	lgdt	gdtr(%rip)
	leaq	idt(%rip), %rax
	movq	%rax, idtr + 2(%rip)
	lidt	idtr(%rip)

	/* the interrupt gates; the rest of the table is never used */
	leaq	handlers(%rip), %rax
	leaq	idt + NOTIFY_VECTOR * 16(%rip), %rbx
	movl	$NOTIFY_VECTORS, %ecx
1:	movq	%rax, %rdx
	movw	%dx, (%rbx)
	movw	$8, 2(%rbx)
	movw	$0x8e00, 4(%rbx)
	shrq	$16, %rdx
	movw	%dx, 6(%rbx)
	shrq	$16, %rdx
	movl	%edx, 8(%rbx)
	addq	$HANDLER_SIZE, %rax
	addq	$16, %rbx
	decl	%ecx
	jnz	1b

	movl	$0xfee00000, %r15d
	testl	%r14d, %r14d
	jnz	5f
	movl	$0x1ff, 0xf0(%r15)		/* LAPIC on, spurious 0xff */
	jmp	6f
5:	movl	$MSR_APIC_BASE, %ecx
	rdmsr
	orl	$0xc00, %eax
	wrmsr
	movl	$MSR_SPURIOUS, %ecx
	movl	$0x1ff, %eax
	xorl	%edx, %edx
	wrmsr
6:	xorl	%eax, %eax
	outl	%eax, $PORT_POKE
2:	sti
	hlt
	jmp	2b

	.balign	HANDLER_SIZE
handlers:
	.set	vector, NOTIFY_VECTOR
	.rept	NOTIFY_VECTORS
	.balign	HANDLER_SIZE
	movl	$vector, %eax
	jmp	3f
	.set	vector, vector + 1
	.endr
3:	outl	%eax, $PORT_POKE
	testl	%r14d, %r14d
	jnz	4f
	movl	$0, 0xb0(%r15)			/* EOI */
	iretq
4:	movl	$MSR_EOI, %ecx
	xorl	%eax, %eax
	xorl	%edx, %edx
	wrmsr
	iretq

	.balign	8
gdt:	.quad	0
	.quad	0x00af9b000000ffff		/* 0x08: 64-bit code */
	.quad	0x00cf93000000ffff		/* 0x10: data */
gdtr:	.word	23
	.quad	0
idtr:	.word	ENTRIES * 16 - 1
	.quad	0
	.balign	16
idt:	.zero	ENTRIES * 16

	.section .note.GNU-stack, "", @progbits
