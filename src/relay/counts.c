/*
 * counts.c
 *		How many records of each kind went to each topic; see counts.h.
 *
 * A topic takes some 150 bytes for as long as the program runs.
 */
#include "relay/counts.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

const char *const relay_kind_labels[RELAY_KINDS] = {"c", "u", "d", "r", "t", "m", "tombstone", "begin", "end", "routed"};

static const char kinds[] = "cudrtmxbeo";

static RelayTopicCount *
find(RelayCounts *counts, const RelayBytes *topic)
{
	RelayTopicCount *count = counts->last;
	unsigned h = 2166136261u;

	/* records come in stretches of one topic */
	if (count && count->len == topic->len && memcmp(count->topic, topic->data, topic->len) == 0)
		return count;
	for (size_t i = 0; i < topic->len; i++)
		h = (h ^ (unsigned char) topic->data[i]) * 16777619u;
	h %= RELAY_COUNTS_PLACES;
	for (count = counts->place[h]; count; count = count->next)
	{
		if (count->len == topic->len && memcmp(count->topic, topic->data, topic->len) == 0)
			break;
	}
	if (!count)
	{
		count = relay_alloc(sizeof(*count));
		count->topic = relay_strndup(topic->data, topic->len);
		count->len = topic->len;
		count->next = counts->place[h];
		counts->place[h] = count;
	}
	counts->last = count;
	return count;
}

void
relay_counts_add(RelayCounts *counts, const RelayRecord *record)
{
	RelayTopicCount *count = find(counts, &record->topic);
	const char *kind = memchr(kinds, record->kind, RELAY_KINDS);

	if (kind)
		count->kind[kind - kinds]++;
	if (!record->has_key)
		count->keyless++;
}

/* A label's value, as Prometheus' text format wants it. */
static void
write_label(RelayBuf *out, const RelayTopicCount *count)
{
	for (size_t i = 0; i < count->len; i++)
	{
		char c = count->topic[i];

		if (c == '\n')
			relay_buf_append(out, "\\n", 2);
		else
		{
			if (c == '"' || c == '\\')
				relay_buf_append(out, "\\", 1);
			relay_buf_append(out, &c, 1);
		}
	}
}

static void
write_topic_events(RelayBuf *out, const RelayTopicCount *count)
{
	for (int i = 0; i < RELAY_KINDS; i++)
	{
		if (count->kind[i] == 0)
			continue;
		relay_buf_text(out, "cdc_json_events_total{topic=\"");
		write_label(out, count);
		relay_buf_printf(out, "\",op=\"%s\"} %" PRIu64 "\n", relay_kind_labels[i], count->kind[i]);
	}
}

void
relay_counts_write(const RelayCounts *counts, RelayBuf *out)
{
	relay_buf_text(out, "# HELP cdc_json_events_total Records handed to the sink, by topic (one for each table, without other options) and operation.\n"
						"# TYPE cdc_json_events_total counter\n");
	for (int i = 0; i < RELAY_COUNTS_PLACES; i++)
	{
		for (const RelayTopicCount *count = counts->place[i]; count; count = count->next)
			write_topic_events(out, count);
	}
	relay_buf_text(out, "# HELP cdc_json_keyless_total Records without a key, by topic.\n# TYPE cdc_json_keyless_total counter\n");
	for (int i = 0; i < RELAY_COUNTS_PLACES; i++)
	{
		for (const RelayTopicCount *count = counts->place[i]; count; count = count->next)
		{
			if (count->keyless == 0)
				continue;
			relay_buf_text(out, "cdc_json_keyless_total{topic=\"");
			write_label(out, count);
			relay_buf_printf(out, "\"} %" PRIu64 "\n", count->keyless);
		}
	}
}

void
relay_counts_free(RelayCounts *counts)
{
	for (int i = 0; i < RELAY_COUNTS_PLACES; i++)
	{
		while (counts->place[i])
		{
			RelayTopicCount *count = counts->place[i];

			counts->place[i] = count->next;
			free(count->topic);
			free(count);
		}
	}
	counts->last = NULL;
}
