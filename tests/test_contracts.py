"""Declarations are read whole or refused by file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from fondaco.contracts import load_contracts, load_system
from fondaco.errors import DeclarationError

GOOD = """\
system: shop
description: A shop.
zone: UTC
entities: [orders]
tables:
  orders:
    description: Orders.
    key: [id]
    cursor: updated_at
    files: "orders*.csv"
    format: {kind: csv, delimiter: ";"}
    columns:
      id: {type: bigint, nullable: false}
      total: {type: "decimal(18, 4)", minimum: 0}
      email: {type: varchar, classification: pii.email}
      updated_at: {type: timestamp}
"""


def system(folder: Path, text: str) -> Path:
    (folder / "shop.yml").write_text(text)
    return folder


def test_a_system_is_read_as_it_stands(tmp_path: Path) -> None:
    table = load_system(system(tmp_path, GOOD), "shop").tables["orders"]
    assert (table.key, table.cursor, table.deletes) == (("id",), "updated_at", "none")
    assert table.format is not None
    assert table.format.delimiter == ";"
    assert [(column.name, column.type, column.nullable) for column in table.columns][:2] == [
        ("id", "bigint", False),
        ("total", "decimal(18,4)", True),
    ]
    assert table.column("total").minimum == "0"
    assert table.takes("gift")


def test_a_table_may_leave_out_what_it_does_not_declare(tmp_path: Path) -> None:
    text = GOOD.replace("    columns:\n", "    other_columns: leave_out\n    columns:\n")
    table = load_system(system(tmp_path, text), "shop").tables["orders"]
    assert (table.takes("email"), table.takes("password")) == (True, False)


def test_all_that_is_shipped_can_be_read(repo: Path) -> None:
    entities = set(load_contracts(repo / "contracts"))
    for path in (repo / "systems").glob("*.yml"):
        found = load_system(repo / "systems", path.stem)
        assert found.name == path.stem
        assert set(found.entities) <= entities
        assert {f"stg_{found.name}__{entity}.sql" for entity in found.entities} == {
            model.name for model in (repo / "warehouse" / "models" / "staging" / found.name).glob("*.sql")
        }


@pytest.mark.parametrize(
    ("right", "wrong", "line", "message"),
    [
        ("nullable: false", "nulable: false", 13, "'nulable' is not a setting here (did you mean 'nullable'?)"),
        ("type: bigint", "type: bigintt", 13, "unknown type 'bigintt' (did you mean 'bigint'?)"),
        ("nullable: false", 'nullable: "no"', 13, "'nullable' must be true or false, not 'no'"),
        ("pii.email", "pii.mail", 15, "none of"),
        ("key: [id]", "key: [idd]", 8, "key names column 'idd', which is not described (did you mean 'id'?)"),
        ("cursor: updated_at", "cursor: changed", 9, "cursor names column 'changed'"),
        ("kind: csv", "kind: cvs", 11, "'kind' is 'cvs', which is none of csv, json, jsonl, parquet, xlsx, xml (did you mean 'csv'?)"),
        ("minimum: 0", 'pattern: "["', 14, "is no regular expression"),
        ("zone: UTC\n", "", 0, "'zone' is missing"),
        ("key: [id]", "key: [id]\n    parent: {table: baskets, on: id}", 9, "the parent 'baskets' of 'orders' is not described"),
        ("id: {type: bigint, nullable: false}", "id: bigint", 13, "must be a mapping"),
        ("nullable: false", "nullable: false, optional: true", 13, "cannot be optional"),
    ],
)
def test_a_wrong_word_is_named_with_its_line(tmp_path: Path, right: str, wrong: str, line: int, message: str) -> None:
    assert right in GOOD
    with pytest.raises(DeclarationError) as caught:
        load_system(system(tmp_path, GOOD.replace(right, wrong, 1)), "shop")
    assert message in caught.value.message
    assert caught.value.where == (f"{tmp_path / 'shop.yml'}:{line}" if line else str(tmp_path / "shop.yml"))
    assert caught.value.exit_code == 2


def test_a_file_that_is_no_yaml_is_named(tmp_path: Path) -> None:
    with pytest.raises(DeclarationError, match=r"shop\.yml is not YAML"):
        load_system(system(tmp_path, "system: [shop\ntables: }"), "shop")


def test_an_unknown_system_names_the_nearest_and_all(repo: Path) -> None:
    with pytest.raises(DeclarationError, match="did you mean 'online_retail'") as caught:
        load_system(repo / "systems", "online_retial")
    assert "adventureworks" in str(caught.value.hint)


FORMATS = [
    ("delimiter: '||'", "'delimiter' is '||': it must be one ASCII character"),
    ("delimiter: ''", "'delimiter' is ''"),
    ("delimiter: '§'", "'delimiter' is '§': it must be one ASCII character"),
    ("delimiter: a", "cannot be told from the text itself"),
    ("quote: '\"\"'", "'quote' is '\"\"'"),
    ("escape: ';'", "must be three characters"),
    ("encoding: utf-99", "'utf-99' is not an encoding of text"),
    ("encoding: rot13", "'rot13' is not an encoding of text"),
    ("skip: -1", "'skip' counts lines"),
    ("skip: two", "'skip' must be a whole number"),
    ("decimal: ';'", "'decimal' is ';'"),
    ("thousands: '.'", "'thousands' is '.'"),
    ("nulls: NULL_", "'nulls' must be a list"),
    ("header: never", "'header' must be true or false"),
    ("sheet: 0", "sheets are counted from 1"),
    ("row: /orders", "'/orders' is no path"),
    ("paths: {id: '@'}", "'@' is no path"),
    ("paths: {idd: '@id'}", "paths names column 'idd', which is not described (did you mean 'id'?)"),
    ("paths: {id: 's:id'}", "the prefix 's' is used in a path"),
    ("encodign: utf-8", "did you mean 'encoding'?"),
]


@pytest.mark.parametrize(("setting", "message"), FORMATS)
def test_a_format_that_cannot_be_is_named_with_its_line(tmp_path: Path, setting: str, message: str) -> None:
    written = 'format: {kind: csv, delimiter: ";"}' if not setting.startswith("delimiter") else "format: {kind: csv}"
    text = GOOD.replace('format: {kind: csv, delimiter: ";"}', written.replace("}", f", {setting}}}"))
    with pytest.raises(DeclarationError) as caught:
        load_system(system(tmp_path, text), "shop")
    assert message in caught.value.message
    assert caught.value.where == f"{tmp_path / 'shop.yml'}:11"


def test_marks_in_numbers_go_to_the_columns_that_are_numbers(tmp_path: Path) -> None:
    text = GOOD.replace('delimiter: ";"', "delimiter: ';', decimal: ',', thousands: '.'")
    table = load_system(system(tmp_path, text), "shop").tables["orders"]
    marks = {column.name: (column.decimal, column.thousands) for column in table.columns}
    assert marks == {"id": (",", "."), "total": (",", "."), "email": (".", ""), "updated_at": (".", "")}


def test_the_words_of_a_boolean_are_two_lists(tmp_path: Path) -> None:
    right = GOOD.replace("email: {type: varchar,", "email: {type: boolean, format: 'y|yes/n|no',")
    assert load_system(system(tmp_path, right), "shop").tables["orders"].column("email").format == "y|yes/n|no"
    with pytest.raises(DeclarationError, match="must be the words for true and for false"):
        load_system(system(tmp_path, right.replace("y|yes/n|no", "yes/yes")), "shop")
