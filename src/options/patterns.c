/*
 * patterns.c
 *		Lists of regular expressions that must match a whole name.
 *
 * Names are matched when a table's description is built, never per row.
 * Debezium's matching is Pattern.CASE_INSENSITIVE, which folds ASCII letters
 * only: so does REG_ICASE in the C collation, and the C collation needs no
 * catalog, which matters because a walsender parses options outside of any
 * transaction.
 */
#include "postgres.h"

#include "catalog/pg_collation.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "regex/regex.h"
#include "utils/memutils.h"

#include "compat.h"
#include "options/dialect.h"
#include "options/patterns.h"
#include "options/values.h"

/*
 * Names of tables and columns are far shorter.  Prefixes of logical messages
 * can be of any length and be written by anybody: beyond this, only their
 * beginning is looked at, so that no message can keep a slot busy for long.
 */
#define MAX_NAME_BYTES 8192

#define SHORT_NAME 256

typedef struct Pattern
{
	const char *text; /* as given, without blanks around it */
	pg_regex_t regex;
} Pattern;

struct CdcPatterns
{
	int count; /* compiled so far */
	MemoryContextCallback callback;
	Pattern items[FLEXIBLE_ARRAY_MEMBER];
};

/* Reports the engine's complaint about "text", or about an entry that must not be shown. */
static void
report_invalid(const char *option, bool secret, const char *text, const char *detail, const char *hint)
{
	ereport(ERROR,
			errcode(ERRCODE_INVALID_REGULAR_EXPRESSION),
			secret ? errmsg("invalid regular expression for option \"%s\"", option)
				   : errmsg("invalid regular expression for option \"%s\": \"%s\"", option, cdc_value_clip(text)),
			errdetail("%s", detail),
			hint ? errhint("%s", hint) : 0);
}

#if CDC_REGEX_IN_MALLOC
static void
free_patterns(void *arg)
{
	CdcPatterns *patterns = arg;

	for (int i = 0; i < patterns->count; i++)
		pg_regfree(&patterns->items[i].regex);
	patterns->count = 0;
}
#endif

/* Compiles the next entry of "patterns". */
static void
add_pattern(CdcPatterns *patterns, const char *option, bool secret, const char *text)
{
	Pattern *pattern = &patterns->items[patterns->count];
	const char *body = strncmp(text, "(?i)", 4) == 0 ? text + 4 : text;
	CdcDialectProblem problem;
	char *whole;
	pg_wchar *wide;
	int len;
	int rc;

	if (!cdc_dialect_check(body, &problem))
		report_invalid(option, secret, text, problem.detail, problem.hint);

	whole = psprintf("^(?:%s)$", body);
	wide = palloc((strlen(whole) + 1) * sizeof(pg_wchar));
	len = pg_mb2wchar_with_len(whole, wide, strlen(whole));
	rc = pg_regcomp(&pattern->regex, wide, len, REG_ADVANCED | REG_ICASE | REG_NOSUB, C_COLLATION_OID);
	pfree(wide);
	pfree(whole);
	if (rc != REG_OKAY)
	{
		char message[100];

		/* 15 returns an error code when interrupted */
		CHECK_FOR_INTERRUPTS();
		pg_regerror(rc, &pattern->regex, message, sizeof(message));
		report_invalid(option, secret, text, psprintf("The regular expression is not valid: %s.", message),
					   rc == REG_BADRPT ? "A file name pattern is not a regular expression: write \".*\" instead of \"*\"." : NULL);
	}
	pattern->text = text;
	patterns->count++;
}

static CdcPatterns *
compile(const char *option, bool secret, List *entries)
{
	CdcPatterns *patterns;
	ListCell *cell;

	if (entries == NIL)
		ereport(ERROR,
				errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("option \"%s\" has an empty list", option),
				errhint("Leave the option out, or write \".*\" to match every name."));
	patterns = palloc0(offsetof(CdcPatterns, items) + (Size) list_length(entries) * sizeof(Pattern));
#if CDC_REGEX_IN_MALLOC
	patterns->callback.func = free_patterns;
	patterns->callback.arg = patterns;
	MemoryContextRegisterResetCallback(CurrentMemoryContext, &patterns->callback);
#endif
	foreach(cell, entries)
		add_pattern(patterns, option, secret, lfirst(cell));
	return patterns;
}

CdcPatterns *
cdc_patterns_compile(const char *option, const char *list)
{
	return compile(option, false, cdc_value_split(list));
}

CdcPatterns *
cdc_patterns_compile_secret(const char *option, const char *list)
{
	return compile(option, true, cdc_value_split(list));
}

CdcPatterns *
cdc_patterns_compile_one(const char *option, const char *expression)
{
	return compile(option, false, list_make1(pstrdup(expression)));
}

static bool
matches(Pattern *pattern, const pg_wchar *name, int len)
{
	int rc = pg_regexec(&pattern->regex, name, len, 0, NULL, 0, NULL, 0);

	if (rc == REG_OKAY || rc == REG_NOMATCH)
		return rc == REG_OKAY;

	/*
	 * Only an interrupt or a lack of memory can bring us here.  Guessing
	 * instead would send what a filter or mask was to hold back.
	 */
	CHECK_FOR_INTERRUPTS();
	ereport(ERROR,
			errcode(rc == REG_ESPACE ? ERRCODE_OUT_OF_MEMORY : ERRCODE_INVALID_REGULAR_EXPRESSION),
			errmsg("could not match a regular expression: \"%s\"", cdc_value_clip(pattern->text)));
	return false;
}

/* Matches the entries from "first" up to but not including "end". */
static bool
match_range(CdcPatterns *patterns, int first, int end, const char *name)
{
	pg_wchar buffer[SHORT_NAME + 1];
	pg_wchar *wide = buffer;
	size_t bytes = strlen(name);
	bool found = false;
	int len;

	if (bytes > MAX_NAME_BYTES)
		bytes = pg_mbcliplen(name, MAX_NAME_BYTES + 1, MAX_NAME_BYTES);
	if (bytes > SHORT_NAME)
		wide = palloc((bytes + 1) * sizeof(pg_wchar));
	len = pg_mb2wchar_with_len(name, wide, bytes);
	for (int i = first; i < end && !found; i++)
		found = matches(&patterns->items[i], wide, len);
	if (wide != buffer)
		pfree(wide);
	return found;
}

bool
cdc_patterns_match(CdcPatterns *patterns, const char *name)
{
	return match_range(patterns, 0, patterns->count, name);
}

int
cdc_patterns_count(const CdcPatterns *patterns)
{
	return patterns->count;
}

const char *
cdc_patterns_text(const CdcPatterns *patterns, int n)
{
	return patterns->items[n].text;
}

bool
cdc_patterns_match_one(CdcPatterns *patterns, int n, const char *name)
{
	return match_range(patterns, n, n + 1, name);
}
