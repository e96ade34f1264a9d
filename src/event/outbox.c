/*
 * outbox.c
 *		Rows of an outbox's table as routed events.
 *
 * Format reference, section 12.2: Debezium's EventRouter.  Where it would end
 * the connector, because a column is missing or a value is of no use to it,
 * the row is sent as that of any other table, or the event is left out, and
 * the log says so: nothing a table holds may stop the slot.
 */
#include "postgres.h"

#include "access/detoast.h"

#include "event/headers.h"
#include "event/outbox.h"
#include "frame.h"

/* Longer payloads are not expanded, and are not blank: reading them takes memory. */
#define MAX_EXPANDED (16 * 1024 * 1024)
#define MAX_BLANK (64 * 1024)

struct CdcOutbox
{
	const CdcEventConstants *constants;
	CdcColumn id;
	CdcColumn key;
	CdcSlice key_head;
	CdcColumn *route;
	CdcColumn *timestamp; /* NULL: the commit's time */
	int64 divisor; /* what makes milliseconds of it */
	CdcColumn *version; /* NULL: none */
	CdcColumn *partition; /* NULL: none */
	CdcPlaced payload;
	int nplaced;
	CdcPlaced *placed; /* headers and envelope */
	const char *schema_name;
	bool logged_update;
	bool logged_route;
};

static bool shape(CdcRecord *record, CdcRecordWriter *writer);

/* ---------- the table ---------- */

static int
find_column(const CdcTable *table, const char *name)
{
	for (int i = 0; i < table->ncolumns; i++)
		if (strcmp(table->columns[i].name, name) == 0)
			return i;
	return -1;
}

static void
log_no_outbox(const CdcTable *table, const char *column)
{
	ereport(LOG,
			(errmsg("table \"%s.%s\" is no outbox: its rows are sent as those of other tables", table->schema_name, table->table_name),
			 errdetail("It has no column \"%s\" of a type that serves.", column),
			 errhint("The options \"outbox.table.field.event.id\", \"...key\", \"...payload\" and \"outbox.route.by.field\" name its columns.")));
}

static void
log_ignored(const CdcTable *table, const char *column, const char *what)
{
	ereport(LOG,
			(errmsg("column \"%s\" of outbox \"%s.%s\" cannot be used as %s", column, table->schema_name, table->table_name, what),
			 errdetail("It is missing, or of another type.")));
}

/* The column as other settings have it: the key's converter, or the headers'. */
static void
copy_column(CdcColumn *copy, const CdcColumn *column, const CdcSettings *settings)
{
	CdcType *type = palloc(sizeof(CdcType));

	*type = *column->type;
	type->settings = settings;
	*copy = *column;
	copy->type = type;
	cdc_column_render(copy, settings, true);
}

/* getEventTimestampMs() */
static void
prepare_timestamp(struct CdcOutbox *outbox, const CdcTable *table, const char *name)
{
	static const struct
	{
		const char *schema;
		int64 divisor;
	} units[] = {
		{"io.debezium.time.Timestamp", 1}, {"io.debezium.time.MicroTimestamp", 1000}, {"io.debezium.time.NanoTimestamp", 1000000}};
	int at = find_column(table, name);

	for (int i = 0; at >= 0 && i < lengthof(units); i++)
	{
		const CdcSchema *schema = table->columns[at].schema;

		if (schema->type == CDC_INT64 && schema->name && strcmp(schema->name, units[i].schema) == 0)
		{
			outbox->timestamp = &table->columns[at];
			outbox->divisor = units[i].divisor;
			return;
		}
	}
	log_ignored(table, name, "the event's time");
}

/* A column that must be an integer of 32 bits, or NULL. */
static CdcColumn *
integer_column(const CdcTable *table, const char *name, const char *what)
{
	int at = find_column(table, name);

	if (at >= 0 && table->columns[at].schema->type == CDC_INT32)
		return &table->columns[at];
	log_ignored(table, name, what);
	return NULL;
}

