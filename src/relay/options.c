/*
 * options.c
 *		Command line and configuration file; see options.h.
 *
 * One table has every option.  A line "name = value" of the file means what
 * "--name value" means; the command line comes first, so that it can overrule
 * a file.  Secrets belong into the file, a password file or the environment,
 * for everybody can read the arguments of a program.
 */
#include "relay/options.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

typedef enum OptionType
{
	TEXT,
	FLAG, /* no value; in the file: a boolean */
	BYTES,
	SECONDS,
	COUNT, /* from 1 on */
	SETTING, /* NAME=VALUE, repeatable; in the file: prefix.NAME = VALUE */
	LOG_FORMAT,
	LOG_LEVEL,
	SNAPSHOT_MODE
} OptionType;

typedef struct Option
{
	const char *name;
	const char *argument; /* its name in the help, NULL for a flag */
	OptionType type;
	size_t offset; /* in RelayOptions */
	const char *standard; /* the default, as text, or NULL */
	const char *help;
} Option;

#define FIELD(field) offsetof(RelayOptions, field)

/* An entry without type and with only a help text begins a group. */
static const Option table[] = {
	{NULL, NULL, TEXT, 0, NULL, "Where to read"},
	{"dsn", "CONNINFO", TEXT, FIELD(dsn), NULL, "database, as libpq takes it; its environment and service files count too"},
	{"slot", "NAME", TEXT, FIELD(slot), NULL, "replication slot"},
	{"create-slot", NULL, FLAG, FIELD(create_slot), NULL, "create the slot if there is none"},
	{"temporary", NULL, FLAG, FIELD(temporary), NULL, "with --create-slot: a slot that ends with the connection"},
	{"failover", NULL, FLAG, FIELD(failover), NULL, "with --create-slot: a slot that standbys take over (PostgreSQL 17)"},
	{"option", "NAME=VALUE", SETTING, FIELD(plugin), NULL, "option of the plugin, repeatable"},
	{"work-mem", "SIZE", TEXT, FIELD(work_mem), "256MB", "memory for decoding in the server, before it spills to disk"},
	{NULL, NULL, TEXT, 0, NULL, "Rows that are there already"},
	{"snapshot", "MODE", SNAPSHOT_MODE, FIELD(snapshot), "initial", "initial, always, initial_only, no_data or when_needed"},
	{"snapshot-jobs", "N", COUNT, FIELD(snapshot_jobs), "1", "sessions that read tables at the same time"},
	{"snapshot-chunk-rows", "N", COUNT, FIELD(snapshot_chunk_rows), "100000", "rows of a table that are read, and read again if need be, as one"},
	{NULL, NULL, TEXT, 0, NULL, "Where to write"},
	{"sink", "NAME", TEXT, FIELD(sink), "stdout", "see below"},
	{"set", "NAME=VALUE", SETTING, FIELD(sink_set), NULL, "property of the sink, repeatable"},
	{"dedupe", NULL, FLAG, FIELD(dedupe), NULL, "kafka: send nothing that is there already, also after a crash"},
	{"max-inflight-bytes", "SIZE", BYTES, FIELD(max_inflight_bytes), "64MB", "read no further while this much waits for the sink"},
	{NULL, NULL, TEXT, 0, NULL, "What is remembered"},
	{"state", "FILE|kafka:TOPIC", TEXT, FIELD(state), NULL, "positions and finished parts of the snapshot; with kafka: kafka:cdc_json_relay_state"},
	{"accept-cluster", "ID/TIMELINE", TEXT, FIELD(accept_cluster), NULL, "go on in this cluster although the state is of another one"},
	{NULL, NULL, TEXT, 0, NULL, "How far"},
	{"endpos", "LSN|current", TEXT, FIELD(endpos), NULL, "deliver what is committed up to there, confirm it and end"},
	{"status-interval", "SECONDS", SECONDS, FIELD(status_us), "1", "time between confirmations to the server"},
	{"retry-max", "SECONDS", SECONDS, FIELD(retry_us), "30", "longest pause between attempts to connect"},
	{"shutdown-timeout", "SECONDS", SECONDS, FIELD(shutdown_us), "30", "after SIGTERM: time for what is in flight"},
	{NULL, NULL, TEXT, 0, NULL, "Operation"},
	{"heartbeat", "SECONDS", SECONDS, FIELD(heartbeat_us), "10", "time between heartbeats in the server's log; 0: none"},
	{"metrics", "HOST:PORT", TEXT, FIELD(metrics), NULL, "serve /metrics and /healthz over HTTP; PORT alone: on 127.0.0.1"},
	{"check", NULL, FLAG, FIELD(check), NULL, "check server, slot and sink, and end"},
	{"log-format", "text|json", LOG_FORMAT, FIELD(log_format), "text", "form of the lines on standard error"},
	{"log-level", "LEVEL", LOG_LEVEL, FIELD(log_level), "info", "debug, info, warning or error"},
};

