/*
 * hstore.c
 *		hstore: the text of a JSON object, or a map.
 *
 * The pairs are read from the type's own text, as the JDBC driver does: its
 * binary layout is the extension's business.  Their order is that of the
 * java.util.HashMap that HStoreConverter.fromString() puts them into.
 */
#include "postgres.h"

#include "access/transam.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/memutils.h"

#include "json/java.h"
#include "value/value.h"

/* pairs between two looks at the interrupt flag */
#define INTERRUPT_MASK 1023

typedef struct Pairs
{
	int count;
	int room;
	CdcSlice *keys;
	CdcSlice *values; /* data is NULL for a null */
} Pairs;

static bool encode_json(CdcBuf *buf, const CdcType *type, Datum value);
static bool get_json(const CdcType *type, Datum value, CdcSlice *text);
static bool encode_map(CdcBuf *buf, const CdcType *type, Datum value);
static void write_json(CdcBuf *text, const Pairs *pairs, const int *order);
static void write_map(CdcBuf *buf, const Pairs *pairs, const int *order);
static bool read_pairs(const CdcType *type, Datum value, Pairs *pairs, int **order);
static bool parse_pairs(char *p, char *end, Pairs *pairs);
static char *parse_string(char *p, char *end, CdcSlice *string);
static void add_pair(Pairs *pairs, CdcSlice key, CdcSlice value);

bool
cdc_hstore_resolve(CdcType *type, const CdcTypeInfo *info)
{
	const CdcSettings *settings = type->settings;
	CdcSlice placeholder = {settings->options->unavailable_placeholder,
							settings->options->unavailable_placeholder_len};
	Pairs marker = {1, 1, &placeholder, &placeholder};
	int order = 0;
	CdcBuf buf;

	if (info->typid < FirstNormalObjectId || info->typtype != TYPTYPE_BASE ||
		OidIsValid(info->element) || strcmp(info->name, "hstore") != 0)
		return false;

	cdc_output_init(type);
	cdc_buf_palloc(&buf, 128);
	buf.ascii = settings->ascii;
	if (settings->options->hstore_mode == CDC_HSTORE_JSON)
	{
		type->schema = cdc_schema_make(CDC_STRING, "io.debezium.data.Json", 1);
		type->encode = encode_json;
		type->text = get_json;
		type->fallback = "\"{}\"";
		write_json(&buf, &marker, &order);
		type->unavailable = cdc_constant_string(settings, buf.data, buf.len);
	}
	else
	{
		CdcSchema *values = cdc_schema_make(CDC_STRING, NULL, 0);

		values->optional = true;
		type->schema = cdc_schema_map(cdc_schema_make(CDC_STRING, NULL, 0), values);
		type->encode = encode_map;
		type->fallback = "{}";
		write_map(&buf, &marker, &order);
		type->unavailable = cdc_buf_cstring(&buf);
	}
	return true;
}

static bool
encode_json(CdcBuf *buf, const CdcType *type, Datum value)
{
	CdcSlice text;

	if (!get_json(type, value, &text))
		return false;
	cdc_put_string(buf, text.data, text.len);
	return true;
}

static bool
get_json(const CdcType *type, Datum value, CdcSlice *text)
{
	Pairs pairs;
	int *order;
	CdcBuf buf;

	if (!read_pairs(type, value, &pairs, &order))
		return false;
	cdc_buf_palloc(&buf, 1024);
	write_json(&buf, &pairs, order);
	text->data = buf.data;
	text->len = buf.len;
	return true;
}

static bool
encode_map(CdcBuf *buf, const CdcType *type, Datum value)
{
	Pairs pairs;
	int *order;

	if (!read_pairs(type, value, &pairs, &order))
		return false;
	write_map(buf, &pairs, order);
	return true;
}

