/*
 * search.h
 *		What the files of the sink "search" share.
 */
#ifndef RELAY_SEARCH_H
#define RELAY_SEARCH_H

#include "relay/deadletter.h"
#include "relay/retry.h"
#include "relay/row.h"
#include "relay/sink.h"
#include "relay/template.h"
#include "relay/transfer.h"

struct pg_conn;

typedef enum RelaySearchState
{
	RELAY_SEARCH_WAITING, /* to be sent, or sent again */
	RELAY_SEARCH_SENT, /* in the request that is under way */
	RELAY_SEARCH_SETTLED /* done, refused, or overtaken by a later change of the same document */
} RelaySearchState;

/* A document's change. */
typedef struct RelaySearchItem
{
	RelayRecord record;
	RelayBatch *batch;
	size_t start; /* of its lines in the body */
	size_t end;
	size_t name; /* of index and id, within them */
	size_t name_len;
	uint64_t version;
	RelaySearchState state;
} RelaySearchItem;

/* Changes with their lines for _bulk; each document once. */
typedef struct RelaySearchBulk
{
	RelaySearchItem *item;
	uint32_t n;
	uint32_t cap;
	RelayBuf body;
	uint32_t *slot; /* hash table: number of the item that has the document, plus 1 */
	uint32_t nslots; /* a power of two */
} RelaySearchBulk;

typedef enum RelayRereadState
{
	RELAY_REREAD_IDLE,
	RELAY_REREAD_WANTED, /* not yet asked */
	RELAY_REREAD_CONNECTING,
	RELAY_REREAD_COLUMNS, /* the table's key was asked for */
	RELAY_REREAD_ROW, /* the row was asked for */
	RELAY_REREAD_DONE
} RelayRereadState;

/* How rows of a table are found by their key. */
typedef struct RelayRereadTable
{
	char *name; /* "schema.table" */
	char *query;
	char **column; /* of the key, in the order of the query's parameters */
	int ncolumns;
} RelayRereadTable;

/* Reads rows again whose record lacks columns; see search_reread.c. */
typedef struct RelayReread
{
	const RelayOptions *options;
	char *plugin_options; /* as an array's text */
	struct pg_conn *conn;
	int epoll;
	int fd; /* that epoll knows */
	RelayRereadState state;
	RelayRetry retry;
	int64_t pause_until; /* the transaction is not visible yet */
	int64_t deadline; /* for an answer */
	RelayRecord record;
	RelayBuf frame; /* the answer */
	RelayBytes row; /* in it; without length: the row is gone */
	char refused[300]; /* why it cannot be read at all, or empty */
	RelayRereadTable *table;
	int ntables;
	uint64_t rows; /* since the start */
} RelayReread;

typedef enum RelayEmptyState
{
	RELAY_EMPTY_IDLE,
	RELAY_EMPTY_REFRESH, /* all documents are found by a search afterwards */
	RELAY_EMPTY_SEARCH,
	RELAY_EMPTY_DELETE,
	RELAY_EMPTY_CLEAR,
	RELAY_EMPTY_DONE
} RelayEmptyState;

/* A TRUNCATE being carried out; see search_empty.c. */
typedef struct RelayEmpty
{
	RelayEmptyState state;
	RelayBuf index;
	RelayBuf path; /* with the index's name escaped */
	RelayBuf scroll; /* id of the search, as JSON */
	RelayBuf body;
	uint64_t version;
	uint64_t removed;
} RelayEmpty;

typedef struct RelaySearch
{
	RelaySink base;
	RelayTransferOptions http;
	RelayTransfer transfer;
	int epoll; /* for the transfer and the reader of rows */
	int64_t bulk_records;
	int64_t bulk_bytes;
	int truncate; /* 0: empty, 1: stop */
	const char *dead_letter_file;
	RelayTemplates index;
	RelayTemplates id;
	RelayDeadLetters letters;
	RelayRetry retry;
	RelaySearchBulk filling;
	RelaySearchBulk sending; /* n is 0: none */
	uint32_t limit; /* items in a request */
	RelayBuf request;
	uint32_t *sent; /* items of the request, in order */
	uint32_t nsent;
	RelayReread reread;
	RelayEmpty empty;
	RelayPosition last_delete;
	RelayBuf text;
	RelayBuf more; /* of a dead letter */
	uint64_t requests;
	uint64_t stale; /* the server had a newer document */
} RelaySearch;

/* LSNs are multiples of 8: the parts of one change fit in between. */
extern uint64_t relay_search_version(const RelayRecord *record);

/* search.c: the index's name for a row. */
extern bool relay_search_index_name(RelaySearch *search, const RelayRow *row, RelayBuf *out);

/* search_bulk.c: adds a change; without length of "document" a delete. */
extern bool relay_search_add(RelaySearch *search, const RelayRow *row, RelayBytes document, RelayBatch *batch);
extern bool relay_search_is_full(const RelaySearch *search);
/* Sends items that wait. */
extern void relay_search_send(RelaySearch *search);
/* The request has ended; false when the sink failed. */
extern bool relay_search_answered(RelaySearch *search);
/* The record cannot be written: to the file of dead letters, or stop. */
extern bool relay_search_refuse(RelaySearch *search, const RelayRecord *record, long status, const char *reason, const char *more);
extern void relay_search_bulk_free(RelaySearchBulk *bulk);

/* search_reread.c: begins for a record; DONE comes later. */
extern void relay_reread_start(RelayReread *reread, const RelayRecord *record);
extern void relay_reread_serve(RelayReread *reread);
/* The answer has been taken. */
extern void relay_reread_end(RelayReread *reread);
extern int64_t relay_reread_due(const RelayReread *reread);
extern void relay_reread_open(RelayReread *reread, const RelayOptions *options, int epoll);
extern void relay_reread_close(RelayReread *reread);

/* search_empty.c: begins for a row's table, goes on, ends. */
extern bool relay_search_empty_start(RelaySearch *search, const RelayRow *row);
extern void relay_search_empty_send(RelaySearch *search);
extern bool relay_search_empty_answered(RelaySearch *search);

/* The reason in an answer, or the start of it; not longer than "size". */
extern void relay_search_reason(const RelayTransfer *transfer, char *reason, size_t size);
/* Failures of whole requests that may pass; the others are the request's fault. */
extern bool relay_search_may_pass(long status);
extern void relay_search_request_failed(RelaySearch *search);

#endif /* RELAY_SEARCH_H */
