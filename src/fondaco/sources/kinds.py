"""The kinds of files, told by their names, and the reader of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import PurePath

from fondaco.contracts import FileFormat, Kind, Table
from fondaco.sources.archive import Drop
from fondaco.sources.content import Content
from fondaco.sources.delimited import read_delimited
from fondaco.sources.jsonarray import read_json
from fondaco.sources.jsonlines import read_jsonlines
from fondaco.sources.parquet import read_parquet
from fondaco.sources.xlsx import read_xlsx
from fondaco.sources.xml import read_xml

_READERS: Mapping[str, Callable[[Drop, Table, FileFormat], Content]] = {
    "csv": read_delimited,
    "jsonl": read_jsonlines,
    "json": read_json,
    "parquet": read_parquet,
    "xlsx": read_xlsx,
    "xml": read_xml,
}
#: What a name says of its file, with or without .gz behind it.
_BY_NAME: Mapping[str, Kind] = {
    ".csv": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "json",
    ".parquet": "parquet",
    ".xlsx": "xlsx",
    ".xlsm": "xlsx",
    ".xml": "xml",
}


def kind_of(name: str, declared: FileFormat) -> Kind:
    """What the file is by its name's ending, else as declared."""
    return _BY_NAME.get(PurePath(name.lower().removesuffix(".gz")).suffix, declared.kind)


def read(drop: Drop, table: Table) -> Content:
    """Checks one file of the table and opens it for reading. Raises FileRejected and OSError."""
    assert table.format is not None
    return _READERS[kind_of(drop.name, table.format)](drop, table, table.format)
