// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that is to be taken from a guest: who may not sleep does not wait, and
 * what the hypervisor does not let go of is never freed.
 */
#include <kunit/test.h>
#include <linux/mm.h>
#include <linux/mmu_notifier.h>

#include "../mshv.h"
#include "../region.h"
#include "fake_task.h"
#include "fake_vmm.h"

#define GFN	MODEL_GFN
#define NR	40

static int reclaim_test_init(struct kunit *test)
{
	struct fake_vmm *vmm = fake_vmm_start_partition(test);

	KUNIT_ASSERT_EQ(test, fake_vmm_create_vp(vmm, 0), 0);
	return 0;
}

static void reclaim_test_exit(struct kunit *test)
{
	mshv_pin_memory = false;
}

/* Give the guest some memory, and let it touch that. */
static void use_memory(struct kunit *test)
{
	static const struct model_insn guest[] = {
		{ MODEL_WRITE, GFN }, { MODEL_READ, GFN + 20 }, { MODEL_HALT },
	};
	struct fake_vmm *vmm = the_vmm(test);
	struct hv_message msg;

	vmm->m->guest = guest;
	KUNIT_ASSERT_EQ(test, fake_vmm_map(vmm, GFN, 0, NR,
					   BIT(MSHV_SET_MEM_BIT_WRITABLE)), 0);
	KUNIT_ASSERT_EQ(test, fake_vmm_run(vmm, 0, &msg), 0);
	KUNIT_ASSERT_GT(test, vmm->m->nr_mapped, 1);
}

/* The host wants all of it now, as when it has run out of memory. */
static bool take_without_sleeping(struct kunit *test, struct mshv_region *rg)
{
	const struct mmu_notifier_range range = {
		.mm = current->mm, .start = the_vmm(test)->mem,
		.end = the_vmm(test)->mem + NR * PAGE_SIZE,
	};
	struct mmu_interval_notifier *notifier = &rg->mmu.notifier;

	return notifier->ops->invalidate(notifier, &range,
					 notifier->invalidate_seq);
}

static void who_may_not_sleep_does_not_wait(struct kunit *test)
{
	struct fake_vmm *vmm = the_vmm(test);
	struct fake_holder holder;
	struct mshv_region *rg;
	struct hv_message msg;
	unsigned int nr;

	use_memory(test);
	nr = vmm->m->nr_mapped;
	rg = mtree_load(&fake_vmm_partition(vmm)->regions, GFN);
	KUNIT_ASSERT_NOT_NULL(test, rg);

	fake_holder_start(&holder, &rg->mmu.lock);
	KUNIT_EXPECT_FALSE(test, take_without_sleeping(test, rg));
	fake_holder_stop(&holder);
	KUNIT_EXPECT_EQ(test, vmm->m->nr_mapped, nr);

	KUNIT_EXPECT_TRUE(test, take_without_sleeping(test, rg));
	KUNIT_EXPECT_EQ(test, vmm->m->nr_mapped, 0);
	/* The guest can have it again. */
	KUNIT_EXPECT_EQ(test, fake_vmm_run(vmm, 0, &msg), 0);
	KUNIT_EXPECT_EQ(test, vmm->m->nr_mapped, nr);
	fake_vmm_finish(test);
}

/* As seen by the hypervisor: all it has mapped must be somebody else's, too. */
static void expect_none_freed(struct kunit *test)
{
	const struct model_gpa *gpa = the_vmm(test)->m->gpa;
	unsigned int i;

	for (i = 0; i < NR; i++)
		if (gpa[i].page.held)
			KUNIT_EXPECT_GT(test,
					page_count(pfn_to_page(gpa[i].page.pfn)),
					1);
}

static void what_is_taken_in_vain_is_kept_and_ends_the_guest(struct kunit *test)
{
	static const struct fake_step refuse[] = {
		{ .code = HVCALL_UNMAP_GPA_PAGES, .repeat = true,
		  .status = HV_STATUS_OPERATION_FAILED },
	};
	struct fake_vmm *vmm = the_vmm(test);
	struct hv_message msg;
	unsigned int nr;

	use_memory(test);
	nr = vmm->m->nr_mapped;
	fake_hv_script(vmm->hv, refuse, ARRAY_SIZE(refuse));
	KUNIT_ASSERT_EQ(test, vm_munmap(vmm->mem, NR * PAGE_SIZE), 0);
	KUNIT_EXPECT_EQ(test, vmm->m->nr_mapped, nr);
	expect_none_freed(test);
	KUNIT_EXPECT_EQ(test, fake_vmm_run(vmm, 0, &msg), -ESHUTDOWN);

	/* It gets them back in the end. */
	fake_hv_script(vmm->hv, NULL, 0);
	fake_vmm_finish(test);
}

static void fail_to_unmap(struct fake_hv *fake, u16 code)
{
	if (code == HVCALL_UNMAP_GPA_PAGES || code == HVCALL_FINALIZE_PARTITION)
		fake->fail = (struct fake_failure) {
			.nth = 1, .status = HV_STATUS_OPERATION_FAILED,
		};
}

/* The driver can't do more than that. */
static void pinned_memory_that_stays_mapped_stays_pinned(struct kunit *test)
{
	struct fake_vmm *vmm = the_vmm(test);
	struct model_gpa *gpa = vmm->m->gpa;
	unsigned int i;

	mshv_pin_memory = true;
	use_memory(test);
	KUNIT_ASSERT_EQ(test, vmm->m->nr_mapped, NR);
	vmm->hv->hook = fail_to_unmap;
	fake_vmm_close(vmm);
	vmm->hv->hook = NULL;

	KUNIT_EXPECT_EQ(test, vmm->m->nr_mapped, NR);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&mshv.nr_kept_pages) - vmm->kept,
			NR + fake_hv_taken(vmm->hv));
	for (i = 0; i < NR; i++) {
		struct page *page = pfn_to_page(gpa[i].page.pfn);

		KUNIT_EXPECT_TRUE(test, folio_maybe_dma_pinned(page_folio(page)));
		unpin_user_page(page);
	}
	fake_hv_forget(test, vmm->hv);
	fake_model_release(test, vmm->m);
}

static struct kunit_case reclaim_cases[] = {
	KUNIT_CASE(who_may_not_sleep_does_not_wait),
	KUNIT_CASE(what_is_taken_in_vain_is_kept_and_ends_the_guest),
	KUNIT_CASE(pinned_memory_that_stays_mapped_stays_pinned),
	{}
};

static struct kunit_suite reclaim_suite = {
	.name = "mshv_reclaim",
	.init = reclaim_test_init,
	.exit = reclaim_test_exit,
	.test_cases = reclaim_cases,
};

kunit_test_suite(reclaim_suite);
