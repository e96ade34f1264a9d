/*
 * kafka.c
 *		The sink "kafka".
 *
 * Records are produced without copying: their bytes stay in the ledger until
 * the delivery report of each has come.  A report of success is the only thing
 * that acknowledges a record.
 *
 * A fatal error of the idempotent producer makes the sink fail with "retry":
 * the loop then restarts it, and what was in flight comes again from the
 * server.  Other failures of a record are for good: the sink stops, or the
 * record goes to the topic of dead letters.
 */
#define _GNU_SOURCE 1
#include "relay/kafka.h"

#include "frame.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "relay/log.h"

#define PROBE_TIMEOUT_MS 10000

/* librdkafka's bookkeeping of a message, with a short key and its copy. */
#define RECORD_OVERHEAD 320

#define BATCHES_OUTSTANDING 3 /* for each broker */
#define LEAST_BATCH ((size_t) 1000000) /* with smaller ones, some wait for librdkafka's clock */

/* ------------------------------------------------------------------------
 * Failures
 * ------------------------------------------------------------------------
 */

static bool
is_dead_letter(const RelayKafka *kafka, const char *topic)
{
	return kafka->options.dead_letters && strcmp(kafka->options.dead_letters, topic) == 0;
}

/* Errors that are the record's or the topic's: another attempt would not help. */
static bool
is_lasting(rd_kafka_resp_err_t code)
{
	switch (code)
	{
		case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
		case RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE:
		case RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE:
		case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
		case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
		case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION:
		case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
		case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
		case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
		case RD_KAFKA_RESP_ERR_INVALID_RECORD:
		case RD_KAFKA_RESP_ERR_POLICY_VIOLATION:
			return true;
		default:
			return false;
	}
}

static void
hint_failure(RelayKafka *kafka, rd_kafka_resp_err_t code)
{
	RelayError *error = &kafka->base.error;

	switch (code)
	{
		case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
		case RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE:
		case RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE:
			relay_hint(error, "Raise --set message.max.bytes here and max.message.bytes of the topic, leave out or cut the column "
							  "(column.exclude.list, column.truncate.to.N.chars), or send such records to a topic of dead letters "
							  "(errors.tolerance=all, errors.deadletterqueue.topic.name).");
			break;
		case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
		case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
			relay_hint(error, "Allow this user to write to the topic, and to use idempotent writes.");
			break;
		case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
		case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
			relay_hint(error, "Create the topic, or let it be created: --set topic.creation.default.partitions=N.");
			break;
		case RD_KAFKA_RESP_ERR_INVALID_RECORD:
			relay_hint(error, "A compacted topic (cleanup.policy=compact) takes no records without a key, as of a table without one.");
			break;
		default:
			break;
	}
}

/*
 * A gapless producer ends with the first record that fails: that record's own
 * report, which is still to come, tells why.
 */
static bool
is_gap(RelayKafka *kafka)
{
	return rd_kafka_fatal_error(kafka->producer, NULL, 0) == RD_KAFKA_RESP_ERR__GAPLESS_GUARANTEE && rd_kafka_outq_len(kafka->producer) > 0;
}

/* A record failed for good, or the producer did. */
static void
failed(RelayKafka *kafka, const char *topic, rd_kafka_resp_err_t code)
{
	RelayError *error = &kafka->base.error;
	char text[300];

	if (code == RD_KAFKA_RESP_ERR__FATAL)
	{
		rd_kafka_resp_err_t reason = rd_kafka_fatal_error(kafka->producer, text, sizeof(text));

		if (is_gap(kafka))
			return;
		if (!error->set)
			kafka->fatal_errors++;
		if (is_lasting(reason))
		{
			relay_fail(error, RELAY_EXIT_SINK, "the Kafka producer failed: %s: %s", rd_kafka_err2name(reason), text);
			hint_failure(kafka, reason);
		}
		else
			relay_fail_retry(error, RELAY_EXIT_SINK, "the Kafka producer failed: %s: %s", rd_kafka_err2name(reason), text);
	}
	else if (is_lasting(code))
	{
		relay_fail(error, RELAY_EXIT_SINK, "could not deliver a record to topic \"%s\": %s", topic, rd_kafka_err2str(code));
		hint_failure(kafka, code);
	}
	else
		relay_fail_retry(error, RELAY_EXIT_SINK, "could not deliver a record to topic \"%s\": %s", topic, rd_kafka_err2str(code));
}

