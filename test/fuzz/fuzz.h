/*
 * fuzz.h
 *		What the fuzz targets share.  Each has LLVMFuzzerTestOneInput, which
 *		checks what must hold for any input; buffers are those of ../unit.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include "unit.h"

extern int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Stops the run and keeps the input, with any NDEBUG. */
#define FUZZ_CHECK(condition) \
	do \
	{ \
		if (!(condition)) \
		{ \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
			abort(); \
		} \
	} while (0)

#endif /* FUZZ_H */
