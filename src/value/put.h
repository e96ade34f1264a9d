/*
 * put.h
 *		What encoders write with: a Kafka Connect value, as JSON or, into a
 *		buffer marked so, as Avro.
 *
 * The two differ in more than spelling.  Avro has no names and no null of its
 * own: what may be null is a union, and says which branch follows.  So a
 * member or element that may be null is written with cdc_put_present() and
 * its value, or with cdc_put_null(); and arrays and maps tell their size.
 * Whether a column is there is written by event/row.c.
 */
#ifndef CDC_PUT_H
#define CDC_PUT_H

#include "avro/avro.h"
#include "json/json.h"

/* For what may be null: it is, or what it is follows. */
static inline void
cdc_put_null(CdcBuf *buf)
{
	if (buf->avro)
		cdc_avro_long(buf, 0);
	else
		cdc_json_null(buf);
}

static inline void
cdc_put_present(CdcBuf *buf)
{
	if (buf->avro)
		cdc_avro_long(buf, 1);
}

static inline void
cdc_put_bool(CdcBuf *buf, bool value)
{
	if (buf->avro)
		cdc_buf_char(buf, value);
	else
		cdc_json_bool(buf, value);
}

static inline void
cdc_put_int64(CdcBuf *buf, int64_t value)
{
	if (buf->avro)
		cdc_avro_long(buf, value);
	else
		cdc_json_int64(buf, value);
}

static inline void
cdc_put_float(CdcBuf *buf, float value)
{
	if (buf->avro)
		cdc_avro_float(buf, value);
	else
		cdc_json_float(buf, value);
}

static inline void
cdc_put_double(CdcBuf *buf, double value)
{
	if (buf->avro)
		cdc_avro_double(buf, value);
	else
		cdc_json_double(buf, value);
}

static inline void
cdc_put_string(CdcBuf *buf, const char *text, size_t len)
{
	if (buf->avro)
		cdc_avro_string(buf, text, len);
	else
		cdc_json_string(buf, text, len);
}

/* A string of printable ASCII without quotes or backslashes. */
static inline void
cdc_put_plain(CdcBuf *buf, const char *text, size_t len)
{
	if (buf->avro)
		cdc_avro_bytes(buf, text, len);
	else
		cdc_json_plain(buf, text, len);
}

static inline void
cdc_put_bytes(CdcBuf *buf, const uint8_t *bytes, size_t len)
{
	if (buf->avro)
		cdc_avro_bytes(buf, bytes, len);
	else
		cdc_json_base64(buf, bytes, len);
}

/* A string in parts; a unit is half of a surrogate pair, for which Java's encoder has "?". */
static inline void
cdc_put_string_begin(CdcBuf *buf)
{
	if (buf->avro)
		cdc_avro_string_begin(buf);
	else
		cdc_json_string_begin(buf);
}

static inline void
cdc_put_string_part(CdcBuf *buf, const char *text, size_t len)
{
	if (buf->avro)
		cdc_avro_string_part(buf, text, len);
	else
		cdc_json_string_part(buf, text, len);
}

static inline void
cdc_put_string_unit(CdcBuf *buf, uint16_t unit)
{
	if (buf->avro)
		cdc_buf_char(buf, '?');
	else
		cdc_json_string_unit(buf, unit);
}

static inline void
cdc_put_string_end(CdcBuf *buf)
{
	if (buf->avro)
		cdc_avro_string_end(buf);
	else
		cdc_json_string_end(buf);
}

/* An array of "n" elements; next comes before each of them. */
static inline void
cdc_put_array_begin(CdcBuf *buf, size_t n)
{
	if (!buf->avro)
		cdc_json_array_begin(buf);
	else if (n > 0)
		cdc_avro_long(buf, (int64_t) n);
}

static inline void
cdc_put_array_next(CdcBuf *buf, bool first)
{
	if (!buf->avro)
		cdc_json_array_next(buf, first);
}

static inline void
cdc_put_array_end(CdcBuf *buf)
{
	if (buf->avro)
		cdc_avro_long(buf, 0);
	else
		cdc_json_array_end(buf);
}

/* A struct: its members in the order of the schema. */
static inline void
cdc_put_struct_begin(CdcBuf *buf)
{
	if (!buf->avro)
		cdc_json_struct_begin(buf);
}

static inline void
cdc_put_member(CdcBuf *buf, bool first, const char *name, size_t len)
{
	if (!buf->avro)
		cdc_json_member(buf, first, name, len);
}

static inline void
cdc_put_struct_end(CdcBuf *buf)
{
	if (!buf->avro)
		cdc_json_struct_end(buf);
}

/* A map of "n" pairs. */
static inline void
cdc_put_map_begin(CdcBuf *buf, size_t n)
{
	if (!buf->avro)
		cdc_json_struct_begin(buf);
	else if (n > 0)
		cdc_avro_long(buf, (int64_t) n);
}

static inline void
cdc_put_map_key(CdcBuf *buf, bool first, const char *key, size_t len)
{
	if (buf->avro)
		cdc_avro_string(buf, key, len);
	else
		cdc_json_member(buf, first, key, len);
}

static inline void
cdc_put_map_end(CdcBuf *buf)
{
	if (buf->avro)
		cdc_avro_long(buf, 0);
	else
		cdc_json_struct_end(buf);
}

/* A pair of a map whose keys are no strings, which is an array of them: an array in JSON, a record in Avro. */
static inline void
cdc_put_entry_begin(CdcBuf *buf)
{
	if (!buf->avro)
	{
		cdc_json_array_begin(buf);
		cdc_json_array_next(buf, true);
	}
}

static inline void
cdc_put_entry_next(CdcBuf *buf)
{
	if (!buf->avro)
		cdc_json_array_next(buf, false);
}

static inline void
cdc_put_entry_end(CdcBuf *buf)
{
	if (!buf->avro)
		cdc_json_array_end(buf);
}

#endif /* CDC_PUT_H */
