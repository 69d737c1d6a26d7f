/* SPDX-License-Identifier: GPL-2.0-only */
/* A machine whose guest accesses memory at our command. */
#ifndef SELFTEST_MSHV_POKE_H
#define SELFTEST_MSHV_POKE_H

#include "../guests/layout.h"
#include "vm.h"

/* How an access ended */
enum poke_end {
	POKE_DONE,
	POKE_NO_MEMORY,		/* the VMM was told: see struct poke */
};

/**
 * struct poke - The machine
 * @vm: a VM; its extra memory is up to the test
 * @gpa: where the last access went that found no memory
 * @access: what kind of access that was, HV_ACCESS_*
 * @value: what the last access has read
 */
struct poke {
	struct vm vm;
	uint64_t gpa;
	uint8_t access;
	uint32_t value;
};

void *poke_mmap(void *addr, size_t size, int prot, int flags);
uint8_t *poke_memory(size_t size);
void poke_create(struct poke *p, const char *guest, uint64_t extra_size);
void poke_map(struct poke *p, uint64_t gpa, void *addr, uint64_t size,
	      uint8_t flags);
enum poke_end poke(struct poke *p, uint32_t what, uint64_t gpa, uint32_t value);
enum poke_end poke_again(struct poke *p);
uint32_t poke_read(struct poke *p, uint64_t gpa);
void poke_write(struct poke *p, uint64_t gpa, uint32_t value);

#endif /* SELFTEST_MSHV_POKE_H */
