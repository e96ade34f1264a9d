/*
 * memcached.c
 *		The sink "memcached": entries that follow rows, or that vanish with each change.
 *
 * libmemcached waits for each answer, so only an answer acknowledges a record;
 * how long serve() may take is limited, and so is the wait for a server that
 * does not answer.  After a failure the connections are made anew, and the
 * record that failed comes first.  A server that is away is waited for: its
 * keys never go to another one, where no reader would look.
 */
#include "relay/sink.h"

#include <inttypes.h>
#include <libmemcached/memcached.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "relay/log.h"
#include "relay/properties.h"
#include "relay/retry.h"
#include "relay/row.h"
#include "relay/template.h"

#define MAX_PENDING 4096 /* records that wait, a power of two */
#define TURN_US 20000 /* that serve() may take while all goes well */
#define MAX_KEY 250 /* bytes, as the protocol has it */
#define RELATIVE_MAX (60 * 60 * 24 * 30) /* a longer time to live is given as a date */

typedef enum MemcachedMode
{
	UPSERT,
	INVALIDATE
} MemcachedMode;

typedef struct MemcachedPending
{
	RelayRecord record;
	RelayBatch *batch;
} MemcachedPending;

typedef struct MemcachedSink
{
	RelaySink base;
	int mode; /* MemcachedMode */
	const char *servers;
	const char *options; /* libmemcached's, or NULL */
	int64_t expire; /* seconds; 0: never */
	int truncate; /* 0: stop, 1: flush */
	int64_t timeout_us;
	RelayTemplates keys;
	memcached_st *client; /* NULL: to be made */
	RelayRetry retry;
	MemcachedPending *ring;
	uint32_t first;
	uint32_t n;
	RelayPosition last_delete;
	RelayBuf key;
	RelayBuf config; /* for libmemcached */
	uint64_t invalid_keys;
	uint64_t too_large;
	uint64_t unavailable;
} MemcachedSink;

static const RelayProperty properties[] = {
	{"mode", RELAY_PROPERTY_WORD, offsetof(MemcachedSink, mode), NULL, "upsert|invalidate", 0, 0},
	{"servers", RELAY_PROPERTY_TEXT, offsetof(MemcachedSink, servers), "localhost:11211", NULL, 0, 0},
	{"options", RELAY_PROPERTY_TEXT, offsetof(MemcachedSink, options), NULL, NULL, 0, 0},
	{"key", RELAY_PROPERTY_FAMILY, 0, NULL, NULL, 0, 0},
	{"expire.seconds", RELAY_PROPERTY_NUMBER, offsetof(MemcachedSink, expire), "0", NULL, 0, 1000000000},
	{"truncate.policy", RELAY_PROPERTY_WORD, offsetof(MemcachedSink, truncate), "stop", "stop|flush", 0, 0},
	{"timeout.seconds", RELAY_PROPERTY_SECONDS, offsetof(MemcachedSink, timeout_us), "2", NULL, 0, 0},
	{NULL, RELAY_PROPERTY_TEXT, 0, NULL, NULL, 0, 0}};

/* ------------------------------------------------------------------------
 * The client
 * ------------------------------------------------------------------------
 */

static bool
start(MemcachedSink *sink)
{
	uint64_t ms = (uint64_t) (sink->timeout_us + 999) / 1000;

	sink->client = memcached(sink->config.data, sink->config.len);
	if (!sink->client)
		return relay_fail_retry(&sink->retry.error, RELAY_EXIT_SINK, "could not prepare a client of Memcached");
	memcached_behavior_set(sink->client, MEMCACHED_BEHAVIOR_TCP_NODELAY, 1);
	memcached_behavior_set(sink->client, MEMCACHED_BEHAVIOR_CONNECT_TIMEOUT, ms);
	memcached_behavior_set(sink->client, MEMCACHED_BEHAVIOR_POLL_TIMEOUT, ms);
	memcached_behavior_set(sink->client, MEMCACHED_BEHAVIOR_SND_TIMEOUT, ms * 1000);
	memcached_behavior_set(sink->client, MEMCACHED_BEHAVIOR_RCV_TIMEOUT, ms * 1000);
	return true;
}

static void
stop(MemcachedSink *sink)
{
	if (sink->client)
		memcached_free(sink->client);
	sink->client = NULL;
}

