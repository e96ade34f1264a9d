/*
 * search.c
 *		The sink "search": rows as documents of OpenSearch or Elasticsearch.
 *
 * Documents go by _bulk, one request at a time, while the next bulk fills.
 * Each has the version of its change, so that whatever comes twice or late
 * never replaces what is newer.  A row whose record lacks columns is read
 * again, and its document has the version of that record.
 */
#include "relay/search.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "relay/log.h"
#include "relay/properties.h"

#define ANSWER_BYTES (64 * 1024 * 1024)

static const RelayProperty properties[] = {
	RELAY_TRANSFER_PROPERTIES(offsetof(RelaySearch, http)),
	{"index", RELAY_PROPERTY_FAMILY, 0, NULL, NULL, 0, 0},
	{"id", RELAY_PROPERTY_FAMILY, 0, NULL, NULL, 0, 0},
	{"bulk.records", RELAY_PROPERTY_NUMBER, offsetof(RelaySearch, bulk_records), "5000", NULL, 1, 1000000},
	{"bulk.bytes", RELAY_PROPERTY_BYTES, offsetof(RelaySearch, bulk_bytes), "5MB", NULL, 1024, 1024 * 1024 * 1024},
	{"truncate.policy", RELAY_PROPERTY_WORD, offsetof(RelaySearch, truncate), "empty", "empty|stop", 0, 0},
	{"dead.letter.file", RELAY_PROPERTY_TEXT, offsetof(RelaySearch, dead_letter_file), NULL, NULL, 0, 0},
	{NULL, RELAY_PROPERTY_TEXT, 0, NULL, NULL, 0, 0}};

/* ------------------------------------------------------------------------
 * Failures of whole requests
 * ------------------------------------------------------------------------
 */

void
relay_search_reason(const RelayTransfer *transfer, char *reason, size_t size)
{
	json_t *answer = json_loadb(transfer->body.data ? transfer->body.data : "", transfer->body.len, 0, NULL);
	const json_t *error = json_object_get(answer, "error");
	const char *type = json_string_value(json_object_get(error, "type"));
	const char *text = json_string_value(json_object_get(error, "reason"));

	if (type && text)
		snprintf(reason, size, "%s: %s", type, text);
	else
		snprintf(reason, size, "%.*s", transfer->body.len > 200 ? 200 : (int) transfer->body.len, transfer->body.data ? transfer->body.data : "");
	json_decref(answer);
}

bool
relay_search_may_pass(long status)
{
	return status >= 500 || status == 401 || status == 403 || status == 404 || status == 405 || status == 407 || status == 408 || status == 429;
}

void
relay_search_request_failed(RelaySearch *search)
{
	const RelayTransfer *transfer = &search->transfer;
	RelayError error = {0};
	char reason[400];

	if (transfer->failed)
		error = transfer->error;
	else
	{
		relay_search_reason(transfer, reason, sizeof(reason));
		relay_fail_retry(&error, RELAY_EXIT_SINK, "the search server answered with status %ld: %s", transfer->status, reason);
		if (transfer->status == 401 || transfer->status == 403)
			relay_hint(&error, "Check user and password, or authorization, and what that user may do.");
	}
	relay_retry_failed(&search->retry, transfer->retry_after_us, &error);
}

/* ------------------------------------------------------------------------
 * Names
 * ------------------------------------------------------------------------
 */

/* As servers demand: lower case, without some characters, and not one of these at the start. */
bool
relay_search_index_name(RelaySearch *search, const RelayRow *row, RelayBuf *out)
{
	const RelayTemplateList *list = relay_templates_for(&search->index, row);
	size_t start = out->len;

	if (!relay_template_append(&list->item[0], row, out, &search->base.error))
		return false;
	for (size_t i = start; i < out->len; i++)
	{
		unsigned char c = (unsigned char) out->data[i];

		if (c <= ' ' || strchr("\\/*?\"<>|,#:", c) || (i == start && strchr("-_+", c)))
			out->data[i] = i == start ? 'x' : '_';
		else if (c < 128)
			out->data[i] = (char) tolower(c);
	}
	return true;
}

/* ------------------------------------------------------------------------
 * Records
 * ------------------------------------------------------------------------
 */

/* A record that needs nothing more. */
static RelayPut
settled(RelaySearch *search, RelayBatch *batch)
{
	search->base.delivered++;
	relay_ledger_expect(batch);
	relay_ledger_acknowledge(batch);
	return RELAY_PUT_DONE;
}

static RelayPut
add(RelaySearch *search, const RelayRow *row, RelayBytes document, RelayBatch *batch)
{
	if (!relay_search_add(search, row, document, batch))
		return RELAY_PUT_FAILED;
	relay_ledger_expect(batch);
	return RELAY_PUT_DONE;
}

