/*
 * link.c
 *		A connection that never waits; see link.h.
 */
#define _GNU_SOURCE 1
#include "relay/link.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define KEEP_BYTES (16 * 1024 * 1024) /* a buffer that grew larger for a large record goes afterwards */

static bool
failed(RelayLink *link, const char *what, const char *why)
{
	relay_link_stop(link);
	relay_fail_retry(&link->error, RELAY_EXIT_SINK, "%s \"%s\": %s", what, link->options->server, why);
	return false;
}

/* What epoll is to wait for. */
static void
wait_for(RelayLink *link, uint32_t events)
{
	struct epoll_event event = {.events = events};

	if (events != link->events)
		epoll_ctl(link->epoll, EPOLL_CTL_MOD, link->fd, &event);
	link->events = events;
}

/* ------------------------------------------------------------------------
 * TLS
 * ------------------------------------------------------------------------
 */

static const char *
ssl_reason(void)
{
	unsigned long code = ERR_peek_last_error();
	const char *reason = code ? ERR_reason_error_string(code) : NULL;

	ERR_clear_error();
	return reason ? reason : "unknown reason";
}

static bool
open_context(RelayLink *link, RelayError *error)
{
	const RelayLinkOptions *options = link->options;
	SSL_CTX *context = SSL_CTX_new(TLS_client_method());

	link->context = context;
	if (!context)
		return relay_fail(error, RELAY_EXIT_INTERNAL, "could not prepare TLS: %s", ssl_reason());
	SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
	SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_AUTO_RETRY);
	SSL_CTX_set_verify(context, options->ssl_verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, NULL);
	if (options->ssl_ca ? SSL_CTX_load_verify_locations(context, options->ssl_ca, NULL) != 1 : SSL_CTX_set_default_verify_paths(context) != 1)
		return relay_fail(error, RELAY_EXIT_USAGE, "could not use \"%s\" as ssl.ca.location: %s", options->ssl_ca ? options->ssl_ca : "", ssl_reason());
	if (options->ssl_certificate && SSL_CTX_use_certificate_chain_file(context, options->ssl_certificate) != 1)
		return relay_fail(error, RELAY_EXIT_USAGE, "could not use \"%s\" as ssl.certificate.location: %s", options->ssl_certificate, ssl_reason());
	if (options->ssl_key && SSL_CTX_use_PrivateKey_file(context, options->ssl_key, SSL_FILETYPE_PEM) != 1)
		return relay_fail(error, RELAY_EXIT_USAGE, "could not use \"%s\" as ssl.key.location: %s", options->ssl_key, ssl_reason());
	return true;
}

/* After a call of the library: false when the connection failed. */
static bool
ssl_again(RelayLink *link, int result, const char *what)
{
	long verified;

	switch (SSL_get_error(link->ssl, result))
	{
		case SSL_ERROR_WANT_READ:
			wait_for(link, EPOLLIN);
			return true;
		case SSL_ERROR_WANT_WRITE:
			wait_for(link, EPOLLIN | EPOLLOUT);
			return true;
		case SSL_ERROR_ZERO_RETURN:
			return failed(link, what, "the server closed the connection");
		case SSL_ERROR_SYSCALL:
			return failed(link, what, errno ? strerror(errno) : "the server closed the connection");
		default:
			verified = SSL_get_verify_result(link->ssl);
			return failed(link, what, verified != X509_V_OK ? X509_verify_cert_error_string(verified) : ssl_reason());
	}
}

static bool
handshake(RelayLink *link)
{
	int result;

	ERR_clear_error();
	errno = 0;
	result = SSL_connect(link->ssl);
	if (result != 1)
		return ssl_again(link, result, "could not agree on TLS with");
	link->state = RELAY_LINK_READY;
	wait_for(link, EPOLLIN);
	return true;
}

static bool
start_ssl(RelayLink *link)
{
	struct in6_addr address;
	bool is_address = inet_pton(AF_INET, link->host, &address) == 1 || inet_pton(AF_INET6, link->host, &address) == 1;

	link->ssl = SSL_new(link->context);
	if (!link->ssl || SSL_set_fd(link->ssl, link->fd) != 1)
		return failed(link, "could not start TLS with", ssl_reason());
	if (is_address)
		X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(link->ssl), link->host);
	else
	{
		SSL_set_tlsext_host_name(link->ssl, link->host);
		SSL_set1_host(link->ssl, link->host);
	}
	link->state = RELAY_LINK_HANDSHAKE;
	return handshake(link);
}

