"""Rows that were put aside get another chance, by today's declarations; or are given up, with a reason.

Either is one commit: rows that are good now land in a batch of their own, with the file, the row and the time that they came with, and a
new file of the quarantine, which says what became of each row, takes the place of the old ones. So a row is never in two places,
whenever the process ends. A row whose later state has landed with the same source time stays out: it would overturn what is newer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import pyarrow as pa

from fondaco.contracts import Table
from fondaco.lake import layout, rows
from fondaco.lake.batch import Batch
from fondaco.lake.casts import literal, quoted
from fondaco.lake.commit import Commit
from fondaco.lake.known import Landed, bronze, by_columns
from fondaco.lake.lake import Lake
from fondaco.lake.quality import DefaultQuality, Quality
from fondaco.lake.quarantine import quarantining, rows_aside
from fondaco.lake.resent import superseded
from fondaco.lake.writer import Origin, Writer
from fondaco.sources.base import FILE, ROW, Position, Pull

#: Rows that are taken from the quarantine at a time.
_ROWS_PER_BATCH = 50_000


@dataclass(frozen=True)
class Chosen:
    """Which open rows are meant; None means any.

    Attributes:
        table: ``table`` or ``source.table``.
        reason: the code, such as ``not_an_integer``.
        batch: the batch that put them aside.
    """

    table: str | None = None
    reason: str | None = None
    batch: str | None = None

    def condition(self) -> str:
        """SQL over the quarantine."""
        parts = ["_status = 'open'"]
        parts += [f"reason = {literal(self.reason)}"] if self.reason else []
        parts += [f"_batch_id = {literal(self.batch)}"] if self.batch else []
        return " and ".join(parts)


@dataclass(frozen=True)
class Replayed:
    """What became of a table's rows. rows = landed + overtaken + still_bad + unreadable.

    Attributes:
        rows: open rows that were chosen.
        overtaken: a later state of the row, or the row itself, had landed already.
        still_bad: they stay, with today's reason.
        unreadable: the record never became a row (a torn line, a wrong encoding): they stay; mend them at the source.
        commits: numbers of the commits, none if nothing changed.
    """

    source: str
    table: str
    rows: int
    landed: int
    overtaken: int
    still_bad: int
    unreadable: int
    commits: tuple[int, ...] = ()

    def __add__(self, other: Replayed) -> Replayed:
        counts = {name: getattr(self, name) + getattr(other, name) for name in ("rows", "landed", "overtaken", "still_bad", "unreadable")}
        return replace(self, **counts, commits=self.commits + other.commits)


@dataclass(frozen=True)
class Dropped:
    """Rows of a table that were given up."""

    source: str
    table: str
    rows: int
    erased: int
    commits: tuple[int, ...] = ()


def replay(
    lake: Lake,
    origins: Iterable[Origin],
    quality: Quality,
    chosen: Chosen,
    *,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> list[Replayed]:
    """Types open rows again and lands those that are good now.

    Args:
        origins: the tables as they are declared today.
        clock: our own time, with zone.

    Raises:
        LockedError: somebody else is writing.
        BatchStopped: a new column is not allowed.
        LakeError: the lake cannot be read or written; what was committed before counts.
    """
    with lake.writer():
        return [done for origin in origins if (done := _all_replayed(lake, origin, quality, chosen, clock)).rows]


def drop(
    lake: Lake, chosen: Chosen, why: str, *, erase: bool = False, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
) -> list[Dropped]:
    """Gives open rows up; they stay in the quarantine as dropped, unless they are to be erased.

    Args:
        why: the reason that is kept with them.
        erase: remove the rows themselves, those dropped before included; what is kept is how many there were.

    Raises:
        LockedError: somebody else is writing.
        LakeError: the lake cannot be read or written.
    """
    with lake.writer():
        tables = {(commit.source, commit.system, commit.table): commit for commit in quarantining(lake, chosen.table)}
        found = [_dropped(lake, owner, chosen, why, erase, clock) for owner in sorted(tables)]
        return [entry for entry in found if entry.rows or entry.erased]


def _all_replayed(lake: Lake, origin: Origin, quality: Quality, chosen: Chosen, clock: Callable[[], datetime]) -> Replayed:
    """One commit for the table; where rows are named by their file, one for each batch that they came in."""
    nothing = Replayed(origin.source, origin.table.name, 0, 0, 0, 0, 0)
    if chosen.table not in (None, origin.table.name, f"{origin.source}.{origin.table.name}"):
        return nothing
    if origin.table.key:
        return _replayed(lake, origin, quality, chosen, clock)
    aside = rows_aside(lake, commits) if (commits := _quarantining(lake, origin.source, origin.table.name)) else None
    batches = f"select distinct _batch_id from ({aside}) where {chosen.condition()} order by 1" if aside else None
    found = lake.connection.execute(batches).fetchall() if batches else []
    return sum((_replayed(lake, origin, quality, replace(chosen, batch=batch), clock) for (batch,) in found), nothing)


def _quarantining(lake: Lake, source: str, table: str) -> list[Commit]:
    return [commit for commit in quarantining(lake, f"{source}.{table}") if commit.source == source]


def _set_aside(lake: Lake, commits: Sequence[Commit], condition: str) -> list[Commit]:
    """Makes `aside`, every row of those commits' quarantine files that hold a row of that condition, and names the commits."""
    meant = [
        commit
        for commit in commits
        if lake.connection.execute(f"select exists (from ({rows_aside(lake, [commit])}) where {condition})").fetchall() == [(True,)]
    ]
    if meant:
        lake.connection.execute(
            f"""
            create or replace temp table aside as
            select *, row_number() over (order by _batch_id, {FILE}, {ROW}, {rows.POSITION}) as _n, {condition} as _is_meant
            from ({rows_aside(lake, meant)})
            """
        )
    return meant


