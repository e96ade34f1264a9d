/*
 * avro.h
 *		Kafka Connect values as Avro binary.
 *
 * Every function appends one value of a schema to a buffer; what belongs to
 * the schema alone (names, types) is not written.  They are the second form of
 * what json/json.h writes, include no server headers and cannot fail either.
 */
#ifndef CDC_AVRO_H
#define CDC_AVRO_H

#include "json/buf.h"

/* Bytes of the longest int or long. */
#define CDC_AVRO_LONG_LEN 10

/* int and long: zig-zag, seven bits a byte, the lowest first */
static inline char *
cdc_avro_put_long(char *out, int64_t value)
{
	uint64_t n = (uint64_t) value << 1 ^ (value < 0 ? UINT64_MAX : 0);

	while (n >= 0x80)
	{
		*out++ = (char) (n | 0x80);
		n >>= 7;
	}
	*out++ = (char) n;
	return out;
}

static inline void
cdc_avro_long(CdcBuf *buf, int64_t value)
{
	char *start = cdc_buf_reserve(buf, CDC_AVRO_LONG_LEN);

	cdc_buf_commit(buf, (size_t) (cdc_avro_put_long(start, value) - start));
}

/* little-endian; of NaNs there is only Java's canonical one */
extern void cdc_avro_float(CdcBuf *buf, float value);
extern void cdc_avro_double(CdcBuf *buf, double value);

extern void cdc_avro_bytes(CdcBuf *buf, const void *bytes, size_t len);

/* "text" is UTF-8; what is none becomes U+FFFD and is counted, as in JSON */
extern void cdc_avro_string(CdcBuf *buf, const char *text, size_t len);

/*
 * A string in parts, of which each holds whole characters.  Between begin and
 * end nothing else may be written.
 */
extern void cdc_avro_string_begin(CdcBuf *buf);
extern void cdc_avro_string_part(CdcBuf *buf, const char *text, size_t len);
extern void cdc_avro_string_end(CdcBuf *buf);

#endif /* CDC_AVRO_H */
