"""Whose a row is, and what is left of it when she is forgotten: SQL over the columns of a table, as its system declares them.

A row is hers if it names her account or one of her e-mails, or if its parent is hers. Both are told by keyed hashes, so that it can be
told without knowing her. What is left is the same for the same row, whenever and wherever it is made: a row that is read again later is
the row that was rewritten, and is known.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from fondaco.contracts import Column, Table
from fondaco.lake.casts import literal, quoted, typed

#: Column of a file: what tells the states of one row apart whose persons were forgotten, so that her history keeps its intervals.
ERASED = "_erased"
#: Temporary table of the hashes of whoever is meant; `keyed` makes a value one of them.
MEANT = "meant_persons"
#: Domain of a pseudonym that takes the place of an e-mail; no mail can be sent there (RFC 2606).
NOWHERE = "forgotten.invalid"
#: Variables of the connection: the secrets of hashes and of pseudonyms.
WHOSE_KEY, PSEUDONYM_KEY = "whose_key", "pseudonym_key"
#: Ids of a customer that stand for none.
NOBODY = ("", "0")
_DIGITS = 32
_LANDING = frozenset({"_batch_id", "_ingested_at", "_op", "_source", "_file", "_row", "_position", "_row_hash", ERASED})
_EMPTY = {"varchar": "'forgotten'", "date": "date '1900-01-01'", "boolean": "false"}


@dataclass(frozen=True)
class Extent:
    """How much of a person is meant.

    Attributes:
        classes: only columns of these classifications, which were kept for their time; None: all that tells of a person who asked to be
            forgotten, and every column that nobody declared.
        domains: e-mails of these domains keep them: a rule of the shop looks at it.
        meant: temporary table of the hashes of whoever is meant; with classes it says of each up to when her rows are (`before`).
    """

    classes: frozenset[str] | None = None
    domains: tuple[str, ...] = ()
    meant: str = MEANT

    def takes(self, column: Column) -> bool:
        return column.classification.startswith("pii.") and (self.classes is None or column.classification in self.classes)


def is_personal(table: Table) -> bool:
    """Whether rows of it may hold a person, and it can be told whose they are."""
    return bool(table.personal or table.person) and bool(table.person or table.emails or table.parent)


def keyed(kind: str, value: str) -> str:
    """SQL: the hash of an account or an e-mail, of a value in its plain form."""
    return f"left(sha256(concat(getvariable('{WHOSE_KEY}'), '{kind}|', {value})), {_DIGITS})"


def account(source: str, value: str) -> str:
    """SQL: the hash of an account of a source; both are SQL."""
    return keyed("account", f"{source}, '|', cast({value} as varchar)")


def email(value: str) -> str:
    """SQL: the hash of an e-mail, whatever its case."""
    return keyed("email", f"lower(trim(cast({value} as varchar)))")


def hers(table: Table, columns: Mapping[str, str], source: str, parents: str | None = None, extent: Extent = Extent()) -> str:
    """Condition: the row is of somebody who is meant, and where classes are meant, of the time that is past.

    Args:
        columns: those that there are, by DuckDB type.
        source: SQL for the row's source.
        parents: query for the parents' keys that are hers.
    """
    return " or ".join(_signs(table, columns, source, parents, extent)) or "false"


def _signs(table: Table, columns: Mapping[str, str], source: str, parents: str | None, extent: Extent) -> Iterator[str]:
    if extent.classes is not None and table.person is None and table.parent is None:
        return  # a seller's address is kept as long as she sells, and nobody says here when she last did
    nobody = ", ".join(map(literal, NOBODY))
    if table.person in columns:
        assert table.person is not None
        named = quoted(table.person)
        yield f"(cast({named} as varchar) not in ({nobody}) and {_is_meant(account(source, named), table, columns, extent)})"
    for column in table.emails:
        if column.name in columns:
            yield f"({quoted(column.name)} is not null and {_is_meant(email(quoted(column.name)), table, columns, extent)})"
    if parents is not None and table.parent is not None and table.parent.on in columns:
        yield f"cast({quoted(table.parent.on)} as varchar) in ({parents})"


def _is_meant(token: str, table: Table, columns: Mapping[str, str], extent: Extent) -> str:
    if extent.classes is None:
        return f"{token} in (select token from {extent.meant})"
    # a row without a time of its own is never a sign of life
    when = moment(table, columns) or "cast(null as timestamp)"
    return f"coalesce({when}, timestamp '-infinity') < (select before from {extent.meant} where token = {token})"


def moment(table: Table, columns: Mapping[str, str]) -> str | None:
    """SQL: when a row was last changed at the source, or else its latest day; None if it says neither."""
    times = [column for column in table.columns if column.name in columns and column.type in ("date", "timestamp")]
    own = [column for column in times if column.name == table.cursor] or [
        column for column in times if table.cursor is None and not column.classification.startswith("pii.")
    ]
    if not own:
        return None
    values = [f"cast({typed(column, quoted(column.name), columns[column.name])} as timestamp)" for column in own]
    return f"greatest({', '.join(values)})" if len(values) > 1 else values[0]


def left(table: Table, columns: Collection[tuple[str, str]], extent: Extent) -> dict[str, str]:
    """SQL for what is left of each column that tells of a person, of the columns (name, DuckDB type) that there are."""
    declared = {column.name: column for column in table.columns}
    found = dict[str, str]()
    for name, kind in columns:
        if name in _LANDING:
            continue
        column = declared.get(name)
        if column is None:
            if extent.classes is None:
                found[name] = f"cast(null as {kind})"
        elif extent.takes(column):
            found[name] = _kept(table, _left_of(table, column, kind, extent), quoted(name))
    return found


def _left_of(table: Table, column: Column, kind: str, extent: Extent) -> str:
    name = quoted(column.name)
    text = f"cast({name} as varchar)"
    if column.classification == "pii.email":
        return f"cast({pseudonym(text, extent.domains)} as {kind})"
    if column.name in table.key:
        is_done = f"{text} like 'forgotten-%'"
        return f"cast(case when {name} is null or {is_done} then {name} else {_short(text)} end as {kind})"
    if column.nullable:
        return f"cast(null as {kind})"
    # a source that gives text gives the declared type's text
    empty = _EMPTY.get(column.type, "timestamp '1900-01-01'" if column.type.startswith("timestamp") else "0")
    if column.format is not None and kind.upper() == "VARCHAR" and column.type in ("date", "timestamp"):
        empty = f"strftime({empty}, {literal(column.format)})"
    return f"cast(case when {name} is not null then {empty} end as {kind})"


def _kept(table: Table, value: str, name: str) -> str:
    """The value, but of rows whose text is a figure what it was."""
    figures = [f"{quoted(on)} in ({', '.join(map(literal, values))})" for on, values in table.figures.items()]
    return f"case when coalesce({' or '.join(figures)}, false) then {name} else {value} end" if figures else value


def pseudonym(text: str, domains: Collection[str]) -> str:
    """An address that nobody has, the same for the same e-mail: orders of a guest stay those of one guest."""
    domain = literal(NOWHERE)
    if domains:
        own = f"lower(split_part(trim({text}), '@', 2))"
        domain = f"case when {own} in ({', '.join(map(literal, domains))}) then {own} else {domain} end"
    return (
        f"case when {text} is null or trim({text}) = '' or regexp_full_match({text}, 'forgotten-[0-9a-f]{{16}}@.+') then {text} "
        f"else concat({_short(f'lower(trim({text}))')}, '@', {domain}) end"
    )


def _short(text: str) -> str:
    return f"concat('forgotten-', left(sha256(concat(getvariable('{PSEUDONYM_KEY}'), {text})), 16))"


def state(names: Collection[str], has_state: bool) -> str:
    """SQL for `ERASED`: differs where what is taken away differed, now or before, and says nothing of it."""
    texts = [f"coalesce(cast({quoted(name)} as varchar), chr(1))" for name in sorted(names)]
    return f"left(sha256(concat_ws(chr(2), getvariable('{PSEUDONYM_KEY}'), 'state', {', '.join(texts + [ERASED] * has_state)})), 12)"
