/*
 * relay.h
 *		The loop: from the source through the ledger to the sink.
 */
#ifndef RELAY_RELAY_H
#define RELAY_RELAY_H

#include "relay/common.h"
#include "relay/control.h"
#include "relay/counts.h"
#include "relay/http.h"
#include "relay/ledger.h"
#include "relay/metrics.h"
#include "relay/options.h"
#include "relay/progress.h"
#include "relay/record.h"
#include "relay/sink.h"
#include "relay/snapshot.h"
#include "relay/source.h"
#include "relay/state.h"

typedef struct Relay
{
	const RelayOptions *options;
	RelayLedger ledger;
	RelaySource source;
	RelayState state;
	RelaySnapshot snapshot;
	RelayProgress progress;
	RelaySink *sink;
	RelayControl control;
	RelayHttp http;
	RelayError error;

	/* the message whose records go to the sink */
	RelayBatch *batch;
	RelayFrame frame;
	RelayRecord record;
	bool record_waiting; /* "record" has been read and not yet taken */
	RelayPosition handed; /* of the last record that the sink has, or zero */

	bool decided; /* what to do at the start */
	bool started; /* the ledger has a position */
	bool has_endpos;
	uint64_t endpos;
	uint64_t end_lsn; /* that the server told when it had passed endpos */
	bool stop_reading; /* endpos was reached, or a signal came */
	bool stopped_by_signal;
	int64_t stop_deadline;
	int64_t connect_at; /* not connected: when to try again */
	int64_t connect_pause; /* pause after the next failure */
	int64_t sink_pause; /* the same for the sink's restarts */
	int64_t sink_restarted_at;
	int wake_fd; /* readable after a signal */

	int64_t watchdog_at; /* next sign of life for systemd */
	bool ready; /* systemd knows that we are */

	/* counters since the start */
	RelayLatency latency;
	uint64_t messages;
	uint64_t bytes;
	uint64_t records;
	RelayCounts counts; /* by topic and kind */
	uint64_t repeated; /* records that came again after a reconnection, and were left out */
	uint64_t sink_restarts;
} Relay;

/* Prepares a zeroed struct; false with relay->error. */
extern bool relay_open(Relay *relay, const RelayOptions *options, int wake_fd);
extern void relay_close(Relay *relay);

/* Runs until the end position, a signal or an error; returns the exit status. */
extern RelayExit relay_run(Relay *relay);

/* check.c: looks at server, slot and sink, says on standard output what it finds; returns the exit status. */
extern RelayExit relay_check(Relay *relay);

#endif /* RELAY_RELAY_H */