#define NOPTIONS ((int) (sizeof(table) / sizeof(table[0])))

bool
relay_parse_bytes(const char *text, int64_t *bytes)
{
	static const char *const units[] = {"", "B", "kB", "MB", "GB", "TB"};
	static const int shifts[] = {0, 0, 10, 20, 30, 40};
	char *end;
	long long number;

	errno = 0;
	number = strtoll(text, &end, 10);
	if (end == text || errno != 0 || number < 0 || number > INT64_MAX >> 40 || isspace((unsigned char) text[0]))
		return false;
	for (int i = 0; i < 6; i++)
	{
		if (strcasecmp(end, units[i]) == 0)
		{
			*bytes = number << shifts[i];
			return true;
		}
	}
	return false;
}

bool
relay_parse_seconds(const char *text, int64_t *us)
{
	char *end;
	double number;

	/* digits only: strtod also takes signs, "nan" and "0x" */
	if (text[0] == '\0' || strspn(text, "0123456789.") != strlen(text))
		return false;
	number = strtod(text, &end);
	if (*end != '\0' || number > 1e9)
		return false;
	*us = (int64_t) (number * 1000000.0 + 0.5);
	return true;
}

bool
relay_parse_bool(const char *text, bool *value)
{
	static const char *const words[] = {"false", "true", "off", "on", "no", "yes", "0", "1"};

	for (int i = 0; i < 8; i++)
	{
		if (strcasecmp(text, words[i]) == 0)
		{
			*value = i % 2 == 1;
			return true;
		}
	}
	return false;
}

const char *
relay_setting(const RelaySettings *settings, const char *name)
{
	for (int i = 0; i < settings->n; i++)
	{
		if (strcmp(settings->item[i].name, name) == 0)
			return settings->item[i].value;
	}
	return NULL;
}

void
relay_settings_free(RelaySettings *settings)
{
	for (int i = 0; i < settings->n; i++)
	{
		free(settings->item[i].name);
		free(settings->item[i].value);
	}
	free(settings->item);
	memset(settings, 0, sizeof(*settings));
}

static const Option *
find(const char *name, size_t len)
{
	for (int i = 0; i < NOPTIONS; i++)
	{
		if (table[i].name && strlen(table[i].name) == len && strncmp(table[i].name, name, len) == 0)
			return &table[i];
	}
	return NULL;
}

static bool
invalid(RelayError *error, const Option *option, const char *value, const char *valid)
{
	relay_fail(error, RELAY_EXIT_USAGE, "invalid value for option \"%s\": \"%s\"", option->name, value);
	if (valid)
		relay_hint(error, "Valid are %s.", valid);
	return false;
}

/* A word's place in a list that NULL ends, or -1. */
static int
word(const char *text, const char *const *words)
{
	for (int i = 0; words[i]; i++)
	{
		if (strcmp(words[i], text) == 0)
			return i;
	}
	return -1;
}

/* A value of the command line replaces one of the file; otherwise each name is given once. */
static bool
add_setting(RelaySettings *settings, const char *name, const char *value, bool from_file)
{
	for (int i = 0; i < settings->n; i++)
	{
		RelaySetting *old = &settings->item[i];

		if (strcmp(old->name, name) != 0)
			continue;
		if (from_file || !old->from_file)
			return false;
		free(old->value);
		old->value = relay_strdup(value);
		old->from_file = false;
		return true;
	}
	settings->item = relay_realloc(settings->item, sizeof(RelaySetting) * (size_t) (settings->n + 1));
	settings->item[settings->n].name = relay_strdup(name);
	settings->item[settings->n].value = relay_strdup(value);
	settings->item[settings->n].from_file = from_file;
	settings->n++;
	return true;
}

bool
relay_setting_add(RelaySettings *settings, const char *name, const char *value)
{
	return add_setting(settings, name, value, false);
}

