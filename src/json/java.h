/*
 * java.h
 *		Orders that come from Java's hash tables.
 *
 * Debezium keeps some things in a java.util.HashMap (the pairs of an hstore,
 * the tables of a transaction) and writes them in the order in which the map
 * happens to iterate.  That order is a function of the keys alone.
 */
#ifndef CDC_JAVA_H
#define CDC_JAVA_H

#include "json/buf.h"

/* String.hashCode(): over the UTF-16 units of a UTF-8 text (bad bytes count as U+FFFD) */
extern uint32_t cdc_java_string_hash(const char *utf8, size_t len);

/*
 * The order in which "new HashMap<String, …>()" iterates after "n" different
 * keys were put into it: order[i] is the index of the i-th key.  The caller
 * provides room for n of them; nothing is allocated.
 */
extern void cdc_java_hashmap_order(const CdcSlice *keys, int n, int *order);

#endif /* CDC_JAVA_H */
