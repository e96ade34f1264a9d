/*
 * properties.h
 *		A sink's properties (--set NAME=VALUE) as a table.
 */
#ifndef RELAY_PROPERTIES_H
#define RELAY_PROPERTIES_H

#include "relay/common.h"
#include "relay/options.h"

typedef enum RelayPropertyType
{
	RELAY_PROPERTY_TEXT, /* const char *, of the options */
	RELAY_PROPERTY_BOOL, /* bool */
	RELAY_PROPERTY_NUMBER, /* int64_t, from min to max */
	RELAY_PROPERTY_BYTES, /* int64_t, the same */
	RELAY_PROPERTY_SECONDS, /* int64_t, microseconds */
	RELAY_PROPERTY_WORD, /* int: which of the words in "valid" */
	RELAY_PROPERTY_FAMILY /* this name, and those with a dot and more after it: read elsewhere */
} RelayPropertyType;

typedef struct RelayProperty
{
	const char *name;
	RelayPropertyType type;
	size_t offset; /* in the sink's struct */
	const char *standard; /* the default, as text; NULL: the field stays as it is */
	const char *valid; /* words, separated by '|' */
	int64_t min;
	int64_t max;
} RelayProperty;

/*
 * Sets the fields of "into"; the table ends with a NULL name.  False for a
 * property that is not in the table or whose value is not valid; the hint then
 * names those that are.
 */
extern bool relay_properties_read(const RelaySettings *settings, const char *sink, const RelayProperty *table, void *into, RelayError *error);

#endif /* RELAY_PROPERTIES_H */
