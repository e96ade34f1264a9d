/*
 * message.c
 *		Records become messages.
 *
 * Records collect in session->message.  What was collected is handed to the
 * server when the next record comes (or, with batch.bytes, when it is large
 * enough), and at the latest in the commit callback: the last message of a
 * transaction then carries the position of the transaction's end, so that a
 * client which confirms what it has read does not get the transaction again.
 *
 * A message has a limit, because the server's buffers have one (1 GB).  The
 * buffer never grows beyond it: a record that would make it do so goes on
 * writing over itself, which is noticed at its end, and is then written again
 * with its largest value replaced by the placeholder.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/memutils.h"

#include "frame.h"
#include "plugin/session.h"

#define MESSAGE_LIMIT 1000000000	/* bytes; the server's own limit is 1 GB less its headers */
#define KEEP_LIMIT (16 * 1024 * 1024)	/* larger buffers are not kept */
#define INITIAL_SIZE 8192

/* Grows up to the limit; beyond it, starts over at the record's beginning and counts. */
static void
grow(CdcBuf *buf, size_t need)
{
	CdcMessage *message = buf->owner;
	size_t cap;

	if (buf->len + need > MESSAGE_LIMIT)
	{
		buf->discarded += buf->len - message->mark;
		buf->len = message->mark;
	}
	if (buf->cap - buf->len >= need)
		return;
	/* reservations are small, so one may exceed the limit by a little */
	cap = Max(buf->cap * 2, buf->len + need);
	cap = Min(cap, Max((size_t) MESSAGE_LIMIT, buf->len + need));
	buf->data = repalloc(buf->data, cap);
	buf->cap = cap;
}

static void
allocate(CdcSession *session)
{
	CdcBuf *buf = &session->message.buf;

	buf->data = MemoryContextAlloc(session->ctx->context, INITIAL_SIZE);
	buf->cap = INITIAL_SIZE;
	buf->len = 0;
}

void
cdc_message_init(CdcSession *session)
{
	session->message.buf.grow = grow;
	session->message.buf.owner = &session->message;
	allocate(session);
}

/*
 * Puts the collected bytes behind what the server has put into ctx->out.  Long
 * ones are not copied: the two buffers change places.
 */
static void
move_to_output(CdcSession *session)
{
	StringInfo out = session->ctx->out;
	CdcBuf *buf = &session->message.buf;
	size_t header = out->len;
	char *data = out->data;
	size_t cap = out->maxlen;

	if (buf->len < KEEP_LIMIT)
	{
		appendBinaryStringInfo(out, buf->data, buf->len);
		return;
	}
	if (buf->cap < buf->len + header + 1)
	{
		buf->cap = buf->len + header + 1;
		buf->data = repalloc(buf->data, buf->cap);
	}
	memmove(buf->data + header, buf->data, buf->len);
	memcpy(buf->data, data, header);
	out->data = buf->data;
	out->len = header + buf->len;
	out->maxlen = buf->cap;
	out->data[out->len] = '\0';
	buf->data = data;
	buf->cap = cap;
}

/* Buffers that one large row has blown up are given back. */
static void
shrink(CdcSession *session)
{
	StringInfo out = session->ctx->out;

	if (out->maxlen > KEEP_LIMIT)
	{
		MemoryContext old = MemoryContextSwitchTo(session->ctx->context);

		pfree(out->data);
		initStringInfo(out);
		MemoryContextSwitchTo(old);
	}
	if (session->message.buf.cap > KEEP_LIMIT)
	{
		pfree(session->message.buf.data);
		allocate(session);
	}
}

/* Hands the collected records to the server; without any, does nothing. */
void
cdc_message_flush(CdcSession *session, bool ends_transaction)
{
	LogicalDecodingContext *ctx = session->ctx;
	CdcMessage *message = &session->message;
	XLogRecPtr here = ctx->write_location;

	if (message->records == 0)
		return;
	if (session->setup.options->format == CDC_FORMAT_FRAME)
	{
		message->buf.data[2] = ends_transaction ? CDC_FRAME_ENDS_TRANSACTION : 0;
		cdc_put_u32(message->buf.data + 4, message->records);
	}
	/* a record that waited for the next one keeps its own position */
	if (!ends_transaction)
		ctx->write_location = message->lsn;
	OutputPluginPrepareWrite(ctx, true);
	move_to_output(session);
	OutputPluginWrite(ctx, true);
	ctx->write_location = here;
	message->buf.len = 0;
	message->records = 0;
	session->txn.emitted = true;
	shrink(session);
}

