/*
 * frame.h
 *		Layout of format=frame: many records in one binary message.
 *
 * Shared by the plugin, which writes frames, and by whoever reads them (SQL
 * functions, the relay).  All integers are big-endian and unaligned.  A reader
 * forwards key, value and headers as bytes and never parses JSON.
 *
 *	message		u8 'F', u8 version (1), u8 flags, u8 0, u32 number of records,
 *				records
 *	record		u32 length of what follows
 *				u64 position: end LSN of the transaction's commit record
 *				u32 position: number of the change in the transaction
 *				u32 position: number of the record made from the change
 *				u64 LSN of the change itself (source.lsn)
 *				u64 commit time, microseconds since 1970 (source.ts_us)
 *				u32 transaction id, 0 for none
 *				u8 kind, u8 flags, u16 number of headers
 *				u32 lengths of topic, key and value
 *				u32 offset and u32 length of "before" within the value
 *				u32 offset and u32 length of "after" within the value
 *				with CDC_FRAME_HAS_SCHEMAS: u64 fingerprints of the key's and the
 *				value's Avro schema, 0 where it is JSON
 *				topic, key, value
 *				headers
 *	header		u8 0 for a string, 1 for JSON text or 2 for null, u8 0,
 *				u16 length of the name, u32 length of the value, name, value
 *
 * "before" and "after" are the JSON objects of the two rows; length 0: null.
 * With option unwrap the value is one such object with the added fields at its
 * end: it is "after" for kinds c, r and u, and "before" for a rewritten delete.
 * The other forms of a delete have neither: either no value, or the value null
 * of four letters (with schemas, a payload of null); the kind is d all the same,
 * as long as the record stands for the delete.  A routed event of an outbox
 * (kind o) is the application's own value, without rows in it; what of a Kafka
 * record has no place here comes as two of its headers, strings of digits.
 *
 * A key or value in Avro names its schema by a fingerprint.  The schema itself
 * comes once in a session, before the first record that names it, as a record
 * of kind CDC_FRAME_SCHEMA: its topic is that record's, its value the schema's
 * text, and its own fingerprints tell whether a key or a value has it.
 *
 * The file includes no server headers.
 */
#ifndef CDC_FRAME_H
#define CDC_FRAME_H

#include <stdint.h>

#define CDC_FRAME_MAGIC 'F'
#define CDC_FRAME_VERSION 1
#define CDC_FRAME_ENDS_TRANSACTION 0x01 /* message: its last record is the transaction's last */

#define CDC_FRAME_MESSAGE_HEADER 8
#define CDC_FRAME_RECORD_HEADER 72 /* with its own length field */
#define CDC_FRAME_SCHEMAS 16 /* both fingerprints */
#define CDC_FRAME_HEADER_HEADER 8

/* kinds of records: the event's op, or one of these */
#define CDC_FRAME_TOMBSTONE 'x'
#define CDC_FRAME_BEGIN 'b'
#define CDC_FRAME_END 'e'
#define CDC_FRAME_ROUTED 'o' /* an event of an outbox */
#define CDC_FRAME_SCHEMA 's' /* no record of Kafka's */

/* forms of a header */
#define CDC_FRAME_HEADER_STRING 0
#define CDC_FRAME_HEADER_JSON 1
#define CDC_FRAME_HEADER_NULL 2

/* headers of a routed event that stand for parts of the Kafka record */
#define CDC_PARTITION_HEADER "__cdc_json.partition"
#define CDC_TIMESTAMP_HEADER "__cdc_json.timestamp" /* milliseconds since 1970 */

/* flags of a record */
#define CDC_FRAME_HAS_KEY 0x01
#define CDC_FRAME_HAS_VALUE 0x02
#define CDC_FRAME_UNAVAILABLE 0x04 /* "after" has columns that the log does not hold */
#define CDC_FRAME_HAS_SCHEMAS 0x08 /* the fixed part is followed by two fingerprints */

/* offsets within a record, from its length field on */
#define CDC_FRAME_AT_LENGTH 0
#define CDC_FRAME_AT_COMMIT_LSN 4
#define CDC_FRAME_AT_SEQ 12
#define CDC_FRAME_AT_PART 16
#define CDC_FRAME_AT_LSN 20
#define CDC_FRAME_AT_TIME 28
#define CDC_FRAME_AT_XID 36
#define CDC_FRAME_AT_KIND 40
#define CDC_FRAME_AT_FLAGS 41
#define CDC_FRAME_AT_NHEADERS 42
#define CDC_FRAME_AT_TOPIC_LEN 44
#define CDC_FRAME_AT_KEY_LEN 48
#define CDC_FRAME_AT_VALUE_LEN 52
#define CDC_FRAME_AT_BEFORE 56
#define CDC_FRAME_AT_AFTER 64
#define CDC_FRAME_AT_KEY_SCHEMA 72 /* these two only with CDC_FRAME_HAS_SCHEMAS */
#define CDC_FRAME_AT_VALUE_SCHEMA 80

static inline void
cdc_put_u16(void *at, uint16_t value)
{
	unsigned char *p = at;

	p[0] = value >> 8;
	p[1] = value;
}

static inline void
cdc_put_u32(void *at, uint32_t value)
{
	cdc_put_u16(at, value >> 16);
	cdc_put_u16((char *) at + 2, value);
}

static inline void
cdc_put_u64(void *at, uint64_t value)
{
	cdc_put_u32(at, value >> 32);
	cdc_put_u32((char *) at + 4, value);
}

static inline uint16_t
cdc_get_u16(const void *at)
{
	const unsigned char *p = at;

	return (uint16_t) (p[0] << 8 | p[1]);
}

static inline uint32_t
cdc_get_u32(const void *at)
{
	return (uint32_t) cdc_get_u16(at) << 16 | cdc_get_u16((const char *) at + 2);
}

static inline uint64_t
cdc_get_u64(const void *at)
{
	return (uint64_t) cdc_get_u32(at) << 32 | cdc_get_u32((const char *) at + 4);
}

#endif /* CDC_FRAME_H */
