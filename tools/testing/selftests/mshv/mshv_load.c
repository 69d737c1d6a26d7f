// SPDX-License-Identifier: GPL-2.0-only
/*
 * Load a kernel module, in exactly one attempt: busybox's insmod tries again in
 * another way, which spoils the counting of failures.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int fd;

	if (argc != 2 && argc != 3) {
		fputs("usage: mshv_load FILE.ko [PARAMETERS]\n", stderr);
		return 2;
	}
	fd = open(argv[1], O_RDONLY | O_CLOEXEC);
	if (fd < 0 || syscall(SYS_finit_module, fd, argc == 3 ? argv[2] : "", 0)) {
		fprintf(stderr, "mshv_load: %s: %s\n", argv[1], strerrorname_np(errno));
		return 1;
	}
	return 0;
}
