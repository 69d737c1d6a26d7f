/* SPDX-License-Identifier: GPL-2.0-only */
/* Decoder for the instructions that access a memory-mapped device. */
#ifndef SELFTEST_MSHV_DECODE_H
#define SELFTEST_MSHV_DECODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum decode_mode { DECODE_16, DECODE_32, DECODE_64 };

enum decode_extend { EXTEND_NONE, EXTEND_ZERO, EXTEND_SIGN };

/**
 * struct mov - A decoded move between memory and a register or an immediate
 * @length: of the instruction, in bytes
 * @width: of the memory access, in bytes: 1, 2, 4 or 8
 * @write: to memory
 * @immediate: @value is what is written; otherwise @reg names the register
 * @high_byte: the register is AH, CH, DH or BH; @reg is then RAX to RBX
 * @reg: 0 (RAX) to 15, in the processor's numbering
 * @reg_width: of the register that is loaded; larger than @width if @extend
 * @extend: how the loaded value fills the register
 * @value: the immediate, sign-extended
 */
struct mov {
	uint8_t length;
	uint8_t width;
	bool write;
	bool immediate;
	bool high_byte;
	uint8_t reg;
	uint8_t reg_width;
	enum decode_extend extend;
	uint64_t value;
};

int decode_mov(const uint8_t *bytes, size_t nr, enum decode_mode mode,
	       struct mov *mov);
uint64_t mov_store_value(const struct mov *mov, uint64_t reg);
uint64_t mov_load_value(const struct mov *mov, uint64_t reg, uint64_t data);

#endif /* SELFTEST_MSHV_DECODE_H */
