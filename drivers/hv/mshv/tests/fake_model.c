// SPDX-License-Identifier: GPL-2.0-only
/*
 * The state of the fake hypervisor, see fake_model.h: partitions, VPs, memory
 * and ports.  What a running VP does is in fake_guest.c.
 */
#include <kunit/static_stub.h>
#include <kunit/test.h>
#include <linux/mm.h>

#include "../mshv.h"
#include "../synic.h"
#include "fake_hv.h"
#include "fake_model.h"

/**
 * fake_model_violate - the driver did what no driver may do
 * @m: the model
 * @what: that
 */
void fake_model_violate(struct fake_model *m, const char *what)
{
	if (!m->nr_violations++)
		m->violation = what;
}

/**
 * fake_model_hold - the hypervisor gets a page of ours
 * @page: what it knows of it
 * @pfn: which one
 */
void fake_model_hold(struct model_page *page, u64 pfn)
{
	page->pfn = pfn;
	page->held = true;
	get_page(pfn_to_page(pfn));
}

/**
 * fake_model_drop - the hypervisor gives a page back, if it has it
 * @page: what it knows of it
 */
void fake_model_drop(struct model_page *page)
{
	if (page->held)
		put_page(pfn_to_page(page->pfn));
	page->held = false;
}

/**
 * fake_model_vp - look up a VP
 * @m: the model
 * @id: partition id
 * @index: VP index
 *
 * Return: the VP, or NULL.
 */
struct model_vp *fake_model_vp(struct fake_model *m, u64 id, u32 index)
{
	if (!m->exists || id != m->id || index >= MODEL_VPS ||
	    !m->vp[index].exists)
		return NULL;
	return &m->vp[index];
}

/* Take deposited pages into use. */
static bool pay(struct fake_model *m, unsigned int cost)
{
	struct fake_hv *fake = kunit_get_current_test()->priv;

	if (fake_hv_taken(fake) < m->used + cost)
		return false;
	m->used += cost;
	return true;
}

static u16 create_partition(struct fake_model *m, struct model_call *call)
{
	struct hv_output_create_partition *out = call->out;

	if (m->exists)
		return HV_STATUS_NO_RESOURCES;
	m->exists = true;
	m->initialized = false;
	m->used = 0;
	out->partition_id = ++m->id;
	return HV_STATUS_SUCCESS;
}

static u16 initialize(struct fake_model *m)
{
	if (m->initialized)
		return HV_STATUS_INVALID_PARTITION_STATE;
	if (!pay(m, MODEL_INIT_COST))
		return HV_STATUS_INSUFFICIENT_MEMORY;
	m->initialized = true;
	return HV_STATUS_SUCCESS;
}

static u16 finalize(struct fake_model *m)
{
	unsigned int i;

	if (!m->initialized)
		return HV_STATUS_INVALID_PARTITION_STATE;
	fake_memory_unmap_all(m);
	for (i = 0; i < MODEL_VPS; i++)
		m->vp[i].exists = false;
	for (i = 0; i < MODEL_PORTS; i++)
		m->port[i].connected = false;
	m->initialized = false;
	m->used = 0;
	return HV_STATUS_SUCCESS;
}

static u16 delete_partition(struct fake_model *m)
{
	if (m->initialized)
		return HV_STATUS_INVALID_PARTITION_STATE;
	m->exists = false;
	return HV_STATUS_SUCCESS;
}

static u16 partition_call(struct fake_model *m, struct model_call *call)
{
	if (call->code == HVCALL_CREATE_PARTITION)
		return create_partition(m, call);
	if (!m->exists || *(u64 *)call->in != m->id)
		return HV_STATUS_INVALID_PARTITION_ID;
	switch (call->code) {
	case HVCALL_INITIALIZE_PARTITION:
		return initialize(m);
	case HVCALL_FINALIZE_PARTITION:
		return finalize(m);
	default:
		return delete_partition(m);
	}
}

