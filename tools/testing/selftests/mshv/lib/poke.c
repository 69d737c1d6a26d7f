// SPDX-License-Identifier: GPL-2.0-only
/* A machine whose guest accesses memory at our command. */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "guest.h"
#include "poke.h"
#include "regs.h"

#define LARGE (2ul << 20)
#define RWX (1 << MSHV_SET_MEM_BIT_WRITABLE | 1 << MSHV_SET_MEM_BIT_EXECUTABLE)

/** poke_mmap() - Map anonymous memory, or end the program */
void *poke_mmap(void *addr, size_t size, int prot, int flags)
{
	void *p = mmap(addr, size, prot, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);

	if (p == MAP_FAILED)
		fail(EXIT_ERROR, "mmap: %s", strerror(errno));
	return p;
}

/**
 * poke_memory() - Get memory for the guest, or end the program
 * @size: in bytes
 *
 * Return: memory aligned for huge pages, which are off until a test wants them.
 */
uint8_t *poke_memory(size_t size)
{
	uint8_t *p = poke_mmap(NULL, size + LARGE, PROT_READ | PROT_WRITE,
			       MAP_NORESERVE);

	p += -(uintptr_t)p & (LARGE - 1);
	madvise(p, size, MADV_NOHUGEPAGE);
	return p;
}

/**
 * poke_create() - Create a machine, or end the program
 * @p: filled in
 * @guest: its name
 * @extra_size: what the guest is told of the extra memory; nothing is mapped
 *
 * Unlike vm_create() this allows 2M mappings.
 */
void poke_create(struct poke *p, const char *guest, uint64_t extra_size)
{
	struct vm *vm = &p->vm;

	memset(p, 0, sizeof(*p));
	vm->number = 1;
	vm->guest = guest_find(guest, strlen(guest));
	vm->nr_vps = 1;
	vm->extra_size = extra_size;
	vm->fd = mshv_create_partition(mshv_open(), 1 << MSHV_PT_BIT_GPA_SUPER_PAGES);
	mshv_initialize(vm->fd);
	vm->ram = poke_mmap(NULL, GUEST_RAM_SIZE, PROT_READ | PROT_WRITE, 0);
	poke_map(p, 0, vm->ram, GUEST_RAM_SIZE, RWX);
	guest_load(vm);
	vm->vps[0].vm = vm;
	vm->vps[0].fd = mshv_create_vp(vm->fd, 0);
	guest_setup_vp(&vm->vps[0]);
}

/**
 * poke_map() - Give the guest memory, or end the program
 * @p: the machine
 * @gpa: where the guest is to find it
 * @addr: where it is
 * @size: in bytes
 * @flags: 1 << MSHV_SET_MEM_BIT_*
 */
void poke_map(struct poke *p, uint64_t gpa, void *addr, uint64_t size,
	      uint8_t flags)
{
	mshv_set_guest_memory(p->vm.fd, gpa, addr, size, flags);
}

static void run(struct poke *p, struct hv_message *msg)
{
	int ret;

	do {
		ret = mshv_try_run_vp(p->vm.vps[0].fd, msg);
	} while (ret == -EINTR);
	if (ret)
		fail(EXIT_GUEST, "RUN_VP: %s", mshv_errno_name(ret));
}

/* The guest asks: answer with a value. */
static void answer(struct poke *p, uint32_t value)
{
	struct hv_io_port_message m;
	struct hv_message msg;

	run(p, &msg);
	memcpy(&m, msg.payload, sizeof(m));
	if (msg.type != HV_MSG_X64_IO_PORT || m.header.access_type != HV_ACCESS_READ)
		fail(EXIT_GUEST, "the guest does not ask, message 0x%08x", msg.type);
	vp_set_regs(p->vm.vps[0].fd, (struct hv_reg[]) {
		REG(RIP, m.header.rip + (m.header.length_cr8 & 0xf)),
		REG(RAX, value),
	}, 2);
}

/**
 * poke_again() - Let the guest try its last access again
 * @p: the machine
 *
 * Return: how it ended.
 */
enum poke_end poke_again(struct poke *p)
{
	struct hv_memory_message mem;
	struct hv_io_port_message m;
	struct hv_message msg;

	run(p, &msg);
	if (msg.type == HV_MSG_UNMAPPED_GPA || msg.type == HV_MSG_GPA_INTERCEPT) {
		memcpy(&mem, msg.payload, sizeof(mem));
		p->gpa = mem.gpa;
		p->access = mem.header.access_type;
		return POKE_NO_MEMORY;
	}
	memcpy(&m, msg.payload, sizeof(m));
	if (msg.type != HV_MSG_X64_IO_PORT || m.header.access_type != HV_ACCESS_WRITE)
		fail(EXIT_GUEST, "the guest does not answer, message 0x%08x", msg.type);
	p->value = m.rax;
	vp_set_regs(p->vm.vps[0].fd, (struct hv_reg[]) {
		REG(RIP, m.header.rip + (m.header.length_cr8 & 0xf)),
	}, 1);
	return POKE_DONE;
}

/**
 * poke() - Make the guest access memory
 * @p: a machine that runs "poke"; its last access is done
 * @what: POKE_*
 * @gpa: where
 * @value: what to write
 *
 * Return: how it ended.
 */
enum poke_end poke(struct poke *p, uint32_t what, uint64_t gpa, uint32_t value)
{
	answer(p, what);
	answer(p, gpa);
	answer(p, value);
	return poke_again(p);
}

/** poke_read() - Make the guest read memory that has to be there */
uint32_t poke_read(struct poke *p, uint64_t gpa)
{
	if (poke(p, POKE_READ, gpa, 0) != POKE_DONE)
		fail(EXIT_GUEST, "the guest can't read 0x%llx", (unsigned long long)gpa);
	return p->value;
}

/** poke_write() - Make the guest write memory that has to be there */
void poke_write(struct poke *p, uint64_t gpa, uint32_t value)
{
	if (poke(p, POKE_WRITE, gpa, value) != POKE_DONE)
		fail(EXIT_GUEST, "the guest can't write 0x%llx", (unsigned long long)gpa);
}
