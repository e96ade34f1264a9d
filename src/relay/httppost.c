/*
 * httppost.c
 *		The sink "http": batches of records, POSTed.
 *
 * One request at a time, so that a receiver gets the records in order; while
 * it is under way the next batch fills.  A batch is acknowledged by a 2xx.  An
 * answer that may change (5xx, 429, 401, 404, …) is waited for; a batch that is
 * refused is halved until the record that is refused stands alone, and that
 * one goes to the file of dead letters, or stops the program.
 *
 * Signatures follow the specification "Standard Webhooks": the headers
 * webhook-id, webhook-timestamp and webhook-signature.
 */
#include "relay/httppost.h"

#include <inttypes.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "relay/deadletter.h"
#include "relay/lines.h"
#include "relay/log.h"
#include "relay/properties.h"
#include "relay/retry.h"
#include "relay/sink.h"
#include "relay/transfer.h"

typedef enum PostFormat
{
	FORMAT_RECORD, /* RELAY_LINES_RECORD */
	FORMAT_VALUE, /* RELAY_LINES_VALUE */
	FORMAT_CLOUDEVENTS
} PostFormat;

typedef struct PostEntry
{
	RelayRecord record;
	RelayBatch *batch;
	size_t end; /* of its text in the body */
} PostEntry;

/* Records with their text, each text with a separator after it. */
typedef struct PostBatch
{
	PostEntry *entry;
	int64_t n;
	int64_t cap;
	RelayBuf body;
} PostBatch;

typedef struct PostSink
{
	RelaySink base;
	RelayTransferOptions http;
	RelayTransfer transfer;
	int format; /* PostFormat */
	int64_t batch_records;
	int64_t batch_bytes;
	const char *secret;
	const char *dead_letter_file;
	unsigned char *key; /* of the signature, or NULL */
	int key_len;
	const RelaySettings *settings; /* for header.NAME */
	RelayDeadLetters letters;
	RelayRetry retry;
	PostBatch filling;
	PostBatch sending; /* n is 0: none */
	int64_t from; /* first entry of the request */
	int64_t count; /* entries of the request */
	RelayBuf request; /* its body, when it is not a part of sending.body */
	uint64_t requests;
} PostSink;

static const RelayProperty properties[] = {
	RELAY_TRANSFER_PROPERTIES(offsetof(PostSink, http)),
	{"format", RELAY_PROPERTY_WORD, offsetof(PostSink, format), "record", "record|value|cloudevents", 0, 0},
	{"batch.records", RELAY_PROPERTY_NUMBER, offsetof(PostSink, batch_records), "500", NULL, 1, 100000},
	{"batch.bytes", RELAY_PROPERTY_BYTES, offsetof(PostSink, batch_bytes), "1MB", NULL, 1024, 1024 * 1024 * 1024},
	{"secret", RELAY_PROPERTY_TEXT, offsetof(PostSink, secret), NULL, NULL, 0, 0},
	{"header", RELAY_PROPERTY_FAMILY, 0, NULL, NULL, 0, 0},
	{"dead.letter.file", RELAY_PROPERTY_TEXT, offsetof(PostSink, dead_letter_file), NULL, NULL, 0, 0},
	{NULL, RELAY_PROPERTY_TEXT, 0, NULL, NULL, 0, 0}};

/* ------------------------------------------------------------------------
 * Signature
 * ------------------------------------------------------------------------
 */

/* "whsec_" and base64, as the specification has it, or the bytes themselves. */
static bool
read_secret(PostSink *sink, RelayError *error)
{
	static const char prefix[] = "whsec_";
	const char *text = sink->secret;
	size_t len = strlen(text);

	if (strncmp(text, prefix, sizeof(prefix) - 1) != 0)
	{
		sink->key = (unsigned char *) relay_strdup(text);
		sink->key_len = (int) len;
	}
	else
	{
		text += sizeof(prefix) - 1;
		len -= sizeof(prefix) - 1;
		sink->key = relay_alloc(len + 1);
		sink->key_len = len % 4 == 0 ? EVP_DecodeBlock(sink->key, (const unsigned char *) text, (int) len) : -1;
		for (size_t i = len; i > 0 && text[i - 1] == '='; i--)
			sink->key_len--;
	}
	if (sink->key_len < 1)
		return relay_fail(error, RELAY_EXIT_USAGE, "property \"secret\" is neither a text nor \"whsec_\" and base64");
	return true;
}

