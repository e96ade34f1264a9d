/*
 * mappers.c
 *		Options that carry a parameter in their name: masks, hashes, truncation.
 *
 * Each has two spellings.  Debezium's has the parameter in the name
 * (column.mask.hash.SHA-256.with.salt.S = list).  But the replication
 * protocol cuts names at 63 bytes, and a cut salt hashes differently, so that
 * there is one with the parameter in the value (column.mask.hash.SHA-256 =
 * S;list).
 *
 * A salt is a secret: no message shows it.
 */
#include "postgres.h"

#include "common/cryptohash.h"

#include "options/mappers.h"
#include "options/values.h"

#define MAX_CHARS 65535

#define LENGTH_HINT "The length is an integer from 0 to 65535, in digits only."

/* A family of names; the order matters: a name belongs to the first whose prefix it has. */
typedef struct MapperForm
{
	CdcMapperKind kind;
	const char *prefix;
	const char *suffix; /* lengths: what follows them */
	const char *description;
} MapperForm;

static const MapperForm forms[] = {
	{CDC_MAPPER_TRUNCATE, "column.truncate.to.", "chars",
	 "Cuts values of the columns to this many characters (UTF-16 code units; bytes of bytea). The list has regular expressions for schema.table.column."},
	{CDC_MAPPER_MASK, "column.mask.with.", "chars",
	 "Replaces values of the columns by this many asterisks. The list has regular expressions for schema.table.column."},
	{CDC_MAPPER_HASH_V2, "column.mask.hash.v2.", NULL,
	 "Replaces values of the columns by the hash of salt and text, in hexadecimal digits. The list has regular expressions for schema.table.column."},
	{CDC_MAPPER_HASH, "column.mask.hash.", NULL,
	 "Replaces values of the columns by the hash of salt and serialised Java string, in hexadecimal digits. The list has regular expressions for schema.table.column."},
};

/* MessageDigest's names, as far as the server has them */
static const CdcWord algorithms[] = {
	{"SHA-256", PG_SHA256},
	{"SHA-512", PG_SHA512},
	{"SHA-384", PG_SHA384},
	{"SHA-224", PG_SHA224},
	{"SHA-1", PG_SHA1},
	{"SHA1", PG_SHA1},
	{"SHA", PG_SHA1},
	{"MD5", PG_MD5},
	{NULL, 0}};

#define ALGORITHMS "SHA-256, SHA-512, SHA-384, SHA-224, SHA-1, MD5"

CdcMapper *
cdc_mapper_add(CdcOptions *options, CdcMapperKind kind, CdcPatterns *columns)
{
	CdcMapper *mapper = palloc0(sizeof(CdcMapper));
	int position = 0;

	mapper->kind = kind;
	mapper->columns = columns;
	while (position < list_length(options->mappers) &&
		   ((CdcMapper *) list_nth(options->mappers, position))->kind <= kind)
		position++;
	options->mappers = list_insert_nth(options->mappers, position, mapper);
	return mapper;
}

/* Where the "count"-th word ends; words are separated by dots or underscores. */
static size_t
words_length(const char *name, int count)
{
	size_t len = 0;

	for (;;)
	{
		len += strcspn(name + len, "._");
		if (--count == 0 || name[len] == '\0')
			return len;
		len++;
	}
}

/*
 * Whatever comes after "hash" or "salt" is cut.  So is what comes after the
 * third word of any other column option that is not about lengths: both words
 * may be misspelt.
 */
const char *
cdc_mapper_safe_name(const char *name)
{
	size_t len = strlen(name);
	bool lengths = false;

	for (int i = 0; i < lengthof(forms); i++)
		if (forms[i].suffix && strncmp(name, forms[i].prefix, strlen(forms[i].prefix)) == 0)
			lengths = true;
	if (!lengths && pg_strncasecmp(name, "column", 6) == 0)
		len = words_length(name, 3);
	for (size_t i = 0; i + 4 <= len; i++)
		if (pg_strncasecmp(name + i, "salt", 4) == 0 || pg_strncasecmp(name + i, "hash", 4) == 0)
			len = i + 4;
	if (name[len] == '\0')
		return cdc_value_clip(name);
	return cdc_value_clip(psprintf("%.*s...", (int) len, name));
}

static void
invalid_mapper(const char *shown, const char *hint)
{
	ereport(ERROR,
			errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			errmsg("invalid value for option \"%s\"", shown),
			errhint("%s", hint));
}

/*
 * The part of "value" before its semicolon, in a copy; *list is what follows.
 * A second semicolon would leave a part of the salt in the list, where it
 * would match no column and the values would go out in clear.
 */
static char *
split_parameter(const char *shown, const char *value, const char **list)
{
	const char *semicolon = strchr(value, ';');
	const char *second = semicolon;

	if (!semicolon)
		invalid_mapper(shown, "The value is a parameter, a semicolon and a list of columns: \"<n>;<list>\" or \"<salt>;<list>\".");
	while ((second = strchr(second + 1, ';')) != NULL)
		if (second[-1] != '\\')
			invalid_mapper(shown, "The value has one semicolon; write \"\\;\" where an expression has one.");
	*list = semicolon + 1;
	return pnstrdup(value, semicolon - value);
}

