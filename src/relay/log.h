/*
 * log.h
 *		Log lines on standard error: "relay: level: message", or JSON.
 *
 * Field values and secrets of connections never go into the log.
 */
#ifndef RELAY_LOG_H
#define RELAY_LOG_H

#include "relay/common.h"

typedef enum RelayLogFormat
{
	RELAY_LOG_TEXT,
	RELAY_LOG_JSON
} RelayLogFormat;

typedef enum RelayLogLevel
{
	RELAY_DEBUG,
	RELAY_INFO,
	RELAY_WARNING,
	RELAY_ERROR
} RelayLogLevel;

/* A bar stands on the last line of the terminal: it is taken off before a line is written. */
extern bool relay_log_bar;

extern void relay_log_setup(RelayLogFormat format, RelayLogLevel level);
extern void relay_log(RelayLogLevel level, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* An error with its hint, as one entry. */
extern void relay_log_error(RelayLogLevel level, const RelayError *error);

#endif /* RELAY_LOG_H */
