/*
 * search_reread.c
 *		Rows whose record lacks columns, read again by their key.
 *
 * cdc_json.read_frame() makes the same record of the row as it is now, so the
 * document looks as all others do.  It may be newer than the event, which does
 * no harm: what changed it since comes later, with a higher version.  It must
 * not be older: a transaction reaches us as soon as its commit is in the log,
 * which can be before others see it (while it waits for a synchronous standby,
 * for example), so the query also says whether its snapshot has it.
 *
 * Values of a key are in Debezium's forms.  Those that SQL understands find the
 * row by an index; for others every row's record is compared.  In any case the
 * key of the record must be the one that was looked for.
 */
#include "relay/search.h"

#include <errno.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "relay/heartbeat.h"
#include "relay/log.h"

#define PATIENCE_US 60000000 /* for an answer: a scan of a large table takes its time */
#define NOT_VISIBLE_US 5000 /* between looks */

/* Is transaction $1 (32 bits) in the snapshot of the statement?  0: none, always. */
#define VISIBLE \
	"SELECT $1::int8 = 0 OR pg_catalog.pg_visible_in_snapshot((CASE WHEN c - x > 2147483648 THEN c - 4294967296 " \
	"WHEN x - c > 2147483648 THEN c + 4294967296 ELSE c END)::text::pg_catalog.xid8, s) AS visible " \
	"FROM (SELECT s, x, x / 4294967296 * 4294967296 + $1::int8 AS c " \
	"FROM (SELECT s, pg_catalog.pg_snapshot_xmax(s)::text::int8 AS x FROM (SELECT pg_catalog.pg_current_snapshot() AS s) a) b) d"

/* Columns of $1.$2: name, how the key's text is compared or "" if it cannot be, whether it is partitioned. */
#define COLUMNS \
	"SELECT a.attname, CASE WHEN t.typtype = 'e' OR a.atttypid IN (16, 19, 20, 21, 23, 25, 26, 1042, 1043, 2950, 1184) " \
	"THEN pg_catalog.format_type(a.atttypid, NULL) WHEN a.atttypid = 1082 THEN 'date' ELSE '' END, c.relkind = 'p' " \
	"FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace " \
	"JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid JOIN pg_catalog.pg_type t ON t.oid = a.atttypid " \
	"WHERE n.nspname = $1 AND c.relname = $2 AND a.attnum > 0 AND NOT a.attisdropped"

/* ------------------------------------------------------------------------
 * Opening, failing
 * ------------------------------------------------------------------------
 */

/* An element of an array's text. */
static void
append_element(RelayBuf *buf, const char *text)
{
	relay_buf_text(buf, buf->len > 1 ? ",\"" : "\"");
	for (; *text; text++)
	{
		if (*text == '"' || *text == '\\')
			relay_buf_text(buf, "\\");
		relay_buf_append(buf, text, 1);
	}
	relay_buf_text(buf, "\"");
}

void
relay_reread_open(RelayReread *reread, const RelayOptions *options, int epoll)
{
	RelayBuf array = {0};

	memset(reread, 0, sizeof(*reread));
	reread->options = options;
	reread->retry.longest_us = options->retry_us;
	reread->epoll = epoll;
	reread->fd = -1;
	relay_buf_text(&array, "{");
	for (int i = 0; i < options->plugin.n; i++)
	{
		const char *name = options->plugin.item[i].name;

		if (relay_heartbeat_option(name) || strcmp(name, "batch.bytes") == 0 || strcmp(name, "batch_bytes") == 0)
			continue;
		append_element(&array, name);
		append_element(&array, options->plugin.item[i].value);
	}
	relay_buf_text(&array, "}");
	reread->plugin_options = relay_strdup(relay_buf_cstring(&array));
	relay_buf_free(&array);
}

static void
forget_tables(RelayReread *reread)
{
	for (int i = 0; i < reread->ntables; i++)
	{
		for (int j = 0; j < reread->table[i].ncolumns; j++)
			free(reread->table[i].column[j]);
		free(reread->table[i].column);
		free(reread->table[i].query);
		free(reread->table[i].name);
	}
	free(reread->table);
	reread->table = NULL;
	reread->ntables = 0;
}

