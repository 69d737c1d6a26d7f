// SPDX-License-Identifier: GPL-2.0-only
/*
 * Command line: a table of options, each with its parser
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hvsim.h"
#include "options.h"

#define MAX_CPUS	64
#define MIN_MEMORY	128
#define MAX_MEMORY	65536
#define MAX_TIMEOUT	1000000

/* Bits 0, 1 and 6: what an L1VH of today is offered */
#define DEFAULT_VMM_CAPS	0x43

/**
 * struct option - a command line option
 * @name: without the dashes
 * @expects: shown in an error: "expected <this>"; NULL if it takes no value
 * @parse: returns false if @value is not what @expects says
 */
struct option {
	const char *name;
	const char *expects;
	bool (*parse)(struct config *cfg, const char *value);
};

static const char *const demand_names[NR_DEMANDS] = {
	[DEMAND_CREATE]		= "create",
	[DEMAND_INITIALIZE]	= "initialize",
	[DEMAND_VP]		= "vp",
	[DEMAND_TABLE]		= "table",
	[DEMAND_PORT]		= "port",
	[DEMAND_STATS]		= "stats",
};

/* Parses a number that ends at one of @ends; *@next is then behind it, or at the '\0' */
static bool parse_number(const char *s, const char *ends, uint64_t max, uint64_t *val,
			 const char **next)
{
	char *end;

	if (*s < '0' || *s > '9')
		return false;
	errno = 0;
	*val = strtoull(s, &end, 0);
	if (errno || *val > max || (*end && !strchr(ends, *end)))
		return false;
	*next = *end ? end + 1 : end;
	return true;
}

static bool parse_whole(const char *s, uint64_t min, uint64_t max, uint64_t *val)
{
	const char *next;

	return parse_number(s, "", max, val, &next) && *val >= min;
}

static bool parse_word(const char *s, const char *const *words, unsigned int nr,
		       unsigned int *index)
{
	for (unsigned int i = 0; i < nr; i++) {
		if (!strcmp(s, words[i])) {
			*index = i;
			return true;
		}
	}
	return false;
}

static bool parse_kernel(struct config *cfg, const char *value)
{
	cfg->kernel = value;
	return *value;
}

static bool parse_initrd(struct config *cfg, const char *value)
{
	cfg->initrd = value;
	return *value;
}

static bool parse_append(struct config *cfg, const char *value)
{
	cfg->append = value;
	return true;
}

static bool parse_trace(struct config *cfg, const char *value)
{
	cfg->trace = value;
	return *value;
}

static bool parse_cpus(struct config *cfg, const char *value)
{
	uint64_t val;

	if (!parse_whole(value, 1, MAX_CPUS, &val))
		return false;
	cfg->cpus = val;
	return true;
}

static bool parse_memory(struct config *cfg, const char *value)
{
	uint64_t val;

	if (!parse_whole(value, MIN_MEMORY, MAX_MEMORY, &val))
		return false;
	cfg->memory_mib = val;
	return true;
}

static bool parse_timeout(struct config *cfg, const char *value)
{
	uint64_t val;

	if (!parse_whole(value, 1, MAX_TIMEOUT, &val))
		return false;
	cfg->timeout = val;
	return true;
}

static const char *const scheduler_names[] = {
	[SCHED_INTEGRATED]	= "integrated",
	[SCHED_CORE]		= "core",
};

static const char *const partition_names[] = {
	[PARTITION_L1VH]	= "l1vh",
	[PARTITION_GUEST]	= "guest",
	[PARTITION_ROOT]	= "root",
};

static bool parse_scheduler(struct config *cfg, const char *value)
{
	unsigned int i;

	if (!parse_word(value, scheduler_names, ARRAY_SIZE(scheduler_names), &i))
		return false;
	cfg->scheduler = i;
	return true;
}

static bool parse_partition(struct config *cfg, const char *value)
{
	unsigned int i;

	if (!parse_word(value, partition_names, ARRAY_SIZE(partition_names), &i))
		return false;
	cfg->partition = i;
	return true;
}

static const char *const eoi_names[] = {
	[EOI_MESSAGE]	= "message",
	[EOI_INTERCEPT]	= "intercept",
};

