// SPDX-License-Identifier: GPL-2.0-only
/*
 * Level-triggered lines: the VMM learns when the guest has ended an interrupt, and raises
 * it again while its device wants that. Each test is a subcommand; exit status 0 is good.
 *
 * The guest reports an interrupt before it ends it, and goes on when it is run again.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "lib/guest.h"
#include "lib/notify.h"
#include "lib/subtest.h"
#include "lib/vm.h"

#define TEST_SECONDS 60
#define PATIENCE_MS 10000	/* for what has to come; emulators are slow */
#define QUIET_MS 200		/* for what must not come */
#define ROUNDS 200

#define MSI_ADDRESS 0xfee00000u	/* to the APIC with id 0 */
#define MSI_LEVEL (1u << 15)
#define VECTOR(n) (NOTIFY_VECTOR + (n))

#define RESAMPLE (1 << MSHV_IRQFD_BIT_RESAMPLE)
#define DEASSIGN (1 << MSHV_IRQFD_BIT_DEASSIGN)

enum { GSI_A, GSI_SAME, GSI_OTHER, GSI_EDGE, NR_GSIS };

struct routes {
	uint32_t nr;
	uint32_t rsvd;
	struct mshv_user_irq_entry entries[NR_GSIS];
};

/* An interrupt line of the guest, by irqfd */
struct line {
	struct vm *vm;
	uint32_t gsi;
	int event;
	int resample;
};

static void set_routes(struct vm *vm, uint32_t data_of_a)
{
	const struct routes routes = {
		.nr = NR_GSIS,
		.entries = {
			{ GSI_A, MSI_ADDRESS, 0, data_of_a },
			{ GSI_SAME, MSI_ADDRESS, 0, MSI_LEVEL | VECTOR(0) },
			{ GSI_OTHER, MSI_ADDRESS, 0, MSI_LEVEL | VECTOR(1) },
			{ GSI_EDGE, MSI_ADDRESS, 0, VECTOR(0) },
		},
	};
	int ret = mshv_try_ioctl(vm->fd, MSHV_SET_MSI_ROUTING, &routes);

	expect(!ret, "MSHV_SET_MSI_ROUTING: %s", mshv_errno_name(ret));
}

static int next(struct vm *vm, unsigned int patience_ms)
{
	return notify_next(vm->vps[0].fd, patience_ms);
}

static void create(struct vm *vm, const char *guest)
{
	vm_create(vm, mshv_open(), 1, guest_find(guest, strlen(guest)), 1, 0);
	notify_ticks();
	set_routes(vm, MSI_LEVEL | VECTOR(0));
	expect(next(vm, PATIENCE_MS) == 0, "the guest is not ready");
}

static int set_line(const struct line *line, uint32_t flags)
{
	struct mshv_user_irqfd args = {
		.fd = line->event, .resamplefd = line->resample, .gsi = line->gsi,
		.flags = flags,
	};

	return mshv_try_ioctl(line->vm->fd, MSHV_IRQFD, &args);
}

static struct line connect_line(struct vm *vm, uint32_t gsi, uint32_t flags)
{
	struct line line = {
		.vm = vm, .gsi = gsi,
		.event = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC),
		.resample = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC),
	};
	int ret = set_line(&line, flags);

	if (line.event < 0 || line.resample < 0 || ret)
		fail(EXIT_ERROR, "MSHV_IRQFD: %s", mshv_errno_name(ret));
	return line;
}

static void raise_line(const struct line *line)
{
	eventfd_write(line->event, 1);
}

/* How often the VMM was told of an end */
static unsigned int ends(const struct line *line)
{
	eventfd_t count = 0;

	if (eventfd_read(line->resample, &count) && errno != EAGAIN)
		fail(EXIT_ERROR, "eventfd: %s", strerror(errno));
	return count;
}

/* The guest takes an interrupt; it has not ended it yet */
static void expect_taken(struct vm *vm, int n)
{
	int ret = next(vm, PATIENCE_MS);

	expect(ret == VECTOR(n), "the guest reports %d, not vector %d", ret, VECTOR(n));
}

/* The guest goes on: the end of its interrupt is told once */
static void expect_end(const struct line *line)
{
	uint64_t deadline = now_ms() + PATIENCE_MS;
	unsigned int count;
	int ret;

	do {
		ret = next(line->vm, 0);
		expect(ret == -EINTR, "the guest reports %d, but should have ended", ret);
		count = ends(line);
	} while (!count && now_ms() < deadline);
	expect(count == 1, "the end was told %u times", count);
}

