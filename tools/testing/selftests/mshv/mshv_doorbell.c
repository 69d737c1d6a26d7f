// SPDX-License-Identifier: GPL-2.0-only
/*
 * ioeventfds: what of a guest's writes reaches the eventfd, and what the VMM. Each
 * test is a subcommand; exit status 0 is good.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "lib/poke.h"
#include "lib/subtest.h"

#define TEST_SECONDS 60
#define SIGNAL_MS 10000		/* for a doorbell to be heard; emulators are slow */
#define SILENCE_MS 50
#define PAGE MSHV_HV_PAGE_SIZE
#define CODE GUEST_EXTRA
#define BELL GUEST_NOWHERE	/* nothing is mapped there */
#define RWX (1 << MSHV_SET_MEM_BIT_WRITABLE | 1 << MSHV_SET_MEM_BIT_EXECUTABLE)

#define MATCH (1 << MSHV_IOEVENTFD_BIT_DATAMATCH)
#define DEASSIGN (1 << MSHV_IOEVENTFD_BIT_DEASSIGN)

#define BURSTS 200U
#define BURST 100U

/* Code that the guest is given in its extra memory: EAX is what poke() passes. */
extern const char burst_start[], forms_start[], code_end[];

#define TEXT1(x) #x
#define TEXT(x) TEXT1(x)

asm(".pushsection .rodata\n"
	/* EAX writes, one right after the other */
	"burst_start:\n"
	"	movl	%eax, %ecx\n"
	"	movl	$" TEXT(GUEST_NOWHERE) ", %edx\n"
	"1:	movl	%ecx, (%rdx)\n"
	"	decl	%ecx\n"
	"	jnz	1b\n"
	"	ret\n"
	/* Writes of each form, to one doorbell of each size */
	"forms_start:\n"
	"	pushq	%rbx\n"
	"	movl	$" TEXT(GUEST_NOWHERE) ", %edx\n"
	"	movl	$0x1201, %ebx\n"
	"	movl	$4, %r9d\n"
	"	movb	%bl, (%rdx)\n"		/* 0x01 */
	"	movb	%bh, (%rdx)\n"		/* 0x12 */
	"	movb	$2, (%rdx)\n"
	"	movw	%bx, 0x10(%rdx)\n"	/* 0x1201 */
	"	movw	$0x1202, 0x10(%rdx)\n"
	"	movl	%r9d, (%rdx,%r9,8)\n"	/* 4 to 0x20 */
	"	movl	$-2, 0x20(%rdx)\n"
	"	movnti	%ebx, 0x20(%rdx)\n"	/* 0x1201 */
	"	movq	%r9, 0x30(%rdx)\n"	/* 4 */
	"	movq	$-2, 0x30(%rdx)\n"
	"	movabsq	$0x1122334455667788, %rax\n"
	"	movabsq	%rax, " TEXT(GUEST_NOWHERE) " + 0x30\n"
	"	popq	%rbx\n"
	"	ret\n"
	"code_end:\n"
	".popsection\n");

static int set(struct poke *p, int fd, uint64_t addr, uint32_t len, uint64_t value,
	       uint32_t flags)
{
	struct mshv_user_ioeventfd args = {
		.addr = addr, .len = len, .datamatch = value, .fd = fd, .flags = flags,
	};

	return ioctl(p->vm.fd, MSHV_IOEVENTFD, &args) ? -errno : 0;
}

static int bell(struct poke *p, uint64_t addr, uint32_t len, uint64_t value, uint32_t flags)
{
	int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	int ret = set(p, fd, addr, len, value, flags);

	if (fd < 0 || ret)
		fail(EXIT_ERROR, "MSHV_IOEVENTFD: %s", mshv_errno_name(ret));
	return fd;
}

/* How often an eventfd was signaled: waits for the first time only */
static uint64_t heard(int fd, int timeout)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	uint64_t count = 0;

	poll(&pfd, 1, timeout);
	if (read(fd, &count, sizeof(count)) < 0 && errno != EAGAIN)
		fail(EXIT_ERROR, "eventfd: %s", strerror(errno));
	return count;
}

