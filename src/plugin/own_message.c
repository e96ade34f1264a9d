/*
 * own_message.c
 *		Logical messages that say something to the plugin: an event of an
 *		outbox, and who did what the transaction does.
 *
 * Both belong to their transaction.  They make no event of their own kind, no
 * BEGIN and END, and count nowhere.  Anybody may write messages, so nothing in
 * one is trusted: what is malformed is dropped, counted and logged once.
 */
#include "postgres.h"

#include "event/context.h"
#include "event/outbox.h"
#include "plugin/session.h"

/* Once per session; the content is not shown, it may be anything. */
static void
note_malformed(CdcSession *session, const char *prefix, const char *why)
{
	session->setup.counters.messages_malformed++;
	if (session->logged_malformed)
		return;
	session->logged_malformed = true;
	ereport(LOG,
			(errmsg("a logical message with prefix \"%s\" is dropped", prefix),
			 errdetail("%s This is logged once for each session.", why),
			 errhint("cdc_json.emit() and cdc_json.set_context() write well-formed messages.")));
}

static void
emit_routed(CdcSession *session, XLogRecPtr lsn, const char *prefix, CdcSlice content)
{
	CdcRecord record = {0};
	const char *problem;

	record.position.lsn = session->txn.end_lsn;
	record.position.seq = session->txn.seq;
	record.lsn = lsn;
	record.context = &session->txn.context;
	record.data_change = true;
	problem = cdc_outbox_message(&record, &session->message.writer, content);
	if (problem)
		note_malformed(session, prefix, problem);
	else
		cdc_message_record(session, &record);
}

static void
read_context(CdcSession *session, const char *prefix, CdcSlice content)
{
	MemoryContext old;

	/* only what is rendered stays: the rest goes with the change */
	old = MemoryContextSwitchTo(session->mcxt);
	cdc_context_init(&session->txn.context);
	MemoryContextSwitchTo(old);
	if (!cdc_context_read(&session->txn.context, &session->message.writer, content))
		note_malformed(session, prefix, cdc_context_problem(content));
}

bool
cdc_own_message(CdcSession *session, XLogRecPtr lsn, bool transactional, const char *prefix, Size size, const char *content)
{
	const char *outbox = session->setup.options->outbox_message_prefix;
	bool is_outbox = *outbox && strcmp(prefix, outbox) == 0;

	if (!is_outbox && strcmp(prefix, CDC_CONTEXT_PREFIX) != 0)
		return false;
	if (!transactional)
	{
		note_malformed(session, prefix, "It is not transactional.");
		return true;
	}
	cdc_session_ready(session);
	if (is_outbox)
		emit_routed(session, lsn, prefix, cdc_utf8(content, size));
	else
		read_context(session, prefix, cdc_utf8(content, size));
	return true;
}
