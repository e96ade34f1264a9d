/*
 * main.c
 *		cdc_json_relay: moves what the plugin makes of a slot's changes to a sink.
 *
 * Only this file ends the program.
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <fcntl.h>
#include <libpq-fe.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#ifdef RELAY_WITH_KAFKA
#include <librdkafka/rdkafka.h>
#endif

#include "relay/log.h"
#include "relay/relay.h"

static int wake_pipe[2] = {-1, -1};

/* SIGTERM, SIGINT: only notes it, and wakes poll(). */
static void
on_stop(int number)
{
	int saved = errno;

	(void) number;
	relay_stop_signals++;
	(void) !write(wake_pipe[1], "", 1);
	errno = saved;
}

static bool
set_up_signals(RelayError *error)
{
	struct sigaction action;

	if (pipe2(wake_pipe, O_CLOEXEC | O_NONBLOCK) != 0)
		return relay_fail(error, RELAY_EXIT_INTERNAL, "could not create a pipe: %s", strerror(errno));
	memset(&action, 0, sizeof(action));
	sigemptyset(&action.sa_mask);
	action.sa_handler = on_stop;
	if (sigaction(SIGTERM, &action, NULL) != 0 || sigaction(SIGINT, &action, NULL) != 0)
		return relay_fail(error, RELAY_EXIT_INTERNAL, "could not handle signals: %s", strerror(errno));
	action.sa_handler = SIG_IGN;
	sigaction(SIGPIPE, &action, NULL);
	return true;
}

/* Core files would hold rows. */
static void
no_core_files(void)
{
	struct rlimit none = {0, 0};

	setrlimit(RLIMIT_CORE, &none);
}

static void
print_help(void)
{
	printf("cdc_json_relay moves what the plugin cdc_json makes of a slot's changes to a sink.\n\n");
	relay_options_help();
	printf("\nSinks and their properties (--set NAME=VALUE):\n");
	relay_sinks_help();
	printf("\nExit status: 0 done, 1 internal error, 2 wrong options, 3 server or slot need an operator,\n"
		   "4 the sink refused a record, 5 stopped with records in flight, 6 --check found something.\n");
}

static void
print_version(void)
{
	int libpq = PQlibVersion();

	printf("cdc_json_relay %s (libpq %d.%d", CDC_JSON_VERSION, libpq / 10000, libpq % 10000);
#ifdef RELAY_WITH_KAFKA
	printf(", librdkafka %s", rd_kafka_version_str());
#else
	printf(", without Kafka");
#endif
	printf(")\n");
}

static RelayExit
run(const RelayOptions *options, RelayError *error)
{
	Relay *relay;
	RelayExit status;

	if (!set_up_signals(error))
		return error->code;
	relay = relay_alloc(sizeof(*relay));
	if (relay_open(relay, options, wake_pipe[0]))
		status = options->check ? relay_check(relay) : relay_run(relay);
	else
	{
		*error = relay->error;
		status = error->code;
	}
	relay_close(relay);
	free(relay);
	return status;
}

int
main(int argc, char **argv)
{
	RelayOptions options;
	RelayError error = {0};
	RelayExit status = RELAY_EXIT_DONE;

	switch (relay_options_parse(&options, argc, argv, &error))
	{
		case RELAY_HELP:
			print_help();
			break;
		case RELAY_VERSION:
			print_version();
			break;
		case RELAY_RUN:
			no_core_files();
			relay_log_setup(options.log_format, options.log_level);
			status = run(&options, &error);
			break;
		case RELAY_INVALID:
			break;
	}
	relay_options_free(&options);
	if (error.set)
	{
		relay_log_error(RELAY_ERROR, &error);
		if (error.code == RELAY_EXIT_USAGE)
			fprintf(stderr, "Try \"cdc_json_relay --help\".\n");
		status = error.code;
	}
	return status;
}
