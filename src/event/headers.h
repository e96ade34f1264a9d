/*
 * headers.h
 *		Headers of a record: members of its JSON, or a frame's headers.
 */
#ifndef CDC_EVENT_HEADERS_H
#define CDC_EVENT_HEADERS_H

#include "event/record.h"

/* Names that are remembered; there are at most 100 of a message, and those that options and we add. */
#define CDC_HEADERS_KNOWN 256

/* The headers of a record being written. */
typedef struct CdcHeaders
{
	CdcRecordWriter *writer;
	CdcBuf *buf;
	bool frame; /* not JSON */
	int count;
	const char *names[CDC_HEADERS_KNOWN]; /* of those written so far */
} CdcHeaders;

/* All headers of a record, in Debezium's order, then ours.  Returns how many. */
extern int cdc_headers_write(CdcRecordWriter *writer, CdcRecord *record);

/* Starts a header whose value is JSON text, which follows directly; returns where to end it. */
extern size_t cdc_header_begin(CdcHeaders *headers, const char *name);
extern void cdc_header_end(CdcHeaders *headers, size_t start, const char *name);

/*
 * May a transform add a header of this name?  Not if there is one, because an
 * object's members have different names, nor one of Debezium's or ours.
 */
extern bool cdc_header_allowed(const CdcHeaders *headers, const char *name);

/* Names and text in UTF-8; a name must live until all headers are written. */
extern void cdc_header_string(CdcHeaders *headers, const char *name, const char *text, size_t len);
extern void cdc_header_null(CdcHeaders *headers, const char *name);

/*
 * A value as Connect's SimpleHeaderConverter writes it: what a JSON string
 * holds, the text of any other scalar or array, an object as JSON.
 */
extern void cdc_header_json(CdcHeaders *headers, const char *name, const char *json, size_t len);

#endif /* CDC_EVENT_HEADERS_H */