/* What else is sent; false when the table lacks a column that it must have. */
static bool
prepare_placements(struct CdcOutbox *outbox, const CdcTable *table, const CdcOptions *options)
{
	ListCell *cell;

	outbox->placed = palloc0(sizeof(CdcPlaced) * Max(list_length(options->outbox_placements), 1));
	foreach(cell, options->outbox_placements)
	{
		const CdcPlacement *placement = lfirst(cell);
		CdcPlaced *placed = &outbox->placed[outbox->nplaced];
		int at = find_column(table, placement->field);

		if (at < 0)
		{
			if (options->outbox_missing == CDC_MISSING_IGNORE)
				continue;
			log_no_outbox(table, placement->field);
			return false;
		}
		if (placement->place == CDC_PLACE_PARTITION)
		{
			outbox->partition = integer_column(table, placement->field, "the partition");
			continue;
		}
		placed->place = placement->place;
		placed->name = cdc_utf8_cstring(placement->alias);
		placed->column = &table->columns[at];
		placed->schema = placed->column->schema;
		placed->index = at;
		if (placed->place == CDC_PLACE_HEADER)
		{
			placed->column = palloc(sizeof(CdcColumn));
			copy_column(placed->column, &table->columns[at], outbox->constants->header_settings);
		}
		outbox->nplaced++;
	}
	return true;
}

static bool
prepare(struct CdcOutbox *outbox, const CdcTable *table, const CdcOptions *options)
{
	const char *names[] = {options->outbox_id, options->outbox_key, options->outbox_payload, options->outbox_route_by};
	int at[lengthof(names)];

	for (int i = 0; i < lengthof(names); i++)
	{
		at[i] = find_column(table, names[i]);
		/* Struct.getString() takes strings only */
		if (at[i] < 0 || (i == 3 && table->columns[at[i]].schema->type != CDC_STRING))
		{
			log_no_outbox(table, names[i]);
			return false;
		}
	}
	copy_column(&outbox->id, &table->columns[at[0]], outbox->constants->header_settings);
	copy_column(&outbox->key, &table->columns[at[1]], outbox->constants->key_settings);
	outbox->key_head = cdc_event_head(outbox->constants->key_settings, outbox->key.schema);
	outbox->payload.column = &table->columns[at[2]];
	outbox->payload.index = at[2];
	outbox->payload.schema = outbox->payload.column->schema;
	outbox->route = &table->columns[at[3]];
	if (options->outbox_timestamp)
		prepare_timestamp(outbox, table, options->outbox_timestamp);
	if (options->outbox_version)
		outbox->version = integer_column(table, options->outbox_version, "the schema's version");
	outbox->schema_name = cdc_event_row_schema(outbox->constants, table)->name;
	return prepare_placements(outbox, table, options);
}

bool
cdc_outbox_prepare(CdcTable *table, const CdcEventConstants *constants)
{
	const CdcOptions *options = constants->options;
	CdcTemplate *template = table->template;
	struct CdcOutbox *outbox;

	if (!options->outbox_tables ||
		!cdc_patterns_match(options->outbox_tables, psprintf("%s.%s", table->schema_name, table->table_name)))
		return false;
	outbox = palloc0(sizeof(struct CdcOutbox));
	outbox->constants = constants;
	if (!prepare(outbox, table, options))
		return false;
	template->outbox = outbox;
	template->shape = shape;
	return true;
}

/* ---------- rows ---------- */

/* A value as JSON, UTF-8 whatever the record's buffer wants. */
static CdcSlice
render(CdcColumn *column, const CdcEvent *event, CdcCounters *counters)
{
	CdcRowResult ignored = {0};
	CdcBuf buf;

	cdc_buf_palloc(&buf, 64);
	cdc_column_write(&buf, column, event->after, false, counters, event->table, &ignored);
	return cdc_buf_slice(&buf);
}

/* An integer's value; false for null. */
static bool
read_integer(CdcColumn *column, const CdcEvent *event, CdcCounters *counters, int64 *value)
{
	CdcSlice json;

	if (!column)
		return false;
	json = render(column, event, counters);
	if (json.data[0] != '-' && (json.data[0] < '0' || json.data[0] > '9'))
		return false;
	*value = strtoll(json.data, NULL, 10);
	return true;
}

/* The text of a payload that is a string of at most "limit" bytes; false for any other. */
static bool
payload_text(const struct CdcOutbox *outbox, const CdcEvent *event, CdcCounters *counters, size_t limit, CdcSlice *text)
{
	CdcColumn *column = outbox->payload.column;
	Datum value = event->after->values[column->attnum - 1];
	CdcSlice json;

	if (column->schema->type != CDC_STRING || event->after->nulls[column->attnum - 1] ||
		(column->varlena && toast_raw_datum_size(value) > limit))
		return false;
	json = render(column, event, counters);
	if (json.data[0] != '"')
		return false;
	*text = cdc_unquote(json.data, json.len);
	return true;
}

