// SPDX-License-Identifier: GPL-2.0-only
/*
 * I/O ports of the L1: a table of ranges, power management, debug exit
 */
#include <linux/kvm.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "devices.h"
#include "hypercall.h"

#define PM1_SLEEP_ENABLE	(1 << 13)
#define PM1_SLEEP_TYPE(c)	((c) >> 10 & 7)
#define PM1_SCI_ENABLE		1

/**
 * struct port_range - who serves a range of I/O ports
 * @base: first port
 * @len: number of ports
 * @in: read a byte at an offset; NULL reads as ones
 * @out: write a byte; NULL ignores it
 */
struct port_range {
	uint16_t base;
	uint16_t len;
	uint8_t (*in)(struct hv *hv, uint16_t offset);
	void (*out)(struct hv *hv, uint16_t offset, uint8_t val);
};

static void sleep_enter(struct hv *hv)
{
	unsigned int type = PM1_SLEEP_TYPE(hv->dev->pm.control);

	if (type == SLEEP_TYPE_S5)
		hv_stop(hv, EXIT_L1_OK, "acpi-s5", NULL);
	else
		hv_stop(hv, EXIT_INTERNAL, "acpi-sleep", "L1 entered sleep state %u", type);
}

/* Status (reads 0: no event ever) and enable, 16 bits each, then control */
static uint8_t pm_in(struct hv *hv, uint16_t offset)
{
	const struct pm *pm = &hv->dev->pm;

	switch (offset) {
	case 2:
	case 3:
		return pm->enable >> (offset & 1) * 8;
	case 4:
	case 5:
		return pm->control >> (offset & 1) * 8;
	}
	return 0;
}

static void set_byte(uint16_t *reg, unsigned int index, uint8_t val)
{
	*reg = (*reg & ~(0xff << index * 8)) | val << index * 8;
}

static void pm_out(struct hv *hv, uint16_t offset, uint8_t val)
{
	struct pm *pm = &hv->dev->pm;

	switch (offset) {
	case 2:
	case 3:
		set_byte(&pm->enable, offset & 1, val);
		break;
	case 4:
	case 5:
		set_byte(&pm->control, offset & 1, val);
		if (!(pm->control & PM1_SLEEP_ENABLE))
			break;
		sleep_enter(hv);
		pm->control &= ~PM1_SLEEP_ENABLE;
		break;
	}
}

static void debug_exit_out(struct hv *hv, uint16_t offset, uint8_t val)
{
	(void)offset;
	hv_stop(hv, val, "debug-exit", NULL);
}

/* Also how a panic ends that comes too early for the crash MSRs */
static void reset_out(struct hv *hv, uint16_t offset, uint8_t val)
{
	(void)offset;
	if (val == RESET_VALUE)
		hv_stop(hv, EXIT_L1_CRASH, "reset", "L1 asked for a reset");
}

/* NMI status and speaker: reads as zero, or the kernel sees parity errors */
static uint8_t zero_in(struct hv *hv, uint16_t offset)
{
	(void)hv;
	(void)offset;
	return 0;
}

static const struct port_range ports[] = {
	{ PORT_SERIAL, 8, uart_in, uart_out },
	{ PORT_RTC, 2, rtc_in, rtc_out },
	{ PORT_PM1_EVENT, 6, pm_in, pm_out },
	{ PORT_DEBUG_EXIT, 1, NULL, debug_exit_out },
	{ PORT_RESET, 1, zero_in, reset_out },
	{ 0x61, 1, zero_in, NULL },
};

static const struct port_range *port_find(uint16_t port)
{
	for (size_t i = 0; i < ARRAY_SIZE(ports); i++)
		if (port >= ports[i].base && port - ports[i].base < ports[i].len)
			return &ports[i];
	return NULL;
}

static void port_access(struct hv *hv, uint16_t port, bool out, uint8_t *data)
{
	const struct port_range *range = port_find(port);

	if (out && range && range->out)
		range->out(hv, port - range->base, *data);
	else if (!out)
		*data = range && range->in ? range->in(hv, port - range->base) : 0xff;
}

