/*
 * properties.c
 *		A sink's properties as a table; see properties.h.
 *
 * Texts may be secrets: no message repeats one.
 */
#include "relay/properties.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const RelayProperty *
find(const RelayProperty *table, const char *name)
{
	for (; table->name; table++)
	{
		size_t len = strlen(table->name);

		if (strncmp(table->name, name, len) == 0 && (name[len] == '\0' || (table->type == RELAY_PROPERTY_FAMILY && name[len] == '.')))
			return table;
	}
	return NULL;
}

static bool
unknown(const RelayProperty *table, const char *sink, const char *name, RelayError *error)
{
	RelayBuf names = {0};

	relay_fail(error, RELAY_EXIT_USAGE, "the sink \"%s\" has no property \"%s\"", sink, name);
	for (const RelayProperty *p = table; p->name; p++)
		relay_buf_printf(&names, "%s%s%s", p > table ? ", " : "", p->name, p->type == RELAY_PROPERTY_FAMILY ? "[.*]" : "");
	relay_hint(error, "Properties are %s.", relay_buf_cstring(&names));
	relay_buf_free(&names);
	return false;
}

static bool
invalid(const RelayProperty *property, const char *value, RelayError *error)
{
	RelayBuf words = {0};

	relay_fail(error, RELAY_EXIT_USAGE, "invalid value for property \"%s\": \"%s\"", property->name, value);
	switch (property->type)
	{
		case RELAY_PROPERTY_BOOL:
			relay_hint(error, "Valid are true and false.");
			break;
		case RELAY_PROPERTY_NUMBER:
			relay_hint(error, "Valid are numbers from %" PRId64 " to %" PRId64 ".", property->min, property->max);
			break;
		case RELAY_PROPERTY_BYTES:
			relay_hint(error, "Valid are sizes like 512kB and 5MB, from %" PRId64 " to %" PRId64 " bytes.", property->min, property->max);
			break;
		case RELAY_PROPERTY_SECONDS:
			relay_hint(error, "Valid are seconds like 10 and 0.5, more than 0.");
			break;
		case RELAY_PROPERTY_WORD:
			for (const char *p = property->valid; *p;)
			{
				size_t len = strcspn(p, "|");

				relay_buf_printf(&words, "%s\"%.*s\"", p > property->valid ? ", " : "", (int) len, p);
				p += len + (p[len] != '\0');
			}
			relay_hint(error, "Valid are %s.", relay_buf_cstring(&words));
			relay_buf_free(&words);
			break;
		default:
			break;
	}
	return false;
}

/* Its place among words separated by '|', or -1. */
static int
word(const char *valid, const char *value)
{
	for (int i = 0;; i++)
	{
		size_t len = strcspn(valid, "|");

		if (strlen(value) == len && strncmp(valid, value, len) == 0)
			return i;
		if (valid[len] == '\0')
			return -1;
		valid += len + 1;
	}
}

static bool
parse_number(const char *text, int64_t *number)
{
	char *end;

	if (text[0] == '\0' || strspn(text, "0123456789") != strlen(text))
		return false;
	errno = 0;
	*number = strtoll(text, &end, 10);
	return errno == 0 && *end == '\0';
}

static bool
set(const RelayProperty *property, const char *value, void *into, RelayError *error)
{
	void *field = (char *) into + property->offset;
	int64_t number;
	int which;

	switch (property->type)
	{
		case RELAY_PROPERTY_TEXT:
			*(const char **) field = value;
			return true;
		case RELAY_PROPERTY_BOOL:
			return relay_parse_bool(value, (bool *) field) || invalid(property, value, error);
		case RELAY_PROPERTY_NUMBER:
		case RELAY_PROPERTY_BYTES:
			if (!(property->type == RELAY_PROPERTY_NUMBER ? parse_number(value, &number) : relay_parse_bytes(value, &number)) ||
				number < property->min || number > property->max)
				return invalid(property, value, error);
			*(int64_t *) field = number;
			return true;
		case RELAY_PROPERTY_SECONDS:
			if (!relay_parse_seconds(value, &number) || number == 0)
				return invalid(property, value, error);
			*(int64_t *) field = number;
			return true;
		case RELAY_PROPERTY_WORD:
			which = word(property->valid, value);
			if (which < 0)
				return invalid(property, value, error);
			*(int *) field = which;
			return true;
		case RELAY_PROPERTY_FAMILY:
			return true;
	}
	return false;
}

bool
relay_properties_read(const RelaySettings *settings, const char *sink, const RelayProperty *table, void *into, RelayError *error)
{
	for (const RelayProperty *p = table; p->name; p++)
	{
		if (p->standard && !set(p, p->standard, into, error))
			return false;
	}
	for (int i = 0; i < settings->n; i++)
	{
		const RelayProperty *property = find(table, settings->item[i].name);

		if (!property)
			return unknown(table, sink, settings->item[i].name, error);
		if (!set(property, settings->item[i].value, into, error))
			return false;
	}
	return true;
}
