// SPDX-License-Identifier: GPL-2.0-only
/* /dev/mshv itself: MSHV_CHECK_EXTENSION and MSHV_CREATE_PARTITION. */
#define _GNU_SOURCE
#include "lib/ktest.h"

FIXTURE(device)
{
	int fd;
};

FIXTURE_SETUP(device)
{
	self->fd = mshv_open();
}

FIXTURE_TEARDOWN(device)
{
	close(self->fd);
}

static const unsigned long not_for_the_device[] = {
	MSHV_INITIALIZE_PARTITION, MSHV_CREATE_VP, MSHV_SET_GUEST_MEMORY,
	MSHV_IRQFD, MSHV_IOEVENTFD, MSHV_SET_MSI_ROUTING,
	MSHV_GET_GPAP_ACCESS_BITMAP, MSHV_RUN_VP, MSHV_GET_VP_STATE,
	MSHV_SET_VP_STATE, MSHV_CANCEL_VP,
	_IO(MSHV_IOCTL, 0xff), _IO(0, 0), ~0ul,
};

TEST_F(device, has_no_ioctls_of_other_files)
{
	EXPECT_UNKNOWN(self->fd, not_for_the_device);
}

TEST_F(device, can_not_be_read_written_or_mapped)
{
	char c = 0;

	EXPECT_EQ(-1, read(self->fd, &c, 1));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, write(self->fd, &c, 1));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(MAP_FAILED, mmap(NULL, PAGE, PROT_READ, MAP_SHARED, self->fd, 0));
	EXPECT_EQ(ENODEV, errno);
}

/* Some VMMs open it for reading only. */
TEST(access_mode_does_not_matter)
{
	static const int modes[] = { O_RDONLY, O_WRONLY, O_RDWR | O_NONBLOCK };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(modes); i++) {
		int fd = open(MSHV_DEVICE, modes[i] | O_CLOEXEC);

		ASSERT_GE(fd, 0);
		EXPECT_ERRNO(0, mshv_try_create_partition(fd, 0)) {
			TH_LOG("opened with 0x%x", modes[i]);
		}
		close(fd);
	}
}

TEST_F(device, tells_its_extensions)
{
	static const struct {
		uint32_t cap;
		int least;
		int most;
	} rows[] = {
		{ MSHV_CAP_CORE_API_STABLE, 1, 1 },
		{ MSHV_CAP_REGISTER_PAGE, 1, 1 },
		{ MSHV_CAP_CANCEL_VP, 1, 1 },
		{ MSHV_CAP_MAX_VPS, 2, 1 << 16 },
		{ MSHV_CAP_HOST_SCHEDULED, 0, 1 },
		{ MSHV_CAP_RESAMPLE_LIMIT, 1, 4096 },
		{ 0x7f, 0, 0 },
		{ 0xffffffff, 0, 0 },
	};
	unsigned int i;

	REQUIRE_EXTENSION(MSHV_CAP_CORE_API_STABLE);
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		int ret = mshv_try_ioctl(self->fd, MSHV_CHECK_EXTENSION, &rows[i].cap);

		EXPECT_GE(ret, rows[i].least) {
			TH_LOG("capability 0x%x", rows[i].cap);
		}
		EXPECT_LE(ret, rows[i].most) {
			TH_LOG("capability 0x%x", rows[i].cap);
		}
	}
	EXPECT_BAD_POINTERS(self->fd, MSHV_CHECK_EXTENSION, sizeof(uint32_t));
}

TEST_F(device, creates_partitions_of_both_versions)
{
	struct mshv_create_partition_v2 v2 = {
		.pt_flags = 1 << MSHV_PT_BIT_CPU_AND_XSAVE_FEATURES |
			    1 << MSHV_PT_BIT_LAPIC,
		.pt_num_cpu_fbanks = MSHV_NUM_CPU_FEATURES_BANKS,
	};
	int first = mshv_try_create_partition(self->fd, 0);
	int second = mshv_try_create_partition_v2(self->fd, &v2);

	ASSERT_GE(first, 0);
	ASSERT_GE(second, 0);
	EXPECT_NE(first, second);
	EXPECT_TRUE(is_cloexec(first));
	EXPECT_TRUE(is_cloexec(second));
	EXPECT_ERRNO(0, mshv_try_initialize(first));
	EXPECT_ERRNO(0, mshv_try_initialize(second));
}

