/*
 * redis_commands.c
 *		Commands of the Redis sink for each record.
 *
 * The row goes out as the bytes that the plugin made.  Only for a hash its
 * columns are looked up; a value that is no string is the text of its JSON, and
 * a NULL is a field that is not there.
 */
#include "relay/redis.h"

#include <hiredis/hiredis.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "relay/lines.h"

/* ------------------------------------------------------------------------
 * Arguments
 * ------------------------------------------------------------------------
 */

void
relay_redis_argument(RelayRedis *redis, const char *data, size_t len)
{
	if (redis->argc == redis->args_cap)
	{
		redis->args_cap = redis->args_cap == 0 ? 64 : redis->args_cap * 2;
		redis->argv = relay_realloc(redis->argv, sizeof(*redis->argv) * (size_t) redis->args_cap);
		redis->lengths = relay_realloc(redis->lengths, sizeof(*redis->lengths) * (size_t) redis->args_cap);
	}
	redis->argv[redis->argc] = data;
	redis->lengths[redis->argc++] = len;
}

void
relay_redis_argument_text(RelayRedis *redis, const char *text)
{
	relay_redis_argument(redis, text, strlen(text));
}

void
relay_redis_send(RelayRedis *redis)
{
	char *command = NULL;
	long long len = redisFormatCommandArgv(&command, redis->argc, redis->argv, redis->lengths);

	if (len > 0)
		relay_buf_append(&redis->link.out, command, (size_t) len);
	redisFreeCommand(command);
	redis->argc = 0;
	redis->commands++;
}

/* ------------------------------------------------------------------------
 * Streams
 * ------------------------------------------------------------------------
 */

/* The length of what was appended to redis->text since "start", as an argument later. */
typedef struct Span
{
	size_t start;
	size_t len;
} Span;

static Span
text_since(const RelayRedis *redis, size_t start)
{
	return (Span){start, redis->text.len - start};
}

static void
argument_span(RelayRedis *redis, Span span)
{
	relay_redis_argument(redis, redis->text.data + span.start, span.len);
}

/* XADD with the fields key, value, headers and position, as far as the record has them. */
static bool
stream_record(RelayRedis *redis, RelayRedisPending *pending)
{
	const RelayRecord *record = &pending->record;
	const RelayTemplateList *list;
	char maxlen[24];
	char position[RELAY_POSITION_TEXT];
	Span name;
	Span headers;
	RelayRow row;

	relay_row_open(&row, record);
	list = relay_templates_for(&redis->keys, &row);
	if (list->n == 0)
		return true;
	if (!relay_template_append(&list->item[0], &row, &redis->text, &redis->base.error))
		return false;
	name = text_since(redis, 0);
	relay_headers_append(&redis->text, record);
	headers = text_since(redis, name.len);
	/* pointers into the text only now that it grows no more */
	relay_redis_argument_text(redis, "XADD");
	argument_span(redis, name);
	if (redis->options.maxlen > 0)
	{
		snprintf(maxlen, sizeof(maxlen), "%" PRId64, redis->options.maxlen);
		relay_redis_argument_text(redis, "MAXLEN");
		relay_redis_argument_text(redis, "~");
		relay_redis_argument_text(redis, maxlen);
	}
	relay_redis_argument_text(redis, "*");
	relay_redis_argument_text(redis, "key");
	relay_redis_argument(redis, record->has_key ? record->key.data : "null", record->has_key ? record->key.len : 4);
	if (record->has_value)
	{
		relay_redis_argument_text(redis, "value");
		relay_redis_argument(redis, record->value.data, record->value.len);
	}
	if (record->nheaders > 0)
	{
		relay_redis_argument_text(redis, "headers");
		argument_span(redis, headers);
	}
	if (record->position.lsn != 0)
	{
		relay_position_format(&record->position, position);
		relay_redis_argument_text(redis, "position");
		relay_redis_argument_text(redis, position);
	}
	relay_redis_send(redis);
	pending->replies = 1;
	return true;
}

/* ------------------------------------------------------------------------
 * Entries
 * ------------------------------------------------------------------------
 */

static void
argument_remove(RelayRedis *redis)
{
	relay_redis_argument_text(redis, redis->options.remove == 0 ? "UNLINK" : "DEL");
}

/* One command for all keys of the row. */
static bool
remove_entries(RelayRedis *redis, RelayRedisPending *pending, const RelayTemplateList *list, const RelayRow *row)
{
	Span few[8];
	Span *spans = list->n <= 8 ? few : relay_alloc(sizeof(Span) * (size_t) list->n);
	bool ok = true;

	for (int i = 0; ok && i < list->n; i++)
	{
		size_t start = redis->text.len;

		ok = relay_template_append(&list->item[i], row, &redis->text, &redis->base.error);
		spans[i] = text_since(redis, start);
	}
	if (ok)
	{
		argument_remove(redis);
		for (int i = 0; i < list->n; i++)
			argument_span(redis, spans[i]);
		relay_redis_send(redis);
		pending->replies = 1;
	}
	if (spans != few)
		free(spans);
	return ok;
}

