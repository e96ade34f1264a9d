/*
 * keys.c
 *		message.key.columns: which columns make the key of which tables.
 *
 * Debezium (Key.CustomKeyMapper) joins the table's expression and each column
 * with a dot and matches schema.table.column with the result.  Here a column
 * is a name: an expression in its place would let the attributes' order
 * decide the order of the key.
 */
#include "postgres.h"

#include "options/keys.h"
#include "options/values.h"

static void
invalid_rule(const char *option, const char *rule, const char *detail)
{
	ereport(ERROR,
			errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			errmsg("invalid value for option \"%s\": \"%s\"", option, cdc_value_clip(rule)),
			errdetail("%s", detail),
			errhint("The value is \"<table>:<column>,<column>;<table>:<column>\", each table a regular expression for schema.table."));
}

/* A backslash before a special character, which Debezium needs, is taken off. */
static char *
column_name(const char *option, const char *rule, const char *text)
{
	char *name = palloc(strlen(text) + 1);
	char *to = name;

	for (const char *from = text; *from; from++)
	{
		if (*from == '\\' && from[1])
			from++;
		else if (strchr("()[]{}|*+?^$\\", *from))
			invalid_rule(option, rule, psprintf("\"%s\" is a regular expression, but columns are given by name.", cdc_value_clip(text)));
		*to++ = *from;
	}
	*to = '\0';
	return name;
}

static CdcKeyRule *
parse_rule(const char *option, const char *text)
{
	CdcKeyRule *rule = palloc(sizeof(CdcKeyRule));
	const char *colon = strrchr(text, ':'); /* the last: the expression may hold "(?:" */
	char *table;
	List *columns;
	ListCell *cell;

	if (!colon)
		invalid_rule(option, text, "There is no colon between the table and its columns.");
	table = cdc_value_trim(text, colon - text);
	columns = cdc_value_split(colon + 1);
	if (*table == '\0')
		invalid_rule(option, text, "The table is missing.");
	if (columns == NIL)
		invalid_rule(option, text, "The columns are missing.");

	rule->table = cdc_patterns_compile_one(option, table);
	rule->columns = NIL;
	foreach(cell, columns)
		rule->columns = lappend(rule->columns, column_name(option, text, lfirst(cell)));
	return rule;
}

List *
cdc_keys_parse(const char *option, const char *value)
{
	List *rules = NIL;
	char *text = pstrdup(value);

	while (text)
	{
		char *semicolon = strchr(text, ';');

		if (semicolon)
			*semicolon = '\0';
		if (*cdc_value_trim(text, strlen(text)))
			rules = lappend(rules, parse_rule(option, text));
		text = semicolon ? semicolon + 1 : NULL;
	}
	if (rules == NIL)
		invalid_rule(option, value, "The list is empty.");
	return rules;
}
