/*
 * kafka_state.c
 *		The state in a topic of Kafka: the newest record with the slot's key, in
 *		the first partition of a compacted topic.
 *
 * A producer of its own writes, so that neither the sink's queue nor its
 * errors delay a position; a consumer reads the topic once, at the start.  The
 * connection's properties are the sink's.
 */
#define _GNU_SOURCE 1
#include "relay/kafka.h"

#include <errno.h>
#include <fcntl.h>
#include <librdkafka/rdkafka.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "relay/log.h"
#include "relay/state.h"

#define READ_TIMEOUT_MS 30000
#define POLL_MS 200
#define FIND_ATTEMPTS 25 /* POLL_MS apart */
#define PARTITION 0

typedef struct KafkaStore
{
	RelayStore base;
	const RelayOptions *options;
	char *topic;
	char *key;
	rd_kafka_t *producer;
	rd_kafka_queue_t *queue;
	int wake[2]; /* readable when a report has come */
	RelayStored stored;
	rd_kafka_resp_err_t reason; /* of RELAY_STORE_FAILED */
} KafkaStore;

/* ------------------------------------------------------------------------
 * Clients
 * ------------------------------------------------------------------------
 */

/* The sink's properties without what is only for its records. */
static rd_kafka_conf_t *
make_conf(const RelayOptions *options, RelayKafkaOptions *connect, RelayError *error)
{
	RelayKafka *scratch = relay_alloc(sizeof(*scratch));
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	char message[200];

	scratch->conf = conf;
	if (!relay_kafka_options(scratch, options, error))
	{
		rd_kafka_conf_destroy(conf);
		conf = NULL;
	}
	*connect = scratch->options;
	free(scratch);
	if (!conf)
		return NULL;
	/* positions must not wait, nor be lost; that one comes twice does no harm, and one is written at a time */
	rd_kafka_conf_set(conf, "enable.gapless.guarantee", "false", message, sizeof(message));
	rd_kafka_conf_set(conf, "enable.idempotence", "false", message, sizeof(message));
	rd_kafka_conf_set(conf, "acks", "all", message, sizeof(message));
	rd_kafka_conf_set(conf, "linger.ms", "0", message, sizeof(message));
	rd_kafka_conf_set(conf, "message.max.bytes", "100000000", message, sizeof(message));
	return conf;
}

static void
on_delivery(rd_kafka_t *producer, const rd_kafka_message_t *message, void *opaque)
{
	KafkaStore *store = opaque;

	(void) producer;
	store->stored = message->err == RD_KAFKA_RESP_ERR_NO_ERROR ? RELAY_STORED : RELAY_STORE_FAILED;
	store->reason = message->err;
}

/* Errors of brokers heal, or show in a report. */
static void
on_error(rd_kafka_t *client, int code, const char *reason, void *opaque)
{
	(void) client;
	(void) code;
	(void) opaque;
	relay_log(RELAY_DEBUG, "Kafka, for the state: %s", reason);
}

/* Called by librdkafka's threads. */
static void
on_log(const rd_kafka_t *client, int level, const char *facility, const char *text)
{
	(void) client;
	relay_log(level <= 2 ? RELAY_ERROR : RELAY_DEBUG, "Kafka, for the state: %s: %s", facility, text);
}

static bool
start_producer(KafkaStore *store, rd_kafka_conf_t *conf, RelayError *error)
{
	char message[400];

	rd_kafka_conf_set_opaque(conf, store);
	rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
	rd_kafka_conf_set_error_cb(conf, on_error);
	rd_kafka_conf_set_log_cb(conf, on_log);
	store->producer = rd_kafka_new(RD_KAFKA_PRODUCER, conf, message, sizeof(message));
	if (!store->producer)
	{
		rd_kafka_conf_destroy(conf);
		return relay_fail(error, RELAY_EXIT_USAGE, "could not start a Kafka producer for the state: %s", message);
	}
	store->queue = rd_kafka_queue_get_main(store->producer);
	rd_kafka_queue_io_event_enable(store->queue, store->wake[1], "s", 1);
	return true;
}

/* ------------------------------------------------------------------------
 * The topic
 * ------------------------------------------------------------------------
 */

