/*
 * patterns.h
 *		Lists of regular expressions that must match a whole name.
 */
#ifndef CDC_PATTERNS_H
#define CDC_PATTERNS_H

typedef struct CdcPatterns CdcPatterns;

/*
 * Compiles a comma-separated list ("\," is a comma) in CurrentMemoryContext.
 * Each entry is a PostgreSQL ARE, case-insensitive, matched against the whole
 * name in C collation; blanks around entries are trimmed and a leading "(?i)"
 * is dropped.  Raises ERROR naming "option" for an entry that is no valid
 * expression, or one whose constructs mean something else in Java.
 */
extern CdcPatterns *cdc_patterns_compile(const char *option, const char *list);

/* The same, but errors do not show the entry: a part of a secret may have slipped into it. */
extern CdcPatterns *cdc_patterns_compile_secret(const char *option, const char *list);

/* One expression instead of a list: a comma is a comma. */
extern CdcPatterns *cdc_patterns_compile_one(const char *option, const char *expression);

/* Does any entry match the whole of "name" (server encoding)? */
extern bool cdc_patterns_match(CdcPatterns *patterns, const char *name);

/* For cdc_json.check(): number of entries, text of one, and does that one match? */
extern int cdc_patterns_count(const CdcPatterns *patterns);
extern const char *cdc_patterns_text(const CdcPatterns *patterns, int n);
extern bool cdc_patterns_match_one(CdcPatterns *patterns, int n, const char *name);

#endif /* CDC_PATTERNS_H */
