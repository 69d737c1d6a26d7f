// SPDX-License-Identifier: GPL-2.0-only
/*
 * Access bitmaps: each bit is reported once, in its place, and none is lost
 * when something fails half-way.
 */
#include <kunit/test.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/uaccess.h>

#include "../mshv.h"
#include "fake_vmm.h"

#define GFN		MODEL_GFN
#define NR		VMM_NR_PAGES

#define ACCESSED	MSHV_GPAP_ACCESS_TYPE_ACCESSED
#define DIRTY		MSHV_GPAP_ACCESS_TYPE_DIRTY
#define NOOP		MSHV_GPAP_ACCESS_OP_NOOP
#define CLEAR		MSHV_GPAP_ACCESS_OP_CLEAR
#define SET		MSHV_GPAP_ACCESS_OP_SET

/* All of it mapped and writable */
static int access_test_init(struct kunit *test)
{
	static struct model_insn guest[NR + 1];
	struct fake_vmm *vmm = fake_vmm_start(test);
	struct hv_message msg;
	unsigned int i;

	for (i = 0; i < NR; i++)
		guest[i] = (struct model_insn) { MODEL_WRITE, GFN + i };
	guest[NR].op = MODEL_HALT;
	vmm->m->guest = guest;
	KUNIT_ASSERT_EQ(test, fake_vmm_create_partition(vmm, 0), 0);
	KUNIT_ASSERT_EQ(test, fake_vmm_pt(vmm, MSHV_INITIALIZE_PARTITION, NULL,
					  0), 0);
	KUNIT_ASSERT_EQ(test, fake_vmm_create_vp(vmm, 0), 0);
	KUNIT_ASSERT_EQ(test, fake_vmm_map(vmm, GFN, 0, NR,
					   BIT(MSHV_SET_MEM_BIT_WRITABLE)), 0);
	KUNIT_ASSERT_EQ(test, fake_vmm_run(vmm, 0, &msg), 0);
	KUNIT_ASSERT_EQ(test, vmm->m->nr_mapped, NR);
	for (i = 0; i < NR; i++) {
		vmm->m->gpa[i].dirty = false;
		vmm->m->gpa[i].accessed = false;
	}
	return 0;
}

static struct model_gpa *gpa(struct kunit *test)
{
	return the_vmm(test)->m->gpa;
}

static long get_at(struct kunit *test, u8 type, u8 op, u64 gfn, u64 nr,
		   u64 ubits)
{
	struct mshv_gpap_access_bitmap args = {
		.access_type = type, .access_op = op, .page_count = nr,
		.gpap_base = gfn, .bitmap_ptr = ubits,
	};

	return fake_vmm_pt(the_vmm(test), MSHV_GET_GPAP_ACCESS_BITMAP, &args,
			   sizeof(args));
}

/* Ask about all of it.  Returns the bits. */
static u64 get(struct kunit *test, u8 type, u8 op)
{
	unsigned long ubits = the_vmm(test)->buf;
	u64 bits = 0x5555aaaa5555aaaaULL;

	KUNIT_EXPECT_EQ(test, get_at(test, type, op, GFN, NR, ubits), 0);
	KUNIT_ASSERT_EQ(test, copy_from_user(&bits, (void __user *)ubits,
					     sizeof(bits)), 0);
	return bits;
}

static void dirty(struct kunit *test, u64 bits)
{
	unsigned int i;

	for (i = 0; i < NR; i++)
		if (bits & BIT_ULL(i))
			gpa(test)[i].dirty = true;
}

static void bits_are_reported_where_they_belong(struct kunit *test)
{
	const u64 bits = BIT_ULL(0) | BIT_ULL(7) | BIT_ULL(8) | BIT_ULL(63);

	dirty(test, bits);
	KUNIT_EXPECT_EQ(test, get(test, DIRTY, NOOP), bits);
	KUNIT_EXPECT_EQ(test, get(test, ACCESSED, NOOP), 0);
	/* They stay until they are cleared. */
	KUNIT_EXPECT_EQ(test, get(test, DIRTY, CLEAR), bits);
	KUNIT_EXPECT_EQ(test, get(test, DIRTY, CLEAR), 0);
	fake_vmm_finish(test);
}

static void clearing_one_kind_leaves_the_other(struct kunit *test)
{
	gpa(test)[3].dirty = true;
	gpa(test)[3].accessed = true;
	KUNIT_EXPECT_EQ(test, get(test, ACCESSED, CLEAR), BIT_ULL(3));
	KUNIT_EXPECT_EQ(test, get(test, ACCESSED, CLEAR), 0);
	KUNIT_EXPECT_EQ(test, get(test, DIRTY, CLEAR), BIT_ULL(3));
	KUNIT_EXPECT_EQ(test, get(test, DIRTY, CLEAR), 0);

	/* And the other way round */
	gpa(test)[5].dirty = true;
	gpa(test)[5].accessed = true;
	KUNIT_EXPECT_EQ(test, get(test, DIRTY, CLEAR), BIT_ULL(5));
	KUNIT_EXPECT_EQ(test, get(test, ACCESSED, CLEAR), BIT_ULL(5));
	fake_vmm_finish(test);
}

