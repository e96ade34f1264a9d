/*
 * metrics.h
 *		Numbers about the running program, in Prometheus' text format.
 */
#ifndef RELAY_METRICS_H
#define RELAY_METRICS_H

#include "relay/common.h"
#include "relay/ledger.h"

struct Relay;

#define RELAY_LATENCY_BUCKETS 13

/* How long records took from the server to the sink's acknowledgement. */
typedef struct RelayLatency
{
	uint64_t bucket[RELAY_LATENCY_BUCKETS + 1];
	uint64_t count;
	double seconds;
} RelayLatency;

extern void relay_latency_add(RelayLatency *latency, const RelayBatch *batch);

/* All metrics of the program. */
extern void relay_metrics_write(const struct Relay *relay, RelayBuf *out);

/* "ok", or false and what is wrong. */
extern bool relay_metrics_healthy(const struct Relay *relay, RelayBuf *out);

#endif /* RELAY_METRICS_H */
