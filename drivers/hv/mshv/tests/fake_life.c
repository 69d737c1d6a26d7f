// SPDX-License-Identifier: GPL-2.0-only
/*
 * The whole life of a VM, see fake_life.h.
 *
 * A step that fails is repeated, as a VMM might do, unless the test wants
 * otherwise: what failed half-way has to be undone so well that it then
 * succeeds.
 */
#include <kunit/test.h>
#include <linux/mm.h>
#include <linux/uaccess.h>

#include "../mshv.h"
#include "../region.h"
#include "fake_life.h"

#define GFN		MODEL_GFN
#define NR_MAPPED	40
#define WRITABLE	BIT(MSHV_SET_MEM_BIT_WRITABLE)
#define UNMAP		BIT(MSHV_SET_MEM_BIT_UNMAP)

static int create_partition(struct fake_life *life)
{
	return fake_vmm_create_partition(life->vmm, 0);
}

static int set_property(struct fake_life *life)
{
	struct mshv_root_hvcall args = {
		.code = HVCALL_SET_PARTITION_PROPERTY, .in_sz = 24,
		.in_ptr = life->vmm->buf,
	};

	return fake_vmm_pt(life->vmm, MSHV_ROOT_HVCALL, &args, sizeof(args));
}

static int initialize(struct fake_life *life)
{
	return fake_vmm_pt(life->vmm, MSHV_INITIALIZE_PARTITION, NULL, 0);
}

static int map_memory(struct fake_life *life)
{
	return fake_vmm_map(life->vmm, GFN, 0, NR_MAPPED, WRITABLE);
}

static int create_vp0(struct fake_life *life)
{
	return fake_vmm_create_vp(life->vmm, 0);
}

static int create_vp1(struct fake_life *life)
{
	return fake_vmm_create_vp(life->vmm, 1);
}

static int run(struct fake_life *life)
{
	struct hv_message msg;
	int err = fake_vmm_run(life->vmm, 0, &msg);

	if (!err && msg.header.message_type != HVMSG_X64_HALT)
		KUNIT_FAIL(life->vmm->test, "message %#x",
			   msg.header.message_type);
	return err;
}

/* A level-triggered interrupt, and one to an APIC id that exists */
static int set_routes(struct fake_life *life)
{
	struct {
		struct mshv_user_irq_table table;
		struct mshv_user_irq_entry entries[2];
	} args = {
		.table.nr = 2,
		.entries = {
			{ 4, 0xfee01000, 0, 0x8031 },
			{ 5, 0xfee00000 | MODEL_APIC_ID(1) << 12, 0, 0x32 },
		},
	};

	return fake_vmm_pt(life->vmm, MSHV_SET_MSI_ROUTING, &args,
			   sizeof(args));
}

static int irqfd(struct fake_life *life, u32 flags)
{
	struct mshv_user_irqfd args = {
		.fd = life->line, .resamplefd = life->resample, .gsi = 4,
		.flags = flags,
	};

	return fake_vmm_pt(life->vmm, MSHV_IRQFD, &args, sizeof(args));
}

static int assign_irqfd(struct fake_life *life)
{
	return irqfd(life, BIT(MSHV_IRQFD_BIT_RESAMPLE));
}

static int deassign_irqfd(struct fake_life *life)
{
	return irqfd(life, BIT(MSHV_IRQFD_BIT_DEASSIGN));
}

static int assign_ioeventfd(struct fake_life *life)
{
	struct mshv_user_ioeventfd args = {
		.addr = 0xfe000000, .len = 4, .fd = life->bell,
	};

	return fake_vmm_pt(life->vmm, MSHV_IOEVENTFD, &args, sizeof(args));
}

static int vp_state(struct fake_life *life, unsigned int cmd)
{
	struct mshv_get_set_vp_state args = {
		.type = MSHV_VP_STATE_XSAVE, .buf_sz = PAGE_SIZE,
		.buf_ptr = life->vmm->buf,
	};

	return fake_vmm_vp(life->vmm, 1, cmd, &args, sizeof(args));
}

static int get_state(struct fake_life *life)
{
	return vp_state(life, MSHV_GET_VP_STATE);
}

static int set_state(struct fake_life *life)
{
	return vp_state(life, MSHV_SET_VP_STATE);
}

static int get_access(struct fake_life *life)
{
	struct mshv_gpap_access_bitmap args = {
		.access_type = MSHV_GPAP_ACCESS_TYPE_DIRTY,
		.access_op = MSHV_GPAP_ACCESS_OP_CLEAR,
		.page_count = NR_MAPPED, .gpap_base = GFN,
		.bitmap_ptr = life->vmm->buf,
	};
	u8 bits = 0;
	int err;

	err = fake_vmm_pt(life->vmm, MSHV_GET_GPAP_ACCESS_BITMAP, &args,
			  sizeof(args));
	if (err)
		return err;
	/* The guest has written to the first page. */
	if (copy_from_user(&bits, (void __user *)life->vmm->buf, 1) ||
	    !(bits & 1))
		KUNIT_FAIL(life->vmm->test, "a dirty bit is lost");
	return 0;
}

