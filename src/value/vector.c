/*
 * vector.c
 *		The types of pgvector: vector, halfvec and sparsevec.
 *
 * They are known by their names and read from the text that their output
 * functions print, not from their layout, which is pgvector's own.  The
 * numbers go through the text in Debezium too (io.debezium.data.vector): a
 * vector's float4 0.1 is the double 0.1.  A text of another form, from a type
 * that only shares the name, cannot be converted.
 */
#include "postgres.h"

#include <ctype.h>

#include "catalog/pg_type.h"
#include "miscadmin.h"

#include "value/value.h"

/* elements between two looks at the interrupt flag */
#define INTERRUPT_MASK 1023

/* Short.parseShort() fails beyond */
#define SHORT_MAX 32767

/* One non-zero element of a sparsevec. */
typedef struct SparseElement
{
	int32 index;
	uint32 bucket; /* of the Java map */
	double number;
} SparseElement;

static CdcSchema *vector_schema(CdcConnectType items, const char *name);
static CdcSchema *sparse_schema(void);
static bool encode_vector(CdcBuf *buf, const CdcType *type, Datum value);
static bool encode_sparse(CdcBuf *buf, const CdcType *type, Datum value);
static size_t count_elements(CdcSlice text);
static bool trim(CdcSlice *text, char open, char close);
static bool read_sparse(CdcSlice text, SparseElement **elements, int *n, int32 *dimensions);
static void order_sparse(SparseElement *elements, int n);
static int compare_buckets(const void *a, const void *b);
static bool fits_short(const SparseElement *elements, int n, int32 dimensions);
static bool read_number(const char **p, const char *end, bool single, double *number);
static bool read_integer(const char **p, const char *end, int32 *number);

bool
cdc_vector_resolve(CdcType *type, const CdcTypeInfo *info)
{
	if (info->typtype != TYPTYPE_BASE)
		return false;
	if (strcmp(info->name, "vector") == 0)
		type->schema = vector_schema(CDC_FLOAT64, "io.debezium.data.DoubleVector");
	else if (strcmp(info->name, "halfvec") == 0)
		type->schema = vector_schema(CDC_FLOAT32, "io.debezium.data.FloatVector");
	else if (strcmp(info->name, "sparsevec") == 0)
		type->schema = sparse_schema();
	else
		return false;

	type->elements_required = true;
	if (type->schema->type == CDC_ARRAY)
	{
		type->fallback = "[]";
		type->encode = encode_vector;
	}
	else
	{
		/* Debezium falls back to an empty list here too, which stops it: this is a struct */
		type->fallback = "{\"dimensions\":0,\"vector\":[]}";
		type->encode = encode_sparse;
	}
	cdc_output_init(type);
	return true;
}

static CdcSchema *
vector_schema(CdcConnectType items, const char *name)
{
	CdcSchema *schema = cdc_schema_array(cdc_schema_make(items, NULL, 0));

	schema->name = name;
	schema->version = 1;
	return schema;
}

static CdcSchema *
sparse_schema(void)
{
	CdcSchema *schema = cdc_schema_struct("io.debezium.data.SparseDoubleVector", 1,
										  "Sparse double vector");

	cdc_schema_add_field(schema, "dimensions", cdc_schema_make(CDC_INT16, NULL, 0));
	cdc_schema_add_field(schema, "vector",
						 cdc_schema_map(cdc_schema_make(CDC_INT16, NULL, 0),
										cdc_schema_make(CDC_FLOAT64, NULL, 0)));
	return schema;
}

/* "[1,2,3]": Double.parseDouble() or, for halfvec, Float.parseFloat() of each element */
static bool
encode_vector(CdcBuf *buf, const CdcType *type, Datum value)
{
	bool single = type->schema->items->type == CDC_FLOAT32;
	CdcSlice text;
	const char *p;
	const char *end;
	int i;

	if (!cdc_output_text(type, value, &text) || !trim(&text, '[', ']'))
		return false;
	p = text.data;
	end = text.data + text.len;

	cdc_put_array_begin(buf, count_elements(text));
	for (i = 0; p < end; i++)
	{
		double number;

		if ((i & INTERRUPT_MASK) == 0)
			CHECK_FOR_INTERRUPTS();
		if (i > 0 && *p++ != ',')
			return false;
		if (!read_number(&p, end, single, &number))
			return false;
		cdc_put_array_next(buf, i == 0);
		if (single)
			cdc_put_float(buf, (float) number);
		else
			cdc_put_double(buf, number);
	}
	cdc_put_array_end(buf);

	/* the connector finds one element in "[]", an empty one (pgvector has no such vectors) */
	return i > 0 || !type->settings->quirks;
}

/*
 * "{1:201,9:209}/3000" as a struct with a map, which JsonConverter writes as
 * pairs because its keys are no strings.
 */
