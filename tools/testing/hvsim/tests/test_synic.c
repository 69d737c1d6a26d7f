// SPDX-License-Identifier: GPL-2.0-only
#include <linux/kvm.h>
#include <stdarg.h>
#include <string.h>
#include <errno.h>
#include <sys/ioctl.h>

#include "../abi.h"
#include "../hvsim.h"
#include "harness.h"

#define MSR_SCONTROL	0x40000080
#define MSR_SIEFP	0x40000082
#define MSR_SIMP	0x40000083
#define MSR_EOM		0x40000084
#define MSR_SIRBP	0x40000085
#define MSR_SINT(n)	(0x40000090 + (n))

#define SIMP_GPA	0x1000
#define SIRBP_GPA	0x2000
#define SIEFP_GPA	0x3000
#define VECTOR		0xf3
#define MASKED		(1 << 16)
#define AS_INTERCEPT	(1 << 19)

static struct {
	struct hv hv;
	struct l1_vp vp;
	uint8_t ram[4 * 4096] __attribute__((aligned(4096)));
	unsigned int nr_interrupts;
	uint32_t vector;
} m;

void *l1_ram(struct hv *hv, uint64_t gpa, uint64_t len)
{
	(void)hv;
	return gpa + len <= sizeof(m.ram) ? m.ram + gpa : NULL;
}

/* In place of the C library's: the SynIC's only system call is KVM_SIGNAL_MSI */
int ioctl(int fd, unsigned long request, ...)
{
	va_list ap;

	(void)fd;
	if (request != KVM_SIGNAL_MSI)
		return -1;
	va_start(ap, request);
	m.nr_interrupts++;
	m.vector = va_arg(ap, struct kvm_msi *)->data;
	va_end(ap);
	return 1;
}

static void set_up(void)
{
	memset(&m, 0, sizeof(m));
	m.hv = (struct hv){ .vps = &m.vp, .nr_vps = 1 };
	m.vp.hv = &m.hv;
	synic_init(&m.vp.synic);
	synic_write_msr(&m.vp, MSR_SIMP, SIMP_GPA | 1);
	synic_write_msr(&m.vp, MSR_SIRBP, SIRBP_GPA | 1);
	synic_write_msr(&m.vp, MSR_SIEFP, SIEFP_GPA | 1);
	synic_write_msr(&m.vp, MSR_SCONTROL, 1);
	synic_write_msr(&m.vp, MSR_SINT(0), VECTOR);
	synic_write_msr(&m.vp, MSR_SINT(5), VECTOR | AS_INTERCEPT);
}

static struct hv_message *slot(unsigned int sint)
{
	return (struct hv_message *)(m.ram + SIMP_GPA) + sint;
}

static bool post(unsigned int sint, uint32_t type)
{
	const struct hv_message msg = { .type = type, .payload_size = 8, .flags = 0xff };

	return synic_post(&m.vp, sint, &msg);
}

/* As a guest acknowledges: empties the slot, writes EOM if told that more is waiting */
static void acknowledge(unsigned int sint)
{
	slot(sint)->type = 0;
	if (slot(sint)->flags & 1)
		synic_write_msr(&m.vp, MSR_EOM, 0);
}

TEST(message_to_a_free_slot_is_written_and_interrupts)
{
	set_up();
	CHECK(post(0, 0x100));
	CHECK(slot(0)->type == 0x100 && slot(0)->payload_size == 8);
	CHECK(!(slot(0)->flags & 1));
	CHECK(m.nr_interrupts == 1 && m.vector == VECTOR);
	CHECK(synic_pending(&m.vp) == 0);
}

TEST(message_to_a_busy_slot_waits_and_flags_the_one_there)
{
	set_up();
	post(0, 0x100);
	post(0, 0x101);
	CHECK(slot(0)->type == 0x100);
	CHECK(slot(0)->flags & 1);
	CHECK(m.nr_interrupts == 1);
	CHECK(synic_pending(&m.vp) == 1);
}

