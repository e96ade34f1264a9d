/*
 * guard.c
 *		Calls of code that is not ours.
 *
 * Two things set such a call apart.  What it prints depends on settings of
 * the session, which a role or database may have changed: they are pinned for
 * its duration to those that Debezium's driver reads values with, and to the
 * defaults where it pins none.  And it may raise an error, which in a change
 * callback would be met again at every reconnect: it runs in a subtransaction.
 */
#include "postgres.h"

#include "access/xact.h"
#include "miscadmin.h"
#include "pgtime.h"
#include "utils/builtins.h"
#include "utils/bytea.h"
#include "utils/float.h"
#include "utils/resowner.h"
#include "utils/xml.h"

#include "value/value.h"

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

static bool is_environment(int sqlerrcode);
static bool pin_settings(Settings *session);
static Settings pinned_settings(void);
static bool same_settings(const Settings *a, const Settings *b);
static void apply_settings(const Settings *settings);

bool
cdc_guard(void (*call)(void *arg), void *arg)
{
	Settings session;
	volatile bool done = false;

	if (!pin_settings(&session))
		return cdc_guard_errors(call, arg);

	PG_TRY();
	{
		done = cdc_guard_errors(call, arg);
	}
	PG_FINALLY();
	{
		apply_settings(&session);
	}
	PG_END_TRY();
	return done;
}

/* For what fails only when the environment does. */
void
cdc_guard_settings(void (*call)(void *arg), void *arg)
{
	Settings session;

	if (!pin_settings(&session))
	{
		call(arg);
		return;
	}

	PG_TRY();
	{
		call(arg);
	}
	PG_FINALLY();
	{
		apply_settings(&session);
	}
	PG_END_TRY();
}

static void
explain_parallel(void *arg)
{
	errcontext("rendering a value in a parallel query (without max_parallel_workers_per_gather, it would be left out)");
}

/*
 * The subtransaction is always rolled back: whatever the call did to the
 * session is undone, what it allocated in the caller's memory stays.
 */
bool
cdc_guard_errors(void (*call)(void *arg), void *arg)
{
	MemoryContext caller = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	ErrorData *volatile error = NULL;
	volatile bool done = false;

	/* read_event() in a parallel query: there are no subtransactions in one, so errors end it, nothing more */
	if (IsInParallelMode())
	{
		ErrorContextCallback context;

		context.callback = explain_parallel;
		context.arg = NULL;
		context.previous = error_context_stack;
		error_context_stack = &context;
		call(arg);
		error_context_stack = context.previous;
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

/* Sets *session and pins the settings; false when they are so already. */
static bool
pin_settings(Settings *session)
{
	Settings pinned = pinned_settings();

	session->date_style = DateStyle;
	session->date_order = DateOrder;
	session->interval_style = IntervalStyle;
	session->extra_float_digits = extra_float_digits;
	session->bytea_output = bytea_output;
	session->xmlbinary = xmlbinary;
	session->quote_all_identifiers = quote_all_identifiers;
	session->timezone = session_timezone;
	if (same_settings(session, &pinned))
		return false;
	apply_settings(&pinned);
	return true;
}

static Settings
pinned_settings(void)
{
	static pg_tz *utc;
	Settings settings;

	/* its name is looked up in the file system, once */
	if (utc == NULL)
		utc = pg_tzset("UTC");

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
