/*
 * expand.c
 *		outbox.table.expand.json.payload: the text of a JSON object as a
 *		struct, its schema inferred from it.
 *
 * Debezium's JsonSchemaData.  A null (unless it is kept as optional bytes) and
 * an empty array have no schema, and are left out.  Arrays must be of one
 * type; the structs of an array's objects are merged.  Debezium merges them in
 * the order of a HashSet of objects whose hash differs from run to run; here
 * it is that of their appearance.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "event/expand.h"
#include "json/json.h"
#include "json/reader.h"
#include "value/value.h"

/* JsonNodeType, and what NUMBER is divided into */
typedef enum NodeType
{
	NODE_NULL,
	NODE_BOOLEAN,
	NODE_STRING,
	NODE_INT,
	NODE_LONG,
	NODE_DOUBLE,
	NODE_BIG, /* an integer beyond 64 bits: no schema fits it */
	NODE_ARRAY,
	NODE_OBJECT
} NodeType;

typedef struct CdcJsonNode
{
	NodeType type;
	const char *name; /* within an object */
	CdcSlice text; /* of a string; or "true" */
	int64 integer;
	double number;
	struct CdcJsonNode *first; /* elements, members */
	struct CdcJsonNode *last;
	struct CdcJsonNode *next;
	int nmembers;
	bool too_many; /* members, of it or of what is in it */
} CdcJsonNode;

/*
 * Objects with more members are not expanded: each is compared with those
 * before it.
 */
#define MAX_MEMBERS 5000
#define MAX_SHAPES 1000 /* of an array's objects */
#define MAX_CELLS 1000000 /* fields of all elements of an array */

/* What inferring goes by. */
typedef struct Inference
{
	CdcJsonNull nulls;
	bool failed; /* Debezium would raise an exception, or there are too many members */
} Inference;

static CdcSchema *infer(Inference *inference, const char *key, const CdcJsonNode *node);

/* ---------- reading ---------- */

static void
read_number(CdcJsonNode *node, CdcSlice json)
{
	char *text = pnstrdup(json.data, json.len);
	char *end;

	if (strpbrk(text, ".eE"))
	{
		node->type = NODE_DOUBLE;
		node->number = strtod(text, &end);
		return;
	}
	errno = 0;
	node->integer = strtoll(text, &end, 10);
	if (errno == ERANGE)
		node->type = NODE_BIG;
	else
		node->type = node->integer >= PG_INT32_MIN && node->integer <= PG_INT32_MAX ? NODE_INT : NODE_LONG;
}

static void
append(CdcJsonNode *parent, CdcJsonNode *child)
{
	if (parent->last)
		parent->last->next = child;
	else
		parent->first = child;
	parent->last = child;
}

static CdcJsonNode *
find_member(const CdcJsonNode *object, const char *name)
{
	for (CdcJsonNode *member = object->first; member; member = member->next)
		if (strcmp(member->name, name) == 0)
			return member;
	return NULL;
}

/* A second member of a name takes the place of the first, as in Jackson's ObjectNode. */
static void
add_member(CdcJsonNode *object, const char *name, CdcJsonNode *value)
{
	CdcJsonNode *before = find_member(object, name);

	value->name = name;
	if (before)
	{
		value->next = before->next;
		if (object->last == before)
			object->last = before;
		*before = *value;
	}
	else
	{
		append(object, value);
		object->nmembers++;
	}
}

/* The text is valid and not deep: this recursion has an end. */
static CdcJsonNode *
read_node(CdcSlice json)
{
	CdcJsonNode *node = palloc0(sizeof(CdcJsonNode));
	const char *p = json.data;
	CdcSlice name;
	CdcSlice value;

	switch (json.data[0])
	{
		case '{':
			node->type = NODE_OBJECT;
			while (!node->too_many && cdc_json_next_member(&p, &name, &value))
			{
				CdcSlice text = cdc_unquote(name.data, name.len);
				CdcJsonNode *member = read_node(value);

				CHECK_FOR_INTERRUPTS();
				add_member(node, pnstrdup(text.data, text.len), member);
				node->too_many = member->too_many || node->nmembers > MAX_MEMBERS;
			}
			break;
		case '[':
			node->type = NODE_ARRAY;
			while (!node->too_many && cdc_json_next_element(&p, &value))
			{
				append(node, read_node(value));
				node->too_many = node->last->too_many;
			}
			break;
		case '"':
			node->type = NODE_STRING;
			node->text = cdc_unquote(json.data, json.len);
			break;
		case 't':
		case 'f':
			node->type = NODE_BOOLEAN;
			node->text = json;
			break;
		case 'n':
			node->type = NODE_NULL;
			break;
		default:
			read_number(node, json);
	}
	return node;
}

