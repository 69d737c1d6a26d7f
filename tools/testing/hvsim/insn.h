/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The instruction at RIP: as much of it as port and CPUID intercepts must know
 */
#ifndef HVSIM_INSN_H
#define HVSIM_INSN_H

#include <stdbool.h>
#include <stdint.h>

#define INSN_MAX 15

struct insn {
	uint8_t bytes[16];
	unsigned int nr_bytes;	/* valid bytes at RIP */
	unsigned int prefixes;	/* length of the prefixes */
	uint8_t opcode;		/* first opcode byte; 0x0f: two-byte map */
	uint8_t opcode2;
	int segment;		/* override: 0-5 as in the register page, -1 none */
	bool rep;
};

void insn_decode(struct insn *insn, bool long_mode);
bool insn_is_string_port(const struct insn *insn);
bool insn_is_cpuid(const struct insn *insn);
unsigned int insn_port_length(const struct insn *insn);

#endif
