/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A small fake hypervisor behind the driver's one way out.
 *
 * It logs every exit with the whole input page, answers by a script (without
 * one: success, all reps done), takes deposited pages like the real one, and
 * overwrites the input page afterwards, so that a caller which does not fill
 * it anew each time is found out.
 */
#ifndef _MSHV_TESTS_FAKE_HV_H
#define _MSHV_TESTS_FAKE_HV_H

#include <kunit/test.h>
#include <linux/types.h>
#include <hyperv/hvcall.h>

#include "../arch.h"
#include "../mshv.h"
#include "../port.h"
#include "../region.h"
#include "../synic.h"

#define FAKE_MAX_EXITS	96
#define FAKE_MAX_PAGES	20480

/* All reps that are left */
#define FAKE_ALL	0xffff

/**
 * struct fake_step - answer to one exit
 * @status: HV_STATUS_*
 * @reps: reps to complete in this exit, FAKE_ALL for the rest
 * @code: answer the next exit of this code, 0: the next one of any code except
 *	deposits
 * @repeat: give this answer to all further exits too
 * @raw: if not 0, the whole result word instead
 * @out: output of this exit instead of the fake's
 * @out_size: bytes at @out
 */
struct fake_step {
	u16 status;
	u16 reps;
	u16 code;
	bool repeat;
	u64 raw;
	const void *out;
	size_t out_size;
};

/**
 * struct fake_exit - one exit as the driver made it
 * @control: control word
 * @in: the input page
 * @in_used: bytes up to the last one that is not zero
 * @has_out: there was an output page
 * @out_clean: and it was zero for as far as @out_check says
 */
struct fake_exit {
	u64 control;
	u8 in[HV_HYP_PAGE_SIZE];
	unsigned int in_used;
	bool has_out;
	bool out_clean;
};

/**
 * struct fake_page - one page that was offered as a deposit
 * @pfn: its number
 * @taken: the hypervisor owns it
 */
struct fake_page {
	u64 pfn;
	bool taken;
};

/**
 * struct fake_failure - one exit that fails
 * @nth: which one from now on, from 1; counts down, 0 for none
 * @for_good: and from then on all of that hypercall
 * @status: HV_STATUS_* it fails with
 * @code: out: the hypercall it was
 */
struct fake_failure {
	unsigned int nth;
	bool for_good;
	u16 status;
	u16 code;
};

/**
 * struct fake_hv - the fake hypervisor of one test case
 * @steps: script; consumed from the front
 * @nr_steps: length of it
 * @step: next one
 * @out: what simple calls return, and rep calls element by element
 * @out_size: bytes at @out
 * @out_check: bytes of the output page that have to be zero at the exit
 * @exits: log
 * @nr_exits: length of it, may exceed FAKE_MAX_EXITS
 * @max_exits: from there on each exit fails, to end a loop without end
 * @input: input of the last one
 * @pages: pages ever offered; each has a reference of ours
 * @nr_pages: length of it
 * @nr_returned: how many of them were withdrawn
 * @model: what answers exits the script has no answer for, or NULL
 * @fail: which exit the model lets fail
 * @hook: called in each exit, where interrupts would come in
 * @after: likewise, after the model has done what it was to do
 * @arg: for the test
 */
struct fake_hv {
	const struct fake_step *steps;
	unsigned int nr_steps;
	unsigned int step;
	const void *out;
	size_t out_size;
	size_t out_check;
	struct fake_exit *exits;
	unsigned int nr_exits;
	unsigned int max_exits;
	u8 *input;
	struct fake_page *pages;
	unsigned int nr_pages;
	unsigned int nr_returned;
	struct fake_model *model;
	struct fake_failure fail;
	void (*hook)(struct fake_hv *fake, u16 code);
	void (*after)(struct fake_hv *fake, u16 code);
	void *arg;
};

struct fake_hv *fake_hv_start(struct kunit *test, bool root);
void fake_hv_script(struct fake_hv *fake, const struct fake_step *steps,
		    unsigned int nr);
unsigned int fake_hv_count(const struct fake_hv *fake, u16 code);
const struct fake_exit *fake_hv_exit(struct kunit *test,
				     const struct fake_hv *fake, u16 code,
				     unsigned int nth);
void fake_hv_forget(struct kunit *test, struct fake_hv *fake);
unsigned int fake_hv_taken(const struct fake_hv *fake);
bool fake_hv_page_freed(const struct fake_page *page);

/* What fake_vp_start() sets up */
#define FAKE_PT_ID	42
#define FAKE_VP_INDEX	3

struct mshv_vp *fake_vp_start(struct kunit *test);
int fake_vp_run(struct mshv_vp *vp, struct hv_message *msg);
struct mshv_partition *fake_pt_publish(struct kunit *test, u64 id);
struct mshv_vp *fake_vp_publish(struct kunit *test, struct mshv_partition *pt,
				u32 index);

/* The parts of a control word */
static inline u16 fake_code(u64 control)
{
	return control & 0xffff;
}

static inline u16 fake_reps(u64 control)
{
	return (control >> 32) & 0xfff;
}

static inline u16 fake_start(u64 control)
{
	return (control >> 48) & 0xfff;
}

#endif /* _MSHV_TESTS_FAKE_HV_H */
