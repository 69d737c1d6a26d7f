/* SPDX-License-Identifier: GPL-2.0-only */
/* Guests that do what a guest should not, or leave in a particular way. */
#include "macros64.h"

/* Fault without an interrupt table */
GUEST tfault
	PRINT	"tfault: here it comes\n"
	lidt	1f(%rip)
	ud2
	jmp	guest64_halt
1:	.word	0
	.quad	0

/* Read where there is no memory and no device */
GUEST unmapped
	PRINT	"unmapped: reading nothing\n"
	movl	$GUEST_NOWHERE, %ebx
	movl	(%rbx), %eax
	PRINT	"unmapped: still here\n"
	jmp	guest64_halt

/* Execute where there is no memory */
GUEST jump
	PRINT	"jump: into nothing\n"
	movl	$GUEST_NOWHERE, %ebx
	jmp	*%rbx

/* Read, then write a read-only page */
GUEST rowrite
	movl	$GUEST_ROM, %ebx
	movl	(%rbx), %eax
	PRINT	"rowrite: reading works, now writing\n"
	movl	$1, (%rbx)
	PRINT	"rowrite: still here\n"
	jmp	guest64_halt

/* Leave with an exit code of our own */
GUEST exit7
	PRINT	"exit: code 7\n"
	movb	$7, %al
	jmp	guest64_exit

/* Read and write an MSR that only the VMM knows */
GUEST msr
	movl	$MSR_VMM, %ecx
	rdmsr
	cmpl	$MSR_VMM_VALUE, %eax
	jne	1f
	wrmsr
	PRINT	"msr: read and written\n"
	jmp	guest64_halt
1:	PRINT	"msr: WRONG\n"
	movb	$1, %al
	jmp	guest64_exit

	.section .note.GNU-stack, "", @progbits