/*
 * The guest goes on and takes no more interrupts. An end that nobody here waits for may
 * be shown to the VMM, if the hypervisor has intercepted it.
 */
static void expect_quiet(struct vm *vm, int vector)
{
	int ret = next(vm, QUIET_MS);

	if (vector && ret == (NOTIFY_EOI | vector))
		ret = next(vm, QUIET_MS);
	expect(ret == -EINTR, "the guest reports 0x%x, but should be silent", ret);
}

static void level(const char *guest)
{
	struct line line;
	struct vm vm;

	create(&vm, guest);
	line = connect_line(&vm, GSI_A, RESAMPLE);
	expect_quiet(&vm, 0);
	raise_line(&line);
	expect_taken(&vm, 0);
	sleep_ms(QUIET_MS);
	expect(!ends(&line), "told of the end before it");
	expect_end(&line);
	raise_line(&line);		/* the line is still high */
	expect_taken(&vm, 0);
	expect_end(&line);
	expect_quiet(&vm, 0);		/* now it is low */
	expect(!ends(&line), "told of an end without an interrupt");
}

static void test_level(void)
{
	level("notify");
}

static void test_x2apic(void)
{
	level("x2apic");
}

/* What is raised while it is in service comes again after its end. */
static void test_pending(void)
{
	struct line line;
	struct vm vm;

	create(&vm, "notify");
	line = connect_line(&vm, GSI_A, RESAMPLE);
	raise_line(&line);
	expect_taken(&vm, 0);
	raise_line(&line);
	raise_line(&line);
	expect_taken(&vm, 0);
	expect(ends(&line) == 1, "the first end was not told");
	expect_end(&line);
	expect_quiet(&vm, 0);
}

/* A device that wants many interrupts: each end makes it ask for the next one. */
static void *device(void *arg)
{
	const struct line *line = arg;
	struct pollfd pfd = { .fd = line->resample, .events = POLLIN };
	uintptr_t total = 0;
	unsigned int count;

	raise_line(line);
	while (total < ROUNDS && poll(&pfd, 1, PATIENCE_MS) == 1) {
		count = ends(line);
		if (count != 1)
			break;
		if (++total < ROUNDS)
			raise_line(line);
	}
	return (void *)total;
}

static void test_again(void)
{
	pthread_t thread;
	struct line line;
	struct vm vm;
	sigset_t ticks;
	void *total;
	int i;

	create(&vm, "notify");
	line = connect_line(&vm, GSI_A, RESAMPLE);
	sigemptyset(&ticks);
	sigaddset(&ticks, NOTIFY_TICK);
	pthread_sigmask(SIG_BLOCK, &ticks, NULL);
	i = pthread_create(&thread, NULL, device, &line);
	expect(!i, "pthread_create: %s", strerror(i));
	pthread_sigmask(SIG_UNBLOCK, &ticks, NULL);
	for (i = 0; i < ROUNDS; i++)
		expect_taken(&vm, 0);
	expect_quiet(&vm, 0);
	pthread_join(thread, &total);
	expect((uintptr_t)total == ROUNDS, "%lu ends of %d interrupts",
	       (unsigned long)(uintptr_t)total, ROUNDS);
}

/* The same vector, but an edge: only its last interrupt's kind counts. */
static void test_edge(void)
{
	struct line line, edge;
	struct vm vm;

	create(&vm, "notify");
	line = connect_line(&vm, GSI_A, RESAMPLE);
	edge = connect_line(&vm, GSI_EDGE, 0);
	expect(set_line(&(struct line){ &vm, GSI_EDGE, eventfd(0, 0), edge.resample },
			RESAMPLE) == -EINVAL, "an edge can be resampled");
	raise_line(&edge);
	expect_taken(&vm, 0);
	expect_quiet(&vm, 0);
	raise_line(&line);
	expect_taken(&vm, 0);
	expect_end(&line);
	raise_line(&edge);
	expect_taken(&vm, 0);
	expect_quiet(&vm, 0);
	expect(!ends(&line), "told of the end of an edge");
	raise_line(&line);
	expect_taken(&vm, 0);
	expect_end(&line);
	/* The line becomes an edge. */
	set_routes(&vm, VECTOR(0));
	raise_line(&line);
	expect_taken(&vm, 0);
	expect_quiet(&vm, 0);
	expect(!ends(&line), "told of the end of what is an edge now");
}