/* ------------------------------------------------------------------------
 * Dead letters
 * ------------------------------------------------------------------------
 */

static void
add_header(rd_kafka_headers_t *headers, const char *name, const char *value)
{
	rd_kafka_header_add(headers, name, -1, value, -1);
}

/* The reason, as Connect's headers say it; "left_out" tells the size of a value that is too large there, too. */
static rd_kafka_headers_t *
dead_letter_headers(const char *topic, rd_kafka_resp_err_t code, const rd_kafka_headers_t *own, size_t left_out)
{
	rd_kafka_headers_t *headers = own ? rd_kafka_headers_copy(own) : rd_kafka_headers_new(4);
	char number[32];

	add_header(headers, "__connect.errors.topic", topic);
	add_header(headers, "__connect.errors.exception.class.name", rd_kafka_err2name(code));
	add_header(headers, "__connect.errors.exception.message", rd_kafka_err2str(code));
	if (left_out > 0)
	{
		snprintf(number, sizeof(number), "%zu", left_out);
		add_header(headers, "__cdc_json.value.bytes", number);
	}
	return headers;
}

static bool
is_too_large(rd_kafka_resp_err_t code)
{
	return code == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE || code == RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE || code == RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE;
}

/*
 * Sends a record that failed to the topic of dead letters.  It is acknowledged
 * by the report of that; false when it cannot be sent there either.  Without
 * its value if that is too large for this producer: the topic has limits of its
 * own, and what a broker refused was perhaps only one of many in a request.
 */
static bool
send_dead_letter(RelayKafka *kafka, const char *from, rd_kafka_resp_err_t code, const void *key, size_t key_len, const void *value,
				 size_t value_len, bool without_value, const rd_kafka_headers_t *own, RelayBatch *batch)
{
	RelayKafkaTopic *topic = relay_kafka_topic(kafka, kafka->options.dead_letters, strlen(kafka->options.dead_letters));
	rd_kafka_headers_t *headers;
	rd_kafka_resp_err_t result;

	headers = dead_letter_headers(from, code, own, without_value ? value_len : 0);
	if (without_value)
		value = NULL, value_len = 0;
	if (kafka->options.dead_letter_headers)
		result = rd_kafka_producev(kafka->producer, RD_KAFKA_V_RKT(topic->handle), RD_KAFKA_V_KEY(key, key_len),
								   RD_KAFKA_V_VALUE((void *) (uintptr_t) value, value_len), RD_KAFKA_V_HEADERS(headers),
								   RD_KAFKA_V_OPAQUE(batch), RD_KAFKA_V_END);
	else
		result = rd_kafka_producev(kafka->producer, RD_KAFKA_V_RKT(topic->handle), RD_KAFKA_V_KEY(key, key_len),
								   RD_KAFKA_V_VALUE((void *) (uintptr_t) value, value_len), RD_KAFKA_V_OPAQUE(batch), RD_KAFKA_V_END);
	if (result != RD_KAFKA_RESP_ERR_NO_ERROR || !kafka->options.dead_letter_headers)
		rd_kafka_headers_destroy(headers);
	if (result != RD_KAFKA_RESP_ERR_NO_ERROR)
	{
		failed(kafka, kafka->options.dead_letters, result);
		return false;
	}
	kafka->dead_letters++;
	kafka->outstanding += key_len + value_len;
	relay_log(RELAY_WARNING, "a record for topic \"%s\" went to the dead letters: %s", from, rd_kafka_err2str(code));
	return true;
}

/* The topic of dead letters refused one as too large: it goes there without its value. */
static bool
shorten_dead_letter(RelayKafka *kafka, const rd_kafka_message_t *message, RelayBatch *batch)
{
	rd_kafka_headers_t *old = NULL;
	rd_kafka_headers_t *headers;
	char number[32];
	rd_kafka_resp_err_t result;

	rd_kafka_message_headers(message, &old);
	headers = old ? rd_kafka_headers_copy(old) : rd_kafka_headers_new(1);
	snprintf(number, sizeof(number), "%zu", message->len);
	add_header(headers, "__cdc_json.value.bytes", number);
	result = rd_kafka_producev(kafka->producer, RD_KAFKA_V_RKT(message->rkt), RD_KAFKA_V_KEY(message->key, message->key_len),
							   RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_OPAQUE(batch), RD_KAFKA_V_END);
	if (result == RD_KAFKA_RESP_ERR_NO_ERROR)
		kafka->outstanding += message->key_len;
	else
		rd_kafka_headers_destroy(headers);
	return result == RD_KAFKA_RESP_ERR_NO_ERROR;
}