/* "rest" is the name after the prefix: "<n>.chars", or "chars" with the number in the value */
static void
set_length(CdcOptions *options, const MapperForm *form, const char *name, const char *rest, const char *value,
		   bool *repeatable)
{
	const char *number = rest;
	size_t len = strcspn(rest, ".");
	const char *list = value;
	int chars;

	*repeatable = strcmp(rest, form->suffix) == 0;
	if (*repeatable)
	{
		number = split_parameter(name, value, &list);
		len = strlen(number);
	}
	if (!cdc_value_digits(number, len, &chars) || chars > MAX_CHARS)
		ereport(ERROR,
				errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("invalid length in option \"%s\": \"%s\"", name, cdc_value_clip(pnstrdup(number, len))),
				errhint(LENGTH_HINT));
	cdc_mapper_add(options, form->kind, cdc_patterns_compile(name, list))->chars = chars;
}

/* "rest" is "<algorithm>.with.salt.<salt>", or "<algorithm>" with the salt in the value */
static void
set_hash(CdcOptions *options, const MapperForm *form, const char *name, const char *rest, const char *value,
		 bool *repeatable)
{
	static const char with_salt[] = ".with.salt.";
	size_t len = strcspn(rest, ".");
	const char *list = value;
	const char *salt;
	const char *shown;
	char *algorithm = pnstrdup(rest, len);
	const CdcWord *word = algorithms;
	CdcMapper *mapper;

	while (word->word && pg_strcasecmp(word->word, algorithm) != 0)
		word++;
	if (!word->word || (rest[len] && strncmp(rest + len, with_salt, strlen(with_salt)) != 0))
		ereport(ERROR,
				errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("invalid name of a hash option: \"%s\"", cdc_mapper_safe_name(name)),
				errdetail("Names are \"%s<algorithm>.with.salt.<salt>\" and \"%s<algorithm>\"; algorithms are %s.",
						  form->prefix, form->prefix, ALGORITHMS));

	*repeatable = rest[len] == '\0';
	if (*repeatable)
	{
		shown = name;
		salt = split_parameter(shown, value, &list);
	}
	else
	{
		shown = psprintf("%s%s%s<salt>", form->prefix, algorithm, with_salt);
		salt = pstrdup(rest + len + strlen(with_salt));
	}
	if (*salt == '\0')
		invalid_mapper(shown, "The salt has one character at least.");

	mapper = cdc_mapper_add(options, form->kind, cdc_patterns_compile_secret(shown, list));
	mapper->algorithm = algorithm;
	mapper->hash_type = word->value;
	mapper->salt = salt;
}

bool
cdc_mapper_option(CdcOptions *options, const char *name, const char *value, bool *repeatable)
{
	for (int i = 0; i < lengthof(forms); i++)
	{
		const MapperForm *form = &forms[i];
		size_t len = strlen(form->prefix);
		const char *rest = name + len;

		if (strncmp(name, form->prefix, len) != 0)
			continue;
		if (form->suffix)
		{
			const char *suffix = strchr(rest, '.');

			/* one word, or two of which the second is the suffix */
			if (strcmp(suffix ? suffix + 1 : rest, form->suffix) != 0)
				return false;
		}
		if (!value)
			ereport(ERROR,
					errcode(ERRCODE_SYNTAX_ERROR),
					errmsg("option \"%s\" requires a value", form->suffix ? name : cdc_mapper_safe_name(name)));
		if (form->suffix)
			set_length(options, form, name, rest, value, repeatable);
		else
			set_hash(options, form, name, rest, value, repeatable);
		return true;
	}
	return false;
}

const CdcOptionInfo *
cdc_mapper_info(int n)
{
	const MapperForm *form;
	CdcOptionInfo *info;

	if (n < 0 || n >= 2 * lengthof(forms))
		return NULL;
	form = &forms[n / 2];
	info = palloc0(sizeof(CdcOptionInfo));
	if (n % 2 == 0)
	{
		info->name = psprintf(form->suffix ? "%s<n>.%s" : "%s<algorithm>.with.salt.<salt>", form->prefix, form->suffix);
		info->type = "list of regular expressions";
		info->description = psprintf("%s Debezium's property%s%s; names of 63 bytes or more are refused.", form->description,
									 form->suffix ? "" : ", for the algorithms ", form->suffix ? "" : ALGORITHMS);
	}
	else
	{
		info->name = psprintf("%s%s", form->prefix, form->suffix ? form->suffix : "<algorithm>");
		info->type = form->suffix ? "<n>;<list>" : "<salt>;<list>";
		info->description = psprintf("Second spelling of %s, with the parameter in the value; may be given more than once.",
									 cdc_mapper_info(n - 1)->name);
	}
	return info;
}
