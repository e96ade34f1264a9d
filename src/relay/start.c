/*
 * start.c
 *		What to do at the start; see start.h.
 *
 *	--snapshot    no state yet                    state, and the slot fits it    slot gone, lost or ahead
 *	initial       snapshot, if the slot is new    unfinished snapshot, stream    error
 *	always        snapshot                        snapshot                       snapshot, new slot
 *	when_needed   snapshot                        unfinished snapshot, stream    snapshot, new slot
 *	no_data       stream                          stream                         error
 *	initial_only  snapshot, no slot               nothing                        (has no slot)
 *
 * Debezium's snapshot.mode means the same; what it would guess (that a slot
 * without offsets begins where its snapshot is) is an error here.  Where no
 * state is kept, a slot that is there has had its snapshot: see slot.c.
 */
#include "relay/start.h"

#include <inttypes.h>
#include <string.h>

#include "relay/log.h"

static bool
state_error(Relay *relay)
{
	relay->source.error = relay->state.error;
	relay_error_clear(&relay->state.error);
	return false;
}

static bool
save_state(Relay *relay)
{
	return relay_state_save_now(&relay->state, INT64_MAX) || state_error(relay);
}

/* ------------------------------------------------------------------------
 * What can be decided
 * ------------------------------------------------------------------------
 */

/* Streams from a position. */
static bool
stream_from(Relay *relay, uint64_t lsn)
{
	RelayState *state = &relay->state;

	relay_state_forget_snapshot(state);
	state->phase = RELAY_PHASE_STREAMING;
	state->acked_lsn = lsn;
	relay_ledger_init(&relay->ledger, lsn);
	relay->started = true;
	return save_state(relay);
}

/* Streams from a new slot on, without what is there already. */
static bool
stream_new_slot(Relay *relay)
{
	if (!relay->options->create_slot)
		return relay_slot_missing(&relay->source);
	relay_state_forget_snapshot(&relay->state);
	relay->state.phase = RELAY_PHASE_CREATING;
	return save_state(relay) && relay_slot_create(&relay->source, RELAY_SLOT_PLAIN) && stream_from(relay, relay->source.slot_lsn);
}

/* A snapshot from the beginning, with the slot that is there or a new one. */
static bool
new_snapshot(Relay *relay, RelaySlotStatus status)
{
	RelaySource *source = &relay->source;
	RelayState *state = &relay->state;
	RelaySnapshot *snapshot = &relay->snapshot;

	if (status == RELAY_SLOT_LOST && !relay->options->create_slot)
		return relay_slot_lost(source);
	if (status == RELAY_SLOT_MISSING && !relay->options->create_slot)
		return relay_slot_missing(source);
	if (status == RELAY_SLOT_LOST)
	{
		relay_log(RELAY_WARNING, "slot \"%s\" was invalidated (%s): it is made anew, and what was deleted in the meantime stays downstream",
				  relay->options->slot, source->lost_reason);
		if (!relay_slot_drop(source))
			return false;
		status = RELAY_SLOT_MISSING;
	}
	relay_state_forget_snapshot(state);
	if (status == RELAY_SLOT_FIT)
	{
		snapshot->slot = RELAY_SNAPSHOT_HAS_SLOT;
		state->snapshot_lsn = state->acked_lsn = source->slot_lsn;
	}
	else
		snapshot->slot = state->store || relay->options->temporary ? RELAY_SNAPSHOT_NEW_SLOT : RELAY_SNAPSHOT_STAND_IN;
	snapshot->active = true;
	return true;
}

static bool
go_on_with_snapshot(Relay *relay)
{
	relay_log(RELAY_INFO, "going on with the snapshot that was not finished");
	relay->snapshot.slot = RELAY_SNAPSHOT_HAS_SLOT;
	relay->snapshot.active = true;
	return true;
}

/* ------------------------------------------------------------------------
 * Errors that ask the operator
 * ------------------------------------------------------------------------
 */

static bool
slot_is_ahead(Relay *relay, uint64_t delivered)
{
	RelaySource *source = &relay->source;
	char ours[RELAY_LSN_TEXT];
	char theirs[RELAY_LSN_TEXT];

	relay_fail(&source->error, RELAY_EXIT_SOURCE, "slot \"%s\" is at %s, but only what is before %s was delivered", relay->options->slot,
			   relay_lsn_text(source->slot_lsn, theirs), relay_lsn_text(delivered, ours));
	relay_hint(&source->error, "Another program has read or advanced the slot, or made it anew. Give each program a slot of its own. Two ways out: a new "
							   "snapshot with --snapshot always, which has what is missing but for deletes, or another state and --snapshot no_data, which leaves it out.");
	return false;
}

