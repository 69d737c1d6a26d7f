// SPDX-License-Identifier: GPL-2.0-only
/*
 * The few ACPI tables that a kernel needs: processors, IOAPIC, power off, VMBus device
 */
#include <stddef.h>
#include <string.h>

#include "boot.h"
#include "devices.h"

#define ACPI_BASE	0xe0000
#define ACPI_END	0x100000
#define IOAPIC_BASE	0xfec00000
#define LAPIC_BASE	0xfee00000

#define FADT_WBINVD	(1 << 0)
#define FADT_NO_POWER_BUTTON (1 << 4)	/* it would be a device in the DSDT */
#define FADT_NO_SLEEP_BUTTON (1 << 5)
#define FADT_RESET	(1 << 10)
#define BOOT_NO_VGA	(1 << 2)
#define BOOT_NO_RTC	(1 << 5)
#define MADT_PCAT	1

#define PACKED __attribute__((packed))

struct table_header {
	char signature[4];
	uint32_t length;
	uint8_t revision;
	uint8_t checksum;
	char oem_id[6];
	char oem_table_id[8];
	uint32_t oem_revision;
	char creator[4];
	uint32_t creator_revision;
} PACKED;

struct rsdp {
	char signature[8];
	uint8_t checksum;
	char oem_id[6];
	uint8_t revision;
	uint32_t rsdt;
	uint32_t length;
	uint64_t xsdt;
	uint8_t ext_checksum;
	uint8_t reserved[3];
} PACKED;

struct gas {
	uint8_t space;
	uint8_t width;
	uint8_t offset;
	uint8_t access;
	uint64_t address;
} PACKED;

/* Revision 3: 244 bytes */
struct fadt {
	struct table_header hdr;
	uint32_t facs, dsdt;
	uint8_t reserved1, profile;
	uint16_t sci;
	uint32_t smi_cmd;
	uint8_t acpi_enable, acpi_disable, s4bios, pstate;
	uint32_t pm1a_event, pm1b_event, pm1a_control, pm1b_control, pm2_control;
	uint32_t pm_timer, gpe0, gpe1;
	uint8_t pm1_event_len, pm1_control_len, pm2_control_len, pm_timer_len;
	uint8_t gpe0_len, gpe1_len, gpe1_base, cst;
	uint16_t c2_latency, c3_latency, flush_size, flush_stride;
	uint8_t duty_offset, duty_width, day_alarm, month_alarm, century;
	uint16_t boot_arch;
	uint8_t reserved2;
	uint32_t flags;
	struct gas reset;
	uint8_t reset_value;
	uint8_t reserved3[3];
	uint64_t x_facs, x_dsdt;
	struct gas x_pm1a_event, x_pm1b_event, x_pm1a_control, x_pm1b_control;
	struct gas x_pm2_control, x_pm_timer, x_gpe0, x_gpe1;
} PACKED;

_Static_assert(sizeof(struct fadt) == 244, "FADT revision 3");

struct facs {
	char signature[4];
	uint32_t length;
	uint32_t reserved[14];
} PACKED;

struct madt_lapic {
	uint8_t type, length, uid, apic_id;
	uint32_t flags;
} PACKED;

struct madt_ioapic {
	uint8_t type, length, id, reserved;
	uint32_t address;
	uint32_t gsi_base;
} PACKED;

struct madt_override {
	uint8_t type, length, bus, irq;
	uint32_t gsi;
	uint16_t flags;
} PACKED;

/* Hands out pieces of the BIOS area */
struct arena {
	struct hv *hv;
	uint64_t next;
};

static void *arena_alloc(struct arena *a, size_t size, uint64_t *gpa)
{
	uint64_t at = (a->next + 63) & ~63ULL;

	if (at + size > ACPI_END)
		return NULL;
	a->next = at + size;
	*gpa = at;
	return l1_ram(a->hv, at, size);
}

