/*
 * query.h
 *		Commands that wait for the server.
 */
#ifndef RELAY_QUERY_H
#define RELAY_QUERY_H

#include "relay/common.h"

struct pg_conn;
struct pg_result;

/*
 * Runs commands and waits, as PQexec does.  A signal to stop cancels them, and
 * systemd hears that we live.  The result is the last one, or the first error.
 */
extern struct pg_result *relay_query(struct pg_conn *conn, const char *command);

/* The same with parameters, which are texts. */
extern struct pg_result *relay_query_params(struct pg_conn *conn, const char *command, int n, const char *const *params);

#endif /* RELAY_QUERY_H */
