/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The real-mode guest. CS, DS, ES and SS all have their base at GUEST_LOAD, so
 * an address is an offset from guest16_start. EDI holds the VP's index.
 */
#include "layout.h"

#define OFFSET(label) ((label) - guest16_start)

	.section guest16, "a"
	.code16
	.globl	guest16_start
guest16_start:

/* Print the string at DS:SI */
puts16:
	movw	$PORT_SERIAL, %dx
1:	lodsb
	testb	%al, %al
	jz	2f
	outb	%al, %dx
	jmp	1b
2:	ret

/* Print AX in decimal */
putdec16:
	movw	$10, %bx
	xorw	%cx, %cx
1:	xorw	%dx, %dx
	divw	%bx
	pushw	%dx
	incw	%cx
	testw	%ax, %ax
	jnz	1b
	movw	$PORT_SERIAL, %dx
2:	popw	%ax
	addb	$'0', %al
	outb	%al, %dx
	decw	%cx
	jnz	2b
	ret

	.globl	guest16_main
guest16_main:
	movw	$OFFSET(hello), %si
	call	puts16
	movw	%di, %ax
	call	putdec16

	movw	$OFFSET(sum_is), %si
	call	puts16
	xorw	%ax, %ax
	movw	$10, %cx
1:	addw	%cx, %ax
	decw	%cx
	jnz	1b
	call	putdec16

	movl	$CPUID_VENDOR_LEAF, %eax
	cpuid
	movl	%ebx, OFFSET(vendor)
	movl	%edx, OFFSET(vendor) + 4
	movl	%ecx, OFFSET(vendor) + 8
	movw	$OFFSET(vendor_is), %si
	call	puts16

	/* the device, through every width that 16-bit code has */
	movw	$(GUEST_MMIO >> 4), %ax
	movw	%ax, %es
	movl	%es:MMIO_ID, %eax
	movl	%eax, OFFSET(id)
	movb	$5, %es:MMIO_SUM
	movw	$20, %es:MMIO_SUM
	movl	$30, %ecx
	movl	%ecx, %es:MMIO_SUM
	movw	$OFFSET(mmio_is), %si
	call	puts16
	movw	%es:MMIO_SUM, %ax
	call	putdec16

	movw	$OFFSET(newline), %si
	call	puts16
1:	hlt
	jmp	1b

hello:		.asciz	"real mode: hello from VP "
sum_is:		.asciz	"\nreal mode: 1 + 2 + ... + 10 = "
vendor_is:	.ascii	"\nreal mode: CPUID vendor "
vendor:		.asciz	"............"
mmio_is:	.ascii	"\nreal mode: MMIO device "
id:		.asciz	"...., sum "
newline:	.asciz	"\n"

	.globl	guest16_end
guest16_end:
	.section .note.GNU-stack, "", @progbits
