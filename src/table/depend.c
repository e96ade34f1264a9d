/*
 * depend.c
 *		What a table's description was built from.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/transam.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_range.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "table/depend.h"

static List *
add(List *dependencies, int32 cache, uint32 value)
{
	CdcDependency *dependency = palloc(sizeof(CdcDependency));

	dependency->cache = cache;
	dependency->value = value;
	return lappend(dependencies, dependency);
}

List *
cdc_depend_relation(List *dependencies, Oid relid)
{
	return add(dependencies, CDC_DEPEND_RELATION, relid);
}

List *
cdc_depend_schema(List *dependencies, Oid schema)
{
	return add(dependencies, NAMESPACEOID, GetSysCacheHashValue1(NAMESPACEOID, ObjectIdGetDatum(schema)));
}

/* A composite type: its row type's relation, and the types of its columns. */
static List *
depend_composite(List *dependencies, Oid relid)
{
	AttrNumber attnum;

	dependencies = cdc_depend_relation(dependencies, relid);
	for (attnum = 1;; attnum++)
	{
		HeapTuple tuple = SearchSysCache2(ATTNUM, ObjectIdGetDatum(relid), Int16GetDatum(attnum));
		Form_pg_attribute att;
		Oid typid;

		if (!HeapTupleIsValid(tuple))
			return dependencies;
		att = (Form_pg_attribute) GETSTRUCT(tuple);
		typid = att->attisdropped ? InvalidOid : att->atttypid;
		ReleaseSysCache(tuple);
		if (OidIsValid(typid))
			dependencies = cdc_depend_type(dependencies, typid);
	}
}

/* Types of the core do not change.  Types do not contain themselves, so this ends. */
List *
cdc_depend_type(List *dependencies, Oid typid)
{
	HeapTuple tuple;
	Form_pg_type type;
	char kind;
	Oid base;
	Oid element;
	Oid relid;

	if (typid < FirstNormalObjectId || stack_is_too_deep())
		return dependencies;
	dependencies = add(dependencies, TYPEOID, GetSysCacheHashValue1(TYPEOID, ObjectIdGetDatum(typid)));
	tuple = SearchSysCache1(TYPEOID, ObjectIdGetDatum(typid));
	if (!HeapTupleIsValid(tuple))
		return dependencies;
	type = (Form_pg_type) GETSTRUCT(tuple);
	kind = type->typtype;
	base = type->typbasetype;
	element = type->typelem;
	relid = type->typrelid;
	ReleaseSysCache(tuple);

	switch (kind)
	{
		case TYPTYPE_ENUM:
			/* a new label has an entry of its own, whose hash value nobody knows yet */
			return add(dependencies, ENUMOID, 0);
		case TYPTYPE_COMPOSITE:
			return depend_composite(dependencies, relid);
		case TYPTYPE_DOMAIN:
			return cdc_depend_type(dependencies, base);
		case TYPTYPE_RANGE:
			return cdc_depend_type(dependencies, get_range_subtype(typid));
		case TYPTYPE_MULTIRANGE:
			return cdc_depend_type(dependencies, get_multirange_range(typid));
		default:
			return OidIsValid(element) ? cdc_depend_type(dependencies, element) : dependencies;
	}
}