def _replayed(lake: Lake, origin: Origin, quality: Quality, chosen: Chosen, clock: Callable[[], datetime]) -> Replayed:
    nothing = Replayed(origin.source, origin.table.name, 0, 0, 0, 0, 0)
    commits = _set_aside(lake, _quarantining(lake, origin.source, origin.table.name), chosen.condition())
    if not commits:
        return nothing
    # a record that never became a row is kept as a JSON string, which no declaration can type
    lake.connection.execute(
        f"""
        create or replace temp table picked as
        select _n, row_number() over (order by _n) as {rows.POSITION}, {FILE}, {ROW}, raw, _batch_id as came_in, _ingested_at as came_at
        from aside where _is_meant and json_type(raw) = 'OBJECT'
        """
    )
    meant, picked = _number(lake, "select count(*) from aside where _is_meant"), _number(lake, "select count(*) from picked")
    nothing = replace(nothing, rows=meant, unreadable=meant - picked)
    if not picked:
        return nothing
    state, now = lake.refresh_state(), clock().astimezone(UTC).replace(tzinfo=None)
    live = lake.live().of_table(origin.source, origin.table.name)
    writer = Writer(lake.store, lambda: lake.connection, quality, lake.on_step, lake.suppression())
    pull = _pull(lake, origin, picked, commits, now)
    landed = Landed(by_columns(live, lake.url))
    former = superseded(origin.table, live)
    batch = _Replay(writer, origin, pull, state.commit + 1, now, landed, commits, former, None if origin.table.key else chosen.batch)
    try:
        commit = batch.write(Position())
    except BaseException:
        lake.store.delete(batch.started)
        raise
    if commit is None:
        return replace(nothing, still_bad=picked)
    lake.commit(commit, state)
    return replace(
        nothing,
        landed=commit.rows_landed,
        overtaken=commit.rows_known,
        still_bad=commit.rows_quarantined,
        commits=(commit.number,),
    )


def _pull(lake: Lake, origin: Origin, picked: int, commits: Sequence[Commit], now: datetime) -> Pull:
    """The picked rows as a source gives them: every column as text."""
    connection = lake.connection
    names = [name for (name,) in connection.execute("select distinct unnest(json_keys(raw)) as name from picked order by name").fetchall()]
    instants = {column.name for column in origin.table.columns if column.type == "timestamptz"}
    items = ", ".join(f"{_text(name, name in instants)} as {quoted(name)}" for name in names)

    def batches() -> Iterator[pa.RecordBatch]:
        for first in range(1, picked + 1, _ROWS_PER_BATCH):
            query = f"select {items}, {FILE}, {ROW} from picked where {rows.POSITION} between {first} and {first + _ROWS_PER_BATCH - 1}"
            yield from connection.execute(f"{query} order by {rows.POSITION}").to_arrow_table().to_batches()

    identity = "replay|" + "|".join(commit.quarantine.path for commit in commits if commit.quarantine)
    return Pull(identity, batches(), now, rows_read=picked, overlaps="table")


