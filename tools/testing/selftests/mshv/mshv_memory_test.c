// SPDX-License-Identifier: GPL-2.0-only
/* MSHV_SET_GUEST_MEMORY. */
#define _GNU_SOURCE
#include "lib/ktest.h"
#include "lib/poke.h"

#define NR_PAGES 16
#define GPA 0x1000000ull
#define GFN_LIMIT (1ull << 40)		/* 52 bits of address */

#define MEM(field, v, e) PATCH(struct mshv_user_mem_region, field, v, e)

FIXTURE(memory)
{
	int dev;
	int pt;
	uint8_t *mem;			/* NR_PAGES */
	struct mshv_user_mem_region good;
};

FIXTURE_SETUP(memory)
{
	self->dev = mshv_open();
	self->pt = mshv_create_partition(self->dev, 0);
	mshv_initialize(self->pt);
	self->mem = poke_mmap(NULL, NR_PAGES * PAGE, PROT_READ | PROT_WRITE, 0);
	self->good = (struct mshv_user_mem_region) {
		.size = NR_PAGES * PAGE,
		.guest_pfn = GPA / PAGE,
		.userspace_addr = (uintptr_t)self->mem,
		.flags = RWX,
	};
}

FIXTURE_TEARDOWN(memory)
{
	close(self->pt);
	close(self->dev);
}

static int set(int pt, uint64_t gfn, void *addr, uint64_t nr_pages, uint8_t flags)
{
	return mshv_try_set_guest_memory(pt, gfn * PAGE, addr, nr_pages * PAGE, flags);
}

/* Bad when memory is given and when it is taken away */
static const struct patch bad_ranges[] = {
	MEM(size, 0, EINVAL),
	MEM(size, 1, EINVAL),
	MEM(size, PAGE - 1, EINVAL),
	MEM(size, PAGE + 1, EINVAL),
	MEM(size, ~0ull, EINVAL),
	MEM(size, 1ull << 63, EINVAL),
	MEM(size, ~0ull & -PAGE, EINVAL),
	MEM(guest_pfn, ~0ull, EINVAL),
	MEM(guest_pfn, ~0ull / PAGE, EINVAL),
	MEM(guest_pfn, GFN_LIMIT, EINVAL),
	MEM(guest_pfn, GFN_LIMIT - NR_PAGES + 1, EINVAL),
	MEM(flags, 1 << MSHV_SET_MEM_BIT_COUNT, EINVAL),
	MEM(flags, 0x80, EINVAL),
	MEM(flags, 0xff, EINVAL),
	MEM(rsvd[0], 1, EINVAL),
	MEM(rsvd[1], 1, EINVAL),
	MEM(rsvd[2], 1, EINVAL),
	MEM(rsvd[3], 1, EINVAL),
	MEM(rsvd[4], 1, EINVAL),
	MEM(rsvd[5], 1, EINVAL),
	MEM(rsvd[6], 0x80, EINVAL),
};

static const struct patch bad_addresses[] = {
	MEM(userspace_addr, 0, EINVAL),		/* nothing is mapped there */
	MEM(userspace_addr, 1, EINVAL),
	MEM(userspace_addr, PAGE / 2, EINVAL),
	MEM(userspace_addr, KERNEL_ADDRESS, EINVAL),
	MEM(userspace_addr, ~0ull & -PAGE, EINVAL),	/* wraps around */
	MEM(userspace_addr, (1ull << 47) - PAGE, EINVAL),	/* ends too high */
};

TEST_F(memory, refuses_bad_arguments)
{
	struct mshv_user_mem_region bad = self->good;

	EXPECT_REFUSED(self->pt, MSHV_SET_GUEST_MEMORY, &self->good, bad_ranges);
	EXPECT_REFUSED(self->pt, MSHV_SET_GUEST_MEMORY, &self->good, bad_addresses);
	bad.userspace_addr += 8;
	EXPECT_ERRNO(EINVAL, mshv_try_ioctl(self->pt, MSHV_SET_GUEST_MEMORY, &bad));
	EXPECT_BAD_POINTERS(self->pt, MSHV_SET_GUEST_MEMORY, sizeof(self->good));

	/* None of them has left anything. */
	EXPECT_ERRNO(0, mshv_try_ioctl(self->pt, MSHV_SET_GUEST_MEMORY, &self->good));
	self->good.flags = UNMAP;
	EXPECT_REFUSED(self->pt, MSHV_SET_GUEST_MEMORY, &self->good, bad_ranges);
	EXPECT_ERRNO(0, mshv_try_ioctl(self->pt, MSHV_SET_GUEST_MEMORY, &self->good));
}

