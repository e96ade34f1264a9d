/*
 * hash.c
 *		Hashes in place of values: column.mask.hash and column.mask.hash.v2.
 *
 * Both are the digest of the salt followed by the value's text, in lower-case
 * hex.  Version 2 digests the text as UTF-8; version 1 the Java serialisation
 * of the String object (Object Serialization Stream Protocol): a header, the
 * length, and "modified UTF-8", in which NUL takes two bytes and a character
 * beyond the BMP two surrogates of three bytes each.
 */
#include "postgres.h"

#include "common/cryptohash.h"
#include "common/md5.h"
#include "common/sha1.h"
#include "common/sha2.h"
#include "miscadmin.h"

#include "json/utf8.h"
#include "value/value.h"

/* bytes that are digested at once */
#define PIECE 8192

/* what one character can take */
#define LONGEST 6

/* ObjectOutputStream: magic number and version, then TC_STRING or TC_LONGSTRING */
static const uint8 short_string[] = {0xAC, 0xED, 0x00, 0x05, 0x74};
static const uint8 long_string[] = {0xAC, 0xED, 0x00, 0x05, 0x7C};

static bool digest(pg_cryptohash_ctx *ctx, const CdcMapper *mapper, const char *salt,
				   CdcSlice text, uint8 *result, size_t len);
static bool digest_header(pg_cryptohash_ctx *ctx, CdcSlice text);
static bool digest_text(pg_cryptohash_ctx *ctx, CdcSlice text, bool modified);
static size_t modified_length(CdcSlice text);
static size_t put_character(char *out, uint32 c, bool modified);
static size_t digest_length(int type);

/*
 * Writes the digits to "digits" (CDC_HASH_MAX_DIGITS bytes) and returns their
 * number.  0 when the server's library refuses, as OpenSSL does for MD5 in
 * FIPS mode: then there is nothing to send in place of the value.
 */
int
cdc_hash_digits(const CdcMapper *mapper, const char *salt, CdcSlice text, char *digits)
{
	static const char hex[] = "0123456789abcdef";
	uint8 result[PG_SHA512_DIGEST_LENGTH];
	size_t len = digest_length(mapper->hash_type);
	pg_cryptohash_ctx *ctx = pg_cryptohash_create(mapper->hash_type);
	bool done;
	size_t i;

	if (ctx == NULL)
		return 0;

	/* what raises an error in between (a cancel) leaves it to the resource owner */
	done = digest(ctx, mapper, salt, text, result, len);
	pg_cryptohash_free(ctx);
	if (!done)
		return 0;
	for (i = 0; i < len; i++)
	{
		*digits++ = hex[result[i] >> 4];
		*digits++ = hex[result[i] & 0x0f];
	}
	return (int) len * 2;
}

static bool
digest(pg_cryptohash_ctx *ctx, const CdcMapper *mapper, const char *salt, CdcSlice text,
	   uint8 *result, size_t len)
{
	bool modified = mapper->kind == CDC_MAPPER_HASH;

	return pg_cryptohash_init(ctx) == 0 &&
		   pg_cryptohash_update(ctx, (const uint8 *) salt, strlen(salt)) == 0 &&
		   (!modified || digest_header(ctx, text)) &&
		   digest_text(ctx, text, modified) &&
		   pg_cryptohash_final(ctx, result, len) == 0;
}

/* The length is in bytes, big-endian: two, or eight when those do not hold it. */
static bool
digest_header(pg_cryptohash_ctx *ctx, CdcSlice text)
{
	size_t len = modified_length(text);
	bool is_short = len <= PG_UINT16_MAX;
	int width = is_short ? 2 : 8;
	uint8 length[8];
	int i;

	for (i = 0; i < width; i++)
		length[i] = (uint8) ((uint64) len >> (BITS_PER_BYTE * (width - 1 - i)));
	return pg_cryptohash_update(ctx, is_short ? short_string : long_string, sizeof(short_string)) == 0 &&
		   pg_cryptohash_update(ctx, length, width) == 0;
}

/* What is no UTF-8 counts as the U+FFFD that the event would show. */
static bool
digest_text(pg_cryptohash_ctx *ctx, CdcSlice text, bool modified)
{
	const unsigned char *p = (const unsigned char *) text.data;
	const unsigned char *end = p + text.len;
	char piece[PIECE];
	size_t len = 0;

	while (p < end)
	{
		uint32 c;

		p += cdc_utf8_decode(p, end, &c);
		len += put_character(piece + len, c, modified);
		if (len > PIECE - LONGEST)
		{
			CHECK_FOR_INTERRUPTS();
			if (pg_cryptohash_update(ctx, (const uint8 *) piece, len) != 0)
				return false;
			len = 0;
		}
	}
	return pg_cryptohash_update(ctx, (const uint8 *) piece, len) == 0;
}

static size_t
modified_length(CdcSlice text)
{
	const unsigned char *p = (const unsigned char *) text.data;
	const unsigned char *end = p + text.len;
	size_t len = 0;

	while (p < end)
	{
		uint32 c;
		char ignored[LONGEST];

		p += cdc_utf8_decode(p, end, &c);
		len += put_character(ignored, c, true);
	}
	return len;
}

/* Returns the bytes written, at most LONGEST. */
static size_t
put_character(char *out, uint32 c, bool modified)
{
	if (c == CDC_UTF8_INVALID)
		c = CDC_UTF8_REPLACEMENT;
	if (modified && c == 0)
	{
		/* the overlong form of NUL */
		out[0] = '\xC0';
		out[1] = '\x80';
		return 2;
	}
	if (modified && c >= 0x10000)
	{
		size_t len = cdc_utf8_encode(CDC_HIGH_SURROGATE(c), out);

		return len + cdc_utf8_encode(CDC_LOW_SURROGATE(c), out + len);
	}
	return cdc_utf8_encode(c, out);
}

static size_t
digest_length(int type)
{
	switch ((pg_cryptohash_type) type)
	{
		case PG_MD5:
			return MD5_DIGEST_LENGTH;
		case PG_SHA1:
			return SHA1_DIGEST_LENGTH;
		case PG_SHA224:
			return PG_SHA224_DIGEST_LENGTH;
		case PG_SHA256:
			return PG_SHA256_DIGEST_LENGTH;
		case PG_SHA384:
			return PG_SHA384_DIGEST_LENGTH;
		case PG_SHA512:
			return PG_SHA512_DIGEST_LENGTH;
	}
	return 0;
}
