/*
 * row.h
 *		What sinks of rows need to know of a record: its table, its key's
 *		columns, the row.
 *
 * Nothing is parsed into a tree.  The plugin writes compact JSON, and a member
 * of an object is found by skipping what precedes it; numbers stay the text
 * that they are, whatever their size.
 */
#ifndef RELAY_ROW_H
#define RELAY_ROW_H

#include "relay/common.h"
#include "relay/record.h"

/* What of an object has not been read yet. */
typedef struct RelayMembers
{
	RelayBytes rest;
	bool malformed;
} RelayMembers;

typedef struct RelayMember
{
	RelayBytes name; /* between the quotes, as written */
	RelayBytes value; /* as written */
} RelayMember;

/* Starts at an object's brace. */
extern void relay_members_open(RelayMembers *members, RelayBytes object);
/* The next member; false at the end, with "malformed" when that is none. */
extern bool relay_members_next(RelayMembers *members, RelayMember *member);
/* A member by its name as written; false without one. */
extern bool relay_members_find(RelayBytes object, const char *name, RelayBytes *value);

/* The length of the value that begins here; 0 when it has no end. */
extern size_t relay_value_length(RelayBytes bytes);
/* A value as text: a string's characters, anything else as written. */
extern void relay_value_text(RelayBuf *out, RelayBytes value);
extern bool relay_value_is_null(RelayBytes value);
/* A name between its quotes as text. */
extern void relay_name_text(RelayBuf *out, RelayBytes name);
/* Whether a name as written, without its quotes, is this text. */
extern bool relay_name_is(RelayBytes name, const char *text, size_t len);

/* A record of a table's row. */
typedef struct RelayRow
{
	const RelayRecord *record;
	RelayBytes schema; /* without quotes, as written in JSON */
	RelayBytes table;
	RelayBytes key; /* the key's columns as an object; without length: none */
} RelayRow;

/* What a record means for a copy of the table. */
typedef enum RelayRowChange
{
	RELAY_ROW_NOTHING,
	RELAY_ROW_WRITE, /* "after" is the row */
	RELAY_ROW_UNAVAILABLE, /* the row changed, and "after" lacks columns */
	RELAY_ROW_REMOVE,
	RELAY_ROW_TRUNCATE
} RelayRowChange;

/*
 * A tombstone removes the row unless its delete has just been seen, which
 * *last_delete keeps from call to call.
 */
extern RelayRowChange relay_row_change(const RelayRecord *record, RelayPosition *last_delete);

/*
 * Whose row it is.  The names are those of "source"; in a value without it
 * (unwrapped, for example) the last two parts of the topic.
 */
extern void relay_row_open(RelayRow *row, const RelayRecord *record);

/* "schema.table" for messages and look-ups. */
extern void relay_row_name(const RelayRow *row, RelayBuf *out);

/* The member "source" of the value; false without one. */
extern bool relay_row_source(const RelayRecord *record, RelayBytes *source);

#endif /* RELAY_ROW_H */
