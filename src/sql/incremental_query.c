/*
 * incremental_query.c
 *		Which rows a chunk reads: their order, and the queries that find them.
 *
 * Rows are read in the order of a key, so that a row which changes is still
 * found; without a key that an index can put in order, in the order of the
 * table's blocks.  Queries run as the caller and take no locks on rows.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/nbtree.h"
#include "catalog/pg_am.h"
#include "catalog/pg_index.h"
#include "catalog/pg_opclass.h"
#include "catalog/pg_operator.h"
#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "nodes/nodeFuncs.h"
#include "parser/parse_oper.h"
#include "parser/parser.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"
#include "utils/typcache.h"

#include "compat.h"
#include "sql/incremental.h"

/* ---------- order ---------- */

/*
 * Has the column, in this index, the order that its type has by itself, and
 * does the parser find the operators of that order?  Of a row comparison it is
 * the parser who does.
 */
static bool
is_ordered_by_default(Form_pg_attribute att, Oid opclass, Oid collation)
{
	TypeCacheEntry *type = lookup_type_cache(att->atttypid, TYPECACHE_BTREE_OPFAMILY | TYPECACHE_GT_OPR | TYPECACHE_EQ_OPR);
	HeapTuple tuple;
	Form_pg_operator form;
	List *name;
	Oid found;

	if (!OidIsValid(type->gt_opr) || !OidIsValid(type->eq_opr) || get_opclass_family(opclass) != type->btree_opf ||
		collation != att->attcollation)
		return false;
	tuple = SearchSysCache1(OPEROID, ObjectIdGetDatum(type->gt_opr));
	if (!HeapTupleIsValid(tuple))
		return false;
	form = (Form_pg_operator) GETSTRUCT(tuple);
	name = list_make2(makeString(get_namespace_name(form->oprnamespace)), makeString(pstrdup(NameStr(form->oprname))));
	ReleaseSysCache(tuple);
	tuple = oper(NULL, name, att->atttypid, att->atttypid, true, -1);
	if (!HeapTupleIsValid(tuple))
		return false;
	found = ((Form_pg_operator) GETSTRUCT(tuple))->oid;
	ReleaseSysCache(tuple);
	return found == type->gt_opr;
}

/* Name of the operator ">" of a column's order, with its schema. */
static char *
greater_operator(Oid typid)
{
	Oid oid = lookup_type_cache(typid, TYPECACHE_GT_OPR)->gt_opr;
	HeapTuple tuple = SearchSysCache1(OPEROID, ObjectIdGetDatum(oid));
	Form_pg_operator form;
	char *name;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for operator %u", oid);
	form = (Form_pg_operator) GETSTRUCT(tuple);
	name = psprintf("OPERATOR(%s.%s)", quote_identifier(get_namespace_name(form->oprnamespace)), NameStr(form->oprname));
	ReleaseSysCache(tuple);
	return name;
}

static bool
is_btree(Oid indexid)
{
	HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(indexid));
	bool result = HeapTupleIsValid(tuple) && ((Form_pg_class) GETSTRUCT(tuple))->relam == BTREE_AM_OID;

	if (HeapTupleIsValid(tuple))
		ReleaseSysCache(tuple);
	return result;
}

static Datum
index_array(HeapTuple tuple, AttrNumber attnum)
{
	bool isnull;

	return SysCacheGetAttr(INDEXRELID, tuple, attnum, &isnull);
}

/* Can rows be read in the order of this index, each one told by its columns?  They must never be null. */
static bool
is_usable(Relation relation, HeapTuple tuple)
{
	Form_pg_index index = (Form_pg_index) GETSTRUCT(tuple);
	const oidvector *opclasses = (oidvector *) DatumGetPointer(index_array(tuple, Anum_pg_index_indclass));
	const oidvector *collations = (oidvector *) DatumGetPointer(index_array(tuple, Anum_pg_index_indcollation));
	const int2vector *options = (int2vector *) DatumGetPointer(index_array(tuple, Anum_pg_index_indoption));
	char *greater = NULL;

	if (!index->indisunique || !index->indisvalid || !index->indisready ||
		!heap_attisnull(tuple, Anum_pg_index_indpred, NULL) || !heap_attisnull(tuple, Anum_pg_index_indexprs, NULL) ||
		!is_btree(index->indexrelid))
		return false;
	for (int i = 0; i < index->indnkeyatts; i++)
	{
		Form_pg_attribute att = TupleDescAttr(RelationGetDescr(relation), index->indkey.values[i] - 1);
		char *other;

		if (index->indkey.values[i] <= 0 || !att->attnotnull || options->values[i] != options->values[0] ||
			!is_ordered_by_default(att, opclasses->values[i], collations->values[i]))
			return false;
		/* a row comparison has one name for the operators of all columns */
		other = greater_operator(att->atttypid);
		if (greater && strcmp(greater, other) != 0)
			return false;
		greater = other;
	}
	return true;
}

