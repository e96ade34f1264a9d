/*
 * redis.c
 *		The sink "redis": streams, entries that follow rows, entries that vanish.
 *
 * Commands are pipelined.  A record is acknowledged when Redis has answered
 * all its commands without an error.  After an error that may pass, or a lost
 * connection, the sink connects again and sends everything from the first
 * record without a good answer on, in order; their bytes are still there.  So
 * it needs nothing again from the server, and holds no more than the ledger.
 *
 * hiredis formats commands and reads answers; the connection is ours, because
 * this program waits in one place for everything, and because TLS is not in
 * all of hiredis' packages.
 */
#include "relay/redis.h"

#include <hiredis/hiredis.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "relay/log.h"
#include "relay/properties.h"

#define MAX_PENDING 16384 /* records in flight, a power of two */
#define MAX_UNSENT (1024 * 1024) /* bytes of commands */
#define SEND_AT (64 * 1024) /* while more is coming */

static const RelayProperty properties[] = {
	{"mode", RELAY_PROPERTY_WORD, offsetof(RelayRedis, options.mode), NULL, "stream|upsert|invalidate", 0, 0},
	{"server", RELAY_PROPERTY_TEXT, offsetof(RelayRedis, options.link.server), "localhost:6379", NULL, 0, 0},
	{"user", RELAY_PROPERTY_TEXT, offsetof(RelayRedis, options.user), NULL, NULL, 0, 0},
	{"password", RELAY_PROPERTY_TEXT, offsetof(RelayRedis, options.password), NULL, NULL, 0, 0},
	{"database", RELAY_PROPERTY_NUMBER, offsetof(RelayRedis, options.database), "0", NULL, 0, 1000000},
	{"key", RELAY_PROPERTY_FAMILY, 0, NULL, NULL, 0, 0},
	{"format", RELAY_PROPERTY_WORD, offsetof(RelayRedis, options.form), "string", "string|hash", 0, 0},
	{"expire.seconds", RELAY_PROPERTY_NUMBER, offsetof(RelayRedis, options.expire), "0", NULL, 0, 1000000000},
	{"stream.maxlen", RELAY_PROPERTY_NUMBER, offsetof(RelayRedis, options.maxlen), "1000000", NULL, 0, INT64_MAX},
	{"delete.command", RELAY_PROPERTY_WORD, offsetof(RelayRedis, options.remove), "UNLINK", "UNLINK|DEL", 0, 0},
	{"truncate.policy", RELAY_PROPERTY_WORD, offsetof(RelayRedis, options.truncate), "stop", "stop|flush", 0, 0},
	{"timeout.seconds", RELAY_PROPERTY_SECONDS, offsetof(RelayRedis, options.link.timeout_us), "10", NULL, 0, 0},
	{"ssl", RELAY_PROPERTY_BOOL, offsetof(RelayRedis, options.link.ssl), "false", NULL, 0, 0},
	{"ssl.ca.location", RELAY_PROPERTY_TEXT, offsetof(RelayRedis, options.link.ssl_ca), NULL, NULL, 0, 0},
	{"ssl.certificate.location", RELAY_PROPERTY_TEXT, offsetof(RelayRedis, options.link.ssl_certificate), NULL, NULL, 0, 0},
	{"ssl.key.location", RELAY_PROPERTY_TEXT, offsetof(RelayRedis, options.link.ssl_key), NULL, NULL, 0, 0},
	{"ssl.verify", RELAY_PROPERTY_BOOL, offsetof(RelayRedis, options.link.ssl_verify), "true", NULL, 0, 0},
	{NULL, RELAY_PROPERTY_TEXT, 0, NULL, NULL, 0, 0}};

/* ------------------------------------------------------------------------
 * Errors
 * ------------------------------------------------------------------------
 */

