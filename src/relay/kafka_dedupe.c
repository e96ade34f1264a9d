/*
 * kafka_dedupe.c
 *		--dedupe: records that a topic has already are not sent again.
 *
 * Each record carries its position, and where that position counts: system
 * identifier, timeline, slot and the topic's number of partitions.  Within a
 * partition the records of one slot are in the order of their positions and
 * without a gap, because the producer is idempotent and gapless.  So a record
 * of a new run is there already if and only if it is not beyond the last one
 * of its partition, which is known once the ends have been read back
 * (kafka_readback.c).
 *
 * The relay itself chooses partitions then: by key as the partitioner would,
 * without a key by a hash of the position, so that a record comes to the same
 * one again.  Where the number of partitions has changed since, nothing can be
 * compared, and records may come twice.
 *
 * Rows of a snapshot and heartbeats have no position: they are always sent.
 */
#include "relay/kafka.h"

#include <inttypes.h>
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "relay/log.h"

#define REST_US 10000000 /* the consumer's memory is given back after that */

/* ------------------------------------------------------------------------
 * Where positions count
 * ------------------------------------------------------------------------
 */

void
relay_kafka_origin_text(const RelayKafkaOrigin *origin, int partitions, char *text)
{
	snprintf(text, RELAY_KAFKA_ORIGIN_TEXT, "%s/%" PRIu32 "/%s/%d", origin->system_id, origin->timeline, origin->slot, partitions);
}

bool
relay_kafka_origin_parse(const char *text, size_t len, RelayKafkaOrigin *origin)
{
	char copy[RELAY_KAFKA_ORIGIN_TEXT];
	char end;

	if (len == 0 || len >= sizeof(copy))
		return false;
	memcpy(copy, text, len);
	copy[len] = '\0';
	return sscanf(copy, "%31[0-9]/%" SCNu32 "/%63[a-z0-9_]/%d%c", origin->system_id, &origin->timeline, origin->slot, &origin->partitions, &end) == 4;
}

/* ------------------------------------------------------------------------
 * Properties
 * ------------------------------------------------------------------------
 */

/* Those by which the same key always comes to the same partition. */
static const struct
{
	const char *name;
	RelayKafkaPartitioner function;
} partitioners[] = {
	{"consistent", rd_kafka_msg_partitioner_consistent},
	{"consistent_random", rd_kafka_msg_partitioner_consistent_random},
	{"murmur2", rd_kafka_msg_partitioner_murmur2},
	{"murmur2_random", rd_kafka_msg_partitioner_murmur2_random},
	{"fnv1a", rd_kafka_msg_partitioner_fnv1a},
	{"fnv1a_random", rd_kafka_msg_partitioner_fnv1a_random},
};

bool
relay_kafka_dedupe_options(RelayKafka *kafka, const RelayOptions *options, RelayError *error)
{
	const char *name = relay_setting(&options->sink_set, "partitioner");
	const char *idempotence = relay_setting(&options->sink_set, "enable.idempotence");
	bool flag = true;

	if (!options->dedupe)
		return true;
	if (!name)
		name = "murmur2_random";
	for (size_t i = 0; i < sizeof(partitioners) / sizeof(partitioners[0]); i++)
	{
		if (strcmp(partitioners[i].name, name) == 0)
			kafka->dedupe.partitioner = partitioners[i].function;
	}
	if (!kafka->dedupe.partitioner)
		return relay_fail(error, RELAY_EXIT_USAGE, "--dedupe cannot be used with partitioner=%s: a key must always come to the same partition", name);
	if (idempotence && relay_parse_bool(idempotence, &flag) && !flag)
		return relay_fail(error, RELAY_EXIT_USAGE, "--dedupe needs enable.idempotence=true");
	/* after a restart, a record that failed could not be told from one that is there */
	if (kafka->options.tolerate)
		return relay_fail(error, RELAY_EXIT_USAGE, "--dedupe cannot be used with errors.tolerance=all: a record among the dead letters would be taken for delivered");
	snprintf(kafka->dedupe.origin.slot, sizeof(kafka->dedupe.origin.slot), "%s", options->slot);
	kafka->dedupe.accepted = options->accept_cluster;
	kafka->dedupe.enabled = true;
	return true;
}

/* The consumer's properties: those of the producer, without what makes it one of a group. */
bool
relay_kafka_dedupe_open(RelayKafka *kafka, RelayError *error)
{
	static const char *const own[][2] = {
		{"enable.partition.eof", "true"},
		{"isolation.level", "read_uncommitted"},
		{"allow.auto.create.topics", "false"},
		{"fetch.wait.max.ms", "10"},
		{"queued.max.messages.kbytes", "16384"},
	};
	rd_kafka_conf_t *conf;
	char message[300];

	if (!kafka->dedupe.enabled)
		return true;
	conf = rd_kafka_conf_dup(kafka->conf);
	kafka->dedupe.back.conf = conf;
	rd_kafka_conf_set_dr_msg_cb(conf, NULL);
	rd_kafka_conf_set_error_cb(conf, NULL);
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
	{
		if (rd_kafka_conf_set(conf, own[i][0], own[i][1], message, sizeof(message)) != RD_KAFKA_CONF_OK)
			return relay_fail(error, RELAY_EXIT_INTERNAL, "could not set property \"%s\": %s", own[i][0], message);
	}
	return true;
}

