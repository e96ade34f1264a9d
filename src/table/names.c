/*
 * names.c
 *		Names of topics, schemas and fields.
 *
 * Debezium works on Java strings, so "a character" is a UTF-16 unit here: one
 * beyond the BMP counts, and is replaced, twice.  Rules: AbstractTopicNamingStrategy,
 * SchemaNameAdjuster, SanitizeUnicode... (format reference, section 7).
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"

#include "table/table.h"

#define MAX_TOPIC_LENGTH 249

typedef bool (*Valid)(pg_wchar c, bool first);

/* One character of UTF-8 text as a code point; invalid bytes count as U+FFFD, one each. */
static pg_wchar
next_char(const char **cursor)
{
	const unsigned char *p = (const unsigned char *) *cursor;
	int len = pg_utf_mblen(p);

	if ((int) strnlen((const char *) p, len) < len || !pg_utf8_islegal(p, len))
	{
		(*cursor)++;
		return 0xFFFD;
	}
	*cursor += len;
	return utf8_to_unicode(p);
}

static bool
is_letter_or_digit(pg_wchar c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool
valid_in_topic(pg_wchar c, bool first)
{
	return is_letter_or_digit(c) || c == '.' || c == '_' || c == '-';
}

/* with the Unicode strategies the escape character itself must be escaped */
static bool
valid_in_unicode_topic(pg_wchar c, bool first)
{
	return is_letter_or_digit(c) || c == '.' || c == '-';
}

static bool
valid_in_schema_name(pg_wchar c, bool first)
{
	return (is_letter_or_digit(c) && !(first && c >= '0' && c <= '9')) || c == '_' || (c == '.' && !first);
}

static bool
valid_in_field_name(pg_wchar c, bool first)
{
	return c != '.' && valid_in_schema_name(c, first);
}

static bool
valid_in_unicode_schema_name(pg_wchar c, bool first)
{
	return c != '_' && valid_in_schema_name(c, first);
}

static bool
valid_in_unicode_field_name(pg_wchar c, bool first)
{
	return c != '_' && valid_in_field_name(c, first);
}

/* One UTF-16 unit as the Unicode strategies escape it: up to two digits get "00" in front, three stay. */
static void
append_unicode_escape(StringInfo out, unsigned unit)
{
	appendStringInfo(out, "_u%s%x", unit <= 0xFF ? "00" : "", unit);
}

/* Is there nothing to replace in a name? */
static bool
all_valid(const char *name, Valid valid)
{
	bool first = true;

	while (*name)
	{
		if (!valid(next_char(&name), first))
			return false;
		first = false;
	}
	return true;
}

/* Replaces every character that is not valid; "keep_digit" keeps a leading digit after its "_". */
static char *
replace_invalid(const char *name, Valid valid, bool unicode, bool keep_digit)
{
	StringInfoData out;
	char *result;
	const char *cursor = name;
	bool first = true;

	if (all_valid(name, valid))
		return pstrdup(name);
	initStringInfo(&out);
	while (*cursor)
	{
		const char *start = cursor;
		pg_wchar c = next_char(&cursor);

		if (valid(c, first))
			appendBinaryStringInfo(&out, start, cursor - start);
		else if (!unicode)
		{
			appendStringInfoString(&out, c > 0xFFFF ? "__" : "_");
			if (keep_digit && first && c >= '0' && c <= '9')
				appendStringInfoChar(&out, (char) c);
		}
		else if (c > 0xFFFF)
		{
			append_unicode_escape(&out, 0xD800 + ((c - 0x10000) >> 10));
			append_unicode_escape(&out, 0xDC00 + ((c - 0x10000) & 0x3FF));
		}
		else
			append_unicode_escape(&out, c);
		first = false;
	}
	result = pnstrdup(out.data, out.len);
	pfree(out.data);
	return result;
}

static char *
sanitise_topic(const char *name, bool unicode)
{
	char *topic = replace_invalid(name, unicode ? valid_in_unicode_topic : valid_in_topic, unicode, false);

	if (strcmp(topic, ".") == 0)
		return pstrdup("_");
	if (strcmp(topic, "..") == 0)
		return pstrdup("__");
	if (strlen(topic) > MAX_TOPIC_LENGTH)
		topic[MAX_TOPIC_LENGTH] = '\0';
	return topic;
}

/* Topic of a table: prefix, schema and table, sanitised as a whole. */
char *
cdc_name_topic(const CdcOptions *options, const char *prefix, const char *schema, const char *table)
{
	char *name = psprintf("%s%s%s%s%s", prefix, options->topic_delimiter, schema, options->topic_delimiter, table);
	char *topic = sanitise_topic(name, options->topic_unicode);

	pfree(name);
	return topic;
}

/* The default topic.prefix: the database's name, made one that the option would accept. */
char *
cdc_name_prefix(const char *database)
{
	return sanitise_topic(database, false);
}

/* Name of a Key, Value or Envelope schema under schema.name.adjustment.mode. */
const char *
cdc_name_adjust_schema(CdcAdjustment mode, const char *name)
{
	switch (mode)
	{
		case CDC_ADJUST_NONE:
			return name;
		case CDC_ADJUST_AVRO:
			return replace_invalid(name, valid_in_schema_name, false, true);
		case CDC_ADJUST_AVRO_UNICODE:
			return replace_invalid(name, valid_in_unicode_schema_name, true, false);
	}
	return name;
}

/* Name of a field under field.name.adjustment.mode. */
const char *
cdc_name_adjust_field(CdcAdjustment mode, const char *name)
{
	switch (mode)
	{
		case CDC_ADJUST_NONE:
			return name;
		case CDC_ADJUST_AVRO:
			return replace_invalid(name, valid_in_field_name, false, true);
		case CDC_ADJUST_AVRO_UNICODE:
			return replace_invalid(name, valid_in_unicode_field_name, true, false);
	}
	return name;
}