def _text(name: str, is_instant: bool) -> str:
    """SQL for a value of the raw row as text, None where it has none."""
    pointer = "/" + name.replace("~", "~0").replace("/", "~1")
    value = f"json_extract_string(raw, {literal(pointer)})"
    # DuckDB writes an instant's offset in hours; ISO 8601 wants minutes too
    return rf"regexp_replace({value}, '(:\d\d(\.\d+)?[+-]\d\d)$', '\1:00')" if is_instant else value


class _Replay(Batch):
    """Picked rows on their way into the lake; the quarantine that is left stands in the place of the one that they came from."""

    def __init__(
        self,
        writer: Writer,
        origin: Origin,
        pull: Pull,
        number: int,
        now: datetime,
        landed: Landed,
        commits: Sequence[Commit],
        former: Sequence[tuple[str, str, str]],
        replays: str | None,
    ) -> None:
        super().__init__(writer, origin, pull, number, now, landed)
        self._commits, self._former, self._replays = commits, former, replays
        self._came_at = "came_at"
        self._connection.execute(f"create or replace temp table overtaken ({rows.POSITION} bigint)")

    def _is_compared(self) -> bool:
        """The same version may have been put aside twice."""
        return True

    def _leave_out(self) -> None:
        """Marks as known what a later landing has overtaken, too."""
        for query in _overtaking(self._origin.table, self._landed.files(), self._former):
            self._connection.execute(f"insert into known {query}")
        self._connection.execute("insert into overtaken from known")

    def _copy_part(self, query: str, path: str, columns: tuple[tuple[str, str], ...]) -> None:
        if query == "from short":  # a part that is written again, for a column that turned up later, has its times already
            query = "select *, _ingested_at as came_at from short"
        else:
            query = f"select * from ({query}) join (select {rows.POSITION}, came_at from picked) using ({rows.POSITION})"
        super()._copy_part(query, path, columns)

    def _check_share(self) -> None:
        """Rows that stay bad stop nobody: they were counted when they came."""

    def _is_idle(self, before: Position, step: Position) -> bool:  # noqa: ARG002
        changed = self._connection.execute(
            f"""
            select count(*) from bad join picked using ({rows.POSITION}) join aside using (_n)
            where (bad.reason, bad.detail, bad."column") is distinct from (aside.reason, aside.detail, aside."column")
            """
        ).fetchall()
        return not self._tally.landed and not self._tally.known and changed == [(0,)]

    def _write_quarantine(self) -> None:
        path = layout.quarantine_path(self._origin.source, self._origin.table.name, self._ingested_at, self._id)
        self.started.append(path)
        now = ", ".join(
            f"case when bad.reason is not null then bad.{name} else aside.{name} end as {name}"
            for name in ("reason", "detail", '"column"', "value", "faults")
        )
        self._quarantine = self._writer.copy(
            f"""
            select aside.* exclude (_n, _is_meant, _status, _settled_in, reason, detail, "column", value, faults), {now},
                case
                    when picked._n is null or bad.reason is not null then aside._status
                    when overtaken.{rows.POSITION} is not null then 'overtaken'
                    else 'replayed'
                end as _status,
                case when picked._n is null or bad.reason is not null then aside._settled_in else {literal(self._id)} end as _settled_in
            from aside
            left join picked on picked._n = aside._n
            left join bad on bad.{rows.POSITION} = picked.{rows.POSITION}
            left join overtaken on overtaken.{rows.POSITION} = picked.{rows.POSITION}
            order by aside._n
            """,
            path,
        )
        self._writer.step("quarantine")

    def _commit(self, step: Position, columns: tuple[tuple[str, str], ...]) -> Commit:
        return replace(
            super()._commit(step, columns),
            kind="replay",
            replaces=tuple(commit.quarantine.path for commit in self._commits if commit.quarantine),
            replays=self._replays,
        )

    def _moved(self, before: Position) -> Position:  # noqa: ARG002
        """Nothing was read, so the table stands where it stood."""
        return Position()


