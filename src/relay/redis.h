/*
 * redis.h
 *		What the files of the Redis sink share.
 */
#ifndef RELAY_REDIS_H
#define RELAY_REDIS_H

#include "relay/link.h"
#include "relay/retry.h"
#include "relay/row.h"
#include "relay/sink.h"
#include "relay/template.h"

struct redisReader;
struct redisReply;

typedef enum RelayRedisMode
{
	RELAY_REDIS_STREAM,
	RELAY_REDIS_UPSERT,
	RELAY_REDIS_INVALIDATE
} RelayRedisMode;

typedef enum RelayRedisForm
{
	RELAY_REDIS_STRING,
	RELAY_REDIS_HASH
} RelayRedisForm;

typedef struct RelayRedisOptions
{
	int mode; /* RelayRedisMode */
	int form; /* RelayRedisForm */
	int remove; /* 0: UNLINK, 1: DEL */
	int truncate; /* 0: stop, 1: flush */
	RelayLinkOptions link;
	const char *user;
	const char *password;
	int64_t database;
	int64_t maxlen; /* of a stream, about; 0: not trimmed */
	int64_t expire; /* of an entry, seconds; 0: never */
} RelayRedisOptions;

/* A record whose answers have not all come. */
typedef struct RelayRedisPending
{
	RelayRecord record;
	RelayBatch *batch;
	uint32_t replies; /* to come for its commands */
} RelayRedisPending;

/* A TRUNCATE being carried out: deletes what matches patterns, one after the other. */
typedef struct RelayRedisFlush
{
	bool active;
	RelayBuf patterns; /* each ended by a NUL */
	size_t pattern; /* where the current one begins */
	char cursor[24];
	uint64_t removed;
} RelayRedisFlush;

typedef struct RelayRedis
{
	RelaySink base;
	RelayRedisOptions options;
	RelayTemplates keys;
	RelayLink link;
	RelayRetry retry;
	struct redisReader *reader;
	int setup; /* answers to AUTH and SELECT to come */
	int64_t answered_at; /* last answer, or when we began to wait for one */

	/* a ring: records in flight, oldest first */
	RelayRedisPending *ring;
	uint32_t first;
	uint32_t n;
	uint32_t sent; /* of them, their commands were written */

	RelayRedisFlush flush;
	RelayPosition last_delete;

	/* for making commands */
	RelayBuf text;
	const char **argv;
	size_t *lengths;
	int argc;
	int args_cap;

	uint64_t commands;
	uint64_t unavailable; /* entries removed because columns were missing */
} RelayRedis;

/* redis_commands.c: writes a command with the arguments collected so far. */
extern void relay_redis_send(RelayRedis *redis);
extern void relay_redis_argument(RelayRedis *redis, const char *data, size_t len);
extern void relay_redis_argument_text(RelayRedis *redis, const char *text);

/* The commands for a record: sets pending->replies; false with redis->base.error. */
extern bool relay_redis_record(RelayRedis *redis, RelayRedisPending *pending);

/* redis_flush.c: whether this record is a TRUNCATE that empties what is cached. */
extern bool relay_redis_is_flush(const RelayRedis *redis, const RelayRecord *record);
/* Begins, or begins again after the connection was lost. */
extern bool relay_redis_flush_start(RelayRedis *redis, const RelayRecord *record);
/* An answer to one of its commands; it is over when flush.active is false. */
extern bool relay_redis_flush_reply(RelayRedis *redis, const struct redisReply *reply);

#endif /* RELAY_REDIS_H */
