/*
 * mapper.c
 *		Masks, hashes and truncation: what column.mask.* and column.truncate.*
 *		make of a column's values (Debezium's MaskStrings, TruncateStrings).
 *
 * A mapper takes what the type's own encoder prints and puts something else
 * in its place.  Debezium's masks act only on what the JDBC driver calls
 * character types (CdcType.maskable); on any other column they do nothing but
 * set the schema's parameter.  That is a leak, so without quirks a mask or a
 * hash covers every type: its string stands for the value, or, where the
 * schema must hold and is no string's, nothing does.
 *
 * The mapped type's constants have the mapper applied as well, as far as they
 * come from the value; an unavailable value says so in clear unless quirks
 * have the connector's hash of the placeholder.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"

#include "compat.h"
#include "json/utf8.h"
#include "value/value.h"

/* kept in CdcType.private of a mapped type */
typedef struct Mapping
{
	const CdcMapper *mapper;
	const char *salt; /* UTF-8 */
	int digits; /* of the hash: not more than the column's length; -1 all */
	const char *stars; /* mask: as many as characters */
	const char *mask; /* the same as JSON */
} Mapping;

static Mapping *make_mapping(const CdcMapper *mapper);
static bool is_string(const CdcType *type);
static bool is_bytes(const CdcType *type);
static void map_truncation(CdcType *mapped, const CdcMapper *mapper, bool nullable);
static void map_mask(CdcType *mapped, const CdcMapper *mapper);
static void map_hash(CdcType *mapped, const CdcMapper *mapper);
static bool must_cover(CdcType *mapped);
static void withhold(CdcType *mapped);
static void set_unavailable(CdcType *mapped);
static bool can_truncate(const CdcType *type, int chars);
static bool encode_mask(CdcBuf *buf, const CdcType *type, Datum value);
static bool encode_hash(CdcBuf *buf, const CdcType *type, Datum value);
static bool encode_truncated_text(CdcBuf *buf, const CdcType *type, Datum value);
static bool encode_truncated_bytes(CdcBuf *buf, const CdcType *type, Datum value);
static bool encode_nothing(CdcBuf *buf, const CdcType *type, Datum value);
static bool write_hash(CdcBuf *buf, const Mapping *mapping, CdcSlice text);
static void write_truncated_text(CdcBuf *buf, const CdcType *type, CdcSlice text);
static void write_truncated_base64(CdcBuf *buf, int bytes, CdcSlice base64);
static bool read_text(const CdcType *type, Datum value, CdcSlice *text);

CdcType *
cdc_type_map(CdcType *type, const CdcMapper *mapper, bool nullable)
{
	CdcType *mapped;
	bool truncates = mapper->kind == CDC_MAPPER_TRUNCATE;

	if (truncates && !can_truncate(type, mapper->chars))
		return type;

	mapped = palloc(sizeof(CdcType));
	*mapped = *type;
	mapped->unmapped = type;
	mapped->schema = cdc_schema_copy(type->schema, type->schema->optional);
	if (truncates)
		cdc_schema_add_number(mapped->schema, "truncateLength", mapper->chars);
	else
		cdc_schema_add_parameter(mapped->schema, "masked", "true");
	if (truncates)
		map_truncation(mapped, mapper, nullable);
	else if (mapper->kind == CDC_MAPPER_MASK)
		map_mask(mapped, mapper);
	else
		map_hash(mapped, mapper);
	return mapped;
}

/*
 * The constant as the mapper leaves it.  Types that it does not act on keep
 * theirs.
 */
const char *
cdc_type_map_constant(const CdcType *mapped, const char *json)
{
	const Mapping *mapping = mapped->private;
	CdcBuf buf;

	if (mapped->encode == encode_mask)
		return mapping->mask;
	if (json == NULL || mapped->encode == encode_nothing)
		return NULL;

	cdc_buf_palloc(&buf, 64);
	buf.ascii = mapped->settings->ascii;
	if (mapped->encode == encode_hash)
	{
		if (!write_hash(&buf, mapping, cdc_unquote(json, strlen(json))))
			return NULL;
	}
	else if (mapped->encode == encode_truncated_text)
		write_truncated_text(&buf, mapped, cdc_unquote(json, strlen(json)));
	else if (mapped->encode == encode_truncated_bytes)
		write_truncated_base64(&buf, mapping->mapper->chars, cdc_unquote(json, strlen(json)));
	else
		return json;
	return cdc_buf_cstring(&buf);
}

