// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <string.h>

#include "../hvsim.h"
#include "../options.h"
#include "harness.h"

struct parsed {
	struct config cfg;
	enum options_result result;
	char err[300];
};

/* Parses up to three options; --kernel is there */
static struct parsed parse(const char *a, const char *b, const char *c)
{
	char *argv[] = { "hvsim", "--kernel=k", (char *)a, (char *)b, (char *)c };
	struct parsed p = {};
	int argc = 2;

	while (argc < 5 && argv[argc])
		argc++;
	p.result = options_parse(&p.cfg, argc, argv, p.err, sizeof(p.err));
	return p;
}

static bool is_bad(const char *option, const char *expected)
{
	struct parsed p = parse(option, NULL, NULL);
	bool ok = p.result == OPTIONS_BAD && strstr(p.err, expected);

	if (!ok)
		printf("# %s: %d '%s'\n", option, p.result, p.err);
	config_fini(&p.cfg);
	return ok;
}

TEST(defaults_are_an_l1vh_with_the_integrated_scheduler)
{
	struct parsed p = parse(NULL, NULL, NULL);

	CHECK(p.result == OPTIONS_RUN);
	CHECK(p.cfg.cpus == 1);
	CHECK(p.cfg.memory_mib == 1024);
	CHECK(p.cfg.partition == PARTITION_L1VH);
	CHECK(p.cfg.scheduler == SCHED_INTEGRATED);
	CHECK(p.cfg.vmm_caps_mode == VMM_CAPS_BANK && p.cfg.vmm_caps == 0x43);
	CHECK(p.cfg.demand[DEMAND_INITIALIZE] == 208);
	CHECK(!p.cfg.vmbus && !p.cfg.trace && !p.cfg.initrd);
}

TEST(value_may_be_a_word_of_its_own)
{
	struct parsed p = parse("--cpus", "3", NULL);

	CHECK(p.result == OPTIONS_RUN);
	CHECK(p.cfg.cpus == 3);
}

TEST(append_may_begin_with_anything_after_the_equals_sign)
{
	struct parsed p = parse("--append=--x=y", NULL, NULL);

	CHECK(p.result == OPTIONS_RUN);
	CHECK(!strcmp(p.cfg.append, "--x=y"));
}

TEST(scheduler_and_partition_are_words)
{
	struct parsed p = parse("--scheduler=core", "--partition=guest", "--vmbus");

	CHECK(p.result == OPTIONS_RUN);
	CHECK(p.cfg.scheduler == SCHED_CORE);
	CHECK(p.cfg.partition == PARTITION_GUEST);
	CHECK(p.cfg.vmbus);
}

TEST(eoi_is_a_message_or_an_intercept)
{
	struct parsed p = parse("--eoi=intercept", NULL, NULL);

	CHECK(p.result == OPTIONS_RUN && p.cfg.eoi == EOI_INTERCEPT);
	p = parse("--eoi=message", NULL, NULL);
	CHECK(p.result == OPTIONS_RUN && p.cfg.eoi == EOI_MESSAGE);
	p = parse(NULL, NULL, NULL);
	CHECK(p.cfg.eoi == EOI_MESSAGE);
	CHECK(is_bad("--eoi=none", "--eoi=none: expected message or intercept"));
}

TEST(vmm_caps_are_a_number_none_or_empty)
{
	CHECK(parse("--vmm-caps=0x3", NULL, NULL).cfg.vmm_caps == 3);
	CHECK(parse("--vmm-caps=none", NULL, NULL).cfg.vmm_caps_mode == VMM_CAPS_NONE);
	CHECK(parse("--vmm-caps=empty", NULL, NULL).cfg.vmm_caps_mode == VMM_CAPS_EMPTY);
	CHECK(parse("--vmm-caps=none", "--vmm-caps=1", NULL).cfg.vmm_caps_mode == VMM_CAPS_BANK);
	CHECK(parse("--vmm-caps=0xffffffffffffffff", NULL, NULL).cfg.vmm_caps == UINT64_MAX);
}

TEST(last_property_of_a_code_counts)
{
	struct parsed p = parse("--property=0x20005=0", "--property=15=fail:0x71",
				"--property=0x20005=0xffffffffffffffff");

	CHECK(p.result == OPTIONS_RUN);
	CHECK(config_property(&p.cfg, 0x20005)->value == UINT64_MAX);
	CHECK(!config_property(&p.cfg, 0x20005)->fail);
	CHECK(config_property(&p.cfg, 15)->fail);
	CHECK(config_property(&p.cfg, 15)->status == 0x71);
	CHECK(!config_property(&p.cfg, 16));
	config_fini(&p.cfg);
}

