/*
 * default.c
 *		A column's default, as the connector finds it in the expression's text.
 *
 * Debezium does not evaluate a default: PostgresDefaultValueConverter takes the
 * text of the expression apart with a few rules, parses what is left as the
 * column's type and converts that like a value.  So the default in a schema is
 * at times not the default of the column: a function's result is the type's
 * zero, 'it''s' is "it", char(4) is not padded.  It is reproduced as it is:
 * schemas are compared by those who read them.
 *
 * Runs once per column and table version, in a transaction; everything is
 * allocated in CurrentMemoryContext.  The text can be anything: what does not
 * parse has no default.
 */
#include "postgres.h"

#include <math.h>

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"

#include "value/calendar.h"
#include "value/parse.h"
#include "value/value.h"

/* Renders the text that the rules leave; false when it is no value of the type. */
typedef bool (*DefaultWriter)(CdcBuf *buf, const CdcType *type, const char *text);

typedef struct DefaultRule
{
	Oid typid;
	const char *generated; /* what a function call stands for */
	bool trim; /* blanks around the expression do not count */
	DefaultWriter write;
} DefaultRule;

/* A server's input function, called guarded: what it takes is not ours to judge. */
typedef struct InputCall
{
	PGFunction function;
	const char *text;
	Datum result;
} InputCall;

static bool write_bits(CdcBuf *buf, const CdcType *type, const char *text);
static bool write_bool(CdcBuf *buf, const CdcType *type, const char *text);
static bool write_integer(CdcBuf *buf, const CdcType *type, const char *text);
static bool write_float(CdcBuf *buf, const CdcType *type, const char *text);
static bool write_numeric(CdcBuf *buf, const CdcType *type, const char *text);
static bool write_text(CdcBuf *buf, const CdcType *type, const char *text);
static bool write_uuid(CdcBuf *buf, const CdcType *type, const char *text);
static bool write_date(CdcBuf *buf, const CdcType *type, const char *text);
static bool write_time(CdcBuf *buf, const CdcType *type, const char *text);
static bool write_timestamp(CdcBuf *buf, const CdcType *type, const char *text);
static bool write_interval(CdcBuf *buf, const CdcType *type, const char *text);

static const DefaultRule *find_rule(Oid typid);
static const char *extract(const DefaultRule *rule, const char *expression);
static const char *extract_enum(Oid typid, const char *expression);
static bool is_generated(const char *expression);
static const char *quoted_text(const char *expression);
static size_t line_length(const char *text);
static bool is_type_name(const char *text, const char *name);
static bool write_limit(CdcBuf *buf, const CdcType *type, const char *text);
static bool call_input(PGFunction function, const char *text, Datum *result);

/* The only types that have defaults in the connector, besides enums */
static const DefaultRule rules[] = {
	{BITOID, "00", true, write_bits},
	{VARBITOID, "0", true, write_bits},
	{BOOLOID, "false", true, write_bool},
	{BPCHAROID, "", false, write_text},
	{VARCHAROID, "", false, write_text},
	{TEXTOID, "", false, write_text},
	{NUMERICOID, "0.0", true, write_numeric},
	{FLOAT4OID, "0.0", true, write_float},
	{FLOAT8OID, "0.0", true, write_float},
	{INT2OID, "0", true, write_integer},
	{INT4OID, "0", true, write_integer},
	{INT8OID, "0", true, write_integer},
	{JSONOID, "{}", false, write_text},
	{JSONBOID, "{}", false, write_text},
	{XMLOID, "", false, write_text},
	{UUIDOID, "00000000-0000-0000-0000-000000000000", true, write_uuid},
	{DATEOID, "1970-01-01", true, write_date},
	{TIMEOID, "00:00", true, write_time},
	{TIMESTAMPOID, "1970-01-01", true, write_timestamp},
	{TIMESTAMPTZOID, "1970-01-01", true, write_timestamp},
	{INTERVALOID, "epoch", true, write_interval}};

/*
 * What is infinite, or the end of the day, becomes Java's largest or smallest
 * date, time or timestamp, which then overflows in a way of its own in each
 * schema.  What is not listed has no default.
 */