/* A write that rings: the VMM does not notice, and only this eventfd does */
static void expect_ring(struct poke *p, uint32_t what, uint64_t gpa, uint32_t value, int fd)
{
	uint64_t count;

	expect(poke(p, what, gpa, value) == POKE_DONE,
	       "the write of %u to 0x%llx came to the VMM", value, (unsigned long long)gpa);
	count = heard(fd, SIGNAL_MS);
	expect(count == 1, "%llu signals for one write", (unsigned long long)count);
}

static uint32_t length(uint32_t what)
{
	switch (what) {
	case POKE_WRITE_8:
		return 1;
	case POKE_WRITE_16:
		return 2;
	case POKE_WRITE_64:
		return 8;
	default:
		return 4;
	}
}

/* A write that comes to the VMM; it is done once a doorbell is there for it */
static void expect_exit(struct poke *p, uint32_t what, uint64_t gpa, uint32_t value)
{
	int fd;

	expect(poke(p, what, gpa, value) == POKE_NO_MEMORY && p->gpa == gpa &&
	       p->access == HV_ACCESS_WRITE,
	       "the write of %u to 0x%llx did not come to the VMM", value,
	       (unsigned long long)gpa);
	fd = bell(p, gpa, length(what), value, MATCH);
	expect(poke_again(p) == POKE_DONE, "it came again");
	expect(heard(fd, SIGNAL_MS) == 1, "it was not heard");
	set(p, fd, gpa, length(what), value, MATCH | DEASSIGN);
	close(fd);
}

static void create(struct poke *p)
{
	uint8_t *mem = poke_memory(PAGE);

	memcpy(mem, burst_start, code_end - burst_start);
	poke_create(p, "poke", PAGE);
	poke_map(p, CODE, mem, PAGE, RWX);
}

static void test_write(void)
{
	struct poke p;
	int a, b;

	create(&p);
	a = bell(&p, BELL, 4, 0, 0);
	b = bell(&p, BELL + 4, 4, 0, 0);
	expect_ring(&p, POKE_WRITE, BELL, 1, a);
	expect_ring(&p, POKE_WRITE, BELL, 0xffffffff, a);
	expect_ring(&p, POKE_WRITE, BELL + 4, 1, b);
	expect(!heard(a, SILENCE_MS), "the other one was signaled");
	expect_exit(&p, POKE_WRITE, BELL + 8, 1);
	expect(poke(&p, POKE_READ, BELL, 0) == POKE_NO_MEMORY && p.access == HV_ACCESS_READ,
	       "the read did not come to the VMM");
}

static void test_size(void)
{
	static const uint32_t what[] = {
		POKE_WRITE_8, POKE_WRITE_16, POKE_WRITE, POKE_WRITE_64,
	};
	struct poke p;
	unsigned int i, j;

	create(&p);
	for (i = 0; i < 4; i++) {
		int fd = bell(&p, BELL + 16 * i, 1 << i, 0, 0);

		for (j = 0; j < 4; j++) {
			if (i == j)
				expect_ring(&p, what[j], BELL + 16 * i, 7, fd);
			else
				expect_exit(&p, what[j], BELL + 16 * i, 7);
		}
	}
	i = bell(&p, BELL + 64, 0, 0, 0);
	for (j = 0; j < 4; j++)
		expect_ring(&p, what[j], BELL + 64, 7, i);
}

static void test_match(void)
{
	struct poke p;
	int a, b;

	create(&p);
	a = bell(&p, BELL, 2, 5, MATCH);
	b = bell(&p, BELL, 2, 6, MATCH);
	expect_ring(&p, POKE_WRITE_16, BELL, 5, a);
	expect_ring(&p, POKE_WRITE_16, BELL, 6, b);
	expect_ring(&p, POKE_WRITE_16, BELL, 0x12340005, a);	/* writes 5 */
	expect_exit(&p, POKE_WRITE_16, BELL, 0);
	expect_exit(&p, POKE_WRITE, BELL, 5);
	expect(!heard(a, SILENCE_MS) && !heard(b, 0), "a write that does not match was heard");
}