/* payload == null || payload.toString().trim().isEmpty() */
static bool
is_blank(const struct CdcOutbox *outbox, const CdcEvent *event, CdcCounters *counters)
{
	CdcSlice text;

	if (event->after->nulls[outbox->payload.column->attnum - 1])
		return true;
	if (!payload_text(outbox, event, counters, MAX_BLANK, &text))
		return false;
	for (size_t i = 0; i < text.len; i++)
		if ((unsigned char) text.data[i] > ' ')
			return false;
	return true;
}

/* An update of an outbox; the key change's half that creates a row is an event again. */
static void
note_update(struct CdcOutbox *outbox, const CdcTable *table, CdcRecordWriter *writer)
{
	bool each = writer->setup->options->outbox_invalid == CDC_INVALID_OPERATION_ERROR;

	writer->setup->counters.unrouted_events++;
	if (outbox->logged_update && !each)
		return;
	outbox->logged_update = true;
	ereport(LOG,
			(errmsg("an update of outbox \"%s.%s\" is left out", table->schema_name, table->table_name),
			 errdetail("Events are inserted, and may be deleted.%s", each ? "" : " This is logged once for each version of the table.")));
}

/* Without the value that decides its topic, an event has nowhere to go. */
static void
note_no_route(struct CdcOutbox *outbox, const CdcTable *table, CdcRecordWriter *writer)
{
	writer->setup->counters.unrouted_events++;
	if (outbox->logged_route)
		return;
	outbox->logged_route = true;
	ereport(LOG,
			(errmsg("an event of outbox \"%s.%s\" is left out", table->schema_name, table->table_name),
			 errdetail("Column \"%s\", which decides the topic, is null. This is logged once for each version of the table.",
					   outbox->route->name)));
}

static bool
route_row(CdcRecord *record, CdcRecordWriter *writer, struct CdcOutbox *outbox)
{
	const CdcOptions *options = writer->setup->options;
	CdcCounters *counters = &writer->setup->counters;
	CdcEvent *event = record->event;
	CdcRouted *routed = palloc0(sizeof(CdcRouted));
	CdcSlice route = render(outbox->route, event, counters);
	CdcSlice text;
	int64 number;

	if (route.data[0] != '"')
	{
		note_no_route(outbox, event->table, writer);
		return false;
	}
	routed->constants = outbox->constants;
	routed->route = cdc_unquote(route.data, route.len);
	routed->id = render(&outbox->id, event, counters);
	routed->key = render(&outbox->key, event, counters);
	routed->key_head = outbox->key_head;
	routed->payload = outbox->payload;
	routed->nplaced = outbox->nplaced;
	routed->placed = outbox->placed;
	routed->schema_name = outbox->schema_name;
	if (read_integer(outbox->version, event, counters, &number))
		routed->version = (int) number;
	if (options->outbox_expand && payload_text(outbox, event, counters, MAX_EXPANDED, &text))
		routed->is_expanded = cdc_expand(&routed->expanded, cdc_utf8_cstring(options->outbox_payload), text, options->outbox_json_null);
	record->has_timestamp = read_integer(outbox->timestamp, event, counters, &number);
	if (record->has_timestamp)
		record->timestamp = number / outbox->divisor;
	record->has_partition = read_integer(outbox->partition, event, counters, &number);
	if (record->has_partition)
		record->partition = (int32) number;
	record->routed = routed;
	record->has_key = true;
	cdc_routed_finish(record, writer, options->outbox_tombstones && is_blank(outbox, event, counters));
	return true;
}

/* CdcTemplate.shape: EventRouterDelegate.apply() */
static bool
shape(CdcRecord *record, CdcRecordWriter *writer)
{
	const CdcTemplate *template = record->event->table->template;

	switch (record->kind)
	{
		case 'c':
		case 'r':
			return route_row(record, writer, template->outbox);
		case 'u':
			note_update(template->outbox, record->event->table, writer);
			return false;
		default:
			return false; /* deletes and their tombstones, and truncates */
	}
}
