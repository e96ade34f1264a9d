/*
 * fields.h
 *		What flattened values and routed events take from an event or a row.
 */
#ifndef CDC_FIELDS_H
#define CDC_FIELDS_H

#include "nodes/pg_list.h"

/* A member of the envelope, as add.fields and add.headers name it. */
typedef enum CdcFieldKind
{
	CDC_FIELD_OP,
	CDC_FIELD_TS_MS,
	CDC_FIELD_TS_US,
	CDC_FIELD_TS_NS,
	CDC_FIELD_TRANSACTION_ID,
	CDC_FIELD_TRANSACTION_TOTAL_ORDER,
	CDC_FIELD_TRANSACTION_DATA_COLLECTION_ORDER,
	CDC_FIELD_SOURCE_VERSION,
	CDC_FIELD_SOURCE_CONNECTOR,
	CDC_FIELD_SOURCE_NAME,
	CDC_FIELD_SOURCE_TS_MS,
	CDC_FIELD_SOURCE_SNAPSHOT,
	CDC_FIELD_SOURCE_DB,
	CDC_FIELD_SOURCE_SEQUENCE,
	CDC_FIELD_SOURCE_TS_US,
	CDC_FIELD_SOURCE_TS_NS,
	CDC_FIELD_SOURCE_SCHEMA,
	CDC_FIELD_SOURCE_TABLE,
	CDC_FIELD_SOURCE_TXID,
	CDC_FIELD_SOURCE_LSN,
	CDC_FIELD_SOURCE_XMIN,
	CDC_FIELD_SOURCE_ORIGIN,
	CDC_FIELD_SOURCE_ORIGIN_LSN,
	CDC_FIELD_BEFORE, /* a column of the row before */
	CDC_FIELD_AFTER /* a column of the row after */
} CdcFieldKind;

typedef struct CdcFieldReference
{
	CdcFieldKind kind;
	const char *field; /* the member's name; of BEFORE and AFTER the column's, server encoding */
	const char *name; /* what it is called, without the prefix, server encoding */
} CdcFieldReference;

typedef enum CdcPlace
{
	CDC_PLACE_HEADER,
	CDC_PLACE_ENVELOPE,
	CDC_PLACE_PARTITION
} CdcPlace;

/* One entry of outbox.table.fields.additional.placement. */
typedef struct CdcPlacement
{
	CdcPlace place;
	const char *field; /* column, server encoding */
	const char *alias; /* server encoding */
} CdcPlacement;

/*
 * Parse a list of fields, and one of placements, in CurrentMemoryContext.
 * Raise ERROR naming the option for an entry that no event can have.
 */
extern List *cdc_fields_parse(const char *option, const char *value);
extern List *cdc_placements_parse(const char *option, const char *value);

#endif /* CDC_FIELDS_H */
