/*
 * state_test.c
 *		The state: its document, damage of every kind, ranges, the cluster, the
 *		file; and the marks of a snapshot's first and last rows.
 *
 * The random test of ranges compares with one bit for each block.
 */
#define _GNU_SOURCE 1
#include "relay/state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "frame.h"
#include "relay/log.h"
#include "relay/record.h"
#include "relay/snapshot.h"
#include "unit.h"

static RelayOptions options = {.slot = (char *) "orders", .sink = (char *) "file"};

/* A state as it is in the middle of a snapshot. */
static void
fill(RelayState *state)
{
	memset(state, 0, sizeof(*state));
	snprintf(state->system_id, sizeof(state->system_id), "7412345678901234567");
	state->timeline = 3;
	state->database = relay_strdup("sh\"op \303\274");
	state->slot = relay_strdup("orders");
	state->phase = RELAY_PHASE_SNAPSHOT;
	state->acked_lsn = UINT64_C(0x16B374D848);
	state->snapshot_lsn = UINT64_C(0x16B374D800);
	snprintf(state->snapshot_txid, sizeof(state->snapshot_txid), "%s", "4294967999");
	snprintf(state->snapshot_ts, sizeof(state->snapshot_ts), "2026-11-24 20:00:00.123456+00");
	snprintf(state->snapshot_xmin, sizeof(state->snapshot_xmin), "4294967990");
	relay_state_finish_range(state, 20000, 20001, (RelayRange){10, 20});
	relay_state_finish_range(state, 20000, 20001, (RelayRange){30, RELAY_STATE_NO_END});
	relay_state_finish_range(state, 16384, 16384, (RelayRange){0, RELAY_STATE_NO_END});
}

static void
test_document(void)
{
	RelayState state;
	RelayState back = {0};
	RelayBuf text = {0};
	RelayBuf again = {0};
	RelayError error = {0};

	fill(&state);
	relay_state_render(&state, &text);
	unit_test("the document and back");
	unit_check(relay_state_parse(&back, text.data, text.len, &error), "%s", error.message);
	unit_check(!back.changed && back.phase == RELAY_PHASE_SNAPSHOT && back.timeline == 3 && back.ntables == 2, "fields");
	unit_check(back.acked_lsn == state.acked_lsn && back.snapshot_lsn == state.snapshot_lsn, "positions");
	relay_state_render(&back, &again);
	unit_equal("document", again.data, again.len, text.data, text.len);

	unit_test("every byte that is changed is seen");
	for (size_t i = 0; i < text.len; i++)
	{
		char old = text.data[i];

		for (int bit = 0; bit < 8; bit++)
		{
			text.data[i] = (char) (old ^ (1 << bit));
			relay_error_clear(&error);
			/* blanks between members mean nothing */
			if (old != '\n' && relay_state_parse(&back, text.data, text.len, &error))
				unit_check(text.data[i] == ' ' || text.data[i] == '\t', "byte %d, bit %d: passed", (int) i, bit);
		}
		text.data[i] = old;
	}
	unit_test("every end that is missing is seen");
	for (size_t len = 0; len + 1 < text.len; len++)
	{
		relay_error_clear(&error);
		unit_check(!relay_state_parse(&back, text.data, len, &error) && error.set, "%d bytes passed", (int) len);
	}
	relay_buf_free(&text);
	relay_buf_free(&again);
	relay_state_close(&back);
	relay_state_close(&state);
}

/* A document with the right sum, whose inner one is given. */
static bool
parse_inner(const char *inner, const char *version, RelayError *error)
{
	RelayState other = {0};
	RelayBuf whole = {0};
	uint32_t crc = 0xffffffff;
	bool ok;

	for (const char *p = inner; *p; p++)
	{
		crc ^= (unsigned char) *p;
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
	}
	relay_buf_printf(&whole, "{\"version\":%s,\"checksum\":\"%08x\",\"state\":%s}", version, (unsigned) ~crc, inner);
	relay_error_clear(error);
	ok = relay_state_parse(&other, whole.data, whole.len, error);
	relay_buf_free(&whole);
	relay_state_close(&other);
	return ok;
}

