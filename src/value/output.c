/*
 * output.c
 *		Types that are rendered through their output function, and detoasting.
 *
 * Neither is ours: see guard.c.  A value that cannot be printed is a "false".
 */
#include "postgres.h"

#include "access/detoast.h"
#include "access/htup_details.h"
#include "access/transam.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/fmgroids.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/syscache.h"

#include "compat.h"
#include "value/value.h"

/*
 * Beyond this size even a function that cannot fail may: its text can exceed
 * the 1 GB of a palloc.
 */
#define GUARD_BEYOND (16 * 1024 * 1024)

/* One call of an output function. */
typedef struct OutputCall
{
	FmgrInfo *function;
	Datum value;
	char *result;
} OutputCall;

/* One value to detoast. */
typedef struct DetoastCall
{
	struct varlena *value;
	struct varlena *result;
} DetoastCall;

static void call_output(void *arg);
static void call_detoast(void *arg);
static int pin_gucs(const CdcType *type);
static bool is_total(Oid function);
static bool holds(Oid typid, bool (*wanted)(Oid typid));
static bool composite_holds(Oid relid, bool (*wanted)(Oid typid));
static bool is_money(Oid typid);
static bool is_reg(Oid typid);

/*
 * Looks up the type's output function.  Its caches live in a context of their
 * own below CurrentMemoryContext when the function may fail, so that what a
 * failed call left half done can be thrown away.
 */
void
cdc_output_init(CdcType *type)
{
	Oid function;
	bool varlena;
	MemoryContext cache = CurrentMemoryContext;

	getTypeOutputInfo(type->typid, &function, &varlena);
	type->guard = !is_total(function);
	if (type->guard)
		cache = AllocSetContextCreate(CurrentMemoryContext, "cdc_json output function",
									  ALLOCSET_SMALL_SIZES);
	fmgr_info_cxt(function, &type->output, cache);

	type->pin_money = holds(type->typid, is_money);
	type->pin_path = holds(type->typid, is_reg);
}

/*
 * The value's text in UTF-8, in CurrentMemoryContext.  False when the
 * function raised an error that is the value's fault.
 */
bool
cdc_output_text(const CdcType *type, Datum value, CdcSlice *text)
{
	/* the function may cache things in its FmgrInfo, but not change the type */
	OutputCall call = {(FmgrInfo *) &type->output, value, NULL};
	int level = pin_gucs(type);
	bool done = true;

	if (type->guard ||
		(type->typlen == -1 && VARSIZE_ANY(DatumGetPointer(value)) > GUARD_BEYOND))
		done = cdc_guard(call_output, &call);
	else
		cdc_guard_settings(call_output, &call);

	/* after an error that goes on, the end of the transaction does it */
	if (level > 0)
		AtEOXact_GUC(false, level);

	if (!done)
	{
		if (type->guard)
		{
			call.function->fn_extra = NULL;
			MemoryContextReset(call.function->fn_mcxt);
		}
		return false;
	}
	*text = cdc_utf8(call.result, strlen(call.result));
	return true;
}

/*
 * A varlena without compression and in line; it may have a short header.  The
 * result is the value itself, or what the server put together from the log's
 * chunks, or a copy in CurrentMemoryContext.
 */
bool
cdc_output_detoast(Datum value, Datum *plain)
{
	struct varlena *attr = (struct varlena *) DatumGetPointer(value);
	DetoastCall call;

	/* chunks reassembled by the reorder buffer: they stay until the change is done */
	if (VARATT_IS_EXTERNAL_INDIRECT(attr))
	{
		struct varatt_indirect redirect;

		VARATT_EXTERNAL_GET_POINTER(redirect, attr);
		attr = redirect.pointer;
	}
	if (!VARATT_IS_EXTERNAL(attr) && !VARATT_IS_COMPRESSED(attr))
	{
		*plain = PointerGetDatum(attr);
		return true;
	}

	call.value = attr;
	call.result = NULL;
	if (!cdc_guard_errors(call_detoast, &call))
		return false;
	*plain = PointerGetDatum(call.result);
	return true;
}

/* Frees what cdc_output_detoast() copied for "plain", if it did. */
void
cdc_output_release(Datum value, Datum plain)
{
	struct varlena *attr = (struct varlena *) DatumGetPointer(value);

	if (VARATT_IS_EXTERNAL_INDIRECT(attr))
	{
		struct varatt_indirect redirect;

		VARATT_EXTERNAL_GET_POINTER(redirect, attr);
		attr = redirect.pointer;
	}
	if ((struct varlena *) DatumGetPointer(plain) != attr)
		pfree(DatumGetPointer(plain));
}

