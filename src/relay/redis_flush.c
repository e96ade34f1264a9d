/*
 * redis_flush.c
 *		TRUNCATE in the Redis sink with truncate.policy=flush.
 *
 * SCAN finds what matches the table's templates with "*" for columns, and each
 * find is deleted before the next look.  All records before have been
 * answered, and none after has been sent, so that nothing newer is deleted.
 */
#include "relay/redis.h"

#include <hiredis/hiredis.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "relay/log.h"

#define LOOK_AT "1000" /* entries that one SCAN looks at, about */

bool
relay_redis_is_flush(const RelayRedis *redis, const RelayRecord *record)
{
	return record->kind == 't' && redis->options.mode != RELAY_REDIS_STREAM && redis->options.truncate == 1;
}

static void
send_scan(RelayRedis *redis)
{
	RelayRedisFlush *flush = &redis->flush;

	relay_redis_argument_text(redis, "SCAN");
	relay_redis_argument_text(redis, flush->cursor);
	relay_redis_argument_text(redis, "MATCH");
	relay_redis_argument_text(redis, flush->patterns.data + flush->pattern);
	relay_redis_argument_text(redis, "COUNT");
	relay_redis_argument_text(redis, LOOK_AT);
	relay_redis_send(redis);
}

/* The next look, or the next pattern; false when there is none. */
static bool
next_scan(RelayRedis *redis)
{
	RelayRedisFlush *flush = &redis->flush;

	if (strcmp(flush->cursor, "0") == 0)
	{
		flush->pattern += strlen(flush->patterns.data + flush->pattern) + 1;
		if (flush->pattern >= flush->patterns.len)
		{
			flush->active = false;
			relay_log(RELAY_INFO, "a table was truncated: %" PRIu64 " entries of Redis removed", flush->removed);
			return false;
		}
	}
	send_scan(redis);
	return true;
}

bool
relay_redis_flush_start(RelayRedis *redis, const RelayRecord *record)
{
	RelayRedisFlush *flush = &redis->flush;
	const RelayTemplateList *list;
	RelayRow row;

	relay_row_open(&row, record);
	list = relay_templates_for(&redis->keys, &row);
	flush->patterns.len = 0;
	flush->pattern = 0;
	flush->removed = 0;
	flush->active = list->n > 0;
	for (int i = 0; i < list->n; i++)
	{
		if (!list->item[i].has_literal)
		{
			relay_fail(&redis->base.error, RELAY_EXIT_SINK, "the template \"%s\" would match every entry, so a truncated table cannot be flushed",
					   list->item[i].text);
			relay_hint(&redis->base.error, "Give the table a template with a text of its own, such as {table}:{key}.");
			return false;
		}
		relay_template_pattern(&list->item[i], &row, &flush->patterns);
		relay_buf_append(&flush->patterns, "", 1);
	}
	if (flush->active)
	{
		strcpy(flush->cursor, "0");
		send_scan(redis);
	}
	return true;
}

/* SCAN's answer: the next cursor and what was found. */
static bool
found(RelayRedis *redis, const redisReply *reply)
{
	RelayRedisFlush *flush = &redis->flush;
	const redisReply *keys;

	if (reply->elements != 2 || reply->element[0]->type != REDIS_REPLY_STRING || reply->element[1]->type != REDIS_REPLY_ARRAY)
		return relay_fail(&redis->base.error, RELAY_EXIT_SINK, "Redis gave an answer to SCAN that is none");
	snprintf(flush->cursor, sizeof(flush->cursor), "%s", reply->element[0]->str);
	keys = reply->element[1];
	if (keys->elements == 0)
	{
		next_scan(redis);
		return true;
	}
	relay_redis_argument_text(redis, redis->options.remove == 0 ? "UNLINK" : "DEL");
	for (size_t i = 0; i < keys->elements; i++)
		relay_redis_argument(redis, keys->element[i]->str, (size_t) keys->element[i]->len);
	relay_redis_send(redis);
	return true;
}

bool
relay_redis_flush_reply(RelayRedis *redis, const redisReply *reply)
{
	if (reply->type == REDIS_REPLY_ARRAY)
		return found(redis, reply);
	if (reply->type == REDIS_REPLY_INTEGER)
		redis->flush.removed += (uint64_t) reply->integer;
	next_scan(redis);
	return true;
}