static void
test_contents(void)
{
	static const char good[] = "{\"system_identifier\":\"7\",\"timeline\":1,\"database\":\"d\",\"slot\":\"s\",\"phase\":\"streaming\",\"acknowledged\":\"0/1\","
							   "\"snapshot\":{\"lsn\":\"0/0\",\"txid\":\"\",\"ts\":\"\",\"xmin\":\"\",\"tables\":[]}}";
	/* what is replaced, and by what */
	static const char *const bad[][2] = {
		{"\"7\"", "\"x\""},
		{"\"7\"", "\"\""},
		{"\"7\"", "7"},
		{"\"7\"", "\"77777777777777777777777777777777777777\""},
		{"\"timeline\":1", "\"timeline\":0"},
		{"\"timeline\":1", "\"timeline\":4294967296"},
		{"\"timeline\":1", "\"timeline\":1.5"},
		{"\"d\"", "null"},
		{"\"slot\":\"s\",", ""},
		{"streaming", "dreaming"},
		{"\"0/1\"", "\"1\""},
		{"\"0/1\"", "\"0/123456789\""},
		{"\"tables\":[]", "\"tables\":{}"},
		{"\"tables\":[]", "\"tables\":[[1,2]]"},
		{"\"tables\":[]", "\"tables\":[[1,2,[0]]]"},
		{"\"tables\":[]", "\"tables\":[[1,2,[5,5]]]"},
		{"\"tables\":[]", "\"tables\":[[1,2,[0,9],[5,12]]]"},
		{"\"tables\":[]", "\"tables\":[[1,2,[0,null],[5,12]]]"},
		{"\"tables\":[]", "\"tables\":[[1,-2,[0,9]]]"},
		{"\"tables\":[]", "\"tables\":[[2,2,[0,9]],[1,2,[0,9]]]"},
		{"\"xmin\":\"\"", "\"xmin\":\"-1\""},
	};
	RelayError error = {0};

	unit_test("contents");
	unit_check(parse_inner(good, "1", &error), "%s", error.message);
	unit_check(!parse_inner(good, "2", &error) && strstr(error.message, "version 2"), "a later version: %s", error.message);
	unit_check(!parse_inner(good, "\"1\"", &error), "a version that is no number");
	for (int i = 0; i < UNIT_LENGTH(bad); i++)
	{
		const char *at = strstr(good, bad[i][0]);
		RelayBuf text = {0};

		unit_test(bad[i][1]);
		relay_buf_printf(&text, "%.*s%s%s", (int) (at - good), good, bad[i][1], at + strlen(bad[i][0]));
		unit_check(!parse_inner(text.data, "1", &error), "passed");
		unit_check(error.set && !strstr(error.message, "checksum"), "for another reason: %s", error.message);
		relay_buf_free(&text);
	}
}

static void
test_ranges(void)
{
	unit_test("ranges: as a bit for each block has it");
	for (int round = 0; round < 200; round++)
	{
		RelayState state = {0};
		bool done[100] = {false};
		const RelayStateTable *table;
		int parts = 0;

		for (int i = 0; i < 30; i++)
		{
			uint32_t from = (uint32_t) (unit_random() % 100);
			uint32_t to = from + (uint32_t) (unit_random() % 12);

			if (to > 100)
				to = 100;
			relay_state_finish_range(&state, 5, 6, (RelayRange){from, to});
			for (uint32_t block = from; block < to; block++)
				done[block] = true;
		}
		table = relay_state_table(&state, 5, 6);
		for (int block = 0; block < 100; block++)
		{
			bool in = false;

			for (int i = 0; i < table->n; i++)
				in = in || ((uint32_t) block >= table->range[i].from && (uint32_t) block < table->range[i].to);
			unit_check(in == done[block], "round %d, block %d", round, block);
			parts += done[block] && (block == 0 || !done[block - 1]);
		}
		unit_check(table->n == parts, "round %d: %d ranges, not %d", round, table->n, parts);
		relay_state_close(&state);
	}
	{
		RelayState state = {0};

		unit_test("ranges: of another file");
		relay_state_finish_range(&state, 5, 6, (RelayRange){0, 10});
		unit_check(relay_state_table(&state, 5, 7) == NULL && relay_state_table(&state, 4, 6) == NULL, "are not there");
		relay_state_finish_range(&state, 5, 7, (RelayRange){20, 30});
		unit_check(relay_state_table(&state, 5, 6) == NULL && relay_state_table(&state, 5, 7)->n == 1, "replace those of the former one");
		for (uint32_t oid = 1000; oid > 0; oid--)
			relay_state_finish_range(&state, oid * 7919 % 1009, oid, (RelayRange){oid, oid + 1});
		for (int i = 1; i < state.ntables; i++)
			unit_check(state.table[i - 1].oid < state.table[i].oid, "order");
		relay_state_close(&state);
	}
}

