/*
 * options_test.c
 *		Command line and configuration file, and the texts of values.
 */
#include "relay/options.h"

#include <string.h>
#include <unistd.h>

#include "unit.h"

static RelayOptions options;
static RelayError error;

/* Parses a command line, whose words blanks separate. */
static RelayAction
parse(const char *line)
{
	char copy[1000];
	char *argv[50] = {(char *) "cdc_json_relay"};
	int argc = 1;

	relay_options_free(&options);
	relay_error_clear(&error);
	snprintf(copy, sizeof(copy), "%s", line);
	for (char *word = strtok(copy, " "); word; word = strtok(NULL, " "))
		argv[argc++] = word;
	return relay_options_parse(&options, argc, argv, &error);
}

static void
refused(const char *line, const char *message)
{
	unit_test(line);
	unit_check(parse(line) == RELAY_INVALID && error.code == RELAY_EXIT_USAGE, "is refused");
	unit_check(strstr(error.message, message) != NULL, "says \"%s\", not \"%s\"", error.message, message);
}

static void
test_command_line(void)
{
	unit_test("defaults");
	unit_check(parse("--slot s") == RELAY_RUN, "%s", error.message);
	unit_check(strcmp(options.slot, "s") == 0 && strcmp(options.sink, "stdout") == 0 && !options.dsn && !options.endpos, "texts");
	unit_check(options.max_inflight_bytes == 64 << 20 && options.status_us == 1000000 && !options.create_slot, "numbers");

	unit_test("all kinds of options");
	unit_check(parse("--slot=s --dsn dbname=x --create-slot --temporary --option topic.prefix=app --option a=b=c --sink file "
					 "--set path=/x --set empty= --max-inflight-bytes 2GB --endpos 16/B374D848 --status-interval 0.5 --log-format json") == RELAY_RUN,
			   "%s", error.message);
	unit_check(strcmp(options.dsn, "dbname=x") == 0 && options.create_slot && options.temporary, "flags");
	unit_check(strcmp(relay_setting(&options.plugin, "a"), "b=c") == 0 && strcmp(relay_setting(&options.plugin, "topic.prefix"), "app") == 0, "settings");
	unit_check(strcmp(relay_setting(&options.sink_set, "empty"), "") == 0 && !relay_setting(&options.sink_set, "none"), "an empty one");
	unit_check(options.max_inflight_bytes == INT64_C(2) << 30 && options.status_us == 500000 && options.log_format == RELAY_LOG_JSON, "values");

	unit_test("snapshot and state");
	unit_check(parse("--slot s") == RELAY_RUN && options.snapshot == RELAY_SNAPSHOT_INITIAL && options.snapshot_jobs == 1 && !options.state, "defaults");
	unit_check(parse("--slot s --snapshot when_needed --snapshot-jobs 8 --snapshot-chunk-rows 500 --state /x --accept-cluster 7/2") == RELAY_RUN, "%s", error.message);
	unit_check(options.snapshot == RELAY_SNAPSHOT_WHEN_NEEDED && options.snapshot_jobs == 8 && options.snapshot_chunk_rows == 500, "values");
	unit_check(strcmp(options.state, "/x") == 0 && strcmp(options.accept_cluster, "7/2") == 0, "texts");

	unit_test("help and version win");
	unit_check(parse("--bogus --help") == RELAY_HELP && parse("--version --slot") == RELAY_VERSION, "without other checks");

	refused("", "no slot");
	refused("--slot", "needs a value");
	refused("--slot UPPER", "invalid name of a slot");
	refused("--slot s;drop", "invalid name of a slot");
	refused("--slot s --bogus", "unrecognized option: \"--bogus\"");
	refused("--slot s positional", "unexpected argument");
	refused("--slot s --slot t", "specified more than once");
	refused("--slot s --option x", "NAME=VALUE");
	refused("--slot s --option =x", "NAME=VALUE");
	refused("--slot s --option x=1 --option x=2", "more than once for \"x\"");
	refused("--slot s --option format=record", "\"format\"");
	refused("--slot s --temporary", "needs --create-slot");
	refused("--slot s --failover", "needs --create-slot");
	refused("--slot s --create-slot --temporary --failover", "cannot fail over");
	refused("--slot s --create-slot=perhaps", "invalid value");
	refused("--slot s --endpos 1234", "invalid value");
	refused("--slot s --max-inflight-bytes 10", "at least 1MB");
	refused("--slot s --max-inflight-bytes many", "invalid value");
	refused("--slot s --status-interval -1", "invalid value");
	refused("--slot s --status-interval 0", "at least");
	refused("--slot s --snapshot never", "invalid value");
	refused("--slot s --snapshot-jobs 0", "invalid value");
	refused("--slot s --snapshot-jobs 65", "at most 64");
	refused("--slot s --snapshot-jobs -1", "invalid value");
	refused("--slot s --snapshot-chunk-rows many", "invalid value");
	refused("--slot s --snapshot initial_only --create-slot", "no use for --create-slot");
	refused("--slot s --log-format xml", "invalid value");
	refused("--slot s --log-level loud", "invalid value");
	refused("--slot s --config /nonexistent", "could not read file");
	refused("--slot s --config a --config b", "more than once");
}

static char path[] = "/tmp/relay_options_XXXXXX";

static void
write_file(const char *text)
{
	FILE *file = fopen(path, "w");

	if (!file)
		abort();
	fputs(text, file);
	fclose(file);
}