def _overtaking(table: Table, files: Sequence[str], former: Sequence[tuple[str, str, str]]) -> list[str]:
    """Queries: positions of rows of `typed` that a later landing has overtaken."""
    fresh = f"_fault is null and {rows.POSITION} not in (select {rows.POSITION} from known)"
    came = f"typed join picked using ({rows.POSITION})"
    if not table.key:
        if not former:
            return []
        gone = ", ".join(f"({literal(file)}, {literal(batch)})" for _, file, batch in former)
        return [f"select {rows.POSITION} from {came} where {fresh} and (picked.{FILE}, came_in) in ({gone})"]
    same = " and ".join(
        f"landed.{quoted(name)} is not distinct from typed.{quoted(name)}"
        for name in [*table.key, *([table.cursor] if table.cursor else [])]
    )
    queries = list[str]()
    if files:
        queries.append(
            f"select {rows.POSITION} from {came} semi join {bronze(table, files)} as landed on {same} and landed._batch_id > came_in where {fresh}"
        )
    if table.cursor:
        # the same version may have been put aside twice
        version = ", ".join(quoted(name) for name in (*table.key, table.cursor))
        queries.append(
            f"select {rows.POSITION} from typed where {fresh} "
            f"qualify row_number() over (partition by {version}, _row_hash order by {rows.POSITION}) > 1"
        )
    return queries


def _dropped(lake: Lake, owner: tuple[str, str, str], chosen: Chosen, why: str, erase: bool, clock: Callable[[], datetime]) -> Dropped:
    source, _, table = owner
    condition = chosen.condition()
    if erase:
        condition = condition.replace("_status = 'open'", "_status in ('open', 'dropped')")
    commits = _set_aside(lake, _quarantining(lake, source, table), condition)
    if not commits:
        return Dropped(source, table, 0, 0)
    state, now = lake.refresh_state(), clock().astimezone(UTC).replace(tzinfo=None)
    number, replaced = state.commit + 1, tuple(commit.quarantine.path for commit in commits if commit.quarantine)
    writer = Writer(lake.store, lambda: lake.connection, DefaultQuality(), lake.on_step)
    batch = writer.batch_id(number, f"drop|{why}|" + "|".join(replaced))
    dropped = _number(lake, "select count(*) from aside where _is_meant and _status = 'open'")
    erased = _number(lake, "select count(*) from aside where _is_meant") if erase else 0
    path, file = layout.quarantine_path(source, table, now, batch), None
    try:
        if not erase or _number(lake, "select count(*) from aside where not _is_meant"):
            file = writer.copy(_left(batch, why, erase), path)
            lake.on_step("quarantine")
            lake.store.sync([path])
            lake.on_step("synced")
    except BaseException:
        lake.store.delete([path])
        raise
    commit = Commit.operation("drop", number, batch, now, owner, quarantine=file, replaces=replaced, rows_dropped=dropped, notes=(why,))
    lake.commit(commit, state)
    if erase:
        former = (other for other in lake.commits() if (other.source, other.table) == (source, table))
        lake.store.delete([path for other in former for path in other.replaces if layout.is_quarantine(path)])
        lake.on_step("erased")
    return Dropped(source, table, dropped, erased, (number,))


def _left(batch: str, why: str, erase: bool) -> str:
    """Query: the quarantine without the rows that are erased, or with those that are dropped marked."""
    if erase:
        return "select * exclude (_n, _is_meant) from aside where not _is_meant order by _n"
    return f"""
        select * exclude (_n, _is_meant) replace (
            case when _is_meant then 'dropped' else _status end as _status,
            case when _is_meant then {literal(batch)} else _settled_in end as _settled_in,
            case when _is_meant then {literal(why)} else _why end as _why
        )
        from aside order by _n
    """


def _number(lake: Lake, query: str) -> int:
    return int(lake.connection.execute(query).fetchall()[0][0])
