/*
 * route.c
 *		From the value that an event is routed by to its topic.
 *
 * Kafka Connect's RegexRouter: an expression that matches the whole value
 * replaces it; one that does not leaves it as it is.  The replacement is
 * Java's: $1 and ${name} are groups, a backslash protects what follows.  The
 * expression is PostgreSQL's, which has no named groups: their names are noted
 * and taken out before it is compiled.
 *
 * Both are text in the server's encoding, values are UTF-8; so that they can
 * be compared without looking up a conversion, expressions are ASCII.
 */
#include "postgres.h"

#include "catalog/pg_collation.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "regex/regex.h"
#include "utils/memutils.h"

#include "compat.h"
#include "options/dialect.h"
#include "options/route.h"
#include "options/values.h"

#define MAX_GROUPS 20
#define MAX_VALUE_BYTES 8192 /* as in patterns.c: no value keeps a slot busy for long */

#define REGEX_OPTION "outbox.route.topic.regex"
#define REPLACEMENT_OPTION "outbox.route.topic.replacement"

/* A piece of the replacement: a text, or a group. */
typedef struct Piece
{
	int group; /* -1: the text */
	const char *text;
} Piece;

struct CdcRoute
{
	bool has_regex;
	pg_regex_t regex;
	MemoryContextCallback callback;
	int ngroups; /* with the whole, which is group 0 */
	const char *names[MAX_GROUPS]; /* of groups, NULL: none */
	List *pieces;
};

static void
invalid(const char *option, const char *value, const char *detail, const char *hint)
{
	ereport(ERROR,
			errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			errmsg("invalid value for option \"%s\": \"%s\"", option, cdc_value_clip(value)),
			errdetail("%s", detail),
			hint ? errhint("%s", hint) : 0);
}

#if CDC_REGEX_IN_MALLOC
static void
free_regex(void *arg)
{
	pg_regfree(&((CdcRoute *) arg)->regex);
}
#endif

/* Numbers the groups of an expression, and returns it without their names. */
static char *
strip_names(CdcRoute *route, const char *regex)
{
	StringInfoData plain;
	bool bracket = false;

	initStringInfo(&plain);
	for (const char *p = regex; *p; p++)
	{
		appendStringInfoChar(&plain, *p);
		if (*p == '\\' && p[1])
			appendStringInfoChar(&plain, *++p);
		else if (*p == '[' || *p == ']')
			bracket = *p == '[';
		else if (*p == '(' && !bracket)
		{
			bool named = p[1] == '?' && p[2] == '<' && p[3] != '=' && p[3] != '!';

			if (p[1] == '?' && !named)
				continue;
			if (route->ngroups == MAX_GROUPS)
				invalid(REGEX_OPTION, regex, psprintf("There are more than %d groups.", MAX_GROUPS - 1), NULL);
			if (named)
			{
				size_t len = strcspn(p + 3, ">");

				route->names[route->ngroups] = pnstrdup(p + 3, len);
				p += 2 + len + (p[3 + len] ? 1 : 0);
			}
			route->ngroups++;
		}
	}
	return plain.data;
}

static void
compile_regex(CdcRoute *route, const char *regex)
{
	const char *plain = strip_names(route, regex);
	const char *whole = psprintf("^(?:%s)$", plain);
	CdcDialectProblem problem;
	pg_wchar *wide;
	int len;
	int rc;

	for (const char *p = regex; *p; p++)
		if (IS_HIGHBIT_SET(*p))
			invalid(REGEX_OPTION, regex, "The expression has characters beyond ASCII.",
					"Write \"\\u\" and four hexadecimal digits for such a character.");
	if (!cdc_dialect_check(plain, &problem))
		invalid(REGEX_OPTION, regex, problem.detail, problem.hint);
	wide = palloc((strlen(whole) + 1) * sizeof(pg_wchar));
	len = pg_mb2wchar_with_len(whole, wide, strlen(whole));
	rc = pg_regcomp(&route->regex, wide, len, REG_ADVANCED, C_COLLATION_OID);
	if (rc != REG_OKAY)
	{
		char message[100];

		CHECK_FOR_INTERRUPTS();
		pg_regerror(rc, &route->regex, message, sizeof(message));
		invalid(REGEX_OPTION, regex, psprintf("The regular expression is not valid: %s.", message), NULL);
	}
	route->has_regex = true;
#if CDC_REGEX_IN_MALLOC
	route->callback.func = free_regex;
	route->callback.arg = route;
	MemoryContextRegisterResetCallback(CurrentMemoryContext, &route->callback);
#endif
}

static void
add_piece(CdcRoute *route, int group, StringInfo text)
{
	Piece *piece;

	if (group < 0 && text->len == 0)
		return;
	piece = palloc0(sizeof(Piece));
	piece->group = group;
	if (group < 0)
	{
		piece->text = pnstrdup(text->data, text->len);
		resetStringInfo(text);
	}
	route->pieces = lappend(route->pieces, piece);
}