static const struct
{
	const char *schema;
	const char *text;
	const char *json;
} limits[] = {
	{"io.debezium.time.Date", "infinity", "169560311"},
	{"io.debezium.time.Date", "-infinity", "-170999002"},
	{"org.apache.kafka.connect.data.Date", "infinity", "169560311"},
	{"org.apache.kafka.connect.data.Date", "-infinity", "-170999002"},
	{"io.debezium.time.IsoDate", "infinity", "\"+999999999-12-31Z\""},
	{"io.debezium.time.IsoDate", "-infinity", "\"-999999999-01-01Z\""},
	{"io.debezium.time.Time", "24:00:00", "86399999"},
	{"org.apache.kafka.connect.data.Time", "24:00:00", "86399999"},
	{"io.debezium.time.MicroTime", "24:00:00", "86399999999"},
	{"io.debezium.time.NanoTime", "24:00:00", "86399999999999"},
	{"io.debezium.time.IsoTime", "24:00:00", "\"23:59:59.999999999Z\""},
	{"io.debezium.time.MicroTimestamp", "infinity", "-9223372036853775810"},
	{"io.debezium.time.MicroTimestamp", "-infinity", "-9223372036854775808"},
	{"io.debezium.time.IsoTimestamp", "infinity", "\"+999999999-12-31T23:59:59.999999999Z\""},
	{"io.debezium.time.IsoTimestamp", "-infinity", "\"-999999999-01-01T00:00:00Z\""}};

const char *
cdc_type_default(const CdcType *type, Oid declared, const char *expression)
{
	const DefaultRule *rule = find_rule(type->typid);
	const char *text = NULL;
	CdcBuf buf;

	/* a domain's name is not in the connector's list */
	if (declared != type->typid)
		return NULL;

	expression = cdc_utf8_cstring(expression);
	if (rule)
		text = extract(rule, expression);
	else if (get_typtype(type->typid) == TYPTYPE_ENUM)
		text = extract_enum(type->typid, expression);
	if (text == NULL)
		return NULL;

	/* a struct (numeric without precision) cannot be a default: KAFKA-12694 */
	if (type->schema->type == CDC_STRUCT)
		return NULL;

	cdc_buf_palloc(&buf, 64);
	buf.ascii = type->settings->ascii;
	if (!(rule ? rule->write : write_text)(&buf, type, text))
		return NULL;
	return cdc_buf_cstring(&buf);
}

static const DefaultRule *
find_rule(Oid typid)
{
	for (int i = 0; i < lengthof(rules); i++)
	{
		if (rules[i].typid == typid)
			return &rules[i];
	}
	return NULL;
}

/* The text that is to be parsed as the type; NULL when there is none. */
static const char *
extract(const DefaultRule *rule, const char *expression)
{
	if (rule->trim)
	{
		size_t len;

		while (*expression > 0 && *expression <= ' ')
			expression++;
		len = strlen(expression);
		while (len > 0 && expression[len - 1] > 0 && expression[len - 1] <= ' ')
			len--;
		expression = pnstrdup(expression, len);
	}
	if (strncmp(expression, "NULL::", 6) == 0)
		return NULL;
	if (is_generated(expression))
		return rule->generated;
	if (strchr(expression, '\''))
		return quoted_text(expression);
	return expression;
}

/*
 * FUNCTION_DEFAULT_PATTERN, of which a prefix has to match: perhaps a
 * parenthesis, a name, and parentheses that close on the same line.  Or one of
 * the words that call a function without any.
 */
