/*
 * ledger_test.c
 *		The ledger: what may be confirmed, and what is in flight.
 *
 * The random test compares with a model that keeps everything.
 */
#include "relay/ledger.h"

#include <string.h>

#include "relay/common.h"
#include "unit.h"

static int released;

static void
release(void *data)
{
	released++;
	free(data);
}

static RelayBatch *
open_batch(RelayLedger *ledger, uint64_t lsn, bool ends, int records)
{
	RelayBatch *batch = relay_ledger_open(ledger, malloc(10), release, 100, lsn, ends);

	for (int i = 0; i < records; i++)
		relay_ledger_expect(batch);
	return batch;
}

static void
test_order(void)
{
	RelayLedger ledger = {0};
	RelayBatch *a;
	RelayBatch *b;

	released = 0;
	unit_test("transactions are confirmed in order");
	relay_ledger_init(&ledger, 100);
	a = open_batch(&ledger, 200, true, 2);
	relay_ledger_close(a);
	b = open_batch(&ledger, 300, true, 1);
	relay_ledger_close(b);
	relay_ledger_acknowledge(b);
	unit_check(ledger.confirmed_lsn == 100 && ledger.bytes == 200, "the second waits for the first");
	relay_ledger_acknowledge(a);
	unit_check(ledger.confirmed_lsn == 100, "half of the first");
	relay_ledger_acknowledge(a);
	unit_check(ledger.confirmed_lsn == 300 && ledger.bytes == 0 && ledger.records == 0 && relay_ledger_empty(&ledger), "both");
	unit_check(released == 2 && ledger.transactions == 2, "bytes are freed");

	unit_test("a batch that is being handed over does not leave");
	a = open_batch(&ledger, 400, true, 1);
	relay_ledger_acknowledge(a);
	unit_check(ledger.confirmed_lsn == 300, "acknowledged before it is closed");
	relay_ledger_close(a);
	unit_check(ledger.confirmed_lsn == 400, "closed");

	unit_test("a transaction of several messages");
	a = open_batch(&ledger, 500, false, 1);
	relay_ledger_close(a);
	relay_ledger_acknowledge(a);
	unit_check(ledger.confirmed_lsn == 400 && relay_ledger_empty(&ledger), "its first half confirms nothing");
	b = open_batch(&ledger, 500, true, 0);
	relay_ledger_close(b);
	unit_check(ledger.confirmed_lsn == 500, "its end does, even without records");

	unit_test("positions never go back");
	a = open_batch(&ledger, 450, true, 1);
	relay_ledger_close(a);
	relay_ledger_acknowledge(a);
	unit_check(ledger.confirmed_lsn == 500, "an old transaction again");
	relay_ledger_forget(&ledger);
}

static void
test_keepalives(void)
{
	RelayLedger ledger = {0};
	RelayBatch *a;

	unit_test("keepalives");
	relay_ledger_init(&ledger, 100);
	relay_ledger_keepalive(&ledger, 150);
	unit_check(ledger.confirmed_lsn == 150 && ledger.received_lsn == 150, "moves while nothing is in flight");
	relay_ledger_keepalive(&ledger, 120);
	unit_check(ledger.confirmed_lsn == 150 && ledger.received_lsn == 150, "not back");
	a = open_batch(&ledger, 200, true, 1);
	relay_ledger_close(a);
	relay_ledger_keepalive(&ledger, 250);
	unit_check(ledger.confirmed_lsn == 150 && ledger.received_lsn == 250, "not while something is");
	relay_ledger_acknowledge(a);
	unit_check(ledger.confirmed_lsn == 200, "an earlier keepalive is not remembered");
	relay_ledger_keepalive(&ledger, 250);
	unit_check(ledger.confirmed_lsn == 250, "the next one counts");
	a = open_batch(&ledger, 300, false, 1);
	relay_ledger_close(a);
	relay_ledger_acknowledge(a);
	relay_ledger_keepalive(&ledger, 280);
	unit_check(relay_ledger_empty(&ledger) && ledger.confirmed_lsn == 250, "not within a transaction");
	relay_ledger_keepalive(&ledger, 300);
	unit_check(ledger.confirmed_lsn == 300, "its end was passed, though no message said so");
	relay_ledger_forget(&ledger);
}

