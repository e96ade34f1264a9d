/*
 * row.c
 *		A tuple as a struct.
 *
 * The one loop that every row goes through: for each column its name, then
 * its value or one of the constants that stand for it.
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "compat.h"
#include "event/event.h"

/* Is the raw value one that the log does not hold: unchanged and out of line? */
static inline bool
is_unchanged(Datum value)
{
	return VARATT_IS_EXTERNAL_ONDISK(DatumGetPointer(value));
}

/* Compressed or out of line?  (VARATT_IS_SHORT holds for what is out of line, too.) */
static inline bool
needs_detoasting(Datum value)
{
	return VARATT_IS_EXTERNAL(DatumGetPointer(value)) || VARATT_IS_COMPRESSED(DatumGetPointer(value));
}

/* The old tuple's value of a column, if it has one that can stand for an unchanged new one. */
static inline bool
older_value(const CdcColumn *column, const CdcRow *older, Datum *value)
{
	int i = column->attnum - 1;

	if (!older || (older->key_only && !column->identity) || older->nulls[i] || is_unchanged(older->values[i]))
		return false;
	*value = older->values[i];
	return true;
}

/* Would the column be shown as unavailable? */
bool
cdc_column_unavailable(const CdcColumn *column, const CdcRow *row)
{
	int i = column->attnum - 1;
	Datum value;

	if ((row->key_only && !column->identity) || row->nulls[i])
		return false;
	return column->varlena && is_unchanged(row->values[i]) && !older_value(column, row->older, &value);
}

/* The copy goes at once: a large row is written several times before its change is done. */
static bool
encode_detoasted(CdcBuf *buf, const CdcColumn *column, Datum value)
{
	Datum plain;
	bool done;

	if (!cdc_output_detoast(value, &plain))
		return false;
	done = column->type->encode(buf, column->type, plain);
	cdc_output_release(value, plain);
	return done;
}

/* Appends a value that is there; false when it cannot be converted. */
static inline bool
encode(CdcBuf *buf, const CdcColumn *column, Datum value)
{
	if (column->varlena && needs_detoasting(value))
		return encode_detoasted(buf, column, value);
	return column->type->encode(buf, column->type, value);
}

/* Once per column and table version: a conversion failed.  The value itself is never shown. */
static void
warn_failed(CdcColumn *column, const CdcTable *table)
{
	if (column->warned)
		return;
	column->warned = true;
	ereport(LOG,
			(errmsg("a value of column \"%s\" of table \"%s.%s\" has no representation in the event",
					column->name, table->schema_name, table->table_name),
			 errdetail("It is sent as %.*s. This is logged once for each version of the table.",
					   (int) Min(strlen(column->failed_json), 64), column->failed_json)));
}

static inline void
write_value(CdcBuf *buf, CdcColumn *column, const CdcRow *row, bool replaced, CdcCounters *counters,
			const CdcTable *table, CdcRowResult *result)
{
	int i = column->attnum - 1;
	const CdcSlice *text;
	size_t start;
	Datum value;

	if (row->key_only && !column->identity)
		text = &column->missing_text;
	else if (row->nulls[i])
		text = &column->null_text;
	else
	{
		value = row->values[i];
		if (replaced || (column->varlena && is_unchanged(value) && !older_value(column, row->older, &value)))
		{
			result->unavailable++;
			text = &column->unavailable_text;
		}
		else
		{
			start = buf->len;
			if (encode(buf, column, value))
				return;
			buf->len = start;
			if (!column->type->withheld)
			{
				result->failed++;
				counters->unrenderable_values++;
				warn_failed(column, table);
			}
			text = &column->failed_text;
		}
	}
	if (buf->avro)
		buf->len -= column->member.len; /* the constant has the branch of its own */
	cdc_buf_append(buf, text->data, text->len);
}

static void
write_column(CdcBuf *buf, CdcColumn *column, const CdcRow *row, bool replaced, CdcCounters *counters,
			 const CdcTable *table, CdcRowResult *result)
{
	cdc_buf_append(buf, column->member.data, column->member.len);
	write_value(buf, column, row, replaced, counters, table, result);
}

/* One value alone, as JSON. */
void
cdc_column_write(CdcBuf *buf, CdcColumn *column, const CdcRow *row, bool replaced, CdcCounters *counters,
				 const CdcTable *table, CdcRowResult *result)
{
	write_value(buf, column, row, replaced, counters, table, result);
}