/* Why the last call failed: the library's text, without its addresses and places in its source. */
static void
fail_with(MemcachedSink *sink, memcached_return_t result, RelayError *error)
{
	const char *detail = sink->client ? memcached_last_error_message(sink->client) : NULL;
	const char *start = detail ? strstr(detail, ") ") : NULL;
	const char *end;

	if (!start || detail[0] != '(')
	{
		relay_fail_retry(error, RELAY_EXIT_SINK, "Memcached: %s", memcached_strerror(sink->client, result));
		return;
	}
	start += 2;
	end = strstr(start, " -> ");
	relay_fail_retry(error, RELAY_EXIT_SINK, "Memcached: %.*s", end ? (int) (end - start) : (int) strlen(start), start);
}

static void
try_again(MemcachedSink *sink, memcached_return_t result)
{
	RelayError error = {0};

	fail_with(sink, result, &error);
	if (result == MEMCACHED_SERVER_MEMORY_ALLOCATION_FAILURE)
		relay_hint(&error, "It is full and does not evict: give it more memory (-m), or let it evict (without -M).");
	stop(sink);
	relay_retry_failed(&sink->retry, 0, &error);
}

/* ------------------------------------------------------------------------
 * One record
 * ------------------------------------------------------------------------
 */

/* Nobody can have stored anything by another key: there is nothing to remove, and nothing can be stored. */
static bool
is_valid_key(MemcachedSink *sink)
{
	bool valid = sink->key.len > 0 && sink->key.len <= MAX_KEY;

	for (size_t i = 0; valid && i < sink->key.len; i++)
		valid = (unsigned char) sink->key.data[i] > ' ' && sink->key.data[i] != 127;
	if (!valid && sink->invalid_keys++ == 0)
		relay_log(RELAY_WARNING, "a row's key is no key of Memcached's (1 to %d bytes without blanks), so the row is left out; more are only counted", MAX_KEY);
	return valid;
}

static memcached_return_t
remove_entry(MemcachedSink *sink)
{
	memcached_return_t result = memcached_delete(sink->client, sink->key.data, sink->key.len, 0);

	return result == MEMCACHED_NOTFOUND ? MEMCACHED_SUCCESS : result;
}

static memcached_return_t
write_entry(MemcachedSink *sink, const RelayRecord *record)
{
	time_t expire = (time_t) sink->expire;
	memcached_return_t result;

	if (expire > RELATIVE_MAX)
		expire += time(NULL);
	result = memcached_set(sink->client, sink->key.data, sink->key.len, record->after.data, record->after.len, expire, 0);
	if (result != MEMCACHED_E2BIG)
		return result;
	/* better nothing than the row as it was before */
	if (sink->too_large++ == 0)
		relay_log(RELAY_WARNING, "a row is too large for Memcached (see its option -I), so its entry is removed; more are only counted");
	return remove_entry(sink);
}

/* All of it, or from the start again. */
static memcached_return_t
apply(MemcachedSink *sink, const RelayRecord *record, RelayRowChange change, const RelayRow *row, const RelayTemplateList *list)
{
	memcached_return_t result = MEMCACHED_SUCCESS;

	for (int i = 0; i < list->n && result == MEMCACHED_SUCCESS; i++)
	{
		sink->key.len = 0;
		if (!relay_template_append(&list->item[i], row, &sink->key, &sink->base.error))
			return MEMCACHED_FAILURE;
		if (!is_valid_key(sink))
			continue;
		if (sink->mode == UPSERT && change == RELAY_ROW_WRITE)
			result = write_entry(sink, record);
		else
			result = remove_entry(sink);
	}
	if (result == MEMCACHED_SUCCESS && sink->mode == UPSERT && change == RELAY_ROW_UNAVAILABLE)
		sink->unavailable++;
	return result;
}

static memcached_return_t
truncated(MemcachedSink *sink, const RelayRow *row)
{
	RelayBuf name = {0};
	memcached_return_t result = MEMCACHED_FAILURE;

	relay_row_name(row, &name);
	if (sink->truncate == 1)
	{
		result = memcached_flush(sink->client, 0);
		if (result == MEMCACHED_SUCCESS)
			relay_log(RELAY_INFO, "table \"%s\" was truncated: Memcached is empty now", relay_buf_cstring(&name));
	}
	else
	{
		relay_fail(&sink->base.error, RELAY_EXIT_SINK, "table \"%s\" was truncated, and truncate.policy is \"stop\"", relay_buf_cstring(&name));
		relay_hint(&sink->base.error,
				   "--set truncate.policy=flush empties Memcached, which cannot find entries by a pattern; "
				   "--option skipped.operations=t passes over TRUNCATE when the entries may stay.");
	}
	relay_buf_free(&name);
	return result;
}

