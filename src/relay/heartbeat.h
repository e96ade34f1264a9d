/*
 * heartbeat.h
 *		Debezium's heartbeat records.
 */
#ifndef RELAY_HEARTBEAT_H
#define RELAY_HEARTBEAT_H

#include "relay/common.h"
#include "relay/options.h"
#include "relay/record.h"

/* Whether the plugin's options ask for such records: "topic.heartbeat.prefix" or "topic.heartbeat.name". */
extern bool relay_heartbeat_wanted(const RelaySettings *plugin);

/* Such options are ours: the plugin would refuse them. */
extern bool relay_heartbeat_option(const char *name);

/* Makes a record.  It points into *buf, which keeps the bytes. */
extern void relay_heartbeat_record(const RelaySettings *plugin, const char *database, RelayBuf *buf, RelayRecord *record);

#endif /* RELAY_HEARTBEAT_H */
