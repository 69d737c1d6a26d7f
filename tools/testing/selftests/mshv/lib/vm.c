// SPDX-License-Identifier: GPL-2.0-only
/* A virtual machine: one partition, its memory, its VPs and their threads. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "../guests/layout.h"
#include "exits.h"
#include "guest.h"
#include "regs.h"
#include "vm.h"

#define KICK_SIGNAL SIGUSR1
#define KICK_INTERVAL_MS 20

/** now_ms() - Monotonic time in milliseconds */
uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/** sleep_ms() - Sleep, through signals */
void sleep_ms(unsigned int ms)
{
	struct timespec ts = {
		.tv_sec = ms / 1000,
		.tv_nsec = (long)(ms % 1000) * 1000000,
	};

	while (nanosleep(&ts, &ts) && errno == EINTR)
		;
}

static void on_kick(int sig)
{
	(void)sig;	/* only there to interrupt RUN_VP */
}

static void *map_memory(struct vm *vm, uint64_t gpa, uint64_t size, uint8_t flags)
{
	void *addr = mmap(NULL, size, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (addr == MAP_FAILED)
		fail(EXIT_ERROR, "no memory for the guest: %s", strerror(errno));
	mshv_set_guest_memory(vm->fd, gpa, addr, size, flags);
	return addr;
}

/**
 * vm_create() - Create a partition that is ready to run
 * @vm: filled in
 * @dev: /dev/mshv
 * @number: the name of the machine in messages, counted from 1
 * @guest: what it shall run
 * @nr_vps: at most VM_MAX_VPS
 * @extra_size: bytes of memory at GUEST_EXTRA, may be 0
 *
 * Ends the program on failure.
 */
void vm_create(struct vm *vm, int dev, unsigned int number,
	       const struct guest *guest, unsigned int nr_vps,
	       uint64_t extra_size)
{
	const uint8_t rwx = 1 << MSHV_SET_MEM_BIT_WRITABLE |
			    1 << MSHV_SET_MEM_BIT_EXECUTABLE;
	struct sigaction sa = { .sa_handler = on_kick };
	unsigned int i;

	memset(vm, 0, sizeof(*vm));
	vm->number = number;
	vm->guest = guest;
	vm->nr_vps = nr_vps;
	vm->extra_size = extra_size;
	vm->fd = mshv_create_partition(dev, guest->lapic << MSHV_PT_BIT_LAPIC |
					    guest->x2apic << MSHV_PT_BIT_X2APIC);
	mshv_initialize(vm->fd);
	vm->ram = map_memory(vm, 0, GUEST_RAM_SIZE, rwx);
	vm->rom = map_memory(vm, GUEST_ROM, MSHV_HV_PAGE_SIZE, 0);
	if (extra_size)
		vm->extra = map_memory(vm, GUEST_EXTRA, extra_size, rwx);
	guest_load(vm);
	for (i = 0; i < nr_vps; i++) {
		struct vp *vp = &vm->vps[i];

		vp->vm = vm;
		vp->index = i;
		vp->fd = mshv_create_vp(vm->fd, i);
		guest_setup_vp(vp);
	}
	sigaction(KICK_SIGNAL, &sa, NULL);
}

/**
 * vm_destroy() - Close a machine whose threads have ended
 * @vm: the machine
 */
void vm_destroy(struct vm *vm)
{
	unsigned int i;

	for (i = 0; i < vm->nr_vps; i++)
		close(vm->vps[i].fd);
	close(vm->fd);
	munmap(vm->ram, GUEST_RAM_SIZE);
	munmap(vm->rom, MSHV_HV_PAGE_SIZE);
	if (vm->extra)
		munmap(vm->extra, vm->extra_size);
}

/**
 * vm_memory() - Our view of a range of guest memory
 * @vm: the machine
 * @gpa: guest physical address
 * @size: in bytes
 *
 * Return: where it is, or NULL if it is not wholly in RAM.
 */
void *vm_memory(struct vm *vm, uint64_t gpa, uint64_t size)
{
	if (gpa < GUEST_RAM_SIZE && size <= GUEST_RAM_SIZE - gpa)
		return vm->ram + gpa;
	return NULL;
}

/**
 * vp_run() - Run a VP on the calling thread until it ends
 * @vp: the VP; the end is recorded in it
 */
void vp_run(struct vp *vp)
{
	struct hv_message msg;

	while (vp->end == VP_RUNNING) {
		int ret;

		if (atomic_load(&vp->vm->stop)) {
			vp->end = VP_STOPPED;
			break;
		}
		memset(&msg, 0xa5, sizeof(msg));
		ret = mshv_try_run_vp(vp->fd, &msg);
		if (!ret) {
			exit_handle(vp, &msg);
		} else if (ret == -EINTR) {
			vp->exits[EXIT_SIGNAL]++;
		} else {
			snprintf(vp->why, sizeof(vp->why), "MSHV_RUN_VP failed: %s",
				 mshv_errno_name(ret));
			vp->end = VP_CRASHED;
		}
	}
	exit_flush_line(vp);
}

/**
 * vp_run_greeting() - Let a guest print its first line, to nobody
 * @fd: the VP
 *
 * From there on a guest does what it is there for.
 *
 * Return: 0; what RUN_VP has failed with; -EPROTO if the guest did something else.
 */
int vp_run_greeting(int fd)
{
	struct hv_io_port_message m;
	struct hv_message msg;
	bool read;
	int ret;

	do {
		ret = mshv_try_run_vp(fd, &msg);
		if (ret)
			return ret;
		if (msg.type != HV_MSG_X64_IO_PORT)
			return -EPROTO;
		memcpy(&m, msg.payload, sizeof(m));
		read = m.header.access_type == HV_ACCESS_READ;
		vp_set_regs(fd, (struct hv_reg[]) {
			REG(RIP, m.header.rip + (m.header.length_cr8 & 0xf)),
			REG(RAX, read ? 0xff : m.rax),	/* status: ready */
		}, 2);
	} while (read || (m.rax & 0xff) != '\n');
	return 0;
}

static void *vp_thread(void *arg)
{
	struct vp *vp = arg;

	vp_run(vp);
	atomic_fetch_add(&vp->vm->nr_done, 1);
	return NULL;
}

/**
 * vm_start() - Start a thread for each VP
 * @vm: the machine; vm_join() must follow
 */
void vm_start(struct vm *vm)
{
	unsigned int i;

	for (i = 0; i < vm->nr_vps; i++) {
		int err = pthread_create(&vm->vps[i].thread, NULL, vp_thread,
					 &vm->vps[i]);

		if (err)
			fail(EXIT_ERROR, "cannot create a thread: %s", strerror(err));
	}
}

/** vm_done() - Have all VPs of the machine ended? */
bool vm_done(struct vm *vm)
{
	return atomic_load(&vm->nr_done) == vm->nr_vps;
}

/** vm_join() - Collect the threads of a machine that is done */
void vm_join(struct vm *vm)
{
	unsigned int i;

	for (i = 0; i < vm->nr_vps; i++)
		pthread_join(vm->vps[i].thread, NULL);
}

/**
 * vm_stop() - Make the VPs of several machines end
 * @vms: the machines
 * @nr: how many
 * @timeout_ms: how long to wait
 *
 * A signal that comes between a thread's look at the flag and its RUN_VP does
 * nothing, hence the repetition.
 *
 * Return: true if all have ended.
 */
bool vm_stop(struct vm *const *vms, unsigned int nr, unsigned int timeout_ms)
{
	uint64_t deadline = now_ms() + timeout_ms;
	unsigned int i, k;

	for (i = 0; i < nr; i++)
		atomic_store(&vms[i]->stop, true);
	for (;;) {
		bool all = true;

		for (i = 0; i < nr; i++) {
			if (vm_done(vms[i]))
				continue;
			all = false;
			for (k = 0; k < vms[i]->nr_vps; k++)
				pthread_kill(vms[i]->vps[k].thread, KICK_SIGNAL);
		}
		if (all || now_ms() >= deadline)
			return all;
		sleep_ms(KICK_INTERVAL_MS);
	}
}
