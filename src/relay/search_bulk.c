/*
 * search_bulk.c
 *		Changes as lines of _bulk, and what the server says to each.
 *
 * A document comes once in a bulk, with its last change: so an item that is
 * sent again cannot bring back what a later one deleted.  Versions do the same
 * from bulk to bulk, and after a crash.
 */
#include "relay/search.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "relay/log.h"

/* ------------------------------------------------------------------------
 * Filling
 * ------------------------------------------------------------------------
 */

uint64_t
relay_search_version(const RelayRecord *record)
{
	/* a row of a snapshot that names no position is older than any change */
	return record->lsn == 0 ? 1 : record->lsn | (record->position.part < 7 ? record->position.part : 7);
}

bool
relay_search_is_full(const RelaySearch *search)
{
	return search->filling.n >= search->bulk_records || search->filling.body.len >= (size_t) search->bulk_bytes;
}

void
relay_search_bulk_free(RelaySearchBulk *bulk)
{
	free(bulk->item);
	free(bulk->slot);
	relay_buf_free(&bulk->body);
	memset(bulk, 0, sizeof(*bulk));
}

/* FNV-1a */
static uint32_t
hash(const char *data, size_t len)
{
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < len; i++)
		h = (h ^ (unsigned char) data[i]) * 16777619u;
	return h;
}

static uint32_t *
find_slot(RelaySearchBulk *bulk, const char *name, size_t len)
{
	uint32_t at = hash(name, len) & (bulk->nslots - 1);

	for (; bulk->slot[at] != 0; at = (at + 1) & (bulk->nslots - 1))
	{
		const RelaySearchItem *item = &bulk->item[bulk->slot[at] - 1];

		if (item->name_len == len && memcmp(bulk->body.data + item->name, name, len) == 0)
			break;
	}
	return &bulk->slot[at];
}

static void
make_room(RelaySearchBulk *bulk)
{
	if (bulk->n < bulk->cap)
		return;
	bulk->cap = bulk->cap == 0 ? 256 : bulk->cap * 2;
	bulk->item = relay_realloc(bulk->item, sizeof(*bulk->item) * bulk->cap);
	free(bulk->slot);
	bulk->nslots = bulk->cap * 2;
	bulk->slot = relay_alloc(sizeof(*bulk->slot) * bulk->nslots);
	for (uint32_t i = 0; i < bulk->n; i++)
	{
		if (bulk->item[i].state == RELAY_SEARCH_WAITING)
			*find_slot(bulk, bulk->body.data + bulk->item[i].name, bulk->item[i].name_len) = i + 1;
	}
}

/* {"index":{"_index":…,"_id":…,"version":…,"version_type":"external"}} and the document. */
static bool
append_lines(RelaySearch *search, RelaySearchItem *item, const RelayRow *row, RelayBytes document)
{
	RelayBuf *body = &search->filling.body;
	const RelayTemplateList *id = relay_templates_for(&search->id, row);

	item->start = body->len;
	relay_buf_text(body, document.len > 0 ? "{\"index\":{" : "{\"delete\":{");
	item->name = body->len;
	search->text.len = 0;
	if (!relay_search_index_name(search, row, &search->text))
		return false;
	relay_buf_text(body, "\"_index\":");
	relay_buf_json(body, search->text.data, search->text.len);
	search->text.len = 0;
	if (!relay_template_append(&id->item[0], row, &search->text, &search->base.error))
		return false;
	relay_buf_text(body, ",\"_id\":");
	relay_buf_json(body, search->text.data, search->text.len);
	item->name_len = body->len - item->name;
	relay_buf_printf(body, ",\"version\":%" PRIu64 ",\"version_type\":\"external\"}}\n", item->version);
	if (document.len > 0)
	{
		relay_buf_append(body, document.data, document.len);
		relay_buf_text(body, "\n");
	}
	item->end = body->len;
	return true;
}

