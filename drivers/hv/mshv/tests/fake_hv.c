// SPDX-License-Identifier: GPL-2.0-only
/*
 * A small fake hypervisor behind the driver's one way out, see fake_hv.h.
 *
 * Its exit runs with interrupts off, like the real one: it only records, the
 * test judges afterwards.
 */
#include <kunit/static_stub.h>
#include <kunit/test.h>
#include <linux/mm.h>
#include <linux/string.h>
#include <asm/mshyperv.h>

#include "fake_hv.h"
#include "fake_model.h"

/* Written over the input page after each exit */
#define POISON	0xa5

/* The element of a deposit's list that rep @rep is */
static u64 deposit_pfn(const u8 *in, unsigned int rep)
{
	u64 pfn;

	memcpy(&pfn, in + (1 + rep) * sizeof(pfn), sizeof(pfn));
	return pfn;
}

static struct fake_page *find_page(struct fake_hv *fake, u64 pfn)
{
	unsigned int i;

	for (i = 0; i < fake->nr_pages; i++)
		if (fake->pages[i].pfn == pfn)
			return &fake->pages[i];
	return NULL;
}

/* Remember all pages on offer; the first @end of the list are taken. */
static void deposit(struct fake_hv *fake, const u8 *in, unsigned int start,
		    unsigned int end, unsigned int reps)
{
	struct fake_page *page;
	unsigned int i;

	for (i = start; i < reps; i++) {
		/* A list that is continued has been seen before. */
		page = start ? find_page(fake, deposit_pfn(in, i)) : NULL;
		if (!page) {
			if (fake->nr_pages == FAKE_MAX_PAGES)
				return;
			page = &fake->pages[fake->nr_pages++];
			page->pfn = deposit_pfn(in, i);
			get_page(pfn_to_page(page->pfn));
		}
		if (i < end)
			page->taken = true;
	}
}

/* Give pages back, as many as there are. */
static unsigned int withdraw(struct fake_hv *fake, u64 *out, unsigned int start,
			     unsigned int end)
{
	unsigned int i, n = start;

	/* What is in use stays. */
	if (fake->model)
		end = min(end, start + fake_hv_taken(fake) - fake->model->used);
	for (i = 0; i < fake->nr_pages && n < end; i++) {
		if (!fake->pages[i].taken)
			continue;
		fake->pages[i].taken = false;
		fake->nr_returned++;
		out[n++] = fake->pages[i].pfn;
	}
	return n;
}

static void log_exit(struct fake_hv *fake, u64 control, void *in, void *out)
{
	struct fake_exit *e;
	size_t size = HV_HYP_PAGE_SIZE;

	if (out && ((unsigned long)in & PAGE_MASK) ==
		   ((unsigned long)out & PAGE_MASK))
		size = out - in;
	memcpy(fake->input, in, size);
	memset(in, POISON, size);
	if (fake->nr_exits++ >= FAKE_MAX_EXITS)
		return;

	e = &fake->exits[fake->nr_exits - 1];
	memcpy(e->in, fake->input, size);
	for (e->in_used = size; e->in_used && !e->in[e->in_used - 1];)
		e->in_used--;
	e->control = control;
	e->has_out = out;
	e->out_clean = !out || !memchr_inv(out, 0, fake->out_check);
}

/* The answer the script has for this exit, or NULL */
static const struct fake_step *next_step(struct fake_hv *fake, u16 code)
{
	const struct fake_step *step;

	if (fake->step == fake->nr_steps)
		return NULL;

	step = &fake->steps[fake->step];
	if (step->code ? step->code != code : code == HVCALL_DEPOSIT_MEMORY)
		return NULL;
	if (!step->repeat)
		fake->step++;
	return step;
}

static void write_out(struct fake_hv *fake, const struct fake_step *step,
		      void *out, u16 start, u16 done, u16 reps)
{
	const void *from = step->out ?: fake->out;
	size_t size = step->out ? step->out_size : fake->out_size;

	if (!out || !from)
		return;
	if (!reps) {
		memcpy(out, from, size);
		return;
	}
	size /= reps;
	memcpy(out + start * size, from + start * size, (done - start) * size);
}

/* Answer by the script, or with success. */
static u64 script_exit(struct fake_hv *fake, const struct fake_step *script,
		       u64 control, void *out)
{
	static const struct fake_step success = { .reps = FAKE_ALL };
	u16 code = fake_code(control), reps = fake_reps(control);
	const struct fake_step *step = script ?: &success;
	u16 start = fake_start(control);
	u16 done = step->reps == FAKE_ALL ? reps : start + step->reps;

	if (step->raw)
		return step->raw;

	if (code == HVCALL_DEPOSIT_MEMORY)
		deposit(fake, fake->input, start, done, reps);
	else if (code == HVCALL_WITHDRAW_MEMORY)
		done = withdraw(fake, out, start, done);
	else if (step->status == HV_STATUS_SUCCESS || reps)
		write_out(fake, step, out, start, done, reps);

	return step->status | (u64)done << 32;
}

static bool is_to_fail(struct fake_failure *fail, u16 code)
{
	if (fail->for_good && fail->code == code)
		return true;
	if (!fail->nth || --fail->nth)
		return false;
	fail->code = code;
	return true;
}

