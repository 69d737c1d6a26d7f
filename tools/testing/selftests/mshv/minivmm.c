// SPDX-License-Identifier: GPL-2.0-only
/*
 * A small virtual machine monitor on /dev/mshv: runs one or more of its
 * built-in guests, each in a partition of its own, and prints what they write
 * to their serial ports.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guests/layout.h"
#include "lib/exits.h"
#include "lib/guest.h"
#include "lib/vm.h"

#define MAX_VMS 16
#define STOP_TIMEOUT_MS 10000
#define IRQ_INTERVAL_MS 20
#define POLL_MS 20
#define POLL_IDLE_MS 200

struct options {
	const struct guest *guests[MAX_VMS];
	unsigned int nr_guests;
	unsigned int count;
	unsigned int nr_vps;
	unsigned int memory_mib;
	unsigned int timeout_s;
	unsigned int duration_ms;	/* 0: until the guests end */
};

static void print_help(void)
{
	const struct guest *guest;
	size_t i;

	puts("usage: minivmm [OPTION]...\n"
	     "\n"
	     "Run small guests in partitions of the Microsoft hypervisor, by way of " MSHV_DEVICE ".\n"
	     "\n"
	     "  --guest=NAME[,NAME]...  what to run, see below; may be given more than once\n"
	     "                          (default: real,long)\n"
	     "  --count=N               partitions that run at once; partition i runs the i-th\n"
	     "                          guest, going round (default: one for each guest)\n"
	     "  --vcpus=N               VPs in each partition, 1 to 8 (default: 1)\n"
	     "  --memory=MIB            extra memory for each guest (default: 0)\n"
	     "  --timeout=SECONDS       give up after this time (default: 60)\n"
	     "  --duration=MS           stop the guests after this time; not an error\n"
	     "  --help                  this text\n"
	     "\n"
	     "Guests:");
	for (i = 0; (guest = guest_nth(i)); i++)
		printf("  %-10s %s\n", guest->name, guest->about);
	puts("\n"
	     "The guests' serial output is printed as 'guest 1: TEXT'. At the end there is one\n"
	     "line for each partition, 'guest 1 exits: io=N mmio=N ...': how often RUN_VP returned\n"
	     "and why, over all VPs, and one line for each VP: how it ended.\n"
	     "\n"
	     "Exit status: 0 all guests ended well (HLT, exit code 0, --duration); 1 a call to\n"
	     "the system or the driver failed; 2 wrong usage; 3 a guest ended badly; 4 timeout.");
}

static unsigned int parse_number(const char *option, const char *text,
				 unsigned int min, unsigned int max)
{
	unsigned long value;
	char *end;

	errno = 0;
	value = strtoul(text, &end, 0);
	if (errno || end == text || *end || *text == '-' || value < min || value > max)
		fail(EXIT_USAGE, "--%s=%s: expected a number from %u to %u (try --help)",
		     option, text, min, max);
	return value;
}

static void parse_guests(struct options *opts, const char *text)
{
	for (;;) {
		size_t len = strcspn(text, ",");
		const struct guest *guest = guest_find(text, len);

		if (!guest)
			fail(EXIT_USAGE, "--guest: there is no guest '%.*s' (try --help)",
			     (int)len, text);
		if (opts->nr_guests == MAX_VMS)
			fail(EXIT_USAGE, "--guest: at most %d guests", MAX_VMS);
		opts->guests[opts->nr_guests++] = guest;
		if (!text[len])
			return;
		text += len + 1;
	}
}

static void check_options(struct options *opts)
{
	unsigned int i;

	if (!opts->nr_guests)
		parse_guests(opts, "real,long");
	if (!opts->count)
		opts->count = opts->nr_guests;
	for (i = 0; i < opts->nr_guests; i++) {
		if (opts->guests[i]->lapic && opts->nr_vps > 1)
			fail(EXIT_USAGE, "guest '%s' has a LAPIC, which makes further VPs wait for a start-up IPI: --vcpus must be 1",
			     opts->guests[i]->name);
	}
}

static void parse_options(struct options *opts, int argc, char **argv)
{
	enum { GUEST = 1, COUNT, VCPUS, MEMORY, TIMEOUT, DURATION, HELP };
	static const struct option longopts[] = {
		{ "guest", required_argument, NULL, GUEST },
		{ "count", required_argument, NULL, COUNT },
		{ "vcpus", required_argument, NULL, VCPUS },
		{ "memory", required_argument, NULL, MEMORY },
		{ "timeout", required_argument, NULL, TIMEOUT },
		{ "duration", required_argument, NULL, DURATION },
		{ "help", no_argument, NULL, HELP },
		{ 0 }
	};
	int c;

	*opts = (struct options){ .nr_vps = 1, .timeout_s = 60 };
	while ((c = getopt_long(argc, argv, "", longopts, NULL)) != -1) {
		switch (c) {
		case GUEST:
			parse_guests(opts, optarg);
			break;
		case COUNT:
			opts->count = parse_number("count", optarg, 1, MAX_VMS);
			break;
		case VCPUS:
			opts->nr_vps = parse_number("vcpus", optarg, 1, VM_MAX_VPS);
			break;
		case MEMORY:
			opts->memory_mib = parse_number("memory", optarg, 0, 512);
			break;
		case TIMEOUT:
			opts->timeout_s = parse_number("timeout", optarg, 1, 3600);
			break;
		case DURATION:
			opts->duration_ms = parse_number("duration", optarg, 1, 3600000);
			break;
		case HELP:
			print_help();
			exit(EXIT_OK);
		default:
			exit(EXIT_USAGE);
		}
	}
	if (optind < argc)
		fail(EXIT_USAGE, "unexpected argument '%s' (try --help)", argv[optind]);
	check_options(opts);
}

