/*
 * progress.c
 *		How the snapshot goes; see progress.h.
 *
 * The number of rows is the server's estimate, put right with each chunk.
 */
#include "relay/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "relay/log.h"

#define SHOW_US 100000
#define LOG_US 10000000
#define BAR_WIDTH 16

void
relay_progress_init(RelayProgress *progress, bool records)
{
	memset(progress, 0, sizeof(*progress));
	progress->terminal = isatty(STDERR_FILENO);
	progress->shared = progress->terminal && records && isatty(STDOUT_FILENO);
	progress->logged_at = relay_now();
}

/* 1234567 as 1,234,567 */
static void
append_number(RelayBuf *buf, uint64_t number)
{
	char digits[32];
	int len = snprintf(digits, sizeof(digits), "%" PRIu64, number);

	for (int i = 0; i < len; i++)
	{
		if (i > 0 && (len - i) % 3 == 0)
			relay_buf_text(buf, ",");
		relay_buf_append(buf, digits + i, 1);
	}
}

/* 0:42, 12:03, 3:04:05 */
static void
append_time(RelayBuf *buf, double seconds)
{
	uint64_t s = seconds < 0 ? 0 : seconds > 1e7 ? 10000000
												 : (uint64_t) (seconds + 0.5);

	if (s >= 3600)
		relay_buf_printf(buf, "%" PRIu64 ":%02d:%02d", s / 3600, (int) (s / 60 % 60), (int) (s % 60));
	else
		relay_buf_printf(buf, "%d:%02d", (int) (s / 60), (int) (s % 60));
}

/* Part that is done, from 0 to 1; never 1 before the end. */
static double
fraction(const RelaySnapshot *snapshot)
{
	double rows = (double) (snapshot->rows - snapshot->rows_before);
	double of = (double) snapshot->estimate;

	if (snapshot->unfinished == 0)
		return 1;
	if (of < rows)
		of = rows;
	return of > 0 ? rows / of * 0.999 : 0;
}

void
relay_progress_text(const RelaySnapshot *snapshot, RelayBuf *buf)
{
	double part = fraction(snapshot);
	double seconds = (double) (relay_now() - snapshot->started_at) / 1e6;
	double rate = seconds > 0 ? (double) snapshot->rows / seconds : 0;

	relay_buf_printf(buf, "%3d%%  ", (int) (part * 100));
	append_number(buf, snapshot->rows);
	relay_buf_text(buf, " rows  ");
	append_number(buf, (uint64_t) rate);
	relay_buf_printf(buf, "/s  %d table%s  ", snapshot->tables_left, snapshot->tables_left == 1 ? "" : "s");
	if (part > 0 && part < 1)
	{
		append_time(buf, seconds / part - seconds);
		relay_buf_text(buf, " left");
	}
	else
		append_time(buf, seconds);
}

static void
draw(const RelaySnapshot *snapshot)
{
	RelayBuf buf = {0};
	struct winsize size = {0};
	int filled = (int) (fraction(snapshot) * BAR_WIDTH);
	int columns = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;

	relay_buf_text(&buf, "snapshot [");
	for (int i = 0; i < BAR_WIDTH; i++)
		relay_buf_text(&buf, i < filled ? "#" : ".");
	relay_buf_text(&buf, "] ");
	relay_progress_text(snapshot, &buf);
	/* a line that wraps could not be taken back */
	if (buf.len > (size_t) columns - 1)
		buf.len = (size_t) columns - 1;
	fprintf(stderr, "\r%.*s\033[K", (int) buf.len, buf.data);
	relay_buf_free(&buf);
	relay_log_bar = true;
}

void
relay_progress_hide(const RelayProgress *progress)
{
	if (!progress->shared || !relay_log_bar)
		return;
	fprintf(stderr, "\r\033[K");
	relay_log_bar = false;
}

int64_t
relay_progress_due(const RelayProgress *progress)
{
	if (progress->shared && !relay_log_bar && progress->shown_at != 0)
		return 0;
	return progress->terminal ? progress->shown_at + SHOW_US : progress->logged_at + LOG_US;
}

void
relay_progress_show(RelayProgress *progress, const RelaySnapshot *snapshot)
{
	int64_t now = relay_now();
	RelayBuf buf = {0};

	if (now < relay_progress_due(progress))
		return;
	if (progress->terminal)
	{
		progress->shown_at = now;
		draw(snapshot);
		return;
	}
	progress->logged_at = now;
	relay_progress_text(snapshot, &buf);
	relay_log(RELAY_INFO, "snapshot: %s", relay_buf_cstring(&buf));
	relay_buf_free(&buf);
}

void
relay_progress_end(RelayProgress *progress, const RelaySnapshot *snapshot)
{
	/* the last picture stays when it is complete */
	if (progress->terminal && progress->shown_at != 0 && snapshot->ended_at != 0)
	{
		draw(snapshot);
		fputc('\n', stderr);
	}
	else if (relay_log_bar)
		fprintf(stderr, "\r\033[K");
	relay_log_bar = false;
	progress->shown_at = 0;
}