/* ------------------------------------------------------------------------
 * Connecting
 * ------------------------------------------------------------------------
 */

bool
relay_link_open(RelayLink *link, const RelayLinkOptions *options, RelayError *error)
{
	memset(link, 0, sizeof(*link));
	link->options = options;
	link->fd = -1;
	link->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (link->epoll < 0)
		return relay_fail(error, RELAY_EXIT_INTERNAL, "could not create an epoll descriptor: %s", strerror(errno));
	return !options->ssl || open_context(link, error);
}

void
relay_link_stop(RelayLink *link)
{
	SSL_free(link->ssl);
	link->ssl = NULL;
	if (link->fd >= 0)
		close(link->fd);
	link->fd = -1;
	if (link->addresses)
		freeaddrinfo(link->addresses);
	link->addresses = link->address = NULL;
	free(link->host);
	link->host = NULL;
	link->out.len = link->sent = 0;
	link->state = RELAY_LINK_CLOSED;
}

void
relay_link_close(RelayLink *link)
{
	relay_link_stop(link);
	SSL_CTX_free(link->context);
	if (link->epoll >= 0)
		close(link->epoll);
	relay_buf_free(&link->out);
}

static bool
connected(RelayLink *link)
{
	int on = 1;

	setsockopt(link->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	setsockopt(link->fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	if (link->options->ssl)
		return start_ssl(link);
	link->state = RELAY_LINK_READY;
	wait_for(link, EPOLLIN);
	return true;
}

/* A socket that connects in the background. */
static bool
start_socket(RelayLink *link, int family, const struct sockaddr *address, socklen_t len)
{
	struct epoll_event event = {.events = EPOLLOUT};

	link->fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (link->fd < 0)
		return false;
	if (connect(link->fd, address, len) != 0 && errno != EINPROGRESS)
	{
		int saved = errno;

		close(link->fd);
		link->fd = -1;
		errno = saved;
		return false;
	}
	link->state = RELAY_LINK_CONNECTING;
	link->events = event.events;
	epoll_ctl(link->epoll, EPOLL_CTL_ADD, link->fd, &event);
	return true;
}

/* The addresses from link->address on, until one may work. */
static bool
try_addresses(RelayLink *link)
{
	if (link->fd >= 0)
		close(link->fd);
	link->fd = -1;
	for (; link->address; link->address = link->address->ai_next)
	{
		if (start_socket(link, link->address->ai_family, link->address->ai_addr, link->address->ai_addrlen))
			return true;
	}
	return failed(link, "could not connect to", strerror(errno));
}

/* HOST:PORT, [HOST]:PORT or HOST into link->host; returns the port. */
static const char *
split_server(RelayLink *link)
{
	const char *server = link->options->server;
	const char *bracket = server[0] == '[' ? strchr(server, ']') : NULL;
	const char *colon = bracket ? (bracket[1] == ':' ? bracket + 1 : NULL) : strrchr(server, ':');

	/* an IPv6 address without brackets has no port */
	if (!bracket && colon && strchr(server, ':') != colon)
		colon = NULL;
	if (bracket)
		link->host = relay_strndup(server + 1, (size_t) (bracket - server - 1));
	else
		link->host = relay_strndup(server, colon ? (size_t) (colon - server) : strlen(server));
	return colon ? colon + 1 : link->options->port;
}

static bool
start_unix(RelayLink *link)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	if (strlen(link->options->server) >= sizeof(address.sun_path))
		return failed(link, "could not connect to", "the path is too long");
	strcpy(address.sun_path, link->options->server);
	link->host = relay_strdup("localhost");
	if (!start_socket(link, AF_UNIX, (struct sockaddr *) &address, sizeof(address)))
		return failed(link, "could not connect to", strerror(errno));
	return true;
}

bool
relay_link_start(RelayLink *link)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG};
	const char *port;
	int result;

	relay_link_stop(link);
	relay_error_clear(&link->error);
	link->deadline = relay_now() + link->options->timeout_us;
	if (link->options->server[0] == '/')
		return start_unix(link);
	port = split_server(link);
	result = getaddrinfo(link->host, port, &hints, &link->addresses);
	if (result != 0)
	{
		link->addresses = NULL;
		return failed(link, "could not find", gai_strerror(result));
	}
	link->address = link->addresses;
	return try_addresses(link);
}

