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
