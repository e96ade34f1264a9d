/*
 * kafka_readback.c
 *		Reads the ends of a topic's partitions, for --dedupe.
 *
 * librdkafka's calls for this wait for brokers, and the relay's loop must not:
 * so they run in a thread, one topic at a time.  The thread touches nothing
 * but the RelayKafkaReadBack and the two clients, which live until it has been
 * joined; it ends with "done" and a byte in the sink's pipe.
 *
 * A request of an earlier run may still be on its way to a broker when the
 * next run asks.  So the first answer of a cluster is followed by a pause:
 * the broker that gave it has then dealt with what it had received before.
 */
#include "relay/kafka.h"

#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "relay/log.h"

#define CALL_MS 1000 /* a call to a broker; also how long the end of the program may wait */
#define PAUSE_US 50000
#define RETRY_PAUSES 10
#define SETTLE_US 300000
#define UNKNOWN_TOPIC_US 30000000 /* how long a new topic may take to be known */
#define READ_US 30000000 /* for all partitions of a topic */
#define LOOK_BACK 10000 /* records at the end of a partition that may be without a position */
#define LOOK_BACK_STEP 100

/* A partition while it is read. */
typedef struct Part
{
	int64_t low;
	int64_t high;
	bool started;
	bool reading; /* not yet at "high" */
	bool found; /* a record of ours */
} Part;

static bool
stopped(RelayKafkaReadBack *back)
{
	return __atomic_load_n(&back->stop, __ATOMIC_ACQUIRE);
}

/* The answer is an error; true, for it ends the attempts. */
static bool
give_up(RelayKafkaReadBack *back, RelayExit code, const char *message)
{
	relay_fail(&back->error, code, "could not read back topic \"%s\": %s", back->topic, message);
	return true;
}

/* Another attempt may help; said once. */
static bool
again(RelayKafkaReadBack *back, const char *message)
{
	if (!back->warned)
		relay_log(RELAY_WARNING, "could not read back topic \"%s\": %s; trying again", back->topic, message);
	back->warned = true;
	return false;
}

static bool
is_refusal(rd_kafka_resp_err_t code)
{
	return code == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED || code == RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED ||
		   code == RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION;
}

/* Whether the code ends the attempts. */
static bool
broker_error(RelayKafkaReadBack *back, rd_kafka_resp_err_t code)
{
	if (!is_refusal(code))
		return again(back, rd_kafka_err2str(code));
	give_up(back, RELAY_EXIT_SINK, rd_kafka_err2str(code));
	relay_hint(&back->error, "With --dedupe, this user must be allowed to read the topic, too.");
	return true;
}

/* ------------------------------------------------------------------------
 * How many partitions, from where to where
 * ------------------------------------------------------------------------
 */

/* Asks with the producer, for that creates topics where the brokers do so. */
static rd_kafka_resp_err_t
count_partitions(RelayKafkaReadBack *back)
{
	rd_kafka_topic_t *topic = rd_kafka_topic_new(back->producer, back->topic, NULL);
	const struct rd_kafka_metadata *metadata;
	rd_kafka_resp_err_t code;

	if (!topic)
		return rd_kafka_last_error();
	code = rd_kafka_metadata(back->producer, 0, topic, &metadata, CALL_MS);
	rd_kafka_topic_destroy(topic);
	if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
		return code;
	code = metadata->topic_cnt == 1 ? metadata->topics[0].err : RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
	back->partitions = code == RD_KAFKA_RESP_ERR_NO_ERROR ? metadata->topics[0].partition_cnt : 0;
	rd_kafka_metadata_destroy(metadata);
	return code == RD_KAFKA_RESP_ERR_NO_ERROR && back->partitions == 0 ? RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART : code;
}

/* False to try again, or with an error set. */
static bool
find_partitions(RelayKafkaReadBack *back, bool *end)
{
	rd_kafka_resp_err_t code = count_partitions(back);

	*end = false;
	if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
		return true;
	if (code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART && relay_now() - back->started_at > UNKNOWN_TOPIC_US)
	{
		*end = give_up(back, RELAY_EXIT_SINK, rd_kafka_err2str(code));
		relay_hint(&back->error, "Create the topic, or let it be created: --set topic.creation.default.partitions=N.");
	}
	else
		*end = broker_error(back, code);
	return false;
}