static bool
kafka_error(const KafkaStore *store, RelayError *error, const char *what, rd_kafka_resp_err_t code)
{
	switch (code)
	{
		case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
		case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
		case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION:
		case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
		case RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE:
		case RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE:
		case RD_KAFKA_RESP_ERR_POLICY_VIOLATION:
			return relay_fail(error, RELAY_EXIT_SINK, "could not %s %s: %s", what, store->base.name, rd_kafka_err2str(code));
		default:
			return relay_fail_retry(error, RELAY_EXIT_SINK, "could not %s %s: %s", what, store->base.name, rd_kafka_err2str(code));
	}
}

/* Creates it, compacted; whether it was there already, or may not be created, shows when it is read. */
static void
create_topic(KafkaStore *store, const RelayKafkaOptions *connect)
{
	char message[300];
	rd_kafka_NewTopic_t *topic = rd_kafka_NewTopic_new(store->topic, 1, connect->replication > 0 ? connect->replication : -1, message, sizeof(message));
	rd_kafka_AdminOptions_t *options = rd_kafka_AdminOptions_new(store->producer, RD_KAFKA_ADMIN_OP_CREATETOPICS);
	rd_kafka_queue_t *queue = rd_kafka_queue_new(store->producer);
	rd_kafka_event_t *event;

	rd_kafka_AdminOptions_set_request_timeout(options, READ_TIMEOUT_MS, message, sizeof(message));
	if (topic)
	{
		rd_kafka_NewTopic_set_config(topic, "cleanup.policy", "compact");
		rd_kafka_CreateTopics(store->producer, &topic, 1, options, queue);
		event = rd_kafka_queue_poll(queue, READ_TIMEOUT_MS);
		if (event)
		{
			size_t n = 0;
			const rd_kafka_CreateTopics_result_t *result = rd_kafka_event_CreateTopics_result(event);
			const rd_kafka_topic_result_t **topics = result ? rd_kafka_CreateTopics_result_topics(result, &n) : NULL;

			if (n == 1 && rd_kafka_topic_result_error(topics[0]) == RD_KAFKA_RESP_ERR_NO_ERROR)
				relay_log(RELAY_INFO, "created topic \"%s\" for the state", store->topic);
			else if (n == 1 && rd_kafka_topic_result_error(topics[0]) != RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS)
				relay_log(RELAY_DEBUG, "could not create topic \"%s\" for the state: %s", store->topic, rd_kafka_topic_result_error_string(topics[0]));
			rd_kafka_event_destroy(event);
		}
		rd_kafka_NewTopic_destroy(topic);
	}
	rd_kafka_AdminOptions_destroy(options);
	rd_kafka_queue_destroy(queue);
}

static bool
is_new(rd_kafka_resp_err_t code)
{
	return code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART || code == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE;
}

/* Is it there?  A consumer's question creates nothing. */
static rd_kafka_resp_err_t
look_for_topic(KafkaStore *store, rd_kafka_t *consumer)
{
	rd_kafka_topic_t *handle = rd_kafka_topic_new(consumer, store->topic, NULL);
	const struct rd_kafka_metadata *metadata = NULL;
	rd_kafka_resp_err_t code = handle ? rd_kafka_metadata(consumer, 0, handle, &metadata, READ_TIMEOUT_MS) : rd_kafka_last_error();

	if (code == RD_KAFKA_RESP_ERR_NO_ERROR && metadata->topic_cnt == 1)
		code = metadata->topics[0].err;
	if (metadata)
		rd_kafka_metadata_destroy(metadata);
	if (handle)
		rd_kafka_topic_destroy(handle);
	return code;
}

