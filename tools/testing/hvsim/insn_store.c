// SPDX-License-Identifier: GPL-2.0-only
/*
 * Moves to memory: how a guest's driver rings a doorbell
 *
 * Where the move goes is known already; what matters is the instruction's length, and
 * what it writes.
 */
#include <string.h>

#include "insn.h"

struct operand_sizes {
	unsigned int data;
	unsigned int address;
};

static bool has_prefix(const struct insn *insn, uint8_t byte)
{
	return insn->prefixes && memchr(insn->bytes, byte, insn->prefixes);
}

/* REX means something only right before the opcode. */
static uint8_t rex_prefix(const struct insn *insn, unsigned int code_size)
{
	uint8_t last = insn->prefixes ? insn->bytes[insn->prefixes - 1] : 0;

	return code_size == 8 && (last & 0xf0) == 0x40 ? last : 0;
}

static struct operand_sizes operand_sizes(const struct insn *insn, unsigned int code_size,
					  uint8_t rex)
{
	bool data = has_prefix(insn, 0x66), address = has_prefix(insn, 0x67);
	struct operand_sizes sizes;

	if (rex & 8)
		sizes.data = 8;
	else
		sizes.data = (code_size == 2) != data ? 2 : 4;
	if (code_size == 8)
		sizes.address = address ? 4 : 8;
	else
		sizes.address = (code_size == 2) != address ? 2 : 4;
	return sizes;
}

/* Length of ModRM, SIB and displacement at @m; 0 if the operand is a register */
static unsigned int modrm_length(const uint8_t *m, unsigned int address_size)
{
	unsigned int mod = m[0] >> 6, rm = m[0] & 7, length = 1;

	if (mod == 3)
		return 0;
	if (address_size == 2)
		return length + (mod ? mod : rm == 6 ? 2 : 0);
	if (rm == 4) {
		rm = m[1] & 7;
		length++;
	}
	if (mod == 0)
		return length + (rm == 5 ? 4 : 0);
	return length + (mod == 1 ? 1 : 4);
}

static uint64_t constant(const uint8_t *from, unsigned int size)
{
	int32_t value = 0;

	memcpy(&value, from, size);
	if (size == 1)
		return (int8_t)value;
	return size == 2 ? (int16_t)value : value;
}

static bool decode_register(struct insn_store *st, const uint8_t *at, uint8_t rex,
			    unsigned int address_size)
{
	unsigned int length = modrm_length(at, address_size);

	st->reg = (at[0] >> 3 & 7) | (rex & 4) << 1;
	if (st->size == 1 && !rex && st->reg >= 4) {
		st->high_byte = true;
		st->reg -= 4;
	}
	st->length += length;
	return length;
}

static bool decode_constant(struct insn_store *st, const uint8_t *at, unsigned int address_size)
{
	unsigned int length = modrm_length(at, address_size);
	unsigned int size = st->size == 8 ? 4 : st->size;

	if (!length || at[0] & 0x38)
		return false;
	st->immediate = true;
	st->value = constant(at + length, size);
	st->length += length + size;
	return true;
}

/**
 * insn_decode_store - understand a move to memory
 * @insn: decoded by insn_decode()
 * @code_size: default address size of the code: 2, 4 or 8 bytes
 * @st: filled in
 *
 * Knows MOV in all its forms, and MOVNTI.
 *
 * Return: false if it is another instruction, or not all of it is there
 */
bool insn_decode_store(const struct insn *insn, unsigned int code_size, struct insn_store *st)
{
	uint8_t rex = rex_prefix(insn, code_size);
	struct operand_sizes sizes = operand_sizes(insn, code_size, rex);
	uint8_t bytes[INSN_MAX + 16] = { 0 };	/* what is missing reads as 0 */
	const uint8_t *at = bytes + insn->prefixes + 1;
	bool ok;

	memcpy(bytes, insn->bytes, insn->nr_bytes < INSN_MAX ? insn->nr_bytes : INSN_MAX);
	*st = (struct insn_store){ .length = insn->prefixes + 1, .size = sizes.data };
	if (insn->opcode == 0x88 || insn->opcode == 0xa2 || insn->opcode == 0xc6)
		st->size = 1;
	switch (insn->opcode) {
	case 0x88:
	case 0x89:
		ok = decode_register(st, at, rex, sizes.address);
		break;
	case 0xa2:
	case 0xa3:
		st->length += sizes.address;
		ok = true;
		break;
	case 0xc6:
	case 0xc7:
		ok = decode_constant(st, at, sizes.address);
		break;
	case 0x0f:
		st->length++;
		ok = insn->opcode2 == 0xc3 && sizes.data != 2 &&
		     decode_register(st, at + 1, rex, sizes.address);
		break;
	default:
		ok = false;
	}
	return ok && st->length <= insn->nr_bytes && st->length <= INSN_MAX;
}

/**
 * insn_store_value - what a move writes
 * @st: the move
 * @reg: contents of its register, if it has one
 */
uint64_t insn_store_value(const struct insn_store *st, uint64_t reg)
{
	uint64_t value = st->immediate ? st->value : reg;

	if (st->high_byte)
		value >>= 8;
	return st->size == 8 ? value : value & ((1ULL << st->size * 8) - 1);
}
