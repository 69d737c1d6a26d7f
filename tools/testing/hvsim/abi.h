/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The hypervisor's interface: numbers and layouts
 *
 * Written from the Top Level Functional Specification and the public headers;
 * independent of any kernel header, so that a mistake in a driver's headers shows.
 * All structures are little-endian, packed, and checked for their size.
 */
#ifndef HVSIM_ABI_H
#define HVSIM_ABI_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#define HV_PACKED __attribute__((packed))

#define HV_PARTITION_SELF	UINT64_MAX
#define HV_VP_ANY		UINT32_MAX
#define HV_VP_SELF		(UINT32_MAX - 1)

/* Call codes */
#define HVCALL_CREATE_PARTITION			0x0040
#define HVCALL_INITIALIZE_PARTITION		0x0041
#define HVCALL_FINALIZE_PARTITION		0x0042
#define HVCALL_DELETE_PARTITION			0x0043
#define HVCALL_GET_PARTITION_PROPERTY		0x0044
#define HVCALL_SET_PARTITION_PROPERTY		0x0045
#define HVCALL_GET_PARTITION_ID			0x0046
#define HVCALL_DEPOSIT_MEMORY			0x0048
#define HVCALL_WITHDRAW_MEMORY			0x0049
#define HVCALL_GET_MEMORY_BALANCE		0x004a
#define HVCALL_MAP_GPA_PAGES			0x004b
#define HVCALL_UNMAP_GPA_PAGES			0x004c
#define HVCALL_INSTALL_INTERCEPT		0x004d
#define HVCALL_CREATE_VP			0x004e
#define HVCALL_DELETE_VP			0x004f
#define HVCALL_GET_VP_REGISTERS			0x0050
#define HVCALL_SET_VP_REGISTERS			0x0051
#define HVCALL_TRANSLATE_VIRTUAL_ADDRESS	0x0052
#define HVCALL_CLEAR_VIRTUAL_INTERRUPT		0x0056
#define HVCALL_DELETE_PORT			0x0058
#define HVCALL_DISCONNECT_PORT			0x005b
#define HVCALL_MAP_STATS_PAGE			0x006c
#define HVCALL_UNMAP_STATS_PAGE			0x006d
#define HVCALL_GET_SYSTEM_PROPERTY		0x007b
#define HVCALL_NOTIFY_PORT_RING_EMPTY		0x008b
#define HVCALL_REGISTER_INTERCEPT_RESULT	0x0091
#define HVCALL_ASSERT_VIRTUAL_INTERRUPT		0x0094
#define HVCALL_CREATE_PORT			0x0095
#define HVCALL_CONNECT_PORT			0x0096
#define HVCALL_DISPATCH_VP			0x00c2
#define HVCALL_GET_GPA_PAGES_ACCESS_STATES	0x00c9
#define HVCALL_MAP_VP_STATE_PAGE		0x00e1
#define HVCALL_UNMAP_VP_STATE_PAGE		0x00e2
#define HVCALL_GET_VP_STATE			0x00e3
#define HVCALL_SET_VP_STATE			0x00e4
#define HVCALL_GET_VP_CPUID_VALUES		0x00f4
#define HVCALL_GET_PARTITION_PROPERTY_EX	0x0101
#define HVCALL_MAP_STATS_PAGE2			0x0131

