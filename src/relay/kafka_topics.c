/*
 * kafka_topics.c
 *		Topics of the Kafka sink: found by name, created if that was asked for.
 *
 * A topic is created when its first record comes; one that exists already is
 * left as it is.
 */
#include "relay/kafka.h"

#include <librdkafka/rdkafka.h>
#include <stdlib.h>
#include <string.h>

#include "relay/log.h"

#define CREATE_TIMEOUT_MS 30000
#define CREATE_RETRY_US 1000000

static unsigned
hash(const char *name, size_t len)
{
	unsigned h = 2166136261u;

	for (size_t i = 0; i < len; i++)
		h = (h ^ (unsigned char) name[i]) * 16777619u;
	return h % RELAY_KAFKA_TOPICS;
}

RelayKafkaTopic *
relay_kafka_topic(RelayKafka *kafka, const char *name, size_t len)
{
	RelayKafkaTopic *topic = kafka->last_topic;
	unsigned place;

	if (topic && topic->name_len == len && memcmp(topic->name, name, len) == 0)
		return topic;
	place = hash(name, len);
	for (topic = kafka->topics[place]; topic; topic = topic->next)
	{
		if (topic->name_len == len && memcmp(topic->name, name, len) == 0)
			break;
	}
	if (!topic)
	{
		topic = relay_alloc(sizeof(*topic));
		topic->name = relay_strndup(name, len);
		topic->name_len = len;
		topic->state = RELAY_TOPIC_NEW;
		topic->next = kafka->topics[place];
		kafka->topics[place] = topic;
	}
	kafka->last_topic = topic;
	return topic;
}

/*
 * Records may be produced now.  Not earlier: a handle makes the producer ask for
 * the topic, and brokers that create what is asked for would do so in their way.
 */
static void
open_handle(RelayKafka *kafka, RelayKafkaTopic *topic)
{
	topic->handle = rd_kafka_topic_new(kafka->producer, topic->name, NULL);
	if (topic->handle)
		topic->state = RELAY_TOPIC_READY;
	else
		relay_fail(&kafka->base.error, RELAY_EXIT_SINK, "topic \"%s\" cannot be used: %s", topic->name, rd_kafka_err2str(rd_kafka_last_error()));
}

/* Asks for a topic; the answer comes to the admin queue. */
static void
create(RelayKafka *kafka, RelayKafkaTopic *topic)
{
	const RelaySettings *config = &kafka->options.topic_config;
	char message[300];
	rd_kafka_NewTopic_t *new_topic = rd_kafka_NewTopic_new(topic->name, kafka->options.partitions, kafka->options.replication, message, sizeof(message));
	rd_kafka_AdminOptions_t *options;

	if (!new_topic)
	{
		relay_fail(&kafka->base.error, RELAY_EXIT_SINK, "could not create topic \"%s\": %s", topic->name, message);
		return;
	}
	for (int i = 0; i < config->n; i++)
		rd_kafka_NewTopic_set_config(new_topic, config->item[i].name, config->item[i].value);
	options = rd_kafka_AdminOptions_new(kafka->producer, RD_KAFKA_ADMIN_OP_CREATETOPICS);
	rd_kafka_AdminOptions_set_request_timeout(options, CREATE_TIMEOUT_MS, message, sizeof(message));
	rd_kafka_AdminOptions_set_operation_timeout(options, CREATE_TIMEOUT_MS, message, sizeof(message));
	rd_kafka_CreateTopics(kafka->producer, &new_topic, 1, options, kafka->admin_queue);
	rd_kafka_AdminOptions_destroy(options);
	rd_kafka_NewTopic_destroy(new_topic);
	topic->state = RELAY_TOPIC_CREATING;
}

bool
relay_kafka_topic_ready(RelayKafka *kafka, RelayKafkaTopic *topic)
{
	if (topic->state == RELAY_TOPIC_NEW && !kafka->options.create_topics)
		open_handle(kafka, topic);
	else if (topic->state == RELAY_TOPIC_NEW && relay_now() >= topic->retry_at)
		create(kafka, topic);
	if (topic->state == RELAY_TOPIC_NEW)
		kafka->due = topic->retry_at;
	return topic->state == RELAY_TOPIC_READY;
}

/* The answer about one topic, or about all that are being created when "name" is NULL. */
static void
answer(RelayKafka *kafka, const char *name, rd_kafka_resp_err_t code, const char *text)
{
	for (int place = 0; place < RELAY_KAFKA_TOPICS; place++)
	{
		for (RelayKafkaTopic *topic = kafka->topics[place]; topic; topic = topic->next)
		{
			if (topic->state != RELAY_TOPIC_CREATING || (name && strcmp(topic->name, name) != 0))
				continue;
			switch (code)
			{
				case RD_KAFKA_RESP_ERR_NO_ERROR:
					relay_log(RELAY_INFO, "created topic \"%s\"", topic->name);
					open_handle(kafka, topic);
					break;
				case RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS:
				case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
				case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
					/* who may not create may still write, if it exists */
					open_handle(kafka, topic);
					break;
				case RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR:
				case RD_KAFKA_RESP_ERR_INVALID_PARTITIONS:
				case RD_KAFKA_RESP_ERR_INVALID_CONFIG:
				case RD_KAFKA_RESP_ERR_POLICY_VIOLATION:
				case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION:
				case RD_KAFKA_RESP_ERR_INVALID_REQUEST:
					relay_fail(&kafka->base.error, RELAY_EXIT_SINK, "could not create topic \"%s\": %s", topic->name, text);
					break;
				default:
					relay_log(RELAY_WARNING, "could not create topic \"%s\": %s; trying again", topic->name, text);
					topic->state = RELAY_TOPIC_NEW;
					topic->retry_at = relay_now() + CREATE_RETRY_US;
					kafka->due = topic->retry_at;
					break;
			}
		}
	}
}

void
relay_kafka_topics_serve(RelayKafka *kafka)
{
	rd_kafka_event_t *event;

	while ((event = rd_kafka_queue_poll(kafka->admin_queue, 0)) != NULL)
	{
		const rd_kafka_CreateTopics_result_t *result = rd_kafka_event_CreateTopics_result(event);
		size_t n = 0;
		const rd_kafka_topic_result_t **topics = result ? rd_kafka_CreateTopics_result_topics(result, &n) : NULL;

		if (rd_kafka_event_error(event))
			answer(kafka, NULL, rd_kafka_event_error(event), rd_kafka_event_error_string(event));
		for (size_t i = 0; i < n; i++)
		{
			rd_kafka_resp_err_t code = rd_kafka_topic_result_error(topics[i]);
			const char *text = rd_kafka_topic_result_error_string(topics[i]);

			answer(kafka, rd_kafka_topic_result_name(topics[i]), code, text ? text : rd_kafka_err2str(code));
		}
		rd_kafka_event_destroy(event);
	}
}

void
relay_kafka_topics_free(RelayKafka *kafka)
{
	for (int place = 0; place < RELAY_KAFKA_TOPICS; place++)
	{
		while (kafka->topics[place])
		{
			RelayKafkaTopic *topic = kafka->topics[place];

			kafka->topics[place] = topic->next;
			if (topic->handle)
				rd_kafka_topic_destroy(topic->handle);
			free(topic->tail);
			free(topic->name);
			free(topic);
		}
	}
	kafka->last_topic = NULL;
}
