// SPDX-License-Identifier: GPL-2.0-only
/* MSHV_GET_VP_STATE and MSHV_SET_VP_STATE. */
#define _GNU_SOURCE
#include "lib/ktest.h"
#include "lib/poke.h"

#define BUF_PAGES 16		/* no state is larger */
#define LAPIC_LINT0 140		/* offset in the state of the local APIC */
#define LVT_NMI 0x400
#define XCOMP_BV 520
#define FILL 0x5a

static int state_ioctl(int vp, unsigned long cmd, uint8_t type, void *buf)
{
	struct mshv_get_set_vp_state args = {
		.type = type,
		.buf_sz = BUF_PAGES * PAGE,
		.buf_ptr = (uintptr_t)buf,
	};

	return mshv_try_ioctl(vp, cmd, &args);
}

static int create_vp(void)
{
	int pt = mshv_create_partition(mshv_open(), 1 << MSHV_PT_BIT_LAPIC);

	mshv_initialize(pt);
	return mshv_create_vp(pt, 0);
}

TEST(lapic_takes_changes)
{
	uint8_t *buf = poke_mmap(NULL, BUF_PAGES * PAGE, PROT_READ | PROT_WRITE, 0);
	const uint32_t lint0 = LVT_NMI;
	int vp = create_vp();
	uint32_t seen;

	ASSERT_ERRNO(0, state_ioctl(vp, MSHV_GET_VP_STATE, MSHV_VP_STATE_LAPIC, buf));
	memcpy(&seen, buf + LAPIC_LINT0, sizeof(seen));
	ASSERT_NE(lint0, seen);
	memcpy(buf + LAPIC_LINT0, &lint0, sizeof(lint0));
	ASSERT_ERRNO(0, state_ioctl(vp, MSHV_SET_VP_STATE, MSHV_VP_STATE_LAPIC, buf));
	memset(buf, 0, PAGE);
	ASSERT_ERRNO(0, state_ioctl(vp, MSHV_GET_VP_STATE, MSHV_VP_STATE_LAPIC, buf));
	memcpy(&seen, buf + LAPIC_LINT0, sizeof(seen));
	EXPECT_EQ(lint0, seen);
}

TEST(xsave_area_is_compacted)
{
	uint8_t *buf = poke_mmap(NULL, BUF_PAGES * PAGE, PROT_READ | PROT_WRITE, 0);
	uint64_t xcomp_bv;

	ASSERT_ERRNO(0, state_ioctl(create_vp(), MSHV_GET_VP_STATE, MSHV_VP_STATE_XSAVE,
				    buf));
	memcpy(&xcomp_bv, buf + XCOMP_BV, sizeof(xcomp_bv));
	EXPECT_EQ(1, xcomp_bv >> 63);
}

FIXTURE(state)
{
	int fd;
	uint8_t *buf;
	struct mshv_get_set_vp_state args;
};

FIXTURE_VARIANT(state)
{
	uint8_t type;
	uint32_t size;		/* 0: it varies */
};

FIXTURE_VARIANT_ADD(state, lapic) { MSHV_VP_STATE_LAPIC, 4096 };
FIXTURE_VARIANT_ADD(state, xsave) { MSHV_VP_STATE_XSAVE, 0 };
FIXTURE_VARIANT_ADD(state, simp) { MSHV_VP_STATE_SIMP, 4096 };
FIXTURE_VARIANT_ADD(state, siefp) { MSHV_VP_STATE_SIEFP, 4096 };
FIXTURE_VARIANT_ADD(state, timers) { MSHV_VP_STATE_SYNTHETIC_TIMERS, 200 };

FIXTURE_SETUP(state)
{
	self->fd = create_vp();
	self->buf = poke_mmap(NULL, BUF_PAGES * PAGE, PROT_READ | PROT_WRITE, 0);
	memset(self->buf, FILL, BUF_PAGES * PAGE);
	self->args = (struct mshv_get_set_vp_state) {
		.type = variant->type,
		.buf_sz = BUF_PAGES * PAGE,
		.buf_ptr = (uintptr_t)self->buf,
	};
}

FIXTURE_TEARDOWN(state)
{
	close(self->fd);
}

static int get(struct _test_data_state *self)
{
	return mshv_try_ioctl(self->fd, MSHV_GET_VP_STATE, &self->args);
}