static bool
is_generated(const char *expression)
{
	static const char *const words[] = {
		"current_timestamp", "current_time", "current_date", "localtime", "localtimestamp"};
	const char *p = expression;
	const char *start;

	for (int i = 0; i < lengthof(words); i++)
	{
		if (pg_strcasecmp(expression, words[i]) == 0)
			return true;
	}

	if (*p == '(')
		p++;
	start = p;
	while ((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9') ||
		   *p == '_' || *p == '.')
		p++;
	return p > start && *p == '(' && memchr(p, ')', line_length(p)) != NULL;
}

/*
 * LITERAL_DEFAULT_PATTERN, '(.*?)': the first quote that has another one after
 * it on the same line, and what is between.  Doubled quotes mean nothing to it.
 */
static const char *
quoted_text(const char *expression)
{
	const char *start;

	for (start = strchr(expression, '\''); start; start = strchr(start, '\''))
	{
		const char *end;

		start++;
		end = memchr(start, '\'', line_length(start));
		if (end)
			return pnstrdup(start, end - start);
	}
	return NULL;
}

/* Bytes before the next line terminator of Java's regular expressions */
static size_t
line_length(const char *text)
{
	const char *p = text;

	for (;;)
	{
		p += strcspn(p, "\n\r\xC2\xE2");
		if ((unsigned char) p[0] == 0xC2 && (unsigned char) p[1] != 0x85)
			p++;
		else if ((unsigned char) p[0] == 0xE2 && !((unsigned char) p[1] == 0x80 &&
												   ((unsigned char) p[2] == 0xA8 || (unsigned char) p[2] == 0xA9)))
			p++;
		else
			return p - text;
	}
}

/*
 * An enum's label, if the expression is that and nothing else: 'label'::type.
 * The quotes within it stay doubled.
 */
static const char *
extract_enum(Oid typid, const char *expression)
{
	HeapTuple tuple = SearchSysCache1(TYPEOID, ObjectIdGetDatum(typid));
	const char *cast = NULL;
	const char *next;
	bool same;

	if (!HeapTupleIsValid(tuple))
		return NULL;
	for (next = strstr(expression, "::"); next; next = strstr(next + 1, "::"))
		cast = next;
	same = cast != NULL &&
		   is_type_name(cast + 2, cdc_utf8_cstring(NameStr(((Form_pg_type) GETSTRUCT(tuple))->typname)));
	ReleaseSysCache(tuple);

	if (!same || cast - expression < 2 || expression[0] != '\'' || cast[-1] != '\'')
		return NULL;
	return pnstrdup(expression + 1, cast - expression - 2);
}

/* Is the text an identifier, perhaps with a schema, and "name" its last part? */
static bool
is_type_name(const char *text, const char *name)
{
	size_t len = strlen(text);
	size_t name_len = strlen(name);
	const char *quoted = quote_identifier(name);
	size_t quoted_len = strlen(quoted);

	/* the connector takes a dot in the name for the end of a schema's, and finds no such type */
	if (strchr(name, '.'))
		return false;

	/* quote_identifier() decides by the session's keywords and settings: try both */
	if (len >= quoted_len && strcmp(text + len - quoted_len, quoted) == 0)
		return len == quoted_len || text[len - quoted_len - 1] == '.';
	return len >= name_len && strcmp(text + len - name_len, name) == 0 &&
		   (len == name_len || text[len - name_len - 1] == '.');
}

/* Integer.valueOf(text, 2) != 0; without a sign, which no bit string has */
static bool
write_bit(CdcBuf *buf, const char *text)
{
	size_t len = strlen(text);

	if (len == 0 || len > 31 || strspn(text, "01") < len)
		return false;
	cdc_json_bool(buf, strchr(text, '1') != NULL);
	return true;
}

/*
 * bit: one digit is a boolean to the connector, which it makes a byte where
 * the column is wider.  Any other text is read from its end, and what is not
 * the digit 1 counts as 0.
 */
static bool
write_bits(CdcBuf *buf, const CdcType *type, const char *text)
{
	size_t len = strlen(text);
	bool digit = type->typid == BITOID && len == 1;
	uint8 *bytes;
	size_t used;

	if (type->schema->type == CDC_BOOLEAN)
		return write_bit(buf, digit && *text != '1' ? "0" : text);

	bytes = palloc0(len / BITS_PER_BYTE + 1);
	used = digit ? 1 : 0;
	for (size_t i = 0; i < len; i++)
	{
		if (text[len - 1 - i] == '1')
		{
			bytes[i / BITS_PER_BYTE] |= 1 << (i % BITS_PER_BYTE);
			used = i / BITS_PER_BYTE + 1;
		}
	}
	cdc_json_base64(buf, bytes, used);
	return true;
}

/* Boolean.parseBoolean: whatever is not "true" is false */
static bool
write_bool(CdcBuf *buf, const CdcType *type, const char *text)
{
	cdc_json_bool(buf, pg_strcasecmp(text, "true") == 0);
	return true;
}

static bool
write_integer(CdcBuf *buf, const CdcType *type, const char *text)
{
	int64 value;
	bool valid;

	if (type->typid == INT2OID)
		valid = cdc_parse_int(text, PG_INT16_MIN, PG_INT16_MAX, &value);
	else if (type->typid == INT4OID)
		valid = cdc_parse_int(text, PG_INT32_MIN, PG_INT32_MAX, &value);
	else
		valid = cdc_parse_int(text, PG_INT64_MIN, PG_INT64_MAX, &value);
	if (valid)
		cdc_json_int64(buf, value);
	return valid;
}

static bool
write_float(CdcBuf *buf, const CdcType *type, const char *text)
{
	float single;
	double value;

	if (type->typid == FLOAT4OID && cdc_parse_float(text, &single))
		cdc_json_float(buf, single);
	else if (type->typid == FLOAT8OID && cdc_parse_double(text, &value))
		cdc_json_double(buf, value);
	else
		return false;
	return true;
}

/*
 * The number gets the column's scale, and has no default when it needs more
 * decimals; that it may have too many digits before the point counts for
 * nothing (PostgresValueConverter.withScaleAdjustedIfNeeded).
 */
static bool
write_numeric(CdcBuf *buf, const CdcType *type, const char *text)
{
	char *number = palloc(cdc_parse_decimal_size(text));
	Datum value;

	return cdc_parse_decimal(text, type->scale, number) &&
		   call_input(numeric_in, number, &value) && type->encode(buf, type, value);
}

/* Character types, JSON, XML, enums: neither padded nor cut nor checked */
static bool
write_text(CdcBuf *buf, const CdcType *type, const char *text)
{
	cdc_json_string(buf, text, strlen(text));
	return true;
}

static bool
write_uuid(CdcBuf *buf, const CdcType *type, const char *text)
{
	char uuid[CDC_UUID_TEXT];

	if (!cdc_parse_uuid(text, uuid))
		return false;
	cdc_json_plain(buf, uuid, sizeof(uuid));
	return true;
}

/* The time of day and the zone, if there are any, are ignored. */
static bool
write_date(CdcBuf *buf, const CdcType *type, const char *text)
{
	CdcParsedTimestamp parsed;
	int64 date;

	if (!cdc_parse_timestamp(text, &parsed))
		return write_limit(buf, type, text);
	date = parsed.day - CDC_POSTGRES_EPOCH_DAY;
	if (!IS_VALID_DATE(date))
		return false;
	return type->encode(buf, type, DateADTGetDatum((DateADT) date));
}

static bool
write_time(CdcBuf *buf, const CdcType *type, const char *text)
{
	int64 micros;

	if (!cdc_parse_time(text, &micros))
		return write_limit(buf, type, text);
	return type->encode(buf, type, TimeADTGetDatum(micros));
}

static bool
write_timestamp(CdcBuf *buf, const CdcType *type, const char *text)
{
	CdcParsedTimestamp parsed;
	int64 day;
	int64 value;

	if (!cdc_parse_timestamp(text, &parsed))
		return write_limit(buf, type, text);
	day = parsed.day - CDC_POSTGRES_EPOCH_DAY;
	/* a day either way for the offset: no overflow */
	if (day < MIN_TIMESTAMP / USECS_PER_DAY - 1 || day > END_TIMESTAMP / USECS_PER_DAY)
		return false;
	value = day * CDC_MICROS_PER_DAY + parsed.micros;
	if (type->typid == TIMESTAMPTZOID)
		value -= parsed.offset * INT64CONST(1000000);
	if (!IS_VALID_TIMESTAMP(value))
		return false;
	return type->encode(buf, type, TimestampGetDatum(value));
}

static bool
write_interval(CdcBuf *buf, const CdcType *type, const char *text)
{
	CdcParsedInterval parsed;
	Interval interval;
	Datum value;

	/* the one style that the driver reads with another parser; the server does as well */
	if (*text == 'P')
		return call_input(interval_in, text, &value) && type->encode(buf, type, value);

	if (!cdc_parse_interval(text, &parsed))
		return false;
	interval.month = (int32) ((uint32) parsed.years * MONTHS_PER_YEAR + (uint32) parsed.months);
	interval.day = parsed.days;
	interval.time = ((int64) parsed.hours * MINS_PER_HOUR + parsed.minutes) * USECS_PER_MINUTE +
					(int64) rint(parsed.seconds * 1000000);
	return type->encode(buf, type, IntervalPGetDatum(&interval));
}

static bool
write_limit(CdcBuf *buf, const CdcType *type, const char *text)
{
	for (int i = 0; i < lengthof(limits); i++)
	{
		if (strcmp(limits[i].schema, type->schema->name) == 0 && strcmp(limits[i].text, text) == 0)
		{
			cdc_json_raw(buf, limits[i].json, strlen(limits[i].json));
			return true;
		}
	}
	return false;
}

static void
do_input(void *arg)
{
	InputCall *call = arg;

	call->result = DirectFunctionCall3(call->function, CStringGetDatum(call->text),
									   ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1));
}

static bool
call_input(PGFunction function, const char *text, Datum *result)
{
	InputCall call = {function, text, (Datum) 0};

	if (!cdc_guard(do_input, &call))
		return false;
	*result = call.result;
	return true;
}
