/*
 * json.h
 *		Kafka Connect values as the JSON that JsonConverter writes.
 *
 * Every function appends one JSON value (or one piece of punctuation) to a
 * buffer.  They know nothing of tables, types or slots, include no server
 * headers and cannot fail: a string that is not valid UTF-8 comes out with
 * U+FFFD in place of the bad bytes, and buf->replaced counts them.
 */
#ifndef CDC_JSON_H
#define CDC_JSON_H

#include "json/buf.h"

/* scalars */
extern void cdc_json_null(CdcBuf *buf);
extern void cdc_json_bool(CdcBuf *buf, bool value);
extern void cdc_json_int64(CdcBuf *buf, int64_t value);
extern void cdc_json_uint64(CdcBuf *buf, uint64_t value);

/* Java's Float.toString and Double.toString (JDK 19 and later); NaN and infinities as strings */
extern void cdc_json_float(CdcBuf *buf, float value);
extern void cdc_json_double(CdcBuf *buf, double value);

/*
 * The same as bare text ("NaN", "-Infinity", "1.0E10") for strings that hold
 * numbers, such as a point's.  Writes at most CDC_JAVA_NUMBER_LEN bytes, not
 * terminated, and returns their number.
 */
#define CDC_JAVA_NUMBER_LEN 32
extern int cdc_java_float(float value, char *out);
extern int cdc_java_double(double value, char *out);

/* Decimal digits alone, likewise; at most CDC_UINT64_LEN bytes. */
#define CDC_UINT64_LEN 20
extern int cdc_uint64_digits(uint64_t value, char *out);

/* a string in double quotes, escaped as Jackson does; "text" is UTF-8 */
extern void cdc_json_string(CdcBuf *buf, const char *text, size_t len);

/*
 * The same as Jackson writes it into characters rather than bytes (text within
 * a text, Avro's schemas): those beyond the BMP stay as they are.
 */
extern void cdc_json_characters(CdcBuf *buf, const char *text, size_t len);

/* text that is known to be plain printable ASCII without quotes or backslashes, in double quotes */
extern void cdc_json_plain(CdcBuf *buf, const char *text, size_t len);

/* bytes: base64 in double quotes (standard or URL alphabet, padded), lower-case hex in double quotes */
extern void cdc_json_base64(CdcBuf *buf, const uint8_t *bytes, size_t len);
extern void cdc_json_base64url(CdcBuf *buf, const uint8_t *bytes, size_t len);
extern void cdc_json_hex(CdcBuf *buf, const uint8_t *bytes, size_t len);

/* digits that already are a JSON number */
extern void cdc_json_number(CdcBuf *buf, const char *digits, size_t len);

/* anything that already is JSON, of any length: as it is, in pieces */
extern void cdc_json_raw(CdcBuf *buf, const char *json, size_t len);

/*
 * The pieces of a string that is written in parts: begin, any number of
 * escaped parts (each must hold whole characters) and of UTF-16 units, end.
 * A unit is for what UTF-8 cannot hold: half of a surrogate pair, which
 * column.truncate.to.N.chars leaves over where it cuts one.
 */
extern void cdc_json_string_begin(CdcBuf *buf);
extern void cdc_json_string_part(CdcBuf *buf, const char *text, size_t len);
extern void cdc_json_string_unit(CdcBuf *buf, uint16_t unit);
extern void cdc_json_string_end(CdcBuf *buf);

/* How many bytes at the start of a text hold no control character, quote or backslash. */
extern size_t cdc_json_plain_prefix(const char *text, size_t len);

/* punctuation of arrays and structs; "first" tells whether a comma is due */
extern void cdc_json_array_begin(CdcBuf *buf);
extern void cdc_json_array_next(CdcBuf *buf, bool first);
extern void cdc_json_array_end(CdcBuf *buf);
extern void cdc_json_struct_begin(CdcBuf *buf);
extern void cdc_json_member(CdcBuf *buf, bool first, const char *name, size_t len); /* ,"name": */
extern void cdc_json_struct_end(CdcBuf *buf);

#endif /* CDC_JSON_H */
