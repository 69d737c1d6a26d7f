// SPDX-License-Identifier: GPL-2.0-only
/*
 * Level-triggered interrupts: which vectors KVM is asked to watch, and which ends are told.
 * KVM is a fake that remembers the pins of the IOAPIC.
 */
#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>

#include "../objects.h"
#include "harness.h"

#define VM_FD	101
#define VP_FD	102
#define TMR	0x180
#define ISR	0x100
#define IRR	0x200
#define SPURIOUS 0xf0

static struct {
	struct config cfg;
	struct hv hv;
	struct partition pt;
	struct vp vp;
	struct kvm_run run;
	struct kvm_lapic_state apic;
	struct kvm_irq_routing_entry pins[IOAPIC_PINS + 1];
	unsigned int nr_pins;
	unsigned int nr_changes;	/* of the pins */
	int err;			/* of the next one */
	unsigned int nr_messages;
	struct hv_message msg;
} m;

static int set_routing(const struct kvm_irq_routing *routing)
{
	m.nr_changes++;
	if (m.err)
		return -1;
	m.nr_pins = routing->nr <= IOAPIC_PINS ? routing->nr : 0;
	memcpy(m.pins, routing->entries, m.nr_pins * sizeof(m.pins[0]));
	return 0;
}

/* In place of the C library's */
int ioctl(int fd, unsigned long request, ...)
{
	va_list ap;
	void *arg;

	va_start(ap, request);
	arg = va_arg(ap, void *);
	va_end(ap);
	if (fd == VM_FD && request == KVM_SET_GSI_ROUTING)
		return set_routing(arg);
	if (fd == VP_FD && request == KVM_GET_LAPIC) {
		memcpy(arg, &m.apic, sizeof(m.apic));
		return 0;
	}
	errno = EINVAL;
	return -1;
}

void notify_message(struct vp *vp, const struct hv_message *msg)
{
	if (vp != &m.vp)
		return;
	m.nr_messages++;
	m.msg = *msg;
}

static void setup(void)
{
	memset(&m, 0, sizeof(m));
	m.hv.cfg = &m.cfg;
	m.pt.hv = &m.hv;
	m.pt.id = 7;
	m.pt.vm_fd = VM_FD;
	m.vp.pt = &m.pt;
	m.vp.index = 3;
	m.vp.fd = VP_FD;
	m.vp.run = &m.run;
}

static void set_apic(unsigned int at, uint8_t vector)
{
	m.apic.regs[at + vector / 32 * 16 + vector % 32 / 8] |= 1 << vector % 8;
}

static enum vp_stop end(uint8_t vector)
{
	m.run.eoi.vector = vector;
	return eoi_exit(&m.vp);
}

/* Pins that send the vector, level-triggered, to all APICs of a mode */
static unsigned int pins_of(uint8_t vector, uint32_t low, uint32_t high)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < m.nr_pins; i++) {
		const struct kvm_irq_routing_entry *pin = &m.pins[i];

		n += pin->gsi == i && pin->type == KVM_IRQ_ROUTING_MSI &&
		     pin->u.msi.address_lo == low && pin->u.msi.address_hi == high &&
		     (pin->u.msi.data & 0x87ff) == (0x8000U | vector);
	}
	return n;
}

static bool has_pins(uint8_t vector)
{
	return pins_of(vector, 0xfeeff000, 0) == 1 &&
	       pins_of(vector, 0xfeeff000, 0xffffff00) == 1;
}

TEST(a_vector_gets_pins_to_all_apics_of_both_modes)
{
	setup();
	CHECK(eoi_watch(&m.pt, 0x51));
	CHECK(m.nr_pins == 2 && has_pins(0x51));
	CHECK(eoi_watch(&m.pt, 0x91));
	CHECK(m.nr_pins == 4 && has_pins(0x51) && has_pins(0x91));
	CHECK(m.nr_changes == 2);
}