static void
begin_message(CdcSession *session)
{
	static const char header[CDC_FRAME_MESSAGE_HEADER] = {CDC_FRAME_MAGIC, CDC_FRAME_VERSION};
	CdcBuf *buf = &session->message.buf;
	bool frame = session->setup.options->format == CDC_FORMAT_FRAME;

	if (session->message.records > 0 && buf->len >= (size_t) session->setup.options->batch_bytes)
		cdc_message_flush(session, false);
	if (session->message.records > 0)
	{
		if (!frame)
			cdc_buf_char(buf, '\n');
	}
	else if (frame)
		cdc_buf_append(buf, header, sizeof(header));
	session->message.mark = buf->len;
}

static void
write_json_string(CdcBuf *buf, const char *text)
{
	cdc_json_string(buf, text, strlen(text));
}

/* 000000015353a1c8.00000005.0: text order is position order */
static int
format_position(char *text, size_t size, const CdcPosition *position)
{
	return snprintf(text, size, "%016" INT64_MODIFIER "x.%08x.%u", (uint64) position->lsn, position->seq, position->part);
}

/* A header's way into the buffer: a member of the record's JSON, or a frame's header. */
typedef struct HeaderWriter
{
	CdcSession *session;
	CdcBuf *buf;
	int count;
} HeaderWriter;

/* Starts a header; the value follows directly.  Returns where it starts. */
static size_t
begin_header(HeaderWriter *writer, const char *name, bool json)
{
	size_t start = writer->buf->len;
	size_t len = strlen(name);

	if (writer->session->setup.options->format == CDC_FORMAT_FRAME)
	{
		char *p = cdc_buf_reserve(writer->buf, CDC_FRAME_HEADER_HEADER + len);

		p[0] = json;
		p[1] = 0;
		cdc_put_u16(p + 2, len);
		memcpy(p + CDC_FRAME_HEADER_HEADER, name, len);
		cdc_buf_commit(writer->buf, CDC_FRAME_HEADER_HEADER + len);
	}
	else
		cdc_json_member(writer->buf, writer->count == 0, name, len);
	writer->count++;
	return start;
}

static void
end_header(HeaderWriter *writer, size_t start, const char *name)
{
	if (writer->session->setup.options->format == CDC_FORMAT_FRAME && writer->buf->len > start)
		cdc_put_u32(writer->buf->data + start + 4, writer->buf->len - start - CDC_FRAME_HEADER_HEADER - strlen(name));
}

static void
string_header(HeaderWriter *writer, const char *name, const char *value)
{
	size_t start = begin_header(writer, name, false);

	if (writer->session->setup.options->format == CDC_FORMAT_FRAME)
		cdc_buf_append(writer->buf, value, strlen(value));
	else
		write_json_string(writer->buf, value);
	end_header(writer, start, name);
}

static void
unavailable_header(HeaderWriter *writer, CdcRecord *record)
{
	static const char name[] = "__cdc_json.unavailable";
	CdcTable *table = record->event->table;
	const CdcRow *row = record->event->after;
	size_t start = begin_header(writer, name, true);
	bool first = true;

	cdc_json_array_begin(writer->buf);
	for (int i = 0; i < table->ncolumns; i++)
	{
		if (!(row->replaced && row->replaced[i]) && !cdc_column_unavailable(&table->columns[i], row))
			continue;
		cdc_json_array_next(writer->buf, first);
		write_json_string(writer->buf, table->columns[i].field);
		first = false;
	}
	cdc_json_array_end(writer->buf);
	end_header(writer, start, name);
}

/* All headers of a record, in Debezium's order, then ours.  Returns how many. */
static int
write_headers(CdcSession *session, CdcRecord *record)
{
	const CdcOptions *options = session->setup.options;
	HeaderWriter writer = {session, &session->message.buf, 0};

	if (record->key_header != CDC_HEADER_NONE)
	{
		const char *name = record->key_header == CDC_HEADER_NEWKEY ? "__debezium.newkey" : "__debezium.oldkey";
		size_t start = begin_header(&writer, name, true);

		cdc_event_key_payload(writer.buf, record->event->table, record->header_row, &session->setup.counters);
		end_header(&writer, start, name);
	}
	if (record->data_change && options->extended_headers)
	{
		string_header(&writer, "__debezium.context.connectorLogicalName", session->setup.constants.prefix);
		string_header(&writer, "__debezium.context.taskId", "0");
		string_header(&writer, "__debezium.context.connectorName", "postgresql");
		string_header(&writer, "__debezium.context.runId", session->run_id);
	}
	if (options->position_header && record->position.lsn != InvalidXLogRecPtr)
	{
		char position[64];

		format_position(position, sizeof(position), &record->position);
		string_header(&writer, "__cdc_json.position", position);
	}
	if (record->has_value && record->result.unavailable > 0 && !options->quirks)
		unavailable_header(&writer, record);
	return writer.count;
}

