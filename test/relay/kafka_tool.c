/*
 * kafka_tool.c
 *		A Kafka cluster in memory, and a reader of topics, for the tests.
 *
 *	kafka_tool mock BROKERS			runs librdkafka's mock cluster; prints its
 *									address, and obeys lines on standard input
 *	kafka_tool read SERVERS TOPIC...	prints all records of the topics
 *
 * Commands of the cluster, each answered by "ok" or "error":
 *	topic NAME PARTITIONS			creates a topic
 *	down BROKER | up BROKER | rtt BROKER MS
 *	leader TOPIC PARTITION BROKER
 *	errors REQUEST CODE COUNT		the next COUNT requests of a kind (0: produce) fail
 *	topic-error NAME CODE			all requests for the topic fail; 0 ends it
 *	read TOPIC...					prints records, then "ok"
 *
 * A record is a line: topic, partition, offset, key, value, headers as
 * name=value; separated by tabs, "-" for none.
 */
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_WORDS 40
#define WAIT_MS 15000

static void
die(const char *what, const char *why)
{
	fprintf(stderr, "kafka_tool: %s: %s\n", what, why);
	exit(1);
}

static void
print_bytes(const void *data, size_t len)
{
	putchar('\t');
	if (data)
		fwrite(data, 1, len, stdout);
	else
		putchar('-');
}

