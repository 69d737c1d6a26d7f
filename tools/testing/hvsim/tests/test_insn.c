// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "../insn.h"
#include "harness.h"

static struct insn decode(const char *bytes, unsigned int len, bool long_mode)
{
	struct insn insn = { .nr_bytes = len };

	memcpy(insn.bytes, bytes, len);
	insn_decode(&insn, long_mode);
	return insn;
}

TEST(lengths_of_port_instructions)
{
	static const struct {
		const char *bytes;
		unsigned int len, expect;
	} cases[] = {
		{ "\xe4\x40\x90", 3, 2 },	/* in al, 0x40 */
		{ "\xe7\x40\x90", 3, 2 },	/* out 0x40, eax */
		{ "\xec\x90\x90", 3, 1 },	/* in al, dx */
		{ "\x66\xef\x90", 3, 2 },	/* out dx, ax */
		{ "\xf3\x6e\x90", 3, 2 },	/* rep outsb */
		{ "\xf3\x66\x6d", 3, 3 },	/* rep insw */
		{ "\x0f\xa2\x90", 3, 0 },	/* cpuid */
		{ "\x90\xec\x90", 3, 0 },
	};

	for (unsigned int i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct insn insn = decode(cases[i].bytes, cases[i].len, false);

		CHECK(insn_port_length(&insn) == cases[i].expect);
	}
}

TEST(rex_is_a_prefix_in_64_bit_code_only)
{
	struct insn insn = decode("\x48\xed\x90", 3, true);

	CHECK(insn_port_length(&insn) == 2);
	insn = decode("\x48\xed\x90", 3, false);
	CHECK(insn_port_length(&insn) == 0);
}

TEST(string_and_rep_and_segment_are_recognised)
{
	struct insn insn = decode("\x26\xf3\x6e", 3, false);

	CHECK(insn_is_string_port(&insn));
	CHECK(insn.rep && insn.segment == 0);
	insn = decode("\x6c", 1, false);
	CHECK(insn_is_string_port(&insn) && !insn.rep && insn.segment == -1);
	insn = decode("\xee", 1, false);
	CHECK(!insn_is_string_port(&insn));
}

TEST(cpuid_is_recognised)
{
	struct insn insn = decode("\x0f\xa2", 2, true);

	CHECK(insn_is_cpuid(&insn));
	insn = decode("\x0f\x01", 2, true);
	CHECK(!insn_is_cpuid(&insn));
}

TEST(no_bytes_are_no_instruction)
{
	struct insn insn = decode("", 0, true);

	CHECK(!insn_is_cpuid(&insn) && !insn_is_string_port(&insn) && !insn_port_length(&insn));
}

TEST(nothing_but_prefixes_ends)
{
	struct insn insn = decode("\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66",
				  16, true);

	CHECK(insn.prefixes == INSN_MAX);
	CHECK(!insn_port_length(&insn));
}

static bool store(const char *bytes, unsigned int len, unsigned int code_size,
		  struct insn_store *st)
{
	struct insn insn = decode(bytes, len, code_size == 8);

	return insn_decode_store(&insn, code_size, st);
}

#define REG(n)		(n), 0
#define CONSTANT(n)	-1, (n)

