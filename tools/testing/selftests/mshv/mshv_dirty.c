// SPDX-License-Identifier: GPL-2.0-only
/*
 * Access bitmaps: they show what the guest has done, page by page. Each test is a
 * subcommand; exit status 0 is good.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/poke.h"
#include "lib/subtest.h"

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif

#define TEST_SECONDS 60
#define PAGE MSHV_HV_PAGE_SIZE
#define LARGE (2ul << 20)
#define NR_2M (LARGE / PAGE)
#define EXTRA GUEST_EXTRA
#define GFN(gpa) ((gpa) / PAGE)
#define WRITABLE (1 << MSHV_SET_MEM_BIT_WRITABLE)

#define HV_PROPERTY_ACCESS_TRACKING 0x00050005u

#define ACCESSED MSHV_GPAP_ACCESS_TYPE_ACCESSED
#define DIRTY MSHV_GPAP_ACCESS_TYPE_DIRTY
#define NOOP MSHV_GPAP_ACCESS_OP_NOOP
#define CLEAR MSHV_GPAP_ACCESS_OP_CLEAR
#define SET MSHV_GPAP_ACCESS_OP_SET

static int try_bitmap(struct poke *p, uint8_t type, uint8_t op, uint64_t gfn, uint64_t nr,
		      uint8_t *bits)
{
	struct mshv_gpap_access_bitmap args = {
		.access_type = type, .access_op = op, .page_count = nr, .gpap_base = gfn,
		.bitmap_ptr = (uintptr_t)bits,
	};

	return ioctl(p->vm.fd, MSHV_GET_GPAP_ACCESS_BITMAP, &args) ? -errno : 0;
}

static void bitmap(struct poke *p, uint8_t type, uint8_t op, uint64_t gfn, uint64_t nr,
		   uint8_t *bits)
{
	int ret;

	memset(bits, 0xa5, (nr + 7) / 8);
	ret = try_bitmap(p, type, op, gfn, nr, bits);
	if (ret)
		fail(EXIT_ERROR, "MSHV_GET_GPAP_ACCESS_BITMAP: %s", mshv_errno_name(ret));
}

/* Compares the first 8 pages of the extra memory, as a row of 0 and 1 */
static void expect8(struct poke *p, uint8_t type, uint8_t op, const char *want)
{
	uint8_t bits;
	char is[9] = "";
	int i;

	bitmap(p, type, op, GFN(EXTRA), 8, &bits);
	for (i = 0; i < 8; i++)
		is[i] = '0' + (bits >> i & 1);
	expect(!strcmp(is, want), "%s: %s instead of %s", type == DIRTY ? "dirty" : "accessed",
	       is, want);
}

static uint64_t count(const uint8_t *bits, uint64_t nr)
{
	uint64_t i, sum = 0;

	for (i = 0; i < nr; i++)
		sum += bits[i / 8] >> (i % 8) & 1;
	return sum;
}

static void track(struct poke *p, uint64_t value)
{
	int ret = mshv_try_set_property(p->vm.fd, HV_PROPERTY_ACCESS_TRACKING, value);

	expect(!ret, "tracking %u: %s", (unsigned int)value, mshv_errno_name(ret));
}

static uint8_t *create(struct poke *p, size_t size)
{
	uint8_t *mem = poke_memory(size);

	poke_create(p, "poke", size);
	poke_map(p, EXTRA, mem, size, WRITABLE);
	return mem;
}

/* Exactly the pages that were written, and again from nothing after a clear */
static void test_dirty(void)
{
	struct poke p;

	create(&p, LARGE);
	track(&p, 1);
	poke_write(&p, EXTRA + PAGE, 1);
	poke_write(&p, EXTRA + 6 * PAGE + 4, 1);
	poke_read(&p, EXTRA + 3 * PAGE);
	expect8(&p, DIRTY, NOOP, "01000010");
	expect8(&p, DIRTY, CLEAR, "01000010");
	expect8(&p, DIRTY, CLEAR, "00000000");
	poke_read(&p, EXTRA + PAGE);
	poke_write(&p, EXTRA + 3 * PAGE, 2);
	poke_write(&p, EXTRA + 6 * PAGE, 2);
	expect8(&p, DIRTY, CLEAR, "00010010");
	poke_write(&p, EXTRA + PAGE, 3);
	expect(poke_read(&p, EXTRA + PAGE) == 3, "the write is lost");
	expect8(&p, DIRTY, CLEAR, "01000000");
}

static void test_accessed(void)
{
	uint8_t *mem;
	struct poke p;
	int i;

	mem = create(&p, LARGE);
	track(&p, 1);
	for (i = 0; i < 8; i++)
		poke_write(&p, EXTRA + i * PAGE, i);
	expect8(&p, ACCESSED, CLEAR, "11111111");
	expect8(&p, ACCESSED, NOOP, "00000000");
	expect8(&p, DIRTY, NOOP, "11111111");	/* not cleared with the others */
	expect(poke_read(&p, EXTRA + 2 * PAGE) == 2, "wrong data");
	poke_write(&p, EXTRA + 5 * PAGE, 55);
	expect(*(volatile uint32_t *)(mem + 5 * PAGE) == 55, "the write is lost");
	expect8(&p, ACCESSED, CLEAR, "00100100");
	expect8(&p, DIRTY, CLEAR, "11111111");
	expect8(&p, ACCESSED, CLEAR, "00000000");
}