static memcached_return_t
do_record(MemcachedSink *sink, const RelayRecord *record)
{
	RelayRowChange change = relay_row_change(record, &sink->last_delete);
	const RelayTemplateList *list;
	RelayRow row;

	if (change == RELAY_ROW_NOTHING)
		return MEMCACHED_SUCCESS;
	relay_row_open(&row, record);
	list = relay_templates_for(&sink->keys, &row);
	if (list->n == 0)
		return MEMCACHED_SUCCESS;
	if (change == RELAY_ROW_TRUNCATE)
		return truncated(sink, &row);
	return apply(sink, record, change, &row, list);
}

/* ------------------------------------------------------------------------
 * The sink's functions
 * ------------------------------------------------------------------------
 */

static bool
memcached_sink_serve(RelaySink *base, bool idle)
{
	MemcachedSink *sink = (MemcachedSink *) base;
	int64_t until = relay_now() + TURN_US;

	(void) idle;
	if (base->error.set)
		return false;
	if (sink->n == 0 || !relay_retry_due(&sink->retry))
		return true;
	if (!sink->client && !start(sink))
	{
		try_again(sink, MEMCACHED_FAILURE);
		return true;
	}
	while (sink->n > 0 && relay_now() < until)
	{
		MemcachedPending *pending = &sink->ring[sink->first];
		memcached_return_t result = do_record(sink, &pending->record);

		if (base->error.set)
			return false;
		if (result != MEMCACHED_SUCCESS)
		{
			try_again(sink, result);
			return true;
		}
		relay_retry_worked(&sink->retry);
		sink->first = (sink->first + 1) & (MAX_PENDING - 1);
		sink->n--;
		base->delivered++;
		base->delivered_bytes += pending->record.key.len + pending->record.value.len;
		relay_ledger_acknowledge(pending->batch);
	}
	return true;
}

static RelayPut
memcached_sink_put(RelaySink *base, const RelayRecord *record, RelayBatch *batch)
{
	MemcachedSink *sink = (MemcachedSink *) base;

	if (base->error.set)
		return RELAY_PUT_FAILED;
	if (sink->n == MAX_PENDING)
		return RELAY_PUT_LATER;
	sink->ring[(sink->first + sink->n++) & (MAX_PENDING - 1)] = (MemcachedPending){*record, batch};
	relay_ledger_expect(batch);
	return RELAY_PUT_DONE;
}

static int
memcached_sink_descriptor(RelaySink *base)
{
	(void) base;
	return -1;
}

static int64_t
memcached_sink_due(RelaySink *base)
{
	const MemcachedSink *sink = (MemcachedSink *) base;

	return sink->n > 0 ? sink->retry.at : INT64_MAX;
}

static bool
memcached_sink_probe(RelaySink *base)
{
	MemcachedSink *sink = (MemcachedSink *) base;
	memcached_return_t result;

	if (!start(sink))
		return relay_fail(&base->error, RELAY_EXIT_SINK, "could not prepare a client of Memcached");
	result = memcached_version(sink->client);
	if (result != MEMCACHED_SUCCESS)
		fail_with(sink, result, &base->error);
	return result == MEMCACHED_SUCCESS;
}

static void
memcached_sink_metrics(RelaySink *base, RelayBuf *out)
{
	const MemcachedSink *sink = (MemcachedSink *) base;

	relay_buf_printf(out,
					 "# HELP cdc_json_memcached_invalid_keys_total Keys that Memcached cannot have.\n# TYPE cdc_json_memcached_invalid_keys_total counter\n"
					 "cdc_json_memcached_invalid_keys_total %" PRIu64 "\n"
					 "# HELP cdc_json_memcached_too_large_total Rows that are too large: their entries were removed.\n"
					 "# TYPE cdc_json_memcached_too_large_total counter\ncdc_json_memcached_too_large_total %" PRIu64 "\n"
					 "# HELP cdc_json_unavailable_total Rows with columns that the log does not hold: their entries were removed.\n"
					 "# TYPE cdc_json_unavailable_total counter\ncdc_json_unavailable_total %" PRIu64 "\n",
					 sink->invalid_keys, sink->too_large, sink->unavailable);
	relay_retry_metrics(&sink->retry, out);
}

static void
memcached_sink_close(RelaySink *base)
{
	MemcachedSink *sink = (MemcachedSink *) base;

	stop(sink);
	relay_templates_free(&sink->keys);
	relay_buf_free(&sink->key);
	relay_buf_free(&sink->config);
	free(sink->ring);
	free(sink);
}

