"""Strict casts to the declared types, as DuckDB expressions: a value fits exactly, or its row is bad.

No two values that differ may become one: an integer has one spelling, a decimal keeps every digit that counts, a timestamp
keeps its instant. Text is held against a spelling first and cast then; other types are widened where that loses nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

from fondaco.contracts import Column, decimal_parts, is_number, truth_words

#: Reason codes of bad rows, with the words that follow the column's name.
REASONS = {
    "missing_key": "is part of the key and has no value",
    "missing_value": "must have a value and has none",
    "not_an_integer": "is not an integer in plain notation within 64 bits",
    "not_a_decimal": "is not a decimal number that fits exactly",
    "not_a_number": "is not a number",
    "not_a_date": "is not a date",
    "not_a_timestamp": "is not a date and time without offset, to the microsecond at most",
    "not_an_instant": "is not a date and time with offset, to the microsecond at most",
    "not_a_boolean": "is not true, false, 1 or 0, or not one of the declared words",
    "not_text": "is not text",
    "pattern_mismatch": "does not match the declared pattern",
    "below_minimum": "is below the declared minimum",
}

_INTEGERS = frozenset({"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT"})
_FLOATS = frozenset({"FLOAT", "DOUBLE"})
_NAIVE = frozenset({"TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS"})
_INSTANTS = _NAIVE | {"TIMESTAMPTZ", "TIMESTAMP WITH TIME ZONE"}
#: Types whose text holds no `|`.
_PLAIN = _INTEGERS | _FLOATS | {"DECIMAL", "BOOLEAN", "DATE", "TIME", "UUID", "INTERVAL"}

_DAY = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_TIME = r"([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,6}0*)?)?"
_OFFSET = "(Z|[+-]([01][0-9]):?[0-5][0-9])"
_EXPONENT = r"-?[0-9]{1,19}(\.[0-9]{1,18})?[eE](\+?[0-9]{1,2}|-[0-9]|-1[0-2])"
#: Integers beyond this are not all exact in a double.
_EXACT_IN_DOUBLE = 2**53 - 1


def quoted(name: str) -> str:
    """A column name as SQL."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text as SQL."""
    return "'" + text.replace("'", "''") + "'"


def typed(column: Column, raw: str, source_type: str) -> str:
    """The value of SQL expression `raw` in the column's declared type, NULL where it does not fit."""
    target = column.type.upper()
    base = source_type.split("(")[0]
    if base == '"NULL"':
        return f"cast(null as {target})"
    if base == "VARCHAR":
        return _from_text(column, raw)
    if _is_same(source_type, column.type):
        return _finite(raw) if target == "DOUBLE" else raw
    if target == "VARCHAR":
        is_nested = source_type.endswith("]") or base in ("STRUCT", "MAP")
        return f"cast(to_json({raw}) as varchar)" if is_nested else f"cast({raw} as varchar)"
    if base in _INTEGERS and target == "DOUBLE":
        return f"case when abs({raw}) <= {_EXACT_IN_DOUBLE} then cast({raw} as double) end"
    if base in _INTEGERS and target != "BOOLEAN":
        return f"try_cast({raw} as {target})"
    if base in _FLOATS and target == "BIGINT":
        return f"case when {raw} = trunc({raw}) and abs({raw}) <= {_EXACT_IN_DOUBLE} then cast({raw} as bigint) end"
    if base == "DECIMAL" and target == "BIGINT":
        return f"case when {raw} = trunc({raw}) then try_cast({raw} as bigint) end"
    if base in _FLOATS and target == "DOUBLE":
        return _finite(f"cast({raw} as double)")
    if base == "DATE" and target == "TIMESTAMP":
        return f"cast({raw} as timestamp)"
    if base in _NAIVE and target == "DATE":
        return f"case when {raw} = date_trunc('day', {raw}) then cast({raw} as date) end"
    # the text of a value that has a type of its own knows no marks but the engine's
    return _from_text(replace(column, decimal=".", thousands=""), f"cast({raw} as varchar)")


def always_fits(column: Column, source_type: str) -> bool:
    """Whether every value of that type is one of the column's type; a double may be no number."""
    return _is_same(source_type, column.type) and column.type != "double"


def fault(column: Column, is_key: bool, raw: str, value: str, *, fits: bool = False, full: bool = False) -> str:
    """The reason why this column makes the row bad, NULL if it does not, from its raw and its typed value.

    Args:
        fits, full: it is known that every value fits its type, that there is no NULL; what cannot be is not looked for.
    """
    cases = []
    if is_key:
        empty = [f"{raw} is null"] * (not full) + [f"{raw} = ''"] * (column.type == "varchar")
        cases += [f"when {' or '.join(empty)} then 'missing_key'"] if empty else []
    elif not column.nullable and not full:
        cases.append(f"when {raw} is null then 'missing_value'")
    if not fits:
        cases.append(f"when {raw} is not null and {value} is null then '{_misfit(column.type)}'")
    if column.pattern is not None:
        cases.append(f"when not regexp_full_match(cast({raw} as varchar), {literal(column.pattern)}, 's') then 'pattern_mismatch'")
    if column.minimum is not None:
        cases.append(f"when {value} < cast({literal(column.minimum)} as {column.type}) then 'below_minimum'")
    return f"case {' '.join(cases)} end" if cases else "null"