/* Statuses */
#define HV_STATUS_SUCCESS			0x00
#define HV_STATUS_INVALID_HYPERCALL_CODE	0x02
#define HV_STATUS_INVALID_HYPERCALL_INPUT	0x03
#define HV_STATUS_INVALID_ALIGNMENT		0x04
#define HV_STATUS_INVALID_PARAMETER		0x05
#define HV_STATUS_ACCESS_DENIED			0x06
#define HV_STATUS_INVALID_PARTITION_STATE	0x07
#define HV_STATUS_OPERATION_DENIED		0x08
#define HV_STATUS_UNKNOWN_PROPERTY		0x09
#define HV_STATUS_PROPERTY_VALUE_OUT_OF_RANGE	0x0a
#define HV_STATUS_INSUFFICIENT_MEMORY		0x0b
#define HV_STATUS_INVALID_PARTITION_ID		0x0d
#define HV_STATUS_INVALID_VP_INDEX		0x0e
#define HV_STATUS_NOT_FOUND			0x10
#define HV_STATUS_INVALID_PORT_ID		0x11
#define HV_STATUS_INVALID_CONNECTION_ID		0x12
#define HV_STATUS_INSUFFICIENT_BUFFERS		0x13
#define HV_STATUS_INVALID_VP_STATE		0x15
#define HV_STATUS_NO_RESOURCES			0x1d
#define HV_STATUS_INVALID_REGISTER_VALUE	0x50
#define HV_STATUS_OPERATION_FAILED		0x71
#define HV_STATUS_INSUFFICIENT_ROOT_MEMORY	0x73

/* Messages */
#define HV_MESSAGE_SIZE			256
#define HV_MESSAGE_PAYLOAD_SIZE		240

#define HVMSG_NONE				0x00000000U
#define HVMSG_UNMAPPED_GPA			0x80000000U
#define HVMSG_GPA_INTERCEPT			0x80000001U
#define HVMSG_UNRECOVERABLE_EXCEPTION		0x80000021U
#define HVMSG_OPAQUE_INTERCEPT			0x8000003fU
#define HVMSG_SYNIC_EVENT_INTERCEPT		0x80000060U
#define HVMSG_SYNIC_SINT_INTERCEPT		0x80000061U
#define HVMSG_ASYNC_CALL_COMPLETION		0x80000070U
#define HVMSG_SCHEDULER_VP_SIGNAL_BITSET	0x80000100U
#define HVMSG_SCHEDULER_VP_SIGNAL_PAIR		0x80000101U
#define HVMSG_X64_IO_PORT			0x80010000U
#define HVMSG_X64_MSR				0x80010001U
#define HVMSG_X64_CPUID				0x80010002U
#define HVMSG_X64_EXCEPTION			0x80010003U
#define HVMSG_X64_APIC_EOI			0x80010004U
#define HVMSG_X64_HALT				0x80010007U

#define HV_MESSAGE_FLAG_PENDING		0x01

struct hv_message {
	uint32_t type;
	uint8_t payload_size;
	uint8_t flags;
	uint16_t reserved;
	uint64_t sender;		/* partition or port */
	union {
		uint8_t bytes[HV_MESSAGE_PAYLOAD_SIZE];
		uint64_t qwords[HV_MESSAGE_PAYLOAD_SIZE / 8];
	} payload;
} HV_PACKED;
static_assert(sizeof(struct hv_message) == HV_MESSAGE_SIZE, "message");

/* Intercept messages: what they have in common comes first */
struct hv_segment {
	uint64_t base;
	uint32_t limit;
	uint16_t selector;
	uint16_t attributes;
} HV_PACKED;
static_assert(sizeof(struct hv_segment) == 16, "segment");

struct hv_table {
	uint16_t pad[3];
	uint16_t limit;
	uint64_t base;
} HV_PACKED;
static_assert(sizeof(struct hv_table) == 16, "table");

#define HV_ACCESS_READ		0
#define HV_ACCESS_WRITE		1
#define HV_ACCESS_EXECUTE	2

/* hv_intercept_header::execution_state */
#define HV_EXEC_CPL(cpl)		((cpl) & 3)
#define HV_EXEC_CR0_PE			(1 << 2)
#define HV_EXEC_CR0_AM			(1 << 3)
#define HV_EXEC_EFER_LMA		(1 << 4)
#define HV_EXEC_DEBUG_ACTIVE		(1 << 5)
#define HV_EXEC_INTERRUPTION_PENDING	(1 << 6)
#define HV_EXEC_INTERRUPT_SHADOW	(1 << 12)

