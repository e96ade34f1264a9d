/*
 * context.c
 *		Who did it: what a session says of its transaction, as headers.
 *
 * A message with prefix cdc_json.context holds a JSON object, such as
 * {"actor":"alice","request":"4711"}.  Its members are rendered once, and
 * copied into the headers of every record of the transaction after it: they
 * are kept small, because they are repeated.
 */
#include "postgres.h"

#include "event/context.h"
#include "event/headers.h"
#include "json/reader.h"

#define MAX_CONTENT 8192
#define MAX_NAME 128

const char *
cdc_context_problem(CdcSlice content)
{
	const char *p;
	CdcSlice name;
	CdcSlice value;
	int n = 0;

	if (content.len > MAX_CONTENT)
		return "It is longer than 8192 bytes.";
	if (!cdc_json_valid(content.data, content.len))
		return "It is not valid JSON.";
	p = cdc_json_start(pnstrdup(content.data, content.len));
	if (*p != '{')
		return "It is not a JSON object.";
	while (cdc_json_next_member(&p, &name, &value))
	{
		if (++n > CDC_CONTEXT_MEMBERS)
			return "It has more than 32 members.";
		if (name.len <= 2 || name.len - 2 > MAX_NAME)
			return "The names of its members have 1 to 128 bytes.";
	}
	return NULL;
}

/* Renders one header as if others were before it: it begins with a comma in JSON. */
static void
add_header(CdcContext *context, CdcHeaders *headers, const char *name, CdcSlice value)
{
	CdcContextHeader *header = &context->headers[context->count];

	for (int i = 0; i < context->count; i++)
		if (strcmp(context->names.data + context->headers[i].name, name) == 0)
			return;
	header->name = context->names.len;
	cdc_buf_append(&context->names, name, strlen(name) + 1);
	headers->count = 1;
	header->start = context->text.len;
	cdc_header_json(headers, name, value.data, value.len);
	header->len = context->text.len - header->start;
	context->count++;
}

void
cdc_context_init(CdcContext *context)
{
	if (!context->text.data)
	{
		cdc_buf_palloc(&context->text, 256);
		cdc_buf_palloc(&context->names, 256);
	}
}

bool
cdc_context_read(CdcContext *context, const CdcRecordWriter *writer, CdcSlice content)
{
	const CdcOptions *options = writer->setup->options;
	CdcHeaders headers = {NULL, &context->text, options->format == CDC_FORMAT_FRAME};
	const char *prefix = cdc_utf8_cstring(options->context_prefix);
	const char *p;
	CdcSlice name;
	CdcSlice value;

	context->count = 0;
	context->text.ascii = writer->buf.ascii;
	context->text.len = context->names.len = 0;
	if (cdc_context_problem(content))
		return false;
	p = cdc_json_start(pnstrdup(content.data, content.len));
	while (cdc_json_next_member(&p, &name, &value))
	{
		CdcSlice text = cdc_unquote(name.data, name.len);

		if (value.data[0] != 'n')
			add_header(context, &headers, psprintf("%s%.*s", prefix, (int) text.len, text.data), value);
	}
	return true;
}