/* Writes to the UART that KVM kept back, oldest first */
static void drain_locked(struct hv *hv)
{
	struct kvm_coalesced_mmio_ring *ring = hv->dev->ring;
	const unsigned int max = (PAGE_SIZE - sizeof(*ring)) / sizeof(ring->coalesced_mmio[0]);

	if (!ring)
		return;
	while (ring->first != __atomic_load_n(&ring->last, __ATOMIC_ACQUIRE)) {
		struct kvm_coalesced_mmio *io = &ring->coalesced_mmio[ring->first];

		for (unsigned int i = 0; i < io->len && i < sizeof(io->data); i++)
			port_access(hv, io->phys_addr + i, true, &io->data[i]);
		__atomic_store_n(&ring->first, (ring->first + 1) % max, __ATOMIC_RELEASE);
	}
}

/**
 * devices_drain - Write out what the L1 wrote to its serial port
 * @hv: the machine
 *
 * KVM collects writes to the data port and tells no one: call it now and then.
 */
void devices_drain(struct hv *hv)
{
	pthread_mutex_lock(&hv->dev->lock);
	drain_locked(hv);
	pthread_mutex_unlock(&hv->dev->lock);
}

/**
 * devices_io - Serve a KVM_EXIT_IO
 * @vp: the VP that accessed the port
 * @run: its exit
 */
void devices_io(struct l1_vp *vp, const struct kvm_run *run)
{
	uint8_t *data = (uint8_t *)run + run->io.data_offset;
	bool out = run->io.direction == KVM_EXIT_IO_OUT;
	struct hv *hv = vp->hv;

	if (run->io.port == PORT_HYPERCALL && out) {
		hypercall_handle(vp);
		return;
	}
	pthread_mutex_lock(&hv->dev->lock);
	drain_locked(hv);
	for (uint32_t n = 0; n < run->io.count; n++)
		for (unsigned int i = 0; i < run->io.size; i++)
			port_access(hv, run->io.port + i, out, data++);
	pthread_mutex_unlock(&hv->dev->lock);
}

/**
 * irq_line - Drive an IOAPIC and PIC input
 * @hv: the machine
 * @irq: input
 * @high: level
 */
void irq_line(struct hv *hv, unsigned int irq, bool high)
{
	struct kvm_irq_level level = { .irq = irq, .level = high };

	ioctl(hv->l1_vm_fd, KVM_IRQ_LINE, &level);
}

/* A write to the UART's data port costs no exit to user space with this */
static void coalesce_uart(struct hv *hv)
{
	struct kvm_coalesced_mmio_zone zone = { .addr = PORT_SERIAL, .size = 1, .pio = 1 };
	int page = ioctl(hv->kvm_fd, KVM_CHECK_EXTENSION, KVM_CAP_COALESCED_MMIO);
	void *ring;

	if (page <= 0 || ioctl(hv->kvm_fd, KVM_CHECK_EXTENSION, KVM_CAP_COALESCED_PIO) <= 0)
		return;
	ring = mmap(NULL, PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, hv->vps[0].fd,
		    page * PAGE_SIZE);
	if (ring == MAP_FAILED)
		return;
	if (ioctl(hv->l1_vm_fd, KVM_REGISTER_COALESCED_MMIO, &zone) < 0)
		munmap(ring, PAGE_SIZE);
	else
		hv->dev->ring = ring;
}

/**
 * devices_init - Create the L1's devices
 * @hv: the machine; its VPs exist
 *
 * Return: 0 or -1
 */
int devices_init(struct hv *hv)
{
	hv->dev = calloc(1, sizeof(*hv->dev));
	if (!hv->dev)
		return -1;
	pthread_mutex_init(&hv->dev->lock, NULL);
	hv->dev->pm.control = PM1_SCI_ENABLE;
	coalesce_uart(hv);
	return 0;
}

/**
 * devices_fini - Flush the serial port and free the devices
 * @hv: the machine
 */
void devices_fini(struct hv *hv)
{
	if (!hv->dev)
		return;
	devices_drain(hv);
	uart_flush(&hv->dev->uart);
	if (hv->dev->ring)
		munmap(hv->dev->ring, PAGE_SIZE);
	pthread_mutex_destroy(&hv->dev->lock);
	free(hv->dev);
	hv->dev = NULL;
}
