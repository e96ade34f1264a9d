/*
 * table.c
 *		Descriptions of tables: building, caching, invalidation.
 *
 * An invalidation may arrive in the middle of a callback, at any look into a
 * catalog, so it only marks descriptions as stale; they are rebuilt at the
 * next look-up.  Callbacks cannot be unregistered: they are registered once
 * per process and find the session's cache, if there is one, through
 * "current".
 */
#include "postgres.h"

#include "access/attmap.h"
#include "access/htup_details.h"
#include "access/transam.h"
#include "catalog/partition.h"
#include "catalog/pg_class.h"
#include "nodes/bitmapset.h"
#include "utils/builtins.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "compat.h"
#include "table/own.h"
#include "table/table.h"

/* There may be very many descriptions: blocks are small, so that little of the last one is left unused. */
#define DESCRIPTION_SIZES 0, 1024, 2048

/* So many stale descriptions are kept until all of them are freed. */
#define SWEEP_AFTER 100

/* Descriptions by what they depend on, for invalidations. */
typedef struct Dependents
{
	CdcDependency on; /* hash key */
	List *tables; /* Oids of described tables */
} Dependents;

/* A hash entry: the description itself lives in a context of its own. */
typedef struct CacheEntry
{
	Oid relid; /* hash key */
	CdcTable *table;
} CacheEntry;

struct CdcTables
{
	CdcTableContext context;
	MemoryContext mcxt;
	HTAB *entries;
	HTAB *dependents;
	uint32 stale; /* descriptions marked since the last sweep */
};

static CdcTables *current = NULL;
static bool callbacks_registered = false;
static uint64 generation = 0; /* changes with every invalidation that could concern a description */

static void
mark_stale(CdcTables *tables, CacheEntry *entry)
{
	if (!entry || !entry->table || !entry->table->valid)
		return;
	entry->table->valid = false;
	tables->stale++;
}

static void
invalidate_all(CdcTables *tables)
{
	HASH_SEQ_STATUS status;
	CacheEntry *entry;

	hash_seq_init(&status, tables->entries);
	while ((entry = hash_seq_search(&status)) != NULL)
		mark_stale(tables, entry);
}

/* Marks what depends on one entry of a catalog; value 0 stands for all entries. */
static void
invalidate_dependents(CdcTables *tables, int32 cache, uint32 value)
{
	CdcDependency on = {cache, value};
	Dependents *dependents = hash_search(tables->dependents, &on, HASH_FIND, NULL);
	ListCell *cell;

	if (!dependents)
		return;
	foreach(cell, dependents->tables)
		mark_stale(tables, hash_search(tables->entries, &lfirst_oid(cell), HASH_FIND, NULL));
}

static void
relation_invalidated(Datum arg, Oid relid)
{
	generation++;
	if (!current)
		return;
	if (OidIsValid(relid))
		invalidate_dependents(current, CDC_DEPEND_RELATION, relid);
	else
		invalidate_all(current);
}

/*
 * Of types and schemas, those with the hash value: temporary tables make and
 * drop types all the time.  Of enum labels, any.
 */
static void
catalog_invalidated(Datum arg, int cacheid, uint32 hashvalue)
{
	generation++;
	if (!current)
		return;
	if (cacheid == ENUMOID)
		invalidate_dependents(current, ENUMOID, 0);
	else if (hashvalue != 0)
		invalidate_dependents(current, cacheid, hashvalue);
	else
		invalidate_all(current);
}

static void
forget_cache(void *arg)
{
	if (current == arg)
		current = NULL;
}

static void
register_callbacks(void)
{
	if (callbacks_registered)
		return;
	CacheRegisterRelcacheCallback(relation_invalidated, (Datum) 0);
	CacheRegisterSyscacheCallback(TYPEOID, catalog_invalidated, (Datum) 0);
	CacheRegisterSyscacheCallback(ENUMOID, catalog_invalidated, (Datum) 0);
	CacheRegisterSyscacheCallback(NAMESPACEOID, catalog_invalidated, (Datum) 0);
	callbacks_registered = true;
}

