// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ports, connections, and the writes that ring them; the L1's rings are counted only
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../objects.h"
#include "../regs.h"
#include "harness.h"

#define CHILD	7
#define OTHER	8
#define GPA	0x3f000000UL
#define RIP	0x10000UL
#define SINT	5

static struct {
	struct config cfg;
	struct hv hv;
	struct objects objs;
	struct l1_vp vps[2];
	struct partition pt, other;
	struct vp vp;
	struct kvm_run run;
	int ring[2];		/* what synic_signal_ring() returns */
	unsigned int nr_rung[2];
	uint32_t last;
	unsigned int nr_ended;	/* dispatches ended for the interrupt */
	const char *code;
	unsigned int code_len;
} m;

struct partition *partition_find(struct hv *hv, uint64_t id)
{
	(void)hv;
	return id == CHILD ? &m.pt : id == OTHER ? &m.other : NULL;
}

int synic_signal_ring(struct l1_vp *vp, unsigned int sint, uint32_t value)
{
	if (sint != SINT)
		return -EINVAL;
	if (m.ring[vp->index])
		return m.ring[vp->index];
	m.nr_rung[vp->index]++;
	m.last = value;
	return 0;
}

void dispatch_interrupt(struct l1_vp *to)
{
	(void)to;
	m.nr_ended++;
}

void trace_doorbell(struct trace *tr, uint64_t partition, uint32_t port, unsigned int vp, int err)
{
	(void)tr;
	(void)partition;
	(void)port;
	(void)vp;
	(void)err;
}

uint64_t vp_linear_rip(const struct vp *vp)
{
	return vp->run->s.regs.regs.rip;
}

__u64 *regs_gpr(struct kvm_regs *regs, unsigned int i)
{
	return i == 0 ? &regs->rax : i == 1 ? &regs->rcx : &regs->rdx;
}

void insn_fetch(struct vp *vp, uint64_t linear, struct insn *insn)
{
	(void)linear;
	memset(insn, 0, sizeof(*insn));
	insn->nr_bytes = m.code_len;
	memcpy(insn->bytes, m.code, m.code_len);
	insn_decode(insn, vp->run->s.regs.sregs.cs.l);
}

static void setup(void)
{
	memset(&m, 0, sizeof(m));
	m.hv = (struct hv){ .cfg = &m.cfg, .objs = &m.objs, .vps = m.vps, .nr_vps = 2 };
	m.vps[1].index = 1;
	m.pt = (struct partition){ .hv = &m.hv, .id = CHILD, .state = PARTITION_ACTIVE };
	m.vp = (struct vp){ .pt = &m.pt, .run = &m.run, .home = &m.vps[0] };
	m.run.s.regs.sregs.cr0 = 1;
	m.run.s.regs.sregs.efer = EFER_LMA;
	m.run.s.regs.sregs.cs.l = 1;
}

static uint16_t call(HC_HANDLER((*fn)), const void *in, size_t len)
{
	struct hvcall hc = { .in = (void *)in, .in_len = len };

	return fn(&m.hv, &m.vps[0], &hc);
}

static uint16_t create(uint32_t id, uint32_t vp)
{
	struct hv_in_create_port in = {
		.port_partition_id = HV_PARTITION_SELF, .port_id = id,
		.connection_partition_id = CHILD, .type = HV_PORT_DOORBELL, .sint = SINT, .vp = vp,
	};

	return call(hc_create_port, &in, sizeof(in));
}

static uint16_t delete(uint32_t id)
{
	struct hv_in_delete_port in = { .port_partition_id = HV_PARTITION_SELF, .port_id = id };

	return call(hc_delete_port, &in, sizeof(in));
}

static uint16_t connect(uint32_t id, uint32_t port, uint64_t gpa, uint64_t value, uint64_t flags)
{
	struct hv_in_connect_port in = {
		.connection_partition_id = CHILD, .connection_id = id,
		.port_partition_id = HV_PARTITION_SELF, .port_id = port, .type = HV_PORT_DOORBELL,
		.gpa = gpa, .value = value, .flags = flags,
	};

	return call(hc_connect_port, &in, sizeof(in));
}

static uint16_t disconnect(uint32_t id, uint32_t flags)
{
	struct hv_in_disconnect_port in = {
		.connection_partition_id = CHILD, .connection_id = id, .flags = flags,
	};

	return call(hc_disconnect_port, &in, sizeof(in));
}

static uint16_t ring_empty(uint32_t sint)
{
	struct hv_in_ring_empty in = { .sint = sint };

	return call(hc_notify_port_ring_empty, &in, sizeof(in));
}

