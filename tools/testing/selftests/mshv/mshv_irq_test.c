// SPDX-License-Identifier: GPL-2.0-only
/* MSHV_SET_MSI_ROUTING and MSHV_IRQFD. */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>

#include "lib/guest.h"
#include "lib/ktest.h"
#include "lib/notify.h"
#include "lib/vm.h"

#define MAX_GSIS 4096
#define MSI_ADDRESS 0xfee00000u		/* to the APIC with id 0 */
#define MSI_LEVEL (1u << 15)
#define MSI_RESERVED_MODE (3u << 8)
#define VECTOR(n) (NOTIFY_VECTOR + (n))

#define PATIENCE_MS 5000
#define QUIET_MS 300

struct table {
	uint32_t nr;
	uint32_t rsvd;
	struct mshv_user_irq_entry entries[2];
};

FIXTURE(irq)
{
	struct vm vm;
	int fd;			/* the partition */
	int event;		/* an eventfd */
	struct table table;	/* GSI 5 is vector 0, GSI 7 is vector 1 */
	struct mshv_user_irqfd irqfd;	/* event to GSI 5 */
};

FIXTURE_SETUP(irq)
{
	vm_create(&self->vm, mshv_open(), 1, guest_find("notify", 6), 1, 0);
	self->fd = self->vm.fd;
	self->event = eventfd(0, EFD_NONBLOCK);
	ASSERT_GE(self->event, 0);
	self->table = (struct table) {
		.nr = 2,
		.entries = {
			{ .gsi = 5, .address_lo = MSI_ADDRESS, .data = VECTOR(0) },
			{ .gsi = 7, .address_lo = MSI_ADDRESS, .data = VECTOR(1) },
		},
	};
	self->irqfd = (struct mshv_user_irqfd) { .fd = self->event, .gsi = 5 };
	notify_ticks();
}

FIXTURE_TEARDOWN(irq)
{
	close(self->vm.vps[0].fd);
	close(self->fd);
}

static int set_routes(struct _test_data_irq *self)
{
	return mshv_try_ioctl(self->fd, MSHV_SET_MSI_ROUTING, &self->table);
}

static int set_irqfd(struct _test_data_irq *self, int event, uint32_t gsi,
		     uint32_t flags)
{
	struct mshv_user_irqfd args = { .fd = event, .gsi = gsi, .flags = flags };

	return mshv_try_ioctl(self->fd, MSHV_IRQFD, &args);
}

static int set_resampler(struct _test_data_irq *self, int event, int resample)
{
	struct mshv_user_irqfd args = {
		.fd = event,
		.resamplefd = resample,
		.gsi = 5,
		.flags = 1 << MSHV_IRQFD_BIT_RESAMPLE,
	};

	return mshv_try_ioctl(self->fd, MSHV_IRQFD, &args);
}

static int deassign(struct _test_data_irq *self)
{
	return set_irqfd(self, self->event, 5, 1 << MSHV_IRQFD_BIT_DEASSIGN);
}

static void signal_event(int event)
{
	eventfd_write(event, 1);
}

#define EXPECT_VECTOR(vector)	EXPECT_EQ(vector, notify_next(self->vm.vps[0].fd, PATIENCE_MS))
#define EXPECT_QUIET()		EXPECT_ERRNO(EINTR, notify_next(self->vm.vps[0].fd, QUIET_MS))

/* The guest waits for interrupts, the routes are set. */
static void start(struct __test_metadata *_metadata, struct _test_data_irq *self)
{
	ASSERT_EQ(0, notify_next(self->vm.vps[0].fd, PATIENCE_MS));
	ASSERT_ERRNO(0, set_routes(self));
}

#define TABLE(field, v) PATCH(struct table, field, v, EINVAL)

static const struct patch bad_tables[] = {
	TABLE(nr, MAX_GSIS + 1),
	TABLE(nr, 0xffffffff),
	TABLE(rsvd, 1),
	TABLE(entries[0].gsi, MAX_GSIS),
	TABLE(entries[1].gsi, 0xffffffff),
	TABLE(entries[1].gsi, 5),		/* twice */
	TABLE(entries[0].address_hi, 1),
	TABLE(entries[1].address_hi, 0x80000000),
};

