/*
 * filter.c
 *		Which tables and columns are sent, and what is done to a column.
 *
 * Names are matched in the server's encoding, as they stand in the catalog.
 * Rules: Debezium's RelationalTableFilters and ColumnMappers.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/syscache.h"

#include "table/table.h"

/* include or exclude list of one kind; both given is refused at slot start */
static bool
passes(CdcPatterns *include, CdcPatterns *exclude, const char *name)
{
	if (include)
		return cdc_patterns_match(include, name);
	return !exclude || !cdc_patterns_match(exclude, name);
}

/* PostgresConnectorConfig.SystemTablesPredicate */
static bool
is_builtin(const char *schema, const char *table)
{
	return strncmp(schema, "pg_temp", 7) == 0 ||
		   pg_strcasecmp(schema, "pg_catalog") == 0 ||
		   pg_strcasecmp(schema, "information_schema") == 0 ||
		   pg_strcasecmp(table, "spatial_ref_sys") == 0;
}

bool
cdc_filter_table(const CdcOptions *options, const char *schema, const char *table)
{
	char *qualified;
	bool pass;

	if (options->table_ignore_builtin && is_builtin(schema, table))
		return false;
	if (!passes(options->schema_include, options->schema_exclude, schema))
		return false;
	if (!options->table_include && !options->table_exclude)
		return true;
	qualified = psprintf("%s.%s", schema, table);
	pass = passes(options->table_include, options->table_exclude, qualified);
	pfree(qualified);
	return pass;
}

bool
cdc_filter_column(const CdcOptions *options, const char *schema, const char *table, const char *column)
{
	char *qualified;
	bool pass;

	if (!options->column_include && !options->column_exclude)
		return true;
	qualified = psprintf("%s.%s.%s", schema, table, column);
	pass = passes(options->column_include, options->column_exclude, qualified);
	pfree(qualified);
	return pass;
}

/*
 * The one mapper that applies to a column: the first that matches, in the
 * order of the list.  Debezium stops there, so a hashed column that is also
 * propagated is sent in clear; unless quirks ask for that, a mapper that
 * protects wins over one that only annotates.
 */
const CdcMapper *
cdc_filter_mapper(const CdcOptions *options, const char *schema, const char *table, const char *column, Oid type)
{
	const CdcMapper *propagate = NULL;
	char *qualified;
	char *typed = NULL;
	ListCell *cell;

	if (options->mappers == NIL)
		return NULL;
	qualified = psprintf("%s.%s.%s", schema, table, column);
	foreach(cell, options->mappers)
	{
		CdcMapper *mapper = lfirst(cell);
		const char *name = qualified;

		if (mapper->kind == CDC_MAPPER_PROPAGATE_TYPE)
		{
			if (!typed)
			{
				HeapTuple tuple = SearchSysCache1(TYPEOID, ObjectIdGetDatum(type));

				if (!HeapTupleIsValid(tuple))
					continue;
				typed = psprintf("%s.%s.%s", schema, table, NameStr(((Form_pg_type) GETSTRUCT(tuple))->typname));
				ReleaseSysCache(tuple);
			}
			name = typed;
		}
		if (!cdc_patterns_match(mapper->columns, name))
			continue;
		if (mapper->kind != CDC_MAPPER_PROPAGATE && mapper->kind != CDC_MAPPER_PROPAGATE_TYPE)
			return mapper;
		if (options->quirks)
			return mapper;
		if (!propagate)
			propagate = mapper;
	}
	return propagate;
}
