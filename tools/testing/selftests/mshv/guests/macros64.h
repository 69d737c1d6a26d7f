/* SPDX-License-Identifier: GPL-2.0-only */
/* For the 64-bit guests' assembly files. */
#ifndef GUEST_MACROS64_H
#define GUEST_MACROS64_H

#include "layout.h"

.macro GUEST name
	.section guest64, "a"
	.code64
	.balign	16
	.globl	guest64_\name
guest64_\name:
.endm

/* Print a literal string; changes RAX, RDX, RSI */
.macro PRINT text
	leaq	900f(%rip), %rsi
	call	guest64_puts
	jmp	901f
900:	.asciz	"\text"
901:
.endm

#endif /* GUEST_MACROS64_H */
