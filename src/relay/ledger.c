/*
 * ledger.c
 *		What has been read and is not yet safe in the sink; see ledger.h.
 */
#include "relay/ledger.h"

#include <stdlib.h>
#include <string.h>

#include "relay/common.h"

void
relay_ledger_init(RelayLedger *ledger, uint64_t confirmed_lsn)
{
	relay_ledger_forget(ledger);
	ledger->received_lsn = ledger->confirmed_lsn = confirmed_lsn;
}

RelayBatch *
relay_ledger_open(RelayLedger *ledger, char *data, void (*release)(void *data), size_t bytes, uint64_t end_lsn,
				  bool ends_transaction)
{
	RelayBatch *batch = relay_alloc(sizeof(*batch));

	batch->ledger = ledger;
	batch->data = data;
	batch->release = release;
	batch->bytes = bytes;
	batch->end_lsn = end_lsn;
	batch->ends_transaction = ends_transaction;
	batch->opened_at = relay_now();
	if (ledger->last)
		ledger->last->next = batch;
	else
		ledger->first = batch;
	ledger->last = batch;
	ledger->bytes += bytes;
	ledger->open_lsn = ends_transaction ? 0 : end_lsn;
	if (ends_transaction && end_lsn > ledger->received_lsn)
		ledger->received_lsn = end_lsn;
	return batch;
}

static void
remove_first(RelayLedger *ledger)
{
	RelayBatch *batch = ledger->first;

	ledger->first = batch->next;
	if (!ledger->first)
		ledger->last = NULL;
	ledger->bytes -= batch->bytes;
	if (batch->release)
		batch->release(batch->data);
	free(batch);
}

/* Batches leave from the front, as far as they are complete. */
static void
settle(RelayLedger *ledger)
{
	RelayBatch *batch;

	while ((batch = ledger->first) != NULL && batch->closed && batch->pending == 0)
	{
		if (batch->ends_transaction)
		{
			/* positions never go back, whatever the server says */
			if (batch->end_lsn > ledger->confirmed_lsn)
				ledger->confirmed_lsn = batch->end_lsn;
			ledger->transactions++;
			if (batch->commit_us != 0)
				ledger->acked_commit_us = batch->commit_us;
		}
		if (ledger->on_leave)
			ledger->on_leave(ledger->context, batch);
		remove_first(ledger);
	}
}

void
relay_ledger_expect(RelayBatch *batch)
{
	batch->pending++;
	batch->ledger->records++;
}

void
relay_ledger_close(RelayBatch *batch)
{
	batch->closed = true;
	settle(batch->ledger);
}

void
relay_ledger_acknowledge(RelayBatch *batch)
{
	batch->pending--;
	batch->ledger->records--;
	if (batch->pending == 0 && batch->ledger->first == batch)
		settle(batch->ledger);
}

void
relay_ledger_acknowledge_all(RelayLedger *ledger)
{
	for (RelayBatch *batch = ledger->first; batch; batch = batch->next)
	{
		ledger->records -= batch->pending;
		batch->pending = 0;
	}
	settle(ledger);
}

void
relay_ledger_keepalive(RelayLedger *ledger, uint64_t lsn)
{
	/* a transaction whose last record was taken back ends without a message that says so */
	if (ledger->open_lsn != 0 && lsn < ledger->open_lsn)
		return;
	ledger->open_lsn = 0;
	if (lsn > ledger->received_lsn)
		ledger->received_lsn = lsn;
	if (!ledger->first && lsn > ledger->confirmed_lsn)
		ledger->confirmed_lsn = lsn;
}

bool
relay_ledger_empty(const RelayLedger *ledger)
{
	return !ledger->first;
}

void
relay_ledger_forget(RelayLedger *ledger)
{
	while (ledger->first)
		remove_first(ledger);
	ledger->records = 0;
	ledger->open_lsn = 0;
	ledger->received_lsn = ledger->confirmed_lsn;
}
