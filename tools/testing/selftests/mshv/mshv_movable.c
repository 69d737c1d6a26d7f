// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guest memory while the VMM and its kernel move it about. Each test is a
 * subcommand; exit status 0 is good.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/poke.h"
#include "lib/regs.h"
#include "lib/subtest.h"

#define TEST_SECONDS 60
#define PAGE MSHV_HV_PAGE_SIZE
#define LARGE (2ul << 20)
#define EXTRA GUEST_EXTRA
#define RW (PROT_READ | PROT_WRITE)
#define WRITABLE (1 << MSHV_SET_MEM_BIT_WRITABLE)
#define EXECUTABLE (1 << MSHV_SET_MEM_BIT_EXECUTABLE)

/* As much as the host may populate for one fault of the guest */
#define MOST_PER_FAULT 16

static void create(struct poke *p, uint8_t *mem, size_t size)
{
	poke_create(p, "poke", size);
	poke_map(p, EXTRA, mem, size, WRITABLE | EXECUTABLE);
}

static uint32_t peek(const uint8_t *mem)
{
	return *(const volatile uint32_t *)mem;
}

static void set(uint8_t *mem, uint32_t value)
{
	*(volatile uint32_t *)mem = value;
}

static size_t resident(void *mem, size_t size)
{
	size_t i, nr = size / PAGE, sum = 0;
	unsigned char *vec = malloc(nr);

	if (!vec || mincore(mem, size, vec))
		fail(EXIT_ERROR, "mincore: %s", strerror(errno));
	for (i = 0; i < nr; i++)
		sum += vec[i] & 1;
	free(vec);
	return sum;
}

/* Memory is populated by touching it, and costs nothing before. */
static void test_lazy(void)
{
	const size_t size = 64ul << 20;
	uint8_t *mem = poke_memory(size);
	struct poke p;

	create(&p, mem, size);
	expect(!resident(mem, size), "mapping has populated the memory");
	expect(!poke_read(&p, EXTRA + 5 * PAGE), "fresh memory is not zero");
	poke_write(&p, EXTRA + LARGE + 8, 0x1234);
	expect(peek(mem + LARGE + 8) == 0x1234, "the VMM does not see the guest's write");
	set(mem + 3 * LARGE, 77);
	expect(poke_read(&p, EXTRA + 3 * LARGE) == 77, "the guest does not see ours");
	set(mem + 3 * LARGE, 78);
	expect(poke_read(&p, EXTRA + 3 * LARGE) == 78, "nor the second one");
	poke_write(&p, EXTRA + size - 4, 9);
	expect(resident(mem, size) <= 4 * MOST_PER_FAULT, "four accesses cost %zu pages",
	       resident(mem, size));
	mem[PAGE] = 0xc3;	/* RET */
	expect(poke(&p, POKE_EXECUTE, EXTRA + PAGE, 0) == POKE_DONE, "no execution");
}

static void test_sparse(void)
{
	const size_t size = 2ul << 30;
	uint8_t *mem = poke_memory(size);
	uint64_t start = now_ms();
	struct poke p;
	unsigned int i;

	create(&p, mem, size);
	for (i = 0; i < 8; i++)
		poke_write(&p, EXTRA + i * (size / 8) + i * PAGE, i);
	for (i = 0; i < 8; i++)
		expect(peek(mem + i * (size / 8) + i * PAGE) == i, "page %u is wrong", i);
	expect(resident(mem, size) <= 8 * MOST_PER_FAULT, "eight accesses cost %zu pages",
	       resident(mem, size));
	expect(now_ms() - start < 10000, "it took %llu ms",
	       (unsigned long long)(now_ms() - start));
}

static void test_dontneed(void)
{
	uint8_t *mem = poke_memory(4 * LARGE);
	struct poke p;
	int i;

	create(&p, mem, 4 * LARGE);
	for (i = 0; i < 20; i++) {
		poke_write(&p, EXTRA + PAGE, i + 1);
		madvise(mem, LARGE, MADV_DONTNEED);
		expect(!poke_read(&p, EXTRA + PAGE), "round %d: old data", i);
		poke_write(&p, EXTRA + PAGE, i + 100);
		expect(peek(mem + PAGE) == (uint32_t)i + 100, "round %d: write is lost", i);
	}
}

/* Memory that is moved away is a hole; what comes in its place is seen. */
static void test_mremap(void)
{
	uint8_t *mem = poke_memory(LARGE), *away = poke_memory(LARGE);
	struct poke p;

	create(&p, mem, LARGE);
	poke_write(&p, EXTRA + 4 * PAGE, 1);
	expect(mremap(mem + 4 * PAGE, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, away) == away,
	       "mremap: %s", strerror(errno));
	expect(poke(&p, POKE_WRITE, EXTRA + 4 * PAGE, 2) == POKE_NO_MEMORY,
	       "the guest has found the page that is gone");
	expect(p.gpa == EXTRA + 4 * PAGE && p.access == HV_ACCESS_WRITE,
	       "told of 0x%llx, access %u", (unsigned long long)p.gpa, p.access);
	expect(poke_again(&p) == POKE_NO_MEMORY, "it has found it later");
	expect(peek(away) == 1, "the page that is gone was written to");
	poke_mmap(mem + 4 * PAGE, PAGE, RW, MAP_FIXED);
	set(mem + 4 * PAGE, 5);
	expect(poke_again(&p) == POKE_DONE, "the new page is not found");
	expect(peek(mem + 4 * PAGE) == 2 && peek(away) == 1, "wrong page");
	set(away, 6);
	mremap(away, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, mem + 4 * PAGE);
	expect(poke_read(&p, EXTRA + 4 * PAGE) == 6, "the page that came back is not found");
}