/* *p is past a "$"; the group that is meant, *p past it. */
static int
read_group(const CdcRoute *route, const char *replacement, const char **p)
{
	const char *hint = "Write \"$1\" or \"${name}\" for a group of the expression, \"${routedByValue}\" for the whole value, and \"\\$\" for the character.";

	if (**p >= '0' && **p <= '9')
	{
		int group = *(*p)++ - '0';

		/* as many digits as still name a group: Matcher.appendReplacement */
		while (**p >= '0' && **p <= '9' && group * 10 + **p - '0' < route->ngroups)
			group = group * 10 + *(*p)++ - '0';
		if (group >= route->ngroups)
			invalid(REPLACEMENT_OPTION, replacement, psprintf("The expression has no group %d.", group), hint);
		return group;
	}
	if (**p == '{')
	{
		size_t len = strcspn(*p + 1, "}");
		const char *name = pnstrdup(*p + 1, len);

		if ((*p)[len + 1] == '}')
		{
			*p += len + 2;
			for (int i = route->ngroups - 1; i >= 0; i--)
				if (route->names[i] && strcmp(route->names[i], name) == 0)
					return i;
			invalid(REPLACEMENT_OPTION, replacement, psprintf("The expression has no group named \"%s\".", cdc_value_clip(name)), hint);
		}
	}
	invalid(REPLACEMENT_OPTION, replacement, "A dollar sign is not followed by a group.", hint);
	return 0;
}

static void
parse_replacement(CdcRoute *route, const char *replacement)
{
	StringInfoData text;
	const char *p = replacement;

	initStringInfo(&text);
	while (*p)
	{
		if (IS_HIGHBIT_SET(*p))
			invalid(REPLACEMENT_OPTION, replacement, "Topics consist of ASCII characters.", NULL);
		if (*p == '\\')
		{
			if (p[1] == '\0')
				invalid(REPLACEMENT_OPTION, replacement, "It ends with a backslash.", NULL);
			p++;
		}
		else if (*p == '$')
		{
			add_piece(route, -1, &text);
			p++;
			add_piece(route, read_group(route, replacement, &p), NULL);
			continue;
		}
		appendStringInfoChar(&text, *p++);
	}
	add_piece(route, -1, &text);
	if (route->pieces == NIL)
		invalid(REPLACEMENT_OPTION, replacement, "A topic has one character at least.", NULL);
}

CdcRoute *
cdc_route_compile(const char *regex, const char *replacement)
{
	CdcRoute *route = palloc0(sizeof(CdcRoute));

	route->ngroups = 1;
	if (regex)
		compile_regex(route, regex);
	route->names[0] = "routedByValue"; /* EventRouter's default expression: (?<routedByValue>.*) */
	parse_replacement(route, replacement);
	return route;
}

/*
 * Matches the whole value; true with the groups' places in "wide".  Whatever
 * else comes of it, a lack of memory for instance, is as no match: raising an
 * error would stop the slot.
 */
static bool
match(const CdcRoute *route, const pg_wchar *wide, int len, regmatch_t *groups)
{
	int rc;

	if (!route->has_regex)
	{
		groups[0].rm_so = 0;
		groups[0].rm_eo = len;
		return true;
	}
	rc = pg_regexec(unconstify(pg_regex_t *, &route->regex), wide, len, 0, NULL, MAX_GROUPS, groups, 0);
	if (rc != REG_OKAY && rc != REG_NOMATCH)
		CHECK_FOR_INTERRUPTS(); /* 15 returns an error code when interrupted */
	return rc == REG_OKAY;
}

const char *
cdc_route_topic(const CdcRoute *route, const char *value, size_t bytes)
{
	regmatch_t groups[MAX_GROUPS];
	StringInfoData topic;
	pg_wchar *wide;
	ListCell *cell;
	int len;

	initStringInfo(&topic);
	bytes = Min(bytes, MAX_VALUE_BYTES);
	wide = palloc((bytes + 1) * sizeof(pg_wchar));
	len = pg_encoding_mb2wchar_with_len(PG_UTF8, value, wide, bytes);
	if (!match(route, wide, len, groups))
	{
		appendBinaryStringInfo(&topic, value, bytes);
		return topic.data;
	}
	foreach(cell, route->pieces)
	{
		const Piece *piece = lfirst(cell);

		if (piece->group < 0)
			appendStringInfoString(&topic, piece->text);
		else if (groups[piece->group].rm_so >= 0)
		{
			const regmatch_t *group = &groups[piece->group];
			int chars = group->rm_eo - group->rm_so;
			char *text = palloc(chars * pg_encoding_max_length(PG_UTF8) + 1);

			appendBinaryStringInfo(&topic, text, pg_encoding_wchar2mb_with_len(PG_UTF8, wide + group->rm_so, text, chars));
		}
	}
	return topic.data;
}
