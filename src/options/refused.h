/*
 * refused.h
 *		Properties that Debezium users know and that have no place here.
 */
#ifndef CDC_REFUSED_H
#define CDC_REFUSED_H

/* What to do instead of setting the property "name", as a full sentence; NULL: never heard of it. */
extern const char *cdc_refused_hint(const char *name);

#endif /* CDC_REFUSED_H */