/* The child's copy stays as it was. */
static void test_fork(void)
{
	uint8_t *mem = poke_memory(LARGE);
	int to_child[2], status;
	struct poke p;
	pid_t child;
	char c;

	create(&p, mem, LARGE);
	poke_write(&p, EXTRA, 1);
	poke_write(&p, EXTRA + 9 * PAGE, 1);
	if (pipe(to_child))
		fail(EXIT_ERROR, "pipe: %s", strerror(errno));
	child = fork();
	if (!child) {
		close(to_child[1]);
		while (read(to_child[0], &c, 1) < 0 && errno == EINTR)
			;
		_exit(peek(mem) != 1 || peek(mem + 9 * PAGE) != 1);
	}
	poke_write(&p, EXTRA, 2);
	set(mem + 9 * PAGE, 3);
	expect(poke_read(&p, EXTRA) == 2 && peek(mem) == 2, "our copy is wrong");
	expect(poke_read(&p, EXTRA + 9 * PAGE) == 3, "the guest sees the child's copy");
	close(to_child[1]);
	waitpid(child, &status, 0);
	expect(!status, "the child's copy has changed");
	poke_write(&p, EXTRA, 4);
	expect(peek(mem) == 4, "wrong after the child's end");
}

/* Read only by the region, or by the VMA */
static void test_readonly(void)
{
	uint8_t *rom = poke_memory(LARGE), *ram = poke_memory(LARGE);
	struct poke p;

	create(&p, ram, LARGE);
	set(rom, 11);
	set(ram, 12);
	mprotect(rom, LARGE, PROT_READ);
	mprotect(ram, LARGE, PROT_READ);
	poke_map(&p, EXTRA + LARGE, rom, LARGE, 0);
	expect(poke_read(&p, EXTRA + LARGE) == 11, "ROM is wrong");
	expect(!poke_read(&p, EXTRA + LARGE + 5 * PAGE), "ROM never written is wrong");
	expect(poke_read(&p, EXTRA) == 12, "memory behind a read-only mapping is wrong");
	expect(poke(&p, POKE_WRITE, EXTRA, 13) == POKE_NO_MEMORY, "it can be written to");
	mprotect(ram, LARGE, RW);
	expect(poke_again(&p) == POKE_DONE, "it can't be written to when we can");
	expect(peek(ram) == 13, "the write is lost");
	mprotect(ram, LARGE, PROT_READ);
	expect(poke(&p, POKE_WRITE, EXTRA, 14) == POKE_NO_MEMORY, "it can be again");
	mprotect(ram, LARGE, RW);
	expect(poke_again(&p) == POKE_DONE, "the second time");
	expect(poke(&p, POKE_WRITE, EXTRA + LARGE, 15) == POKE_NO_MEMORY, "ROM was written");
	expect(peek(rom) == 11, "ROM has changed");
}

static void test_hole(void)
{
	uint8_t *mem = poke_memory(LARGE);
	struct poke p;

	munmap(mem + 8 * PAGE, 8 * PAGE);
	create(&p, mem, LARGE);
	poke_write(&p, EXTRA + 7 * PAGE, 1);
	poke_write(&p, EXTRA + 16 * PAGE, 1);
	expect(poke(&p, POKE_READ, EXTRA + 8 * PAGE, 0) == POKE_NO_MEMORY,
	       "there is memory in the hole");
	expect(p.gpa == EXTRA + 8 * PAGE, "told of 0x%llx", (unsigned long long)p.gpa);
	poke_mmap(mem + 8 * PAGE, 8 * PAGE, RW, MAP_FIXED);
	set(mem + 8 * PAGE, 21);
	expect(poke_again(&p) == POKE_DONE && p.value == 21, "the hole is not filled");
}

/* The same memory twice, as firmware needs it */
static void test_alias(void)
{
	uint8_t *mem = poke_memory(LARGE);
	struct poke p;

	create(&p, mem, LARGE);
	poke_map(&p, EXTRA + 4 * LARGE + 3 * PAGE, mem, LARGE, WRITABLE);
	poke_write(&p, EXTRA + 20 * PAGE, 31);
	expect(poke_read(&p, EXTRA + 4 * LARGE + 23 * PAGE) == 31, "not the same");
	madvise(mem, LARGE, MADV_DONTNEED);
	expect(!poke_read(&p, EXTRA + 20 * PAGE), "old data at the first place");
	expect(!poke_read(&p, EXTRA + 4 * LARGE + 23 * PAGE), "old data at the second");
}

static void test_device(void)
{
	int fd = open("/dev/mem", O_RDWR), ret;
	struct poke p;
	void *dev;

	create(&p, poke_memory(LARGE), LARGE);
	dev = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0xfed00000);
	expect(dev != MAP_FAILED, "/dev/mem: %s", strerror(errno));
	ret = mshv_try_set_guest_memory(p.vm.fd, EXTRA + LARGE, dev, PAGE, 0);
	expect(ret == -EOPNOTSUPP, "device memory: %s", mshv_errno_name(ret));
}

static const struct subtest tests[] = {
	{ "lazy", test_lazy },
	{ "sparse", test_sparse },
	{ "dontneed", test_dontneed },
	{ "mremap", test_mremap },
	{ "fork", test_fork },
	{ "readonly", test_readonly },
	{ "hole", test_hole },
	{ "alias", test_alias },
	{ "device", test_device },
};

int main(int argc, char **argv)
{
	return subtest_main(argc, argv, tests, sizeof(tests) / sizeof(tests[0]), TEST_SECONDS);
}
