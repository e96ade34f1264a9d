/*
 * key.c
 *		Which columns make the event's key, and which the old tuple has.
 *
 * Debezium asks its JDBC driver for the key (format reference, section 4.1);
 * the same answers are found here in pg_index as of this point of the log.
 * Everything is read through the syscache under the historic snapshot: no
 * index is opened, because that would wait for locks held by DDL.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_am.h"
#include "catalog/pg_class.h"
#include "catalog/pg_index.h"
#include "nodes/bitmapset.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/relcache.h"
#include "utils/syscache.h"

#include "compat.h"
#include "table/table.h"

/* A unique index as DatabaseMetaData.getIndexInfo lists it. */
typedef struct UniqueIndex
{
	int kind; /* 1 clustered, 2 hash, 3 other */
	char *name;
	List *attributes; /* NIL when a column of it is an expression */
} UniqueIndex;

static List *
index_attributes(Form_pg_index index, int natts)
{
	List *attributes = NIL;

	for (int i = 0; i < natts; i++)
	{
		AttrNumber attnum = index->indkey.values[i];

		if (attnum <= 0)
			return NIL;
		attributes = lappend_int(attributes, attnum);
	}
	return attributes;
}

static int
compare_indexes(const ListCell *a, const ListCell *b)
{
	const UniqueIndex *x = lfirst(a);
	const UniqueIndex *y = lfirst(b);

	if (x->kind != y->kind)
		return x->kind - y->kind;
	return strcmp(x->name, y->name);
}

/* Attributes named "name"; Key.CustomKeyMapper does not regard case. */
static List *
append_attributes(List *attributes, Relation shown, const char *name)
{
	for (int i = 0; i < RelationGetNumberOfAttributes(shown); i++)
	{
		Form_pg_attribute att = TupleDescAttr(RelationGetDescr(shown), i);

		if (!att->attisdropped && !CDC_IS_VIRTUAL(att) &&
			pg_strcasecmp(NameStr(att->attname), name) == 0)
			attributes = list_append_unique_int(attributes, att->attnum);
	}
	return attributes;
}

/* message.key.columns: the columns of all entries whose table matches, in the order given */
static List *
custom_key(const CdcOptions *options, Relation shown, const CdcTable *table)
{
	List *attributes = NIL;
	char *qualified;
	ListCell *cell;

	if (options->key_rules == NIL)
		return NIL;
	qualified = psprintf("%s.%s", table->schema_name, table->table_name);
	foreach(cell, options->key_rules)
	{
		CdcKeyRule *rule = lfirst(cell);
		ListCell *name;

		if (!cdc_patterns_match(rule->table, qualified))
			continue;
		foreach(name, rule->columns)
			attributes = append_attributes(attributes, shown, lfirst(name));
	}
	return attributes;
}

/*
 * Attribute numbers of the key's columns, in key order: message.key.columns,
 * else the primary key, else the first usable unique index, else none.
 */
List *
cdc_key_attributes(const CdcOptions *options, Relation shown, const CdcTable *table, List **dependencies)
{
	List *custom = custom_key(options, shown, table);
	List *indexes = NIL;
	List *primary = NIL;
	ListCell *cell;

	if (custom != NIL)
		return custom;
	foreach(cell, RelationGetIndexList(shown))
	{
		Oid indexid = lfirst_oid(cell);
		HeapTuple tuple = SearchSysCache1(INDEXRELID, ObjectIdGetDatum(indexid));
		HeapTuple class = SearchSysCache1(RELOID, ObjectIdGetDatum(indexid));

		if (HeapTupleIsValid(tuple) && HeapTupleIsValid(class))
		{
			Form_pg_index index = (Form_pg_index) GETSTRUCT(tuple);
			Form_pg_class form = (Form_pg_class) GETSTRUCT(class);

			/* RENAME of an index changes which comes first, and invalidates only the index */
			*dependencies = cdc_depend_relation(*dependencies, indexid);
			if (index->indisprimary)
				primary = index_attributes(index, index->indnkeyatts);
			else if (index->indisunique && index->indisvalid)
			{
				UniqueIndex *unique = palloc(sizeof(UniqueIndex));

				unique->kind = index->indisclustered ? 1 : form->relam == HASH_AM_OID ? 2
																					  : 3;
				unique->name = pstrdup(NameStr(form->relname));
				unique->attributes = index_attributes(index, index->indnatts);
				indexes = lappend(indexes, unique);
			}
		}
		if (HeapTupleIsValid(tuple))
			ReleaseSysCache(tuple);
		if (HeapTupleIsValid(class))
			ReleaseSysCache(class);
	}
	if (primary != NIL)
		return primary;
	list_sort(indexes, compare_indexes);
	foreach(cell, indexes)
	{
		UniqueIndex *unique = lfirst(cell);

		if (unique->attributes != NIL)
			return unique->attributes;
	}
	return NIL;
}

/*
 * Which attributes the old tuple of an update or delete holds: all of them
 * with REPLICA IDENTITY FULL (*full), those of the identity index, or none.
 */
Bitmapset *
cdc_identity_attributes(Relation relation, bool *full, List **dependencies)
{
	Bitmapset *attributes = NULL;
	Oid indexid;
	HeapTuple tuple;

	*full = relation->rd_rel->relreplident == REPLICA_IDENTITY_FULL;
	if (*full)
		return NULL;
	list_free(RelationGetIndexList(relation)); /* sets rd_replidindex */
	indexid = relation->rd_replidindex;
	if (!OidIsValid(indexid))
		return NULL;
	tuple = SearchSysCache1(INDEXRELID, ObjectIdGetDatum(indexid));
	if (HeapTupleIsValid(tuple))
	{
		Form_pg_index index = (Form_pg_index) GETSTRUCT(tuple);

		*dependencies = cdc_depend_relation(*dependencies, indexid);
		for (int i = 0; i < index->indnkeyatts; i++)
			attributes = bms_add_member(attributes, index->indkey.values[i]);
		ReleaseSysCache(tuple);
	}
	return attributes;
}