static bool
encode_sparse(CdcBuf *buf, const CdcType *type, Datum value)
{
	const CdcSettings *settings = type->settings;
	SparseElement *elements;
	CdcSlice text;
	int32 dimensions;
	int n;
	int i;

	if (!cdc_output_text(type, value, &text) || !read_sparse(text, &elements, &n, &dimensions))
		return false;

	/* both are shorts in the schema */
	if (settings->fits && !fits_short(elements, n, dimensions))
		return false;
	order_sparse(elements, n);

	cdc_put_struct_begin(buf);
	cdc_put_member(buf, true, "dimensions", 10);
	cdc_put_int64(buf, dimensions);
	cdc_put_member(buf, false, "vector", 6);
	cdc_put_array_begin(buf, n);
	for (i = 0; i < n; i++)
	{
		cdc_put_array_next(buf, i == 0);
		cdc_put_entry_begin(buf);
		cdc_put_int64(buf, elements[i].index);
		cdc_put_entry_next(buf);
		cdc_put_double(buf, elements[i].number);
		cdc_put_entry_end(buf);
	}
	cdc_put_array_end(buf);
	cdc_put_struct_end(buf);
	return true;
}

/* One more than there are commas, if there is anything. */
static size_t
count_elements(CdcSlice text)
{
	size_t n = text.len > 0;

	for (size_t i = 0; i < text.len; i++)
		n += text.data[i] == ',';
	return n;
}

/* Takes the brackets off. */
static bool
trim(CdcSlice *text, char open, char close)
{
	if (text->len < 2 || text->data[0] != open || text->data[text->len - 1] != close)
		return false;
	text->data++;
	text->len -= 2;
	return true;
}

/* The elements in the order of the text. */
static bool
read_sparse(CdcSlice text, SparseElement **elements, int *n, int32 *dimensions)
{
	const char *slash = text.len > 0 ? memchr(text.data, '/', text.len) : NULL;
	const char *end = text.data + text.len;
	const char *p;
	size_t room = 1;

	if (slash == NULL)
		return false;
	p = slash + 1;
	if (!read_integer(&p, end, dimensions) || p != end)
		return false;
	text.len = slash - text.data;
	if (!trim(&text, '{', '}'))
		return false;

	end = text.data + text.len;
	for (p = text.data; p < end; p++)
		room += *p == ',';
	*elements = palloc_extended(room * sizeof(SparseElement), MCXT_ALLOC_HUGE);

	*n = 0;
	for (p = text.data; p < end;)
	{
		SparseElement *element = *elements + *n;

		if (*n > 0 && *p++ != ',')
			return false;
		if (!read_integer(&p, end, &element->index) || p >= end || *p++ != ':' ||
			!read_number(&p, end, false, &element->number))
			return false;
		(*n)++;
	}
	return true;
}

/*
 * The order in which the connector's HashMap<Short, …> iterates.  It is made
 * for as many elements as there are (rounded up to a power of two) and doubles
 * once it is more than three quarters full; an index is its own hash.
 *
 * XXX: nine or more indices in one bucket make Java grow the map further or
 * turn the bucket into a tree, with an order of its own.  For that, indices
 * must agree modulo the size of the map, at least the number of elements.
 */
static void
order_sparse(SparseElement *elements, int n)
{
	uint32 size = 1;
	int i;

	while (size < n)
		size *= 2;
	if (n > size * 3 / 4)
		size *= 2;
	for (i = 0; i < n; i++)
	{
		uint32 hash = (uint32) elements[i].index;

		elements[i].bucket = (hash ^ hash >> 16) & (size - 1);
	}
	qsort(elements, n, sizeof(SparseElement), compare_buckets);
}

/* pgvector sorts by index, so that this is also the order of insertion */
static int
compare_buckets(const void *a, const void *b)
{
	const SparseElement *left = a;
	const SparseElement *right = b;

	if (left->bucket != right->bucket)
		return left->bucket < right->bucket ? -1 : 1;
	return left->index < right->index ? -1 : left->index > right->index;
}

static bool
fits_short(const SparseElement *elements, int n, int32 dimensions)
{
	int i;

	for (i = 0; i < n; i++)
	{
		if (elements[i].index > SHORT_MAX)
			return false;
	}
	return dimensions <= SHORT_MAX;
}

/*
 * A decimal number, as far as it goes.  The text ends in a bracket, or with a
 * null byte, that strtod() does not go beyond; LC_NUMERIC is always C in a
 * server.
 */
static bool
read_number(const char **p, const char *end, bool single, double *number)
{
	char *stop;
	const char *digits = *p;

	if (digits < end && *digits == '-')
		digits++;
	if (digits >= end || !isdigit((unsigned char) *digits))
		return false;
	if (digits + 1 < end && (digits[1] == 'x' || digits[1] == 'X'))
		return false;
	*number = single ? strtof(*p, &stop) : strtod(*p, &stop);
	*p = stop;
	return stop <= end;
}

/* An integer without sign; false when it is more than an int32 holds. */
static bool
read_integer(const char **p, const char *end, int32 *number)
{
	int64 sum = 0;
	const char *start = *p;

	while (*p < end && isdigit((unsigned char) **p))
	{
		sum = sum * 10 + (**p - '0');
		if (sum > PG_INT32_MAX)
			return false;
		(*p)++;
	}
	*number = (int32) sum;
	return *p > start;
}
