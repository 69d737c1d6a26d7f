// SPDX-License-Identifier: GPL-2.0-only
/*
 * Decoder for mov, movzx, movsx and movsxd with a memory operand: what a
 * driver in a guest uses on a device. The address is known from the intercept,
 * so of the addressing mode only its length matters.
 */
#include <errno.h>

#include "decode.h"

struct cursor {
	const uint8_t *bytes;
	size_t nr;
	size_t at;
	bool overrun;
};

struct prefixes {
	bool operand16_32;	/* 0x66 */
	bool address;		/* 0x67 */
	uint8_t rex;
};

static uint8_t next(struct cursor *c)
{
	if (c->at >= c->nr) {
		c->overrun = true;
		return 0;
	}
	return c->bytes[c->at++];
}

static uint64_t next_immediate(struct cursor *c, unsigned int width)
{
	uint64_t value = 0;
	unsigned int i;

	for (i = 0; i < width; i++)
		value |= (uint64_t)next(c) << (8 * i);
	return value;
}

static uint64_t sign_extend(uint64_t value, unsigned int width)
{
	unsigned int shift = 64 - 8 * width;

	return (uint64_t)((int64_t)(value << shift) >> shift);
}

/* Returns the opcode; a REX prefix counts only right before it. */
static uint8_t skip_prefixes(struct cursor *c, enum decode_mode mode,
			     struct prefixes *p)
{
	for (;;) {
		uint8_t byte = next(c);

		if (c->overrun)
			return 0;
		switch (byte) {
		case 0x66:
			p->operand16_32 = true;
			break;
		case 0x67:
			p->address = true;
			break;
		case 0x26: case 0x2e: case 0x36: case 0x3e: case 0x64: case 0x65:
			break;
		default:
			if (mode != DECODE_64 || (byte & 0xf0) != 0x40)
				return byte;
			p->rex = byte;
			return next(c);
		}
	}
}

/* In bytes: of the address that instructions of this mode use */
static unsigned int address_size(enum decode_mode mode, const struct prefixes *p)
{
	switch (mode) {
	case DECODE_16:
		return p->address ? 4 : 2;
	case DECODE_32:
		return p->address ? 2 : 4;
	default:
		return p->address ? 4 : 8;
	}
}

static unsigned int operand_size(enum decode_mode mode, const struct prefixes *p)
{
	if (p->rex & 0x08)
		return 8;
	return (mode == DECODE_16) != p->operand16_32 ? 2 : 4;
}

/* Skip SIB and displacement. Returns the reg field, or -1 if not memory. */
static int skip_modrm(struct cursor *c, unsigned int addr_size)
{
	uint8_t modrm = next(c);
	unsigned int mod = modrm >> 6, rm = modrm & 7, disp = 0;

	if (mod == 3)
		return -1;
	if (addr_size == 2) {
		disp = mod == 0 ? (rm == 6 ? 2 : 0) : mod;
	} else {
		uint8_t base = rm;

		if (rm == 4)
			base = next(c) & 7;
		if (mod == 0)
			disp = base == 5 ? 4 : 0;
		else
			disp = mod == 1 ? 1 : 4;
	}
	next_immediate(c, disp);
	return (modrm >> 3) & 7;
}

static void set_register(struct mov *mov, int reg, const struct prefixes *p)
{
	mov->reg = reg | (p->rex & 0x04 ? 8 : 0);
	if (mov->reg_width == 1 && !p->rex && reg >= 4) {
		mov->high_byte = true;
		mov->reg = reg - 4;
	}
}

static int decode_0f(struct cursor *c, unsigned int addr_size,
		     const struct prefixes *p, struct mov *mov)
{
	uint8_t opcode = next(c);
	int reg;

	switch (opcode) {
	case 0xb6: case 0xb7:
		mov->extend = EXTEND_ZERO;
		break;
	case 0xbe: case 0xbf:
		mov->extend = EXTEND_SIGN;
		break;
	default:
		return -EINVAL;
	}
	mov->width = opcode & 1 ? 2 : 1;
	reg = skip_modrm(c, addr_size);
	if (reg < 0)
		return -EINVAL;
	set_register(mov, reg, p);
	return 0;
}

