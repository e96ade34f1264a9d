/*
 * value.h
 *		One PostgreSQL value becomes one Kafka Connect value.
 *
 * cdc_type_resolve() turns a type, its modifier and the options into a
 * CdcType, once per column and table version.  Per row, only its encoder
 * runs.  Each family of types has a file of its own with
 *
 *		bool cdc_<family>_resolve(CdcType *type, const CdcTypeInfo *info)
 *
 * which fills the CdcType in and returns true when the type is one of the
 * family's; resolve.c asks them in turn.
 *
 * Two ways to render (design: README, "Differences from Debezium"):
 *	quirks	the connector's bytes, also where they are a false value
 *	fits	the value must fit its Connect schema: quirks, or schemas.enable
 * Without either, the truth: a value the connector would spoil or drop comes
 * out as it is, in the spelling that the connector uses for its kind.
 */
#ifndef CDC_VALUE_H
#define CDC_VALUE_H

#include "fmgr.h"

#include "options/options.h"
#include "value/put.h"
#include "value/schema.h"

typedef struct CdcType CdcType;

/* What was out of the ordinary while values were rendered; kept per session. */
typedef struct CdcCounters
{
	uint64 invalid_characters; /* no UTF-8 equivalent: written as U+FFFD */
	uint64 unrenderable_values; /* conversions that failed: null or fallback instead */
	uint64 oversized_values; /* beyond what a message holds: placeholder instead */
	uint64 oversized_keys; /* likewise: null key */
	uint64 changes_without_identity; /* updates and deletes without an old tuple */
	uint64 deletes_skipped; /* delete.without.identity=skip */
	uint64 messages_dropped; /* reserved prefix */
	uint64 messages_malformed; /* among our own: events of an outbox and contexts that cannot be read */
	uint64 unrouted_events; /* of an outbox: updates, and those without a topic */
} CdcCounters;

/* What every encoder of one slot session shares. */
typedef struct CdcSettings
{
	const CdcOptions *options;
	const CdcConverter *converter; /* the key's or the value's */
	bool quirks; /* see above */
	bool fits; /* see above */
	bool ascii; /* non-ASCII characters as \uXXXX, see CdcBuf */
	const char *placeholder; /* for what is unavailable, as a JSON string */
	CdcCounters *counters;
} CdcSettings;

/* Appends the value to buf and returns true; false means that the value cannot be converted. What it then wrote is dropped by the caller. Never raises an error for what a column can hold. "value" is not null and neither compressed nor out of line, but it may have a short header. */
typedef bool (*CdcEncoder)(CdcBuf *buf, const CdcType *type, Datum value);

/*
 * The string that an encoder of a string-like type would print, in UTF-8,
 * valid until the memory context is reset: what masks, hashes and truncation
 * work on.  False as above.
 */
typedef bool (*CdcTextGetter)(const CdcType *type, Datum value, CdcSlice *text);

/* What the catalog says of a type, at this point of the log. */
typedef struct CdcTypeInfo
{
	Oid declared; /* the column's own type, maybe a domain */
	Oid typid; /* base type: domains resolved */
	int32 typmod; /* of the column or of its domain */
	const char *name; /* pg_type.typname of the base type, server encoding */
	char typtype; /* pg_type.typtype of the base type */
	Oid element; /* element type if it is a true array type, else InvalidOid */
	bool in_array; /* this is the element of an array */
} CdcTypeInfo;

struct CdcType
{
	const CdcSettings *settings;
	Oid typid; /* base type */
	int32 typmod;
	int16 typlen;
	bool typbyval;
	char typalign;

	CdcSchema *schema; /* required, without default; the column makes its copy */
	CdcSchema *optional; /* the same, optional, to be shared by columns; NULL: none is kept */
	bool always_optional; /* PostGIS geometry: optional even where NOT NULL */
	bool elements_required; /* array of it has required elements (enum, tsvector, ...) */
	CdcEncoder encode;
	CdcTextGetter text; /* set when the schema is a string made from text, else NULL */
	bool maskable; /* Debezium's mappers act on it (character types and enums) */
	CdcType *unmapped; /* the type as it is without a mapper; NULL: this is it */

