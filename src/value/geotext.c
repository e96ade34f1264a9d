/*
 * geotext.c
 *		The core's geometric types in the spelling of the JDBC driver.
 *
 * The driver parses box, circle, line, lseg, path and polygon into objects of
 * its own (org.postgresql.geometric), and Debezium, which has no schema for
 * them, takes what those print: PostgreSQL's form, with numbers as Java
 * prints doubles.  Values are read through memcpy: path and polygon may have
 * a short header, and then nothing in them is aligned.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/geo_decls.h"

#include "compat.h"
#include "value/value.h"

/* points between two looks at the interrupt flag */
#define INTERRUPT_MASK 1023

static void put_numbers(CdcBuf *text, const char *data, int n);
static void put_points(CdcBuf *text, const char *data, size_t n);
static bool put_path(CdcBuf *text, const char *data, size_t len);
static bool put_polygon(CdcBuf *text, const char *data, size_t len);

bool
cdc_geotext_has(Oid typid)
{
	return typid == BOXOID || typid == CIRCLEOID || typid == LINEOID ||
		   typid == LSEGOID || typid == PATHOID || typid == POLYGONOID;
}

/*
 * Appends the text; false for a value that is shorter than it says itself.
 */
bool
cdc_geotext(CdcBuf *text, Oid typid, Datum value)
{
	const char *data = DatumGetPointer(value);

	switch (typid)
	{
		case BOXOID:
			put_points(text, data, 2);
			return true;
		case LSEGOID:
			cdc_buf_char(text, '[');
			put_points(text, data, 2);
			cdc_buf_char(text, ']');
			return true;
		case LINEOID:
			cdc_buf_char(text, '{');
			put_numbers(text, data, 3);
			cdc_buf_char(text, '}');
			return true;
		case CIRCLEOID:
			cdc_buf_char(text, '<');
			put_points(text, data, 1);
			cdc_buf_char(text, ',');
			put_numbers(text, data + sizeof(Point), 1);
			cdc_buf_char(text, '>');
			return true;
		case PATHOID:
			return put_path(text, VARDATA_ANY(data), VARSIZE_ANY_EXHDR(data));
		case POLYGONOID:
			return put_polygon(text, VARDATA_ANY(data), VARSIZE_ANY_EXHDR(data));
		default:
			return false;
	}
}

/* "n" doubles, separated by commas */
static void
put_numbers(CdcBuf *text, const char *data, int n)
{
	int i;

	for (i = 0; i < n; i++)
	{
		double number;
		char *out = cdc_buf_reserve(text, CDC_JAVA_NUMBER_LEN + 1);
		int len = 0;

		memcpy(&number, data + i * sizeof(number), sizeof(number));
		if (i > 0)
			out[len++] = ',';
		len += cdc_java_double(number, out + len);
		cdc_buf_commit(text, len);
	}
}

/* "n" points, each in parentheses, separated by commas */
static void
put_points(CdcBuf *text, const char *data, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
	{
		if ((i & INTERRUPT_MASK) == 0)
			CHECK_FOR_INTERRUPTS();
		if (i > 0)
			cdc_buf_char(text, ',');
		cdc_buf_char(text, '(');
		put_numbers(text, data + i * sizeof(Point), 2);
		cdc_buf_char(text, ')');
	}
}

/* "data" is what follows the length word, here and in put_polygon() */
static bool
put_path(CdcBuf *text, const char *data, size_t len)
{
	const size_t header = offsetof(PATH, p) - VARHDRSZ;
	int32 npts;
	int32 closed;

	if (len < header)
		return false;
	memcpy(&npts, data + offsetof(PATH, npts) - VARHDRSZ, sizeof(npts));
	memcpy(&closed, data + offsetof(PATH, closed) - VARHDRSZ, sizeof(closed));
	if (npts < 0 || (len - header) / sizeof(Point) < npts)
		return false;

	cdc_buf_char(text, closed ? '(' : '[');
	put_points(text, data + header, npts);
	cdc_buf_char(text, closed ? ')' : ']');
	return true;
}

static bool
put_polygon(CdcBuf *text, const char *data, size_t len)
{
	const size_t header = offsetof(POLYGON, p) - VARHDRSZ;
	int32 npts;

	if (len < header)
		return false;
	memcpy(&npts, data + offsetof(POLYGON, npts) - VARHDRSZ, sizeof(npts));
	if (npts < 0 || (len - header) / sizeof(Point) < npts)
		return false;

	cdc_buf_char(text, '(');
	put_points(text, data + header, npts);
	cdc_buf_char(text, ')');
	return true;
}
