/*
 * notify.h
 *		Tells systemd about the program's state, when it was started by it.
 */
#ifndef RELAY_NOTIFY_H
#define RELAY_NOTIFY_H

#include "relay/common.h"

/* Lines like "READY=1"; without NOTIFY_SOCKET, does nothing. */
extern void relay_notify(const char *state);

/* Time between signs of life that systemd asks for, or 0. */
extern int64_t relay_notify_watchdog(void);

#endif /* RELAY_NOTIFY_H */