struct hv_intercept_header {
	uint32_t vp_index;
	uint8_t instruction_length;	/* bits 0-3; CR8 in bits 4-7 */
	uint8_t access_type;
	uint16_t execution_state;
	struct hv_segment cs;
	uint64_t rip;
	uint64_t rflags;
} HV_PACKED;
static_assert(sizeof(struct hv_intercept_header) == 40, "intercept header");

#define HV_PORT_ACCESS_STRING		(1 << 3)
#define HV_PORT_ACCESS_REP		(1 << 4)

struct hv_io_port_message {
	struct hv_intercept_header header;
	uint16_t port;
	uint8_t access_info;		/* size in bytes, HV_PORT_ACCESS_* */
	uint8_t instruction_byte_count;
	uint32_t reserved;
	uint64_t rax;
	uint8_t instruction_bytes[16];
	struct hv_segment ds;
	struct hv_segment es;
	uint64_t rcx;
	uint64_t rsi;
	uint64_t rdi;
} HV_PACKED;
static_assert(sizeof(struct hv_io_port_message) == 128, "port message");

#define HV_MEMORY_GVA_VALID		(1 << 0)
#define HV_MEMORY_GVA_GPA_VALID		(1 << 1)

struct hv_memory_message {
	struct hv_intercept_header header;
	uint32_t cache_type;
	uint8_t instruction_byte_count;
	uint8_t access_info;
	uint8_t tpr_priority;
	uint8_t reserved;
	uint64_t gva;
	uint64_t gpa;
	uint8_t instruction_bytes[16];
} HV_PACKED;
static_assert(sizeof(struct hv_memory_message) == 80, "memory message");

struct hv_cpuid_message {
	struct hv_intercept_header header;
	uint64_t rax;			/* as the guest had them */
	uint64_t rcx;
	uint64_t rdx;
	uint64_t rbx;
	uint64_t default_rax;		/* as CPUID would answer */
	uint64_t default_rcx;
	uint64_t default_rdx;
	uint64_t default_rbx;
} HV_PACKED;
static_assert(sizeof(struct hv_cpuid_message) == 104, "CPUID message");

struct hv_msr_message {
	struct hv_intercept_header header;
	uint32_t number;
	uint32_t reserved;
	uint64_t rdx;
	uint64_t rax;
} HV_PACKED;
static_assert(sizeof(struct hv_msr_message) == 64, "MSR message");

struct hv_eoi_message {
	uint32_t vp_index;
	uint32_t vector;
} HV_PACKED;

struct hv_opaque_message {
	uint32_t vp_index;
} HV_PACKED;

struct hv_sint_message {
	uint32_t sint;
} HV_PACKED;

#define HV_SET_SPARSE_4K	0

struct hv_signal_bitset_message {
	uint64_t partition_id;
	uint32_t overflow_count;
	uint16_t vp_count;
	uint16_t reserved;
	uint64_t format;
	uint64_t bank_mask;
	uint64_t banks[16];
} HV_PACKED;
static_assert(sizeof(struct hv_signal_bitset_message) <= HV_MESSAGE_PAYLOAD_SIZE, "bitset");

#define HV_SIGNAL_PAIRS		19

struct hv_signal_pair_message {
	uint32_t overflow_count;
	uint8_t vp_count;
	uint8_t reserved[3];
	uint64_t partition_ids[HV_SIGNAL_PAIRS];
	uint32_t vp_indexes[HV_SIGNAL_PAIRS];
	uint8_t reserved2[4];
} HV_PACKED;
static_assert(sizeof(struct hv_signal_pair_message) == HV_MESSAGE_PAYLOAD_SIZE, "pair");

/* Partitions */
#define HV_CREATE_GPA_SUPER_PAGES	(1ULL << 4)
#define HV_CREATE_EXO			(1ULL << 8)
#define HV_CREATE_LAPIC			(1ULL << 13)
#define HV_CREATE_MESSAGE_PAGE		(1ULL << 19)
#define HV_CREATE_X2APIC		(1ULL << 22)

