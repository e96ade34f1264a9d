/*
 * propagate.c
 *		What a column is in PostgreSQL, as parameters of its schema.
 *
 * For column.propagate.source.type and datatype.propagate.source.type
 * (Debezium's PropagateSourceTypeToSchemaParameter).  Lengths and scales are
 * those of the JDBC driver's TypeInfoCache, oddities included.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "utils/fmgroids.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"

#include "value/value.h"

#define UNKNOWN_LENGTH PG_INT32_MAX

static int fraction_length(int precision);
static const char *read_name(Oid typid);
static Oid read_element(Oid typid);

/*
 * Adds the parameters to "schema", which the column must not share with
 * others.  Arrays have them on the outside, with the length and scale of
 * their elements; domains those of their base type under their own name.
 */
void
cdc_type_propagate(CdcSchema *schema, Oid declared, Oid typid, int32 typmod,
				   const char *column_name)
{
	Oid element = read_element(typid);
	int length;
	int scale;

	cdc_type_length(OidIsValid(element) ? element : typid, typmod, &length, &scale);
	cdc_schema_add_parameter(schema, "__debezium.source.column.type", read_name(declared));
	cdc_schema_add_number(schema, "__debezium.source.column.length", length);
	cdc_schema_add_number(schema, "__debezium.source.column.scale", scale);
	cdc_schema_add_parameter(schema, "__debezium.source.column.name", column_name);
}

/* Of a type that is no array and no domain. */
void
cdc_type_length(Oid typid, int32 typmod, int *length, int *scale)
{
	*length = UNKNOWN_LENGTH;
	*scale = 0;

	switch (typid)
	{
		case BOOLOID:
		case CHAROID:
			*length = 1;
			break;
		case INT2OID:
			*length = 5;
			break;
		case INT4OID:
		case OIDOID:
			*length = 10;
			break;
		case INT8OID:
			*length = 19;
			break;
		case FLOAT4OID:
			*length = *scale = 8;
			break;
		case FLOAT8OID:
			*length = *scale = 17;
			break;
		case NUMERICOID:
			*length = 131089;
			if (typmod >= (int32) VARHDRSZ)
			{
				*length = ((typmod - VARHDRSZ) >> 16) & 0xffff;
				*scale = (typmod - VARHDRSZ) & 0x7ff; /* negative ones: see numeric.c */
			}
			break;
		case BPCHAROID:
		case VARCHAROID:
			if (typmod >= (int32) VARHDRSZ)
				*length = typmod - VARHDRSZ;
			break;
		case BITOID:
		case VARBITOID:
			if (typmod >= 0)
				*length = typmod;
			break;
		case DATEOID:
			*length = 13;
			break;
		case TIMEOID:
		case TIMETZOID:
		case TIMESTAMPOID:
		case TIMESTAMPTZOID:
			*scale = typmod < 0 ? 6 : typmod;
			*length = fraction_length(*scale) +
					  (typid == TIMEOID ? 8 : typid == TIMETZOID  ? 14
										  : typid == TIMESTAMPOID ? 22
																  : 28);
			break;
		case INTERVALOID:
			*length = 49;
			*scale = typmod < 0 ? 6 : INTERVAL_PRECISION(typmod);
			break;
	}
}

/* The point counts as a digit, and one digit as two. */
static int
fraction_length(int precision)
{
	return precision == 0 ? 0 : precision == 1 ? 3
											   : precision + 1;
}

/*
 * The name in upper case, in UTF-8.  XXX Letters beyond ASCII stay as they
 * are, where Java has upper case for them.
 */
static const char *
read_name(Oid typid)
{
	HeapTuple tuple = SearchSysCache1(TYPEOID, ObjectIdGetDatum(typid));
	char *name;
	char *p;

	if (!HeapTupleIsValid(tuple))
		return "";
	name = pstrdup(NameStr(((Form_pg_type) GETSTRUCT(tuple))->typname));
	ReleaseSysCache(tuple);

	for (p = name; *p; p++)
		*p = pg_ascii_toupper((unsigned char) *p);
	return cdc_utf8_cstring(name);
}

static Oid
read_element(Oid typid)
{
	HeapTuple tuple = SearchSysCache1(TYPEOID, ObjectIdGetDatum(typid));
	Oid element = InvalidOid;

	if (HeapTupleIsValid(tuple))
	{
		Form_pg_type form = (Form_pg_type) GETSTRUCT(tuple);

		if (IsTrueArrayType(form))
			element = form->typelem;
		ReleaseSysCache(tuple);
	}
	return element;
}
