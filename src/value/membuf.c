/*
 * membuf.c
 *		A CdcBuf that keeps its bytes in palloc'd memory.
 *
 * For what is rendered outside a message: constants of a table's description,
 * schema documents, parts that are measured before they are written.  It
 * lives in the context that was current when it was made, and is freed by
 * that context's reset.
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "value/value.h"

static void grow_palloc(CdcBuf *buf, size_t need);

/* Makes "buf" an empty buffer with room for "initial" bytes. */
void
cdc_buf_palloc(CdcBuf *buf, size_t initial)
{
	memset(buf, 0, sizeof(*buf));
	buf->cap = Max(initial, 16);
	buf->data = palloc_extended(buf->cap, MCXT_ALLOC_HUGE);
	buf->grow = grow_palloc;
}

/*
 * What was written, terminated, in memory of its own size.  The buffer is
 * freed: descriptions of tables are many, and keep what is rendered for them.
 */
char *
cdc_buf_cstring(CdcBuf *buf)
{
	char *text = palloc_extended(buf->len + 1, MCXT_ALLOC_HUGE);

	memcpy(text, buf->data, buf->len);
	text[buf->len] = '\0';
	pfree(buf->data);
	buf->data = NULL;
	return text;
}

CdcSlice
cdc_buf_slice(CdcBuf *buf)
{
	CdcSlice slice = {NULL, buf->len};

	slice.data = cdc_buf_cstring(buf);
	return slice;
}

/*
 * Doubles up to MaxAllocSize.  Beyond that the buffer takes what it needs and
 * an eighth more: escapes can make a text of 1 GB six times as long, and it is
 * the writer of the message who decides that this is too much.  An allocation
 * limit here would be an ERROR, which stops the slot for good.
 */
static void
grow_palloc(CdcBuf *buf, size_t need)
{
	size_t least = buf->len + need;
	size_t cap = buf->cap;

	while (cap < least && cap < MaxAllocSize)
		cap *= 2;
	if (cap > MaxAllocSize)
		cap = MaxAllocSize;
	if (cap < least)
		cap = least + least / 8;
	buf->data = repalloc_huge(buf->data, cap);
	buf->cap = cap;
}