struct hv_in_create_partition {
	uint64_t flags;
	uint64_t proximity;
	uint32_t compatibility;
	uint32_t padding;
	uint64_t disabled_features[2];
	uint64_t disabled_xsave;
	uint64_t isolation;
} HV_PACKED;
static_assert(sizeof(struct hv_in_create_partition) == 56, "create partition");

struct hv_in_partition {
	uint64_t partition_id;
} HV_PACKED;

struct hv_in_property {
	uint64_t partition_id;
	uint32_t code;
	uint32_t padding;
	uint64_t value;			/* SET: the value; GET_EX: an argument; GET: not there */
} HV_PACKED;
#define HV_GET_PROPERTY_SIZE	16
static_assert(sizeof(struct hv_in_property) == 24, "property");

#define HV_PROPERTY_PRIVILEGES			0x00010000
#define HV_PROPERTY_SYNTHETIC_FEATURES		0x00010001
#define HV_PROPERTY_INTEGRATED_SCHEDULER	0x00020005
#define HV_PROPERTY_TIME_FREEZE			0x00030003
#define HV_PROPERTY_REFERENCE_TIME		0x00030005
#define HV_PROPERTY_PROCESSORS_PER_SOCKET	0x00050003
#define HV_PROPERTY_ACCESS_TRACKING		0x00050005
#define HV_PROPERTY_UNIMPLEMENTED_MSR		0x00050017
#define HV_PROPERTY_XSAVE_FEATURES		0x00060002
#define HV_PROPERTY_COMPATIBILITY		0x00060005
#define HV_PROPERTY_ADDRESS_WIDTH		0x00060006
#define HV_PROPERTY_XSAVE_STATES		0x00060007
#define HV_PROPERTY_MAX_XSAVE_SIZE		0x00060008
#define HV_PROPERTY_CLOCK_FREQUENCY		0x00060009
#define HV_PROPERTY_FEATURES0			0x0006000a
#define HV_PROPERTY_FEATURES1			0x0006000b
#define HV_PROPERTY_VMM_CAPABILITIES		0x00090007
#define HV_PROPERTY_ASSIGNABLE_FEATURES		0x00090009

/* Property of several 64-bit banks, as 0x90007 and 0x90009 */
struct hv_banked_property {
	uint16_t bank_count;
	uint16_t reserved[3];
	uint64_t bank[1];
} HV_PACKED;

#define HV_VMM_CAP_OVERLAY_GPFN		(1ULL << 1)
#define HV_VMM_CAP_INTEGRATED_SCHEDULER	(1ULL << 6)

#define HV_SYSTEM_PROPERTY_SCHEDULER	15
#define HV_SCHEDULER_CORE_SMT		3
#define HV_SCHEDULER_ROOT		4

struct hv_in_system_property {
	uint32_t id;
	uint32_t reserved;
	uint64_t argument;
} HV_PACKED;

/* Memory */
struct hv_in_withdraw {
	uint64_t partition_id;
	uint64_t proximity;
} HV_PACKED;

struct hv_out_balance {
	uint64_t available;		/* pages */
	uint64_t in_use;
} HV_PACKED;

#define HV_MAP_READABLE		0x1U
#define HV_MAP_WRITABLE		0x2U
#define HV_MAP_EXECUTABLE	0xcU
#define HV_MAP_PERMISSIONS	0xfU
#define HV_MAP_ADJUSTABLE	0x8000U
#define HV_MAP_NO_ACCESS	0x10000U
#define HV_MAP_NOT_CACHED	0x200000U
#define HV_MAP_LARGE_PAGE	0x80000000U
#define HV_MAP_KNOWN		(HV_MAP_PERMISSIONS | HV_MAP_ADJUSTABLE | HV_MAP_NO_ACCESS | \
				 HV_MAP_NOT_CACHED | HV_MAP_LARGE_PAGE)