/* ------------------------------------------------------------------------
 * Reports
 * ------------------------------------------------------------------------
 */

static void
on_delivery(rd_kafka_t *producer, const rd_kafka_message_t *message, void *opaque)
{
	RelayKafka *kafka = opaque;
	RelayBatch *batch = message->_private;
	const char *topic;

	(void) producer;
	if (kafka->abandoned)
		return;
	kafka->outstanding -= message->len + message->key_len;
	if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR)
	{
		kafka->base.delivered++;
		kafka->base.delivered_bytes += message->len + message->key_len;
		relay_ledger_acknowledge(batch);
		return;
	}
	topic = rd_kafka_topic_name(message->rkt);
	if (kafka->options.tolerate && is_lasting(message->err) && !is_dead_letter(kafka, topic))
	{
		rd_kafka_headers_t *headers = NULL;

		if (rd_kafka_message_headers(message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR)
			headers = NULL;
		send_dead_letter(kafka, topic, message->err, message->key, message->key_len, message->payload, message->len, false, headers, batch);
		return;
	}
	if (is_dead_letter(kafka, topic) && is_too_large(message->err) && message->len > 0 && shorten_dead_letter(kafka, message, batch))
		return;
	/* with a fatal error, all that is in flight fails with a code of its own; the record that caused it keeps its */
	failed(kafka, topic, rd_kafka_fatal_error(kafka->producer, NULL, 0) && !is_lasting(message->err) ? RD_KAFKA_RESP_ERR__FATAL : message->err);
}

/* Errors that are not a record's: most are told because a broker is away, and heal. */
static void
on_error(rd_kafka_t *producer, int code, const char *reason, void *opaque)
{
	RelayKafka *kafka = opaque;

	(void) producer;
	if (kafka->abandoned)
		return;
	if (code == RD_KAFKA_RESP_ERR__FATAL)
		failed(kafka, "", RD_KAFKA_RESP_ERR__FATAL);
	else
		relay_log(RELAY_WARNING, "Kafka: %s", reason);
}

/* Called by librdkafka's threads. */
static void
on_log(const rd_kafka_t *producer, int level, const char *facility, const char *text)
{
	(void) producer;
	relay_log(level <= 2 ? RELAY_ERROR : RELAY_DEBUG, "Kafka: %s: %s", facility, text);
}

/* ------------------------------------------------------------------------
 * The producer
 * ------------------------------------------------------------------------
 */

static bool
start_producer(RelayKafka *kafka)
{
	char message[400];

	kafka->abandoned = false;
	kafka->outstanding = 0;
	kafka->producer = rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_dup(kafka->conf), message, sizeof(message));
	if (!kafka->producer)
		return relay_fail(&kafka->base.error, RELAY_EXIT_USAGE, "could not start the Kafka producer: %s", message);
	kafka->main_queue = rd_kafka_queue_get_main(kafka->producer);
	kafka->admin_queue = rd_kafka_queue_new(kafka->producer);
	rd_kafka_queue_io_event_enable(kafka->main_queue, kafka->wake[1], "r", 1);
	rd_kafka_queue_io_event_enable(kafka->admin_queue, kafka->wake[1], "a", 1);
	return true;
}

/* Afterwards, nothing of librdkafka uses the records any more. */
static void
end_producer(RelayKafka *kafka)
{
	if (!kafka->producer)
		return;
	kafka->abandoned = true;
	relay_kafka_dedupe_end(kafka);
	rd_kafka_purge(kafka->producer, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT | RD_KAFKA_PURGE_F_NON_BLOCKING);
	rd_kafka_queue_io_event_enable(kafka->main_queue, -1, NULL, 0);
	rd_kafka_queue_io_event_enable(kafka->admin_queue, -1, NULL, 0);
	relay_kafka_topics_free(kafka);
	while (rd_kafka_poll(kafka->producer, 0) > 0)
		;
	rd_kafka_queue_destroy(kafka->main_queue);
	rd_kafka_queue_destroy(kafka->admin_queue);
	rd_kafka_destroy(kafka->producer);
	kafka->producer = NULL;
}

static bool
kafka_restart(RelaySink *base)
{
	RelayKafka *kafka = (RelayKafka *) base;

	end_producer(kafka);
	relay_error_clear(&base->error);
	return start_producer(kafka);
}

