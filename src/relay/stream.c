/*
 * stream.c
 *		The slot's stream: starting it, messages, confirmations; see source.h.
 */
#include "relay/source.h"

#include <libpq-fe.h>
#include <poll.h>
#include <stdlib.h>

#include "relay/heartbeat.h"
#include "relay/log.h"

/* microseconds between 1970 and 2000, where the server's clock begins */
#define POSTGRES_EPOCH_US INT64_C(946684800000000)
#define DATA_HEADER 25 /* 'w', start, end, time */
#define KEEPALIVE_SIZE 18 /* 'k', end, time, reply */
#define STATUS_SIZE 34 /* 'r', written, flushed, applied, time, reply */

/* Without other wishes, as many bytes of records in one message. */
#define BATCH_BYTES "65536"

/* "name" 'value' in a replication command, where only quotes are special. */
static void
append_option(RelayBuf *command, const char *separator, const char *name, const char *value)
{
	relay_buf_printf(command, "%s\"", separator);
	for (; *name; name++)
		relay_buf_append(command, *name == '"' ? "\"\"" : name, *name == '"' ? 2 : 1);
	relay_buf_text(command, "\" '");
	for (; *value; value++)
		relay_buf_append(command, *value == '\'' ? "''" : value, *value == '\'' ? 2 : 1);
	relay_buf_text(command, "'");
}

bool
relay_source_option_given(const RelaySettings *plugin, const char *name)
{
	char *underscored = relay_strdup(name);
	bool given;

	for (char *p = underscored; *p; p++)
	{
		if (*p == '.')
			*p = '_';
	}
	given = relay_setting(plugin, name) || relay_setting(plugin, underscored);
	free(underscored);
	return given;
}

bool
relay_source_start(RelaySource *source, uint64_t lsn)
{
	const RelaySettings *plugin = &source->options->plugin;
	RelayBuf command = {0};
	char text[RELAY_LSN_TEXT];
	PGresult *result;
	bool ok;

	relay_buf_printf(&command, "START_REPLICATION SLOT \"%s\" LOGICAL %s (", source->options->slot, relay_lsn_text(lsn, text));
	append_option(&command, "", "format", "frame");
	if (!relay_source_option_given(plugin, "batch.bytes"))
		append_option(&command, ", ", "batch.bytes", BATCH_BYTES);
	for (const char *const *o = source->plugin_options; o && *o; o += 2)
	{
		if (!relay_source_option_given(plugin, o[0]))
			append_option(&command, ", ", o[0], o[1]);
	}
	for (int i = 0; i < plugin->n; i++)
	{
		if (!relay_heartbeat_option(plugin->item[i].name))
			append_option(&command, ", ", plugin->item[i].name, plugin->item[i].value);
	}
	relay_buf_text(&command, ")");
	result = PQexec(source->conn, relay_buf_cstring(&command));
	relay_buf_free(&command);
	ok = PQresultStatus(result) == PGRES_COPY_BOTH;
	if (!ok)
		relay_source_failed(source, "could not start to read the slot", result);
	PQclear(result);
	if (!ok)
		return false;
	if (PQsetnonblocking(source->conn, 1) != 0)
		return relay_source_disconnected(source, "could not start to read the slot");
	source->streaming = true;
	source->received_at = relay_now();
	source->status_lsn = lsn;
	relay_log(RELAY_INFO, "reading slot \"%s\" from %s", source->options->slot, text);
	return true;
}

int
relay_source_descriptor(const RelaySource *source)
{
	return source->conn ? PQsocket(source->conn) : -1;
}

bool
relay_source_flush(RelaySource *source)
{
	if (source->conn && PQflush(source->conn) < 0)
		return relay_source_disconnected(source, "could not send to the server");
	return true;
}

bool
relay_source_sending(const RelaySource *source)
{
	return source->conn && source->streaming && PQflush(source->conn) == 1;
}

bool
relay_source_read(RelaySource *source)
{
	if (PQconsumeInput(source->conn) == 0)
		return relay_source_disconnected(source, "lost the connection to the server");
	return true;
}

static uint64_t
get_u64(const char *at)
{
	uint64_t value = 0;

	for (int i = 0; i < 8; i++)
		value = value << 8 | (unsigned char) at[i];
	return value;
}