static bool parse_eoi(struct config *cfg, const char *value)
{
	unsigned int i;

	if (!parse_word(value, eoi_names, ARRAY_SIZE(eoi_names), &i))
		return false;
	cfg->eoi = i;
	return true;
}

static bool parse_vmm_caps(struct config *cfg, const char *value)
{
	if (!strcmp(value, "none")) {
		cfg->vmm_caps_mode = VMM_CAPS_NONE;
		return true;
	}
	if (!strcmp(value, "empty")) {
		cfg->vmm_caps_mode = VMM_CAPS_EMPTY;
		return true;
	}
	cfg->vmm_caps_mode = VMM_CAPS_BANK;
	return parse_whole(value, 0, UINT64_MAX, &cfg->vmm_caps);
}

/* Makes room for one more element at the end of a growing array */
static void *grow(void *array, unsigned int *nr, size_t size)
{
	char *new = realloc(array, (*nr + 1) * size);

	if (new)
		memset(new + *nr * size, 0, size);
	return new;
}

static bool parse_property(struct config *cfg, const char *value)
{
	struct property_override *props;
	struct property_override prop = {};
	uint64_t code, val;
	const char *s;

	if (!parse_number(value, "=", UINT32_MAX, &code, &s) || !*s)
		return false;
	prop.code = code;
	if (!strncmp(s, "fail:", 5)) {
		prop.fail = true;
		if (!parse_whole(s + 5, 1, UINT16_MAX, &val))
			return false;
		prop.status = val;
	} else if (!parse_whole(s, 0, UINT64_MAX, &prop.value)) {
		return false;
	}
	props = grow(cfg->properties, &cfg->nr_properties, sizeof(*props));
	if (!props)
		return false;
	cfg->properties = props;
	props[cfg->nr_properties++] = prop;
	return true;
}

static bool parse_fail(struct config *cfg, const char *value)
{
	uint64_t code, nth = FAIL_EVERY, status;
	struct fail_rule *fails;
	const char *s;

	if (!parse_number(value, ":", UINT16_MAX, &code, &s))
		return false;
	if (s[0] == '*' && s[1] == ':')
		s += 2;
	else if (!parse_number(s, ":", UINT32_MAX, &nth, &s) || !nth)
		return false;
	if (!parse_whole(s, 1, UINT16_MAX, &status))
		return false;
	fails = grow(cfg->fails, &cfg->nr_fails, sizeof(*fails));
	if (!fails)
		return false;
	cfg->fails = fails;
	fails[cfg->nr_fails++] = (struct fail_rule){
		.code = code, .nth = nth, .status = status,
	};
	return true;
}

static bool parse_demand(struct config *cfg, const char *value)
{
	while (*value) {
		size_t len = strcspn(value, ":");
		char name[16] = "";
		unsigned int i;
		uint64_t pages;

		if (value[len] != ':' || len >= sizeof(name))
			return false;
		memcpy(name, value, len);
		if (!parse_word(name, demand_names, NR_DEMANDS, &i) ||
		    !parse_number(value + len + 1, ",", 1 << 20, &pages, &value))
			return false;
		cfg->demand[i] = pages;
	}
	return true;
}

static bool parse_vmbus(struct config *cfg, const char *value)
{
	(void)value;
	cfg->vmbus = true;
	return true;
}

static const struct option options[] = {
	{ "kernel", "the path of an ELF vmlinux", parse_kernel },
	{ "initrd", "the path of an initramfs image", parse_initrd },
	{ "append", "text for the kernel command line", parse_append },
	{ "cpus", "a number from 1 to 64", parse_cpus },
	{ "memory", "MiB, from 128 to 65536", parse_memory },
	{ "partition", "l1vh, guest or root", parse_partition },
	{ "scheduler", "integrated or core", parse_scheduler },
	{ "eoi", "message or intercept", parse_eoi },
	{ "vmm-caps", "a number such as 0x43, none or empty", parse_vmm_caps },
	{ "property", "CODE=VALUE or CODE=fail:STATUS, e.g. 0x20005=1", parse_property },
	{ "fail", "CODE:NTH:STATUS, e.g. 0x48:2:0x0b; NTH counts from 1, or is *", parse_fail },
	{ "demand",
	  "NAME:PAGES[,NAME:PAGES]..., NAME one of create, initialize, vp, table, port, stats",
	  parse_demand },
	{ "trace", "the path of the trace file", parse_trace },
	{ "timeout", "seconds, from 1 to 1000000", parse_timeout },
	{ "vmbus", NULL, parse_vmbus },
};