/* Errors that the configuration or the data causes: another attempt would not help. */
static bool
is_lasting(const char *message)
{
	static const char *const codes[] = {"MOVED ", "ASK ", "CROSSSLOT ", "WRONGTYPE ", "ERR "};

	if (strstr(message, "max number of clients"))
		return false;
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
	{
		if (strncmp(message, codes[i], strlen(codes[i])) == 0)
			return true;
	}
	return false;
}

static void
hint_error(RelayError *error, const char *message)
{
	static const char *const hints[][2] = {
		{"MOVED ", "Redis Cluster keeps this key on another node. The sink talks to one server: use a proxy for the cluster, or a server without cluster mode."},
		{"ASK ", "Redis Cluster is moving this key to another node. The sink talks to one server: use a proxy for the cluster, or a server without cluster mode."},
		{"CROSSSLOT ", "The keys of a row lie in different slots of Redis Cluster: give their templates a common hash tag, {{{table}}}:{id} for example."},
		{"WRONGTYPE ", "Something else has an entry of another type by this name: change the template."},
		{"OOM ", "Redis is full: raise maxmemory, or set maxmemory-policy so that it evicts. Nothing is lost meanwhile."},
		{"READONLY ", "It is a replica: let \"server\" name the primary."},
		{"NOAUTH ", "Give it --set password=… (and user=…), best in the configuration file."},
		{"WRONGPASS ", "Check user and password."},
		{"NOPERM ", "The user needs the commands of the mode for its keys: +xadd, or +set +hset +multi +exec +unlink +del +expire, and +scan with truncate.policy=flush."},
		{"MISCONF ", "Redis could not save to disk and refuses writes: see its log."}};

	for (size_t i = 0; i < sizeof(hints) / sizeof(hints[0]); i++)
	{
		if (strncmp(message, hints[i][0], strlen(hints[i][0])) == 0)
			relay_hint(error, "%s", hints[i][1]);
	}
}

/* The connection is of no use any more: everything without an answer is sent again later. */
static void
try_again(RelayRedis *redis, RelayError *error)
{
	relay_link_stop(&redis->link);
	redis->sent = 0;
	redis->flush.active = false;
	redis->setup = 0;
	redisReaderFree(redis->reader);
	redis->reader = redisReaderCreate();
	relay_retry_failed(&redis->retry, 0, error);
	relay_error_clear(error);
}

/* An answer is an error; false when that is for good. */
static bool
refused(RelayRedis *redis, const char *message)
{
	RelayError error = {0};

	if (redis->setup == 0 && is_lasting(message))
	{
		relay_fail(&redis->base.error, RELAY_EXIT_SINK, "Redis refused a command: %s", message);
		hint_error(&redis->base.error, message);
		return false;
	}
	relay_fail_retry(&error, RELAY_EXIT_SINK, "Redis refused a command: %s", message);
	hint_error(&error, message);
	try_again(redis, &error);
	return true;
}

/* ------------------------------------------------------------------------
 * Connection
 * ------------------------------------------------------------------------
 */

static void
send_setup(RelayRedis *redis)
{
	const RelayRedisOptions *options = &redis->options;
	char number[24];

	if (options->password)
	{
		relay_redis_argument_text(redis, "AUTH");
		if (options->user)
			relay_redis_argument_text(redis, options->user);
		relay_redis_argument_text(redis, options->password);
		relay_redis_send(redis);
		redis->setup++;
	}
	if (options->database > 0)
	{
		snprintf(number, sizeof(number), "%" PRId64, options->database);
		relay_redis_argument_text(redis, "SELECT");
		relay_redis_argument_text(redis, number);
		relay_redis_send(redis);
		redis->setup++;
	}
	/* so that an answer comes, whatever is sent afterwards */
	relay_redis_argument_text(redis, "PING");
	relay_redis_send(redis);
	redis->setup++;
	redis->answered_at = relay_now();
}

static void
start(RelayRedis *redis)
{
	if (!relay_link_start(&redis->link))
	{
		try_again(redis, &redis->link.error);
		return;
	}
	send_setup(redis);
}

/* ------------------------------------------------------------------------
 * Records in flight
 * ------------------------------------------------------------------------
 */

