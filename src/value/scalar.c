/*
 * scalar.c
 *		Booleans, integers, object ids and floats.
 *
 * Types of fixed length whose Datum is the value.  They are never stored out
 * of line, so that none has a placeholder.
 */
#include "postgres.h"

#include "catalog/pg_type.h"

#include "value/value.h"

static bool encode_bool(CdcBuf *buf, const CdcType *type, Datum value);
static bool encode_int16(CdcBuf *buf, const CdcType *type, Datum value);
static bool encode_int32(CdcBuf *buf, const CdcType *type, Datum value);
static bool encode_int64(CdcBuf *buf, const CdcType *type, Datum value);
static bool encode_oid(CdcBuf *buf, const CdcType *type, Datum value);
static bool encode_float4(CdcBuf *buf, const CdcType *type, Datum value);
static bool encode_float8(CdcBuf *buf, const CdcType *type, Datum value);

static const struct
{
	Oid typid;
	CdcConnectType connect;
	CdcEncoder encode;
	const char *zero; /* the connector's stand-in for a value that was not sent */
} scalars[] = {
	{BOOLOID, CDC_BOOLEAN, encode_bool, "false"},
	{INT2OID, CDC_INT16, encode_int16, "0"},
	{INT4OID, CDC_INT32, encode_int32, "0"},
	{INT8OID, CDC_INT64, encode_int64, "0"},
	{OIDOID, CDC_INT64, encode_oid, "0"},
	{FLOAT4OID, CDC_FLOAT32, encode_float4, "0.0"},
	{FLOAT8OID, CDC_FLOAT64, encode_float8, "0.0"}};

bool
cdc_scalar_resolve(CdcType *type, const CdcTypeInfo *info)
{
	int i;

	for (i = 0; i < lengthof(scalars); i++)
	{
		if (scalars[i].typid != info->typid)
			continue;
		type->schema = cdc_schema_make(scalars[i].connect, NULL, 0);
		type->encode = scalars[i].encode;
		type->fallback = scalars[i].zero;
		return true;
	}
	return false;
}

static bool
encode_bool(CdcBuf *buf, const CdcType *type, Datum value)
{
	cdc_put_bool(buf, DatumGetBool(value));
	return true;
}

static bool
encode_int16(CdcBuf *buf, const CdcType *type, Datum value)
{
	cdc_put_int64(buf, DatumGetInt16(value));
	return true;
}

static bool
encode_int32(CdcBuf *buf, const CdcType *type, Datum value)
{
	cdc_put_int64(buf, DatumGetInt32(value));
	return true;
}

static bool
encode_int64(CdcBuf *buf, const CdcType *type, Datum value)
{
	cdc_put_int64(buf, DatumGetInt64(value));
	return true;
}

/* The only unsigned one: it needs int64 where int4 has int32. */
static bool
encode_oid(CdcBuf *buf, const CdcType *type, Datum value)
{
	cdc_put_int64(buf, (int64) DatumGetObjectId(value));
	return true;
}

static bool
encode_float4(CdcBuf *buf, const CdcType *type, Datum value)
{
	cdc_put_float(buf, DatumGetFloat4(value));
	return true;
}

static bool
encode_float8(CdcBuf *buf, const CdcType *type, Datum value)
{
	cdc_put_double(buf, DatumGetFloat8(value));
	return true;
}
