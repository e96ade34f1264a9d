/*
 * flat.c
 *		Option unwrap: rows alone, as Debezium's ExtractNewRecordState makes
 *		them of events; what of it is constant.
 *
 * Format reference, section 12.1.  Everything constant is rendered with the
 * table's description: the head with the schema, the members' names, and the
 * values that the table or the session decides.
 */
#include "postgres.h"

#include "event/flat.h"
#include "event/schema.h"

/* What a member of the envelope is called there: its schema is found by that. */
static const CdcSchema *
field_of(const CdcSchema *schema, const char *name)
{
	for (int i = 0; i < schema->nfields; i++)
		if (strcmp(schema->fields[i].name, name) == 0)
			return schema->fields[i].schema;
	return NULL;
}

/*
 * The schema of an added field: the member's own, optional and without its
 * default (FieldReference.getSchema).
 */
static CdcSchema *
added_schema(const CdcFieldReference *reference, const CdcColumn *column)
{
	const CdcSchema *schema;
	CdcSchema *copy;

	if (column)
		schema = column->schema;
	else if (reference->kind >= CDC_FIELD_SOURCE_VERSION)
		schema = field_of(cdc_schema_source(), reference->field);
	else if (reference->kind >= CDC_FIELD_TRANSACTION_ID)
		schema = field_of(cdc_schema_event_block(), reference->field);
	else
		schema = cdc_schema_make(reference->kind == CDC_FIELD_OP ? CDC_STRING : CDC_INT64, NULL, 0);
	copy = cdc_schema_copy(schema, true);
	copy->default_json = NULL;
	return copy;
}

static CdcColumn *
find_column(const CdcTable *table, const char *name)
{
	for (int i = 0; i < table->ncolumns; i++)
		if (strcmp(table->columns[i].name, name) == 0)
			return &table->columns[i];
	return NULL;
}

static bool
is_taken(const CdcTable *table, const char *name)
{
	for (int i = 0; i < table->ncolumns; i++)
		if (strcmp(table->columns[i].field, name) == 0)
			return true;
	return false;
}

static bool
adds_deleted(const CdcOptions *options)
{
	return options->delete_handling == CDC_DELETE_REWRITE || options->delete_handling == CDC_DELETE_REWRITE_WITH_TOMBSTONE;
}

/* ---------- preparing ---------- */

static CdcSlice
json_string(const CdcEventConstants *constants, const char *text)
{
	CdcSlice slice = {NULL, 0};

	slice.data = cdc_constant_string(constants->value_settings, text, strlen(text));
	slice.len = strlen(slice.data);
	return slice;
}

static CdcSlice
constant_value(const CdcFieldReference *reference, const CdcEventConstants *constants, const CdcTable *table)
{
	CdcSlice none = {NULL, 0};

	switch (reference->kind)
	{
		case CDC_FIELD_SOURCE_VERSION:
			return json_string(constants, CDC_JSON_VERSION);
		case CDC_FIELD_SOURCE_CONNECTOR:
			return json_string(constants, "postgresql");
		case CDC_FIELD_SOURCE_NAME:
			return json_string(constants, constants->prefix);
		case CDC_FIELD_SOURCE_DB:
			return json_string(constants, constants->database);
		case CDC_FIELD_SOURCE_SCHEMA:
			return json_string(constants, cdc_utf8_cstring(table->schema_name));
		case CDC_FIELD_SOURCE_TABLE:
			return json_string(constants, cdc_utf8_cstring(table->table_name));
		default:
			return none;
	}
}

/*
 * A column that is added from one of the rows: a NULL stays one, because the
 * field has no default (getWithoutDefault).  As a header it is written as
 * Connect's headers are.
 */
static void
set_column(CdcFlatField *field, const CdcColumn *column, const CdcEventConstants *constants, bool header)
{
	static const CdcSlice null = {"null", 4};

	field->column = *column;
	if (header)
	{
		CdcType *type = palloc(sizeof(CdcType));

		*type = *column->type;
		type->settings = constants->header_settings;
		field->column.type = type;
	}
	if (!column->type->null_json)
		field->column.null_text = null;
}

