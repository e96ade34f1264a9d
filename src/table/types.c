/*
 * types.c
 *		Types of the core, resolved once per session.
 *
 * A type with its schema is the largest part of what is known of a column,
 * and most tables are made of the same few.  Those of the core cannot change,
 * so all columns of a session share them; others belong to the description of
 * their table, and are made anew with it.
 */
#include "postgres.h"

#include "access/transam.h"
#include "utils/memutils.h"

#include "table/table.h"

typedef struct TypeKey
{
	const CdcSettings *settings; /* the key's or the value's */
	Oid typid;
	int32 typmod;
} TypeKey;

typedef struct TypeEntry
{
	TypeKey key;
	CdcType *type; /* NULL: not mapped */
} TypeEntry;

HTAB *
cdc_table_types_create(void)
{
	HASHCTL ctl = {0};

	ctl.keysize = sizeof(TypeKey);
	ctl.entrysize = sizeof(TypeEntry);
	ctl.hcxt = CurrentMemoryContext;
	return hash_create("cdc_json types", 32, &ctl, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
}

/* cdc_type_resolve() for a column; what it returns is not to be changed. */
CdcType *
cdc_table_type(const CdcTableContext *context, const CdcSettings *settings, Oid typid, int32 typmod)
{
	TypeKey key = {settings, typid, typmod};
	TypeEntry *entry;
	MemoryContext old;
	CdcType *type;

	if (!context->types || typid >= FirstNormalObjectId)
		return cdc_type_resolve(settings, typid, typmod);
	entry = hash_search(context->types, &key, HASH_FIND, NULL);
	if (entry)
		return entry->type;

	/* entered when it is there: resolving may fail */
	old = MemoryContextSwitchTo(GetMemoryChunkContext(context->types));
	type = cdc_type_resolve(settings, typid, typmod);
	if (type)
		type->optional = cdc_schema_copy(type->schema, true);
	entry = hash_search(context->types, &key, HASH_ENTER, NULL);
	entry->type = type;
	MemoryContextSwitchTo(old);
	return type;
}
