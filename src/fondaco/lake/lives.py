"""When each person was last seen: the last time that a row which names her was changed at the source, and of whom that is too long ago.

An account and the e-mails that it ever had are one person here. Where an e-mail is that of several accounts all of them live as long as
one does: what is kept too long can be erased later, and what was erased cannot be brought back.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from fondaco.lake import forgotten
from fondaco.lake.casts import literal, quoted
from fondaco.lake.erasure import Holder
from fondaco.lake.forgotten import Expired, Keys
from fondaco.lake.lake import Lake
from fondaco.lake.person import declared, rows_of
from fondaco.lake.persons import NOBODY, account, email, moment, pseudonym


@dataclass(frozen=True)
class Old:
    """Of whom something is too old.

    Attributes:
        people: how many are new among them: accounts, and e-mails of nobody's account.
        expired: their hashes, and up to when their rows are; of those who are on the list for it already only whoever came back since.
    """

    people: int
    expired: Expired


def look(lake: Lake, holders: Sequence[Holder], keys: Keys) -> None:
    """Makes `last_seen`: each hash of an account or an e-mail, and when whoever it is was last seen; for `old`, in the same reading."""
    connection = lake.connection
    forgotten.lend_keys(connection, keys)
    signs = [sign for holder in holders for sign in _signs(lake, holder, keys)]
    none = "select null::varchar as token, null::varchar as twin, false as is_account, null::timestamp as seen_at, null::timestamp as came_at where false"
    connection.execute(f"create or replace temp table signs as {' union all '.join([none, *signs])}")
    links = [link for holder in holders for link in _links(lake, holder)]
    links += ["select token as a, twin as b from signs where twin <> token"]
    one_way = " union all ".join(links)
    connection.execute(f"create or replace temp table links as select a, b from ({one_way}) union select b, a from ({one_way})")
    connection.execute(
        "create or replace temp table last_seen as select token, max(seen_at) as seen_at, max(came_at) as came_at from signs group by token"
    )
    while _spread(lake):
        pass
    # of somebody of whom no row has a time it is known only when they came
    connection.execute("update last_seen set seen_at = came_at where seen_at is null")


def _signs(lake: Lake, holder: Holder, keys: Keys) -> Iterator[str]:
    """Queries: whom rows of the table name, and when they were last changed."""
    table = holder.table
    if table.person is None:
        return  # rows that change through others, and sellers
    when, number = moment(table, declared(table)) or "cast(null as timestamp)", quoted(table.person)
    nobody = ", ".join(map(literal, NOBODY))
    rows = f"(select *, {when} as _at from {rows_of(lake, holder)} where _op is distinct from 'delete')"
    yield (
        f"select {account(literal(holder.source), number)}, null, true, max(_at), max(_ingested_at) from {rows} "
        f"where {number} is not null and cast({number} as varchar) not in ({nobody}) group by {number}"
    )
    for column in table.emails:
        name = f"lower(trim(cast({quoted(column.name)} as varchar)))"
        yield (
            f"select {email('_email')}, {email(pseudonym('_email', keys.domains))}, false, _at, _came from ("
            f"select {name} as _email, max(_at) as _at, max(_ingested_at) as _came from {rows} where {name} <> '' group by 1)"
        )


def _links(lake: Lake, holder: Holder) -> Iterator[str]:
    """Queries: which e-mails an account ever had."""
    if not holder.table.holds_accounts or holder.table.person is None:
        return
    number = quoted(holder.table.person)
    for column in holder.table.emails:
        name = quoted(column.name)
        yield (
            f"select {account(literal(holder.source), number)} as a, {email(name)} as b from {rows_of(lake, holder)} "
            f"where {number} is not null and {name} is not null"
        )


def _spread(lake: Lake) -> bool:
    """Who is linked to somebody who was seen later was seen then, too. Whether that changed anything."""
    connection = lake.connection
    connection.execute(
        """
        create or replace temp table seen_now as
        select token, max(seen_at) as seen_at, max(came_at) as came_at
        from (
            from last_seen union all
            select links.b, last_seen.seen_at, last_seen.came_at from links join last_seen on links.a = last_seen.token
        ) group by token
        """
    )
    changed = connection.execute(
        """
        select count(*) from seen_now left join last_seen using (token)
        where last_seen.token is null or seen_now.seen_at is distinct from last_seen.seen_at or seen_now.came_at is distinct from last_seen.came_at
        """
    ).fetchall()
    connection.execute("create or replace temp table last_seen as from seen_now")
    return changed != [(0,)]


def old(lake: Lake, before: datetime, known: Expired) -> Old:
    """Who was last seen before that time (naive, UTC) and is not on the list for it yet."""
    found = lake.connection.execute(
        """
        with accounts as (select token from signs where is_account),
        others as (select b as token from links join accounts on links.a = accounts.token union select twin from signs where twin <> token)
        select token, seen_at, token in (from accounts) or token not in (from others) as is_first
        from last_seen where seen_at < $1
        """,
        [before],
    ).fetchall()
    new = [
        (token, is_first)
        for token, at, is_first in found
        if (last := known.before.get(token)) is None or at >= datetime.fromisoformat(last)
    ]
    time = before.isoformat(sep=" ", timespec="seconds")
    return Old(sum(is_first for _, is_first in new), Expired(known.classes, {token: time for token, _ in new}))


def ahead(lake: Lake, now: datetime) -> int:
    """How many hashes are of somebody whose last row is of a time that has not come yet: they are kept until then."""
    return int(lake.connection.execute("select count(*) from last_seen where seen_at > $1", [now]).fetchall()[0][0])