#define HV_UNMAP_LARGE_PAGE	0x2U

struct hv_in_map {
	uint64_t partition_id;
	uint64_t gfn;
	uint32_t flags;
	uint32_t padding;
	uint64_t pages[];
} HV_PACKED;
static_assert(sizeof(struct hv_in_map) == 24, "map");

/* Access states: flags of the input, and bits of a page's state */
#define HV_ACCESS_CLEAR_ACCESSED	0x1ULL
#define HV_ACCESS_SET_ACCESSED		0x2ULL
#define HV_ACCESS_CLEAR_DIRTY		0x4ULL
#define HV_ACCESS_SET_DIRTY		0x8ULL
#define HV_ACCESS_KNOWN			0xfULL

#define HV_PAGE_ACCESSED	0x1
#define HV_PAGE_DIRTY		0x2

struct hv_in_access_states {
	uint64_t partition_id;
	uint64_t flags;
	uint64_t gfn;
} HV_PACKED;
static_assert(sizeof(struct hv_in_access_states) == 24, "access states");

/* Ports */
#define HV_PORT_DOORBELL	4
#define HV_PORT_ID_LIMIT	(1U << 24)

/* Doorbells: which writes ring one */
#define HV_DOORBELL_SIZE_MASK	0x7ULL	/* 0: any; n: 1 << (n - 1) bytes */
#define HV_DOORBELL_SIZE_MAX	4
#define HV_DOORBELL_ANY_VALUE	0x80000000ULL

struct hv_in_create_port {
	uint64_t port_partition_id;
	uint32_t port_id;
	uint8_t port_vtl;
	uint8_t min_connection_vtl;
	uint16_t padding;
	uint64_t connection_partition_id;
	uint32_t type;
	uint32_t padding2;
	uint32_t sint;
	uint32_t vp;
	uint64_t reserved;
	uint64_t proximity;
} HV_PACKED;
static_assert(sizeof(struct hv_in_create_port) == 56, "create port");

struct hv_in_connect_port {
	uint64_t connection_partition_id;
	uint32_t connection_id;
	uint8_t connection_vtl;
	uint8_t reserved[3];
	uint64_t port_partition_id;
	uint32_t port_id;
	uint32_t reserved2;
	uint32_t type;
	uint32_t padding;
	uint64_t gpa;
	uint64_t value;
	uint64_t flags;
	uint64_t proximity;
} HV_PACKED;
static_assert(sizeof(struct hv_in_connect_port) == 72, "connect port");

struct hv_in_delete_port {
	uint64_t port_partition_id;
	uint32_t port_id;
	uint32_t reserved;
} HV_PACKED;

#define HV_DISCONNECT_DOORBELL	0x1U

struct hv_in_disconnect_port {
	uint64_t connection_partition_id;
	uint32_t connection_id;
	uint32_t flags;
} HV_PACKED;

struct hv_in_ring_empty {
	uint32_t sint;
	uint32_t reserved;
} HV_PACKED;

/* VPs */
struct hv_in_create_vp {
	uint64_t partition_id;
	uint32_t vp_index;
	uint8_t padding[3];
	uint8_t subnode_type;
	uint64_t subnode_id;
	uint64_t proximity;
	uint64_t flags;
} HV_PACKED;
static_assert(sizeof(struct hv_in_create_vp) == 40, "create VP");

struct hv_in_vp {
	uint64_t partition_id;
	uint32_t vp_index;
	uint8_t vtl;
	uint8_t reserved[3];
} HV_PACKED;
static_assert(sizeof(struct hv_in_vp) == 16, "VP");

union hv_value {
	uint64_t q[2];
	uint8_t bytes[16];
	struct hv_segment segment;
	struct hv_table table;
};

struct hv_register {
	uint32_t name;
	uint32_t reserved;
	uint64_t reserved2;
	union hv_value value;
} HV_PACKED;
static_assert(sizeof(struct hv_register) == 32, "register");