static void
disconnect(RelayReread *reread)
{
	if (reread->conn)
		PQfinish(reread->conn);
	reread->conn = NULL;
	reread->fd = -1;
}

void
relay_reread_close(RelayReread *reread)
{
	disconnect(reread);
	forget_tables(reread);
	relay_buf_free(&reread->frame);
	free(reread->plugin_options);
	reread->plugin_options = NULL;
}

/* Later again, with what may have changed looked up again. */
static void
failed(RelayReread *reread, const char *why, const char *hint)
{
	RelayError error = {0};

	relay_fail_retry(&error, RELAY_EXIT_SOURCE, "could not read a row again whose record lacks columns: %s", why);
	if (hint)
		relay_hint(&error, "%s", hint);
	disconnect(reread);
	forget_tables(reread);
	reread->state = RELAY_REREAD_WANTED;
	relay_retry_failed(&reread->retry, 0, &error);
}

/* What the connection's socket is to be waited for. */
static void
watch(RelayReread *reread, uint32_t events)
{
	int fd = PQsocket(reread->conn);
	struct epoll_event event = {.events = events};

	if (epoll_ctl(reread->epoll, EPOLL_CTL_MOD, fd, &event) != 0 && errno == ENOENT)
		epoll_ctl(reread->epoll, EPOLL_CTL_ADD, fd, &event);
	reread->fd = fd;
}

static void
done(RelayReread *reread, const char *refused)
{
	snprintf(reread->refused, sizeof(reread->refused), "%s", refused);
	reread->state = RELAY_REREAD_DONE;
	reread->rows++;
	relay_retry_worked(&reread->retry);
}

/* ------------------------------------------------------------------------
 * Queries
 * ------------------------------------------------------------------------
 */

static char *
table_name(const RelayRow *row)
{
	RelayBuf name = {0};
	char *copy;

	relay_row_name(row, &name);
	copy = relay_strdup(relay_buf_cstring(&name));
	relay_buf_free(&name);
	return copy;
}

static RelayRereadTable *
find_table(RelayReread *reread, const RelayRow *row)
{
	char *name = table_name(row);
	RelayRereadTable *found = NULL;

	for (int i = 0; i < reread->ntables; i++)
	{
		if (strcmp(reread->table[i].name, name) == 0)
			found = &reread->table[i];
	}
	free(name);
	return found;
}

static void
sent(RelayReread *reread, RelayRereadState state, int ok)
{
	if (!ok || PQflush(reread->conn) < 0)
	{
		failed(reread, PQerrorMessage(reread->conn), NULL);
		return;
	}
	reread->state = state;
	reread->deadline = relay_now() + PATIENCE_US;
	watch(reread, EPOLLIN);
}

static void
ask_columns(RelayReread *reread, const RelayRow *row)
{
	RelayBuf schema = {0};
	RelayBuf table = {0};
	const char *values[2];

	relay_name_text(&schema, row->schema);
	relay_name_text(&table, row->table);
	values[0] = relay_buf_cstring(&schema);
	values[1] = relay_buf_cstring(&table);
	sent(reread, RELAY_REREAD_COLUMNS, PQsendQueryParams(reread->conn, COLUMNS, 2, NULL, values, NULL, NULL, 0));
	relay_buf_free(&schema);
	relay_buf_free(&table);
}

