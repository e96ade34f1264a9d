/*
 * outbox_message.c
 *		Events of an outbox without a table: logical messages.
 *
 * cdc_json.emit() writes a JSON object
 *
 *		{"id": "…", "aggregatetype": "…", "aggregateid": "…", "type": "…",
 *		 "payload": …, "headers": {…}}
 *
 * and its record is that of a row (id uuid, aggregatetype, aggregateid and
 * type varchar NOT NULL, payload jsonb) of an outbox's table.  The options that
 * name columns of a table do not concern it; placements do: they may name any
 * member.  Anybody who may call pg_logical_emit_message() can write such a
 * message, and anything else under its prefix.
 */
#include "postgres.h"

#include "event/outbox.h"
#include "json/json.h"
#include "json/reader.h"

/* All but the payload: what cannot be left out of a record that is too large. */
#define MAX_REST (1024 * 1024)
#define MAX_HEADERS 100
#define MAX_NAME 1024

/* Members of the message; data NULL: not there, or null. */
typedef struct Message
{
	const char *text; /* the object */
	CdcSlice id;
	CdcSlice aggregatetype;
	CdcSlice aggregateid;
	CdcSlice type;
	CdcSlice payload;
	CdcSlice headers;
} Message;

static bool
is_member(CdcSlice name, const char *wanted)
{
	return name.len == strlen(wanted) + 2 && memcmp(name.data + 1, wanted, name.len - 2) == 0;
}

static bool
is_string_or_none(CdcSlice value)
{
	return value.data == NULL || value.data[0] == '"';
}

/* The member of a name, null as none; of two, the last. */
static CdcSlice
find_member(const char *text, const char *wanted)
{
	CdcSlice found = {NULL, 0};
	CdcSlice name;
	CdcSlice value;

	while (cdc_json_next_member(&text, &name, &value))
	{
		if (!is_member(name, wanted))
			continue;
		found = value;
		if (value.data[0] == 'n')
			found.data = NULL;
	}
	return found;
}

/* The members that have a meaning, in one go: the payload may be long. */
static void
find_members(Message *message)
{
	const struct
	{
		const char *name;
		CdcSlice *value;
	} wanted[] = {
		{"id", &message->id}, {"aggregatetype", &message->aggregatetype}, {"aggregateid", &message->aggregateid}, {"type", &message->type}, {"payload", &message->payload}, {"headers", &message->headers}};
	const char *p = message->text;
	CdcSlice name;
	CdcSlice value;

	while (cdc_json_next_member(&p, &name, &value))
	{
		if (value.data[0] == 'n')
			value.data = NULL;
		for (int i = 0; i < lengthof(wanted); i++)
			if (is_member(name, wanted[i].name))
				*wanted[i].value = value;
	}
}

static const char *
check_headers(CdcSlice headers)
{
	const char *p = headers.data;
	CdcSlice name;
	CdcSlice value;
	int n = 0;

	if (!p)
		return NULL;
	if (*p != '{')
		return "\"headers\" is not an object.";
	while (cdc_json_next_member(&p, &name, &value))
	{
		if (++n > MAX_HEADERS)
			return "There are more than 100 headers.";
		if (name.len <= 2 || name.len - 2 > MAX_NAME)
			return "The names of headers have 1 to 1024 bytes.";
	}
	return NULL;
}

static const char *
read_message(Message *message, CdcSlice content)
{
	if (!cdc_json_valid(content.data, content.len))
		return "It is not valid JSON.";
	message->text = cdc_json_start(pnstrdup(content.data, content.len));
	if (*message->text != '{')
		return "It is not a JSON object.";
	find_members(message);
	if (!message->aggregatetype.data || message->aggregatetype.data[0] != '"' || message->aggregatetype.len <= 2)
		return "\"aggregatetype\" is not a string of one character at least.";
	if (!is_string_or_none(message->id) || !is_string_or_none(message->aggregateid) ||
		!is_string_or_none(message->type))
		return "\"id\", \"aggregateid\" and \"type\" are strings.";
	if (content.len - (message->payload.data ? message->payload.len : 0) > MAX_REST)
		return "What it holds besides the payload is longer than 1 MB.";
	return check_headers(message->headers);
}

const char *
cdc_outbox_problem(CdcSlice content)
{
	Message message = {0};

	return read_message(&message, content);
}