#define HV_REG_EXPLICIT_SUSPEND		0x00000000
#define HV_REG_INTERCEPT_SUSPEND	0x00000001
#define HV_REG_DISPATCH_SUSPEND		0x00000003
#define HV_REG_ACTIVITY_STATE		0x00000004
#define HV_REG_PENDING_INTERRUPTION	0x00010002
#define HV_REG_INTERRUPT_STATE		0x00010003
#define HV_REG_PENDING_EVENT0		0x00010004
#define HV_REG_PENDING_EVENT1		0x00010005
#define HV_REG_DELIVERABILITY		0x00010006
#define HV_REG_RAX			0x00020000
#define HV_REG_R15			0x0002000f
#define HV_REG_RIP			0x00020010
#define HV_REG_RFLAGS			0x00020011
#define HV_REG_XMM0			0x00030000
#define HV_REG_XMM15			0x0003000f
#define HV_REG_MMX0			0x00030010
#define HV_REG_MMX7			0x00030017
#define HV_REG_FP_CONTROL		0x00030018
#define HV_REG_XMM_CONTROL		0x00030019
#define HV_REG_CR0			0x00040000
#define HV_REG_CR2			0x00040001
#define HV_REG_CR3			0x00040002
#define HV_REG_CR4			0x00040003
#define HV_REG_CR8			0x00040004
#define HV_REG_XFEM			0x00040005
#define HV_REG_INTERMEDIATE_CR0		0x00041000
#define HV_REG_INTERMEDIATE_CR3		0x00041002
#define HV_REG_INTERMEDIATE_CR4		0x00041003
#define HV_REG_DR0			0x00050000
#define HV_REG_DR7			0x00050005
#define HV_REG_ES			0x00060000
#define HV_REG_TR			0x00060007
#define HV_REG_IDTR			0x00070000
#define HV_REG_GDTR			0x00070001
#define HV_REG_TSC			0x00080000
#define HV_REG_EFER			0x00080001
#define HV_REG_KERNEL_GS_BASE		0x00080002
#define HV_REG_APIC_BASE		0x00080003
#define HV_REG_PAT			0x00080004
#define HV_REG_VP_INDEX			0x00090003
#define HV_REG_TIME_REF_COUNT		0x00090004
#define HV_REG_SIGNAL_COUNT		0x00090014
#define HV_REG_SYNIC_FIRST		0x000a0000
#define HV_REG_SYNIC_LAST		0x000a0015
#define HV_REG_STIMER_FIRST		0x000b0000
#define HV_REG_STIMER_LAST		0x000b0007

struct hv_in_dispatch {
	uint64_t partition_id;
	uint32_t vp_index;
	uint32_t flags;
	uint64_t time_slice;		/* 100 ns; 0: none */
	uint64_t spec_ctrl;
} HV_PACKED;
static_assert(sizeof(struct hv_in_dispatch) == 32, "dispatch");

#define HV_DISPATCH_CLEAR_INTERCEPT_SUSPEND	0x01U
#define HV_DISPATCH_ENABLE_INTERRUPTS		0x02U
#define HV_DISPATCH_SCAN_INTERRUPTS		0x40U
#define HV_DISPATCH_KNOWN			0x7fU

struct hv_out_dispatch {
	uint32_t state;
	uint32_t event;
} HV_PACKED;

#define HV_DISPATCH_STATE_BLOCKED	1
#define HV_DISPATCH_STATE_READY		2

#define HV_DISPATCH_EVENT_NONE		0
#define HV_DISPATCH_EVENT_SUSPEND	1
#define HV_DISPATCH_EVENT_INTERCEPT	2

#define HV_STATE_PAGE_REGISTERS		0
#define HV_STATE_PAGE_MESSAGE		1
#define HV_NR_STATE_PAGES		2

#define HV_MAP_LOCATION_PROVIDED	0x1

