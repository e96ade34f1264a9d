/*
 * query.c
 *		Commands that wait for the server; see query.h.
 */
#include "relay/query.h"

#include <libpq-fe.h>
#include <poll.h>

#include "relay/notify.h"

#define POLL_MS 200

static void
cancel(PGconn *conn)
{
	PGcancel *handle = PQgetCancel(conn);
	char message[256];

	if (handle)
		PQcancel(handle, message, sizeof(message));
	PQfreeCancel(handle);
}

/* Waits until a result is there. */
static void
wait_for_result(PGconn *conn)
{
	int signals = relay_stop_signals;

	while (PQisBusy(conn))
	{
		int flushed = PQflush(conn);
		struct pollfd fd = {PQsocket(conn), (short) (POLLIN | (flushed == 1 ? POLLOUT : 0)), 0};

		if (poll(&fd, 1, POLL_MS) > 0 && !PQconsumeInput(conn))
			return;
		if (relay_stop_signals != signals)
		{
			cancel(conn);
			signals = relay_stop_signals;
		}
		if (relay_notify_watchdog() > 0)
			relay_notify("WATCHDOG=1");
	}
}

static PGresult *
last_result(PGconn *conn)
{
	PGresult *last = NULL;

	for (;;)
	{
		PGresult *result;

		wait_for_result(conn);
		result = PQgetResult(conn);
		if (!result)
			return last;
		/* what follows an error says nothing more */
		if (last && PQresultStatus(last) == PGRES_FATAL_ERROR)
		{
			PQclear(result);
			continue;
		}
		PQclear(last);
		last = result;
		if (PQresultStatus(last) == PGRES_COPY_BOTH || PQresultStatus(last) == PGRES_COPY_OUT)
			return last;
	}
}

PGresult *
relay_query(PGconn *conn, const char *command)
{
	return PQsendQuery(conn, command) ? last_result(conn) : NULL;
}

PGresult *
relay_query_params(PGconn *conn, const char *command, int n, const char *const *params)
{
	return PQsendQueryParams(conn, command, n, NULL, params, NULL, NULL, 0) ? last_result(conn) : NULL;
}
