/*
 * deadletter.c
 *		A file of refused records; see deadletter.h.
 */
#define _GNU_SOURCE 1
#include "relay/deadletter.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "relay/lines.h"

bool
relay_dead_letters_open(RelayDeadLetters *letters, const char *path, RelayError *error)
{
	memset(letters, 0, sizeof(*letters));
	letters->fd = -1;
	letters->path = path;
	if (!path)
		return true;
	/* rows are nobody else's business */
	letters->fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (letters->fd < 0)
		return relay_fail(error, RELAY_EXIT_USAGE, "could not open file \"%s\": %s", path, strerror(errno));
	return true;
}

void
relay_dead_letters_close(RelayDeadLetters *letters)
{
	if (letters->fd >= 0)
		close(letters->fd);
	letters->fd = -1;
	relay_buf_free(&letters->buf);
}

void
relay_dead_letters_add(RelayDeadLetters *letters, long status, const char *reason, size_t reason_len, const char *more, const RelayRecord *record)
{
	RelayBuf *buf = &letters->buf;
	int64_t now = relay_wall_clock();
	time_t seconds = (time_t) (now / 1000000);
	struct tm parts;
	char text[32];

	gmtime_r(&seconds, &parts);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &parts);
	relay_buf_printf(buf, "{\"time\":\"%s.%03dZ\",\"status\":%ld,\"reason\":", text, (int) (now / 1000 % 1000), status);
	relay_buf_json(buf, reason, reason_len);
	relay_buf_printf(buf, "%s,\"record\":", more);
	relay_lines_append(buf, RELAY_LINES_RECORD, record);
	/* the line's end comes after the brace that closes ours */
	buf->len--;
	relay_buf_text(buf, "}\n");
	letters->written++;
}

bool
relay_dead_letters_flush(RelayDeadLetters *letters, RelayError *error)
{
	if (letters->buf.len == 0)
		return true;
	if (!relay_write_all(letters->fd, letters->buf.data, letters->buf.len) || fdatasync(letters->fd) != 0)
		return relay_fail(error, RELAY_EXIT_SINK, "could not write to file \"%s\": %s", letters->path, strerror(errno));
	letters->buf.len = 0;
	return true;
}

void
relay_dead_letters_metrics(const RelayDeadLetters *letters, RelayBuf *out)
{
	relay_buf_printf(out,
					 "# HELP cdc_json_dead_letters_total Records that the server refused, written to the file of dead letters.\n"
					 "# TYPE cdc_json_dead_letters_total counter\ncdc_json_dead_letters_total %" PRIu64 "\n",
					 letters->written);
}
