/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the command line asked for. Constant once parsed.
 */
#ifndef HVSIM_CONFIG_H
#define HVSIM_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum scheduler {
	SCHED_INTEGRATED,	/* L1 schedules its children's VPs by HVCALL_DISPATCH_VP */
	SCHED_CORE,		/* the hypervisor does, a host thread for each VP */
};

enum partition_kind {
	PARTITION_L1VH,
	PARTITION_GUEST,
	PARTITION_ROOT,
};

/* Banks of the VMM capability property */
enum vmm_caps_mode {
	VMM_CAPS_BANK,		/* one bank: config::vmm_caps */
	VMM_CAPS_NONE,		/* reading the property fails with INVALID_PARAMETER */
	VMM_CAPS_EMPTY,		/* bank count 0 */
};

/* What GET_PARTITION_PROPERTY(_EX) returns for @code on SELF */
struct property_override {
	uint32_t code;
	bool fail;		/* return @status, not @value */
	uint16_t status;
	uint64_t value;
};

/* How the parent learns that a child has ended a level-triggered interrupt */
enum eoi_report {
	EOI_MESSAGE,		/* a message on SINT0; the VP runs on */
	EOI_INTERCEPT,		/* an intercept of the VP */
};

#define FAIL_EVERY 0

/* The @nth (1-based, FAIL_EVERY: each) call of @code since boot returns @status */
struct fail_rule {
	uint16_t code;
	uint16_t status;
	unsigned int nth;
};

/* Operations that demand deposited pages, --demand=<name>:<pages> */
enum demand {
	DEMAND_CREATE,		/* CREATE_PARTITION */
	DEMAND_INITIALIZE,	/* INITIALIZE_PARTITION */
	DEMAND_VP,		/* CREATE_VP */
	DEMAND_TABLE,		/* each page table that a GPA mapping needs */
	DEMAND_PORT,		/* CONNECT_PORT */
	DEMAND_STATS,		/* MAP_STATS_PAGE */
	NR_DEMANDS,
};

struct config {
	const char *kernel;
	const char *initrd;	/* NULL: none */
	const char *append;
	const char *trace;	/* NULL: no trace */
	unsigned int cpus;
	unsigned int memory_mib;
	unsigned int timeout;	/* seconds; 0: none */
	enum scheduler scheduler;
	enum partition_kind partition;
	enum vmm_caps_mode vmm_caps_mode;
	uint64_t vmm_caps;	/* bank 0 */
	enum eoi_report eoi;
	bool vmbus;
	unsigned int demand[NR_DEMANDS];	/* pages */
	struct property_override *properties;
	unsigned int nr_properties;
	struct fail_rule *fails;
	unsigned int nr_fails;
};

const struct property_override *config_property(const struct config *cfg, uint32_t code);
const char *config_partition_name(enum partition_kind kind);
const char *config_scheduler_name(enum scheduler sched);
void config_fini(struct config *cfg);

#endif