/* Of the body's hash: the same when it is sent again. */
static void
make_id(const char *body, size_t len, char *id)
{
	unsigned char hash[EVP_MAX_MD_SIZE];
	unsigned int hash_len = 0;

	EVP_Digest(body, len, hash, &hash_len, EVP_sha256(), NULL);
	strcpy(id, "msg_");
	for (int i = 0; i < 16; i++)
		sprintf(id + 4 + 2 * i, "%02x", hash[i]);
}

static void
add_signature(PostSink *sink, const char *body, size_t len)
{
	char id[48];
	char header[160];
	char encoded[EVP_MAX_MD_SIZE * 2];
	unsigned char mac[EVP_MAX_MD_SIZE];
	unsigned int mac_len = 0;
	int64_t now = relay_wall_clock() / 1000000;
	RelayBuf signed_text = {0};

	make_id(body, len, id);
	snprintf(header, sizeof(header), "webhook-id: %s", id);
	relay_transfer_header(&sink->transfer, header);
	snprintf(header, sizeof(header), "webhook-timestamp: %" PRId64, now);
	relay_transfer_header(&sink->transfer, header);
	if (!sink->key)
		return;
	relay_buf_printf(&signed_text, "%s.%" PRId64 ".", id, now);
	relay_buf_append(&signed_text, body, len);
	HMAC(EVP_sha256(), sink->key, sink->key_len, (unsigned char *) signed_text.data, signed_text.len, mac, &mac_len);
	relay_buf_free(&signed_text);
	EVP_EncodeBlock((unsigned char *) encoded, mac, (int) mac_len);
	snprintf(header, sizeof(header), "webhook-signature: v1,%s", encoded);
	relay_transfer_header(&sink->transfer, header);
}

/* ------------------------------------------------------------------------
 * Requests
 * ------------------------------------------------------------------------
 */

static const char *
content_type(const PostSink *sink)
{
	if (sink->format != FORMAT_CLOUDEVENTS)
		return "Content-Type: application/x-ndjson";
	return sink->batch_records == 1 ? "Content-Type: application/cloudevents+json" : "Content-Type: application/cloudevents-batch+json";
}

static void
add_headers(PostSink *sink)
{
	RelayBuf text = {0};

	relay_transfer_header(&sink->transfer, content_type(sink));
	for (int i = 0; i < sink->settings->n; i++)
	{
		const RelaySetting *setting = &sink->settings->item[i];

		if (strncmp(setting->name, "header.", 7) != 0)
			continue;
		text.len = 0;
		relay_buf_printf(&text, "%s: %s", setting->name + 7, setting->value);
		relay_transfer_header(&sink->transfer, relay_buf_cstring(&text));
	}
	relay_buf_free(&text);
}

static void
send_request(PostSink *sink)
{
	const PostBatch *batch = &sink->sending;
	size_t start = sink->from == 0 ? 0 : batch->entry[sink->from - 1].end;
	const char *body = batch->body.data + start;
	size_t len = batch->entry[sink->from + sink->count - 1].end - start;

	if (sink->format == FORMAT_CLOUDEVENTS && sink->batch_records == 1)
		len--;
	else if (sink->format == FORMAT_CLOUDEVENTS)
	{
		sink->request.len = 0;
		relay_buf_text(&sink->request, "[");
		relay_buf_append(&sink->request, body, len - 1);
		relay_buf_text(&sink->request, "]");
		body = sink->request.data;
		len = sink->request.len;
	}
	add_headers(sink);
	add_signature(sink, body, len);
	sink->requests++;
	relay_transfer_start(&sink->transfer, "POST", "", body, len);
}

/* The request's records are where they should be. */
static void
acknowledge(PostSink *sink)
{
	for (int64_t i = sink->from; i < sink->from + sink->count; i++)
	{
		PostEntry *entry = &sink->sending.entry[i];

		sink->base.delivered++;
		sink->base.delivered_bytes += entry->record.key.len + entry->record.value.len;
		relay_ledger_acknowledge(entry->batch);
	}
	sink->from += sink->count;
	if (sink->from < sink->sending.n)
	{
		/* after a refusal, larger steps again */
		sink->count = sink->count * 2 < sink->sending.n - sink->from ? sink->count * 2 : sink->sending.n - sink->from;
		return;
	}
	sink->sending.n = 0;
	sink->sending.body.len = 0;
	if (sink->sending.body.cap > 4 * (size_t) sink->batch_bytes)
		relay_buf_free(&sink->sending.body);
}

/* An answer that another attempt may change. */
static bool
may_pass(long status)
{
	return status >= 500 || status == 401 || status == 403 || status == 404 || status == 405 || status == 407 || status == 408 || status == 410 ||
		   status == 425 || status == 429;
}

