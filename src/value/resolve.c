/*
 * resolve.c
 *		From a type of the catalog to its encoder.
 *
 * Called when a table's description is built, never per row.  Everything is
 * allocated in CurrentMemoryContext.  The catalog is read through the syscache
 * alone, so that it shows the type as it was at this point of the log.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "utils/fmgroids.h"
#include "utils/syscache.h"

#include "value/value.h"

typedef bool (*CdcFamily)(CdcType *type, const CdcTypeInfo *info);

static CdcType *resolve(const CdcSettings *settings, Oid declared, int32 typmod, bool in_array);
static bool read_catalog(CdcTypeInfo *info, CdcType *type, bool domains);

/*
 * The order matters only where a family goes by the type's name: those come
 * after the ones that go by its OID.  What nobody has is unknown.
 */
static const CdcFamily families[] = {
	cdc_scalar_resolve,
	cdc_numeric_resolve,
	cdc_money_resolve,
	cdc_temporal_resolve,
	cdc_interval_resolve,
	cdc_text_resolve,
	cdc_binary_resolve,
	cdc_hstore_resolve,
	cdc_geometry_resolve,
	cdc_vector_resolve,
	cdc_array_resolve,
	cdc_unknown_resolve};

CdcType *
cdc_type_resolve(const CdcSettings *settings, Oid typid, int32 typmod)
{
	return resolve(settings, typid, typmod, false);
}

CdcType *
cdc_type_resolve_element(const CdcSettings *settings, Oid typid, int32 typmod)
{
	return resolve(settings, typid, typmod, true);
}

static CdcType *
resolve(const CdcSettings *settings, Oid declared, int32 typmod, bool in_array)
{
	CdcType *type = palloc0(sizeof(CdcType));
	CdcTypeInfo info = {0};
	int i;

	info.declared = declared;
	info.typid = declared;
	info.typmod = typmod;
	info.in_array = in_array;

	/*
	 * Debezium's TypeRegistry follows a domain to its base type for a column,
	 * but not for the element of an array: that one stays unknown to it.
	 */
	if (!read_catalog(&info, type, !in_array))
		return NULL;

	type->settings = settings;
	type->typid = info.typid;
	type->typmod = info.typmod;
	type->precision = -1;
	type->scale = -1;
	type->length = -1;

	if (info.typtype == TYPTYPE_DOMAIN)
		return cdc_unknown_resolve(type, &info) ? type : NULL;
	for (i = 0; i < lengthof(families); i++)
	{
		if (families[i](type, &info))
			return type;
	}
	return NULL;
}

/*
 * Fills in what pg_type says; with "domains" it goes on to the base type, and
 * the modifier is then that of the innermost domain, the only one that can
 * have any.  This is getBaseTypeAndTypmod(), except that it answers false,
 * where that raises an error, for a type that is not in the catalog.
 */
static bool
read_catalog(CdcTypeInfo *info, CdcType *type, bool domains)
{
	for (;;)
	{
		HeapTuple tuple = SearchSysCache1(TYPEOID, ObjectIdGetDatum(info->typid));
		Form_pg_type form;

		if (!HeapTupleIsValid(tuple))
			return false;
		form = (Form_pg_type) GETSTRUCT(tuple);
		if (form->typtype == TYPTYPE_DOMAIN && domains)
		{
			info->typid = form->typbasetype;
			info->typmod = form->typtypmod;
			ReleaseSysCache(tuple);
			continue;
		}

		info->name = pstrdup(NameStr(form->typname));
		info->typtype = form->typtype;
		info->element = IsTrueArrayType(form) ? form->typelem : InvalidOid;
		type->typlen = form->typlen;
		type->typbyval = form->typbyval;
		type->typalign = form->typalign;
		ReleaseSysCache(tuple);
		return true;
	}
}
