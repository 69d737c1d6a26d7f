// SPDX-License-Identifier: GPL-2.0-only
#include <linux/kvm.h>
#include <stdlib.h>
#include <string.h>

#include "../cpuid.h"
#include "harness.h"

static struct cpuid_leaf leaf(enum partition_kind kind, uint32_t function)
{
	const struct config cfg = { .partition = kind };
	struct cpuid_leaf l;

	cpuid_hv_leaf(&cfg, function, &l);
	return l;
}

TEST(vendor_leaf_says_microsoft_hv_and_the_last_leaf)
{
	struct cpuid_leaf l = leaf(PARTITION_L1VH, 0x40000000);

	CHECK(l.eax == 0x4000000a);
	CHECK(!memcmp(&l.ebx, "Micr", 4) && !memcmp(&l.ecx, "osof", 4));
	CHECK(!memcmp(&l.edx, "t Hv", 4));
}

TEST(interface_leaf_says_hv1)
{
	struct cpuid_leaf l = leaf(PARTITION_L1VH, 0x40000001);

	CHECK(!memcmp(&l.eax, "Hv#1", 4));
}

TEST(l1vh_may_create_partitions_but_not_manage_cpus)
{
	uint32_t high = leaf(PARTITION_L1VH, 0x40000003).ebx;

	CHECK(high & 1);
	CHECK(!(high & 1U << 12));
	CHECK(!(high & 1U << 22));
}

TEST(only_a_root_may_ask_for_its_id)
{
	CHECK(!(leaf(PARTITION_GUEST, 0x40000003).ebx & 1U << 1));
	CHECK(!(leaf(PARTITION_L1VH, 0x40000003).ebx & 1U << 1));
	CHECK(leaf(PARTITION_ROOT, 0x40000003).ebx & 1U << 1);
}

TEST(guest_may_not_create_partitions)
{
	CHECK(!(leaf(PARTITION_GUEST, 0x40000003).ebx & 1));
}

TEST(root_may_manage_cpus_and_has_no_synthetic_tsc_control)
{
	struct cpuid_leaf l = leaf(PARTITION_ROOT, 0x40000003);

	CHECK((l.ebx & (1 | 1U << 12)) == (1 | 1U << 12));
	CHECK(!(l.eax & 1U << 15));
}

TEST(everyone_gets_synic_hypercalls_and_reference_tsc)
{
	const uint32_t need = 1U << 2 | 1U << 5 | 1U << 6 | 1U << 9 | 1U << 11;

	for (enum partition_kind k = PARTITION_L1VH; k <= PARTITION_ROOT; k++)
		CHECK((leaf(k, 0x40000003).eax & need) == need);
}

TEST(auto_eoi_is_deprecated)
{
	CHECK(leaf(PARTITION_L1VH, 0x40000004).eax & 1U << 9);
}

TEST(leaves_beyond_the_last_are_zero)
{
	struct cpuid_leaf l = leaf(PARTITION_L1VH, 0x4000000b);

	CHECK(!l.eax && !l.ebx && !l.ecx && !l.edx);
}

static struct kvm_cpuid2 *host(const struct kvm_cpuid_entry2 *entries, unsigned int nr)
{
	struct kvm_cpuid2 *c = calloc(1, sizeof(*c) + nr * sizeof(*entries));

	c->nent = nr;
	memcpy(c->entries, entries, nr * sizeof(*entries));
	return c;
}

TEST(filter_drops_foreign_hypervisor_leaves_xsave_and_topology)
{
	const struct kvm_cpuid_entry2 in[] = {
		{ .function = 0 }, { .function = 0xb }, { .function = 0xd },
		{ .function = 0x40000000 }, { .function = 0x40000001 },
		{ .function = 0x8000001e }, { .function = 0x80000026 },
		{ .function = 0x80000000 },
	};
	struct kvm_cpuid2 *c = host(in, 8);

	cpuid_filter(c, 2);
	CHECK(c->nent == 2);
	CHECK(c->entries[0].function == 0);
	CHECK(c->entries[1].function == 0x80000000);
	free(c);
}

TEST(filter_hides_xsave_and_svm_and_offers_hypervisor_x2apic_deadline)
{
	const struct kvm_cpuid_entry2 in[] = {
		{ .function = 1, .ecx = ~(1U << 31 | 1U << 21 | 1U << 24) },
		{ .function = 0x80000001, .ecx = ~0U },
		{ .function = 7, .ebx = ~0U },
	};
	const uint32_t set = 1U << 31 | 1U << 21 | 1U << 24;
	struct kvm_cpuid2 *c = host(in, 3);

	cpuid_filter(c, 1);
	CHECK((c->entries[0].ecx & set) == set);
	CHECK(!(c->entries[0].ecx & (1U << 26 | 1U << 27 | 1U << 28 | 1U << 29 | 1U << 12)));
	CHECK(!(c->entries[1].ecx & (1U << 2 | 1U << 22)));
	CHECK(!(c->entries[2].ebx & (1U << 5 | 1U << 16)));
	free(c);
}

TEST(filter_makes_each_vp_a_core)
{
	const struct kvm_cpuid_entry2 in[] = {
		{ .function = 1 }, { .function = 0x80000008, .ecx = 0x703f },
	};
	struct kvm_cpuid2 *c = host(in, 2);

	cpuid_filter(c, 4);
	CHECK((c->entries[0].ebx >> 16 & 0xff) == 4);
	CHECK(c->entries[0].edx & 1U << 28);
	CHECK(c->entries[1].ecx == 3);
	free(c);
}