static void
hint_status(RelayError *error, long status)
{
	if (status == 401 || status == 403)
		relay_hint(error, "Check user and password, authorization or header.*, and whether the receiver has the same secret.");
	else if (status == 404 || status == 405 || status == 410)
		relay_hint(error, "Nothing takes POST requests at this URL.");
	else if (status >= 300 && status < 400)
		relay_hint(error, "Redirections are not followed: give the URL that it leads to.");
}

/* The start of the answer's text, for messages. */
static int
excerpt_length(const PostSink *sink)
{
	return sink->transfer.body.len > 200 ? 200 : (int) sink->transfer.body.len;
}

/* The receiver does not want these records: finds the one, and puts it aside. */
static bool
refused(PostSink *sink)
{
	long status = sink->transfer.status;
	PostEntry *entry = &sink->sending.entry[sink->from];
	RelayError *error = &sink->base.error;

	if (sink->count > 1 && (status == 413 || sink->letters.path))
	{
		sink->count /= 2;
		return true;
	}
	if (!sink->letters.path)
	{
		relay_fail(error, RELAY_EXIT_SINK, "the receiver refused records with status %ld: %.*s", status, excerpt_length(sink), sink->transfer.body.data ? sink->transfer.body.data : "");
		hint_status(error, status);
		relay_hint(error, "--set dead.letter.file=FILE puts aside what is refused, and goes on.");
		return false;
	}
	relay_dead_letters_add(&sink->letters, status, sink->transfer.body.data ? sink->transfer.body.data : "", (size_t) excerpt_length(sink), "",
						   &entry->record);
	if (!relay_dead_letters_flush(&sink->letters, error))
		return false;
	relay_log(RELAY_WARNING, "the receiver refused a record with status %ld: it went to the file of dead letters", status);
	acknowledge(sink);
	return true;
}

static bool
answered(PostSink *sink)
{
	long status = sink->transfer.status;
	RelayError error = {0};

	if (sink->transfer.failed)
		error = sink->transfer.error;
	else if (status >= 200 && status < 300)
	{
		relay_retry_worked(&sink->retry);
		acknowledge(sink);
		return true;
	}
	else if (!may_pass(status))
		return refused(sink);
	else
	{
		relay_fail_retry(&error, RELAY_EXIT_SINK, "the receiver answered with status %ld: %.*s", status, excerpt_length(sink),
						 sink->transfer.body.data ? sink->transfer.body.data : "");
		hint_status(&error, status);
	}
	relay_retry_failed(&sink->retry, sink->transfer.retry_after_us, &error);
	return true;
}

/* ------------------------------------------------------------------------
 * The sink's functions
 * ------------------------------------------------------------------------
 */

static bool
is_full(const PostSink *sink)
{
	return sink->filling.n >= sink->batch_records || sink->filling.body.len >= (size_t) sink->batch_bytes;
}

static void
start_batch(PostSink *sink)
{
	PostBatch empty = sink->sending;

	sink->sending = sink->filling;
	sink->filling = empty;
	sink->from = 0;
	sink->count = sink->sending.n;
}

static bool
post_serve(RelaySink *base, bool idle)
{
	PostSink *sink = (PostSink *) base;

	if (base->error.set)
		return false;
	if (relay_transfer_serve(&sink->transfer) && !answered(sink))
		return false;
	if (sink->transfer.running || !relay_retry_due(&sink->retry))
		return true;
	if (sink->sending.n == 0 && sink->filling.n > 0 && (idle || is_full(sink)))
		start_batch(sink);
	if (sink->sending.n > 0)
		send_request(sink);
	return true;
}

/* The record's text, without any when it has none in this format. */
static void
append_text(PostSink *sink, const RelayRecord *record)
{
	RelayBuf *body = &sink->filling.body;

	if (sink->format != FORMAT_CLOUDEVENTS)
		relay_lines_append(body, (RelayLines) sink->format, record);
	else if (relay_cloud_event_append(body, record))
		relay_buf_text(body, ",");
}

static RelayPut
post_put(RelaySink *base, const RelayRecord *record, RelayBatch *batch)
{
	PostSink *sink = (PostSink *) base;
	PostBatch *filling = &sink->filling;
	size_t start = filling->body.len;

	if (base->error.set)
		return RELAY_PUT_FAILED;
	if (is_full(sink))
		return RELAY_PUT_LATER;
	append_text(sink, record);
	relay_ledger_expect(batch);
	if (filling->body.len == start)
	{
		relay_ledger_acknowledge(batch);
		return RELAY_PUT_DONE;
	}
	if (filling->n == filling->cap)
	{
		filling->cap = filling->cap == 0 ? 64 : filling->cap * 2;
		filling->entry = relay_realloc(filling->entry, sizeof(PostEntry) * (size_t) filling->cap);
	}
	filling->entry[filling->n++] = (PostEntry){*record, batch, filling->body.len};
	return RELAY_PUT_DONE;
}

