/*
 * setup.h
 *		Everything that options and database decide for all tables.
 *
 * Made once by whoever makes events: a slot session, or a query that calls a
 * SQL function.
 */
#ifndef CDC_SETUP_H
#define CDC_SETUP_H

#include "event/event.h"

typedef struct CdcSetup
{
	CdcOptions *options;
	CdcSettings key_settings;
	CdcConverter header_converter; /* the key's, with decimals as numbers */
	CdcSettings header_settings;
	CdcSettings value_settings;
	CdcCounters counters;
	CdcEventConstants constants;
	CdcTableContext tables;
} CdcSetup;

/* Reads no catalog. */
extern void cdc_setup_init(CdcSetup *setup, CdcOptions *options);

/*
 * Looks up the database's name and its encoding's conversion, and renders what
 * depends on them, in CurrentMemoryContext.  Needs a transaction.  With "sql",
 * output must be in the server's encoding: where that is not UTF8, characters
 * beyond ASCII become \uXXXX.  The setup must not move afterwards.
 */
extern void cdc_setup_resolve(CdcSetup *setup, bool sql);

#endif /* CDC_SETUP_H */
