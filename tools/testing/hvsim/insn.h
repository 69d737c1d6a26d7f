/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The instruction at RIP: as much of it as intercepts and doorbells must know
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

/**
 * struct insn_store - a move from a register, or of a constant, to memory
 * @length: of the instruction in bytes
 * @size: bytes written: 1, 2, 4 or 8
 * @immediate: @value is written, otherwise the register @reg
 * @reg: 0 (RAX) to 15
 * @high_byte: bits 8 to 15 of @reg are written
 * @value: the constant
 */
struct insn_store {
	unsigned int length;
	unsigned int size;
	bool immediate;
	uint8_t reg;
	bool high_byte;
	uint64_t value;
};

void insn_decode(struct insn *insn, bool long_mode);
bool insn_is_string_port(const struct insn *insn);
bool insn_is_cpuid(const struct insn *insn);
unsigned int insn_port_length(const struct insn *insn);
bool insn_decode_store(const struct insn *insn, unsigned int code_size, struct insn_store *st);
uint64_t insn_store_value(const struct insn_store *st, uint64_t reg);

#endif