/* ---------- schemas ---------- */

static CdcSchema *
optional_scalar(CdcConnectType type)
{
	CdcSchema *schema = cdc_schema_make(type, NULL, 0);

	schema->optional = true;
	return schema;
}

static bool
same_schema(const CdcSchema *a, const CdcSchema *b)
{
	if (a->type != b->type || a->optional != b->optional || a->nfields != b->nfields || (a->name == NULL) != (b->name == NULL))
		return false;
	if (a->name && strcmp(a->name, b->name) != 0)
		return false;
	if (a->type == CDC_ARRAY)
		return same_schema(a->items, b->items);
	for (int i = 0; i < a->nfields; i++)
		if (strcmp(a->fields[i].name, b->fields[i].name) != 0 || !same_schema(a->fields[i].schema, b->fields[i].schema))
			return false;
	return true;
}

/* What of NodeType is one type to Jackson. */
static bool
is_number(NodeType type)
{
	return type >= NODE_INT && type <= NODE_BIG;
}

/* NODE_BIG has the schema of doubles, though no value of it fits. */
static NodeType
number_schema(NodeType type)
{
	return type == NODE_BIG ? NODE_DOUBLE : type;
}

/* The first element that is no null, all others being of its type; NULL without one (getFirstArrayElement). */
static const CdcJsonNode *
sample_of(Inference *inference, const CdcJsonNode *array)
{
	const CdcJsonNode *sample = NULL;

	for (const CdcJsonNode *element = array->first; element; element = element->next)
	{
		if (element->type == NODE_NULL)
			continue;
		if (!sample)
			sample = element;
		if (is_number(sample->type) ? number_schema(element->type) != number_schema(sample->type) : element->type != sample->type)
			inference->failed = true;
	}
	return sample;
}

/* mergeSchema(): bytes stand for nulls only, and give way to anything else; the result is not optional. */
static CdcSchema *
merge(const CdcSchema *left, const CdcSchema *right)
{
	CdcSchema *merged = cdc_schema_struct(left->name, 0, NULL);

	for (int i = 0; i < left->nfields; i++)
		cdc_schema_add_field(merged, left->fields[i].name, left->fields[i].schema);
	for (int i = 0; i < right->nfields; i++)
	{
		int at = 0;

		while (at < merged->nfields && strcmp(merged->fields[at].name, right->fields[i].name) != 0)
			at++;
		if (at == merged->nfields)
			cdc_schema_add_field(merged, right->fields[i].name, right->fields[i].schema);
		else if (merged->fields[at].schema->type == CDC_BYTES && right->fields[i].schema->type != CDC_BYTES)
			merged->fields[at].schema = right->fields[i].schema;
	}
	return merged;
}

static CdcSchema *
infer_elements(Inference *inference, const char *key, const CdcJsonNode *array)
{
	const CdcJsonNode *sample = sample_of(inference, array);
	CdcSchema *schema = NULL;
	List *distinct = NIL;
	ListCell *cell;
	int elements = 0;

	if (inference->failed)
		return NULL;
	if (!sample || sample->type != NODE_OBJECT)
	{
		static const CdcJsonNode null = {NODE_NULL};

		schema = infer(inference, NULL, sample ? sample : &null);
		if (!schema)
			inference->failed = true;
		return schema;
	}
	for (const CdcJsonNode *element = array->first; element; element = element->next)
	{
		CdcSchema *other = element->type == NODE_OBJECT ? infer(inference, key, element) : NULL;
		bool known = other == NULL;

		elements++;
		foreach(cell, distinct)
			known = known || same_schema(lfirst(cell), other);
		if (known)
			continue;
		CHECK_FOR_INTERRUPTS();
		distinct = lappend(distinct, other);
		schema = schema ? merge(schema, other) : other;
		if (list_length(distinct) > MAX_SHAPES)
			inference->failed = true;
		if (inference->failed)
			return NULL;
	}
	/* each element has all fields, though most may be null */
	if ((uint64) elements * schema->nfields > MAX_CELLS)
		inference->failed = true;
	return schema;
}

static CdcSchema *
infer_object(Inference *inference, const char *key, const CdcJsonNode *object)
{
	CdcSchema *schema = cdc_schema_struct(key, 0, NULL);

	schema->optional = true;
	for (const CdcJsonNode *member = object->first; member; member = member->next)
	{
		const char *inner = key && strspn(key, " \t\r\n") != strlen(key) ? psprintf("%s.%s", key, member->name) : member->name;
		CdcSchema *field = infer(inference, inner, member);

		if (field)
			cdc_schema_add_field(schema, member->name, field);
	}
	return schema;
}

