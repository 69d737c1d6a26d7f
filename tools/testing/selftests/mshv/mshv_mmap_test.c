// SPDX-License-Identifier: GPL-2.0-only
/* mmap() of VP files. */
#define _GNU_SOURCE
#include "lib/guest.h"
#include "lib/ktest.h"
#include "lib/vm.h"

/* Layout of the register page */
#define REGISTER_PAGE_VALID 2
#define REGISTER_PAGE_RIP 136

FIXTURE(mapping)
{
	struct vm vm;
	int fd;			/* the VP */
	struct hv_message msg;
};

FIXTURE_SETUP(mapping)
{
	vm_create(&self->vm, mshv_open(), 1, guest_find("storm", 5), 1, 0);
	self->fd = self->vm.vps[0].fd;
}

FIXTURE_TEARDOWN(mapping)
{
	close(self->fd);
	close(self->vm.fd);
}

static void *map(int fd, int page, size_t size, int prot, int flags)
{
	return mmap(NULL, size, prot, flags, fd, (off_t)page * PAGE);
}

TEST_F(mapping, maps_its_pages)
{
	struct hv_intercept_header header;
	uint8_t *regs, *message;
	uint64_t rip;

	message = map(self->fd, MSHV_VP_MMAP_OFFSET_INTERCEPT_MESSAGE, PAGE, PROT_READ,
		      MAP_SHARED);
	ASSERT_NE(MAP_FAILED, message);
	ASSERT_ERRNO(0, mshv_try_run_vp(self->fd, &self->msg));
	EXPECT_EQ(0, memcmp(message, &self->msg, sizeof(self->msg)));

	regs = map(self->fd, MSHV_VP_MMAP_OFFSET_REGISTERS, PAGE,
		   PROT_READ | PROT_WRITE, MAP_SHARED);
	if (regs == MAP_FAILED) {
		ASSERT_EQ(ENODEV, errno);
		SKIP(return, "this hypervisor has no register page");
	}
	memcpy(&header, self->msg.payload, sizeof(header));
	memcpy(&rip, regs + REGISTER_PAGE_RIP, sizeof(rip));
	EXPECT_EQ(1, regs[REGISTER_PAGE_VALID]);
	EXPECT_EQ(header.rip, rip);
}

TEST_F(mapping, refuses_bad_mappings)
{
	static const struct {
		int page;
		unsigned int pages;
		int prot, flags, err;
	} rows[] = {
		{ 0, 2, PROT_READ, MAP_SHARED, EINVAL },
		{ 1, 2, PROT_READ, MAP_SHARED, EINVAL },
		{ 1, 16, PROT_READ, MAP_SHARED, EINVAL },
		{ 0, 1, PROT_READ | PROT_WRITE, MAP_PRIVATE, EINVAL },
		{ 1, 1, PROT_READ, MAP_PRIVATE, EINVAL },
		{ 0, 1, PROT_READ | PROT_EXEC, MAP_SHARED, EPERM },
		{ 1, 1, PROT_EXEC, MAP_SHARED, EPERM },
		{ MSHV_VP_MMAP_OFFSET_GHCB, 1, PROT_READ, MAP_SHARED, ENODEV },
		{ MSHV_VP_MMAP_OFFSET_COUNT, 1, PROT_READ, MAP_SHARED, EINVAL },
		{ 0x7fffffff, 1, PROT_READ, MAP_SHARED, EINVAL },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		void *p = map(self->fd, rows[i].page, rows[i].pages * PAGE,
			      rows[i].prot, rows[i].flags);

		EXPECT_EQ(MAP_FAILED, p) {
			TH_LOG("row %u", i);
		}
		EXPECT_ERRNO(rows[i].err, -errno) {
			TH_LOG("row %u", i);
		}
	}
}

/* What mmap() refuses must not come in by another way. */
TEST_F(mapping, keeps_its_mappings_as_they_are)
{
	uint8_t *p;

	p = map(self->fd, MSHV_VP_MMAP_OFFSET_INTERCEPT_MESSAGE, PAGE, PROT_READ,
		MAP_SHARED);
	ASSERT_NE(MAP_FAILED, p);
	EXPECT_EQ(-1, mprotect(p, PAGE, PROT_READ | PROT_EXEC));
	EXPECT_EQ(EACCES, errno);
	EXPECT_EQ(MAP_FAILED, mremap(p, PAGE, 2 * PAGE, MREMAP_MAYMOVE));
	EXPECT_EQ(0, mprotect(p, PAGE, PROT_READ | PROT_WRITE));
}

static int is_mapped(void *p)
{
	return msync(p, PAGE, MS_ASYNC) ? -errno : 0;
}

TEST_F(mapping, does_not_hand_its_mappings_to_children)
{
	uint8_t *p;

	p = map(self->fd, MSHV_VP_MMAP_OFFSET_INTERCEPT_MESSAGE, PAGE, PROT_READ,
		MAP_SHARED);
	ASSERT_NE(MAP_FAILED, p);
	EXPECT_ERRNO(0, is_mapped(p));
	EXPECT_ERRNO(ENOMEM, in_child(is_mapped, p));
}

TEST_HARNESS_MAIN
