/*
 * mappers.h
 *		Options that carry a parameter in their name: masks, hashes, truncation.
 */
#ifndef CDC_MAPPERS_H
#define CDC_MAPPERS_H

#include "options/options.h"

/* Adds a rule to options->mappers, after all that win over it. */
extern CdcMapper *cdc_mapper_add(CdcOptions *options, CdcMapperKind kind, CdcPatterns *columns);

/*
 * Sets a parametrised option.  False when "name" is none.  *repeatable tells
 * whether it may be given again: the parameter then is in the value.  "value"
 * is NULL when it is missing.
 */
extern bool cdc_mapper_option(CdcOptions *options, const char *name, const char *value, bool *repeatable);

/* The name for a message: without a salt, also where the name is misspelt. */
extern const char *cdc_mapper_safe_name(const char *name);

/* n-th row for cdc_json.options(), or NULL past the end. */
extern const CdcOptionInfo *cdc_mapper_info(int n);

#endif /* CDC_MAPPERS_H */
