/*
 * route.h
 *		From the value that an event is routed by to its topic.
 */
#ifndef CDC_ROUTE_H
#define CDC_ROUTE_H

#include <stddef.h>

typedef struct CdcRoute CdcRoute;

/*
 * Compiles outbox.route.topic.regex (NULL: everything) and
 * outbox.route.topic.replacement in CurrentMemoryContext.  Raises ERROR naming
 * the option that is not valid.
 */
extern CdcRoute *cdc_route_compile(const char *regex, const char *replacement);

/* The topic for a value of "len" bytes of UTF-8, palloc'd and terminated. */
extern const char *cdc_route_topic(const CdcRoute *route, const char *value, size_t len);

#endif /* CDC_ROUTE_H */
