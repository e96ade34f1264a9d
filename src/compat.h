/*
 * compat.h
 *		The only file that knows server versions.
 *
 * Code elsewhere is written for the newest server; here the older ones are
 * given its spelling.
 */
#ifndef CDC_COMPAT_H
#define CDC_COMPAT_H

#if PG_VERSION_NUM < 150000
#error "cdc_json needs PostgreSQL 15 or later"
#elif PG_VERSION_NUM >= 200000
#error "cdc_json knows PostgreSQL 15 to 19: a later server needs a later cdc_json"
#endif

#include "access/htup_details.h"
#include "replication/origin.h"
#include "replication/reorderbuffer.h"

#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

/*
 * What is used of utils/pg_locale.h, which asks for the headers of ICU: the
 * server's header packages come without them.
 */
extern PGDLLIMPORT char *locale_monetary;
extern struct lconv *PGLC_localeconv(void);

/* 16 declares it in replication/output_plugin.h */
#if PG_VERSION_NUM < 160000
struct OutputPluginCallbacks;
extern PGDLLEXPORT void _PG_output_plugin_init(struct OutputPluginCallbacks *cb);
#endif

/* 17: tuples of a change are HeapTuples (ReorderBufferTupleBuf removed) */
static inline HeapTuple
cdc_new_tuple(const ReorderBufferChange *change)
{
#if PG_VERSION_NUM >= 170000
	return change->data.tp.newtuple;
#else
	return change->data.tp.newtuple ? &change->data.tp.newtuple->tuple : NULL;
#endif
}

static inline HeapTuple
cdc_old_tuple(const ReorderBufferChange *change)
{
#if PG_VERSION_NUM >= 170000
	return change->data.tp.oldtuple;
#else
	return change->data.tp.oldtuple ? &change->data.tp.oldtuple->tuple : NULL;
#endif
}

/* 16: rbtxn_get_toptxn() */
static inline const ReorderBufferTXN *
cdc_top_transaction(const ReorderBufferTXN *txn)
{
	return txn->toptxn ? txn->toptxn : txn;
}

/* 19: the union with the commit time has no name any more */
static inline TimestampTz
cdc_commit_time(const ReorderBufferTXN *txn)
{
#if PG_VERSION_NUM >= 190000
	return txn->commit_time;
#else
	return txn->xact_time.commit_time;
#endif
}

/* 19: ReplOriginId */
#if PG_VERSION_NUM >= 190000
typedef ReplOriginId CdcOriginId;
#define CDC_INVALID_ORIGIN InvalidReplOriginId
#else
typedef RepOriginId CdcOriginId;
#define CDC_INVALID_ORIGIN InvalidRepOriginId
#endif

/* 17: a message may be flushed at once, which ours never are */
#if PG_VERSION_NUM >= 170000
#define cdc_log_message(prefix, data, len) LogLogicalMessage(prefix, data, len, true, false)
#else
#define cdc_log_message(prefix, data, len) LogLogicalMessage(prefix, data, len, true)
#endif

/* 18: virtual generated columns, which the log does not hold */
#ifdef ATTRIBUTE_GENERATED_VIRTUAL
#define CDC_IS_VIRTUAL(att) ((att)->attgenerated == ATTRIBUTE_GENERATED_VIRTUAL)
#else
#define CDC_IS_VIRTUAL(att) false
#endif

/* 18: a library says its name and version */
#ifdef PG_MODULE_MAGIC_EXT
#define CDC_MODULE_MAGIC PG_MODULE_MAGIC_EXT(.name = "cdc_json", .version = CDC_JSON_VERSION)
#else
#define CDC_MODULE_MAGIC PG_MODULE_MAGIC
#endif

/* 16: compiled regular expressions live in the current memory context */
#define CDC_REGEX_IN_MALLOC (PG_VERSION_NUM < 160000)

/* 16: the server itself reports progress while a transaction is skipped */
#define CDC_SERVER_REPORTS_PROGRESS (PG_VERSION_NUM >= 160000)

#endif /* CDC_COMPAT_H */
