/*
 * options.h
 *		What a client may set when it starts to read a slot.
 *
 * The table in options.c is the only list of options: it feeds the parser,
 * cdc_json.options() and, through that, the README.  Names, meanings and
 * defaults are Debezium's connector properties unless the table says why not.
 */
#ifndef CDC_OPTIONS_H
#define CDC_OPTIONS_H

#include "nodes/pg_list.h"

#include "options/fields.h"
#include "options/patterns.h"
#include "options/route.h"

/* Prefixes that begin like this are ours and never events of logical messages. */
#define CDC_RESERVED_PREFIX "cdc_json."
#define CDC_OUTBOX_PREFIX "cdc_json.outbox"
#define CDC_CONTEXT_PREFIX "cdc_json.context"

/* The header that lists the columns which the log does not hold. */
#define CDC_UNAVAILABLE_HEADER "__cdc_json.unavailable"

typedef enum CdcFormat
{
	CDC_FORMAT_VALUE, /* the record's value, one line */
	CDC_FORMAT_RECORD, /* topic, key, value and headers, one line */
	CDC_FORMAT_FRAME /* binary batch of records */
} CdcFormat;

typedef enum CdcDecimalMode
{
	CDC_DECIMAL_PRECISE,
	CDC_DECIMAL_DOUBLE,
	CDC_DECIMAL_STRING
} CdcDecimalMode;

typedef enum CdcTimeMode
{
	CDC_TIME_ADAPTIVE,
	CDC_TIME_ADAPTIVE_TIME_MICROSECONDS,
	CDC_TIME_CONNECT,
	CDC_TIME_ISOSTRING,
	CDC_TIME_MICROSECONDS,
	CDC_TIME_NANOSECONDS
} CdcTimeMode;

typedef enum CdcIntervalMode
{
	CDC_INTERVAL_NUMERIC,
	CDC_INTERVAL_STRING
} CdcIntervalMode;

typedef enum CdcHstoreMode
{
	CDC_HSTORE_JSON,
	CDC_HSTORE_MAP
} CdcHstoreMode;

typedef enum CdcBinaryMode
{
	CDC_BINARY_BYTES,
	CDC_BINARY_BASE64,
	CDC_BINARY_BASE64_URL_SAFE,
	CDC_BINARY_HEX
} CdcBinaryMode;

typedef enum CdcDecimalFormat
{
	CDC_DECIMAL_FORMAT_BASE64,
	CDC_DECIMAL_FORMAT_NUMERIC
} CdcDecimalFormat;

typedef enum CdcAdjustment
{
	CDC_ADJUST_NONE,
	CDC_ADJUST_AVRO,
	CDC_ADJUST_AVRO_UNICODE
} CdcAdjustment;

typedef enum CdcDeleteWithoutIdentity
{
	CDC_DELETE_EMIT,
	CDC_DELETE_SKIP
} CdcDeleteWithoutIdentity;

/* delete.tombstone.handling.mode */
typedef enum CdcDeleteHandling
{
	CDC_DELETE_DROP,
	CDC_DELETE_TOMBSTONE,
	CDC_DELETE_REWRITE,
	CDC_DELETE_REWRITE_WITH_TOMBSTONE,
	CDC_DELETE_TO_TOMBSTONE
} CdcDeleteHandling;

typedef enum CdcInvalidOperation
{
	CDC_INVALID_OPERATION_WARN,
	CDC_INVALID_OPERATION_ERROR
} CdcInvalidOperation;

typedef enum CdcMissingField
{
	CDC_MISSING_ERROR,
	CDC_MISSING_IGNORE
} CdcMissingField;

typedef enum CdcJsonNull
{
	CDC_JSON_NULL_IGNORE,
	CDC_JSON_NULL_OPTIONAL_BYTES
} CdcJsonNull;

typedef enum CdcOrigin
{
	CDC_ORIGIN_ANY,
	CDC_ORIGIN_NONE
} CdcOrigin;

/* bits of skipped.operations */
#define CDC_SKIP_CREATE 1
#define CDC_SKIP_UPDATE 2
#define CDC_SKIP_DELETE 4
#define CDC_SKIP_TRUNCATE 8

typedef enum CdcConverterKind
{
	CDC_CONVERTER_JSON,
	CDC_CONVERTER_AVRO
} CdcConverterKind;

/* key.converter and value.converter, and JsonConverter's properties: once for keys, once for values */
typedef struct CdcConverter
{
	CdcConverterKind kind;
	bool schemas_enable;
	CdcDecimalFormat decimal_format;
	bool replace_null_with_default;
} CdcConverter;

/* one entry of message.key.columns */
typedef struct CdcKeyRule
{
	CdcPatterns *table; /* matches schema.table */
	List *columns; /* char *: column names in key order, server encoding; no expressions */
} CdcKeyRule;

typedef enum CdcMapperKind
{
	/* in the order in which rules win (RelationalDatabaseConnectorConfig, ColumnMappers) */
	CDC_MAPPER_TRUNCATE, /* column.truncate.to.N.chars */
	CDC_MAPPER_MASK, /* column.mask.with.N.chars */
	CDC_MAPPER_PROPAGATE, /* column.propagate.source.type */
	CDC_MAPPER_PROPAGATE_TYPE, /* datatype.propagate.source.type */
	CDC_MAPPER_HASH, /* column.mask.hash.A.with.salt.S */
	CDC_MAPPER_HASH_V2 /* column.mask.hash.v2.A.with.salt.S */
} CdcMapperKind;

