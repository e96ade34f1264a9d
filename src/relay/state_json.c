/*
 * state_json.c
 *		The state as a document of JSON, whose form state.h shows.
 *
 * Whatever the bytes are, what does not follow the form is an error: a state
 * that was read halfway would be a guess about positions.
 */
#include "relay/state.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const phases[] = {"creating", "snapshot", "streaming", "finished"};

#define NPHASES 4

/* CRC-32 of ISO 3309, a bit at a time: the document is small. */
static uint32_t
crc32_of(const char *data, size_t len)
{
	uint32_t crc = 0xffffffff;

	for (size_t i = 0; i < len; i++)
	{
		crc ^= (unsigned char) data[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
	}
	return ~crc;
}

/* ------------------------------------------------------------------------
 * Writing
 * ------------------------------------------------------------------------
 */

static json_t *
lsn_json(uint64_t lsn)
{
	char text[RELAY_LSN_TEXT];

	return json_string(relay_lsn_text(lsn, text));
}

static json_t *
table_json(const RelayStateTable *table)
{
	json_t *array = json_pack("[I,I]", (json_int_t) table->oid, (json_int_t) table->file);

	for (int i = 0; i < table->n; i++)
	{
		json_t *range = json_pack("[I]", (json_int_t) table->range[i].from);

		json_array_append_new(range, table->range[i].to == RELAY_STATE_NO_END ? json_null() : json_integer(table->range[i].to));
		json_array_append_new(array, range);
	}
	return array;
}

static json_t *
snapshot_json(const RelayState *state)
{
	json_t *snapshot = json_object();
	json_t *tables = json_array();

	json_object_set_new(snapshot, "lsn", lsn_json(state->snapshot_lsn));
	json_object_set_new(snapshot, "txid", json_string(state->snapshot_txid));
	json_object_set_new(snapshot, "ts", json_string(state->snapshot_ts));
	json_object_set_new(snapshot, "xmin", json_string(state->snapshot_xmin));
	for (int i = 0; i < state->ntables; i++)
		json_array_append_new(tables, table_json(&state->table[i]));
	json_object_set_new(snapshot, "tables", tables);
	return snapshot;
}

void
relay_state_render(const RelayState *state, RelayBuf *buf)
{
	json_t *document = json_object();
	char *text;

	json_object_set_new(document, "system_identifier", json_string(state->system_id));
	json_object_set_new(document, "timeline", json_integer(state->timeline));
	json_object_set_new(document, "database", json_string(state->database));
	json_object_set_new(document, "slot", json_string(state->slot));
	json_object_set_new(document, "phase", json_string(phases[state->phase]));
	json_object_set_new(document, "acknowledged", lsn_json(state->acked_lsn));
	json_object_set_new(document, "snapshot", snapshot_json(state));
	text = json_dumps(document, JSON_COMPACT);
	json_decref(document);
	if (!text)
		abort(); /* without memory; names of databases are UTF-8 on our connection */
	relay_buf_printf(buf, "{\"version\":%d,\"checksum\":\"%08" PRIx32 "\",\"state\":", RELAY_STATE_VERSION, crc32_of(text, strlen(text)));
	relay_buf_text(buf, text);
	relay_buf_text(buf, "}\n");
	free(text);
}

/* ------------------------------------------------------------------------
 * Reading
 * ------------------------------------------------------------------------
 */

static bool
wrong(RelayError *error, const char *name)
{
	return relay_fail(error, RELAY_EXIT_SOURCE, "\"%s\" is missing or has a value of another kind", name);
}

static const char *
get_text(const json_t *object, const char *name, RelayError *error)
{
	const char *text = json_string_value(json_object_get(object, name));

	if (!text)
		wrong(error, name);
	return text;
}

/* A text that must fit into a buffer. */
static bool
copy_text(const json_t *object, const char *name, char *to, size_t size, RelayError *error)
{
	const char *text = get_text(object, name, error);

	if (!text)
		return false;
	if (strlen(text) >= size)
		return wrong(error, name);
	memcpy(to, text, strlen(text) + 1);
	return true;
}

/* As copy_text; digits, or empty if that is allowed. */
static bool
copy_number(const json_t *object, const char *name, char *to, size_t size, bool may_be_empty, RelayError *error)
{
	if (!copy_text(object, name, to, size, error))
		return false;
	if (strspn(to, "0123456789") != strlen(to) || (*to == '\0' && !may_be_empty))
		return wrong(error, name);
	return true;
}

static bool
get_lsn(const json_t *object, const char *name, uint64_t *lsn, RelayError *error)
{
	const char *text = get_text(object, name, error);

	return text && (relay_parse_lsn(text, lsn) || wrong(error, name));
}

static bool
get_u32(const json_t *value, uint32_t *number)
{
	json_int_t integer = json_integer_value(value);

	if (!json_is_integer(value) || integer < 0 || integer > UINT32_MAX)
		return false;
	*number = (uint32_t) integer;
	return true;
}

/* [oid, file, [from, to]…], the ranges in order. */
static bool
read_table(RelayState *state, const json_t *array)
{
	uint32_t oid;
	uint32_t file;
	uint32_t last = 0;

	if (!get_u32(json_array_get(array, 0), &oid) || !get_u32(json_array_get(array, 1), &file) || json_array_size(array) < 3)
		return false;
	if (state->ntables > 0 && state->table[state->ntables - 1].oid >= oid)
		return false;
	for (size_t i = 2; i < json_array_size(array); i++)
	{
		const json_t *pair = json_array_get(array, i);
		RelayRange range = {0, RELAY_STATE_NO_END};

		if (json_array_size(pair) != 2 || !get_u32(json_array_get(pair, 0), &range.from))
			return false;
		if (!json_is_null(json_array_get(pair, 1)) && !get_u32(json_array_get(pair, 1), &range.to))
			return false;
		if (range.from >= range.to || range.from < last)
			return false;
		last = range.to;
		relay_state_finish_range(state, oid, file, range);
	}
	return true;
}

static bool
read_snapshot(RelayState *state, const json_t *snapshot, RelayError *error)
{
	const json_t *tables = json_object_get(snapshot, "tables");

	if (!json_is_object(snapshot))
		return wrong(error, "snapshot");
	if (!get_lsn(snapshot, "lsn", &state->snapshot_lsn, error) ||
		!copy_number(snapshot, "txid", state->snapshot_txid, sizeof(state->snapshot_txid), true, error) ||
		!copy_text(snapshot, "ts", state->snapshot_ts, sizeof(state->snapshot_ts), error) ||
		!copy_number(snapshot, "xmin", state->snapshot_xmin, sizeof(state->snapshot_xmin), true, error))
		return false;
	if (!json_is_array(tables))
		return wrong(error, "tables");
	for (size_t i = 0; i < json_array_size(tables); i++)
	{
		if (!read_table(state, json_array_get(tables, i)))
			return wrong(error, "tables");
	}
	return true;
}

static bool
read_phase(RelayState *state, const json_t *document, RelayError *error)
{
	const char *text = get_text(document, "phase", error);

	if (!text)
		return false;
	for (int i = 0; i < NPHASES; i++)
	{
		if (strcmp(phases[i], text) == 0)
		{
			state->phase = (RelayPhase) i;
			return true;
		}
	}
	return wrong(error, "phase");
}

static bool
read_document(RelayState *state, const json_t *document, RelayError *error)
{
	const char *database;
	const char *slot;

	if (!copy_number(document, "system_identifier", state->system_id, sizeof(state->system_id), false, error))
		return false;
	if (!get_u32(json_object_get(document, "timeline"), &state->timeline) || state->timeline == 0)
		return wrong(error, "timeline");
	database = get_text(document, "database", error);
	slot = get_text(document, "slot", error);
	if (!database || !slot)
		return false;
	free(state->database);
	free(state->slot);
	state->database = relay_strdup(database);
	state->slot = relay_strdup(slot);
	return read_phase(state, document, error) && get_lsn(document, "acknowledged", &state->acked_lsn, error) &&
		   read_snapshot(state, json_object_get(document, "snapshot"), error);
}

/* What was written is what is there: the text of the inner document has its sum. */
static bool
check_sum(const json_t *whole, RelayError *error)
{
	const char *given = get_text(whole, "checksum", error);
	char *text;
	char sum[16];
	bool same;

	if (!given)
		return false;
	text = json_dumps(json_object_get(whole, "state"), JSON_COMPACT);
	if (!text)
		return wrong(error, "state");
	snprintf(sum, sizeof(sum), "%08" PRIx32, crc32_of(text, strlen(text)));
	free(text);
	same = strcmp(sum, given) == 0;
	return same || relay_fail(error, RELAY_EXIT_SOURCE, "its checksum does not fit");
}

bool
relay_state_parse(RelayState *state, const char *text, size_t len, RelayError *error)
{
	json_error_t json_error;
	json_t *whole = json_loadb(text, len, JSON_REJECT_DUPLICATES, &json_error);
	const json_t *version = json_object_get(whole, "version");
	bool ok;

	relay_state_forget_snapshot(state);
	if (!whole)
		return relay_fail(error, RELAY_EXIT_SOURCE, "it is no document of JSON: %s", json_error.text);
	if (!json_is_integer(version))
		ok = wrong(error, "version");
	else if (json_integer_value(version) != RELAY_STATE_VERSION)
		ok = relay_fail(error, RELAY_EXIT_SOURCE, "it is of version %" JSON_INTEGER_FORMAT ", and this program knows version %d",
						json_integer_value(version), RELAY_STATE_VERSION);
	else
		ok = check_sum(whole, error) && read_document(state, json_object_get(whole, "state"), error);
	json_decref(whole);
	state->changed = false;
	return ok;
}
