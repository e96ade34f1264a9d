/*
 * values.c
 *		Option values: from text to what CdcOptions holds.
 *
 * Defaults take the same way as what a user gives, so that the option table
 * has them in one spelling only.
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"

#include "options/fields.h"
#include "options/keys.h"
#include "options/mappers.h"
#include "options/values.h"

#define CLIP_BYTES 120

static const char skip_letters[] = "cudt"; /* in the order of CDC_SKIP_* bits */

const char *
cdc_value_clip(const char *value)
{
	size_t len = strlen(value);
	int clipped;

	if (len <= CLIP_BYTES)
		return value;
	clipped = pg_mbcliplen(value, CLIP_BYTES + 1, CLIP_BYTES);
	return psprintf("%.*s...", clipped, value);
}

static void
invalid_value(const char *name, const char *value, const char *hint)
{
	ereport(ERROR,
			errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			errmsg("invalid value for option \"%s\": \"%s\"", name, cdc_value_clip(value)),
			errhint("%s", hint));
}

/* String.trim(): everything up to the blank goes */
char *
cdc_value_trim(const char *text, size_t len)
{
	const char *end = text + len;

	while (text < end && (unsigned char) *text <= ' ')
		text++;
	while (end > text && (unsigned char) end[-1] <= ' ')
		end--;
	return pnstrdup(text, end - text);
}

/*
 * Strings.RegExSplitter: a backslash protects what follows, and goes when
 * that is a comma.  Debezium keeps an entry of blanks, which matches nothing.
 */
List *
cdc_value_split(const char *list)
{
	List *entries = NIL;
	char *entry = palloc(strlen(list) + 1);
	char *to = entry;

	for (const char *from = list;; from++)
	{
		if (*from == '\0' || *from == ',')
		{
			char *text = cdc_value_trim(entry, to - entry);

			if (*text)
				entries = lappend(entries, text);
			if (*from == '\0')
				break;
			to = entry;
			continue;
		}
		if (*from == '\\' && from[1])
		{
			if (from[1] != ',')
				*to++ = '\\';
			from++;
		}
		*to++ = *from;
	}
	pfree(entry);
	return entries;
}

bool
cdc_value_digits(const char *text, size_t len, int *result)
{
	int64 value = 0;

	if (len == 0)
		return false;
	for (size_t i = 0; i < len; i++)
	{
		if (text[i] < '0' || text[i] > '9')
			return false;
		value = value * 10 + (text[i] - '0');
		if (value > PG_INT32_MAX)
			return false;
	}
	*result = (int) value;
	return true;
}

static bool
parse_bool(const char *name, const char *value)
{
	if (strcmp(value, "true") == 0)
		return true;
	if (strcmp(value, "false") != 0)
		invalid_value(name, value, "Valid values are \"true\" and \"false\".");
	return false;
}

static int
parse_int(const CdcOptionRow *row, const char *name, const char *value)
{
	size_t len = strlen(value);
	int result;

	/* all digits: a number, if too large a one */
	if (len == 0 || strspn(value, "0123456789") != len)
		invalid_value(name, value, psprintf("The value is an integer from %d to %d, in digits only.", row->min, row->max));
	if (!cdc_value_digits(value, len, &result) || result < row->min || result > row->max)
		ereport(ERROR,
				errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("value %s is out of range for option \"%s\"", cdc_value_clip(value), name),
				errhint("Valid values are from %d to %d.", row->min, row->max));
	return result;
}

/* "a", "b" and "c" */
static char *
quoted_words(const CdcWord *words)
{
	StringInfoData text;

	initStringInfo(&text);
	for (const CdcWord *word = words; word->word; word++)
		appendStringInfo(&text, "%s\"%s\"",
						 word == words ? "" : word[1].word ? ", "
														   : " and ",
						 word->word);
	return text.data;
}

/* Debezium's EnumeratedValues are compared without regard to case */
static int
parse_enum(const CdcOptionRow *row, const char *name, const char *value)
{
	for (const CdcWord *word = row->words; word->word; word++)
		if (pg_strcasecmp(word->word, value) == 0)
			return word->value;
	invalid_value(name, value, psprintf("Valid values are %s.", quoted_words(row->words)));
	return 0;
}

