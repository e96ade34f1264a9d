/*
 * array.c
 *		Arrays, and what the connector makes of them.
 *
 * A value is walked where it lies: the elements are never gathered into
 * arrays of Datums first, so 100,000 of them need no memory.  Lower bounds are
 * not shown.  What PostgresValueConverter and the JDBC driver cannot do with
 * an array is reproduced as far as the settings ask for it:
 *
 *	fits	one level of elements, as in the schema: an array of several
 *			dimensions has a null for each outer element, and an element that
 *			is null or fails where the schema requires one spoils the field
 *	quirks	besides, bit[], oidvector, int2vector, ltree[] and numeric[] have
 *			faults of their own
 *
 * Without either, dimensions nest and an element that fails is a null.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "common/md5.h"
#include "miscadmin.h"
#include "utils/array.h"

#include "compat.h"
#include "value/value.h"

/* elements between two looks at the interrupt flag */
#define INTERRUPT_MASK 1023

/* numeric.c: both bits set in the first word of a NaN or an infinity */
#define NUMERIC_SPECIAL 0xC000

/* How elements of a type can spoil the array; kept in CdcType.private. */
typedef struct ArrayRules
{
	bool required; /* an element that fails spoils the array */
	bool no_nulls; /* a null does */
	bool no_values; /* anything else does */
	bool finite; /* NaN and infinities do */
	bool flat; /* only one dimension has values */
} ArrayRules;

/* Where a walk over the elements has come to. */
typedef struct Walk
{
	CdcBuf *buf;
	const CdcType *element;
	const ArrayRules *rules;
	const int *dims;
	int ndim;
	const uint8 *nulls; /* NULL: no element is null */
	const char *data; /* next element that is not null */
	size_t index; /* of the next element */
} Walk;

static bool is_omitted(Oid element);
static bool resolve_bits(CdcType *type);
static void resolve_rules(CdcType *type);
static const char *unavailable(const CdcType *type);
static const char *unavailable_integers(const CdcOptions *options);
static const char *unavailable_uuid(const CdcSettings *settings);
static bool encode_array(CdcBuf *buf, const CdcType *type, Datum value);
static bool encode_vector(CdcBuf *buf, const CdcType *type, Datum value);
static bool encode_empty(CdcBuf *buf, const CdcType *type, Datum value);
static bool encode_nothing(CdcBuf *buf, const CdcType *type, Datum value);
static bool write_dimension(Walk *walk, int dim);
static bool write_element(Walk *walk);
static bool write_value(Walk *walk, Datum value);
static bool write_nulls(CdcBuf *buf, const ArrayRules *rules, int n);
static bool is_special_numeric(Datum value);

bool
cdc_array_resolve(CdcType *type, const CdcTypeInfo *info)
{
	const CdcSettings *settings = type->settings;
	bool vector = info->typid == OIDVECTOROID || info->typid == INT2VECTOROID;
	CdcType *element;

	if (!OidIsValid(info->element) || is_omitted(info->element))
		return false;
	element = cdc_type_resolve_element(settings, info->element, info->typmod);
	if (element == NULL)
		return false;
	type->element = element;
	if (info->element == BITOID && settings->fits)
		return resolve_bits(type);

	/*
	 * PostgresValueConverter.schemaBuilder() lists the arrays whose elements
	 * are optional.  All others, the two vector types and arrays of them
	 * included, get their element's schema as it is: required.
	 */
	if (vector)
		element->elements_required = true;
	type->elements_required = true;
	type->schema = cdc_schema_array(cdc_schema_copy(element->schema, !element->elements_required));
	type->fallback = "[]";
	if (info->declared == info->typid && !info->in_array)
		type->unavailable = unavailable(type);
	resolve_rules(type);

	/*
	 * For the driver the vector types are text without braces, which it reads
	 * as an array without elements.  As elements of an array they fail.
	 */
	if (vector && settings->quirks)
		type->encode = info->in_array ? encode_nothing : encode_vector;
	else
		type->encode = encode_array;
	return true;
}

/* Arrays that Debezium never maps: "still need to be implemented". */
static bool
is_omitted(Oid element)
{
	switch (element)
	{
		case MONEYOID:
		case NAMEOID:
		case INTERVALOID:
		case VARBITOID:
		case XMLOID:
		case POINTOID:
		case REFCURSOROID:
			return true;
		default:
			return false;
	}
}

/*
 * bit[] has the schema of one bit string, not that of an array, so that no
 * value ever fits.
 */
static bool
resolve_bits(CdcType *type)
{
	type->schema = type->element->schema;
	type->fallback = type->element->fallback;
	type->withheld = true;
	type->encode = encode_nothing;
	return true;
}

