/*
 * schema.h
 *		Kafka Connect schemas, as far as a table's events need them.
 *
 * A schema is built once per version of a table, in that version's memory,
 * and not changed afterwards.  event/schema.c prints it.
 */
#ifndef CDC_SCHEMA_H
#define CDC_SCHEMA_H

#include <stdbool.h>

typedef enum CdcConnectType
{
	CDC_INT8,
	CDC_INT16,
	CDC_INT32,
	CDC_INT64,
	CDC_FLOAT32,
	CDC_FLOAT64,
	CDC_BOOLEAN,
	CDC_STRING,
	CDC_BYTES,
	CDC_ARRAY,
	CDC_MAP,
	CDC_STRUCT
} CdcConnectType;

typedef struct CdcSchema CdcSchema;

typedef struct CdcParameter
{
	const char *name; /* UTF-8 */
	const char *value; /* UTF-8 */
} CdcParameter;

typedef struct CdcField
{
	const char *name; /* UTF-8 */
	CdcSchema *schema;
} CdcField;

struct CdcSchema
{
	CdcConnectType type;
	bool optional;
	const char *name; /* NULL: none */
	int version; /* 0: none */
	const char *doc; /* NULL: none */
	int nparameters;
	CdcParameter *parameters; /* in the order in which they are printed */
	CdcSchema *keys; /* map */
	CdcSchema *items; /* array: elements; map: values */
	int nfields;
	CdcField *fields; /* struct */
	const char *default_json; /* default as rendered by JsonConverter, NULL: none */
};

/* All in CurrentMemoryContext; names are not copied. */
extern CdcSchema *cdc_schema_make(CdcConnectType type, const char *name, int version);
extern CdcSchema *cdc_schema_array(CdcSchema *items);
extern CdcSchema *cdc_schema_map(CdcSchema *keys, CdcSchema *values);
extern CdcSchema *cdc_schema_struct(const char *name, int version, const char *doc);
extern void cdc_schema_add_field(CdcSchema *schema, const char *name, CdcSchema *field);
extern void cdc_schema_add_parameter(CdcSchema *schema, const char *name, const char *value);
extern void cdc_schema_add_number(CdcSchema *schema, const char *name, int value);

/* Shallow copy with another "optional": what a column, or an element, makes of its type's schema. */
extern CdcSchema *cdc_schema_copy(const CdcSchema *schema, bool optional);

#endif /* CDC_SCHEMA_H */
