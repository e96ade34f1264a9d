/*
 * file.c
 *		The sinks "stdout" and "file": lines of JSON.
 *
 * Both collect lines and write them when nothing more is there to be read, or
 * when much was collected.  "stdout" acknowledges what was written: it is as
 * durable as whoever reads it.  "file" acknowledges what was flushed to disk.
 *
 * A program that was killed may leave half a line at the end of the file.  It
 * was never acknowledged, so it comes again: it is cut off at the next start.
 */
#define _GNU_SOURCE 1
#include "relay/sink.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "relay/lines.h"
#include "relay/log.h"

#define COLLECT_BYTES (256 * 1024) /* written at once */
#define FLUSH_US 100000 /* time between flushes to disk while more is coming */

typedef struct FileSink
{
	RelaySink base;
	int fd;
	char *path; /* NULL: standard output */
	RelayLines lines;
	RelayBuf buf; /* not yet written */
	size_t sent; /* of it, to a pipe that is full */
	uint64_t unacknowledged; /* records */
	uint64_t unacknowledged_bytes;
	bool pipe; /* writing could block */
	bool unflushed; /* written and not on disk */
	int64_t flushed_at;
	int64_t rotate_bytes; /* 0: never */
	int64_t rotate_us;
	int64_t size; /* of the current file */
	int64_t opened_at;
} FileSink;

static bool
file_error(FileSink *sink, const char *what)
{
	return relay_fail(&sink->base.error, RELAY_EXIT_SINK, "could not %s %s%s%s: %s", what, sink->path ? "file \"" : "standard output",
					  sink->path ? sink->path : "", sink->path ? "\"" : "", strerror(errno));
}

/* Makes a new or renamed file's name durable. */
static bool
flush_folder(FileSink *sink)
{
	char *copy = relay_strdup(sink->path);
	int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool ok = fd >= 0 && fsync(fd) == 0;

	free(copy);
	if (!ok)
		file_error(sink, "flush the folder of");
	if (fd >= 0)
		close(fd);
	return ok;
}

/* Cuts off what follows the last newline. */
static bool
cut_half_line(FileSink *sink)
{
	char block[4096];
	off_t size = lseek(sink->fd, 0, SEEK_END);
	off_t keep = size;

	if (size < 0)
		return file_error(sink, "read");
	while (keep > 0)
	{
		size_t len = keep < (off_t) sizeof(block) ? (size_t) keep : sizeof(block);
		ssize_t got = pread(sink->fd, block, len, keep - (off_t) len);
		char *newline;

		if (got != (ssize_t) len)
			return file_error(sink, "read");
		newline = memrchr(block, '\n', len);
		if (newline)
		{
			keep += newline - block + 1 - (off_t) len;
			break;
		}
		keep -= (off_t) len;
	}
	if (keep < size)
	{
		relay_log(RELAY_INFO, "cutting off half a line at the end of file \"%s\", which comes again", sink->path);
		if (ftruncate(sink->fd, keep) != 0)
			return file_error(sink, "truncate");
	}
	sink->size = keep;
	return true;
}