static bool
no_state(Relay *relay)
{
	RelaySource *source = &relay->source;

	relay_fail(&source->error, RELAY_EXIT_SOURCE, "slot \"%s\" exists, but no state in %s tells what was delivered from it", relay->options->slot,
			   relay->state.store->name);
	relay_state_ways_out(&relay->state, &source->error);
	return false;
}

/* A slot that the state knows is gone. */
static bool
slot_is_gone(Relay *relay, RelaySlotStatus status)
{
	relay->source.slot_seen = true;
	return status == RELAY_SLOT_LOST ? relay_slot_lost(&relay->source) : relay_slot_missing(&relay->source);
}

/* What was delivered must be in the log of this server: a backup of it may have less. */
static bool
check_end_of_log(Relay *relay)
{
	RelaySource *source = &relay->source;
	char ours[RELAY_LSN_TEXT];
	char theirs[RELAY_LSN_TEXT];
	uint64_t end;
	bool standby;

	if (!relay_source_end_of_log(source, &end, &standby))
		return false;
	/* a standby may have to read again what it had read before it was restarted */
	if (standby || end >= relay->state.acked_lsn)
		return true;
	relay_fail(&source->error, RELAY_EXIT_SOURCE, "what is before %s was delivered, but the server's log ends at %s",
			   relay_lsn_text(relay->state.acked_lsn, ours), relay_lsn_text(end, theirs));
	relay_hint(&source->error, "The server was restored from a backup that is older than the state. Start afresh: another state, a new slot, and --snapshot always.");
	return false;
}

/* ------------------------------------------------------------------------
 * Deciding
 * ------------------------------------------------------------------------
 */

static bool
decide_without_state(Relay *relay, RelaySlotStatus status)
{
	bool kept = relay->state.store != NULL;

	switch (relay->options->snapshot)
	{
		case RELAY_SNAPSHOT_ALWAYS:
			return new_snapshot(relay, status);
		case RELAY_SNAPSHOT_WHEN_NEEDED:
			if (!kept && status == RELAY_SLOT_FIT)
				return stream_from(relay, relay->source.slot_lsn);
			return new_snapshot(relay, status);
		case RELAY_SNAPSHOT_INITIAL:
			if (status == RELAY_SLOT_MISSING)
				return new_snapshot(relay, status);
			if (status == RELAY_SLOT_LOST)
				return relay_slot_lost(&relay->source);
			return kept ? no_state(relay) : stream_from(relay, relay->source.slot_lsn);
		case RELAY_SNAPSHOT_NO_DATA:
			if (status == RELAY_SLOT_LOST)
				return relay_slot_lost(&relay->source);
			return status == RELAY_SLOT_MISSING ? stream_new_slot(relay) : stream_from(relay, relay->source.slot_lsn);
		case RELAY_SNAPSHOT_INITIAL_ONLY:
			break;
	}
	return false;
}

/* The slot was about to be created: whether it was or not, nothing was delivered. */
static bool
decide_creating(Relay *relay, RelaySlotStatus status)
{
	if (status == RELAY_SLOT_LOST && relay->options->snapshot != RELAY_SNAPSHOT_WHEN_NEEDED)
		return relay_slot_lost(&relay->source);
	if (relay->options->snapshot != RELAY_SNAPSHOT_NO_DATA)
		return new_snapshot(relay, status);
	return status == RELAY_SLOT_FIT ? stream_from(relay, relay->source.slot_lsn) : stream_new_slot(relay);
}

static bool
decide_snapshot(Relay *relay, RelaySlotStatus status, bool moved)
{
	const RelaySource *source = &relay->source;
	bool when_needed = relay->options->snapshot == RELAY_SNAPSHOT_WHEN_NEEDED;

	if (status != RELAY_SLOT_FIT)
		return when_needed ? new_snapshot(relay, status) : slot_is_gone(relay, status);
	if (relay->options->snapshot == RELAY_SNAPSHOT_NO_DATA)
	{
		relay_log(RELAY_WARNING, "the snapshot was not finished: what it has left is left out, as --snapshot no_data says");
		return stream_from(relay, source->slot_lsn);
	}
	/* chunks of another cluster's files mean nothing */
	if (moved)
		return new_snapshot(relay, status);
	if (source->slot_lsn > relay->state.snapshot_lsn)
		return when_needed ? new_snapshot(relay, status) : slot_is_ahead(relay, relay->state.snapshot_lsn);
	return go_on_with_snapshot(relay);
}

