/*
 * fields.c
 *		add.fields and add.headers of ExtractNewRecordState, and the outbox
 *		router's table.fields.additional.placement.
 *
 * Debezium (AbstractExtractNewRecordState.FieldReference) finds out at the
 * first event whether a field exists, and then leaves it out, or ends.  What
 * events consist of is known here, so that a wrong name is an error at once;
 * only columns are looked up table by table.
 */
#include "postgres.h"

#include "options/fields.h"
#include "options/values.h"

/* Members by the struct that they are in; NULL: the envelope itself. */
typedef struct Member
{
	const char *parent;
	const char *name;
	CdcFieldKind kind;
} Member;

static const Member members[] = {
	{NULL, "op", CDC_FIELD_OP},
	{NULL, "ts_ms", CDC_FIELD_TS_MS},
	{NULL, "ts_us", CDC_FIELD_TS_US},
	{NULL, "ts_ns", CDC_FIELD_TS_NS},
	{"transaction", "id", CDC_FIELD_TRANSACTION_ID},
	{"transaction", "total_order", CDC_FIELD_TRANSACTION_TOTAL_ORDER},
	{"transaction", "data_collection_order", CDC_FIELD_TRANSACTION_DATA_COLLECTION_ORDER},
	{"source", "version", CDC_FIELD_SOURCE_VERSION},
	{"source", "connector", CDC_FIELD_SOURCE_CONNECTOR},
	{"source", "name", CDC_FIELD_SOURCE_NAME},
	{"source", "ts_ms", CDC_FIELD_SOURCE_TS_MS},
	{"source", "snapshot", CDC_FIELD_SOURCE_SNAPSHOT},
	{"source", "db", CDC_FIELD_SOURCE_DB},
	{"source", "sequence", CDC_FIELD_SOURCE_SEQUENCE},
	{"source", "ts_us", CDC_FIELD_SOURCE_TS_US},
	{"source", "ts_ns", CDC_FIELD_SOURCE_TS_NS},
	{"source", "schema", CDC_FIELD_SOURCE_SCHEMA},
	{"source", "table", CDC_FIELD_SOURCE_TABLE},
	{"source", "txId", CDC_FIELD_SOURCE_TXID},
	{"source", "lsn", CDC_FIELD_SOURCE_LSN},
	{"source", "xmin", CDC_FIELD_SOURCE_XMIN},
	{"source", "origin", CDC_FIELD_SOURCE_ORIGIN},
	{"source", "origin_lsn", CDC_FIELD_SOURCE_ORIGIN_LSN},
};

#define FIELD_HINT \
	"Fields are \"op\", \"ts_ms\", \"ts_us\" and \"ts_ns\"; \"transaction.id\", \"transaction.total_order\" and " \
	"\"transaction.data_collection_order\"; the members of \"source\", such as \"source.lsn\"; and columns, as " \
	"\"before.<column>\" and \"after.<column>\". A colon and a new name may follow."

#define PLACEMENT_HINT "An entry is \"<column>:<placement>\" or \"<column>:<placement>:<alias>\", the placement " \
					   "\"header\", \"envelope\" or \"partition\"."

static void
invalid(const char *option, const char *entry, const char *detail, const char *hint)
{
	ereport(ERROR,
			errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			errmsg("invalid value for option \"%s\": \"%s\"", option, cdc_value_clip(entry)),
			detail ? errdetail("%s", detail) : 0,
			errhint("%s", hint));
}

/* Splits at colons, blanks around the parts trimmed; how many parts there are, -1 if one is empty or too many. */
static int
split_colons(const char *entry, const char **parts, int most)
{
	int n = 0;

	for (;;)
	{
		size_t len = strcspn(entry, ":");

		if (n == most)
			return -1;
		parts[n] = cdc_value_trim(entry, len);
		if (*parts[n++] == '\0')
			return -1;
		if (entry[len] == '\0')
			return n;
		entry += len + 1;
	}
}

static const Member *
find_member(const char *parent, const char *name)
{
	for (int i = 0; i < lengthof(members); i++)
	{
		const Member *m = &members[i];

		if (strcmp(m->name, name) == 0 && (parent ? m->parent && strcmp(m->parent, parent) == 0 : !m->parent))
			return m;
	}
	return NULL;
}

/*
 * The member that a name stands for.  A bare one is the envelope's, the
 * transaction's or the source's, in this order: determineStruct().  What a
 * struct lacks is looked for in the envelope.
 */
