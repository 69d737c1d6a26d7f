// SPDX-License-Identifier: GPL-2.0-only
/* MSHV_IOEVENTFD. What needs a hypervisor with doorbells is skipped without. */
#define _GNU_SOURCE
#include <sys/eventfd.h>

#include "lib/ktest.h"
#include "lib/poke.h"

#define GPA 0x2000000ull
#define MATCH (1 << MSHV_IOEVENTFD_BIT_DATAMATCH)
#define PIO (1 << MSHV_IOEVENTFD_BIT_PIO)
#define DEASSIGN (1 << MSHV_IOEVENTFD_BIT_DEASSIGN)
#define PATIENCE_MS 3000
#define QUIET_MS 200

FIXTURE(doorbell)
{
	struct poke p;
	int event;
	struct mshv_user_ioeventfd args;	/* any 4 bytes at GPA */
};

FIXTURE_SETUP(doorbell)
{
	poke_create(&self->p, "poke", 0);
	self->event = eventfd(0, 0);
	ASSERT_GE(self->event, 0);
	self->args = (struct mshv_user_ioeventfd) {
		.addr = GPA,
		.len = 4,
		.fd = self->event,
	};
}

FIXTURE_TEARDOWN(doorbell)
{
	close(self->p.vm.vps[0].fd);
	close(self->p.vm.fd);
}

static int set(struct _test_data_doorbell *self)
{
	return mshv_try_ioctl(self->p.vm.fd, MSHV_IOEVENTFD, &self->args);
}

#define REQUIRE_DOORBELLS()						\
	do {								\
		int ret_ = set(self);					\
									\
		if (ret_ == -EOPNOTSUPP)				\
			SKIP(return, "this hypervisor has no doorbells"); \
		ASSERT_ERRNO(0, ret_);					\
		self->args.flags |= DEASSIGN;				\
		ASSERT_ERRNO(0, set(self));				\
		self->args.flags &= ~DEASSIGN;				\
	} while (0)

static bool rings(int event, int patience_ms)
{
	struct pollfd fd = { .fd = event, .events = POLLIN };

	return poll(&fd, 1, patience_ms) > 0;
}

#define IO(field, v, e) PATCH(struct mshv_user_ioeventfd, field, v, e)

/* Bad when it begins and when it ends */
static const struct patch bad[] = {
	IO(len, 3, EINVAL),
	IO(len, 5, EINVAL),
	IO(len, 7, EINVAL),
	IO(len, 9, EINVAL),
	IO(len, 16, EINVAL),
	IO(len, 0x80000000, EINVAL),
	IO(len, 0xffffffff, EINVAL),
	IO(rsvd[0], 1, EINVAL),
	IO(rsvd[1], 1, EINVAL),
	IO(rsvd[2], 1, EINVAL),
	IO(rsvd[3], 0x80, EINVAL),
	IO(addr, ~0ull, EINVAL),
	IO(addr, ~0ull - 2, EINVAL),
	IO(fd, -1, EBADF),
	IO(fd, 9999, EBADF),
	IO(fd, 0, EINVAL),		/* standard input is no eventfd */
	IO(flags, 1 << MSHV_IOEVENTFD_BIT_COUNT, EINVAL),
	IO(flags, 0x80000000, EINVAL),
	IO(flags, 0xffffffff, EINVAL),
	IO(flags, PIO, EOPNOTSUPP),
	IO(flags, PIO | DEASSIGN, EOPNOTSUPP),
};

TEST_F(doorbell, refuses_bad_arguments)
{
	EXPECT_REFUSED(self->p.vm.fd, MSHV_IOEVENTFD, &self->args, bad);
	EXPECT_BAD_POINTERS(self->p.vm.fd, MSHV_IOEVENTFD, sizeof(self->args));
	self->args.flags = DEASSIGN;
	EXPECT_ERRNO(ENOENT, set(self));
	EXPECT_REFUSED(self->p.vm.fd, MSHV_IOEVENTFD, &self->args, bad);
}

struct row {
	uint32_t len;
	uint32_t flags;
	uint64_t datamatch;
	uint32_t what;
	uint32_t offset;
	uint32_t value;
	bool rings;
};

static const struct row rows[] = {
	/* The length */
	{ 1, 0, 0, POKE_WRITE_8, 0, 1, true },
	{ 1, 0, 0, POKE_WRITE_16, 0, 1, false },
	{ 1, 0, 0, POKE_WRITE, 0, 1, false },
	{ 2, 0, 0, POKE_WRITE_16, 0, 1, true },
	{ 2, 0, 0, POKE_WRITE_8, 0, 1, false },
	{ 4, 0, 0, POKE_WRITE, 0, 0, true },
	{ 4, 0, 0, POKE_WRITE_64, 0, 0, false },
	{ 4, 0, 0, POKE_WRITE_16, 0, 0, false },
	{ 8, 0, 0, POKE_WRITE_64, 0, 1, true },
	{ 8, 0, 0, POKE_WRITE, 0, 1, false },
	{ 0, 0, 0, POKE_WRITE_8, 0, 1, true },
	{ 0, 0, 0, POKE_WRITE_16, 0, 2, true },
	{ 0, 0, 0, POKE_WRITE, 0, 3, true },
	{ 0, 0, 0, POKE_WRITE_64, 0, 4, true },
	/* The place */
	{ 4, 0, 0, POKE_WRITE, 4, 1, false },
	{ 4, 0, 0, POKE_WRITE, 0x1000, 1, false },
	{ 4, 0, 0, POKE_READ, 0, 0, false },
	/* The value; without the flag it does not matter */
	{ 4, MATCH, 5, POKE_WRITE, 0, 5, true },
	{ 4, MATCH, 5, POKE_WRITE, 0, 6, false },
	{ 4, MATCH, 0, POKE_WRITE, 0, 0, true },
	{ 4, 0, 5, POKE_WRITE, 0, 6, true },
	{ 1, MATCH, 0xff, POKE_WRITE_8, 0, 0xff, true },
	{ 2, MATCH, 0x1234, POKE_WRITE_16, 0, 0x1234, true },
	{ 8, MATCH, 0x12345678, POKE_WRITE_64, 0, 0x12345678, true },
	{ 8, MATCH, 0x112345678, POKE_WRITE_64, 0, 0x12345678, false },
};

