/*
 * snapshot_mark.c
 *		Debezium's marks of first and last rows, in source.snapshot.
 *
 * That a row is the last one of its table, or of all, shows only when no other
 * follows.  So the last row read of each table being read is held back, and
 * the last one of the table that ended last; the server has written "true",
 * which is replaced (RelationalSnapshotChangeEventSource does the same).  What
 * wins: last, first, last_in_data_collection, first_in_data_collection.
 *
 * A value is not parsed for that: the frame tells where "after" ends, and
 * behind it only the source has such a member.  Values of other forms (Avro,
 * unwrap, events of an outbox) are left as they are.
 */
#define _GNU_SOURCE 1
#include "relay/snapshot.h"

#include <stdlib.h>
#include <string.h>

#include "frame.h"
#include "relay/record.h"

#define MEMBER ",\"snapshot\":\"true\""

void
relay_row_free(RelayRow *row)
{
	if (!row)
		return;
	row->release(row->data);
	free(row);
}

/* Where the value of the member begins, with its quote, within the frame; 0 when it is not there. */
static size_t
find_member(const RelayRow *row, const RelayRecord *record)
{
	const char *from = record->after.data + record->after.len;
	const char *end = record->value.data + record->value.len;
	const char *found;

	/* an application's own value, one without rows, one in Avro: theirs is every byte */
	if (record->kind != 'r' || record->after.len == 0 || record->value.data[0] != '{' || from >= end)
		return 0;
	found = memmem(from, (size_t) (end - from), MEMBER, strlen(MEMBER));
	return found ? (size_t) (found - row->frame) + strlen(MEMBER) - strlen("\"true\"") : 0;
}

bool
relay_mark(RelayRow *row, const char *value)
{
	const size_t old_len = strlen("\"true\"");
	const size_t new_len = strlen(value) + 2;
	const char *r = row->frame + CDC_FRAME_MESSAGE_HEADER;
	RelayFrame frame;
	RelayRecord record;
	size_t at;
	char *copy;
	char *to;

	if (!relay_frame_open(&frame, row->frame, row->frame_len) || !relay_frame_next(&frame, &record))
		return false;
	at = find_member(row, &record);
	if (at == 0)
		return false;
	copy = relay_alloc(row->frame_len + new_len - old_len);
	memcpy(copy, row->frame, at);
	to = copy + at;
	*to++ = '"';
	memcpy(to, value, new_len - 2);
	to[new_len - 2] = '"';
	memcpy(copy + at + new_len, row->frame + at + old_len, row->frame_len - at - old_len);
	to = copy + CDC_FRAME_MESSAGE_HEADER;
	cdc_put_u32(to + CDC_FRAME_AT_LENGTH, (uint32_t) (cdc_get_u32(r + CDC_FRAME_AT_LENGTH) + new_len - old_len));
	cdc_put_u32(to + CDC_FRAME_AT_VALUE_LEN, (uint32_t) (cdc_get_u32(r + CDC_FRAME_AT_VALUE_LEN) + new_len - old_len));
	row->frame_len += new_len - old_len;
	row->release(row->data);
	row->data = copy;
	row->release = free;
	row->frame = copy;
	return true;
}

/* The row may go to the sink. */
static void
release_row(RelaySnapshot *snapshot, RelayRow *row, const char *mark)
{
	if (mark)
		relay_mark(row, mark);
	row->next = NULL;
	if (snapshot->ready_last)
		snapshot->ready_last->next = row;
	else
		snapshot->ready = row;
	snapshot->ready_last = row;
}

static void
release_candidate(RelaySnapshot *snapshot, const char *mark)
{
	RelayRow *row = snapshot->candidate;

	if (!row)
		return;
	snapshot->candidate = NULL;
	if (!mark)
		mark = row->first && row->job->table->first ? "first" : "last_in_data_collection";
	release_row(snapshot, row, mark);
}

void
relay_mark_row(RelaySnapshot *snapshot, RelayRow *row)
{
	RelaySnapshotTable *table = row->job->table;
	RelayRow *before = table->held;

	/* another row follows */
	release_candidate(snapshot, NULL);
	if (before)
		release_row(snapshot, before, !before->first ? NULL : table->first ? "first"
																		   : "first_in_data_collection");
	row->first = !table->begun;
	table->begun = true;
	table->held = row;
}

void
relay_mark_table_end(RelaySnapshot *snapshot, RelaySnapshotTable *table)
{
	if (!table->held)
		return;
	release_candidate(snapshot, NULL);
	snapshot->candidate = table->held;
	table->held = NULL;
}

void
relay_mark_end(RelaySnapshot *snapshot)
{
	release_candidate(snapshot, "last");
}