TEST(messages_come_in_order_each_on_an_eom)
{
	set_up();
	for (unsigned int i = 0; i < 5; i++)
		post(0, 0x100 + i);
	for (unsigned int i = 0; i < 5; i++) {
		CHECK(slot(0)->type == 0x100 + i);
		CHECK((slot(0)->flags & 1) == (i < 4));
		acknowledge(0);
	}
	CHECK(slot(0)->type == 0);
	CHECK(m.nr_interrupts == 5);
	CHECK(synic_pending(&m.vp) == 0);
}

TEST(eom_with_the_slot_still_busy_delivers_nothing)
{
	set_up();
	post(0, 0x100);
	post(0, 0x101);
	synic_write_msr(&m.vp, MSR_EOM, 0);
	CHECK(slot(0)->type == 0x100);
	CHECK(m.nr_interrupts == 1);
}

TEST(new_message_goes_behind_those_that_wait_even_if_the_slot_is_free)
{
	set_up();
	post(0, 0x100);
	post(0, 0x101);
	slot(0)->type = 0;	/* emptied, EOM not yet written */
	post(0, 0x102);
	CHECK(slot(0)->type == 0x101);
	CHECK(slot(0)->flags & 1);
	CHECK(synic_pending(&m.vp) == 1);
}

TEST(sints_do_not_wait_for_each_other)
{
	set_up();
	synic_write_msr(&m.vp, MSR_SINT(2), 0x40);
	post(0, 0x100);
	post(2, 1);
	CHECK(slot(2)->type == 1);
	CHECK(m.vector == 0x40 && m.nr_interrupts == 2);
}

TEST(masked_sint_keeps_its_messages_until_unmasked)
{
	set_up();
	synic_write_msr(&m.vp, MSR_SINT(0), VECTOR | MASKED);
	post(0, 0x100);
	CHECK(slot(0)->type == 0 && m.nr_interrupts == 0);
	synic_write_msr(&m.vp, MSR_SINT(0), VECTOR);
	CHECK(slot(0)->type == 0x100 && m.nr_interrupts == 1);
}

TEST(without_message_page_or_control_messages_wait)
{
	set_up();
	synic_write_msr(&m.vp, MSR_SIMP, 0);
	post(0, 0x100);
	CHECK(synic_pending(&m.vp) == 1);
	synic_write_msr(&m.vp, MSR_SCONTROL, 0);
	synic_write_msr(&m.vp, MSR_SIMP, SIMP_GPA | 1);
	CHECK(synic_pending(&m.vp) == 1);
	synic_write_msr(&m.vp, MSR_SCONTROL, 1);
	CHECK(synic_pending(&m.vp) == 0 && slot(0)->type == 0x100);
}

TEST(queue_is_bounded)
{
	unsigned int posted = 0;

	set_up();
	while (posted < 100000 && post(0, 0x100))
		posted++;
	CHECK(posted >= 100 && posted < 100000);
	CHECK(synic_pending(&m.vp) == posted - 1);
	synic_fini(&m.vp.synic);
}

TEST(after_reset_all_sints_are_masked)
{
	uint64_t val;

	set_up();
	synic_init(&m.vp.synic);
	for (unsigned int i = 0; i < SYNIC_NR_SINTS; i++) {
		CHECK(synic_read_msr(&m.vp, MSR_SINT(i), &val));
		CHECK(val == MASKED);
	}
}

TEST(low_vector_is_refused_unless_masked)
{
	set_up();
	CHECK(!synic_write_msr(&m.vp, MSR_SINT(3), 15));
	CHECK(synic_write_msr(&m.vp, MSR_SINT(3), 15 | MASKED));
	CHECK(synic_write_msr(&m.vp, MSR_SINT(3), 16));
}

