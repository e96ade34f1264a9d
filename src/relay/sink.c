/*
 * sink.c
 *		The list of sinks, and the one that throws everything away.
 */
#include "relay/sink.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const RelaySinkKind *const relay_sinks[] = {
	&relay_stdout_sink,
	&relay_file_sink,
#ifdef RELAY_WITH_KAFKA
	&relay_kafka_sink,
#endif
#ifdef RELAY_WITH_REDIS
	&relay_redis_sink,
#endif
#ifdef RELAY_WITH_MEMCACHED
	&relay_memcached_sink,
#endif
#ifdef RELAY_WITH_CURL
	&relay_search_sink,
	&relay_http_sink,
#endif
	&relay_null_sink,
	NULL};

/* What this build lacks, and what it would have needed, as Debian names it. */
static const struct
{
	const char *name;
	const char *needs;
} absent[] = {
#ifndef RELAY_WITH_KAFKA
	{"kafka", "librdkafka-dev"},
#endif
#ifndef RELAY_WITH_REDIS
	{"redis", "libhiredis-dev, libssl-dev and libjansson-dev"},
#endif
#ifndef RELAY_WITH_MEMCACHED
	{"memcached", "libmemcached-dev and libjansson-dev"},
#endif
#ifndef RELAY_WITH_CURL
	{"search", "libcurl4-openssl-dev, libssl-dev and libjansson-dev"},
	{"http", "libcurl4-openssl-dev, libssl-dev and libjansson-dev"},
#endif
	{NULL, NULL}};

const char *const relay_sink_truncates[] = {"skipped.operations", "none", NULL};

void
relay_sinks_help(void)
{
	for (int i = 0; relay_sinks[i]; i++)
		fputs(relay_sinks[i]->help, stdout);
	for (int i = 0; absent[i].name; i++)
		printf("  %-9s not in this build: it needs %s\n", absent[i].name, absent[i].needs);
}

const RelaySinkKind *
relay_sink_find(const char *name, RelayError *error)
{
	RelayBuf names = {0};

	for (int i = 0; relay_sinks[i]; i++)
	{
		if (strcmp(relay_sinks[i]->name, name) == 0)
		{
			relay_buf_free(&names);
			return relay_sinks[i];
		}
		relay_buf_printf(&names, "%s\"%s\"", i > 0 ? ", " : "", relay_sinks[i]->name);
	}
	relay_fail(error, RELAY_EXIT_USAGE, "unrecognized sink: \"%s\"", name);
	for (int i = 0; absent[i].name; i++)
	{
		if (strcmp(name, absent[i].name) == 0)
			relay_hint(error, "This program was built without it: install %s and build it again.", absent[i].needs);
	}
	relay_hint(error, "Sinks are %s.", relay_buf_cstring(&names));
	relay_buf_free(&names);
	return NULL;
}

bool
relay_sink_check_settings(const RelaySettings *settings, const char *sink, const char *const *known, RelayError *error)
{
	for (int i = 0; i < settings->n; i++)
	{
		int j = 0;

		while (known[j] && strcmp(known[j], settings->item[i].name) != 0)
			j++;
		if (!known[j])
			return relay_fail(error, RELAY_EXIT_USAGE, "the sink \"%s\" has no property \"%s\"", sink, settings->item[i].name);
	}
	return true;
}

/* ------------------------------------------------------------------------
 * The sink "null": for measuring
 * ------------------------------------------------------------------------
 */

static RelaySink *
null_open(const RelayOptions *options, RelayLedger *ledger, RelayError *error)
{
	static const char *const known[] = {NULL};
	RelaySink *sink;

	if (!relay_sink_check_settings(&options->sink_set, "null", known, error))
		return NULL;
	sink = relay_alloc(sizeof(*sink));
	sink->kind = &relay_null_sink;
	sink->ledger = ledger;
	return sink;
}

static RelayPut
null_put(RelaySink *sink, const RelayRecord *record, RelayBatch *batch)
{
	sink->delivered++;
	sink->delivered_bytes += record->key.len + record->value.len;
	relay_ledger_expect(batch);
	relay_ledger_acknowledge(batch);
	return RELAY_PUT_DONE;
}

static bool
null_serve(RelaySink *sink, bool idle)
{
	(void) idle;
	return !sink->error.set;
}

static int
null_descriptor(RelaySink *sink)
{
	(void) sink;
	return -1;
}

static int64_t
null_due(RelaySink *sink)
{
	(void) sink;
	return INT64_MAX;
}

static bool
null_probe(RelaySink *sink)
{
	return !sink->error.set;
}

static void
null_close(RelaySink *sink)
{
	free(sink);
}

const RelaySinkKind relay_null_sink = {
	.name = "null",
	.help = "  null      throws all records away, for measuring\n",
	.open = null_open,
	.put = null_put,
	.serve = null_serve,
	.descriptor = null_descriptor,
	.due = null_due,
	.probe = null_probe,
	.close = null_close,
};
