/*
 * image.c
 *		Rows of a table as bytes in a logical message.
 */
#include "postgres.h"

#include "access/detoast.h"
#include "access/tupmacs.h"
#include "catalog/pg_attribute.h"
#include "common/hashfn.h"

#include "compat.h"
#include "frame.h"
#include "table/image.h"

#define IMAGE_VERSION 1

#define AT_SLOT_LEN 1
#define AT_RELID 4
#define AT_FINGERPRINT 8
#define AT_ROWS 16
#define AT_TOKEN 20
#define AT_SLOT (AT_TOKEN + CDC_TOKEN_SIZE)

#define ROW_HAS_NULLS 0x01
#define ROW_HAS_UNAVAILABLE 0x02

#define BITMAP_SIZE(natts) (((size_t) (natts) + 7) / 8)

/* Stands for a value that is out of line and not here; nobody follows it. */
static union
{
	struct varlena header;
	char data[TOAST_POINTER_SIZE];
} unavailable_value;

uint64
cdc_image_fingerprint(TupleDesc desc)
{
	uint64 hash = hash_bytes_extended((unsigned char *) &desc->natts, sizeof(desc->natts), 0);

	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute att = TupleDescAttr(desc, i);
		int32 parts[] = {att->attisdropped, att->attisdropped ? 0 : (int32) att->atttypid,
						 att->attlen, att->attbyval, att->attalign, CDC_IS_VIRTUAL(att)};

		hash = hash_bytes_extended((unsigned char *) parts, sizeof(parts), hash);
	}
	return hash;
}

/* Is the column not in a row's bytes at all? */
static inline bool
left_out(Form_pg_attribute att)
{
	return att->attisdropped || CDC_IS_VIRTUAL(att);
}

static inline size_t
align(size_t at, char attalign)
{
	return att_align_nominal(at, attalign);
}

/* ---------- writing ---------- */

void
cdc_image_begin(CdcBuf *buf, const CdcImageHeader *header)
{
	size_t slot_len = strlen(header->slot);
	size_t size = MAXALIGN(AT_SLOT + slot_len);
	char *p = cdc_buf_reserve(buf, size);

	memset(p, 0, size);
	p[0] = IMAGE_VERSION;
	p[AT_SLOT_LEN] = slot_len;
	cdc_put_u32(p + AT_RELID, header->relid);
	cdc_put_u64(p + AT_FINGERPRINT, header->fingerprint);
	memcpy(p + AT_TOKEN, header->token, CDC_TOKEN_SIZE);
	memcpy(p + AT_SLOT, header->slot, slot_len);
	cdc_buf_commit(buf, size);
}

void
cdc_image_end(CdcBuf *buf, uint32 rows)
{
	cdc_put_u32(buf->data + AT_ROWS, rows);
}

size_t
cdc_image_size(Form_pg_attribute att, Datum value)
{
	const char *p = DatumGetPointer(value);

	if (att->attlen > 0)
		return att->attlen + MAXIMUM_ALIGNOF;
	if (att->attlen == -2)
		return strlen(p) + 1;
	if (VARATT_IS_EXTERNAL_ONDISK(p))
	{
		struct varatt_external pointer;

		VARATT_EXTERNAL_GET_POINTER(pointer, (struct varlena *) p);
		return VARATT_EXTERNAL_GET_EXTSIZE(pointer) + VARHDRSZ + MAXIMUM_ALIGNOF;
	}
	return VARSIZE_ANY(p) + MAXIMUM_ALIGNOF;
}

/* Appends zeros up to the alignment, and the bytes. */
static void
put_aligned(CdcBuf *buf, char attalign, const char *data, size_t len)
{
	size_t padding = align(buf->len, attalign) - buf->len;
	char *p = cdc_buf_reserve(buf, padding + len);

	memset(p, 0, padding);
	memcpy(p + padding, data, len);
	cdc_buf_commit(buf, padding + len);
}

static void
put_value(CdcBuf *buf, Form_pg_attribute att, Datum value)
{
	const char *p = DatumGetPointer(value);

	if (att->attbyval)
	{
		union
		{
			char c;
			int16 s;
			int32 i;
			int64 l;
		} number;

		store_att_byval(&number, value, att->attlen);
		cdc_buf_append(buf, (const char *) &number, att->attlen);
	}
	else if (att->attlen > 0)
		put_aligned(buf, att->attalign, p, att->attlen);
	else if (att->attlen == -2)
		cdc_buf_append(buf, p, strlen(p) + 1);
	else if (VARATT_IS_SHORT(p))
		cdc_buf_append(buf, p, VARSIZE_SHORT(p));
	else
		put_aligned(buf, att->attalign, p, VARSIZE(p));
}

/* Appends a bitmap of the columns for which it holds; false when there is none. */
static bool
put_bitmap(CdcBuf *buf, TupleDesc desc, const bool *holds)
{
	size_t size = BITMAP_SIZE(desc->natts);
	char *bits = cdc_buf_reserve(buf, size);
	bool any = false;

	memset(bits, 0, size);
	for (int i = 0; holds && i < desc->natts; i++)
	{
		if (!holds[i] || left_out(TupleDescAttr(desc, i)))
			continue;
		bits[i / 8] |= 1 << (i % 8);
		any = true;
	}
	if (any)
		cdc_buf_commit(buf, size);
	return any;
}

void
cdc_image_row(CdcBuf *buf, TupleDesc desc, const Datum *values, const bool *nulls, const bool *unavailable)
{
	size_t flags = buf->len;

	cdc_buf_char(buf, 0);
	if (put_bitmap(buf, desc, nulls))
		buf->data[flags] |= ROW_HAS_NULLS;
	if (put_bitmap(buf, desc, unavailable))
		buf->data[flags] |= ROW_HAS_UNAVAILABLE;
	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute att = TupleDescAttr(desc, i);

		if (!left_out(att) && !nulls[i] && !(unavailable && unavailable[i]))
			put_value(buf, att, values[i]);
	}
}

