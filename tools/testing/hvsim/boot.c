// SPDX-License-Identifier: GPL-2.0-only
/*
 * Boot protocol: load an ELF kernel and enter it the PVH way
 *
 * PVH: 32-bit protected mode, flat segments, no paging, EBX points to a start_info. The entry
 * point is in an ELF note of the kernel.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "boot.h"

/* Low memory: all of it is the kernel's to reuse once it has read it */
#define START_INFO	0x1000
#define MODULE_LIST	0x1800
#define MEMORY_MAP	0x2000
#define COMMAND_LINE	0x3000
#define COMMAND_LINE_MAX 2048
#define LOW_END		0x9f000	/* conventional memory */
#define HIGH_START	0x100000

#define NOTE_PVH_ENTRY	18
#define PVH_MAGIC	0x336ec578
#define PVH_RAM		1

#define DEFAULT_COMMAND_LINE "console=ttyS0 panic=-1 quiet mitigations=off"

struct pvh_start_info {
	uint32_t magic;
	uint32_t version;
	uint32_t flags;
	uint32_t nr_modules;
	uint64_t modules;
	uint64_t command_line;
	uint64_t rsdp;
	uint64_t memory_map;
	uint32_t memory_map_entries;
	uint32_t reserved;
};

struct pvh_module {
	uint64_t addr;
	uint64_t size;
	uint64_t command_line;
	uint64_t reserved;
};

struct pvh_memory {
	uint64_t addr;
	uint64_t size;
	uint32_t type;
	uint32_t reserved;
};

struct file {
	const uint8_t *data;
	size_t size;
};

static int file_map(const char *path, struct file *file)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	void *data;

	if (fd < 0 || fstat(fd, &st)) {
		hv_log("cannot open %s: %s", path, strerror(errno));
		if (fd >= 0)
			close(fd);
		return -1;
	}
	data = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (data == MAP_FAILED) {
		hv_log("cannot read %s: %s", path, strerror(errno));
		return -1;
	}
	file->data = data;
	file->size = st.st_size;
	return 0;
}

static void file_unmap(struct file *file)
{
	munmap((void *)file->data, file->size);
}

static const void *file_at(const struct file *file, uint64_t off, uint64_t len)
{
	if (off > file->size || len > file->size - off)
		return NULL;
	return file->data + off;
}

/* Looks for the PVH note in one note segment; 0 if it is not there */
static uint32_t find_note(const struct file *file, const Elf64_Phdr *ph)
{
	uint64_t off = ph->p_offset;
	const uint64_t end = ph->p_offset + ph->p_filesz;

	while (off + sizeof(Elf64_Nhdr) <= end) {
		const Elf64_Nhdr *note = file_at(file, off, sizeof(*note));
		uint64_t desc;
		const uint32_t *entry;

		if (!note)
			return 0;
		desc = off + sizeof(*note) + ((note->n_namesz + 3) & ~3u);
		entry = file_at(file, desc, sizeof(*entry));
		if (note->n_type == NOTE_PVH_ENTRY && note->n_namesz == 4 && entry &&
		    !memcmp(note + 1, "Xen", 4))
			return *entry;
		off = desc + ((note->n_descsz + 3) & ~3u);
	}
	return 0;
}

static int load_segment(struct hv *hv, const struct file *file, const Elf64_Phdr *ph)
{
	const void *src = file_at(file, ph->p_offset, ph->p_filesz);
	void *dst = l1_ram(hv, ph->p_paddr, ph->p_memsz);

	if (!src || !dst || ph->p_paddr < HIGH_START)
		return -1;
	memcpy(dst, src, ph->p_filesz);	/* the rest is zero: RAM is fresh */
	return 0;
}

/* Loads the kernel; returns its entry point, 0 on failure. *@end is the first byte behind it. */
static uint32_t load_elf(struct hv *hv, const struct file *file, uint64_t *end)
{
	const Elf64_Ehdr *eh = file_at(file, 0, sizeof(*eh));
	const Elf64_Phdr *ph;
	uint32_t entry = 0;

	if (!eh || memcmp(eh->e_ident, ELFMAG, SELFMAG) || eh->e_ident[EI_CLASS] != ELFCLASS64 ||
	    eh->e_machine != EM_X86_64) {
		hv_log("%s is not an x86-64 ELF file; a bzImage needs extract-vmlinux first",
		       hv->cfg->kernel);
		return 0;
	}
	ph = file_at(file, eh->e_phoff, eh->e_phnum * sizeof(*ph));
	for (unsigned int i = 0; ph && i < eh->e_phnum; i++, ph++) {
		if (ph->p_type == PT_NOTE && !entry)
			entry = find_note(file, ph);
		if (ph->p_type != PT_LOAD)
			continue;
		if (load_segment(hv, file, ph)) {
			hv_log("%s does not fit into %u MiB of memory", hv->cfg->kernel,
			       hv->cfg->memory_mib);
			return 0;
		}
		if (ph->p_paddr + ph->p_memsz > *end)
			*end = ph->p_paddr + ph->p_memsz;
	}
	if (!entry)
		hv_log("%s has no PVH entry point (CONFIG_PVH)", hv->cfg->kernel);
	return entry;
}