void
relay_kafka_dedupe_end(RelayKafka *kafka)
{
	relay_kafka_readback_end(&kafka->dedupe.back);
}

void
relay_kafka_dedupe_close(RelayKafka *kafka)
{
	relay_kafka_dedupe_end(kafka);
	if (kafka->dedupe.back.conf)
		rd_kafka_conf_destroy(kafka->dedupe.back.conf);
	kafka->dedupe.back.conf = NULL;
}

/* ------------------------------------------------------------------------
 * Reading back
 * ------------------------------------------------------------------------
 */

/* --accept-cluster: the operator knows that records of before are of another system or timeline. */
static bool
is_accepted(const RelayKafka *kafka)
{
	char cluster[64];

	snprintf(cluster, sizeof(cluster), "%s/%" PRIu32, kafka->dedupe.origin.system_id, kafka->dedupe.origin.timeline);
	return kafka->dedupe.accepted && strcmp(kafka->dedupe.accepted, cluster) == 0;
}

/* The ends of a topic's partitions are known; the positions are taken over. */
static void
take_answer(RelayKafka *kafka, RelayKafkaTopic *topic)
{
	RelayKafkaReadBack *back = &kafka->dedupe.back;
	bool foreign = false;

	if (back->error.set)
	{
		kafka->base.error = back->error;
		relay_error_clear(&back->error);
		return;
	}
	for (int p = 0; p < back->partitions; p++)
	{
		foreign = foreign || back->foreign[p];
		if (relay_position_compare(&back->tail[p], &topic->upto) > 0)
			topic->upto = back->tail[p];
	}
	if (foreign && !is_accepted(kafka))
	{
		relay_fail(&kafka->base.error, RELAY_EXIT_SINK,
				   "topic \"%s\" has records of slot \"%s\" from system %s, timeline %" PRIu32 ", and this is system %s, timeline %" PRIu32, topic->name,
				   back->origin.slot, back->foreigner.system_id, back->foreigner.timeline, back->origin.system_id, back->origin.timeline);
		relay_hint(&kafka->base.error,
				   "Their positions cannot be compared. --accept-cluster %s/%" PRIu32 " goes on without (after a failover: what was delivered last may come twice); "
				   "otherwise use a slot of another name, or other topics.",
				   back->origin.system_id, back->origin.timeline);
		return;
	}
	topic->partitions = back->partitions;
	topic->tail = back->tail;
	back->tail = NULL;
	relay_log(RELAY_DEBUG, "read back topic \"%s\" with %d partitions", topic->name, topic->partitions);
}

/* True once the topic's ends are known. */
static bool
read_back(RelayKafka *kafka, RelayKafkaTopic *topic)
{
	RelayKafkaReadBack *back = &kafka->dedupe.back;

	if (back->running)
	{
		bool ours = back->topic == topic->name;

		if (!relay_kafka_readback_done(back) || !ours)
			return false;
		take_answer(kafka, topic);
		kafka->dedupe.rest_at = relay_now() + REST_US;
		return topic->tail != NULL;
	}
	back->producer = kafka->producer;
	back->wake_fd = kafka->wake[1];
	back->origin = kafka->dedupe.origin;
	if (!relay_kafka_readback_start(back, topic->name))
	{
		kafka->base.error = back->error;
		relay_error_clear(&back->error);
	}
	return false;
}

void
relay_kafka_dedupe_serve(RelayKafka *kafka)
{
	if (!kafka->dedupe.back.consumer || kafka->dedupe.back.running)
		return;
	if (relay_now() >= kafka->dedupe.rest_at)
		relay_kafka_readback_rest(&kafka->dedupe.back);
	else if (kafka->dedupe.rest_at < kafka->due)
		kafka->due = kafka->dedupe.rest_at;
}

/* ------------------------------------------------------------------------
 * Records
 * ------------------------------------------------------------------------
 */

/* So that records without a key are spread, and each comes to its partition again. */
static uint64_t
hash(const RelayPosition *position)
{
	uint64_t h = position->lsn * UINT64_C(0x9e3779b97f4a7c15) + ((uint64_t) position->seq << 32 | position->part);

	h = (h ^ h >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	h = (h ^ h >> 27) * UINT64_C(0x94d049bb133111eb);
	return h ^ h >> 31;
}

RelayKafkaDuplicate
relay_kafka_dedupe(RelayKafka *kafka, RelayKafkaTopic *topic, const RelayRecord *record, int32_t *partition)
{
	if (!topic->tail && !read_back(kafka, topic))
		return RELAY_KAFKA_UNKNOWN;
	if (*partition >= 0 && *partition < topic->partitions)
		; /* the application has chosen it */
	else if (record->has_key)
		*partition = kafka->dedupe.partitioner(topic->handle, record->key.data, record->key.len, topic->partitions, NULL, NULL);
	else
		*partition = (int32_t) (hash(&record->position) % (uint64_t) topic->partitions);
	if (relay_position_compare(&record->position, &topic->upto) > 0 || relay_position_compare(&record->position, &topic->tail[*partition]) > 0)
		return RELAY_KAFKA_NEW;
	kafka->base.duplicates++;
	return RELAY_KAFKA_THERE;
}
