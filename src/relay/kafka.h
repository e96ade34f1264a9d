/*
 * kafka.h
 *		What the files of the Kafka sink share.
 */
#ifndef RELAY_KAFKA_H
#define RELAY_KAFKA_H

#include "relay/common.h"
#include "relay/options.h"
#include "relay/sink.h"

struct rd_kafka_s;
struct rd_kafka_conf_s;
struct rd_kafka_queue_s;
struct rd_kafka_topic_s;

/* What Kafka Connect's properties say about topics and records that fail. */
typedef struct RelayKafkaOptions
{
	bool create_topics;
	int partitions; /* -1: the broker's default */
	int replication; /* the same */
	RelaySettings topic_config; /* of created topics, cleanup.policy for example */
	bool tolerate; /* failed records go to the topic of dead letters */
	char *dead_letters; /* its name, or NULL */
	bool dead_letter_headers; /* they say why */
} RelayKafkaOptions;

typedef enum RelayKafkaTopicState
{
	RELAY_TOPIC_NEW, /* to be created */
	RELAY_TOPIC_CREATING,
	RELAY_TOPIC_READY
} RelayKafkaTopicState;

typedef struct RelayKafkaTopic
{
	struct RelayKafkaTopic *next; /* in the same place of the hash table */
	char *name;
	size_t name_len;
	struct rd_kafka_topic_s *handle;
	RelayKafkaTopicState state;
	int64_t retry_at; /* RELAY_TOPIC_NEW: not before */
} RelayKafkaTopic;

#define RELAY_KAFKA_TOPICS 256 /* places of the hash table */

typedef struct RelayKafka
{
	RelaySink base;
	RelayKafkaOptions options;
	struct rd_kafka_conf_s *conf; /* copied for each producer */
	struct rd_kafka_s *producer;
	struct rd_kafka_queue_s *main_queue;
	struct rd_kafka_queue_s *admin_queue;
	int wake[2]; /* readable when a queue has something */
	bool abandoned; /* the producer's reports count no more */
	RelayKafkaTopic *topics[RELAY_KAFKA_TOPICS];
	RelayKafkaTopic *last_topic; /* of the record before */
	int64_t due; /* when a creation is to be tried again */
	uint64_t dead_letters; /* records sent there */
	uint64_t fatal_errors;
} RelayKafka;

/* kafka_options.c: takes Connect's properties, and gives all others to librdkafka. */
extern bool relay_kafka_options(RelayKafka *kafka, const RelayOptions *options, RelayError *error);
extern void relay_kafka_options_free(RelayKafkaOptions *options);

/* kafka_topics.c: the topic of a record; NULL when there is no such handle. */
extern RelayKafkaTopic *relay_kafka_topic(RelayKafka *kafka, const char *name, size_t len);
/* Whether records can go there; otherwise it is being created. */
extern bool relay_kafka_topic_ready(RelayKafka *kafka, RelayKafkaTopic *topic);
/* Takes the answers about topics. */
extern void relay_kafka_topics_serve(RelayKafka *kafka);
extern void relay_kafka_topics_free(RelayKafka *kafka);

#endif /* RELAY_KAFKA_H */
