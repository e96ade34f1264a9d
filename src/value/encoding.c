/*
 * encoding.c
 *		From the server's encoding to UTF-8.
 *
 * What the plugin sends is UTF-8 whatever the database's encoding is: the
 * replication protocol converts nothing.  The conversion is the built-in one
 * of pg_catalog, so that neither a search_path nor a CREATE CONVERSION
 * changes events.  It is looked up once per process: names have to be
 * converted also where there is no transaction (a non-transactional message).
 *
 * Nothing here raises an error for what a column can hold.  Some encodings
 * accept characters that have no equivalent (EUC_JP F5A1, holes of the single
 * byte code pages): they become U+FFFD, and are counted.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_conversion.h"
#include "catalog/pg_namespace.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/memutils.h"

#include "value/value.h"

/* bytes that are converted at once; several times the longest character */
#define PIECE 4096

/* room for one converted piece, with the terminator that the server writes */
#define PIECE_ROOM (PIECE * MAX_CONVERSION_GROWTH + 1)

static const char replacement[] = "\xEF\xBF\xBD"; /* U+FFFD */

/* The conversion does not change in the life of a process; who counts does. */
static FmgrInfo conversion;
static uint64 uncounted;
static uint64 *invalid_characters = &uncounted;

static bool is_ascii(const char *data, size_t len);
static bool needs_conversion(const char *data, size_t len);
static size_t convert_piece(const char *src, size_t len, char *dst, size_t *used);

/*
 * Only MULE_INTERNAL cannot be converted.  It goes by name: newer servers
 * have neither the encoding nor its constant.
 */
bool
cdc_utf8_supported(void)
{
	return strcmp(GetDatabaseEncodingName(), "MULE_INTERNAL") != 0;
}

/*
 * Finds the conversion, unless that was done before, and has replaced
 * characters counted in *invalid from now on.  Reads the catalog when there
 * is something to find.
 */
void
cdc_utf8_init(uint64 *invalid)
{
	int encoding = GetDatabaseEncoding();
	Oid function;

	invalid_characters = invalid;
	if (OidIsValid(conversion.fn_oid) || encoding == PG_UTF8 || encoding == PG_SQL_ASCII)
		return;

	function = FindDefaultConversion(PG_CATALOG_NAMESPACE, encoding, PG_UTF8);
	if (!OidIsValid(function))
		ereport(ERROR,
				errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				errmsg("cannot convert text from encoding \"%s\" to \"UTF8\"",
					   GetDatabaseEncodingName()));

	/* The static copy is long-lived, but a C function's entry owns no memory. */
	fmgr_info_cxt(function, &conversion, TopMemoryContext);
}

/* Nothing is counted in *invalid any more; another session's counter stays. */
void
cdc_utf8_release(uint64 *invalid)
{
	if (invalid_characters == invalid)
		invalid_characters = &uncounted;
}

/*
 * The text in UTF-8: the argument itself where nothing has to be converted,
 * otherwise a copy in CurrentMemoryContext, which may be larger than 1 GB.
 */
CdcSlice
cdc_utf8(const char *data, size_t len)
{
	CdcSlice result = {data, len};
	char *text;
	size_t room;
	size_t written = 0;

	if (!needs_conversion(data, len))
		return result;

	/* most scripts of the old encodings take two bytes or fewer a character */
	room = len + len / 2 + PIECE_ROOM;
	text = MemoryContextAllocHuge(CurrentMemoryContext, room);
	while (len > 0)
	{
		size_t used;

		if (room - written < PIECE_ROOM)
		{
			room = written + len * 2 + PIECE_ROOM;
			text = repalloc_huge(text, room);
		}
		written += convert_piece(data, len, text + written, &used);
		data += used;
		len -= used;
		CHECK_FOR_INTERRUPTS();
	}
	result.data = text;
	result.len = written;
	return result;
}

/* The same for a name. */
const char *
cdc_utf8_cstring(const char *name)
{
	size_t len = strlen(name);
	CdcSlice text = cdc_utf8(name, len);

	return text.data == name ? name : pnstrdup(text.data, text.len);
}

/*
 * Writes the text as a JSON string.  Unlike cdc_utf8() it never holds a
 * second copy of a long value.
 */
void
cdc_utf8_json(CdcBuf *buf, const char *data, size_t len)
{
	char piece[PIECE_ROOM];

	if (!needs_conversion(data, len))
	{
		cdc_put_string(buf, data, len);
		return;
	}

	cdc_put_string_begin(buf);
	while (len > 0)
	{
		size_t used;
		size_t written = convert_piece(data, len, piece, &used);

		cdc_put_string_part(buf, piece, written);
		data += used;
		len -= used;
		CHECK_FOR_INTERRUPTS();
	}
	cdc_put_string_end(buf);
}

/*
 * Converts the beginning of the text, at most PIECE bytes of it, to "dst"
 * (PIECE_ROOM bytes).  Sets *used, at least 1, and returns the bytes written.
 */
static size_t
convert_piece(const char *src, size_t len, char *dst, size_t *used)
{
	int take = (int) Min(len, PIECE);
	int done = 0;
	size_t written;
	int width;

	dst[0] = '\0';
	if (OidIsValid(conversion.fn_oid))
		done = DatumGetInt32(FunctionCall6(&conversion,
										   Int32GetDatum(GetDatabaseEncoding()),
										   Int32GetDatum(PG_UTF8),
										   CStringGetDatum(src),
										   CStringGetDatum(dst),
										   Int32GetDatum(take),
										   BoolGetDatum(true)));
	written = strlen(dst);
	*used = done;
	if (done == take)
		return written;

	/*
	 * The conversion stopped.  Either the piece ends within a character, and
	 * then the next piece begins with it, or this one cannot be converted.
	 * An ASCII byte stops it when it is a NUL, or when no conversion was found
	 * yet, which only a name outside any transaction can meet.
	 */
	width = pg_encoding_verifymbchar(GetDatabaseEncoding(), src + done,
									 (int) Min(len - done, MAX_MULTIBYTE_CHAR_LEN));
	if (width > 0 && done > 0 && done + width > take)
		return written;
	if (!IS_HIGHBIT_SET(src[done]))
	{
		dst[written++] = src[done];
		*used = done + 1;
		return written;
	}
	memcpy(dst + written, replacement, sizeof(replacement) - 1);
	(*invalid_characters)++;
	*used = done + Max(width, 1);
	return written + sizeof(replacement) - 1;
}

static bool
needs_conversion(const char *data, size_t len)
{
	int encoding = GetDatabaseEncoding();

	return encoding != PG_UTF8 && encoding != PG_SQL_ASCII && !is_ascii(data, len);
}

/* Every server encoding has the ASCII characters, and them alone, below 0x80. */
static bool
is_ascii(const char *data, size_t len)
{
	const char *end = data + len;
	uint64 seen = 0;

	for (; end - data >= (ptrdiff_t) sizeof(uint64); data += sizeof(uint64))
	{
		uint64 word;

		memcpy(&word, data, sizeof(word));
		seen |= word;
		if (seen & UINT64CONST(0x8080808080808080))
			return false;
	}
	for (; data < end; data++)
		seen |= (unsigned char) *data;
	return (seen & UINT64CONST(0x8080808080808080)) == 0;
}