def row_hash(values: Iterable[tuple[str, str, str]], full: Collection[str] = ()) -> str:
    """A hash over (column name, DuckDB type, SQL value) that tells versions of a row apart (docs/decisions, "A row's hash …").

    NULL and '' differ; the order of the columns and columns that are NULL or absent do not count.

    Args:
        full: columns that are known to hold no NULL: their text is the same and costs less to put together.
    """
    return f"md5(concat({', '.join(_hash_part(name, kind, value, name in full) for name, kind, value in sorted(values))}))"


def _hash_part(name: str, kind: str, value: str, is_full: bool) -> str:
    """``|name=value``, NULL for NULL. What is no number, truth or time may hold any character, so its length goes before it."""
    base = kind.upper().split("(")[0]
    head = literal(f"|{name.replace('=', '==')}=")
    if base in _INSTANTS:
        items = [head, _microseconds(value, base)]
    elif base in _PLAIN and not kind.endswith("]"):
        items = [head, value]
    else:
        text = value if base == "VARCHAR" and not kind.endswith("]") else f"cast({value} as varchar)"
        items = [head, f"strlen({text})", "':'", text]
    return ", ".join(items) if is_full else f"({' || '.join(items)})"


def _microseconds(value: str, base: str) -> str:
    """An instant as a number, which is several times cheaper than its text and needs no time zone; infinity has none of its own."""
    number = f"epoch_ns({value})" if base == "TIMESTAMP_NS" else f"epoch_us({value})"
    return f"coalesce(cast({number} as varchar), cast({value} as varchar))"


def _is_same(source_type: str, declared: str) -> bool:
    target = declared.upper().replace(" ", "")
    return source_type.replace(" ", "") == target or (source_type == "TIMESTAMP WITH TIME ZONE" and target == "TIMESTAMPTZ")


def _misfit(type_name: str) -> str:
    if decimal_parts(type_name):
        return "not_a_decimal"
    return {
        "bigint": "not_an_integer",
        "double": "not_a_number",
        "date": "not_a_date",
        "timestamp": "not_a_timestamp",
        "timestamptz": "not_an_instant",
        "boolean": "not_a_boolean",
        "varchar": "not_text",
    }[type_name]


def _from_text(column: Column, raw: str) -> str:
    if is_number(column.type) and (column.decimal, column.thousands) != (".", ""):
        raw = _plain_number(raw, column.decimal, column.thousands)
    parts = decimal_parts(column.type)
    if parts:
        return _decimal(raw, *parts)
    if column.format is not None and column.type in ("date", "timestamp", "timestamptz"):
        if column.type == "timestamptz" and "%z" not in column.format:
            return "cast(null as timestamptz)"  # an instant needs its offset
        return f"cast(try_strptime({raw}, {literal(column.format)}) as {column.type})"
    match column.type:
        case "bigint":
            return f"case when cast(try_cast({raw} as bigint) as varchar) = {raw} then try_cast({raw} as bigint) end"
        case "double":
            spelled = _matches(raw, r"[+-]?[0-9]+(\.[0-9]*)?([eE][+-]?[0-9]+)?")
            return f"case when {spelled} then {_finite(f'try_cast({raw} as double)')} end"
        case "date":
            return f"case when {_matches(raw, _DAY)} and {raw} >= '0001' then try_cast({raw} as date) end"
        case "timestamp":
            return f"case when {_matches(raw, f'{_DAY}([ T]{_TIME})?')} and {raw} >= '0001' then try_cast({raw} as timestamp) end"
        case "timestamptz":
            # DuckDB wants no space before the offset; ISO 8601 has none
            return f"case when {_matches(raw, f'{_DAY}[ T]{_TIME}{_OFFSET}')} and {raw} >= '0001' then try_cast({raw} as timestamptz) end"
        case "boolean" if column.format is not None and (words := truth_words(column.format)):
            cases = [f"when {literal(word)} then {value}" for value, side in zip(("true", "false"), words, strict=True) for word in side]
            return f"case {raw} {' '.join(cases)} end"
        case "boolean":
            return f"case lower({raw}) when 'true' then true when '1' then true when 'false' then false when '0' then false end"
    return raw


def _decimal(raw: str, precision: int, scale: int) -> str:
    """Plain notation with no more digits than the scale keeps (zeros aside); an exponent if the result is exact."""
    target = f"decimal({precision},{scale})"
    fraction = rf"(\.[0-9]{{0,{scale}}}0*)?" if scale else r"(\.0*)?"
    # wide enough for every digit that _EXPONENT admits: many before the point, or many behind it
    wide = f"case when regexp_matches({raw}, '[eE]-') then try_cast({raw} as decimal(38,30)) else try_cast({raw} as decimal(38,18)) end"
    exact = f"case when {wide} = try_cast({raw} as {target}) then try_cast({raw} as {target}) end"
    return f"case when {_matches(raw, '-?[0-9]+' + fraction)} then try_cast({raw} as {target}) when {_matches(raw, _EXPONENT)} then {exact} end"


def _plain_number(raw: str, decimal: str, thousands: str) -> str:
    """A number in the declared notation as the engine writes it, NULL if it is in another one."""
    groups = rf"[0-9]{{1,3}}([{thousands}][0-9]{{3}})+|" if thousands else ""
    spelled = _matches(raw, rf"[+-]?({groups}[0-9]+)([{decimal}][0-9]*)?([eE][+-]?[0-9]+)?")
    plain = f"replace({raw}, {literal(thousands)}, '')" if thousands else raw
    return f"case when {spelled} then replace({plain}, {literal(decimal)}, '.') end"


def _matches(raw: str, pattern: str) -> str:
    return f"regexp_full_match({raw}, {literal(pattern)})"


def _finite(value: str) -> str:
    return f"case when isfinite({value}) then {value} end"