static void test_deassign(void)
{
	struct poke p;
	int a, b;

	create(&p);
	a = bell(&p, BELL, 4, 1, MATCH);
	b = bell(&p, BELL, 4, 2, MATCH);
	expect_ring(&p, POKE_WRITE, BELL, 1, a);
	expect(!set(&p, a, BELL, 4, 1, MATCH | DEASSIGN), "deassign: %s", strerror(errno));
	expect(set(&p, a, BELL, 4, 1, MATCH | DEASSIGN) == -ENOENT, "deassigned twice");
	expect(poke(&p, POKE_WRITE, BELL, 1) == POKE_NO_MEMORY, "deassigned, but it took the write");
	expect(!heard(a, SILENCE_MS), "deassigned, but signaled");
	expect(!set(&p, a, BELL, 4, 1, MATCH), "assign again: %s", strerror(errno));
	expect(poke_again(&p) == POKE_DONE && heard(a, SIGNAL_MS) == 1, "not heard again");
	expect_ring(&p, POKE_WRITE, BELL, 2, b);
}

/* All forms of the instruction: one that is not understood comes to the VMM. */
static void test_forms(void)
{
	static const struct {
		uint64_t at;
		uint32_t len;
		uint64_t value;
	} forms[] = {
		{ 0, 1, 0x01 }, { 0, 1, 0x12 }, { 0, 1, 2 }, { 0x10, 2, 0x1201 },
		{ 0x10, 2, 0x1202 }, { 0x20, 4, 4 }, { 0x20, 4, 0xfffffffe },
		{ 0x20, 4, 0x1201 }, { 0x30, 8, 4 }, { 0x30, 8, -2 },
		{ 0x30, 8, 0x1122334455667788 },
	};
	int fd[sizeof(forms) / sizeof(forms[0])];
	struct poke p;
	unsigned int i;

	create(&p);
	for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		fd[i] = bell(&p, BELL + forms[i].at, forms[i].len, forms[i].value, MATCH);
	expect(poke(&p, POKE_EXECUTE, CODE + (forms_start - burst_start), 0) == POKE_DONE,
	       "a write to 0x%llx came to the VMM", (unsigned long long)p.gpa);
	for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		expect(heard(fd[i], SIGNAL_MS) == 1, "form %u was not heard", i);
}

/* More than the ring holds: some may merge, but the last of each burst is heard. */
static void test_burst(void)
{
	uint64_t count, total = 0;
	struct poke p;
	unsigned int i;
	int fd;

	create(&p);
	fd = bell(&p, BELL, 4, 0, 0);
	for (i = 0; i < BURSTS; i++) {
		expect(poke(&p, POKE_EXECUTE, CODE, BURST) == POKE_DONE, "burst %u: the VMM", i);
		count = heard(fd, SIGNAL_MS);
		expect(count, "burst %u of %u was not heard", i, BURSTS);
		total += count;
	}
	while ((count = heard(fd, SILENCE_MS)))
		total += count;
	expect(total <= BURSTS * BURST, "%llu signals", (unsigned long long)total);
	printf("%llu signals for %u writes\n", (unsigned long long)total, BURSTS * BURST);
}

/* The VMM ends without a word. */
static void test_leave(void)
{
	struct poke p;
	int i;

	create(&p);
	for (i = 0; i < 100; i++)
		bell(&p, BELL + 8 * i, 8, 0, 0);
	expect(poke(&p, POKE_WRITE_64, BELL + 8 * 99, 0) == POKE_DONE, "it came to the VMM");
}

static const struct subtest tests[] = {
	{ "write", test_write },
	{ "size", test_size },
	{ "match", test_match },
	{ "deassign", test_deassign },
	{ "forms", test_forms },
	{ "burst", test_burst },
	{ "leave", test_leave },
};

int main(int argc, char **argv)
{
	return subtest_main(argc, argv, tests, sizeof(tests) / sizeof(tests[0]), TEST_SECONDS);
}
