// SPDX-License-Identifier: GPL-2.0-only
/*
 * hvsim: a simulator of the Microsoft hypervisor on the Linux KVM API
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "boot.h"
#include "l1.h"
#include "options.h"
#include "probe.h"
#include "trace.h"
#include "version.h"

/* Stops the objects, counts what was left behind, writes the last line of the trace */
static void wind_up(struct hv *hv)
{
	struct objects_summary sum = {};
	unsigned int pending = 0;

	objects_fini(hv, &sum);
	for (unsigned int i = 0; i < hv->nr_vps; i++)
		pending += synic_pending(&hv->vps[i]);
	trace_exit(hv->trace, hv, &sum, pending);
}

static int run(struct hv *hv)
{
	if (objects_init(hv))
		return EXIT_INTERNAL;
	trace_start(hv->trace, hv);
	l1_start(hv);
	l1_wait(hv);
	wind_up(hv);
	return hv->exit_status;
}

static int simulate(const struct config *cfg)
{
	int status = EXIT_INTERNAL;
	struct trace *trace = NULL;
	struct hv hv;

	if (cfg->trace) {
		trace = trace_open(cfg->trace);
		if (!trace) {
			hv_log("--trace: cannot write %s: %s", cfg->trace, strerror(errno));
			return EXIT_USAGE;
		}
	}
	if (!machine_init(&hv, cfg) && !boot_load(&hv)) {
		hv.trace = trace;
		status = run(&hv);
	}
	machine_fini(&hv);
	trace_close(trace);
	return status;
}

int main(int argc, char **argv)
{
	struct config cfg;
	char err[300];
	int status = 0;

	switch (options_parse(&cfg, argc, argv, err, sizeof(err))) {
	case OPTIONS_RUN:
		status = simulate(&cfg);
		break;
	case OPTIONS_PROBE:
		status = probe();
		break;
	case OPTIONS_HOLD:
		status = hold();
		break;
	case OPTIONS_HELP:
		options_help(stdout);
		break;
	case OPTIONS_VERSION:
		printf("hvsim %s\n", HVSIM_VERSION);
		break;
	case OPTIONS_BAD:
		fprintf(stderr, "hvsim: %s\nTry 'hvsim --help'.\n", err);
		status = EXIT_USAGE;
		break;
	}
	config_fini(&cfg);
	return status;
}
