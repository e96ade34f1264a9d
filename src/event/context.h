/*
 * context.h
 *		Who did it: what a session says of its transaction, as headers.
 */
#ifndef CDC_EVENT_CONTEXT_H
#define CDC_EVENT_CONTEXT_H

#include "event/record.h"

/* What is wrong with the content (UTF-8) of such a message, as a sentence; NULL: nothing. */
extern const char *cdc_context_problem(CdcSlice content);

/* Allocates the buffers in CurrentMemoryContext; once. */
extern void cdc_context_init(CdcContext *context);

/*
 * Renders the headers of all records that follow, in place of earlier ones.
 * False, and no headers, when the content is malformed.  The buffers must be
 * there: they are kept from one transaction to the next.
 */
extern bool cdc_context_read(CdcContext *context, const CdcRecordWriter *writer, CdcSlice content);

#endif /* CDC_EVENT_CONTEXT_H */