/* toConnectSchema(); NULL for what has no schema. */
static CdcSchema *
infer(Inference *inference, const char *key, const CdcJsonNode *node)
{
	CdcSchema *schema;

	switch (node->type)
	{
		case NODE_NULL:
			return inference->nulls == CDC_JSON_NULL_OPTIONAL_BYTES ? optional_scalar(CDC_BYTES) : NULL;
		case NODE_BOOLEAN:
			return optional_scalar(CDC_BOOLEAN);
		case NODE_STRING:
			return optional_scalar(CDC_STRING);
		case NODE_INT:
			return optional_scalar(CDC_INT32);
		case NODE_LONG:
			return optional_scalar(CDC_INT64);
		case NODE_DOUBLE:
			return optional_scalar(CDC_FLOAT64);
		case NODE_BIG:
			inference->failed = true;
			return optional_scalar(CDC_FLOAT64);
		case NODE_ARRAY:
			if (!node->first)
				return NULL;
			schema = infer_elements(inference, key, node);
			if (!schema)
				return NULL;
			schema = cdc_schema_array(schema);
			schema->optional = true;
			return schema;
		case NODE_OBJECT:
			return infer_object(inference, key, node);
	}
	return NULL;
}

/* ---------- values ---------- */

/* Would the value be valid for the schema (ConnectSchema.validateValue)? */
static bool
fits(const CdcJsonNode *node, const CdcSchema *schema)
{
	static const CdcConnectType types[] = {
		CDC_BYTES, CDC_BOOLEAN, CDC_STRING, CDC_INT32, CDC_INT64, CDC_FLOAT64, CDC_FLOAT64, CDC_ARRAY, CDC_STRUCT};

	if (node->type == NODE_NULL)
		return schema->optional;
	if (types[node->type] != schema->type || node->type == NODE_BIG)
		return false;
	if (node->type == NODE_ARRAY)
	{
		for (const CdcJsonNode *element = node->first; element; element = element->next)
			if (!fits(element, schema->items))
				return false;
	}
	else if (node->type == NODE_OBJECT)
	{
		for (int i = 0; i < schema->nfields; i++)
		{
			const CdcJsonNode *member = find_member(node, schema->fields[i].name);

			if (member ? !fits(member, schema->fields[i].schema) : !schema->fields[i].schema->optional)
				return false;
		}
	}
	return true;
}

static void
write_node(CdcBuf *buf, const CdcJsonNode *node, const CdcSchema *schema)
{
	bool first = true;

	switch (node ? node->type : NODE_NULL)
	{
		case NODE_NULL:
		case NODE_BIG:
			cdc_json_null(buf);
			break;
		case NODE_BOOLEAN:
			cdc_json_bool(buf, node->text.len == 4);
			break;
		case NODE_STRING:
			cdc_json_string(buf, node->text.data, node->text.len);
			break;
		case NODE_INT:
		case NODE_LONG:
			cdc_json_int64(buf, node->integer);
			break;
		case NODE_DOUBLE:
			cdc_json_double(buf, node->number);
			break;
		case NODE_ARRAY:
			cdc_json_array_begin(buf);
			for (const CdcJsonNode *element = node->first; element; element = element->next)
			{
				cdc_json_array_next(buf, first);
				write_node(buf, element, schema->items);
				first = false;
			}
			cdc_json_array_end(buf);
			break;
		case NODE_OBJECT:
			cdc_json_struct_begin(buf);
			for (int i = 0; i < schema->nfields; i++)
			{
				cdc_json_member(buf, i == 0, schema->fields[i].name, strlen(schema->fields[i].name));
				write_node(buf, find_member(node, schema->fields[i].name), schema->fields[i].schema);
			}
			cdc_json_struct_end(buf);
			break;
	}
}

void
cdc_expanded_write(CdcBuf *buf, const CdcExpanded *expanded)
{
	write_node(buf, expanded->root, expanded->schema);
}

bool
cdc_expand(CdcExpanded *expanded, const char *name, CdcSlice text, CdcJsonNull nulls)
{
	Inference inference = {nulls, false};
	CdcSlice json;

	/* parseJsonPayload() looks at the first character; a struct is made of an object only */
	if (text.len == 0 || text.data[0] != '{' || !cdc_json_valid(text.data, text.len))
		return false;
	json.data = pnstrdup(text.data, text.len);
	json.len = text.len;
	expanded->root = read_node(json);
	if (expanded->root->too_many)
		return false;
	expanded->schema = infer(&inference, name, expanded->root);
	return !inference.failed && fits(expanded->root, expanded->schema);
}