static void
test_cluster(void)
{
	RelayState state;
	bool moved;

	unit_test("the cluster");
	fill(&state);
	state.found = true;
	state.store = relay_state_file("state_test.state", &state.error);
	unit_check(relay_state_check_cluster(&state, &options, "7412345678901234567", 3, "sh\"op \303\274", &moved) && !moved, "the same");
	unit_check(!relay_state_check_cluster(&state, &options, "7412345678901234567", 3, "other", &moved), "another database");
	relay_error_clear(&state.error);
	unit_check(!relay_state_check_cluster(&state, &options, "7412345678901234567", 4, "sh\"op \303\274", &moved), "another timeline");
	unit_check(strstr(state.error.hint, "--accept-cluster 7412345678901234567/4") != NULL, "says what to do: %s", state.error.hint);
	relay_error_clear(&state.error);
	unit_check(!relay_state_check_cluster(&state, &options, "1", 3, "sh\"op \303\274", &moved), "another cluster");
	relay_error_clear(&state.error);
	options.accept_cluster = (char *) "1/5";
	unit_check(!relay_state_check_cluster(&state, &options, "1", 3, "sh\"op \303\274", &moved), "acceptance names one timeline");
	relay_error_clear(&state.error);
	unit_check(relay_state_check_cluster(&state, &options, "1", 5, "sh\"op \303\274", &moved) && moved, "accepted");
	unit_check(relay_state_check_cluster(&state, &options, "1", 5, "sh\"op \303\274", &moved) && !moved, "from then on it is the same");
	options.accept_cluster = NULL;
	relay_state_close(&state);
}

static void
test_file(void)
{
	RelayState state;
	RelayState back = {0};
	RelayError error = {0};
	struct stat status;
	char *text;
	size_t len;

	options.state = (char *) "state_test.state";
	unlink("state_test.state");
	unit_test("the file");
	unit_check(relay_state_open(&back, &options, &error) && relay_state_load(&back, &options) && !back.found, "none yet: %s", error.message);
	fill(&state);
	state.store = back.store;
	state.loaded = state.changed = true;
	unit_check(relay_state_confirmable(&state, state.acked_lsn) == 0, "nothing may be confirmed");
	unit_check(relay_state_save_now(&state, INT64_MAX), "%s", state.error.message);
	unit_check(relay_state_confirmable(&state, state.acked_lsn + 5) == state.acked_lsn, "what is written may be");
	unit_check(stat("state_test.state.new", &status) != 0 && errno == ENOENT, "nothing is left beside it");
	state.store = NULL;
	back.loaded = false;
	unit_check(relay_state_load(&back, &options) && back.found && back.acked_lsn == state.acked_lsn, "and is read: %s", back.error.message);
	relay_state_acknowledge(&back, 1);
	unit_check(back.acked_lsn == state.acked_lsn && !back.changed, "positions never go back");
	relay_state_close(&state);

	unit_test("the file: damaged, of another slot, not a file");
	text = relay_read_file("state_test.state", &len);
	text[len / 2] ^= 1;
	{
		FILE *file = fopen("state_test.state", "w");

		fwrite(text, 1, len, file);
		fclose(file);
		free(text);
	}
	back.loaded = back.found = false;
	unit_check(!relay_state_load(&back, &options) && strstr(back.error.hint, "no_data") && strstr(back.error.hint, "always"), "both ways out: %s", back.error.hint);
	relay_state_close(&back);
	options.state = (char *) "/dev/null";
	unit_check(!relay_state_open(&back, &options, &error) && error.code == RELAY_EXIT_USAGE, "a device: %s", error.message);
	relay_error_clear(&error);
	options.state = (char *) "/nonexistent/state";
	unit_check(!relay_state_open(&back, &options, &error), "a folder that is not there");
	relay_error_clear(&error);
	options.state = (char *) "kafka:topic";
	unit_check(!relay_state_open(&back, &options, &error) && strstr(error.message, "--sink kafka"), "Kafka without the sink");
	relay_error_clear(&error);
	options.state = NULL;
	unit_check(relay_state_open(&back, &options, &error) && !back.store, "none");
	unit_check(relay_state_confirmable(&back, 77) == 77 && relay_state_save_now(&back, 0), "holds nothing back");
	unlink("state_test.state");
}