static void
resolve_rules(CdcType *type)
{
	const CdcSettings *settings = type->settings;
	const CdcType *element = type->element;
	ArrayRules *rules = palloc0(sizeof(ArrayRules));
	bool ltree = element->schema->name != NULL &&
				 strcmp(element->schema->name, "io.debezium.data.Ltree") == 0;

	rules->required = settings->fits && element->elements_required;

	/* convertLtreeArray() calls toString() on every element, null or not */
	rules->no_nulls = rules->required || (settings->quirks && ltree);

	/*
	 * createArrayConverter() makes structs for an optional schema, which are
	 * no values of the required one that the array has (sparsevec[]).
	 */
	rules->no_values = settings->quirks && element->elements_required &&
					   element->schema->type == CDC_STRUCT;

	/* the driver makes BigDecimals of the elements, whatever decimal.handling.mode says */
	rules->finite = settings->quirks && element->typid == NUMERICOID;
	rules->flat = settings->fits;
	type->private = rules;
}

/*
 * What UnchangedToastedReplicationMessageColumn and UnchangedToastedPlaceholder
 * make of an array that the log does not hold: they go by the type's name, so
 * a domain is never among them.  NULL: nothing that fits the schema.
 */
static const char *
unavailable(const CdcType *type)
{
	const CdcSettings *settings = type->settings;
	const CdcOptions *options = settings->options;
	const uint8 *bytes = (const uint8 *) options->unavailable_placeholder;
	int len = options->unavailable_placeholder_len;

	switch (type->element->typid)
	{
		case TEXTOID:
		case VARCHAROID:
		case BPCHAROID:
		case JSONOID:
		case JSONBOID:
			return psprintf("[%s]", cdc_constant_placeholder(settings));
		case BYTEAOID:
			if (options->binary_mode != CDC_BINARY_BYTES)
				return NULL;
			return psprintf("[%s]", cdc_constant_base64(settings, bytes, len));
		case INT4OID:
		case INT8OID:
			return unavailable_integers(options);
		case DATEOID:
			/* plain integers are no values of Connect's own Date, let alone strings */
			if (options->time_mode == CDC_TIME_ISOSTRING || options->time_mode == CDC_TIME_CONNECT)
				return NULL;
			return unavailable_integers(options);
		case UUIDOID:
			return unavailable_uuid(settings);
		default:
			return NULL;
	}
}

/* The placeholder's bytes as numbers, signed as in Java. */
static const char *
unavailable_integers(const CdcOptions *options)
{
	CdcBuf buf;
	int i;

	cdc_buf_palloc(&buf, 128);
	cdc_put_array_begin(&buf, options->unavailable_placeholder_len);
	for (i = 0; i < options->unavailable_placeholder_len; i++)
	{
		cdc_put_array_next(&buf, i == 0);
		cdc_put_int64(&buf, (int8) options->unavailable_placeholder[i]);
	}
	cdc_put_array_end(&buf);
	return cdc_buf_cstring(&buf);
}

/*
 * java.util.UUID.nameUUIDFromBytes(): the MD5 of the bytes with the version
 * (3) and the variant put in.  Only where the server has no MD5 (FIPS) is
 * there none.
 */
static const char *
unavailable_uuid(const CdcSettings *settings)
{
	const CdcOptions *options = settings->options;
	const char *failure = NULL;
	uint8 sum[MD5_DIGEST_LENGTH];
	char text[37];
	int i;
	int len = 0;

	if (!pg_md5_binary(options->unavailable_placeholder, options->unavailable_placeholder_len,
					   sum, &failure))
		return NULL;
	sum[6] = (sum[6] & 0x0f) | 0x30;
	sum[8] = (sum[8] & 0x3f) | 0x80;
	for (i = 0; i < MD5_DIGEST_LENGTH; i++)
	{
		if (i == 4 || i == 6 || i == 8 || i == 10)
			text[len++] = '-';
		len += snprintf(text + len, sizeof(text) - len, "%02x", sum[i]);
	}
	return psprintf("[%s]", cdc_constant_string(settings, text, len));
}

/*
 * A short header (any array below 127 bytes on disk) leaves everything behind
 * it unaligned: such a value is copied to the stack.
 */
static bool
encode_array(CdcBuf *buf, const CdcType *type, Datum value)
{
	union
	{
		ArrayType array;
		double align_double;
		int64 align_int64;
		char bytes[VARHDRSZ + VARATT_SHORT_MAX];
	} copy;
	ArrayType *array = (ArrayType *) DatumGetPointer(value);
	Walk walk;

	if (VARATT_IS_SHORT(array))
	{
		Size len = VARSIZE_SHORT(array) - VARHDRSZ_SHORT;

		memcpy(copy.bytes + VARHDRSZ, VARDATA_SHORT(array), len);
		SET_VARSIZE(copy.bytes, len + VARHDRSZ);
		array = &copy.array;
	}

	walk.buf = buf;
	walk.element = type->element;
	walk.rules = type->private;
	walk.dims = ARR_DIMS(array);
	walk.ndim = ARR_NDIM(array);
	walk.nulls = ARR_NULLBITMAP(array);
	walk.data = ARR_DATA_PTR(array);
	walk.index = 0;

	if (walk.ndim <= 0 || walk.ndim > MAXDIM)
		return encode_empty(buf, type, value);
	if (walk.ndim > 1 && walk.rules->flat)
		return write_nulls(buf, walk.rules, walk.dims[0]);
	return write_dimension(&walk, 0);
}

