/*
 * expand.h
 *		The text of a JSON object as a struct, its schema inferred from it.
 */
#ifndef CDC_EVENT_EXPAND_H
#define CDC_EVENT_EXPAND_H

#include "event/schema.h"

typedef struct CdcExpanded
{
	CdcSchema *schema;
	struct CdcJsonNode *root;
} CdcExpanded;

/*
 * Reads a text (UTF-8) in CurrentMemoryContext; "name" is the name of its
 * schema.  False where Debezium keeps, or should keep, the text as it is: it
 * is no JSON object, or no schema fits it.
 */
extern bool cdc_expand(CdcExpanded *expanded, const char *name, CdcSlice text, CdcJsonNull nulls);

/* Appends it as JsonConverter writes such a struct. */
extern void cdc_expanded_write(CdcBuf *buf, const CdcExpanded *expanded);

#endif /* CDC_EVENT_EXPAND_H */