static void
test_forget(void)
{
	RelayLedger ledger = {0};

	unit_test("forgetting what is in flight");
	released = 0;
	relay_ledger_init(&ledger, 100);
	open_batch(&ledger, 200, true, 3);
	open_batch(&ledger, 300, false, 3);
	relay_ledger_forget(&ledger);
	unit_check(released == 2 && ledger.bytes == 0 && ledger.records == 0 && ledger.confirmed_lsn == 100, "nothing is confirmed");
	unit_check(ledger.received_lsn == 100 && ledger.open_lsn == 0, "as before");

	unit_test("acknowledging all at once");
	open_batch(&ledger, 200, true, 3);
	relay_ledger_close(ledger.last);
	open_batch(&ledger, 300, true, 2);
	relay_ledger_acknowledge_all(&ledger);
	unit_check(ledger.confirmed_lsn == 200 && ledger.records == 0, "up to the one that is not closed");
	relay_ledger_close(ledger.last);
	unit_check(ledger.confirmed_lsn == 300, "then that one");
	relay_ledger_forget(&ledger);
}

/* One transaction of the model. */
typedef struct Model
{
	RelayBatch *batch;
	uint64_t lsn;
	bool ends;
	int pending;
	bool closed;
} Model;

#define MODELS 400

static void
random_run(void)
{
	RelayLedger ledger = {0};
	Model model[MODELS];
	int n = 0;
	int first = 0;
	uint64_t lsn = 1000;
	uint64_t expected = 1000;
	bool ends = true;

	relay_ledger_init(&ledger, 1000);
	while (first < MODELS)
	{
		/* the newest one is handed over before the next one comes */
		if (n < MODELS && unit_random() % 3 == 0)
		{
			Model *m = &model[n];

			if (n > 0 && !model[n - 1].closed)
			{
				model[n - 1].closed = true;
				relay_ledger_close(model[n - 1].batch);
			}
			if (ends)
				lsn += 1 + unit_random() % 100;
			ends = unit_random() % 3 != 0;
			m->lsn = lsn;
			m->ends = ends;
			m->pending = (int) (unit_random() % 5);
			m->closed = false;
			m->batch = open_batch(&ledger, lsn, ends, m->pending);
			n++;
		}
		else if (n > first)
		{
			Model *m = &model[first + (int) (unit_random() % (uint64_t) (n - first))];

			if (m->pending > 0)
			{
				m->pending--;
				relay_ledger_acknowledge(m->batch);
			}
			else if (!m->closed && unit_random() % 4 == 0)
			{
				m->closed = true;
				relay_ledger_close(m->batch);
			}
		}
		while (first < n && model[first].closed && model[first].pending == 0)
		{
			if (model[first].ends)
				expected = model[first].lsn;
			first++;
		}
		if (unit_random() % 10 == 0)
		{
			relay_ledger_keepalive(&ledger, expected);
			unit_check(ledger.confirmed_lsn == expected, "after a keepalive");
		}
		unit_check(ledger.confirmed_lsn == expected, "confirmed is %" PRIu64 ", not %" PRIu64, ledger.confirmed_lsn, expected);
		unit_check(ledger.bytes == (size_t) (n - first) * 100, "bytes in flight");
		unit_check(relay_ledger_empty(&ledger) == (n == first), "empty");
	}
	relay_ledger_forget(&ledger);
}

int
main(void)
{
	test_order();
	test_keepalives();
	test_forget();
	unit_test("random acknowledgements against a model");
	for (int i = 0; i < 100; i++)
		random_run();
	return unit_end();
}