static void
kafka_close(RelaySink *base)
{
	RelayKafka *kafka = (RelayKafka *) base;

	end_producer(kafka);
	relay_kafka_dedupe_close(kafka);
	if (kafka->conf)
		rd_kafka_conf_destroy(kafka->conf);
	if (kafka->wake[0] >= 0)
	{
		close(kafka->wake[0]);
		close(kafka->wake[1]);
	}
	relay_kafka_options_free(&kafka->options);
	free(kafka);
}

/*
 * What the producer has, a little less than its requests in flight hold, for
 * each broker that is known: librdkafka 2.0 uses a whole core while a full
 * batch waits for an answer to an earlier one.  More than that helps nobody,
 * and what has not been given to it takes less memory.
 */
static size_t
most_outstanding(const RelayKafka *kafka)
{
	char text[1024] = "";
	size_t len = sizeof(text);
	size_t batch = 0;
	size_t brokers = 1;

	if (rd_kafka_conf_get(kafka->conf, "batch.size", text, &len) == RD_KAFKA_CONF_OK)
		batch = strtoul(text, NULL, 10);
	len = sizeof(text);
	if (rd_kafka_conf_get(kafka->conf, "bootstrap.servers", text, &len) == RD_KAFKA_CONF_OK)
	{
		for (const char *c = text; *c; c++)
			brokers += *c == ',';
	}
	return (batch > LEAST_BATCH ? batch : LEAST_BATCH) * BATCHES_OUTSTANDING * brokers;
}

static RelaySink *
kafka_open(const RelayOptions *options, RelayLedger *ledger, RelayError *error)
{
	RelayKafka *kafka = relay_alloc(sizeof(*kafka));

	kafka->base.kind = &relay_kafka_sink;
	kafka->base.ledger = ledger;
	kafka->wake[0] = kafka->wake[1] = -1;
	kafka->due = INT64_MAX;
	kafka->conf = rd_kafka_conf_new();
	rd_kafka_conf_set_opaque(kafka->conf, kafka);
	rd_kafka_conf_set_dr_msg_cb(kafka->conf, on_delivery);
	rd_kafka_conf_set_error_cb(kafka->conf, on_error);
	rd_kafka_conf_set_log_cb(kafka->conf, on_log);
	if (!relay_kafka_options(kafka, options, error))
	{
		kafka_close(&kafka->base);
		return NULL;
	}
	kafka->most_outstanding = most_outstanding(kafka);
	if (pipe2(kafka->wake, O_CLOEXEC | O_NONBLOCK) != 0)
		relay_fail(error, RELAY_EXIT_INTERNAL, "could not create a pipe: %s", strerror(errno));
	else if (relay_kafka_dedupe_open(kafka, error) && !start_producer(kafka))
		*error = kafka->base.error;
	if (error->set)
	{
		kafka_close(&kafka->base);
		return NULL;
	}
	return &kafka->base;
}

/* ------------------------------------------------------------------------
 * Records
 * ------------------------------------------------------------------------
 */

/* Is it a part of the Kafka record that comes as a header? */
static bool
is_part(const RelayRecord *record, const RelayHeader *header, const char *name)
{
	return record->kind == CDC_FRAME_ROUTED && header->name.len == strlen(name) && memcmp(header->name.data, name, header->name.len) == 0;
}

/*
 * A header's bytes: a string as it is, a struct as its JSON.  With --dedupe one
 * more, which says where the position counts.
 */
static rd_kafka_headers_t *
make_headers(const RelayKafka *kafka, const RelayKafkaTopic *topic, const RelayRecord *record)
{
	rd_kafka_headers_t *headers = rd_kafka_headers_new(record->nheaders + 1);
	char origin[RELAY_KAFKA_ORIGIN_TEXT];
	RelayBytes rest = record->headers;
	RelayHeader header;

	while (relay_frame_header(&rest, &header))
	{
		if (is_part(record, &header, CDC_PARTITION_HEADER) || is_part(record, &header, CDC_TIMESTAMP_HEADER))
			continue;
		rd_kafka_header_add(headers, header.name.data, (ssize_t) header.name.len,
							header.null ? NULL : header.value.data, header.null ? 0 : (ssize_t) header.value.len);
	}
	if (kafka->dedupe.enabled && record->position.lsn != 0)
	{
		relay_kafka_origin_text(&kafka->dedupe.origin, topic->partitions, origin);
		rd_kafka_header_add(headers, RELAY_KAFKA_ORIGIN_HEADER, -1, origin, -1);
	}
	return headers;
}