static u16 create_vp(struct fake_model *m, struct model_call *call)
{
	const struct hv_create_vp *in = call->in;
	struct model_vp *vp = &m->vp[in->vp_index % MODEL_VPS];

	if (!m->exists || in->partition_id != m->id)
		return HV_STATUS_INVALID_PARTITION_ID;
	if (in->vp_index >= MODEL_VPS || vp->exists)
		return HV_STATUS_INVALID_VP_INDEX;
	if (!pay(m, MODEL_VP_COST))
		return HV_STATUS_INSUFFICIENT_MEMORY;
	*vp = (struct model_vp) { .exists = true, .explicit_suspend = true };
	return HV_STATUS_SUCCESS;
}

static u16 delete_vp(struct fake_model *m, struct model_call *call)
{
	const union hv_input_delete_vp *in = call->in;
	struct model_vp *vp = fake_model_vp(m, in->partition_id, in->vp_index);

	if (!vp)
		return HV_STATUS_INVALID_VP_INDEX;
	vp->exists = false;
	m->used -= MODEL_VP_COST;
	return HV_STATUS_SUCCESS;
}

/* Lay a page over one of ours, or take it away again. */
static u16 lay_over(struct fake_model *m, struct model_page *page, u64 pfn,
		    bool map)
{
	if (page->held == map) {
		fake_model_violate(m, map ? "overlay mapped twice" :
					    "overlay unmapped twice");
		return HV_STATUS_INVALID_PARAMETER;
	}
	if (map)
		fake_model_hold(page, pfn);
	else
		fake_model_drop(page);
	return HV_STATUS_SUCCESS;
}

static u16 vp_page(struct fake_model *m, struct model_call *call)
{
	/* The start of the input is the same for both. */
	const struct hv_input_map_vp_state_page *in = call->in;
	struct model_vp *vp = fake_model_vp(m, in->partition_id, in->vp_index);

	if (!vp)
		return HV_STATUS_INVALID_VP_INDEX;
	if (in->type >= HV_VP_STATE_PAGE_COUNT)
		return HV_STATUS_INVALID_PARAMETER;
	if (call->code == HVCALL_UNMAP_VP_STATE_PAGE)
		return lay_over(m, &vp->pages[in->type], 0, false);
	if (!in->flags.map_location_provided)
		return HV_STATUS_INVALID_PARAMETER;
	return lay_over(m, &vp->pages[in->type], in->requested_map_location,
			true);
}

static u16 stats_page(struct fake_model *m, struct model_call *call)
{
	const struct hv_input_map_stats_page2 *in = call->in;
	struct model_vp *vp = fake_model_vp(m, in->identity.vp.partition_id,
					    in->identity.vp.vp_index);
	u8 area = in->identity.vp.stats_area_type;

	if (!vp || in->type != HV_STATS_OBJECT_VP || area > 1)
		return HV_STATUS_INVALID_PARAMETER;
	if (call->code == HVCALL_UNMAP_STATS_PAGE)
		return lay_over(m, &vp->stats[area], 0, false);
	return lay_over(m, &vp->stats[area], in->map_location, true);
}

/**
 * fake_model_exit - answer one exit
 * @m: the model
 * @call: the exit
 *
 * Return: HV_STATUS_*.
 */
u16 fake_model_exit(struct fake_model *m, struct model_call *call)
{
	switch (call->code) {
	case HVCALL_CREATE_PARTITION:
	case HVCALL_INITIALIZE_PARTITION:
	case HVCALL_FINALIZE_PARTITION:
	case HVCALL_DELETE_PARTITION:
		return partition_call(m, call);
	case HVCALL_CREATE_VP:
		return create_vp(m, call);
	case HVCALL_DELETE_VP:
		return delete_vp(m, call);
	case HVCALL_MAP_VP_STATE_PAGE:
	case HVCALL_UNMAP_VP_STATE_PAGE:
		return vp_page(m, call);
	case HVCALL_MAP_STATS_PAGE2:
	case HVCALL_UNMAP_STATS_PAGE:
		return stats_page(m, call);
	case HVCALL_MAP_GPA_PAGES:
	case HVCALL_UNMAP_GPA_PAGES:
	case HVCALL_GET_GPA_PAGES_ACCESS_STATES:
		return fake_memory_exit(m, call);
	case HVCALL_CREATE_PORT:
	case HVCALL_DELETE_PORT:
	case HVCALL_CONNECT_PORT:
	case HVCALL_DISCONNECT_PORT:
		return fake_port_exit(m, call);
	default:
		return fake_guest_exit(m, call);
	}
}