struct hv_in_state_page {
	uint64_t partition_id;
	uint32_t vp_index;
	uint16_t type;
	uint8_t vtl;
	uint8_t flags;
	uint64_t location;		/* GPFN; not there for unmap */
} HV_PACKED;
static_assert(sizeof(struct hv_in_state_page) == 24, "state page");

/* Register page: bits of dirty */
#define HV_PAGE_DIRTY_GENERAL	(1U << 0)
#define HV_PAGE_DIRTY_IP	(1U << 1)
#define HV_PAGE_DIRTY_XMM	(1U << 2)
#define HV_PAGE_DIRTY_SEGMENT	(1U << 3)
#define HV_PAGE_DIRTY_FLAGS	(1U << 4)

#define HV_PAGE_MAX_VECTORS	7

struct hv_register_page {
	uint16_t version;
	uint8_t valid;
	uint8_t reserved0;
	uint32_t dirty;
	uint64_t gpr[16];		/* rax rcx rdx rbx rsp rbp rsi rdi r8-r15 */
	uint64_t rip;
	uint64_t rflags;
	uint64_t reserved1;
	uint64_t xmm[6][2];
	struct hv_segment segment[6];	/* es cs ss ds fs gs */
	uint64_t cr0;
	uint64_t cr3;
	uint64_t cr4;
	uint64_t cr8;
	uint64_t efer;
	uint64_t dr7;
	uint64_t pending_interruption;
	uint64_t interrupt_state;
	uint64_t hints;
	uint64_t xfem;
	uint8_t reserved2[0x100];
	uint64_t vectors;		/* count in byte 0, vectors in bytes 1-7 */
} HV_PACKED;
static_assert(offsetof(struct hv_register_page, segment) == 0x100, "register page");
static_assert(offsetof(struct hv_register_page, pending_interruption) == 400, "register page");
static_assert(offsetof(struct hv_register_page, xfem) == 424, "register page");
static_assert(offsetof(struct hv_register_page, vectors) == 688, "register page");

/* Statistics */
#define HV_STATS_HYPERVISOR	0x00000001
#define HV_STATS_LP		0x00000002
#define HV_STATS_PARTITION	0x00010001
#define HV_STATS_VP		0x00010002

#define HV_STATS_SELF		0
#define HV_STATS_PARENT		1
#define HV_NR_STATS_AREAS	2

/* Counters of a VP's statistics page */
#define HV_COUNTER_RUN_TIME		1
#define HV_COUNTER_DISPATCH_BLOCKED	202

/* Counters of a partition's */
#define HV_COUNTER_PT_VPS		1
#define HV_COUNTER_PT_DEPOSITED		5
#define HV_COUNTER_PT_GPA_PAGES		6

struct hv_in_stats_page {
	uint32_t type;
	uint32_t padding;
	uint64_t partition_id;
	uint32_t vp_index;		/* VP objects */
	uint16_t flags;
	uint8_t reserved;
	uint8_t area;
	uint64_t location;		/* MAP_STATS_PAGE2 */
} HV_PACKED;
#define HV_STATS_IDENTITY_SIZE	24
static_assert(sizeof(struct hv_in_stats_page) == 32, "statistics page");

/* Intercepts and interrupts */
#define HV_INTERCEPT_IO_PORT		0
#define HV_INTERCEPT_MSR		1
#define HV_INTERCEPT_CPUID		2
#define HV_INTERCEPT_EXCEPTION		3
#define HV_INTERCEPT_GLOBAL_CPUID	6
#define HV_INTERCEPT_MSR_INDEX		12

#define HV_INTERCEPT_ACCESS_R	0x1
#define HV_INTERCEPT_ACCESS_W	0x2
#define HV_INTERCEPT_ACCESS_X	0x4

struct hv_in_install_intercept {
	uint64_t partition_id;
	uint32_t access;		/* 0: uninstall */
	uint32_t type;
	uint64_t parameter;
} HV_PACKED;
static_assert(sizeof(struct hv_in_install_intercept) == 24, "install intercept");