TEST(fail_rules_have_code_number_and_status)
{
	struct parsed p = parse("--fail=0x48:2:0x0b", "--fail=0x101:*:5", NULL);

	CHECK(p.result == OPTIONS_RUN);
	CHECK(p.cfg.nr_fails == 2);
	CHECK(p.cfg.fails[0].code == 0x48 && p.cfg.fails[0].nth == 2);
	CHECK(p.cfg.fails[0].status == 0x0b);
	CHECK(p.cfg.fails[1].nth == FAIL_EVERY && p.cfg.fails[1].status == 5);
	config_fini(&p.cfg);
}

TEST(demand_takes_a_list)
{
	struct parsed p = parse("--demand=vp:3,initialize:0,stats:7", NULL, NULL);

	CHECK(p.result == OPTIONS_RUN);
	CHECK(p.cfg.demand[DEMAND_VP] == 3);
	CHECK(p.cfg.demand[DEMAND_INITIALIZE] == 0);
	CHECK(p.cfg.demand[DEMAND_STATS] == 7);
	CHECK(p.cfg.demand[DEMAND_TABLE] == 1);
}

TEST(bad_values_are_told_with_what_is_expected)
{
	CHECK(is_bad("--cpus=0", "--cpus=0: expected a number from 1 to 64"));
	CHECK(is_bad("--cpus=65", "expected a number"));
	CHECK(is_bad("--cpus=2x", "--cpus=2x"));
	CHECK(is_bad("--cpus=-1", "expected"));
	CHECK(is_bad("--cpus=", "expected"));
	CHECK(is_bad("--cpus", "--cpus needs a value"));
	CHECK(is_bad("--memory=127", "128 to 65536"));
	CHECK(is_bad("--scheduler=root", "integrated or core"));
	CHECK(is_bad("--partition=l2", "l1vh, guest or root"));
	CHECK(is_bad("--vmm-caps=all", "none or empty"));
	CHECK(is_bad("--vmm-caps=0x10000000000000000", "expected"));
	CHECK(is_bad("--initrd=", "expected the path"));
}

TEST(bad_lists_are_told_with_what_is_expected)
{
	CHECK(is_bad("--property=0x20005", "CODE=VALUE"));
	CHECK(is_bad("--property=0x20005=", "CODE=VALUE"));
	CHECK(is_bad("--property=0x20005=fail:0", "CODE=VALUE"));
	CHECK(is_bad("--fail=0x48", "CODE:NTH:STATUS"));
	CHECK(is_bad("--fail=0x48:0:1", "CODE:NTH:STATUS"));
	CHECK(is_bad("--fail=0x48:1:0", "CODE:NTH:STATUS"));
	CHECK(is_bad("--fail=0x10000:1:1", "CODE:NTH:STATUS"));
	CHECK(is_bad("--fail=0x48:*1:1", "CODE:NTH:STATUS"));
	CHECK(is_bad("--demand=cpu:1", "NAME:PAGES"));
	CHECK(is_bad("--demand=vp", "NAME:PAGES"));
	CHECK(is_bad("--demand=vp:", "NAME:PAGES"));
	CHECK(is_bad("--vmbus=1", "takes no value"));
	CHECK(is_bad("--frobnicate=1", "unknown option '--frobnicate'"));
	CHECK(is_bad("vmlinux", "unexpected argument 'vmlinux'"));
}

TEST(kernel_is_mandatory)
{
	char *argv[] = { "hvsim", "--cpus=1" };
	struct config cfg;
	char err[300];

	CHECK(options_parse(&cfg, 2, argv, err, sizeof(err)) == OPTIONS_BAD);
	CHECK(strstr(err, "--kernel is missing"));
}

TEST(help_version_and_probe_need_no_kernel)
{
	char *argv[] = { "hvsim", "--help" };
	struct config cfg;
	char err[300];

	CHECK(options_parse(&cfg, 2, argv, err, sizeof(err)) == OPTIONS_HELP);
	argv[1] = "--version";
	CHECK(options_parse(&cfg, 2, argv, err, sizeof(err)) == OPTIONS_VERSION);
	argv[1] = "--probe";
	CHECK(options_parse(&cfg, 2, argv, err, sizeof(err)) == OPTIONS_PROBE);
}
