/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The part of the hypervisor's binary interface that a VMM meets: hypercalls
 * passed through MSHV_ROOT_HVCALL, VP register names and intercept messages.
 * Independent of the kernel's headers on purpose, so that a wrong layout on
 * either side shows.
 */
#ifndef SELFTEST_MSHV_HV_H
#define SELFTEST_MSHV_HV_H

#include <stddef.h>
#include <stdint.h>

/* Hypercall codes */
#define HV_GET_PARTITION_PROPERTY	0x0044
#define HV_SET_PARTITION_PROPERTY	0x0045
#define HV_INSTALL_INTERCEPT		0x004d
#define HV_GET_VP_REGISTERS		0x0050
#define HV_SET_VP_REGISTERS		0x0051
#define HV_ASSERT_VIRTUAL_INTERRUPT	0x0094
#define HV_GET_PARTITION_PROPERTY_EX	0x0101

/* Partition properties */
#define HV_PROPERTY_SYNTHETIC_FEATURES	0x00010001u
#define HV_PROPERTY_PROC_FEATURES0	0x0006000au
#define HV_PROPERTY_VMM_CAPABILITIES	0x00090007u

/* Message types */
#define HV_MSG_UNMAPPED_GPA		0x80000000u
#define HV_MSG_GPA_INTERCEPT		0x80000001u
#define HV_MSG_UNRECOVERABLE_EXCEPTION	0x80000021u
#define HV_MSG_X64_IO_PORT		0x80010000u
#define HV_MSG_X64_MSR			0x80010001u
#define HV_MSG_X64_CPUID		0x80010002u
#define HV_MSG_X64_APIC_EOI		0x80010004u
#define HV_MSG_X64_HALT			0x80010007u

/* Intercept access types in a message header */
#define HV_ACCESS_READ			0
#define HV_ACCESS_WRITE			1
#define HV_ACCESS_EXECUTE		2

/* INSTALL_INTERCEPT: access mask and type */
#define HV_ACCESS_MASK_READ		0x1u
#define HV_ACCESS_MASK_WRITE		0x2u
#define HV_ACCESS_MASK_EXECUTE		0x4u
#define HV_INTERCEPT_X64_MSR		0x1u
#define HV_INTERCEPT_X64_CPUID		0x2u

/* VP registers */
#define HV_REG_EXPLICIT_SUSPEND		0x00000000u
#define HV_REG_INTERCEPT_SUSPEND	0x00000001u
#define HV_REG_RAX			0x00020000u
#define HV_REG_RCX			0x00020001u
#define HV_REG_RDX			0x00020002u
#define HV_REG_RBX			0x00020003u
#define HV_REG_RSP			0x00020004u
#define HV_REG_RSI			0x00020006u
#define HV_REG_RDI			0x00020007u
#define HV_REG_RIP			0x00020010u
#define HV_REG_RFLAGS			0x00020011u
#define HV_REG_CR0			0x00040000u
#define HV_REG_CR3			0x00040002u
#define HV_REG_CR4			0x00040003u
#define HV_REG_ES			0x00060000u
#define HV_REG_CS			0x00060001u
#define HV_REG_SS			0x00060002u
#define HV_REG_DS			0x00060003u
#define HV_REG_EFER			0x00080001u

struct hv_segment {
	uint64_t base;
	uint32_t limit;
	uint16_t selector;
	uint16_t attributes;
};

union hv_value {
	uint64_t u64;
	uint64_t u128[2];
	struct hv_segment segment;
};

struct hv_vp_registers_header {
	uint64_t partition_id;
	uint32_t vp_index;
	uint8_t input_vtl;
	uint8_t padding[3];
};

struct hv_reg {
	uint32_t name;
	uint32_t reserved1;
	uint64_t reserved2;
	union hv_value value;
};

struct hv_install_intercept {
	uint64_t partition_id;
	uint32_t access_mask;
	uint32_t type;
	uint64_t parameter;
};

struct hv_assert_interrupt {
	uint64_t partition_id;
	uint64_t control;
	uint64_t destination;
	uint32_t vector;
	uint8_t target_vtl;
	uint8_t padding[3];
};

