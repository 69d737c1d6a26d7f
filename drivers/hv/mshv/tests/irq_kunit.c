// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interrupt routing: what a GSI means, and when a vector may take the short
 * way through the register page of a VP.
 */
#include <kunit/test.h>
#include <linux/mm.h>

#include "../mshv.h"
#include "../arch.h"
#include "../irq.h"
#include "../run.h"
#include "fake_vmm.h"

#define MAX_ENTRIES	8

/* The MSI for fixed, edge-triggered delivery to one APIC */
#define ADDR(apic_id)	(0xfee00000 | (apic_id) << 12)

static int irq_test_init(struct kunit *test)
{
	struct fake_vmm *vmm = fake_vmm_start_partition(test);

	KUNIT_ASSERT_EQ(test, fake_vmm_create_vp(vmm, 0), 0);
	KUNIT_ASSERT_EQ(test, fake_vmm_create_vp(vmm, 1), 0);
	return 0;
}

/* With the short way */
static int fast_test_init(struct kunit *test)
{
	int err = irq_test_init(test);

	mshv.root_logic = true;
	ms_hyperv.ext_features |= HV_VP_DISPATCH_INTERRUPT_INJECTION_AVAILABLE;
	return err;
}

static void fast_test_exit(struct kunit *test)
{
	ms_hyperv.ext_features &= ~HV_VP_DISPATCH_INTERRUPT_INJECTION_AVAILABLE;
}

static struct mshv_partition *the_pt(struct kunit *test)
{
	return fake_vmm_partition(the_vmm(test));
}

static long set_routes(struct kunit *test,
		       const struct mshv_user_irq_entry *entries, u32 nr)
{
	struct {
		struct mshv_user_irq_table table;
		struct mshv_user_irq_entry entries[MAX_ENTRIES];
	} args = { .table.nr = nr };

	memcpy(args.entries, entries, nr * sizeof(*entries));
	return fake_vmm_pt(the_vmm(test), MSHV_SET_MSI_ROUTING, &args,
			   sizeof(args));
}

/* One route only */
static void route(struct kunit *test, u32 gsi, u32 addr, u32 data)
{
	struct mshv_user_irq_entry entry = {
		.gsi = gsi, .address_lo = addr, .data = data,
	};

	KUNIT_ASSERT_EQ(test, set_routes(test, &entry, 1), 0);
}

static unsigned int nr_asserted(struct kunit *test)
{
	return the_vmm(test)->m->nr_asserted;
}

static struct hv_vp_register_page *reg_page(struct kunit *test, u32 index)
{
	struct model_vp *vp = &the_vmm(test)->m->vp[index];

	return page_address(pfn_to_page(vp->pages[HV_VP_STATE_PAGE_REGISTERS].pfn));
}

static u64 vector_list(struct kunit *test, u32 index)
{
	return reg_page(test, index)->interrupt_vectors.as_uint64;
}

/*
 * struct msi - an MSI, and what the hypervisor is told for it: interrupt type,
 * level and logical, each as its bit in the control word
 */
static const struct msi {
	const char *desc;
	u32 addr, data;
	bool dropped;
	u64 control, dest;
	u32 vector;
} msis[] = {
	{ "fixed_edge", 0xfee03000, 0x0031, .dest = 3, .vector = 0x31 },
	{ "fixed_level", 0xfee03000, 0x8031, .control = 1ULL << 32,
	  .dest = 3, .vector = 0x31 },
	{ "logical", 0xfee03004, 0x0031, .control = 1ULL << 33,
	  .dest = 3, .vector = 0x31 },
	{ "lowest_priority", 0xfee03000, 0x0131, .control = 1,
	  .dest = 3, .vector = 0x31 },
	{ "smi", 0xfee03000, 0x0200, .control = 2, .dest = 3 },
	{ "remote_read_is_dropped", 0xfee03000, 0x0331, .dropped = true },
	{ "nmi", 0xfee03000, 0x0400, .control = 4, .dest = 3 },
	{ "init", 0xfee03000, 0x0500, .control = 5, .dest = 3 },
	{ "sipi_is_dropped", 0xfee03000, 0x0631, .dropped = true },
	{ "extint", 0xfee03000, 0x0700, .control = 7, .dest = 3 },
	{ "lowest_vector", 0xfee03000, 16, .dest = 3, .vector = 16 },
	{ "vector_that_no_apic_takes_is_dropped", 0xfee03000, 15,
	  .dropped = true },
	{ "highest_vector", 0xfee03000, 0xff, .dest = 3, .vector = 0xff },
	{ "broadcast", 0xfeeff000, 0x0031, .dest = 0xff, .vector = 0x31 },
	{ "apic_id_above_255", 0xfee03fe0, 0x0031, .dest = 0x7f03,
	  .vector = 0x31 },
	{ "all_ones", 0xffffffff, 0xffff7eff, .dropped = true },
};

