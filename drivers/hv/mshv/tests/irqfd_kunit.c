// SPDX-License-Identifier: GPL-2.0-only
/*
 * irqfds: who signals the eventfd interrupts the guest, the end of a level
 * interrupt is reported, and no way to end an irqfd leaves anything behind.
 */
#include <kunit/test.h>
#include <linux/fdtable.h>
#include <linux/file.h>
#include <linux/fs.h>

#include "../mshv.h"
#include "../irq.h"
#include "../run.h"
#include "fake_vmm.h"

/* APIC id 1 */
#define ADDR	0xfee01000
#define LEVEL	0x8000

#define ASSIGN		0
#define DEASSIGN	BIT(MSHV_IRQFD_BIT_DEASSIGN)
#define RESAMPLE	BIT(MSHV_IRQFD_BIT_RESAMPLE)

/* GSIs 0 and 2 share a vector; 1 is edge-triggered with that vector too. */
static const struct mshv_user_irq_entry entries[] = {
	{ .gsi = 0, .address_lo = ADDR, .data = LEVEL | 0x31 },
	{ .gsi = 1, .address_lo = ADDR, .data = 0x31 },
	{ .gsi = 2, .address_lo = ADDR, .data = LEVEL | 0x31 },
	{ .gsi = 3, .address_lo = ADDR, .data = LEVEL | 0x32 },
};

static int irqfd_test_init(struct kunit *test)
{
	struct fake_vmm *vmm = fake_vmm_start(test);
	struct {
		struct mshv_user_irq_table table;
		struct mshv_user_irq_entry entries[ARRAY_SIZE(entries)];
	} args = { .table.nr = ARRAY_SIZE(entries) };

	memcpy(args.entries, entries, sizeof(entries));
	KUNIT_ASSERT_EQ(test, fake_vmm_create_partition(vmm, 0), 0);
	KUNIT_ASSERT_EQ(test, fake_vmm_pt(vmm, MSHV_INITIALIZE_PARTITION, NULL,
					  0), 0);
	KUNIT_ASSERT_EQ(test, fake_vmm_create_vp(vmm, 0), 0);
	KUNIT_ASSERT_EQ(test, fake_vmm_pt(vmm, MSHV_SET_MSI_ROUTING, &args,
					  sizeof(args)), 0);
	return 0;
}

static long irqfd(struct kunit *test, u32 flags, u32 gsi, int fd, int resample)
{
	struct mshv_user_irqfd args = {
		.fd = fd, .resamplefd = resample, .gsi = gsi, .flags = flags,
	};

	return fake_vmm_pt(the_vmm(test), MSHV_IRQFD, &args, sizeof(args));
}

static unsigned int nr_asserted(struct kunit *test)
{
	return the_vmm(test)->m->nr_asserted;
}

static bool eoi(struct kunit *test, u32 vector)
{
	return mshv_irqfd_eoi(fake_vmm_partition(the_vmm(test)), vector);
}

static void signaled_eventfd_interrupts_until_it_is_deassigned(struct kunit *test)
{
	int fd = fake_eventfd(test);

	KUNIT_ASSERT_EQ(test, irqfd(test, ASSIGN, 1, fd, -1), 0);
	fake_eventfd_signal(test, fd);
	KUNIT_EXPECT_EQ(test, nr_asserted(test), 1);
	KUNIT_EXPECT_EQ(test, the_vmm(test)->m->asserted.vector, 0x31);
	/* It has been used up. */
	KUNIT_EXPECT_EQ(test, fake_eventfd_read(test, fd), 0);

	/* Another GSI, and one more time */
	KUNIT_EXPECT_EQ(test, irqfd(test, DEASSIGN, 0, fd, -1), 0);
	fake_eventfd_signal(test, fd);
	KUNIT_EXPECT_EQ(test, nr_asserted(test), 2);

	KUNIT_EXPECT_EQ(test, irqfd(test, DEASSIGN, 1, fd, -1), 0);
	fake_eventfd_signal(test, fd);
	KUNIT_EXPECT_EQ(test, nr_asserted(test), 2);
	KUNIT_EXPECT_EQ(test, fake_eventfd_read(test, fd), 1);
	fake_eventfd_close(fd);
	fake_vmm_finish(test);
}

static void eventfd_signaled_before_interrupts_at_once(struct kunit *test)
{
	int fd = fake_eventfd(test);

	fake_eventfd_signal(test, fd);
	KUNIT_ASSERT_EQ(test, irqfd(test, ASSIGN, 1, fd, -1), 0);
	KUNIT_EXPECT_EQ(test, nr_asserted(test), 1);
	fake_vmm_close(the_vmm(test));
	fake_eventfd_close(fd);
	fake_vmm_expect_nothing_left(the_vmm(test));
}