/* {"topic":T,"key":K,"value":V,"headers":H} */
static void
write_json_record(CdcSession *session, CdcRecord *record)
{
	CdcBuf *buf = &session->message.buf;

	cdc_buf_literal(buf, "{\"topic\":");
	if (record->topic_json)
		cdc_buf_append(buf, record->topic_json->data, record->topic_json->len);
	else
		write_json_string(buf, record->topic);
	cdc_buf_literal(buf, ",\"key\":");
	if (record->has_key)
		record->write_key(buf, session, record);
	else
		cdc_json_null(buf);
	cdc_buf_literal(buf, ",\"value\":");
	if (record->has_value)
		record->write_value(buf, session, record);
	else
		cdc_json_null(buf);
	cdc_buf_literal(buf, ",\"headers\":");
	cdc_json_struct_begin(buf);
	write_headers(session, record);
	cdc_json_struct_end(buf);
	cdc_buf_char(buf, '}');
}

/* A span of the buffer as offset and length within the value. */
static void
put_span(char *at, const CdcSpan *span, size_t value_start)
{
	cdc_put_u32(at, span->len > 0 ? span->start - value_start : 0);
	cdc_put_u32(at + 4, span->len);
}

static void
write_frame_record(CdcSession *session, CdcRecord *record)
{
	CdcBuf *buf = &session->message.buf;
	size_t start = buf->len;
	size_t key_start;
	size_t value_start;
	size_t value_end;
	int headers;
	char *p;

	cdc_buf_reserve(buf, CDC_FRAME_RECORD_HEADER);
	cdc_buf_commit(buf, CDC_FRAME_RECORD_HEADER);
	cdc_buf_append(buf, record->topic, strlen(record->topic));
	key_start = buf->len;
	if (record->has_key)
		record->write_key(buf, session, record);
	value_start = buf->len;
	if (record->has_value)
		record->write_value(buf, session, record);
	value_end = buf->len;
	headers = write_headers(session, record);
	if (buf->discarded > 0)
		return;					/* too large: what lies here is of no use */

	p = buf->data + start;
	cdc_put_u32(p + CDC_FRAME_AT_LENGTH, buf->len - start - 4);
	cdc_put_u64(p + CDC_FRAME_AT_COMMIT_LSN, record->position.lsn);
	cdc_put_u32(p + CDC_FRAME_AT_SEQ, record->position.seq);
	cdc_put_u32(p + CDC_FRAME_AT_PART, record->position.part);
	cdc_put_u64(p + CDC_FRAME_AT_LSN, record->lsn);
	cdc_put_u64(p + CDC_FRAME_AT_TIME, session->txn.source.time_us);
	cdc_put_u32(p + CDC_FRAME_AT_XID, session->txn.source.xid);
	p[CDC_FRAME_AT_KIND] = record->kind;
	p[CDC_FRAME_AT_FLAGS] = (record->has_key ? CDC_FRAME_HAS_KEY : 0) | (record->has_value ? CDC_FRAME_HAS_VALUE : 0) |
		(record->result.unavailable > 0 ? CDC_FRAME_UNAVAILABLE : 0);
	cdc_put_u16(p + CDC_FRAME_AT_NHEADERS, headers);
	cdc_put_u32(p + CDC_FRAME_AT_TOPIC_LEN, strlen(record->topic));
	cdc_put_u32(p + CDC_FRAME_AT_KEY_LEN, value_start - key_start);
	cdc_put_u32(p + CDC_FRAME_AT_VALUE_LEN, value_end - value_start);
	put_span(p + CDC_FRAME_AT_BEFORE, &record->before, value_start);
	put_span(p + CDC_FRAME_AT_AFTER, &record->after, value_start);
}

