/*
 * plugin.c
 *		Entry point of the output plugin: start and end of a slot session.
 *
 * From here: a change enters in change.c, becomes events (event/), which are
 * put into messages (message.c) between begin and commit (transaction.c).
 */
#include "postgres.h"

#include "fmgr.h"
#include "mb/pg_wchar.h"

#include "compat.h"
#include "plugin/session.h"

CDC_MODULE_MAGIC;

/*
 * Called at slot creation and when reading starts.  A walsender has no
 * transaction here, so nothing may look at a catalog.
 */
static void
startup_cb(LogicalDecodingContext *ctx, OutputPluginOptions *opt, bool is_init)
{
	CdcOptions *options;

	if (!cdc_utf8_supported())
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("encoding \"%s\" of the database cannot be converted to UTF8", GetDatabaseEncodingName()),
				 errdetail("Events are JSON, and JSON is UTF8.")));
	options = cdc_options_parse(ctx->output_plugin_options);
	cdc_options_check_converters(options);
	opt->output_type = options->format == CDC_FORMAT_FRAME ? OUTPUT_PLUGIN_BINARY_OUTPUT : OUTPUT_PLUGIN_TEXTUAL_OUTPUT;
	opt->receive_rewrites = false;
	ctx->streaming = false;
	ctx->twophase = false;
	if (!is_init)
		ctx->output_plugin_private = cdc_session_create(ctx, options);
}

/* Not called after an error; all memory goes with the decoding context. */
static void
shutdown_cb(LogicalDecodingContext *ctx)
{
	if (ctx->output_plugin_private)
		cdc_session_report(ctx->output_plugin_private);
}

static bool
filter_by_origin_cb(LogicalDecodingContext *ctx, CdcOriginId origin_id)
{
	CdcSession *session = ctx->output_plugin_private;

	return session && session->setup.options->origin == CDC_ORIGIN_NONE && origin_id != CDC_INVALID_ORIGIN;
}

void
_PG_output_plugin_init(OutputPluginCallbacks *cb)
{
	cb->startup_cb = startup_cb;
	cb->begin_cb = cdc_begin_cb;
	cb->change_cb = cdc_change_cb;
	cb->truncate_cb = cdc_truncate_cb;
	cb->commit_cb = cdc_commit_cb;
	cb->message_cb = cdc_message_cb;
	cb->filter_by_origin_cb = filter_by_origin_cb;
	cb->shutdown_cb = shutdown_cb;
}
