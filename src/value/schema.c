/*
 * schema.c
 *		Building Kafka Connect schemas.
 *
 * Everything is allocated in CurrentMemoryContext, which is the context of
 * the table's description, and dies with it.  Names and values are not
 * copied: they are literals, or live in that same context.
 */
#include "postgres.h"

#include "value/schema.h"

static void *make_room(void *items, int nitems, Size itemsize);

CdcSchema *
cdc_schema_make(CdcConnectType type, const char *name, int version)
{
	CdcSchema *schema = palloc0(sizeof(CdcSchema));

	schema->type = type;
	schema->name = name;
	schema->version = version;
	return schema;
}

CdcSchema *
cdc_schema_array(CdcSchema *items)
{
	CdcSchema *schema = cdc_schema_make(CDC_ARRAY, NULL, 0);

	schema->items = items;
	return schema;
}

CdcSchema *
cdc_schema_map(CdcSchema *keys, CdcSchema *values)
{
	CdcSchema *schema = cdc_schema_make(CDC_MAP, NULL, 0);

	schema->keys = keys;
	schema->items = values;
	return schema;
}

CdcSchema *
cdc_schema_struct(const char *name, int version, const char *doc)
{
	CdcSchema *schema = cdc_schema_make(CDC_STRUCT, name, version);

	schema->doc = doc;
	return schema;
}

void
cdc_schema_add_field(CdcSchema *schema, const char *name, CdcSchema *field)
{
	schema->fields = make_room(schema->fields, schema->nfields, sizeof(CdcField));
	schema->fields[schema->nfields].name = name;
	schema->fields[schema->nfields].schema = field;
	schema->nfields++;
}

void
cdc_schema_add_parameter(CdcSchema *schema, const char *name, const char *value)
{
	schema->parameters = make_room(schema->parameters, schema->nparameters,
								   sizeof(CdcParameter));
	schema->parameters[schema->nparameters].name = name;
	schema->parameters[schema->nparameters].value = value;
	schema->nparameters++;
}

void
cdc_schema_add_number(CdcSchema *schema, const char *name, int value)
{
	char digits[12];

	snprintf(digits, sizeof(digits), "%d", value);
	cdc_schema_add_parameter(schema, name, pstrdup(digits));
}

/*
 * The copy is shallow but for the parameters: a column may add some of its
 * own (source-type propagation), which its type, shared with others, must not
 * see.  Fields are never added to a copy.
 */
CdcSchema *
cdc_schema_copy(const CdcSchema *schema, bool optional)
{
	CdcSchema *copy = palloc(sizeof(CdcSchema));
	int i;

	*copy = *schema;
	copy->optional = optional;
	copy->parameters = NULL;
	copy->nparameters = 0;
	for (i = 0; i < schema->nparameters; i++)
		cdc_schema_add_parameter(copy, schema->parameters[i].name, schema->parameters[i].value);
	return copy;
}

/*
 * Room for one more item.  Arrays double when the number of items is a power
 * of two, so that it alone tells their size.
 */
static void *
make_room(void *items, int nitems, Size itemsize)
{
	if (items == NULL)
		return palloc(itemsize);
	if ((nitems & (nitems - 1)) == 0)
		return repalloc(items, itemsize * 2 * nitems);
	return items;
}
