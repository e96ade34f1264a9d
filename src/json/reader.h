/*
 * reader.h
 *		Reading JSON that others wrote.
 *
 * A text is checked as a whole first; then it can be walked without looking
 * out for mistakes.  Nothing is copied: what is found are parts of the text,
 * strings with their quotes and escapes.  No server headers.
 */
#ifndef CDC_JSON_READER_H
#define CDC_JSON_READER_H

#include "json/buf.h"

#define CDC_JSON_MAX_DEPTH 500

/*
 * Is the text one JSON value and nothing else (RFC 8259, valid UTF-8, no
 * halves of surrogate pairs, no NUL, at most CDC_JSON_MAX_DEPTH deep)?
 */
extern bool cdc_json_valid(const char *text, size_t len);

/* The first character of the value, without the blanks before it. */
extern const char *cdc_json_start(const char *p);

/* Where a value ends that starts at "p", in a valid text. */
extern const char *cdc_json_end(const char *p);

/*
 * The members of an object and the elements of an array, one after another:
 * "*p" starts at its bracket.  False when there are no more.
 */
extern bool cdc_json_next_member(const char **p, CdcSlice *name, CdcSlice *value);
extern bool cdc_json_next_element(const char **p, CdcSlice *value);

#endif /* CDC_JSON_READER_H */