static int unmap_memory(struct fake_life *life)
{
	return fake_vmm_map(life->vmm, GFN, 0, NR_MAPPED, UNMAP);
}

static int (*const steps[])(struct fake_life *life) = {
	create_partition, set_property, initialize, create_vp0, map_memory,
	create_vp1, set_routes, assign_irqfd, assign_ioeventfd, run,
	get_access, get_state, set_state, run, deassign_irqfd, unmap_memory,
	map_memory, run, assign_irqfd,
};

static bool is_dead(struct fake_life *life)
{
	return life->vmm->pt_file && fake_vmm_partition(life->vmm)->dead;
}

/**
 * fake_life_live - create a VM, use it, repeat what fails
 * @life: the life
 *
 * Ends where a step fails for good.
 */
void fake_life_live(struct fake_life *life)
{
	struct kunit *test = life->vmm->test;
	unsigned int i;
	int err;

	life->nr_errors = 0;
	for (i = 0; i < ARRAY_SIZE(steps); i++) {
		err = steps[i](life);
		if (!err)
			continue;
		if (life->nr_errors < ARRAY_SIZE(life->errors))
			life->errors[life->nr_errors++] = err;
		if (life->once)
			return;
		err = steps[i](life);
		if (!err)
			continue;
		/* What is not taken away from a guest ends it. */
		if (!is_dead(life) || err != -ESHUTDOWN)
			KUNIT_FAIL(test, "%ps, repeated: %d", steps[i], err);
		return;
	}
}

/**
 * fake_life_end - destroy the VM
 * @life: the life
 */
void fake_life_end(struct fake_life *life)
{
	fake_vmm_close(life->vmm);
}

/**
 * fake_life_check_balance - what is left is exactly what had to be leaked
 * @life: the life, after its end
 *
 * The hypervisor is empty then.
 */
void fake_life_check_balance(struct fake_life *life)
{
	struct fake_vmm *vmm = life->vmm;
	struct kunit *test = vmm->test;
	long kept = atomic_long_read(&mshv.nr_kept_pages) - vmm->kept;

	KUNIT_EXPECT_EQ_MSG(test, vmm->m->nr_violations, 0, "first one: %s",
			    vmm->m->violation);
	KUNIT_EXPECT_TRUE(test, xa_empty(&mshv.partitions));
	KUNIT_EXPECT_EQ(test, kept,
			fake_model_held(vmm->m) + fake_hv_taken(vmm->hv));
	KUNIT_EXPECT_EQ(test, current->mm->locked_vm, 0);
	/* All waiters have gone. */
	fake_eventfd_signal(test, life->line);
	KUNIT_EXPECT_EQ(test, fake_eventfd_read(test, life->line), 1);

	fake_hv_forget(test, vmm->hv);
	fake_model_release(test, vmm->m);
	vmm->m->nr_violations = 0;
	vmm->kept += kept;
}

static void fake_life_stop(void *arg)
{
	struct fake_life *life = arg;

	fake_vmm_close(life->vmm);
	fake_eventfd_close(life->line);
	fake_eventfd_close(life->resample);
	fake_eventfd_close(life->bell);
	mshv_pin_memory = false;
}

/**
 * fake_life_start - prepare for lives
 * @test: the test
 * @root_logic: VPs are dispatched by this kernel
 * @pinned: memory is pinned
 *
 * Return: the life; nothing is alive yet.
 */
struct fake_life *fake_life_start(struct kunit *test, bool root_logic,
				  bool pinned)
{
	static const struct model_insn guest[] = {
		{ MODEL_WRITE, GFN }, { MODEL_BLOCK },
		{ MODEL_READ, GFN + 39 }, { MODEL_HALT },
	};
	struct fake_life *life = kunit_kzalloc(test, sizeof(*life), GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, life);
	life->vmm = fake_vmm_start(test);
	life->vmm->m->guest = guest;
	mshv.root_logic = root_logic;
	mshv_pin_memory = pinned;
	life->line = fake_eventfd(test);
	life->resample = fake_eventfd(test);
	life->bell = fake_eventfd(test);
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, fake_life_stop,
							life), 0);
	/* The VMM has touched all of its memory. */
	for (i = 0; i < 1 + VMM_BUF_PAGES + VMM_NR_PAGES; i++)
		KUNIT_ASSERT_EQ(test, put_user((u8)0,
					       (u8 __user *)(life->vmm->args +
							     i * PAGE_SIZE)), 0);
	return life;
}