uint64
cdc_tables_generation(void)
{
	register_callbacks();
	return generation;
}

CdcTables *
cdc_tables_create(const CdcTableContext *context)
{
	CdcTables *tables = palloc0(sizeof(CdcTables));
	MemoryContextCallback *callback = palloc0(sizeof(MemoryContextCallback));
	HASHCTL ctl = {0};

	tables->context = *context;
	tables->context.types = cdc_table_types_create();
	tables->mcxt = CurrentMemoryContext;
	ctl.keysize = sizeof(Oid);
	ctl.hcxt = CurrentMemoryContext;
	ctl.entrysize = sizeof(CacheEntry);
	tables->entries = hash_create("cdc_json tables", 128, &ctl, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	ctl.keysize = sizeof(CdcDependency);
	ctl.entrysize = sizeof(Dependents);
	tables->dependents = hash_create("cdc_json dependents", 128, &ctl, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);

	/* shutdown is not called after an error: the pointer must go with the memory */
	callback->func = forget_cache;
	callback->arg = tables;
	MemoryContextRegisterResetCallback(CurrentMemoryContext, callback);
	register_callbacks();
	current = tables;
	return tables;
}

static void
add_dependency(CdcTables *tables, const CdcDependency *on, Oid relid)
{
	MemoryContext old;
	bool found;
	Dependents *dependents = hash_search(tables->dependents, on, HASH_ENTER, &found);

	if (!found)
		dependents->tables = NIL;
	old = MemoryContextSwitchTo(tables->mcxt);
	dependents->tables = list_append_unique_oid(dependents->tables, relid);
	MemoryContextSwitchTo(old);
}

static void
remove_dependencies(CdcTables *tables, CdcTable *table)
{
	ListCell *cell;

	foreach(cell, table->dependencies)
	{
		const CdcDependency *on = lfirst(cell);
		Dependents *dependents = hash_search(tables->dependents, on, HASH_FIND, NULL);

		if (!dependents)
			continue;
		dependents->tables = list_delete_oid(dependents->tables, table->relid);
		if (dependents->tables == NIL)
			hash_search(tables->dependents, on, HASH_REMOVE, NULL);
	}
}

/* What a publication FOR ALL TABLES would have: pgoutput's is_publishable_class. */
static bool
is_published(Relation relation)
{
	char kind = relation->rd_rel->relkind;

	return (kind == RELKIND_RELATION || kind == RELKIND_PARTITIONED_TABLE) &&
		   RelationGetRelid(relation) >= FirstNormalObjectId;
}

/*
 * Connect's SimpleHeaderConverter writes JSON whatever the key's converter is,
 * and a struct's Decimal as a number, also where JsonConverter writes its bytes.
 */
static void
describe_header_column(const CdcTableContext *context, CdcTable *table, Relation shown, Form_pg_attribute att)
{
	const CdcColumn *column = &table->key[table->nkey];
	CdcColumn *header = &table->header_key[table->nkey];

	bool same = context->key_settings->converter->kind == CDC_CONVERTER_JSON &&
				(!column->schema->name || strcmp(column->schema->name, "org.apache.kafka.connect.data.Decimal") != 0);

	*header = *column;
	if (same || !cdc_column_resolve(header, context->header_settings, context, table, shown, att, true))
		return;
	cdc_column_render(header, context->header_settings, table->nkey == 0);
}

/* Columns of the key; false when there is none to be had. */
static void
describe_key(const CdcTableContext *context, CdcTable *table, Relation shown, AttrMap *map, Bitmapset *identity)
{
	List *attributes = cdc_key_attributes(context->options, shown, table, &table->dependencies);
	ListCell *cell;

	table->key = palloc0(sizeof(CdcColumn) * Max(list_length(attributes), 1));
	table->header_key = palloc0(sizeof(CdcColumn) * Max(list_length(attributes), 1));
	table->key_known = true;
	foreach(cell, attributes)
	{
		Form_pg_attribute att = TupleDescAttr(RelationGetDescr(shown), lfirst_int(cell) - 1);
		CdcColumn *column = &table->key[table->nkey];

		if (att->attisdropped || CDC_IS_VIRTUAL(att) || (map && map->attnums[att->attnum - 1] == 0) ||
			!cdc_column_resolve(column, context->key_settings, context, table, shown, att, true))
			continue;
		column->attnum = map ? map->attnums[att->attnum - 1] : att->attnum;
		column->identity = table->identity_full || bms_is_member(column->attnum, identity);
		if (!column->identity)
			table->key_known = false;
		cdc_column_render(column, context->key_settings, table->nkey == 0);
		describe_header_column(context, table, shown, att);
		table->nkey++;
		if (column->type->null_json)
		{
			/* a constant in place of a key would make one key of many rows */
			ereport(LOG,
					(errmsg("key of table \"%s.%s\" is left out: column \"%s\" is masked",
							table->schema_name, table->table_name, column->name)));
			table->nkey = 0;
			return;
		}
	}
}

static void
describe_columns(const CdcTableContext *context, CdcTable *table, Relation shown, AttrMap *map, Bitmapset *identity)
{
	TupleDesc desc = RelationGetDescr(shown);
	int live = 0;

	table->columns = palloc0(sizeof(CdcColumn) * Max(desc->natts, 1));
	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute att = TupleDescAttr(desc, i);
		CdcColumn *column = &table->columns[table->ncolumns];

		if (att->attisdropped || CDC_IS_VIRTUAL(att))
			continue;
		if (map && map->attnums[i] == 0)
			continue; /* the partition lacks it: cannot happen */
		live++;
		table->dependencies = cdc_depend_type(table->dependencies, att->atttypid);
		if (!cdc_filter_column(context->options, table->schema_name, table->table_name, NameStr(att->attname)) ||
			!cdc_column_resolve(column, context->value_settings, context, table, shown, att, false))
			continue;
		column->attnum = map ? map->attnums[i] : att->attnum;
		column->identity = table->identity_full || bms_is_member(column->attnum, identity);
		cdc_column_render(column, context->value_settings, table->ncolumns == 0);
		table->ncolumns++;
	}
	/* changes of a table without columns are not captured; one whose columns are all excluded gives {} */
	if (live == 0)
		table->captured = false;
}

