// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hypercalls that the objects serve: sizes of input and output, and the handler
 */
#include "objects.h"

#define CALL(_code, _in, _out, _fn) \
	{ .code = HVCALL_##_code, .name = #_code, .in_hdr = (_in), .out_hdr = (_out), .fn = (_fn) }
#define REP(_code, _in, _in_rep, _out_rep, _fn) \
	{ .code = HVCALL_##_code, .name = #_code, .rep = true, .in_hdr = (_in), \
	  .in_rep = (_in_rep), .out_rep = (_out_rep), .fn = (_fn) }

const struct hypercall_desc hypercall_table[] = {
	CALL(CREATE_PARTITION, 56, 8, hc_create_partition),
	CALL(INITIALIZE_PARTITION, 8, 0, hc_initialize_partition),
	CALL(FINALIZE_PARTITION, 8, 0, hc_finalize_partition),
	CALL(DELETE_PARTITION, 8, 0, hc_delete_partition),
	CALL(GET_PARTITION_PROPERTY, 16, 8, hc_get_partition_property),
	CALL(SET_PARTITION_PROPERTY, 24, 0, hc_set_partition_property),
	CALL(GET_PARTITION_ID, 0, 8, hc_get_partition_id),
	REP(DEPOSIT_MEMORY, 8, 8, 0, hc_deposit_memory),
	REP(WITHDRAW_MEMORY, 16, 0, 8, hc_withdraw_memory),
	CALL(GET_MEMORY_BALANCE, 16, 16, hc_get_memory_balance),
	REP(MAP_GPA_PAGES, 24, 8, 0, hc_map_gpa_pages),
	REP(UNMAP_GPA_PAGES, 24, 0, 0, hc_unmap_gpa_pages),
	CALL(INSTALL_INTERCEPT, 24, 0, hc_install_intercept),
	CALL(CREATE_VP, 40, 0, hc_create_vp),
	CALL(DELETE_VP, 16, 0, hc_delete_vp),
	REP(GET_VP_REGISTERS, 16, 4, 16, hc_get_vp_registers),
	REP(SET_VP_REGISTERS, 16, 32, 0, hc_set_vp_registers),
	CALL(TRANSLATE_VIRTUAL_ADDRESS, 32, 16, hc_translate_virtual_address),
	CALL(DELETE_PORT, 16, 0, hc_delete_port),
	CALL(DISCONNECT_PORT, 16, 0, hc_disconnect_port),
	CALL(MAP_STATS_PAGE, 24, 8, hc_map_stats_page),
	CALL(MAP_STATS_PAGE2, 32, 0, hc_map_stats_page2),
	CALL(UNMAP_STATS_PAGE, 24, 0, hc_unmap_stats_page),
	CALL(GET_SYSTEM_PROPERTY, 16, 8, hc_get_system_property),
	CALL(NOTIFY_PORT_RING_EMPTY, 8, 0, hc_notify_port_ring_empty),
	CALL(REGISTER_INTERCEPT_RESULT, 60, 0, hc_register_intercept_result),
	CALL(ASSERT_VIRTUAL_INTERRUPT, 32, 0, hc_assert_virtual_interrupt),
	CALL(CREATE_PORT, 56, 0, hc_create_port),
	CALL(CONNECT_PORT, 72, 0, hc_connect_port),
	CALL(DISPATCH_VP, 32, 8, hc_dispatch_vp),
	REP(GET_GPA_PAGES_ACCESS_STATES, 24, 0, 1, hc_get_gpa_pages_access_states),
	CALL(MAP_VP_STATE_PAGE, 24, 8, hc_map_vp_state_page),
	CALL(UNMAP_VP_STATE_PAGE, 16, 0, hc_unmap_vp_state_page),
	CALL(GET_VP_STATE, 40, HV_STIMERS_SIZE, hc_get_vp_state),
	CALL(SET_VP_STATE, 40, 0, hc_set_vp_state),
	REP(GET_VP_CPUID_VALUES, 24, 24, 16, hc_get_vp_cpuid_values),
	CALL(GET_PARTITION_PROPERTY_EX, 24, 16, hc_get_partition_property_ex),
};

const unsigned int hypercall_table_len = ARRAY_SIZE(hypercall_table);