/* The guest executes a move of RAX to GPA: rung and stepped over, or neither */
static bool writes(const char *code, unsigned int len, uint64_t rax)
{
	uint64_t next;
	bool taken;

	m.code = code;
	m.code_len = len;
	m.run.s.regs.regs.rip = RIP;
	m.run.s.regs.regs.rax = rax;
	m.run.kvm_dirty_regs = 0;
	taken = doorbell_write(&m.vp, GPA);
	next = taken ? RIP + len : RIP;
	if (m.run.s.regs.regs.rip != next || taken != !!m.run.kvm_dirty_regs)
		test_failed(__FILE__, __LINE__, "RIP is wrong");
	return taken;
}

#define BYTE	"\x88\x02", 2			/* mov %al,(%rdx) */
#define WORD	"\x66\x89\x02", 3
#define DWORD	"\x89\x02", 2
#define QWORD	"\x48\x89\x02", 3
#define ADD	"\x01\x02", 2			/* add %eax,(%rdx) */

TEST(a_write_rings_the_port_that_is_connected_there)
{
	setup();
	CHECK(create(1, HV_VP_ANY) == 0 && create(9, HV_VP_ANY) == 0);
	CHECK(connect(1, 1, GPA + 4, 0, HV_DOORBELL_ANY_VALUE) == 0);
	CHECK(!writes(DWORD, 5) && !m.nr_rung[0]);
	CHECK(connect(2, 9, GPA, 0, HV_DOORBELL_ANY_VALUE) == 0);
	CHECK(writes(DWORD, 5) && m.nr_rung[0] == 1 && m.last == 9 && m.nr_ended == 1);
}

TEST(the_size_has_to_match)
{
	static const bool expect[][4] = {
		{ true, true, true, true }, { true }, { false, true }, { false, false, true },
		{ false, false, false, true },
	};

	for (unsigned int size = 0; size <= HV_DOORBELL_SIZE_MAX; size++) {
		setup();
		create(1, HV_VP_ANY);
		connect(1, 1, GPA, 0, HV_DOORBELL_ANY_VALUE | size);
		CHECK(writes(BYTE, 0) == expect[size][0]);
		CHECK(writes(WORD, 0) == expect[size][1]);
		CHECK(writes(DWORD, 0) == expect[size][2]);
		CHECK(writes(QWORD, 0) == expect[size][3]);
	}
}

TEST(the_value_has_to_match_unless_any_does)
{
	setup();
	create(1, HV_VP_ANY);
	create(2, HV_VP_ANY);
	connect(1, 1, GPA, 0x55, 0);
	connect(2, 2, GPA, 0x66, 0);
	CHECK(writes(BYTE, 0x1255) && m.last == 1);
	CHECK(writes(DWORD, 0xf00000066) && m.last == 2);
	CHECK(!writes(WORD, 0x1255));
	CHECK(!writes(QWORD, 0xf00000066));
}

TEST(what_is_not_a_plain_move_stays_an_intercept)
{
	setup();
	create(1, HV_VP_ANY);
	connect(1, 1, GPA, 0, HV_DOORBELL_ANY_VALUE);
	CHECK(!writes(ADD, 5));
	CHECK(!writes("", 0, 5));
}

TEST(a_port_for_any_vp_finds_one_that_has_a_ring)
{
	setup();
	create(1, HV_VP_ANY);
	connect(1, 1, GPA, 0, HV_DOORBELL_ANY_VALUE);
	m.ring[0] = -ENODEV;
	CHECK(writes(DWORD, 0) && m.nr_rung[1] == 1);
	m.ring[1] = -ENODEV;
	CHECK(writes(DWORD, 0) && m.nr_rung[1] == 1 && m.nr_ended == 1);
}

TEST(a_port_for_one_vp_uses_no_other)
{
	setup();
	CHECK(create(1, 2) == HV_STATUS_INVALID_VP_INDEX);
	CHECK(create(1, 1) == 0);
	connect(1, 1, GPA, 0, HV_DOORBELL_ANY_VALUE);
	CHECK(writes(DWORD, 0) && m.nr_rung[1] == 1 && !m.nr_rung[0]);
	m.ring[1] = -ENODEV;
	CHECK(writes(DWORD, 0) && !m.nr_rung[0]);
}

