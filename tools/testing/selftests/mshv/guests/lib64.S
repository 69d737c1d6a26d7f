/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Subroutines of the 64-bit guests. All 64-bit guests make up one section,
 * which the VMM copies to GUEST_LOAD as a whole: code must be position
 * independent. A guest is entered with its VP's index in RDI and the size of
 * the extra memory in RSI; the low 4 GiB are mapped one to one.
 */
#include "layout.h"

	.section guest64, "a"
	.code64

/* Print the string at RSI; changes RAX, RDX, RSI */
	.globl	guest64_puts
guest64_puts:
	movl	$PORT_SERIAL, %edx
1:	lodsb
	testb	%al, %al
	jz	2f
	outb	%al, %dx
	jmp	1b
2:	ret

/* Print RAX in decimal; changes RAX, RBX, RCX, RDX */
	.globl	guest64_putdec
guest64_putdec:
	movl	$10, %ebx
	xorl	%ecx, %ecx
1:	xorl	%edx, %edx
	divq	%rbx
	pushq	%rdx
	incl	%ecx
	testq	%rax, %rax
	jnz	1b
	movl	$PORT_SERIAL, %edx
2:	popq	%rax
	addb	$'0', %al
	outb	%al, %dx
	decl	%ecx
	jnz	2b
	ret

/* The end of a guest that has nothing more to do */
	.globl	guest64_halt
guest64_halt:
	hlt
	jmp	guest64_halt

/* End the VP with the exit code in AL */
	.globl	guest64_exit
guest64_exit:
	outb	%al, $PORT_EXIT
	jmp	guest64_halt

	.section .note.GNU-stack, "", @progbits
