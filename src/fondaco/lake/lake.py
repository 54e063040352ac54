"""The lake: one door to the log, the state and the writer's lock."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb

from fondaco.errors import LockedError
from fondaco.lake import layout
from fondaco.lake.audit import Audit
from fondaco.lake.commit import Commit
from fondaco.lake.engine import connect
from fondaco.lake.forgotten import Keys
from fondaco.lake.live import Live
from fondaco.lake.log import CHECKPOINT_EVERY, CommitLog
from fondaco.lake.state import State
from fondaco.lake.suppression import Suppression
from fondaco.storage import Access, Place, Store, admit, explained, open_store, place_at

#: A file that no commit names is swept when it is older than this; a writer elsewhere may still need a younger one.
ORPHAN_AGE = timedelta(days=1)


def _go_on(_step: str) -> None:
    """What is done after a step, unless a test wants to end the process there."""


class Lake:
    """Write once, keep everything.

    Args:
        store: where the files are.
        on_step: called with the name of each step of a landing once it is done; a test ends the process there.
        keys: by which it is told whose a row is, where people were forgotten.
    """

    def __init__(self, store: Store, on_step: Callable[[str], None] = _go_on, keys: Keys | None = None) -> None:
        self.store = store
        self.keys = keys
        self.log = CommitLog(store)
        self.audit = Audit(store)
        self.on_step = on_step
        self._connection: duckdb.DuckDBPyConnection | None = None
        self._access: Access | None = None

    @classmethod
    def open(cls, place: Place | Path | str, on_step: Callable[[str], None] = _go_on, keys: Keys | None = None) -> Lake:
        """The lake at that place; a folder is made if it is not there.

        Raises:
            LakeError: the folder cannot be made or used.
            ConfigError: it is no place, or there are no credentials for it.
        """
        return cls(open_store(place_at(place) if isinstance(place, (Path, str)) else place), on_step, keys)

    def commits(self, after: int = 0) -> list[Commit]:
        """The commits with a greater number, ascending: what happened. Raises LakeError if the log is damaged."""
        return self.log.commits(after)

    def live(self) -> Live:
        """What counts now: for whoever reads rows. Raises LakeError if the log is damaged."""
        return self.log.live()

    def head(self) -> int:
        """Number of the last commit, 0 if there is none."""
        return self.state().commit

    def suppression(self) -> Suppression:
        """Who was forgotten, for whoever lands rows. Raises LakeError if that cannot be told."""
        return Suppression(self.store, self.keys, self._files_of)

    def _files_of(self, source: str, table: str) -> list[str]:
        return [self.url(file.path) for commit in self.live().of_table(source, table) for file in commit.files]

    def url(self, path: str) -> str:
        """A path of the lake as DuckDB reads it."""
        return self.store.url(path)

    def state(self) -> State:
        """Where every table stands: as saved if that is the log's last word, else brought up to it from the log."""
        return self._up_to_date(self.saved_state())

    def _up_to_date(self, saved: State) -> State:
        if saved.commit and not self.log.exists(saved.commit + 1):
            return saved
        return saved.after(self.log.commits(after=saved.commit))

    def refresh_state(self) -> State:
        """The state; ingestion_state.json is mended if it was missing, older or broken."""
        saved = self.saved_state()
        state = self._up_to_date(saved)
        if state != saved:
            self.save_state(state)
            if state.commit:
                self.audit.note("state mended", {"from_commit": saved.commit, "to_commit": state.commit})
        return state

    def commit(self, commit: Commit, state: State) -> State:
        """Commits an operation on the lake, its files written and synced; the state that follows `state`.

        Raises:
            LockedError: somebody else has committed since; nothing has changed.
        """
        if not self.log.append(commit):
            self.store.delete(commit.data_paths())
            raise LockedError("somebody else committed to this lake at the same time; nothing was changed", hint="run again")
        self.on_step("committed")
        state = state.after([commit])
        self.save_state(state)
        self.on_step("state")
        return state

    def save_state(self, state: State) -> None:
        """Rewrites ingestion_state.json, whole or not at all."""
        self.store.replace(layout.STATE, state.encode())

    def rebuild_state(self) -> State:
        """Makes ingestion_state.json anew from the whole log."""
        state = State().after(self.log.commits())
        self.save_state(state)
        return state

    def saved_state(self) -> State:
        """The saved state if it belongs to this log, else the state of an empty lake."""
        data = self.store.read(layout.STATE)
        saved = State.decode(data) if data is not None else None
        if saved is None or saved.commit == 0:
            return State()
        commit = self.log.read(saved.commit)
        return saved if commit is not None and commit.batch_id == saved.batch_id else State()

    @contextmanager
    def writer(self) -> Iterator[None]:
        """Holds the lock under which alone a folder is written. A bucket has none: there the next commit's number decides between writers.

        Raises:
            LockedError: another process holds it.
            LakeError: the lake cannot be written.
        """
        with self.reading(), self.store.alone(layout.LOCK):
            if not self.store.is_shared:
                self.log.drop_torn(acknowledged=self.saved_state().commit)
            yield

    def reading(self) -> AbstractContextManager[None]:
        """Within it, what the engine meets in the lake becomes an error with a next step."""
        return explained(self.store.place)

    @property
    def connection(self) -> duckdb.DuckDBPyConnection:
        """The lake's own DuckDB, opened when it is first needed."""
        if self._connection is None or self._access is None:
            self._connection = connect(self.store.scratch)
            self._access = admit(self._connection, self.store.place)
        self._access.renew()
        return self._connection

    def orphans(self, older_than: timedelta = ORPHAN_AGE) -> list[str]:
        """Files of rows that count for nobody: remains of landings that did not finish, older than that, and files replaced long ago."""
        live, found = self.live(), list(self.store.listing(layout.BRONZE))
        # the store's own clock is told by its newest object: ours may have jumped ahead, and a writer elsewhere still needs his files
        now = min([datetime.now(UTC), max((item.changed for item in found), default=datetime.now(UTC))])
        kept = live.paths() | live.retained(now)
        return [item.path for item in found if layout.is_data(item.path) and item.path not in kept and item.changed < now - older_than]

    def sweep_orphans(self, older_than: timedelta = ORPHAN_AGE) -> list[str]:
        """Removes the orphans and names them. Raises LockedError while somebody writes."""
        with self.writer():
            return self.drop_orphans(older_than)

    def drop_orphans(self, older_than: timedelta = ORPHAN_AGE) -> list[str]:
        """The same for whoever holds the writer's lock."""
        orphans = self.orphans(older_than)
        if orphans:
            self.store.delete(orphans)
            self.audit.note("orphans swept", {"files": len(orphans), "first": orphans[0]})
        return orphans

    def is_sweep_due(self, number: int) -> bool:
        """Whether a landing that ends with this commit should look for orphans: listing the lake has its cost."""
        return number % CHECKPOINT_EVERY == 0