static uint8_t checksum(const void *data, size_t len)
{
	const uint8_t *p = data;
	uint8_t sum = 0;

	while (len--)
		sum += *p++;
	return -sum;
}

static void table_init(struct table_header *hdr, const char *signature, uint8_t revision)
{
	memcpy(hdr->signature, signature, 4);
	hdr->revision = revision;
	memcpy(hdr->oem_id, "HVSIM ", 6);
	memcpy(hdr->oem_table_id, "HVSIM   ", 8);
	hdr->oem_revision = 1;
	memcpy(hdr->creator, "HVSM", 4);
	hdr->creator_revision = 1;
}

static void table_finish(struct table_header *hdr, uint32_t length)
{
	hdr->length = length;
	hdr->checksum = 0;
	hdr->checksum = checksum(hdr, length);
}

/* Name (_S5, Package (4) { 5, 5, 0, 0 }) */
static const uint8_t aml_s5[] = {
	0x08, '_', 'S', '5', '_', 0x12, 0x08, 0x04,
	0x0a, SLEEP_TYPE_S5, 0x0a, SLEEP_TYPE_S5, 0x00, 0x00,
};

/*
 * Device (\_SB.VMBS) {
 *	Name (_HID, "VMBUS")
 *	Name (_UID, 0)
 *	Name (_CRS, ResourceTemplate () {})
 * }
 */
static const uint8_t aml_vmbus[] = {
	0x5b, 0x82, 0x28, '\\', 0x2e, '_', 'S', 'B', '_', 'V', 'M', 'B', 'S',
	0x08, '_', 'H', 'I', 'D', 0x0d, 'V', 'M', 'B', 'U', 'S', 0x00,
	0x08, '_', 'U', 'I', 'D', 0x00,
	0x08, '_', 'C', 'R', 'S', 0x11, 0x05, 0x0a, 0x02, 0x79, 0x00,
};

_Static_assert(sizeof(aml_vmbus) == 2 + 0x28, "package length of VMBS");

static uint64_t build_dsdt(struct arena *a)
{
	const size_t vmbus = a->hv->cfg->vmbus ? sizeof(aml_vmbus) : 0;
	const size_t len = sizeof(struct table_header) + sizeof(aml_s5) + vmbus;
	uint64_t gpa = 0;
	uint8_t *table = arena_alloc(a, len, &gpa);
	uint8_t *aml;

	if (!table)
		return 0;
	aml = table + sizeof(struct table_header);
	table_init((struct table_header *)table, "DSDT", 2);
	memcpy(aml, aml_s5, sizeof(aml_s5));
	memcpy(aml + sizeof(aml_s5), aml_vmbus, vmbus);
	table_finish((struct table_header *)table, len);
	return gpa;
}

static uint64_t build_facs(struct arena *a)
{
	uint64_t gpa = 0;
	struct facs *facs = arena_alloc(a, sizeof(*facs), &gpa);

	if (!facs)
		return 0;
	memcpy(facs->signature, "FACS", 4);
	facs->length = sizeof(*facs);
	return gpa;
}

static struct gas io_register(uint16_t port, uint8_t width)
{
	return (struct gas){ .space = 1, .width = width, .access = width / 8, .address = port };
}

static uint64_t build_fadt(struct arena *a, uint64_t dsdt, uint64_t facs)
{
	uint64_t gpa = 0;
	struct fadt *fadt = arena_alloc(a, sizeof(*fadt), &gpa);

	if (!fadt)
		return 0;
	table_init(&fadt->hdr, "FACP", 3);
	fadt->facs = facs;
	fadt->dsdt = dsdt;
	fadt->x_dsdt = dsdt;
	fadt->sci = IRQ_SCI;
	fadt->pm1a_event = PORT_PM1_EVENT;
	fadt->pm1a_control = PORT_PM1_CONTROL;
	fadt->pm1_event_len = 4;
	fadt->pm1_control_len = 2;
	fadt->c2_latency = 0xffff;
	fadt->c3_latency = 0xffff;
	fadt->century = 0x32;
	fadt->boot_arch = BOOT_NO_VGA | BOOT_NO_RTC;
	fadt->flags = FADT_WBINVD | FADT_NO_POWER_BUTTON | FADT_NO_SLEEP_BUTTON | FADT_RESET;
	fadt->reset = io_register(PORT_RESET, 8);
	fadt->reset_value = RESET_VALUE;
	fadt->x_pm1a_event = io_register(PORT_PM1_EVENT, 32);
	fadt->x_pm1a_control = io_register(PORT_PM1_CONTROL, 16);
	table_finish(&fadt->hdr, sizeof(*fadt));
	return gpa;
}