static void setting_reports_what_was_before(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, get(test, ACCESSED, SET), 0);
	KUNIT_EXPECT_EQ(test, get(test, ACCESSED, NOOP), ~0ULL);
	KUNIT_EXPECT_EQ(test, get(test, DIRTY, SET), 0);
	KUNIT_EXPECT_EQ(test, get(test, DIRTY, NOOP), ~0ULL);
	fake_vmm_finish(test);
}

static void last_byte_has_no_bits_beyond_the_range(struct kunit *test)
{
	unsigned long ubits = the_vmm(test)->buf;
	u8 bits[3] = { 0xff, 0xff, 0xee };

	dirty(test, ~0ULL);
	KUNIT_ASSERT_EQ(test, copy_to_user((void __user *)ubits, bits, 3), 0);
	KUNIT_EXPECT_EQ(test, get_at(test, DIRTY, NOOP, GFN + 2, 11, ubits), 0);
	KUNIT_ASSERT_EQ(test, copy_from_user(bits, (void __user *)ubits, 3), 0);
	KUNIT_EXPECT_EQ(test, bits[0], 0xff);
	KUNIT_EXPECT_EQ(test, bits[1], 0x07);
	KUNIT_EXPECT_EQ(test, bits[2], 0xee);	/* not ours */
	fake_vmm_finish(test);
}

/* Pages nobody has touched are in no mapping.  Nothing is tracked here. */
static void pages_that_are_not_mapped_are_clean(struct kunit *test)
{
	struct fake_vmm *vmm = the_vmm(test);

	dirty(test, ~0ULL);
	KUNIT_ASSERT_EQ(test, vm_munmap(vmm->mem + 8 * PAGE_SIZE,
					8 * PAGE_SIZE), 0);
	KUNIT_EXPECT_EQ(test, vmm->m->nr_mapped, NR - 8);
	KUNIT_EXPECT_EQ(test, get(test, DIRTY, CLEAR), ~0xff00ULL);
	KUNIT_EXPECT_EQ(test, get(test, DIRTY, SET), 0);
	KUNIT_EXPECT_EQ(test, get(test, DIRTY, NOOP), ~0xff00ULL);
	fake_vmm_finish(test);
}

/* Let the hypervisor track what the guest writes, as VMMs do. */
static void track(struct kunit *test)
{
	struct hv_input_set_partition_property in = {
		.property_code = HV_PARTITION_PROPERTY_GPA_PAGE_ACCESS_TRACKING,
		.property_value = 1,
	};
	struct mshv_root_hvcall args = {
		.code = HVCALL_SET_PARTITION_PROPERTY,
		.in_sz = sizeof(in), .in_ptr = the_vmm(test)->buf,
	};

	KUNIT_ASSERT_EQ(test, copy_to_user((void __user *)the_vmm(test)->buf,
					   &in, sizeof(in)), 0);
	KUNIT_EXPECT_EQ(test, fake_vmm_pt(the_vmm(test), MSHV_ROOT_HVCALL,
					  &args, sizeof(args)), 0);
}

/* Take 8 pages away and put new ones there. */
static void move_8_pages(struct kunit *test)
{
	unsigned long addr = the_vmm(test)->mem + 8 * PAGE_SIZE;

	KUNIT_ASSERT_EQ(test, vm_munmap(addr, 8 * PAGE_SIZE), 0);
	KUNIT_ASSERT_EQ(test, vm_mmap(NULL, addr, 8 * PAGE_SIZE,
				      PROT_READ | PROT_WRITE, MAP_FIXED |
				      MAP_ANONYMOUS | MAP_PRIVATE, 0), addr);
	KUNIT_EXPECT_EQ(test, the_vmm(test)->m->nr_mapped, NR - 8);
}

static void page_taken_away_is_dirty_until_that_is_cleared(struct kunit *test)
{
	track(test);
	KUNIT_EXPECT_EQ(test, get(test, DIRTY, CLEAR), 0);
	dirty(test, 0x0101);
	move_8_pages(test);
	KUNIT_EXPECT_EQ(test, get(test, DIRTY, NOOP), 0xff01);
	KUNIT_EXPECT_EQ(test, get(test, ACCESSED, CLEAR), 0);
	KUNIT_EXPECT_EQ(test, get(test, DIRTY, SET), 0xff01);
	KUNIT_EXPECT_EQ(test, get(test, DIRTY, CLEAR), ~0ULL);
	KUNIT_EXPECT_EQ(test, get(test, DIRTY, CLEAR), 0);
	fake_vmm_finish(test);
}