TEST(a_vector_that_is_watched_costs_nothing)
{
	setup();
	CHECK(eoi_watch(&m.pt, 0x51));
	CHECK(eoi_watch(&m.pt, 0x51));
	CHECK(m.nr_changes == 1);
}

TEST(there_are_pins_for_all_vectors)
{
	setup();
	for (unsigned int vector = 16; vector < 256; vector++)
		CHECK(eoi_watch(&m.pt, vector));
	CHECK(m.nr_pins == 480);
	for (unsigned int vector = 16; vector < 256; vector++)
		CHECK(has_pins(vector));
}

TEST(a_failure_is_told_and_forgotten)
{
	setup();
	m.err = 1;
	CHECK(!eoi_watch(&m.pt, 0x51));
	m.err = 0;
	CHECK(eoi_watch(&m.pt, 0x91));
	CHECK(m.nr_pins == 2 && !has_pins(0x51));
	CHECK(eoi_watch(&m.pt, 0x51));
	CHECK(has_pins(0x51));
}

TEST(what_is_pending_in_a_new_state_is_watched)
{
	setup();
	set_apic(TMR, 0x51);
	set_apic(ISR, 0x51);
	set_apic(TMR, 0xff);
	set_apic(IRR, 0xff);
	set_apic(TMR, 0x60);	/* was a level, long ago */
	set_apic(IRR, 0x70);	/* an edge */
	CHECK(eoi_watch_state(&m.pt, &m.apic));
	CHECK(m.nr_pins == 4 && has_pins(0x51) && has_pins(0xff));
	m.err = 1;
	set_apic(ISR, 0x60);
	CHECK(!eoi_watch_state(&m.pt, &m.apic));
}

TEST(the_end_of_a_level_is_a_message)
{
	struct hv_eoi_message eoi;

	setup();
	set_apic(TMR, 0x51);
	CHECK(end(0x51) == VP_STOP_KICKED);
	CHECK(m.nr_messages == 1);
	CHECK(m.msg.type == 0x80010004 && m.msg.sender == 7 && m.msg.payload_size == 8);
	memcpy(&eoi, m.msg.payload.bytes, sizeof(eoi));
	CHECK(eoi.vp_index == 3 && eoi.vector == 0x51);
	CHECK(!m.vp.msg.type);
}

TEST(the_end_of_a_level_is_an_intercept_if_wanted)
{
	struct hv_eoi_message eoi;

	setup();
	m.cfg.eoi = EOI_INTERCEPT;
	set_apic(TMR, 0xff);
	CHECK(end(0xff) == VP_STOP_INTERCEPT);
	CHECK(!m.nr_messages);
	CHECK(m.vp.msg.type == 0x80010004 && m.vp.msg.sender == 7);
	memcpy(&eoi, m.vp.msg.payload.bytes, sizeof(eoi));
	CHECK(eoi.vp_index == 3 && eoi.vector == 0xff);
}

TEST(the_end_of_an_edge_is_not_told)
{
	setup();
	set_apic(TMR, 0x51);
	CHECK(end(0x52) == VP_STOP_AGAIN);
	CHECK(end(0x71) == VP_STOP_AGAIN);
	CHECK(end(0x31) == VP_STOP_AGAIN);
	m.cfg.eoi = EOI_INTERCEPT;
	CHECK(end(0x52) == VP_STOP_AGAIN);
	CHECK(!m.nr_messages && !m.vp.msg.type);
}

TEST(an_apic_that_suppresses_the_broadcast_is_obeyed)
{
	setup();
	set_apic(TMR, 0x51);
	m.apic.regs[SPURIOUS + 1] = 0x11;	/* enabled, no broadcast */
	CHECK(end(0x51) == VP_STOP_AGAIN);
	m.apic.regs[SPURIOUS + 1] = 0x01;
	CHECK(end(0x51) == VP_STOP_KICKED);
}