/* ---------- reading ---------- */

void
cdc_image_open_rows(CdcImageReader *reader, const char *content, size_t len)
{
	/* the server hands on messages in memory of their own, but does not promise it */
	if ((uintptr_t) content % MAXIMUM_ALIGNOF != 0)
	{
		char *copy = palloc(Max(len, 1));

		memcpy(copy, content, len);
		content = copy;
	}
	reader->data = content;
	reader->len = len;
	reader->at = 0;
}

bool
cdc_image_open(CdcImageReader *reader, const char *content, size_t len, CdcImageHeader *header)
{
	size_t slot_len;

	if (len < AT_SLOT || content[0] != IMAGE_VERSION || cdc_get_u16(content + AT_SLOT_LEN + 1) != 0)
		return false;
	slot_len = (unsigned char) content[AT_SLOT_LEN];
	if (slot_len >= NAMEDATALEN || MAXALIGN(AT_SLOT + slot_len) > len)
		return false;
	memcpy(header->token, content + AT_TOKEN, CDC_TOKEN_SIZE);
	memcpy(header->slot, content + AT_SLOT, slot_len);
	header->slot[slot_len] = '\0';
	if (strlen(header->slot) != slot_len)
		return false;
	header->relid = cdc_get_u32(content + AT_RELID);
	header->fingerprint = cdc_get_u64(content + AT_FINGERPRINT);
	header->rows = cdc_get_u32(content + AT_ROWS);
	cdc_image_open_rows(reader, content, len);
	reader->at = MAXALIGN(AT_SLOT + slot_len);
	return true;
}

/* Size of the variable-length value at "p", of which "left" bytes are there; 0 when it is none. */
static size_t
varlena_size(const char *p, size_t left)
{
	size_t size;

	if (left < 1 || VARATT_IS_1B_E(p))
		return 0;
	if (VARATT_IS_1B(p))
		size = VARSIZE_1B(p);
	else
	{
		if (left < VARHDRSZ)
			return 0;
		size = VARSIZE_4B(p);
		if (size < (VARATT_IS_4B_C(p) ? VARHDRSZ_COMPRESSED : VARHDRSZ))
			return 0;
	}
	return size <= left && size >= VARHDRSZ_SHORT ? size : 0;
}

static bool
get_byval(CdcImageReader *reader, Form_pg_attribute att, Datum *value)
{
	union
	{
		char c;
		int16 s;
		int32 i;
		int64 l;
	} number;

	if (reader->len - reader->at < (size_t) att->attlen)
		return false;
	memcpy(&number, reader->data + reader->at, att->attlen);
	*value = fetch_att(&number, true, att->attlen);
	reader->at += att->attlen;
	return true;
}

static bool
get_value(CdcImageReader *reader, Form_pg_attribute att, Datum *value)
{
	size_t at = reader->at;
	size_t size;

	if (att->attbyval)
		return get_byval(reader, att, value);
	if (att->attlen > 0)
	{
		at = align(at, att->attalign);
		size = att->attlen;
		if (at > reader->len || reader->len - at < size)
			return false;
	}
	else if (att->attlen == -2)
	{
		size = strnlen(reader->data + at, reader->len - at) + 1;
		if (size > reader->len - at)
			return false;
	}
	else
	{
		/* no header begins with a zero where it is not aligned */
		if (at < reader->len && reader->data[at] == 0)
			at = align(at, att->attalign);
		if (at > reader->len || (size = varlena_size(reader->data + at, reader->len - at)) == 0)
			return false;
	}
	*value = PointerGetDatum(reader->data + at);
	reader->at = at + size;
	return true;
}

static const unsigned char *
get_bitmap(CdcImageReader *reader, TupleDesc desc)
{
	const unsigned char *bits = (const unsigned char *) reader->data + reader->at;

	if (reader->len - reader->at < BITMAP_SIZE(desc->natts))
		return NULL;
	reader->at += BITMAP_SIZE(desc->natts);
	return bits;
}

static inline bool
in_bitmap(const unsigned char *bits, int i)
{
	return bits && (bits[i / 8] & (1 << (i % 8))) != 0;
}

bool
cdc_image_next(CdcImageReader *reader, TupleDesc desc, Datum *values, bool *nulls)
{
	const unsigned char *null_bits = NULL;
	const unsigned char *unavailable_bits = NULL;
	int flags;

	if (reader->at >= reader->len)
		return false;
	flags = (unsigned char) reader->data[reader->at++];
	if ((flags & ~(ROW_HAS_NULLS | ROW_HAS_UNAVAILABLE)) != 0)
		return false;
	if ((flags & ROW_HAS_NULLS) && !(null_bits = get_bitmap(reader, desc)))
		return false;
	if ((flags & ROW_HAS_UNAVAILABLE) && !(unavailable_bits = get_bitmap(reader, desc)))
		return false;
	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute att = TupleDescAttr(desc, i);

		values[i] = (Datum) 0;
		nulls[i] = left_out(att) || in_bitmap(null_bits, i);
		if (nulls[i])
			continue;
		if (in_bitmap(unavailable_bits, i))
		{
			if (att->attlen != -1)
				return false;
			SET_VARTAG_EXTERNAL(&unavailable_value, VARTAG_ONDISK);
			values[i] = PointerGetDatum(&unavailable_value);
		}
		else if (!get_value(reader, att, &values[i]))
			return false;
	}
	return true;
}
