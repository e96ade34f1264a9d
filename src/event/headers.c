/*
 * headers.c
 *		Headers of a record: members of its JSON, or a frame's headers.
 *
 * Kafka Connect's headers are bytes; SimpleHeaderConverter makes them of
 * values: a string is itself, a struct its JSON, anything else its text.
 */
#include "postgres.h"

#include "event/headers.h"
#include "frame.h"

/* 000000015353a1c8.00000005.0: text order is position order */
int
cdc_position_format(char *text, size_t size, const CdcPosition *position)
{
	return snprintf(text, size, "%08x%08x.%08x.%u", LSN_FORMAT_ARGS(position->lsn), position->seq, position->part);
}

static size_t
begin_header(CdcHeaders *headers, const char *name, int form)
{
	size_t start = headers->buf->len;
	size_t len = strlen(name);

	if (headers->frame)
	{
		char *p = cdc_buf_reserve(headers->buf, CDC_FRAME_HEADER_HEADER + len);

		p[0] = form;
		p[1] = 0;
		cdc_put_u16(p + 2, len);
		memcpy(p + CDC_FRAME_HEADER_HEADER, name, len);
		cdc_buf_commit(headers->buf, CDC_FRAME_HEADER_HEADER + len);
	}
	else
		cdc_json_member(headers->buf, headers->count == 0, name, len);
	if (headers->count < CDC_HEADERS_KNOWN)
		headers->names[headers->count] = name;
	headers->count++;
	return start;
}

static bool
is_taken(const CdcHeaders *headers, const char *name)
{
	for (int i = 0; i < Min(headers->count, CDC_HEADERS_KNOWN); i++)
		if (strcmp(headers->names[i], name) == 0)
			return true;
	return false;
}

bool
cdc_header_allowed(const CdcHeaders *headers, const char *name)
{
	return strncmp(name, "__debezium.", 11) != 0 && strncmp(name, "__cdc_json.", 11) != 0 && !is_taken(headers, name);
}

size_t
cdc_header_begin(CdcHeaders *headers, const char *name)
{
	return begin_header(headers, name, CDC_FRAME_HEADER_JSON);
}

void
cdc_header_end(CdcHeaders *headers, size_t start, const char *name)
{
	if (headers->frame && headers->buf->len > start)
		cdc_put_u32(headers->buf->data + start + 4, headers->buf->len - start - CDC_FRAME_HEADER_HEADER - strlen(name));
}

static bool
is_ascii(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (IS_HIGHBIT_SET(text[i]))
			return false;
	return true;
}

/*
 * A frame holds the string's bytes.  One that SQL functions are to read in a
 * database of another encoding holds a JSON string where these are not ASCII:
 * they could not be returned as they are.
 */
void
cdc_header_string(CdcHeaders *headers, const char *name, const char *text, size_t len)
{
	bool bytes = headers->frame && (!headers->buf->ascii || is_ascii(text, len));
	size_t start = begin_header(headers, name, bytes ? CDC_FRAME_HEADER_STRING : CDC_FRAME_HEADER_JSON);

	if (bytes)
		cdc_buf_append(headers->buf, text, len);
	else
		cdc_json_string(headers->buf, text, len);
	cdc_header_end(headers, start, name);
}

void
cdc_header_null(CdcHeaders *headers, const char *name)
{
	size_t start = begin_header(headers, name, CDC_FRAME_HEADER_NULL);

	if (!headers->frame)
		cdc_json_null(headers->buf);
	cdc_header_end(headers, start, name);
}

void
cdc_header_json(CdcHeaders *headers, const char *name, const char *json, size_t len)
{
	if (len == 4 && memcmp(json, "null", 4) == 0)
		cdc_header_null(headers, name);
	else if (len > 0 && json[0] == '{')
	{
		size_t start = cdc_header_begin(headers, name);

		cdc_json_raw(headers->buf, json, len);
		cdc_header_end(headers, start, name);
	}
	else
	{
		CdcSlice text = cdc_unquote(json, len);

		cdc_header_string(headers, name, text.data, text.len);
	}
}

static void
string_header(CdcHeaders *headers, const char *name, const char *value)
{
	cdc_header_string(headers, name, value, strlen(value));
}

static void
unavailable_header(CdcHeaders *headers, CdcRecord *record)
{
	static const char name[] = CDC_UNAVAILABLE_HEADER;
	CdcTable *table = record->event->table;
	const CdcRow *row = record->event->after;
	size_t start = cdc_header_begin(headers, name);
	bool first = true;

	cdc_json_array_begin(headers->buf);
	for (int i = 0; i < table->ncolumns; i++)
	{
		if (!(row->replaced && row->replaced[i]) && !cdc_column_unavailable(&table->columns[i], row))
			continue;
		cdc_json_array_next(headers->buf, first);
		cdc_json_string(headers->buf, table->columns[i].field, strlen(table->columns[i].field));
		first = false;
	}
	cdc_json_array_end(headers->buf);
	cdc_header_end(headers, start, name);
}

