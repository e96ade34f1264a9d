/*
 * enum.c
 *		Enums: strings, with the list of what they can be in the schema.
 *
 * The labels are read once per version of a table; a value is then found by
 * its Oid.  Invalidations of pg_enum end the version, so that a new or renamed
 * label is seen from its place in the log on, and not earlier.  Should a value
 * have none of the labels, the server is asked for it.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_enum.h"
#include "catalog/pg_type.h"
#include "utils/catcache.h"
#include "utils/syscache.h"

#include "value/value.h"

typedef struct EnumLabel
{
	Oid oid;
	float4 order; /* pg_enum.enumsortorder */
	CdcSlice text; /* UTF-8 */
	CdcSlice json; /* in quotes, escaped */
} EnumLabel;

/* kept in CdcType.private */
typedef struct EnumLabels
{
	int count;
	EnumLabel *items;
} EnumLabels;

static EnumLabels *read_labels(const CdcSettings *settings, Oid typid);
static const char *join_labels(const EnumLabels *labels);
static int compare_orders(const void *a, const void *b);
static int compare_oids(const void *a, const void *b);
static const EnumLabel *find_label(const CdcType *type, Oid oid);
static bool encode_enum(CdcBuf *buf, const CdcType *type, Datum value);
static bool get_enum(const CdcType *type, Datum value, CdcSlice *text);

bool
cdc_enum_resolve(CdcType *type, const CdcTypeInfo *info)
{
	EnumLabels *labels;

	if (info->typtype != TYPTYPE_ENUM)
		return false;

	labels = read_labels(type->settings, info->typid);
	qsort(labels->items, labels->count, sizeof(EnumLabel), compare_orders);
	type->schema = cdc_schema_make(CDC_STRING, "io.debezium.data.Enum", 1);
	cdc_schema_add_parameter(type->schema, "allowed", join_labels(labels));
	qsort(labels->items, labels->count, sizeof(EnumLabel), compare_oids);

	type->private = labels;
	type->maskable = true;
	type->elements_required = true;
	type->fallback = "\"\"";
	type->unavailable = cdc_constant_placeholder(type->settings);
	type->encode = encode_enum;
	type->text = get_enum;
	cdc_output_init(type);
	return true;
}

static EnumLabels *
read_labels(const CdcSettings *settings, Oid typid)
{
	CatCList *list = SearchSysCacheList1(ENUMTYPOIDNAME, ObjectIdGetDatum(typid));
	EnumLabels *labels = palloc(sizeof(EnumLabels));
	int i;

	labels->count = list->n_members;
	labels->items = palloc(sizeof(EnumLabel) * Max(list->n_members, 1));
	for (i = 0; i < list->n_members; i++)
	{
		Form_pg_enum form = (Form_pg_enum) GETSTRUCT(&list->members[i]->tuple);
		EnumLabel *label = &labels->items[i];

		label->oid = form->oid;
		label->order = form->enumsortorder;
		label->text.data = cdc_utf8_cstring(pstrdup(NameStr(form->enumlabel)));
		label->text.len = strlen(label->text.data);
		label->json.data = cdc_constant_string(settings, label->text.data, label->text.len);
		label->json.len = strlen(label->json.data);
	}
	ReleaseCatCacheList(list);
	return labels;
}

/* Debezium escapes no comma in them. */
static const char *
join_labels(const EnumLabels *labels)
{
	CdcBuf buf;
	int i;

	cdc_buf_palloc(&buf, 64);
	for (i = 0; i < labels->count; i++)
	{
		if (i > 0)
			cdc_buf_char(&buf, ',');
		cdc_buf_append(&buf, labels->items[i].text.data, labels->items[i].text.len);
	}
	return cdc_buf_cstring(&buf);
}

static int
compare_orders(const void *a, const void *b)
{
	float4 left = ((const EnumLabel *) a)->order;
	float4 right = ((const EnumLabel *) b)->order;

	return left < right ? -1 : left > right;
}

static int
compare_oids(const void *a, const void *b)
{
	Oid left = ((const EnumLabel *) a)->oid;
	Oid right = ((const EnumLabel *) b)->oid;

	return left < right ? -1 : left > right;
}

/* NULL for a label that is not among those of this version of the table. */
static const EnumLabel *
find_label(const CdcType *type, Oid oid)
{
	const EnumLabels *labels = type->private;
	EnumLabel key = {oid};

	return bsearch(&key, labels->items, labels->count, sizeof(EnumLabel), compare_oids);
}

static bool
encode_enum(CdcBuf *buf, const CdcType *type, Datum value)
{
	const EnumLabel *label = find_label(type, DatumGetObjectId(value));
	CdcSlice text;

	if (label != NULL)
	{
		if (buf->avro)
			cdc_avro_string(buf, label->text.data, label->text.len);
		else
			cdc_json_raw(buf, label->json.data, label->json.len);
		return true;
	}
	if (!cdc_output_text(type, value, &text))
		return false;
	cdc_put_string(buf, text.data, text.len);
	return true;
}

static bool
get_enum(const CdcType *type, Datum value, CdcSlice *text)
{
	const EnumLabel *label = find_label(type, DatumGetObjectId(value));

	if (label == NULL)
		return cdc_output_text(type, value, text);
	*text = label->text;
	return true;
}
