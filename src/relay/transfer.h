/*
 * transfer.h
 *		One HTTP request at a time, by libcurl, without waiting.
 *
 * What waits for it is an epoll descriptor, readable when
 * relay_transfer_serve() has work.
 */
#ifndef RELAY_TRANSFER_H
#define RELAY_TRANSFER_H

#include "relay/common.h"
#include "relay/options.h"
#include "relay/properties.h"

struct curl_slist;

/* Properties that all sinks over HTTP have. */
typedef struct RelayTransferOptions
{
	const char *url;
	const char *user;
	const char *password;
	const char *authorization; /* the header's value, instead of user and password */
	const char *ssl_ca;
	const char *ssl_certificate;
	const char *ssl_key;
	bool ssl_verify;
	int64_t timeout_us; /* for a request */
} RelayTransferOptions;

/* Rows for a table of properties; "at" is the offset of the RelayTransferOptions. */
#define RELAY_TRANSFER_PROPERTIES(at) \
	{"url", RELAY_PROPERTY_TEXT, (at) + offsetof(RelayTransferOptions, url), NULL, NULL, 0, 0}, \
		{"user", RELAY_PROPERTY_TEXT, (at) + offsetof(RelayTransferOptions, user), NULL, NULL, 0, 0}, \
		{"password", RELAY_PROPERTY_TEXT, (at) + offsetof(RelayTransferOptions, password), NULL, NULL, 0, 0}, \
		{"authorization", RELAY_PROPERTY_TEXT, (at) + offsetof(RelayTransferOptions, authorization), NULL, NULL, 0, 0}, \
		{"ssl.ca.location", RELAY_PROPERTY_TEXT, (at) + offsetof(RelayTransferOptions, ssl_ca), NULL, NULL, 0, 0}, \
		{"ssl.certificate.location", RELAY_PROPERTY_TEXT, (at) + offsetof(RelayTransferOptions, ssl_certificate), NULL, NULL, 0, 0}, \
		{"ssl.key.location", RELAY_PROPERTY_TEXT, (at) + offsetof(RelayTransferOptions, ssl_key), NULL, NULL, 0, 0}, \
		{"ssl.verify", RELAY_PROPERTY_BOOL, (at) + offsetof(RelayTransferOptions, ssl_verify), "true", NULL, 0, 0}, \
	{ \
		"timeout.seconds", RELAY_PROPERTY_SECONDS, (at) + offsetof(RelayTransferOptions, timeout_us), "60", NULL, 0, 0 \
	}

typedef struct RelayTransfer
{
	const RelayTransferOptions *options;
	void *multi; /* CURLM */
	void *easy; /* CURL */
	struct curl_slist *headers; /* of the current request */
	int epoll;
	int64_t due;
	bool running;
	char reason[256]; /* curl's words for a failure */

	/* the answer */
	bool failed; /* there is none: the error says why */
	RelayError error;
	long status;
	int64_t retry_after_us; /* as the server asks, or 0 */
	size_t limit; /* of the body: what is beyond it is dropped */
	RelayBuf body;
} RelayTransfer;

/* Checks the options too. */
extern bool relay_transfer_open(RelayTransfer *transfer, const RelayTransferOptions *options, const char *sink, RelayError *error);
extern void relay_transfer_close(RelayTransfer *transfer);

/* Adds a header, "Name: value", to the next request. */
extern void relay_transfer_header(RelayTransfer *transfer, const char *header);

/*
 * Starts a request to the URL with "path" after it.  "method" is GET, POST and so on.
 * The body stays where it is until the request has ended.
 */
extern void relay_transfer_start(RelayTransfer *transfer, const char *method, const char *path, const char *body, size_t len);

/* Goes on; true once the request has ended, and "failed" or "status" tell how. */
extern bool relay_transfer_serve(RelayTransfer *transfer);

/* The same, waiting for the end: for --check. */
extern void relay_transfer_wait(RelayTransfer *transfer);

/* When serve() is due at the latest. */
extern int64_t relay_transfer_due(const RelayTransfer *transfer);

#endif /* RELAY_TRANSFER_H */