/* NAME=VALUE of the command line */
static bool
set_setting(const Option *option, RelaySettings *settings, const char *text, RelayError *error)
{
	const char *equal = strchr(text, '=');
	char *name;

	if (!equal || equal == text)
		return relay_fail(error, RELAY_EXIT_USAGE, "option \"%s\" needs NAME=VALUE, not \"%s\"", option->name, text);
	name = relay_strndup(text, (size_t) (equal - text));
	if (!add_setting(settings, name, equal + 1, false))
		relay_fail(error, RELAY_EXIT_USAGE, "option \"%s\" specified more than once for \"%s\"", option->name, name);
	free(name);
	return !error->set;
}

static bool
parse_count(const char *text, int64_t *count)
{
	size_t len = strlen(text);

	if (len == 0 || len > 9 || strspn(text, "0123456789") != len)
		return false;
	*count = strtoll(text, NULL, 10);
	return *count > 0;
}

/* Puts a value, given as text, into its field. */
static bool
set(RelayOptions *options, const Option *option, const char *value, RelayError *error)
{
	static const char *const formats[] = {"text", "json", NULL};
	static const char *const levels[] = {"debug", "info", "warning", "error", NULL};
	static const char *const modes[] = {"initial", "always", "initial_only", "no_data", "when_needed", NULL};
	char *field = (char *) options + option->offset;
	int found;

	switch (option->type)
	{
		case TEXT:
			free(*(char **) field);
			*(char **) field = relay_strdup(value);
			return true;
		case FLAG:
			return relay_parse_bool(value, (bool *) field) || invalid(error, option, value, "true and false");
		case BYTES:
			return relay_parse_bytes(value, (int64_t *) field) || invalid(error, option, value, "sizes like 1000000, 512kB, 64MB and 1GB");
		case SECONDS:
			return relay_parse_seconds(value, (int64_t *) field) || invalid(error, option, value, "seconds like 10 and 0.5");
		case COUNT:
			return parse_count(value, (int64_t *) field) || invalid(error, option, value, "numbers from 1 to 999999999");
		case SETTING:
			return set_setting(option, (RelaySettings *) field, value, error);
		case LOG_FORMAT:
			if ((found = word(value, formats)) < 0)
				return invalid(error, option, value, "\"text\" and \"json\"");
			*(RelayLogFormat *) field = (RelayLogFormat) found;
			return true;
		case LOG_LEVEL:
			if ((found = word(value, levels)) < 0)
				return invalid(error, option, value, "\"debug\", \"info\", \"warning\" and \"error\"");
			*(RelayLogLevel *) field = (RelayLogLevel) found;
			return true;
		case SNAPSHOT_MODE:
			if ((found = word(value, modes)) < 0)
				return invalid(error, option, value, "\"initial\", \"always\", \"initial_only\", \"no_data\" and \"when_needed\"");
			*(RelaySnapshotMode *) field = (RelaySnapshotMode) found;
			return true;
	}
	return false;
}

/* ------------------------------------------------------------------------
 * The file
 * ------------------------------------------------------------------------
 */

/* The text without blanks around it; changes it. */
static char *
trim(char *text)
{
	char *end;

	while (isspace((unsigned char) *text))
		text++;
	end = text + strlen(text);
	while (end > text && isspace((unsigned char) end[-1]))
		end--;
	*end = '\0';
	return text;
}

/* "option.NAME" or "set.NAME": the option, and where NAME begins. */
static const Option *
find_prefixed(const char *name, const char **rest)
{
	const char *dot = strchr(name, '.');
	const Option *option = dot ? find(name, (size_t) (dot - name)) : NULL;

	*rest = dot ? dot + 1 : NULL;
	return option && option->type == SETTING && dot[1] != '\0' ? option : NULL;
}

/* One line, "name = value"; seen[] are the options that the file has already. */
static bool
file_line(RelayOptions *options, bool *seen, char *line, RelayError *error)
{
	char *equal = strchr(line, '=');
	const Option *option;
	const char *rest;
	char *name;
	char *value;

	if (!equal)
		return relay_fail(error, RELAY_EXIT_USAGE, "a line must be \"name = value\"");
	*equal = '\0';
	name = trim(line);
	value = trim(equal + 1);
	option = find_prefixed(name, &rest);
	if (option)
		return add_setting((RelaySettings *) ((char *) options + option->offset), rest, value, true) ||
			   relay_fail(error, RELAY_EXIT_USAGE, "\"%s\" specified more than once", name);
	option = find(name, strlen(name));
	if (!option || option->type == SETTING)
		return relay_fail(error, RELAY_EXIT_USAGE, "unrecognized option: \"%s\"", name);
	if (seen[option - table])
		return relay_fail(error, RELAY_EXIT_USAGE, "\"%s\" specified more than once", name);
	seen[option - table] = true;
	return set(options, option, value, error);
}

