/*
 * common.h
 *		What all parts of the relay use: memory, buffers, errors, clocks.
 *
 * The relay is one thread.  Each part has a struct of its own and functions
 * that return false after they have put a text into a RelayError; only main.c
 * ends the program.
 */
#ifndef RELAY_COMMON_H
#define RELAY_COMMON_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How the program ends; documented in the manual page. */
typedef enum RelayExit
{
	RELAY_EXIT_DONE = 0, /* position reached, or drained after a signal */
	RELAY_EXIT_INTERNAL = 1, /* memory, files, what should not happen */
	RELAY_EXIT_USAGE = 2, /* command line, configuration, or an option that the plugin refuses */
	RELAY_EXIT_SOURCE = 3, /* the server or the slot needs an operator */
	RELAY_EXIT_SINK = 4, /* the sink refused a record for good */
	RELAY_EXIT_UNFINISHED = 5, /* stopped before all that was read was acknowledged */
	RELAY_EXIT_CHECK = 6 /* --check found something */
} RelayExit;

/* Why something failed: the first reason stays. */
typedef struct RelayError
{
	RelayExit code;
	bool set;
	bool retry; /* may be gone at the next attempt */
	char message[512];
	char hint[512]; /* what to do, or empty */
} RelayError;

/* Always return false, so that callers can "return relay_fail(...)". */
extern bool relay_fail(RelayError *error, RelayExit code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
extern bool relay_fail_retry(RelayError *error, RelayExit code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
extern void relay_hint(RelayError *error, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
extern void relay_error_clear(RelayError *error);

/* Bytes that grow. */
typedef struct RelayBuf
{
	char *data;
	size_t len;
	size_t cap;
} RelayBuf;

/* Room for "need" more bytes; returns where they go. */
extern char *relay_buf_reserve(RelayBuf *buf, size_t need);
extern void relay_buf_append(RelayBuf *buf, const void *data, size_t len);
extern void relay_buf_text(RelayBuf *buf, const char *text);
extern void relay_buf_printf(RelayBuf *buf, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
extern void relay_buf_vprintf(RelayBuf *buf, const char *format, va_list args)
	__attribute__((format(printf, 2, 0)));
/* The text as a JSON string, with its quotes. */
extern void relay_buf_json(RelayBuf *buf, const char *text, size_t len);
/* Ends the text with a NUL that does not count. */
extern char *relay_buf_cstring(RelayBuf *buf);
extern void relay_buf_free(RelayBuf *buf);

/* Memory: without any left, the program ends. */
extern void *relay_alloc(size_t size);
extern void *relay_realloc(void *old, size_t size);
extern char *relay_strndup(const char *text, size_t len);
extern char *relay_strdup(const char *text);

/* Microseconds of a clock that does not jump, and of the calendar since 1970. */
extern int64_t relay_now(void);
extern int64_t relay_wall_clock(void);

/* "16/B374D848" to a number and back; a buffer of RELAY_LSN_TEXT holds the text. */
#define RELAY_LSN_TEXT 24
extern bool relay_parse_lsn(const char *text, uint64_t *lsn);
extern const char *relay_lsn_text(uint64_t lsn, char *text);

/* Set by signal handlers: how many requests to stop have come. */
extern volatile int relay_stop_signals;

/* Reads a file whole; NULL and errno when that fails. */
extern char *relay_read_file(const char *path, size_t *len);
/* Writes all bytes, in spite of signals; false and errno when that fails. */
extern bool relay_write_all(int fd, const char *data, size_t len);

#endif /* RELAY_COMMON_H */
