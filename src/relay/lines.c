/*
 * lines.c
 *		Records as lines of JSON; see lines.h.
 *
 * Keys and values are JSON already and go out as they are.
 */
#include "relay/lines.h"

#include <string.h>

bool
relay_lines_parse(const char *text, RelayLines *lines)
{
	if (strcmp(text, "record") == 0)
		*lines = RELAY_LINES_RECORD;
	else if (strcmp(text, "value") == 0)
		*lines = RELAY_LINES_VALUE;
	else
		return false;
	return true;
}

void
relay_headers_append(RelayBuf *buf, const RelayRecord *record)
{
	RelayBytes rest = record->headers;
	RelayHeader header;
	const char *separator = "";

	relay_buf_text(buf, "{");
	while (relay_frame_header(&rest, &header))
	{
		relay_buf_text(buf, separator);
		relay_buf_json(buf, header.name.data, header.name.len);
		relay_buf_text(buf, ":");
		if (header.null)
			relay_buf_text(buf, "null");
		else if (header.json)
			relay_buf_append(buf, header.value.data, header.value.len);
		else
			relay_buf_json(buf, header.value.data, header.value.len);
		separator = ",";
	}
	relay_buf_text(buf, "}");
}

static void
append_or_null(RelayBuf *buf, bool has, const RelayBytes *bytes)
{
	if (has)
		relay_buf_append(buf, bytes->data, bytes->len);
	else
		relay_buf_text(buf, "null");
}

void
relay_lines_append(RelayBuf *buf, RelayLines lines, const RelayRecord *record)
{
	if (lines == RELAY_LINES_VALUE)
	{
		if (!record->has_value)
			return;
		relay_buf_append(buf, record->value.data, record->value.len);
	}
	else
	{
		relay_buf_text(buf, "{\"topic\":");
		relay_buf_json(buf, record->topic.data, record->topic.len);
		relay_buf_text(buf, ",\"key\":");
		append_or_null(buf, record->has_key, &record->key);
		relay_buf_text(buf, ",\"value\":");
		append_or_null(buf, record->has_value, &record->value);
		relay_buf_text(buf, ",\"headers\":");
		relay_headers_append(buf, record);
		relay_buf_text(buf, "}");
	}
	relay_buf_text(buf, "\n");
}