static void
take_index(CdcOrder *order, Relation relation, Form_pg_index index)
{
	order->nkeys = index->indnkeyatts;
	order->attnums = palloc(sizeof(AttrNumber) * order->nkeys);
	order->desc = CreateTemplateTupleDesc(order->nkeys);
	for (int i = 0; i < order->nkeys; i++)
	{
		AttrNumber attnum = index->indkey.values[i];
		Form_pg_attribute att = TupleDescAttr(RelationGetDescr(relation), attnum - 1);
		uint32 parts[] = {attnum, att->atttypid, att->attcollation};

		order->attnums[i] = attnum;
		TupleDescCopyEntry(order->desc, i + 1, RelationGetDescr(relation), attnum);
		order->fingerprint = hash_bytes_extended((unsigned char *) parts, sizeof(parts), order->fingerprint);
	}
}

/* The primary key if it can be used, else the replica identity, else any unique index; in CurrentMemoryContext. */
CdcOrder *
cdc_order_choose(Relation relation)
{
	CdcOrder *order = palloc0(sizeof(CdcOrder));
	int best = 0;
	ListCell *cell;

	foreach(cell, RelationGetIndexList(relation))
	{
		HeapTuple tuple = SearchSysCache1(INDEXRELID, ObjectIdGetDatum(lfirst_oid(cell)));
		Form_pg_index index;
		int rank;

		if (!HeapTupleIsValid(tuple))
			continue;
		index = (Form_pg_index) GETSTRUCT(tuple);
		rank = index->indisprimary ? 3 : index->indisreplident ? 2
															   : 1;
		if (rank > best && is_usable(relation, tuple))
		{
			best = rank;
			order->fingerprint = 0;
			take_index(order, relation, index);
		}
		ReleaseSysCache(tuple);
	}
	return order;
}

/* ---------- the caller's condition ---------- */

static bool
has_parameter(Node *node, void *context)
{
	if (!node)
		return false;
	if (IsA(node, ParamRef))
		return true;
	return raw_expression_tree_walker(node, has_parameter, context);
}

static void
condition_context(void *arg)
{
	errcontext("argument \"where\": %s", (const char *) arg);
}

#define CHECKED_BEFORE "SELECT WHERE "

/* An error's position is one in the text that was parsed: shows the argument in its place. */
static void
parse_context(void *arg)
{
	int position = geterrposition();

	if (position > 0)
	{
		errposition(0);
		internalerrposition(Max(position - (int) strlen(CHECKED_BEFORE), 1));
		internalerrquery(arg);
	}
	condition_context(arg);
}

/*
 * The text comes to stand within parentheses in a query.  It must be a whole
 * expression by itself, or what surrounds it would read otherwise.
 */
void
cdc_condition_check(const char *condition)
{
	ErrorContextCallback callback = {error_context_stack, parse_context, unconstify(char *, condition)};
	List *statements;
	SelectStmt *select;

	error_context_stack = &callback;
	statements = raw_parser(psprintf(CHECKED_BEFORE "%s\n", condition), RAW_PARSE_DEFAULT);
	select = list_length(statements) == 1 ? (SelectStmt *) linitial_node(RawStmt, statements)->stmt : NULL;
	if (!select || !IsA(select, SelectStmt) || select->op != SETOP_NONE || !select->whereClause || select->groupClause != NIL ||
		select->havingClause || select->windowClause != NIL || select->sortClause != NIL || select->limitOffset ||
		select->limitCount || select->lockingClause != NIL || select->withClause)
		ereport(ERROR,
				(errcode(ERRCODE_SYNTAX_ERROR),
				 errmsg("\"where\" must be one expression")));
	if (has_parameter(select->whereClause, NULL))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_PARAMETER),
				 errmsg("\"where\" must not have parameters")));
	error_context_stack = callback.previous;
}

/* ---------- queries ---------- */

static const char *
column_name(Relation relation, AttrNumber attnum)
{
	return quote_identifier(NameStr(TupleDescAttr(RelationGetDescr(relation), attnum - 1)->attname));
}

static void
append_columns(StringInfo text, Relation relation, const CdcOrder *order)
{
	for (int i = 0; i < order->nkeys; i++)
		appendStringInfo(text, "%s%s", i > 0 ? ", " : "", column_name(relation, order->attnums[i]));
}

/* Rows after the key in $1 and so on. */
static void
append_after(StringInfo text, Relation relation, const CdcOrder *order)
{
	Form_pg_attribute att = TupleDescAttr(order->desc, 0);

	if (order->nkeys == 1)
	{
		generate_operator_clause(text, column_name(relation, order->attnums[0]), att->atttypid,
								 lookup_type_cache(att->atttypid, TYPECACHE_GT_OPR)->gt_opr, "$1", att->atttypid);
		return;
	}
	appendStringInfoString(text, "ROW(");
	append_columns(text, relation, order);
	appendStringInfo(text, ") %s ROW(", greater_operator(att->atttypid));
	for (int i = 0; i < order->nkeys; i++)
		appendStringInfo(text, "%s$%d", i > 0 ? ", " : "", i + 1);
	appendStringInfoChar(text, ')');
}

