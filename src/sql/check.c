/*
 * check.c
 *		What cdc_json.check() cannot ask in SQL.
 */
#include "postgres.h"

#include "fmgr.h"
#include "funcapi.h"
#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_class.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/tuplestore.h"
#include "utils/varlena.h"

#include "compat.h"
#include "options/options.h"
#include "sql/sql.h"

PG_FUNCTION_INFO_V1(cdc_json_plugin_state);
PG_FUNCTION_INFO_V1(cdc_json_unmatched_patterns);

/*
 * Is the plugin in output_plugin_libraries?  "absent": the server has no such
 * setting and loads any plugin.  "listed", "missing".  "quoted": it stands
 * within a single name that holds commas, which is what a quoted list given to
 * ALTER SYSTEM becomes, and which locks out every plugin.
 *
 * The setting is hidden from ordinary users; whether we are in it is not.
 */
Datum
cdc_json_plugin_state(PG_FUNCTION_ARGS)
{
	const char *setting = GetConfigOption("output_plugin_libraries", true, false);
	const char *state = "missing";
	List *names;
	ListCell *cell;

	if (!setting)
		PG_RETURN_TEXT_P(cstring_to_text("absent"));
	if (SplitDirectoriesString(pstrdup(setting), ',', &names))
	{
		foreach(cell, names)
		{
			const char *name = lfirst(cell);

			if (strcmp(name, "cdc_json") == 0)
				state = "listed";
			else if (strchr(name, ',') && strstr(name, "cdc_json") && strcmp(state, "missing") == 0)
				state = "quoted";
		}
	}
	PG_RETURN_TEXT_P(cstring_to_text(state));
}

/* The entries of one list option, and whether each has matched anything. */
typedef struct Watched
{
	const char *option;
	CdcPatterns *patterns;
	int level; /* 1 schema, 2 schema.table, 3 schema.table.column */
	bool *matched;
} Watched;

static void
watch(List **list, const char *option, CdcPatterns *patterns, int level)
{
	Watched *watched;

	if (!patterns)
		return;
	watched = palloc(sizeof(Watched));
	watched->option = option;
	watched->patterns = patterns;
	watched->level = level;
	watched->matched = palloc0(sizeof(bool) * Max(cdc_patterns_count(patterns), 1));
	*list = lappend(*list, watched);
}

static List *
watched_options(const CdcOptions *options)
{
	static const char *const mapper_names[] = {
		"column.truncate.to.<n>.chars", "column.mask.with.<n>.chars", "column.propagate.source.type",
		"datatype.propagate.source.type", "column.mask.hash.<alg>.with.salt.<salt>", "column.mask.hash.v2.<alg>.with.salt.<salt>"};
	List *list = NIL;
	ListCell *cell;

	watch(&list, "schema.include.list", options->schema_include, 1);
	watch(&list, "schema.exclude.list", options->schema_exclude, 1);
	watch(&list, "table.include.list", options->table_include, 2);
	watch(&list, "table.exclude.list", options->table_exclude, 2);
	watch(&list, "column.include.list", options->column_include, 3);
	watch(&list, "column.exclude.list", options->column_exclude, 3);
	foreach(cell, options->key_rules)
		watch(&list, "message.key.columns", ((CdcKeyRule *) lfirst(cell))->table, 2);
	foreach(cell, options->mappers)
	{
		CdcMapper *mapper = lfirst(cell);

		if (mapper->kind != CDC_MAPPER_PROPAGATE_TYPE)
			watch(&list, mapper_names[mapper->kind], mapper->columns, 3);
	}
	return list;
}

static void
note_matches(List *list, int level, const char *name)
{
	ListCell *cell;

	foreach(cell, list)
	{
		Watched *watched = lfirst(cell);

		for (int i = 0; watched->level == level && i < cdc_patterns_count(watched->patterns); i++)
		{
			if (!watched->matched[i])
				watched->matched[i] = cdc_patterns_match_one(watched->patterns, i, name);
		}
	}
}

/* Shows every table and column to the patterns. */
static void
scan_tables(List *list)
{
	Relation classes = table_open(RelationRelationId, AccessShareLock);
	Relation attributes = table_open(AttributeRelationId, AccessShareLock);
	SysScanDesc scan = systable_beginscan(classes, InvalidOid, false, NULL, 0, NULL);
	HeapTuple tuple;

	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_class class = (Form_pg_class) GETSTRUCT(tuple);
		char *schema;
		char *table;
		ScanKeyData key;
		SysScanDesc columns;
		HeapTuple column;

		if (class->relkind != RELKIND_RELATION && class->relkind != RELKIND_PARTITIONED_TABLE)
			continue;
		schema = get_namespace_name(class->relnamespace);
		if (!schema)
			continue;
		table = psprintf("%s.%s", schema, NameStr(class->relname));
		note_matches(list, 1, schema);
		note_matches(list, 2, table);
		ScanKeyInit(&key, Anum_pg_attribute_attrelid, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(class->oid));
		columns = systable_beginscan(attributes, AttributeRelidNumIndexId, true, NULL, 1, &key);
		while (HeapTupleIsValid(column = systable_getnext(columns)))
		{
			Form_pg_attribute att = (Form_pg_attribute) GETSTRUCT(column);

			if (att->attnum > 0 && !att->attisdropped)
				note_matches(list, 3, psprintf("%s.%s", table, NameStr(att->attname)));
		}
		systable_endscan(columns);
	}
	systable_endscan(scan);
	table_close(attributes, AccessShareLock);
	table_close(classes, AccessShareLock);
}

/* Entries of list options that match no table or column: (option, pattern). */
Datum
cdc_json_unmatched_patterns(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	List *list = watched_options(cdc_options_parse(cdc_options_from_array(PG_GETARG_ARRAYTYPE_P(0))));
	ListCell *cell;

	InitMaterializedSRF(fcinfo, 0);
	if (list != NIL)
		scan_tables(list);
	foreach(cell, list)
	{
		Watched *watched = lfirst(cell);

		for (int i = 0; i < cdc_patterns_count(watched->patterns); i++)
		{
			Datum values[2];
			bool nulls[2] = {false};

			if (watched->matched[i])
				continue;
			values[0] = CStringGetTextDatum(watched->option);
			values[1] = CStringGetTextDatum(cdc_patterns_text(watched->patterns, i));
			tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
		}
	}
	return (Datum) 0;
}
