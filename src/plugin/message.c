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
 * A message has a limit, because the server's buffers have one (1 GB): see
 * event/record.h.
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "frame.h"
#include "plugin/session.h"

#define KEEP_LIMIT (16 * 1024 * 1024) /* larger buffers are not kept */
#define INITIAL_SIZE 8192

static void
allocate(CdcSession *session)
{
	MemoryContext old = MemoryContextSwitchTo(session->ctx->context);

	cdc_record_buffer(&session->message.writer, INITIAL_SIZE);
	MemoryContextSwitchTo(old);
}

void
cdc_message_init(CdcSession *session)
{
	CdcRecordWriter *writer = &session->message.writer;

	writer->setup = &session->setup;
	writer->limit = CDC_RECORD_LIMIT;
	writer->run_id = session->run_id;
	writer->source = &session->txn.source;
	writer->session = session;
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
	CdcBuf *buf = &session->message.writer.buf;
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
	if (session->message.writer.buf.cap > KEEP_LIMIT)
	{
		pfree(session->message.writer.buf.data);
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
		message->writer.buf.data[2] = ends_transaction ? CDC_FRAME_ENDS_TRANSACTION : 0;
		cdc_put_u32(message->writer.buf.data + 4, message->records);
	}
	/* a record that waited for the next one keeps its own position */
	if (!ends_transaction)
		ctx->write_location = message->lsn;
	OutputPluginPrepareWrite(ctx, true);
	move_to_output(session);
	cdc_send(session, !ends_transaction);
	ctx->write_location = here;
	message->writer.buf.len = 0;
	message->records = 0;
	session->txn.emitted = true;
	shrink(session);
}

static void
begin_message(CdcSession *session)
{
	static const char header[CDC_FRAME_MESSAGE_HEADER] = {CDC_FRAME_MAGIC, CDC_FRAME_VERSION};
	CdcBuf *buf = &session->message.writer.buf;
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
	session->message.writer.mark = buf->len;
}

/*
 * Appends a record, in the form that "format" asks for.  Returns the bytes
 * written.
 */
size_t
cdc_message_record(CdcSession *session, CdcRecord *record)
{
	CdcMessage *message = &session->message;
	CdcRecord schemas[2];

	if (session->setup.options->format == CDC_FORMAT_VALUE && !record->has_value)
		return 0;
	if (record->kind != CDC_FRAME_SCHEMA && (record->key_schema || record->value_schema))
	{
		int n = cdc_record_schemas(&message->writer, record, schemas, session->mcxt);

		for (int i = 0; i < n; i++)
			cdc_message_record(session, &schemas[i]);
	}
	begin_message(session);
	cdc_record_write(&message->writer, record);
	if (message->writer.buf.discarded > 0 && message->records > 0)
	{
		/* it may fit into a message of its own */
		message->writer.buf.len = message->writer.mark - (session->setup.options->format == CDC_FORMAT_FRAME ? 0 : 1);
		cdc_message_flush(session, false);
		begin_message(session);
		cdc_record_write(&message->writer, record);
	}
	if (message->writer.buf.discarded > 0)
		cdc_record_write_reduced(&message->writer, record);
	message->records++;
	message->lsn = session->ctx->write_location;
	return message->writer.buf.len - message->writer.mark;
}