static uint32_t load_kernel(struct hv *hv, uint64_t *end)
{
	struct file file;
	uint32_t entry;

	if (file_map(hv->cfg->kernel, &file))
		return 0;
	entry = load_elf(hv, &file, end);
	file_unmap(&file);
	return entry;
}

/* At the top of low memory */
static int load_initrd(struct hv *hv, uint64_t kernel_end, struct pvh_module *mod)
{
	uint64_t top = hv->ram_size < L1_LOW_MAX ? hv->ram_size : L1_LOW_MAX;
	struct file file;

	if (file_map(hv->cfg->initrd, &file))
		return -1;
	mod->size = file.size;
	mod->addr = (top - file.size) & PAGE_MASK;
	if (file.size > top || mod->addr < kernel_end) {
		hv_log("%s does not fit into %u MiB of memory", hv->cfg->initrd,
		       hv->cfg->memory_mib);
		file_unmap(&file);
		return -1;
	}
	memcpy(l1_ram(hv, mod->addr, mod->size), file.data, file.size);
	file_unmap(&file);
	return 0;
}

static unsigned int build_memory_map(struct hv *hv, struct pvh_memory *map)
{
	uint64_t low = hv->ram_size < L1_LOW_MAX ? hv->ram_size : L1_LOW_MAX;
	unsigned int nr = 0;

	map[nr++] = (struct pvh_memory){ 0, LOW_END, PVH_RAM, 0 };
	map[nr++] = (struct pvh_memory){ HIGH_START, low - HIGH_START, PVH_RAM, 0 };
	if (hv->ram_size > low)
		map[nr++] = (struct pvh_memory){ L1_HIGH_BASE, hv->ram_size - low, PVH_RAM, 0 };
	return nr;
}

/**
 * boot_load - Put kernel, initramfs and ACPI tables into RAM, set VP 0's registers
 * @hv: the machine; RAM and VPs exist
 *
 * Return: 0, or -1 and a message on stderr
 */
int boot_load(struct hv *hv)
{
	struct pvh_start_info *info = l1_ram(hv, START_INFO, sizeof(*info));
	struct pvh_module *mod = l1_ram(hv, MODULE_LIST, sizeof(*mod));
	struct pvh_memory *map = l1_ram(hv, MEMORY_MAP, PAGE_SIZE);
	char *cmdline = l1_ram(hv, COMMAND_LINE, COMMAND_LINE_MAX);
	uint64_t kernel_end = 0;
	uint32_t entry;
	int len;

	entry = load_kernel(hv, &kernel_end);
	if (!entry)
		return -1;
	*info = (struct pvh_start_info){
		.magic = PVH_MAGIC,
		.version = 1,
		.command_line = COMMAND_LINE,
		.memory_map = MEMORY_MAP,
		.memory_map_entries = build_memory_map(hv, map),
	};
	if (hv->cfg->initrd) {
		if (load_initrd(hv, kernel_end, mod))
			return -1;
		info->nr_modules = 1;
		info->modules = MODULE_LIST;
	}
	len = snprintf(cmdline, COMMAND_LINE_MAX, "%s %s", DEFAULT_COMMAND_LINE, hv->cfg->append);
	if (len >= COMMAND_LINE_MAX) {
		hv_log("--append is too long: the kernel takes %d bytes", COMMAND_LINE_MAX);
		return -1;
	}
	if (acpi_build(hv, &info->rsdp))
		return -1;
	return boot_set_registers(hv, entry, START_INFO);
}

/**
 * boot_set_registers - Bring VP 0 to the PVH entry point
 * @hv: the machine
 * @entry: physical address of the entry point
 * @start_info: physical address of the start_info
 *
 * Return: 0, or -1 and a message on stderr
 */
int boot_set_registers(struct hv *hv, uint32_t entry, uint32_t start_info)
{
	const struct kvm_segment code = {
		.limit = 0xffffffff, .selector = 0x08, .type = 0xb, .present = 1, .db = 1,
		.s = 1, .g = 1,
	};
	struct kvm_regs regs = { .rip = entry, .rbx = start_info, .rflags = 2 };
	int fd = hv->vps[0].fd;
	struct kvm_segment data = code;
	struct kvm_sregs sregs;

	data.selector = 0x10;
	data.type = 0x3;
	if (ioctl(fd, KVM_GET_SREGS, &sregs) < 0)
		goto fail;
	sregs.cs = code;
	sregs.ds = data;
	sregs.es = data;
	sregs.fs = data;
	sregs.gs = data;
	sregs.ss = data;
	sregs.tr.limit = 0x67;
	sregs.tr.base = 0;
	sregs.tr.type = 0xb;
	sregs.cr0 = 0x11;	/* PE, ET */
	sregs.cr4 = 0;
	if (ioctl(fd, KVM_SET_SREGS, &sregs) < 0 || ioctl(fd, KVM_SET_REGS, &regs) < 0)
		goto fail;
	return 0;
fail:
	hv_log("cannot set the boot registers: %s", strerror(errno));
	return -1;
}
