/* SPDX-License-Identifier: GPL-2.0-only */
/* The main 64-bit guest, and the ones that move data: memory and string I/O. */
#include "macros64.h"

GUEST long
	PRINT	"long mode: hello from VP "
	movq	%rdi, %rax
	call	guest64_putdec

	PRINT	"\nlong mode: 1 + 2 + ... + 100 = "
	xorl	%eax, %eax
	movl	$100, %ecx
1:	addl	%ecx, %eax
	decl	%ecx
	jnz	1b
	call	guest64_putdec

	/* the vendor string goes by way of the stack, as VPs share the data */
	PRINT	"\nlong mode: CPUID vendor "
	movl	$CPUID_VENDOR_LEAF, %eax
	cpuid
	pushq	$0
	subq	$8, %rsp
	movl	%ecx, 8(%rsp)
	movl	%edx, 4(%rsp)
	movl	%ebx, (%rsp)
	movq	%rsp, %rsi
	call	guest64_puts
	addq	$16, %rsp

	PRINT	"\nlong mode: MMIO device "
	movl	$GUEST_MMIO, %ebp
	pushq	$0
	movl	MMIO_ID(%rbp), %eax
	movl	%eax, (%rsp)
	movq	%rsp, %rsi
	call	guest64_puts
	addq	$8, %rsp

	/* the scratch register, through each form of mov that is decoded */
	PRINT	", scratch "
	movabsq	$0x1122334455667788, %r9
	movq	%r9, MMIO_SCRATCH(%rbp)
	movb	$0x80, MMIO_SCRATCH + 1(%rbp)
	movw	$0xabcd, MMIO_SCRATCH + 2(%rbp)
	movb	%r9b, MMIO_SCRATCH(%rbp)
	xorl	%ecx, %ecx
	movq	MMIO_SCRATCH(%rbp), %r10
	movabsq	$0x11223344abcd8088, %rax
	cmpq	%rax, %r10
	jne	2f
	incl	%ecx
2:	movzbl	MMIO_SCRATCH + 1(%rbp), %eax
	cmpl	$0x80, %eax
	jne	3f
	incl	%ecx
3:	movsbq	MMIO_SCRATCH + 1(%rbp), %rax
	cmpq	$-0x80, %rax
	jne	4f
	incl	%ecx
4:	movl	$-1, %eax
	movswl	MMIO_SCRATCH + 2(%rbp), %eax
	cmpl	$0xffffabcd, %eax
	jne	5f
	incl	%ecx
5:	movl	$0x12345678, %edx
	movb	MMIO_SCRATCH(%rbp), %dh
	cmpl	$0x12348878, %edx
	jne	6f
	incl	%ecx
6:	movabsq	%rax, GUEST_MMIO + MMIO_SCRATCH
	movabsl	GUEST_MMIO + MMIO_SCRATCH, %eax
	cmpl	$0xffffabcd, %eax
	jne	7f
	incl	%ecx
7:	movl	%ecx, %eax
	call	guest64_putdec
	PRINT	" of 6, sum "

	movl	$10, %ecx
8:	movl	%ecx, MMIO_SUM(%rbp)
	decl	%ecx
	jnz	8b
	movl	MMIO_SUM(%rbp), %eax
	call	guest64_putdec
	PRINT	"\n"
	jmp	guest64_halt

/* Write a number to each page of the extra memory and add them up again */
GUEST mem
	movq	%rsi, %r12
	movl	$GUEST_EXTRA, %r8d
	xorl	%eax, %eax
	xorl	%ecx, %ecx
1:	cmpq	%r12, %rcx
	jae	2f
	incq	%rax
	movq	%rax, 8(%r8, %rcx)
	addq	$0x1000, %rcx
	jmp	1b
2:	xorl	%ecx, %ecx
	xorl	%ebp, %ebp
3:	cmpq	%r12, %rcx
	jae	4f
	addq	8(%r8, %rcx), %rbp
	addq	$0x1000, %rcx
	jmp	3b
4:	PRINT	"memory: sum over all pages is "
	movq	%rbp, %rax
	call	guest64_putdec
	PRINT	"\n"
	jmp	guest64_halt

/* String output with and without rep, then string input */
GUEST string
	leaq	10f(%rip), %rsi
	movl	$11f - 10f, %ecx
	movl	$PORT_SERIAL, %edx
	cld
	rep	outsb
	testl	%ecx, %ecx
	jnz	1f
	outsb
	leaq	12f(%rip), %rdi
	movl	$2, %ecx
	movl	$PORT_SERIAL_STATUS, %edx
	rep	insb
	cmpb	$0x60, 12f(%rip)
	jne	1f
	cmpb	$0x60, 12f + 1(%rip)
	jne	1f
	cmpb	$'.', 12f + 2(%rip)
	jne	1f
	PRINT	"string: input is right\n"
	jmp	guest64_halt
1:	PRINT	"string: WRONG\n"
	movb	$1, %al
	jmp	guest64_exit
10:	.ascii	"string: rep outsb works"
11:	.ascii	"\n"
12:	.ascii	"...."

	.section .note.GNU-stack, "", @progbits
