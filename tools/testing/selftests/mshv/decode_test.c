// SPDX-License-Identifier: GPL-2.0-only
/* Unit test of the instruction decoder; runs anywhere. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/decode.h"

struct test {
	const char *name;
	enum decode_mode mode;
	int ret;
	const char *bytes;
	size_t nr;
	struct mov mov;
	uint64_t reg;		/* register before */
	uint64_t data;		/* memory, for a load */
	uint64_t result;	/* register after a load, or value stored */
};

#define BYTES(s) .bytes = (s), .nr = sizeof(s) - 1

static const struct test tests[] = {
	{ "mov %eax,0x10(%rbp)", DECODE_64, 0, BYTES("\x89\x45\x10"),
	  { .length = 3, .width = 4, .write = true, .reg = 0, .reg_width = 4 },
	  .reg = 0x1122334455667788, .result = 0x55667788 },
	{ "mov %r9,0x18(%rbp)", DECODE_64, 0, BYTES("\x4c\x89\x4d\x18"),
	  { .length = 4, .width = 8, .write = true, .reg = 9, .reg_width = 8 },
	  .reg = 0x1122334455667788, .result = 0x1122334455667788 },
	{ "mov %r9b,0x18(%rbp)", DECODE_64, 0, BYTES("\x44\x88\x4d\x18"),
	  { .length = 4, .width = 1, .write = true, .reg = 9, .reg_width = 1 },
	  .reg = 0x7788, .result = 0x88 },
	{ "movb $0x80,0x19(%rbp)", DECODE_64, 0, BYTES("\xc6\x45\x19\x80"),
	  { .length = 4, .width = 1, .write = true, .immediate = true,
	    .reg_width = 1, .value = -0x80ull }, .result = 0x80 },
	{ "movq $-1,(%rbx)", DECODE_64, 0, BYTES("\x48\xc7\x03\xff\xff\xff\xff"),
	  { .length = 7, .width = 8, .write = true, .immediate = true,
	    .reg_width = 8, .value = ~0ull }, .result = ~0ull },
	{ "movw $0xabcd,0x1a(%rbp)", DECODE_64, 0, BYTES("\x66\xc7\x45\x1a\xcd\xab"),
	  { .length = 6, .width = 2, .write = true, .immediate = true,
	    .reg_width = 2, .value = 0xffffffffffffabcd }, .result = 0xabcd },
	{ "movzbl 0x19(%rbp),%eax", DECODE_64, 0, BYTES("\x0f\xb6\x45\x19"),
	  { .length = 4, .width = 1, .reg = 0, .reg_width = 4, .extend = EXTEND_ZERO },
	  .reg = ~0ull, .data = 0x1280, .result = 0x80 },
	{ "movsbq 0x19(%rbp),%rax", DECODE_64, 0, BYTES("\x48\x0f\xbe\x45\x19"),
	  { .length = 5, .width = 1, .reg = 0, .reg_width = 8, .extend = EXTEND_SIGN },
	  .data = 0x80, .result = -0x80ull },
	{ "movswl (%rax),%eax", DECODE_64, 0, BYTES("\x0f\xbf\x00"),
	  { .length = 3, .width = 2, .reg = 0, .reg_width = 4, .extend = EXTEND_SIGN },
	  .reg = ~0ull, .data = 0xabcd, .result = 0xffffabcd },
	{ "movslq (%rax),%rcx", DECODE_64, 0, BYTES("\x48\x63\x08"),
	  { .length = 3, .width = 4, .reg = 1, .reg_width = 8, .extend = EXTEND_SIGN },
	  .data = 0x80000000, .result = 0xffffffff80000000 },
	{ "mov 0x18(%rbp),%dh", DECODE_64, 0, BYTES("\x8a\x75\x18"),
	  { .length = 3, .width = 1, .high_byte = true, .reg = 2, .reg_width = 1 },
	  .reg = 0x12345678, .data = 0x88, .result = 0x12348878 },
	{ "mov (%rax),%sil", DECODE_64, 0, BYTES("\x40\x8a\x30"),
	  { .length = 3, .width = 1, .reg = 6, .reg_width = 1 },
	  .reg = 0x1234, .data = 0x56, .result = 0x1256 },
	{ "mov (%rax),%cx keeps the rest", DECODE_64, 0, BYTES("\x66\x8b\x08"),
	  { .length = 3, .width = 2, .reg = 1, .reg_width = 2 },
	  .reg = 0x11223344, .data = 0xabcd, .result = 0x1122abcd },
	{ "movabs %rax,0xd0018", DECODE_64, 0,
	  BYTES("\x48\xa3\x18\x00\x0d\x00\x00\x00\x00\x00"),
	  { .length = 10, .width = 8, .write = true, .reg_width = 8 },
	  .reg = 5, .result = 5 },
	{ "addr32 mov 0x1000,%eax", DECODE_64, 0, BYTES("\x67\xa1\x00\x10\x00\x00"),
	  { .length = 6, .width = 4, .reg_width = 4 }, .data = 7, .result = 7 },
	{ "mov %ecx,0x100(%rax,%r12,4)", DECODE_64, 0,
	  BYTES("\x42\x89\x8c\xa0\x00\x01\x00\x00"),
	  { .length = 8, .width = 4, .write = true, .reg = 1, .reg_width = 4 },
	  .reg = 9, .result = 9 },
	{ "mov 0x1000(,%rax,1),%eax", DECODE_64, 0,
	  BYTES("\x8b\x04\x05\x00\x10\x00\x00"),
	  { .length = 7, .width = 4, .reg_width = 4 }, .data = 3, .result = 3 },
	{ "mov 0x1000(%rip),%eax", DECODE_64, 0, BYTES("\x8b\x05\x00\x10\x00\x00"),
	  { .length = 6, .width = 4, .reg_width = 4 }, .data = 3, .result = 3 },
	{ "16-bit movb $5,%es:0x10", DECODE_16, 0, BYTES("\x26\xc6\x06\x10\x00\x05"),
	  { .length = 6, .width = 1, .write = true, .immediate = true,
	    .reg_width = 1, .value = 5 }, .result = 5 },
	{ "16-bit mov %ax,(%bx,%si)", DECODE_16, 0, BYTES("\x89\x00"),
	  { .length = 2, .width = 2, .write = true, .reg_width = 2 },
	  .reg = 0x12345, .result = 0x2345 },
	{ "16-bit mov %es:0,%eax", DECODE_16, 0, BYTES("\x66\x26\xa1\x00\x00"),
	  { .length = 5, .width = 4, .reg_width = 4 }, .data = 7, .result = 7 },
	{ "16-bit mov 0x7f(%bp),%cl", DECODE_16, 0, BYTES("\x8a\x4e\x7f"),
	  { .length = 3, .width = 1, .reg = 1, .reg_width = 1 },
	  .data = 7, .result = 7 },
	{ "32-bit mov %eax,(%ecx)", DECODE_32, 0, BYTES("\x89\x01"),
	  { .length = 2, .width = 4, .write = true, .reg_width = 4 },
	  .reg = 7, .result = 7 },
	{ "cut short in the immediate", DECODE_64, -ENODATA, BYTES("\xc7\x00\x01\x02") },
	{ "no bytes", DECODE_64, -ENODATA, BYTES("") },
	{ "prefixes only", DECODE_64, -ENODATA, BYTES("\x66\x66\x66") },
	{ "mov between registers", DECODE_64, -EINVAL, BYTES("\x89\xc0") },
	{ "add to memory", DECODE_64, -EINVAL, BYTES("\x01\x00") },
	{ "0x40 outside 64-bit mode is inc", DECODE_32, -EINVAL, BYTES("\x40\x89\x00") },
};

