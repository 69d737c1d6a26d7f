// SPDX-License-Identifier: GPL-2.0-only
#include <linux/kvm.h>
#include <stdlib.h>
#include <string.h>

#include "../hypercall.h"
#include "harness.h"

#define IN_GPA		0x1000
#define OUT_GPA		0x2000
#define REPS(count, start) ((uint64_t)(count) << 32 | (uint64_t)(start) << 48)

/* Simple: adds one to its input */
static uint16_t simple_fn(struct hv *hv, struct l1_vp *vp, struct hvcall *call)
{
	(void)hv;
	(void)vp;
	*(uint64_t *)call->out = *(uint64_t *)call->in + 1;
	return *(uint64_t *)call->in == 0xbad ? 0x05 : 0;
}

/* Rep: negates elements up to the first that is 0, on which it fails */
static uint16_t rep_fn(struct hv *hv, struct l1_vp *vp, struct hvcall *call)
{
	uint64_t *in = (uint64_t *)call->in + 1;
	uint64_t *out = call->out;

	(void)hv;
	(void)vp;
	for (call->rep_done = call->rep_start; call->rep_done < call->rep_count; call->rep_done++) {
		if (!in[call->rep_done])
			return 0x0b;
		out[call->rep_done] = ~in[call->rep_done];
	}
	return 0;
}

static uint16_t fast_fn(struct hv *hv, struct l1_vp *vp, struct hvcall *call)
{
	const uint64_t *in = call->in;

	(void)hv;
	(void)vp;
	return in[0] == 11 && in[1] == 22 ? 0 : 0x05;
}

const struct hypercall_desc hypercall_table[] = {
	{ .code = 0x100, .name = "SIMPLE", .in_hdr = 8, .out_hdr = 8, .fn = simple_fn },
	{ .code = 0x101, .name = "REP", .rep = true, .in_hdr = 8, .in_rep = 8, .out_rep = 8,
	  .fn = rep_fn },
	{ .code = 0x102, .name = "FAST", .in_hdr = 16, .fn = fast_fn },
};

const unsigned int hypercall_table_len = ARRAY_SIZE(hypercall_table);

const struct hypercall_desc machine_hypercalls[] = {
	{ .code = 0x200, .name = "MACHINE", .in_hdr = 16, .fn = fast_fn },
};

const unsigned int machine_hypercalls_len = ARRAY_SIZE(machine_hypercalls);

static struct {
	struct config cfg;
	struct hv hv;
	struct l1_vp vp;
	uint64_t ram[4 * 512];
} m;

void *l1_ram(struct hv *hv, uint64_t gpa, uint64_t len)
{
	(void)hv;
	return gpa + len <= sizeof(m.ram) ? (uint8_t *)m.ram + gpa : NULL;
}

static void set_up(void)
{
	static struct kvm_run run;

	memset(&m, 0, sizeof(m));
	memset(&run, 0, sizeof(run));
	m.hv = (struct hv){ .cfg = &m.cfg, .vps = &m.vp, .nr_vps = 1 };
	m.vp = (struct l1_vp){ .hv = &m.hv, .run = &run };
	pthread_mutex_init(&m.hv.lock, NULL);
	hypercall_init(&m.hv);
}

static uint64_t call(uint64_t control, uint64_t in, uint64_t out)
{
	struct kvm_regs *regs = &m.vp.run->s.regs.regs;

	regs->rcx = control;
	regs->rdx = in;
	regs->r8 = out;
	hypercall_handle(&m.vp);
	return regs->rax;
}

static uint64_t *at(uint64_t gpa)
{
	return &m.ram[gpa / 8];
}

TEST(simple_call_returns_its_output)
{
	set_up();
	*at(IN_GPA) = 41;
	CHECK(call(0x100, IN_GPA, OUT_GPA) == 0);
	CHECK(*at(OUT_GPA) == 42);
}

TEST(simple_call_that_fails_writes_no_output)
{
	set_up();
	*at(IN_GPA) = 0xbad;
	*at(OUT_GPA) = 7;
	CHECK(call(0x100, IN_GPA, OUT_GPA) == 0x05);
	CHECK(*at(OUT_GPA) == 7);
}

TEST(output_beyond_the_result_stays_untouched)
{
	set_up();
	at(OUT_GPA)[1] = 7;
	CHECK(call(0x100, IN_GPA, OUT_GPA) == 0);
	CHECK(at(OUT_GPA)[1] == 7);
}

TEST(rep_call_counts_and_returns_all_elements)
{
	set_up();
	for (unsigned int i = 0; i < 3; i++)
		at(IN_GPA)[1 + i] = i + 1;
	CHECK(call(0x101 | REPS(3, 0), IN_GPA, OUT_GPA) == REPS(3, 0));
	CHECK(at(OUT_GPA)[2] == ~3UL);
}

