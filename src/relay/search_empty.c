/*
 * search_empty.c
 *		TRUNCATE in the sink "search": empties the index up to the event's version.
 *
 * A search for all documents, a thousand at a time, and a delete with the
 * version of the TRUNCATE for each that is older.  A newer one, from a replay
 * or another program, stays: the server compares the versions again.
 */
#include "relay/search.h"

#include <curl/curl.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "relay/log.h"

#define LOOK_FOR "{\"size\":1000,\"sort\":[\"_doc\"],\"_source\":false,\"version\":true,\"query\":{\"match_all\":{}}}"
#define FILTER "filter_path=_scroll_id,hits.hits._id,hits.hits._index,hits.hits._version"

static bool
refuse(RelaySearch *search, const RelayRow *row, const char *why, const char *hint)
{
	RelayBuf name = {0};

	relay_row_name(row, &name);
	relay_fail(&search->base.error, RELAY_EXIT_SINK, "table \"%s\" was truncated, and %s", relay_buf_cstring(&name), why);
	relay_hint(&search->base.error, "%s", hint);
	relay_buf_free(&name);
	return false;
}

bool
relay_search_empty_start(RelaySearch *search, const RelayRow *row)
{
	RelayEmpty *empty = &search->empty;
	const RelayTemplateList *list = relay_templates_for(&search->index, row);
	char *escaped;

	if (search->truncate == 1)
		return refuse(search, row, "truncate.policy is \"stop\"",
					  "--set truncate.policy=empty empties the index; --option skipped.operations=t passes over TRUNCATE when the documents may stay.");
	if (!list->name && !list->item[0].has_table)
		return refuse(search, row, "its index may have documents of other tables",
					  "Give each table an index of its own ({table} or {topic} in \"index\", or index.SCHEMA.TABLE), or pass over TRUNCATE with --option skipped.operations=t.");
	empty->index.len = empty->path.len = empty->scroll.len = 0;
	empty->version = relay_search_version(row->record) | 7;
	empty->removed = 0;
	if (!relay_search_index_name(search, row, &empty->index))
		return false;
	escaped = curl_easy_escape(NULL, empty->index.data, (int) empty->index.len);
	relay_buf_printf(&empty->path, "/%s", escaped ? escaped : "");
	curl_free(escaped);
	empty->state = RELAY_EMPTY_REFRESH;
	return true;
}

static void
start(RelaySearch *search, const char *method, const char *path)
{
	relay_transfer_header(&search->transfer, search->empty.state == RELAY_EMPTY_DELETE ? "Content-Type: application/x-ndjson" : "Content-Type: application/json");
	relay_transfer_start(&search->transfer, method, path, search->empty.body.data, search->empty.body.len);
}

/* The request of the current step. */
void
relay_search_empty_send(RelaySearch *search)
{
	RelayEmpty *empty = &search->empty;
	RelayBuf path = {0};

	switch (empty->state)
	{
		case RELAY_EMPTY_REFRESH:
			relay_buf_printf(&path, "%s/_refresh", relay_buf_cstring(&empty->path));
			relay_transfer_start(&search->transfer, "POST", relay_buf_cstring(&path), NULL, 0);
			break;
		case RELAY_EMPTY_SEARCH:
			empty->body.len = 0;
			if (empty->scroll.len == 0)
			{
				relay_buf_printf(&path, "%s/_search?scroll=1m&" FILTER, relay_buf_cstring(&empty->path));
				relay_buf_text(&empty->body, LOOK_FOR);
			}
			else
			{
				relay_buf_text(&path, "/_search/scroll?" FILTER);
				relay_buf_printf(&empty->body, "{\"scroll\":\"1m\",\"scroll_id\":%s}", relay_buf_cstring(&empty->scroll));
			}
			start(search, "POST", relay_buf_cstring(&path));
			break;
		case RELAY_EMPTY_DELETE:
			start(search, "POST", "/_bulk?filter_path=errors,items.*.status,items.*.error");
			break;
		case RELAY_EMPTY_CLEAR:
			empty->body.len = 0;
			relay_buf_printf(&empty->body, "{\"scroll_id\":%s}", relay_buf_cstring(&empty->scroll));
			start(search, "DELETE", "/_search/scroll");
			break;
		case RELAY_EMPTY_IDLE:
		case RELAY_EMPTY_DONE:
			break;
	}
	relay_buf_free(&path);
}

static void
append_json(RelayBuf *out, const json_t *value)
{
	char *text = json_dumps(value, JSON_ENCODE_ANY);

	relay_buf_text(out, text ? text : "null");
	free(text);
}