/* libmemcached's own text: the servers, then what the user adds. */
static bool
make_config(MemcachedSink *sink, RelayError *error)
{
	const char *p = sink->servers;
	char message[200];

	while (*p)
	{
		size_t len = strcspn(p, ",");

		while (len > 0 && *p == ' ')
			p++, len--;
		if (len == 0 || strcspn(p, " \"") < len)
			return relay_fail(error, RELAY_EXIT_USAGE, "invalid value for property \"servers\": \"%s\"", sink->servers);
		relay_buf_printf(&sink->config, *p == '/' ? "%s--SOCKET=\"%.*s\"" : "%s--SERVER=%.*s", sink->config.len > 0 ? " " : "", (int) len, p);
		p += len + (p[len] == ',');
	}
	if (sink->config.len == 0)
		return relay_fail(error, RELAY_EXIT_USAGE, "property \"servers\" names no server");
	if (sink->options)
		relay_buf_printf(&sink->config, " %s", sink->options);
	relay_buf_cstring(&sink->config);
	if (libmemcached_check_configuration(sink->config.data, sink->config.len, message, sizeof(message)) != MEMCACHED_SUCCESS)
	{
		relay_fail(error, RELAY_EXIT_USAGE, "invalid value for property \"%s\": \"%s\"", sink->options ? "options" : "servers",
				   sink->options ? sink->options : sink->servers);
		relay_hint(error, "servers are HOST:PORT or paths, separated by commas; options are libmemcached's, such as --DISTRIBUTION=consistent.");
		return false;
	}
	return true;
}

/* What would acknowledge a record without the server's word for it. */
static bool
check_behavior(MemcachedSink *sink, RelayError *error)
{
	static const struct
	{
		memcached_behavior_t behavior;
		const char *name;
	} refused[] = {{MEMCACHED_BEHAVIOR_NOREPLY, "NOREPLY"},
				   {MEMCACHED_BEHAVIOR_BUFFER_REQUESTS, "BUFFER-REQUESTS"},
				   {MEMCACHED_BEHAVIOR_USE_UDP, "USE-UDP"},
				   {MEMCACHED_BEHAVIOR_REMOVE_FAILED_SERVERS, "REMOVE-FAILED-SERVERS"}};

	if (!start(sink))
		return relay_fail(error, RELAY_EXIT_INTERNAL, "could not prepare a client of Memcached");
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
	{
		if (memcached_behavior_get(sink->client, refused[i].behavior) != 0)
			relay_fail(error, RELAY_EXIT_USAGE, "libmemcached's option --%s would lose changes", refused[i].name);
	}
	stop(sink);
	return !error->set;
}

static bool
read_options(MemcachedSink *sink, const RelayOptions *options, RelayError *error)
{
	sink->mode = -1;
	if (!relay_properties_read(&options->sink_set, "memcached", properties, sink, error))
		return false;
	if (sink->mode < 0)
	{
		relay_fail(error, RELAY_EXIT_USAGE, "the sink \"memcached\" needs --set mode=MODE");
		relay_hint(error, "Valid are \"upsert\" and \"invalidate\".");
		return false;
	}
	return make_config(sink, error) && check_behavior(sink, error) &&
		   relay_templates_read(&sink->keys, &options->sink_set, "key", "{table}:{key}", sink->mode == INVALIDATE ? RELAY_TEMPLATE_MANY : RELAY_TEMPLATE_ONE,
								true, error);
}

static RelaySink *
memcached_sink_open(const RelayOptions *options, RelayLedger *ledger, RelayError *error)
{
	MemcachedSink *sink = relay_alloc(sizeof(*sink));

	sink->base.kind = &relay_memcached_sink;
	sink->base.ledger = ledger;
	sink->retry.longest_us = options->retry_us;
	sink->ring = relay_alloc(sizeof(*sink->ring) * MAX_PENDING);
	if (!read_options(sink, options, error))
	{
		memcached_sink_close(&sink->base);
		return NULL;
	}
	return &sink->base;
}

const RelaySinkKind relay_memcached_sink = {
	.name = "memcached",
	.help = "  memcached mode=upsert|invalidate, servers=HOST:PORT,... or sockets' paths [localhost:11211], options= of libmemcached,\n"
			"            key=, key.SCHEMA.TABLE= and expire.seconds= as for redis, truncate.policy=stop|flush [stop; flush empties\n"
			"            Memcached], timeout.seconds= [2]\n",
	.open = memcached_sink_open,
	.put = memcached_sink_put,
	.serve = memcached_sink_serve,
	.descriptor = memcached_sink_descriptor,
	.due = memcached_sink_due,
	.probe = memcached_sink_probe,
	.metrics = memcached_sink_metrics,
	.close = memcached_sink_close,
	.plugin_options = relay_sink_truncates,
};
