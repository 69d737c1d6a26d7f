// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guest memory that the VMM and its kernel move about while the guest is at
 * work in it. Each test is a subcommand; exit status 0 is good.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/poke.h"
#include "lib/subtest.h"

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif

#define TEST_SECONDS 60
#define PAGE MSHV_HV_PAGE_SIZE
#define LARGE (2ul << 20)
#define EXTRA GUEST_EXTRA
#define WRITABLE (1 << MSHV_SET_MEM_BIT_WRITABLE)

#define CHURN_SIZE (8ul << 20)
#define SCRIBBLE_SIZE (1ul << 20)
#define CHURN_MS 3000
#define CHURN_PASSES 5
#define CANARY_SIZE (32ul << 20)
#define CANARY 0x5ca1ab1e

/* What the thread that runs "churn" or "scribble" has seen */
struct churn {
	struct poke p;
	pthread_t thread;
	atomic_uint passes;
	atomic_uint lost;	/* messages that there is no memory */
	atomic_bool stop;
};

static void *churn_thread(void *arg)
{
	struct churn *c = arg;

	while (!atomic_load(&c->stop)) {
		if (poke_again(&c->p) == POKE_NO_MEMORY) {
			atomic_fetch_add(&c->lost, 1);
			sleep_ms(1);
			continue;
		}
		expect(c->p.value != CHURN_WRONG, "the guest has found wrong data");
		atomic_fetch_add(&c->passes, 1);
	}
	return NULL;
}

static void churn_start(struct churn *c, const char *guest, uint8_t *mem, size_t size)
{
	memset(c, 0, sizeof(*c));
	poke_create(&c->p, guest, size);
	poke_map(&c->p, EXTRA, mem, size, WRITABLE);
	if (pthread_create(&c->thread, NULL, churn_thread, c))
		fail(EXIT_ERROR, "cannot create a thread");
}

/* For a while, and on slow machines for as long as it takes */
static bool churn_goes_on(struct churn *c, uint64_t end)
{
	return now_ms() < end || atomic_load(&c->passes) < CHURN_PASSES;
}

static void churn_stop(struct churn *c)
{
	atomic_store(&c->stop, true);
	pthread_join(c->thread, NULL);
	printf("# %u passes, %u times no memory\n", c->passes, c->lost);
}

static void compact(void)
{
	int fd = open("/proc/sys/vm/compact_memory", O_WRONLY);

	if (fd >= 0 && write(fd, "1", 1) < 0)
		printf("# compaction: %s\n", strerror(errno));
	close(fd);
}

/* Huge pages come and go, pages migrate, a child comes and goes. */
static void test_churn(void)
{
	uint64_t end = now_ms() + CHURN_MS;
	uint8_t *mem = poke_memory(CHURN_SIZE);
	unsigned int rounds = 0, collapsed = 0;
	struct churn c;

	madvise(mem, CHURN_SIZE, MADV_HUGEPAGE);
	churn_start(&c, "churn", mem, CHURN_SIZE);
	while (churn_goes_on(&c, end)) {
		pid_t child;

		/* Splits huge page tables, the pages stay where they are. */
		mprotect(mem + LARGE + 5 * PAGE, 3 * PAGE, PROT_READ);
		sleep_ms(5);
		mprotect(mem + LARGE + 5 * PAGE, 3 * PAGE,
			 PROT_READ | PROT_WRITE);
		compact();
		child = fork();
		if (!child)
			_exit(0);
		waitpid(child, NULL, 0);
		madvise(mem, CHURN_SIZE, MADV_PAGEOUT);
		collapsed += !madvise(mem, CHURN_SIZE, MADV_COLLAPSE);
		rounds++;
		sleep_ms(20);
	}
	printf("# %u rounds, %u collapses\n", rounds, collapsed);
	churn_stop(&c);
	expect(collapsed, "no huge page came about");
}

/* Pages that the guest had, and then somebody else, are never written to. */
static void test_canary(void)
{
	uint64_t end = now_ms() + CHURN_MS;
	uint8_t *mem = poke_memory(SCRIBBLE_SIZE);
	size_t i, nr = CANARY_SIZE / sizeof(uint32_t);
	struct churn c;

	churn_start(&c, "scribble", mem, SCRIBBLE_SIZE);
	while (churn_goes_on(&c, end)) {
		uint32_t *canary = poke_mmap(NULL, CANARY_SIZE, PROT_READ | PROT_WRITE, 0);

		madvise(canary, CANARY_SIZE, MADV_NOHUGEPAGE);
		madvise(mem, SCRIBBLE_SIZE, MADV_DONTNEED);
		for (i = 0; i < nr; i++)
			canary[i] = CANARY;
		sleep_ms(20);
		for (i = 0; i < nr; i++)
			expect(canary[i] == CANARY, "offset 0x%zx was overwritten: 0x%x",
			       i * 4, canary[i]);
		munmap(canary, CANARY_SIZE);
	}
	churn_stop(&c);
}

/* A region goes and comes while the guest is in the middle of faults. */
static void test_unmap(void)
{
	uint64_t end = now_ms() + CHURN_MS;
	uint8_t *mem = poke_memory(SCRIBBLE_SIZE);
	struct churn c;

	churn_start(&c, "churn", mem, SCRIBBLE_SIZE);
	while (churn_goes_on(&c, end)) {
		mshv_set_guest_memory(c.p.vm.fd, EXTRA, mem, SCRIBBLE_SIZE,
				      1 << MSHV_SET_MEM_BIT_UNMAP);
		sleep_ms(2);
		poke_map(&c.p, EXTRA, mem, SCRIBBLE_SIZE, WRITABLE);
		sleep_ms(30);
	}
	churn_stop(&c);
	expect(c.lost, "the guest did not notice");
}

static const struct subtest tests[] = {
	{ "churn", test_churn },
	{ "canary", test_canary },
	{ "unmap", test_unmap },
};

int main(int argc, char **argv)
{
	return subtest_main(argc, argv, tests, sizeof(tests) / sizeof(tests[0]), TEST_SECONDS);
}