/* A string as our writer spells it. */
static CdcSlice
respell(CdcSlice json)
{
	CdcSlice text = cdc_unquote(json.data, json.len);
	CdcBuf buf;

	if (json.data[0] != '"')
		return json;
	cdc_buf_palloc(&buf, text.len + 2);
	cdc_json_string(&buf, text.data, text.len);
	return cdc_buf_slice(&buf);
}

/*
 * What is placed besides the payload: a member's string, or the text of any
 * other value, as an optional string.
 */
static void
place_members(CdcRecord *record, CdcRouted *routed, const Message *message, const CdcOptions *options)
{
	static const CdcSlice null = {"null", 4};
	CdcPlaced *placed = palloc0(sizeof(CdcPlaced) * Max(list_length(options->outbox_placements), 1));
	CdcSchema *string = cdc_schema_make(CDC_STRING, NULL, 0);
	ListCell *cell;

	string->optional = true;
	routed->placed = placed;
	foreach(cell, options->outbox_placements)
	{
		const CdcPlacement *placement = lfirst(cell);
		CdcSlice value = find_member(message->text, cdc_utf8_cstring(placement->field));

		if (placement->place == CDC_PLACE_PARTITION)
		{
			char *end;
			long number = value.data ? strtol(value.data, &end, 10) : -1;

			record->has_partition = value.data && end == value.data + value.len && number >= 0 && number <= PG_INT32_MAX;
			record->partition = (int32) number;
			continue;
		}
		if (!value.data && options->outbox_missing == CDC_MISSING_IGNORE)
			continue;
		placed->place = placement->place;
		placed->name = cdc_utf8_cstring(placement->alias);
		placed->schema = string;
		placed->json = value.data ? respell(value) : null;
		if (value.data && value.data[0] != '"' && placement->place == CDC_PLACE_ENVELOPE)
		{
			CdcBuf buf;

			cdc_buf_palloc(&buf, value.len + 2);
			cdc_json_string(&buf, value.data, value.len);
			placed->json = cdc_buf_slice(&buf);
		}
		placed++;
		routed->nplaced++;
	}
}

/* The payload's text, and its struct if it is to be expanded. */
static void
set_payload(CdcRecord *record, CdcRouted *routed, const Message *message, const CdcOptions *options)
{
	CdcSchema *schema = cdc_schema_make(CDC_STRING, "io.debezium.data.Json", 1);

	schema->optional = true;
	routed->payload.schema = schema;
	if (!message->payload.data)
		return;
	record->content = message->payload;
	if (options->outbox_expand)
		routed->is_expanded = cdc_expand(&routed->expanded, "payload", message->payload, options->outbox_json_null);
}

static CdcSlice
position_json(const CdcRecord *record)
{
	char position[CDC_POSITION_SIZE];
	CdcSlice json;

	cdc_position_format(position, sizeof(position), &record->position);
	json.data = psprintf("\"%s\"", position);
	json.len = strlen(json.data);
	return json;
}

const char *
cdc_outbox_message(CdcRecord *record, CdcRecordWriter *writer, CdcSlice content)
{
	const CdcEventConstants *constants = &writer->setup->constants;
	const CdcOptions *options = constants->options;
	CdcRouted *routed = palloc0(sizeof(CdcRouted));
	Message message = {0};
	const char *problem = read_message(&message, content);
	bool blank;

	if (problem)
		return problem;
	routed->constants = constants;
	routed->route = cdc_unquote(message.aggregatetype.data, message.aggregatetype.len);
	routed->id = message.id.data ? respell(message.id) : position_json(record);
	record->has_key = message.aggregateid.data != NULL;
	if (record->has_key)
	{
		routed->key = respell(message.aggregateid);
		routed->key_head = cdc_event_head(constants->key_settings, cdc_schema_make(CDC_STRING, NULL, 0));
	}
	routed->schema_name = psprintf("%s.outbox.Value", constants->prefix);
	place_members(record, routed, &message, options);
	set_payload(record, routed, &message, options);
	routed->headers = message.headers;
	if (!routed->headers.data)
		routed->headers.len = 0;
	record->routed = routed;
	blank = !message.payload.data || (message.payload.data[0] == '"' && strspn(message.payload.data, "\" ") >= message.payload.len);
	cdc_routed_finish(record, writer, blank);
	return NULL;
}