TEST_F(memory, takes_memory_back_as_it_was_given)
{
	static const struct {
		int gfn, page, nr, err;
	} rows[] = {
		{ 0, 0, 4, EINVAL },	/* its first part */
		{ 0, 0, 16, EINVAL },	/* more than there is */
		{ 4, 4, 4, EINVAL },	/* its last part */
		{ 2, 2, 6, EINVAL },	/* begins inside */
		{ 0, 1, 8, EINVAL },	/* another address */
		{ 8, 8, 8, ENOENT },	/* right behind it */
		{ -1, 0, 8, ENOENT },	/* begins before it */
		{ 0, 0, 8, 0 },
		{ 0, 0, 8, ENOENT },	/* gone */
	};
	const uint64_t gfn = GPA / PAGE;
	unsigned int i;

	ASSERT_ERRNO(0, set(self->pt, gfn, self->mem, 8, RWX));
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		EXPECT_ERRNO(rows[i].err,
			     set(self->pt, gfn + rows[i].gfn,
				 self->mem + rows[i].page * PAGE, rows[i].nr, UNMAP)) {
			TH_LOG("row %u", i);
		}
	}
	/* The other flags do not matter then. */
	ASSERT_ERRNO(0, set(self->pt, gfn, self->mem, 8, 0));
	EXPECT_ERRNO(0, set(self->pt, gfn, self->mem, 8, UNMAP | RWX));
}

TEST_F(memory, keeps_regions_apart)
{
	static const struct {
		int gfn, nr, err;
	} rows[] = {
		{ 0, 4, EEXIST },	/* the same */
		{ 1, 1, EEXIST },	/* inside */
		{ 3, 4, EEXIST },	/* the last page */
		{ -2, 3, EEXIST },	/* the first page */
		{ -2, 8, EEXIST },	/* around it */
		{ -2, 2, 0 },		/* right before it */
		{ 4, 2, 0 },		/* right behind it */
		{ 4, 2, EEXIST },
	};
	const uint64_t gfn = GPA / PAGE;
	unsigned int i;

	ASSERT_ERRNO(0, set(self->pt, gfn, self->mem, 4, RWX));
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		EXPECT_ERRNO(rows[i].err, set(self->pt, gfn + rows[i].gfn, self->mem,
					      rows[i].nr, RWX)) {
			TH_LOG("row %u", i);
		}
	}
}

TEST_F(memory, reaches_to_the_end_of_the_address_space)
{
	EXPECT_ERRNO(0, set(self->pt, GFN_LIMIT - 1, self->mem, 1, 0));
	EXPECT_ERRNO(0, set(self->pt, GFN_LIMIT - 1, self->mem, 1, UNMAP));
}

/* What a VMM may not have: memory that it maps from a device */
TEST_F(memory, refuses_device_memory)
{
	int vp = mshv_create_vp(self->pt, 0);
	void *page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, vp,
			  MSHV_VP_MMAP_OFFSET_INTERCEPT_MESSAGE * PAGE);

	ASSERT_NE(MAP_FAILED, page);
	EXPECT_ERRNO(EOPNOTSUPP, set(self->pt, 0, page, 1, RWX));
}

struct region {
	int pt;
	struct mshv_user_mem_region mem;
};

static int set_in_child(void *arg)
{
	struct region *region = arg;

	return mshv_try_ioctl(region->pt, MSHV_SET_GUEST_MEMORY, &region->mem);
}