KUNIT_ARRAY_PARAM_DESC(msi, msis, desc);

static void msi_is_delivered_as_it_says(struct kunit *test)
{
	const struct msi *msi = test->param_value;
	struct fake_model *m = the_vmm(test)->m;

	route(test, 5, msi->addr, msi->data);
	mshv_irq_assert(the_pt(test), 5);
	KUNIT_ASSERT_EQ(test, m->nr_asserted, !msi->dropped);
	if (msi->dropped)
		return;
	KUNIT_EXPECT_EQ(test, m->asserted.partition_id, m->id);
	KUNIT_EXPECT_EQ(test, m->asserted.control.as_uint64, msi->control);
	KUNIT_EXPECT_EQ(test, m->asserted.dest_addr, msi->dest);
	KUNIT_EXPECT_EQ(test, m->asserted.vector, msi->vector);
}

static void gsi_means_nothing_before_it_is_set_and_after_it_is_unset(struct kunit *test)
{
	struct mshv_partition *pt = the_pt(test);
	struct mshv_route r;

	KUNIT_EXPECT_FALSE(test, mshv_irq_route(pt, 0, &r));
	route(test, 7, ADDR(1), 0x31);
	KUNIT_EXPECT_TRUE(test, mshv_irq_route(pt, 7, &r));
	KUNIT_EXPECT_FALSE(test, mshv_irq_route(pt, 0, &r));	/* a hole */
	KUNIT_EXPECT_FALSE(test, mshv_irq_route(pt, 8, &r));	/* behind */
	KUNIT_EXPECT_FALSE(test, mshv_irq_route(pt, U32_MAX, &r));
	mshv_irq_assert(pt, 0);
	mshv_irq_assert(pt, 8);
	KUNIT_EXPECT_EQ(test, nr_asserted(test), 0);

	/* The new table replaces the old one. */
	route(test, 0, ADDR(1), 0x32);
	KUNIT_EXPECT_FALSE(test, mshv_irq_route(pt, 7, &r));
	KUNIT_EXPECT_TRUE(test, mshv_irq_route(pt, 0, &r));
	KUNIT_EXPECT_EQ(test, set_routes(test, NULL, 0), 0);
	KUNIT_EXPECT_FALSE(test, mshv_irq_route(pt, 0, &r));
}

static void refused_table_leaves_the_old_one(struct kunit *test)
{
	static const struct mshv_user_irq_entry twice[] = {
		{ .gsi = 3, .address_lo = ADDR(1), .data = 0x41 },
		{ .gsi = 3, .address_lo = ADDR(1), .data = 0x42 },
	}, beyond[] = {
		{ .gsi = 3, .address_lo = ADDR(1), .data = 0x41 },
		{ .gsi = 4096, .address_lo = ADDR(1), .data = 0x41 },
	}, high[] = {
		{ .gsi = 3, .address_lo = ADDR(1), .address_hi = 1, .data = 0x41 },
	}, last[] = {
		{ .gsi = 4095, .address_lo = ADDR(1), .data = 0x41 },
	};
	struct mshv_route r;

	route(test, 3, ADDR(1), 0x31);
	KUNIT_EXPECT_EQ(test, set_routes(test, twice, 2), -EINVAL);
	KUNIT_EXPECT_EQ(test, set_routes(test, beyond, 2), -EINVAL);
	KUNIT_EXPECT_EQ(test, set_routes(test, high, 1), -EINVAL);
	KUNIT_ASSERT_TRUE(test, mshv_irq_route(the_pt(test), 3, &r));
	KUNIT_EXPECT_EQ(test, r.vector, 0x31);
	KUNIT_EXPECT_EQ(test, set_routes(test, last, 1), 0);
	KUNIT_EXPECT_TRUE(test, mshv_irq_route(the_pt(test), 4095, &r));
}

static void table_beyond_any_size_is_refused(struct kunit *test)
{
	struct mshv_user_irq_table table = { .nr = 4097 };
	struct fake_vmm *vmm = the_vmm(test);

	KUNIT_EXPECT_EQ(test, fake_vmm_pt(vmm, MSHV_SET_MSI_ROUTING, &table,
					  sizeof(table)), -EINVAL);
	table = (struct mshv_user_irq_table) { .rsvd = 1 };
	KUNIT_EXPECT_EQ(test, fake_vmm_pt(vmm, MSHV_SET_MSI_ROUTING, &table,
					  sizeof(table)), -EINVAL);
}