static void eventfd_is_one_line_only(struct kunit *test)
{
	int fd = fake_eventfd(test);

	KUNIT_ASSERT_EQ(test, irqfd(test, ASSIGN, 1, fd, -1), 0);
	KUNIT_EXPECT_EQ(test, irqfd(test, ASSIGN, 1, fd, -1), -EBUSY);
	KUNIT_EXPECT_EQ(test, irqfd(test, ASSIGN, 3, fd, -1), -EBUSY);
	fake_eventfd_signal(test, fd);
	KUNIT_EXPECT_EQ(test, nr_asserted(test), 1);
	fake_eventfd_close(fd);
	fake_vmm_finish(test);
}

static void line_without_a_route_is_silent_until_it_has_one(struct kunit *test)
{
	static const struct {
		struct mshv_user_irq_table table;
		struct mshv_user_irq_entry entry;
	} set = { .table.nr = 1, .entry = { 4095, ADDR, 0, 0x55 } };
	typeof(set) args = set;
	int fd = fake_eventfd(test);

	KUNIT_ASSERT_EQ(test, irqfd(test, ASSIGN, 4095, fd, -1), 0);
	fake_eventfd_signal(test, fd);
	KUNIT_EXPECT_EQ(test, nr_asserted(test), 0);
	KUNIT_ASSERT_EQ(test, fake_vmm_pt(the_vmm(test), MSHV_SET_MSI_ROUTING,
					  (void *)&args, sizeof(args)), 0);
	fake_eventfd_signal(test, fd);
	KUNIT_EXPECT_EQ(test, the_vmm(test)->m->asserted.vector, 0x55);
	fake_eventfd_close(fd);
	fake_vmm_finish(test);
}

static void senseless_arguments_are_refused(struct kunit *test)
{
	int fd = fake_eventfd(test);

	KUNIT_EXPECT_EQ(test, irqfd(test, ASSIGN, 4096, fd, -1), -EINVAL);
	KUNIT_EXPECT_EQ(test, irqfd(test, DEASSIGN, 4096, fd, -1), -EINVAL);
	KUNIT_EXPECT_EQ(test, irqfd(test, BIT(2), 1, fd, -1), -EINVAL);
	KUNIT_EXPECT_EQ(test, irqfd(test, BIT(31), 1, fd, -1), -EINVAL);
	KUNIT_EXPECT_EQ(test, irqfd(test, ASSIGN, 1, -1, -1), -EBADF);
	KUNIT_EXPECT_EQ(test, irqfd(test, DEASSIGN, 1, -1, -1), -EBADF);
	KUNIT_EXPECT_EQ(test, irqfd(test, RESAMPLE, 0, fd, -1), -EBADF);
	/* No end is reported of these. */
	KUNIT_EXPECT_EQ(test, irqfd(test, RESAMPLE, 1, fd, fd), -EINVAL);
	KUNIT_EXPECT_EQ(test, irqfd(test, RESAMPLE, 9, fd, fd), -EINVAL);
	/* Nothing came of it. */
	KUNIT_EXPECT_EQ(test, irqfd(test, ASSIGN, 1, fd, -1), 0);
	fake_eventfd_close(fd);
	fake_vmm_finish(test);
}

static void file_that_is_no_eventfd_is_refused(struct kunit *test)
{
	int fd = fake_eventfd(test), other = get_unused_fd_flags(O_CLOEXEC);

	KUNIT_ASSERT_GE(test, other, 0);
	fd_install(other, get_file(the_vmm(test)->pt_file));
	KUNIT_EXPECT_EQ(test, irqfd(test, ASSIGN, 1, other, -1), -EINVAL);
	KUNIT_EXPECT_EQ(test, irqfd(test, DEASSIGN, 1, other, -1), -EINVAL);
	KUNIT_EXPECT_EQ(test, irqfd(test, RESAMPLE, 0, other, fd), -EINVAL);
	KUNIT_EXPECT_EQ(test, irqfd(test, RESAMPLE, 0, fd, other), -EINVAL);
	/* Nothing came of it. */
	KUNIT_EXPECT_EQ(test, irqfd(test, ASSIGN, 1, fd, -1), 0);
	close_fd(other);
	fake_eventfd_close(fd);
	fake_vmm_finish(test);
}

