/*
 * own.c
 *		Tables of the extension itself.
 *
 * Incremental snapshots keep their state in tables, whose changes are in the
 * log like those of any table.  They are known by what pg_depend says, at this
 * point of the log: whoever makes a table of the same name makes just a table.
 */
#include "postgres.h"

#include "catalog/dependency.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "commands/extension.h"
#include "utils/rel.h"

#include "table/own.h"

#define EXTENSION_NAME "cdc_json"

/* All of them begin like this: other tables are not looked up. */
#define NAME_PREFIX "snapshot_"

bool
cdc_table_is_own(Relation relation, AttrNumber *token)
{
	TupleDesc desc = RelationGetDescr(relation);
	char *extension;

	*token = 0;
	if (strncmp(RelationGetRelationName(relation), NAME_PREFIX, strlen(NAME_PREFIX)) != 0)
		return false;
	extension = get_extension_name(getExtensionOfObject(RelationRelationId, RelationGetRelid(relation)));
	if (!extension || strcmp(extension, EXTENSION_NAME) != 0)
		return false;
	if (strcmp(RelationGetRelationName(relation), CDC_SNAPSHOT_TABLE) != 0)
		return true;
	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute att = TupleDescAttr(desc, i);

		if (!att->attisdropped && att->atttypid == UUIDOID && strcmp(NameStr(att->attname), CDC_TOKEN_COLUMN) == 0)
			*token = att->attnum;
	}
	return true;
}
