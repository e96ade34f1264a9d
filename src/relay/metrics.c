/*
 * metrics.c
 *		Numbers about the running program; see metrics.h.
 */
#include "relay/metrics.h"

#include <inttypes.h>
#include <string.h>

#include "relay/relay.h"

static const double bounds[RELAY_LATENCY_BUCKETS] = {0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 5, 30};

void
relay_latency_add(RelayLatency *latency, const RelayBatch *batch)
{
	double seconds = (double) (relay_now() - batch->opened_at) / 1e6;
	int i = 0;

	while (i < RELAY_LATENCY_BUCKETS && seconds > bounds[i])
		i++;
	latency->bucket[i]++;
	latency->count++;
	latency->seconds += seconds;
}

static void
head(RelayBuf *out, const char *name, const char *type, const char *help)
{
	relay_buf_printf(out, "# HELP cdc_json_%s %s\n# TYPE cdc_json_%s %s\n", name, help, name, type);
}

static void
counter(RelayBuf *out, const char *name, const char *help, uint64_t value)
{
	head(out, name, "counter", help);
	relay_buf_printf(out, "cdc_json_%s %" PRIu64 "\n", name, value);
}

static void
gauge(RelayBuf *out, const char *name, const char *help, double value)
{
	head(out, name, "gauge", help);
	relay_buf_printf(out, "cdc_json_%s %.16g\n", name, value);
}

static void
write_latency(RelayBuf *out, const RelayLatency *latency)
{
	uint64_t sum = 0;

	head(out, "delivery_latency_seconds", "histogram", "From receiving a message to the sink's acknowledgement of all its records.");
	for (int i = 0; i < RELAY_LATENCY_BUCKETS; i++)
	{
		sum += latency->bucket[i];
		relay_buf_printf(out, "cdc_json_delivery_latency_seconds_bucket{le=\"%g\"} %" PRIu64 "\n", bounds[i], sum);
	}
	relay_buf_printf(out, "cdc_json_delivery_latency_seconds_bucket{le=\"+Inf\"} %" PRIu64 "\n", latency->count);
	relay_buf_printf(out, "cdc_json_delivery_latency_seconds_sum %.6f\n", latency->seconds);
	relay_buf_printf(out, "cdc_json_delivery_latency_seconds_count %" PRIu64 "\n", latency->count);
}

static void
write_slot(RelayBuf *out, const RelayControl *control)
{
	static const char *const states[] = {"reserved", "extended", "unreserved", "lost"};

	if (!control->known)
		return;
	gauge(out, "slot_retained_bytes", "Log that the slot keeps on the server.", (double) control->retained_bytes);
	gauge(out, "slot_behind_bytes", "Log since the slot's confirmed position.", (double) control->behind_bytes);
	head(out, "slot_wal_status", "gauge", "State of the slot's log, 1 for the current one.");
	for (int i = 0; i < 4; i++)
		relay_buf_printf(out, "cdc_json_slot_wal_status{wal_status=\"%s\"} %d\n", states[i], strcmp(states[i], control->wal_status) == 0);
}

static void
write_snapshot(RelayBuf *out, const RelaySnapshot *snapshot)
{
	int64_t end = snapshot->ended_at != 0 ? snapshot->ended_at : relay_now();

	gauge(out, "snapshot_running", "Whether tables are being read.", snapshot->open);
	gauge(out, "snapshot_completed", "Whether a snapshot was completed since the start.", snapshot->ended_at != 0);
	if (snapshot->started_at == 0)
		return;
	gauge(out, "snapshot_duration_seconds", "Time that the snapshot took, or has taken so far.", (double) (end - snapshot->started_at) / 1e6);
	counter(out, "snapshot_rows_total", "Rows read.", snapshot->rows);
	gauge(out, "snapshot_rows_estimated", "Rows of what is being read, by the server's estimate, corrected as chunks are read.", (double) snapshot->estimate);
	gauge(out, "snapshot_tables_remaining", "Tables of which something has not been read.", snapshot->tables_left);
	gauge(out, "snapshot_chunks_remaining", "Parts of tables that the sink does not have safe.", snapshot->unfinished);
	counter(out, "snapshot_attempts_total", "Snapshots taken to read the rows: more than one after interruptions.", snapshot->attempts);
}

void
relay_metrics_write(const Relay *relay, RelayBuf *out)
{
	const RelayLedger *ledger = &relay->ledger;
	const RelaySource *source = &relay->source;
	uint64_t lag = source->server_lsn > ledger->confirmed_lsn ? source->server_lsn - ledger->confirmed_lsn : 0;
	double lag_seconds = 0;

	/* the age of the oldest transaction that is not acknowledged yet */
	if (ledger->first && ledger->first->commit_us != 0)
		lag_seconds = (double) (relay_wall_clock() - ledger->first->commit_us) / 1e6;
	gauge(out, "up", "Whether the slot is being read.", source->streaming);
	relay_counts_write(&relay->counts, out);
	counter(out, "transactions_total", "Transactions acknowledged by the sink.", ledger->transactions);
	counter(out, "received_bytes_total", "Bytes of frames received.", relay->bytes);
	counter(out, "delivered_total", "Records acknowledged by the sink.", relay->sink->delivered);
	counter(out, "duplicates_dropped_total", "Records that came again and were left out, because the sink has them.", relay->repeated + relay->sink->duplicates);
	counter(out, "bytes_total", "Bytes of keys and values acknowledged by the sink.", relay->sink->delivered_bytes);
	gauge(out, "received_lsn", "Position up to which the log was received.", (double) ledger->received_lsn);
	gauge(out, "acked_lsn", "Position up to which everything is safe in the sink.", (double) ledger->confirmed_lsn);
	gauge(out, "lag_bytes", "Log between the server's last told position and the acknowledged one.", (double) lag);
	gauge(out, "lag_seconds", "Age of the oldest transaction in flight.", lag_seconds > 0 ? lag_seconds : 0);
	gauge(out, "queue_messages", "Records in flight.", (double) ledger->records);
	gauge(out, "queue_bytes", "Bytes in flight, as --max-inflight-bytes counts them.", (double) ledger->bytes);
	gauge(out, "last_event_timestamp_seconds", "Commit time of the last acknowledged transaction.", (double) ledger->acked_commit_us / 1e6);
	head(out, "reconnects_total", "counter", "Connections that failed and were tried again.");
	relay_buf_printf(out, "cdc_json_reconnects_total{peer=\"server\"} %" PRIu64 "\n", source->reconnects);
	relay_buf_printf(out, "cdc_json_reconnects_total{peer=\"sink\"} %" PRIu64 "\n", relay->sink_restarts);
	counter(out, "heartbeats_total", "Heartbeats written to the server's log.", relay->control.heartbeats);
	write_snapshot(out, &relay->snapshot);
	write_latency(out, &relay->latency);
	write_slot(out, &relay->control);
	if (relay->sink->kind->metrics)
		relay->sink->kind->metrics(relay->sink, out);
}

bool
relay_metrics_healthy(const Relay *relay, RelayBuf *out)
{
	if (relay->snapshot.open)
	{
		relay_buf_text(out, "ok, taking the snapshot\n");
		return true;
	}
	if (!relay->source.streaming)
	{
		relay_buf_text(out, "the slot is not being read\n");
		return false;
	}
	relay_buf_text(out, "ok\n");
	return true;
}