static void
ask_row(RelayReread *reread, const RelayRow *row, const RelayRereadTable *table)
{
	int n = 3 + table->ncolumns;
	const char **values = relay_alloc(sizeof(*values) * (size_t) n);
	int *lengths = relay_alloc(sizeof(*lengths) * (size_t) n);
	int *formats = relay_alloc(sizeof(*formats) * (size_t) n);
	RelayBuf *texts = relay_alloc(sizeof(*texts) * (size_t) n);
	char xid[16];

	snprintf(xid, sizeof(xid), "%u", reread->record.xid);
	values[0] = xid;
	values[1] = reread->plugin_options;
	values[2] = reread->record.key.data;
	lengths[2] = (int) reread->record.key.len;
	formats[2] = 1;
	for (int i = 0; i < table->ncolumns; i++)
	{
		RelayMembers members;
		RelayMember member;

		relay_members_open(&members, row->key);
		while (relay_members_next(&members, &member))
		{
			if (relay_name_is(member.name, table->column[i], strlen(table->column[i])) && !relay_value_is_null(member.value))
			{
				relay_value_text(&texts[i], member.value);
				values[3 + i] = relay_buf_cstring(&texts[i]);
			}
		}
	}
	sent(reread, RELAY_REREAD_ROW, PQsendQueryParams(reread->conn, table->query, n, NULL, values, lengths, formats, 1));
	for (int i = 0; i < table->ncolumns; i++)
		relay_buf_free(&texts[i]);
	free(texts);
	free(values);
	free(lengths);
	free(formats);
}

/* The next question. */
static void
ask(RelayReread *reread)
{
	const RelayRereadTable *table;
	RelayRow row;

	relay_row_open(&row, &reread->record);
	if (row.key.len == 0)
	{
		done(reread, "columns are missing, and the table has no key to read the row again by");
		return;
	}
	table = find_table(reread, &row);
	if (table)
		ask_row(reread, &row, table);
	else
		ask_columns(reread, &row);
}

/* Keys in the record are not the table's values. */
static bool
keys_are_masked(const RelayReread *reread)
{
	const RelaySettings *plugin = &reread->options->plugin;

	for (int i = 0; i < plugin->n; i++)
	{
		if (strncmp(plugin->item[i].name, "column.mask", 11) == 0 || strncmp(plugin->item[i].name, "column_mask", 11) == 0 ||
			strncmp(plugin->item[i].name, "column.truncate", 15) == 0 || strncmp(plugin->item[i].name, "column_truncate", 15) == 0)
			return true;
	}
	return false;
}

/* AND t."id" = $4::integer; false if the column's value cannot be compared. */
static bool
append_condition(RelayReread *reread, RelayBuf *query, RelayRereadTable *table, const PGresult *columns, const RelayMember *member)
{
	for (int i = 0; i < PQntuples(columns); i++)
	{
		const char *name = PQgetvalue(columns, i, 0);
		const char *type = PQgetvalue(columns, i, 1);
		char *quoted;

		if (!relay_name_is(member->name, name, strlen(name)) || type[0] == '\0')
			continue;
		quoted = PQescapeIdentifier(reread->conn, name, strlen(name));
		if (!quoted)
			return false;
		relay_buf_printf(query, "%st.%s = ", table->ncolumns > 0 ? " AND " : " WHERE ", quoted);
		PQfreemem(quoted);
		/* days since 1970, except as text with isostring */
		if (strcmp(type, "date") == 0 && member->value.data[0] != '"')
			relay_buf_printf(query, "date '1970-01-01' + $%d::int4", 4 + table->ncolumns);
		else
			relay_buf_printf(query, "$%d::%s", 4 + table->ncolumns, type);
		table->column = relay_realloc(table->column, sizeof(*table->column) * (size_t) (table->ncolumns + 1));
		table->column[table->ncolumns++] = relay_strdup(name);
		return true;
	}
	return false;
}

/* The query for rows of this table by their key. */
static void
make_query(RelayReread *reread, RelayRereadTable *table, const RelayRow *row, const PGresult *columns)
{
	bool partitioned = PQgetvalue(columns, 0, 2)[0] == 't';
	bool masked = keys_are_masked(reread);
	RelayBuf query = {0};
	RelayBuf name = {0};
	RelayMembers members;
	RelayMember member;
	char *schema_quoted;
	char *table_quoted;

	relay_name_text(&name, row->schema);
	schema_quoted = PQescapeIdentifier(reread->conn, name.data, name.len);
	name.len = 0;
	relay_name_text(&name, row->table);
	table_quoted = PQescapeIdentifier(reread->conn, name.data, name.len);
	relay_buf_printf(&query,
					 "SELECT v.visible, r.frame FROM (" VISIBLE ") v LEFT JOIN (SELECT f.frame FROM "
					 "(SELECT cdc_json.read_frame(t, VARIADIC $2::text[]) AS frame FROM %s%s.%s t",
					 partitioned ? "" : "ONLY ", schema_quoted ? schema_quoted : "", table_quoted ? table_quoted : "");
	relay_members_open(&members, row->key);
	while (!masked && relay_members_next(&members, &member))
		append_condition(reread, &query, table, columns, &member);
	relay_buf_text(&query, " OFFSET 0) f WHERE pg_catalog.position(f.frame, $3::bytea) > 0) r ON true");
	table->query = relay_strdup(relay_buf_cstring(&query));
	PQfreemem(schema_quoted);
	PQfreemem(table_quoted);
	relay_buf_free(&query);
	relay_buf_free(&name);
}

