/* SPDX-License-Identifier: GPL-2.0-only */
/* Guests that never end by themselves, or that wait. */
#include "macros64.h"

/* Use the processor without ever leaving the guest */
GUEST busy
	PRINT	"busy: spinning\n"
1:	pause
	jmp	1b

/* Count how much work gets done, without ever leaving the guest */
GUEST count
	shlq	$6, %rdi			/* a line for each VP */
	leaq	GUEST_COUNTERS(%rdi), %rdi
1:	movl	$1000, %ecx
2:	decl	%ecx
	jnz	2b
	incq	(%rdi)
	jmp	1b

/* Leave the guest all the time */
GUEST storm
	PRINT	"storm: port I/O without end\n"
1:	outb	%al, $PORT_NOTHING
	jmp	1b

/* Needs a LAPIC: halt for good, with interrupts off */
GUEST sleep
	PRINT	"sleep: halting\n"
	cli
	jmp	guest64_halt

/* Needs a LAPIC: halt until IRQ_COUNT interrupts have come from the VMM */
GUEST irq
	leaq	gdt(%rip), %rax
	movq	%rax, gdtr + 2(%rip)
	lgdt	gdtr(%rip)
	leaq	idt(%rip), %rax
	movq	%rax, idtr + 2(%rip)
	lidt	idtr(%rip)

	/* the interrupt gate; the rest of the table is never used */
	leaq	handler(%rip), %rax
	leaq	idt + IRQ_VECTOR * 16(%rip), %rbx
	movw	%ax, (%rbx)
	movw	$8, 2(%rbx)
	movw	$0x8e00, 4(%rbx)
	shrq	$16, %rax
	movw	%ax, 6(%rbx)
	shrq	$16, %rax
	movl	%eax, 8(%rbx)

	movl	$0xfee00000, %r15d
	movl	$0x1ff, 0xf0(%r15)		/* LAPIC on, spurious 0xff */
	xorl	%ebp, %ebp
	PRINT	"irq: waiting\n"
1:	cli
	cmpl	$IRQ_COUNT, %ebp
	jae	2f
	sti
	hlt
	jmp	1b
2:	PRINT	"irq: interrupts taken: "
	movl	%ebp, %eax
	call	guest64_putdec
	PRINT	"\n"
	xorl	%eax, %eax
	jmp	guest64_exit

handler:
	incl	%ebp
	movl	$0, 0xb0(%r15)			/* EOI */
	iretq

	.balign	8
gdt:	.quad	0
	.quad	0x00af9b000000ffff		/* 0x08: 64-bit code */
	.quad	0x00cf93000000ffff		/* 0x10: data */
gdtr:	.word	23
	.quad	0
idtr:	.word	(IRQ_VECTOR + 1) * 16 - 1
	.quad	0
	.balign	16
idt:	.zero	(IRQ_VECTOR + 1) * 16

	.section .note.GNU-stack, "", @progbits