TEST_F(irq, refuses_bad_routes)
{
	struct table *table = cut_short(sizeof(*table), 0);

	EXPECT_REFUSED(self->fd, MSHV_SET_MSI_ROUTING, &self->table, bad_tables);
	EXPECT_BAD_POINTERS(self->fd, MSHV_SET_MSI_ROUTING,
			    sizeof(struct mshv_user_irq_table));
	*table = self->table;
	EXPECT_ERRNO(0, mshv_try_ioctl(self->fd, MSHV_SET_MSI_ROUTING, table));
	table->nr = 3;			/* the third can't be read */
	EXPECT_ERRNO(EFAULT, mshv_try_ioctl(self->fd, MSHV_SET_MSI_ROUTING, table));
}

/* Guests write what they like into their devices. */
TEST_F(irq, takes_any_msi)
{
	static const struct mshv_user_irq_entry odd[] = {
		{},
		{ .address_lo = 0xffffffff, .data = 0xffffffff },
		{ .address_lo = MSI_ADDRESS, .data = 3 },
		{ .address_lo = MSI_ADDRESS, .data = VECTOR(0) | MSI_RESERVED_MODE },
		{ .address_lo = MSI_ADDRESS | 99 << 12, .data = VECTOR(0) },
	};
	unsigned int i;

	start(_metadata, self);
	ASSERT_ERRNO(0, set_irqfd(self, self->event, 5, 0));
	for (i = 0; i < ARRAY_SIZE(odd); i++) {
		self->table.entries[0] = odd[i];
		self->table.entries[0].gsi = 5;
		EXPECT_ERRNO(0, set_routes(self)) {
			TH_LOG("row %u", i);
		}
		signal_event(self->event);	/* dropped, whatever it is */
	}
	EXPECT_QUIET();
}

TEST_F(irq, has_room_for_all_routes)
{
	struct mshv_user_irq_table *table;
	unsigned int i;

	table = calloc(1, sizeof(*table) + MAX_GSIS * sizeof(table->entries[0]));
	ASSERT_NE(NULL, table);
	table->nr = MAX_GSIS;
	for (i = 0; i < MAX_GSIS; i++)
		table->entries[i].gsi = MAX_GSIS - 1 - i;
	EXPECT_ERRNO(0, mshv_try_ioctl(self->fd, MSHV_SET_MSI_ROUTING, table));
	table->nr = 0;
	EXPECT_ERRNO(0, mshv_try_ioctl(self->fd, MSHV_SET_MSI_ROUTING, table));
}

TEST_F(irq, interrupts_the_guest)
{
	uint64_t count;
	int i;

	start(_metadata, self);
	ASSERT_ERRNO(0, set_irqfd(self, self->event, 5, 0));
	for (i = 0; i < 5; i++) {
		signal_event(self->event);
		EXPECT_VECTOR(VECTOR(0));
	}
	EXPECT_QUIET();
	/* The signal is used up. */
	EXPECT_EQ(-1, eventfd_read(self->event, &count));
	EXPECT_EQ(EAGAIN, errno);
}

static void *signal_later(void *arg)
{
	sleep_ms(QUIET_MS);
	signal_event(*(int *)arg);
	return NULL;
}

TEST_F(irq, wakes_a_halted_vp)
{
	pthread_t thread;
	sigset_t ticks;

	start(_metadata, self);
	ASSERT_ERRNO(0, set_irqfd(self, self->event, 5, 0));
	sigemptyset(&ticks);
	sigaddset(&ticks, NOTIFY_TICK);
	pthread_sigmask(SIG_BLOCK, &ticks, NULL);
	ASSERT_EQ(0, pthread_create(&thread, NULL, signal_later, &self->event));
	EXPECT_VECTOR(VECTOR(0));
	pthread_join(thread, NULL);
}

