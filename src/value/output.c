/*
 * output.c
 *		Calls of code that is not ours: output functions, detoasting.
 *
 * Two things set such a call apart.  What it prints depends on settings of
 * the session, which a role or database may have changed: they are pinned for
 * its duration to those that Debezium's driver reads values with, and the
 * defaults where it pins none.  And it may raise an error, which in a change
 * callback would be met again at every reconnect: it runs in a subtransaction,
 * and a value that cannot be printed is a "false".
 */
#include "postgres.h"

#include "access/detoast.h"
#include "access/htup_details.h"
#include "access/transam.h"
#include "access/xact.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "pgtime.h"
#include "utils/builtins.h"
#include "utils/bytea.h"
#include "utils/float.h"
#include "utils/fmgroids.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/pg_locale.h"
#include "utils/resowner.h"
#include "utils/syscache.h"
#include "utils/xml.h"

#include "value/value.h"

/*
 * Beyond this size even a function that cannot fail may: its text can exceed
 * the 1 GB of a palloc.
 */
#define GUARD_BEYOND (16 * 1024 * 1024)

/* The settings that are C variables. */
typedef struct Settings
{
	int date_style;
	int date_order;
	int interval_style;
	int extra_float_digits;
	int bytea_output;
	int xmlbinary;
	bool quote_all_identifiers;
	pg_tz *timezone;
} Settings;

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

static pg_tz *utc;

static void call_output(void *arg);
static void call_output_pinned(const CdcType *type, OutputCall *call);
static void call_detoast(void *arg);
static bool in_subtransaction(void (*call) (void *arg), void *arg);
static bool is_environment(int sqlerrcode);
static Settings current_settings(void);
static Settings pinned_settings(void);
static bool same_settings(const Settings *a, const Settings *b);
static void apply_settings(const Settings *settings);
static int	pin_gucs(const CdcType *type);
static bool is_total(Oid function);
static bool holds(Oid typid, bool (*wanted) (Oid typid));
static bool composite_holds(Oid relid, bool (*wanted) (Oid typid));
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
	Oid			function;
	bool		varlena;
	MemoryContext cache = CurrentMemoryContext;

	getTypeOutputInfo(type->typid, &function, &varlena);
	type->guard = !is_total(function);
	if (type->guard)
		cache = AllocSetContextCreate(CurrentMemoryContext, "cdc_json output function",
									  ALLOCSET_SMALL_SIZES);
	fmgr_info_cxt(function, &type->output, cache);

	type->pin_money = holds(type->typid, is_money);
	type->pin_path = holds(type->typid, is_reg);
	if (utc == NULL)
		utc = pg_tzset("UTC");
}

/*
 * The value's text in UTF-8, in CurrentMemoryContext.  False when the
 * function raised an error that is the value's fault.
 */
bool
cdc_output_text(const CdcType *type, Datum value, CdcSlice *text)
{
	/* the function may cache things in its FmgrInfo, but not change the type */
	OutputCall	call = {(FmgrInfo *) &type->output, value, NULL};

	if (type->guard ||
		(type->typlen == -1 && VARSIZE_ANY(DatumGetPointer(value)) > GUARD_BEYOND))
	{
		MemoryContext cache = type->output.fn_mcxt;
		bool		done;
		int			level = pin_gucs(type);

		done = cdc_guard(call_output, &call);
		if (level > 0)
			AtEOXact_GUC(false, level);
		if (!done)
		{
			if (type->guard)
			{
				call.function->fn_extra = NULL;
				MemoryContextReset(cache);
			}
			return false;
		}
	}
	else
		call_output_pinned(type, &call);

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
	if (!in_subtransaction(call_detoast, &call))
		return false;
	*plain = PointerGetDatum(call.result);
	return true;
}

bool
cdc_guard(void (*call) (void *arg), void *arg)
{
	Settings	session = current_settings();
	Settings	pinned;
	bool		done = false;

	if (utc == NULL)
		utc = pg_tzset("UTC");
	pinned = pinned_settings();
	if (same_settings(&session, &pinned))
		return in_subtransaction(call, arg);

	PG_TRY();
	{
		apply_settings(&pinned);
		done = in_subtransaction(call, arg);
	}
	PG_FINALLY();
	{
		apply_settings(&session);
	}
	PG_END_TRY();
	return done;
}