/* ------------------------------------------------------------------------
 * Answers
 * ------------------------------------------------------------------------
 */

static void
take_error(RelayReread *reread, const PGresult *result)
{
	const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
	const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
	char text[200];

	snprintf(text, sizeof(text), "%.190s", message ? message : PQerrorMessage(reread->conn));
	/* the table or a column of its key is gone or renamed */
	if (state && (strcmp(state, "42P01") == 0 || strcmp(state, "42703") == 0))
	{
		char refused[300];

		forget_tables(reread);
		snprintf(refused, sizeof(refused), "columns are missing, and the row cannot be read again: %s", text);
		done(reread, refused);
	}
	else if (strstr(text, "cdc_json"))
		failed(reread, text, "CREATE EXTENSION cdc_json in this database; the role needs USAGE on schema cdc_json and SELECT on the table.");
	else
		failed(reread, text, "The role needs SELECT on the table.");
}

static void
take_columns(RelayReread *reread, const PGresult *result)
{
	RelayRereadTable *table;
	RelayRow row;

	relay_row_open(&row, &reread->record);
	if (PQntuples(result) == 0)
	{
		done(reread, "columns are missing, and the row cannot be read again: its table does not exist any more");
		return;
	}
	reread->table = relay_realloc(reread->table, sizeof(*table) * (size_t) (reread->ntables + 1));
	table = &reread->table[reread->ntables++];
	memset(table, 0, sizeof(*table));
	table->name = table_name(&row);
	make_query(reread, table, &row, result);
	reread->state = RELAY_REREAD_WANTED;
}

/* The record of the row with this key, if the frame has it. */
static bool
take_frame(RelayReread *reread, const char *data, size_t len)
{
	RelayFrame frame;
	RelayRecord record;
	size_t offset;

	if (!relay_frame_open(&frame, data, len) || !relay_frame_next(&frame, &record) || record.after.len == 0 ||
		record.key.len != reread->record.key.len || memcmp(record.key.data, reread->record.key.data, record.key.len) != 0)
		return false;
	offset = (size_t) (record.after.data - data);
	reread->frame.len = 0;
	relay_buf_append(&reread->frame, data, len);
	reread->row = (RelayBytes){reread->frame.data + offset, record.after.len};
	return true;
}

static void
take_row(RelayReread *reread, const PGresult *result)
{
	if (PQntuples(result) == 0 || PQgetisnull(result, 0, 0))
	{
		failed(reread, "the answer has no rows", NULL);
		return;
	}
	if (PQgetvalue(result, 0, 0)[0] == 0)
	{
		reread->pause_until = relay_now() + NOT_VISIBLE_US;
		reread->state = RELAY_REREAD_WANTED;
		return;
	}
	reread->row.len = 0;
	for (int i = 0; i < PQntuples(result); i++)
	{
		if (!PQgetisnull(result, i, 1) && take_frame(reread, PQgetvalue(result, i, 1), (size_t) PQgetlength(result, i, 1)))
			break;
	}
	done(reread, "");
}