static bool
open_file(FileSink *sink)
{
	struct stat status;

	sink->fd = open(sink->path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
	if (sink->fd < 0 || fstat(sink->fd, &status) != 0)
		return file_error(sink, "open");
	sink->opened_at = relay_now();
	if (!S_ISREG(status.st_mode))
	{
		errno = EINVAL;
		return file_error(sink, "use as a regular file");
	}
	return cut_half_line(sink) && flush_folder(sink);
}

/*
 * A pipe or terminal that polls as writable takes PIPE_BUF bytes without
 * blocking; making it non-blocking would change it for others too.
 */
static size_t
writable(const FileSink *sink, size_t len)
{
	struct pollfd poll_fd = {sink->fd, POLLOUT, 0};

	if (!sink->pipe)
		return len;
	if (poll(&poll_fd, 1, 0) != 1)
		return 0;
	return len < PIPE_BUF ? len : PIPE_BUF;
}

/* What was collected goes out, as far as it can without waiting. */
static bool
write_out(FileSink *sink)
{
	while (sink->sent < sink->buf.len)
	{
		size_t len = writable(sink, sink->buf.len - sink->sent);
		ssize_t written;

		if (len == 0)
			return true;
		written = write(sink->fd, sink->buf.data + sink->sent, len);

		if (written >= 0)
		{
			sink->sent += (size_t) written;
			sink->size += written;
			sink->unflushed = true;
		}
		else if (errno == EAGAIN)
			return true;
		else if (errno != EINTR)
			return file_error(sink, "write to");
	}
	sink->buf.len = sink->sent = 0;
	if (sink->buf.cap > 16 * COLLECT_BYTES)
		relay_buf_free(&sink->buf);
	return true;
}

static void
acknowledge(FileSink *sink)
{
	sink->base.delivered += sink->unacknowledged;
	sink->base.delivered_bytes += sink->unacknowledged_bytes;
	sink->unacknowledged = sink->unacknowledged_bytes = 0;
	relay_ledger_acknowledge_all(sink->base.ledger);
}

static bool
flush(FileSink *sink)
{
	/* after a failed fsync, the kernel may have dropped the pages: never try again */
	if (sink->path && sink->unflushed && fdatasync(sink->fd) != 0)
		return file_error(sink, "flush");
	sink->unflushed = false;
	sink->flushed_at = relay_now();
	acknowledge(sink);
	return true;
}

/* The next free name: PATH.000001 and so on. */
static bool
rotate(FileSink *sink)
{
	char name[PATH_MAX];

	for (unsigned i = 1; i < 1000000; i++)
	{
		snprintf(name, sizeof(name), "%s.%06u", sink->path, i);
		if (access(name, F_OK) == 0)
			continue;
		if (rename(sink->path, name) != 0)
			return file_error(sink, "rename");
		close(sink->fd);
		sink->fd = -1;
		return open_file(sink);
	}
	errno = EEXIST;
	return file_error(sink, "find a name to rotate");
}

static bool
rotation_due(const FileSink *sink)
{
	return sink->size > 0 && ((sink->rotate_bytes > 0 && sink->size >= sink->rotate_bytes) ||
							  (sink->rotate_us > 0 && relay_now() - sink->opened_at >= sink->rotate_us));
}

static bool
file_serve(RelaySink *base, bool idle)
{
	FileSink *sink = (FileSink *) base;

	if (base->error.set)
		return false;
	if ((idle || sink->buf.len >= COLLECT_BYTES) && !write_out(sink))
		return false;
	if (sink->buf.len > sink->sent || sink->unacknowledged == 0)
		return true;
	if (!sink->path || idle || relay_now() - sink->flushed_at >= FLUSH_US)
	{
		if (!flush(sink))
			return false;
		if (sink->path && rotation_due(sink) && !rotate(sink))
			return false;
	}
	return true;
}

static RelayPut
file_put(RelaySink *base, const RelayRecord *record, RelayBatch *batch)
{
	FileSink *sink = (FileSink *) base;
	size_t before = sink->buf.len;

	if (base->error.set)
		return RELAY_PUT_FAILED;
	if (sink->buf.len >= COLLECT_BYTES)
	{
		if (!write_out(sink))
			return RELAY_PUT_FAILED;
		if (sink->buf.len > sink->sent)
			return RELAY_PUT_LATER;
		before = 0;
	}
	relay_lines_append(&sink->buf, sink->lines, record);
	relay_ledger_expect(batch);
	sink->unacknowledged++;
	sink->unacknowledged_bytes += sink->buf.len - before;
	return RELAY_PUT_DONE;
}

static int
file_descriptor(RelaySink *base)
{
	(void) base;
	return -1;
}

static int64_t
file_due(RelaySink *base)
{
	FileSink *sink = (FileSink *) base;

	/* a pipe that is full is tried again */
	if (sink->sent < sink->buf.len || sink->unacknowledged > 0)
		return relay_now() + 1000;
	return INT64_MAX;
}

static bool
file_probe(RelaySink *base)
{
	return !base->error.set;
}

static void
file_close(RelaySink *base)
{
	FileSink *sink = (FileSink *) base;

	if (sink->path && sink->fd >= 0)
		close(sink->fd);
	free(sink->path);
	relay_buf_free(&sink->buf);
	free(sink);
}

/* Properties that both have. */
static bool
read_format(FileSink *sink, const RelaySettings *settings, RelayError *error)
{
	const char *format = relay_setting(settings, "format");

	if (!format || relay_lines_parse(format, &sink->lines))
		return true;
	relay_fail(error, RELAY_EXIT_USAGE, "invalid value for property \"format\": \"%s\"", format);
	relay_hint(error, "Valid are \"record\" and \"value\".");
	return false;
}

static bool
read_properties(FileSink *sink, const RelaySettings *settings, RelayError *error)
{
	const char *path = relay_setting(settings, "path");
	const char *bytes = relay_setting(settings, "rotate.bytes");
	const char *seconds = relay_setting(settings, "rotate.seconds");

	if (!path || path[0] == '\0')
		return relay_fail(error, RELAY_EXIT_USAGE, "the sink \"file\" needs --set path=FILE");
	if (bytes && !relay_parse_bytes(bytes, &sink->rotate_bytes))
		return relay_fail(error, RELAY_EXIT_USAGE, "invalid value for property \"rotate.bytes\": \"%s\"", bytes);
	if (seconds && !relay_parse_seconds(seconds, &sink->rotate_us))
		return relay_fail(error, RELAY_EXIT_USAGE, "invalid value for property \"rotate.seconds\": \"%s\"", seconds);
	sink->path = relay_strdup(path);
	return read_format(sink, settings, error);
}

static FileSink *
make(const RelaySinkKind *kind, RelayLedger *ledger)
{
	FileSink *sink = relay_alloc(sizeof(*sink));

	sink->base.kind = kind;
	sink->base.ledger = ledger;
	sink->fd = -1;
	sink->flushed_at = relay_now();
	return sink;
}

static RelaySink *
stdout_open(const RelayOptions *options, RelayLedger *ledger, RelayError *error)
{
	static const char *const known[] = {"format", NULL};
	FileSink *sink = make(&relay_stdout_sink, ledger);
	struct stat status;

	sink->fd = STDOUT_FILENO;
	sink->pipe = fstat(sink->fd, &status) == 0 && !S_ISREG(status.st_mode);
	if (!relay_sink_check_settings(&options->sink_set, "stdout", known, error) || !read_format(sink, &options->sink_set, error))
	{
		file_close(&sink->base);
		return NULL;
	}
	return &sink->base;
}

static RelaySink *
file_open(const RelayOptions *options, RelayLedger *ledger, RelayError *error)
{
	static const char *const known[] = {"path", "format", "rotate.bytes", "rotate.seconds", NULL};
	FileSink *sink = make(&relay_file_sink, ledger);

	if (!relay_sink_check_settings(&options->sink_set, "file", known, error) || !read_properties(sink, &options->sink_set, error) ||
		!open_file(sink))
	{
		if (!error->set)
			*error = sink->base.error;
		file_close(&sink->base);
		return NULL;
	}
	return &sink->base;
}

const RelaySinkKind relay_stdout_sink = {
	.name = "stdout",
	.help = "  stdout    lines of JSON, acknowledged when written: format=record|value [record]\n",
	.open = stdout_open,
	.put = file_put,
	.serve = file_serve,
	.descriptor = file_descriptor,
	.due = file_due,
	.probe = file_probe,
	.close = file_close,
};

const RelaySinkKind relay_file_sink = {
	.name = "file",
	.help = "  file      the same, acknowledged when flushed to disk: path=FILE, format=record|value [record],\n"
			"            rotate.bytes=SIZE, rotate.seconds=SECONDS [never]; full files become FILE.000001 and so on\n",
	.open = file_open,
	.put = file_put,
	.serve = file_serve,
	.descriptor = file_descriptor,
	.due = file_due,
	.probe = file_probe,
	.close = file_close,
};
