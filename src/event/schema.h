/*
 * schema.h
 *		Schema documents, and the schemas that no table decides.
 *
 * All results live in CurrentMemoryContext.  They are built once: the
 * table's when its description is made, the others once per session.
 */
#ifndef CDC_EVENT_SCHEMA_H
#define CDC_EVENT_SCHEMA_H

#include "json/buf.h"
#include "options/options.h"
#include "value/schema.h"

/*
 * Appends a schema as JsonConverter describes it (format reference 1.3).
 * "field" is the member's name within a struct, NULL for any other schema.
 */
extern void cdc_schema_json(CdcBuf *buf, const CdcSchema *schema, const char *field);

/* avro_schema.c: appends the schema as Confluent's AvroConverter registers it (Avro's JSON). */
extern void cdc_schema_avro(CdcBuf *buf, const CdcSchema *schema);

/*
 * An Avro schema that records name: the first eight bytes of its text's
 * SHA-256, so that who reads them knows it again.
 */
typedef struct CdcAvroSchema
{
	const CdcSchema *schema;
	CdcSlice text;
	uint64 fingerprint;
} CdcAvroSchema;

extern CdcAvroSchema *cdc_schema_avro_make(const CdcSchema *schema); /* in CurrentMemoryContext */

/* Appends {"schema":<document>,"payload": ; the caller adds the payload and a brace. */
extern void cdc_schema_prefix(CdcBuf *buf, const CdcSchema *schema);

/* "source" of every event, and "transaction" of data events and messages */
extern CdcSchema *cdc_schema_source(void);
extern CdcSchema *cdc_schema_event_block(void);

/* The value of a table's events; "row" is the row's struct, <prefix>.Value. */
extern CdcSchema *cdc_schema_envelope(const char *envelope_name, const CdcSchema *row);

/* logical decoding messages: the content is bytes or a string */
extern CdcSchema *cdc_schema_message_key(void);
extern CdcSchema *cdc_schema_message_value(CdcBinaryMode mode);

/* transaction records */
extern CdcSchema *cdc_schema_transaction_key(void);
extern CdcSchema *cdc_schema_transaction_value(void);

#endif /* CDC_EVENT_SCHEMA_H */
