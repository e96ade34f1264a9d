/*
 * template.h
 *		Texts such as "{table}:{id}", made for each row: keys of caches, names of
 *		streams and indexes, ids of documents.
 *
 * Names in braces are {table}, {schema}, {topic}, {key} (all columns of the
 * key), a column of the key, or {key.NAME} for a column with one of the names
 * before.  "{{" and "}}" are braces.  Several columns in {key} are separated
 * by ":", and then a ":" or "\" within a value has a "\" before it, so that
 * different keys have different texts.
 */
#ifndef RELAY_TEMPLATE_H
#define RELAY_TEMPLATE_H

#include "relay/common.h"
#include "relay/options.h"
#include "relay/row.h"

typedef struct RelayTemplatePart RelayTemplatePart;

typedef struct RelayTemplate
{
	char *text; /* as given */
	RelayTemplatePart *part;
	int nparts;
	bool has_columns; /* differs from row to row */
	bool has_table; /* {table} or {topic}: differs from table to table */
	bool has_literal; /* anything besides columns */
} RelayTemplate;

typedef struct RelayTemplateList
{
	char *name; /* "schema.table", or NULL for all other tables */
	RelayTemplate *item;
	int n;
} RelayTemplateList;

/* The templates of a property: one list for all tables, and lists for some. */
typedef struct RelayTemplates
{
	const char *property;
	RelayTemplateList *list; /* [0]: for all others */
	int n;
	RelayBuf scratch;
} RelayTemplates;

typedef enum RelayTemplateCount
{
	RELAY_TEMPLATE_ONE,
	RELAY_TEMPLATE_MANY /* a list, separated by commas ("\," is a comma) */
} RelayTemplateCount;

/*
 * Reads the property "key", say, and all properties "key.SCHEMA.TABLE".  An
 * empty text means none: such a table is left out.  False with *error.
 */
extern bool relay_templates_read(RelayTemplates *templates, const RelaySettings *settings, const char *property, const char *standard,
								 RelayTemplateCount count, bool columns, RelayError *error);
extern void relay_templates_free(RelayTemplates *templates);

/* Those of a row's table. */
extern const RelayTemplateList *relay_templates_for(RelayTemplates *templates, const RelayRow *row);

/* Appends the text for a row; false with *error if the key lacks a column. */
extern bool relay_template_append(const RelayTemplate *template, const RelayRow *row, RelayBuf *out, RelayError *error);

/* Appends a pattern, as Redis has them, of the texts of all rows of the table. */
extern void relay_template_pattern(const RelayTemplate *template, const RelayRow *row, RelayBuf *out);

#endif /* RELAY_TEMPLATE_H */
