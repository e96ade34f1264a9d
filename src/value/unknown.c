/*
 * unknown.c
 *		Types that Debezium has no mapping for.
 *
 * With include.unknown.datatypes they are the text that the JDBC driver has
 * for them, as bytes (binary.handling.mode applies); without, the column is
 * left out.  Arrays are array.c's business, those of unknown types too.
 */
#include "postgres.h"

#include "value/value.h"

static const char *unavailable(const CdcSettings *settings);
static bool encode_output(CdcBuf *buf, const CdcType *type, Datum value);
static bool encode_geotext(CdcBuf *buf, const CdcType *type, Datum value);
static void write_binary(CdcBuf *buf, const CdcType *type, const char *text, size_t len);

bool
cdc_unknown_resolve(CdcType *type, const CdcTypeInfo *info)
{
	const CdcOptions *options = type->settings->options;

	if (!options->include_unknown_datatypes || OidIsValid(info->element))
		return false;

	type->schema = cdc_schema_make(options->binary_mode == CDC_BINARY_BYTES ? CDC_BYTES : CDC_STRING,
								   NULL, 0);
	type->elements_required = true;
	type->fallback = "\"\"";
	type->unavailable = unavailable(type->settings);
	if (cdc_geotext_has(info->typid))
		type->encode = encode_geotext;
	else
	{
		cdc_output_init(type);
		type->encode = encode_output;
	}
	return true;
}

/* As bytea: convertBinary() does not know the marker in its base64 modes. */
static const char *
unavailable(const CdcSettings *settings)
{
	const CdcOptions *options = settings->options;

	switch (options->binary_mode)
	{
		case CDC_BINARY_BYTES:
			return cdc_constant_base64(settings, (const uint8 *) options->unavailable_placeholder,
									   options->unavailable_placeholder_len);
		case CDC_BINARY_HEX:
			return cdc_constant_placeholder(settings);
		default:
			return NULL;
	}
}

static bool
encode_output(CdcBuf *buf, const CdcType *type, Datum value)
{
	CdcSlice text;

	if (!cdc_output_text(type, value, &text))
		return false;
	write_binary(buf, type, text.data, text.len);
	return true;
}

static bool
encode_geotext(CdcBuf *buf, const CdcType *type, Datum value)
{
	CdcBuf text;

	cdc_buf_palloc(&text, 256);
	if (!cdc_geotext(&text, type->typid, value))
		return false;
	write_binary(buf, type, text.data, text.len);
	return true;
}

static void
write_binary(CdcBuf *buf, const CdcType *type, const char *text, size_t len)
{
	const uint8 *bytes = (const uint8 *) text;

	switch (type->settings->options->binary_mode)
	{
		case CDC_BINARY_BASE64_URL_SAFE:
			cdc_put_digits(buf, cdc_json_base64url, bytes, len);
			break;
		case CDC_BINARY_HEX:
			cdc_put_digits(buf, cdc_json_hex, bytes, len);
			break;
		case CDC_BINARY_BASE64:
			cdc_put_digits(buf, cdc_json_base64, bytes, len);
			break;
		case CDC_BINARY_BYTES:
			cdc_put_bytes(buf, bytes, len);
			break;
	}
}
