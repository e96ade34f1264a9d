/*
 * options.c
 *		cdc_json.options(): the option table as rows.
 */
#include "postgres.h"

#include "fmgr.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/tuplestore.h"

#include "compat.h"
#include "options/options.h"
#include "sql/sql.h"

PG_FUNCTION_INFO_V1(cdc_json_options);

Datum
cdc_json_options(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	const CdcOptionInfo *info;

	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; (info = cdc_options_info(i)) != NULL; i++)
	{
		Datum values[4] = {0};
		bool nulls[4] = {false};

		values[0] = CStringGetTextDatum(info->name);
		values[1] = CStringGetTextDatum(info->type);
		if (info->default_value)
			values[2] = CStringGetTextDatum(info->default_value);
		else
			nulls[2] = true;
		values[3] = CStringGetTextDatum(info->description);
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	return (Datum) 0;
}

/*
 * Options as SQL functions take them, name and value in turn, for the parser
 * that START_REPLICATION's options go through.
 */
List *
cdc_options_from_array(ArrayType *array)
{
	List *list = NIL;
	Datum *elements;
	bool *nulls;
	int n;

	deconstruct_array(array, TEXTOID, -1, false, TYPALIGN_INT, &elements, &nulls, &n);
	if (n % 2 != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("options must be pairs of names and values"),
				 errdetail("There are %d elements.", n)));
	for (int i = 0; i < n; i += 2)
	{
		if (nulls[i])
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("name of an option must not be null")));
		list = lappend(list, makeDefElem(TextDatumGetCString(elements[i]),
										 nulls[i + 1] ? NULL : (Node *) makeString(TextDatumGetCString(elements[i + 1])), -1));
	}
	return list;
}

PG_FUNCTION_INFO_V1(cdc_json_frame_options);

/* Options of get_events: with format=frame added, which the caller must not choose. */
Datum
cdc_json_frame_options(PG_FUNCTION_ARGS)
{
	ArrayType *array = PG_GETARG_ARRAYTYPE_P(0);
	ArrayBuildState *result = initArrayResult(TEXTOID, CurrentMemoryContext, false);
	ListCell *cell;

	foreach(cell, cdc_options_from_array(array))
	{
		DefElem *option = lfirst(cell);

		if (strcmp(option->defname, "format") == 0 || strcmp(option->defname, "batch.bytes") == 0 ||
			strcmp(option->defname, "batch_bytes") == 0)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("option \"%s\" cannot be set here", option->defname),
					 errdetail("The function reads the slot in a format of its own.")));
		result = accumArrayResult(result, CStringGetTextDatum(option->defname), false, TEXTOID, CurrentMemoryContext);
		result = accumArrayResult(result, option->arg ? CStringGetTextDatum(strVal(option->arg)) : (Datum) 0, !option->arg,
								  TEXTOID, CurrentMemoryContext);
	}
	result = accumArrayResult(result, CStringGetTextDatum("format"), false, TEXTOID, CurrentMemoryContext);
	result = accumArrayResult(result, CStringGetTextDatum("frame"), false, TEXTOID, CurrentMemoryContext);
	PG_RETURN_DATUM(makeArrayResult(result, CurrentMemoryContext));
}