/* The child's memory is at the same address, but it is not the owner's. */
TEST_F(memory, is_its_owners_business)
{
	struct region region = { .pt = self->pt, .mem = self->good };

	EXPECT_ERRNO(EPERM, in_child(set_in_child, &region));
	EXPECT_ERRNO(0, set_in_child(&region));
	region.mem.flags = UNMAP;
	EXPECT_ERRNO(EPERM, in_child(set_in_child, &region));
	EXPECT_ERRNO(0, set_in_child(&region));
}

/* What the guest sees */
FIXTURE(guest)
{
	struct poke p;
	uint8_t *mem;
};

FIXTURE_SETUP(guest)
{
	poke_create(&self->p, "poke", 0);
	self->mem = poke_mmap(NULL, NR_PAGES * PAGE, PROT_READ | PROT_WRITE, 0);
}

FIXTURE_TEARDOWN(guest)
{
	close(self->p.vm.vps[0].fd);
	close(self->p.vm.fd);
}

TEST_F(guest, shares_the_memory)
{
	uint32_t *word = (uint32_t *)(self->mem + 3 * PAGE + 0x10);

	poke_map(&self->p, GPA, self->mem, NR_PAGES * PAGE, RWX);
	poke_write(&self->p, GPA + 3 * PAGE + 0x10, 0x1234);
	EXPECT_EQ(0x1234, *word);
	*word = 0x5678;
	EXPECT_EQ(0x5678, poke_read(&self->p, GPA + 3 * PAGE + 0x10));
}

TEST_F(guest, can_only_write_what_is_writable)
{
	poke_map(&self->p, GPA, self->mem, PAGE, 0);
	poke_map(&self->p, GPA + PAGE, self->mem, PAGE, RWX);
	EXPECT_EQ(0, poke_read(&self->p, GPA));
	EXPECT_EQ(POKE_NO_MEMORY, poke(&self->p, POKE_WRITE, GPA, 1));
	EXPECT_EQ(GPA, self->p.gpa);
	EXPECT_EQ(HV_ACCESS_WRITE, self->p.access);
	/* It can be made so, and the access is tried again. */
	ASSERT_ERRNO(0, mshv_try_set_guest_memory(self->p.vm.fd, GPA, self->mem,
						  PAGE, UNMAP));
	poke_map(&self->p, GPA, self->mem, PAGE, RWX);
	EXPECT_EQ(POKE_DONE, poke_again(&self->p));
	EXPECT_EQ(1, poke_read(&self->p, GPA + PAGE));
}

TEST_F(guest, loses_what_is_taken_away)
{
	poke_map(&self->p, GPA, self->mem, 2 * PAGE, RWX);
	poke_write(&self->p, GPA + PAGE, 7);
	ASSERT_ERRNO(0, mshv_try_set_guest_memory(self->p.vm.fd, GPA, self->mem,
						  2 * PAGE, UNMAP));
	EXPECT_EQ(POKE_NO_MEMORY, poke(&self->p, POKE_READ, GPA + PAGE + 8, 0));
	EXPECT_EQ(GPA + PAGE + 8, self->p.gpa);
	EXPECT_EQ(HV_ACCESS_READ, self->p.access);
	/* Other memory may come there. */
	memset(self->mem + 4 * PAGE, 0x11, PAGE);
	poke_map(&self->p, GPA + PAGE, self->mem + 4 * PAGE, PAGE, RWX);
	EXPECT_EQ(POKE_DONE, poke_again(&self->p));
	EXPECT_EQ(0x11111111, self->p.value);
	EXPECT_EQ(7, *(uint32_t *)(self->mem + PAGE));
}

TEST_F(guest, loses_what_the_owner_unmaps)
{
	poke_map(&self->p, GPA, self->mem, 2 * PAGE, RWX);
	poke_write(&self->p, GPA, 7);
	munmap(self->mem, PAGE);
	EXPECT_EQ(POKE_NO_MEMORY, poke(&self->p, POKE_READ, GPA, 0));
	/* The region is still there. */
	EXPECT_ERRNO(EEXIST, mshv_try_set_guest_memory(self->p.vm.fd, GPA,
						       self->mem + PAGE, PAGE, RWX));
	EXPECT_ERRNO(0, mshv_try_set_guest_memory(self->p.vm.fd, GPA, self->mem,
						  2 * PAGE, UNMAP));
}

TEST_HARNESS_MAIN