typedef struct CdcMapper
{
	CdcMapperKind kind;
	int chars; /* truncate, mask: N */
	const char *algorithm; /* hashes: as written, e.g. "SHA-256" */
	int hash_type; /* hashes: pg_cryptohash_type */
	const char *salt; /* hashes: in the server encoding, Debezium hashes it in UTF-8 */
	CdcPatterns *columns; /* schema.table.column, or schema.table.typename for PROPAGATE_TYPE */
} CdcMapper;

typedef struct CdcOptions
{
	/* shape of the output */
	CdcFormat format;
	int batch_bytes;
	bool position_header;
	bool quirks; /* debezium.quirks */
	CdcConverter key;
	CdcConverter value;
	bool snapshot_null; /* quirks, and replace.null.with.default=false given for values: source.snapshot is null */
	bool extended_headers;
	bool tombstones;

	/* names */
	const char *topic_prefix; /* NULL: the database's name, made a valid topic */
	const char *topic_delimiter;
	const char *topic_transaction;
	bool topic_unicode; /* topic.naming.strategy is SchemaUnicodeTopicNamingStrategy */
	CdcAdjustment schema_adjustment;
	CdcAdjustment field_adjustment;

	/* values */
	CdcDecimalMode decimal_mode;
	int money_fraction_digits;
	CdcTimeMode time_mode;
	CdcIntervalMode interval_mode;
	CdcHstoreMode hstore_mode;
	CdcBinaryMode binary_mode;
	bool include_unknown_datatypes;
	const char *unavailable_placeholder; /* bytes; "hex:" already decoded */
	int unavailable_placeholder_len;
	bool unavailable_is_bytes; /* came with "hex:", or is UTF-8 by now; else text in the server encoding */

	/* what is sent */
	int skipped_operations; /* CDC_SKIP_* */
	bool skip_messages_without_change;
	bool provide_transaction_metadata;
	bool table_ignore_builtin;
	bool publish_via_partition_root;
	CdcDeleteWithoutIdentity delete_without_identity;
	CdcOrigin origin;
	CdcPatterns *schema_include; /* NULL: not given; all of these likewise */
	CdcPatterns *schema_exclude;
	CdcPatterns *table_include;
	CdcPatterns *table_exclude;
	CdcPatterns *column_include;
	CdcPatterns *column_exclude;
	CdcPatterns *message_prefix_include;
	CdcPatterns *message_prefix_exclude;
	List *key_rules; /* CdcKeyRule * in the order given */
	List *mappers; /* CdcMapper * in the order in which they win */

	/* flattened values: ExtractNewRecordState */
	bool unwrap;
	CdcDeleteHandling delete_handling;
	bool unwrap_replace_null; /* unwrap.replace.null.with.default */
	const char *fields_prefix;
	const char *headers_prefix;
	List *add_fields; /* CdcFieldReference * */
	List *add_headers; /* CdcFieldReference * */
	const char *route_by_field; /* NULL: not given */
	const char *drop_fields_header; /* NULL: not given, else __cdc_json.unavailable */
	bool drop_keeps_compatible;

	/* routed events: EventRouter */
	CdcPatterns *outbox_tables; /* NULL: none */
	const char *outbox_id; /* columns; server encoding, as all names of columns */
	const char *outbox_key;
	const char *outbox_payload;
	const char *outbox_timestamp; /* NULL: not given */
	const char *outbox_version; /* NULL: not given */
	const char *outbox_route_by;
	const char *outbox_regex; /* NULL: not given */
	const char *outbox_replacement;
	CdcRoute *outbox_route; /* compiled from the two */
	bool outbox_tombstones;
	bool outbox_expand;
	CdcJsonNull outbox_json_null;
	List *outbox_placements; /* CdcPlacement * */
	bool outbox_envelope; /* one of them is the envelope */
	CdcMissingField outbox_missing;
	CdcInvalidOperation outbox_invalid;
	const char *outbox_message_prefix; /* "": none */

	const char *context_prefix; /* of headers */
} CdcOptions;

/* One row of cdc_json.options(). */
typedef struct CdcOptionInfo
{
	const char *name;
	const char *type; /* "boolean", "integer", "enum (a, b)", "list of regular expressions", … */
	const char *default_value; /* NULL: none */
	const char *description;
} CdcOptionInfo;

/*
 * Parses the options that the server hands to the startup callback (a List of
 * DefElem with String arguments or none) into a CdcOptions in
 * CurrentMemoryContext.  Raises ERROR for whatever is wrong with them.  Reads
 * no catalog: there is no transaction in a walsender's startup.  Compiled
 * regular expressions are freed when the current memory context is reset.
 */
extern CdcOptions *cdc_options_parse(List *defelems);

/* Raises ERROR when the format, or a transform, does not go with what the converters write. */
extern void cdc_options_check_converters(const CdcOptions *options);

/* The option table, for cdc_json.options(): n-th row or NULL past the end. */
extern const CdcOptionInfo *cdc_options_info(int n);

#endif /* CDC_OPTIONS_H */