/* With publish.via.partition.root, the topmost partitioned table; else the relation itself. */
static Relation
shown_relation(const CdcTableContext *context, Relation relation, List **dependencies)
{
	List *ancestors;
	ListCell *cell;
	Relation root;

	if (!context->options->publish_via_partition_root || !relation->rd_rel->relispartition)
		return relation;
	ancestors = get_partition_ancestors(RelationGetRelid(relation));
	if (ancestors == NIL)
		return relation;
	foreach(cell, ancestors)
		*dependencies = cdc_depend_relation(*dependencies, lfirst_oid(cell));
	root = RelationIdGetRelation(llast_oid(ancestors));
	return root ? root : relation;
}

/* Attribute numbers of "relation" by those of "shown"; both have the same columns by name. */
static AttrMap *
attributes_by_name(Relation shown, Relation relation)
{
	TupleDesc to = RelationGetDescr(shown);
	TupleDesc from = RelationGetDescr(relation);
	AttrMap *map = make_attrmap(to->natts);

	for (int i = 0; i < to->natts; i++)
	{
		for (int j = 0; j < from->natts; j++)
		{
			if (!TupleDescAttr(from, j)->attisdropped &&
				strcmp(NameStr(TupleDescAttr(to, i)->attname), NameStr(TupleDescAttr(from, j)->attname)) == 0)
				map->attnums[i] = j + 1;
		}
	}
	return map;
}

