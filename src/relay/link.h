/*
 * link.h
 *		A connection over TCP or a Unix socket, with or without TLS, that never
 *		waits.
 *
 * What waits for it is an epoll descriptor, readable when relay_link_serve()
 * has work.  Only the look-up of a host's name takes the time it takes.
 */
#ifndef RELAY_LINK_H
#define RELAY_LINK_H

#include <sys/types.h>

#include "relay/common.h"

struct ssl_st;
struct ssl_ctx_st;
struct addrinfo;

typedef struct RelayLinkOptions
{
	const char *server; /* HOST:PORT, [HOST]:PORT, HOST, or a path */
	const char *port; /* without one in "server" */
	bool ssl;
	const char *ssl_ca; /* NULL: the system's */
	const char *ssl_certificate; /* of ours, or NULL */
	const char *ssl_key;
	bool ssl_verify;
	int64_t timeout_us; /* for connecting */
} RelayLinkOptions;

typedef enum RelayLinkState
{
	RELAY_LINK_CLOSED,
	RELAY_LINK_CONNECTING,
	RELAY_LINK_HANDSHAKE, /* of TLS */
	RELAY_LINK_READY
} RelayLinkState;

typedef struct RelayLink
{
	const RelayLinkOptions *options;
	RelayError error; /* of the last failure, until relay_link_start() */
	RelayLinkState state;
	int epoll;
	int fd;
	uint32_t events; /* that epoll waits for */
	struct addrinfo *addresses; /* that were found */
	struct addrinfo *address; /* tried now */
	struct ssl_ctx_st *context;
	struct ssl_st *ssl;
	char *host; /* as certificates have it */
	int64_t deadline; /* until it is ready */
	RelayBuf out; /* to be sent, from "sent" on */
	size_t sent;
} RelayLink;

/* Prepares; false with *error when files for TLS cannot be used. */
extern bool relay_link_open(RelayLink *link, const RelayLinkOptions *options, RelayError *error);
extern void relay_link_close(RelayLink *link);

/* Starts to connect, afresh. */
extern bool relay_link_start(RelayLink *link);
extern void relay_link_stop(RelayLink *link);

/* Goes on connecting, and sends what is to be sent; false when that failed. */
extern bool relay_link_serve(RelayLink *link);

/* Reads what has come: its length, 0 for nothing now, -1 when the connection failed. */
extern ssize_t relay_link_read(RelayLink *link, char *data, size_t size);

/* Bytes not sent yet. */
extern size_t relay_link_unsent(const RelayLink *link);

/* When serve() is due at the latest. */
extern int64_t relay_link_due(const RelayLink *link);

#endif /* RELAY_LINK_H */
