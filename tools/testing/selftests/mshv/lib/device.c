// SPDX-License-Identifier: GPL-2.0-only
/* The devices of the machine: serial port, exit port, one MMIO device. */
#include <stdio.h>
#include <string.h>

#include "../guests/layout.h"
#include "exits.h"

#define SERIAL_IDLE 0x60	/* transmitter empty */

/**
 * exit_flush_line() - Print the serial output collected so far, if any
 * @vp: the VP that wrote it
 */
void exit_flush_line(struct vp *vp)
{
	if (!vp->line_len)
		return;
	printf("guest %u: %.*s\n", vp->vm->number, (int)vp->line_len, vp->line);
	fflush(stdout);
	vp->line_len = 0;
}

static void serial_write(struct vp *vp, char c)
{
	if (c == '\n' || vp->line_len == sizeof(vp->line))
		exit_flush_line(vp);
	if (c != '\n')
		vp->line[vp->line_len++] = c >= ' ' && c <= '~' ? c : '?';
}

/**
 * device_port_read() - The guest reads a port
 * @vp: the VP
 * @port: port number
 * @width: 1, 2 or 4 bytes
 *
 * Return: the value; all ones where there is no device.
 */
uint32_t device_port_read(struct vp *vp, uint16_t port, unsigned int width)
{
	(void)vp;
	if (port == PORT_SERIAL_STATUS && width == 1)
		return SERIAL_IDLE;
	return 0xffffffffu >> (32 - 8 * width);
}

/**
 * device_port_write() - The guest writes a port
 * @vp: the VP
 * @port: port number; one without a device is ignored
 * @width: 1, 2 or 4 bytes
 * @value: the value
 */
void device_port_write(struct vp *vp, uint16_t port, unsigned int width,
		       uint32_t value)
{
	if (port == PORT_SERIAL && width == 1) {
		serial_write(vp, (char)value);
	} else if (port == PORT_EXIT) {
		vp->exit_code = (uint8_t)value;
		vp->end = VP_EXITED;
	}
}

/** device_is_mmio() - Does an access lie within the MMIO device? */
bool device_is_mmio(uint64_t gpa, unsigned int width)
{
	return gpa >= GUEST_MMIO && gpa + width <= GUEST_MMIO + GUEST_MMIO_SIZE;
}

/**
 * device_mmio_read() - The guest reads from the MMIO device
 * @vp: the VP
 * @gpa: address
 * @width: 1 to 8 bytes
 *
 * Return: the value; 0 from a register that does not exist.
 */
uint64_t device_mmio_read(struct vp *vp, uint64_t gpa, unsigned int width)
{
	uint64_t offset = gpa - GUEST_MMIO, value = 0;

	if (offset == MMIO_ID)
		value = MMIO_ID_VALUE;
	else if (offset == MMIO_SUM)
		value = vp->mmio_sum;
	else if (offset >= MMIO_SCRATCH && offset + width <= MMIO_SCRATCH + 8)
		memcpy(&value, (uint8_t *)&vp->mmio_scratch + offset - MMIO_SCRATCH,
		       width);
	return value;
}

/**
 * device_mmio_write() - The guest writes to the MMIO device
 * @vp: the VP
 * @gpa: address
 * @width: 1 to 8 bytes
 * @value: not wider than @width
 */
void device_mmio_write(struct vp *vp, uint64_t gpa, unsigned int width,
		       uint64_t value)
{
	uint64_t offset = gpa - GUEST_MMIO;

	if (offset == MMIO_SUM)
		vp->mmio_sum += value;
	else if (offset >= MMIO_SCRATCH && offset + width <= MMIO_SCRATCH + 8)
		memcpy((uint8_t *)&vp->mmio_scratch + offset - MMIO_SCRATCH,
		       &value, width);
}
