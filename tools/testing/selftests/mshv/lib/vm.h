/* SPDX-License-Identifier: GPL-2.0-only */
/* A virtual machine: one partition, its memory, its VPs and their threads. */
#ifndef SELFTEST_MSHV_VM_H
#define SELFTEST_MSHV_VM_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "dev.h"

#define VM_MAX_VPS 8

/* Why RUN_VP returned. The names are in exits.c. */
enum exit_reason {
	EXIT_IO,
	EXIT_MMIO,
	EXIT_HLT,
	EXIT_CPUID,
	EXIT_MSR,
	EXIT_MEMORY,		/* an address where nothing is, or read only */
	EXIT_UNRECOVERABLE,
	EXIT_OTHER,
	EXIT_SIGNAL,
	EXIT_REASONS
};

/* How a VP ended */
enum vp_end {
	VP_RUNNING,
	VP_HALTED,
	VP_EXITED,		/* wrote to the exit port */
	VP_STOPPED,		/* by vm_stop() */
	VP_CRASHED,		/* see vp->why */
};

struct guest;
struct vm;

/**
 * struct vp - One virtual processor, used by its own thread only
 * @vm: the machine it belongs to
 * @fd: as returned by MSHV_CREATE_VP
 * @index: VP index
 * @thread: the thread that runs it
 * @end: how it ended; valid once the thread has counted itself as done
 * @exit_code: what the guest wrote to the exit port
 * @why: the reason of a crash, for people
 * @exits: count of returns of RUN_VP, by reason
 * @line: the line of serial output that is being collected
 * @line_len: its length
 * @mmio_sum: the MMIO device's adding register, one for each VP
 * @mmio_scratch: the MMIO device's scratch register, one for each VP
 */
struct vp {
	struct vm *vm;
	int fd;
	uint32_t index;
	pthread_t thread;
	enum vp_end end;
	uint8_t exit_code;
	char why[120];
	unsigned long exits[EXIT_REASONS];
	char line[160];
	unsigned int line_len;
	uint64_t mmio_sum;
	uint64_t mmio_scratch;
};

/**
 * struct vm - One machine
 * @number: counted from 1, for messages
 * @fd: the partition
 * @guest: what runs in it
 * @ram: memory at 0, GUEST_RAM_SIZE bytes
 * @rom: one read-only page at GUEST_ROM
 * @extra: memory at GUEST_EXTRA, or NULL
 * @extra_size: in bytes
 * @vps: its VPs
 * @nr_vps: how many
 * @nr_done: how many threads have ended
 * @stop: set to make the threads end
 */
struct vm {
	unsigned int number;
	int fd;
	const struct guest *guest;
	uint8_t *ram;
	uint8_t *rom;
	uint8_t *extra;
	uint64_t extra_size;
	struct vp vps[VM_MAX_VPS];
	unsigned int nr_vps;
	atomic_uint nr_done;
	atomic_bool stop;
};

void vm_create(struct vm *vm, int dev, unsigned int number,
	       const struct guest *guest, unsigned int nr_vps,
	       uint64_t extra_size);
void vm_destroy(struct vm *vm);
void vm_start(struct vm *vm);
void vm_join(struct vm *vm);
bool vm_done(struct vm *vm);
bool vm_stop(struct vm *const *vms, unsigned int nr, unsigned int timeout_ms);
void *vm_memory(struct vm *vm, uint64_t gpa, uint64_t size);
void vp_run(struct vp *vp);
int vp_run_greeting(int fd);
uint64_t now_ms(void);
void sleep_ms(unsigned int ms);

#endif /* SELFTEST_MSHV_VM_H */
