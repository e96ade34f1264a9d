/*
 * record.h
 *		Reads the messages of format=frame, whose layout is in src/frame.h.
 *
 * Fed with bytes: no socket, no allocation, no copy.  Whatever the bytes are,
 * nothing outside them is read; what does not follow the layout is an error.
 */
#ifndef RELAY_RECORD_H
#define RELAY_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes of a frame, not ended by a NUL. */
typedef struct RelayBytes
{
	const char *data;
	size_t len;
} RelayBytes;

/* Identifies and orders records; all zero for rows of a snapshot. */
typedef struct RelayPosition
{
	uint64_t lsn; /* end of the transaction's commit record */
	uint32_t seq; /* number of the change within it */
	uint32_t part; /* number of the record made from the change */
} RelayPosition;

/* One record.  It points into the frame. */
typedef struct RelayRecord
{
	RelayPosition position;
	uint64_t lsn; /* of the change itself */
	int64_t time_us; /* of the commit, since 1970 */
	uint32_t xid; /* 0 for none */
	char kind; /* the event's op, or CDC_FRAME_TOMBSTONE, _BEGIN, _END, _SCHEMA */
	bool has_key;
	bool has_value;
	bool unavailable; /* "after" has columns that the log does not hold */
	uint64_t key_schema; /* fingerprint of the Avro schema, 0 for JSON */
	uint64_t value_schema;
	RelayBytes topic;
	RelayBytes key;
	RelayBytes value;
	RelayBytes before; /* within the value; without length when it is null */
	RelayBytes after;
	RelayBytes headers; /* see relay_frame_header() */
	uint32_t nheaders;
} RelayRecord;

typedef struct RelayHeader
{
	bool json; /* the value is JSON text, otherwise a plain string */
	bool null; /* there is no value */
	RelayBytes name;
	RelayBytes value;
} RelayHeader;

/* What of a message has not been read yet. */
typedef struct RelayFrame
{
	RelayBytes rest;
	uint32_t records; /* in the whole message */
	uint32_t left; /* not yet read */
	bool ends_transaction;
	const char *error; /* stays once it is set */
} RelayFrame;

/* False, with frame->error, if the bytes do not start as a frame does. */
extern bool relay_frame_open(RelayFrame *frame, const char *data, size_t len);

/*
 * The next record, with all its headers checked.  False at the end, and with
 * frame->error if the bytes do not follow the layout.
 */
extern bool relay_frame_next(RelayFrame *frame, RelayRecord *record);

/* Takes the next header off *headers, which starts as record->headers; false when none is left. */
extern bool relay_frame_header(RelayBytes *headers, RelayHeader *header);

/* -1, 0 or 1 */
extern int relay_position_compare(const RelayPosition *a, const RelayPosition *b);

/* 000000015353a1c8.00000005.0: text order is position order.  RELAY_POSITION_TEXT bytes hold it. */
#define RELAY_POSITION_TEXT 40
extern void relay_position_format(const RelayPosition *position, char *text);
extern bool relay_position_parse(const char *text, size_t len, RelayPosition *position);

#endif /* RELAY_RECORD_H */
