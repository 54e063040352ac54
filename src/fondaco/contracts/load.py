"""Reads contracts/*.yml and systems/*.yml; what is wrong in them is named with file, line and the nearest right word."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Literal

from fondaco.contracts.formats import KINDS, FileFormat, numeral_fault, truth_words
from fondaco.contracts.place import Place
from fondaco.contracts.shape import CLASSIFICATIONS, SCALAR_TYPES, Column, Contract, Parent, SoftDelete, System, Table, is_number, is_type
from fondaco.errors import DeclarationError, did_you_mean


def load_contracts(folder: Path) -> dict[str, Contract]:
    """Reads ``contracts/*.yml``, one entity each, by entity name.

    Raises:
        DeclarationError: a file is not YAML, a name is unknown or a value is wrong; it names file and line.
    """
    contracts = [_contract(Place.root(path)) for path in sorted(folder.glob("*.yml"))]
    return {contract.entity: contract for contract in contracts}


def load_system(folder: Path, name: str) -> System:
    """Reads ``systems/<name>.yml``.

    Raises:
        DeclarationError: there is no such system, or its file is wrong; it names file and line.
    """
    path = folder / f"{name}.yml"
    if not path.is_file():
        known = sorted(file.stem for file in folder.glob("*.yml"))
        raise DeclarationError(
            f"system {name!r} is not known{did_you_mean(name, known)}",
            where=str(path),
            hint=f"known systems: {', '.join(known)}; a new one is a file in systems/ and a folder in warehouse/models/staging/",
        )
    return _system(Place.root(path))


def _contract(place: Place) -> Contract:
    place.only("entity", "description", "key", "cursor", "parent", "history", "columns")
    columns = tuple(_column(item, item.text("name")) for item in place.listed("columns"))
    history = place.one_of("history", ("scd2", "current"))
    contract = Contract(
        entity=place.text("entity"),
        description=place.text("description"),
        key=place.names("key"),
        cursor=place.text_or_none("cursor"),
        history="scd2" if history == "scd2" else "current",
        columns=columns,
    )
    _check_used(place, "key", contract.key, columns)
    _check_used(place, "cursor", (contract.cursor,) if contract.cursor else (), columns)
    return contract


def _system(place: Place) -> System:
    place.only("system", "description", "zone", "currency", "reporting_currency", "tested_with", "engine", "entities", "tables")
    tables = {name: _table(table, name) for name, table in place.each("tables")}
    for name, table in place.each("tables"):
        parent = tables[name].parent
        if parent and parent.table not in tables:
            raise table.error(f"the parent {parent.table!r} of {name!r} is not described{did_you_mean(parent.table, tables)}", "parent")
    return System(
        name=place.text("system"),
        description=place.text("description"),
        zone=place.text("zone"),
        currency=place.text_or_none("currency"),
        reporting_currency=place.text_or_none("reporting_currency"),
        tested_with=place.text("tested_with", ""),
        engine=_engine(place),
        entities=place.names("entities"),
        tables=tables,
    )


def _engine(place: Place) -> Literal["postgres", "mysql", "sqlite"] | None:
    match place.one_of("engine", ("postgres", "mysql", "sqlite")) if place.text_or_none("engine") else None:
        case "postgres" | "mysql" | "sqlite" as engine:
            return engine
        case _:
            return None


def _table(place: Place, name: str) -> Table:
    place.only(
        "description", "key", "cursor", "parent", "account", "person", "figures", "deletes", "files", "format", "other_columns", "columns"
    )
    columns = tuple(_column(column, column_name) for column_name, column in place.each("columns"))
    parent, written = place.inner("parent"), place.inner("format")
    form = _format(written) if written else None
    if written and form:
        columns = tuple(_numerals(column, written) for column in columns)
        _check_used(written, "paths", tuple(form.paths), columns)
    table = Table(
        name=name,
        description=place.text("description"),
        columns=columns,
        key=place.names("key"),
        cursor=place.text_or_none("cursor"),
        parent=Parent(table=parent.only("table", "on").text("table"), on=parent.text("on")) if parent else None,
        deletes="sweep" if _is_swept(place) else "none",
        soft=_soft(place, columns),
        files=place.text_or_none("files"),
        format=form,
        other_columns="leave_out" if place.one_of("other_columns", ("land", "leave_out"), "land") == "leave_out" else "land",
        person=place.text_or_none("account") or place.text_or_none("person"),
        holds_accounts=place.values.get("account") is not None,
        figures=_figures(place, columns),
    )
    _check_used(place, "key", table.key, columns)
    _check_used(place, "cursor", (table.cursor,) if table.cursor else (), columns)
    _check_used(place, "parent", (table.parent.on,) if table.parent else (), columns)
    _check_used(place, "account" if table.holds_accounts else "person", (table.person,) if table.person else (), columns)
    return table


def _figures(place: Place, columns: tuple[Column, ...]) -> dict[str, tuple[str, ...]]:
    """``figures: {meta_key: [_qty, …]}``: the rows, by the values of a column, whose free text is none."""
    inner = place.inner("figures")
    if inner is None:
        return {}
    _check_used(inner, "figures", tuple(inner.values), columns)
    return {name: inner.names(name) for name in inner.values}


def _format(place: Place) -> FileFormat:
    place.only(*FileFormat.__dataclass_fields__, "decimal", "thousands")
    kind = place.one_of("kind", KINDS)
    form = FileFormat(
        kind=next(known for known in KINDS if known == kind),
        delimiter=place.text("delimiter", ","),
        quote=place.text("quote", '"'),
        escape=place.text("escape", ""),
        encoding=place.text("encoding", "utf-8"),
        header=place.flag("header", True),
        skip=place.number("skip", 0),
        comment=place.text("comment", ""),
        footer=place.text("footer", ""),
        trim=place.flag("trim", False),
        nulls=place.names("nulls") if place.values.get("nulls") is not None else None,
        sheet=place.number("sheet", 1) if isinstance(place.values.get("sheet"), int) else place.text_or_none("sheet"),
        row=place.text_or_none("row"),
        paths=place.texts("paths"),
        namespaces=place.texts("namespaces"),
    )
    for setting, wrong in form.faults():
        raise place.error(wrong, setting)
    if fault := numeral_fault(place.text("decimal", "."), place.text("thousands", "")):
        raise place.error(fault[1], fault[0])
    return form


def _numerals(column: Column, place: Place) -> Column:
    """The column with the format's marks in numbers, where it has none of its own."""
    if not is_number(column.type) or (column.decimal, column.thousands) != (".", ""):
        return column
    return replace(column, decimal=place.text("decimal", "."), thousands=place.text("thousands", ""))


def _is_swept(place: Place) -> bool:
    """``deletes: sweep``, or ``deletes: {soft: …, sweep: true}``."""
    if isinstance(place.values.get("deletes"), dict):
        inner = place.inner("deletes")
        return inner is not None and inner.flag("sweep", False)
    return place.one_of("deletes", ("none", "sweep"), "none") == "sweep"


def _soft(place: Place, columns: tuple[Column, ...]) -> SoftDelete | None:
    """``deletes: {soft: deleted_at}``, with ``when: [trash]`` where the column's having a value does not say it all."""
    if not isinstance(place.values.get("deletes"), dict):
        return None
    inner = place.inner("deletes")
    assert inner is not None
    inner.only("soft", "when", "sweep")
    name, when = inner.text("soft"), inner.values.get("when")
    _check_used(inner, "soft", (name,), columns)
    if when is not None and (not isinstance(when, list) or not when or any(isinstance(value, (list, dict)) for value in when)):
        raise inner.error(f"'when' must be a list of values, not {when!r}", "when")
    kind = next(column.type for column in columns if column.name == name)
    if when is None and kind not in ("boolean", "timestamp", "timestamptz", "date"):
        raise inner.error(f"column {name!r} is a {kind}: say which of its values mean deleted, as in when: [trash]", "soft")
    texts = (str(value).lower() if isinstance(value, bool) else str(value) for value in when or ())
    return SoftDelete(name, tuple(texts))


def _column(place: Place, name: str) -> Column:
    place.only(
        "name", "type", "nullable", "optional", "pattern", "minimum", "format", "decimal", "thousands", "description", "classification"
    )
    column = Column(
        name=name,
        type=place.text("type").replace(" ", ""),
        nullable=place.flag("nullable", True),
        optional=place.flag("optional", False),
        pattern=place.text_or_none("pattern"),
        minimum=None if place.values.get("minimum") is None else str(place.values["minimum"]),
        format=place.text_or_none("format"),
        decimal=place.text("decimal", "."),
        thousands=place.text("thousands", ""),
        description=place.text("description", ""),
        classification=place.one_of("classification", CLASSIFICATIONS, "internal"),
    )
    if not is_type(column.type):
        raise place.error(f"column {name!r} has the unknown type {column.type!r}{did_you_mean(column.type, SCALAR_TYPES)}", "type")
    if column.optional and not column.nullable:
        raise place.error(f"column {name!r} cannot be optional and must have a value", "optional")
    if fault := numeral_fault(column.decimal, column.thousands):
        raise place.error(f"column {name!r}: {fault[1]}", fault[0])
    if column.type == "boolean" and column.format is not None and truth_words(column.format) is None:
        raise place.error(
            f"the format of column {name!r} must be the words for true and for false, as in 'ja/nein' or 'y|yes/n|no'", "format"
        )
    try:
        re.compile(column.pattern or "")
    except re.error as error:
        raise place.error(f"the pattern of column {name!r} is no regular expression: {error}", "pattern") from error
    return column


def _check_used(place: Place, setting: str, used: tuple[str, ...], columns: tuple[Column, ...]) -> None:
    known = [column.name for column in columns]
    for name in used:
        if name not in known:
            raise place.error(f"{setting} names column {name!r}, which is not described{did_you_mean(name, known)}", setting)