static const Member *
resolve(const char *parent, const char *name)
{
	const Member *member;

	if (parent)
	{
		member = find_member(parent, name);
		return member ? member : find_member(NULL, name);
	}
	member = find_member(NULL, name);
	if (!member)
		member = find_member("transaction", name);
	return member ? member : find_member("source", name);
}

static CdcFieldReference *
parse_field(const char *option, const char *entry)
{
	CdcFieldReference *reference = palloc0(sizeof(CdcFieldReference));
	const char *parts[2];
	int nparts = split_colons(entry, parts, 2);
	const char *dot;
	const char *parent = NULL;
	const Member *member;

	if (nparts < 0)
		invalid(option, entry, NULL, FIELD_HINT);
	dot = strchr(parts[0], '.');
	if (dot)
		parent = pnstrdup(parts[0], dot - parts[0]);
	reference->field = dot ? dot + 1 : parts[0];
	reference->name = nparts == 2 ? parts[1] : dot ? psprintf("%s_%s", parent, reference->field)
												   : parts[0];
	if (parent && strcmp(parent, "before") == 0 && *reference->field)
		reference->kind = CDC_FIELD_BEFORE;
	else if (parent && strcmp(parent, "after") == 0 && *reference->field)
		reference->kind = CDC_FIELD_AFTER;
	else
	{
		bool is_parent = !parent || strcmp(parent, "source") == 0 || strcmp(parent, "transaction") == 0;

		member = is_parent ? resolve(parent, reference->field) : NULL;
		if (!member)
			invalid(option, entry,
					!parent && (strcmp(entry, "source") == 0 || strcmp(entry, "transaction") == 0 || strcmp(entry, "before") == 0 || strcmp(entry, "after") == 0)
						? "A field is a single value, not a struct."
						: "Events have no such field.",
					FIELD_HINT);
		reference->kind = member->kind;
	}
	return reference;
}

List *
cdc_fields_parse(const char *option, const char *value)
{
	List *references = NIL;
	ListCell *cell;
	ListCell *other;

	foreach(cell, cdc_value_split(value))
	{
		CdcFieldReference *reference = parse_field(option, lfirst(cell));

		foreach(other, references)
			if (strcmp(((CdcFieldReference *) lfirst(other))->name, reference->name) == 0)
				invalid(option, lfirst(cell), psprintf("There are two fields named \"%s\".", cdc_value_clip(reference->name)),
						"Give one of them another name, as in \"op:operation\".");
		references = lappend(references, reference);
	}
	if (references == NIL)
		invalid(option, value, "The list is empty.", FIELD_HINT);
	return references;
}

static CdcPlacement *
parse_placement(const char *option, const char *entry)
{
	static const char *const places[] = {"header", "envelope", "partition"};
	CdcPlacement *placement = palloc0(sizeof(CdcPlacement));
	const char *parts[3];
	int nparts = split_colons(entry, parts, 3);
	int place = 0;

	if (nparts < 2)
		invalid(option, entry, NULL, PLACEMENT_HINT);
	while (place < lengthof(places) && pg_strcasecmp(places[place], parts[1]) != 0)
		place++;
	if (place == lengthof(places))
		invalid(option, entry, NULL, PLACEMENT_HINT);
	placement->place = (CdcPlace) place;
	placement->field = parts[0];
	placement->alias = nparts == 3 ? parts[2] : parts[0];
	return placement;
}

List *
cdc_placements_parse(const char *option, const char *value)
{
	List *placements = NIL;
	ListCell *cell;
	ListCell *other;

	foreach(cell, cdc_value_split(value))
	{
		CdcPlacement *placement = parse_placement(option, lfirst(cell));

		/* a struct's fields and headers have one name each, and a record one partition */
		foreach(other, placements)
		{
			const CdcPlacement *before = lfirst(other);

			if (before->place == placement->place &&
				(placement->place == CDC_PLACE_PARTITION || strcmp(before->alias, placement->alias) == 0))
				invalid(option, lfirst(cell), "There is another entry for the same place.", PLACEMENT_HINT);
		}
		if (placement->place == CDC_PLACE_HEADER && strcmp(placement->alias, "id") == 0)
			invalid(option, lfirst(cell), "The event's id is the header of this name.", PLACEMENT_HINT);
		if (placement->place == CDC_PLACE_ENVELOPE && strcmp(placement->alias, "payload") == 0)
			invalid(option, lfirst(cell), "The envelope has the payload under this name.", PLACEMENT_HINT);
		placements = lappend(placements, placement);
	}
	if (placements == NIL)
		invalid(option, value, "The list is empty.", PLACEMENT_HINT);
	return placements;
}