static void test_shared(void)
{
	struct line a, b, same, other;
	struct vm vm;

	create(&vm, "notify");
	a = connect_line(&vm, GSI_A, RESAMPLE);
	b = connect_line(&vm, GSI_A, RESAMPLE);
	same = connect_line(&vm, GSI_SAME, RESAMPLE);
	other = connect_line(&vm, GSI_OTHER, RESAMPLE);
	raise_line(&a);
	raise_line(&b);			/* the same interrupt */
	expect_taken(&vm, 0);
	expect_end(&a);
	expect(ends(&b) == 1, "the other line of the GSI is not told");
	expect(ends(&same) == 1, "the other GSI with the vector is not told");
	expect(!ends(&other), "a GSI with another vector is told");
	raise_line(&other);
	expect_taken(&vm, 1);
	expect_end(&other);
	expect(!ends(&a) && !ends(&b) && !ends(&same), "told of another vector's end");
	expect(!set_line(&a, DEASSIGN), "deassign");
	raise_line(&b);
	expect_taken(&vm, 0);
	expect_end(&b);
	expect(!ends(&a), "deassigned, but told");
	expect_quiet(&vm, 0);
}

static void test_deassign(void)
{
	struct line line;
	struct vm vm;

	create(&vm, "notify");
	line = connect_line(&vm, GSI_A, RESAMPLE);
	raise_line(&line);
	expect_taken(&vm, 0);
	expect(!set_line(&line, DEASSIGN), "deassign");
	raise_line(&line);
	expect_quiet(&vm, VECTOR(0));
	expect(!ends(&line), "deassigned, but told");
	/* The signal is still in the eventfd. */
	expect(!set_line(&line, RESAMPLE), "assign again");
	expect_taken(&vm, 0);
	expect_end(&line);
	expect_quiet(&vm, 0);
}

/* The VMM closes eventfds while the guest is in its handler. */
static void test_closed(void)
{
	struct line line, second;
	struct vm vm;
	int i;

	create(&vm, "notify");
	line = connect_line(&vm, GSI_A, RESAMPLE);
	raise_line(&line);
	expect_taken(&vm, 0);
	close(line.resample);		/* nobody can read it, but it is there */
	for (i = 0; i < 3; i++) {
		expect_quiet(&vm, 0);
		raise_line(&line);
		expect_taken(&vm, 0);
	}
	close(line.event);		/* the line ends, soon */
	sleep_ms(QUIET_MS);
	expect_quiet(&vm, VECTOR(0));

	second = connect_line(&vm, GSI_A, RESAMPLE);
	raise_line(&second);
	expect_taken(&vm, 0);
	expect_end(&second);
	raise_line(&second);
	expect_taken(&vm, 0);
	close(second.event);
	sleep_ms(QUIET_MS);
	expect_quiet(&vm, VECTOR(0));
	expect(!ends(&second), "a line that has ended was told");
}

/* An end that nobody waits for comes to the VMM, if the hypervisor intercepts it. */
static void test_shown(void)
{
	struct line line;
	struct vm vm;
	int ret, i;

	create(&vm, "notify");
	line = connect_line(&vm, GSI_A, RESAMPLE);
	for (i = 0; i < 3; i++) {
		ret = mshv_try_assert_level(vm.fd, 0, VECTOR(1));
		expect(!ret, "ASSERT_VIRTUAL_INTERRUPT: %s", mshv_errno_name(ret));
		expect_taken(&vm, 1);
		ret = next(&vm, PATIENCE_MS);
		expect(ret == (NOTIFY_EOI | VECTOR(1)), "0x%x instead of the end", ret);
		expect_quiet(&vm, 0);
	}
	expect(!ends(&line), "told of another vector's end");
	raise_line(&line);
	expect_taken(&vm, 0);
	expect_end(&line);
}

/* The VMM ends without a word. */
static void test_leave(void)
{
	struct line line;
	struct vm vm;
	int i;

	create(&vm, "notify");
	for (i = 0; i < 50; i++)
		line = connect_line(&vm, GSI_A, RESAMPLE);
	raise_line(&line);
	expect_taken(&vm, 0);
}

static const struct subtest tests[] = {
	{ "level", test_level },
	{ "x2apic", test_x2apic },
	{ "pending", test_pending },
	{ "again", test_again },
	{ "edge", test_edge },
	{ "shared", test_shared },
	{ "deassign", test_deassign },
	{ "closed", test_closed },
	{ "shown", test_shown },
	{ "leave", test_leave },
};

int main(int argc, char **argv)
{
	return subtest_main(argc, argv, tests, sizeof(tests) / sizeof(tests[0]), TEST_SECONDS);
}