static void
warn_if_readable(const char *path, const char *text)
{
	struct stat status;

	if (strstr(text, "password") && stat(path, &status) == 0 && (status.st_mode & (S_IRGRP | S_IROTH)))
		relay_log(RELAY_WARNING, "the file \"%s\" has a password and can be read by others", path);
}

static bool
read_file(RelayOptions *options, const char *path, RelayError *error)
{
	size_t len;
	char *text = relay_read_file(path, &len);
	bool seen[NOPTIONS] = {false};
	int number = 0;

	if (!text)
		return relay_fail(error, RELAY_EXIT_USAGE, "could not read file \"%s\": %s", path, strerror(errno));
	warn_if_readable(path, text);
	for (char *line = text, *next; line && !error->set; line = next)
	{
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		number++;
		line = trim(line);
		if (*line != '\0' && *line != '#')
			file_line(options, seen, line, error);
	}
	if (error->set)
	{
		char copy[sizeof(error->message)];

		memcpy(copy, error->message, sizeof(copy));
		snprintf(error->message, sizeof(error->message), "%.200s:%d: %.280s", path, number, copy);
	}
	free(text);
	return !error->set;
}

/* ------------------------------------------------------------------------
 * Help
 * ------------------------------------------------------------------------
 */

void
relay_options_help(void)
{
	printf("Usage:\n  cdc_json_relay [--config FILE] --dsn CONNINFO --slot NAME [OPTION]...\n");
	for (int i = 0; i < NOPTIONS; i++)
	{
		char left[64];

		if (!table[i].name)
		{
			printf("\n%s:\n", table[i].help);
			continue;
		}
		snprintf(left, sizeof(left), "--%s%s%s", table[i].name, table[i].argument ? " " : "", table[i].argument ? table[i].argument : "");
		printf("  %-28s %s", left, table[i].help);
		if (table[i].standard)
			printf(" [%s]", table[i].standard);
		putchar('\n');
	}
	printf("  %-28s %s\n", "--config FILE", "more options, one \"name = value\" a line (option.topic.prefix = app)");
	printf("  %-28s %s\n  %-28s %s\n", "--help", "this text", "--version", "versions");
}

/* ------------------------------------------------------------------------
 * The command line
 * ------------------------------------------------------------------------
 */

/* --dedupe reads positions back from headers: adds the plugin's option, unless it is there. */
static bool
dedupe_position(RelayOptions *options)
{
	const char *value = relay_setting(&options->plugin, "position.header");
	bool on = false;

	if (!value)
		value = relay_setting(&options->plugin, "position_header");
	if (!value)
		return relay_setting_add(&options->plugin, "position.header", "true");
	return relay_parse_bool(value, &on) && on;
}

static bool
check(RelayOptions *options, RelayError *error)
{
	if (!options->slot)
		return relay_fail(error, RELAY_EXIT_USAGE, "no slot specified: --slot NAME is missing");
	if (options->slot[0] == '\0' || strspn(options->slot, "abcdefghijklmnopqrstuvwxyz0123456789_") != strlen(options->slot) ||
		strlen(options->slot) > 63)
	{
		relay_fail(error, RELAY_EXIT_USAGE, "invalid name of a slot: \"%s\"", options->slot);
		relay_hint(error, "Names of slots have lower-case letters, digits and underscores, at most 63.");
		return false;
	}
	if ((options->temporary || options->failover) && !options->create_slot)
		return relay_fail(error, RELAY_EXIT_USAGE, "--%s needs --create-slot", options->temporary ? "temporary" : "failover");
	if (options->temporary && options->failover)
		return relay_fail(error, RELAY_EXIT_USAGE, "a temporary slot cannot fail over");
	if (options->dedupe && strcmp(options->sink, "kafka") != 0)
		return relay_fail(error, RELAY_EXIT_USAGE, "--dedupe needs --sink kafka");
	if (options->dedupe && !dedupe_position(options))
		return relay_fail(error, RELAY_EXIT_USAGE, "--dedupe needs the plugin's option \"position.header\"");
	if (options->snapshot_jobs > RELAY_MAX_SNAPSHOT_JOBS)
		return relay_fail(error, RELAY_EXIT_USAGE, "--snapshot-jobs must be at most %d", RELAY_MAX_SNAPSHOT_JOBS);
	if (options->snapshot == RELAY_SNAPSHOT_INITIAL_ONLY && options->create_slot)
	{
		relay_fail(error, RELAY_EXIT_USAGE, "--snapshot initial_only has no use for --create-slot");
		relay_hint(error, "Nothing would read the slot. To stream afterwards, use --snapshot initial from the start.");
		return false;
	}
	if (options->max_inflight_bytes < 1024 * 1024)
		return relay_fail(error, RELAY_EXIT_USAGE, "--max-inflight-bytes must be at least 1MB");
	if (options->status_us < 10000)
		return relay_fail(error, RELAY_EXIT_USAGE, "--status-interval must be at least 0.01");
	if (relay_setting(&options->plugin, "format"))
		return relay_fail(error, RELAY_EXIT_USAGE, "the plugin's option \"format\" is set by the program itself");
	if (options->endpos && strcmp(options->endpos, "current") != 0)
	{
		uint64_t lsn;

		if (!relay_parse_lsn(options->endpos, &lsn))
			return relay_fail(error, RELAY_EXIT_USAGE, "invalid value for option \"endpos\": \"%s\"", options->endpos);
	}
	return true;
}