#define HV_INTERCEPT_RESULT_CPUID	2

struct hv_in_intercept_result {
	uint64_t partition_id;
	uint32_t vp_index;
	uint32_t type;
	uint32_t eax;			/* leaf */
	uint32_t ecx;			/* subleaf */
	uint8_t subleaf_specific;
	uint8_t always_override;
	uint16_t padding;
	struct {
		uint32_t value;
		uint32_t mask;
	} HV_PACKED reg[4];		/* eax, ebx, ecx, edx */
} HV_PACKED;
static_assert(sizeof(struct hv_in_intercept_result) == 60, "intercept result");

#define HV_INTERRUPT_LEVEL	(1ULL << 32)
#define HV_INTERRUPT_LOGICAL	(1ULL << 33)

#define HV_INTERRUPT_FIXED	0
#define HV_INTERRUPT_LOWEST	1
#define HV_INTERRUPT_NMI	4
#define HV_INTERRUPT_INIT	5
#define HV_INTERRUPT_SIPI	6
#define HV_INTERRUPT_EXTINT	7

struct hv_in_assert {
	uint64_t partition_id;
	uint64_t control;
	uint64_t dest;			/* APIC id, or logical destination */
	uint32_t vector;
	uint8_t vtl;
	uint8_t reserved[3];
} HV_PACKED;
static_assert(sizeof(struct hv_in_assert) == 32, "assert");

struct hv_in_translate {
	uint64_t partition_id;
	uint32_t vp_index;
	uint32_t padding;
	uint64_t flags;			/* 1 read, 2 write, 4 execute */
	uint64_t gva_page;
} HV_PACKED;
static_assert(sizeof(struct hv_in_translate) == 32, "translate");

#define HV_TRANSLATE_SUCCESS		0
#define HV_TRANSLATE_NOT_PRESENT	1
#define HV_TRANSLATE_GPA_UNMAPPED	4

struct hv_out_translate {
	uint32_t result;
	uint8_t cache_type;
	uint8_t overlay;
	uint16_t reserved;
	uint64_t gpa_page;
} HV_PACKED;
static_assert(sizeof(struct hv_out_translate) == 16, "translate");

/* VP state */
#define HV_STATE_PFN		0x80000000U
#define HV_STATE_LAPIC		(0U | HV_STATE_PFN)
#define HV_STATE_XSAVE		(1U | HV_STATE_PFN)
#define HV_STATE_SIMP		(2U | HV_STATE_PFN)
#define HV_STATE_SIEFP		(3U | HV_STATE_PFN)
#define HV_STATE_STIMERS	4U

struct hv_in_vp_state {
	struct hv_in_vp vp;
	uint32_t type;
	uint32_t reserved;
	uint64_t xsave_flags;
	uint64_t xsave_states;
	uint64_t data[];		/* PFNs, or the bytes themselves */
} HV_PACKED;
static_assert(sizeof(struct hv_in_vp_state) == 40, "VP state");

struct hv_lapic_state {
	uint32_t id;
	uint32_t version;
	uint32_t ldr;
	uint32_t dfr;
	uint32_t spurious;
	uint32_t isr[8];
	uint32_t tmr[8];
	uint32_t irr[8];
	uint32_t esr;
	uint32_t icr_high;
	uint32_t icr_low;
	uint32_t lvt_timer;
	uint32_t lvt_thermal;
	uint32_t lvt_perf;
	uint32_t lvt_lint0;
	uint32_t lvt_lint1;
	uint32_t lvt_error;
	uint32_t lvt_cmci;
	uint32_t error_status;
	uint32_t initial_count;
	uint32_t current_count;
	uint32_t divide;
	uint32_t remote_read;
} HV_PACKED;
static_assert(offsetof(struct hv_lapic_state, lvt_lint0) == 140, "LAPIC state");
static_assert(sizeof(struct hv_lapic_state) == 176, "LAPIC state");

#define HV_STIMERS_SIZE		200

#endif
