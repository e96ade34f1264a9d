/*
 * http.h
 *		Answers GET /metrics and GET /healthz, within the loop.
 *
 * No more of HTTP than that: one request on a connection, read within limits.
 */
#ifndef RELAY_HTTP_H
#define RELAY_HTTP_H

#include <poll.h>

#include "relay/common.h"

#define RELAY_HTTP_CLIENTS 8
#define RELAY_HTTP_FDS (RELAY_HTTP_CLIENTS + 1)

typedef struct RelayHttpClient
{
	int fd; /* -1: free */
	int64_t deadline;
	RelayBuf request;
	RelayBuf answer; /* not empty: being sent */
	size_t sent;
} RelayHttpClient;

typedef struct RelayHttp
{
	int listener; /* -1: off */
	RelayHttpClient client[RELAY_HTTP_CLIENTS];
	/* Writes the body for a path; returns the status, 404 for an unknown path. */
	int (*handle)(void *context, const char *path, RelayBuf *body);
	void *context;
} RelayHttp;

/* Listens on HOST:PORT, [HOST]:PORT or PORT, which is of the loopback only; NULL: does not. */
extern bool relay_http_open(RelayHttp *http, const char *address, RelayError *error);
/* Fills RELAY_HTTP_FDS entries; unused ones have descriptor -1. */
extern void relay_http_poll(const RelayHttp *http, struct pollfd *fds);
extern void relay_http_serve(RelayHttp *http, const struct pollfd *fds);
extern int64_t relay_http_due(const RelayHttp *http);
extern void relay_http_close(RelayHttp *http);

#endif /* RELAY_HTTP_H */
