/*
 * kafka_watch.c
 *		What the benchmark of the relay asks a broker; topics of one partition.
 *
 *	kafka_watch high SERVERS TOPIC				number of records
 *	kafka_watch wait SERVERS TOPIC FROM COUNT SECONDS
 *				waits for COUNT records from offset FROM on; prints the times of
 *				the first, the middle and the last of them, in milliseconds
 *	kafka_watch latency SERVERS TOPIC FROM COUNT SECONDS
 *				reads them; prints how many, and median, 99th percentile and
 *				maximum of the time from commit (source.ts_us) to the record's
 *				time, in milliseconds
 *	kafka_watch delete SERVERS TOPIC...
 *
 * The broker is to stamp records when it appends them (LogAppendTime).
 */
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define CALL_MS 5000

static void
die(const char *what, const char *why)
{
	fprintf(stderr, "kafka_watch: %s: %s\n", what, why);
	exit(1);
}

static rd_kafka_t *
client(rd_kafka_type_t type, const char *servers)
{
	static const char *const properties[][2] = {
		{"enable.partition.eof", "false"},
		{"allow.auto.create.topics", "false"},
		{"fetch.wait.max.ms", "100"},
		{"check.crcs", "false"},
	};
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	char message[300];
	rd_kafka_t *handle;

	rd_kafka_conf_set(conf, "bootstrap.servers", servers, message, sizeof(message));
	for (size_t i = 0; type == RD_KAFKA_CONSUMER && i < sizeof(properties) / sizeof(properties[0]); i++)
		rd_kafka_conf_set(conf, properties[i][0], properties[i][1], message, sizeof(message));
	handle = rd_kafka_new(type, conf, message, sizeof(message));
	if (!handle)
		die("client", message);
	return handle;
}

/* Records of the topic, 0 as long as there is none. */
static long long
high(rd_kafka_t *consumer, const char *topic)
{
	int64_t low;
	int64_t end;

	return rd_kafka_query_watermark_offsets(consumer, topic, 0, &low, &end, CALL_MS) == RD_KAFKA_RESP_ERR_NO_ERROR ? end : 0;
}

static rd_kafka_message_t *
next(rd_kafka_topic_t *topic, time_t deadline)
{
	while (time(NULL) < deadline)
	{
		rd_kafka_message_t *message = rd_kafka_consume(topic, 0, 1000);

		if (message && message->err == RD_KAFKA_RESP_ERR_NO_ERROR)
			return message;
		if (message)
			rd_kafka_message_destroy(message);
	}
	die(rd_kafka_topic_name(topic), "no record within the time");
	return NULL;
}

static long long
time_at(rd_kafka_topic_t *topic, long long offset)
{
	rd_kafka_message_t *message;
	long long stamp;

	if (rd_kafka_consume_start(topic, 0, offset) != 0)
		die("reading", rd_kafka_err2str(rd_kafka_last_error()));
	message = next(topic, time(NULL) + 30);
	stamp = rd_kafka_message_timestamp(message, NULL);
	rd_kafka_message_destroy(message);
	rd_kafka_consume_stop(topic, 0);
	return stamp;
}

static void
wait_for(rd_kafka_t *consumer, const char *name, long long from, long long count, time_t deadline)
{
	rd_kafka_topic_t *topic;

	while (high(consumer, name) < from + count)
	{
		if (time(NULL) >= deadline)
			die(name, "fewer records than expected");
		usleep(50000);
	}
	topic = rd_kafka_topic_new(consumer, name, NULL);
	printf("%lld %lld %lld\n", time_at(topic, from), time_at(topic, from + count / 2), time_at(topic, from + count - 1));
	rd_kafka_topic_destroy(topic);
}

static int
compare(const void *a, const void *b)
{
	double x = *(const double *) a;
	double y = *(const double *) b;

	return (x > y) - (x < y);
}

/* The first "ts_us" of the value is the one of "source". */
static double
latency(const rd_kafka_message_t *message)
{
	static const char name[] = "\"ts_us\":";
	const char *at = memmem(message->payload, message->len, name, sizeof(name) - 1);

	return (double) rd_kafka_message_timestamp(message, NULL) - (at ? strtod(at + sizeof(name) - 1, NULL) / 1000.0 : 0);
}

static void
print_latency(rd_kafka_t *consumer, const char *name, long long from, long long count, time_t deadline)
{
	rd_kafka_topic_t *topic = rd_kafka_topic_new(consumer, name, NULL);
	double *ms = calloc(count, sizeof(double));

	if (rd_kafka_consume_start(topic, 0, from) != 0)
		die("reading", rd_kafka_err2str(rd_kafka_last_error()));
	for (long long i = 0; i < count; i++)
	{
		rd_kafka_message_t *message = next(topic, deadline);

		ms[i] = latency(message);
		rd_kafka_message_destroy(message);
	}
	rd_kafka_consume_stop(topic, 0);
	rd_kafka_topic_destroy(topic);
	qsort(ms, count, sizeof(double), compare);
	printf("%lld %.2f %.2f %.2f\n", count, ms[count / 2], ms[count * 99 / 100], ms[count - 1]);
	free(ms);
}

static void
delete_topics(const char *servers, char **names, int n)
{
	rd_kafka_t *producer = client(RD_KAFKA_PRODUCER, servers);
	rd_kafka_queue_t *queue = rd_kafka_queue_new(producer);

	for (int i = 0; i < n; i++)
	{
		rd_kafka_DeleteTopic_t *topic = rd_kafka_DeleteTopic_new(names[i]);
		rd_kafka_event_t *event;

		rd_kafka_DeleteTopics(producer, &topic, 1, NULL, queue);
		event = rd_kafka_queue_poll(queue, 30000);
		if (event)
			rd_kafka_event_destroy(event);
		rd_kafka_DeleteTopic_destroy(topic);
	}
	rd_kafka_queue_destroy(queue);
	rd_kafka_destroy(producer);
}

int
main(int argc, char **argv)
{
	rd_kafka_t *consumer;

	if (argc < 4)
		die("usage", "high|wait|latency|delete SERVERS TOPIC ...");
	if (strcmp(argv[1], "delete") == 0)
	{
		delete_topics(argv[2], argv + 3, argc - 3);
		return 0;
	}
	consumer = client(RD_KAFKA_CONSUMER, argv[2]);
	if (strcmp(argv[1], "high") == 0)
		printf("%lld\n", high(consumer, argv[3]));
	else if (argc == 7 && strcmp(argv[1], "wait") == 0)
		wait_for(consumer, argv[3], atoll(argv[4]), atoll(argv[5]), time(NULL) + atoll(argv[6]));
	else if (argc == 7 && strcmp(argv[1], "latency") == 0)
		print_latency(consumer, argv[3], atoll(argv[4]), atoll(argv[5]), time(NULL) + atoll(argv[6]));
	else
		die("usage", argv[1]);
	rd_kafka_destroy(consumer);
	return 0;
}