/* What has come; once an answer is complete, the next step. */
static void
receive(RelayReread *reread)
{
	PGresult *result;
	PGresult *more;
	RelayRereadState state = reread->state;

	if (!PQconsumeInput(reread->conn))
	{
		failed(reread, PQerrorMessage(reread->conn), NULL);
		return;
	}
	if (PQisBusy(reread->conn))
		return;
	result = PQgetResult(reread->conn);
	if (!result)
	{
		failed(reread, PQerrorMessage(reread->conn), NULL);
		return;
	}
	/* after the one result, the end; waiting for it takes no time, for it comes with it */
	while ((more = PQgetResult(reread->conn)))
		PQclear(more);
	if (PQresultStatus(result) != PGRES_TUPLES_OK)
		take_error(reread, result);
	else if (state == RELAY_REREAD_COLUMNS)
		take_columns(reread, result);
	else
		take_row(reread, result);
	PQclear(result);
}

/* ------------------------------------------------------------------------
 * Going on
 * ------------------------------------------------------------------------
 */

static void
connect_to_server(RelayReread *reread)
{
	const char *keywords[] = {"dbname", "fallback_application_name", "connect_timeout", "client_encoding", "options", NULL};
	const char *values[] = {reread->options->dsn ? reread->options->dsn : "", "cdc_json_relay rows", "10", "UTF8", "-c search_path=", NULL};

	reread->conn = PQconnectStartParams(keywords, values, 1);
	if (!reread->conn || PQstatus(reread->conn) == CONNECTION_BAD)
	{
		failed(reread, reread->conn ? PQerrorMessage(reread->conn) : "out of memory", NULL);
		return;
	}
	reread->state = RELAY_REREAD_CONNECTING;
	reread->deadline = relay_now() + PATIENCE_US;
	watch(reread, EPOLLOUT);
}

static void
go_on_connecting(RelayReread *reread)
{
	switch (PQconnectPoll(reread->conn))
	{
		case PGRES_POLLING_READING:
			watch(reread, EPOLLIN);
			break;
		case PGRES_POLLING_WRITING:
			watch(reread, EPOLLOUT);
			break;
		case PGRES_POLLING_OK:
			watch(reread, EPOLLIN);
			reread->state = RELAY_REREAD_WANTED;
			break;
		default:
			failed(reread, PQerrorMessage(reread->conn), NULL);
			break;
	}
}

void
relay_reread_start(RelayReread *reread, const RelayRecord *record)
{
	reread->record = *record;
	reread->state = RELAY_REREAD_WANTED;
	reread->pause_until = 0;
}

void
relay_reread_end(RelayReread *reread)
{
	reread->state = RELAY_REREAD_IDLE;
	/* a row of a gigabyte is not kept */
	if (reread->frame.cap > 16 * 1024 * 1024)
		relay_buf_free(&reread->frame);
}

void
relay_reread_serve(RelayReread *reread)
{
	/* the server may have closed a connection that is idle */
	if (reread->state == RELAY_REREAD_IDLE && reread->conn && (!PQconsumeInput(reread->conn) || PQstatus(reread->conn) != CONNECTION_OK))
		disconnect(reread);
	if (reread->state == RELAY_REREAD_WANTED && (!relay_retry_due(&reread->retry) || relay_now() < reread->pause_until))
		return;
	if (reread->state == RELAY_REREAD_WANTED && !reread->conn)
		connect_to_server(reread);
	else if (reread->state == RELAY_REREAD_CONNECTING)
		go_on_connecting(reread);
	else if (reread->state == RELAY_REREAD_COLUMNS || reread->state == RELAY_REREAD_ROW)
		receive(reread);
	if (reread->state == RELAY_REREAD_WANTED && reread->conn && relay_now() >= reread->pause_until)
		ask(reread);
	if (reread->state > RELAY_REREAD_WANTED && reread->state < RELAY_REREAD_DONE && relay_now() > reread->deadline)
		failed(reread, "the server does not answer", NULL);
}

int64_t
relay_reread_due(const RelayReread *reread)
{
	switch (reread->state)
	{
		case RELAY_REREAD_IDLE:
			return INT64_MAX;
		case RELAY_REREAD_WANTED:
			return reread->retry.at > reread->pause_until ? reread->retry.at : reread->pause_until;
		case RELAY_REREAD_DONE:
			return 0;
		default:
			return reread->deadline;
	}
}