static RelayRedisPending *
pending_at(const RelayRedis *redis, uint32_t i)
{
	return &redis->ring[(redis->first + i) & (MAX_PENDING - 1)];
}

/* Those at the front whose answers have all come. */
static void
acknowledge_answered(RelayRedis *redis)
{
	while (redis->sent > 0 && redis->ring[redis->first].replies == 0)
	{
		RelayRedisPending *pending = &redis->ring[redis->first];

		redis->first = (redis->first + 1) & (MAX_PENDING - 1);
		redis->n--;
		redis->sent--;
		redis->base.delivered++;
		redis->base.delivered_bytes += pending->record.key.len + pending->record.value.len;
		relay_ledger_acknowledge(pending->batch);
	}
}

/* Writes commands of records that have none yet, as far as there is room. */
static bool
fill(RelayRedis *redis)
{
	if (redis->link.state != RELAY_LINK_READY || redis->setup > 0)
		return true;
	while (redis->sent < redis->n && !redis->flush.active && relay_link_unsent(&redis->link) < MAX_UNSENT)
	{
		RelayRedisPending *pending = pending_at(redis, redis->sent);

		if (relay_redis_is_flush(redis, &pending->record))
		{
			/* all that came before is answered first */
			if (redis->sent > 0)
				break;
			if (!relay_redis_flush_start(redis, &pending->record))
				return false;
			pending->replies = redis->flush.active;
		}
		else if (!relay_redis_record(redis, pending))
			return false;
		/* begins to wait */
		if (redis->sent == 0)
			redis->answered_at = relay_now();
		redis->sent++;
		acknowledge_answered(redis);
	}
	return true;
}

/* ------------------------------------------------------------------------
 * Answers
 * ------------------------------------------------------------------------
 */

static const char *
reply_error(const redisReply *reply)
{
	if (reply->type == REDIS_REPLY_ERROR)
		return reply->str;
	/* what EXEC did */
	for (size_t i = 0; reply->type == REDIS_REPLY_ARRAY && i < reply->elements; i++)
	{
		if (reply->element[i]->type == REDIS_REPLY_ERROR)
			return reply->element[i]->str;
	}
	return NULL;
}

static bool
take_reply(RelayRedis *redis, const redisReply *reply)
{
	const char *message = reply_error(reply);

	redis->answered_at = relay_now();
	if (message)
		return refused(redis, message);
	if (redis->setup > 0)
	{
		if (--redis->setup == 0)
			relay_log(RELAY_DEBUG, "connected to Redis");
		return true;
	}
	if (redis->sent == 0)
		return relay_fail(&redis->base.error, RELAY_EXIT_SINK, "Redis sent an answer that nobody asked for");
	relay_retry_worked(&redis->retry);
	if (redis->flush.active)
	{
		if (!relay_redis_flush_reply(redis, reply))
			return false;
		if (redis->flush.active)
			return true;
	}
	redis->ring[redis->first].replies--;
	acknowledge_answered(redis);
	return true;
}

/* All answers that have come; false when the sink failed for good. */
static bool
read_replies(RelayRedis *redis)
{
	static char data[65536];
	ssize_t len;

	while ((len = relay_link_read(&redis->link, data, sizeof(data))) > 0)
	{
		redisReply *reply = NULL;
		bool ok = redisReaderFeed(redis->reader, data, (size_t) len) == REDIS_OK;

		while (ok && redis->link.state == RELAY_LINK_READY && (ok = redisReaderGetReply(redis->reader, (void **) &reply) == REDIS_OK) && reply)
		{
			bool taken = take_reply(redis, reply);

			freeReplyObject(reply);
			if (!taken)
				return false;
		}
		if (!ok)
			return relay_fail(&redis->base.error, RELAY_EXIT_SINK, "the server does not speak Redis' protocol");
	}
	if (len < 0)
		try_again(redis, &redis->link.error);
	return true;
}

