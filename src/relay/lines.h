/*
 * lines.h
 *		Records as lines of JSON, for sinks that write text.
 */
#ifndef RELAY_LINES_H
#define RELAY_LINES_H

#include "relay/common.h"
#include "relay/record.h"

typedef enum RelayLines
{
	RELAY_LINES_RECORD, /* {"topic":T,"key":K,"value":V,"headers":H}, the plugin's format=record */
	RELAY_LINES_VALUE /* the value alone; nothing for a record without one */
} RelayLines;

extern bool relay_lines_parse(const char *text, RelayLines *lines);
extern void relay_lines_append(RelayBuf *buf, RelayLines lines, const RelayRecord *record);
/* The headers as an object. */
extern void relay_headers_append(RelayBuf *buf, const RelayRecord *record);

#endif /* RELAY_LINES_H */
