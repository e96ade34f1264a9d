/*
 * retry.c
 *		Pauses between the attempts of a sink; see retry.h.
 */
#include "relay/retry.h"

#include <inttypes.h>

#include "relay/log.h"

#define FIRST_PAUSE_US 100000

void
relay_retry_failed(RelayRetry *retry, int64_t at_least_us, const RelayError *error)
{
	int64_t pause;

	retry->pause_us = retry->pause_us == 0 ? FIRST_PAUSE_US : retry->pause_us * 2;
	if (retry->pause_us > retry->longest_us)
		retry->pause_us = retry->longest_us;
	pause = retry->pause_us > at_least_us ? retry->pause_us : at_least_us;
	retry->at = relay_now() + pause;
	retry->retries++;
	retry->error = *error;
	if (retry->quiet)
		return;
	relay_log_error(RELAY_WARNING, error);
	relay_log(RELAY_INFO, "the sink tries again in %.1f s", (double) pause / 1e6);
}

bool
relay_retry_due(const RelayRetry *retry)
{
	return retry->at == 0 || relay_now() >= retry->at;
}

void
relay_retry_worked(RelayRetry *retry)
{
	if (retry->pause_us > 0)
		relay_log(RELAY_INFO, "the sink works again");
	retry->pause_us = 0;
	retry->at = 0;
}

void
relay_retry_metrics(const RelayRetry *retry, RelayBuf *out)
{
	relay_buf_printf(out,
					 "# HELP cdc_json_sink_retries_total Attempts of the sink that failed and were made again.\n"
					 "# TYPE cdc_json_sink_retries_total counter\ncdc_json_sink_retries_total %" PRIu64 "\n"
					 "# HELP cdc_json_sink_failing Whether the last attempt of the sink failed.\n"
					 "# TYPE cdc_json_sink_failing gauge\ncdc_json_sink_failing %d\n",
					 retry->retries, retry->pause_us > 0);
}
