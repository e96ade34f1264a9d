/*
 * options.h
 *		Command line and configuration file.
 */
#ifndef RELAY_OPTIONS_H
#define RELAY_OPTIONS_H

#include "relay/common.h"
#include "relay/log.h"

typedef struct RelaySetting
{
	char *name;
	char *value;
	bool from_file; /* not from the command line, which overrules it */
} RelaySetting;

/* Names with values, each name once. */
typedef struct RelaySettings
{
	RelaySetting *item;
	int n;
} RelaySettings;

/* Debezium's snapshot.mode */
typedef enum RelaySnapshotMode
{
	RELAY_SNAPSHOT_INITIAL,
	RELAY_SNAPSHOT_ALWAYS,
	RELAY_SNAPSHOT_INITIAL_ONLY,
	RELAY_SNAPSHOT_NO_DATA,
	RELAY_SNAPSHOT_WHEN_NEEDED
} RelaySnapshotMode;

#define RELAY_MAX_SNAPSHOT_JOBS 64

typedef struct RelayOptions
{
	/* where to read */
	char *dsn;
	char *slot;
	bool create_slot;
	bool temporary;
	bool failover;
	char *work_mem; /* logical_decoding_work_mem of our connection */
	RelaySettings plugin; /* --option */

	/* rows that are there already */
	RelaySnapshotMode snapshot;
	int64_t snapshot_jobs; /* sessions that read */
	int64_t snapshot_chunk_rows; /* rows that are read at once, about */

	/* where to write */
	char *sink;
	RelaySettings sink_set; /* --set */
	int64_t max_inflight_bytes;
	bool dedupe;

	/* what is remembered */
	char *state; /* a file or "kafka:TOPIC", or NULL for the sink's default */
	char *accept_cluster; /* "SYSTEM_IDENTIFIER/TIMELINE" that may answer in place of the state's, or NULL */

	/* how far, and how */
	char *endpos; /* "current" or an LSN, or NULL */
	int64_t status_us; /* between confirmations, at most */
	int64_t retry_us; /* longest pause between attempts to connect */
	int64_t shutdown_us; /* for draining after a signal */

	int64_t heartbeat_us; /* 0: none */
	char *metrics; /* HOST:PORT, or NULL */
	bool check;
	RelayLogFormat log_format;
	RelayLogLevel log_level;
} RelayOptions;

typedef enum RelayAction
{
	RELAY_RUN,
	RELAY_HELP,
	RELAY_VERSION,
	RELAY_INVALID /* the error says why */
} RelayAction;

/* Reads the command line, and the file that it names. */
extern RelayAction relay_options_parse(RelayOptions *options, int argc, char **argv, RelayError *error);
/* Prints the options, in groups. */
extern void relay_options_help(void);
extern void relay_options_free(RelayOptions *options);

/* The value of a setting, or NULL. */
extern const char *relay_setting(const RelaySettings *settings, const char *name);
/* Adds a setting; false if the name is there already. */
extern bool relay_setting_add(RelaySettings *settings, const char *name, const char *value);

extern void relay_settings_free(RelaySettings *settings);

/* Texts of values: "256MB", "1.5" seconds, "true". */
extern bool relay_parse_bytes(const char *text, int64_t *bytes);
extern bool relay_parse_seconds(const char *text, int64_t *us);
extern bool relay_parse_bool(const char *text, bool *value);

#endif /* RELAY_OPTIONS_H */
