/*
 * snapshot.c
 *		cdc_json.snapshot(): all rows of some tables as the records that
 *		Debezium's initial snapshot has of them.
 *
 * One row a call, read straight from the tables, so that a query which has the
 * function in its select list streams and needs no more memory than two rows.
 * One row is read ahead: whether a record is the last of its table, or of all,
 * shows only then (RelationalSnapshotChangeEventSource).
 */
#include "postgres.h"

#include "access/relation.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/transam.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "executor/executor.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "mb/pg_wchar.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/rls.h"
#include "utils/snapmgr.h"

#include "compat.h"
#include "sql/reader.h"
#include "sql/sql.h"

PG_FUNCTION_INFO_V1(cdc_json_snapshot);

/* A table that is to be read, alone or as part of what the caller named. */
typedef struct Heap
{
	Oid relid;
	int collection; /* number of what its events are shown as */
} Heap;

/* A table being read. */
typedef struct TableRead
{
	MemoryContext mcxt; /* this, and the description */
	Relation relation;
	TableScanDesc scan;
	CdcTable *table;
	int collection;
	TupleTableSlot *slots[2]; /* of the row at hand and the one after it, in turn */
	int turn;
} TableRead;

/* A row that was read: its table and where it lies; no scan: there is none. */
typedef struct Place
{
	TableRead *scan;
	TupleTableSlot *slot;
} Place;

typedef struct State
{
	MemoryContext mcxt;
	CdcReader *reader;
	MemoryContext row_mcxt; /* the record shown last, and what it took; rows left out add nothing */
	Snapshot snapshot;
	ExprContext *econtext;
	TupleDesc result;
	List *heaps;
	int next; /* number of the next heap to be read */
	int first_collection; /* the first one that is not left out; -1: not known yet */
	Place current; /* row to be shown next */
	Place ahead; /* row after it */
	bool new_collection; /* current is its collection's first row */
} State;

/* ---------- which tables ---------- */

static void
check_rights(Relation relation)
{
	Oid relid = RelationGetRelid(relation);

	if (pg_class_aclcheck(relid, GetUserId(), ACL_SELECT) != ACLCHECK_OK &&
		pg_attribute_aclcheck_all(relid, GetUserId(), ACL_SELECT, ACLMASK_ALL) != ACLCHECK_OK)
		aclcheck_error(ACLCHECK_NO_PRIV, get_relkind_objtype(relation->rd_rel->relkind), RelationGetRelationName(relation));
	/* policies are for queries; here they would leave rows out without a word */
	if (check_enable_rls(relid, InvalidOid, true) == RLS_ENABLED)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("row-level security would hide rows of table \"%s\"", RelationGetRelationName(relation)),
				 errhint("Read it as its owner or as a role with BYPASSRLS, or select cdc_json.read_event() from it.")));
}

Relation
cdc_open_for_reading(Oid relid)
{
	Relation relation = try_relation_open(relid, AccessShareLock);

	if (!relation)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("table with OID %u does not exist", relid)));
	if (relid < FirstNormalObjectId)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("\"%s\" is not a table that events are made of", RelationGetRelationName(relation)),
				 errdetail("Events are made of ordinary and partitioned tables outside the system catalogs.")));
	if (relation->rd_rel->relkind != RELKIND_RELATION && relation->rd_rel->relkind != RELKIND_PARTITIONED_TABLE)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("\"%s\" is not a table that events are made of", RelationGetRelationName(relation)),
				 errdetail_relkind_not_supported(relation->rd_rel->relkind)));
	if (RELATION_IS_OTHER_TEMP(relation))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("\"%s\" is a temporary table of another session", RelationGetRelationName(relation))));
	check_rights(relation);
	return relation;
}

List *
cdc_heaps(Relation relation)
{
	List *heaps = NIL;
	ListCell *cell;

	if (relation->rd_rel->relkind == RELKIND_RELATION)
		return list_make1_oid(RelationGetRelid(relation));
	foreach(cell, find_all_inheritors(RelationGetRelid(relation), AccessShareLock, NULL))
	{
		Relation part = relation_open(lfirst_oid(cell), NoLock);

		if (part->rd_rel->relkind == RELKIND_RELATION)
			heaps = lappend_oid(heaps, lfirst_oid(cell));
		else if (part->rd_rel->relkind == RELKIND_FOREIGN_TABLE)
			ereport(WARNING,
					(errmsg("partition \"%s\" is left out: it is a foreign table", RelationGetRelationName(part)),
					 errdetail("Its changes are not in the log of this server.")));
		relation_close(part, NoLock);
	}
	return heaps;
}

