/*
 * common.c
 *		What all parts of the relay use; see common.h.
 */
#include "relay/common.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

volatile int relay_stop_signals = 0;

static bool
	__attribute__((format(printf, 4, 0)))
	fail(RelayError *error, RelayExit code, bool retry, const char *format, va_list args)
{
	if (error->set)
		return false;
	error->set = true;
	error->code = code;
	error->retry = retry;
	error->hint[0] = '\0';
	vsnprintf(error->message, sizeof(error->message), format, args);
	/* libpq ends its messages with a newline, and some have several lines */
	for (char *p = error->message + strlen(error->message); p > error->message && p[-1] == '\n';)
		*--p = '\0';
	return false;
}

bool
relay_fail(RelayError *error, RelayExit code, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fail(error, code, false, format, args);
	va_end(args);
	return false;
}

bool
relay_fail_retry(RelayError *error, RelayExit code, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fail(error, code, true, format, args);
	va_end(args);
	return false;
}

void
relay_hint(RelayError *error, const char *format, ...)
{
	va_list args;

	if (error->hint[0] != '\0')
		return;
	va_start(args, format);
	vsnprintf(error->hint, sizeof(error->hint), format, args);
	va_end(args);
}

void
relay_error_clear(RelayError *error)
{
	memset(error, 0, sizeof(*error));
}

static void
out_of_memory(void)
{
	static const char text[] = "relay: error: out of memory\n";

	(void) !write(STDERR_FILENO, text, sizeof(text) - 1);
	_exit(RELAY_EXIT_INTERNAL);
}

void *
relay_alloc(size_t size)
{
	void *memory = calloc(1, size > 0 ? size : 1);

	if (!memory)
		out_of_memory();
	return memory;
}

void *
relay_realloc(void *old, size_t size)
{
	void *memory = realloc(old, size > 0 ? size : 1);

	if (!memory)
		out_of_memory();
	return memory;
}

char *
relay_strndup(const char *text, size_t len)
{
	char *copy = relay_alloc(len + 1);

	memcpy(copy, text, len);
	return copy;
}

char *
relay_strdup(const char *text)
{
	return relay_strndup(text, strlen(text));
}

char *
relay_buf_reserve(RelayBuf *buf, size_t need)
{
	if (buf->cap - buf->len < need)
	{
		size_t cap = buf->cap < 256 ? 256 : buf->cap * 2;

		if (cap < buf->len + need)
			cap = buf->len + need;
		buf->data = relay_realloc(buf->data, cap);
		buf->cap = cap;
	}
	return buf->data + buf->len;
}

void
relay_buf_append(RelayBuf *buf, const void *data, size_t len)
{
	if (len == 0)
		return;
	memcpy(relay_buf_reserve(buf, len), data, len);
	buf->len += len;
}

void
relay_buf_text(RelayBuf *buf, const char *text)
{
	relay_buf_append(buf, text, strlen(text));
}

void
relay_buf_vprintf(RelayBuf *buf, const char *format, va_list args)
{
	va_list again;
	int len;

	va_copy(again, args);
	len = vsnprintf(NULL, 0, format, again);
	va_end(again);
	if (len < 0)
		return;
	vsnprintf(relay_buf_reserve(buf, (size_t) len + 1), (size_t) len + 1, format, args);
	buf->len += (size_t) len;
}

void
relay_buf_printf(RelayBuf *buf, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	relay_buf_vprintf(buf, format, args);
	va_end(args);
}

void
relay_buf_json(RelayBuf *buf, const char *text, size_t len)
{
	relay_buf_append(buf, "\"", 1);
	for (size_t i = 0; i < len; i++)
	{
		unsigned char c = (unsigned char) text[i];

		if (c == '"' || c == '\\')
			relay_buf_printf(buf, "\\%c", c);
		else if (c == '\n')
			relay_buf_text(buf, "\\n");
		else if (c < 0x20)
			relay_buf_printf(buf, "\\u%04x", c);
		else
			relay_buf_append(buf, &c, 1);
	}
	relay_buf_append(buf, "\"", 1);
}

char *
relay_buf_cstring(RelayBuf *buf)
{
	*relay_buf_reserve(buf, 1) = '\0';
	return buf->data;
}

void
relay_buf_free(RelayBuf *buf)
{
	free(buf->data);
	memset(buf, 0, sizeof(*buf));
}

static int64_t
read_clock(clockid_t clock)
{
	struct timespec time;

	clock_gettime(clock, &time);
	return (int64_t) time.tv_sec * 1000000 + time.tv_nsec / 1000;
}

int64_t
relay_now(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

int64_t
relay_wall_clock(void)
{
	return read_clock(CLOCK_REALTIME);
}

bool
relay_parse_lsn(const char *text, uint64_t *lsn)
{
	size_t high_len = strspn(text, "0123456789abcdefABCDEF");
	size_t low_len;

	if (high_len < 1 || high_len > 8 || text[high_len] != '/')
		return false;
	low_len = strspn(text + high_len + 1, "0123456789abcdefABCDEF");
	if (low_len < 1 || low_len > 8 || text[high_len + 1 + low_len] != '\0')
		return false;
	*lsn = (uint64_t) strtoull(text, NULL, 16) << 32 | strtoull(text + high_len + 1, NULL, 16);
	return true;
}

const char *
relay_lsn_text(uint64_t lsn, char *text)
{
	snprintf(text, RELAY_LSN_TEXT, "%" PRIX32 "/%" PRIX32, (uint32_t) (lsn >> 32), (uint32_t) lsn);
	return text;
}

char *
relay_read_file(const char *path, size_t *len)
{
	RelayBuf buf = {0};
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got;

	if (fd < 0)
		return NULL;
	while ((got = read(fd, relay_buf_reserve(&buf, 4096), 4096)) != 0)
	{
		if (got > 0)
			buf.len += (size_t) got;
		else if (errno != EINTR)
		{
			int saved = errno;

			close(fd);
			relay_buf_free(&buf);
			errno = saved;
			return NULL;
		}
	}
	close(fd);
	*len = buf.len;
	return relay_buf_cstring(&buf);
}

bool
relay_write_all(int fd, const char *data, size_t len)
{
	while (len > 0)
	{
		ssize_t written = write(fd, data, len);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return false;
		data += written;
		len -= (size_t) written;
	}
	return true;
}