/* The fields of a list that this table's events have. */
static CdcFlatField *
prepare_fields(List *references, const char *prefix, bool header, const CdcTable *table,
			   const CdcEventConstants *constants, struct CdcFlat *flat, int *n)
{
	CdcFlatField *fields = palloc0(sizeof(CdcFlatField) * Max(list_length(references), 1));
	ListCell *cell;

	*n = 0;
	foreach(cell, references)
	{
		const CdcFieldReference *reference = lfirst(cell);
		CdcFlatField *field = &fields[*n];
		bool is_column = reference->kind == CDC_FIELD_BEFORE || reference->kind == CDC_FIELD_AFTER;
		const CdcColumn *column = is_column ? find_column(table, reference->field) : NULL;

		field->name = psprintf("%s%s", cdc_utf8_cstring(prefix), cdc_utf8_cstring(reference->name));
		if (is_column && !column)
			continue;
		if (!header && (is_taken(table, field->name) || (flat->deleted && strcmp(field->name, "__deleted") == 0)))
		{
			ereport(LOG,
					(errmsg("field \"%s\" is not added to rows of table \"%s.%s\"", reference->name, table->schema_name, table->table_name),
					 errdetail("They have a field of this name."),
					 errhint("Give the added one another name, or another prefix with \"add.fields.prefix\".")));
			continue;
		}
		field->kind = reference->kind;
		field->constant = constant_value(reference, constants, table);
		field->schema = added_schema(reference, column);
		if (column)
			set_column(field, column, constants, header);
		if (field->kind >= CDC_FIELD_TS_MS && field->kind <= CDC_FIELD_TS_NS)
			flat->needs_clock = true;
		(*n)++;
	}
	return fields;
}

static void
render_member(CdcFlatField *field, const CdcEventConstants *constants)
{
	CdcBuf buf;

	cdc_buf_palloc(&buf, 64);
	buf.ascii = constants->value_settings->ascii;
	cdc_json_member(&buf, false, field->name, strlen(field->name));
	field->member = cdc_buf_slice(&buf);
}

/* The row's struct and what is added; without the columns that "dropped" marks, NULL: none. */
CdcSchema *
cdc_flat_schema_without(const CdcEventConstants *constants, const CdcTable *table, const struct CdcFlat *flat, const bool *dropped)
{
	CdcSchema *schema = cdc_event_row_schema(constants, table);

	if (dropped)
	{
		CdcSchema *all = schema;

		schema = cdc_schema_struct(all->name, 0, NULL);
		for (int i = 0; i < table->ncolumns; i++)
			if (!dropped[i])
				cdc_schema_add_field(schema, table->columns[i].field, table->columns[i].schema);
	}
	if (flat->deleted)
	{
		CdcSchema *string = cdc_schema_make(CDC_STRING, NULL, 0);

		string->optional = true;
		cdc_schema_add_field(schema, "__deleted", string);
	}
	for (int i = 0; i < flat->nfields; i++)
		cdc_schema_add_field(schema, flat->fields[i].name, unconstify(CdcSchema *, flat->fields[i].schema));
	return schema;
}

CdcSchema *
cdc_flat_schema(const CdcEventConstants *constants, const CdcTable *table)
{
	const CdcTemplate *template = table->template;

	return cdc_flat_schema_without(constants, table, template->flat, NULL);
}

/* {"schema":…,"payload":null} or null: the schema is that of "after", which may be null */
static CdcSlice
null_value(const CdcEventConstants *constants, const CdcTable *table)
{
	CdcBuf buf;
	CdcSlice head = cdc_event_head(constants->value_settings, cdc_schema_copy(cdc_event_row_schema(constants, table), true));

	cdc_buf_palloc(&buf, head.len + 8);
	cdc_buf_append(&buf, head.data, head.len);
	cdc_json_null(&buf);
	if (head.len > 0)
		cdc_buf_char(&buf, '}');
	return cdc_buf_slice(&buf);
}

/* Renders what is constant for a table's flattened rows, in CurrentMemoryContext. */
void
cdc_flat_prepare(CdcTable *table, const CdcEventConstants *constants)
{
	const CdcOptions *options = constants->options;
	struct CdcFlat *flat = palloc0(sizeof(struct CdcFlat));
	CdcTemplate *template = table->template;

	flat->deleted = adds_deleted(options) && !is_taken(table, "__deleted");
	flat->fields = prepare_fields(options->add_fields, options->fields_prefix, false, table, constants, flat, &flat->nfields);
	flat->headers = prepare_fields(options->add_headers, options->headers_prefix, true, table, constants, flat, &flat->nheaders);
	for (int i = 0; i < flat->nfields; i++)
		render_member(&flat->fields[i], constants);
	flat->head = cdc_event_head(constants->value_settings, cdc_flat_schema_without(constants, table, flat, NULL));
	flat->tail = flat->head.len > 0 ? "}}" : "}";
	if (options->delete_handling == CDC_DELETE_TOMBSTONE)
		flat->null_value = null_value(constants, table);
	if (options->route_by_field)
	{
		/* Struct.getString() takes strings only */
		flat->route = find_column(table, options->route_by_field);
		if (flat->route && flat->route->schema->type != CDC_STRING)
			flat->route = NULL;
		if (!flat->route)
			ereport(LOG,
					(errmsg("rows of table \"%s.%s\" keep their topic", table->schema_name, table->table_name),
					 errdetail("The table has no column \"%s\" that is sent as a string.", options->route_by_field)));
	}
	template->flat = flat;
	template->shape = cdc_flat_shape;
}
