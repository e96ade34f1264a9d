/*
 * schema.c
 *		cdc_json.schema(): the Connect schema of a table's events.
 */
#include "postgres.h"

#include "access/relation.h"
#include "fmgr.h"
#include "mb/pg_wchar.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/rel.h"

#include "compat.h"
#include "event/schema.h"
#include "event/setup.h"
#include "sql/sql.h"

PG_FUNCTION_INFO_V1(cdc_json_schema);

static const CdcSchema *
choose_schema(const CdcSetup *setup, const CdcTable *table, const char *which)
{
	if (strcmp(which, "key") == 0)
		return table->nkey > 0 ? cdc_event_key_schema(&setup->constants, table) : NULL;
	/* a flattened record's value is one struct */
	if (((CdcTemplate *) table->template)->flat)
		return cdc_flat_schema(&setup->constants, table);
	if (strcmp(which, "value") == 0)
		return cdc_event_row_schema(&setup->constants, table);
	return cdc_event_envelope_schema(&setup->constants, table);
}

/* A table as it is now, described in the memory of this call. */
Datum
cdc_json_schema(PG_FUNCTION_ARGS)
{
	Oid relid = PG_GETARG_OID(0);
	char *which = text_to_cstring(PG_GETARG_TEXT_PP(1));
	CdcSetup *setup = palloc0(sizeof(CdcSetup));
	const CdcSchema *schema = NULL;
	CdcTable *table;
	Relation relation;
	CdcBuf buf;
	char *text;

	if (strcmp(which, "key") != 0 && strcmp(which, "value") != 0 && strcmp(which, "envelope") != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("unrecognized schema: \"%s\"", which),
				 errhint("Valid values are \"key\", \"value\" and \"envelope\".")));
	cdc_setup_init(setup, cdc_options_parse(cdc_options_from_array(PG_GETARG_ARRAYTYPE_P(2))));
	cdc_setup_resolve(setup, true);

	relation = relation_open(relid, AccessShareLock);
	table = cdc_table_describe(&setup->tables, relation);
	if (!table->published)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("\"%s\" is not a table that events are made of", RelationGetRelationName(relation)),
				 errdetail("Events are made of ordinary and partitioned tables outside the system catalogs.")));
	if (table->captured)
		schema = choose_schema(setup, table, which);
	relation_close(relation, AccessShareLock);
	if (!schema)
		PG_RETURN_NULL();
	cdc_buf_palloc(&buf, 1024);
	buf.ascii = setup->value_settings.ascii;
	if ((strcmp(which, "key") == 0 ? setup->options->key : setup->options->value).kind == CDC_CONVERTER_AVRO)
	{
		/* Avro's text has no escapes for characters beyond ASCII */
		cdc_schema_avro(&buf, schema);
		text = cdc_buf_cstring(&buf);
		PG_RETURN_TEXT_P(cstring_to_text(pg_any_to_server(text, strlen(text), PG_UTF8)));
	}
	cdc_schema_json(&buf, schema, NULL);
	PG_RETURN_TEXT_P(cstring_to_text_with_len(buf.data, buf.len));
}