TEST(what_finds_a_ring_full_rings_when_there_is_room)
{
	setup();
	create(1, HV_VP_ANY);
	create(2, HV_VP_ANY);
	connect(1, 1, GPA, 1, 0);
	connect(2, 2, GPA, 2, 0);
	m.ring[0] = -EAGAIN;
	CHECK(writes(DWORD, 1) && writes(DWORD, 1) && writes(DWORD, 2));
	CHECK(!m.nr_rung[0] && !m.nr_rung[1] && !m.nr_ended);
	CHECK(ring_empty(SINT) == 0 && !m.nr_rung[0]);
	m.ring[0] = 0;
	CHECK(ring_empty(SINT - 1) == 0 && !m.nr_rung[0]);
	CHECK(ring_empty(SINT) == 0 && m.nr_rung[0] == 2 && m.nr_ended == 2);
	CHECK(ring_empty(SINT) == 0 && m.nr_rung[0] == 2);
	CHECK(writes(DWORD, 1) && m.nr_rung[0] == 3);
	CHECK(ring_empty(16) == HV_STATUS_INVALID_PARAMETER);
}

TEST(a_disconnected_or_deleted_port_is_silent)
{
	setup();
	create(1, HV_VP_ANY);
	connect(5, 1, GPA, 0, HV_DOORBELL_ANY_VALUE);
	CHECK(disconnect(5, 0) == HV_STATUS_INVALID_CONNECTION_ID);
	CHECK(disconnect(6, HV_DISCONNECT_DOORBELL) == HV_STATUS_INVALID_CONNECTION_ID);
	CHECK(disconnect(5, HV_DISCONNECT_DOORBELL) == 0);
	CHECK(disconnect(5, HV_DISCONNECT_DOORBELL) == HV_STATUS_INVALID_CONNECTION_ID);
	CHECK(!writes(DWORD, 0));
	connect(5, 1, GPA, 0, HV_DOORBELL_ANY_VALUE);
	CHECK(delete(1) == 0 && delete(1) == HV_STATUS_INVALID_PORT_ID);
	CHECK(!writes(DWORD, 0) && !m.nr_rung[0]);
}

TEST(ids_are_valid_and_used_once)
{
	setup();
	CHECK(create(0, HV_VP_ANY) == HV_STATUS_INVALID_PORT_ID);
	CHECK(create(1 << 24, HV_VP_ANY) == HV_STATUS_INVALID_PORT_ID);
	CHECK(create(3, HV_VP_ANY) == 0);
	CHECK(create(3, HV_VP_ANY) == HV_STATUS_INVALID_PORT_ID);
	CHECK(connect(0, 3, GPA, 0, 0) == HV_STATUS_INVALID_CONNECTION_ID);
	CHECK(connect(3, 4, GPA, 0, 0) == HV_STATUS_INVALID_PORT_ID);
	CHECK(connect(3, 3, GPA, 0, 5) == HV_STATUS_INVALID_PARAMETER);
	CHECK(connect(3, 3, GPA, 0, 8) == HV_STATUS_INVALID_PARAMETER);
	CHECK(connect(3, 3, GPA, 0, 0) == 0);
	CHECK(connect(3, 3, GPA, 0, 0) == HV_STATUS_INVALID_CONNECTION_ID);
}

TEST(a_port_is_for_one_partition)
{
	struct hv_in_connect_port in = {
		.connection_partition_id = OTHER, .connection_id = 1,
		.port_partition_id = HV_PARTITION_SELF, .port_id = 1, .type = HV_PORT_DOORBELL,
	};

	setup();
	m.other = (struct partition){ .hv = &m.hv, .id = OTHER, .state = PARTITION_ACTIVE };
	create(1, HV_VP_ANY);
	CHECK(call(hc_connect_port, &in, sizeof(in)) == HV_STATUS_INVALID_PORT_ID);
	in.connection_partition_id = OTHER + 1;
	CHECK(call(hc_connect_port, &in, sizeof(in)) == HV_STATUS_INVALID_PARTITION_ID);
}

TEST(connections_are_paid_and_ports_counted)
{
	setup();
	m.cfg.demand[DEMAND_PORT] = 1;
	create(1, HV_VP_ANY);
	create(2, HV_VP_ANY);
	CHECK(connect(1, 1, GPA, 0, 0) == HV_STATUS_INSUFFICIENT_MEMORY);
	pool_deposit(&m.pt.pool, 100);
	CHECK(connect(1, 1, GPA, 0, 0) == 0 && m.pt.pool.nr_used == 1);
	CHECK(connect(2, 1, GPA, 0, 0) == HV_STATUS_INSUFFICIENT_MEMORY);
	doorbells_free(&m.pt);
	CHECK(!m.pt.pool.nr_used && !m.pt.doorbells);
	m.pt.state = PARTITION_FINALIZED;
	CHECK(connect(1, 1, GPA, 0, 0) == HV_STATUS_INVALID_PARTITION_STATE);
	CHECK(ports_free(&m.hv) == 2 && !ports_free(&m.hv));
	pool_fini(&m.pt.pool);
}
