/*
 * progress.h
 *		How the snapshot goes: a bar on a terminal, log lines otherwise.
 */
#ifndef RELAY_PROGRESS_H
#define RELAY_PROGRESS_H

#include "relay/common.h"
#include "relay/snapshot.h"

typedef struct RelayProgress
{
	bool terminal; /* standard error is one */
	bool shared; /* and standard output, to which records go, is one too */
	int64_t shown_at;
	int64_t logged_at;
} RelayProgress;

/* "records": they go to standard output. */
extern void relay_progress_init(RelayProgress *progress, bool records);
/* Shows it if it is due. */
extern void relay_progress_show(RelayProgress *progress, const RelaySnapshot *snapshot);
extern int64_t relay_progress_due(const RelayProgress *progress);
/* Takes the bar off the screen if records may be written there now. */
extern void relay_progress_hide(const RelayProgress *progress);
/* The snapshot has ended, or the program does. */
extern void relay_progress_end(RelayProgress *progress, const RelaySnapshot *snapshot);

/* One line of text about it, without a bar: for logs and for tests. */
extern void relay_progress_text(const RelaySnapshot *snapshot, RelayBuf *buf);

#endif /* RELAY_PROGRESS_H */
