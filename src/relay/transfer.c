/*
 * transfer.c
 *		One HTTP request at a time; see transfer.h.
 *
 * libcurl's multi interface tells which descriptors it waits for, and they go
 * into an epoll descriptor.
 */
#include "relay/transfer.h"

#include <curl/curl.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#define CONNECT_TIMEOUT_MS 10000L

/* ------------------------------------------------------------------------
 * What libcurl calls
 * ------------------------------------------------------------------------
 */

static int
on_socket(CURL *easy, curl_socket_t fd, int what, void *context, void *known)
{
	RelayTransfer *transfer = context;
	struct epoll_event event = {.events = 0, .data = {.fd = fd}};

	(void) easy;
	if (what == CURL_POLL_REMOVE)
	{
		epoll_ctl(transfer->epoll, EPOLL_CTL_DEL, fd, NULL);
		return 0;
	}
	if (what == CURL_POLL_IN || what == CURL_POLL_INOUT)
		event.events |= EPOLLIN;
	if (what == CURL_POLL_OUT || what == CURL_POLL_INOUT)
		event.events |= EPOLLOUT;
	epoll_ctl(transfer->epoll, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &event);
	/* anything but NULL says that it is there */
	curl_multi_assign(transfer->multi, fd, transfer);
	return 0;
}

static int
on_timer(CURLM *multi, long timeout_ms, void *context)
{
	RelayTransfer *transfer = context;

	(void) multi;
	transfer->due = timeout_ms < 0 ? INT64_MAX : relay_now() + timeout_ms * 1000;
	return 0;
}

static size_t
on_body(char *data, size_t size, size_t n, void *context)
{
	RelayTransfer *transfer = context;
	size_t len = size * n;
	size_t room = transfer->limit - transfer->body.len;

	relay_buf_append(&transfer->body, data, len < room ? len : room);
	return len;
}

/* ------------------------------------------------------------------------
 * Opening and closing
 * ------------------------------------------------------------------------
 */

static bool
check_options(const RelayTransferOptions *options, const char *sink, RelayError *error)
{
	if (!options->url)
		return relay_fail(error, RELAY_EXIT_USAGE, "the sink \"%s\" needs --set url=http://HOST:PORT", sink);
	if (strncmp(options->url, "http://", 7) != 0 && strncmp(options->url, "https://", 8) != 0)
		return relay_fail(error, RELAY_EXIT_USAGE, "invalid value for property \"url\": it begins with neither \"http://\" nor \"https://\"");
	if (strcspn(options->url + 8, "@") < strcspn(options->url + 8, "/"))
	{
		relay_fail(error, RELAY_EXIT_USAGE, "the property \"url\" has a user or a password");
		relay_hint(error, "They have properties of their own, \"user\" and \"password\".");
		return false;
	}
	if (options->password && !options->user)
		return relay_fail(error, RELAY_EXIT_USAGE, "property \"password\" needs \"user\"");
	if (options->authorization && options->user)
		return relay_fail(error, RELAY_EXIT_USAGE, "properties \"authorization\" and \"user\" exclude each other");
	if ((options->ssl_certificate != NULL) != (options->ssl_key != NULL))
		return relay_fail(error, RELAY_EXIT_USAGE, "ssl.certificate.location and ssl.key.location need each other");
	return true;
}

/* What all requests share. */
static void
set_up(RelayTransfer *transfer)
{
	const RelayTransferOptions *options = transfer->options;
	CURL *easy = transfer->easy;

	curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->reason);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
#if LIBCURL_VERSION_NUM >= 0x075500
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
#else
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS, CURLPROTO_HTTP | CURLPROTO_HTTPS);
#endif
	curl_easy_setopt(easy, CURLOPT_TCP_NODELAY, 1L);
	curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_TIMEOUT_MS);
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long) ((options->timeout_us + 999) / 1000));
	curl_easy_setopt(easy, CURLOPT_USERAGENT, "cdc_json_relay/" CDC_JSON_VERSION);
	if (options->user)
	{
		curl_easy_setopt(easy, CURLOPT_USERNAME, options->user);
		curl_easy_setopt(easy, CURLOPT_PASSWORD, options->password ? options->password : "");
	}
	if (options->ssl_ca)
		curl_easy_setopt(easy, CURLOPT_CAINFO, options->ssl_ca);
	if (options->ssl_certificate)
	{
		curl_easy_setopt(easy, CURLOPT_SSLCERT, options->ssl_certificate);
		curl_easy_setopt(easy, CURLOPT_SSLKEY, options->ssl_key);
	}
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, options->ssl_verify ? 1L : 0L);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, options->ssl_verify ? 2L : 0L);
}

