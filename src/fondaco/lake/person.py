"""Who a person is, by what the lake says of her: the accounts that are hers and every e-mail that they ever had.

One e-mail may be that of several accounts of one source. Whether they are one person is for people to say: it is never guessed.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from fondaco.contracts import Table
from fondaco.errors import UsageError
from fondaco.lake import forgotten
from fondaco.lake.casts import literal, quoted
from fondaco.lake.erasure import Holder
from fondaco.lake.forgotten import Keys
from fondaco.lake.lake import Lake
from fondaco.lake.persons import NOBODY, hers

#: A text shorter than this says too little to be looked for wherever it may stand.
_TELLING = 6
_MOST_VALUES = 10_000
#: Classes whose values are told from other words.
_TOLD = frozenset({"pii.email", "pii.phone", "pii.address", "pii.name"})


@dataclass(frozen=True)
class Person:
    """What names one person: accounts as (source, id), e-mails in lower case. In memory alone, never written."""

    accounts: frozenset[tuple[str, str]]
    emails: frozenset[str]

    def tokens(self, keys: Keys) -> frozenset[str]:
        """The keyed hashes of all that names her, and of what takes its place."""
        accounts = {keys.token("account", f"{source}|{number}") for source, number in self.accounts}
        emails = {keys.token("email", email) for email in self.emails} | {
            keys.token("email", keys.pseudonym(email)) for email in self.emails if not is_pseudonym(email)
        }
        return frozenset(accounts | emails)


def is_pseudonym(email: str) -> bool:
    return email.startswith("forgotten-") and len(email.partition("@")[0]) == len("forgotten-") + 16


def find(lake: Lake, holders: Sequence[Holder], named: Sequence[str]) -> Person:
    """The person whom these accounts or e-mails name.

    Raises:
        UsageError: an account is one of several sources, or an e-mail that of several accounts of one source, and not all were named.
    """
    with lake.reading():
        known = _accounts(lake, holders)
        emails = {name.strip().lower() for name in named if "@" in name}
        accounts = {_account(lake, holders, name) for name in named if "@" not in name}
        given = frozenset(accounts)
        while True:
            emails |= {email for source, number, email in known if (source, number) in accounts and email}
            others = {(source, number) for source, number, email in known if email in emails} - accounts
            if not others:
                return Person(frozenset(accounts), frozenset(emails))
            _check_one(accounts | others, given)
            accounts |= others


def _check_one(accounts: Collection[tuple[str, str]], given: Collection[tuple[str, str]]) -> None:
    for source in sorted({source for source, _ in accounts}):
        of_source = sorted(number for name, number in accounts if name == source)
        if len(of_source) > 1 and not all((source, number) in given for number in of_source):
            every = " ".join(f"--customer {number}" for number in of_source)
            raise UsageError(
                f"the e-mail is that of {len(of_source)} accounts of {source}: {', '.join(of_source)}; nothing was changed",
                hint=f"if they are one person: fondaco forget {every} --source {source}; if not, the shop must part them first",
            )


def _accounts(lake: Lake, holders: Sequence[Holder]) -> list[tuple[str, str, str | None]]:
    """Every account with every e-mail that it ever had."""
    found = list[tuple[str, str, str | None]]()
    for holder in holders:
        if not holder.table.holds_accounts or not holder.table.emails:
            continue
        assert holder.table.person is not None
        number, nobody = f"cast({quoted(holder.table.person)} as varchar)", ", ".join(map(literal, NOBODY))
        for column in holder.table.emails:
            query = f"select distinct {number}, lower(trim({quoted(column.name)})) from {rows_of(lake, holder)} where {number} not in ({nobody})"
            found += [(holder.source, str(account), email) for account, email in lake.connection.execute(query).fetchall()]
    return found


def _account(lake: Lake, holders: Sequence[Holder], number: str) -> tuple[str, str]:
    """The one source that knows an account of that id."""
    if number in NOBODY:
        raise UsageError(f"{number!r} is the id of nobody", hint="name a customer by her id or her e-mail")
    sources = set[str]()
    for holder in holders:
        if holder.table.person is None:
            continue
        same = f"cast({quoted(holder.table.person)} as varchar) = {literal(number)}"
        if holder.source not in sources and lake.connection.execute(
            f"select exists (from {rows_of(lake, holder)} where {same})"
        ).fetchall() == [(True,)]:
            sources.add(holder.source)
    if len(sources) > 1:
        raise UsageError(
            f"customer {number} is known to several sources: {', '.join(sorted(sources))}; nothing was changed",
            hint=f"say which: fondaco forget --customer {number} --source {min(sources)}",
        )
    if not sources:
        raise UsageError(
            f"no row of the lake names a customer {number}", hint="look for her e-mail, as the shop has it; ids are those of the shop"
        )
    return next(iter(sources)), number


def values(lake: Lake, holders: Sequence[Holder], tokens: Collection[str], keys: Keys, classes: Collection[str] = _TOLD) -> frozenset[str]:
    """What the lake says of her in words that are hers alone, to look for in texts: e-mails, telephones, streets, whole names.

    Args:
        classes: only these of them.
    """
    found = set[str]()
    with lake.reading():
        forgotten.mean(lake.connection, tokens, keys)
        for holder in holders:
            sign = hers(holder.table, declared(holder.table), literal(holder.source))
            texts = [
                f"cast({quoted(column.name)} as varchar)"
                for column in holder.table.columns
                if column.classification in _TOLD - {"pii.name"} and column.classification in classes
            ]
            parts = [
                f"trim({quoted(column.name)})"
                for column in holder.table.columns
                if "pii.name" in classes and column.classification == "pii.name"
            ]
            texts += [f"concat_ws(' ', {', '.join(parts)})"] if len(parts) > 1 else []
            if sign == "false" or not texts:
                continue
            listed = lake.connection.execute(
                f"select distinct unnest([{', '.join(texts)}]) as text from {rows_of(lake, holder)} where {sign} limit {_MOST_VALUES}"
            ).fetchall()
            found |= {
                text.strip() for (text,) in listed if text and len(text.strip()) >= _TELLING and not is_pseudonym(text.strip().lower())
            }
    # a town or a postal code alone is not hers
    return frozenset(
        text for text in found if "@" in text or " " in text or (any(sign.isdigit() for sign in text) and len(text) > _TELLING)
    )


def drops(lake: Lake, holders: Sequence[Holder], tokens: Collection[str], keys: Keys) -> tuple[str, ...]:
    """Files of the shop's own, as ``source: file``, from which rows of hers came; they are the shop's, and are not touched."""
    found = set[str]()
    with lake.reading():
        forgotten.mean(lake.connection, tokens, keys)
        for holder in holders:
            sign = hers(holder.table, declared(holder.table), literal(holder.source))
            if holder.table.files is None or sign == "false":
                continue
            listed = lake.connection.execute(f"select distinct _file from {rows_of(lake, holder)} where {sign}").fetchall()
            found |= {f"{holder.source}: {file}" for (file,) in listed if file}
    return tuple(sorted(found))


def declared(table: Table) -> dict[str, str]:
    """The columns of a table by type."""
    return {column.name: column.type for column in table.columns}


def rows_of(lake: Lake, holder: Holder) -> str:
    """Relation: the table's rows that count, with every column that is declared, and where and when they came."""
    paths = [lake.url(file.path) for commit in holder.commits for file in commit.files]
    own = {**declared(holder.table), "_file": "varchar", "_op": "varchar", "_ingested_at": "timestamp"}
    empty = f"select {', '.join(f'cast(null as {kind}) as {quoted(name)}' for name, kind in own.items())} where false"
    if not paths:
        return f"({empty})"
    return f"({empty} union all by name from read_parquet([{', '.join(map(literal, paths))}], union_by_name = true, hive_partitioning = false))"