static uint64_t build_madt(struct arena *a)
{
	const unsigned int cpus = a->hv->nr_vps;
	const size_t len = sizeof(struct table_header) + 8 + cpus * sizeof(struct madt_lapic) +
			   sizeof(struct madt_ioapic) + sizeof(struct madt_override);
	uint64_t gpa = 0;
	uint8_t *p = arena_alloc(a, len, &gpa);
	struct table_header *hdr = (struct table_header *)p;
	const uint32_t head[2] = { LAPIC_BASE, MADT_PCAT };

	if (!p)
		return 0;
	table_init(hdr, "APIC", 3);
	p += sizeof(*hdr);
	memcpy(p, head, sizeof(head));
	p += sizeof(head);
	for (unsigned int i = 0; i < cpus; i++, p += sizeof(struct madt_lapic))
		*(struct madt_lapic *)p = (struct madt_lapic){ 0, 8, i, i, 1 };
	*(struct madt_ioapic *)p = (struct madt_ioapic){ 1, 12, 0, 0, IOAPIC_BASE, 0 };
	p += sizeof(struct madt_ioapic);
	/* The SCI is level triggered, active high */
	*(struct madt_override *)p = (struct madt_override){ 2, 10, 0, IRQ_SCI, IRQ_SCI, 0x0d };
	table_finish(hdr, len);
	return gpa;
}

static uint64_t build_xsdt(struct arena *a, uint64_t fadt, uint64_t madt)
{
	const uint64_t tables[] = { fadt, madt };
	const size_t len = sizeof(struct table_header) + sizeof(tables);
	uint64_t gpa = 0;
	uint8_t *p = arena_alloc(a, len, &gpa);

	if (!p)
		return 0;
	table_init((struct table_header *)p, "XSDT", 1);
	memcpy(p + sizeof(struct table_header), tables, sizeof(tables));
	table_finish((struct table_header *)p, len);
	return gpa;
}

/**
 * acpi_build - Write the ACPI tables into the L1's RAM
 * @hv: the machine
 * @rsdp_gpa: where the RSDP is
 *
 * Return: 0, or -1 and a message on stderr
 */
int acpi_build(struct hv *hv, uint64_t *rsdp_gpa)
{
	struct arena a = { .hv = hv, .next = ACPI_BASE };
	struct rsdp *rsdp = arena_alloc(&a, sizeof(*rsdp), rsdp_gpa);
	uint64_t dsdt = build_dsdt(&a);
	uint64_t facs = build_facs(&a);
	uint64_t fadt = build_fadt(&a, dsdt, facs);
	uint64_t madt = build_madt(&a);
	uint64_t xsdt = build_xsdt(&a, fadt, madt);

	if (!rsdp || !dsdt || !facs || !fadt || !madt || !xsdt) {
		hv_log("the ACPI tables do not fit");
		return -1;
	}
	memcpy(rsdp->signature, "RSD PTR ", 8);
	memcpy(rsdp->oem_id, "HVSIM ", 6);
	rsdp->revision = 2;
	rsdp->length = sizeof(*rsdp);
	rsdp->xsdt = xsdt;
	rsdp->checksum = checksum(rsdp, 20);
	rsdp->ext_checksum = checksum(rsdp, sizeof(*rsdp));
	return 0;
}
