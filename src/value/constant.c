/*
 * constant.c
 *		JSON values that are the same in every row: fallbacks, placeholders.
 *
 * They are rendered once, when a type is resolved, by the functions that
 * also render the values, so that escapes and alphabets cannot differ.
 */
#include "postgres.h"

#include "value/value.h"

static void begin_constant(CdcBuf *buf, const CdcSettings *settings);

/* A string in CurrentMemoryContext; bytes that are no UTF-8 come out as U+FFFD. */
char *
cdc_constant_string(const CdcSettings *settings, const char *text, size_t len)
{
	CdcBuf buf;

	begin_constant(&buf, settings);
	cdc_json_string(&buf, text, len);
	return cdc_buf_cstring(&buf);
}

/* Bytes in the standard alphabet, as JsonConverter writes them; likewise. */
char *
cdc_constant_base64(const CdcSettings *settings, const uint8 *bytes, size_t len)
{
	CdcBuf buf;

	begin_constant(&buf, settings);
	cdc_json_base64(&buf, bytes, len);
	return cdc_buf_cstring(&buf);
}

/* The placeholder of an unavailable value, as a string. */
const char *
cdc_constant_placeholder(const CdcSettings *settings)
{
	return settings->placeholder;
}

static void
begin_constant(CdcBuf *buf, const CdcSettings *settings)
{
	cdc_buf_palloc(buf, 64);
	buf->ascii = settings->ascii;
}
