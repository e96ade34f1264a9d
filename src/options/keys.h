/*
 * keys.h
 *		message.key.columns: which columns make the key of which tables.
 */
#ifndef CDC_KEYS_H
#define CDC_KEYS_H

#include "nodes/pg_list.h"

/* "table:column,column;table:column" as a List of CdcKeyRule *, or ERROR. */
extern List *cdc_keys_parse(const char *option, const char *value);

#endif /* CDC_KEYS_H */
