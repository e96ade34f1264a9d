/*
 * emit.c
 *		cdc_json.emit() and cdc_json.set_context(): what applications say to
 *		whoever reads the log.
 *
 * Both write a logical message by themselves, so that they need no right to
 * call pg_logical_emit_message(), which can write a message of any kind.
 */
#include "postgres.h"

#include "access/xlog.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "replication/message.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/fmgrprotos.h"
#include "utils/json.h"
#include "utils/jsonb.h"
#include "utils/pg_lsn.h"

#include "compat.h"
#include "event/context.h"
#include "event/outbox.h"
#include "sql/sql.h"

PG_FUNCTION_INFO_V1(cdc_json_emit);
PG_FUNCTION_INFO_V1(cdc_json_set_context);

/* The content as the plugin will see it. */
static CdcSlice
in_utf8(const StringInfo content)
{
	CdcSlice slice;

	slice.data = pg_server_to_any(content->data, content->len, PG_UTF8);
	slice.len = slice.data == content->data ? (size_t) content->len : strlen(slice.data);
	return slice;
}

static void
add_member(StringInfo content, const char *name, const char *json)
{
	appendStringInfo(content, "%s\"%s\": ", content->len > 1 ? ", " : "", name);
	appendStringInfoString(content, json);
}

static void
add_string(StringInfo content, const char *name, const char *text)
{
	StringInfoData json;

	initStringInfo(&json);
	escape_json(&json, text);
	add_member(content, name, json.data);
	pfree(json.data);
}

static char *
jsonb_text(Jsonb *value)
{
	return JsonbToCString(NULL, &value->root, VARSIZE(value));
}

static Datum
write_message(const char *prefix, const StringInfo content)
{
	PG_RETURN_LSN(cdc_log_message(prefix, content->data, content->len));
}

Datum
cdc_json_emit(PG_FUNCTION_ARGS)
{
	StringInfoData content;
	const char *problem;

	PreventCommandDuringRecovery("cdc_json.emit()");
	if (PG_ARGISNULL(0))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("aggregatetype must not be null"),
				 errdetail("It decides the topic.")));
	initStringInfo(&content);
	appendStringInfoChar(&content, '{');
	add_string(&content, "id", DatumGetCString(DirectFunctionCall1(uuid_out, OidFunctionCall0(F_GEN_RANDOM_UUID))));
	add_string(&content, "aggregatetype", text_to_cstring(PG_GETARG_TEXT_PP(0)));
	if (!PG_ARGISNULL(1))
		add_string(&content, "aggregateid", text_to_cstring(PG_GETARG_TEXT_PP(1)));
	if (!PG_ARGISNULL(2))
		add_string(&content, "type", text_to_cstring(PG_GETARG_TEXT_PP(2)));
	if (!PG_ARGISNULL(3))
		add_member(&content, "payload", jsonb_text(PG_GETARG_JSONB_P(3)));
	if (!PG_ARGISNULL(4))
		add_member(&content, "headers", jsonb_text(PG_GETARG_JSONB_P(4)));
	appendStringInfoChar(&content, '}');
	problem = cdc_outbox_problem(in_utf8(&content));
	if (problem)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid event of an outbox"),
				 errdetail("%s", problem)));
	return write_message(CDC_OUTBOX_PREFIX, &content);
}

Datum
cdc_json_set_context(PG_FUNCTION_ARGS)
{
	StringInfoData content;
	const char *problem;

	PreventCommandDuringRecovery("cdc_json.set_context()");
	initStringInfo(&content);
	appendStringInfoString(&content, jsonb_text(PG_GETARG_JSONB_P(0)));
	problem = cdc_context_problem(in_utf8(&content));
	if (problem)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid context"),
				 errdetail("%s", problem),
				 errhint("A context is an object such as {\"actor\": \"alice\", \"request\": \"4711\"}.")));
	return write_message(CDC_CONTEXT_PREFIX, &content);
}
