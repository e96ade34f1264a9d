/*
 * routed.c
 *		Writing an event of an outbox: topic, key, value and headers.
 *
 * Format reference, section 12.2: Debezium's EventRouterDelegate.
 */
#include "postgres.h"

#include "event/headers.h"
#include "event/outbox.h"
#include "frame.h"
#include "json/reader.h"

/* No header is longer: a record without values must fit a message. */
#define MAX_HEADER (1024 * 1024)

static bool
is_replaced(const CdcRecord *record, const CdcPlaced *placed)
{
	const CdcRow *row = record->event->after;

	return row->replaced && row->replaced[placed->index];
}

static void
write_placed(CdcBuf *buf, const CdcPlaced *placed, const CdcRecord *record, CdcCounters *counters, CdcRowResult *result)
{
	if (placed->column)
		cdc_column_write(buf, placed->column, record->event->after, is_replaced(record, placed), counters,
						 record->event->table, result);
	else
		cdc_json_raw(buf, placed->json.data, placed->json.len);
}

static void
write_payload(CdcBuf *buf, CdcRecord *record, CdcCounters *counters)
{
	const CdcRouted *routed = record->routed;

	if (routed->is_expanded && !(routed->payload.column && is_replaced(record, &routed->payload)))
		cdc_expanded_write(buf, &routed->expanded);
	else if (routed->payload.column)
		write_placed(buf, &routed->payload, record, counters, &record->result);
	else if (record->content.len > 0)
		cdc_json_string(buf, record->content.data, record->content.len);
	else
		cdc_json_null(buf);
}

/* srv.public.outbox.Value becomes srv.public.outbox.<route>.Value: getSchemaName() */
static const char *
envelope_name(const CdcRouted *routed)
{
	const char *dot = strrchr(routed->schema_name, '.');

	return psprintf("%.*s.%.*s%s", (int) (dot - routed->schema_name), routed->schema_name,
					(int) Min(routed->route.len, 1024), routed->route.data, dot);
}

static CdcSchema *
value_schema(const CdcRouted *routed, bool envelope)
{
	const CdcSchema *payload = routed->is_expanded ? routed->expanded.schema : routed->payload.schema;
	CdcSchema *schema;

	if (!envelope)
		return unconstify(CdcSchema *, payload);
	schema = cdc_schema_struct(envelope_name(routed), routed->version, NULL);
	cdc_schema_add_field(schema, "payload", unconstify(CdcSchema *, payload));
	for (int i = 0; i < routed->nplaced; i++)
		if (routed->placed[i].place == CDC_PLACE_ENVELOPE)
			cdc_schema_add_field(schema, routed->placed[i].name, unconstify(CdcSchema *, routed->placed[i].schema));
	return schema;
}

static void
write_value(CdcBuf *buf, struct CdcSession *session, CdcRecord *record)
{
	CdcRecordWriter *writer = buf->owner;
	CdcCounters *counters = &writer->setup->counters;
	const CdcRouted *routed = record->routed;
	const CdcSettings *settings = routed->constants->value_settings;
	bool envelope = routed->constants->options->outbox_envelope;
	bool schemas = settings->converter->schemas_enable;
	CdcRowResult ignored = {0};

	if (schemas)
		cdc_schema_prefix(buf, value_schema(routed, envelope));
	if (envelope)
		cdc_buf_literal(buf, "{\"payload\":");
	write_payload(buf, record, counters);
	if (envelope)
	{
		for (int i = 0; i < routed->nplaced; i++)
		{
			const CdcPlaced *placed = &routed->placed[i];

			if (placed->place != CDC_PLACE_ENVELOPE)
				continue;
			cdc_json_member(buf, false, placed->name, strlen(placed->name));
			write_placed(buf, placed, record, counters, &ignored);
		}
		cdc_buf_char(buf, '}');
	}
	if (schemas)
		cdc_buf_char(buf, '}');
	/* the header of unavailable columns is about rows: a placeholder stands for the whole payload here */
	record->result.unavailable = 0;
}

static void
write_key(CdcBuf *buf, struct CdcSession *session, CdcRecord *record)
{
	const CdcRouted *routed = record->routed;

	cdc_buf_append(buf, routed->key_head.data, routed->key_head.len);
	cdc_json_raw(buf, routed->key.data, routed->key.len);
	if (routed->key_head.len > 0)
		cdc_buf_char(buf, '}');
}

static void
write_header(CdcHeaders *headers, const char *name, CdcSlice json)
{
	if (json.len > MAX_HEADER)
	{
		headers->writer->setup->counters.oversized_values++;
		cdc_header_null(headers, name);
	}
	else
		cdc_header_json(headers, name, json.data, json.len);
}

/* The members of the message's own object of headers. */
static void
write_message_headers(CdcHeaders *headers, const char *object)
{
	CdcSlice name;
	CdcSlice value;

	while (cdc_json_next_member(&object, &name, &value))
	{
		CdcSlice text = cdc_unquote(name.data, name.len);
		const char *header = pnstrdup(text.data, text.len);

		if (cdc_header_allowed(headers, header))
			write_header(headers, header, value);
	}
}

/* "id", then what is placed there: EventRouterDelegate.apply() */
static void
write_headers(CdcHeaders *headers, CdcRecord *record)
{
	const CdcRouted *routed = record->routed;

	write_header(headers, "id", routed->id);
	for (int i = 0; i < routed->nplaced; i++)
	{
		const CdcPlaced *placed = &routed->placed[i];
		CdcRowResult ignored = {0};
		CdcSlice json = placed->json;
		CdcBuf buf;

		if (placed->place != CDC_PLACE_HEADER || !cdc_header_allowed(headers, placed->name))
			continue;
		if (placed->column)
		{
			cdc_buf_palloc(&buf, 64);
			write_placed(&buf, placed, record, &headers->writer->setup->counters, &ignored);
			json = cdc_buf_slice(&buf);
		}
		write_header(headers, placed->name, json);
	}
	if (routed->headers.len > 0)
		write_message_headers(headers, routed->headers.data);
}

void
cdc_routed_finish(CdcRecord *record, CdcRecordWriter *writer, bool blank)
{
	const CdcRouted *routed = record->routed;
	const CdcOptions *options = routed->constants->options;

	cdc_record_topic(record, writer, cdc_route_topic(options->outbox_route, routed->route.data, routed->route.len));
	record->kind = CDC_FRAME_ROUTED;
	record->write_key = write_key;
	record->write_value = write_value;
	record->write_headers = write_headers;
	record->has_value = !(blank && options->outbox_tombstones);
}