TEST(registers_read_back)
{
	uint64_t val;

	set_up();
	CHECK(synic_read_msr(&m.vp, MSR_SIMP, &val) && val == (SIMP_GPA | 1));
	CHECK(synic_read_msr(&m.vp, MSR_SIRBP, &val) && val == (SIRBP_GPA | 1));
	CHECK(synic_read_msr(&m.vp, MSR_SINT(5), &val) && val == (VECTOR | AS_INTERCEPT));
	CHECK(!synic_read_msr(&m.vp, 0x40000086, &val));
	CHECK(!synic_write_msr(&m.vp, 0x40000081, 1));
}

static uint32_t ring_slot(unsigned int sint, unsigned int i)
{
	uint32_t val;

	memcpy(&val, m.ram + SIRBP_GPA + sint * 256 + 4 + i * 4, sizeof(val));
	return val;
}

static void ring_take(unsigned int sint, unsigned int i)
{
	memset(m.ram + SIRBP_GPA + sint * 256 + 4 + i * 4, 0, 4);
}

TEST(ring_value_is_told_by_a_message_on_the_intercept_sint)
{
	uint32_t sint;

	set_up();
	CHECK(synic_signal_ring(&m.vp, 5, 77) == 0);
	CHECK(ring_slot(5, 0) == 77);
	CHECK(slot(0)->type == 0x80000061);
	memcpy(&sint, slot(0)->payload.bytes, sizeof(sint));
	CHECK(sint == 5);
}

TEST(ring_of_an_ordinary_sint_raises_its_own_vector)
{
	set_up();
	synic_write_msr(&m.vp, MSR_SINT(5), 0x50);
	CHECK(synic_signal_ring(&m.vp, 5, 77) == 0);
	CHECK(m.vector == 0x50 && slot(0)->type == 0);
}

TEST(ring_holds_63_values_and_goes_round)
{
	set_up();
	for (uint32_t i = 1; i <= SYNIC_RING_SLOTS; i++)
		CHECK(synic_signal_ring(&m.vp, 5, i) == 0);
	CHECK(synic_signal_ring(&m.vp, 5, 99) == -EAGAIN);
	CHECK(m.ram[SIRBP_GPA + 5 * 256 + 1] == 1);	/* full */
	ring_take(5, 0);
	CHECK(synic_signal_ring(&m.vp, 5, 64) == 0);
	CHECK(ring_slot(5, 0) == 64 && ring_slot(5, 62) == 63);
}

TEST(ring_with_signals_masked_takes_values_silently)
{
	set_up();
	m.ram[SIRBP_GPA + 5 * 256] = 1;
	CHECK(synic_signal_ring(&m.vp, 5, 1) == 0);
	CHECK(ring_slot(5, 0) == 1 && m.nr_interrupts == 0);
}

TEST(ring_that_the_guest_has_not_set_up_is_no_device)
{
	set_up();
	synic_write_msr(&m.vp, MSR_SIRBP, 0);
	CHECK(synic_signal_ring(&m.vp, 5, 1) == -ENODEV);
}

TEST(new_ring_page_starts_at_its_first_slot)
{
	set_up();
	synic_signal_ring(&m.vp, 5, 1);
	synic_write_msr(&m.vp, MSR_SIRBP, 0);
	memset(m.ram + SIRBP_GPA, 0, 4096);
	synic_write_msr(&m.vp, MSR_SIRBP, SIRBP_GPA | 1);
	CHECK(synic_signal_ring(&m.vp, 5, 2) == 0);
	CHECK(ring_slot(5, 0) == 2);
}

TEST(event_flag_interrupts_only_when_it_was_clear)
{
	set_up();
	synic_write_msr(&m.vp, MSR_SINT(2), 0x40);
	CHECK(synic_signal_event(&m.vp, 2, 9) == 0);
	CHECK(m.ram[SIEFP_GPA + 2 * 256 + 1] == 2);
	CHECK(synic_signal_event(&m.vp, 2, 9) == 0);
	CHECK(m.nr_interrupts == 1);
	CHECK(synic_signal_event(&m.vp, 2, 2048) == -EINVAL);
}
