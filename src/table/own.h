/*
 * own.h
 *		Tables of the extension itself.
 */
#ifndef CDC_OWN_H
#define CDC_OWN_H

#include "access/attnum.h"
#include "utils/relcache.h"

/* The table whose rows hold tokens of incremental snapshots, and that column. */
#define CDC_SNAPSHOT_TABLE "snapshot_table"
#define CDC_TOKEN_COLUMN "token"
#define CDC_TOKEN_SIZE 16

/*
 * Does the table belong to extension cdc_json, as of the catalog snapshot in
 * effect?  Such tables are no part of the stream.  *token is the number of the
 * column with tokens, 0 without one.  Needs a transaction.
 */
extern bool cdc_table_is_own(Relation relation, AttrNumber *token);

#endif /* CDC_OWN_H */
