/*
 * buf.h
 *		A byte buffer that is written through a cursor.
 *
 * A writer reserves room once, for the longest output that its value can
 * have, writes through the returned pointer without further checks, and
 * commits the length it really used:
 *
 *		char *p = cdc_buf_reserve(buf, 20);
 *		... write at most 20 bytes from p on ...
 *		cdc_buf_commit(buf, n);
 *
 * Where the bytes live is the owner's business: "grow" makes room and may
 * move them.  A measuring buffer (see plugin/message.c) discards what it
 * holds instead, so writers of long values reserve in pieces of a few kB.
 * The file includes no server headers: unit tests and fuzzers use it alone.
 */
#ifndef CDC_BUF_H
#define CDC_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct CdcBuf CdcBuf;

struct CdcBuf
{
	char *data; /* first byte */
	size_t len; /* bytes written */
	size_t cap; /* bytes allocated */
	size_t discarded; /* measuring buffer: bytes already thrown away */
	bool ascii; /* JSON: write characters beyond ASCII as \uXXXX */
	bool avro; /* values are written as Avro, see value/put.h */
	size_t string_start; /* Avro: position of the string that is being written */
	uint64_t replaced; /* invalid byte sequences written as U+FFFD */
	void (*grow)(CdcBuf *buf, size_t need); /* makes cap - len >= need */
	void *owner; /* for grow */
};

/* A piece of text or bytes somewhere else; not terminated. */
typedef struct CdcSlice
{
	const char *data;
	size_t len;
} CdcSlice;

/* Room for "need" more bytes; the result is valid until the next call. */
static inline char *
cdc_buf_reserve(CdcBuf *buf, size_t need)
{
	if (buf->cap - buf->len < need)
		buf->grow(buf, need);
	return buf->data + buf->len;
}

static inline void
cdc_buf_commit(CdcBuf *buf, size_t used)
{
	buf->len += used;
}

/* Appends bytes as they are: for parts that were rendered before. */
static inline void
cdc_buf_append(CdcBuf *buf, const char *data, size_t len)
{
	memcpy(cdc_buf_reserve(buf, len), data, len);
	buf->len += len;
}

static inline void
cdc_buf_char(CdcBuf *buf, char c)
{
	*cdc_buf_reserve(buf, 1) = c;
	buf->len++;
}

/* A place in the output to come back to. */
static inline size_t
cdc_buf_position(const CdcBuf *buf)
{
	return buf->discarded + buf->len;
}

/*
 * Drops what was written since "position".  Of that a measuring buffer may
 * have discarded a part: then it counts on from there.
 */
static inline void
cdc_buf_rewind(CdcBuf *buf, size_t position)
{
	if (position >= buf->discarded)
		buf->len = position - buf->discarded;
	else
	{
		buf->discarded = position;
		buf->len = 0;
	}
}

#define cdc_buf_literal(buf, s) cdc_buf_append(buf, "" s, sizeof(s) - 1)

#endif /* CDC_BUF_H */