	/* constant renderings (JSON), NULL: null */
	const char *fallback; /* NOT NULL column that the server did not send (connector's zero) */
	const char *unavailable; /* unchanged TOAST, as the connector renders it */
	const char *null_json; /* what a mapper makes of NULL; NULL: the usual */

	/* what some families keep */
	int precision; /* numeric: precision; time, timestamp, interval: digits; -1 none */
	int scale; /* numeric: scale, -1 for variable */
	int length; /* bit, varbit, char, varchar: declared length, -1 none */
	CdcType *element; /* array: its element */
	bool withheld; /* quirks: null whatever the value; "encode" answers false, which is no failure */
	FmgrInfo output; /* types rendered through their output function */
	bool spoils; /* quirks: as an element that cannot be converted it makes the whole array null */
	bool guard; /* that function is not the core's: call it guarded */
	bool pin_money; /* its text depends on lc_monetary */
	bool pin_path; /* its text depends on search_path */
	void *private; /* anything else a family needs */
};

/*
 * Resolves a column's type in CurrentMemoryContext.  NULL means that the
 * column is left out (an unmapped type without include.unknown.datatypes, or
 * an array that Debezium never maps).  Needs a transaction; reads the catalog
 * under the active snapshot.
 */
extern CdcType *cdc_type_resolve(const CdcSettings *settings, Oid typid, int32 typmod);

/*
 * The same for the element of an array, for array.c (in_array is set).  NULL
 * when no family has the element's type.  A domain is an unknown type here.
 */
extern CdcType *cdc_type_resolve_element(const CdcSettings *settings, Oid typid, int32 typmod);

/*
 * A column default, from the expression text that the server prints, as the
 * JSON that belongs into the schema; NULL when Debezium finds none
 * (format reference 6.9).  "declared" is the column's own type.
 */
extern const char *cdc_type_default(const CdcType *type, Oid declared, const char *expression);

/*
 * Wraps an encoder's text with a mapper: masks, hashes, truncation.  Returns a
 * CdcType whose encoder and constants have it applied, in CurrentMemoryContext;
 * its "unmapped" is the argument.  The argument itself is returned when the
 * mapper has nothing to do (truncation to more than the declared length).
 */
extern CdcType *cdc_type_map(CdcType *type, const CdcMapper *mapper, bool nullable);

/* The same for a constant (JSON), such as a column's default, of an unmapped type; NULL: null. */
extern const char *cdc_type_map_constant(const CdcType *mapped, const char *json);

/* unquote.c: the text of a JSON string (of other JSON, the JSON); at most "limit" of the bytes in base64 */
extern CdcSlice cdc_unquote(const char *json, size_t len);
extern CdcSlice cdc_unbase64(CdcSlice base64, size_t limit);

/* hash.c: what a hash mapper makes of a text; 0, or the number of hex digits written */
#define CDC_HASH_MAX_DIGITS 128
extern int cdc_hash_digits(const CdcMapper *mapper, const char *salt, CdcSlice text, char *digits);

/* Parameters of source-type propagation (format reference 11.4), and the length and scale among them */
extern void cdc_type_propagate(CdcSchema *schema, Oid declared, Oid typid, int32 typmod, const char *column_name);
extern void cdc_type_length(Oid typid, int32 typmod, int *length, int *scale);

/* output.c: output functions with settings pinned, so that no session setting shows. */
extern void cdc_output_init(CdcType *type); /* fills output and guard */
extern bool cdc_output_text(const CdcType *type, Datum value, CdcSlice *text); /* UTF-8 */

/*
 * Detoasts a varlena (compressed or out of line, reassembled by the server)
 * guarded; false when that fails.
 */
extern bool cdc_output_detoast(Datum value, Datum *plain);
extern void cdc_output_release(Datum value, Datum plain); /* frees the copy, if one was made */

/*
 * guard.c: runs call(arg) in a subtransaction with the session's settings
 * pinned; false when it raised an error that is the value's fault (errors of
 * the environment, such as a cancel, go on).  What it allocates in
 * CurrentMemoryContext stays.
 */
extern bool cdc_guard(void (*call)(void *arg), void *arg);

/* The two halves of it: only the subtransaction; only the settings, and errors go on. */
extern bool cdc_guard_errors(void (*call)(void *arg), void *arg);
extern void cdc_guard_settings(void (*call)(void *arg), void *arg);

