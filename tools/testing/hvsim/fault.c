// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where a child faulted
 *
 * When a child touches a page that is not mapped, KVM_RUN fails with EFAULT and
 * tells no more. The kernel's tracepoint kvm:kvm_page_fault does: each thread that
 * runs children has a perf event on it. The ring overwrites its oldest records
 * (write_backward, read-only mapping): only the newest one matters.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "objects.h"

#define TRACEPOINT_ID	"events/kvm/kvm_page_fault/id"
/* The record's error code: the page fault's on AMD, the exit qualification on Intel */
#define FAULT_WRITE		(1UL << 1)
#define FAULT_FETCH_AMD		(1UL << 4)
#define FAULT_FETCH_INTEL	(1UL << 2)

#define RING_PAGES	1
#define RING_SIZE	(RING_PAGES * PAGE_SIZE)

struct fault_tap {
	int fd;
	uint64_t fetch;				/* error code bit of an instruction fetch */
	struct perf_event_mmap_page *meta;	/* the ring follows */
};

/* The record as the kernel writes it, PERF_SAMPLE_RAW */
struct fault_record {
	struct perf_event_header header;
	uint32_t raw_size;
	uint8_t common[8];
	uint32_t vcpu;
	uint32_t pad;
	uint64_t rip;
	uint64_t gpa;
	uint64_t error_code;
} __attribute__((packed));

static long tracepoint_id(void)
{
	static const char *const roots[] = { "/sys/kernel/tracing", "/sys/kernel/debug/tracing" };
	char path[128];
	long id = -1;

	for (unsigned int i = 0; id < 0 && i < ARRAY_SIZE(roots); i++) {
		FILE *f;

		snprintf(path, sizeof(path), "%s/%s", roots[i], TRACEPOINT_ID);
		f = fopen(path, "re");
		if (!f)
			continue;
		if (fscanf(f, "%ld", &id) != 1)
			id = -1;
		fclose(f);
	}
	return id;
}

static uint64_t fetch_bit(void)
{
	return __builtin_cpu_is("intel") ? FAULT_FETCH_INTEL : FAULT_FETCH_AMD;
}

static int open_event(void)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_TRACEPOINT,
		.size = sizeof(attr),
		.sample_type = PERF_SAMPLE_RAW,
		.sample_period = 1,
		.write_backward = 1,
		.watermark = 1,
		.wakeup_watermark = UINT32_MAX,
	};
	long id = tracepoint_id();

	if (id < 0)
		return -1;
	attr.config = id;
	return syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
}

/**
 * fault_tap_open - watch the calling thread's children for faults
 *
 * Return: the tap, or NULL: no tracefs, or not allowed
 */
struct fault_tap *fault_tap_open(void)
{
	struct fault_tap *tap = calloc(1, sizeof(*tap));

	if (!tap)
		return NULL;
	tap->fetch = fetch_bit();
	tap->fd = open_event();
	if (tap->fd >= 0) {
		tap->meta = mmap(NULL, PAGE_SIZE + RING_SIZE, PROT_READ, MAP_SHARED, tap->fd, 0);
		if (tap->meta != MAP_FAILED)
			return tap;
		close(tap->fd);
	}
	hv_log("no perf event on kvm:kvm_page_fault (%s): memory intercepts will fail",
	       strerror(errno));
	free(tap);
	return NULL;
}

/**
 * fault_tap_close - undo fault_tap_open()
 * @tap: the tap, may be NULL
 */
void fault_tap_close(struct fault_tap *tap)
{
	if (!tap)
		return;
	munmap(tap->meta, PAGE_SIZE + RING_SIZE);
	close(tap->fd);
	free(tap);
}

/* Records may wrap around the end of the ring. */
static void ring_copy(const struct fault_tap *tap, uint64_t pos, void *to, size_t len)
{
	const uint8_t *ring = (const uint8_t *)tap->meta + PAGE_SIZE;
	size_t at = pos % RING_SIZE;
	size_t first = len < RING_SIZE - at ? len : RING_SIZE - at;

	memcpy(to, ring + at, first);
	memcpy((uint8_t *)to + first, ring, len - first);
}

/**
 * fault_tap_last - the newest fault
 * @tap: tap of the calling thread, may be NULL
 * @info: filled in
 *
 * Return: false if there is none
 */
bool fault_tap_last(struct fault_tap *tap, struct fault_info *info)
{
	struct fault_record rec;
	uint64_t head;

	if (!tap)
		return false;
	head = __atomic_load_n(&tap->meta->data_head, __ATOMIC_ACQUIRE);
	if (!head)
		return false;
	ring_copy(tap, head, &rec, sizeof(rec));
	if (rec.header.type != PERF_RECORD_SAMPLE || rec.header.size < sizeof(rec))
		return false;
	*info = (struct fault_info){ .rip = rec.rip, .gpa = rec.gpa, .access = HV_ACCESS_READ };
	if (rec.error_code & tap->fetch)
		info->access = HV_ACCESS_EXECUTE;
	else if (rec.error_code & FAULT_WRITE)
		info->access = HV_ACCESS_WRITE;
	return true;
}
