/*
 * jsonb.c
 *		jsonb as a string that holds its text.
 *
 * The text is the one of jsonb_out, made from the binary form as it is
 * written: nothing of the document's size is allocated, and no number of
 * 131,072 digits in a small document can make a text that does not fit into
 * memory.  The text is escaped twice: what stands between quotes within it by
 * escape_json's rules, and all of it as a JSON string.
 *
 * So quotes and punctuation come escaped already, and a string that has
 * nothing to escape for escape_json, as nearly all of them, is escaped once.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/jsonb.h"

#include "value/decimal.h"
#include "value/value.h"

typedef struct Text
{
	CdcBuf *buf;
	bool utf8; /* strings need no conversion */
} Text;

#define put_literal(text, s) cdc_buf_literal((text)->buf, s)

/* A quote that is part of the text. */
static inline void
put_quote(Text *text)
{
	if (text->buf->avro)
		put_literal(text, "\"");
	else
		put_literal(text, "\\\"");
}

/* One character that escape_json escapes. */
static void
put_escaped(Text *text, unsigned char c)
{
	static const char hex[] = "0123456789abcdef";
	char escape[6] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};
	const char *letter = strchr("\bb\ff\nn\rr\tt\"\"\\\\", c);

	if (c == '\0' || !letter)
	{
		cdc_put_string_part(text->buf, escape, 6);
		return;
	}
	escape[1] = letter[1];
	cdc_put_string_part(text->buf, escape, 2);
}

/* A string of the document, in quotes. */
static void
put_string(Text *text, const char *data, size_t len)
{
	CdcSlice rest = {data, len};

	if (!text->utf8)
		rest = cdc_utf8(data, len);
	put_quote(text);
	for (;;)
	{
		size_t n = cdc_json_plain_prefix(rest.data, rest.len);

		cdc_put_string_part(text->buf, rest.data, n);
		if (n == rest.len)
			break;
		put_escaped(text, (unsigned char) rest.data[n]);
		rest.data += n + 1;
		rest.len -= n + 1;
	}
	put_quote(text);
}

static void
put_numeric(Text *text, Datum value)
{
	CdcDecimal number;
	char digits[128];
	char *plain = digits;
	size_t size;

	cdc_numeric_read(&number, value);
	size = cdc_decimal_plain_size(&number, number.dscale);
	if (size > sizeof(digits))
		plain = palloc(size);
	cdc_json_raw(text->buf, plain, cdc_decimal_plain(&number, number.dscale, plain));
	if (plain != digits)
		pfree(plain);
}

static bool put_container(Text *text, const JsonbContainer *container);

/* The value of one entry; "offset" is where its data begins. */
static bool
put_entry(Text *text, JEntry entry, const char *base, uint32 offset, uint32 end)
{
	switch (entry & JENTRY_TYPEMASK)
	{
		case JENTRY_ISSTRING:
			put_string(text, base + offset, end - offset);
			return true;
		case JENTRY_ISNUMERIC:
			put_numeric(text, PointerGetDatum(base + INTALIGN(offset)));
			return true;
		case JENTRY_ISBOOL_TRUE:
			put_literal(text, "true");
			return true;
		case JENTRY_ISBOOL_FALSE:
			put_literal(text, "false");
			return true;
		case JENTRY_ISNULL:
			put_literal(text, "null");
			return true;
		case JENTRY_ISCONTAINER:
			return put_container(text, (const JsonbContainer *) (base + INTALIGN(offset)));
		default:
			return false;
	}
}

static bool
put_array(Text *text, const JsonbContainer *array)
{
	uint32 n = JsonContainerSize(array);
	const char *base = (const char *) &array->children[n];
	bool scalar = JsonContainerIsScalar(array);
	uint32 offset = 0;

	if (!scalar)
		put_literal(text, "[");
	for (uint32 i = 0; i < n; i++)
	{
		uint32 end = offset;

		if (i > 0)
			put_literal(text, ", ");
		JBE_ADVANCE_OFFSET(end, array->children[i]);
		if (!put_entry(text, array->children[i], base, offset, end))
			return false;
		offset = end;
	}
	if (!scalar)
		put_literal(text, "]");
	return true;
}

/* All keys come first, then all values. */
static bool
put_object(Text *text, const JsonbContainer *object)
{
	uint32 n = JsonContainerSize(object);
	const JEntry *keys = object->children;
	const JEntry *values = object->children + n;
	const char *base = (const char *) &object->children[2 * n];
	uint32 key = 0;
	uint32 value = 0;

	for (uint32 i = 0; i < n; i++)
		JBE_ADVANCE_OFFSET(value, keys[i]);
	put_literal(text, "{");
	for (uint32 i = 0; i < n; i++)
	{
		uint32 key_end = key;
		uint32 value_end = value;

		if (i > 0)
			put_literal(text, ", ");
		JBE_ADVANCE_OFFSET(key_end, keys[i]);
		JBE_ADVANCE_OFFSET(value_end, values[i]);
		put_string(text, base + key, key_end - key);
		put_literal(text, ": ");
		if (!put_entry(text, values[i], base, value, value_end))
			return false;
		key = key_end;
		value = value_end;
	}
	put_literal(text, "}");
	return true;
}

static bool
put_container(Text *text, const JsonbContainer *container)
{
	if (stack_is_too_deep())
		return false;
	CHECK_FOR_INTERRUPTS();
	return JsonContainerIsObject(container) ? put_object(text, container) : put_array(text, container);
}

/* A short header leaves the document unaligned: it is copied to the stack. */
bool
cdc_jsonb_encode(CdcBuf *buf, const CdcType *type, Datum value)
{
	union
	{
		JsonbContainer container;
		char bytes[VARATT_SHORT_MAX];
	} copy;
	const struct varlena *datum = (const struct varlena *) DatumGetPointer(value);
	const JsonbContainer *root = (const JsonbContainer *) VARDATA_ANY(datum);
	Text text;

	if (VARATT_IS_SHORT(datum))
	{
		memcpy(copy.bytes, root, VARSIZE_ANY_EXHDR(datum));
		root = &copy.container;
	}
	text.buf = buf;
	text.utf8 = GetDatabaseEncoding() == PG_UTF8;
	cdc_put_string_begin(buf);
	if (!put_container(&text, root))
		return false;
	cdc_put_string_end(buf);
	return true;
}