/* Partition and time that an event of an outbox brings along; others have none. */
static void
read_parts(const RelayRecord *record, int32_t *partition, int64_t *timestamp)
{
	RelayBytes rest = record->headers;
	RelayHeader header;
	char digits[24];

	*timestamp = 0;
	while (record->kind == CDC_FRAME_ROUTED && relay_frame_header(&rest, &header))
	{
		bool is_partition = is_part(record, &header, CDC_PARTITION_HEADER);

		if (header.value.len >= sizeof(digits) || (!is_partition && !is_part(record, &header, CDC_TIMESTAMP_HEADER)))
			continue;
		memcpy(digits, header.value.data, header.value.len);
		digits[header.value.len] = '\0';
		if (is_partition)
			*partition = (int32_t) strtol(digits, NULL, 10);
		else
			*timestamp = strtoll(digits, NULL, 10);
	}
}

static rd_kafka_resp_err_t
produce(RelayKafka *kafka, RelayKafkaTopic *topic, int32_t partition, int64_t timestamp, const RelayRecord *record, RelayBatch *batch)
{
	const char *key = record->has_key ? record->key.data : NULL;
	char *value = record->has_value ? (char *) (uintptr_t) record->value.data : NULL;
	rd_kafka_headers_t *headers;
	rd_kafka_resp_err_t result;

	if (record->nheaders == 0)
	{
		if (rd_kafka_produce(topic->handle, partition, 0, value, record->value.len, key, record->key.len, batch) == 0)
			return RD_KAFKA_RESP_ERR_NO_ERROR;
		return rd_kafka_last_error();
	}
	headers = make_headers(kafka, topic, record);
	result = rd_kafka_producev(kafka->producer, RD_KAFKA_V_RKT(topic->handle), RD_KAFKA_V_PARTITION(partition), RD_KAFKA_V_KEY(key, record->key.len),
							   RD_KAFKA_V_VALUE(value, record->value.len), RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_TIMESTAMP(timestamp), RD_KAFKA_V_OPAQUE(batch), RD_KAFKA_V_END);
	if (result != RD_KAFKA_RESP_ERR_NO_ERROR)
		rd_kafka_headers_destroy(headers);
	return result;
}

/* The record was refused at once. */
static RelayPut
refused(RelayKafka *kafka, RelayKafkaTopic *topic, const RelayRecord *record, RelayBatch *batch, rd_kafka_resp_err_t code)
{
	rd_kafka_headers_t *headers;
	bool sent;

	if (!kafka->options.tolerate || !is_lasting(code) || is_dead_letter(kafka, topic->name))
	{
		failed(kafka, topic->name, code);
		return kafka->base.error.set ? RELAY_PUT_FAILED : RELAY_PUT_LATER;
	}
	headers = make_headers(kafka, topic, record);
	sent = send_dead_letter(kafka, topic->name, code, record->has_key ? record->key.data : NULL, record->key.len,
							record->has_value ? record->value.data : NULL, record->value.len, is_too_large(code), headers, batch);
	rd_kafka_headers_destroy(headers);
	if (!sent)
		return RELAY_PUT_FAILED;
	relay_ledger_expect(batch);
	return RELAY_PUT_DONE;
}

/* The topic of dead letters comes before the others, so that it is there when it is needed. */
static bool
dead_letters_ready(RelayKafka *kafka)
{
	const char *name = kafka->options.dead_letters;

	return !name || relay_kafka_topic_ready(kafka, relay_kafka_topic(kafka, name, strlen(name)));
}

