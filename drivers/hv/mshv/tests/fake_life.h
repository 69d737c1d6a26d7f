/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The whole life of a VM, with each ioctl that a VMM makes, for sweeps over
 * all that can fail in it.
 */
#ifndef _MSHV_TESTS_FAKE_LIFE_H
#define _MSHV_TESTS_FAKE_LIFE_H

#include "fake_vmm.h"

/**
 * struct fake_life - the life of a VM
 * @vmm: its VMM
 * @once: the first step that fails is the last one
 * @line: eventfd of an interrupt line
 * @resample: eventfd of the end of its interrupts
 * @bell: eventfd of a doorbell
 * @errors: what steps failed with, before they were repeated
 * @nr_errors: how many did
 */
struct fake_life {
	struct fake_vmm *vmm;
	bool once;
	int line;
	int resample;
	int bell;
	int errors[4];
	unsigned int nr_errors;
};

struct fake_life *fake_life_start(struct kunit *test, bool root_logic,
				  bool pinned);
void fake_life_live(struct fake_life *life);
void fake_life_end(struct fake_life *life);
void fake_life_check_balance(struct fake_life *life);

#endif /* _MSHV_TESTS_FAKE_LIFE_H */