/*
 * Appends the row as a struct and adds to *result.  "columns" are all of
 * the table's, or its key's: a key is never replaced in part.
 */
void
cdc_row_write(CdcBuf *buf, CdcColumn *columns, int n, const CdcRow *row, CdcCounters *counters,
			  const CdcTable *table, CdcRowResult *result)
{
	const bool *replaced = columns == table->columns ? row->replaced : NULL;

	if (n == 0)
		cdc_put_struct_begin(buf);
	for (int i = 0; i < n; i++)
		write_column(buf, &columns[i], row, replaced && replaced[i], counters, table, result);
	cdc_put_struct_end(buf);
}

/* Have two values the same bytes?  False when it would take detoasting to tell. */
static bool
same_image(const CdcColumn *column, Datum a, Datum b)
{
	const CdcType *type = column->type;

	if (type->typbyval)
		return a == b;
	if (type->typlen > 0)
		return memcmp(DatumGetPointer(a), DatumGetPointer(b), type->typlen) == 0;
	if (type->typlen != -1 || needs_detoasting(a) || needs_detoasting(b) || VARSIZE_ANY_EXHDR(DatumGetPointer(a)) != VARSIZE_ANY_EXHDR(DatumGetPointer(b)))
		return false;
	return memcmp(VARDATA_ANY(DatumGetPointer(a)), VARDATA_ANY(DatumGetPointer(b)), VARSIZE_ANY_EXHDR(DatumGetPointer(a))) == 0;
}

/* Are these columns certainly the same in two rows?  One that is unchanged and out of line is. */
bool
cdc_row_same_image(const CdcColumn *columns, int n, const CdcRow *a, const CdcRow *b)
{
	for (int i = 0; i < n; i++)
	{
		int att = columns[i].attnum - 1;

		if (a->nulls[att] != b->nulls[att])
			return false;
		if (!a->nulls[att] && !(columns[i].varlena && is_unchanged(b->values[att])) &&
			!same_image(&columns[i], a->values[att], b->values[att]))
			return false;
	}
	return true;
}

/* Do two rows have NULLs in the same of these columns? */
bool
cdc_row_same_nulls(const CdcColumn *columns, int n, const CdcRow *a, const CdcRow *b)
{
	for (int i = 0; i < n; i++)
	{
		int att = columns[i].attnum - 1;

		if (a->nulls[att] != b->nulls[att])
			return false;
	}
	return true;
}

/*
 * Would the two rows be shown the same?  Needs both rows whole.  Compared as
 * they are written, value by value, so that columns left out do not count.
 */
bool
cdc_rows_equal(CdcTable *table, const CdcRow *a, const CdcRow *b, CdcCounters *counters)
{
	CdcBuf buf;
	CdcRowResult ignored = {0};
	size_t half;

	if (a->key_only)
		return false;
	cdc_buf_palloc(&buf, 1024);
	for (int i = 0; i < table->ncolumns; i++)
	{
		buf.len = 0;
		write_column(&buf, &table->columns[i], a, false, counters, table, &ignored);
		half = buf.len;
		write_column(&buf, &table->columns[i], b, false, counters, table, &ignored);
		if (buf.len != 2 * half || memcmp(buf.data, buf.data + half, half) != 0)
			return false;
	}
	return true;
}

/* Makes room in a measuring buffer by throwing away what it holds. */
static void
discard(CdcBuf *buf, size_t need)
{
	buf->discarded += buf->len;
	buf->len = 0;
	if (need > buf->cap)
	{
		buf->cap = need;
		buf->data = repalloc(buf->data, need);
	}
}

/* How many bytes the value takes in a row, found by writing it to nowhere. */
size_t
cdc_column_measure(CdcColumn *column, const CdcRow *row)
{
	int i = column->attnum - 1;
	CdcBuf buf = {0};
	size_t size;
	Datum value;

	if ((row->key_only && !column->identity) || row->nulls[i])
		return column->null_text.len;
	value = row->values[i];
	if (column->varlena && is_unchanged(value) && !older_value(column, row->older, &value))
		return column->unavailable_text.len;
	buf.cap = 64 * 1024;
	buf.data = palloc(buf.cap);
	buf.grow = discard;
	buf.ascii = column->type->settings->ascii;
	buf.avro = column->type->settings->converter->kind == CDC_CONVERTER_AVRO;
	size = encode(&buf, column, value) ? buf.discarded + buf.len : column->failed_text.len;
	pfree(buf.data);
	return size;
}
