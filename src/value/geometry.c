/*
 * geometry.c
 *		The point type, and PostGIS's geometry and geography.
 *
 * All three are structs around a geometry in binary form: a point's is built
 * here (WKB), PostGIS's is what its output function prints (EWKB in hex),
 * whose bytes are not touched.  PostGIS's types are known by their names, as
 * Debezium's TypeRegistry knows them; a type of such a name that prints
 * something else cannot be converted.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "utils/geo_decls.h"

#include "value/value.h"

/* byte order, type, two doubles */
#define POINT_WKB_LEN 21
#define WKB_POINT 1

/* PostGIS's flag in the type of an EWKB: an SRID follows */
#define EWKB_HAS_SRID 0x20000000
#define EWKB_SRID_OFFSET 5

static void resolve_point(CdcType *type);
static void resolve_postgis(CdcType *type, const char *name, const char *doc);
static bool encode_point(CdcBuf *buf, const CdcType *type, Datum value);
static bool encode_postgis(CdcBuf *buf, const CdcType *type, Datum value);
static uint8 *put_double(uint8 *out, double value);
static uint8 *decode_hex(CdcSlice text, size_t *len);
static int hex_digit(char c);
static bool read_srid(const uint8 *ewkb, size_t len, int32 *srid);

bool
cdc_geometry_resolve(CdcType *type, const CdcTypeInfo *info)
{
	if (info->typid == POINTOID)
		resolve_point(type);
	else if (info->typtype == TYPTYPE_BASE && strcmp(info->name, "geometry") == 0)
	{
		resolve_postgis(type, "io.debezium.data.geometry.Geometry", "Geometry");
		type->always_optional = true;
	}
	else if (info->typtype == TYPTYPE_BASE && strcmp(info->name, "geography") == 0)
		resolve_postgis(type, "io.debezium.data.geometry.Geography", "Geography");
	else
		return false;

	cdc_schema_add_field(type->schema, "srid",
						 cdc_schema_copy(cdc_schema_make(CDC_INT32, NULL, 0), true));
	return true;
}

static void
resolve_point(CdcType *type)
{
	type->schema = cdc_schema_struct("io.debezium.data.geometry.Point", 1, "Geometry (POINT)");
	cdc_schema_add_field(type->schema, "x", cdc_schema_make(CDC_FLOAT64, NULL, 0));
	cdc_schema_add_field(type->schema, "y", cdc_schema_make(CDC_FLOAT64, NULL, 0));
	cdc_schema_add_field(type->schema, "wkb",
						 cdc_schema_copy(cdc_schema_make(CDC_BYTES, NULL, 0), true));
	type->fallback = "{\"x\":0.0,\"y\":0.0,\"wkb\":\"AQEAAAAAAAAAAAAAAAAAAAAAAAAA\",\"srid\":null}";
	type->encode = encode_point;
}

static void
resolve_postgis(CdcType *type, const char *name, const char *doc)
{
	type->schema = cdc_schema_struct(name, 1, doc);
	cdc_schema_add_field(type->schema, "wkb", cdc_schema_make(CDC_BYTES, NULL, 0));

	/* PostgisGeometry.createEmpty(): a collection of nothing */
	type->fallback = "{\"wkb\":\"AQcAAAAAAAAA\",\"srid\":null}";
	type->encode = encode_postgis;
	cdc_output_init(type);
}

/* Point.createValue() and its buildWKBPoint(): little-endian, on every machine. */
static bool
encode_point(CdcBuf *buf, const CdcType *type, Datum value)
{
	Point point;
	uint8 wkb[POINT_WKB_LEN] = {1, WKB_POINT};

	memcpy(&point, DatumGetPointer(value), sizeof(point));
	put_double(put_double(wkb + EWKB_SRID_OFFSET, point.x), point.y);

	cdc_put_struct_begin(buf);
	cdc_put_member(buf, true, "x", 1);
	cdc_put_double(buf, point.x);
	cdc_put_member(buf, false, "y", 1);
	cdc_put_double(buf, point.y);
	cdc_put_member(buf, false, "wkb", 3);
	cdc_put_present(buf);
	cdc_put_bytes(buf, wkb, sizeof(wkb));
	cdc_put_member(buf, false, "srid", 4);
	cdc_put_null(buf);
	cdc_put_struct_end(buf);
	return true;
}

static bool
encode_postgis(CdcBuf *buf, const CdcType *type, Datum value)
{
	CdcSlice text;
	uint8 *ewkb;
	size_t len;
	int32 srid;

	if (!cdc_output_text(type, value, &text))
		return false;
	ewkb = decode_hex(text, &len);
	if (ewkb == NULL || len < EWKB_SRID_OFFSET)
		return false;

	cdc_put_struct_begin(buf);
	cdc_put_member(buf, true, "wkb", 3);
	cdc_put_bytes(buf, ewkb, len);
	cdc_put_member(buf, false, "srid", 4);
	if (read_srid(ewkb, len, &srid))
	{
		cdc_put_present(buf);
		cdc_put_int64(buf, srid);
	}
	else
		cdc_put_null(buf);
	cdc_put_struct_end(buf);
	return true;
}

/* As Java has it after parsing the text: there is one NaN only. */
static uint8 *
put_double(uint8 *out, double value)
{
	uint64 bits = UINT64CONST(0x7FF8000000000000);
	int i;

	if (!isnan(value))
		memcpy(&bits, &value, sizeof(bits));
	for (i = 0; i < sizeof(bits); i++)
		*out++ = (uint8) (bits >> (8 * i));
	return out;
}

/* The bytes that a text of hex digits stands for; NULL when it is none. */
static uint8 *
decode_hex(CdcSlice text, size_t *len)
{
	uint8 *bytes;
	size_t i;

	if (text.len % 2 != 0)
		return NULL;
	*len = text.len / 2;
	bytes = palloc(Max(*len, 1));
	for (i = 0; i < *len; i++)
	{
		int high = hex_digit(text.data[2 * i]);
		int low = hex_digit(text.data[2 * i + 1]);

		if (high < 0 || low < 0)
			return NULL;
		bytes[i] = (uint8) (high << 4 | low);
	}
	return bytes;
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

/* PostGIS prints its machine's byte order, which the first byte tells. */
static bool
read_srid(const uint8 *ewkb, size_t len, int32 *srid)
{
	uint32 words[2] = {0};
	int i;
	int n = len >= EWKB_SRID_OFFSET + 4 ? 2 : 1;

	for (i = 0; i < n; i++)
	{
		const uint8 *p = ewkb + 1 + 4 * i;

		if (ewkb[0] == 1)
			words[i] = p[0] | p[1] << 8 | p[2] << 16 | (uint32) p[3] << 24;
		else
			words[i] = (uint32) p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
	}
	*srid = (int32) words[1];
	return n == 2 && (words[0] & EWKB_HAS_SRID) != 0;
}