TEST_F(device, creates_partitions_with_each_flag)
{
	static const unsigned int bits[] = {
		MSHV_PT_BIT_LAPIC, MSHV_PT_BIT_GPA_SUPER_PAGES,
		MSHV_PT_BIT_SMT_ENABLED_GUEST,
	};
	uint64_t flags = 0;
	unsigned int i;
	int pt;

	for (i = 0; i < ARRAY_SIZE(bits); i++) {
		flags |= 1 << bits[i];
		pt = mshv_try_create_partition(self->fd, 1 << bits[i]);
		EXPECT_ERRNO(0, pt) {
			TH_LOG("flag %u", bits[i]);
		}
		EXPECT_ERRNO(0, mshv_try_initialize(pt));
		close(pt);
	}
	/* This one is of no use without a LAPIC. */
	flags |= 1 << MSHV_PT_BIT_X2APIC;
	pt = mshv_try_create_partition(self->fd, flags);
	EXPECT_ERRNO(0, pt);
	EXPECT_ERRNO(0, mshv_try_initialize(pt));
}

/* Only the part that is described by the flags is read. */
TEST_F(device, reads_no_more_than_the_first_version)
{
	struct mshv_create_partition *v1 = cut_short(sizeof(*v1), 0);
	struct mshv_create_partition_v2 garbage;

	EXPECT_ERRNO(0, mshv_try_ioctl(self->fd, MSHV_CREATE_PARTITION, v1));
	v1->pt_flags = 1 << MSHV_PT_BIT_CPU_AND_XSAVE_FEATURES;
	EXPECT_ERRNO(EFAULT, mshv_try_ioctl(self->fd, MSHV_CREATE_PARTITION, v1));

	memset(&garbage, 0xff, sizeof(garbage));
	garbage.pt_flags = 0;
	garbage.pt_isolation = 0;
	EXPECT_ERRNO(0, mshv_try_create_partition_v2(self->fd, &garbage));
}

#define V1(field, value) PATCH(struct mshv_create_partition, field, value, EINVAL)
#define V2(field, value) PATCH(struct mshv_create_partition_v2, field, value, EINVAL)

static const struct patch bad_v1[] = {
	V1(pt_flags, 1 << MSHV_PT_BIT_COUNT),
	V1(pt_flags, 1ull << 31),
	V1(pt_flags, 1ull << 32),
	V1(pt_flags, 1ull << 63),
	V1(pt_flags, ~0ull),
	V1(pt_isolation, MSHV_PT_ISOLATION_COUNT),
	V1(pt_isolation, 1ull << 32),
	V1(pt_isolation, ~0ull),
};

static const struct patch bad_v2[] = {
	V2(pt_flags, 1ull << 63 | 1 << MSHV_PT_BIT_CPU_AND_XSAVE_FEATURES),
	V2(pt_isolation, MSHV_PT_ISOLATION_COUNT),
	V2(pt_num_cpu_fbanks, 0),
	V2(pt_num_cpu_fbanks, MSHV_NUM_CPU_FEATURES_BANKS - 1),
	V2(pt_num_cpu_fbanks, MSHV_NUM_CPU_FEATURES_BANKS + 1),
	V2(pt_num_cpu_fbanks, 0xffff),
	V2(pt_rsvd[0], 1),
	V2(pt_rsvd[5], 0x80),
	V2(pt_rsvd1[0], 1),
	V2(pt_rsvd1[1], 1ull << 63),
};

TEST_F(device, refuses_bad_partitions)
{
	const struct mshv_create_partition v1 = {};
	const struct mshv_create_partition_v2 v2 = {
		.pt_flags = 1 << MSHV_PT_BIT_CPU_AND_XSAVE_FEATURES,
		.pt_num_cpu_fbanks = MSHV_NUM_CPU_FEATURES_BANKS,
	};

	EXPECT_REFUSED(self->fd, MSHV_CREATE_PARTITION, &v1, bad_v1);
	EXPECT_REFUSED(self->fd, MSHV_CREATE_PARTITION, &v2, bad_v2);
	EXPECT_BAD_POINTERS(self->fd, MSHV_CREATE_PARTITION, sizeof(v1));
}

/* The partition exists already when it turns out that there is no descriptor. */
TEST_F(device, survives_a_lack_of_descriptors)
{
	unsigned int i;

	limit_fds(self->fd + 1);
	for (i = 0; i < 5; i++)
		EXPECT_ERRNO(EMFILE, mshv_try_create_partition(self->fd, 0));
	limit_fds(self->fd + 2);
	EXPECT_ERRNO(0, mshv_try_create_partition(self->fd, 0));
}

TEST_F(device, makes_many_partitions)
{
	int pts[20];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(pts); i++) {
		pts[i] = mshv_try_create_partition(self->fd, 0);
		ASSERT_ERRNO(0, pts[i]);
		ASSERT_ERRNO(0, mshv_try_initialize(pts[i]));
	}
	/* In another order than they came */
	for (i = 0; i < ARRAY_SIZE(pts); i += 2)
		close(pts[i]);
	for (i = 1; i < ARRAY_SIZE(pts); i += 2)
		EXPECT_ERRNO(0, mshv_try_create_vp(pts[i], 0));
}

TEST_HARNESS_MAIN