/* Makes sure that it is there; a new one takes a moment until all brokers know it. */
static bool
find_topic(KafkaStore *store, rd_kafka_t *consumer, const RelayKafkaOptions *connect, RelayError *error)
{
	rd_kafka_resp_err_t code = look_for_topic(store, consumer);

	if (code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
		create_topic(store, connect);
	for (int i = 0; i < FIND_ATTEMPTS && relay_stop_signals == 0 && is_new(code); i++)
	{
		poll(NULL, 0, POLL_MS);
		code = look_for_topic(store, consumer);
	}
	if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
		return true;
	kafka_error(store, error, "find", code);
	relay_hint(error, "Create it with cleanup.policy=compact, or let this user create topics.");
	return false;
}

/* ------------------------------------------------------------------------
 * Reading
 * ------------------------------------------------------------------------
 */

/* Keeps the newest document of our key; true at the end of the partition. */
static bool
take_message(const KafkaStore *store, rd_kafka_message_t *message, char **text, size_t *len, int64_t end)
{
	bool ours = message->err == RD_KAFKA_RESP_ERR_NO_ERROR && message->key_len == strlen(store->key) &&
				memcmp(message->key, store->key, message->key_len) == 0;

	if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF)
		return true;
	if (ours)
	{
		free(*text);
		/* a tombstone forgets it */
		*text = message->payload ? relay_strndup(message->payload, message->len) : NULL;
		*len = message->len;
	}
	return message->err == RD_KAFKA_RESP_ERR_NO_ERROR && message->offset >= end - 1;
}

static bool
read_partition(KafkaStore *store, rd_kafka_t *consumer, char **text, size_t *len, RelayError *error)
{
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
	int64_t deadline = relay_now() + READ_TIMEOUT_MS * INT64_C(1000);
	int64_t low = 0;
	int64_t high = 0;
	bool ended = false;
	rd_kafka_resp_err_t code = rd_kafka_query_watermark_offsets(consumer, store->topic, PARTITION, &low, &high, READ_TIMEOUT_MS);

	rd_kafka_topic_partition_list_add(list, store->topic, PARTITION)->offset = RD_KAFKA_OFFSET_BEGINNING;
	if (code == RD_KAFKA_RESP_ERR_NO_ERROR && high > low)
		code = rd_kafka_assign(consumer, list);
	else
		ended = true;
	rd_kafka_topic_partition_list_destroy(list);
	if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
		return kafka_error(store, error, "read the state from", code);
	while (!ended && relay_now() < deadline && relay_stop_signals == 0)
	{
		rd_kafka_message_t *message = rd_kafka_consumer_poll(consumer, POLL_MS);

		if (!message)
			continue;
		if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR && message->err != RD_KAFKA_RESP_ERR__PARTITION_EOF)
			relay_log(RELAY_DEBUG, "Kafka, for the state: %s", rd_kafka_message_errstr(message));
		else
			deadline = relay_now() + READ_TIMEOUT_MS * INT64_C(1000);
		ended = take_message(store, message, text, len, high);
		rd_kafka_message_destroy(message);
	}
	return ended || kafka_error(store, error, "read the state from", RD_KAFKA_RESP_ERR__TIMED_OUT);
}

static char *
kafka_read(RelayStore *base, size_t *len, RelayError *error)
{
	KafkaStore *store = (KafkaStore *) base;
	RelayKafkaOptions connect;
	rd_kafka_conf_t *conf = make_conf(store->options, &connect, error);
	rd_kafka_t *consumer;
	char message[400];
	char *text = NULL;

	if (!conf)
		return NULL;
	/* no group: nothing is committed anywhere */
	rd_kafka_conf_set(conf, "group.id", "cdc_json_relay_state", message, sizeof(message));
	rd_kafka_conf_set(conf, "enable.auto.commit", "false", message, sizeof(message));
	rd_kafka_conf_set(conf, "enable.partition.eof", "true", message, sizeof(message));
	rd_kafka_conf_set(conf, "isolation.level", "read_uncommitted", message, sizeof(message));
	rd_kafka_conf_set_error_cb(conf, on_error);
	rd_kafka_conf_set_log_cb(conf, on_log);
	consumer = rd_kafka_new(RD_KAFKA_CONSUMER, conf, message, sizeof(message));
	if (!consumer)
	{
		rd_kafka_conf_destroy(conf);
		relay_kafka_options_free(&connect);
		relay_fail(error, RELAY_EXIT_USAGE, "could not start a Kafka consumer for the state: %s", message);
		return NULL;
	}
	rd_kafka_poll_set_consumer(consumer);
	if (find_topic(store, consumer, &connect, error))
		read_partition(store, consumer, &text, len, error);
	relay_kafka_options_free(&connect);
	rd_kafka_consumer_close(consumer);
	rd_kafka_destroy(consumer);
	if (error->set)
	{
		free(text);
		return NULL;
	}
	return text;
}

