/*
 * start.h
 *		What to do at the start: take a snapshot, stream, or ask the operator.
 */
#ifndef RELAY_START_H
#define RELAY_START_H

#include "relay/relay.h"

/*
 * Once, on the first connection: reads the state and looks at the slot, and
 * decides by --snapshot.  Afterwards relay->snapshot is active, or the ledger
 * has the position to stream from, or there is nothing to do.  After an error,
 * relay->source.error has it; with "retry" set it may be called again.
 */
extern bool relay_start_decide(Relay *relay);

/* After each other connection: the slot must still be there, and not ahead of what was delivered. */
extern bool relay_start_again(Relay *relay);

#endif /* RELAY_START_H */