static void test_set(void)
{
	struct poke p;
	int i;

	create(&p, LARGE);
	track(&p, 1);
	for (i = 0; i < 8; i++)
		poke_write(&p, EXTRA + i * PAGE, i);
	expect8(&p, DIRTY, CLEAR, "11111111");
	expect8(&p, ACCESSED, CLEAR, "11111111");
	expect8(&p, DIRTY, SET, "00000000");	/* what was before */
	expect8(&p, DIRTY, NOOP, "11111111");
	expect8(&p, ACCESSED, NOOP, "11111111");
}

/* Tracking can begin late; what was written before may be dirty, the rest must work. */
static void test_late(void)
{
	struct poke p;
	uint8_t bits;
	int i, ret;

	create(&p, LARGE);
	for (i = 0; i < 8; i++)
		poke_write(&p, EXTRA + i * PAGE, i);
	ret = try_bitmap(&p, DIRTY, NOOP, GFN(EXTRA), 8, &bits);
	expect(ret == -EBUSY, "without tracking: %s", mshv_errno_name(ret));
	track(&p, 1);
	bitmap(&p, DIRTY, CLEAR, GFN(EXTRA), 8, &bits);
	expect8(&p, DIRTY, CLEAR, "00000000");
	poke_write(&p, EXTRA + 4 * PAGE, 1);
	expect8(&p, DIRTY, CLEAR, "00001000");
	track(&p, 0);
	for (i = 0; i < 8; i++)
		poke_write(&p, EXTRA + i * PAGE, i);
	for (i = 0; i < 8; i++)
		expect(poke_read(&p, EXTRA + i * PAGE) == (uint32_t)i, "page %d is wrong", i);
}

/* Huge pages are split when a part of one is cleared. */
static void test_large(void)
{
	uint8_t *mem, bits[4 * NR_2M / 8];
	struct poke p;
	int i;

	mem = create(&p, 4 * LARGE);
	madvise(mem, 4 * LARGE, MADV_HUGEPAGE);
	for (i = 0; i < 4; i++)
		mem[i * LARGE] = 1;
	if (madvise(mem, 4 * LARGE, MADV_COLLAPSE))
		printf("no huge pages: %s\n", strerror(errno));
	track(&p, 1);
	for (i = 0; i < 4; i++)
		poke_write(&p, EXTRA + i * LARGE + 5 * PAGE, 1);
	bitmap(&p, DIRTY, CLEAR, GFN(EXTRA), 4 * NR_2M, bits);
	printf("%llu pages dirty after 4 writes\n", (unsigned long long)count(bits, 4 * NR_2M));
	for (i = 0; i < 4; i++)
		expect(bits[(i * NR_2M + 5) / 8] & 1 << 5, "the write to 2M page %d is lost", i);
	bitmap(&p, DIRTY, CLEAR, GFN(EXTRA), 4 * NR_2M, bits);
	expect(!count(bits, 4 * NR_2M), "clearing has not cleared");
	for (i = 0; i < 4; i++)
		poke_write(&p, EXTRA + i * LARGE + 7 * PAGE, 2);
	bitmap(&p, DIRTY, CLEAR, GFN(EXTRA), 4 * NR_2M, bits);
	expect(count(bits, 4 * NR_2M) == 4, "not 4 pages dirty: %llu",
	       (unsigned long long)count(bits, 4 * NR_2M));
}

/* More than one call of the hypervisor takes, and an odd number */
static void test_many(void)
{
	const uint64_t nr = 20001;
	uint8_t *bits = malloc((nr + 7) / 8);
	struct poke p;
	unsigned int i;

	expect(bits, "no memory");
	create(&p, nr * PAGE);
	track(&p, 1);
	for (i = 0; i < 40; i++)
		poke_write(&p, EXTRA + i * 500 * PAGE, i);
	poke_write(&p, EXTRA + (nr - 1) * PAGE, 1);
	bitmap(&p, DIRTY, CLEAR, GFN(EXTRA), nr, bits);
	for (i = 0; i < 40; i++)
		expect(bits[i * 500 / 8] >> (i * 500 % 8) & 1, "page %u is not dirty", i * 500);
	expect(count(bits, (nr + 7) & ~7ul) == 41, "%llu pages are dirty",
	       (unsigned long long)count(bits, nr));
	bitmap(&p, DIRTY, CLEAR, GFN(EXTRA), nr, bits);
	expect(!count(bits, nr), "clearing has not cleared");
	free(bits);
}

/* What the guest has written stays dirty wherever the kernel moves it. */
static void test_moved(void)
{
	uint8_t *mem, bits[NR_2M / 8];
	struct poke p;
	int i;

	mem = create(&p, LARGE);
	track(&p, 1);
	for (i = 0; i < 8; i++)
		poke_write(&p, EXTRA + i * 3 * PAGE, i);
	madvise(mem, LARGE, MADV_HUGEPAGE);
	expect(!madvise(mem, LARGE, MADV_COLLAPSE), "collapse: %s", strerror(errno));
	bitmap(&p, DIRTY, CLEAR, GFN(EXTRA), NR_2M, bits);
	for (i = 0; i < 8; i++)
		expect(bits[i * 3 / 8] >> (i * 3 % 8) & 1, "the write to page %d is lost", i * 3);
}

static const struct subtest tests[] = {
	{ "dirty", test_dirty },
	{ "accessed", test_accessed },
	{ "set", test_set },
	{ "late", test_late },
	{ "large", test_large },
	{ "many", test_many },
	{ "moved", test_moved },
};

int main(int argc, char **argv)
{
	return subtest_main(argc, argv, tests, sizeof(tests) / sizeof(tests[0]), TEST_SECONDS);
}
