/*
 * send.c
 *		A message's last step: from ctx->out to the client.
 *
 * The server's way, OutputPluginWrite(), ends in a system call for each
 * message, which costs more than making an event does.  So messages that are
 * not the last of their transaction are put where that way puts them, into
 * libpq's send buffer, and stay there for the next one that takes it: at the
 * latest the transaction's last.  The client receives the same bytes, in fewer
 * reads.  None of them waits for something to happen: a transaction is decoded
 * in one go, after its commit.
 */
#include "postgres.h"

#include "libpq/pqformat.h"
#include "port/pg_bswap.h"
#include "replication/walsender.h"
#include "utils/timestamp.h"

#include "plugin/session.h"

/*
 * What may wait in libpq's buffer, which has PQ_SEND_BUFFER_SIZE = 8192 bytes
 * or more (pqcomm.c of 15 to 19) and is empty after OutputPluginWrite():
 * WalSndWriteData() returns when nothing is pending.  If it were full, libpq
 * would wait for the client without an eye on timeouts; the rest is room for
 * keepalives.
 */
#define HELD_LIMIT 7936

/* Type and length in front of each message. */
#define PROTOCOL_HEADER 5

/*
 * Where the message that WalSndPrepareWrite() begins has the time at which it
 * is sent: behind its type and two positions, as in the protocol (walsender.c
 * of 15 to 19).  WalSndWriteData() fills it in, and so do we.
 */
#define SEND_TIME_OFFSET (1 + sizeof(int64) + sizeof(int64))

/* SQL functions collect messages as rows, and have no such cost. */
static inline bool
is_walsender(LogicalDecodingContext *ctx)
{
	return am_walsender && ctx->output_writer_private == NULL;
}

/* Sends what was prepared in ctx->out; "more": another message of the transaction follows for sure. */
void
cdc_send(CdcSession *session, bool more)
{
	LogicalDecodingContext *ctx = session->ctx;
	size_t held = session->held + PROTOCOL_HEADER + ctx->out->len;

	if (more && held <= HELD_LIMIT && is_walsender(ctx))
	{
		uint64 now = pg_hton64(GetCurrentTimestamp());

		memcpy(ctx->out->data + SEND_TIME_OFFSET, &now, sizeof(now));
		ctx->out->cursor = 'd'; /* CopyData; where pqformat.c expects a message's type */
		pq_endmessage_reuse(ctx->out);
		session->held = held;
		return;
	}
	OutputPluginWrite(ctx, true);
	session->held = 0;
}