TEST(rep_call_that_fails_in_the_middle_returns_what_it_did)
{
	set_up();
	at(IN_GPA)[1] = 1;
	at(OUT_GPA)[1] = 7;
	CHECK(call(0x101 | REPS(3, 0), IN_GPA, OUT_GPA) == (REPS(1, 0) | 0x0b));
	CHECK(at(OUT_GPA)[0] == ~1UL);
	CHECK(at(OUT_GPA)[1] == 7);
}

TEST(rep_call_goes_on_from_the_start_index)
{
	set_up();
	at(IN_GPA)[3] = 9;
	at(OUT_GPA)[0] = 7;
	CHECK(call(0x101 | REPS(3, 2), IN_GPA, OUT_GPA) == REPS(3, 0));
	CHECK(at(OUT_GPA)[0] == 7);
	CHECK(at(OUT_GPA)[2] == ~9UL);
}

TEST(fast_call_takes_its_input_from_registers)
{
	set_up();
	CHECK(call(0x102 | 1 << 16, 11, 22) == 0);
	CHECK(call(0x102 | 1 << 16, 11, 23) == 0x05);
}

TEST(unknown_code_is_refused)
{
	set_up();
	CHECK(call(0x999, 0, 0) == 0x02);
}

TEST(wrong_control_is_refused)
{
	set_up();
	CHECK(call(0x100 | REPS(1, 0), IN_GPA, OUT_GPA) == 0x03);
	CHECK(call(0x101, IN_GPA, OUT_GPA) == 0x03);
	CHECK(call(0x101 | REPS(2, 2), IN_GPA, OUT_GPA) == (0x03 | REPS(2, 0)));
	CHECK(call(0x100 | 1ULL << 27, IN_GPA, OUT_GPA) == 0x03);
	CHECK(call(0x100 | 1 << 16, 1, 2) == 0x03);	/* fast, but it has output */
}

TEST(wrong_pointers_are_refused)
{
	set_up();
	CHECK(call(0x100, IN_GPA + 1, OUT_GPA) == 0x04);
	CHECK(call(0x100, IN_GPA, OUT_GPA + 4) == 0x04);
	CHECK(call(0x100, 1 << 20, OUT_GPA) == 0x05);
	CHECK(call(0x100, IN_GPA, 1 << 20) == 0x05);
}

TEST(elements_must_fit_in_the_rest_of_the_page)
{
	set_up();
	memset(at(IN_GPA), 0xff, PAGE_SIZE);
	CHECK((call(0x101 | REPS(512, 0), IN_GPA, OUT_GPA) & 0xffff) == 0x03);
	CHECK((call(0x101 | REPS(511, 0), IN_GPA, OUT_GPA) & 0xffff) == 0);
	CHECK((call(0x101 | REPS(511, 0), IN_GPA, OUT_GPA + 16) & 0xffff) == 0x03);
}

TEST(injected_failure_hits_the_chosen_call_only)
{
	struct fail_rule rule = { .code = 0x100, .nth = 2, .status = 0x71 };

	set_up();
	m.cfg.fails = &rule;
	m.cfg.nr_fails = 1;
	hypercall_fini(&m.hv);
	hypercall_init(&m.hv);
	CHECK(call(0x100, IN_GPA, OUT_GPA) == 0);
	*at(OUT_GPA) = 7;
	CHECK(call(0x100, IN_GPA, OUT_GPA) == 0x71);
	CHECK(*at(OUT_GPA) == 7);
	CHECK(call(0x100, IN_GPA, OUT_GPA) == 0);
}

TEST(injected_failure_can_hit_every_call_of_an_unknown_code)
{
	struct fail_rule rule = { .code = 0x777, .nth = FAIL_EVERY, .status = 0x10 };

	set_up();
	m.cfg.fails = &rule;
	m.cfg.nr_fails = 1;
	hypercall_fini(&m.hv);
	hypercall_init(&m.hv);
	CHECK(call(0x777, 0, 0) == 0x10);
	CHECK(call(0x777, 0, 0) == 0x10);
}

TEST(guest_is_denied_what_manages_partitions)
{
	set_up();
	m.cfg.partition = PARTITION_GUEST;
	CHECK(call(0x100, IN_GPA, OUT_GPA) == 0x06);
	CHECK(call(0x200 | 1 << 16, 11, 22) == 0);
}

TEST(hypercall_page_holds_code_once_the_guest_has_named_itself)
{
	const uint8_t code[] = { 0xe6, 0xeb, 0xc3 };

	set_up();
	hypercall_page_write(&m.hv, 0x3000 | 1);
	CHECK(!(m.hv.hypercall_msr & 1));
	m.hv.guest_os_id = 1;
	hypercall_page_write(&m.hv, 0x3000 | 1);
	CHECK(m.hv.hypercall_msr == (0x3000 | 1));
	CHECK(!memcmp(at(0x3000), code, sizeof(code)));
}