/* A call that cannot fail but for the environment: no subtransaction. */
static void
call_output_pinned(const CdcType *type, OutputCall *call)
{
	Settings	session = current_settings();
	Settings	pinned = pinned_settings();
	int			level = pin_gucs(type);

	if (same_settings(&session, &pinned))
		call_output(call);
	else
	{
		PG_TRY();
		{
			apply_settings(&pinned);
			call_output(call);
		}
		PG_FINALLY();
		{
			apply_settings(&session);
		}
		PG_END_TRY();
	}

	/* after an error the end of the (sub)transaction does it */
	if (level > 0)
		AtEOXact_GUC(false, level);
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
 * Runs call(arg) in a subtransaction that is always rolled back: whatever the
 * call did to the session is undone, what it allocated in the caller's memory
 * stays.  False when it raised an error that is its own fault.
 */
static bool
in_subtransaction(void (*call) (void *arg), void *arg)
{
	MemoryContext caller = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	ErrorData *volatile error = NULL;
	volatile bool done = false;

	/* read_event() in a parallel query: errors end the query, nothing more */
	if (IsInParallelMode())
	{
		call(arg);
		return true;
	}

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(caller);
	PG_TRY();
	{
		call(arg);
		done = true;
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(caller);
		error = CopyErrorData();
		FlushErrorState();
	}
	PG_END_TRY();

	/* also before an error goes on: the server counts on its own nesting */
	RollbackAndReleaseCurrentSubTransaction();
	MemoryContextSwitchTo(caller);
	CurrentResourceOwner = owner;

	if (!done)
	{
		if (is_environment(error->sqlerrcode))
			ReThrowError(error);

		/* not its message: that may quote the value */
		elog(DEBUG2, "value cannot be rendered: SQLSTATE %s",
			 unpack_sql_state(error->sqlerrcode));
		FreeErrorData(error);
	}
	return done;
}

/*
 * Errors that say nothing about the value: the transaction is rolled back
 * (the server ends decoding of a transaction that aborts meanwhile with one),
 * resources are exhausted, somebody intervened, the system failed.  A text
 * that does not fit into memory that the server is willing to give is neither:
 * it raises "program limit exceeded" or an internal error.
 */
static bool
is_environment(int sqlerrcode)
{
	switch (ERRCODE_TO_CATEGORY(sqlerrcode))
	{
		case MAKE_SQLSTATE('4', '0', '0', '0', '0'):
		case MAKE_SQLSTATE('5', '3', '0', '0', '0'):
		case MAKE_SQLSTATE('5', '7', '0', '0', '0'):
		case MAKE_SQLSTATE('5', '8', '0', '0', '0'):
			return true;
		default:
			return false;
	}
}

static Settings
current_settings(void)
{
	Settings	settings;

	settings.date_style = DateStyle;
	settings.date_order = DateOrder;
	settings.interval_style = IntervalStyle;
	settings.extra_float_digits = extra_float_digits;
	settings.bytea_output = bytea_output;
	settings.xmlbinary = xmlbinary;
	settings.quote_all_identifiers = quote_all_identifiers;
	settings.timezone = session_timezone;
	return settings;
}

static Settings
pinned_settings(void)
{
	Settings	settings;

	settings.date_style = USE_ISO_DATES;
	settings.date_order = DATEORDER_MDY;
	settings.interval_style = INTSTYLE_POSTGRES;
	settings.extra_float_digits = 1;
	settings.bytea_output = BYTEA_OUTPUT_HEX;
	settings.xmlbinary = XMLBINARY_BASE64;
	settings.quote_all_identifiers = false;
	settings.timezone = utc;
	return settings;
}

static bool
same_settings(const Settings *a, const Settings *b)
{
	return a->date_style == b->date_style &&
		a->date_order == b->date_order &&
		a->interval_style == b->interval_style &&
		a->extra_float_digits == b->extra_float_digits &&
		a->bytea_output == b->bytea_output &&
		a->xmlbinary == b->xmlbinary &&
		a->quote_all_identifiers == b->quote_all_identifiers &&
		a->timezone == b->timezone;
}

static void
apply_settings(const Settings *settings)
{
	DateStyle = settings->date_style;
	DateOrder = settings->date_order;
	IntervalStyle = settings->interval_style;
	extra_float_digits = settings->extra_float_digits;
	bytea_output = settings->bytea_output;
	xmlbinary = settings->xmlbinary;
	quote_all_identifiers = settings->quote_all_identifiers;
	session_timezone = settings->timezone;
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
	bool		money = type->pin_money && strcmp(locale_monetary, "C") != 0;
	int			level;

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
holds(Oid typid, bool (*wanted) (Oid typid))
{
	Oid			part = InvalidOid;

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
composite_holds(Oid relid, bool (*wanted) (Oid typid))
{
	AttrNumber	attnum;

	for (attnum = 1;; attnum++)
	{
		HeapTuple	tuple = SearchSysCache2(ATTNUM, ObjectIdGetDatum(relid),
											Int16GetDatum(attnum));
		Form_pg_attribute att;
		Oid			typid;

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