/* A frame with one record. */
static RelayRow
make_row(const char *value, size_t after_at, size_t after_len)
{
	size_t len = CDC_FRAME_MESSAGE_HEADER + CDC_FRAME_RECORD_HEADER + 1 + strlen(value);
	char *data = relay_alloc(len);
	char *r = data + CDC_FRAME_MESSAGE_HEADER;
	RelayRow row = {.data = data, .release = free, .frame = data, .frame_len = len};

	data[0] = CDC_FRAME_MAGIC;
	data[1] = CDC_FRAME_VERSION;
	cdc_put_u32(data + 4, 1);
	cdc_put_u32(r, (uint32_t) (len - CDC_FRAME_MESSAGE_HEADER - 4));
	r[CDC_FRAME_AT_KIND] = 'r';
	r[CDC_FRAME_AT_FLAGS] = CDC_FRAME_HAS_VALUE;
	cdc_put_u32(r + CDC_FRAME_AT_TOPIC_LEN, 1);
	cdc_put_u32(r + CDC_FRAME_AT_VALUE_LEN, (uint32_t) strlen(value));
	cdc_put_u32(r + CDC_FRAME_AT_AFTER, (uint32_t) after_at);
	cdc_put_u32(r + CDC_FRAME_AT_AFTER + 4, (uint32_t) after_len);
	r[CDC_FRAME_RECORD_HEADER] = 't';
	memcpy(r + CDC_FRAME_RECORD_HEADER + 1, value, strlen(value));
	return row;
}

static void
test_marks(void)
{
	static const char *const marks[] = {"first", "last", "last_in_data_collection", "first_in_data_collection"};
	/* a column that looks like the member */
	static const char value[] = "{\"after\":{\"x\":1,\"snapshot\":\"true\"},\"source\":{\"ts\":1,\"snapshot\":\"true\",\"db\":\"d\"}}";

	unit_test("marks");
	for (int i = 0; i < UNIT_LENGTH(marks); i++)
	{
		RelayRow row = make_row(value, 9, 25);
		RelayFrame frame;
		RelayRecord record;
		char expected[200];

		unit_check(relay_mark(&row, marks[i]), "is put in");
		snprintf(expected, sizeof(expected), "{\"after\":{\"x\":1,\"snapshot\":\"true\"},\"source\":{\"ts\":1,\"snapshot\":\"%s\",\"db\":\"d\"}}", marks[i]);
		unit_check(relay_frame_open(&frame, row.frame, row.frame_len) && relay_frame_next(&frame, &record) && !relay_frame_next(&frame, &record) && !frame.error,
				   "the frame is still one");
		unit_equal("value", record.value.data, record.value.len, expected, strlen(expected));
		row.release(row.data);
	}
	for (int i = 0; i < 3; i++)
	{
		/* no row in it; in Avro; an event of an outbox */
		static const char *const texts[] = {"{\"after\":{\"x\":1},\"snapshot\":\"true\"}", "?\"after\":{\"x\":1},\"snapshot\":\"true\"}",
											"{\"after\":{\"x\":1},\"snapshot\":\"true\"}"};
		RelayRow row = make_row(texts[i], 9, i == 0 ? 0 : 7);

		if (i == 2)
			row.data[CDC_FRAME_MESSAGE_HEADER + CDC_FRAME_AT_KIND] = CDC_FRAME_ROUTED;
		unit_check(!relay_mark(&row, "last"), "case %d: a value of another form stays as it is", i);
		row.release(row.data);
	}
	{
		RelayRow row = make_row("{\"x\":1,\"snapshot\":\"true\"}", 0, 25);

		unit_check(!relay_mark(&row, "last") && row.release == free, "a value without a source stays as it is");
		row.release(row.data);
	}
}

int
main(void)
{
	char folder[] = "/tmp/cdc_json_state.XXXXXX";

	relay_log_setup(RELAY_LOG_TEXT, RELAY_ERROR);
	if (!mkdtemp(folder) || chdir(folder) != 0)
		return 1;
	test_document();
	test_contents();
	test_ranges();
	test_cluster();
	test_file();
	test_marks();
	if (chdir("/") != 0 || rmdir(folder) != 0)
		return 1;
	return unit_end();
}