static void closed_eventfd_ends_its_irqfd(struct kunit *test)
{
	struct mshv_partition *pt = fake_vmm_partition(the_vmm(test));
	int fd = fake_eventfd(test), resample = fake_eventfd(test);

	KUNIT_ASSERT_EQ(test, irqfd(test, RESAMPLE, 0, fd, resample), 0);
	fake_eventfd_close(fd);
	KUNIT_EXPECT_TRUE(test, hlist_empty(&pt->irq.irqfds));
	fake_vmm_finish(test);
	fake_eventfd_close(resample);
}

static void eventfd_outlives_the_partition(struct kunit *test)
{
	int fd = fake_eventfd(test), resample = fake_eventfd(test);

	KUNIT_ASSERT_EQ(test, irqfd(test, RESAMPLE, 0, fd, resample), 0);
	fake_vmm_finish(test);
	fake_eventfd_signal(test, fd);
	KUNIT_EXPECT_EQ(test, nr_asserted(test), 0);
	KUNIT_EXPECT_EQ(test, fake_eventfd_read(test, fd), 1);
	fake_eventfd_close(fd);
	fake_eventfd_close(resample);
}

static void end_of_a_vector_is_told_to_all_level_lines_that_have_it(struct kunit *test)
{
	int fd[4], resample[4], i;

	for (i = 0; i < 4; i++) {
		fd[i] = fake_eventfd(test);
		resample[i] = fake_eventfd(test);
		KUNIT_ASSERT_EQ(test, irqfd(test, i == 1 ? ASSIGN : RESAMPLE, i,
					    fd[i], resample[i]), 0);
	}
	KUNIT_EXPECT_TRUE(test, eoi(test, 0x31));
	KUNIT_EXPECT_EQ(test, fake_eventfd_read(test, resample[0]), 1);
	KUNIT_EXPECT_EQ(test, fake_eventfd_read(test, resample[1]), 0);
	KUNIT_EXPECT_EQ(test, fake_eventfd_read(test, resample[2]), 1);
	KUNIT_EXPECT_EQ(test, fake_eventfd_read(test, resample[3]), 0);

	/* A GSI is not a vector. */
	KUNIT_EXPECT_FALSE(test, eoi(test, 0));
	KUNIT_EXPECT_FALSE(test, eoi(test, 2));
	KUNIT_EXPECT_FALSE(test, eoi(test, U32_MAX));

	KUNIT_EXPECT_EQ(test, irqfd(test, DEASSIGN, 0, fd[0], -1), 0);
	KUNIT_EXPECT_TRUE(test, eoi(test, 0x31));
	KUNIT_EXPECT_EQ(test, fake_eventfd_read(test, resample[0]), 0);
	KUNIT_EXPECT_EQ(test, irqfd(test, DEASSIGN, 2, fd[2], -1), 0);
	KUNIT_EXPECT_FALSE(test, eoi(test, 0x31));

	for (i = 0; i < 4; i++) {
		fake_eventfd_close(fd[i]);
		fake_eventfd_close(resample[i]);
	}
	fake_vmm_finish(test);
}

static void line_that_is_not_level_any_more_hears_of_no_end(struct kunit *test)
{
	struct {
		struct mshv_user_irq_table table;
		struct mshv_user_irq_entry entry;
	} args = { .table.nr = 1, .entry = { 0, ADDR, 0, 0x31 } };
	int fd = fake_eventfd(test), resample = fake_eventfd(test);

	KUNIT_ASSERT_EQ(test, irqfd(test, RESAMPLE, 0, fd, resample), 0);
	KUNIT_ASSERT_EQ(test, fake_vmm_pt(the_vmm(test), MSHV_SET_MSI_ROUTING,
					  &args, sizeof(args)), 0);
	KUNIT_EXPECT_FALSE(test, eoi(test, 0x31));
	args.table.nr = 0;
	KUNIT_ASSERT_EQ(test, fake_vmm_pt(the_vmm(test), MSHV_SET_MSI_ROUTING,
					  &args, sizeof(args)), 0);
	KUNIT_EXPECT_FALSE(test, eoi(test, 0x31));
	KUNIT_EXPECT_EQ(test, fake_eventfd_read(test, resample), 0);
	fake_eventfd_close(fd);
	fake_eventfd_close(resample);
	fake_vmm_finish(test);
}

