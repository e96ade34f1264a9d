/*
 * sql.h
 *		What the extension's SQL functions share.
 */
#ifndef CDC_SQL_H
#define CDC_SQL_H

#include "catalog/pg_type.h"
#include "nodes/makefuncs.h"
#include "nodes/parsenodes.h"
#include "utils/array.h"

/* A text[] of names and values as a List of DefElem. */
extern List *cdc_options_from_array(ArrayType *array);

#endif /* CDC_SQL_H */