static void
set_string(RelayRedis *redis, RelayRedisPending *pending)
{
	char expire[24];

	relay_redis_argument_text(redis, "SET");
	relay_redis_argument(redis, redis->text.data, redis->text.len);
	relay_redis_argument(redis, pending->record.after.data, pending->record.after.len);
	if (redis->options.expire > 0)
	{
		snprintf(expire, sizeof(expire), "%" PRId64, redis->options.expire);
		relay_redis_argument_text(redis, "EX");
		relay_redis_argument_text(redis, expire);
	}
	relay_redis_send(redis);
	pending->replies = 1;
}

/* The row's columns as text: argument spans of names and values in turn; returns how many. */
static size_t
collect_columns(RelayRedis *redis, RelayBytes after, RelayBuf *spans)
{
	RelayMembers members;
	RelayMember member;
	size_t n = 0;

	relay_members_open(&members, after);
	while (relay_members_next(&members, &member))
	{
		Span pair[2];
		size_t start = redis->text.len;

		if (relay_value_is_null(member.value))
			continue;
		relay_name_text(&redis->text, member.name);
		pair[0] = text_since(redis, start);
		start = redis->text.len;
		relay_value_text(&redis->text, member.value);
		pair[1] = text_since(redis, start);
		relay_buf_append(spans, pair, sizeof(pair));
		n += 2;
	}
	return n;
}

/* All at once, so that nobody sees a part, and no field of an older row stays. */
static void
set_hash(RelayRedis *redis, RelayRedisPending *pending)
{
	Span key = text_since(redis, 0);
	RelayBuf spans = {0};
	size_t n = collect_columns(redis, pending->record.after, &spans);
	char expire[24];

	relay_redis_argument_text(redis, "MULTI");
	relay_redis_send(redis);
	argument_remove(redis);
	argument_span(redis, key);
	relay_redis_send(redis);
	pending->replies = 3;
	if (n > 0)
	{
		relay_redis_argument_text(redis, "HSET");
		argument_span(redis, key);
		for (size_t i = 0; i < n; i++)
			argument_span(redis, ((Span *) (void *) spans.data)[i]);
		relay_redis_send(redis);
		pending->replies++;
	}
	if (redis->options.expire > 0)
	{
		snprintf(expire, sizeof(expire), "%" PRId64, redis->options.expire);
		relay_redis_argument_text(redis, "EXPIRE");
		argument_span(redis, key);
		relay_redis_argument_text(redis, expire);
		relay_redis_send(redis);
		pending->replies++;
	}
	relay_redis_argument_text(redis, "EXEC");
	relay_redis_send(redis);
	relay_buf_free(&spans);
}

static bool
write_entry(RelayRedis *redis, RelayRedisPending *pending, const RelayTemplateList *list, const RelayRow *row)
{
	if (!relay_template_append(&list->item[0], row, &redis->text, &redis->base.error))
		return false;
	if (redis->options.form == RELAY_REDIS_STRING)
		set_string(redis, pending);
	else
		set_hash(redis, pending);
	return true;
}

static bool
refuse_truncate(RelayRedis *redis, const RelayRow *row)
{
	RelayBuf name = {0};

	relay_row_name(row, &name);
	relay_fail(&redis->base.error, RELAY_EXIT_SINK, "table \"%s\" was truncated, and truncate.policy is \"stop\"", relay_buf_cstring(&name));
	relay_hint(&redis->base.error,
			   "--set truncate.policy=flush removes what matches the table's templates; "
			   "--option skipped.operations=t passes over TRUNCATE when the entries may stay.");
	relay_buf_free(&name);
	return false;
}

/* ------------------------------------------------------------------------
 * Records
 * ------------------------------------------------------------------------
 */

bool
relay_redis_record(RelayRedis *redis, RelayRedisPending *pending)
{
	RelayRowChange change;
	const RelayTemplateList *list;
	RelayRow row;

	redis->text.len = 0;
	pending->replies = 0;
	if (redis->options.mode == RELAY_REDIS_STREAM)
		return stream_record(redis, pending);
	change = relay_row_change(&pending->record, &redis->last_delete);
	if (change == RELAY_ROW_NOTHING)
		return true;
	relay_row_open(&row, &pending->record);
	list = relay_templates_for(&redis->keys, &row);
	if (list->n == 0)
		return true;
	if (change == RELAY_ROW_TRUNCATE)
		return refuse_truncate(redis, &row);
	if (redis->options.mode == RELAY_REDIS_INVALIDATE || change == RELAY_ROW_REMOVE)
		return remove_entries(redis, pending, list, &row);
	if (change == RELAY_ROW_UNAVAILABLE)
	{
		redis->unavailable++;
		return remove_entries(redis, pending, list, &row);
	}
	return write_entry(redis, pending, list, &row);
}
