/*
 * http.c
 *		Answers GET /metrics and GET /healthz; see http.h.
 */
#define _GNU_SOURCE 1
#include "relay/http.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "relay/log.h"

#define REQUEST_LIMIT 8192
#define CLIENT_US 10000000 /* for request and answer */

/* HOST:PORT into its parts; changes the text. */
static bool
split_address(char *text, char **host, char **port)
{
	char *colon = strrchr(text, ':');

	*host = (char *) "127.0.0.1";
	*port = text;
	if (colon)
	{
		*colon = '\0';
		*port = colon + 1;
		*host = text;
		if (text[0] == '[' && colon > text + 1 && colon[-1] == ']')
		{
			colon[-1] = '\0';
			*host = text + 1;
		}
	}
	return (*host)[0] != '\0' && (*port)[0] != '\0' && strspn(*port, "0123456789") == strlen(*port);
}

static int
listen_on(const char *host, const char *port)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
	struct addrinfo *addresses;
	int fd = -1;
	const int one = 1;

	if (getaddrinfo(host, port, &hints, &addresses) != 0)
	{
		errno = EADDRNOTAVAIL;
		return -1;
	}
	for (struct addrinfo *a = addresses; a && fd < 0; a = a->ai_next)
	{
		fd = socket(a->ai_family, a->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, a->ai_protocol);
		if (fd < 0)
			continue;
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
		if (bind(fd, a->ai_addr, a->ai_addrlen) != 0 || listen(fd, 16) != 0)
		{
			int saved = errno;

			close(fd);
			errno = saved;
			fd = -1;
		}
	}
	freeaddrinfo(addresses);
	return fd;
}

bool
relay_http_open(RelayHttp *http, const char *address, RelayError *error)
{
	char *copy;
	char *host;
	char *port;

	http->listener = -1;
	for (int i = 0; i < RELAY_HTTP_CLIENTS; i++)
		http->client[i].fd = -1;
	if (!address)
		return true;
	copy = relay_strdup(address);
	if (!split_address(copy, &host, &port))
		relay_fail(error, RELAY_EXIT_USAGE, "invalid value for option \"metrics\": \"%s\"", address);
	else if ((http->listener = listen_on(host, port)) < 0)
		relay_fail(error, RELAY_EXIT_INTERNAL, "could not listen on \"%s\": %s", address, strerror(errno));
	free(copy);
	return !error->set;
}

static void
drop(RelayHttpClient *client)
{
	if (client->fd >= 0)
		close(client->fd);
	client->fd = -1;
	client->sent = 0;
	relay_buf_free(&client->request);
	relay_buf_free(&client->answer);
}

void
relay_http_close(RelayHttp *http)
{
	for (int i = 0; i < RELAY_HTTP_CLIENTS; i++)
		drop(&http->client[i]);
	if (http->listener >= 0)
		close(http->listener);
	http->listener = -1;
}

void
relay_http_poll(const RelayHttp *http, struct pollfd *fds)
{
	for (int i = 0; i < RELAY_HTTP_CLIENTS; i++)
		fds[i] = (struct pollfd){http->client[i].fd, http->client[i].answer.len > 0 ? POLLOUT : POLLIN, 0};
	fds[RELAY_HTTP_CLIENTS] = (struct pollfd){http->listener, POLLIN, 0};
}

int64_t
relay_http_due(const RelayHttp *http)
{
	int64_t due = INT64_MAX;

	for (int i = 0; i < RELAY_HTTP_CLIENTS; i++)
	{
		if (http->client[i].fd >= 0 && http->client[i].deadline < due)
			due = http->client[i].deadline;
	}
	return due;
}

/* A free place; the client that waits longest makes room. */
static RelayHttpClient *
find_place(RelayHttp *http)
{
	RelayHttpClient *oldest = &http->client[0];

	for (int i = 0; i < RELAY_HTTP_CLIENTS; i++)
	{
		if (http->client[i].fd < 0)
			return &http->client[i];
		if (http->client[i].deadline < oldest->deadline)
			oldest = &http->client[i];
	}
	drop(oldest);
	return oldest;
}

static void
make_answer(RelayHttp *http, RelayHttpClient *client)
{
	char *request = relay_buf_cstring(&client->request);
	RelayBuf body = {0};
	char path[64] = "";
	int status = 400;
	const char *reason = "Bad Request";

	if (sscanf(request, "GET %63s", path) == 1)
	{
		path[strcspn(path, "?")] = '\0';
		status = http->handle(http->context, path, &body);
		reason = status == 200 ? "OK" : status == 404 ? "Not Found"
													  : "Service Unavailable";
	}
	relay_buf_printf(&client->answer,
					 "HTTP/1.1 %d %s\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n",
					 status, reason, body.len);
	relay_buf_append(&client->answer, body.data, body.len);
	relay_buf_free(&body);
}

static void
serve_client(RelayHttp *http, RelayHttpClient *client)
{
	ssize_t n;

	if (client->answer.len == 0)
	{
		n = read(client->fd, relay_buf_reserve(&client->request, 1024), 1024);
		if (n <= 0)
		{
			if (n == 0 || (errno != EAGAIN && errno != EINTR))
				drop(client);
			return;
		}
		client->request.len += (size_t) n;
		if (client->request.len > REQUEST_LIMIT)
		{
			drop(client);
			return;
		}
		if (!memmem(client->request.data, client->request.len, "\r\n\r\n", 4))
			return;
		make_answer(http, client);
	}
	n = send(client->fd, client->answer.data + client->sent, client->answer.len - client->sent, MSG_NOSIGNAL);
	if (n > 0)
		client->sent += (size_t) n;
	if ((n < 0 && errno != EAGAIN && errno != EINTR) || client->sent == client->answer.len)
		drop(client);
}

void
relay_http_serve(RelayHttp *http, const struct pollfd *fds)
{
	int64_t now = relay_now();

	for (int i = 0; i < RELAY_HTTP_CLIENTS; i++)
	{
		if (http->client[i].fd < 0)
			continue;
		if (fds[i].revents)
			serve_client(http, &http->client[i]);
		else if (now >= http->client[i].deadline)
			drop(&http->client[i]);
	}
	if (http->listener >= 0 && fds[RELAY_HTTP_CLIENTS].revents)
	{
		int fd = accept4(http->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd >= 0)
		{
			RelayHttpClient *client = find_place(http);

			client->fd = fd;
			client->deadline = now + CLIENT_US;
		}
	}
}
