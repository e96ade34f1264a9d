/*
 * state.c
 *		What the slot alone cannot tell, in memory and on its way to where it is
 *		kept; see state.h.  state_json.c has the document.
 */
#include "relay/state.h"

#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "relay/log.h"

#define KAFKA_PREFIX "kafka:"
#define KAFKA_TOPIC "cdc_json_relay_state" /* the default with the Kafka sink */
#define POLL_MS 100
#define RETRY_MS 1000

static bool
take_error(RelayState *state, const RelayError *error)
{
	if (!state->error.set)
		state->error = *error;
	return false;
}

/* ------------------------------------------------------------------------
 * Where it is kept
 * ------------------------------------------------------------------------
 */

static RelayStore *
open_kafka(const char *topic, const RelayOptions *options, RelayError *error)
{
	if (strcmp(options->sink, "kafka") != 0)
	{
		relay_fail(error, RELAY_EXIT_USAGE, "--state kafka:TOPIC needs --sink kafka");
		relay_hint(error, "Where the brokers are is told by that sink's properties. Other sinks keep their state in a file.");
		return NULL;
	}
	if (*topic == '\0')
	{
		relay_fail(error, RELAY_EXIT_USAGE, "--state kafka: needs the name of a topic");
		return NULL;
	}
#ifdef RELAY_WITH_KAFKA
	return relay_state_kafka(topic, options, error);
#else
	return NULL; /* the sink was refused before */
#endif
}

bool
relay_state_open(RelayState *state, const RelayOptions *options, RelayError *error)
{
	const char *place = options->state;

	memset(state, 0, sizeof(*state));
	/* such a slot ends with the connection, and what is known about it means nothing then */
	if (options->temporary && place)
		return relay_fail(error, RELAY_EXIT_USAGE, "a temporary slot has no use for --state");
	if (options->temporary)
		return true;
	if (place && strncmp(place, KAFKA_PREFIX, strlen(KAFKA_PREFIX)) == 0)
		state->store = open_kafka(place + strlen(KAFKA_PREFIX), options, error);
	else if (place && *place != '\0')
		state->store = relay_state_file(place, error);
	else if (place)
		return relay_fail(error, RELAY_EXIT_USAGE, "--state needs the name of a file, or kafka:TOPIC");
	else if (strcmp(options->sink, "kafka") == 0)
		state->store = open_kafka(KAFKA_TOPIC, options, error);
	return !error->set;
}

static void
free_tables(RelayState *state)
{
	for (int i = 0; i < state->ntables; i++)
		free(state->table[i].range);
	free(state->table);
	state->table = NULL;
	state->ntables = state->tables_cap = 0;
}

void
relay_state_close(RelayState *state)
{
	if (state->store)
		state->store->kind->close(state->store);
	free_tables(state);
	free(state->database);
	free(state->slot);
	memset(state, 0, sizeof(*state));
}

void
relay_state_ways_out(const RelayState *state, RelayError *error)
{
	relay_hint(error,
			   "Two ways out: --snapshot no_data goes on from where the slot is, without rows that were not delivered before; "
			   "--snapshot always reads all tables again and then goes on. %s%s",
			   state->store ? "Either way, put the state aside first if it is damaged or foreign: " : "",
			   state->store ? state->store->name : "");
}

bool
relay_state_load(RelayState *state, const RelayOptions *options)
{
	RelayError error = {0};
	size_t len;
	char *text;

	if (state->loaded)
		return true;
	if (!state->store)
	{
		state->loaded = true;
		return true;
	}
	relay_error_clear(&state->error);
	text = state->store->kind->read(state->store, &len, &error);
	if (error.set)
		return take_error(state, &error);
	if (text)
	{
		bool ok = relay_state_parse(state, text, len, &error);

		free(text);
		if (!ok)
		{
			relay_fail(&state->error, RELAY_EXIT_SOURCE, "the state in %s is damaged: %s", state->store->name, error.message);
			relay_state_ways_out(state, &state->error);
			return false;
		}
		if (strcmp(state->slot, options->slot) != 0)
		{
			relay_fail(&state->error, RELAY_EXIT_SOURCE, "the state in %s is of slot \"%s\", not \"%s\"", state->store->name, state->slot, options->slot);
			relay_hint(&state->error, "Give each slot a state of its own (--state), or name the slot that this one belongs to.");
			return false;
		}
		state->found = true;
		state->saved_lsn = state->written_lsn = state->acked_lsn;
	}
	state->loaded = true;
	return true;
}

