/*
 * slot.c
 *		The slot: looking for it, creating it, dropping it; see source.h.
 *
 * Without a state, nothing but the slot itself tells at the next start that
 * the snapshot was finished.  So while it is being read, a temporary slot
 * stands in, which ends with the program; the slot is copied from it at the
 * end, and has its position.
 */
#include "relay/source.h"

#include <libpq-fe.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "relay/log.h"

static void
hint_lost(RelaySource *source)
{
	relay_hint(&source->error,
			   "Changes since its position are gone from the log. Start with --snapshot when_needed or always and --create-slot: the slot is made anew, and "
			   "all tables are read again. To prevent it: max_slot_wal_keep_size (and idle_replication_slot_timeout on 18) must cover the longest pause.");
}

bool
relay_slot_lost(RelaySource *source)
{
	relay_fail(&source->error, RELAY_EXIT_SOURCE, "slot \"%s\" was invalidated: %s", source->options->slot, source->lost_reason);
	hint_lost(source);
	return false;
}

bool
relay_slot_missing(RelaySource *source)
{
	relay_fail(&source->error, RELAY_EXIT_SOURCE, "replication slot \"%s\" does not exist%s", source->options->slot,
			   source->slot_seen ? " any more" : "");
	if (source->slot_seen)
		relay_hint(&source->error, "Changes since it vanished are lost: it is never created again by itself. Start with --snapshot when_needed or always and "
								   "--create-slot: it is made anew, and all tables are read again.");
	else
		relay_hint(&source->error, "--create-slot creates it.");
	return false;
}

/* The slot's row: is it ours, and does it still have what it has not sent? */
static RelaySlotStatus
check_slot(RelaySource *source, const PGresult *result)
{
	const char *slot = source->options->slot;
	const char *plugin = PQgetvalue(result, 0, 0);
	const char *database = PQgetvalue(result, 0, 1);
	const char *wal_status = PQgetvalue(result, 0, 3);
	const char *reason = PQgetvalue(result, 0, 4);

	if (strcmp(plugin, "cdc_json") != 0)
		relay_fail(&source->error, RELAY_EXIT_SOURCE, "slot \"%s\" is of plugin \"%s\", not \"cdc_json\"", slot, plugin);
	else if (strcmp(database, source->database) != 0)
		relay_fail(&source->error, RELAY_EXIT_SOURCE, "slot \"%s\" is of database \"%s\", not \"%s\"", slot, database, source->database);
	else if (strcmp(wal_status, "lost") == 0 || reason[0] != '\0')
	{
		snprintf(source->lost_reason, sizeof(source->lost_reason), "%s", reason[0] != '\0' ? reason : "required log was removed");
		return RELAY_SLOT_LOST;
	}
	else if (!relay_parse_lsn(PQgetvalue(result, 0, 2), &source->slot_lsn))
		relay_fail_retry(&source->error, RELAY_EXIT_SOURCE, "slot \"%s\" is not ready yet", slot);
	else
	{
		source->slot_seen = true;
		return RELAY_SLOT_FIT;
	}
	return RELAY_SLOT_UNFIT;
}

RelaySlotStatus
relay_slot_look(RelaySource *source)
{
	RelayBuf query = {0};
	RelaySlotStatus status = RELAY_SLOT_UNFIT;
	PGresult *result;

	/* the reason has a column of its own since 17 */
	relay_buf_printf(&query,
					 "SELECT coalesce(plugin, ''), coalesce(database, ''), confirmed_flush_lsn, coalesce(wal_status, ''), "
					 "coalesce(pg_catalog.to_jsonb(s) OPERATOR(pg_catalog.->>) 'invalidation_reason', '') "
					 "FROM pg_catalog.pg_replication_slots s WHERE slot_name = '%s'",
					 source->options->slot);
	result = relay_source_run(source, "could not look up the slot", relay_buf_cstring(&query));
	relay_buf_free(&query);
	if (result)
		status = PQntuples(result) > 0 ? check_slot(source, result) : RELAY_SLOT_MISSING;
	PQclear(result);
	return status;
}

bool
relay_slot_create(RelaySource *source, RelaySlotKind kind)
{
	const RelayOptions *options = source->options;
	const char *name = options->slot;
	bool temporary = options->temporary || kind == RELAY_SLOT_STAND_IN;
	bool failover = options->failover && !temporary;
	RelayBuf command = {0};
	PGresult *result;
	bool ok;

	if (options->failover && source->version < 170000)
		return relay_fail(&source->error, RELAY_EXIT_USAGE, "--failover needs PostgreSQL 17 or later");
	source->stand_in[0] = '\0';
	if (kind == RELAY_SLOT_STAND_IN)
	{
		/* the pid tells apart those that start at the same time */
		snprintf(source->stand_in, sizeof(source->stand_in), "cdc_json_relay_%d_%d", PQbackendPID(source->conn), (int) getpid());
		name = source->stand_in;
	}
	/* its name has no characters that would need more than quotes */
	relay_buf_printf(&command, "CREATE_REPLICATION_SLOT \"%s\"%s LOGICAL \"cdc_json\" (SNAPSHOT '%s'%s)", name, temporary ? " TEMPORARY" : "",
					 kind == RELAY_SLOT_PLAIN ? "nothing" : "export", failover ? ", FAILOVER true" : "");
	result = relay_source_run(source, "could not create the slot", relay_buf_cstring(&command));
	relay_buf_free(&command);
	if (!result)
		return false;
	ok = PQnfields(result) >= 3 && relay_parse_lsn(PQgetvalue(result, 0, 1), &source->slot_lsn);
	snprintf(source->snapshot, sizeof(source->snapshot), "%s", ok ? PQgetvalue(result, 0, 2) : "");
	PQclear(result);
	if (!ok)
		return relay_fail(&source->error, RELAY_EXIT_INTERNAL, "the server did not tell the position of the new slot");
	/* a temporary one ends with each connection, and is never the same again */
	source->slot_seen = kind != RELAY_SLOT_STAND_IN;
	if (kind != RELAY_SLOT_STAND_IN)
		relay_log(RELAY_INFO, "created slot \"%s\"", name);
	return true;
}

bool
relay_slot_settle(RelaySource *source)
{
	const RelayOptions *options = source->options;
	RelayBuf command = {0};
	PGresult *result;

	relay_buf_printf(&command, "SELECT pg_catalog.pg_copy_logical_replication_slot('%s', '%s', false)", source->stand_in, options->slot);
	result = relay_source_run(source, "could not create the slot", relay_buf_cstring(&command));
	PQclear(result);
	command.len = 0;
	/* a copy is never a failover slot */
	relay_buf_printf(&command, "ALTER_REPLICATION_SLOT \"%s\" (FAILOVER true)", options->slot);
	if (result && options->failover)
	{
		result = relay_source_run(source, "could not make the slot a failover slot", relay_buf_cstring(&command));
		PQclear(result);
	}
	relay_buf_free(&command);
	if (!result)
		return false;
	source->slot_seen = true;
	source->stand_in[0] = '\0';
	relay_log(RELAY_INFO, "created slot \"%s\"", options->slot);
	return true;
}

bool
relay_slot_drop(RelaySource *source)
{
	RelayBuf command = {0};
	PGresult *result;

	relay_buf_printf(&command, "DROP_REPLICATION_SLOT \"%s\"", source->options->slot);
	result = relay_source_run(source, "could not drop the lost slot", relay_buf_cstring(&command));
	relay_buf_free(&command);
	PQclear(result);
	return result != NULL;
}
