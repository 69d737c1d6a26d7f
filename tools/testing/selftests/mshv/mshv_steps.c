// SPDX-License-Identifier: GPL-2.0-only
/*
 * The life of a partition as a chain of steps, which a test lets fail at one
 * place after the other. Says which step failed with which error and exits
 * with 1; whatever exists by then is left to the end of the process.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "guests/layout.h"
#include "lib/guest.h"
#include "lib/regs.h"
#include "lib/vm.h"

#define NR_VPS 2
#define EXTRA_SIZE (4u << 20)	/* more pages than one hypercall maps */
#define GUEST_EXIT_CODE 7	/* of the guest "exit" */

struct chain {
	int dev;
	struct vm vm;
	bool pt_first;		/* close the partition before its VPs */
};

static int do_open(struct chain *c)
{
	c->dev = mshv_try_open();
	return c->dev < 0 ? c->dev : 0;
}

static int do_features(struct chain *c)
{
	uint64_t value;

	return mshv_try_get_property(c->dev, HV_PROPERTY_PROC_FEATURES0, &value);
}

static int do_create(struct chain *c)
{
	c->vm.fd = mshv_try_create_partition(c->dev, 0);
	return c->vm.fd < 0 ? c->vm.fd : 0;
}

static int do_early_property(struct chain *c)
{
	const uint64_t features = 0x06400ffb;

	return mshv_try_set_property(c->vm.fd, HV_PROPERTY_SYNTHETIC_FEATURES,
				     features);
}

static int do_initialize(struct chain *c)
{
	return mshv_try_initialize(c->vm.fd);
}

static int map(struct vm *vm, uint8_t **addr, uint64_t gpa, uint64_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return -errno;
	*addr = p;
	return mshv_try_set_guest_memory(vm->fd, gpa, p, size,
					 1 << MSHV_SET_MEM_BIT_WRITABLE |
					 1 << MSHV_SET_MEM_BIT_EXECUTABLE);
}

static int do_memory(struct chain *c)
{
	int ret = map(&c->vm, &c->vm.ram, 0, GUEST_RAM_SIZE);

	if (!ret)
		guest_load(&c->vm);
	return ret;
}

static int do_more_memory(struct chain *c)
{
	return map(&c->vm, &c->vm.extra, GUEST_EXTRA, EXTRA_SIZE);
}

static int do_intercept(struct chain *c)
{
	return mshv_try_install_intercept(c->vm.fd, HV_INTERCEPT_X64_CPUID,
					  HV_ACCESS_MASK_EXECUTE, CPUID_VENDOR_LEAF);
}

static int do_create_vps(struct chain *c)
{
	for (c->vm.nr_vps = 0; c->vm.nr_vps < NR_VPS; c->vm.nr_vps++) {
		struct vp *vp = &c->vm.vps[c->vm.nr_vps];

		vp->vm = &c->vm;
		vp->index = c->vm.nr_vps;
		vp->fd = mshv_try_create_vp(c->vm.fd, vp->index);
		if (vp->fd < 0)
			return vp->fd;
	}
	return 0;
}

static int do_set_regs(struct chain *c)
{
	unsigned int i;

	for (i = 0; i < NR_VPS; i++) {
		struct hv_reg regs[GUEST_REGS_MAX];
		unsigned int nr = guest_initial_regs(&c->vm.vps[i], regs);
		int ret = vp_try_set_regs(c->vm.vps[i].fd, regs, nr);

		if (ret)
			return ret;
	}
	return 0;
}

static int do_get_regs(struct chain *c)
{
	static const uint32_t names[] = { HV_REG_RIP, HV_REG_RDI };
	union hv_value values[2];
	int ret = vp_try_get_regs(c->vm.vps[1].fd, names, values, 2);

	if (!ret && values[1].u64 != 1)
		return -EILSEQ;
	return ret;
}

static int do_run(struct chain *c)
{
	unsigned int i;

	for (i = 0; i < NR_VPS; i++) {
		struct vp *vp = &c->vm.vps[i];
		struct hv_message msg;
		int ret = mshv_try_run_vp(vp->fd, &msg);

		if (ret)
			return ret;
		if (msg.type != HV_MSG_X64_IO_PORT)
			return -EBADMSG;
	}
	return 0;
}

static int do_run_to_end(struct chain *c)
{
	unsigned int i;

	for (i = 0; i < NR_VPS; i++) {
		struct vp *vp = &c->vm.vps[i];

		vp_run(vp);
		if (vp->end == VP_EXITED && vp->exit_code == GUEST_EXIT_CODE)
			continue;
		printf("# VP %u: %s\n", i, vp->why);
		return -EPROTO;
	}
	return 0;
}

static int do_unmap(struct chain *c)
{
	return mshv_try_set_guest_memory(c->vm.fd, GUEST_EXTRA, c->vm.extra,
					 EXTRA_SIZE, 1 << MSHV_SET_MEM_BIT_UNMAP);
}

static int do_close(struct chain *c)
{
	unsigned int i;

	if (c->pt_first)
		close(c->vm.fd);
	for (i = 0; i < NR_VPS; i++)
		close(c->vm.vps[i].fd);
	if (!c->pt_first)
		close(c->vm.fd);
	return 0;
}

static const struct {
	const char *name;
	int (*fn)(struct chain *c);
} steps[] = {
	{ "open", do_open },
	{ "features", do_features },
	{ "create", do_create },
	{ "early-property", do_early_property },
	{ "initialize", do_initialize },
	{ "memory", do_memory },
	{ "more-memory", do_more_memory },
	{ "intercept", do_intercept },
	{ "create-vps", do_create_vps },
	{ "set-regs", do_set_regs },
	{ "get-regs", do_get_regs },
	{ "run", do_run },
	{ "run-to-end", do_run_to_end },
	{ "unmap", do_unmap },
	{ "close", do_close },
};

int main(int argc, char **argv)
{
	struct chain c = { .vm.number = 1, .vm.guest = guest_find("exit", 4) };
	unsigned int i;

	if (argc > 1 && !strcmp(argv[1], "--pt-first")) {
		c.pt_first = true;
	} else if (argc > 1) {
		puts("usage: mshv_steps [--pt-first]\n"
		     "Walk through a partition's life; --pt-first closes it before its VPs.");
		return strcmp(argv[1], "--help") ? EXIT_USAGE : EXIT_OK;
	}
	alarm(60);	/* a step that hangs ends the process */
	for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		int ret = steps[i].fn(&c);

		if (ret) {
			printf("step %s: %s\n", steps[i].name, mshv_errno_name(ret));
			fflush(stdout);
			return EXIT_ERROR;
		}
	}
	puts("all steps done");
	return EXIT_OK;
}