static bool
waits_for_answer(const RelayRedis *redis)
{
	return redis->link.state == RELAY_LINK_READY && (redis->setup > 0 || redis->sent > 0);
}

static void
check_silence(RelayRedis *redis)
{
	RelayError error = {0};

	if (!waits_for_answer(redis) || relay_now() - redis->answered_at < redis->options.link.timeout_us)
		return;
	relay_fail_retry(&error, RELAY_EXIT_SINK, "Redis has not answered for %.1f s", (double) redis->options.link.timeout_us / 1e6);
	try_again(redis, &error);
}

/* ------------------------------------------------------------------------
 * The sink's functions
 * ------------------------------------------------------------------------
 */

static bool
redis_serve(RelaySink *base, bool idle)
{
	RelayRedis *redis = (RelayRedis *) base;

	if (base->error.set)
		return false;
	if (redis->link.state == RELAY_LINK_CLOSED && relay_retry_due(&redis->retry))
		start(redis);
	if (redis->link.state == RELAY_LINK_CLOSED)
		return true;
	if (redis->link.state != RELAY_LINK_READY && !relay_link_serve(&redis->link))
	{
		try_again(redis, &redis->link.error);
		return true;
	}
	if (!read_replies(redis) || !fill(redis))
		return false;
	if ((idle || relay_link_unsent(&redis->link) >= SEND_AT || redis->n == MAX_PENDING) && redis->link.state == RELAY_LINK_READY &&
		!relay_link_serve(&redis->link))
		try_again(redis, &redis->link.error);
	check_silence(redis);
	return !base->error.set;
}

static RelayPut
redis_put(RelaySink *base, const RelayRecord *record, RelayBatch *batch)
{
	RelayRedis *redis = (RelayRedis *) base;
	RelayRedisPending *pending;

	if (base->error.set)
		return RELAY_PUT_FAILED;
	if (redis->n == MAX_PENDING)
		return RELAY_PUT_LATER;
	pending = pending_at(redis, redis->n);
	pending->record = *record;
	pending->batch = batch;
	pending->replies = 0;
	redis->n++;
	relay_ledger_expect(batch);
	return RELAY_PUT_DONE;
}

static int
redis_descriptor(RelaySink *base)
{
	return ((RelayRedis *) base)->link.epoll;
}

static int64_t
redis_due(RelaySink *base)
{
	RelayRedis *redis = (RelayRedis *) base;

	if (redis->link.state == RELAY_LINK_CLOSED)
		return redis->retry.at;
	if (waits_for_answer(redis))
		return redis->answered_at + redis->options.link.timeout_us;
	return relay_link_due(&redis->link);
}

/* Connects, and waits for the answers to AUTH, SELECT and PING. */
static bool
redis_probe(RelaySink *base)
{
	RelayRedis *redis = (RelayRedis *) base;
	int64_t deadline = relay_now() + redis->options.link.timeout_us;
	uint64_t failures = redis->retry.retries;

	redis->retry.quiet = true;
	start(redis);
	while (redis->retry.retries == failures && !base->error.set && (redis->link.state != RELAY_LINK_READY || redis->setup > 0) && relay_now() < deadline)
	{
		struct pollfd fd = {redis->link.epoll, POLLIN, 0};

		if (!relay_link_serve(&redis->link))
			try_again(redis, &redis->link.error);
		else if (read_replies(redis))
			poll(&fd, 1, 100);
	}
	if (redis->retry.retries > failures)
	{
		base->error = redis->retry.error;
		return false;
	}
	if (base->error.set)
		return false;
	return redis->link.state == RELAY_LINK_READY && redis->setup == 0 ? true : relay_fail(&base->error, RELAY_EXIT_SINK, "Redis does not answer");
}

