/*
 * setup.c
 *		Everything that options and database decide for all tables.
 */
#include "postgres.h"

#include "commands/dbcommands.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/lsyscache.h"

#include "event/setup.h"

static void
init_settings(CdcSettings *settings, CdcSetup *setup, const CdcConverter *converter)
{
	settings->options = setup->options;
	settings->converter = converter;
	settings->quirks = setup->options->quirks;
	settings->fits = setup->options->quirks || converter->schemas_enable || converter->kind == CDC_CONVERTER_AVRO;
	settings->counters = &setup->counters;
}

void
cdc_setup_init(CdcSetup *setup, CdcOptions *options)
{
	setup->options = options;
	init_settings(&setup->key_settings, setup, &options->key);
	setup->header_converter = options->key;
	setup->header_converter.kind = CDC_CONVERTER_JSON;
	setup->header_converter.decimal_format = CDC_DECIMAL_FORMAT_NUMERIC;
	init_settings(&setup->header_settings, setup, &setup->header_converter);
	init_settings(&setup->value_settings, setup, &options->value);
}

void
cdc_setup_resolve(CdcSetup *setup, bool sql)
{
	CdcOptions *options = setup->options;
	CdcEventConstants *constants = &setup->constants;
	CdcTableContext *tables = &setup->tables;
	char *database = get_database_name(MyDatabaseId);

	setup->key_settings.ascii = setup->header_settings.ascii = setup->value_settings.ascii = sql && GetDatabaseEncoding() != PG_UTF8;
	cdc_utf8_init(&setup->counters.invalid_characters);
	if (!options->unavailable_is_bytes)
	{
		CdcSlice text = cdc_utf8(options->unavailable_placeholder, options->unavailable_placeholder_len);

		options->unavailable_placeholder = text.data;
		options->unavailable_placeholder_len = text.len;
		options->unavailable_is_bytes = true;
	}
	setup->key_settings.placeholder = setup->header_settings.placeholder = setup->value_settings.placeholder =
		cdc_constant_string(&setup->value_settings, options->unavailable_placeholder, options->unavailable_placeholder_len);
	constants->options = options;
	constants->key_settings = &setup->key_settings;
	constants->value_settings = &setup->value_settings;
	constants->header_settings = &setup->header_settings;
	constants->database = cdc_utf8_cstring(database ? database : "");
	constants->prefix = options->topic_prefix ? options->topic_prefix : cdc_name_prefix(constants->database);
	cdc_event_constants(constants);

	tables->options = options;
	tables->key_settings = &setup->key_settings;
	tables->header_settings = &setup->header_settings;
	tables->value_settings = &setup->value_settings;
	tables->prefix = constants->prefix;
	tables->prepare = cdc_event_template;
	tables->prepare_arg = constants;
}