/* CommonConnectorConfig.validateTopicName */
static char *
parse_topic(const char *name, const char *value)
{
	size_t valid = strspn(value, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-");

	if (*value == '\0' || value[valid] != '\0')
		invalid_value(name, value, "The value is made of letters without accents, digits, \".\", \"_\" and \"-\".");
	return pstrdup(value);
}

static int
hex_digit(char c)
{
	const char *digits = "0123456789abcdef0123456789ABCDEF";
	const char *found = c ? strchr(digits, c) : NULL;

	return found ? (int) (found - digits) % 16 : -1;
}

static void
parse_placeholder(CdcOptions *options, const char *name, const char *value)
{
	const char *digits = value + 4;
	size_t len;
	char *bytes;

	if (*value == '\0')
		invalid_value(name, value, "An empty placeholder could not be told from an empty value.");
	options->unavailable_is_bytes = strncmp(value, "hex:", 4) == 0;
	if (!options->unavailable_is_bytes)
	{
		options->unavailable_placeholder = pstrdup(value);
		options->unavailable_placeholder_len = (int) strlen(value);
		return;
	}

	len = strlen(digits) / 2;
	bytes = palloc0(len + 1);
	for (size_t i = 0; i < len; i++)
	{
		int high = hex_digit(digits[2 * i]);
		int low = hex_digit(digits[2 * i + 1]);

		if (high < 0 || low < 0)
			len = 0; /* complain below */
		else
			bytes[i] = (char) (high << 4 | low);
	}
	if (len == 0 || digits[2 * len] != '\0')
		invalid_value(name, value, "After \"hex:\" come two hexadecimal digits for each byte, one byte at least.");
	options->unavailable_placeholder = bytes;
	options->unavailable_placeholder_len = (int) len;
}

/* CommonConnectorConfig.validateSkippedOperation */
static int
parse_operations(const char *name, const char *value)
{
	const char *hint = "The value is a list of \"c\" (create), \"u\" (update), \"d\" (delete) and \"t\" (truncate), or \"none\".";
	List *entries = cdc_value_split(value);
	ListCell *cell;
	int operations = 0;

	if (entries == NIL)
		invalid_value(name, value, hint);
	foreach(cell, entries)
	{
		const char *entry = lfirst(cell);
		const char *letter = strchr(skip_letters, entry[0]);

		if (strcmp(entry, "none") == 0 && list_length(entries) == 1)
			return 0;
		if (entry[1] != '\0' || !letter)
			invalid_value(name, value, hint);
		operations |= 1 << (letter - skip_letters);
	}
	return operations;
}

void
cdc_value_set(CdcOptions *options, const CdcOptionRow *row, void *field, const char *name, const char *value)
{
	switch (row->type)
	{
		case CDC_OPTION_BOOL:
			*(bool *) field = parse_bool(name, value);
			break;
		case CDC_OPTION_INT:
			*(int *) field = parse_int(row, name, value);
			break;
		case CDC_OPTION_ENUM:
			*(int *) field = parse_enum(row, name, value);
			break;
		case CDC_OPTION_ENUM_BOOL:
			*(bool *) field = parse_enum(row, name, value) != 0;
			break;
		case CDC_OPTION_TOPIC:
			*(const char **) field = parse_topic(name, value);
			break;
		case CDC_OPTION_PLACEHOLDER:
			parse_placeholder(options, name, value);
			break;
		case CDC_OPTION_OPERATIONS:
			*(int *) field = parse_operations(name, value);
			break;
		case CDC_OPTION_PATTERNS:
			*(CdcPatterns **) field = cdc_patterns_compile(name, value);
			break;
		case CDC_OPTION_KEYS:
			*(List **) field = cdc_keys_parse(name, value);
			break;
		case CDC_OPTION_NAME:
			if (*value == '\0')
				invalid_value(name, value, "The value is a name, which has one character at least.");
			*(const char **) field = pstrdup(value);
			break;
		case CDC_OPTION_TEXT:
			*(const char **) field = pstrdup(value);
			break;
		case CDC_OPTION_FIELDS:
			*(List **) field = cdc_fields_parse(name, value);
			break;
		case CDC_OPTION_PLACEMENTS:
			*(List **) field = cdc_placements_parse(name, value);
			break;
		case CDC_OPTION_MAPPER:
			cdc_mapper_add(options, (CdcMapperKind) row->min, cdc_patterns_compile(name, value));
			break;
	}
}

const char *
cdc_value_type(const CdcOptionRow *row)
{
	StringInfoData text;

	switch (row->type)
	{
		case CDC_OPTION_BOOL:
			return "boolean";
		case CDC_OPTION_INT:
			return psprintf("integer (%d to %d)", row->min, row->max);
		case CDC_OPTION_ENUM:
		case CDC_OPTION_ENUM_BOOL:
			initStringInfo(&text);
			appendStringInfoString(&text, "enum (");
			for (const CdcWord *word = row->words; word->word; word++)
				appendStringInfo(&text, "%s%s", word->word, word[1].word ? ", " : ")");
			return text.data;
		case CDC_OPTION_TOPIC:
			return "topic name";
		case CDC_OPTION_PLACEHOLDER:
		case CDC_OPTION_TEXT:
			return "string";
		case CDC_OPTION_NAME:
			return "name";
		case CDC_OPTION_FIELDS:
			return "list of fields";
		case CDC_OPTION_PLACEMENTS:
			return "list of placements";
		case CDC_OPTION_OPERATIONS:
			return "list of letters";
		case CDC_OPTION_PATTERNS:
		case CDC_OPTION_MAPPER:
			return "list of regular expressions";
		case CDC_OPTION_KEYS:
			return "list of keys";
	}
	return NULL; /* not reached */
}
