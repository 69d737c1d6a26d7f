// SPDX-License-Identifier: GPL-2.0-only
/*
 * --probe: can this /dev/kvm run a kernel?
 *
 * That the device exists says little: some have no hardware support behind them and interpret
 * instructions, slowly and not all of them. So a small guest is run on the same machine that
 * an L1 gets. It turns on paging and 64-bit mode, looks for the hypervisor's CPUID and MSRs,
 * calculates, touches memory and ends by port I/O.
 */
#include <linux/kvm.h>
#include <string.h>
#include <time.h>

#include "boot.h"
#include "l1.h"
#include "probe.h"

#define CODE		0x10000	/* also in the guest's code below */
#define PAGE_TABLES	0x11000	/* PML4, PDPT, PD */
#define LARGE_PAGE	0x200000UL
#define PTE_TABLE	0x03	/* present, writable */
#define PTE_LARGE	0x83
#define TIMEOUT		10	/* seconds */
#define SLOW_MS		500
#define STATUS_GOOD	42

extern const uint8_t probe_code[], probe_code_end[];

asm(".pushsection .rodata\n"
	".set base, 0x10000\n"
"probe_code:\n"
	".code32\n"
	"mov $0x11000, %eax\n"
	"mov %eax, %cr3\n"
	"mov %cr4, %eax\n"
	"or $0x620, %eax\n"		/* PAE, SSE */
	"mov %eax, %cr4\n"
	"mov $0xc0000080, %ecx\n"	/* EFER.LME */
	"rdmsr\n"
	"or $0x100, %eax\n"
	"wrmsr\n"
	"mov %cr0, %eax\n"
	"or $0x80000000, %eax\n"	/* paging */
	"mov %eax, %cr0\n"
	"lgdt base + gdt_pointer - probe_code\n"
	"ljmp $8, $(base + long_mode - probe_code)\n"
	".code64\n"
"long_mode:\n"
	"mov $0x40000001, %eax\n"	/* interface */
	"cpuid\n"
	"cmp $0x31237648, %eax\n"	/* Hv#1 */
	"jne bad\n"
	"mov $0x40000002, %ecx\n"	/* VP index */
	"rdmsr\n"
	"test %eax, %eax\n"
	"jne bad\n"
	"mov $0x400000, %rdi\n"
	"mov %rdi, (%rdi)\n"
	"cmp %rdi, (%rdi)\n"
	"jne bad\n"
	"movsd %xmm0, (%rdi)\n"
	"sqrtsd (%rdi), %xmm0\n"	/* what KVM's instruction emulator lacks */
	"mov $0x200000, %ecx\n"	/* a moment for a CPU, long for an interpreter */
"1:	dec %ecx\n"
	"jnz 1b\n"
	"mov $42, %al\n"
	"out %al, $0xf4\n"
"bad:\n"
	"mov $1, %al\n"
	"out %al, $0xf4\n"
	"hlt\n"
	"jmp bad\n"
	".balign 8\n"
"gdt:\n"
	".quad 0, 0x00209a0000000000\n"	/* 64-bit code */
"gdt_pointer:\n"
	".word 15\n"
	".long base + gdt - probe_code\n"
"probe_code_end:\n"
	".popsection\n");

/* Maps the first GiB to itself */
static void build_page_tables(struct hv *hv)
{
	uint64_t *table = l1_ram(hv, PAGE_TABLES, 3 * PAGE_SIZE);

	table[0] = (PAGE_TABLES + PAGE_SIZE) | PTE_TABLE;
	table[512] = (PAGE_TABLES + 2 * PAGE_SIZE) | PTE_TABLE;
	for (unsigned int i = 0; i < 512; i++)
		table[1024 + i] = i * LARGE_PAGE | PTE_LARGE;
}

static uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000ULL + ts.tv_nsec / 1000000;
}

static int verdict(const struct hv *hv, uint64_t ms)
{
	if (hv->exit_status != STATUS_GOOD)
		hv_log("/dev/kvm does not run a small guest correctly");
	else if (ms > SLOW_MS)
		hv_log("/dev/kvm is too slow: %llu ms for a small guest",
		       (unsigned long long)ms);
	else
		return 0;
	return -1;
}

static int run_guest(struct hv *hv)
{
	struct objects_summary sum;
	size_t len = probe_code_end - probe_code;
	uint64_t start;

	memcpy(l1_ram(hv, CODE, len), probe_code, len);
	build_page_tables(hv);
	if (boot_set_registers(hv, CODE, 0) || objects_init(hv))
		return -1;
	start = now_ms();
	l1_start(hv);
	l1_wait(hv);
	objects_fini(hv, &sum);
	return verdict(hv, now_ms() - start);
}

/**
 * probe - Find out whether /dev/kvm can run an L1
 *
 * Return: exit status: 0, or 1 and the reason on stderr
 */
int probe(void)
{
	const struct config cfg = {
		.cpus = 1, .memory_mib = 16, .append = "", .timeout = TIMEOUT,
	};
	struct hv hv;
	int ret;

	ret = machine_init(&hv, &cfg) || run_guest(&hv);
	machine_fini(&hv);
	return ret;
}