/* As Jackson's ObjectMapper writes a Map to a Java string. */
static void
write_json(CdcBuf *text, const Pairs *pairs, const int *order)
{
	int i;

	cdc_buf_char(text, '{');
	for (i = 0; i < pairs->count; i++)
	{
		CdcSlice value = pairs->values[order[i]];

		if ((i & INTERRUPT_MASK) == 0)
			CHECK_FOR_INTERRUPTS();
		if (i > 0)
			cdc_buf_char(text, ',');
		cdc_json_characters(text, pairs->keys[order[i]].data, pairs->keys[order[i]].len);
		cdc_buf_char(text, ':');
		if (value.data == NULL)
			cdc_buf_literal(text, "null");
		else
			cdc_json_characters(text, value.data, value.len);
	}
	cdc_buf_char(text, '}');
}

static void
write_map(CdcBuf *buf, const Pairs *pairs, const int *order)
{
	int i;

	cdc_put_map_begin(buf, pairs->count);
	for (i = 0; i < pairs->count; i++)
	{
		CdcSlice key = pairs->keys[order[i]];
		CdcSlice value = pairs->values[order[i]];

		if ((i & INTERRUPT_MASK) == 0)
			CHECK_FOR_INTERRUPTS();
		cdc_put_map_key(buf, i == 0, key.data, key.len);
		if (value.data == NULL)
			cdc_put_null(buf);
		else
		{
			cdc_put_present(buf);
			cdc_put_string(buf, value.data, value.len);
		}
	}
	cdc_put_map_end(buf);
}

/* The pairs in the order of the text, and the order to show them in. */
static bool
read_pairs(const CdcType *type, Datum value, Pairs *pairs, int **order)
{
	CdcSlice text;

	if (!cdc_output_text(type, value, &text))
		return false;

	/* the text is this call's own copy: strings are unescaped where they are */
	memset(pairs, 0, sizeof(*pairs));
	if (!parse_pairs(unconstify(char *, text.data), unconstify(char *, text.data) + text.len, pairs))
		return false;
	*order = MemoryContextAllocHuge(CurrentMemoryContext,
									sizeof(int) * (Size) Max(pairs->count, 1));
	cdc_java_hashmap_order(pairs->keys, pairs->count, *order);
	return true;
}

/*
 * "key"=>"value", "key"=>NULL
 * False for anything else, which a type that is only called hstore may print.
 */
static bool
parse_pairs(char *p, char *end, Pairs *pairs)
{
	while (p < end)
	{
		CdcSlice key;
		CdcSlice value = {NULL, 0};

		if ((pairs->count & INTERRUPT_MASK) == 0)
			CHECK_FOR_INTERRUPTS();
		p = parse_string(p, end, &key);
		if (p == NULL || end - p < 3 || p[0] != '=' || p[1] != '>')
			return false;
		p += 2;
		if (*p == '"')
		{
			p = parse_string(p, end, &value);
			if (p == NULL)
				return false;
		}
		else if (end - p >= 4 && memcmp(p, "NULL", 4) == 0)
			p += 4;
		else
			return false;
		add_pair(pairs, key, value);

		if (p == end)
			break;
		if (end - p < 3 || p[0] != ',' || p[1] != ' ')
			return false;
		p += 2;
	}
	return true;
}

/* Returns what follows the closing quote, NULL when there is none. */
static char *
parse_string(char *p, char *end, CdcSlice *string)
{
	char *to;

	if (p == end || *p != '"')
		return NULL;
	to = ++p;
	string->data = to;
	for (; p < end && *p != '"'; p++)
	{
		if (*p == '\\' && ++p == end)
			return NULL;
		*to++ = *p;
	}
	string->len = to - string->data;
	return p < end ? p + 1 : NULL;
}

static void
add_pair(Pairs *pairs, CdcSlice key, CdcSlice value)
{
	if (pairs->room == 0)
	{
		pairs->room = 16;
		pairs->keys = palloc(sizeof(CdcSlice) * pairs->room);
		pairs->values = palloc(sizeof(CdcSlice) * pairs->room);
	}
	else if (pairs->count == pairs->room)
	{
		pairs->room *= 2;
		pairs->keys = repalloc_huge(pairs->keys, sizeof(CdcSlice) * (Size) pairs->room);
		pairs->values = repalloc_huge(pairs->values, sizeof(CdcSlice) * (Size) pairs->room);
	}
	pairs->keys[pairs->count] = key;
	pairs->values[pairs->count] = value;
	pairs->count++;
}