/* ------------------------------------------------------------------------
 * Whose positions these are
 * ------------------------------------------------------------------------
 */

static void
take_cluster(RelayState *state, const RelayOptions *options, const char *system_id, uint32_t timeline, const char *database)
{
	snprintf(state->system_id, sizeof(state->system_id), "%s", system_id);
	state->timeline = timeline;
	free(state->database);
	state->database = relay_strdup(database);
	free(state->slot);
	state->slot = relay_strdup(options->slot);
	state->changed = true;
}

bool
relay_state_check_cluster(RelayState *state, const RelayOptions *options, const char *system_id, uint32_t timeline,
						  const char *database, bool *moved)
{
	RelayError *error = &state->error;
	char name[64];
	bool other = strcmp(state->system_id, system_id) != 0;

	*moved = false;
	if (!state->found)
	{
		take_cluster(state, options, system_id, timeline, database);
		return true;
	}
	if (strcmp(state->database, database) != 0)
	{
		relay_fail(error, RELAY_EXIT_SOURCE, "the state in %s is of database \"%s\", not \"%s\"", state->store->name, state->database, database);
		relay_hint(error, "Give each slot a state of its own (--state), or connect to the database that this one belongs to.");
		return false;
	}
	if (!other && state->timeline == timeline)
		return true;
	snprintf(name, sizeof(name), "%s/%" PRIu32, system_id, timeline);
	if (options->accept_cluster && strcmp(options->accept_cluster, name) == 0)
	{
		relay_log(RELAY_WARNING, "going on in cluster %s, as --accept-cluster says; before it was %s/%" PRIu32, name, state->system_id, state->timeline);
		take_cluster(state, options, system_id, timeline, database);
		*moved = true;
		return true;
	}
	if (other)
		relay_fail(error, RELAY_EXIT_SOURCE, "another cluster answers: system identifier %s, but the state in %s is of %s", system_id,
				   state->store->name, state->system_id);
	else
		relay_fail(error, RELAY_EXIT_SOURCE, "the server's timeline is %" PRIu32 ", but the state in %s is of %" PRIu32, timeline,
				   state->store->name, state->timeline);
	relay_hint(error,
			   "If the slot came along (a failover slot that was synchronized, pg_upgrade) and nothing is missing, start with --accept-cluster %s. "
			   "If not, or if it is a copy or an older backup, start afresh: another state, and --snapshot always.",
			   name);
	return false;
}

/* ------------------------------------------------------------------------
 * Writing
 * ------------------------------------------------------------------------
 */

bool
relay_state_save(RelayState *state)
{
	RelayBuf buf = {0};
	RelayError error = {0};
	bool ok;

	if (!state->store || !state->changed || state->writing || !state->loaded)
		return true;
	relay_state_render(state, &buf);
	state->changed = false;
	state->writing = true;
	state->written_lsn = state->acked_lsn;
	state->written_at = relay_now();
	ok = state->store->kind->write(state->store, buf.data, buf.len, &error);
	relay_buf_free(&buf);
	if (!ok)
		return take_error(state, &error);
	return relay_state_serve(state);
}

bool
relay_state_serve(RelayState *state)
{
	RelayError error = {0};

	if (!state->store || !state->writing)
		return true;
	switch (state->store->kind->serve(state->store, &error))
	{
		case RELAY_STORED:
			state->writing = false;
			state->saved_lsn = state->written_lsn;
			state->found = true;
			return true;
		case RELAY_STORING:
			return true;
		case RELAY_STORE_FAILED:
			state->writing = false;
			state->changed = true;
			if (!error.retry)
				return take_error(state, &error);
			/* until it is written, nothing more is confirmed */
			relay_log_error(RELAY_WARNING, &error);
			return true;
	}
	return true;
}