bool
relay_transfer_open(RelayTransfer *transfer, const RelayTransferOptions *options, const char *sink, RelayError *error)
{
	memset(transfer, 0, sizeof(*transfer));
	transfer->epoll = -1;
	transfer->options = options;
	transfer->due = INT64_MAX;
	transfer->limit = 1024 * 1024;
	if (!check_options(options, sink, error))
		return false;
	transfer->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (transfer->epoll < 0)
		return relay_fail(error, RELAY_EXIT_INTERNAL, "could not create an epoll descriptor: %s", strerror(errno));
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return relay_fail(error, RELAY_EXIT_INTERNAL, "could not prepare libcurl");
	transfer->multi = curl_multi_init();
	transfer->easy = curl_easy_init();
	if (!transfer->multi || !transfer->easy)
		return relay_fail(error, RELAY_EXIT_INTERNAL, "could not prepare libcurl");
	curl_multi_setopt(transfer->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	curl_multi_setopt(transfer->multi, CURLMOPT_SOCKETDATA, transfer);
	curl_multi_setopt(transfer->multi, CURLMOPT_TIMERFUNCTION, on_timer);
	curl_multi_setopt(transfer->multi, CURLMOPT_TIMERDATA, transfer);
	set_up(transfer);
	return true;
}

void
relay_transfer_close(RelayTransfer *transfer)
{
	if (transfer->running)
		curl_multi_remove_handle(transfer->multi, transfer->easy);
	if (transfer->easy)
		curl_easy_cleanup(transfer->easy);
	if (transfer->multi)
		curl_multi_cleanup(transfer->multi);
	curl_slist_free_all(transfer->headers);
	if (transfer->epoll >= 0)
		close(transfer->epoll);
	relay_buf_free(&transfer->body);
	memset(transfer, 0, sizeof(*transfer));
	transfer->epoll = -1;
}

/* ------------------------------------------------------------------------
 * A request
 * ------------------------------------------------------------------------
 */

void
relay_transfer_header(RelayTransfer *transfer, const char *header)
{
	transfer->headers = curl_slist_append(transfer->headers, header);
}

void
relay_transfer_start(RelayTransfer *transfer, const char *method, const char *path, const char *body, size_t len)
{
	CURL *easy = transfer->easy;
	RelayBuf text = {0};
	size_t url_len = strlen(transfer->options->url);

	/* "http://host/" and "/path" have one slash between them */
	if (path[0] == '/' && transfer->options->url[url_len - 1] == '/')
		url_len--;
	relay_buf_printf(&text, "%.*s%s", (int) url_len, transfer->options->url, path);
	curl_easy_setopt(easy, CURLOPT_URL, relay_buf_cstring(&text));
	curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method);
	curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
	if (body)
	{
		curl_easy_setopt(easy, CURLOPT_POST, 1L);
		curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t) len);
		curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body);
	}
	if (transfer->options->authorization)
	{
		text.len = 0;
		relay_buf_printf(&text, "Authorization: %s", transfer->options->authorization);
		relay_transfer_header(transfer, relay_buf_cstring(&text));
	}
	/* no round trip before the body goes out */
	relay_transfer_header(transfer, "Expect:");
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, transfer->headers);
	relay_buf_free(&text);
	transfer->body.len = 0;
	transfer->failed = false;
	transfer->status = 0;
	transfer->retry_after_us = 0;
	transfer->reason[0] = '\0';
	relay_error_clear(&transfer->error);
	transfer->running = true;
	transfer->due = 0;
	curl_multi_add_handle(transfer->multi, easy);
}

static void
ended(RelayTransfer *transfer, CURLcode result)
{
	curl_off_t seconds = 0;

	curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &transfer->status);
	curl_easy_getinfo(transfer->easy, CURLINFO_RETRY_AFTER, &seconds);
	/* a server that asks for more than an hour is asked again nevertheless */
	transfer->retry_after_us = (seconds > 3600 ? 3600 : seconds) * 1000000;
	curl_multi_remove_handle(transfer->multi, transfer->easy);
	curl_easy_setopt(transfer->easy, CURLOPT_HTTPHEADER, NULL);
	curl_slist_free_all(transfer->headers);
	transfer->headers = NULL;
	transfer->running = false;
	transfer->due = INT64_MAX;
	transfer->failed = result != CURLE_OK;
	if (transfer->failed)
		relay_fail_retry(&transfer->error, RELAY_EXIT_SINK, "could not reach \"%s\": %s", transfer->options->url,
						 transfer->reason[0] != '\0' ? transfer->reason : curl_easy_strerror(result));
}

bool
relay_transfer_serve(RelayTransfer *transfer)
{
	struct epoll_event events[8];
	int n;
	int running;
	CURLMsg *message;

	if (!transfer->running)
		return false;
	n = epoll_wait(transfer->epoll, events, 8, 0);
	for (int i = 0; i < n; i++)
	{
		int what = ((events[i].events & EPOLLIN) ? CURL_CSELECT_IN : 0) | ((events[i].events & EPOLLOUT) ? CURL_CSELECT_OUT : 0) |
				   ((events[i].events & (EPOLLERR | EPOLLHUP)) ? CURL_CSELECT_ERR : 0);

		curl_multi_socket_action(transfer->multi, events[i].data.fd, what, &running);
	}
	if (relay_now() >= transfer->due)
	{
		transfer->due = INT64_MAX;
		curl_multi_socket_action(transfer->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	}
	while ((message = curl_multi_info_read(transfer->multi, &running)))
	{
		if (message->msg == CURLMSG_DONE)
		{
			ended(transfer, message->data.result);
			return true;
		}
	}
	return false;
}

void
relay_transfer_wait(RelayTransfer *transfer)
{
	while (transfer->running && !relay_transfer_serve(transfer))
	{
		struct pollfd fd = {transfer->epoll, POLLIN, 0};

		poll(&fd, 1, relay_now() >= transfer->due ? 0 : 50);
	}
}

int64_t
relay_transfer_due(const RelayTransfer *transfer)
{
	return transfer->running ? transfer->due : INT64_MAX;
}