static const struct option *option_find(const char *name, size_t len)
{
	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		if (strlen(options[i].name) == len && !memcmp(options[i].name, name, len))
			return &options[i];
	return NULL;
}

/* Parses argv[*i], and takes argv[*i + 1] if the value is there */
static bool parse_one(struct config *cfg, int argc, char **argv, int *i, char *err,
		      size_t err_len)
{
	const char *name = argv[*i] + 2;
	size_t len = strcspn(name, "=");
	const char *value = name[len] ? name + len + 1 : NULL;
	const struct option *opt = option_find(name, len);

	if (!opt) {
		snprintf(err, err_len, "unknown option '--%.*s'", (int)len, name);
		return false;
	}
	if (!opt->expects && value) {
		snprintf(err, err_len, "--%s takes no value", opt->name);
		return false;
	}
	if (opt->expects && !value && *i + 1 < argc && strncmp(argv[*i + 1], "--", 2))
		value = argv[++*i];
	if (opt->expects && !value) {
		snprintf(err, err_len, "--%s needs a value: expected %s", opt->name,
			 opt->expects);
		return false;
	}
	if (!opt->parse(cfg, value)) {
		snprintf(err, err_len, "--%s=%s: expected %s", opt->name, value, opt->expects);
		return false;
	}
	return true;
}

/**
 * options_parse - Turn a command line into a configuration
 * @cfg: filled in; free it with config_fini() whatever the result
 * @argc: as main()'s
 * @argv: as main()'s; must outlive @cfg
 * @err: text of the error for %OPTIONS_BAD
 * @err_len: size of @err
 *
 * Return: what to do
 */
enum options_result options_parse(struct config *cfg, int argc, char **argv, char *err,
				  size_t err_len)
{
	*cfg = (struct config){
		.append = "",
		.cpus = 1,
		.memory_mib = 1024,
		.vmm_caps = DEFAULT_VMM_CAPS,
		.demand = {
			[DEMAND_INITIALIZE] = 208,
			[DEMAND_VP] = 90,
			[DEMAND_TABLE] = 1,
			[DEMAND_PORT] = 1,
		},
	};
	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h"))
			return OPTIONS_HELP;
		if (!strcmp(argv[i], "--version"))
			return OPTIONS_VERSION;
		if (!strcmp(argv[i], "--probe"))
			return OPTIONS_PROBE;
		if (!strcmp(argv[i], "--hold"))
			return OPTIONS_HOLD;
		if (strncmp(argv[i], "--", 2)) {
			snprintf(err, err_len,
				 "unexpected argument '%s': all options begin with --", argv[i]);
			return OPTIONS_BAD;
		}
		if (!parse_one(cfg, argc, argv, &i, err, err_len))
			return OPTIONS_BAD;
	}
	if (!cfg->kernel) {
		snprintf(err, err_len, "--kernel is missing: expected the path of an ELF vmlinux");
		return OPTIONS_BAD;
	}
	return OPTIONS_RUN;
}

/**
 * config_property - What the command line says about a property of SELF
 * @cfg: configuration
 * @code: property code
 *
 * Return: the last --property of that code, or NULL
 */
const struct property_override *config_property(const struct config *cfg, uint32_t code)
{
	for (unsigned int i = cfg->nr_properties; i > 0; i--)
		if (cfg->properties[i - 1].code == code)
			return &cfg->properties[i - 1];
	return NULL;
}

/**
 * config_scheduler_name - Name of a scheduler, as on the command line
 * @sched: scheduler
 *
 * Return: its name
 */
const char *config_scheduler_name(enum scheduler sched)
{
	return scheduler_names[sched];
}

/**
 * config_partition_name - Name of a kind of partition, as on the command line
 * @kind: kind
 *
 * Return: its name
 */
const char *config_partition_name(enum partition_kind kind)
{
	return partition_names[kind];
}

/**
 * config_fini - Free what options_parse() allocated
 * @cfg: configuration
 */
void config_fini(struct config *cfg)
{
	free(cfg->properties);
	free(cfg->fails);
}
