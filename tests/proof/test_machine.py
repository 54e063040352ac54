"""A lake under every order of landing, dying, losing its state, being overtaken, swept, rewound and compacted: a machine and its model.

The model is a list of versions; the lake must hold that list after every step, whatever was done to it.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from fondaco.contracts import Column, System, Table
from fondaco.errors import UsageError
from fondaco.lake import DefaultQuality, Lake, LandingReport, compact, land, layout, rewind
from fondaco.sources import Keys, Position, Pull
from fondaco.sources.base import FILE, ROW

TABLE = Table(
    "things",
    "",
    (Column("id", "bigint", nullable=False), Column("name", "varchar"), Column("changed_at", "timestamp")),
    ("id",),
    "changed_at",
    deletes="sweep",
)
OTHER = replace(TABLE, name="others")
START = datetime(2024, 3, 1)
KEYS = st.integers(0, 4)
#: An age that every file has.
FUTURE = timedelta(days=-1)

#: (operation, id, name): what a row of the lake comes to.
Version = tuple[str, int, str | None]


class Died(BaseException):
    """What no handler of ours may catch."""


@dataclass
class Memory:
    """A shop of one table, whole and typed."""

    rows: dict[int, str | None] = field(default_factory=dict)
    clock: datetime = START
    name: str = "shop"
    system: System = field(default_factory=lambda: System("shop", "", "UTC", None, (), {TABLE.name: TABLE}))

    def pulls(self, table: Table, position: Position | None, *more: Any) -> Iterator[Pull]:
        assert not any(more) and table == TABLE
        batch = pa.RecordBatch.from_arrays(
            [
                pa.array(list(self.rows), pa.int64()),
                pa.array(list(self.rows.values()), pa.string()),
                pa.array([self.clock] * len(self.rows), pa.timestamp("us")),
                pa.nulls(len(self.rows), pa.string()),
                pa.array(range(1, len(self.rows) + 1), pa.int64()),
            ],
            names=["id", "name", "changed_at", FILE, ROW],
        )
        if self.rows or position is None:
            # the time of the read is no part of a version here: it is the same for all of them
            batch = batch.set_column(2, "changed_at", pa.array([START] * len(self.rows), pa.timestamp("us")))
            step = Position(f"{self.clock:%Y-%m-%d %H:%M:%S.%f}")
            yield Pull(
                f"things|{self.clock}", [batch], self.clock, step, rows_read=len(self.rows), overlaps="table" if position else "none"
            )

    def keys(self, table: Table, position: Position | None) -> Keys | None:
        assert table == TABLE and (position is None or position.files == {})
        return Keys([pa.RecordBatch.from_arrays([pa.array(map(str, self.rows), pa.string())], names=["id"])], self.clock, 1.0)

    def notes(self) -> list[str]:
        return []

    def close(self) -> None: ...


class Landings(RuleBasedStateMachine):
    """The lake beside its model."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="fondaco-machine-"))
        self.source = Memory()
        self.versions = list[Version]()
        self.rivals = 0
        self.saved_states = list[bytes]()

    def teardown(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)

    # --- the shop ---------------------------------------------------------------------------------------------------

    @initialize()
    def begin(self) -> None:
        self.source.rows[99] = "always there"  # a source without any row is not believed
        self.land()

    @rule(key=KEYS, name=st.sampled_from(["a", "b", "", None]))
    def change(self, key: int, name: str | None) -> None:
        self.source.rows[key] = name

    @rule(key=KEYS)
    def delete(self, key: int) -> None:
        self.source.rows.pop(key, None)

    # --- landings ---------------------------------------------------------------------------------------------------

    @rule()
    def land(self) -> None:
        self._land()
        self.versions += self._changes() + self._deletes()

    @rule(point=st.integers(1, 9))
    def die(self, point: int) -> None:
        """At its nth step; what it had committed by then counts, and nothing else."""
        left, committed = point, 0

        def on_step(step: str) -> None:
            nonlocal left, committed
            committed += step == "committed"
            left -= 1
            if left == 0:
                raise Died(step)

        changes, deletes = self._changes(), self._deletes()
        try:
            self._land(on_step)
        except Died:
            # each landing makes two commits: the rows, which move the cursor in any case, and the sweep
            self.versions += (changes if committed else []) + (deletes if committed > 1 else [])
        else:
            self.versions += changes + deletes

    @rule(point=st.integers(1, 4))
    def be_overtaken(self, point: int) -> None:
        """Somebody else commits another table while a batch is on its way."""
        left = point

        def on_step(_: str) -> None:
            nonlocal left
            left -= 1
            if left == 0:
                self._rival()

        changes, deletes = self._changes(), self._deletes()
        self._land(on_step)
        self.versions += changes + deletes

    # --- the lake ---------------------------------------------------------------------------------------------------

    @rule()
    def lose_the_state(self) -> None:
        (self.place / layout.STATE).unlink(missing_ok=True)

    @rule(cut=st.floats(0, 1))
    def break_the_state(self, cut: float) -> None:
        path = self.place / layout.STATE
        if path.is_file():
            path.write_bytes(path.read_bytes()[: int(cut * path.stat().st_size)])

    @precondition(lambda self: self.saved_states)
    @rule(data=st.data())
    def restore_an_old_state(self, data: st.DataObject) -> None:
        (self.place / layout.STATE).write_bytes(data.draw(st.sampled_from(self.saved_states)))

    @rule()
    def rebuild_the_state(self) -> None:
        self.lake().rebuild_state()

    @rule()
    def write_a_checkpoint(self) -> None:
        self.lake().log.checkpoint()

    @rule(text=st.sampled_from([b"", b"{", b'{"format": 1, "commits": 7}\n']))
    def break_the_checkpoint(self, text: bytes) -> None:
        path = self.place / layout.CHECKPOINT
        if path.is_file():
            path.write_bytes(text)

    @rule()
    def sweep_orphans(self) -> None:
        lake = self.lake()
        lake.sweep_orphans(FUTURE)
        there = {item.path for item in lake.store.listing(layout.BRONZE) if layout.is_data(item.path)}
        assert there == lake.live().paths() | lake.live().retained(datetime.now(UTC))

    @rule(point=st.sampled_from([0, 0, 0, 1, 2, 3, 4, 5]))
    def compact(self, point: int) -> None:
        """All of it, and at times it dies on the way: no row is changed by that."""
        left = point

        def on_step(step: str) -> None:
            nonlocal left
            left -= 1
            if left == 0:
                raise Died(step)

        with suppress(Died):
            compact(self.lake(on_step), older_than=FUTURE)

    @rule(share=st.floats(0, 1))
    def rewind(self, share: float) -> None:
        """To any commit; what is read again is known."""
        lake = self.lake()
        with suppress(UsageError):  # it stands there already
            rewind(lake, self.source.name, self.source.system, TABLE, to_commit=1 + int(share * (lake.head() - 1)))

    # --- what always holds ------------------------------------------------------------------------------------------

    @invariant()
    def the_lake_holds_the_versions(self) -> None:
        lake = self.lake()
        commits = lake.commits()
        assert [commit.number for commit in commits] == list(range(1, len(commits) + 1))
        files = [lake.url(file.path) for commit in lake.live().of_table("shop", TABLE.name) for file in commit.files]
        rows = (
            lake.connection.read_parquet(files, union_by_name=True, hive_partitioning=False)
            .order("_batch_id, _position")
            .project("_op, id, name")
            .fetchall()
            if files
            else []
        )
        assert sorted(map(repr, rows)) == sorted(map(repr, self.versions))
        last = {key: (operation, name) for operation, key, name in rows}
        assert last == {key: (operation, name) for operation, key, name in self.versions}

    @invariant()
    def the_state_is_the_logs_last_word(self) -> None:
        lake = self.lake()
        state = lake.state()
        path = self.place / layout.STATE
        held = path.read_bytes() if path.is_file() else b""
        assert state == lake.rebuild_state()
        path.write_bytes(held)  # looking mends nothing
        if held and json.loads(state.encode()) and held not in self.saved_states:
            self.saved_states.append(state.encode())

    @property
    def place(self) -> Path:
        return self.folder / "lake"

    def lake(self, *arguments: Any) -> Lake:
        return Lake.open(self.place, *arguments)

    def _land(self, *arguments: Any) -> None:
        self.source.clock += timedelta(minutes=1)
        report = LandingReport()
        for table in land([self.source], self.lake(*arguments), DefaultQuality(), clock=lambda: datetime.now(UTC), report=report):
            assert not table.errors, table.errors

    def _rival(self) -> None:
        lake = self.lake()
        commits = lake.commits()
        self.rivals += 1
        number = len(commits) + 1
        rival = replace(
            commits[0], number=number, batch_id=f"{number:012d}-{self.rivals:08x}", table=OTHER.name, files=(), rows_read=0, rows_landed=0
        )
        assert lake.log.append(rival)

    def _current(self) -> dict[int, tuple[str, str | None]]:
        return {key: (operation, name) for operation, key, name in self.versions}

    def _changes(self) -> list[Version]:
        current = self._current()
        return [("upsert", key, name) for key, name in self.source.rows.items() if current.get(key) != ("upsert", name)]

    def _deletes(self) -> list[Version]:
        alive = [key for key, (operation, _) in self._current().items() if operation == "upsert"]
        return [("delete", key, None) for key in alive if key not in self.source.rows]


Landings.TestCase.settings = settings(max_examples=max(5, settings().max_examples // 3), stateful_step_count=25)
TestLandings = Landings.TestCase