static int run(const struct test *t)
{
	struct mov mov;
	int ret = decode_mov((const uint8_t *)t->bytes, t->nr, t->mode, &mov);
	uint64_t result;

	if (ret != t->ret) {
		printf("# returned %d, not %d\n", ret, t->ret);
		return 1;
	}
	if (ret)
		return 0;
	if (mov.length != t->mov.length || mov.width != t->mov.width ||
	    mov.write != t->mov.write || mov.immediate != t->mov.immediate ||
	    mov.high_byte != t->mov.high_byte || mov.reg != t->mov.reg ||
	    mov.reg_width != t->mov.reg_width || mov.extend != t->mov.extend ||
	    mov.value != t->mov.value) {
		printf("# length %u width %u write %d imm %d high %d reg %u/%u extend %d value %#llx\n",
		       mov.length, mov.width, mov.write, mov.immediate,
		       mov.high_byte, mov.reg, mov.reg_width, mov.extend,
		       (unsigned long long)mov.value);
		return 1;
	}
	result = mov.write ? mov_store_value(&mov, t->reg) :
			     mov_load_value(&mov, t->reg, t->data);
	if (result != t->result) {
		printf("# result %#llx, not %#llx\n", (unsigned long long)result,
		       (unsigned long long)t->result);
		return 1;
	}
	return 0;
}

int main(void)
{
	size_t i, nr = sizeof(tests) / sizeof(tests[0]);
	int failed = 0;

	printf("TAP version 13\n1..%zu\n", nr);
	for (i = 0; i < nr; i++) {
		int bad = run(&tests[i]);

		printf("%sok %zu - decode: %s\n", bad ? "not " : "", i + 1,
		       tests[i].name);
		failed += bad;
	}
	return failed != 0;
}
