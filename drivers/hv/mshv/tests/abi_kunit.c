// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sizes, offsets and numbers that others rely on, as literals: the hypervisor
 * on one side, VMMs on the other.  Whoever changes one breaks them.
 */
#include <kunit/test.h>
#include <linux/mshv.h>
#include <linux/mshv_ext.h>
#include <linux/stddef.h>
#include <hyperv/hvcall.h>

struct abi {
	const char *desc;
	u64 is;
	u64 has_to_be;
};

#define SIZE(type, n)		{ "sizeof_" #type, sizeof(struct type), n }
#define USIZE(type, n)		{ "sizeof_" #type, sizeof(union type), n }
#define AT(type, field, n) \
	{ "at_" #type "_" #field, offsetof(struct type, field), n }
#define IS(name, n)		{ #name, name, n }

static const struct abi vmm_abi[] = {
	SIZE(mshv_create_partition, 16),
	SIZE(mshv_create_partition_v2, 64),
	AT(mshv_create_partition_v2, pt_isolation, 8),
	AT(mshv_create_partition_v2, pt_num_cpu_fbanks, 16),
	AT(mshv_create_partition_v2, pt_cpu_fbanks, 24),
	AT(mshv_create_partition_v2, pt_rsvd1, 40),
	AT(mshv_create_partition_v2, pt_disabled_xsave, 56),
	SIZE(mshv_create_vp, 4),
	SIZE(mshv_user_mem_region, 32),
	AT(mshv_user_mem_region, guest_pfn, 8),
	AT(mshv_user_mem_region, userspace_addr, 16),
	AT(mshv_user_mem_region, flags, 24),
	SIZE(mshv_user_irqfd, 16),
	AT(mshv_user_irqfd, resamplefd, 4),
	AT(mshv_user_irqfd, gsi, 8),
	AT(mshv_user_irqfd, flags, 12),
	SIZE(mshv_user_ioeventfd, 32),
	AT(mshv_user_ioeventfd, addr, 8),
	AT(mshv_user_ioeventfd, len, 16),
	AT(mshv_user_ioeventfd, fd, 20),
	AT(mshv_user_ioeventfd, flags, 24),
	SIZE(mshv_user_irq_entry, 16),
	AT(mshv_user_irq_entry, address_lo, 4),
	AT(mshv_user_irq_entry, address_hi, 8),
	AT(mshv_user_irq_entry, data, 12),
	SIZE(mshv_user_irq_table, 8),
	AT(mshv_user_irq_table, entries, 8),
	SIZE(mshv_gpap_access_bitmap, 32),
	AT(mshv_gpap_access_bitmap, access_op, 1),
	AT(mshv_gpap_access_bitmap, page_count, 8),
	AT(mshv_gpap_access_bitmap, gpap_base, 16),
	AT(mshv_gpap_access_bitmap, bitmap_ptr, 24),
	SIZE(mshv_root_hvcall, 32),
	AT(mshv_root_hvcall, reps, 2),
	AT(mshv_root_hvcall, in_sz, 4),
	AT(mshv_root_hvcall, out_sz, 6),
	AT(mshv_root_hvcall, status, 8),
	AT(mshv_root_hvcall, in_ptr, 16),
	AT(mshv_root_hvcall, out_ptr, 24),
	SIZE(mshv_run_vp, 256),
	SIZE(mshv_get_set_vp_state, 16),
	AT(mshv_get_set_vp_state, buf_sz, 4),
	AT(mshv_get_set_vp_state, buf_ptr, 8),
	IS(MSHV_CREATE_PARTITION, 0x4010b800),
	IS(MSHV_CHECK_EXTENSION, 0x4004b800),
	IS(MSHV_INITIALIZE_PARTITION, 0xb800),
	IS(MSHV_CREATE_VP, 0x4004b801),
	IS(MSHV_SET_GUEST_MEMORY, 0x4020b802),
	IS(MSHV_IRQFD, 0x4010b803),
	IS(MSHV_IOEVENTFD, 0x4020b804),
	IS(MSHV_SET_MSI_ROUTING, 0x4008b805),
	IS(MSHV_GET_GPAP_ACCESS_BITMAP, 0xc020b806),
	IS(MSHV_ROOT_HVCALL, 0xc020b807),
	IS(MSHV_RUN_VP, 0x8100b800),
	IS(MSHV_GET_VP_STATE, 0xc010b801),
	IS(MSHV_SET_VP_STATE, 0xc010b802),
	IS(MSHV_CANCEL_VP, 0xb880),
	IS(MSHV_CAP_CORE_API_STABLE, 0),
	IS(MSHV_CAP_REGISTER_PAGE, 1),
	IS(MSHV_CAP_CANCEL_VP, 0x80),
	IS(MSHV_CAP_MAX_VPS, 0x81),
	IS(MSHV_CAP_HOST_SCHEDULED, 0x82),
	IS(MSHV_CAP_RESAMPLE_LIMIT, 0x83),
	IS(MSHV_PT_FLAGS_MASK, 0x3f),
	IS(MSHV_SET_MEM_FLAGS_MASK, 7),
	IS(MSHV_IRQFD_FLAGS_MASK, 3),
	IS(MSHV_IOEVENTFD_FLAGS_MASK, 7),
	IS(MSHV_VP_STATE_COUNT, 5),
	IS(MSHV_VP_MMAP_OFFSET_REGISTERS, 0),
	IS(MSHV_VP_MMAP_OFFSET_INTERCEPT_MESSAGE, 1),
};

static const struct abi hypervisor_abi[] = {
	SIZE(hv_input_create_partition, 56),
	SIZE(hv_deposit_memory, 8),
	SIZE(hv_input_withdraw_memory, 16),
	SIZE(hv_input_map_gpa_pages, 24),
	AT(hv_input_map_gpa_pages, target_gpa_base, 8),
	AT(hv_input_map_gpa_pages, map_flags, 16),
	AT(hv_input_map_gpa_pages, source_gpa_page_list, 24),
	SIZE(hv_input_unmap_gpa_pages, 24),
	AT(hv_input_unmap_gpa_pages, unmap_flags, 16),
	SIZE(hv_input_get_gpa_pages_access_state, 24),
	AT(hv_input_get_gpa_pages_access_state, flags, 8),
	AT(hv_input_get_gpa_pages_access_state, hv_gpa_page_number, 16),
	USIZE(hv_gpa_page_access_state, 1),
	SIZE(hv_create_vp, 40),
	AT(hv_create_vp, vp_index, 8),
	AT(hv_create_vp, subnode_type, 15),
	USIZE(hv_input_delete_vp, 16),
	SIZE(hv_input_get_vp_registers, 16),
	AT(hv_input_get_vp_registers, vp_index, 8),
	AT(hv_input_get_vp_registers, names, 16),
	SIZE(hv_input_set_vp_registers, 16),
	SIZE(hv_register_assoc, 32),
	AT(hv_register_assoc, value, 16),
	USIZE(hv_register_value, 16),
	SIZE(hv_input_map_vp_state_page, 24),
	AT(hv_input_map_vp_state_page, type, 12),
	AT(hv_input_map_vp_state_page, flags, 15),
	AT(hv_input_map_vp_state_page, requested_map_location, 16),
	SIZE(hv_input_unmap_vp_state_page, 16),
	SIZE(hv_input_get_vp_state, 40),
	AT(hv_input_get_vp_state, state_data, 16),
	AT(hv_input_get_vp_state, output_data_pfns, 40),
	SIZE(hv_input_set_vp_state, 40),
	SIZE(hv_synthetic_timers_state, 200),
	SIZE(hv_input_assert_virtual_interrupt, 32),
	AT(hv_input_assert_virtual_interrupt, control, 8),
	AT(hv_input_assert_virtual_interrupt, dest_addr, 16),
	AT(hv_input_assert_virtual_interrupt, vector, 24),
	SIZE(hv_get_vp_from_apic_id_in, 16),
	SIZE(hv_input_create_port, 56),
	AT(hv_input_create_port, port_id, 8),
	AT(hv_input_create_port, connection_partition_id, 16),
	AT(hv_input_create_port, port_info, 24),
	USIZE(hv_input_delete_port, 16),
	SIZE(hv_input_connect_port, 72),
	AT(hv_input_connect_port, port_id, 24),
	AT(hv_input_connect_port, connection_info, 32),
	USIZE(hv_input_disconnect_port, 16),
	SIZE(hv_input_map_stats_page, 24),
	SIZE(hv_input_map_stats_page2, 32),
	AT(hv_input_map_stats_page2, map_location, 24),
	SIZE(hv_input_dispatch_vp, 32),
	AT(hv_input_dispatch_vp, flags, 12),
	AT(hv_input_dispatch_vp, time_slice, 16),
	SIZE(hv_output_dispatch_vp, 8),
	SIZE(hv_input_get_partition_property, 16),
	SIZE(hv_message, 256),
	SIZE(hv_message_header, 16),
	AT(hv_message_header, message_flags, 5),
	AT(hv_message_header, sender, 8),
	SIZE(hv_x64_intercept_message_header, 40),
	AT(hv_x64_memory_intercept_message, guest_physical_address, 56),
	SIZE(hv_async_completion_message_payload, 24),
	AT(hv_vp_signal_pair_scheduler_message, partition_ids, 8),
	AT(hv_vp_signal_pair_scheduler_message, vp_indexes, 160),
	AT(hv_vp_signal_bitset_scheduler_message, vp_bitset, 16),
	SIZE(hv_synic_event_ring, 256),
	AT(hv_synic_event_ring, data, 4),
	USIZE(hv_vp_register_page_interrupt_vectors, 8),
	SIZE(hv_stats_page, 4096),
	IS(HV_REGISTER_EXPLICIT_SUSPEND, 0),
	IS(HV_REGISTER_INTERCEPT_SUSPEND, 1),
	IS(HV_REGISTER_DISPATCH_SUSPEND, 3),
	IS(HV_REGISTER_VP_ROOT_SIGNAL_COUNT, 0x00090014),
	IS(HV_MAP_GPA_MAX, 509),
	IS(HV_UNMAP_GPA_MAX, 512),
	IS(HV_DEPOSIT_MAX, 511),
	IS(HV_WITHDRAW_MAX, 512),
	IS(HV_GET_REGS_MAX, 256),
	IS(HV_SET_REGS_MAX, 127),
	IS(HV_FIND_VPS_MAX, 1020),
	IS(HV_STATE_PAGES_MAX, 16),
	IS(HV_STATE_DATA_MAX, 200),
	IS(HV_CALL_MAX_REPS, 4095),
};

static void compare(struct kunit *test, const struct abi *abi, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		KUNIT_EXPECT_EQ_MSG(test, abi[i].is, abi[i].has_to_be, "%s",
				    abi[i].desc);
}

static void vmm_finds_what_it_was_built_for(struct kunit *test)
{
	compare(test, vmm_abi, ARRAY_SIZE(vmm_abi));
}

static void hypervisor_finds_what_it_expects(struct kunit *test)
{
	compare(test, hypervisor_abi, ARRAY_SIZE(hypervisor_abi));
}

static struct kunit_case abi_cases[] = {
	KUNIT_CASE(vmm_finds_what_it_was_built_for),
	KUNIT_CASE(hypervisor_finds_what_it_expects),
	{}
};

static struct kunit_suite abi_suite = {
	.name = "mshv_abi",
	.test_cases = abi_cases,
};

kunit_test_suite(abi_suite);