static Mapping *
make_mapping(const CdcMapper *mapper)
{
	Mapping *mapping = palloc0(sizeof(Mapping));

	mapping->mapper = mapper;
	mapping->digits = -1;
	return mapping;
}

static bool
is_string(const CdcType *type)
{
	return type->schema->type == CDC_STRING;
}

/* In Java a byte[] or ByteBuffer; a Decimal is a BigDecimal there. */
static bool
is_bytes(const CdcType *type)
{
	return type->schema->type == CDC_BYTES &&
		   (type->schema->name == NULL || strcmp(type->schema->name, "org.apache.kafka.connect.data.Decimal") != 0);
}

/*
 * TruncateStrings.isTruncationPossible(): the declared length is not known,
 * or longer.  An array has that of its element.
 */
static bool
can_truncate(const CdcType *type, int chars)
{
	const CdcType *scalar = type->element != NULL ? type->element : type;
	int length;
	int scale;

	cdc_type_length(scalar->typid, scalar->typmod, &length, &scale);
	return length > chars;
}

/*
 * Strings and bytes are cut.  Debezium leaves everything else as it is; here
 * the texts in an array are cut one by one, and the map of an hstore, which
 * would show them whole, is withheld.
 */
static void
map_truncation(CdcType *mapped, const CdcMapper *mapper, bool nullable)
{
	const CdcSettings *settings = mapped->settings;

	if (is_string(mapped) || is_bytes(mapped))
	{
		mapped->private = make_mapping(mapper);
		mapped->encode = is_string(mapped) ? encode_truncated_text : encode_truncated_bytes;
		mapped->text = NULL;
		mapped->fallback = cdc_type_map_constant(mapped, mapped->fallback);
	}
	else if (!settings->quirks && mapped->element != NULL)
		mapped->element = cdc_type_map(mapped->element, mapper, nullable);
	else if (!settings->quirks && mapped->schema->type == CDC_MAP)
		withhold(mapped);
	set_unavailable(mapped);
}

/* MaskStrings with a constant: a null is masked like any value. */
static void
map_mask(CdcType *mapped, const CdcMapper *mapper)
{
	Mapping *mapping;
	char *stars;

	if (!must_cover(mapped))
		return;

	stars = palloc_extended(mapper->chars + 1, MCXT_ALLOC_HUGE);
	memset(stars, '*', mapper->chars);
	mapping = make_mapping(mapper);
	mapping->stars = stars;
	mapping->mask = cdc_constant_string(mapped->settings, stars, mapper->chars);
	mapped->private = mapping;
	mapped->encode = encode_mask;
	mapped->text = NULL;
	mapped->withheld = false;
	mapped->fallback = mapping->mask;
	mapped->unavailable = mapping->mask;
	mapped->null_json = mapping->mask;
}

/* MaskStrings with a digest, cut by TruncateStrings to the column's length. */
static void
map_hash(CdcType *mapped, const CdcMapper *mapper)
{
	Mapping *mapping;

	if (!must_cover(mapped))
		return;

	mapping = make_mapping(mapper);
	mapping->salt = cdc_utf8_cstring(mapper->salt);
	if (mapped->maskable)
		mapping->digits = mapped->length;
	mapped->private = mapping;
	mapped->encode = encode_hash;
	mapped->text = NULL;
	mapped->fallback = cdc_type_map_constant(mapped, mapped->fallback);
	set_unavailable(mapped);
}

/*
 * Does a mask or hash put its string in place of the values?  If not, either
 * the type stays as it is (quirks), or nothing of it is shown.
 */
static bool
must_cover(CdcType *mapped)
{
	const CdcSettings *settings = mapped->settings;

	if (mapped->maskable)
		return true;
	if (settings->quirks)
		return false;
	if (is_string(mapped) || !settings->fits)
		return true;
	withhold(mapped);
	return false;
}

/* A null, or the zero that the schema demands, whatever the value. */
static void
withhold(CdcType *mapped)
{
	mapped->encode = encode_nothing;
	mapped->text = NULL;
	mapped->withheld = true;
	mapped->unavailable = NULL;
}