static void
print_record(const rd_kafka_message_t *message)
{
	rd_kafka_headers_t *headers;
	const char *name;
	const void *value;
	size_t len;

	printf("%s\t%d\t%lld", rd_kafka_topic_name(message->rkt), (int) message->partition, (long long) message->offset);
	print_bytes(message->key, message->key_len);
	print_bytes(message->payload, message->len);
	if (rd_kafka_message_headers(message, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR)
	{
		for (size_t i = 0; rd_kafka_header_get_all(headers, i, &name, &value, &len) == RD_KAFKA_RESP_ERR_NO_ERROR; i++)
			printf("\t%s=%.*s", name, (int) len, (const char *) value);
	}
	putchar('\n');
}

/* All partitions of the topics, from their beginnings; returns how many. */
static int
assign(rd_kafka_t *consumer, char **topics, int n)
{
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(n);
	int partitions = 0;

	for (int i = 0; i < n; i++)
	{
		rd_kafka_topic_t *topic = rd_kafka_topic_new(consumer, topics[i], NULL);
		const struct rd_kafka_metadata *metadata;
		rd_kafka_resp_err_t result = rd_kafka_metadata(consumer, 0, topic, &metadata, WAIT_MS);

		if (result != RD_KAFKA_RESP_ERR_NO_ERROR)
			die(topics[i], rd_kafka_err2str(result));
		for (int p = 0; p < metadata->topics[0].partition_cnt; p++)
		{
			rd_kafka_topic_partition_list_add(list, topics[i], metadata->topics[0].partitions[p].id)->offset = RD_KAFKA_OFFSET_BEGINNING;
			partitions++;
		}
		rd_kafka_metadata_destroy(metadata);
		rd_kafka_topic_destroy(topic);
	}
	rd_kafka_assign(consumer, list);
	rd_kafka_topic_partition_list_destroy(list);
	return partitions;
}

static void
read_topics(const char *servers, char **topics, int n)
{
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	char message[300];
	rd_kafka_t *consumer;
	int left;

	if (rd_kafka_conf_set(conf, "bootstrap.servers", servers, message, sizeof(message)) != RD_KAFKA_CONF_OK ||
		rd_kafka_conf_set(conf, "group.id", "kafka_tool", message, sizeof(message)) != RD_KAFKA_CONF_OK ||
		rd_kafka_conf_set(conf, "enable.auto.commit", "false", message, sizeof(message)) != RD_KAFKA_CONF_OK ||
		rd_kafka_conf_set(conf, "enable.partition.eof", "true", message, sizeof(message)) != RD_KAFKA_CONF_OK)
		die("configuration", message);
	consumer = rd_kafka_new(RD_KAFKA_CONSUMER, conf, message, sizeof(message));
	if (!consumer)
		die("consumer", message);
	rd_kafka_poll_set_consumer(consumer);
	left = assign(consumer, topics, n);
	while (left > 0)
	{
		rd_kafka_message_t *record = rd_kafka_consumer_poll(consumer, WAIT_MS);

		if (!record)
			die("reading", "no answer");
		if (record->err == RD_KAFKA_RESP_ERR__PARTITION_EOF)
			left--;
		else if (record->err == RD_KAFKA_RESP_ERR_NO_ERROR)
			print_record(record);
		rd_kafka_message_destroy(record);
	}
	rd_kafka_consumer_close(consumer);
	rd_kafka_destroy(consumer);
}

static bool
obey(rd_kafka_mock_cluster_t *cluster, char **word, int n)
{
	rd_kafka_resp_err_t result = RD_KAFKA_RESP_ERR_NO_ERROR;

	if (strcmp(word[0], "topic") == 0 && n == 3)
		result = rd_kafka_mock_topic_create(cluster, word[1], atoi(word[2]), 1);
	else if (strcmp(word[0], "down") == 0 && n == 2)
		result = rd_kafka_mock_broker_set_down(cluster, atoi(word[1]));
	else if (strcmp(word[0], "up") == 0 && n == 2)
		result = rd_kafka_mock_broker_set_up(cluster, atoi(word[1]));
	else if (strcmp(word[0], "rtt") == 0 && n == 3)
		result = rd_kafka_mock_broker_set_rtt(cluster, atoi(word[1]), atoi(word[2]));
	else if (strcmp(word[0], "leader") == 0 && n == 4)
		result = rd_kafka_mock_partition_set_leader(cluster, word[1], atoi(word[2]), atoi(word[3]));
	else if (strcmp(word[0], "topic-error") == 0 && n == 3)
		rd_kafka_mock_topic_set_error(cluster, word[1], (rd_kafka_resp_err_t) atoi(word[2]));
	else if (strcmp(word[0], "errors") == 0 && n == 4)
	{
		for (int i = 0; i < atoi(word[3]); i++)
			rd_kafka_mock_push_request_errors(cluster, (int16_t) atoi(word[1]), 1, (rd_kafka_resp_err_t) atoi(word[2]));
	}
	else if (strcmp(word[0], "read") == 0 && n > 1)
		read_topics(rd_kafka_mock_cluster_bootstraps(cluster), word + 1, n - 1);
	else
		return false;
	return result == RD_KAFKA_RESP_ERR_NO_ERROR;
}

static void
run_mock(int brokers)
{
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	char text[1000];
	rd_kafka_t *owner = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text, sizeof(text));
	rd_kafka_mock_cluster_t *cluster;

	if (!owner)
		die("cluster", text);
	cluster = rd_kafka_mock_cluster_new(owner, brokers);
	printf("%s\n", rd_kafka_mock_cluster_bootstraps(cluster));
	fflush(stdout);
	while (fgets(text, sizeof(text), stdin))
	{
		char *word[MAX_WORDS];
		int n = 0;

		for (char *p = strtok(text, " \n"); p && n < MAX_WORDS; p = strtok(NULL, " \n"))
			word[n++] = p;
		printf("%s\n", n > 0 && obey(cluster, word, n) ? "ok" : "error");
		fflush(stdout);
	}
	rd_kafka_mock_cluster_destroy(cluster);
	rd_kafka_destroy(owner);
}

int
main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "mock") == 0)
		run_mock(atoi(argv[2]));
	else if (argc > 3 && strcmp(argv[1], "read") == 0)
		read_topics(argv[2], argv + 3, argc - 3);
	else
		die("usage", "mock BROKERS | read SERVERS TOPIC...");
	return 0;
}
