/*
 * control.h
 *		A second, ordinary connection: heartbeats, and how the slot is doing.
 *
 * Everything on it happens in the background of the loop; when it fails, it is
 * tried again, and the stream does not care.
 */
#ifndef RELAY_CONTROL_H
#define RELAY_CONTROL_H

#include "relay/common.h"
#include "relay/options.h"

struct pg_conn;

typedef enum RelayControlState
{
	RELAY_CONTROL_CLOSED,
	RELAY_CONTROL_CONNECTING,
	RELAY_CONTROL_READY,
	RELAY_CONTROL_ASKING
} RelayControlState;

typedef struct RelayControl
{
	const RelayOptions *options;
	struct pg_conn *conn;
	RelayControlState state;
	short events; /* to poll for */
	int64_t due; /* next question, or next attempt to connect */
	int64_t give_up_at; /* while connecting or asking */
	bool warned; /* about this failure */

	/* the last answer */
	bool known;
	char wal_status[16];
	int64_t retained_bytes; /* of log that the slot keeps */
	int64_t behind_bytes; /* of log since its confirmed position */
	uint64_t heartbeats; /* sent so far */
} RelayControl;

extern void relay_control_init(RelayControl *control, const RelayOptions *options);
extern int relay_control_descriptor(const RelayControl *control);
extern int64_t relay_control_due(const RelayControl *control);
/* Does what can be done without waiting.  True once for each heartbeat that was sent. */
extern bool relay_control_serve(RelayControl *control);
extern void relay_control_close(RelayControl *control);

#endif /* RELAY_CONTROL_H */