static void
call_output(void *arg)
{
	OutputCall *call = arg;

	call->result = OutputFunctionCall(call->function, call->value);
}

static void
call_detoast(void *arg)
{
	DetoastCall *call = arg;

	call->result = detoast_attr(call->value);
}

/*
 * Settings that are more than a variable, for the few types that they show
 * in: returns a GUC nest level to be ended, or 0.  The path is the default
 * one without the user's own schema, which a name's visibility depends on: a
 * connector with an ordinary role prints regclass and regtype the same way.
 */
static int
pin_gucs(const CdcType *type)
{
	bool money = type->pin_money && strcmp(locale_monetary, "C") != 0;
	int level;

	if (!money && !type->pin_path)
		return 0;
	level = NewGUCNestLevel();
	if (money)
		(void) set_config_option("lc_monetary", "C", PGC_USERSET, PGC_S_SESSION,
								 GUC_ACTION_SAVE, true, 0, false);
	if (type->pin_path)
		(void) set_config_option("search_path", "public", PGC_USERSET, PGC_S_SESSION,
								 GUC_ACTION_SAVE, true, 0, false);
	return level;
}

/*
 * Is it a function of the core that prints whatever a column can hold?  Not
 * those that call others, look something up, parse, or recurse.
 */
static bool
is_total(Oid function)
{
	if (function >= FirstGenbkiObjectId)
		return false;
	switch (function)
	{
		case F_ARRAY_OUT:
		case F_RECORD_OUT:
		case F_RANGE_OUT:
		case F_MULTIRANGE_OUT:
		case F_ENUM_OUT:
		case F_XML_OUT:
		case F_JSONB_OUT: /* a few bytes may hold a number of 131,072 digits */
		case F_JSONPATH_OUT:
		case F_TSQUERYOUT:
		case F_REGPROCOUT:
		case F_REGPROCEDUREOUT:
		case F_REGOPEROUT:
		case F_REGOPERATOROUT:
		case F_REGCLASSOUT:
		case F_REGCOLLATIONOUT:
		case F_REGTYPEOUT:
		case F_REGCONFIGOUT:
		case F_REGDICTIONARYOUT:
			return false;
		default:
			return true;
	}
}

/*
 * Is a type, or anything that it is made of, "wanted"?  Types do not contain
 * themselves, so this ends.  It goes by the syscache: opening a composite
 * type's relation would wait for whoever alters it.
 */
static bool
holds(Oid typid, bool (*wanted)(Oid typid))
{
	Oid part = InvalidOid;

	if (wanted(typid))
		return true;
	if (stack_is_too_deep())
		return true;

	switch (get_typtype(typid))
	{
		case TYPTYPE_COMPOSITE:
			return composite_holds(get_typ_typrelid(typid), wanted);
		case TYPTYPE_DOMAIN:
			part = getBaseType(typid);
			break;
		case TYPTYPE_RANGE:
			part = get_range_subtype(typid);
			break;
		case TYPTYPE_MULTIRANGE:
			part = get_multirange_range(typid);
			break;
		default:
			part = get_element_type(typid);
			break;
	}
	return OidIsValid(part) && holds(part, wanted);
}

static bool
composite_holds(Oid relid, bool (*wanted)(Oid typid))
{
	AttrNumber attnum;

	for (attnum = 1;; attnum++)
	{
		HeapTuple tuple = SearchSysCache2(ATTNUM, ObjectIdGetDatum(relid),
										  Int16GetDatum(attnum));
		Form_pg_attribute att;
		Oid typid;

		if (!HeapTupleIsValid(tuple))
			return false;
		att = (Form_pg_attribute) GETSTRUCT(tuple);
		typid = att->attisdropped ? InvalidOid : att->atttypid;
		ReleaseSysCache(tuple);
		if (OidIsValid(typid) && holds(typid, wanted))
			return true;
	}
}

static bool
is_money(Oid typid)
{
	return typid == CASHOID;
}

/* The types that print names, qualified where the path does not show them. */
static bool
is_reg(Oid typid)
{
	switch (typid)
	{
		case REGPROCOID:
		case REGPROCEDUREOID:
		case REGOPEROID:
		case REGOPERATOROID:
		case REGCLASSOID:
		case REGCOLLATIONOID:
		case REGTYPEOID:
		case REGCONFIGOID:
		case REGDICTIONARYOID:
			return true;
		default:
			return false;
	}
}
