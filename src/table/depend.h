/*
 * depend.h
 *		What a table's description was built from.
 *
 * Not everything that a description depends on invalidates the table's own
 * relcache entry: a label added to an enum, a domain altered, an index, a
 * schema or a partition's root renamed do not.
 */
#ifndef CDC_DEPEND_H
#define CDC_DEPEND_H

#include "nodes/pg_list.h"

/* Also a hash key, so it has no padding. */
typedef struct CdcDependency
{
	int32 cache; /* CDC_DEPEND_RELATION, or a syscache's number */
	uint32 value; /* Oid of the relation, or hash value of the syscache's entry; 0: any entry */
} CdcDependency;

#define CDC_DEPEND_RELATION (-1)

/* Each adds to a List of CdcDependency * in CurrentMemoryContext. */
extern List *cdc_depend_relation(List *dependencies, Oid relid);
extern List *cdc_depend_schema(List *dependencies, Oid schema);

/* ... and what the type is made of: base types, elements, columns, labels */
extern List *cdc_depend_type(List *dependencies, Oid typid);

#endif /* CDC_DEPEND_H */