/*
 * The connector has no idea that the placeholder is one, and maps it.  It is
 * no secret: whoever reads it shall recognise it.
 */
static void
set_unavailable(CdcType *mapped)
{
	const CdcSettings *settings = mapped->settings;

	if (settings->quirks)
		mapped->unavailable = cdc_type_map_constant(mapped, mapped->unavailable);
	else if (!settings->fits)
		mapped->unavailable = cdc_constant_placeholder(settings);
}

static bool
encode_mask(CdcBuf *buf, const CdcType *type, Datum value)
{
	const Mapping *mapping = type->private;

	cdc_put_plain(buf, mapping->stars, mapping->mapper->chars);
	return true;
}

static bool
encode_nothing(CdcBuf *buf, const CdcType *type, Datum value)
{
	return false;
}

static bool
encode_hash(CdcBuf *buf, const CdcType *type, Datum value)
{
	CdcSlice text;

	return read_text(type->unmapped, value, &text) && write_hash(buf, type->private, text);
}

static bool
write_hash(CdcBuf *buf, const Mapping *mapping, CdcSlice text)
{
	char digits[CDC_HASH_MAX_DIGITS];
	int len = cdc_hash_digits(mapping->mapper, mapping->salt, text, digits);

	if (len == 0)
		return false;
	if (mapping->digits >= 0 && mapping->digits < len)
		len = mapping->digits;
	cdc_put_plain(buf, digits, len);
	return true;
}

static bool
encode_truncated_text(CdcBuf *buf, const CdcType *type, Datum value)
{
	CdcSlice text;

	if (!read_text(type->unmapped, value, &text))
		return false;
	write_truncated_text(buf, type, text);
	return true;
}

/*
 * The first characters, counted in UTF-16 units as String.substring() does.
 * Where that cuts a pair, the connector leaves its first half over, which
 * hardly any reader of JSON accepts: only quirks do the same.
 */
static void
write_truncated_text(CdcBuf *buf, const CdcType *type, CdcSlice text)
{
	const Mapping *mapping = type->private;
	const unsigned char *p = (const unsigned char *) text.data;
	const unsigned char *end = p + text.len;
	int room = mapping->mapper->chars;
	uint32 c = 0;

	while (p < end && room > 0)
	{
		int len = cdc_utf8_decode(p, end, &c);
		int units = c >= 0x10000 && c != CDC_UTF8_INVALID ? 2 : 1;

		if (units > room)
			break;
		room -= units;
		p += len;
	}

	cdc_put_string_begin(buf);
	cdc_put_string_part(buf, text.data, (const char *) p - text.data);
	if (p < end && room > 0 && type->settings->quirks)
		cdc_put_string_unit(buf, CDC_HIGH_SURROGATE(c));
	cdc_put_string_end(buf);
}

/* The first bytes. */
static bool
encode_truncated_bytes(CdcBuf *buf, const CdcType *type, Datum value)
{
	const Mapping *mapping = type->private;
	CdcSlice base64;

	if (type->typid == BYTEAOID)
	{
		struct varlena *data = (struct varlena *) DatumGetPointer(value);
		size_t len = VARSIZE_ANY_EXHDR(data);

		cdc_put_bytes(buf, (const uint8 *) VARDATA_ANY(data), Min(len, (size_t) mapping->mapper->chars));
		return true;
	}
	if (!read_text(type->unmapped, value, &base64))
		return false;
	write_truncated_base64(buf, mapping->mapper->chars, base64);
	return true;
}

/* The first bytes of what is in base64. */
static void
write_truncated_base64(CdcBuf *buf, int bytes, CdcSlice base64)
{
	CdcSlice decoded = cdc_unbase64(base64, bytes);

	cdc_put_bytes(buf, (const uint8 *) decoded.data, decoded.len);
}

/*
 * The text that a value is shown with: the string's own, or the JSON of what
 * is no string.
 */
static bool
read_text(const CdcType *type, Datum value, CdcSlice *text)
{
	CdcBuf json;

	if (type->text != NULL)
		return type->text(type, value, text);
	cdc_buf_palloc(&json, 256);
	if (!type->encode(&json, type, value))
		return false;
	*text = cdc_unquote(json.data, json.len);
	return true;
}