/* ------------------------------------------------------------------------
 * Writing
 * ------------------------------------------------------------------------
 */

static bool
kafka_write(RelayStore *base, const char *text, size_t len, RelayError *error)
{
	KafkaStore *store = (KafkaStore *) base;
	rd_kafka_resp_err_t code;

	/* the newline at the end is for people who look into a file */
	if (len > 0 && text[len - 1] == '\n')
		len--;
	store->stored = RELAY_STORING;
	code = rd_kafka_producev(store->producer, RD_KAFKA_V_TOPIC(store->topic), RD_KAFKA_V_PARTITION(PARTITION), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
							 RD_KAFKA_V_KEY(store->key, strlen(store->key)), RD_KAFKA_V_VALUE((void *) (uintptr_t) text, len), RD_KAFKA_V_END);
	if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
		return kafka_error(store, error, "write the state to", code);
	return true;
}

static RelayStored
kafka_serve(RelayStore *base, RelayError *error)
{
	KafkaStore *store = (KafkaStore *) base;
	char drain[64];

	while (read(store->wake[0], drain, sizeof(drain)) == sizeof(drain))
		;
	while (rd_kafka_poll(store->producer, 0) > 0)
		;
	if (store->stored == RELAY_STORE_FAILED)
		kafka_error(store, error, "write the state to", store->reason);
	return store->stored;
}

static int
kafka_descriptor(RelayStore *base)
{
	return ((KafkaStore *) base)->wake[0];
}

static void
kafka_close(RelayStore *base)
{
	KafkaStore *store = (KafkaStore *) base;

	if (store->producer)
	{
		rd_kafka_queue_io_event_enable(store->queue, -1, NULL, 0);
		rd_kafka_queue_destroy(store->queue);
		rd_kafka_purge(store->producer, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT | RD_KAFKA_PURGE_F_NON_BLOCKING);
		rd_kafka_destroy(store->producer);
	}
	if (store->wake[0] >= 0)
	{
		close(store->wake[0]);
		close(store->wake[1]);
	}
	free(store->topic);
	free(store->key);
	free(base->name);
	free(store);
}

static const RelayStoreKind kafka_kind = {
	.read = kafka_read,
	.write = kafka_write,
	.serve = kafka_serve,
	.descriptor = kafka_descriptor,
	.close = kafka_close,
};

RelayStore *
relay_state_kafka(const char *topic, const RelayOptions *options, RelayError *error)
{
	KafkaStore *store = relay_alloc(sizeof(*store));
	RelayKafkaOptions connect = {0};
	RelayBuf buf = {0};
	rd_kafka_conf_t *conf;

	store->base.kind = &kafka_kind;
	store->options = options;
	store->wake[0] = store->wake[1] = -1;
	store->topic = relay_strdup(topic);
	/* slots of several clusters may share a topic as long as their names differ */
	relay_buf_text(&buf, "{\"slot\":");
	relay_buf_json(&buf, options->slot, strlen(options->slot));
	relay_buf_text(&buf, "}");
	store->key = relay_strdup(relay_buf_cstring(&buf));
	buf.len = 0;
	relay_buf_printf(&buf, "topic \"%s\"", topic);
	store->base.name = relay_strdup(relay_buf_cstring(&buf));
	relay_buf_free(&buf);
	conf = make_conf(options, &connect, error);
	relay_kafka_options_free(&connect);
	if (conf && pipe2(store->wake, O_CLOEXEC | O_NONBLOCK) != 0)
	{
		rd_kafka_conf_destroy(conf);
		relay_fail(error, RELAY_EXIT_INTERNAL, "could not create a pipe: %s", strerror(errno));
	}
	else if (conf)
		start_producer(store, conf, error);
	if (!error->set)
		return &store->base;
	kafka_close(&store->base);
	return NULL;
}