static int
post_descriptor(RelaySink *base)
{
	return ((PostSink *) base)->transfer.epoll;
}

static int64_t
post_due(RelaySink *base)
{
	PostSink *sink = (PostSink *) base;

	if (sink->transfer.running)
		return relay_transfer_due(&sink->transfer);
	return sink->sending.n > 0 || sink->filling.n > 0 ? sink->retry.at : INT64_MAX;
}

/* Whatever the answer is, something is there that speaks HTTP; nothing is posted. */
static bool
post_probe(RelaySink *base)
{
	PostSink *sink = (PostSink *) base;

	add_headers(sink);
	relay_transfer_start(&sink->transfer, "OPTIONS", "", NULL, 0);
	relay_transfer_wait(&sink->transfer);
	if (sink->transfer.failed)
		base->error = sink->transfer.error;
	return !sink->transfer.failed;
}

static void
post_metrics(RelaySink *base, RelayBuf *out)
{
	const PostSink *sink = (PostSink *) base;

	relay_buf_printf(out, "# HELP cdc_json_http_requests_total Requests sent, those sent again included.\n# TYPE cdc_json_http_requests_total counter\n"
						  "cdc_json_http_requests_total %" PRIu64 "\n",
					 sink->requests);
	relay_dead_letters_metrics(&sink->letters, out);
	relay_retry_metrics(&sink->retry, out);
}

static void
post_close(RelaySink *base)
{
	PostSink *sink = (PostSink *) base;

	relay_transfer_close(&sink->transfer);
	relay_dead_letters_close(&sink->letters);
	free(sink->key);
	free(sink->filling.entry);
	free(sink->sending.entry);
	relay_buf_free(&sink->filling.body);
	relay_buf_free(&sink->sending.body);
	relay_buf_free(&sink->request);
	free(sink);
}

static bool
check_headers(const RelaySettings *settings, RelayError *error)
{
	for (int i = 0; i < settings->n; i++)
	{
		const RelaySetting *setting = &settings->item[i];

		if (strncmp(setting->name, "header", 6) != 0)
			continue;
		if (setting->name[6] != '.' || setting->name[7 + strspn(setting->name + 7, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_")] != '\0' ||
			strpbrk(setting->value, "\r\n"))
		{
			relay_fail(error, RELAY_EXIT_USAGE, "invalid property \"%s\"", setting->name);
			relay_hint(error, "Headers are given as header.NAME=VALUE, in one line.");
			return false;
		}
	}
	return true;
}

static bool
read_options(PostSink *sink, const RelayOptions *options, RelayError *error)
{
	sink->settings = &options->sink_set;
	sink->retry.longest_us = options->retry_us;
	return relay_properties_read(&options->sink_set, "http", properties, sink, error) && check_headers(&options->sink_set, error) &&
		   (!sink->secret || read_secret(sink, error)) && relay_transfer_open(&sink->transfer, &sink->http, "http", error) &&
		   relay_dead_letters_open(&sink->letters, sink->dead_letter_file, error);
}

static RelaySink *
post_open(const RelayOptions *options, RelayLedger *ledger, RelayError *error)
{
	PostSink *sink = relay_alloc(sizeof(*sink));

	sink->base.kind = &relay_http_sink;
	sink->base.ledger = ledger;
	sink->letters.fd = sink->transfer.epoll = -1;
	if (!read_options(sink, options, error))
	{
		post_close(&sink->base);
		return NULL;
	}
	return &sink->base;
}

const RelaySinkKind relay_http_sink = {
	.name = "http",
	.help = "  http      url=http://HOST/PATH, format=record|value|cloudevents [record], batch.records= [500], batch.bytes= [1MB],\n"
			"            secret= for a signature, header.NAME=VALUE, dead.letter.file=FILE [stop], and user=, password=,\n"
			"            authorization=, timeout.seconds=, ssl.*= as for search\n",
	.open = post_open,
	.put = post_put,
	.serve = post_serve,
	.descriptor = post_descriptor,
	.due = post_due,
	.probe = post_probe,
	.metrics = post_metrics,
	.close = post_close,
	.overhead = sizeof(PostEntry),
	.plugin_options = relay_sink_truncates,
};
