/* SPDX-License-Identifier: GPL-2.0-only */
/* Guests for memory that the VMM moves about. */
#include "macros64.h"

/*
 * Do as PORT_POKE says: what, where, and a value to write. The answer is what
 * was read, or the value. What is executed has to be a RET.
 */
GUEST poke
1:	inl	$PORT_POKE, %eax
	movl	%eax, %ecx
	inl	$PORT_POKE, %eax
	movl	%eax, %r8d
	inl	$PORT_POKE, %eax
	cmpl	$POKE_EXECUTE, %ecx
	je	3f
	cmpl	$POKE_WRITE, %ecx
	je	2f
	cmpl	$POKE_WRITE_8, %ecx
	je	5f
	cmpl	$POKE_WRITE_16, %ecx
	je	6f
	cmpl	$POKE_WRITE_64, %ecx
	je	7f
	movl	(%r8), %eax
	jmp	4f
2:	movl	%eax, (%r8)
	jmp	4f
5:	movb	%al, (%r8)
	jmp	4f
6:	movw	%ax, (%r8)
	jmp	4f
7:	movq	%rax, (%r8)
	jmp	4f
3:	call	*%r8
4:	outl	%eax, $PORT_POKE
	jmp	1b

/*
 * Find the number of the last pass in each page, leave that of this one. Tell
 * after each pass, or when something is wrong.
 */
GUEST churn
	xorl	%edi, %edi
	jmp	1f
GUEST scribble
	movl	$1, %edi
1:	movq	%rsi, %r12
	movl	$GUEST_EXTRA, %r8d
	xorl	%ebp, %ebp
2:	xorl	%ecx, %ecx
3:	cmpl	%ebp, CHURN_OFFSET(%r8, %rcx)
	je	4f
	testl	%edi, %edi
	jz	5f
4:	leal	1(%rbp), %eax
	movl	%eax, CHURN_OFFSET(%r8, %rcx)
	addq	$0x1000, %rcx
	cmpq	%r12, %rcx
	jb	3b
	incl	%ebp
	movl	%ebp, %eax
	outl	%eax, $PORT_POKE
	jmp	2b
5:	movl	$CHURN_WRONG, %eax
	outl	%eax, $PORT_POKE
	jmp	guest64_halt

	.section .note.GNU-stack, "", @progbits