static RelayPut
kafka_put(RelaySink *base, const RelayRecord *record, RelayBatch *batch)
{
	RelayKafka *kafka = (RelayKafka *) base;
	RelayKafkaTopic *topic;
	rd_kafka_resp_err_t result;
	int32_t partition = RD_KAFKA_PARTITION_UA;
	int64_t timestamp;

	if (base->error.set)
		return RELAY_PUT_FAILED;
	topic = relay_kafka_topic(kafka, record->topic.data, record->topic.len);
	if (topic->state != RELAY_TOPIC_READY && (!dead_letters_ready(kafka) || !relay_kafka_topic_ready(kafka, topic)))
		return RELAY_PUT_LATER;
	read_parts(record, &partition, &timestamp);
	if (kafka->dedupe.enabled && record->position.lsn != 0)
	{
		switch (relay_kafka_dedupe(kafka, topic, record, &partition))
		{
			case RELAY_KAFKA_NEW:
				break;
			case RELAY_KAFKA_THERE:
				return RELAY_PUT_DONE;
			case RELAY_KAFKA_UNKNOWN:
				return RELAY_PUT_LATER;
		}
	}
	if (kafka->outstanding >= kafka->most_outstanding)
		return RELAY_PUT_LATER;
	result = produce(kafka, topic, partition, timestamp, record, batch);
	if (result == RD_KAFKA_RESP_ERR_NO_ERROR)
	{
		kafka->outstanding += record->key.len + record->value.len;
		/* reports come only from serve(), so the batch is still there */
		relay_ledger_expect(batch);
		return RELAY_PUT_DONE;
	}
	if (result == RD_KAFKA_RESP_ERR__QUEUE_FULL)
		return RELAY_PUT_LATER;
	return refused(kafka, topic, record, batch, result);
}

static bool
kafka_serve(RelaySink *base, bool idle)
{
	RelayKafka *kafka = (RelayKafka *) base;
	char drain[64];

	(void) idle;
	while (read(kafka->wake[0], drain, sizeof(drain)) == sizeof(drain))
		;
	kafka->due = INT64_MAX;
	/* each call serves what is there, as far as it wants to */
	while (rd_kafka_poll(kafka->producer, 0) > 0 && !base->error.set)
		;
	relay_kafka_topics_serve(kafka);
	relay_kafka_dedupe_serve(kafka);
	return !base->error.set;
}

static void
kafka_identify(RelaySink *base, const char *system_id, uint32_t timeline)
{
	RelayKafkaOrigin *origin = &((RelayKafka *) base)->dedupe.origin;

	snprintf(origin->system_id, sizeof(origin->system_id), "%s", system_id);
	origin->timeline = timeline;
}

static int
kafka_descriptor(RelaySink *base)
{
	return ((RelayKafka *) base)->wake[0];
}

static int64_t
kafka_due(RelaySink *base)
{
	return ((RelayKafka *) base)->due;
}

static bool
kafka_probe(RelaySink *base)
{
	RelayKafka *kafka = (RelayKafka *) base;
	const struct rd_kafka_metadata *metadata;
	rd_kafka_resp_err_t result = rd_kafka_metadata(kafka->producer, 0, NULL, &metadata, PROBE_TIMEOUT_MS);

	if (result != RD_KAFKA_RESP_ERR_NO_ERROR)
		return relay_fail(&base->error, RELAY_EXIT_SINK, "could not reach the Kafka brokers: %s", rd_kafka_err2str(result));
	rd_kafka_metadata_destroy(metadata);
	return true;
}

static void
kafka_metrics(RelaySink *base, RelayBuf *out)
{
	const RelayKafka *kafka = (RelayKafka *) base;

	relay_buf_printf(out,
					 "# HELP cdc_json_kafka_fatal_total Producers that failed and were replaced.\n# TYPE cdc_json_kafka_fatal_total counter\n"
					 "cdc_json_kafka_fatal_total %" PRIu64 "\n"
					 "# HELP cdc_json_dead_letters_total Records sent to the topic of dead letters.\n# TYPE cdc_json_dead_letters_total counter\n"
					 "cdc_json_dead_letters_total %" PRIu64 "\n"
					 "# HELP cdc_json_kafka_queue_messages Records that the producer has not sent, or that wait for an answer.\n# TYPE cdc_json_kafka_queue_messages gauge\n"
					 "cdc_json_kafka_queue_messages %d\n",
					 kafka->fatal_errors, kafka->dead_letters, rd_kafka_outq_len(kafka->producer));
}

const RelaySinkKind relay_kafka_sink = {
	.name = "kafka",
	.help = "  kafka     bootstrap.servers=HOST:PORT,..., any other property of librdkafka,\n"
			"            topic.creation.default.partitions=N, .replication.factor=N, .cleanup.policy=compact, ... [no creation],\n"
			"            errors.tolerance=none|all [none], errors.deadletterqueue.topic.name=TOPIC\n",
	.open = kafka_open,
	.identify = kafka_identify,
	.put = kafka_put,
	.serve = kafka_serve,
	.descriptor = kafka_descriptor,
	.due = kafka_due,
	.restart = kafka_restart,
	.probe = kafka_probe,
	.metrics = kafka_metrics,
	.close = kafka_close,
	.overhead = RECORD_OVERHEAD,
};