static void fake_synic_set(u32 reg, u64 value)
{
	struct fake_hv *fake = kunit_get_current_test()->priv;
	struct fake_model *m = fake->model;

	if (reg != HV_MSR_EOM)
		return;
	m->nr_eoms++;
	m->full_at_eom |= m->slot.header.message_type != HVMSG_NONE;
}

/**
 * fake_model_start - give the fake hypervisor of a test a state
 * @test: the test; fake_hv_start() was called
 *
 * Return: the model.
 */
struct fake_model *fake_model_start(struct kunit *test)
{
	static const struct model_insn halt[] = { { MODEL_HALT } };
	struct fake_hv *fake = test->priv;

	fake->model = kunit_kzalloc(test, sizeof(*fake->model), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, fake->model);
	fake->model->guest = halt;
	kunit_activate_static_stub(test, mshv_synic_set, fake_synic_set);
	return fake->model;
}

static unsigned int held_by_vp(const struct model_vp *vp)
{
	unsigned int i, n = 0;

	for (i = 0; i < ARRAY_SIZE(vp->pages); i++)
		n += vp->pages[i].held;
	for (i = 0; i < ARRAY_SIZE(vp->stats); i++)
		n += vp->stats[i].held;
	return n;
}

/**
 * fake_model_held - pages of ours it would write to
 * @m: the model
 *
 * Return: their number: overlays and guest memory, but not deposits.
 */
unsigned int fake_model_held(const struct fake_model *m)
{
	unsigned int i, n = m->nr_mapped;

	for (i = 0; i < MODEL_VPS; i++)
		n += held_by_vp(&m->vp[i]);
	return n;
}

/**
 * fake_model_expect_empty - nothing may be left in the hypervisor
 * @test: the test
 * @m: the model
 */
void fake_model_expect_empty(struct kunit *test, const struct fake_model *m)
{
	unsigned int i;

	KUNIT_EXPECT_EQ_MSG(test, m->nr_violations, 0, "first one: %s",
			    m->violation);
	KUNIT_EXPECT_FALSE(test, m->exists);
	KUNIT_EXPECT_FALSE(test, m->full_at_eom);
	KUNIT_EXPECT_EQ(test, fake_model_held(m), 0);
	KUNIT_EXPECT_EQ(test, fake_hv_taken(test->priv), 0);
	for (i = 0; i < MODEL_VPS; i++)
		KUNIT_EXPECT_FALSE(test, m->vp[i].exists);
	for (i = 0; i < MODEL_PORTS; i++)
		KUNIT_EXPECT_EQ(test, m->port[i].id, 0);
}

/* A page the hypervisor did not give back must not have been freed. */
static void release(struct kunit *test, struct model_page *page, bool ours)
{
	struct page *p = pfn_to_page(page->pfn);

	if (!page->held)
		return;
	KUNIT_EXPECT_GT_MSG(test, page_count(p), 1,
			    "freed while the hypervisor has it");
	fake_model_drop(page);
	if (ours)
		__free_page(p);
}

/**
 * fake_model_release - begin anew after what went wrong on purpose
 * @test: the test
 * @m: the model
 *
 * Checks that what the hypervisor still has was leaked, and frees it.
 */
void fake_model_release(struct kunit *test, struct fake_model *m)
{
	unsigned int i, k;

	for (i = 0; i < MODEL_VPS; i++) {
		for (k = 0; k < ARRAY_SIZE(m->vp[i].pages); k++)
			release(test, &m->vp[i].pages[k], true);
		for (k = 0; k < ARRAY_SIZE(m->vp[i].stats); k++)
			release(test, &m->vp[i].stats[k], true);
		m->vp[i] = (struct model_vp) {};
	}
	for (i = 0; i < MODEL_GFNS; i++) {
		release(test, &m->gpa[i].page, false);
		m->gpa[i] = (struct model_gpa) {};
	}
	memset(m->port, 0, sizeof(m->port));
	m->nr_mapped = 0;
	m->exists = false;
}
