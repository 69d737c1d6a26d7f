// SPDX-License-Identifier: GPL-2.0-only
/* Partition files: MSHV_INITIALIZE_PARTITION and MSHV_CREATE_VP. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdatomic.h>
#include <sys/eventfd.h>

#include "lib/ktest.h"

#define EARLY_FEATURES 0x06400ffb

FIXTURE(partition)
{
	int dev;
	int fd;			/* not initialized */
};

FIXTURE_SETUP(partition)
{
	self->dev = mshv_open();
	self->fd = mshv_create_partition(self->dev, 0);
}

FIXTURE_TEARDOWN(partition)
{
	close(self->fd);
	close(self->dev);
}

static const unsigned long not_for_partitions[] = {
	MSHV_CREATE_PARTITION, MSHV_CHECK_EXTENSION, MSHV_RUN_VP,
	MSHV_GET_VP_STATE, MSHV_SET_VP_STATE, MSHV_CANCEL_VP,
	_IO(MSHV_IOCTL, 0xff), _IO(0, 0), ~0ul,
};

TEST_F(partition, has_no_ioctls_of_other_files)
{
	EXPECT_UNKNOWN(self->fd, not_for_partitions);
	mshv_initialize(self->fd);
	EXPECT_UNKNOWN(self->fd, not_for_partitions);
}

TEST_F(partition, can_not_be_read_written_or_mapped)
{
	char c = 0;

	EXPECT_EQ(-1, read(self->fd, &c, 1));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, write(self->fd, &c, 1));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(MAP_FAILED, mmap(NULL, PAGE, PROT_READ, MAP_SHARED, self->fd, 0));
	EXPECT_EQ(ENODEV, errno);
}

/* VMMs do that; there is no argument, so it can't be a bad one. */
TEST_F(partition, initializes_more_than_once)
{
	EXPECT_ERRNO(0, mshv_try_initialize(self->fd));
	EXPECT_ERRNO(0, mshv_try_initialize(self->fd));
	EXPECT_ERRNO(0, mshv_try_ioctl(self->fd, MSHV_INITIALIZE_PARTITION,
				       (void *)KERNEL_ADDRESS));
}

TEST_F(partition, takes_early_properties)
{
	EXPECT_ERRNO(0, mshv_try_set_property(self->fd, HV_PROPERTY_SYNTHETIC_FEATURES,
					      EARLY_FEATURES));
	EXPECT_ERRNO(0, mshv_try_initialize(self->fd));
	EXPECT_ERRNO(0, mshv_try_create_vp(self->fd, 0));
}

TEST_F(partition, has_nothing_before_it_is_initialized)
{
	void *mem = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_NE(MAP_FAILED, mem);
	EXPECT_ERRNO(EBUSY, mshv_try_create_vp(self->fd, 0));
	EXPECT_ERRNO(EBUSY, mshv_try_set_guest_memory(self->fd, 0, mem, PAGE, RWX));
	/* Neither leaves anything behind. */
	EXPECT_ERRNO(0, mshv_try_initialize(self->fd));
	EXPECT_ERRNO(0, mshv_try_set_guest_memory(self->fd, 0, mem, PAGE, RWX));
	EXPECT_ERRNO(0, mshv_try_create_vp(self->fd, 0));
}

/* What needs neither VPs nor memory may be set up before. */
TEST_F(partition, takes_lines_before_it_is_initialized)
{
	struct {
		struct mshv_user_irq_table table;
		struct mshv_user_irq_entry entry;
	} routes = {
		.table.nr = 1,
		.entry = { .gsi = 1, .address_lo = 0xfee00000, .data = 0x50 },
	};
	struct mshv_user_irqfd line = { .fd = eventfd(0, 0), .gsi = 1 };
	uint64_t value;

	EXPECT_ERRNO(0, mshv_try_ioctl(self->fd, MSHV_SET_MSI_ROUTING, &routes));
	EXPECT_ERRNO(0, mshv_try_ioctl(self->fd, MSHV_IRQFD, &line));
	EXPECT_EQ(0, eventfd_write(line.fd, 1));
	EXPECT_ERRNO(0, mshv_try_get_property(self->fd, HV_PROPERTY_PROC_FEATURES0,
					      &value));
	EXPECT_ERRNO(0, mshv_try_initialize(self->fd));
	EXPECT_EQ(0, eventfd_write(line.fd, 1));
	line.flags = 1 << MSHV_IRQFD_BIT_DEASSIGN;
	EXPECT_ERRNO(0, mshv_try_ioctl(self->fd, MSHV_IRQFD, &line));
}

