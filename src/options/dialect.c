/*
 * dialect.c
 *		What Java's regular expressions have and PostgreSQL's have not.
 *
 * Patterns written for Debezium are java.util.regex.Pattern; here they are
 * PostgreSQL's AREs.  Most read the same.  The others must not pass: some
 * are errors for PostgreSQL too, but with a message that helps nobody, and
 * some silently mean something else (in Java "\b" is a word boundary, in an
 * ARE a backspace), so that a filter or a mask would match nothing.
 *
 * The one exception are named classes such as "[[:alpha:]]": they are AREs'
 * own, and what the hints recommend, though Java reads them as a set of
 * characters.
 *
 * The scan goes by bytes: in every server encoding, bytes below 0x80 are
 * ASCII characters.
 */
#include "postgres.h"

#include <ctype.h>

#include "options/dialect.h"

/* An escape that Java knows, by the letter after the backslash. */
typedef struct Escape
{
	char letter;
	const char *java; /* what it is in Java */
	const char *postgres; /* what it is in an ARE, NULL: an error */
	const char *hint;
} Escape;

static const Escape escapes[] = {
	{'b', "a word boundary", "a backspace", "Write \"\\y\" for a word boundary."},
	{'B', "anything but a word boundary", "a backslash", "Write \"\\Y\" instead."},
	{'Q', "the begin of a literal", NULL, "Write a backslash before each special character instead."},
	{'E', "the end of a literal", NULL, "Write a backslash before each special character instead."},
	{'p', "a character property", NULL, "Write a class such as \"[[:alpha:]]\" or \"[[:digit:]]\" instead."},
	{'P', "a negated character property", NULL, "Write a class such as \"[^[:alpha:]]\" instead."},
	{'h', "horizontal white space", NULL, "Write \"[ \\t]\" instead."},
	{'H', "anything but horizontal white space", NULL, "Write \"[^ \\t]\" instead."},
	{'v', "vertical white space", "a vertical tab", "Write \"[\\n\\r\\f]\" instead."},
	{'V', "anything but vertical white space", NULL, "Write \"[^\\n\\r\\f]\" instead."},
	{'R', "a line break", NULL, "Write \"[\\n\\r]\" instead."},
	{'X', "a grapheme cluster", NULL, "Write \".\" instead."},
	{'N', "a character by its name", NULL, "Write the character itself, or \"\\u\" and four hexadecimal digits."},
	{'G', "the end of the previous match", NULL, "Leave it out: the whole name is matched once."},
	{'z', "the end of the input", NULL, "Leave it out: an expression must match the whole name."},
	{'k', "a reference to a named group", NULL, "Refer to the group by its number, as in \"\\1\"."},
};

static bool
refuse(CdcDialectProblem *problem, const char *detail, const char *hint)
{
	problem->detail = detail;
	problem->hint = hint;
	return false;
}

/* "\0", "\x" and back references: both dialects have them, but count digits differently. */
static bool
check_number(const char *p, CdcDialectProblem *problem)
{
	if (*p == '0')
		return refuse(problem, "Octal escapes are read differently by Java and PostgreSQL.",
					  "Write the character itself, or \"\\u\" and four hexadecimal digits.");
	if (*p == 'x' && (p[1] == '{' || (isxdigit((unsigned char) p[1]) && isxdigit((unsigned char) p[2]) &&
									  isxdigit((unsigned char) p[3]))))
		return refuse(problem, "\"\\x\" takes two hexadecimal digits or braces in Java, but any number of digits in PostgreSQL.",
					  "Write the character itself, or \"\\u\" and four hexadecimal digits.");
	if (*p >= '1' && *p <= '9' && isdigit((unsigned char) p[1]))
		return refuse(problem, "A back reference with digits after it is read differently by Java and PostgreSQL.",
					  "Put a digit that does not belong to the number in brackets, as in \"\\1[0]\".");
	return true;
}

/*
 * *p is at a backslash; on return it is past the escape's first character,
 * which suffices: what may follow (digits, letters) is plain to this scan.
 */
static bool
check_escape(const char **p, CdcDialectProblem *problem)
{
	char letter = (*p)[1];

	if (letter == '\0')
		return refuse(problem, "The expression ends with a backslash.", NULL);
	for (int i = 0; i < lengthof(escapes); i++)
	{
		const Escape *escape = &escapes[i];

		if (escape->letter != letter)
			continue;
		if (escape->postgres)
			return refuse(problem, psprintf("\"\\%c\" is %s in Java, but %s in PostgreSQL's regular expressions.", letter, escape->java, escape->postgres), escape->hint);
		return refuse(problem, psprintf("\"\\%c\" is %s in Java; PostgreSQL's regular expressions do not have it.", letter, escape->java), escape->hint);
	}
	if (!check_number(*p + 1, problem))
		return false;
	*p += 2;
	return true;
}