static int set(struct _test_data_state *self)
{
	return mshv_try_ioctl(self->fd, MSHV_SET_VP_STATE, &self->args);
}

TEST_F(state, is_read_and_written_back)
{
	uint8_t *copy = poke_mmap(NULL, BUF_PAGES * PAGE, PROT_READ | PROT_WRITE, 0);
	uint32_t size, i;

	ASSERT_ERRNO(0, get(self));
	size = self->args.buf_sz;
	EXPECT_LE(size, BUF_PAGES * PAGE);
	EXPECT_NE(0, size);
	EXPECT_EQ(variant->size ? variant->size : size, size);
	/* What is behind it is as it was. */
	for (i = size; i < BUF_PAGES * PAGE && self->buf[i] == FILL; i++)
		;
	EXPECT_EQ(BUF_PAGES * PAGE, i);

	memcpy(copy, self->buf, size);
	self->args.buf_sz = BUF_PAGES * PAGE;
	ASSERT_ERRNO(0, set(self));
	EXPECT_EQ(size, self->args.buf_sz);
	self->args.buf_sz = BUF_PAGES * PAGE;
	ASSERT_ERRNO(0, get(self));
	EXPECT_EQ(0, memcmp(copy, self->buf, size));
}

#define STATE(field, v, e) PATCH(struct mshv_get_set_vp_state, field, v, e)

static const struct patch bad[] = {
	STATE(type, MSHV_VP_STATE_COUNT, EINVAL),
	STATE(type, 0xff, EINVAL),
	STATE(rsvd[0], 1, EINVAL),
	STATE(rsvd[1], 1, EINVAL),
	STATE(rsvd[2], 0x80, EINVAL),
	STATE(buf_sz, 0, EINVAL),
	STATE(buf_sz, 1, EINVAL),
	STATE(buf_sz, PAGE - 1, EINVAL),
	STATE(buf_sz, PAGE + 1, EINVAL),
	STATE(buf_sz, 0xffffffff, EINVAL),
	STATE(buf_ptr, 1, EINVAL),
	STATE(buf_ptr, PAGE / 2, EINVAL),
	STATE(buf_ptr, KERNEL_ADDRESS + 8, EINVAL),
	STATE(buf_ptr, KERNEL_ADDRESS, EFAULT),
	STATE(buf_ptr, 0, EFAULT),
};

TEST_F(state, refuses_bad_arguments)
{
	EXPECT_REFUSED(self->fd, MSHV_GET_VP_STATE, &self->args, bad);
	EXPECT_REFUSED(self->fd, MSHV_SET_VP_STATE, &self->args, bad);
	EXPECT_BAD_POINTERS(self->fd, MSHV_GET_VP_STATE, sizeof(self->args));
	EXPECT_BAD_POINTERS(self->fd, MSHV_SET_VP_STATE, sizeof(self->args));
}

TEST_F(state, refuses_memory_it_may_not_use)
{
	ASSERT_EQ(0, mprotect(self->buf, BUF_PAGES * PAGE, PROT_READ));
	EXPECT_ERRNO(EFAULT, get(self));
	ASSERT_EQ(0, mprotect(self->buf, BUF_PAGES * PAGE, PROT_NONE));
	self->args.buf_sz = BUF_PAGES * PAGE;
	EXPECT_ERRNO(EFAULT, get(self));
	self->args.buf_sz = BUF_PAGES * PAGE;
	EXPECT_ERRNO(EFAULT, set(self));
}

/* The arguments can be read, but the size can't be written back. */
TEST_F(state, refuses_arguments_it_may_not_write)
{
	struct mshv_get_set_vp_state *args = cut_short(sizeof(*args), 0);

	*args = self->args;
	ASSERT_EQ(0, mprotect((void *)((uintptr_t)args & -PAGE), PAGE, PROT_READ));
	EXPECT_ERRNO(EFAULT, mshv_try_ioctl(self->fd, MSHV_GET_VP_STATE, args));
}

/* Only the XSAVE area may be larger than the least buffer there is. */
TEST_F(state, tells_the_size_if_the_buffer_is_too_small)
{
	uint32_t size;

	ASSERT_ERRNO(0, get(self));
	size = self->args.buf_sz;
	self->args.buf_sz = PAGE;
	EXPECT_ERRNO(size <= PAGE ? 0 : EINVAL, get(self));
	EXPECT_EQ(size, self->args.buf_sz);
}

TEST_HARNESS_MAIN