/* The row is read again; until then nothing else is taken. */
static RelayPut
put_unavailable(RelaySearch *search, const RelayRow *row, RelayBatch *batch)
{
	RelayReread *reread = &search->reread;
	RelayPut result;

	if (reread->state != RELAY_REREAD_DONE)
	{
		if (reread->state == RELAY_REREAD_IDLE)
			relay_reread_start(reread, row->record);
		return RELAY_PUT_LATER;
	}
	if (reread->refused[0] != '\0')
		result = relay_search_refuse(search, row->record, 0, reread->refused, "") ? settled(search, batch) : RELAY_PUT_FAILED;
	else if (reread->row.len == 0)
		result = settled(search, batch); /* it is gone: its delete is still to come */
	else
		result = add(search, row, reread->row, batch);
	relay_reread_end(reread);
	return result;
}

/* Everything before is there first; then the index is emptied; then more is taken. */
static RelayPut
put_truncate(RelaySearch *search, const RelayRow *row, RelayBatch *batch)
{
	if (search->filling.n > 0 || search->sending.n > 0)
		return RELAY_PUT_LATER;
	if (search->empty.state == RELAY_EMPTY_IDLE && !relay_search_empty_start(search, row))
		return RELAY_PUT_FAILED;
	if (search->empty.state != RELAY_EMPTY_DONE)
		return RELAY_PUT_LATER;
	search->empty.state = RELAY_EMPTY_IDLE;
	return settled(search, batch);
}

static RelayPut
search_put(RelaySink *base, const RelayRecord *record, RelayBatch *batch)
{
	RelaySearch *search = (RelaySearch *) base;
	RelayPosition last_delete = search->last_delete;
	RelayRowChange change;
	RelayPut result;
	RelayRow row;

	if (base->error.set)
		return RELAY_PUT_FAILED;
	if (relay_search_is_full(search))
		return RELAY_PUT_LATER;
	change = relay_row_change(record, &search->last_delete);
	if (change == RELAY_ROW_NOTHING)
		return settled(search, batch);
	relay_row_open(&row, record);
	if (relay_templates_for(&search->index, &row)->n == 0 || relay_templates_for(&search->id, &row)->n == 0)
		return settled(search, batch);
	switch (change)
	{
		case RELAY_ROW_UNAVAILABLE:
			result = put_unavailable(search, &row, batch);
			break;
		case RELAY_ROW_TRUNCATE:
			result = put_truncate(search, &row, batch);
			break;
		case RELAY_ROW_WRITE:
			result = add(search, &row, record->after, batch);
			break;
		default:
			result = add(search, &row, (RelayBytes){NULL, 0}, batch);
			break;
	}
	/* the record comes again */
	if (result != RELAY_PUT_DONE)
		search->last_delete = last_delete;
	return result;
}

/* ------------------------------------------------------------------------
 * The sink's functions
 * ------------------------------------------------------------------------
 */

static bool
emptying(const RelaySearch *search)
{
	return search->empty.state != RELAY_EMPTY_IDLE && search->empty.state != RELAY_EMPTY_DONE;
}

static void
start_bulk(RelaySearch *search)
{
	RelaySearchBulk bulk = search->sending;

	search->sending = search->filling;
	search->filling = bulk;
	if (bulk.slot)
		memset(bulk.slot, 0, sizeof(*bulk.slot) * bulk.nslots);
	search->limit = UINT32_MAX;
}

static bool
search_serve(RelaySink *base, bool idle)
{
	RelaySearch *search = (RelaySearch *) base;

	if (base->error.set)
		return false;
	relay_reread_serve(&search->reread);
	if (relay_transfer_serve(&search->transfer) && !(emptying(search) ? relay_search_empty_answered(search) : relay_search_answered(search)))
		return false;
	if (search->transfer.running || !relay_retry_due(&search->retry))
		return true;
	if (search->sending.n == 0 && search->filling.n > 0 && (idle || relay_search_is_full(search)))
		start_bulk(search);
	if (search->sending.n > 0)
		relay_search_send(search);
	else if (emptying(search))
		relay_search_empty_send(search);
	return true;
}

static int
search_descriptor(RelaySink *base)
{
	return ((RelaySearch *) base)->epoll;
}

static int64_t
search_due(RelaySink *base)
{
	RelaySearch *search = (RelaySearch *) base;
	int64_t reread = relay_reread_due(&search->reread);
	int64_t due = INT64_MAX;

	if (search->transfer.running)
		due = relay_transfer_due(&search->transfer);
	else if (search->sending.n > 0 || search->filling.n > 0 || emptying(search))
		due = search->retry.at;
	if (search->empty.state == RELAY_EMPTY_DONE)
		due = 0;
	return reread < due ? reread : due;
}

