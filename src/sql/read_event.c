/*
 * read_event.c
 *		cdc_json.read_event() and read_frame(): a row as its "r" event.
 *
 * What is parsed and described once per query is kept with the call site
 * (fn_extra) in the query's memory.  Rows of several tables may come through
 * one call site.  A call site can outlive a statement (PL/pgSQL keeps simple
 * expressions for a transaction), so descriptions are checked for being stale.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/relation.h"
#include "catalog/pg_class.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#include "compat.h"
#include "frame.h"
#include "sql/reader.h"
#include "sql/sql.h"

PG_FUNCTION_INFO_V1(cdc_json_read_event);
PG_FUNCTION_INFO_V1(cdc_json_read_frame);

/* A table whose rows have come by. */
typedef struct Source
{
	Oid typid; /* of its rows */
	uint64 generation; /* of the catalog when it was described */
	MemoryContext mcxt; /* all below, and this */
	TupleDesc desc;
	CdcTable *table;
	struct Source *next;
} Source;

typedef struct CallSite
{
	MemoryContext mcxt; /* in the query's memory */
	bool constant; /* the options are the same in all calls */
	Datum options; /* copy of the last ones */
	CdcReader *reader;
	Source *sources; /* the last used first */
} CallSite;

/* ---------- tables ---------- */

static void
refuse_anonymous(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_WRONG_OBJECT_TYPE),
			 errmsg("an anonymous record is no row of a table"),
			 errdetail("An event names its table."),
			 errhint("Select from the table itself: SELECT cdc_json.read_event(t) FROM table_name AS t. "
					 "Take a row out of a subquery as a column: SELECT cdc_json.read_event(q.t) FROM (SELECT t FROM table_name AS t) AS q.")));
}

/* The table that rows of the type are of, locked against changes until the transaction ends. */
static Relation
open_table(CdcReader *reader, Oid typid)
{
	Oid relid = get_typ_typrelid(typid);
	Relation relation;

	if (typid == RECORDOID || !OidIsValid(relid))
		refuse_anonymous();
	relation = relation_open(relid, AccessShareLock);
	if (relation->rd_rel->relkind == RELKIND_PARTITIONED_TABLE && !reader->setup.options->publish_via_partition_root)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("\"%s\" is a partitioned table", RelationGetRelationName(relation)),
				 errdetail("Events name the partition that the row is in."),
				 errhint("Select from the partitions, or set publish.via.partition.root=true.")));
	return relation;
}

static Source *
describe(CallSite *site, Oid typid)
{
	MemoryContext mcxt = AllocSetContextCreate(site->reader->mcxt, "cdc_json table", ALLOCSET_SMALL_SIZES);
	MemoryContext old = MemoryContextSwitchTo(mcxt);
	Source *source = palloc0(sizeof(Source));
	Relation relation;

	source->typid = typid;
	source->mcxt = mcxt;
	relation = open_table(site->reader, typid);
	/* what arrives from here on may or may not have been seen */
	source->generation = cdc_tables_generation();
	/* a row of an earlier shape lacks columns, whose values are in the table's description */
	source->desc = CreateTupleDescCopyConstr(RelationGetDescr(relation));
	source->table = cdc_reader_describe(site->reader, relation);
	relation_close(relation, NoLock);
	MemoryContextSwitchTo(old);
	return source;
}

/* The description of rows of the type; moves it to the front. */
static Source *
find_source(CallSite *site, Oid typid)
{
	uint64 generation = cdc_tables_generation();
	Source **link = &site->sources;
	Source *source = *link;

	if (source && source->typid == typid && source->generation == generation)
		return source;
	while (*link && (*link)->typid != typid)
		link = &(*link)->next;
	source = *link;
	if (source)
	{
		*link = source->next;
		if (source->generation != generation)
		{
			MemoryContextDelete(source->mcxt);
			source = NULL;
		}
	}
	if (!source)
		source = describe(site, typid);
	source->next = site->sources;
	site->sources = source;
	return source;
}

/* ---------- options ---------- */

static bool
same_options(const CallSite *site, Datum options)
{
	const char *a = DatumGetPointer(site->options);
	const char *b = DatumGetPointer(options);

	return site->constant || (VARSIZE_ANY(a) == VARSIZE_ANY(b) && memcmp(a, b, VARSIZE_ANY(a)) == 0);
}

/* The call site's state, made anew when options change. */
static CallSite *
call_site(FunctionCallInfo fcinfo, CdcReaderKind kind)
{
	CallSite *site = fcinfo->flinfo->fn_extra;
	Datum options = PG_GETARG_DATUM(1);
	MemoryContext mcxt;
	MemoryContext old;

	if (site && same_options(site, options))
		return site;
	if (site)
	{
		fcinfo->flinfo->fn_extra = NULL;
		MemoryContextDelete(site->mcxt);
	}
	mcxt = AllocSetContextCreate(fcinfo->flinfo->fn_mcxt, "cdc_json call", ALLOCSET_SMALL_SIZES);
	old = MemoryContextSwitchTo(mcxt);
	site = palloc0(sizeof(CallSite));
	site->mcxt = mcxt;
	site->constant = get_fn_expr_arg_stable(fcinfo->flinfo, 1);
	site->options = datumCopy(options, false, -1);
	site->reader = cdc_reader_create(mcxt, DatumGetArrayTypeP(site->options), kind);
	MemoryContextSwitchTo(old);
	fcinfo->flinfo->fn_extra = site;
	return site;
}

/* ---------- rows ---------- */

static void
deform(Source *source, HeapTupleHeader row)
{
	HeapTupleData tuple;

	tuple.t_len = HeapTupleHeaderGetDatumLength(row);
	ItemPointerSetInvalid(&tuple.t_self);
	tuple.t_tableOid = InvalidOid;
	tuple.t_data = row;
	heap_deform_tuple(&tuple, source->desc, source->table->new_values, source->table->new_nulls);
}

/* The record of the row as a varlena; NULL when the options leave the table, or the row, out. */
static struct varlena *
read_row(FunctionCallInfo fcinfo, CdcReaderKind kind)
{
	HeapTupleHeader row = PG_GETARG_HEAPTUPLEHEADER(0);
	CallSite *site = call_site(fcinfo, kind);
	Source *source = find_source(site, HeapTupleHeaderGetTypeId(row));
	CdcRecord record;
	CdcBuf *buf = &site->reader->writer.buf;

	if (!source->table->captured)
		return NULL;
	deform(source, row);
	if (!cdc_reader_write(site->reader, source->table, &record))
		return NULL;
	if (kind == CDC_READER_FRAME)
	{
		char *header = buf->data + VARHDRSZ;

		header[0] = CDC_FRAME_MAGIC;
		header[1] = CDC_FRAME_VERSION;
		header[2] = header[3] = 0;
		cdc_put_u32(header + 4, site->reader->records);
	}
	SET_VARSIZE(buf->data, buf->len);
	return (struct varlena *) buf->data;
}

Datum
cdc_json_read_event(PG_FUNCTION_ARGS)
{
	struct varlena *result = read_row(fcinfo, CDC_READER_TEXT);

	if (!result)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(result);
}

Datum
cdc_json_read_frame(PG_FUNCTION_ARGS)
{
	struct varlena *result = read_row(fcinfo, CDC_READER_FRAME);

	if (!result)
		PG_RETURN_NULL();
	PG_RETURN_BYTEA_P(result);
}
