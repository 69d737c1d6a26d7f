// SPDX-License-Identifier: GPL-2.0-only
/*
 * The L1 has crashed: say why
 */
#include <inttypes.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "devices.h"

#define MESSAGE_MAX	PAGE_SIZE
#define PANIC_TEXT	"Kernel panic"

/* Copies the line of @text that holds @what, or else its last line */
static void pick_line(const char *text, const char *what, char *line, size_t len)
{
	const char *at = strstr(text, what);
	size_t n;

	if (!at) {
		for (at = text; strchr(at, '\n') && strchr(at, '\n')[1];)
			at = strchr(at, '\n') + 1;
	}
	n = strcspn(at, "\n");
	if (n >= len)
		n = len - 1;
	memcpy(line, at, n);
	line[n] = '\0';
}

static void log_lines(char *text)
{
	char *save, *line;

	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		hv_log("L1's log: %s", line);
}

/**
 * crash_report - The L1 reports a panic through the crash MSRs: stop
 * @vp: the VP that reports
 * @message: parameters 3 and 4 are address and length of the end of the kernel's log,
 *           which is printed
 */
void crash_report(struct l1_vp *vp, bool message)
{
	const uint64_t *p = vp->crash_param;
	const char *text = NULL;
	char copy[MESSAGE_MAX + 1];
	char line[160];

	if (message && p[4] && p[4] <= MESSAGE_MAX)
		text = l1_ram(vp->hv, p[3], p[4]);
	if (!text) {
		hv_stop(vp->hv, EXIT_L1_CRASH, "panic",
			"L1 panicked on VP %u: %#" PRIx64 " %#" PRIx64 " %#" PRIx64 " %#" PRIx64,
			vp->index, p[0], p[1], p[2], p[3]);
		return;
	}
	memcpy(copy, text, p[4]);
	copy[p[4]] = '\0';
	pick_line(copy, PANIC_TEXT, line, sizeof(line));
	log_lines(copy);
	hv_stop(vp->hv, EXIT_L1_CRASH, "panic", "L1 panicked on VP %u: %s", vp->index, line);
}

/**
 * crash_triple_fault - A VP of the L1 has shut down: stop
 * @vp: the VP
 */
void crash_triple_fault(struct l1_vp *vp)
{
	struct kvm_regs regs = {};
	struct kvm_sregs sregs = {};

	ioctl(vp->fd, KVM_GET_REGS, &regs);
	ioctl(vp->fd, KVM_GET_SREGS, &sregs);
	hv_stop(vp->hv, EXIT_L1_CRASH, "triple-fault",
		"L1 had a triple fault on VP %u (rip %#llx, cr2 %#llx; the CPU may have reset them)",
		vp->index, regs.rip, sregs.cr2);
}