static bool
search_probe(RelaySink *base)
{
	RelaySearch *search = (RelaySearch *) base;
	char reason[400];

	relay_transfer_start(&search->transfer, "GET", "/", NULL, 0);
	relay_transfer_wait(&search->transfer);
	if (search->transfer.failed)
	{
		base->error = search->transfer.error;
		return false;
	}
	if (search->transfer.status == 200)
		return true;
	relay_search_reason(&search->transfer, reason, sizeof(reason));
	return relay_fail(&base->error, RELAY_EXIT_SINK, "the search server answered with status %ld: %s", search->transfer.status, reason);
}

static void
search_metrics(RelaySink *base, RelayBuf *out)
{
	const RelaySearch *search = (RelaySearch *) base;

	relay_buf_printf(out,
					 "# HELP cdc_json_search_requests_total Bulk requests, those sent again included.\n# TYPE cdc_json_search_requests_total counter\n"
					 "cdc_json_search_requests_total %" PRIu64 "\n"
					 "# HELP cdc_json_search_stale_total Changes of documents of which the server had a newer version.\n"
					 "# TYPE cdc_json_search_stale_total counter\ncdc_json_search_stale_total %" PRIu64 "\n"
					 "# HELP cdc_json_unavailable_total Rows with columns that the log does not hold: they were read again.\n"
					 "# TYPE cdc_json_unavailable_total counter\ncdc_json_unavailable_total %" PRIu64 "\n",
					 search->requests, search->stale, search->reread.rows);
	relay_dead_letters_metrics(&search->letters, out);
	relay_retry_metrics(&search->retry, out);
}

static void
search_close(RelaySink *base)
{
	RelaySearch *search = (RelaySearch *) base;

	relay_reread_close(&search->reread);
	relay_transfer_close(&search->transfer);
	relay_dead_letters_close(&search->letters);
	if (search->epoll >= 0)
		close(search->epoll);
	relay_templates_free(&search->index);
	relay_templates_free(&search->id);
	relay_search_bulk_free(&search->filling);
	relay_search_bulk_free(&search->sending);
	relay_buf_free(&search->request);
	relay_buf_free(&search->text);
	relay_buf_free(&search->more);
	relay_buf_free(&search->empty.index);
	relay_buf_free(&search->empty.path);
	relay_buf_free(&search->empty.scroll);
	relay_buf_free(&search->empty.body);
	free(search->sent);
	free(search);
}

static bool
set_up(RelaySearch *search, const RelayOptions *options, RelayError *error)
{
	const RelaySettings *settings = &options->sink_set;
	struct epoll_event event = {.events = EPOLLIN};

	search->retry.longest_us = options->retry_us;
	if (!relay_properties_read(settings, "search", properties, search, error) ||
		!relay_templates_read(&search->index, settings, "index", "{topic}", RELAY_TEMPLATE_ONE, false, error) ||
		!relay_templates_read(&search->id, settings, "id", "{key}", RELAY_TEMPLATE_ONE, true, error) ||
		!relay_transfer_open(&search->transfer, &search->http, "search", error) ||
		!relay_dead_letters_open(&search->letters, search->dead_letter_file, error))
		return false;
	search->transfer.limit = ANSWER_BYTES;
	search->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (search->epoll < 0 || epoll_ctl(search->epoll, EPOLL_CTL_ADD, search->transfer.epoll, &event) != 0)
		return relay_fail(error, RELAY_EXIT_INTERNAL, "could not create an epoll descriptor: %s", strerror(errno));
	relay_reread_open(&search->reread, options, search->epoll);
	return true;
}

static RelaySink *
search_open(const RelayOptions *options, RelayLedger *ledger, RelayError *error)
{
	RelaySearch *search = relay_alloc(sizeof(*search));

	search->base.kind = &relay_search_sink;
	search->base.ledger = ledger;
	search->limit = UINT32_MAX;
	search->epoll = search->transfer.epoll = search->letters.fd = -1;
	if (!set_up(search, options, error))
	{
		search_close(&search->base);
		return NULL;
	}
	return &search->base;
}

const RelaySinkKind relay_search_sink = {
	.name = "search",
	.help = "  search    OpenSearch or Elasticsearch: url=http://HOST:PORT, index=TEMPLATE [{topic}], index.SCHEMA.TABLE=,\n"
			"            id=TEMPLATE [{key}], id.SCHEMA.TABLE=, bulk.records= [5000], bulk.bytes= [5MB], truncate.policy=empty|stop\n"
			"            [empty], dead.letter.file=FILE [stop], user=, password=, authorization=, timeout.seconds= [60],\n"
			"            ssl.ca.location=, ssl.certificate.location=, ssl.key.location=, ssl.verify= [true]\n",
	.open = search_open,
	.put = search_put,
	.serve = search_serve,
	.descriptor = search_descriptor,
	.due = search_due,
	.probe = search_probe,
	.metrics = search_metrics,
	.close = search_close,
	.overhead = sizeof(RelaySearchItem),
	.plugin_options = relay_sink_truncates,
};
