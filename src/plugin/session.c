/*
 * session.c
 *		State of one client that reads one slot: creation, and what has to
 *		wait for the first transaction.
 */
#include "postgres.h"

#include "replication/slot.h"
#include "utils/memutils.h"

#include "plugin/session.h"

/* Shutdown is not called after an error; what points into the session is cleared all the same. */
static void
release(void *arg)
{
	CdcSession *session = arg;

	cdc_utf8_release(&session->setup.counters.invalid_characters);
}

/* Reads no catalog. */
CdcSession *
cdc_session_create(LogicalDecodingContext *ctx, CdcOptions *options)
{
	MemoryContext old = MemoryContextSwitchTo(ctx->context);
	CdcSession *session = palloc0(sizeof(CdcSession));
	MemoryContextCallback *callback = palloc0(sizeof(MemoryContextCallback));

	callback->func = release;
	callback->arg = session;
	MemoryContextRegisterResetCallback(ctx->context, callback);
	session->ctx = ctx;
	session->mcxt = AllocSetContextCreate(ctx->context, "cdc_json session", ALLOCSET_DEFAULT_SIZES);
	session->change_mcxt = AllocSetContextCreate(ctx->context, "cdc_json change", ALLOCSET_DEFAULT_SIZES);
	cdc_setup_init(&session->setup, options);
	cdc_run_id(session->run_id, sizeof(session->run_id));
	session->last_commit = MyReplicationSlot->data.confirmed_flush;
	cdc_message_init(session);
	MemoryContextSwitchTo(old);
	return session;
}

/*
 * Looks up what depends on the catalog: needs a transaction, which startup
 * does not have.
 *
 * SQL functions hand data on in the server's encoding; only they set
 * output_writer_private, and only after startup.
 */
void
cdc_session_ready(CdcSession *session)
{
	bool sql = session->ctx->output_writer_private != NULL;
	MemoryContext old;

	if (session->ready)
		return;
	old = MemoryContextSwitchTo(session->mcxt);
	cdc_setup_resolve(&session->setup, sql);
	session->message.writer.buf.ascii = session->setup.value_settings.ascii;
	session->tables = cdc_tables_create(&session->setup.tables);
	session->ready = true;
	MemoryContextSwitchTo(old);
}

/* One line at the end of a session in which something was out of the ordinary. */
void
cdc_session_report(CdcSession *session)
{
	const CdcCounters *c = &session->setup.counters;
	uint64 replaced = c->invalid_characters + session->message.writer.buf.replaced;

	/* dropped messages are no loss: they never were to be events */
	if (replaced + c->unrenderable_values + c->oversized_values + c->oversized_keys +
			c->changes_without_identity + c->deletes_skipped + c->messages_malformed + c->unrouted_events ==
		0)
		return;
	ereport(LOG,
			(errmsg("some events of slot \"%s\" were incomplete", NameStr(MyReplicationSlot->data.name)),
			 errdetail("Characters without UTF8 equivalent: " UINT64_FORMAT "; values without representation: " UINT64_FORMAT
					   "; values too large: " UINT64_FORMAT "; keys too large: " UINT64_FORMAT
					   "; changes without identity: " UINT64_FORMAT ", deletes among them skipped: " UINT64_FORMAT
					   "; messages with a reserved prefix dropped: " UINT64_FORMAT ", malformed ones among our own: " UINT64_FORMAT
					   "; events of outboxes left out: " UINT64_FORMAT ".",
					   replaced, c->unrenderable_values, c->oversized_values, c->oversized_keys,
					   c->changes_without_identity, c->deletes_skipped, c->messages_dropped,
					   c->messages_malformed, c->unrouted_events)));
}
