// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pages shared with the hypervisor, what is done without them, and who gets
 * the messages that are in them.
 */
#include <kunit/test.h>
#include <linux/mm.h>

#include "../mshv.h"
#include "../overlay.h"
#include "../run.h"
#include "fake_vmm.h"

#define BLOCKED_COUNTER	202

static int overlay_test_init(struct kunit *test)
{
	fake_vmm_start_partition(test);
	return 0;
}

static const struct missing {
	const char *desc;
	u16 code, status;
	unsigned int nth;	/* call of that code */
	int err;
} missings[] = {
	{ "no_message_page", HVCALL_MAP_VP_STATE_PAGE,
	  HV_STATUS_INVALID_HYPERCALL_CODE, 0, -EOPNOTSUPP },
	{ "refused_message_page", HVCALL_MAP_VP_STATE_PAGE,
	  HV_STATUS_ACCESS_DENIED, 0, -EACCES },
	{ "no_register_page", HVCALL_MAP_VP_STATE_PAGE,
	  HV_STATUS_PROCESSOR_FEATURE_NOT_SUPPORTED, 1, 0 },
	{ "refused_register_page", HVCALL_MAP_VP_STATE_PAGE,
	  HV_STATUS_ACCESS_DENIED, 1, -EACCES },
	{ "no_counters", HVCALL_MAP_STATS_PAGE2,
	  HV_STATUS_INVALID_HYPERCALL_CODE, 0, 0 },
	{ "no_counters_of_the_parent", HVCALL_MAP_STATS_PAGE2,
	  HV_STATUS_OPERATION_FAILED, 1, 0 },
};

KUNIT_ARRAY_PARAM_DESC(missing, missings, desc);

static const struct missing *the_missing;

static void fail_missing(struct fake_hv *fake, u16 code)
{
	if (code == the_missing->code &&
	    fake_hv_count(fake, code) == the_missing->nth + 1)
		fake->fail = (struct fake_failure) {
			.nth = 1, .status = the_missing->status,
		};
}

static void vp_can_do_without_some_pages(struct kunit *test)
{
	const struct missing *missing = test->param_value;
	struct fake_vmm *vmm = the_vmm(test);
	struct hv_message msg;

	the_missing = missing;
	vmm->hv->hook = fail_missing;
	KUNIT_EXPECT_EQ(test, fake_vmm_create_vp(vmm, 2), missing->err);
	vmm->hv->hook = NULL;
	if (missing->err) {
		KUNIT_EXPECT_EQ(test, fake_model_held(vmm->m), 0);
		KUNIT_EXPECT_EQ(test, fake_vmm_create_vp(vmm, 2), 0);
	}
	KUNIT_EXPECT_EQ(test, fake_vmm_run(vmm, 2, &msg), 0);
	KUNIT_EXPECT_EQ(test, msg.header.message_type, HVMSG_X64_HALT);
	fake_vmm_finish(test);
}

/* Nothing of what was on the page before may be seen through it. */
static void pages_are_clean_when_they_are_shared(struct kunit *test)
{
	struct fake_vmm *vmm = the_vmm(test);
	struct model_vp *vp = &vmm->m->vp[2];
	struct model_page *pages[] = {
		&vp->pages[HV_VP_STATE_PAGE_REGISTERS],
		&vp->pages[HV_VP_STATE_PAGE_INTERCEPT_MESSAGE],
		&vp->stats[0], &vp->stats[1],
	};
	unsigned int i;

	KUNIT_ASSERT_EQ(test, fake_vmm_create_vp(vmm, 2), 0);
	for (i = 0; i < ARRAY_SIZE(pages); i++) {
		KUNIT_ASSERT_TRUE(test, pages[i]->held);
		KUNIT_EXPECT_NULL(test,
				  memchr_inv(page_address(pfn_to_page(pages[i]->pfn)),
					     0, PAGE_SIZE));
	}
	fake_vmm_finish(test);
}

static void hypervisor_chooses_the_place_where_it_may(struct kunit *test)
{
	struct page *page = alloc_page(GFP_KERNEL | __GFP_ZERO);
	struct mshv_overlay ov;

	KUNIT_ASSERT_NOT_NULL(test, page);
	mshv.caps = 0;
	KUNIT_EXPECT_EQ(test, mshv_overlay_prepare(&ov), 0);
	KUNIT_EXPECT_EQ(test, ov.gpfn, 0);
	KUNIT_EXPECT_NULL(test, ov.page);
	ov.gpfn = page_to_pfn(page);
	KUNIT_ASSERT_EQ(test, mshv_overlay_attach(&ov), 0);
	*(u32 *)page_address(page) = 0x1234;
	KUNIT_EXPECT_EQ(test, *(u32 *)ov.va, 0x1234);
	/* Even if it stays mapped, it is not ours to leak or to free. */
	mshv_overlay_free(&ov);
	KUNIT_EXPECT_EQ(test, page_count(page), 1);
	__free_page(page);
	fake_vmm_finish(test);
}

