/*
 * dialect.h
 *		What Java's regular expressions have and PostgreSQL's have not.
 */
#ifndef CDC_DIALECT_H
#define CDC_DIALECT_H

/* Why an expression is refused; all texts are allocated in CurrentMemoryContext or constant. */
typedef struct CdcDialectProblem
{
	const char *detail; /* a full sentence that names the construct */
	const char *hint; /* how to write it, NULL: nothing to say */
} CdcDialectProblem;

/*
 * Reads "text" the way PostgreSQL would and reports the first construct that
 * Java reads otherwise, or that cannot stand in the middle of a longer
 * expression.  False, with *problem filled in, when there is one.
 */
extern bool cdc_dialect_check(const char *text, CdcDialectProblem *problem);

#endif /* CDC_DIALECT_H */
