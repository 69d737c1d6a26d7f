// SPDX-License-Identifier: GPL-2.0-only
/*
 * A VP that could not be created can be created later. The first MAP_VP_STATE_PAGE of
 * the hypervisor has to fail; exit status 0 is good.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "lib/guest.h"
#include "lib/poke.h"

#define EXIT_CODE 7	/* of the guest */
#define RWX (1 << MSHV_SET_MEM_BIT_WRITABLE | 1 << MSHV_SET_MEM_BIT_EXECUTABLE)

int main(void)
{
	struct vm vm = { .number = 1, .guest = guest_find("exit", 4), .nr_vps = 1 };
	struct vp *vp = &vm.vps[0];
	int ret;

	vm.fd = mshv_create_partition(mshv_open(), 0);
	mshv_initialize(vm.fd);
	vm.ram = poke_mmap(NULL, GUEST_RAM_SIZE, PROT_READ | PROT_WRITE, 0);
	mshv_set_guest_memory(vm.fd, 0, vm.ram, GUEST_RAM_SIZE, RWX);
	guest_load(&vm);

	ret = mshv_try_create_vp(vm.fd, 0);
	if (ret != -EIO)
		fail(EXIT_GUEST, "the first VP: %s instead of EIO",
		     ret < 0 ? mshv_errno_name(ret) : "success");
	vp->vm = &vm;
	vp->fd = mshv_create_vp(vm.fd, 0);
	guest_setup_vp(vp);
	vp_run(vp);
	if (vp->end != VP_EXITED || vp->exit_code != EXIT_CODE)
		fail(EXIT_GUEST, "the guest did not come to its end: %s", vp->why);
	return EXIT_OK;
}
