/*
 * outbox.h
 *		Events of an outbox, as Debezium's EventRouter routes them: rows of a
 *		table, or logical messages without a table.
 */
#ifndef CDC_EVENT_OUTBOX_H
#define CDC_EVENT_OUTBOX_H

#include "event/expand.h"
#include "event/record.h"

/* A value that goes into the envelope or the headers. */
typedef struct CdcPlaced
{
	CdcPlace place;
	const char *name; /* UTF-8 */
	const CdcSchema *schema;
	CdcColumn *column; /* of a row; NULL: "json" */
	int index; /* of the column in its table */
	CdcSlice json;
} CdcPlaced;

/* What the writers of a routed record need; in the change's memory. */
typedef struct CdcRouted
{
	const CdcEventConstants *constants;
	CdcSlice route; /* UTF-8 */
	CdcSlice id; /* JSON */
	CdcSlice key; /* JSON */
	CdcSlice key_head; /* with schemas */
	CdcPlaced payload;
	bool is_expanded;
	CdcExpanded expanded;
	int nplaced;
	const CdcPlaced *placed;
	const char *schema_name; /* of the envelope */
	int version; /* of its schema, 0: none */
	CdcSlice headers; /* more of them, a JSON object; len 0: none */
} CdcRouted;

/*
 * Makes table->template route rows if the table is an outbox, in
 * CurrentMemoryContext, and says whether it is.
 */
extern bool cdc_outbox_prepare(CdcTable *table, const CdcEventConstants *constants);

/*
 * Makes a record of a logical message (see cdc_json.emit() for its content,
 * here UTF-8): topic, key, value and headers.  Returns what is wrong with it,
 * as a sentence; NULL: nothing.
 */
extern const char *cdc_outbox_message(CdcRecord *record, CdcRecordWriter *writer, CdcSlice content);

/* What is wrong with the content, without making a record of it. */
extern const char *cdc_outbox_problem(CdcSlice content);

/* Sets topic, key, value and headers of a record from record->routed. */
extern void cdc_routed_finish(CdcRecord *record, CdcRecordWriter *writer, bool blank);

#endif /* CDC_EVENT_OUTBOX_H */