/* VP 1 has APIC id 3. */
static void plain_msi_goes_into_the_list_of_the_vp_with_that_apic_id(struct kunit *test)
{
	route(test, 0, ADDR(MODEL_APIC_ID(1)), 0x31);
	mshv_irq_assert(the_pt(test), 0);
	KUNIT_EXPECT_EQ(test, nr_asserted(test), 0);
	KUNIT_EXPECT_EQ(test, vector_list(test, 1), 0x3101);
	KUNIT_EXPECT_EQ(test, vector_list(test, 0), 0);

	/* Once is enough. */
	mshv_irq_assert(the_pt(test), 0);
	KUNIT_EXPECT_EQ(test, vector_list(test, 1), 0x3101);
	KUNIT_EXPECT_EQ(test, nr_asserted(test), 0);
}

static const struct slow {
	const char *desc;
	u32 addr, data;
} slows[] = {
	{ "absent_apic_id", ADDR(0), 0x31 },
	{ "vp_index_that_is_no_apic_id", ADDR(2), 0x31 },
	{ "apic_id_above_255", ADDR(3) | 0xfe0, 0x31 },
	{ "broadcast", ADDR(0xff), 0x31 },
	{ "logical", ADDR(3) | 4, 0x31 },
	{ "level", ADDR(3), 0x8031 },
	{ "lowest_priority", ADDR(3), 0x131 },
	{ "nmi", ADDR(3), 0x431 },
};

KUNIT_ARRAY_PARAM_DESC(slow, slows, desc);

static void other_msi_is_left_to_the_hypervisor(struct kunit *test)
{
	const struct slow *slow = test->param_value;

	route(test, 0, slow->addr, slow->data);
	mshv_irq_assert(the_pt(test), 0);
	KUNIT_EXPECT_EQ(test, nr_asserted(test), 1);
	KUNIT_EXPECT_EQ(test, vector_list(test, 0), 0);
	KUNIT_EXPECT_EQ(test, vector_list(test, 1), 0);
}

static void absent_apic_ids_cost_the_others_nothing(struct kunit *test)
{
	static const struct mshv_user_irq_entry entries[] = {
		{ .gsi = 1, .address_lo = ADDR(200), .data = 0x31 },
		{ .gsi = 2, .address_lo = ADDR(1), .data = 0x32 },
		{ .gsi = 3, .address_lo = ADDR(201), .data = 0x33 },
		{ .gsi = 4, .address_lo = ADDR(3), .data = 0x34 },
	};
	u32 gsi;

	KUNIT_ASSERT_EQ(test, set_routes(test, entries, 4), 0);
	for (gsi = 0; gsi < 6; gsi++)
		mshv_irq_assert(the_pt(test), gsi);
	KUNIT_EXPECT_EQ(test, nr_asserted(test), 2);
	KUNIT_EXPECT_EQ(test, vector_list(test, 0), 0x3201);
	KUNIT_EXPECT_EQ(test, vector_list(test, 1), 0x3401);
}

static void hypervisor_that_does_not_tell_is_asked_once(struct kunit *test)
{
	static const struct fake_step steps[] = {
		{ .code = HVCALL_GET_VP_INDEX_FROM_APIC_ID, .repeat = true,
		  .status = HV_STATUS_ACCESS_DENIED },
	};
	static const struct mshv_user_irq_entry entries[] = {
		{ .gsi = 1, .address_lo = ADDR(1), .data = 0x31 },
		{ .gsi = 2, .address_lo = ADDR(3), .data = 0x32 },
	};
	struct fake_hv *fake = test->priv;

	fake_hv_script(fake, steps, ARRAY_SIZE(steps));
	KUNIT_ASSERT_EQ(test, set_routes(test, entries, 2), 0);
	KUNIT_EXPECT_EQ(test, fake_hv_count(fake, HVCALL_GET_VP_INDEX_FROM_APIC_ID),
			1);
	fake_hv_script(fake, NULL, 0);
	mshv_irq_assert(the_pt(test), 1);
	mshv_irq_assert(the_pt(test), 2);
	KUNIT_EXPECT_EQ(test, nr_asserted(test), 2);
}