/* Adds the heaps of one argument; what was named before, itself or its root, comes once. */
static void
add_heaps(State *state, Oid relid, int collection)
{
	Relation relation = cdc_open_for_reading(relid);
	ListCell *cell;

	foreach(cell, cdc_heaps(relation))
	{
		Heap *heap;
		ListCell *other;
		bool known = false;

		foreach(other, state->heaps)
			known = known || ((Heap *) lfirst(other))->relid == lfirst_oid(cell);
		if (known)
			continue;
		heap = palloc(sizeof(Heap));
		heap->relid = lfirst_oid(cell);
		/* partitions are collections of their own unless they are shown as their root */
		heap->collection = state->reader->setup.options->publish_via_partition_root ? collection : list_length(state->heaps);
		state->heaps = lappend(state->heaps, heap);
	}
	/* locked until the transaction ends */
	relation_close(relation, NoLock);
}

/* Everything that can be wrong is found here, before the first row. */
static void
list_heaps(State *state, ArrayType *relations)
{
	Datum *elements;
	bool *nulls;
	int n;
	ListCell *cell;

	deconstruct_array(relations, REGCLASSOID, sizeof(Oid), true, TYPALIGN_INT, &elements, &nulls, &n);
	for (int i = 0; i < n; i++)
	{
		if (nulls[i])
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("a table must not be null")));
		add_heaps(state, DatumGetObjectId(elements[i]), i);
	}
	foreach(cell, state->heaps)
	{
		Relation relation = table_open(((Heap *) lfirst(cell))->relid, NoLock);

		CHECK_FOR_INTERRUPTS();
		cdc_reader_check_file(relation, state->snapshot);
		table_close(relation, NoLock);
	}
}

/* ---------- rows ---------- */

static void
close_scan(TableRead *scan)
{
	ExecDropSingleTupleTableSlot(scan->slots[0]);
	ExecDropSingleTupleTableSlot(scan->slots[1]);
	table_endscan(scan->scan);
	table_close(scan->relation, NoLock);
	MemoryContextDelete(scan->mcxt);
}

/* Starts to read the next heap that is not left out; NULL after the last one. */
static TableRead *
open_next(State *state)
{
	while (state->next < list_length(state->heaps))
	{
		const Heap *heap = list_nth(state->heaps, state->next++);
		Relation relation = table_open(heap->relid, NoLock);
		MemoryContext mcxt = AllocSetContextCreate(state->mcxt, "cdc_json snapshot table", ALLOCSET_SMALL_SIZES);
		MemoryContext old = MemoryContextSwitchTo(mcxt);
		TableRead *scan = palloc0(sizeof(TableRead));

		scan->mcxt = mcxt;
		scan->relation = relation;
		scan->collection = heap->collection;
		scan->table = cdc_reader_describe(state->reader, relation);
		if (!scan->table->captured)
		{
			MemoryContextSwitchTo(old);
			table_close(relation, NoLock);
			MemoryContextDelete(mcxt);
			continue;
		}
		if (state->first_collection < 0)
			state->first_collection = heap->collection;
		scan->slots[0] = table_slot_create(relation, NULL);
		scan->slots[1] = table_slot_create(relation, NULL);
		scan->scan = table_beginscan_strat(relation, state->snapshot, 0, NULL, true, false);
		MemoryContextSwitchTo(old);
		return scan;
	}
	return NULL;
}

/* The row after those at hand: of the same table, or of the next one that has any. */
static void
read_ahead(State *state)
{
	TableRead *scan = state->current.scan;

	state->ahead.scan = NULL;
	if (!scan)
		scan = open_next(state);
	for (; scan; scan = open_next(state))
	{
		TupleTableSlot *slot = scan->slots[scan->turn];
		MemoryContext old = MemoryContextSwitchTo(scan->mcxt);
		bool found = table_scan_getnextslot(scan->scan, ForwardScanDirection, slot);

		/* now: the tuple's header is the scan's own and goes on with it, while what is pinned stays */
		if (found)
			slot_getallattrs(slot);
		MemoryContextSwitchTo(old);
		if (found)
		{
			scan->turn = 1 - scan->turn;
			state->ahead.scan = scan;
			state->ahead.slot = slot;
			return;
		}
		/* the row at hand is still this one's */
		if (scan != state->current.scan)
			close_scan(scan);
	}
}

/* Makes the row ahead the current one. */
static void
advance(State *state)
{
	Place before = state->current;

	state->current = state->ahead;
	state->ahead.scan = NULL;
	state->new_collection = !before.scan ||
							(state->current.scan && state->current.scan->collection != before.scan->collection);
	if (before.scan && before.scan != state->current.scan)
		close_scan(before.scan);
	if (state->current.scan)
		read_ahead(state);
}

