// SPDX-License-Identifier: GPL-2.0-only
/*
 * The instruction at RIP: as much of it as port and CPUID intercepts must know
 */
#include "insn.h"

/* Segment that a prefix selects, in the order of the register page; -1: not one */
static int prefix_segment(uint8_t byte)
{
	switch (byte) {
	case 0x26:
		return 0;
	case 0x2e:
		return 1;
	case 0x36:
		return 2;
	case 0x3e:
		return 3;
	case 0x64:
		return 4;
	case 0x65:
		return 5;
	default:
		return -1;
	}
}

static bool is_prefix(uint8_t byte, bool long_mode)
{
	if (prefix_segment(byte) >= 0 || byte == 0x66 || byte == 0x67 || byte == 0xf2 ||
	    byte == 0xf3 || byte == 0xf0)
		return true;
	return long_mode && (byte & 0xf0) == 0x40;	/* REX */
}

/**
 * insn_decode - take an instruction apart
 * @insn: @bytes and @nr_bytes are given, the rest is filled in
 * @long_mode: 64-bit code
 */
void insn_decode(struct insn *insn, bool long_mode)
{
	unsigned int i = 0;

	insn->segment = -1;
	insn->rep = false;
	for (; i < insn->nr_bytes && i < INSN_MAX && is_prefix(insn->bytes[i], long_mode); i++) {
		int seg = prefix_segment(insn->bytes[i]);

		if (seg >= 0)
			insn->segment = seg;
		insn->rep |= insn->bytes[i] == 0xf2 || insn->bytes[i] == 0xf3;
	}
	insn->prefixes = i;
	insn->opcode = i < insn->nr_bytes ? insn->bytes[i] : 0;
	insn->opcode2 = i + 1 < insn->nr_bytes ? insn->bytes[i + 1] : 0;
}

/**
 * insn_is_string_port - INS or OUTS?
 * @insn: the instruction
 */
bool insn_is_string_port(const struct insn *insn)
{
	return insn->opcode >= 0x6c && insn->opcode <= 0x6f;
}

/**
 * insn_port_length - length of an instruction that accesses a port
 * @insn: the instruction
 *
 * Return: bytes, 0 if it is another one
 */
unsigned int insn_port_length(const struct insn *insn)
{
	if (insn_is_string_port(insn) || (insn->opcode >= 0xec && insn->opcode <= 0xef))
		return insn->prefixes + 1;
	if (insn->opcode >= 0xe4 && insn->opcode <= 0xe7)
		return insn->prefixes + 2;
	return 0;
}

/**
 * insn_is_cpuid - CPUID?
 * @insn: the instruction
 */
bool insn_is_cpuid(const struct insn *insn)
{
	return insn->opcode == 0x0f && insn->opcode2 == 0xa2;
}
