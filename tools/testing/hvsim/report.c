// SPDX-License-Identifier: GPL-2.0-only
/*
 * The machine does not come to its end: say what its threads and the L1's VPs are doing
 */
#include <dirent.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "l1.h"

#define LINE_MAX_LEN	120

/* One line of a file of /proc; an empty one if it can't be read */
static void read_line(const char *tid, const char *name, char *line)
{
	char path[80];
	FILE *f;

	line[0] = '\0';
	snprintf(path, sizeof(path), "/proc/self/task/%s/%s", tid, name);
	f = fopen(path, "re");
	if (!f)
		return;
	if (!fgets(line, LINE_MAX_LEN, f))
		line[0] = '\0';
	line[strcspn(line, "\n")] = '\0';
	fclose(f);
}

/**
 * report_threads - Say where each thread of the process is
 */
void report_threads(void)
{
	char name[LINE_MAX_LEN], wchan[LINE_MAX_LEN], call[LINE_MAX_LEN];
	DIR *dir = opendir("/proc/self/task");
	const struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		read_line(entry->d_name, "comm", name);
		read_line(entry->d_name, "wchan", wchan);
		read_line(entry->d_name, "syscall", call);
		hv_log("thread %s (%s): in %s, system call %.40s", entry->d_name, name, wchan,
		       call);
	}
	if (dir)
		closedir(dir);
}

static uint32_t lapic_word(const struct kvm_lapic_state *lapic, unsigned int reg)
{
	uint32_t word;

	memcpy(&word, lapic->regs + reg, sizeof(word));
	return word;
}

static void report_lapic(const struct l1_vp *vp)
{
	struct kvm_lapic_state lapic;
	char text[200] = "";
	size_t len = 0;

	if (ioctl(vp->fd, KVM_GET_LAPIC, &lapic) < 0)
		return;
	for (unsigned int v = 0; v < 256 && len < sizeof(text) - 16; v++) {
		unsigned int at = v / 32 * 16, bit = 1U << v % 32;

		if (lapic_word(&lapic, 0x200 + at) & bit)
			len += snprintf(text + len, sizeof(text) - len, " %#x", v);
		if (lapic_word(&lapic, 0x100 + at) & bit)
			len += snprintf(text + len, sizeof(text) - len, " (%#x)", v);
	}
	hv_log("VP %u: TPR %#x, SPIV %#x, timer LVT %#x; vectors requested or (in service):%s",
	       vp->index, lapic_word(&lapic, 0x80), lapic_word(&lapic, 0xf0),
	       lapic_word(&lapic, 0x320), len ? text : " none");
}

/**
 * report_vp - Say in what state a VP of the L1 is
 * @vp: the VP; no thread runs it
 */
void report_vp(struct l1_vp *vp)
{
	struct kvm_mp_state mp = { .mp_state = -1 };
	struct kvm_vcpu_events ev = {};
	struct kvm_sregs sregs = {};
	struct kvm_regs regs = {};
	uint64_t timer = l1_timer_deadline_ns(vp);

	ioctl(vp->fd, KVM_GET_REGS, &regs);
	ioctl(vp->fd, KVM_GET_SREGS, &sregs);
	ioctl(vp->fd, KVM_GET_MP_STATE, &mp);
	ioctl(vp->fd, KVM_GET_VCPU_EVENTS, &ev);
	hv_log("VP %u: rip %#llx rsp %#llx rflags %#llx cr3 %#llx, MP state %u, %lu exits",
	       vp->index, regs.rip, regs.rsp, regs.rflags, sregs.cr3, mp.mp_state, vp->nr_exits);
	hv_log("VP %u: rax %#llx rcx %#llx rdx %#llx, interrupt shadow %u, injected %u/%#x, exception %u/%u",
	       vp->index, regs.rax, regs.rcx, regs.rdx, ev.interrupt.shadow,
	       ev.interrupt.injected, ev.interrupt.nr, ev.exception.injected, ev.exception.nr);
	if (timer == UINT64_MAX)
		hv_log("VP %u: its timer is not armed", vp->index);
	else
		hv_log("VP %u: its timer fires in %lu ns", vp->index, timer);
	report_lapic(vp);
}
