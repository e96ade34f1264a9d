/*
 * image.h
 *		Rows of a table as bytes in a logical message: what an incremental
 *		snapshot writes to the log, and the plugin reads there.
 *
 *	message		u8 version (1), u8 length of the slot's name, u16 0, u32 Oid of the
 *				table, u64 fingerprint of its columns, u32 number of rows, 16
 *				bytes token, the slot's name, zeros up to a multiple of 8, rows
 *	row			u8 flags, a bitmap of NULLs if the flags say so, a bitmap of
 *				unavailable columns likewise, values of all other columns that
 *				are not dropped
 *	value		as in a tuple: passed by value in its length; of variable length
 *				with its header, which may be a short one or say that it is
 *				compressed, but never that it lies elsewhere; zeros in front of
 *				it where its alignment asks for them (never of a short header)
 *
 * Integers of the header are big-endian, values in the server's form: who reads
 * them is the same server.  A reader checks every length before it uses it.
 */
#ifndef CDC_IMAGE_H
#define CDC_IMAGE_H

#include "access/tupdesc.h"

#include "json/buf.h"
#include "table/own.h"

/* Prefix of the messages. */
#define CDC_SNAPSHOT_PREFIX "cdc_json.snapshot"

typedef struct CdcImageHeader
{
	char token[CDC_TOKEN_SIZE];
	char slot[NAMEDATALEN]; /* only for this one; "": for all */
	Oid relid;
	uint64 fingerprint;
	uint32 rows;
} CdcImageHeader;

/* A message being read. */
typedef struct CdcImageReader
{
	const char *data;
	size_t len;
	size_t at;
} CdcImageReader;

/* Of what decides how a row's bytes are read: number, types and lengths of the columns. */
extern uint64 cdc_image_fingerprint(TupleDesc desc);

/* Begins a message in an empty buffer; its number of rows is set at the end. */
extern void cdc_image_begin(CdcBuf *buf, const CdcImageHeader *header);
extern void cdc_image_end(CdcBuf *buf, uint32 rows);

/*
 * Appends a row whose values lie nowhere else (cdc_image_fetch).  "unavailable"
 * may be NULL.
 */
extern void cdc_image_row(CdcBuf *buf, TupleDesc desc, const Datum *values, const bool *nulls, const bool *unavailable);

/* Bytes that the value will take when it has been fetched, at most. */
extern size_t cdc_image_size(Form_pg_attribute att, Datum value);

/* Reads the header; false when these bytes are no such message.  The content stays where it is, if it is aligned. */
extern bool cdc_image_open(CdcImageReader *reader, const char *content, size_t len, CdcImageHeader *header);

/* A reader of rows alone, at the start of a buffer. */
extern void cdc_image_open_rows(CdcImageReader *reader, const char *content, size_t len);

/*
 * Reads the next row.  False when the bytes are not those of a row; nothing
 * beyond them was looked at.  Values point into the content; an unavailable one
 * is a reference to what is out of line, as in a tuple of the log.
 */
extern bool cdc_image_next(CdcImageReader *reader, TupleDesc desc, Datum *values, bool *nulls);

#endif /* CDC_IMAGE_H */