TEST_F(irq, takes_a_signal_from_before)
{
	start(_metadata, self);
	signal_event(self->event);
	ASSERT_ERRNO(0, set_irqfd(self, self->event, 5, 0));
	EXPECT_VECTOR(VECTOR(0));
	EXPECT_QUIET();
}

TEST_F(irq, follows_the_routes)
{
	struct table other = self->table;

	start(_metadata, self);
	ASSERT_ERRNO(0, set_irqfd(self, self->event, 5, 0));
	self->table.entries[0].data = VECTOR(2);
	ASSERT_ERRNO(0, set_routes(self));
	signal_event(self->event);
	EXPECT_VECTOR(VECTOR(2));
	/* A table that is refused changes nothing. */
	other.entries[1].gsi = 5;
	ASSERT_ERRNO(EINVAL, mshv_try_ioctl(self->fd, MSHV_SET_MSI_ROUTING, &other));
	signal_event(self->event);
	EXPECT_VECTOR(VECTOR(2));
	/* Without a route an interrupt is lost for good. */
	self->table.nr = 0;
	ASSERT_ERRNO(0, set_routes(self));
	signal_event(self->event);
	EXPECT_QUIET();
	self->table.nr = 2;
	ASSERT_ERRNO(0, set_routes(self));
	EXPECT_QUIET();
	signal_event(self->event);
	EXPECT_VECTOR(VECTOR(2));
}

TEST_F(irq, has_several_lines)
{
	int other = eventfd(0, 0);

	start(_metadata, self);
	ASSERT_ERRNO(0, set_irqfd(self, self->event, 5, 0));
	ASSERT_ERRNO(0, set_irqfd(self, other, 7, 0));
	signal_event(other);
	EXPECT_VECTOR(VECTOR(1));
	signal_event(self->event);
	EXPECT_VECTOR(VECTOR(0));
	/* Two lines to the same GSI are as good as one. */
	EXPECT_ERRNO(0, set_irqfd(self, eventfd(1, 0), 7, 0));
	EXPECT_VECTOR(VECTOR(1));
}

TEST_F(irq, stops_when_deassigned)
{
	const struct mshv_user_irqfd deassign_5 = {
		.fd = self->event,
		.gsi = 5,
		.flags = 1 << MSHV_IRQFD_BIT_DEASSIGN,
	};
	static const struct patch others[] = {
		PATCH(struct mshv_user_irqfd, gsi, 7, 0),
		PATCH(struct mshv_user_irqfd, fd, -1, EBADF),
		PATCH(struct mshv_user_irqfd, gsi, MAX_GSIS, EINVAL),
	};

	start(_metadata, self);
	ASSERT_ERRNO(0, deassign(self));		/* there is none: fine */
	ASSERT_ERRNO(0, set_irqfd(self, self->event, 5, 0));
	EXPECT_REFUSED(self->fd, MSHV_IRQFD, &deassign_5, others);
	signal_event(self->event);
	EXPECT_VECTOR(VECTOR(0));			/* another was meant */
	ASSERT_ERRNO(0, deassign(self));
	signal_event(self->event);
	EXPECT_QUIET();
	/* The signal is still in the eventfd. */
	ASSERT_ERRNO(0, set_irqfd(self, self->event, 7, 0));
	EXPECT_VECTOR(VECTOR(1));
}

TEST_F(irq, lets_an_eventfd_be_one_line)
{
	int other = mshv_create_partition(mshv_open(), 0);

	mshv_initialize(other);
	ASSERT_ERRNO(0, set_irqfd(self, self->event, 5, 0));
	EXPECT_ERRNO(EBUSY, set_irqfd(self, self->event, 5, 0));
	EXPECT_ERRNO(EBUSY, set_irqfd(self, self->event, 7, 0));
	EXPECT_ERRNO(EBUSY, mshv_try_ioctl(other, MSHV_IRQFD, &self->irqfd));
	ASSERT_ERRNO(0, deassign(self));
	EXPECT_ERRNO(0, mshv_try_ioctl(other, MSHV_IRQFD, &self->irqfd));
}