/* -1: no such page, else what the counter says */
static const struct counter {
	const char *desc;
	s64 self, parent;
	bool unblocked;
} counters[] = {
	{ "no_pages", -1, -1, false },
	{ "own_page_says_it_can_run", 0, -1, true },
	{ "own_page_says_it_is_blocked", 1, -1, false },
	{ "parents_page_says_it_can_run", -1, 0, true },
	{ "parents_page_says_it_is_blocked", -1, 7, false },
	{ "both_say_it_can_run", 0, 0, true },
	{ "one_says_it_is_blocked", 0, 1, false },
	{ "the_other_says_it_is_blocked", 1, 0, false },
};

KUNIT_ARRAY_PARAM_DESC(counter, counters, desc);

static void counter_tells_whether_a_vp_can_run(struct kunit *test)
{
	const struct counter *counter = test->param_value;
	const s64 says[] = { counter->self, counter->parent };
	struct mshv_vp vp = {};
	unsigned int i;
	u64 *page;

	for (i = 0; i < 2; i++) {
		if (says[i] < 0)
			continue;
		page = kunit_kzalloc(test, HV_HYP_PAGE_SIZE, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, page);
		/* The neighbours say the opposite. */
		page[BLOCKED_COUNTER - 1] = !says[i];
		page[BLOCKED_COUNTER + 1] = !says[i];
		page[BLOCKED_COUNTER] = says[i];
		vp.stats[i].va = page;
	}
	KUNIT_EXPECT_EQ(test, mshv_stats_vp_unblocked(&vp), counter->unblocked);
	fake_vmm_finish(test);
}

static const struct intercept {
	const char *desc;
	u32 type;
	u64 gpa;
	u8 access;
	int ret;
} intercepts[] = {
	{ "halt", 0x80010007, 0, 0, 0 },
	{ "none", 0, 0, 0, 0 },
	{ "unknown", 0xffffffff, 0, 0, 0 },
	{ "end_of_an_interrupt_nobody_waits_for", 0x80010004, 0, 0, 0 },
	{ "memory", 0x80000001, MODEL_GFN * 4096, 0, 1 },
	{ "memory_that_was_never_mapped", 0x80000000, MODEL_GFN * 4096, 1, 1 },
	{ "memory_in_the_middle_of_a_page", 0x80000001,
	  MODEL_GFN * 4096 + 4095, 0, 1 },
	{ "no_memory_there", 0x80000001, 0xfe000000, 0, 0 },
	{ "no_memory_anywhere_near", 0x80000001, ~0ULL, 1, 0 },
	{ "memory_that_is_not_executable", 0x80000001, MODEL_GFN * 4096, 2, 0 },
	{ "access_of_no_kind", 0x80000001, MODEL_GFN * 4096, 3, 0 },
};

KUNIT_ARRAY_PARAM_DESC(intercept, intercepts, desc);

/* 0 is for the VMM, 1 for nobody else. */
static void message_goes_to_who_can_do_something(struct kunit *test)
{
	const struct intercept *in = test->param_value;
	struct fake_vmm *vmm = the_vmm(test);
	struct hv_x64_memory_intercept_message *payload;
	struct hv_message msg, *page;
	struct mshv_vp *vp;
	int ret;

	KUNIT_ASSERT_EQ(test, fake_vmm_create_vp(vmm, 0), 0);
	KUNIT_ASSERT_EQ(test, fake_vmm_map(vmm, MODEL_GFN, 0, 1,
					   BIT(MSHV_SET_MEM_BIT_WRITABLE)), 0);
	vp = fake_vmm_the_vp(vmm, 0);
	page = vp->message.va;
	payload = (void *)page->u.payload;
	page->header.message_type = in->type;
	payload->guest_physical_address = in->gpa;
	payload->header.intercept_access_type = in->access;

	scoped_guard(mutex, &vp->lock)
		ret = mshv_intercept_take(vp, &msg);
	KUNIT_EXPECT_EQ(test, ret, in->ret);
	KUNIT_EXPECT_MEMEQ(test, &msg, page, sizeof(msg));
	KUNIT_EXPECT_EQ(test, vmm->m->nr_mapped, in->ret);
	fake_vmm_finish(test);
}

static struct kunit_case overlay_cases[] = {
	KUNIT_CASE_PARAM(vp_can_do_without_some_pages, missing_gen_params),
	KUNIT_CASE(pages_are_clean_when_they_are_shared),
	KUNIT_CASE(hypervisor_chooses_the_place_where_it_may),
	KUNIT_CASE_PARAM(counter_tells_whether_a_vp_can_run,
			 counter_gen_params),
	KUNIT_CASE_PARAM(message_goes_to_who_can_do_something,
			 intercept_gen_params),
	{}
};

static struct kunit_suite overlay_suite = {
	.name = "mshv_overlay",
	.init = overlay_test_init,
	.test_cases = overlay_cases,
};

kunit_test_suite(overlay_suite);