static void
write_record(CdcSession *session, CdcRecord *record)
{
	CdcBuf *buf = &session->message.buf;

	buf->len = session->message.mark;
	buf->discarded = 0;
	memset(&record->result, 0, sizeof(record->result));
	memset(&record->before, 0, sizeof(record->before));
	memset(&record->after, 0, sizeof(record->after));
	switch (session->setup.options->format)
	{
		case CDC_FORMAT_VALUE:
			if (record->has_value)
				record->write_value(buf, session, record);
			break;
		case CDC_FORMAT_RECORD:
			write_json_record(session, record);
			break;
		case CDC_FORMAT_FRAME:
			write_frame_record(session, record);
			break;
	}
}

/* Sizes of a row's values, found once; the largest is replaced first. */
typedef struct Sizes
{
	CdcRow *row;
	size_t *size;
} Sizes;

static void
measure(Sizes *sizes, const CdcRow *row, CdcTable *table)
{
	sizes->row = unconstify(CdcRow *, row);
	if (!row)
		return;
	sizes->size = palloc(sizeof(size_t) * table->ncolumns);
	for (int i = 0; i < table->ncolumns; i++)
	{
		CHECK_FOR_INTERRUPTS();
		sizes->size[i] = cdc_column_measure(&table->columns[i], row);
	}
	sizes->row->replaced = palloc0(sizeof(bool) * table->ncolumns);
}

/* The largest value not yet replaced: "before" first, lowest column first.  False when none is left. */
static bool
replace_largest(Sizes *sizes, int nsizes, CdcTable *table)
{
	Sizes *where = NULL;
	int which = 0;

	for (int s = 0; s < nsizes; s++)
	{
		if (!sizes[s].row)
			continue;
		for (int i = 0; i < table->ncolumns; i++)
		{
			if (!sizes[s].row->replaced[i] && (!where || sizes[s].size[i] > where->size[which]))
			{
				where = &sizes[s];
				which = i;
			}
		}
	}
	if (!where)
		return false;
	where->row->replaced[which] = true;
	return true;
}

/* Writes a record that did not fit again, with less and less of it, until it does. */
static void
write_reduced(CdcSession *session, CdcRecord *record)
{
	CdcTable *table = record->event ? record->event->table : NULL;
	CdcBuf *buf = &session->message.buf;
	Sizes sizes[2] = {{0}};

	if (table && !table->logged_oversize)
	{
		table->logged_oversize = true;
		ereport(LOG,
				(errmsg("a row of table \"%s.%s\" is too large for one message", table->schema_name, table->table_name),
				 errdetail("Its largest values are sent as unavailable. This is logged once for each version of the table.")));
	}
	if (table)
	{
		measure(&sizes[0], record->event->before, table);
		measure(&sizes[1], record->event->after, table);
	}
	while (buf->discarded > 0)
	{
		if (table && replace_largest(sizes, 2, table))
			session->setup.counters.oversized_values++;
		else if (record->has_key)
		{
			/* a key is sent whole or not at all */
			record->has_key = false;
			session->setup.counters.oversized_keys++;
		}
		else if (record->content.len > 0)
		{
			record->content.len = 0;
			session->setup.counters.oversized_values++;
		}
		else
			break;				/* nothing is left to take away: cannot happen */
		write_record(session, record);
	}
}

/*
 * Appends a record, in the form that "format" asks for.  Returns the bytes
 * written; the record can still be taken back with cdc_message_drop().
 */
size_t
cdc_message_record(CdcSession *session, CdcRecord *record)
{
	CdcMessage *message = &session->message;

	if (session->setup.options->format == CDC_FORMAT_VALUE && !record->has_value)
		return 0;
	begin_message(session);
	write_record(session, record);
	if (message->buf.discarded > 0 && message->records > 0)
	{
		/* it may fit into a message of its own */
		message->buf.len = message->mark - (session->setup.options->format == CDC_FORMAT_FRAME ? 0 : 1);
		cdc_message_flush(session, false);
		begin_message(session);
		write_record(session, record);
	}
	if (message->buf.discarded > 0)
		write_reduced(session, record);
	message->records++;
	message->lsn = session->ctx->write_location;
	return message->buf.len - message->mark;
}

/* Takes the last record back. */
void
cdc_message_drop(CdcSession *session)
{
	CdcMessage *message = &session->message;

	message->records--;
	message->buf.len = message->mark;
	if (message->records > 0 && session->setup.options->format != CDC_FORMAT_FRAME)
		message->buf.len--;		/* the newline before it */
	if (message->records == 0)
		message->buf.len = 0;
}
