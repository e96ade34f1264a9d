/*
 * text.c
 *		Types that are strings in Kafka Connect: text, json, xml, uuid,
 *		network addresses, ranges, and the like.
 *
 * The string is always what the type's output function prints; where that is
 * the value's own bytes, or fixed digits, they are taken from the value.
 * Types of extensions go by their name, as in Debezium's TypeRegistry.
 */
#include "postgres.h"

#include "access/transam.h"
#include "catalog/pg_type.h"
#include "utils/fmgrprotos.h"
#include "utils/uuid.h"

#include "compat.h"
#include "value/value.h"

#define UUID_TEXT_LEN 36

/* How a type's string is made. */
typedef enum TextSource
{
	SOURCE_VARLENA, /* the bytes of the value */
	SOURCE_CHAR, /* "char" */
	SOURCE_NAME,
	SOURCE_UUID,
	SOURCE_OUTPUT /* the output function */
} TextSource;

typedef struct TextKind
{
	Oid typid; /* or InvalidOid: by name */
	const char *name;
	TextSource source;
	const char *schema; /* NULL: a plain string */
	bool maskable; /* the driver says CHAR or VARCHAR for it */
	bool elements_required; /* no case of its own for arrays in PostgresValueConverter */
} TextKind;

static const TextKind kinds[] = {
	{TEXTOID, NULL, SOURCE_VARLENA, NULL, true, false},
	{VARCHAROID, NULL, SOURCE_VARLENA, NULL, true, false},
	{BPCHAROID, NULL, SOURCE_VARLENA, NULL, true, false},
	{CHAROID, NULL, SOURCE_CHAR, NULL, true, false},
	{NAMEOID, NULL, SOURCE_NAME, NULL, true, false},
	{UUIDOID, NULL, SOURCE_UUID, "io.debezium.data.Uuid", false, false},
	{JSONOID, NULL, SOURCE_VARLENA, "io.debezium.data.Json", false, false},
	{JSONBOID, NULL, SOURCE_OUTPUT, "io.debezium.data.Json", false, false},
	{XMLOID, NULL, SOURCE_OUTPUT, "io.debezium.data.Xml", false, false},
	{TSVECTOROID, NULL, SOURCE_OUTPUT, "io.debezium.data.Tsvector", false, true},
	{INETOID, NULL, SOURCE_OUTPUT, NULL, false, false},
	{CIDROID, NULL, SOURCE_OUTPUT, NULL, false, false},
	{MACADDROID, NULL, SOURCE_OUTPUT, NULL, false, false},
	{MACADDR8OID, NULL, SOURCE_OUTPUT, NULL, false, false},
	{INT4RANGEOID, NULL, SOURCE_OUTPUT, NULL, false, false},
	{INT8RANGEOID, NULL, SOURCE_OUTPUT, NULL, false, false},
	{NUMRANGEOID, NULL, SOURCE_OUTPUT, NULL, false, false},
	{TSRANGEOID, NULL, SOURCE_OUTPUT, NULL, false, false},
	{TSTZRANGEOID, NULL, SOURCE_OUTPUT, NULL, false, false},
	{DATERANGEOID, NULL, SOURCE_OUTPUT, NULL, false, false},
	{InvalidOid, "citext", SOURCE_OUTPUT, NULL, false, false},
	{InvalidOid, "ltree", SOURCE_OUTPUT, "io.debezium.data.Ltree", false, false},
	{InvalidOid, "isbn", SOURCE_OUTPUT, NULL, false, true},
};

static const TextKind *find_kind(const CdcTypeInfo *info);
static void use_source(CdcType *type, TextSource source);
static bool encode_varlena(CdcBuf *buf, const CdcType *type, Datum value);
static bool get_varlena(const CdcType *type, Datum value, CdcSlice *text);
static bool encode_text(CdcBuf *buf, const CdcType *type, Datum value);
static bool get_char(const CdcType *type, Datum value, CdcSlice *text);
static bool get_name(const CdcType *type, Datum value, CdcSlice *text);
static bool get_withheld(const CdcType *type, Datum value, CdcSlice *text);
static bool encode_uuid(CdcBuf *buf, const CdcType *type, Datum value);
static bool get_uuid(const CdcType *type, Datum value, CdcSlice *text);
static void print_uuid(Datum value, char *out);