static void
redis_metrics(RelaySink *base, RelayBuf *out)
{
	const RelayRedis *redis = (RelayRedis *) base;

	relay_buf_printf(out,
					 "# HELP cdc_json_redis_commands_total Commands sent, those sent again included.\n# TYPE cdc_json_redis_commands_total counter\n"
					 "cdc_json_redis_commands_total %" PRIu64 "\n"
					 "# HELP cdc_json_unavailable_total Rows with columns that the log does not hold: their entries were removed.\n"
					 "# TYPE cdc_json_unavailable_total counter\ncdc_json_unavailable_total %" PRIu64 "\n",
					 redis->commands, redis->unavailable);
	relay_retry_metrics(&redis->retry, out);
}

static void
redis_close(RelaySink *base)
{
	RelayRedis *redis = (RelayRedis *) base;

	relay_link_close(&redis->link);
	if (redis->reader)
		redisReaderFree(redis->reader);
	relay_templates_free(&redis->keys);
	relay_buf_free(&redis->text);
	relay_buf_free(&redis->flush.patterns);
	free(redis->argv);
	free(redis->lengths);
	free(redis->ring);
	free(redis);
}

static bool
read_options(RelayRedis *redis, const RelayOptions *options, RelayError *error)
{
	RelayRedisOptions *own = &redis->options;

	own->mode = -1;
	if (!relay_properties_read(&options->sink_set, "redis", properties, redis, error))
		return false;
	if (own->mode < 0)
	{
		relay_fail(error, RELAY_EXIT_USAGE, "the sink \"redis\" needs --set mode=MODE");
		relay_hint(error, "Valid are \"stream\", \"upsert\" and \"invalidate\".");
		return false;
	}
	if (own->user && !own->password)
		return relay_fail(error, RELAY_EXIT_USAGE, "property \"user\" needs \"password\"");
	if ((own->link.ssl_certificate != NULL) != (own->link.ssl_key != NULL))
		return relay_fail(error, RELAY_EXIT_USAGE, "ssl.certificate.location and ssl.key.location need each other");
	own->link.port = "6379";
	return relay_templates_read(&redis->keys, &options->sink_set, "key", own->mode == RELAY_REDIS_STREAM ? "{topic}" : "{table}:{key}",
								own->mode == RELAY_REDIS_INVALIDATE ? RELAY_TEMPLATE_MANY : RELAY_TEMPLATE_ONE, own->mode != RELAY_REDIS_STREAM, error);
}

static RelaySink *
redis_open(const RelayOptions *options, RelayLedger *ledger, RelayError *error)
{
	RelayRedis *redis = relay_alloc(sizeof(*redis));

	redis->base.kind = &relay_redis_sink;
	redis->base.ledger = ledger;
	redis->link.epoll = redis->link.fd = -1;
	redis->retry.longest_us = options->retry_us;
	redis->ring = relay_alloc(sizeof(*redis->ring) * MAX_PENDING);
	redis->reader = redisReaderCreate();
	if (!read_options(redis, options, error) || !relay_link_open(&redis->link, &redis->options.link, error))
	{
		redis_close(&redis->base);
		return NULL;
	}
	return &redis->base;
}

const RelaySinkKind relay_redis_sink = {
	.name = "redis",
	.help = "  redis     mode=stream|upsert|invalidate, server=HOST:PORT or a socket's path [localhost:6379], user=, password=,\n"
			"            database= [0], key=TEMPLATE [{table}:{key}; a stream's: {topic}], key.SCHEMA.TABLE=TEMPLATE (with\n"
			"            invalidate several, separated by commas), format=string|hash [string], expire.seconds= [0: never],\n"
			"            stream.maxlen= [1000000; 0: not trimmed], delete.command=UNLINK|DEL, truncate.policy=stop|flush [stop],\n"
			"            timeout.seconds= [10], ssl=true, ssl.ca.location=, ssl.certificate.location=, ssl.key.location=, ssl.verify=\n",
	.open = redis_open,
	.put = redis_put,
	.serve = redis_serve,
	.descriptor = redis_descriptor,
	.due = redis_due,
	.probe = redis_probe,
	.metrics = redis_metrics,
	.close = redis_close,
	.plugin_options = relay_sink_truncates,
};