/* In the control word */
#define HV_INTERRUPT_LEVEL		(1ull << 32)

struct hv_partition_property {
	uint64_t partition_id;
	uint32_t code;
	uint32_t padding;
	uint64_t value;
};

struct hv_message {
	uint32_t type;
	uint8_t payload_size;
	uint8_t flags;
	uint8_t reserved[2];
	uint64_t sender;
	uint8_t payload[240];
};

/* Every x86 intercept message begins with this */
struct hv_intercept_header {
	uint32_t vp_index;
	uint8_t length_cr8;		/* bits 0-3: instruction length */
	uint8_t access_type;
	uint16_t execution_state;
	struct hv_segment cs;
	uint64_t rip;
	uint64_t rflags;
};

#define HV_EXEC_CR0_PE			(1u << 2)
#define HV_EXEC_EFER_LMA		(1u << 4)
#define HV_SEGMENT_DEFAULT32		(1u << 14)
#define HV_SEGMENT_LONG			(1u << 13)

struct hv_io_port_message {
	struct hv_intercept_header header;
	uint16_t port;
	uint8_t access_info;		/* bits 0-2: size, 3: string, 4: rep */
	uint8_t byte_count;
	uint32_t reserved;
	uint64_t rax;
	uint8_t bytes[16];
	struct hv_segment ds;
	struct hv_segment es;
	uint64_t rcx;
	uint64_t rsi;
	uint64_t rdi;
};

#define HV_IO_SIZE_MASK			0x7u
#define HV_IO_STRING			(1u << 3)
#define HV_IO_REP			(1u << 4)

struct hv_memory_message {
	struct hv_intercept_header header;
	uint32_t cache_type;
	uint8_t byte_count;
	uint8_t access_info;
	uint8_t tpr_priority;
	uint8_t reserved;
	uint64_t gva;
	uint64_t gpa;
	uint8_t bytes[16];
};

struct hv_cpuid_message {
	struct hv_intercept_header header;
	uint64_t rax;
	uint64_t rcx;
	uint64_t rdx;
	uint64_t rbx;
	uint64_t default_rax;
	uint64_t default_rcx;
	uint64_t default_rdx;
	uint64_t default_rbx;
};

struct hv_msr_message {
	struct hv_intercept_header header;
	uint32_t msr;
	uint32_t reserved;
	uint64_t rdx;
	uint64_t rax;
};

struct hv_eoi_message {
	uint32_t vp_index;
	uint32_t vector;
};

#define HV_ASSERT_OFFSET(type, member, offset)				\
	_Static_assert(offsetof(struct type, member) == (offset),	\
		       #type "." #member)
#define HV_ASSERT_SIZE(type, size)					\
	_Static_assert(sizeof(struct type) == (size), #type)

HV_ASSERT_SIZE(hv_segment, 16);
HV_ASSERT_SIZE(hv_vp_registers_header, 16);
HV_ASSERT_SIZE(hv_reg, 32);
HV_ASSERT_SIZE(hv_install_intercept, 24);
HV_ASSERT_SIZE(hv_assert_interrupt, 32);
HV_ASSERT_SIZE(hv_partition_property, 24);
HV_ASSERT_SIZE(hv_message, 256);
HV_ASSERT_OFFSET(hv_message, payload, 16);
HV_ASSERT_SIZE(hv_intercept_header, 40);
HV_ASSERT_OFFSET(hv_intercept_header, cs, 8);
HV_ASSERT_OFFSET(hv_intercept_header, rip, 24);
HV_ASSERT_SIZE(hv_io_port_message, 128);
HV_ASSERT_OFFSET(hv_io_port_message, rax, 48);
HV_ASSERT_OFFSET(hv_io_port_message, ds, 72);
HV_ASSERT_OFFSET(hv_io_port_message, rcx, 104);
HV_ASSERT_SIZE(hv_memory_message, 80);
HV_ASSERT_OFFSET(hv_memory_message, gpa, 56);
HV_ASSERT_SIZE(hv_cpuid_message, 104);
HV_ASSERT_OFFSET(hv_msr_message, rdx, 48);

#endif /* SELFTEST_MSHV_HV_H */