/* Debezium's marker of the current row, by what wins. */
static const char *
marker(const State *state)
{
	int collection = state->current.scan->collection;

	if (!state->ahead.scan)
		return "last";
	if (state->new_collection && collection == state->first_collection)
		return "first";
	if (state->ahead.scan->collection != collection)
		return "last_in_data_collection";
	return state->new_collection ? "first_in_data_collection" : "true";
}

/* The row's record as (topic, key, value, headers); false when the options leave it out. */
static bool
form_record(State *state, Datum *result)
{
	CdcReader *reader = state->reader;
	CdcTable *table = state->current.scan->table;
	TupleTableSlot *slot = state->current.slot;
	Datum values[4];
	bool nulls[4] = {false};
	CdcRecord record;
	const char *data;

	memcpy(table->new_values, slot->tts_values, sizeof(Datum) * table->natts);
	memcpy(table->new_nulls, slot->tts_isnull, sizeof(bool) * table->natts);
	cdc_reader_mark(reader, marker(state));
	if (!cdc_reader_write(reader, table, &record))
		return false;
	data = reader->writer.buf.data;

	/* a topic of the row's own is UTF-8, and comes from text of this database */
	values[0] = CStringGetTextDatum(pg_any_to_server(record.topic, strlen(record.topic), PG_UTF8));
	values[1] = PointerGetDatum(cstring_to_text_with_len(data + record.key.start, record.key.len));
	nulls[1] = !record.has_key;
	values[2] = PointerGetDatum(cstring_to_text_with_len(data + record.value.start, record.value.len));
	nulls[2] = !record.has_value;
	values[3] = PointerGetDatum(cstring_to_text_with_len(data + record.headers.start, record.headers.len));
	*result = HeapTupleGetDatum(heap_form_tuple(state->result, values, nulls));
	return true;
}

/* ---------- the function ---------- */

/* Also when the query ends early; after an error, the server itself cleans up. */
static void
end(Datum arg)
{
	State *state = (State *) DatumGetPointer(arg);

	if (state->ahead.scan && state->ahead.scan != state->current.scan)
		close_scan(state->ahead.scan);
	if (state->current.scan)
		close_scan(state->current.scan);
	state->current.scan = state->ahead.scan = NULL;
	if (state->snapshot)
		UnregisterSnapshot(state->snapshot);
	state->snapshot = NULL;
}

static State *
begin(FunctionCallInfo fcinfo, MemoryContext mcxt)
{
	MemoryContext old = MemoryContextSwitchTo(mcxt);
	State *state = palloc0(sizeof(State));
	TupleDesc desc;

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	state->mcxt = mcxt;
	state->row_mcxt = AllocSetContextCreate(mcxt, "cdc_json snapshot row", ALLOCSET_DEFAULT_SIZES);
	state->result = BlessTupleDesc(desc);
	state->first_collection = -1;
	state->reader = cdc_reader_create(mcxt, PG_GETARG_ARRAYTYPE_P(1), CDC_READER_PARTS);
	state->snapshot = RegisterSnapshot(GetActiveSnapshot());
	state->econtext = ((ReturnSetInfo *) fcinfo->resultinfo)->econtext;
	RegisterExprContextCallback(state->econtext, end, PointerGetDatum(state));
	list_heaps(state, PG_GETARG_ARRAYTYPE_P(0));
	MemoryContextSwitchTo(old);

	read_ahead(state);
	advance(state);
	return state;
}

Datum
cdc_json_snapshot(PG_FUNCTION_ARGS)
{
	FuncCallContext *call;
	State *state;

	if (SRF_IS_FIRSTCALL())
	{
		call = SRF_FIRSTCALL_INIT();
		call->user_fctx = begin(fcinfo, call->multi_call_memory_ctx);
	}
	call = SRF_PERCALL_SETUP();
	state = call->user_fctx;
	while (state->current.scan)
	{
		MemoryContext old;
		Datum result;
		bool formed;

		MemoryContextReset(state->row_mcxt);
		old = MemoryContextSwitchTo(state->row_mcxt);
		formed = form_record(state, &result);
		MemoryContextSwitchTo(old);
		advance(state);
		if (formed)
			SRF_RETURN_NEXT(call, result);
	}
	UnregisterExprContextCallback(state->econtext, end, PointerGetDatum(state));
	end(PointerGetDatum(state));
	SRF_RETURN_DONE(call);
}
