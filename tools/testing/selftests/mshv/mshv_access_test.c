// SPDX-License-Identifier: GPL-2.0-only
/* MSHV_GET_GPAP_ACCESS_BITMAP. */
#define _GNU_SOURCE
#include "lib/ktest.h"
#include "lib/poke.h"

#define NR_PAGES 20
#define GPA 0x1000000ull
#define GFN (GPA / PAGE)
#define HV_PROPERTY_ACCESS_TRACKING 0x00050005u

#define BITMAP(field, v, e) PATCH(struct mshv_gpap_access_bitmap, field, v, e)

FIXTURE(access)
{
	struct poke p;
	uint8_t *mem;
	uint8_t bits[(NR_PAGES + 7) / 8];
	struct mshv_gpap_access_bitmap good;
};

FIXTURE_SETUP(access)
{
	poke_create(&self->p, "poke", 0);
	mshv_try_set_property(self->p.vm.fd, HV_PROPERTY_ACCESS_TRACKING, 1);
	self->mem = poke_mmap(NULL, NR_PAGES * PAGE, PROT_READ | PROT_WRITE, 0);
	poke_map(&self->p, GPA, self->mem, NR_PAGES * PAGE, RWX);
	self->good = (struct mshv_gpap_access_bitmap) {
		.access_type = MSHV_GPAP_ACCESS_TYPE_DIRTY,
		.page_count = NR_PAGES,
		.gpap_base = GFN,
		.bitmap_ptr = (uintptr_t)self->bits,
	};
}

FIXTURE_TEARDOWN(access)
{
	close(self->p.vm.vps[0].fd);
	close(self->p.vm.fd);
}

static const struct patch bad[] = {
	BITMAP(access_type, MSHV_GPAP_ACCESS_TYPE_COUNT, EINVAL),
	BITMAP(access_type, 0xff, EINVAL),
	BITMAP(access_op, MSHV_GPAP_ACCESS_OP_COUNT, EINVAL),
	BITMAP(access_op, 0xff, EINVAL),
	BITMAP(rsvd[0], 1, EINVAL),
	BITMAP(rsvd[1], 1, EINVAL),
	BITMAP(rsvd[2], 1, EINVAL),
	BITMAP(rsvd[3], 1, EINVAL),
	BITMAP(rsvd[4], 1, EINVAL),
	BITMAP(rsvd[5], 0x80, EINVAL),
	BITMAP(page_count, 0, EINVAL),
	BITMAP(page_count, ~0ull, EINVAL),		/* overflows */
	BITMAP(page_count, NR_PAGES + 1, ENOENT),	/* one too many */
	BITMAP(page_count, 1ull << 60, ENOENT),
	BITMAP(gpap_base, ~0ull, EINVAL),		/* overflows */
	BITMAP(gpap_base, GFN - 1, ENOENT),
	BITMAP(gpap_base, GFN + 1, ENOENT),
	BITMAP(gpap_base, 1ull << 51, ENOENT),
	BITMAP(bitmap_ptr, 0, EINVAL),
	BITMAP(bitmap_ptr, 8, EFAULT),
	BITMAP(bitmap_ptr, KERNEL_ADDRESS, EFAULT),
};

static int get(int pt, struct mshv_gpap_access_bitmap *args)
{
	return mshv_try_ioctl(pt, MSHV_GET_GPAP_ACCESS_BITMAP, args);
}

TEST_F(access, refuses_bad_arguments)
{
	struct mshv_gpap_access_bitmap args = self->good;

	EXPECT_REFUSED(self->p.vm.fd, MSHV_GET_GPAP_ACCESS_BITMAP, &self->good, bad);
	EXPECT_BAD_POINTERS(self->p.vm.fd, MSHV_GET_GPAP_ACCESS_BITMAP, sizeof(args));
	args.bitmap_ptr = (uintptr_t)cut_short(sizeof(self->bits), 1);
	EXPECT_ERRNO(EFAULT, get(self->p.vm.fd, &args));
	args.bitmap_ptr = (uintptr_t)cut_short(sizeof(self->bits), 0);
	EXPECT_ERRNO(0, get(self->p.vm.fd, &args));
}

/* Nothing is said of what the guest has not touched, and unused bits are 0. */
TEST_F(access, reads_zeroes_of_untouched_pages)
{
	static const struct {
		uint8_t type, op;
	} rows[] = {
		{ MSHV_GPAP_ACCESS_TYPE_ACCESSED, MSHV_GPAP_ACCESS_OP_NOOP },
		{ MSHV_GPAP_ACCESS_TYPE_ACCESSED, MSHV_GPAP_ACCESS_OP_CLEAR },
		{ MSHV_GPAP_ACCESS_TYPE_DIRTY, MSHV_GPAP_ACCESS_OP_NOOP },
		{ MSHV_GPAP_ACCESS_TYPE_DIRTY, MSHV_GPAP_ACCESS_OP_CLEAR },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		memset(self->bits, 0xff, sizeof(self->bits));
		self->good.access_type = rows[i].type;
		self->good.access_op = rows[i].op;
		ASSERT_ERRNO(0, get(self->p.vm.fd, &self->good));
		EXPECT_EQ(0, self->bits[0] | self->bits[1] | self->bits[2]);
	}
}

/* Tells whether the hypervisor keeps such bits at all */
static bool has_bits(struct _test_data_access *self)
{
	poke_write(&self->p, GPA, 0);
	return get(self->p.vm.fd, &self->good) != -EOPNOTSUPP;
}

TEST_F(access, finds_what_the_guest_has_written)
{
	if (!has_bits(self))
		SKIP(return, "this hypervisor keeps no access bits");
	self->good.access_op = MSHV_GPAP_ACCESS_OP_CLEAR;
	ASSERT_ERRNO(0, get(self->p.vm.fd, &self->good));
	poke_write(&self->p, GPA + 9 * PAGE, 1);
	ASSERT_ERRNO(0, get(self->p.vm.fd, &self->good));
	EXPECT_EQ(0, self->bits[0]);
	EXPECT_EQ(1 << 1, self->bits[1]);
	EXPECT_EQ(0, self->bits[2]);
	/* It was cleared in the same step. */
	ASSERT_ERRNO(0, get(self->p.vm.fd, &self->good));
	EXPECT_EQ(0, self->bits[1]);
}

TEST_F(access, loses_no_bit_when_it_fails)
{
	struct mshv_gpap_access_bitmap nowhere;

	if (!has_bits(self))
		SKIP(return, "this hypervisor keeps no access bits");
	poke_write(&self->p, GPA + 9 * PAGE, 1);
	self->good.access_op = MSHV_GPAP_ACCESS_OP_CLEAR;
	nowhere = self->good;
	nowhere.bitmap_ptr = 8;
	ASSERT_ERRNO(EFAULT, get(self->p.vm.fd, &nowhere));
	ASSERT_ERRNO(0, get(self->p.vm.fd, &self->good));
	EXPECT_EQ(1 << 1, self->bits[1] & 1 << 1);
}

TEST_HARNESS_MAIN
