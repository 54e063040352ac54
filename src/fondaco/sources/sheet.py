"""The inside of an .xlsx file, read apart from the reader of its values: which rows hold something, and which cells cannot be believed.

The reader of values gives an error (`#N/A`) and a formula that was never computed as an empty cell. Here they are found, and the
rows are counted, so that nothing that stood in the sheet can be missing from what was read.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
import zlib
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from fondaco.sources.archive import Drop

#: What a workbook may unpack to, and cells between a sheet's first and last one: a sheet is held in memory.
MAX_BYTES = 1 << 30
MAX_CELLS = 5_000_000

_AGAIN = "send it again; compare its size with the sender's"
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_STRICT_RELATION = "{http://purl.oclc.org/ooxml/officeDocument/relationships}id"
_HELD = "*[local-name()='c'][*[local-name()='v'][string()] or *[local-name()='is'][string()]]"
_held = etree.XPath(f"{_HELD}/@r")
_untrue = etree.XPath("*[local-name()='c'][@t='e' or (*[local-name()='f'] and not(*[local-name()='v'][string()]))]")
_CELL = re.compile(r"([A-Z]+)([0-9]+)")


@dataclass
class Sheet:
    """What a look into one sheet found; rows are numbered as the sheet does, from 1.

    Attributes:
        name: the sheet's name.
        rows: numbers of the rows that hold anything, ascending.
        untrue: cells without a value of their own, by row: (column from 0, cell, what it says or None for a formula never computed).
    """

    name: str
    rows: list[int] = field(default_factory=list)
    untrue: dict[int, list[tuple[int, str, str | None]]] = field(default_factory=dict)


def look_inside(drop: Drop, wanted: str | int | None) -> Sheet:
    """Finds the wanted sheet (by name, by number from 1, or the only one that holds anything) and looks through it.

    Raises:
        FileRejected: it is no whole .xlsx, there is no such sheet, or it is larger than a sheet may be.
    """
    try:
        with zipfile.ZipFile(drop.path) as archive:
            if sum(part.file_size for part in archive.infolist()) > MAX_BYTES:
                raise drop.rejected(f"unpacks to more than {MAX_BYTES >> 30} GB", "export it as CSV")
            if (damaged := archive.testzip()) is not None:
                raise drop.rejected(f"is damaged in {damaged}", _AGAIN)
            parts = _parts(archive)
            if wanted is None:
                return _only(drop, archive, parts)
            name = wanted if isinstance(wanted, str) else next(iter(list(parts)[wanted - 1 : wanted]), None)
            if name is None or name not in parts:
                raise drop.rejected(f"has no sheet {wanted!r}: it has {', '.join(map(repr, parts))}", "name one of them as `sheet:`")
            return _look(drop, archive, name, parts[name])
    except (zipfile.BadZipFile, zlib.error, EOFError, KeyError, NotImplementedError, RuntimeError, etree.XMLSyntaxError) as error:
        raise drop.rejected(f"is no whole .xlsx file ({_said(error)})", _AGAIN) from error


def _only(drop: Drop, archive: zipfile.ZipFile, parts: dict[str, str]) -> Sheet:
    sheets = [sheet for name, part in parts.items() if (sheet := _look(drop, archive, name, part)).rows]
    if len(sheets) == 1:
        return sheets[0]
    if not sheets:
        raise drop.rejected("holds no cells", "send it again; a day without rows still has its header")
    names = ", ".join(repr(sheet.name) for sheet in sheets)
    raise drop.rejected(f"has {len(sheets)} sheets that hold something: {names}", "say which one is meant, with `sheet:` in its format")


def _parts(archive: zipfile.ZipFile) -> dict[str, str]:
    """The sheets with cells, by name in their order, with the part of the archive that each is."""
    kinds = dict(_relations(archive, "").values())
    office = kinds["officeDocument"]
    relations = _relations(archive, office)
    found = dict[str, str]()
    for sheet in _parsed(archive, office).iter("{*}sheet"):
        kind, part = relations[sheet.get(_RELATION) or sheet.get(_STRICT_RELATION) or ""]
        if kind == "worksheet":
            found[sheet.get("name") or ""] = part
    return found


def _relations(archive: zipfile.ZipFile, part: str) -> dict[str, tuple[str, str]]:
    """Kind and path of what a part refers to, by id."""
    folder, name = posixpath.split(part)
    root = _parsed(archive, posixpath.join(folder, "_rels", f"{name}.rels"))
    return {
        item.get("Id") or "": (
            (item.get("Type") or "").rpartition("/")[2],
            posixpath.normpath(posixpath.join("/", folder, item.get("Target") or "")).lstrip("/"),
        )
        for item in root.iter("{*}Relationship")
    }


def _parsed(archive: zipfile.ZipFile, part: str) -> etree._Element:
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    return etree.fromstring(archive.read(part), parser)


def _look(drop: Drop, archive: zipfile.ZipFile, name: str, part: str) -> Sheet:
    sheet, number, first, last = Sheet(name), 0, 1 << 20, 0
    with archive.open(part) as stream:
        for _, row in etree.iterparse(stream, tag="{*}row", resolve_entities=False, no_network=True):
            number = int(row.get("r") or number + 1)
            if held := _listed(_held(row)):
                sheet.rows.append(number)
                columns = [_column(str(cell)) for cell in (held[0], held[-1])]
                first, last = min(first, *columns), max(last, *columns)
            if cells := _listed(_untrue(row)):
                sheet.untrue[number] = [_fault(cell) for cell in cells]
            row.clear()
            while row.getprevious() is not None:
                del row.getparent()[0]
    # a formula that was never computed leaves no value, but its row is one
    sheet.rows = sorted({*sheet.rows, *sheet.untrue})
    if sheet.rows and (last - first + 1) * (sheet.rows[-1] - sheet.rows[0] + 1) > MAX_CELLS:
        raise drop.rejected(f"has more than {MAX_CELLS:,} cells in sheet {name!r}", "export it as CSV")
    return sheet


def _listed(found: object) -> list[Any]:
    return found if isinstance(found, list) else []


def _fault(cell: etree._Element) -> tuple[int, str, str | None]:
    name = cell.get("r") or "?"
    return _column(name), name, cell.findtext("{*}v") if cell.get("t") == "e" else None


def _column(cell: str) -> int:
    """Number of a cell's column, from 0."""
    match = _CELL.fullmatch(cell)
    number = 0
    for letter in match[1] if match else "":
        number = number * 26 + ord(letter) - 64
    return number - 1


def _said(error: Exception) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]
