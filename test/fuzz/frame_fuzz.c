/*
 * frame_fuzz.c
 *		The relay's frame parser against arbitrary bytes.
 *
 * Everything that a record points to is read, so that the address sanitizer
 * sees whatever lies outside of the input.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "relay/record.h"

extern int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static volatile unsigned sum;

static void
touch(const RelayBytes *bytes)
{
	for (size_t i = 0; i < bytes->len; i++)
		sum += (unsigned char) bytes->data[i];
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	RelayFrame frame;
	RelayRecord record;
	uint32_t n = 0;

	if (!relay_frame_open(&frame, (const char *) data, size))
		return 0;
	while (relay_frame_next(&frame, &record))
	{
		RelayBytes rest = record.headers;
		RelayHeader header;
		uint32_t headers = 0;

		n++;
		touch(&record.topic);
		touch(&record.key);
		touch(&record.value);
		touch(&record.before);
		touch(&record.after);
		while (relay_frame_header(&rest, &header))
		{
			touch(&header.name);
			touch(&header.value);
			headers++;
		}
		if (headers != record.nheaders || rest.len != 0)
			abort();
	}
	if (!frame.error && (n != frame.records || frame.rest.len != 0))
		abort();
	return 0;
}