bool
relay_state_save_now(RelayState *state, int64_t deadline)
{
	int signals = relay_stop_signals;

	if (!state->store)
		return true;
	do
	{
		struct pollfd fd = {-1, POLLIN, 0};

		if (!relay_state_serve(state) || !relay_state_save(state))
			return false;
		if (!state->writing && !state->changed)
			return true;
		/* not being written although it should be: that has failed */
		fd.fd = relay_state_descriptor(state);
		poll(&fd, 1, state->writing ? POLL_MS : RETRY_MS);
	} while (relay_stop_signals == signals && relay_now() < deadline);
	return relay_fail(&state->error, RELAY_EXIT_UNFINISHED, "stopped before the state was written to %s", state->store->name);
}

int
relay_state_descriptor(const RelayState *state)
{
	return state->store && state->writing ? state->store->kind->descriptor(state->store) : -1;
}

void
relay_state_acknowledge(RelayState *state, uint64_t lsn)
{
	if (lsn <= state->acked_lsn)
		return;
	state->acked_lsn = lsn;
	state->changed = true;
}

uint64_t
relay_state_confirmable(const RelayState *state, uint64_t acked_lsn)
{
	return state->store && state->saved_lsn < acked_lsn ? state->saved_lsn : acked_lsn;
}

/* ------------------------------------------------------------------------
 * The snapshot
 * ------------------------------------------------------------------------
 */

void
relay_state_forget_snapshot(RelayState *state)
{
	free_tables(state);
	state->snapshot_lsn = 0;
	state->snapshot_txid[0] = state->snapshot_ts[0] = state->snapshot_xmin[0] = '\0';
	state->changed = true;
}

/* Where the table is, or where it belongs. */
static int
place_of(const RelayState *state, uint32_t oid)
{
	int low = 0;
	int high = state->ntables;

	while (low < high)
	{
		int middle = low + (high - low) / 2;

		if (state->table[middle].oid < oid)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const RelayStateTable *
relay_state_table(const RelayState *state, uint32_t oid, uint32_t file)
{
	int place = place_of(state, oid);

	if (place == state->ntables || state->table[place].oid != oid || state->table[place].file != file)
		return NULL;
	return &state->table[place];
}

static RelayStateTable *
add_table(RelayState *state, int place, uint32_t oid)
{
	if (state->ntables == state->tables_cap)
	{
		state->tables_cap = state->tables_cap > 0 ? state->tables_cap * 2 : 64;
		state->table = relay_realloc(state->table, sizeof(RelayStateTable) * (size_t) state->tables_cap);
	}
	memmove(state->table + place + 1, state->table + place, sizeof(RelayStateTable) * (size_t) (state->ntables - place));
	memset(&state->table[place], 0, sizeof(RelayStateTable));
	state->table[place].oid = oid;
	state->ntables++;
	return &state->table[place];
}

/* Adds a range, joined with those that it touches. */
static void
add_range(RelayStateTable *table, RelayRange range)
{
	int from = 0;
	int to;

	while (from < table->n && table->range[from].to < range.from)
		from++;
	for (to = from; to < table->n && table->range[to].from <= range.to; to++)
	{
		if (table->range[to].from < range.from)
			range.from = table->range[to].from;
		if (table->range[to].to > range.to)
			range.to = table->range[to].to;
	}
	/* those from "from" up to "to" become one */
	table->range = relay_realloc(table->range, sizeof(RelayRange) * (size_t) (table->n + 1));
	memmove(table->range + from + 1, table->range + to, sizeof(RelayRange) * (size_t) (table->n - to));
	table->range[from] = range;
	table->n += 1 - (to - from);
}

void
relay_state_finish_range(RelayState *state, uint32_t oid, uint32_t file, RelayRange range)
{
	int place = place_of(state, oid);
	RelayStateTable *table = place < state->ntables && state->table[place].oid == oid ? &state->table[place] : NULL;

	if (range.from >= range.to)
		return;
	if (!table)
		table = add_table(state, place, oid);
	if (table->file != file)
		table->n = 0;
	table->file = file;
	add_range(table, range);
	state->changed = true;
}
