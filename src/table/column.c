/*
 * column.c
 *		One column of a table: its type, its schema, and what it looks like
 *		when there is no value to encode.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/tupdesc.h"
#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/guc.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "table/table.h"

/* What deparsing needs, for the guarded call. */
typedef struct Deparse
{
	const char *expression; /* pg_attrdef.adbin */
	char *text;
} Deparse;

/*
 * Settings that show in printed expressions.  The path is the default one, so
 * that names are qualified as a connector with an ordinary role sees them.
 */
static const struct
{
	const char *name;
	const char *value;
} deparse_settings[] = {
	{"search_path", "public"},
	{"quote_all_identifiers", "off"},
	{"standard_conforming_strings", "on"},
};

/* A default holds no columns, so that nothing of the table needs to be opened. */
static void
deparse(void *arg)
{
	Deparse *job = arg;
	int level = NewGUCNestLevel();

	for (int i = 0; i < lengthof(deparse_settings); i++)
		(void) set_config_option(deparse_settings[i].name, deparse_settings[i].value,
								 PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	job->text = TextDatumGetCString(DirectFunctionCall2(pg_get_expr, CStringGetTextDatum(job->expression),
														ObjectIdGetDatum(InvalidOid)));
	AtEOXact_GUC(false, level);
}

/*
 * A column's default as pg_get_expr prints it; NULL without one.  Deparsing
 * is not ours and looks at many catalogs, so it is guarded: a default that
 * cannot be printed counts as none.
 */
static char *
default_expression(Relation relation, Form_pg_attribute att)
{
	TupleConstr *constr = RelationGetDescr(relation)->constr;

	if (!att->atthasdef || att->attgenerated || !constr)
		return NULL;
	for (int i = 0; i < constr->num_defval; i++)
	{
		if (constr->defval[i].adnum == att->attnum)
		{
			Deparse job = {constr->defval[i].adbin, NULL};

			return cdc_guard(deparse, &job) ? job.text : NULL;
		}
	}
	return NULL;
}

/* Does a domain, or one that it is based on, say NOT NULL? */
static bool
domain_not_null(Oid typid)
{
	for (;;)
	{
		HeapTuple tuple = SearchSysCache1(TYPEOID, ObjectIdGetDatum(typid));
		Form_pg_type type;
		bool not_null;

		if (!HeapTupleIsValid(tuple))
			return false;
		type = (Form_pg_type) GETSTRUCT(tuple);
		not_null = type->typtype == TYPTYPE_DOMAIN && type->typnotnull;
		typid = type->typtype == TYPTYPE_DOMAIN ? type->typbasetype : InvalidOid;
		ReleaseSysCache(tuple);
		if (not_null || !OidIsValid(typid))
			return not_null;
	}
}

/*
 * The schema of a column: a copy of its type's, unless there is one to be
 * shared because nothing is added to it.
 */
static CdcSchema *
column_schema(const CdcType *type, bool optional, bool shared)
{
	if (shared && type->optional)
		return optional ? type->optional : type->schema;
	return cdc_schema_copy(type->schema, optional);
}

/* Is the mapper one that changes the value, and not only the schema? */
static bool
changes_value(const CdcMapper *mapper)
{
	return mapper && mapper->kind != CDC_MAPPER_PROPAGATE && mapper->kind != CDC_MAPPER_PROPAGATE_TYPE;
}

/*
 * Fills in everything but the position in the tuple.  False when the column is
 * left out: its type is not mapped.
 *
 * A key has neither masks nor propagated types in Debezium.  Unless quirks ask
 * for the clear key, hashing and truncation reach it here too; a key with a
 * column under a constant mask is no key at all, which the caller sees to.
 */
bool
cdc_column_resolve(CdcColumn *column, const CdcSettings *settings, const CdcTableContext *context,
				   const CdcTable *table, Relation shown, Form_pg_attribute att, bool for_key)
{
	const CdcOptions *options = context->options;
	const CdcMapper *mapper = cdc_filter_mapper(options, table->schema_name, table->table_name,
												NameStr(att->attname), att->atttypid);
	bool excluded = !cdc_filter_column(options, table->schema_name, table->table_name, NameStr(att->attname));
	char *expression;

	column->name = pstrdup(NameStr(att->attname));
	column->field = cdc_name_adjust_field(options->field_adjustment, cdc_utf8_cstring(column->name));
	column->varlena = att->attlen == -1;
	column->type = cdc_table_type(context, settings, att->atttypid, att->atttypmod);
	if (!column->type)
		return false;
	column->notnull = att->attnotnull || domain_not_null(att->atttypid);
	/* the connector reads an excluded column's key field without its constraints */
	if (for_key && excluded && settings->quirks)
		column->notnull = false;
	if (changes_value(mapper) && (!for_key || !settings->quirks))
	{
		column->type = cdc_type_map(column->type, mapper, !column->notnull);
		column->mapped = column->type->unmapped != NULL;
	}

	expression = default_expression(shown, att);
	column->schema = column_schema(column->type, !column->notnull || column->type->always_optional, !mapper && !expression);
	if (mapper && !changes_value(mapper) && !for_key)
		cdc_type_propagate(column->schema, att->atttypid, column->type->typid, column->type->typmod, cdc_utf8_cstring(column->name));
	/* a clear default of a masked column stays here, unless quirks ask for it */
	if (expression && (!column->mapped || settings->quirks) && !(for_key && excluded && settings->quirks))
		column->schema->default_json = cdc_type_default(column->mapped ? column->type->unmapped : column->type, att->atttypid,
														expression);
	return true;
}

/* What comes before a value of the column, see CdcColumn. */
static CdcSlice
member(const CdcColumn *column, const CdcSettings *settings, bool first)
{
	CdcBuf buf;

	cdc_buf_palloc(&buf, 64);
	if (settings->converter->kind == CDC_CONVERTER_AVRO)
	{
		if (column->schema->optional)
			cdc_avro_long(&buf, !cdc_avro_null_branch(column->schema));
		return cdc_buf_slice(&buf);
	}
	buf.ascii = settings->ascii;
	if (first)
		cdc_json_struct_begin(&buf);
	cdc_json_member(&buf, first, column->field, strlen(column->field));
	return cdc_buf_slice(&buf);
}

/* A constant in place of a value; as JSON it is shared with who made it. */
static CdcSlice
constant(const CdcColumn *column, const CdcSettings *settings, const char *json)
{
	CdcSlice text = {json, strlen(json)};
	CdcBuf buf;

	if (settings->converter->kind != CDC_CONVERTER_AVRO)
		return text;
	cdc_buf_palloc(&buf, 16);
	cdc_avro_value(&buf, column->schema, json, text.len);
	return cdc_buf_slice(&buf);
}

/*
 * Renders what stands for the column where no value is encoded.
 *
 *	null		a default takes its place when replace.null.with.default is on
 *	missing		not in the old tuple: null; where the field may not be null
 *				(schemas, quirks) its default, or the zero of the connector's
 *				value converter
 *	unavailable the placeholder; where it must fit the schema, the connector's
 *	failed		null, or what the field requires instead
 */
void
cdc_column_render(CdcColumn *column, const CdcSettings *settings, bool first)
{
	const CdcType *type = column->type;
	const CdcSchema *schema = column->schema;
	const char *null = "null";
	const char *required;
	const char *unavailable;
	bool must;

	column->member = member(column, settings, first);
	if (type->null_json)
		null = type->null_json;
	else if (settings->converter->replace_null_with_default && schema->default_json && schema->optional)
		null = schema->default_json;
	required = null;
	/* the connector looks at the column, whose field may be optional all the same (PostGIS geometry) */
	must = settings->quirks ? column->notnull : settings->fits && !schema->optional;
	if (must)
	{
		required = schema->default_json;
		if (required && column->mapped)
			required = cdc_type_map_constant(type, required);
		if (!required)
			required = type->fallback ? type->fallback : "null";
	}

	if (settings->fits || column->mapped)
		unavailable = type->unavailable ? type->unavailable : required;
	else
		unavailable = cdc_constant_placeholder(settings);

	column->null_text = constant(column, settings, null);
	column->missing_text = constant(column, settings, required);
	column->unavailable_text = constant(column, settings, unavailable);
	column->failed_text = column->missing_text;
	column->failed_json = required;
}
