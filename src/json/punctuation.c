/*
 * punctuation.c
 *		What stands between values, the constants, and JSON made elsewhere.
 */
#include "json/json.h"

void
cdc_json_null(CdcBuf *buf)
{
	cdc_buf_literal(buf, "null");
}

void
cdc_json_bool(CdcBuf *buf, bool value)
{
	if (value)
		cdc_buf_literal(buf, "true");
	else
		cdc_buf_literal(buf, "false");
}

/* A numeric can have some 150,000 digits. */
void
cdc_json_number(CdcBuf *buf, const char *digits, size_t len)
{
	cdc_json_raw(buf, digits, len);
}

void
cdc_json_array_begin(CdcBuf *buf)
{
	cdc_buf_char(buf, '[');
}

void
cdc_json_array_next(CdcBuf *buf, bool first)
{
	if (!first)
		cdc_buf_char(buf, ',');
}

void
cdc_json_array_end(CdcBuf *buf)
{
	cdc_buf_char(buf, ']');
}

void
cdc_json_struct_begin(CdcBuf *buf)
{
	cdc_buf_char(buf, '{');
}

void
cdc_json_struct_end(CdcBuf *buf)
{
	cdc_buf_char(buf, '}');
}