static void
refused_file(const char *text, const char *message)
{
	char line[100];

	write_file(text);
	snprintf(line, sizeof(line), "--config %s", path);
	refused(line, message);
}

static void
test_file(void)
{
	char line[200];

	close(mkstemp(path));
	write_file("# comment\n\n slot = from_file \ncreate-slot = yes\nmax-inflight-bytes=1MB\noption.topic.prefix = app\n"
			   "option.message.key.columns = a:b = c\nset.path = /x\r\nsink = file");
	unit_test("a file");
	snprintf(line, sizeof(line), "--config %s", path);
	unit_check(parse(line) == RELAY_RUN, "%s", error.message);
	unit_check(strcmp(options.slot, "from_file") == 0 && options.create_slot && options.max_inflight_bytes == 1 << 20, "values");
	unit_check(strcmp(relay_setting(&options.plugin, "message.key.columns"), "a:b = c") == 0, "an equal sign within a value");
	unit_check(strcmp(relay_setting(&options.sink_set, "path"), "/x") == 0 && strcmp(options.sink, "file") == 0, "blanks, CR, no last newline");

	unit_test("the command line overrules the file, wherever it names it");
	snprintf(line, sizeof(line), "--slot other --create-slot=off --option topic.prefix=other --config %s --set new=1", path);
	unit_check(parse(line) == RELAY_RUN, "%s", error.message);
	unit_check(strcmp(options.slot, "other") == 0 && !options.create_slot, "values");
	unit_check(strcmp(relay_setting(&options.plugin, "topic.prefix"), "other") == 0 && options.plugin.n == 2 && options.sink_set.n == 2, "settings");

	refused_file("slot = s\nnonsense\n", ":2: a line must be");
	refused_file("slot = s\nslot = t\n", ":2: \"slot\" specified more than once");
	refused_file("option.a = 1\noption.a = 2\n", ":2: \"option.a\" specified more than once");
	refused_file("slot = s\nbogus = 1\n", "unrecognized option: \"bogus\"");
	refused_file("slot = s\noption = a=b\n", "unrecognized option: \"option\"");
	refused_file("slot = s\nslot.x = a\n", "unrecognized option: \"slot.x\"");
	refused_file("slot = s\noption. = a\n", "unrecognized option");
	refused_file("slot = s\nconfig = x\n", "unrecognized option: \"config\"");
	refused_file("slot = s\nstatus-interval = x\n", ":2: invalid value");
	unlink(path);
}

static void
test_values(void)
{
	int64_t number;
	bool flag;
	uint64_t lsn;
	char text[RELAY_LSN_TEXT];

	unit_test("sizes");
	unit_check(relay_parse_bytes("0", &number) && number == 0, "0");
	unit_check(relay_parse_bytes("7B", &number) && number == 7, "B");
	unit_check(relay_parse_bytes("3kB", &number) && number == 3072, "kB");
	unit_check(relay_parse_bytes("3gb", &number) && number == INT64_C(3) << 30, "gb");
	unit_check(!relay_parse_bytes("", &number) && !relay_parse_bytes("x", &number) && !relay_parse_bytes("1 MB", &number) &&
				   !relay_parse_bytes(" 1", &number) && !relay_parse_bytes("-1", &number) && !relay_parse_bytes("1.5MB", &number) &&
				   !relay_parse_bytes("99999999999999999999", &number) && !relay_parse_bytes("9999999999TB", &number),
			   "invalid ones");

	unit_test("seconds");
	unit_check(relay_parse_seconds("10", &number) && number == 10000000, "10");
	unit_check(relay_parse_seconds("0.25", &number) && number == 250000, "0.25");
	unit_check(!relay_parse_seconds("", &number) && !relay_parse_seconds("1s", &number) && !relay_parse_seconds("nan", &number) &&
				   !relay_parse_seconds("0x10", &number) && !relay_parse_seconds("1.2.3", &number) && !relay_parse_seconds("99999999999", &number),
			   "invalid ones");

	unit_test("booleans");
	unit_check(relay_parse_bool("TRUE", &flag) && flag && relay_parse_bool("off", &flag) && !flag && !relay_parse_bool("", &flag), "words");

	unit_test("LSNs");
	unit_check(relay_parse_lsn("16/B374D848", &lsn) && lsn == UINT64_C(0x16B374D848), "16/B374D848");
	relay_lsn_text(lsn, text);
	unit_equal("text", text, strlen(text), "16/B374D848", 11);
	unit_check(relay_parse_lsn("FFFFFFFF/FFFFFFFF", &lsn) && lsn == UINT64_MAX, "the largest");
	relay_lsn_text(lsn, text);
	unit_equal("text", text, strlen(text), "FFFFFFFF/FFFFFFFF", 17);
	unit_check(!relay_parse_lsn("", &lsn) && !relay_parse_lsn("/", &lsn) && !relay_parse_lsn("1/", &lsn) && !relay_parse_lsn("/1", &lsn) &&
				   !relay_parse_lsn("1/1 ", &lsn) && !relay_parse_lsn("100000000/0", &lsn) && !relay_parse_lsn("0x1/1", &lsn) && !relay_parse_lsn("-1/1", &lsn),
			   "invalid ones");
}

int
main(void)
{
	relay_log_setup(RELAY_LOG_TEXT, RELAY_ERROR);
	test_command_line();
	test_file();
	test_values();
	relay_options_free(&options);
	return unit_end();
}
