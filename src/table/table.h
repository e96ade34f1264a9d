/*
 * table.h
 *		What a table looks like at this point of the log.
 *
 * A CdcTable is the description of one version of a table: built from the
 * catalog as it was when the change was logged, kept in a memory context of
 * its own, and thrown away when an invalidation says that something it was
 * built from has changed.  Everything that can be known per version is
 * computed here; per row, only encoders run.
 *
 * The cache belongs to one slot session.  Descriptions are found by the Oid
 * of the table that the change is in (the leaf, for partitions).
 */
#ifndef CDC_TABLE_H
#define CDC_TABLE_H

#include "nodes/pg_list.h"
#include "utils/hsearch.h"
#include "utils/relcache.h"

#include "options/options.h"
#include "table/depend.h"
#include "value/value.h"

typedef struct CdcColumn
{
	AttrNumber attnum; /* of the table that changes are in */
	const char *name; /* server encoding */
	const char *field; /* name in events: UTF-8, adjusted */
	bool notnull;
	bool identity; /* the old tuple of an update or delete has it */
	bool varlena; /* may be compressed, out of line or unavailable */
	bool mapped; /* a mask, hash or truncation applies */
	CdcType *type;
	CdcSchema *schema; /* type's schema, optional or not, with default */

	/*
	 * Constant renderings; see table/column.c.  In Avro "member" is the branch
	 * that a value takes, if there is a union; the others have theirs in them.
	 */
	CdcSlice member; /* {"name": for the first, ,"name": for others */
	CdcSlice null_text; /* SQL NULL */
	CdcSlice missing_text; /* not part of the old tuple */
	CdcSlice unavailable_text; /* unchanged and not in the log */
	CdcSlice failed_text; /* cannot be converted */
	const char *failed_json; /* the same for the log */

	bool warned; /* a failed conversion was logged */
} CdcColumn;

typedef struct CdcTable
{
	Oid relid; /* hash key */
	bool valid; /* false: rebuild at next use */
	MemoryContext mcxt; /* everything below, and the template */

	bool published; /* an ordinary table: its changes count for transactions */
	AttrNumber token; /* of the extension's own table: column with tokens of incremental snapshots; 0: none */
	bool captured; /* passes the filters and has columns: events are made */
	const char *schema_name; /* server encoding, of the table shown (the root with publish.via.partition.root) */
	const char *table_name;
	const char *topic; /* UTF-8, sanitised */
	const char *collection; /* "schema.table", UTF-8 */
	bool is_partition_shown_as_root;

	int natts; /* of the tuples */
	int ncolumns;
	CdcColumn *columns; /* of the row, in column order */
	int nkey; /* 0: no key */
	CdcColumn *key; /* in key order */
	CdcColumn *header_key; /* the same as headers of a key change have it */
	bool has_identity; /* updates and deletes come with an old tuple */
	bool identity_full; /* the old tuple is the whole row */
	bool key_known; /* the old tuple has all key columns */

	List *dependencies; /* CdcDependency *: what this was built from */

	/* working space for deforming tuples, natts each */
	Datum *new_values;
	bool *new_nulls;
	Datum *old_values;
	bool *old_nulls;

	void *template; /* constant bytes, owned by event/ */
	bool logged_identity; /* one log line per table for changes without identity */
	bool logged_oversize;
} CdcTable;

typedef struct CdcTables CdcTables;

/* What descriptions are built with; lives as long as the session. */
typedef struct CdcTableContext
{
	const CdcOptions *options;
	const CdcSettings *key_settings;
	const CdcSettings *header_settings; /* of keys in headers */
	const CdcSettings *value_settings;
	const char *prefix; /* topic prefix in effect */
	void (*prepare)(CdcTable *table, void *arg); /* builds table->template in table->mcxt */
	void *prepare_arg;
	HTAB *types; /* see cdc_table_type(); NULL: each column resolves its own */
} CdcTableContext;

/* Creates the cache in CurrentMemoryContext; it ends with that context. */
extern CdcTables *cdc_tables_create(const CdcTableContext *context);

/*
 * The valid description of a relation that a change callback was given.  Must
 * be called in a transaction with the historic snapshot active.  The result
 * stays as it is until the next call.
 */
extern CdcTable *cdc_tables_lookup(CdcTables *tables, Relation relation);

/* Describes a relation as it is now, in CurrentMemoryContext, outside any cache. */
extern CdcTable *cdc_table_describe(const CdcTableContext *context, Relation relation);

/*
 * For who keeps a description outside the cache: it may be stale once this
 * number has changed.
 */
extern uint64 cdc_tables_generation(void);

/* types.c */
extern HTAB *cdc_table_types_create(void); /* in CurrentMemoryContext, where it stays */
extern CdcType *cdc_table_type(const CdcTableContext *context, const CdcSettings *settings, Oid typid, int32 typmod);

/* column.c */
extern bool cdc_column_resolve(CdcColumn *column, const CdcSettings *settings, const CdcTableContext *context,
							   const CdcTable *table, Relation shown, Form_pg_attribute att, bool for_key);
extern void cdc_column_render(CdcColumn *column, const CdcSettings *settings, bool first);

/* key.c: attribute numbers (of "shown") of the key's columns in key order; NIL without a key */
extern List *cdc_key_attributes(const CdcOptions *options, Relation shown, const CdcTable *table, List **dependencies);

/* key.c: attribute numbers (of "relation") that its old tuples have; NULL with *full */
extern Bitmapset *cdc_identity_attributes(Relation relation, bool *full, List **dependencies);

/* filter.c */
extern bool cdc_filter_table(const CdcOptions *options, const char *schema, const char *table);
extern bool cdc_filter_column(const CdcOptions *options, const char *schema, const char *table, const char *column);
extern const CdcMapper *cdc_filter_mapper(const CdcOptions *options, const char *schema, const char *table, const char *column, Oid type);

/* names.c: UTF-8 in and out, palloc'd */
extern char *cdc_name_topic(const CdcOptions *options, const char *prefix, const char *schema, const char *table);
extern char *cdc_name_prefix(const char *database);
extern const char *cdc_name_adjust_schema(CdcAdjustment mode, const char *name);
extern const char *cdc_name_adjust_field(CdcAdjustment mode, const char *name);

#endif /* CDC_TABLE_H */