/* As the driver reads them: see cdc_array_resolve().  A text of no length is nothing at all. */
static bool
encode_vector(CdcBuf *buf, const CdcType *type, Datum value)
{
	/* oidvector and int2vector begin alike */
	const size_t header = offsetof(oidvector, values) - VARHDRSZ;

	if (VARSIZE_ANY_EXHDR(DatumGetPointer(value)) <= header)
		return false;
	return encode_empty(buf, type, value);
}

static bool
encode_empty(CdcBuf *buf, const CdcType *type, Datum value)
{
	cdc_put_array_begin(buf, 0);
	cdc_put_array_end(buf);
	return true;
}

static bool
encode_nothing(CdcBuf *buf, const CdcType *type, Datum value)
{
	return false;
}

/* At most MAXDIM levels deep. */
static bool
write_dimension(Walk *walk, int dim)
{
	int i;

	cdc_put_array_begin(walk->buf, walk->dims[dim]);
	for (i = 0; i < walk->dims[dim]; i++)
	{
		cdc_put_array_next(walk->buf, i == 0);
		if (dim + 1 < walk->ndim ? !write_dimension(walk, dim + 1) : !write_element(walk))
			return false;
	}
	cdc_put_array_end(walk->buf);
	return true;
}

/* The next element; false when it spoils the array. */
static bool
write_element(Walk *walk)
{
	const CdcType *element = walk->element;
	size_t index = walk->index++;
	Datum value;

	if ((index & INTERRUPT_MASK) == 0)
		CHECK_FOR_INTERRUPTS();

	if (walk->nulls != NULL && (walk->nulls[index / 8] & (1 << (index % 8))) == 0)
	{
		cdc_put_null(walk->buf);
		return !walk->rules->no_nulls;
	}

	walk->data = (const char *) att_align_nominal(walk->data, element->typalign);
	value = fetch_att(walk->data, element->typbyval, element->typlen);
	walk->data = att_addlength_pointer(walk->data, element->typlen, walk->data);
	return write_value(walk, value);
}

static bool
write_value(Walk *walk, Datum value)
{
	const CdcType *element = walk->element;
	size_t position = cdc_buf_position(walk->buf);
	bool done = true;

	if (walk->rules->no_values)
		return false;

	/* the server stores elements plain; what extensions build may be otherwise */
	if (element->typlen == -1 &&
		(VARATT_IS_COMPRESSED(DatumGetPointer(value)) || VARATT_IS_EXTERNAL(DatumGetPointer(value))))
		done = cdc_output_detoast(value, &value);

	if (done && walk->rules->finite && is_special_numeric(value))
		return false;
	if (!element->elements_required)
		cdc_put_present(walk->buf);
	if (done && element->encode(walk->buf, element, value))
		return true;

	/* JdbcValueConverters warns of an element that it cannot convert, and goes on without */
	if (walk->rules->required || element->spoils)
		return false;
	element->settings->counters->unrenderable_values++;
	cdc_buf_rewind(walk->buf, position);
	cdc_put_null(walk->buf);
	return true;
}

/*
 * An array of arrays, as the driver hands it over: Debezium takes the inner
 * arrays for elements, which then cannot be converted.  (Those of strings it
 * prints as Java objects with their addresses: not reproduced.)
 */
static bool
write_nulls(CdcBuf *buf, const ArrayRules *rules, int n)
{
	int i;

	if (rules->required)
		return false;
	cdc_put_array_begin(buf, n);
	for (i = 0; i < n; i++)
	{
		if ((i & INTERRUPT_MASK) == 0)
			CHECK_FOR_INTERRUPTS();
		cdc_put_array_next(buf, i == 0);
		cdc_put_null(buf);
	}
	cdc_put_array_end(buf);
	return true;
}

static bool
is_special_numeric(Datum value)
{
	struct varlena *numeric = (struct varlena *) DatumGetPointer(value);
	uint16 header;

	if (VARSIZE_ANY_EXHDR(numeric) < sizeof(header))
		return false;
	memcpy(&header, VARDATA_ANY(numeric), sizeof(header));
	return (header & NUMERIC_SPECIAL) == NUMERIC_SPECIAL;
}