static bool all_done(struct vm *const *vms, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++) {
		if (!vm_done(vms[i]))
			return false;
	}
	return true;
}

static void send_interrupts(struct vm *const *vms, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++) {
		int ret;

		if (!vms[i]->guest->irq || vm_done(vms[i]))
			continue;
		ret = mshv_try_assert_interrupt(vms[i]->fd, 0, IRQ_VECTOR);
		if (ret)
			fail(EXIT_ERROR, "ASSERT_VIRTUAL_INTERRUPT failed: %s",
			     mshv_errno_name(ret));
	}
}

/* Wait until the guests end or their time is over. Returns EXIT_OK or EXIT_TIMEOUT. */
static int supervise(const struct options *opts, struct vm *const *vms)
{
	uint64_t start = now_ms(), last_irq = start;
	/* Counting guests should get all of the time that the VMM is given. */
	unsigned int poll = opts->guests[0]->counts ? POLL_IDLE_MS : POLL_MS;

	while (!all_done(vms, opts->count)) {
		uint64_t now = now_ms(), elapsed = now - start;
		bool late = elapsed >= opts->timeout_s * 1000ull;

		if (late || (opts->duration_ms && elapsed >= opts->duration_ms)) {
			if (!vm_stop(vms, opts->count, STOP_TIMEOUT_MS))
				fail(EXIT_TIMEOUT, "a VP did not leave RUN_VP within %d ms of a signal",
				     STOP_TIMEOUT_MS);
			if (late)
				fprintf(stderr, "minivmm: timeout after %u s\n",
					opts->timeout_s);
			return late ? EXIT_TIMEOUT : EXIT_OK;
		}
		if (now - last_irq >= IRQ_INTERVAL_MS) {
			send_interrupts(vms, opts->count);
			last_irq = now;
		}
		sleep_ms(poll);
	}
	return EXIT_OK;
}

/* Returns whether the VP ended well. */
static bool report_vp(const struct vp *vp)
{
	unsigned int number = vp->vm->number;

	switch (vp->end) {
	case VP_HALTED:
		printf("guest %u VP %u: halted\n", number, vp->index);
		return true;
	case VP_STOPPED:
		printf("guest %u VP %u: stopped\n", number, vp->index);
		return true;
	case VP_EXITED:
		printf("guest %u VP %u: exit code %u\n", number, vp->index,
		       vp->exit_code);
		return vp->exit_code == 0;
	default:
		printf("guest %u VP %u: ended by %s\n", number, vp->index, vp->why);
		return false;
	}
}

/* Thousands of rounds that a counting guest made, and in what time */
static void report_work(const struct vm *vm, uint64_t elapsed)
{
	uint64_t work = 0;
	unsigned int i;

	for (i = 0; i < vm->nr_vps; i++)
		work += *(volatile uint64_t *)(vm->ram + GUEST_COUNTERS + i * 64);
	printf("guest %u work: %llu in %llu ms\n", vm->number,
	       (unsigned long long)work, (unsigned long long)elapsed);
}

static bool report_vm(const struct vm *vm)
{
	bool good = true;
	unsigned int i, reason;

	for (i = 0; i < vm->nr_vps; i++)
		good &= report_vp(&vm->vps[i]);
	printf("guest %u exits:", vm->number);
	for (reason = 0; reason < EXIT_REASONS; reason++) {
		unsigned long sum = 0;

		for (i = 0; i < vm->nr_vps; i++)
			sum += vm->vps[i].exits[reason];
		printf(" %s=%lu", exit_name(reason), sum);
	}
	putchar('\n');
	return good;
}

int main(int argc, char **argv)
{
	struct vm *vms[MAX_VMS];
	struct options opts;
	uint64_t start;
	unsigned int i;
	int dev, status;

	parse_options(&opts, argc, argv);
	dev = mshv_open();
	for (i = 0; i < opts.count; i++) {
		vms[i] = calloc(1, sizeof(*vms[i]));
		if (!vms[i])
			fail(EXIT_ERROR, "out of memory");
		vm_create(vms[i], dev, i + 1, opts.guests[i % opts.nr_guests],
			  opts.nr_vps, (uint64_t)opts.memory_mib << 20);
	}
	start = now_ms();
	for (i = 0; i < opts.count; i++)
		vm_start(vms[i]);
	status = supervise(&opts, vms);
	for (i = 0; i < opts.count; i++) {
		vm_join(vms[i]);
		if (vms[i]->guest->counts)
			report_work(vms[i], now_ms() - start);
		if (!report_vm(vms[i]) && status == EXIT_OK)
			status = EXIT_GUEST;
		vm_destroy(vms[i]);
		free(vms[i]);
	}
	fflush(stdout);
	return status;
}