static void page_that_comes_back_is_still_dirty(struct kunit *test)
{
	static const struct model_insn guest[] = {
		{ MODEL_READ, GFN + 9 }, { MODEL_HALT },
	};
	struct fake_vmm *vmm = the_vmm(test);
	struct hv_message msg;

	track(test);
	dirty(test, 0x0200);
	move_8_pages(test);
	vmm->m->guest = guest;
	KUNIT_ASSERT_EQ(test, fake_vmm_run(vmm, 0, &msg), 0);
	KUNIT_EXPECT_FALSE(test, gpa(test)[9].dirty);
	KUNIT_EXPECT_GT(test, vmm->m->nr_mapped, NR - 8);
	/* Neither is it forgotten when it can't be told. */
	KUNIT_EXPECT_EQ(test, get_at(test, DIRTY, CLEAR, GFN, NR, 8), -EFAULT);
	KUNIT_EXPECT_EQ(test, get(test, DIRTY, NOOP) & 0x0200, 0x0200);
	KUNIT_EXPECT_EQ(test, get(test, DIRTY, CLEAR) & 0x0200, 0x0200);
	KUNIT_EXPECT_EQ(test, get(test, DIRTY, CLEAR), 0);
	fake_vmm_finish(test);
}

static void short_reps_make_no_difference(struct kunit *test)
{
	the_vmm(test)->m->max_reps = 3;
	dirty(test, 0x8421);
	KUNIT_EXPECT_EQ(test, get(test, DIRTY, CLEAR), 0x8421);
	KUNIT_EXPECT_EQ(test, get(test, DIRTY, CLEAR), 0);
	fake_vmm_finish(test);
}

/* One answer, @at pages in, that ends the ioctl */
static void fail_after(struct kunit *test, unsigned int at)
{
	the_vmm(test)->m->max_reps = at;
	((struct fake_hv *)test->priv)->fail = (struct fake_failure) {
		.nth = 2, .status = HV_STATUS_OPERATION_FAILED,
	};
}

static void failure_half_way_loses_no_bit(struct kunit *test)
{
	unsigned long ubits = the_vmm(test)->buf;

	dirty(test, 0x111);
	fail_after(test, 16);
	KUNIT_EXPECT_EQ(test, get_at(test, DIRTY, CLEAR, GFN, NR, ubits), -EIO);
	KUNIT_EXPECT_FALSE(test, gpa(test)[0].dirty);	/* gone there */

	/* A bit too many does no harm, one too few would. */
	KUNIT_EXPECT_EQ(test, get(test, DIRTY, NOOP) & 0x111, 0x111);
	KUNIT_EXPECT_EQ(test, get(test, ACCESSED, NOOP), 0);
	KUNIT_EXPECT_EQ(test, get(test, DIRTY, CLEAR) & 0x111, 0x111);
	KUNIT_EXPECT_EQ(test, get(test, DIRTY, CLEAR), 0);
	fake_vmm_finish(test);
}

static void failure_before_the_first_page_adds_no_bit(struct kunit *test)
{
	dirty(test, 0x111);
	((struct fake_hv *)test->priv)->fail = (struct fake_failure) {
		.nth = 1, .status = HV_STATUS_OPERATION_FAILED,
	};
	KUNIT_EXPECT_EQ(test, get_at(test, DIRTY, CLEAR, GFN, NR,
				     the_vmm(test)->buf), -EIO);
	KUNIT_EXPECT_EQ(test, get(test, DIRTY, CLEAR), 0x111);
	fake_vmm_finish(test);
}

static void bad_buffer_loses_no_bit(struct kunit *test)
{
	dirty(test, 0xf0f0);
	KUNIT_EXPECT_EQ(test, get_at(test, DIRTY, CLEAR, GFN + 12, 4, 8),
			-EFAULT);
	KUNIT_EXPECT_EQ(test, get_at(test, DIRTY, CLEAR, GFN + 4, 4, 8), -EFAULT);
	KUNIT_EXPECT_EQ(test, get(test, DIRTY, CLEAR) & 0xf0f0, 0xf0f0);
	KUNIT_EXPECT_EQ(test, get(test, DIRTY, CLEAR), 0);
	fake_vmm_finish(test);
}

static void hole_behind_the_memory_loses_no_bit(struct kunit *test)
{
	dirty(test, 0x3);
	KUNIT_EXPECT_EQ(test, get_at(test, DIRTY, CLEAR, GFN, NR + 1,
				     the_vmm(test)->buf), -ENOENT);
	KUNIT_EXPECT_EQ(test, get(test, DIRTY, CLEAR) & 0x3, 0x3);
	fake_vmm_finish(test);
}

