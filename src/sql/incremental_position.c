/*
 * incremental_position.c
 *		Keys, and the position after which a job goes on, as bytes.
 *
 *	key			u64 fingerprint of the order, u8 0, 7 zeros, values as in image.h
 *	place		u64 0, u8 1, 7 zeros, u32 block, u16 number
 *
 * The bytes of a value come back as they were, which text would not promise.
 */
#include "postgres.h"

#include "frame.h"
#include "sql/incremental.h"
#include "value/value.h"

#define HEADER 16
#define AT_KIND 8
#define PLACE_SIZE (HEADER + 6)

static bytea *
make_bytea(const CdcBuf *buf)
{
	bytea *result = palloc(VARHDRSZ + buf->len);

	SET_VARSIZE(result, VARHDRSZ + buf->len);
	memcpy(VARDATA(result), buf->data, buf->len);
	return result;
}

bytea *
cdc_key_encode(const CdcOrder *order, const Datum *values, const bool *nulls)
{
	CdcBuf buf;
	bytea *result;

	cdc_buf_palloc(&buf, 64);
	memset(cdc_buf_reserve(&buf, HEADER), 0, HEADER);
	cdc_put_u64(buf.data, order->fingerprint);
	cdc_buf_commit(&buf, HEADER);
	cdc_image_row(&buf, order->desc, values, nulls, NULL);
	result = make_bytea(&buf);
	pfree(buf.data);
	return result;
}

bytea *
cdc_key_encode_tid(const CdcOrder *order, ItemPointer tid)
{
	bytea *result = palloc0(VARHDRSZ + PLACE_SIZE);
	char *p = VARDATA(result);

	SET_VARSIZE(result, VARHDRSZ + PLACE_SIZE);
	p[AT_KIND] = 1;
	cdc_put_u32(p + HEADER, ItemPointerGetBlockNumberNoCheck(tid));
	cdc_put_u16(p + HEADER + 4, ItemPointerGetOffsetNumberNoCheck(tid));
	return result;
}

/* The start of a block. */
bytea *
cdc_position_block(const CdcOrder *order, BlockNumber block)
{
	ItemPointerData tid;

	ItemPointerSet(&tid, block, 0);
	return cdc_key_encode_tid(order, &tid);
}

bool
cdc_key_decode(const CdcOrder *order, bytea *key, Datum *values)
{
	size_t len = VARSIZE_ANY_EXHDR(key);
	const char *p = VARDATA_ANY(key);
	CdcImageReader reader;
	bool nulls[INDEX_MAX_KEYS];
	ItemPointer tid;

	if (len < HEADER || p[AT_KIND] != (order->nkeys == 0))
		return false;
	if (order->nkeys == 0)
	{
		if (len != PLACE_SIZE)
			return false;
		tid = palloc(sizeof(ItemPointerData));
		ItemPointerSet(tid, cdc_get_u32(p + HEADER), cdc_get_u16(p + HEADER + 4));
		values[0] = PointerGetDatum(tid);
		return true;
	}
	if (cdc_get_u64(p) != order->fingerprint)
		return false;
	cdc_image_open_rows(&reader, p, len);
	reader.at = HEADER;
	if (!cdc_image_next(&reader, order->desc, values, nulls))
		return false;
	for (int i = 0; i < order->nkeys; i++)
	{
		if (nulls[i])
			return false;
	}
	return true;
}