bool
relay_search_add(RelaySearch *search, const RelayRow *row, RelayBytes document, RelayBatch *batch)
{
	RelaySearchBulk *bulk = &search->filling;
	RelaySearchItem *item;
	uint32_t *slot;

	make_room(bulk);
	item = &bulk->item[bulk->n];
	memset(item, 0, sizeof(*item));
	item->record = *row->record;
	item->batch = batch;
	item->version = relay_search_version(row->record);
	if (!append_lines(search, item, row, document))
		return false;
	slot = find_slot(bulk, bulk->body.data + item->name, item->name_len);
	if (*slot != 0)
		bulk->item[*slot - 1].state = RELAY_SEARCH_SETTLED;
	*slot = ++bulk->n;
	return true;
}

/* ------------------------------------------------------------------------
 * Sending
 * ------------------------------------------------------------------------
 */

void
relay_search_send(RelaySearch *search)
{
	RelaySearchBulk *bulk = &search->sending;

	search->request.len = 0;
	search->nsent = 0;
	search->sent = relay_realloc(search->sent, sizeof(*search->sent) * (bulk->n + 1));
	for (uint32_t i = 0; i < bulk->n && search->nsent < search->limit; i++)
	{
		RelaySearchItem *item = &bulk->item[i];

		if (item->state != RELAY_SEARCH_WAITING)
			continue;
		item->state = RELAY_SEARCH_SENT;
		search->sent[search->nsent++] = i;
		relay_buf_append(&search->request, bulk->body.data + item->start, item->end - item->start);
	}
	search->requests++;
	relay_transfer_header(&search->transfer, "Content-Type: application/x-ndjson");
	relay_transfer_start(&search->transfer, "POST", "/_bulk?filter_path=errors,items.*.status,items.*.error", search->request.data, search->request.len);
}

/* All items that were sent wait again. */
static void
send_again(RelaySearch *search)
{
	for (uint32_t i = 0; i < search->nsent; i++)
	{
		RelaySearchItem *item = &search->sending.item[search->sent[i]];

		if (item->state == RELAY_SEARCH_SENT)
			item->state = RELAY_SEARCH_WAITING;
	}
}

/* ------------------------------------------------------------------------
 * Answers
 * ------------------------------------------------------------------------
 */

bool
relay_search_refuse(RelaySearch *search, const RelayRecord *record, long status, const char *reason, const char *more)
{
	if (!search->letters.path)
	{
		relay_fail(&search->base.error, RELAY_EXIT_SINK, "the search server refused a document with status %ld: %s", status, reason);
		relay_hint(&search->base.error, "--set dead.letter.file=FILE puts aside what is refused, and goes on.");
		return false;
	}
	relay_dead_letters_add(&search->letters, status, reason, strlen(reason), more, record);
	if (!relay_dead_letters_flush(&search->letters, &search->base.error))
		return false;
	relay_log(RELAY_WARNING, "a document was refused with status %ld, and its record went to the file of dead letters", status);
	return true;
}

static bool
refuse_item(RelaySearch *search, RelaySearchItem *item, long status, const char *reason)
{
	search->more.len = 0;
	relay_buf_text(&search->more, ",");
	relay_buf_append(&search->more, search->sending.body.data + item->name, item->name_len);
	relay_buf_printf(&search->more, ",\"version\":%" PRIu64, item->version);
	item->state = RELAY_SEARCH_SETTLED;
	return relay_search_refuse(search, &item->record, status, reason, relay_buf_cstring(&search->more));
}

/* "type: reason" of an error; a cause says more than what it caused. */
static void
error_text(const json_t *error, char *text, size_t size)
{
	const json_t *cause = json_object_get(error, "caused_by");
	const char *type = json_string_value(json_object_get(error, "type"));
	const char *reason = json_string_value(json_object_get(error, "reason"));
	const char *more = json_string_value(json_object_get(cause, "reason"));

	snprintf(text, size, "%s: %s%s%s", type ? type : "error", reason ? reason : "without a reason", more ? ": " : "", more ? more : "");
}

/* An item's error that another attempt may change. */
static bool
item_may_pass(long status, const json_t *error)
{
	const char *type = json_string_value(json_object_get(error, "type"));

	return status == 429 || status >= 500 || (type && (strcmp(type, "cluster_block_exception") == 0 || strcmp(type, "index_not_found_exception") == 0 || strcmp(type, "security_exception") == 0));
}