static bool
go_on_connecting(RelayLink *link)
{
	struct epoll_event event;
	int problem = 0;
	socklen_t len = sizeof(problem);

	if (epoll_wait(link->epoll, &event, 1, 0) < 1)
		return true;
	getsockopt(link->fd, SOL_SOCKET, SO_ERROR, &problem, &len);
	if (problem == 0)
		return connected(link);
	errno = problem;
	if (link->address)
		link->address = link->address->ai_next;
	if (link->address)
		return try_addresses(link);
	return failed(link, "could not connect to", strerror(problem));
}

/* ------------------------------------------------------------------------
 * Sending and receiving
 * ------------------------------------------------------------------------
 */

size_t
relay_link_unsent(const RelayLink *link)
{
	return link->out.len - link->sent;
}

/* As much as the socket takes; *done tells that it took less. */
static bool
send_some(RelayLink *link, bool *full)
{
	const char *data = link->out.data + link->sent;
	size_t len = relay_link_unsent(link);
	ssize_t written;

	*full = false;
	errno = 0;
	if (link->ssl)
	{
		ERR_clear_error();
		written = SSL_write(link->ssl, data, len > 65536 ? 65536 : (int) len);
		if (written <= 0)
		{
			*full = true;
			return ssl_again(link, (int) written, "could not send to");
		}
	}
	else
	{
		written = send(link->fd, data, len, MSG_NOSIGNAL);
		if (written < 0 && errno != EAGAIN && errno != EINTR)
			return failed(link, "could not send to", strerror(errno));
		if (written < 0)
		{
			*full = errno == EAGAIN;
			written = 0;
		}
	}
	link->sent += (size_t) written;
	return true;
}

bool
relay_link_serve(RelayLink *link)
{
	bool full = false;

	if (link->state != RELAY_LINK_CLOSED && link->state != RELAY_LINK_READY && relay_now() > link->deadline)
		return failed(link, "could not connect to", "no answer in time");
	if (link->state == RELAY_LINK_CONNECTING && !go_on_connecting(link))
		return false;
	if (link->state == RELAY_LINK_HANDSHAKE && !handshake(link))
		return false;
	if (link->state != RELAY_LINK_READY)
		return true;
	while (relay_link_unsent(link) > 0 && !full)
	{
		if (!send_some(link, &full))
			return false;
	}
	if (relay_link_unsent(link) == 0)
	{
		link->out.len = link->sent = 0;
		if (link->out.cap > KEEP_BYTES)
			relay_buf_free(&link->out);
	}
	else if (link->sent > link->out.len / 2)
	{
		link->out.len -= link->sent;
		memmove(link->out.data, link->out.data + link->sent, link->out.len);
		link->sent = 0;
	}
	wait_for(link, relay_link_unsent(link) > 0 ? EPOLLIN | EPOLLOUT : EPOLLIN);
	return true;
}

ssize_t
relay_link_read(RelayLink *link, char *data, size_t size)
{
	ssize_t len;

	if (link->state != RELAY_LINK_READY)
		return 0;
	errno = 0;
	if (link->ssl)
	{
		uint32_t events = link->events;

		ERR_clear_error();
		len = SSL_read(link->ssl, data, size > INT32_MAX ? INT32_MAX : (int) size);
		if (len > 0)
			return len;
		if (!ssl_again(link, (int) len, "could not receive from"))
			return -1;
		wait_for(link, link->events | events);
		return 0;
	}
	len = recv(link->fd, data, size, 0);
	if (len > 0)
		return len;
	if (len < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	failed(link, "could not receive from", len == 0 ? "the server closed the connection" : strerror(errno));
	return -1;
}

int64_t
relay_link_due(const RelayLink *link)
{
	return link->state == RELAY_LINK_CONNECTING || link->state == RELAY_LINK_HANDSHAKE ? link->deadline : INT64_MAX;
}
