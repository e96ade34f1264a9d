/*
 * reader.c
 *		Reading JSON that others wrote.
 *
 * The check is strict, where Jackson and PostgreSQL are, and stricter where
 * the result could not be written again: half a surrogate pair or a NUL has no
 * place in a header.
 */
#include "json/reader.h"
#include "json/utf8.h"

/* What is left to check; "p" never passes "end". */
typedef struct Check
{
	const char *p;
	const char *end;
} Check;

static bool check_value(Check *c, int depth);

static inline bool
is_blank(char ch)
{
	return ch == ' ' || ch == '\t' || ch == '\n' || ch == '\r';
}

static inline bool
is_digit(char ch)
{
	return ch >= '0' && ch <= '9';
}

static void
skip_blanks(Check *c)
{
	while (c->p < c->end && is_blank(*c->p))
		c->p++;
}

/* Takes this character, if it is next. */
static bool
take(Check *c, char ch)
{
	if (c->p == c->end || *c->p != ch)
		return false;
	c->p++;
	return true;
}

static bool
take_word(Check *c, const char *word)
{
	size_t len = strlen(word);

	if ((size_t) (c->end - c->p) < len || memcmp(c->p, word, len) != 0)
		return false;
	c->p += len;
	return true;
}

/* At least one digit. */
static bool
take_digits(Check *c)
{
	const char *start = c->p;

	while (c->p < c->end && is_digit(*c->p))
		c->p++;
	return c->p > start;
}

static bool
check_number(Check *c)
{
	take(c, '-');
	if (!take(c, '0') && !take_digits(c))
		return false;
	if (take(c, '.') && !take_digits(c))
		return false;
	if (c->p < c->end && (*c->p == 'e' || *c->p == 'E'))
	{
		c->p++;
		if (!take(c, '+'))
			take(c, '-');
		return take_digits(c);
	}
	return true;
}

/* Four hexadecimal digits. */
static bool
take_unit(Check *c, unsigned *unit)
{
	*unit = 0;
	if (c->end - c->p < 4)
		return false;
	for (int i = 0; i < 4; i++)
	{
		char ch = *c->p++;

		if (is_digit(ch))
			*unit = *unit << 4 | (unsigned) (ch - '0');
		else if ((ch >= 'a' && ch <= 'f') || (ch >= 'A' && ch <= 'F'))
			*unit = *unit << 4 | (unsigned) ((ch | 0x20) - 'a' + 10);
		else
			return false;
	}
	return true;
}

/* Past a backslash. */
static bool
check_escape(Check *c)
{
	unsigned unit;

	if (c->p == c->end)
		return false;
	if (*c->p != 'u')
		return *c->p != '\0' && strchr("\"\\/bfnrt", *c->p++) != NULL;
	c->p++;
	if (!take_unit(c, &unit) || unit == 0 || (unit & 0xFC00) == 0xDC00)
		return false;
	if ((unit & 0xFC00) == 0xD800)
		return take(c, '\\') && take(c, 'u') && take_unit(c, &unit) && (unit & 0xFC00) == 0xDC00;
	return true;
}

static bool
check_string(Check *c)
{
	if (!take(c, '"'))
		return false;
	while (c->p < c->end)
	{
		unsigned char ch = (unsigned char) *c->p;

		if (ch == '"')
		{
			c->p++;
			return true;
		}
		if (ch < 0x20)
			return false;
		if (ch == '\\')
		{
			c->p++;
			if (!check_escape(c))
				return false;
		}
		else if (ch < 0x80)
			c->p++;
		else
		{
			uint32_t character;

			c->p += cdc_utf8_decode((const unsigned char *) c->p, (const unsigned char *) c->end, &character);
			if (character == CDC_UTF8_INVALID)
				return false;
		}
	}
	return false;
}

/* The members or elements after the opening bracket. */
static bool
check_list(Check *c, char close, int depth)
{
	skip_blanks(c);
	if (take(c, close))
		return true;
	for (;;)
	{
		skip_blanks(c);
		if (close == '}')
		{
			if (!check_string(c))
				return false;
			skip_blanks(c);
			if (!take(c, ':'))
				return false;
		}
		if (!check_value(c, depth + 1))
			return false;
		skip_blanks(c);
		if (take(c, close))
			return true;
		if (!take(c, ','))
			return false;
	}
}

static bool
check_value(Check *c, int depth)
{
	skip_blanks(c);
	if (c->p == c->end || depth > CDC_JSON_MAX_DEPTH)
		return false;
	switch (*c->p)
	{
		case '{':
			c->p++;
			return check_list(c, '}', depth);
		case '[':
			c->p++;
			return check_list(c, ']', depth);
		case '"':
			return check_string(c);
		case 't':
			return take_word(c, "true");
		case 'f':
			return take_word(c, "false");
		case 'n':
			return take_word(c, "null");
		default:
			return check_number(c);
	}
}

bool
cdc_json_valid(const char *text, size_t len)
{
	Check c = {text, text + len};

	if (!check_value(&c, 1))
		return false;
	skip_blanks(&c);
	return c.p == c.end;
}

const char *
cdc_json_start(const char *p)
{
	while (is_blank(*p))
		p++;
	return p;
}

static const char *
string_end(const char *p)
{
	for (p++; *p != '"'; p++)
		if (*p == '\\')
			p++;
	return p + 1;
}

const char *
cdc_json_end(const char *p)
{
	int depth = 0;

	if (*p == '"')
		return string_end(p);
	if (*p != '{' && *p != '[')
	{
		while (is_digit(*p) || (*p >= 'a' && *p <= 'z') || *p == '-' || *p == '+' || *p == '.' || *p == 'E')
			p++;
		return p;
	}
	do
	{
		if (*p == '"')
		{
			p = string_end(p);
			continue;
		}
		if (*p == '{' || *p == '[')
			depth++;
		else if (*p == '}' || *p == ']')
			depth--;
		p++;
	} while (depth > 0);
	return p;
}

/* Past the bracket or the comma; false at the end of the list. */
static bool
next(const char **p)
{
	*p = cdc_json_start(*p);
	if (**p != '{' && **p != '[' && **p != ',')
		return false;
	*p = cdc_json_start(*p + 1);
	return **p != '}' && **p != ']';
}

static void
take_value(const char **p, CdcSlice *value)
{
	value->data = cdc_json_start(*p);
	*p = cdc_json_end(value->data);
	value->len = *p - value->data;
}

bool
cdc_json_next_member(const char **p, CdcSlice *name, CdcSlice *value)
{
	if (!next(p))
		return false;
	take_value(p, name);
	*p = cdc_json_start(*p) + 1; /* the colon */
	take_value(p, value);
	return true;
}

bool
cdc_json_next_element(const char **p, CdcSlice *value)
{
	if (!next(p))
		return false;
	take_value(p, value);
	return true;
}