TEST_F(partition, creates_vps_in_any_order)
{
	static const uint32_t indexes[] = { 5, 0, 63, 1 };
	unsigned int i;
	int vp;

	mshv_initialize(self->fd);
	for (i = 0; i < ARRAY_SIZE(indexes); i++) {
		vp = mshv_try_create_vp(self->fd, indexes[i]);
		EXPECT_ERRNO(0, vp) {
			TH_LOG("index %u", indexes[i]);
		}
		EXPECT_TRUE(is_cloexec(vp));
	}
}

TEST_F(partition, creates_each_vp_once)
{
	int vp;

	mshv_initialize(self->fd);
	vp = mshv_create_vp(self->fd, 3);
	EXPECT_ERRNO(EEXIST, mshv_try_create_vp(self->fd, 3));
	close(vp);
	EXPECT_ERRNO(EEXIST, mshv_try_create_vp(self->fd, 3));
	EXPECT_ERRNO(0, mshv_try_create_vp(self->fd, 4));
}

TEST_F(partition, refuses_bad_vp_indexes)
{
	static const uint32_t bad[] = { 1 << 16, 0x7fffffff, 0x80000000, ~0u - 1, ~0u };
	unsigned int i;

	mshv_initialize(self->fd);
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		EXPECT_ERRNO(EINVAL, mshv_try_create_vp(self->fd, bad[i])) {
			TH_LOG("index 0x%x", bad[i]);
		}
	}
	EXPECT_BAD_POINTERS(self->fd, MSHV_CREATE_VP, sizeof(struct mshv_create_vp));
}

TEST_F(partition, has_room_for_as_many_vps_as_it_says)
{
	int max = extension(MSHV_CAP_MAX_VPS);

	REQUIRE_EXTENSION(MSHV_CAP_MAX_VPS);
	mshv_initialize(self->fd);
	EXPECT_ERRNO(EINVAL, mshv_try_create_vp(self->fd, max));
	EXPECT_ERRNO(0, mshv_try_create_vp(self->fd, max - 1));
}

/* The VP exists already when it turns out that there is no descriptor. */
TEST_F(partition, survives_a_lack_of_descriptors)
{
	unsigned int i;

	mshv_initialize(self->fd);
	limit_fds(self->fd + 1);
	for (i = 0; i < 3; i++)
		EXPECT_ERRNO(EMFILE, mshv_try_create_vp(self->fd, 0));
	limit_fds(self->fd + 2);
	EXPECT_ERRNO(0, mshv_try_create_vp(self->fd, 0));
}

#define NR_RACERS 4
#define NR_RACES 8

struct race {
	int pt;
	atomic_uint go;
	int results[NR_RACERS][NR_RACES];
};

struct racer {
	struct race *race;
	unsigned int nr;
	pthread_t thread;
};

static void *create_vps(void *arg)
{
	struct racer *racer = arg;
	struct race *race = racer->race;
	unsigned int i;

	for (i = 0; i < NR_RACES; i++) {
		atomic_fetch_add(&race->go, 1);
		while (atomic_load(&race->go) < (i + 1) * NR_RACERS)
			sched_yield();
		race->results[racer->nr][i] = mshv_try_create_vp(race->pt, i);
	}
	return NULL;
}

TEST_F(partition, lets_one_of_many_create_a_vp)
{
	struct race race = { .pt = self->fd };
	struct racer racers[NR_RACERS];
	unsigned int i, k, made;

	mshv_initialize(self->fd);
	for (i = 0; i < NR_RACERS; i++) {
		racers[i] = (struct racer){ .race = &race, .nr = i };
		ASSERT_EQ(0, pthread_create(&racers[i].thread, NULL, create_vps,
					    &racers[i]));
	}
	for (i = 0; i < NR_RACERS; i++)
		pthread_join(racers[i].thread, NULL);

	for (k = 0; k < NR_RACES; k++) {
		for (i = 0, made = 0; i < NR_RACERS; i++) {
			if (race.results[i][k] >= 0) {
				made++;
				continue;
			}
			EXPECT_ERRNO(EEXIST, race.results[i][k]);
		}
		EXPECT_EQ(1, made);
	}
}

TEST_HARNESS_MAIN