/* Documents that were found: lines to delete those that are older. */
static void
take_hits(RelaySearch *search, const json_t *answer)
{
	RelayEmpty *empty = &search->empty;
	const json_t *hits = json_object_get(json_object_get(answer, "hits"), "hits");
	const json_t *scroll = json_object_get(answer, "_scroll_id");

	if (scroll)
	{
		empty->scroll.len = 0;
		append_json(&empty->scroll, scroll);
	}
	if (json_array_size(hits) == 0)
	{
		empty->state = empty->scroll.len > 0 ? RELAY_EMPTY_CLEAR : RELAY_EMPTY_DONE;
		return;
	}
	empty->body.len = 0;
	for (size_t i = 0; i < json_array_size(hits); i++)
	{
		const json_t *hit = json_array_get(hits, i);

		if ((uint64_t) json_integer_value(json_object_get(hit, "_version")) >= empty->version)
			continue;
		relay_buf_text(&empty->body, "{\"delete\":{\"_index\":");
		append_json(&empty->body, json_object_get(hit, "_index"));
		relay_buf_text(&empty->body, ",\"_id\":");
		append_json(&empty->body, json_object_get(hit, "_id"));
		relay_buf_printf(&empty->body, ",\"version\":%" PRIu64 ",\"version_type\":\"external\"}}\n", empty->version);
	}
	if (empty->body.len > 0)
		empty->state = RELAY_EMPTY_DELETE;
}

/* What became of the deletes: another version is fine, anything else begins again. */
static void
take_deletes(RelaySearch *search, const json_t *answer)
{
	RelayEmpty *empty = &search->empty;
	const json_t *items = json_object_get(answer, "items");
	RelayError error = {0};

	empty->state = RELAY_EMPTY_SEARCH;
	for (size_t i = 0; i < json_array_size(items); i++)
	{
		const json_t *result = json_object_get(json_array_get(items, i), "delete");
		long status = (long) json_integer_value(json_object_get(result, "status"));

		if (status == 200)
			empty->removed++;
		else if (status != 404 && status != 409 && !error.set)
			relay_fail_retry(&error, RELAY_EXIT_SINK, "the search server did not delete a document: status %ld", status);
	}
	if (!error.set)
		return;
	empty->state = RELAY_EMPTY_REFRESH;
	empty->scroll.len = 0;
	relay_retry_failed(&search->retry, 0, &error);
}

/* The current step's request has ended; false when the sink failed. */
bool
relay_search_empty_answered(RelaySearch *search)
{
	RelayEmpty *empty = &search->empty;
	const RelayTransfer *transfer = &search->transfer;
	bool scrolling = empty->state != RELAY_EMPTY_REFRESH && empty->scroll.len > 0;
	char reason[400];
	json_t *answer;

	/* no such index: there is nothing to empty; no such search any more: begin again */
	if (!transfer->failed && transfer->status == 404 && empty->state != RELAY_EMPTY_CLEAR)
	{
		empty->state = scrolling ? RELAY_EMPTY_REFRESH : RELAY_EMPTY_DONE;
		empty->scroll.len = 0;
		return true;
	}
	if (empty->state == RELAY_EMPTY_CLEAR)
	{
		/* it ends by itself, too */
		empty->state = RELAY_EMPTY_DONE;
		relay_log(RELAY_INFO, "a table was truncated: %" PRIu64 " documents removed", empty->removed);
		return true;
	}
	if (transfer->failed || relay_search_may_pass(transfer->status))
	{
		empty->state = RELAY_EMPTY_REFRESH;
		empty->scroll.len = 0;
		relay_search_request_failed(search);
		return true;
	}
	if (transfer->status < 200 || transfer->status >= 300)
	{
		relay_search_reason(transfer, reason, sizeof(reason));
		relay_fail(&search->base.error, RELAY_EXIT_SINK, "could not empty an index, status %ld: %s", transfer->status, reason);
		return false;
	}
	relay_retry_worked(&search->retry);
	if (empty->state == RELAY_EMPTY_REFRESH)
	{
		empty->state = RELAY_EMPTY_SEARCH;
		return true;
	}
	answer = json_loadb(transfer->body.data ? transfer->body.data : "", transfer->body.len, 0, NULL);
	if (empty->state == RELAY_EMPTY_SEARCH)
		take_hits(search, answer);
	else
		take_deletes(search, answer);
	json_decref(answer);
	return true;
}
