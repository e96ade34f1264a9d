/*
 * unit.h
 *		What the unit tests share: counting checks, and buffers without a server.
 */
#ifndef UNIT_H
#define UNIT_H

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "json/buf.h"

#define UNIT_LENGTH(array) ((int) (sizeof(array) / sizeof((array)[0])))

/*
 * What follows, up to the next call, counts as one test, which passes if all
 * its checks do: they are too many to count.
 */
extern void unit_test(const char *name);

/* A check; if it failed, it is printed as a line, printf-like. */
extern void unit_check(bool ok, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Checks that two texts are the same and prints both, in ASCII, if not. */
extern void unit_equal(const char *what, const char *actual, size_t actual_len,
					   const char *expected, size_t expected_len);

/* Prints "N passed, N failed"; returns the exit status. */
extern int unit_end(void);

/* A small generator of random numbers that are the same everywhere. */
extern uint64_t unit_random(void);

/*
 * An empty buffer that never has a byte more than was reserved, so that a
 * sanitizer sees the first one beyond; to be freed with unit_free.
 */
extern CdcBuf unit_buf(void);
extern void unit_free(CdcBuf *buf);

/* A buffer that throws away what it holds whenever more room is needed. */
typedef struct UnitMeasure
{
	CdcBuf buf;
	size_t largest; /* most room that was asked for at once */
} UnitMeasure;

extern void unit_measure_init(UnitMeasure *measure);
extern size_t unit_measure_len(const UnitMeasure *measure);

#endif /* UNIT_H */