static bool
start_consumer(RelayKafkaReadBack *back)
{
	char message[300];

	if (back->consumer)
		return true;
	back->consumer = rd_kafka_new(RD_KAFKA_CONSUMER, rd_kafka_conf_dup(back->conf), message, sizeof(message));
	if (!back->consumer)
		return again(back, message);
	return true;
}

/* ------------------------------------------------------------------------
 * The records at the ends
 * ------------------------------------------------------------------------
 */

/* A header's bytes, without length if there is none. */
static RelayBytes
last_header(const rd_kafka_headers_t *headers, const char *name)
{
	const void *value;
	size_t len;

	if (rd_kafka_header_get_last(headers, name, &value, &len) != RD_KAFKA_RESP_ERR_NO_ERROR)
		return (RelayBytes){NULL, 0};
	return (RelayBytes){value, len};
}

/* A record that was read: is it of this slot, and where is it? */
static void
take_record(RelayKafkaReadBack *back, Part *part, const rd_kafka_message_t *message)
{
	rd_kafka_headers_t *headers;
	RelayPosition position;
	RelayBytes text;
	RelayKafkaOrigin origin;

	if (rd_kafka_message_headers(message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR)
		return;
	text = last_header(headers, RELAY_KAFKA_ORIGIN_HEADER);
	if (!relay_kafka_origin_parse(text.data, text.len, &origin) || strcmp(origin.slot, back->origin.slot) != 0)
		return;
	text = last_header(headers, "__cdc_json.position");
	if (!relay_position_parse(text.data, text.len, &position))
		return;
	part->found = true;
	back->foreign[message->partition] = strcmp(origin.system_id, back->origin.system_id) != 0 || origin.timeline != back->origin.timeline;
	if (back->foreign[message->partition])
		back->foreigner = origin;
	/* with another number of partitions, a key's records were elsewhere */
	if (origin.partitions == back->partitions && !back->foreign[message->partition])
		back->tail[message->partition] = position;
	else
		memset(&back->tail[message->partition], 0, sizeof(RelayPosition));
}

/* Starts to read the last "n" records of the partitions that have not been found; returns how many these are. */
static int
start_reading(RelayKafkaReadBack *back, rd_kafka_topic_t *topic, rd_kafka_queue_t *queue, Part *parts, int64_t n)
{
	int left = 0;

	for (int p = 0; p < back->partitions; p++)
	{
		int64_t from = parts[p].high - n > parts[p].low ? parts[p].high - n : parts[p].low;

		parts[p].started = !parts[p].found && parts[p].low < parts[p].high && rd_kafka_consume_start_queue(topic, p, from, queue) == 0;
		parts[p].reading = parts[p].started;
		left += parts[p].reading;
	}
	return left;
}

/* Reads until all partitions have shown their ends; false to try again, or with *end an error. */
static bool
read_queue(RelayKafkaReadBack *back, rd_kafka_queue_t *queue, Part *parts, int left, bool *end)
{
	int64_t deadline = relay_now() + READ_US;

	while (left > 0)
	{
		rd_kafka_message_t *message = rd_kafka_consume_queue(queue, 100);
		rd_kafka_resp_err_t code = message ? message->err : RD_KAFKA_RESP_ERR_NO_ERROR;
		Part *part = message && message->partition >= 0 && message->partition < back->partitions ? &parts[message->partition] : NULL;

		if (part && part->reading && code == RD_KAFKA_RESP_ERR_NO_ERROR)
			take_record(back, part, message);
		if (part && part->reading && (code == RD_KAFKA_RESP_ERR__PARTITION_EOF || (code == RD_KAFKA_RESP_ERR_NO_ERROR && message->offset >= part->high - 1)))
		{
			part->reading = false;
			left--;
		}
		if (message)
			rd_kafka_message_destroy(message);
		if (is_refusal(code))
		{
			*end = broker_error(back, code);
			return false;
		}
		if (stopped(back) || relay_now() > deadline)
			return again(back, "no answer");
	}
	return true;
}

static bool
read_ends(RelayKafkaReadBack *back, Part *parts, int64_t n, bool *end)
{
	/* without a group: it needs no rights to one, and no coordinator */
	rd_kafka_topic_t *topic = rd_kafka_topic_new(back->consumer, back->topic, NULL);
	rd_kafka_queue_t *queue = rd_kafka_queue_new(back->consumer);
	bool ok;

	*end = false;
	ok = topic && read_queue(back, queue, parts, start_reading(back, topic, queue, parts, n), end);
	for (int p = 0; p < back->partitions; p++)
	{
		if (parts[p].started)
			rd_kafka_consume_stop(topic, p);
	}
	rd_kafka_queue_destroy(queue);
	if (topic)
		rd_kafka_topic_destroy(topic);
	return ok;
}

/* Farther and farther back, until each partition has shown a record of ours. */
static bool
read_partitions(RelayKafkaReadBack *back, Part *parts)
{
	bool end;

	for (int p = 0; p < back->partitions; p++)
	{
		rd_kafka_resp_err_t code;

		if (stopped(back))
			return false;
		code = rd_kafka_query_watermark_offsets(back->consumer, back->topic, p, &parts[p].low, &parts[p].high, CALL_MS);
		if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
			return broker_error(back, code);
	}
	for (int64_t n = 1; n <= LOOK_BACK; n *= LOOK_BACK_STEP)
	{
		if (!read_ends(back, parts, n, &end))
			return end;
	}
	return true;
}

/* One attempt; false if another one is to follow. */
static bool
attempt(RelayKafkaReadBack *back)
{
	Part *parts;
	bool end;

	if (!find_partitions(back, &end))
		return end;
	for (int i = 0; !back->settled && i < SETTLE_US / PAUSE_US; i++)
		usleep(PAUSE_US);
	back->settled = true;
	if (!start_consumer(back))
		return false;
	free(back->tail);
	free(back->foreign);
	back->tail = relay_alloc(sizeof(RelayPosition) * (size_t) back->partitions);
	back->foreign = relay_alloc((size_t) back->partitions);
	parts = relay_alloc(sizeof(Part) * (size_t) back->partitions);
	end = read_partitions(back, parts);
	free(parts);
	return end;
}

static void *
run(void *argument)
{
	RelayKafkaReadBack *back = argument;

	while (!stopped(back) && !attempt(back))
	{
		for (int i = 0; i < RETRY_PAUSES && !stopped(back); i++)
			usleep(PAUSE_US);
	}
	__atomic_store_n(&back->done, true, __ATOMIC_RELEASE);
	(void) !write(back->wake_fd, "b", 1);
	return NULL;
}

/* ------------------------------------------------------------------------
 * From the loop
 * ------------------------------------------------------------------------
 */

bool
relay_kafka_readback_start(RelayKafkaReadBack *back, const char *topic)
{
	back->topic = topic;
	back->started_at = relay_now();
	back->done = back->stop = back->warned = false;
	if (pthread_create(&back->thread, NULL, run, back) != 0)
		return relay_fail(&back->error, RELAY_EXIT_INTERNAL, "could not start a thread");
	back->running = true;
	return true;
}

bool
relay_kafka_readback_done(RelayKafkaReadBack *back)
{
	if (!back->running || !__atomic_load_n(&back->done, __ATOMIC_ACQUIRE))
		return false;
	pthread_join(back->thread, NULL);
	back->running = false;
	return true;
}

void
relay_kafka_readback_end(RelayKafkaReadBack *back)
{
	if (back->running)
	{
		__atomic_store_n(&back->stop, true, __ATOMIC_RELEASE);
		pthread_join(back->thread, NULL);
		back->running = false;
	}
	relay_kafka_readback_rest(back);
	free(back->tail);
	free(back->foreign);
	back->tail = NULL;
	back->foreign = NULL;
	back->settled = false;
}

void
relay_kafka_readback_rest(RelayKafkaReadBack *back)
{
	if (!back->consumer || back->running)
		return;
	rd_kafka_destroy(back->consumer);
	back->consumer = NULL;
}
