/*
 * binary.c
 *		bytea, and bit strings.
 *
 * bytea follows binary.handling.mode: bytes, or a string of base64 or hex
 * digits.  A bit string of length 1 is a boolean; others are what
 * java.util.BitSet.toByteArray() makes of the number that the bits are:
 * little-endian bytes up to the highest set bit, so that leading zeros, and
 * with them the length, are lost.
 */
#include "postgres.h"

#include <limits.h>

#include "catalog/pg_type.h"
#include "utils/builtins.h"

#include "compat.h"
#include "value/value.h"

/* The parts of a bit string, wherever its header lets them lie. */
typedef struct Bits
{
	int32 bits; /* length */
	size_t len; /* bytes */
	const uint8 *bytes; /* first bit in the top bit of the first byte; zeros behind the last */
} Bits;

static void resolve_bytea(CdcType *type);
static void resolve_bits(CdcType *type, const CdcTypeInfo *info);
static bool encode_bytes(CdcBuf *buf, const CdcType *type, Datum value);
static bool encode_base64(CdcBuf *buf, const CdcType *type, Datum value);
static bool encode_base64url(CdcBuf *buf, const CdcType *type, Datum value);
static bool encode_hex(CdcBuf *buf, const CdcType *type, Datum value);
static bool encode_bit(CdcBuf *buf, const CdcType *type, Datum value);
static bool encode_bits(CdcBuf *buf, const CdcType *type, Datum value);
static bool open_bits(Datum value, Bits *string);

bool
cdc_binary_resolve(CdcType *type, const CdcTypeInfo *info)
{
	switch (info->typid)
	{
		case BYTEAOID:
			resolve_bytea(type);
			return true;
		case BITOID:
		case VARBITOID:
			resolve_bits(type, info);
			return true;
		default:
			return false;
	}
}

/*
 * In its base64 modes JdbcValueConverters.convertBinary() does not know the
 * marker of an unavailable value: the connector has a null there.
 */
static void
resolve_bytea(CdcType *type)
{
	const CdcSettings *settings = type->settings;
	const CdcOptions *options = settings->options;

	type->schema = cdc_schema_make(CDC_STRING, NULL, 0);
	type->fallback = "\"\"";
	if (!settings->quirks)
		type->unavailable = cdc_constant_placeholder(settings);
	switch (options->binary_mode)
	{
		case CDC_BINARY_BYTES:
			type->schema->type = CDC_BYTES;
			type->encode = encode_bytes;
			type->unavailable = cdc_constant_base64(settings,
													(const uint8 *) options->unavailable_placeholder,
													options->unavailable_placeholder_len);
			break;
		case CDC_BINARY_BASE64:
			type->encode = encode_base64;
			break;
		case CDC_BINARY_BASE64_URL_SAFE:
			type->encode = encode_base64url;
			break;
		case CDC_BINARY_HEX:
			type->encode = encode_hex;
			type->unavailable = cdc_constant_placeholder(settings);
			break;
	}
}

/* Without a modifier "bit varying" has the driver's unlimited length. */
static void
resolve_bits(CdcType *type, const CdcTypeInfo *info)
{
	int length = info->typmod >= 0 ? info->typmod : INT_MAX;

	type->length = length;
	if (length == 1)
	{
		type->schema = cdc_schema_make(CDC_BOOLEAN, NULL, 0);
		type->fallback = "false";
		type->encode = encode_bit;
	}
	else
	{
		type->schema = cdc_schema_make(CDC_BYTES, "io.debezium.data.Bits", 1);
		cdc_schema_add_number(type->schema, "length", length);
		type->fallback = "\"\"";
		type->encode = encode_bits;
	}
}

static bool
encode_bytes(CdcBuf *buf, const CdcType *type, Datum value)
{
	struct varlena *data = (struct varlena *) DatumGetPointer(value);

	cdc_put_bytes(buf, (const uint8 *) VARDATA_ANY(data), VARSIZE_ANY_EXHDR(data));
	return true;
}

static bool
encode_base64(CdcBuf *buf, const CdcType *type, Datum value)
{
	struct varlena *data = (struct varlena *) DatumGetPointer(value);

	cdc_put_digits(buf, cdc_json_base64, (const uint8 *) VARDATA_ANY(data), VARSIZE_ANY_EXHDR(data));
	return true;
}

static bool
encode_base64url(CdcBuf *buf, const CdcType *type, Datum value)
{
	struct varlena *data = (struct varlena *) DatumGetPointer(value);

	cdc_put_digits(buf, cdc_json_base64url, (const uint8 *) VARDATA_ANY(data), VARSIZE_ANY_EXHDR(data));
	return true;
}

static bool
encode_hex(CdcBuf *buf, const CdcType *type, Datum value)
{
	struct varlena *data = (struct varlena *) DatumGetPointer(value);

	cdc_put_digits(buf, cdc_json_hex, (const uint8 *) VARDATA_ANY(data), VARSIZE_ANY_EXHDR(data));
	return true;
}

/* An empty varbit(1) is neither true nor false. */
static bool
encode_bit(CdcBuf *buf, const CdcType *type, Datum value)
{
	Bits string;

	if (!open_bits(value, &string) || string.bits != 1)
		return false;
	cdc_put_bool(buf, (string.bytes[0] & HIGHBIT) != 0);
	return true;
}

static bool
encode_bits(CdcBuf *buf, const CdcType *type, Datum value)
{
	Bits string;
	uint8 *number;
	size_t pad;
	size_t first = 0;
	size_t i;

	if (!open_bits(value, &string))
		return false;

	/* the highest set bit is in the first byte that is not zero */
	while (first < string.len && string.bytes[first] == 0)
		first++;
	pad = string.len * BITS_PER_BYTE - string.bits;
	number = palloc_extended(string.len - first + 1, MCXT_ALLOC_HUGE);
	for (i = 0; i < string.len - first; i++)
	{
		size_t from = string.len - 1 - i;
		unsigned high = from > 0 ? string.bytes[from - 1] : 0;

		number[i] = (uint8) ((high << 8 | string.bytes[from]) >> pad);
	}

	/* the shift may have emptied the top byte */
	while (i > 0 && number[i - 1] == 0)
		i--;
	cdc_put_bytes(buf, number, i);
	return true;
}

/* False for a value that no server writes, so that nobody reads beyond it. */
static bool
open_bits(Datum value, Bits *string)
{
	struct varlena *data = (struct varlena *) DatumGetPointer(value);
	size_t len = VARSIZE_ANY_EXHDR(data);

	/* a short header leaves the length unaligned */
	if (len < sizeof(string->bits))
		return false;
	memcpy(&string->bits, VARDATA_ANY(data), sizeof(string->bits));
	string->bytes = (const uint8 *) VARDATA_ANY(data) + sizeof(string->bits);
	string->len = len - sizeof(string->bits);
	return string->bits >= 0 &&
		   string->len == ((size_t) string->bits + BITS_PER_BYTE - 1) / BITS_PER_BYTE;
}