/* Describes a relation in CurrentMemoryContext. */
CdcTable *
cdc_table_describe(const CdcTableContext *context, Relation relation)
{
	CdcTable *table = palloc0(sizeof(CdcTable));
	Relation shown;
	AttrMap *map = NULL;
	Bitmapset *identity;
	char *schema;

	table->relid = RelationGetRelid(relation);
	table->mcxt = CurrentMemoryContext;
	table->natts = RelationGetNumberOfAttributes(relation);
	table->new_values = palloc(sizeof(Datum) * Max(table->natts, 1));
	table->old_values = palloc(sizeof(Datum) * Max(table->natts, 1));
	table->new_nulls = palloc(sizeof(bool) * Max(table->natts, 1));
	table->old_nulls = palloc(sizeof(bool) * Max(table->natts, 1));
	table->dependencies = cdc_depend_relation(NIL, table->relid);
	table->published = is_published(relation) && !cdc_table_is_own(relation, &table->token);
	if (!table->published)
		return table;

	shown = shown_relation(context, relation, &table->dependencies);
	if (shown != relation)
		map = attributes_by_name(shown, relation);
	table->is_partition_shown_as_root = shown != relation;
	schema = get_namespace_name(RelationGetNamespace(shown));
	table->dependencies = cdc_depend_schema(table->dependencies, RelationGetNamespace(shown));
	table->schema_name = schema ? schema : "";
	table->table_name = pstrdup(RelationGetRelationName(shown));
	table->captured = cdc_filter_table(context->options, table->schema_name, table->table_name);
	if (table->captured)
	{
		const char *schema_utf8 = cdc_utf8_cstring(table->schema_name);
		const char *table_utf8 = cdc_utf8_cstring(table->table_name);

		table->topic = cdc_name_topic(context->options, context->prefix, schema_utf8, table_utf8);
		table->collection = psprintf("%s.%s", schema_utf8, table_utf8);
		identity = cdc_identity_attributes(relation, &table->identity_full, &table->dependencies);
		table->has_identity = table->identity_full || !bms_is_empty(identity);
		describe_columns(context, table, shown, map, identity);
		describe_key(context, table, shown, map, identity);
		context->prepare(table, context->prepare_arg);
	}
	if (shown != relation)
		RelationClose(shown);
	return table;
}

/* Builds a description in a context of its own; on error the context goes with the session. */
static CdcTable *
build(CdcTables *tables, Relation relation)
{
	MemoryContext mcxt = AllocSetContextCreate(tables->mcxt, "cdc_json table", DESCRIPTION_SIZES);
	MemoryContext old = MemoryContextSwitchTo(mcxt);
	CdcTable *table = cdc_table_describe(&tables->context, relation);
	ListCell *cell;

	MemoryContextSetIdentifier(mcxt, table->collection);
	MemoryContextSwitchTo(old);
	foreach(cell, table->dependencies)
		add_dependency(tables, lfirst(cell), table->relid);
	table->valid = true;
	return table;
}

static void
free_description(CdcTables *tables, CacheEntry *entry)
{
	CdcTable *table = entry->table;

	hash_search(tables->entries, &entry->relid, HASH_REMOVE, NULL);
	remove_dependencies(tables, table);
	MemoryContextDelete(table->mcxt);
}

/* Frees what is stale: a table that was dropped is never looked up again. */
static void
sweep(CdcTables *tables)
{
	HASH_SEQ_STATUS status;
	CacheEntry *entry;

	hash_seq_init(&status, tables->entries);
	while ((entry = hash_seq_search(&status)) != NULL)
	{
		if (!entry->table->valid)
			free_description(tables, entry);
	}
	tables->stale = 0;
}

CdcTable *
cdc_tables_lookup(CdcTables *tables, Relation relation)
{
	Oid relid = RelationGetRelid(relation);
	CacheEntry *entry = hash_search(tables->entries, &relid, HASH_FIND, NULL);
	CdcTable *table;

	if (entry && entry->table->valid && entry->table->natts == RelationGetNumberOfAttributes(relation))
		return entry->table;
	if (entry)
		free_description(tables, entry);
	if (tables->stale > SWEEP_AFTER)
		sweep(tables);
	/* entered only now: building looks into catalogs */
	table = build(tables, relation);
	entry = hash_search(tables->entries, &relid, HASH_ENTER, NULL);
	entry->table = table;
	return table;
}
