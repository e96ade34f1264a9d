/*
 * values.h
 *		The option table's row, and the texts that rows are set from.
 *
 * Private to src/options, like everything that options.h does not include.
 */
#ifndef CDC_VALUES_H
#define CDC_VALUES_H

#include "options/options.h"

typedef enum CdcOptionType
{
	CDC_OPTION_BOOL,
	CDC_OPTION_INT, /* from min to max */
	CDC_OPTION_ENUM, /* one of words, case-insensitive */
	CDC_OPTION_ENUM_BOOL, /* the same, kept in a bool */
	CDC_OPTION_TOPIC, /* a piece of a topic name */
	CDC_OPTION_PLACEHOLDER, /* text, or bytes in hexadecimal digits */
	CDC_OPTION_OPERATIONS, /* CDC_SKIP_* */
	CDC_OPTION_PATTERNS,
	CDC_OPTION_KEYS, /* message.key.columns */
	CDC_OPTION_NAME, /* of a column: any text but none */
	CDC_OPTION_TEXT, /* any text, also none */
	CDC_OPTION_FIELDS, /* CdcFieldReference * */
	CDC_OPTION_PLACEMENTS, /* CdcPlacement * */
	CDC_OPTION_MAPPER /* list of columns for the CdcMapperKind in "min" */
} CdcOptionType;

/* Whose option it is; decides what the description ends with. */
typedef enum CdcOptionSource
{
	CDC_SOURCE_DEBEZIUM, /* a connector property */
	CDC_SOURCE_CONNECT, /* a worker's or connector's property */
	CDC_SOURCE_CONVERTER, /* JsonConverter's: "offset" is one of CdcConverter's */
	CDC_SOURCE_UNWRAP, /* ExtractNewRecordState's */
	CDC_SOURCE_OUTBOX, /* EventRouter's, with "outbox." in front */
	CDC_SOURCE_OWN
} CdcOptionSource;

typedef struct CdcWord
{
	const char *word; /* NULL ends a list */
	int value;
} CdcWord;

typedef struct CdcOptionRow
{
	const char *name; /* with dots */
	CdcOptionSource source;
	CdcOptionType type;
	size_t offset; /* of the field in CdcOptions or CdcConverter */
	const char *default_value; /* as a user would write it, NULL: none */
	const char *debezium_default; /* with debezium.quirks, NULL: the same */
	const CdcWord *words;
	int min;
	int max;
	const char *description; /* one or two full sentences */
} CdcOptionRow;

/*
 * Sets the field at "field" from "value"; "name" is how the option was
 * called.  Raises ERROR when the value is not valid.
 */
extern void cdc_value_set(CdcOptions *options, const CdcOptionRow *row, void *field,
						  const char *name, const char *value);

/* The row's type for people, in CurrentMemoryContext. */
extern const char *cdc_value_type(const CdcOptionRow *row);

/* Splits at commas, trims blanks, drops empty entries; "\," is a comma.  List of char *. */
extern List *cdc_value_split(const char *list);

/* A copy without the blanks around it. */
extern char *cdc_value_trim(const char *text, size_t len);

/* "value" shortened for a message. */
extern const char *cdc_value_clip(const char *value);

/* A decimal integer without sign, blanks or anything else; false when it is none or does not fit. */
extern bool cdc_value_digits(const char *text, size_t len, int *result);

#endif /* CDC_VALUES_H */