static int decode_opcode(struct cursor *c, uint8_t opcode, enum decode_mode mode,
			 const struct prefixes *p, struct mov *mov)
{
	unsigned int addr_size = address_size(mode, p);
	int reg;

	switch (opcode) {
	case 0x88: case 0x8a: case 0xa0: case 0xa2: case 0xc6:
		mov->width = 1;
		mov->reg_width = 1;
		break;
	case 0x63:
		if (mode != DECODE_64)
			return -EINVAL;
		mov->width = 4;
		mov->extend = EXTEND_SIGN;
		break;
	}
	switch (opcode) {
	case 0x0f:
		return decode_0f(c, addr_size, p, mov);
	case 0xa0: case 0xa1: case 0xa2: case 0xa3:
		mov->write = opcode >= 0xa2;
		next_immediate(c, addr_size);
		return 0;
	case 0x88: case 0x89: case 0x8a: case 0x8b: case 0x63:
		mov->write = opcode == 0x88 || opcode == 0x89;
		reg = skip_modrm(c, addr_size);
		if (reg < 0)
			return -EINVAL;
		set_register(mov, reg, p);
		return 0;
	case 0xc6: case 0xc7:
		mov->write = true;
		mov->immediate = true;
		if (skip_modrm(c, addr_size) != 0)
			return -EINVAL;
		reg = mov->width == 8 ? 4 : mov->width;
		mov->value = sign_extend(next_immediate(c, reg), reg);
		return 0;
	default:
		return -EINVAL;
	}
}

/**
 * decode_mov() - Decode a move from or to memory
 * @bytes: the instruction
 * @nr: how many bytes are there; more than the instruction is fine
 * @mode: default sizes of the code segment
 * @mov: result
 *
 * Return: 0; -EINVAL for any other instruction; -ENODATA if it is cut short.
 */
int decode_mov(const uint8_t *bytes, size_t nr, enum decode_mode mode,
	       struct mov *mov)
{
	struct cursor c = { .bytes = bytes, .nr = nr };
	struct prefixes p = { 0 };
	uint8_t opcode = skip_prefixes(&c, mode, &p);
	int ret;

	if (c.overrun)
		return -ENODATA;
	*mov = (struct mov){
		.width = operand_size(mode, &p),
		.reg_width = operand_size(mode, &p),
	};
	ret = decode_opcode(&c, opcode, mode, &p, mov);
	if (c.overrun)
		return -ENODATA;
	mov->length = c.at;
	return ret;
}

static uint64_t mask(unsigned int width)
{
	return width == 8 ? ~0ull : (1ull << (8 * width)) - 1;
}

/**
 * mov_store_value() - What a store writes
 * @mov: the decoded instruction
 * @reg: value of register @mov->reg, if the instruction is not immediate
 *
 * Return: the value, @mov->width bytes of it.
 */
uint64_t mov_store_value(const struct mov *mov, uint64_t reg)
{
	if (mov->immediate)
		reg = mov->value;
	else if (mov->high_byte)
		reg >>= 8;
	return reg & mask(mov->width);
}

/**
 * mov_load_value() - What a load leaves in the register
 * @mov: the decoded instruction
 * @reg: value of register @mov->reg before
 * @data: what memory holds
 *
 * Return: the register's new 64-bit value.
 */
uint64_t mov_load_value(const struct mov *mov, uint64_t reg, uint64_t data)
{
	data &= mask(mov->width);
	if (mov->extend == EXTEND_SIGN)
		data = sign_extend(data, mov->width);
	data &= mask(mov->reg_width);
	if (mov->high_byte)
		return (reg & ~0xff00ull) | data << 8;
	if (mov->reg_width >= 4)	/* the upper half is cleared */
		return data;
	return (reg & ~mask(mov->reg_width)) | data;
}