static void end_of_an_interrupt_is_a_message_too(struct kunit *test)
{
	struct fake_vmm *vmm = the_vmm(test);
	struct hv_x64_apic_eoi_message msg = { .interrupt_vector = 0x32 };
	int fd = fake_eventfd(test), resample = fake_eventfd(test);

	KUNIT_ASSERT_EQ(test, irqfd(test, RESAMPLE, 3, fd, resample), 0);
	fake_guest_send(vmm->m, HVMSG_X64_APIC_EOI, vmm->m->id, &msg,
			sizeof(msg));
	KUNIT_EXPECT_EQ(test, fake_eventfd_read(test, resample), 1);
	fake_guest_send(vmm->m, HVMSG_X64_APIC_EOI, vmm->m->id + 1, &msg,
			sizeof(msg));
	KUNIT_EXPECT_EQ(test, fake_eventfd_read(test, resample), 0);
	fake_eventfd_close(fd);
	fake_eventfd_close(resample);
	fake_vmm_finish(test);
}

static int take_intercept(struct mshv_vp *vp, struct hv_message *msg)
{
	guard(mutex)(&vp->lock);
	return mshv_intercept_take(vp, msg);
}

static void end_of_an_interrupt_does_not_bother_the_vmm(struct kunit *test)
{
	struct mshv_vp *vp = fake_vmm_the_vp(the_vmm(test), 0);
	int fd = fake_eventfd(test), resample = fake_eventfd(test);
	struct hv_message *page = vp->message.va, msg;

	page->header.message_type = HVMSG_X64_APIC_EOI;
	((struct hv_x64_apic_eoi_message *)page->u.payload)->interrupt_vector =
		0x32;
	KUNIT_EXPECT_EQ(test, take_intercept(vp, &msg), 0);
	KUNIT_ASSERT_EQ(test, irqfd(test, RESAMPLE, 3, fd, resample), 0);
	KUNIT_EXPECT_EQ(test, take_intercept(vp, &msg), 1);
	KUNIT_EXPECT_EQ(test, fake_eventfd_read(test, resample), 1);
	fake_eventfd_close(fd);
	fake_eventfd_close(resample);
	fake_vmm_finish(test);
}

static void resamplers_are_bounded(struct kunit *test)
{
	int resample = fake_eventfd(test), i;
	int *fd;

	fd = kunit_kcalloc(test, MSHV_MAX_RESAMPLERS + 1, sizeof(*fd),
			   GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, fd);
	for (i = 0; i <= MSHV_MAX_RESAMPLERS; i++) {
		fd[i] = fake_eventfd(test);
		if (irqfd(test, RESAMPLE, 0, fd[i], resample))
			break;
	}
	KUNIT_EXPECT_EQ(test, i, 256);
	KUNIT_EXPECT_EQ(test, irqfd(test, RESAMPLE, 0, fd[256], resample),
			-ENOSPC);
	KUNIT_EXPECT_EQ(test, irqfd(test, ASSIGN, 0, fd[256], -1), 0);

	/* One that goes makes room, even if it goes by itself. */
	fake_eventfd_close(fd[0]);
	fd[0] = fake_eventfd(test);
	KUNIT_EXPECT_EQ(test, irqfd(test, RESAMPLE, 0, fd[0], resample), 0);
	while (i >= 0)
		fake_eventfd_close(fd[i--]);
	fake_vmm_finish(test);
	fake_eventfd_close(resample);
}

static struct kunit_case irqfd_cases[] = {
	KUNIT_CASE(signaled_eventfd_interrupts_until_it_is_deassigned),
	KUNIT_CASE(eventfd_signaled_before_interrupts_at_once),
	KUNIT_CASE(eventfd_is_one_line_only),
	KUNIT_CASE(line_without_a_route_is_silent_until_it_has_one),
	KUNIT_CASE(senseless_arguments_are_refused),
	KUNIT_CASE(file_that_is_no_eventfd_is_refused),
	KUNIT_CASE(closed_eventfd_ends_its_irqfd),
	KUNIT_CASE(eventfd_outlives_the_partition),
	KUNIT_CASE(end_of_a_vector_is_told_to_all_level_lines_that_have_it),
	KUNIT_CASE(line_that_is_not_level_any_more_hears_of_no_end),
	KUNIT_CASE(end_of_an_interrupt_is_a_message_too),
	KUNIT_CASE(end_of_an_interrupt_does_not_bother_the_vmm),
	KUNIT_CASE(resamplers_are_bounded),
	{}
};

static struct kunit_suite irqfd_suite = {
	.name = "mshv_irqfd",
	.init = irqfd_test_init,
	.test_cases = irqfd_cases,
};

kunit_test_suite(irqfd_suite);