/* One argument, with its value, at argv[*i]. */
static bool
argument(RelayOptions *options, bool *given, const char **config, int argc, char **argv, int *i, RelayError *error)
{
	const char *arg = argv[*i];
	const char *equal;
	size_t len;
	const Option *option;
	const char *value;
	bool is_config;

	if (strncmp(arg, "--", 2) != 0)
		return relay_fail(error, RELAY_EXIT_USAGE, "unexpected argument: \"%s\"", arg);
	arg += 2;
	equal = strchr(arg, '=');
	len = equal ? (size_t) (equal - arg) : strlen(arg);
	is_config = len == 6 && strncmp(arg, "config", 6) == 0;
	option = is_config ? NULL : find(arg, len);
	if (!option && !is_config)
		return relay_fail(error, RELAY_EXIT_USAGE, "unrecognized option: \"--%.*s\"", (int) len, arg);
	if (option && option->type == FLAG)
		value = equal ? equal + 1 : "true";
	else if (equal)
		value = equal + 1;
	else if (*i + 1 < argc)
		value = argv[++*i];
	else
		return relay_fail(error, RELAY_EXIT_USAGE, "option \"--%s\" needs a value", arg);
	if (is_config ? *config != NULL : option->type != SETTING && given[option - table])
		return relay_fail(error, RELAY_EXIT_USAGE, "option \"--%.*s\" specified more than once", (int) len, arg);
	if (is_config)
	{
		*config = value;
		return true;
	}
	given[option - table] = true;
	/* the file comes first: without "options", only its name is looked for */
	return !options || set(options, option, value, error);
}

RelayAction
relay_options_parse(RelayOptions *options, int argc, char **argv, RelayError *error)
{
	const char *config = NULL;

	memset(options, 0, sizeof(*options));
	for (int i = 1; i < argc; i++)
	{
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-?") == 0)
			return RELAY_HELP;
		if (strcmp(argv[i], "--version") == 0 || strcmp(argv[i], "-V") == 0)
			return RELAY_VERSION;
	}
	for (int i = 0; i < NOPTIONS; i++)
	{
		if (table[i].standard)
			set(options, &table[i], table[i].standard, error);
	}
	/* once for the file's name, and then again so that the command line overrules the file */
	for (int round = 0; round < 2 && !error->set; round++)
	{
		bool given[NOPTIONS] = {false};

		if (round == 1 && config)
			read_file(options, config, error);
		config = NULL;
		for (int i = 1; i < argc && !error->set; i++)
			argument(round == 1 ? options : NULL, given, &config, argc, argv, &i, error);
	}
	if (!error->set)
		check(options, error);
	return error->set ? RELAY_INVALID : RELAY_RUN;
}

void
relay_options_free(RelayOptions *options)
{
	for (int i = 0; i < NOPTIONS; i++)
	{
		char *field = (char *) options + table[i].offset;

		if (table[i].name && table[i].type == TEXT)
			free(*(char **) field);
		if (table[i].name && table[i].type == SETTING)
			relay_settings_free((RelaySettings *) field);
	}
	memset(options, 0, sizeof(*options));
}