/*
 * encoding.c: server encoding to UTF-8, never an error; the result may point
 * into the argument.  Characters without an equivalent become U+FFFD and are
 * counted in *invalid.  In a database with encoding UTF8 or SQL_ASCII bytes
 * pass as they are, and the JSON writer replaces what is no UTF-8.
 */
extern bool cdc_utf8_supported(void); /* has the server encoding a conversion? reads no catalog */
extern void cdc_utf8_init(uint64 *invalid); /* once per session, in a transaction */
extern void cdc_utf8_release(uint64 *invalid); /* the session that counts there ends */
extern CdcSlice cdc_utf8(const char *data, size_t len);
extern const char *cdc_utf8_cstring(const char *name); /* palloc'd unless nothing changed */
extern void cdc_utf8_json(CdcBuf *buf, const char *data, size_t len); /* as a JSON string, without a copy */

/* geotext.c: the core's geometric types as text, in the JDBC driver's spelling. */
extern bool cdc_geotext_has(Oid typid);
extern bool cdc_geotext(CdcBuf *text, Oid typid, Datum value); /* false as above */

/* membuf.c: a buffer in palloc'd memory, grown as needed without an upper limit */
extern void cdc_buf_palloc(CdcBuf *buf, size_t initial);
extern char *cdc_buf_cstring(CdcBuf *buf); /* its text, in memory of that size; the buffer is gone */
extern CdcSlice cdc_buf_slice(CdcBuf *buf); /* likewise */

/*
 * put.c: bytes as a string of digits, which "json" writes in quotes
 * (cdc_json_base64, cdc_json_base64url, cdc_json_hex)
 */
extern void cdc_put_digits(CdcBuf *buf, void (*json)(CdcBuf *buf, const uint8_t *bytes, size_t len), const uint8_t *bytes, size_t len);

/*
 * avro.c: JSON to Avro.  Null where the schema allows none becomes a zero
 * value.  Which branch of the union is null: the first, or with a default the
 * second.
 */
extern void cdc_avro_value(CdcBuf *buf, const CdcSchema *schema, const char *json, size_t len);
extern int cdc_avro_null_branch(const CdcSchema *schema);

/* constant.c: JSON for "fallback" and "unavailable", in CurrentMemoryContext. */
extern char *cdc_constant_string(const CdcSettings *settings, const char *text, size_t len);
extern char *cdc_constant_base64(const CdcSettings *settings, const uint8 *bytes, size_t len);
extern const char *cdc_constant_placeholder(const CdcSettings *settings); /* one for all, in the session's memory */

/* numeric.c: the digits of a numeric where they lie; "number" lives as long as the datum */
struct CdcDecimal;
extern void cdc_numeric_read(struct CdcDecimal *number, Datum value);

/* jsonb.c */
extern bool cdc_jsonb_encode(CdcBuf *buf, const CdcType *type, Datum value);

/* The families. */
extern bool cdc_scalar_resolve(CdcType *type, const CdcTypeInfo *info);
extern bool cdc_numeric_resolve(CdcType *type, const CdcTypeInfo *info);
extern bool cdc_money_resolve(CdcType *type, const CdcTypeInfo *info);
extern bool cdc_temporal_resolve(CdcType *type, const CdcTypeInfo *info);
extern bool cdc_interval_resolve(CdcType *type, const CdcTypeInfo *info);
extern bool cdc_text_resolve(CdcType *type, const CdcTypeInfo *info);
extern bool cdc_enum_resolve(CdcType *type, const CdcTypeInfo *info); /* called by text.c */
extern bool cdc_binary_resolve(CdcType *type, const CdcTypeInfo *info);
extern bool cdc_hstore_resolve(CdcType *type, const CdcTypeInfo *info);
extern bool cdc_geometry_resolve(CdcType *type, const CdcTypeInfo *info);
extern bool cdc_vector_resolve(CdcType *type, const CdcTypeInfo *info);
extern bool cdc_array_resolve(CdcType *type, const CdcTypeInfo *info);
extern bool cdc_unknown_resolve(CdcType *type, const CdcTypeInfo *info);

#endif /* CDC_VALUE_H */