/* The part that is asked for again comes out, the rest waits. */
static void lost_bits_come_back_piece_by_piece(struct kunit *test)
{
	unsigned long ubits = the_vmm(test)->buf;
	unsigned int at;
	u8 bits, sum[8] = {};

	dirty(test, ~0ULL);
	KUNIT_EXPECT_EQ(test, get_at(test, DIRTY, CLEAR, GFN, NR, 8), -EFAULT);
	for (at = 0; at < NR; at += 8) {
		/* From the middle, and from both sides */
		unsigned int i = (at + 24) % NR;

		KUNIT_EXPECT_EQ(test, get_at(test, DIRTY, CLEAR, GFN + i, 8,
					     ubits), 0);
		KUNIT_ASSERT_EQ(test, copy_from_user(&bits, (void __user *)ubits,
						     1), 0);
		sum[i / 8] = bits;
	}
	KUNIT_EXPECT_NULL(test, memchr_inv(sum, 0xff, sizeof(sum)));
	fake_vmm_finish(test);
}

static void memory_that_is_asked_for_is_given(struct kunit *test)
{
	unsigned int before = fake_hv_count(test->priv, HVCALL_DEPOSIT_MEMORY);

	dirty(test, 0x700);
	((struct fake_hv *)test->priv)->fail = (struct fake_failure) {
		.nth = 1, .status = HV_STATUS_INSUFFICIENT_MEMORY,
	};
	KUNIT_EXPECT_EQ(test, get(test, DIRTY, CLEAR), 0x700);
	KUNIT_EXPECT_EQ(test, fake_hv_count(test->priv, HVCALL_DEPOSIT_MEMORY),
			before + 1);
	fake_vmm_finish(test);
}

static const struct bad {
	const char *desc;
	u8 type, op, rsvd;
	u64 gfn, nr, ubits;
	int err;
} bads[] = {
	{ "type", 2, NOOP, 0, GFN, 1, 4096, -EINVAL },
	{ "highest_type", 255, NOOP, 0, GFN, 1, 4096, -EINVAL },
	{ "operation", DIRTY, 3, 0, GFN, 1, 4096, -EINVAL },
	{ "reserved", DIRTY, NOOP, 1, GFN, 1, 4096, -EINVAL },
	{ "no_pages", DIRTY, NOOP, 0, GFN, 0, 4096, -EINVAL },
	{ "no_buffer", DIRTY, NOOP, 0, GFN, 1, 0, -EINVAL },
	{ "wraps_around", DIRTY, NOOP, 0, GFN, ~0ULL, 4096, -EINVAL },
	{ "no_memory_there", DIRTY, NOOP, 0, 0, 1, 4096, -ENOENT },
	{ "no_memory_anywhere_near", DIRTY, NOOP, 0, ~0ULL - 1, 1, 4096,
	  -ENOENT },
};

KUNIT_ARRAY_PARAM_DESC(bad, bads, desc);

static void senseless_arguments_are_refused(struct kunit *test)
{
	const struct bad *bad = test->param_value;
	struct mshv_gpap_access_bitmap args = {
		.access_type = bad->type, .access_op = bad->op,
		.rsvd[5] = bad->rsvd, .gpap_base = bad->gfn,
		.page_count = bad->nr, .bitmap_ptr = bad->ubits,
	};

	KUNIT_EXPECT_EQ(test, fake_vmm_pt(the_vmm(test),
					  MSHV_GET_GPAP_ACCESS_BITMAP, &args,
					  sizeof(args)), bad->err);
	fake_vmm_finish(test);
}

static struct kunit_case access_cases[] = {
	KUNIT_CASE(bits_are_reported_where_they_belong),
	KUNIT_CASE(clearing_one_kind_leaves_the_other),
	KUNIT_CASE(setting_reports_what_was_before),
	KUNIT_CASE(last_byte_has_no_bits_beyond_the_range),
	KUNIT_CASE(pages_that_are_not_mapped_are_clean),
	KUNIT_CASE(page_taken_away_is_dirty_until_that_is_cleared),
	KUNIT_CASE(page_that_comes_back_is_still_dirty),
	KUNIT_CASE(short_reps_make_no_difference),
	KUNIT_CASE(failure_half_way_loses_no_bit),
	KUNIT_CASE(failure_before_the_first_page_adds_no_bit),
	KUNIT_CASE(bad_buffer_loses_no_bit),
	KUNIT_CASE(hole_behind_the_memory_loses_no_bit),
	KUNIT_CASE(lost_bits_come_back_piece_by_piece),
	KUNIT_CASE(memory_that_is_asked_for_is_given),
	KUNIT_CASE_PARAM(senseless_arguments_are_refused, bad_gen_params),
	{}
};

static struct kunit_suite access_suite = {
	.name = "mshv_access",
	.init = access_test_init,
	.test_cases = access_cases,
};

kunit_test_suite(access_suite);