/* What the server says to one item; *why is set if it is to be sent again. */
static bool
take_item(RelaySearch *search, RelaySearchItem *item, const json_t *answer, char *why, size_t size)
{
	/* the one member is named as the action */
	const json_t *result = json_object_iter_value(json_object_iter((json_t *) (uintptr_t) answer));
	const json_t *error = json_object_get(result, "error");
	long status = (long) json_integer_value(json_object_get(result, "status"));
	char reason[400];

	if ((status >= 200 && status < 300) || (status == 404 && !error) || status == 409)
	{
		search->stale += status == 409;
		item->state = RELAY_SEARCH_SETTLED;
		return true;
	}
	error_text(error, reason, sizeof(reason));
	if (!item_may_pass(status, error))
		return refuse_item(search, item, status, reason);
	item->state = RELAY_SEARCH_WAITING;
	snprintf(why, size, "%ld: %s", status, reason);
	return true;
}

/* All of the bulk is settled: its records are where they should be. */
static void
acknowledge(RelaySearch *search)
{
	RelaySearchBulk *bulk = &search->sending;

	for (uint32_t i = 0; i < bulk->n; i++)
	{
		if (bulk->item[i].state != RELAY_SEARCH_SETTLED)
			return;
	}
	for (uint32_t i = 0; i < bulk->n; i++)
	{
		search->base.delivered++;
		search->base.delivered_bytes += bulk->item[i].record.key.len + bulk->item[i].record.value.len;
		relay_ledger_acknowledge(bulk->item[i].batch);
	}
	bulk->n = 0;
	bulk->body.len = 0;
	if (bulk->body.cap > 4 * (size_t) search->bulk_bytes)
		relay_buf_free(&bulk->body);
	search->limit = UINT32_MAX;
}

/* The answer has something to say about the items. */
static bool
take_items(RelaySearch *search, const json_t *answer)
{
	const json_t *items = json_object_get(answer, "items");
	RelayError error = {0};
	char why[440] = "";
	uint32_t settled = 0;

	if (json_array_size(items) != search->nsent)
	{
		send_again(search);
		relay_fail_retry(&error, RELAY_EXIT_SINK, "the search server's answer does not tell about each document");
		relay_retry_failed(&search->retry, 0, &error);
		return true;
	}
	for (uint32_t i = 0; i < search->nsent; i++)
	{
		RelaySearchItem *item = &search->sending.item[search->sent[i]];

		if (!take_item(search, item, json_array_get(items, i), why, sizeof(why)))
			return false;
		settled += item->state == RELAY_SEARCH_SETTLED;
	}
	if (settled > 0)
		search->retry.pause_us = 0;
	if (why[0] != '\0')
	{
		relay_fail_retry(&error, RELAY_EXIT_SINK, "the search server did not take %" PRIu32 " of %" PRIu32 " documents: %s", search->nsent - settled, search->nsent, why);
		if (strstr(why, "cluster_block_exception"))
			relay_hint(&error, "The index is read-only; the server makes it so when its disk is nearly full.");
		relay_retry_failed(&search->retry, search->transfer.retry_after_us, &error);
	}
	else
		relay_retry_worked(&search->retry);
	return true;
}

/* The request as a whole is at fault: finds the item that is. */
static bool
split(RelaySearch *search)
{
	RelaySearchItem *item = &search->sending.item[search->sent[0]];
	char reason[400];

	if (search->nsent > 1)
	{
		search->limit = search->nsent / 2;
		send_again(search);
		return true;
	}
	relay_search_reason(&search->transfer, reason, sizeof(reason));
	search->limit = UINT32_MAX;
	return refuse_item(search, item, search->transfer.status, reason);
}

bool
relay_search_answered(RelaySearch *search)
{
	const RelayTransfer *transfer = &search->transfer;
	json_t *answer;
	bool ok = true;

	if (transfer->failed || relay_search_may_pass(transfer->status))
	{
		send_again(search);
		relay_search_request_failed(search);
		return true;
	}
	if (transfer->status < 200 || transfer->status >= 300)
		ok = split(search);
	else
	{
		answer = json_loadb(transfer->body.data ? transfer->body.data : "", transfer->body.len, 0, NULL);
		ok = take_items(search, answer);
		json_decref(answer);
	}
	if (ok)
		acknowledge(search);
	return ok;
}