bool
cdc_text_resolve(CdcType *type, const CdcTypeInfo *info)
{
	const CdcSettings *settings = type->settings;
	const TextKind *kind;

	if (info->typtype == TYPTYPE_ENUM)
		return cdc_enum_resolve(type, info);
	kind = find_kind(info);
	if (kind == NULL)
		return false;

	type->schema = cdc_schema_make(CDC_STRING, kind->schema, kind->schema ? 1 : 0);
	type->maskable = kind->maskable;
	type->elements_required = kind->elements_required;
	type->fallback = "\"\"";
	type->unavailable = cdc_constant_placeholder(settings);
	if (info->typid == CHAROID)
		type->length = 1;
	else if ((info->typid == VARCHAROID || info->typid == BPCHAROID) && info->typmod >= VARHDRSZ)
		type->length = info->typmod - VARHDRSZ;
	use_source(type, kind->source);
	if (info->typid == JSONBOID)
		type->encode = cdc_jsonb_encode;

	/*
	 * ReplicationMessageColumnValueResolver has no case for "name": the stream
	 * shows none, unless unknown types are asked for.
	 */
	if (info->typid == NAMEOID && settings->quirks && !settings->options->include_unknown_datatypes)
	{
		type->withheld = true;
		type->text = get_withheld;
	}
	return true;
}

static const TextKind *
find_kind(const CdcTypeInfo *info)
{
	bool by_name = info->typid >= FirstNormalObjectId && info->typtype == TYPTYPE_BASE &&
				   !OidIsValid(info->element);
	int i;

	for (i = 0; i < lengthof(kinds); i++)
	{
		const TextKind *kind = &kinds[i];

		if (kind->name ? by_name && strcmp(info->name, kind->name) == 0 : kind->typid == info->typid)
			return kind;
	}
	return NULL;
}

static void
use_source(CdcType *type, TextSource source)
{
	type->encode = encode_text;
	switch (source)
	{
		case SOURCE_VARLENA:
			type->encode = encode_varlena;
			type->text = get_varlena;
			break;
		case SOURCE_CHAR:
			cdc_output_init(type);
			type->text = get_char;
			break;
		case SOURCE_NAME:
			type->text = get_name;
			break;
		case SOURCE_UUID:
			type->encode = encode_uuid;
			type->text = get_uuid;
			break;
		case SOURCE_OUTPUT:
			cdc_output_init(type);
			type->text = cdc_output_text;

			/* citext: the bytes of text, and text's own output function */
			if (type->output.fn_addr == textout && type->typlen == -1)
				use_source(type, SOURCE_VARLENA);
			break;
	}
}

/* May be hundreds of megabytes: goes to the buffer without a copy. */
static bool
encode_varlena(CdcBuf *buf, const CdcType *type, Datum value)
{
	struct varlena *data = (struct varlena *) DatumGetPointer(value);

	cdc_utf8_json(buf, VARDATA_ANY(data), VARSIZE_ANY_EXHDR(data));
	return true;
}

static bool
get_varlena(const CdcType *type, Datum value, CdcSlice *text)
{
	struct varlena *data = (struct varlena *) DatumGetPointer(value);

	*text = cdc_utf8(VARDATA_ANY(data), VARSIZE_ANY_EXHDR(data));
	return true;
}

/* Whatever the type's text is. */
static bool
encode_text(CdcBuf *buf, const CdcType *type, Datum value)
{
	CdcSlice text;

	if (!type->text(type, value, &text))
		return false;
	cdc_put_string(buf, text.data, text.len);
	return true;
}

/* One byte, or none for zero; beyond ASCII as the server prints it (\ooo from 16 on). */
static bool
get_char(const CdcType *type, Datum value, CdcSlice *text)
{
	char c = DatumGetChar(value);
	char *byte;

	if (IS_HIGHBIT_SET(c))
		return cdc_output_text(type, value, text);
	byte = palloc(1);
	*byte = c;
	text->data = byte;
	text->len = c != '\0';
	return true;
}

static bool
get_name(const CdcType *type, Datum value, CdcSlice *text)
{
	const char *name = NameStr(*DatumGetName(value));

	*text = cdc_utf8(name, strnlen(name, NAMEDATALEN));
	return true;
}

static bool
get_withheld(const CdcType *type, Datum value, CdcSlice *text)
{
	return false;
}

static bool
encode_uuid(CdcBuf *buf, const CdcType *type, Datum value)
{
	char digits[UUID_TEXT_LEN];

	print_uuid(value, digits);
	cdc_put_plain(buf, digits, UUID_TEXT_LEN);
	return true;
}

static bool
get_uuid(const CdcType *type, Datum value, CdcSlice *text)
{
	char *digits = palloc(UUID_TEXT_LEN);

	print_uuid(value, digits);
	text->data = digits;
	text->len = UUID_TEXT_LEN;
	return true;
}

/* 8-4-4-4-12 lower-case digits */
static void
print_uuid(Datum value, char *out)
{
	static const char digits[] = "0123456789abcdef";
	static const unsigned char places[UUID_LEN] = {0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34};
	const pg_uuid_t *uuid = DatumGetUUIDP(value);
	int i;

	out[8] = out[13] = out[18] = out[23] = '-';
	for (i = 0; i < UUID_LEN; i++)
	{
		out[places[i]] = digits[uuid->data[i] >> 4];
		out[places[i] + 1] = digits[uuid->data[i] & 0x0f];
	}
}
