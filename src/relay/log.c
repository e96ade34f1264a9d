/*
 * log.c
 *		Log lines on standard error; see log.h.
 *
 * A line is written by one call, so that lines of several processes on one
 * pipe do not mix.  The text form has a time only when standard error is no
 * journal, which adds its own.
 */
#include "relay/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char *const level_names[] = {"debug", "info", "warning", "error"};

static RelayLogFormat log_format = RELAY_LOG_TEXT;
static RelayLogLevel log_level = RELAY_INFO;

bool relay_log_bar = false;

void
relay_log_setup(RelayLogFormat format, RelayLogLevel level)
{
	log_format = format;
	log_level = level;
}

static void
put_time(RelayBuf *line)
{
	int64_t now = relay_wall_clock();
	time_t seconds = (time_t) (now / 1000000);
	struct tm utc;

	gmtime_r(&seconds, &utc);
	relay_buf_printf(line, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday,
					 utc.tm_hour, utc.tm_min, utc.tm_sec, (int) (now / 1000 % 1000));
}

static void
write_line(RelayLogLevel level, const char *message, const char *hint)
{
	RelayBuf line = {0};

	if (relay_log_bar)
		relay_buf_text(&line, "\r\033[K");
	relay_log_bar = false;
	if (log_format == RELAY_LOG_JSON)
	{
		relay_buf_text(&line, "{\"time\":\"");
		put_time(&line);
		relay_buf_printf(&line, "\",\"level\":\"%s\",\"message\":", level_names[level]);
		relay_buf_json(&line, message, strlen(message));
		if (hint[0] != '\0')
		{
			relay_buf_text(&line, ",\"hint\":");
			relay_buf_json(&line, hint, strlen(hint));
		}
		relay_buf_text(&line, "}\n");
	}
	else
	{
		if (!getenv("JOURNAL_STREAM"))
		{
			put_time(&line);
			relay_buf_text(&line, " ");
		}
		relay_buf_printf(&line, "relay: %s: %s\n", level_names[level], message);
		if (hint[0] != '\0')
			relay_buf_printf(&line, "relay: hint: %s\n", hint);
	}
	/* nothing can be done about a log that cannot be written */
	(void) relay_write_all(STDERR_FILENO, line.data, line.len);
	relay_buf_free(&line);
}

void
relay_log(RelayLogLevel level, const char *format, ...)
{
	RelayBuf message = {0};
	va_list args;

	if (level < log_level)
		return;
	va_start(args, format);
	relay_buf_vprintf(&message, format, args);
	va_end(args);
	write_line(level, relay_buf_cstring(&message), "");
	relay_buf_free(&message);
}

void
relay_log_error(RelayLogLevel level, const RelayError *error)
{
	if (level >= log_level)
		write_line(level, error->message, error->hint);
}