static void full_list_is_no_reason_to_lose_a_vector(struct kunit *test)
{
	struct mshv_user_irq_entry entries[MAX_ENTRIES];
	u32 i;

	for (i = 0; i < MAX_ENTRIES; i++)
		entries[i] = (struct mshv_user_irq_entry) {
			.gsi = i, .address_lo = ADDR(1), .data = 0x40 + i,
		};
	KUNIT_ASSERT_EQ(test, set_routes(test, entries, MAX_ENTRIES), 0);
	for (i = 0; i < MAX_ENTRIES; i++)
		mshv_irq_assert(the_pt(test), i);
	KUNIT_EXPECT_EQ(test, vector_list(test, 0), 0x4645444342414007);
	KUNIT_EXPECT_EQ(test, nr_asserted(test), 1);
	KUNIT_EXPECT_EQ(test, the_vmm(test)->m->asserted.vector, 0x47);
}

static void count_that_the_vmm_forged_leads_nowhere(struct kunit *test)
{
	route(test, 0, ADDR(1), 0x31);
	reg_page(test, 0)->interrupt_vectors.as_uint64 = 0xff;
	mshv_irq_assert(the_pt(test), 0);
	KUNIT_EXPECT_EQ(test, nr_asserted(test), 1);
	KUNIT_EXPECT_EQ(test, vector_list(test, 0), 0xff);
	KUNIT_EXPECT_EQ(test, mshv_arch_vectors_pending(fake_vmm_the_vp(the_vmm(test), 0)),
			7);
}

static void vp_that_is_dispatched_is_interrupted_by_hypercall(struct kunit *test)
{
	struct mshv_vp *vp = fake_vmm_the_vp(the_vmm(test), 0);

	route(test, 0, ADDR(1), 0x31);
	WRITE_ONCE(vp->run.dispatched, true);
	mshv_irq_assert(the_pt(test), 0);
	WRITE_ONCE(vp->run.dispatched, false);
	KUNIT_EXPECT_EQ(test, nr_asserted(test), 1);
	KUNIT_EXPECT_EQ(test, vector_list(test, 0), 0);
}

static void new_apic_id_makes_what_was_known_void(struct kunit *test)
{
	route(test, 0, ADDR(1), 0x31);
	mshv_irq_apic_ids_changed(the_pt(test));
	mshv_irq_assert(the_pt(test), 0);
	KUNIT_EXPECT_EQ(test, nr_asserted(test), 1);
	KUNIT_EXPECT_EQ(test, vector_list(test, 0), 0);

	route(test, 0, ADDR(1), 0x31);
	mshv_irq_assert(the_pt(test), 0);
	KUNIT_EXPECT_EQ(test, nr_asserted(test), 1);
	KUNIT_EXPECT_EQ(test, vector_list(test, 0), 0x3101);
}

static void core_scheduler_never_uses_the_list(struct kunit *test)
{
	mshv.root_logic = false;
	route(test, 0, ADDR(1), 0x31);
	mshv_irq_assert(the_pt(test), 0);
	KUNIT_EXPECT_EQ(test, nr_asserted(test), 1);
	KUNIT_EXPECT_EQ(test, fake_hv_count(test->priv,
					    HVCALL_GET_VP_INDEX_FROM_APIC_ID), 0);
}

static struct kunit_case irq_cases[] = {
	KUNIT_CASE_PARAM(msi_is_delivered_as_it_says, msi_gen_params),
	KUNIT_CASE(gsi_means_nothing_before_it_is_set_and_after_it_is_unset),
	KUNIT_CASE(refused_table_leaves_the_old_one),
	KUNIT_CASE(table_beyond_any_size_is_refused),
	{}
};

static struct kunit_suite irq_suite = {
	.name = "mshv_irq",
	.init = irq_test_init,
	.test_cases = irq_cases,
};

static struct kunit_case fast_cases[] = {
	KUNIT_CASE(plain_msi_goes_into_the_list_of_the_vp_with_that_apic_id),
	KUNIT_CASE_PARAM(other_msi_is_left_to_the_hypervisor, slow_gen_params),
	KUNIT_CASE(absent_apic_ids_cost_the_others_nothing),
	KUNIT_CASE(hypervisor_that_does_not_tell_is_asked_once),
	KUNIT_CASE(full_list_is_no_reason_to_lose_a_vector),
	KUNIT_CASE(count_that_the_vmm_forged_leads_nowhere),
	KUNIT_CASE(vp_that_is_dispatched_is_interrupted_by_hypercall),
	KUNIT_CASE(new_apic_id_makes_what_was_known_void),
	KUNIT_CASE(core_scheduler_never_uses_the_list),
	{}
};

static struct kunit_suite fast_suite = {
	.name = "mshv_irq_fast",
	.init = fast_test_init,
	.exit = fast_test_exit,
	.test_cases = fast_cases,
};

kunit_test_suites(&irq_suite, &fast_suite);