/* The line is the eventfd, not the number of the descriptor. */
TEST_F(irq, ends_with_the_eventfd)
{
	int copy = dup(self->event), again;

	start(_metadata, self);
	ASSERT_ERRNO(0, set_irqfd(self, self->event, 5, 0));
	close(self->event);
	signal_event(copy);
	EXPECT_VECTOR(VECTOR(0));
	close(copy);
	again = eventfd(0, 0);
	EXPECT_ERRNO(0, set_irqfd(self, again, 5, 0));
	signal_event(again);
	EXPECT_VECTOR(VECTOR(0));
	EXPECT_QUIET();
}

#define IRQFD(field, v, e) PATCH(struct mshv_user_irqfd, field, v, e)

static const struct patch bad_irqfds[] = {
	IRQFD(fd, -1, EBADF),
	IRQFD(fd, 9999, EBADF),
	IRQFD(fd, 0x80000000, EBADF),
	IRQFD(gsi, MAX_GSIS, EINVAL),
	IRQFD(gsi, 0xffffffff, EINVAL),
	IRQFD(flags, 1 << MSHV_IRQFD_BIT_COUNT, EINVAL),
	IRQFD(flags, 0x80000000, EINVAL),
	IRQFD(flags, 0xffffffff, EINVAL),
};

TEST_F(irq, refuses_bad_lines)
{
	EXPECT_REFUSED(self->fd, MSHV_IRQFD, &self->irqfd, bad_irqfds);
	EXPECT_BAD_POINTERS(self->fd, MSHV_IRQFD, sizeof(self->irqfd));
	EXPECT_ERRNO(EINVAL, set_irqfd(self, self->fd, 5, 0));
	EXPECT_ERRNO(EINVAL, set_irqfd(self, self->fd, 5, 1 << MSHV_IRQFD_BIT_DEASSIGN));
	/* None of them is left. */
	EXPECT_ERRNO(0, set_irqfd(self, self->event, 5, 0));
}

TEST_F(irq, resamples_level_triggered_lines_only)
{
	int resample = eventfd(0, 0);

	EXPECT_ERRNO(EINVAL, set_resampler(self, self->event, resample));
	ASSERT_ERRNO(0, set_routes(self));
	EXPECT_ERRNO(EINVAL, set_resampler(self, self->event, resample));
	self->table.entries[0].data |= MSI_LEVEL;
	ASSERT_ERRNO(0, set_routes(self));
	EXPECT_ERRNO(EBADF, set_resampler(self, self->event, -1));
	EXPECT_ERRNO(EINVAL, set_resampler(self, self->event, self->fd));
	EXPECT_ERRNO(EBADF, set_resampler(self, -1, resample));
	EXPECT_ERRNO(0, set_resampler(self, self->event, resample));
	EXPECT_ERRNO(EBUSY, set_resampler(self, self->event, resample));
	ASSERT_ERRNO(0, deassign(self));
	EXPECT_ERRNO(0, set_resampler(self, self->event, resample));
}

TEST_F(irq, has_a_limited_number_of_resamplers)
{
	int limit = extension(MSHV_CAP_RESAMPLE_LIMIT);
	int resample = eventfd(0, 0);
	int i;

	REQUIRE_EXTENSION(MSHV_CAP_RESAMPLE_LIMIT);
	limit_fds(limit + 64);
	self->table.entries[0].data |= MSI_LEVEL;
	ASSERT_ERRNO(0, set_routes(self));
	ASSERT_ERRNO(0, set_resampler(self, self->event, resample));
	for (i = 1; i < limit; i++)
		ASSERT_ERRNO(0, set_resampler(self, eventfd(0, 0), resample));
	EXPECT_ERRNO(ENOSPC, set_resampler(self, eventfd(0, 0), resample));
	/* One goes, one may come. */
	close(self->event);
	EXPECT_ERRNO(0, set_resampler(self, eventfd(0, 0), resample));
	EXPECT_ERRNO(ENOSPC, set_resampler(self, eventfd(0, 0), resample));
}

TEST_HARNESS_MAIN
