/*
 * flat.h
 *		How a table's rows are flattened: what flat.c prepares and
 *		flat_record.c writes.
 */
#ifndef CDC_EVENT_FLAT_H
#define CDC_EVENT_FLAT_H

#include "event/record.h"

/* A field added to the value, or to the headers. */
typedef struct CdcFlatField
{
	CdcFieldKind kind;
	const char *name; /* UTF-8, with its prefix */
	CdcSlice member; /* ,"name": */
	CdcSlice constant; /* the value, if it is the same for all rows; data NULL: it is not */
	CdcColumn column; /* of BEFORE and AFTER */
	const CdcSchema *schema;
} CdcFlatField;

struct CdcFlat
{
	CdcSlice head; /* {"schema":…,"payload": or nothing */
	CdcSlice null_value; /* a delete as the value null: its schema, optional, and null */
	const char *tail; /* closes what the head opened */
	bool deleted; /* adds __deleted */
	int nfields;
	CdcFlatField *fields;
	int nheaders;
	CdcFlatField *headers;
	bool needs_clock;
	CdcColumn *route; /* route.by.field; NULL: the table's topic */
};

/* The schema of the value, without the columns that "dropped" marks; NULL: with all. */
extern CdcSchema *cdc_flat_schema_without(const CdcEventConstants *constants, const CdcTable *table, const struct CdcFlat *flat,
										  const bool *dropped);

/* flat_record.c: CdcTemplate.shape */
extern bool cdc_flat_shape(CdcRecord *record, CdcRecordWriter *writer);

/* flat_field.c: appends the value of an added field. */
extern void cdc_flat_field_write(CdcBuf *buf, CdcFlatField *field, const CdcEvent *event, CdcCounters *counters);

#endif /* CDC_EVENT_FLAT_H */