/*
 * *p is at the "[" of a bracket expression; on return it is past its "]", or
 * at the end of the text when that is missing (the engine complains then).
 */
static bool
check_bracket(const char **p, CdcDialectProblem *problem)
{
	const char *s = *p + 1;

	if (*s == '^')
		s++;
	if (*s == ']') /* an ordinary character here, in both dialects */
		s++;
	while (*s && *s != ']')
	{
		if (*s == '\\')
		{
			if (!check_escape(&s, problem))
				return false;
		}
		else if (s[0] == '&' && s[1] == '&')
			return refuse(problem, "\"&&\" in a bracket expression is an intersection in Java, but two characters in PostgreSQL.",
						  "Write the resulting set of characters, or a lookahead such as \"(?![aeiou])[a-z]\".");
		else if (s[0] == '[' && (s[1] == ':' || s[1] == '.' || s[1] == '='))
		{
			/* ARE's named classes; the bracket goes on after them */
			char end[3] = {s[1], ']', '\0'};
			const char *close = strstr(s + 2, end);

			s = close ? close + 2 : s + strlen(s);
		}
		else if (*s == '[')
			return refuse(problem, "\"[\" in a bracket expression begins a nested one in Java, but is a character in PostgreSQL.",
						  "Write all characters in one bracket expression; write \"\\[\" for the character.");
		else
			s++;
	}
	*p = *s ? s + 1 : s;
	return true;
}

/* *p is past a "("; what "?" may follow? */
static bool
check_group(const char *p, CdcDialectProblem *problem)
{
	if (*p != '?' || p[1] == ':' || p[1] == '=' || p[1] == '!')
		return true;
	if (p[1] == '<' && (p[2] == '=' || p[2] == '!'))
		return true;
	if (p[1] == '<')
		return refuse(problem, "\"(?<name>\" is a named group in Java; PostgreSQL's regular expressions do not have it.",
					  "Write \"(\" and refer to the group by its number, as in \"\\1\".");
	if (p[1] == '>')
		return refuse(problem, "\"(?>\" is an atomic group in Java; PostgreSQL's regular expressions do not have it.",
					  "Write \"(?:\" instead.");
	return refuse(problem, "Flags such as \"(?s)\" or \"(?i:\" are not supported, except \"(?i)\" at the beginning.",
				  "Leave them out: names are matched without regard to case, and \".\" matches every character.");
}

/*
 * *p is at a character that may be a quantifier; on return it is past the
 * quantifier, or past the character.
 */
static bool
check_quantifier(const char **p, CdcDialectProblem *problem)
{
	const char *s = *p;
	const char *end = s + 1;

	if (*s == '{')
	{
		/* ARE: braces without a number are ordinary characters */
		if (!isdigit((unsigned char) s[1]))
		{
			*p = end;
			return true;
		}
		end += strspn(end, "0123456789,");
		if (*end != '}')
		{
			*p = end;
			return true;
		}
		end++;
	}
	if (*end == '+')
		return refuse(problem, psprintf("\"%.*s\" is a possessive quantifier in Java; PostgreSQL's regular expressions do not have it.", (int) (end + 1 - s), s),
					  psprintf("Write \"%.*s\" instead.", (int) (end - s), s));
	if (*end == '?')
		end++; /* reluctant, in both dialects */
	*p = end;
	return true;
}

bool
cdc_dialect_check(const char *text, CdcDialectProblem *problem)
{
	const char *p = text;
	int depth = 0;

	while (*p)
	{
		bool ok = true;

		switch (*p)
		{
			case '\\':
				ok = check_escape(&p, problem);
				break;
			case '[':
				ok = check_bracket(&p, problem);
				break;
			case '(':
				p++;
				depth++;
				ok = check_group(p, problem);
				if (ok && *p == '?')
					p++; /* not a quantifier */
				break;
			case ')':
				/* would close the group that the expression is wrapped in */
				if (--depth < 0)
					return refuse(problem, "Parentheses are not balanced.", NULL);
				p++;
				break;
			case '*':
			case '+':
			case '?':
			case '{':
				ok = check_quantifier(&p, problem);
				break;
			default:
				p++;
		}
		if (!ok)
			return false;
	}
	return true;
}
