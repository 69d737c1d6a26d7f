// SPDX-License-Identifier: GPL-2.0-only
/*
 * A remedy for emulated hosts: wake each other's CPUs
 *
 * On a host that QEMU's TCG emulates, now and then an interrupt of a CPU's local APIC is
 * left pending while the CPU runs a guest, and the guest goes on for ever: neither the
 * host's timer nor a signal ends it. The next interrupt from another CPU brings
 * the lost one along. So a thread on each CPU sends one to the others at a steady pace.
 */
#include <linux/membarrier.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "cpuid.h"
#include "l1.h"

#define PULSE_NS	20000000L

struct pulse {
	pthread_t *threads;
	int nr;
	bool stop;	/* A */
};

struct pulse_arg {
	struct pulse *pulse;
	int cpu;
};

static bool on_tcg(void)
{
	uint32_t base, sig[3];

	__asm__ volatile("cpuid" : "=a"(base), "=b"(sig[0]), "=c"(sig[1]), "=d"(sig[2])
			 : "a"(HV_LEAF_BASE));
	return !memcmp(sig, "TCGTCGTCGTCG", sizeof(sig));
}

/* An expedited barrier interrupts each CPU that runs a thread of this process. */
static void *pulse_thread(void *arg)
{
	struct pulse_arg *pa = arg;
	struct pulse *pulse = pa->pulse;
	const struct timespec ts = { .tv_nsec = PULSE_NS };
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(pa->cpu, &cpus);
	free(pa);
	pthread_setname_np(pthread_self(), "pulse");
	sched_setaffinity(0, sizeof(cpus), &cpus);
	while (!__atomic_load_n(&pulse->stop, __ATOMIC_ACQUIRE)) {
		syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0);
		nanosleep(&ts, NULL);
	}
	return NULL;
}

/**
 * pulse_start - start to wake other CPUs, if the host needs it
 *
 * Return: what pulse_stop() wants; NULL if there is nothing to do
 */
struct pulse *pulse_start(void)
{
	int nr = sysconf(_SC_NPROCESSORS_ONLN);
	struct pulse *pulse;

	if (nr < 2 || !on_tcg() ||
	    syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0))
		return NULL;
	pulse = calloc(1, sizeof(*pulse));
	if (!pulse)
		return NULL;
	pulse->threads = calloc(nr, sizeof(*pulse->threads));
	for (int cpu = 0; pulse->threads && cpu < nr; cpu++) {
		struct pulse_arg *pa = malloc(sizeof(*pa));

		if (!pa)
			break;
		*pa = (struct pulse_arg){ .pulse = pulse, .cpu = cpu };
		if (pthread_create(&pulse->threads[pulse->nr], NULL, pulse_thread, pa)) {
			free(pa);
			break;
		}
		pulse->nr++;
	}
	return pulse;
}

/**
 * pulse_stop - undo pulse_start()
 * @pulse: may be NULL
 */
void pulse_stop(struct pulse *pulse)
{
	if (!pulse)
		return;
	__atomic_store_n(&pulse->stop, true, __ATOMIC_RELEASE);
	for (int i = 0; i < pulse->nr; i++)
		pthread_join(pulse->threads[i], NULL);
	free(pulse->threads);
	free(pulse);
}