TEST(moves_to_memory_are_understood)
{
	static const struct {
		const char *bytes;
		unsigned int len, code_size, size;
		int reg;	/* -1: constant */
		uint64_t value;
	} cases[] = {
		{ "\x88\x07", 2, 8, 1, REG(0) },			/* mov %al,(%rdi) */
		{ "\x88\x27", 2, 8, 1, REG(0) },			/* mov %ah,(%rdi) */
		{ "\x40\x88\x27", 3, 8, 1, REG(4) },			/* mov %spl,(%rdi) */
		{ "\x66\x89\x4f\x08", 4, 8, 2, REG(1) },		/* mov %cx,8(%rdi) */
		{ "\x45\x89\x08", 3, 8, 4, REG(9) },			/* mov %r9d,(%r8) */
		{ "\x4c\x89\x4c\x88\x10", 5, 8, 8, REG(9) },	/* mov %r9,16(%rax,%rcx,4) */
		{ "\x89\x05\x01\x02\x03\x04", 6, 8, 4, REG(0) },	/* mov %eax,x(%rip) */
		{ "\x89\x14\x25\x00\x00\x00\x3f", 7, 8, 4, REG(2) },	/* mov %edx,0x3f000000 */
		{ "\x48\xa3\x00\x00\x00\x3f\x00\x00\x00\x00", 10, 8, 8, REG(0) },
		{ "\x67\xa2\x00\x00\x00\x3f", 6, 8, 1, REG(0) },
		{ "\xa3\x00\x00\x00\x3f", 5, 4, 4, REG(0) },
		{ "\xc6\x07\x85", 3, 8, 1, CONSTANT(0x85) },		/* movb $0x85,(%rdi) */
		{ "\x66\xc7\x07\x34\x12", 5, 8, 2, CONSTANT(0x1234) },
		{ "\xc7\x47\x04\xfe\xff\xff\xff", 7, 8, 4, CONSTANT(0xfffffffe) },
		{ "\x48\xc7\x07\xfe\xff\xff\xff", 7, 8, 8, CONSTANT(-2) },
		{ "\x0f\xc3\x0f", 3, 8, 4, REG(1) },			/* movnti %ecx,(%rdi) */
		{ "\x26\x89\x0e\x10\x00", 5, 2, 2, REG(1) },	/* mov %cx,%es:0x10 */
		{ "\x66\x67\x89\x08", 4, 2, 4, REG(1) },		/* mov %ecx,(%eax) */
		{ "\x66\x89\x48\x01", 4, 4, 2, REG(1) },		/* mov %cx,1(%eax) */
		{ "\x89\x88\x34\x12", 4, 2, 2, REG(1) },	/* mov %cx,0x1234(%bx,%si) */
	};

	for (unsigned int i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct insn_store st;

		CHECK(store(cases[i].bytes, cases[i].len, cases[i].code_size, &st));
		CHECK(st.length == cases[i].len && st.size == cases[i].size);
		CHECK(st.immediate == (cases[i].reg < 0));
		if (st.immediate)
			CHECK(insn_store_value(&st, 0) == cases[i].value);
		else
			CHECK(st.reg == cases[i].reg);
		CHECK(st.high_byte == (i == 1));
		/* All bytes but the last are not enough. */
		CHECK(!store(cases[i].bytes, cases[i].len - 1, cases[i].code_size, &st));
	}
}

TEST(other_instructions_are_no_moves_to_memory)
{
	struct insn_store st;

	CHECK(!store("\x8b\x07", 2, 8, &st));		/* mov (%rdi),%eax */
	CHECK(!store("\x89\xc7", 2, 8, &st));		/* mov %eax,%edi */
	CHECK(!store("\x01\x07", 2, 8, &st));		/* add %eax,(%rdi) */
	CHECK(!store("\xc7\x47\x00", 3, 8, &st));
	CHECK(!store("\xc6\x4f\x01\x01", 4, 8, &st));	/* not a MOV */
	CHECK(!store("\x0f\xc7\x0f", 3, 8, &st));	/* cmpxchg8b */
	CHECK(!store("\xab", 1, 8, &st));			/* stos */
}

TEST(what_a_move_writes_is_cut_to_its_size)
{
	struct insn_store st = { .size = 1 };

	CHECK(insn_store_value(&st, 0x1234) == 0x34);
	st.high_byte = true;
	CHECK(insn_store_value(&st, 0x1234) == 0x12);
	st = (struct insn_store){ .size = 4 };
	CHECK(insn_store_value(&st, 0x123456789) == 0x23456789);
	st.size = 8;
	CHECK(insn_store_value(&st, 0x123456789) == 0x123456789);
}
