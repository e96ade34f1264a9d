/*
 * kafka_options.c
 *		Properties of the Kafka sink.
 *
 * Kafka Connect's names for what librdkafka has no property for: creation of
 * topics, and records that fail.  Everything else is librdkafka's.
 */
#include "relay/kafka.h"

#include <librdkafka/rdkafka.h>
#include <stdlib.h>
#include <string.h>

#include "relay/log.h"

/* Nothing is lost and the order is kept; partitions as Java clients choose them. */
static const char *const standard[][2] = {
	{"enable.idempotence", "true"},
	{"acks", "all"},
	{"message.timeout.ms", "0"},
	{"partitioner", "murmur2_random"},
	{"linger.ms", "1"},
	{"socket.nagle.disable", "true"},
	/* what waits is bounded by --max-inflight-bytes */
	{"queue.buffering.max.messages", "10000000"},
	{"queue.buffering.max.kbytes", "2147483647"},
};

static bool
starts_with(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

static bool
number(const RelaySetting *setting, int *value, RelayError *error)
{
	char *end;
	long parsed = strtol(setting->value, &end, 10);

	if (end == setting->value || *end != '\0' || parsed == 0 || parsed < -1 || parsed > 100000)
		return relay_fail(error, RELAY_EXIT_USAGE, "invalid value for property \"%s\": \"%s\"", setting->name, setting->value);
	*value = (int) parsed;
	return true;
}

static bool
boolean(const RelaySetting *setting, bool *value, RelayError *error)
{
	return relay_parse_bool(setting->value, value) ||
		   relay_fail(error, RELAY_EXIT_USAGE, "invalid value for property \"%s\": \"%s\"", setting->name, setting->value);
}

/* topic.creation.* */
static bool
creation(RelayKafkaOptions *options, const RelaySetting *setting, RelayError *error)
{
	static const char prefix[] = "topic.creation.default.";
	const char *rest = setting->name + strlen(prefix);

	if (strcmp(setting->name, "topic.creation.enable") == 0)
		return boolean(setting, &options->create_topics, error);
	if (!starts_with(setting->name, prefix) || *rest == '\0')
	{
		relay_fail(error, RELAY_EXIT_USAGE, "the sink \"kafka\" has no property \"%s\"", setting->name);
		relay_hint(error, "Topics are created as topic.creation.default.* says; create those that differ beforehand.");
		return false;
	}
	if (strcmp(rest, "partitions") == 0)
		return number(setting, &options->partitions, error);
	if (strcmp(rest, "replication.factor") == 0)
		return number(setting, &options->replication, error);
	return relay_setting_add(&options->topic_config, rest, setting->value);
}

/* errors.* */
static bool
errors(RelayKafkaOptions *options, const RelaySetting *setting, RelayError *error)
{
	if (strcmp(setting->name, "errors.tolerance") == 0)
	{
		options->tolerate = strcmp(setting->value, "all") == 0;
		return options->tolerate || strcmp(setting->value, "none") == 0 ||
			   relay_fail(error, RELAY_EXIT_USAGE, "invalid value for property \"errors.tolerance\": \"%s\"", setting->value);
	}
	if (strcmp(setting->name, "errors.deadletterqueue.topic.name") == 0)
	{
		options->dead_letters = relay_strdup(setting->value);
		return true;
	}
	if (strcmp(setting->name, "errors.deadletterqueue.context.headers.enable") == 0)
		return boolean(setting, &options->dead_letter_headers, error);
	return relay_fail(error, RELAY_EXIT_USAGE, "the sink \"kafka\" has no property \"%s\"", setting->name);
}

static bool
library_property(RelayKafka *kafka, const char *name, const char *value, RelayError *error)
{
	char message[300];

	/* a value may be a password: the library's message would repeat it */
	switch (rd_kafka_conf_set(kafka->conf, name, value, message, sizeof(message)))
	{
		case RD_KAFKA_CONF_OK:
			return true;
		case RD_KAFKA_CONF_UNKNOWN:
			return relay_fail(error, RELAY_EXIT_USAGE, "the sink \"kafka\" has no property \"%s\"", name);
		case RD_KAFKA_CONF_INVALID:
			break;
	}
	if (strstr(name, "password") || strstr(name, "pem") || strstr(name, "sasl"))
		return relay_fail(error, RELAY_EXIT_USAGE, "invalid value for property \"%s\"", name);
	return relay_fail(error, RELAY_EXIT_USAGE, "invalid value for property \"%s\": %s", name, message);
}

/* What may lose or reorder records is the user's choice, and said aloud. */
static void
warn_if_weaker(const RelaySetting *setting)
{
	bool flag;

	if ((strcmp(setting->name, "enable.idempotence") == 0 && relay_parse_bool(setting->value, &flag) && !flag) ||
		((strcmp(setting->name, "acks") == 0 || strcmp(setting->name, "request.required.acks") == 0) &&
		 strcmp(setting->value, "all") != 0 && strcmp(setting->value, "-1") != 0))
		relay_log(RELAY_WARNING, "with %s=%s, records can be lost or reordered", setting->name, setting->value);
}

bool
relay_kafka_options(RelayKafka *kafka, const RelayOptions *options, RelayError *error)
{
	const RelaySettings *settings = &options->sink_set;
	RelayKafkaOptions *own = &kafka->options;

	own->partitions = own->replication = -1;
	own->dead_letter_headers = true;
	for (size_t i = 0; i < sizeof(standard) / sizeof(standard[0]); i++)
	{
		if (!library_property(kafka, standard[i][0], standard[i][1], error))
			return false;
	}
	for (int i = 0; i < settings->n; i++)
	{
		const RelaySetting *setting = &settings->item[i];
		bool ok;

		if (starts_with(setting->name, "topic.creation."))
		{
			if (!relay_setting(settings, "topic.creation.enable"))
				own->create_topics = true;
			ok = creation(own, setting, error);
		}
		else if (starts_with(setting->name, "errors."))
			ok = errors(own, setting, error);
		else
		{
			warn_if_weaker(setting);
			ok = library_property(kafka, setting->name, setting->value, error);
		}
		if (!ok)
			return false;
	}
	if (own->tolerate && !own->dead_letters)
		return relay_fail(error, RELAY_EXIT_USAGE, "errors.tolerance=all needs errors.deadletterqueue.topic.name: records are never dropped");
	if (own->dead_letters && !own->tolerate)
		return relay_fail(error, RELAY_EXIT_USAGE, "errors.deadletterqueue.topic.name needs errors.tolerance=all");
	if (!relay_kafka_dedupe_options(kafka, options, error))
		return false;
	if (kafka->dedupe.enabled && !library_property(kafka, "enable.gapless.guarantee", "true", error))
		return false;
	if (!relay_setting(settings, "bootstrap.servers") && !relay_setting(settings, "metadata.broker.list") &&
		!relay_setting(settings, "test.mock.num.brokers"))
		return relay_fail(error, RELAY_EXIT_USAGE, "the sink \"kafka\" needs --set bootstrap.servers=HOST:PORT");
	return true;
}

void
relay_kafka_options_free(RelayKafkaOptions *options)
{
	relay_settings_free(&options->topic_config);
	free(options->dead_letters);
}