/* The row with the key in $1 and so on. */
static void
append_equal(StringInfo text, Relation relation, const CdcOrder *order)
{
	for (int i = 0; i < order->nkeys; i++)
	{
		Form_pg_attribute att = TupleDescAttr(order->desc, i);

		if (i > 0)
			appendStringInfoString(text, " AND ");
		generate_operator_clause(text, column_name(relation, order->attnums[i]), att->atttypid,
								 lookup_type_cache(att->atttypid, TYPECACHE_EQ_OPR)->eq_opr, psprintf("$%d", i + 1), att->atttypid);
	}
}

static void
append_bounds(StringInfo text, Relation relation, const CdcOrder *order, CdcQueryKind kind)
{
	if (kind == CDC_QUERY_CHANGED)
		appendStringInfoString(text, "pg_catalog.age(xmin) OPERATOR(pg_catalog.<=) $1");
	else if (order->nkeys == 0 && kind == CDC_QUERY_ONE)
		appendStringInfoString(text, "ctid OPERATOR(pg_catalog.=) $1");
	else if (order->nkeys == 0)
		appendStringInfoString(text, "ctid OPERATOR(pg_catalog.>=) $1 AND ctid OPERATOR(pg_catalog.<) $2");
	else if (kind == CDC_QUERY_ONE)
		append_equal(text, relation, order);
	else if (kind == CDC_QUERY_NEXT)
		append_after(text, relation, order);
	else
		appendStringInfoString(text, "true");
}

static char *
query_text(Relation relation, const CdcOrder *order, CdcQueryKind kind, const CdcJob *job)
{
	StringInfoData text;

	initStringInfo(&text);
	appendStringInfoString(&text, "SELECT ctid");
	if (order->nkeys > 0)
	{
		appendStringInfoString(&text, ", ");
		append_columns(&text, relation, order);
	}
	appendStringInfo(&text, " FROM ONLY %s WHERE ",
					 quote_qualified_identifier(get_namespace_name(RelationGetNamespace(relation)), RelationGetRelationName(relation)));
	/* a comment at its end must not swallow the parenthesis */
	if (job->condition)
		appendStringInfo(&text, "(%s\n) AND ", job->condition);
	append_bounds(&text, relation, order, kind);
	if (order->nkeys > 0 && (kind == CDC_QUERY_FIRST || kind == CDC_QUERY_NEXT))
	{
		appendStringInfoString(&text, " ORDER BY ");
		append_columns(&text, relation, order);
		appendStringInfo(&text, " LIMIT %d", job->chunk_rows);
	}
	return text.data;
}

/* Types of the query's parameters; gives how many. */
static int
query_types(const CdcOrder *order, CdcQueryKind kind, Oid *types)
{
	if (kind == CDC_QUERY_CHANGED)
	{
		types[0] = INT4OID;
		return 1;
	}
	if (order->nkeys == 0)
	{
		types[0] = types[1] = TIDOID;
		return kind == CDC_QUERY_ONE ? 1 : 2;
	}
	if (kind == CDC_QUERY_FIRST)
		return 0;
	for (int i = 0; i < order->nkeys; i++)
		types[i] = TupleDescAttr(order->desc, i)->atttypid;
	return order->nkeys;
}

/*
 * The plan of a query, kept from one chunk to the next as long as the text is
 * the same: names may have changed, so the text is made anew each time.
 */
SPIPlanPtr
cdc_query_plan(CdcQuery *query, MemoryContext mcxt, Relation relation, const CdcOrder *order, CdcQueryKind kind, const CdcJob *job)
{
	char *text = query_text(relation, order, kind, job);
	Oid types[INDEX_MAX_KEYS];
	int ntypes = query_types(order, kind, types);
	SPIPlanPtr plan;

	if (query->plan && strcmp(query->text, text) == 0)
		return query->plan;
	if (query->plan)
	{
		SPI_freeplan(query->plan);
		query->plan = NULL;
	}
	plan = SPI_prepare(text, ntypes, types);
	if (!plan || SPI_keepplan(plan) != 0)
		elog(ERROR, "could not prepare query \"%s\": %s", text, SPI_result_code_string(SPI_result));
	query->text = MemoryContextStrdup(mcxt, text);
	query->plan = plan;
	return plan;
}

/* Prepares the query for a table without keeping it: columns that "where" names may not be there. */
void
cdc_query_check(Relation relation, const CdcJob *job)
{
	ErrorContextCallback callback = {error_context_stack, condition_context, job->condition};
	CdcOrder *order = cdc_order_choose(relation);
	Oid types[INDEX_MAX_KEYS];
	int ntypes = query_types(order, CDC_QUERY_FIRST, types);
	SPIPlanPtr plan;

	if (job->condition)
		error_context_stack = &callback;
	plan = SPI_prepare(query_text(relation, order, CDC_QUERY_FIRST, job), ntypes, types);
	if (!plan)
		elog(ERROR, "could not prepare query: %s", SPI_result_code_string(SPI_result));
	SPI_freeplan(plan);
	error_context_stack = callback.previous;
}