/* One header of the context, as it was rendered: the comma before it may be one too many. */
static void
write_context(CdcHeaders *headers, const CdcContext *context, int i)
{
	const CdcContextHeader *header = &context->headers[i];
	const char *name = context->names.data + header->name;
	size_t skip = !headers->frame && headers->count == 0 ? 1 : 0;

	if (is_taken(headers, name))
		return;
	cdc_buf_append(headers->buf, context->text.data + header->start + skip, header->len - skip);
	if (headers->count < CDC_HEADERS_KNOWN)
		headers->names[headers->count] = name;
	headers->count++;
}

/* {"fingerprint":"…"}, and the first time ,"schema":"…" */
static void
schema_header(CdcHeaders *headers, const char *name, const CdcAvroSchema *schema, bool whole)
{
	size_t start = cdc_header_begin(headers, name);
	char fingerprint[17];

	snprintf(fingerprint, sizeof(fingerprint), "%016llx", (unsigned long long) schema->fingerprint);
	cdc_json_struct_begin(headers->buf);
	cdc_json_member(headers->buf, true, "fingerprint", 11);
	cdc_json_plain(headers->buf, fingerprint, 16);
	if (whole)
	{
		cdc_json_member(headers->buf, false, "schema", 6);
		cdc_json_string(headers->buf, schema->text.data, schema->text.len);
	}
	cdc_json_struct_end(headers->buf);
	cdc_header_end(headers, start, name);
}

/* Headers of our own: the position, what is unavailable, schemas of Avro, the partition, and who did it. */
static void
write_own(CdcHeaders *headers, CdcRecord *record)
{
	const CdcOptions *options = headers->writer->setup->options;

	if (options->position_header && record->position.lsn != InvalidXLogRecPtr)
	{
		char position[CDC_POSITION_SIZE];

		cdc_position_format(position, sizeof(position), &record->position);
		string_header(headers, "__cdc_json.position", position);
	}
	if (record->has_value && record->result.unavailable > 0 && !options->quirks)
		unavailable_header(headers, record);
	if (!headers->frame && record->has_key && record->key_schema)
		schema_header(headers, "__cdc_json.key.schema", record->key_schema, record->new_key_schema);
	if (!headers->frame && record->has_value && record->value_schema)
		schema_header(headers, "__cdc_json.value.schema", record->value_schema, record->new_value_schema);
	if (record->has_partition && (headers->frame || !options->quirks))
	{
		char digits[12];

		snprintf(digits, sizeof(digits), "%d", record->partition);
		string_header(headers, CDC_PARTITION_HEADER, digits);
	}
	if (record->has_timestamp && (headers->frame || !options->quirks))
	{
		char digits[24];

		snprintf(digits, sizeof(digits), INT64_FORMAT, record->timestamp);
		string_header(headers, CDC_TIMESTAMP_HEADER, digits);
	}
	if (record->context && record->context->count > 0)
	{
		for (int i = 0; i < record->context->count; i++)
			write_context(headers, record->context, i);
	}
}

int
cdc_headers_write(CdcRecordWriter *writer, CdcRecord *record)
{
	const CdcOptions *options = writer->setup->options;
	CdcHeaders headers;

	headers.writer = writer;
	headers.buf = &writer->buf;
	headers.frame = options->format == CDC_FORMAT_FRAME;
	headers.count = 0;
	if (record->key_header != CDC_HEADER_NONE)
	{
		const char *name = record->key_header == CDC_HEADER_NEWKEY ? "__debezium.newkey" : "__debezium.oldkey";
		size_t start = cdc_header_begin(&headers, name);

		cdc_event_key_header(headers.buf, record->event->table, record->header_row, &writer->setup->counters);
		cdc_header_end(&headers, start, name);
	}
	if (record->data_change && options->extended_headers)
	{
		string_header(&headers, "__debezium.context.connectorLogicalName", writer->setup->constants.prefix);
		string_header(&headers, "__debezium.context.taskId", "0");
		string_header(&headers, "__debezium.context.connectorName", "postgresql");
		string_header(&headers, "__debezium.context.runId", writer->run_id);
	}
	if (record->write_headers)
		record->write_headers(&headers, record);
	write_own(&headers, record);
	return headers.count;
}
