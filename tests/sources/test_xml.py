"""Elements are rows; a document that is cut off, or that would open or expand anything, gives none."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from fondaco.contracts import Column, FileFormat, Table
from fondaco.errors import FileRejected
from fondaco.sources import xml
from fondaco.sources.archive import Drop
from fondaco.sources.content import Content
from fondaco.sources.xml import read_xml

DropMaker = Callable[..., Drop]
XML = FileFormat("xml", row="orders/order")
TABLE = Table("t", "", (Column("id", "varchar"), Column("email", "varchar"), Column("price", "decimal(18,4)")))


def rows_of(content: Content) -> list[dict[str, Any]]:
    rows = [row for batch in content.batches for row in batch.to_pylist()]
    assert content.rows_read == len(rows) + len(content.rejects)
    return rows


def read(drop: Drop, form: FileFormat = XML) -> list[tuple[Any, ...]]:
    return [(row["id"], row["email"], row["price"]) for row in rows_of(read_xml(drop, TABLE, form))]


def test_columns_come_from_elements_and_attributes_by_their_names_or_by_declared_paths(drop: DropMaker) -> None:
    text = '<orders><order id="1"><price>1.50</price><customer kind="b"><email>a@b.c</email></customer></order><order><id>2</id></order></orders>'
    form = replace(XML, paths={"email": "customer/email"})
    (first, second) = rows_of(read_xml(drop(text, "a.xml"), TABLE, form))
    assert (first["id"], first["email"], first["price"], first["customer/@kind"]) == ("1", "a@b.c", "1.50", "b")
    assert (second["id"], second["email"], second["_row"]) == ("2", None, 2)


def test_missing_is_null_empty_is_empty_and_whitespace_is_kept_unless_declared(drop: DropMaker) -> None:
    text = (
        "<?xml version='1.0'?>\n<orders xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance'><order><id> 1 </id><email/></order>"
        "<order><id><![CDATA[<2> & ]]>x<!-- no --></id><email xsi:nil='true'/></order></orders>"
    )
    assert read(drop(text, "a.xml")) == [(" 1 ", "", None), ("<2> & x", None, None)]
    assert read(drop(text, "a.xml"), replace(XML, trim=True, nulls=("",))) == [("1", None, None), ("<2> & x", None, None)]


def test_namespaces_are_told_apart_where_they_are_declared(drop: DropMaker) -> None:
    text = "<o:orders xmlns:o='urn:o' xmlns:g='urn:g' xmlns='urn:o'><order><g:id>1</g:id><id>2</id></order></o:orders>"
    form = replace(XML, paths={"id": "g:id", "email": "id"}, namespaces={"g": "urn:g"})
    assert read(drop(text, "a.xml"), form) == [("1", "2", None)]
    content = read_xml(drop(text, "a.xml"), TABLE, XML)
    assert rows_of(content) == []
    assert [(reject.reason, reject.column) for reject in content.rejects] == [("repeated_element", "id")]


def test_without_a_path_the_children_of_the_root_are_rows_if_they_are_of_one_kind(drop: DropMaker) -> None:
    form = FileFormat("xml")
    assert read(drop("<x><y id='1'/><y id='2'/></x>", "a.xml"), form) == [("1", None, None), ("2", None, None)]
    assert read(drop("<x/>", "a.xml"), form) == []
    with pytest.raises(FileRejected, match="has more than one kind of element below its root: <y>, <z>"):
        read(drop("<x><y id='1'/><z/></x>", "a.xml"), form)


def test_what_is_not_declared_comes_along_by_its_path(drop: DropMaker) -> None:
    text = "<orders><order><id>1</id><tag>a</tag><tag>b</tag><note>say <b>hi</b></note><a><b>x</b></a></order></orders>"
    (row,) = rows_of(read_xml(drop(text, "a.xml"), TABLE, XML))
    assert (row["tag"], row["note"], row["a/b"]) == ('["a", "b"]', "<note>say <b>hi</b></note>", "x")


def test_a_row_that_says_a_column_twice_is_put_aside_with_its_text(drop: DropMaker) -> None:
    content = read_xml(drop("<orders><order><id>1</id><id>2</id></order><order id='1'/></orders>", "a.xml"), TABLE, XML)
    assert [row["_row"] for row in rows_of(content)] == [2]
    assert [(reject.row, reject.reason, reject.column, reject.raw) for reject in content.rejects] == [
        (1, "repeated_element", "id", "<order><id>1</id><id>2</id></order>")
    ]


def test_rows_of_another_place_are_none_of_ours(drop: DropMaker) -> None:
    text = "<orders><old><order id='0'/></old><order id='1'><order id='2'/></order><order id='3'/></orders>"
    assert [row["id"] for row in rows_of(read_xml(drop(text, "a.xml"), TABLE, XML))] == ["1", "3"]
    with pytest.raises(FileRejected, match="has the root <shop>, not <orders>"):
        read(drop("<shop><orders><order id='1'/></orders></shop>", "a.xml"))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1", "cp1252"])
def test_the_encoding_is_the_one_that_the_file_says(drop: DropMaker, encoding: str) -> None:
    text = f"<?xml version='1.0' encoding='{encoding}'?><orders><order><id>Zoë</id></order></orders>"
    assert read(drop(text.encode(encoding), "a.xml")) == [("Zoë", None, None)]


BILLION = "<!DOCTYPE orders [<!ENTITY a 'ha'><!ENTITY b '" + "&a;" * 50 + "'><!ENTITY c '" + "&b;" * 50 + "'>]>"
REFUSED = {
    "cut off": ("<orders><order id='1'/><order id='2'/>", "is not well-formed XML"),
    "cut in a tag": ("<orders><order id='1'/><ord", "is not well-formed XML"),
    "not nested": ("<orders><order><id>1</order></id></orders>", "is not well-formed XML on line 1"),
    "two roots": ("<orders/><orders/>", "is not well-formed XML"),
    "no xml": ("id,name\n1,a\n", "is not well-formed XML"),
    "wrong bytes": (b"<orders><order><id>\xff</id></order></orders>", "is not well-formed XML"),
    "an unknown encoding": (b"<?xml version='1.0' encoding='utf-99'?><orders/>", "is not well-formed XML"),
    "an entity nobody declared": ("<orders><order><id>&x;</id></order></orders>", "is not well-formed XML"),
    "a billion laughs": (BILLION + "<orders><order><id>&c;</id></order></orders>", "brings a document type"),
    "laughs in an attribute": (BILLION + "<orders x='&c;'><order id='1'/></orders>", "brings a document type"),
    "an entity outside": (
        "<!DOCTYPE orders [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><orders><order><id>&x;</id></order></orders>",
        "brings a doc",
    ),
    "a document type outside": ("<!DOCTYPE orders SYSTEM 'http://localhost/x.dtd'><orders/>", "brings a document type"),
    "nothing": ("", "is empty"),
    "a zip": ("PK\x03\x04", "is a zip archive"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_document_that_is_not_whole_or_not_harmless_is_refused(drop: DropMaker, what: str) -> None:
    content, reason = REFUSED[what]
    with pytest.raises(FileRejected, match=f"a.xml {reason}") as refused:
        read(drop(content, "a.xml"))
    assert refused.value.hint


def test_a_document_of_any_size_is_forgotten_while_it_is_read(drop: DropMaker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xml, "_ROWS_PER_BATCH", 50)
    monkeypatch.setattr(xml, "_PIECE", 512)
    held = list[int]()
    flatten = xml._flatten

    def counted(element: Any, above: str, *others: Any) -> None:
        if not above:
            held.append(sum(1 for _ in element.getroottree().iter()))
        flatten(element, above, *others)

    monkeypatch.setattr(xml, "_flatten", counted)
    row = "<order><id>1</id><email>a@b.c</email></order>"
    content = read_xml(drop("<orders><head>" + "<x>y</x>" * 2_000 + "</head>" + row * 2_000 + "</orders>", "a.xml"), TABLE, XML)
    assert sum(batch.num_rows for batch in content.batches) == 2_000 == content.rows_read
    assert max(held) < 100


TEXT = st.text(st.characters(min_codepoint=32, max_codepoint=0x2FF, exclude_categories=("Cc", "Cs")), max_size=6)


@given(
    rows=st.lists(st.tuples(TEXT, TEXT, st.none() | TEXT), max_size=6),
    encoding=st.sampled_from(["utf-8", "utf-16", "us-ascii"]),
    pretty=st.booleans(),
)
def test_what_a_writer_of_xml_wrote_is_read_back(rows: list[tuple[str, str, str | None]], encoding: str, pretty: bool) -> None:
    root = etree.Element("orders")
    for one, two, three in rows:
        order = etree.SubElement(root, "order", id=one)
        etree.SubElement(etree.SubElement(order, "customer"), "email").text = two
        if three is not None:
            etree.SubElement(order, "price").text = three
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.xml"
        etree.ElementTree(root).write(path, encoding=encoding, xml_declaration=True, pretty_print=pretty)
        assert read(Drop(path, "a.xml"), replace(XML, paths={"email": "customer/email"})) == rows