static u64 model_exit(struct fake_hv *fake, u64 control, void *out)
{
	u16 code = fake_code(control), reps = fake_reps(control);
	u16 start = fake_start(control), status = HV_STATUS_SUCCESS;
	unsigned int max = fake->model->max_reps ?: HV_CALL_MAX_REPS;
	struct model_call call = {
		.code = code, .start = start, .done = start, .out = out,
		.end = min_t(unsigned int, reps, start + max),
		.in = fake->input,
	};

	if (is_to_fail(&fake->fail, code)) {
		/* Who runs out of memory may have done a part. */
		if (!hv_status_needs_memory(fake->fail.status))
			return fake->fail.status | (u64)start << 32;
		call.end = min(call.end, start + 1U);
		status = fake->fail.status;
		if (call.end == reps)
			return status | (u64)start << 32;
	}

	if (code == HVCALL_DEPOSIT_MEMORY) {
		deposit(fake, fake->input, start, call.end, reps);
		call.done = call.end;
	} else if (code == HVCALL_WITHDRAW_MEMORY) {
		call.done = withdraw(fake, out, start, call.end);
	} else {
		status = fake_model_exit(fake->model, &call) ?: status;
	}
	if (fake->after)
		fake->after(fake, code);
	return status | (u64)call.done << 32;
}

static u64 fake_exit(u64 control, void *in, void *out)
{
	struct fake_hv *fake = kunit_get_current_test()->priv;
	u16 code = fake_code(control);
	const struct fake_step *step = next_step(fake, code);

	log_exit(fake, control, in, out);
	if (fake->nr_exits > fake->max_exits)
		return HV_STATUS_OPERATION_FAILED;	/* a loop without end */
	if (fake->hook)
		fake->hook(fake, code);
	if (fake->model && !step)
		return model_exit(fake, control, out);
	return script_exit(fake, step, control, out);
}

static void forget_pages(struct fake_hv *fake)
{
	unsigned int i;

	for (i = 0; i < fake->nr_pages; i++) {
		struct page *page = pfn_to_page(fake->pages[i].pfn);

		if (fake->pages[i].taken)
			__free_page(page);
		put_page(page);
	}
	fake->nr_pages = 0;
}

static void fake_hv_stop(void *arg)
{
	forget_pages(arg);
	hvcall_fini();
}

/**
 * fake_hv_forget - forget exits and pages
 * @test: the test; fails if the driver freed a page that the fake has, or did
 *	not free one that it has not
 * @fake: the fake
 */
void fake_hv_forget(struct kunit *test, struct fake_hv *fake)
{
	unsigned int i;

	for (i = 0; i < fake->nr_pages; i++)
		KUNIT_EXPECT_EQ(test, fake_hv_page_freed(&fake->pages[i]),
				!fake->pages[i].taken);
	forget_pages(fake);
	fake->nr_exits = 0;
}

/**
 * fake_hv_start - put a fake hypervisor behind the running test
 * @test: the test; its priv will be the fake
 * @root: the driver is to think that it runs in the root partition
 *
 * Return: the fake; goes away with the test.
 */
struct fake_hv *fake_hv_start(struct kunit *test, bool root)
{
	struct fake_hv *fake;

	if (hv_is_hyperv_initialized())
		kunit_skip(test, "a real hypervisor may be in use");

	fake = kunit_kzalloc(test, sizeof(*fake), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, fake);
	fake->exits = kunit_kcalloc(test, FAKE_MAX_EXITS, sizeof(*fake->exits),
				    GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, fake->exits);
	fake->max_exits = FAKE_MAX_EXITS;
	fake->input = kunit_kzalloc(test, HV_HYP_PAGE_SIZE, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, fake->input);
	fake->pages = kunit_kcalloc(test, FAKE_MAX_PAGES, sizeof(*fake->pages),
				    GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, fake->pages);

	KUNIT_ASSERT_EQ(test, hvcall_init(root), 0);
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, fake_hv_stop, fake), 0);
	test->priv = fake;
	kunit_activate_static_stub(test, mshv_hv_exit, fake_exit);
	return fake;
}

/**
 * fake_hv_script - say how the next exits are answered
 * @fake: the fake
 * @steps: answers in order
 * @nr: number of them
 */
void fake_hv_script(struct fake_hv *fake, const struct fake_step *steps,
		    unsigned int nr)
{
	fake->steps = steps;
	fake->nr_steps = nr;
	fake->step = 0;
}

/**
 * fake_hv_count - how many exits of one code were there?
 * @fake: the fake
 * @code: hypercall code
 *
 * Return: the number.
 */
unsigned int fake_hv_count(const struct fake_hv *fake, u16 code)
{
	unsigned int i, n = 0;

	for (i = 0; i < min(fake->nr_exits, FAKE_MAX_EXITS); i++)
		n += fake_code(fake->exits[i].control) == code;
	return n;
}

/**
 * fake_hv_exit - look up an exit
 * @test: the test, which fails if there was none
 * @fake: the fake
 * @code: hypercall code
 * @nth: which of that code, from 0
 *
 * Return: the exit.
 */
const struct fake_exit *fake_hv_exit(struct kunit *test,
				     const struct fake_hv *fake, u16 code,
				     unsigned int nth)
{
	unsigned int i;

	for (i = 0; i < min(fake->nr_exits, FAKE_MAX_EXITS); i++)
		if (fake_code(fake->exits[i].control) == code && !nth--)
			return &fake->exits[i];
	KUNIT_FAIL_AND_ABORT(test, "no such exit: code %#x", code);
	return NULL;
}

/**
 * fake_hv_taken - pages the hypervisor owns
 * @fake: the fake
 *
 * Return: the number.
 */
unsigned int fake_hv_taken(const struct fake_hv *fake)
{
	unsigned int i, n = 0;

	for (i = 0; i < fake->nr_pages; i++)
		n += fake->pages[i].taken;
	return n;
}

/**
 * fake_hv_page_freed - has the driver given up a page it offered?
 * @page: the page
 *
 * Return: true if only the fake's own reference is left.
 */
bool fake_hv_page_freed(const struct fake_page *page)
{
	return page_count(pfn_to_page(page->pfn)) == 1;
}
