/*
 * kafka.h
 *		What the files of the Kafka sink share.
 */
#ifndef RELAY_KAFKA_H
#define RELAY_KAFKA_H

#include <pthread.h>

#include "relay/common.h"
#include "relay/options.h"
#include "relay/record.h"
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
	struct rd_kafka_topic_s *handle; /* once it is ready */
	RelayKafkaTopicState state;
	int64_t retry_at; /* RELAY_TOPIC_NEW: not before */

	/* with --dedupe, once its ends have been read back */
	int partitions;
	RelayPosition *tail; /* last position of an earlier run in each of them */
	RelayPosition upto; /* the greatest of these */
} RelayKafkaTopic;

/* Where positions count: a header of each record, with --dedupe. */
#define RELAY_KAFKA_ORIGIN_HEADER "__cdc_json.slot"
#define RELAY_KAFKA_ORIGIN_TEXT 128
typedef struct RelayKafkaOrigin
{
	char system_id[32];
	uint32_t timeline;
	char slot[64];
	int partitions; /* of the topic, when the record was sent */
} RelayKafkaOrigin;

/* A thread that reads the ends of a topic's partitions; see kafka_readback.c. */
typedef struct RelayKafkaReadBack
{
	/* set before it starts */
	struct rd_kafka_conf_s *conf; /* of the consumer */
	struct rd_kafka_s *producer;
	int wake_fd;
	RelayKafkaOrigin origin; /* ours */
	const char *topic;
	int64_t started_at;
	pthread_t thread;
	bool running; /* started and not joined */
	bool stop; /* atomic: end soon */

	/* the thread's */
	bool done; /* atomic */
	bool warned;
	bool settled; /* the cluster has answered this producer */
	struct rd_kafka_s *consumer; /* kept for the next topic */

	/* its answer */
	RelayError error;
	int partitions;
	RelayPosition *tail; /* by partition, zero where there is none */
	bool *foreign; /* the last record of our slot is of another system or timeline */
	RelayKafkaOrigin foreigner;
} RelayKafkaReadBack;

typedef int32_t (*RelayKafkaPartitioner)(const struct rd_kafka_topic_s *topic, const void *key, size_t len, int32_t partitions,
										 void *topic_opaque, void *message_opaque);

typedef struct RelayKafkaDedupe
{
	bool enabled;
	RelayKafkaOrigin origin;
	const char *accepted; /* system and timeline that the operator knows to be others than before */
	RelayKafkaPartitioner partitioner;
	RelayKafkaReadBack back;
	int64_t rest_at; /* when the consumer is given up */
} RelayKafkaDedupe;

typedef enum RelayKafkaDuplicate
{
	RELAY_KAFKA_NEW, /* to be sent, to the partition */
	RELAY_KAFKA_THERE, /* the topic has it */
	RELAY_KAFKA_UNKNOWN /* the topic is being read back, or the sink has failed */
} RelayKafkaDuplicate;

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
	size_t outstanding; /* bytes given to the producer and not reported */
	size_t most_outstanding; /* no more is given to it */
	RelayKafkaDedupe dedupe;
} RelayKafka;

/* kafka_options.c: takes Connect's properties, and gives all others to librdkafka. */
extern bool relay_kafka_options(RelayKafka *kafka, const RelayOptions *options, RelayError *error);
extern void relay_kafka_options_free(RelayKafkaOptions *options);

/* kafka_topics.c: the topic of a record. */
extern RelayKafkaTopic *relay_kafka_topic(RelayKafka *kafka, const char *name, size_t len);
/* Whether records can go there; otherwise it is being created. */
extern bool relay_kafka_topic_ready(RelayKafka *kafka, RelayKafkaTopic *topic);
/* Takes the answers about topics. */
extern void relay_kafka_topics_serve(RelayKafka *kafka);
extern void relay_kafka_topics_free(RelayKafka *kafka);

/* kafka_dedupe.c: checks what --dedupe needs, and prepares it. */
extern bool relay_kafka_dedupe_options(RelayKafka *kafka, const RelayOptions *options, RelayError *error);
extern bool relay_kafka_dedupe_open(RelayKafka *kafka, RelayError *error);
/* Ends what runs; before the producer ends. */
extern void relay_kafka_dedupe_end(RelayKafka *kafka);
extern void relay_kafka_dedupe_close(RelayKafka *kafka);
/* Whether the topic has a record with a position already, and its partition. */
extern RelayKafkaDuplicate relay_kafka_dedupe(RelayKafka *kafka, RelayKafkaTopic *topic, const RelayRecord *record, int32_t *partition);
extern void relay_kafka_dedupe_serve(RelayKafka *kafka);
extern void relay_kafka_origin_text(const RelayKafkaOrigin *origin, int partitions, char *text);
extern bool relay_kafka_origin_parse(const char *text, size_t len, RelayKafkaOrigin *origin);

/* kafka_readback.c: starts to read a topic; the name must stay. */
extern bool relay_kafka_readback_start(RelayKafkaReadBack *back, const char *topic);
/* True once, when the answer is there. */
extern bool relay_kafka_readback_done(RelayKafkaReadBack *back);
/* Ends the thread and frees all but the properties; the next one is the first again. */
extern void relay_kafka_readback_end(RelayKafkaReadBack *back);
/* Frees the consumer, if nothing runs. */
extern void relay_kafka_readback_rest(RelayKafkaReadBack *back);

#endif /* RELAY_KAFKA_H */
