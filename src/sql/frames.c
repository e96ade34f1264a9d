/*
 * frames.c
 *		cdc_json.frame_records(): the records of a frame as rows.
 *
 * What get_events and peek_events read from the server.  A frame can be any
 * bytea, so every length is checked before it is used.
 */
#include "postgres.h"

#include "fmgr.h"
#include "funcapi.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/pg_lsn.h"
#include "utils/tuplestore.h"

#include "compat.h"
#include "frame.h"
#include "json/json.h"
#include "sql/sql.h"
#include "value/value.h"

PG_FUNCTION_INFO_V1(cdc_json_frame_records);

/* What of a frame has not been read yet. */
typedef struct Reader
{
	const char *data;
	size_t left;
} Reader;

static void
malformed(const char *detail)
{
	ereport(ERROR,
			(errcode(ERRCODE_DATA_CORRUPTED),
			 errmsg("malformed frame"),
			 errdetail("%s", detail)));
}

/* The next "len" bytes. */
static const char *
take(Reader *reader, size_t len)
{
	const char *data = reader->data;

	if (len > reader->left)
		malformed("It ends within a record.");
	reader->data += len;
	reader->left -= len;
	return data;
}

/* The next "len" bytes as text: checked, because bytes from elsewhere may be none. */
static Datum
take_text(Reader *reader, size_t len)
{
	const char *data = take(reader, len);

	if (!pg_verifymbstr(data, (int) len, true))
		malformed("It holds text that is not valid in the database's encoding.");
	return PointerGetDatum(cstring_to_text_with_len(data, (int) len));
}

/* All headers as one JSON object. */
static Datum
read_headers(Reader *record, int n)
{
	bool raw = false;
	CdcBuf buf;

	cdc_buf_palloc(&buf, 256);
	cdc_json_struct_begin(&buf);
	for (int i = 0; i < n; i++)
	{
		const char *header = take(record, CDC_FRAME_HEADER_HEADER);
		size_t name_len = cdc_get_u16(header + 2);
		size_t value_len = cdc_get_u32(header + 4);
		const char *name = take(record, name_len);
		const char *value = take(record, value_len);

		cdc_json_member(&buf, i == 0, name, name_len);
		if (header[0] == CDC_FRAME_HEADER_NULL)
			cdc_json_null(&buf);
		else if (header[0])
		{
			cdc_buf_append(&buf, value, value_len);
			raw = true;
		}
		else
			cdc_json_string(&buf, value, value_len);
	}
	cdc_json_struct_end(&buf);
	if (!pg_verifymbstr(buf.data, (int) buf.len, true))
		malformed("It holds text that is not valid in the database's encoding.");
	/* what came as JSON text was taken as it is, and may be none */
	if (raw)
		return DirectFunctionCall1(json_in, CStringGetDatum(cdc_buf_cstring(&buf)));
	return PointerGetDatum(cstring_to_text_with_len(buf.data, (int) buf.len));
}

/* One record as a row: lsn, commit_lsn, seq, part, xid, topic, key, value, headers. */
static void
read_record(Reader *frame, ReturnSetInfo *result)
{
	size_t len = cdc_get_u32(take(frame, 4));
	const char *r = take(frame, len) - 4;
	Reader record = {r + 4, len};
	uint8 flags;
	size_t topic_len;
	size_t key_len;
	size_t value_len;
	Datum values[9] = {0};
	bool nulls[9] = {false};

	take(&record, CDC_FRAME_RECORD_HEADER - 4);
	flags = r[CDC_FRAME_AT_FLAGS];
	if (flags & CDC_FRAME_HAS_SCHEMAS)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("a record in Avro is not text"),
				 errhint("pg_logical_slot_get_changes() with format \"record\" shows Avro in base64.")));
	topic_len = cdc_get_u32(r + CDC_FRAME_AT_TOPIC_LEN);
	key_len = cdc_get_u32(r + CDC_FRAME_AT_KEY_LEN);
	value_len = cdc_get_u32(r + CDC_FRAME_AT_VALUE_LEN);

	values[0] = LSNGetDatum(cdc_get_u64(r + CDC_FRAME_AT_LSN));
	values[1] = LSNGetDatum(cdc_get_u64(r + CDC_FRAME_AT_COMMIT_LSN));
	values[2] = Int64GetDatum((int64) cdc_get_u32(r + CDC_FRAME_AT_SEQ));
	values[3] = Int32GetDatum((int32) cdc_get_u32(r + CDC_FRAME_AT_PART));
	values[4] = TransactionIdGetDatum(cdc_get_u32(r + CDC_FRAME_AT_XID));
	nulls[4] = cdc_get_u32(r + CDC_FRAME_AT_XID) == 0;
	values[5] = take_text(&record, topic_len);
	values[6] = take_text(&record, key_len);
	nulls[6] = !(flags & CDC_FRAME_HAS_KEY);
	values[7] = take_text(&record, value_len);
	nulls[7] = !(flags & CDC_FRAME_HAS_VALUE);
	values[8] = read_headers(&record, cdc_get_u16(r + CDC_FRAME_AT_NHEADERS));
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

Datum
cdc_json_frame_records(PG_FUNCTION_ARGS)
{
	bytea *data = PG_GETARG_BYTEA_PP(0);
	Reader frame = {VARDATA_ANY(data), VARSIZE_ANY_EXHDR(data)};
	const char *header;
	uint32 n;

	InitMaterializedSRF(fcinfo, 0);
	header = take(&frame, CDC_FRAME_MESSAGE_HEADER);
	if (header[0] != CDC_FRAME_MAGIC || header[1] != CDC_FRAME_VERSION)
		malformed("It does not start as frames of this version do.");
	n = cdc_get_u32(header + 4);
	for (uint32 i = 0; i < n; i++)
	{
		CHECK_FOR_INTERRUPTS();
		read_record(&frame, (ReturnSetInfo *) fcinfo->resultinfo);
	}
	return (Datum) 0;
}