/* A write that rings is done; what does not is a message. */
static bool row_works(struct _test_data_doorbell *self, const struct row *row)
{
	uint64_t count = 0;
	enum poke_end end;

	self->args.len = row->len;
	self->args.flags = row->flags;
	self->args.datamatch = row->datamatch;
	if (set(self))
		return false;
	end = poke(&self->p, row->what, GPA + row->offset, row->value);
	if (!row->rings)
		return end == POKE_NO_MEMORY && self->p.gpa == GPA + row->offset &&
		       !rings(self->event, QUIET_MS);
	return end == POKE_DONE && rings(self->event, PATIENCE_MS) &&
	       !eventfd_read(self->event, &count) && count == 1;
}

/* A guest whose access was a message does nothing else: a new one for each row */
TEST_F_TIMEOUT(doorbell, rings_as_told, 90)
{
	struct _test_data_doorbell each;
	unsigned int i;

	REQUIRE_DOORBELLS();
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		doorbell_setup(_metadata, &each, NULL);
		EXPECT_TRUE(row_works(&each, &rows[i])) {
			TH_LOG("row %u", i);
		}
		close(each.event);
		doorbell_teardown(_metadata, &each, NULL);
	}
}

TEST_F(doorbell, rings_each_time)
{
	uint64_t count, sum = 0;
	int i;

	REQUIRE_DOORBELLS();
	ASSERT_ERRNO(0, set(self));
	for (i = 0; i < 100; i++)
		poke_write(&self->p, GPA, i);
	while (sum < 100 && rings(self->event, PATIENCE_MS)) {
		ASSERT_EQ(0, eventfd_read(self->event, &count));
		sum += count;
	}
	EXPECT_EQ(100, sum);
}

TEST_F(doorbell, tells_values_apart)
{
	int other = eventfd(0, 0);

	REQUIRE_DOORBELLS();
	self->args.flags = MATCH;
	self->args.datamatch = 1;
	ASSERT_ERRNO(0, set(self));
	self->args.datamatch = 2;
	self->args.fd = other;
	ASSERT_ERRNO(0, set(self));
	poke_write(&self->p, GPA, 2);
	EXPECT_TRUE(rings(other, PATIENCE_MS));
	EXPECT_FALSE(rings(self->event, QUIET_MS));
	poke_write(&self->p, GPA, 1);
	EXPECT_TRUE(rings(self->event, PATIENCE_MS));
	EXPECT_EQ(POKE_NO_MEMORY, poke(&self->p, POKE_WRITE, GPA, 3));
}

TEST_F(doorbell, is_only_one_for_a_write)
{
	REQUIRE_DOORBELLS();
	ASSERT_ERRNO(0, set(self));
	EXPECT_ERRNO(EEXIST, set(self));
	self->args.fd = eventfd(0, 0);
	EXPECT_ERRNO(EEXIST, set(self));
	self->args.flags = MATCH;
	EXPECT_ERRNO(EEXIST, set(self));
	self->args.addr = GPA + 8;
	EXPECT_ERRNO(0, set(self));
	EXPECT_ERRNO(EEXIST, set(self));
	self->args.datamatch++;
	EXPECT_ERRNO(0, set(self));
	self->args.flags = 0;
	EXPECT_ERRNO(EEXIST, set(self));
}

TEST_F(doorbell, is_deassigned_as_it_was_assigned)
{
	const int other = eventfd(0, 0);
	struct patch others[] = {
		IO(addr, GPA + 4, ENOENT),
		IO(len, 8, ENOENT),
		IO(len, 0, ENOENT),
		IO(fd, other, ENOENT),
		IO(datamatch, 6, ENOENT),
		IO(flags, DEASSIGN, ENOENT),
	};

	REQUIRE_DOORBELLS();
	self->args.flags = MATCH;
	self->args.datamatch = 5;
	ASSERT_ERRNO(0, set(self));
	self->args.flags |= DEASSIGN;
	EXPECT_REFUSED(self->p.vm.fd, MSHV_IOEVENTFD, &self->args, others);
	poke_write(&self->p, GPA, 5);
	EXPECT_TRUE(rings(self->event, PATIENCE_MS));
	EXPECT_ERRNO(0, set(self));
	EXPECT_ERRNO(ENOENT, set(self));
	EXPECT_EQ(POKE_NO_MEMORY, poke(&self->p, POKE_WRITE, GPA, 5));
}

/* Some of them deassigned, some left to the partition's end */
TEST_F(doorbell, comes_in_numbers)
{
	int i;

	REQUIRE_DOORBELLS();
	for (i = 0; i < 100; i++) {
		self->args.addr = GPA + i * 8;
		ASSERT_ERRNO(0, set(self));
	}
	poke_write(&self->p, GPA + 99 * 8, 0);
	EXPECT_TRUE(rings(self->event, PATIENCE_MS));
	self->args.flags = DEASSIGN;
	for (i = 0; i < 100; i += 2) {
		self->args.addr = GPA + i * 8;
		ASSERT_ERRNO(0, set(self));
	}
	/* The eventfd may go before the partition. */
	close(self->event);
	poke_write(&self->p, GPA + 99 * 8, 0);
}

TEST_HARNESS_MAIN