static bool
decide_streaming(Relay *relay, RelaySlotStatus status, bool moved)
{
	const RelaySource *source = &relay->source;
	bool when_needed = relay->options->snapshot == RELAY_SNAPSHOT_WHEN_NEEDED;

	if (status != RELAY_SLOT_FIT)
		return when_needed ? new_snapshot(relay, status) : slot_is_gone(relay, status);
	/* in a cluster that was accepted, only the slot's own position means something */
	if (moved)
		return stream_from(relay, source->slot_lsn);
	if (source->slot_lsn > relay->state.acked_lsn)
		return when_needed ? new_snapshot(relay, status) : slot_is_ahead(relay, relay->state.acked_lsn);
	return check_end_of_log(relay) && stream_from(relay, relay->state.acked_lsn);
}

/* After initial_only: there was no slot that could have kept what came since. */
static bool
decide_finished(Relay *relay, RelaySlotStatus status)
{
	RelaySource *source = &relay->source;

	if (relay->options->snapshot == RELAY_SNAPSHOT_WHEN_NEEDED)
		return new_snapshot(relay, status);
	if (relay->options->snapshot == RELAY_SNAPSHOT_NO_DATA)
		return status == RELAY_SLOT_FIT ? stream_from(relay, source->slot_lsn) : stream_new_slot(relay);
	relay_fail(&source->error, RELAY_EXIT_SOURCE, "the snapshot in the state of %s was taken with initial_only: no slot has the changes since", relay->state.store->name);
	relay_state_ways_out(&relay->state, &source->error);
	return false;
}

static bool
decide_initial_only(Relay *relay)
{
	RelayState *state = &relay->state;

	if (state->found && (state->phase == RELAY_PHASE_FINISHED || state->phase == RELAY_PHASE_STREAMING))
	{
		relay_log(RELAY_INFO, "the snapshot was taken before: there is nothing to do");
		relay->stop_reading = true;
		return true;
	}
	if (state->found)
		return relay_fail(&relay->source.error, RELAY_EXIT_USAGE, "the state in %s is of a snapshot that a stream follows: --snapshot initial goes on with it",
						  state->store->name);
	relay->snapshot.slot = RELAY_SNAPSHOT_NO_SLOT;
	relay->snapshot.active = true;
	return true;
}

bool
relay_start_decide(Relay *relay)
{
	RelaySource *source = &relay->source;
	RelayState *state = &relay->state;
	RelaySlotStatus status;
	bool moved;

	if (!relay_state_load(state, relay->options) ||
		!relay_state_check_cluster(state, relay->options, source->system_id, source->timeline, source->database, &moved))
		return state_error(relay);
	if (relay->options->snapshot == RELAY_SNAPSHOT_INITIAL_ONLY)
		return decide_initial_only(relay);
	status = relay_slot_look(source);
	if (status == RELAY_SLOT_UNFIT)
		return false;
	if (!state->found)
		return decide_without_state(relay, status);
	if (relay->options->snapshot == RELAY_SNAPSHOT_ALWAYS)
		return new_snapshot(relay, status);
	switch (state->phase)
	{
		case RELAY_PHASE_CREATING:
			return decide_creating(relay, status);
		case RELAY_PHASE_SNAPSHOT:
			return decide_snapshot(relay, status, moved);
		case RELAY_PHASE_STREAMING:
			return decide_streaming(relay, status, moved);
		case RELAY_PHASE_FINISHED:
			return decide_finished(relay, status);
	}
	return false;
}

bool
relay_start_again(Relay *relay)
{
	RelaySource *source = &relay->source;

	switch (relay_slot_look(source))
	{
		case RELAY_SLOT_FIT:
			break;
		case RELAY_SLOT_MISSING:
			source->slot_seen = true;
			return relay_slot_missing(source);
		case RELAY_SLOT_LOST:
			return relay_slot_lost(source);
		case RELAY_SLOT_UNFIT:
			return false;
	}
	if (source->slot_lsn > relay->ledger.confirmed_lsn)
		return slot_is_ahead(relay, relay->ledger.confirmed_lsn);
	relay_ledger_init(&relay->ledger, relay->ledger.confirmed_lsn);
	return true;
}
