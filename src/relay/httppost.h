/*
 * httppost.h
 *		What the files of the sink "http" share.
 */
#ifndef RELAY_HTTPPOST_H
#define RELAY_HTTPPOST_H

#include "relay/common.h"
#include "relay/record.h"

/*
 * httppost_events.c: appends the record as a CloudEvent in structured JSON, as
 * Debezium's CloudEventsConverter writes it; false, and nothing appended, for
 * a record that is no change of a table.
 */
extern bool relay_cloud_event_append(RelayBuf *buf, const RelayRecord *record);

#endif /* RELAY_HTTPPOST_H */
