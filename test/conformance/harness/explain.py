"""Which row of the README's table a new difference belongs to; for `conformance.py accept`, to be reviewed.

A case is about one subject, so that its name says which difference it shows; what any case can show is told by the values.
"""
import fnmatch
import re

from compare import ABSENT

BY_CASE = (
    ("type_name*", "name"),
    ("type_date_infinity", "infinite-date"),
    ("type_timestamp_overflow", "timestamp-overflow"),
    ("type_timetz_seconds_offset", "unparsable"),
    ("type_interval_many_hours", "unparsable"),
    ("type_domain_over_enum", "enum-domain"),
    ("type_enum_added_label*", "enum-labels"),
    ("type_*_not_null", "not-null"),
    ("array_not_null_elements", "not-null"),
    ("array_nested*", "nested-arrays"),
    ("array_date*", "array-elements"),
    ("array_time*", "array-elements"),
    ("array_bit", "array-lost"),
    ("array_enum", "array-lost"),
    ("array_ltree", "array-lost"),
    ("array_numeric", "array-lost"),
    ("array_tsvector", "array-lost"),
    ("array_unknown", "array-lost"),
    ("type_system", "int2vector"),
    ("type_timestamp_nanoseconds", "nanosecond-bound"),
    ("header_key_*", "header-text"),
    ("key_many_types", "header-text"),
    ("type_numeric_key", "header-text"),
    ("identity_default_fallbacks_temporal", "not-null"),
    ("identity_index*", "key-zeros"),
    ("filter_column_*", "excluded-key"),
    ("settings_database", "settings"),
    ("transaction_metadata_filtered", "generated"),
    ("mask_*", "unmasked"),
    ("toast_not_null_lost*", "not-null"),
    ("toast_*", "unavailable"),
    ("default_*", "null-default"),
    ("generated_*", "generated"),
    ("ddl_ahead*", "ahead"),
    ("name_case_only", "case-only"),
)


def row(case, d):
    member = re.sub(r"^(value|key)\.payload\b", r"\1", d["member"])
    if member == "headers.__cdc_json.unavailable" or "__debezium_unavailable_value" in d["here"] and d["setting"] == "defaults":
        return "unavailable"
    if member == "value.after.y" and case.name == "identity_default_fallbacks":
        return "name"
    if case.name.startswith("generated_"):
        return "generated"
    # only a row that the log does not hold in full is other than it was
    if d["setting"] == "defaults" and member.startswith("value.before.") and d["here"] == "null" and not case.name.startswith(("array_nested", "mask_")):
        return "before-zeros" if d["connector"] not in ("null", ABSENT) else None
    for pattern, name in BY_CASE:
        if fnmatch.fnmatch(case.name, pattern):
            return name
    if d["setting"] == "defaults" and (member.startswith("value.after.") or case.name.startswith("unwrap_")) and d["here"] == "null":
        return "null-default"
    return None