static void
put_u64(char *at, uint64_t value)
{
	for (int i = 0; i < 8; i++)
		at[i] = (char) (value >> (56 - 8 * i));
}

/* The server ended the stream: in good order it never does before we do. */
static RelayReceived
stream_ended(RelaySource *source)
{
	PGresult *result = PQgetResult(source->conn);

	if (PQresultStatus(result) == PGRES_FATAL_ERROR)
		relay_source_failed(source, "the server ended the stream", result);
	else
		relay_fail_retry(&source->error, RELAY_EXIT_SOURCE, "the server ended the stream");
	PQclear(result);
	source->streaming = false;
	return RELAY_RECEIVED_ERROR;
}

RelayReceived
relay_source_receive(RelaySource *source, RelayMessage *message)
{
	char *data;
	int len = PQgetCopyData(source->conn, &data, 1);

	if (len == 0)
		return RELAY_RECEIVED_NOTHING;
	if (len == -1)
		return stream_ended(source);
	if (len < 0)
	{
		relay_source_disconnected(source, "could not receive from the server");
		return RELAY_RECEIVED_ERROR;
	}
	source->received_at = relay_now();
	source->waiting_since = 0;
	if (len >= DATA_HEADER && data[0] == 'w')
	{
		uint64_t end = get_u64(data + 9);

		if (end > source->server_lsn)
			source->server_lsn = end;
		message->data = data;
		message->release = PQfreemem;
		message->frame = data + DATA_HEADER;
		message->frame_len = (size_t) (len - DATA_HEADER);
		return RELAY_RECEIVED_FRAME;
	}
	if (len >= KEEPALIVE_SIZE && data[0] == 'k')
	{
		message->lsn = get_u64(data + 1);
		if (message->lsn > source->server_lsn)
			source->server_lsn = message->lsn;
		if (data[17])
			source->reply_requested = true;
		PQfreemem(data);
		return RELAY_RECEIVED_KEEPALIVE;
	}
	PQfreemem(data);
	relay_fail(&source->error, RELAY_EXIT_SOURCE, "the server sent a message that does not belong to the replication protocol");
	return RELAY_RECEIVED_ERROR;
}

bool
relay_source_status(RelaySource *source, uint64_t received, uint64_t confirmed, bool request)
{
	char status[STATUS_SIZE];
	int64_t now = relay_now();

	status[0] = 'r';
	put_u64(status + 1, received > confirmed ? received : confirmed);
	put_u64(status + 9, confirmed);
	put_u64(status + 17, confirmed);
	put_u64(status + 25, (uint64_t) (relay_wall_clock() - POSTGRES_EPOCH_US));
	status[33] = request;
	/* 0 means that the buffer is full: there are older statuses in it, which keep the connection */
	if (PQputCopyData(source->conn, status, sizeof(status)) < 0 || PQflush(source->conn) < 0)
		return relay_source_disconnected(source, "could not send to the server");
	source->status_at = now;
	source->status_lsn = confirmed;
	source->reply_requested = false;
	if (request && source->waiting_since == 0)
		source->waiting_since = now;
	return true;
}

int64_t
relay_source_status_interval(const RelaySource *source)
{
	int64_t interval = 10 * 1000000;

	if (source->sender_timeout_us > 0 && source->sender_timeout_us / 3 < interval)
		interval = source->sender_timeout_us / 3;
	return interval;
}

void
relay_source_end(RelaySource *source, int64_t timeout_us)
{
	int64_t deadline = relay_now() + timeout_us;
	bool ended = false;

	if (!source->conn || !source->streaming || PQputCopyEnd(source->conn, NULL) < 0)
		return;
	while (!ended && relay_now() < deadline)
	{
		int flushed = PQflush(source->conn);
		struct pollfd poll_fd = {PQsocket(source->conn), (short) (POLLIN | (flushed == 1 ? POLLOUT : 0)), 0};
		char *data;
		int len;

		if (flushed < 0 || poll(&poll_fd, 1, 100) < 0 || PQconsumeInput(source->conn) == 0)
			return;
		while ((len = PQgetCopyData(source->conn, &data, 1)) > 0)
			PQfreemem(data);
		ended = len < 0;
	}
	source->streaming = false;
}
