"""Files that are dropped into a bucket: listed once a run, fetched to this machine one by one, a few ahead, and read as in a folder.

An object is whole or not there, so nothing has to settle. It is known again by size, time of change and the store's own name of its
bytes, and fetched only as it was listed: one that is replaced meanwhile waits for the next run.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from functools import cached_property

from fondaco.contracts import System
from fondaco.errors import FileRejected
from fondaco.sources.files import FileDrops
from fondaco.sources.gathering import Gathering
from fondaco.sources.listing import Seen, is_temporary
from fondaco.storage import Bucket, Object
from fondaco.storage.bucket import BucketStore

#: Objects and bytes that are fetched ahead of the one that is read: many small ones would else wait for the store one after the other.
_AHEAD, _BYTES = 16, 64 << 20


class BucketDrops(FileDrops):
    """A bucket's prefix whose objects belong to tables by the tables' globs.

    Args:
        place: where the files are dropped.
        now: our clock, UTC.

    Raises:
        ConfigError: there are no credentials for it.
    """

    def __init__(self, name: str, system: System, place: Bucket, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._store = BucketStore(place)
        super().__init__(name, system, self._store.scratch, settle=0, now=now)

    def close(self) -> None:
        self._store.close()

    @cached_property
    def _objects(self) -> list[Object]:
        """One listing for all tables: a run sees the bucket at one moment, and asks for it once."""
        found = list(self._store.listing())
        folders = {found.path.rpartition("/")[0] for found in found}
        # what consoles make in place of a folder is an object of no bytes with the folder's name
        return [item for item in found if not is_temporary(item.path) and not (item.size == 0 and (not item.path or item.path in folders))]

    def _seen(self, errors: list[FileRejected], depth: int | None) -> Iterator[Seen]:  # noqa: ARG002 (a listing knows no folders)
        """Raises SourceError: the bucket cannot be listed."""
        for number, item in enumerate(self._objects):
            mtime_ns = int(item.changed.timestamp()) * 1_000_000_000 + item.changed.microsecond * 1_000
            # the name's end stays: some readers look at it
            place = self.folder / f"{number:08d}-{item.path.rpartition('/')[2][-80:]}"
            yield Seen(place, item.path, item.size, mtime_ns, url=self._store.url(item.path), version=item.version)

    def _ready(self, found: list[Seen], gathering: Gathering) -> Iterator[Seen]:
        """The files, fetched. Each is removed when the next one is asked for; an archive stays for the other tables."""
        with ThreadPoolExecutor(_AHEAD) as pool:
            rest, ahead, size = deque(found), deque[tuple[Seen, Future[bool]]](), 0
            while rest or ahead:
                while rest and len(ahead) < _AHEAD and (not ahead or size + rest[0].size <= _BYTES):
                    seen = rest.popleft()
                    ahead.append((seen, pool.submit(self._fetch, seen)))
                    size += seen.size
                seen, fetched = ahead.popleft()
                try:
                    if fetched.result():
                        yield seen
                    else:
                        gathering.wait(seen)
                finally:
                    size -= seen.size
                    if not seen.is_zip:
                        seen.path.unlink(missing_ok=True)

    def _is_here(self, archive: Seen) -> bool:
        """Whether an archive was fetched: it is not fetched only to see whether some of its files belong to nobody."""
        return archive.path.exists()

    def _fetch(self, seen: Seen) -> bool:
        if seen.path.exists():
            return True
        changed = datetime.fromtimestamp(seen.mtime_ns / 1e9, UTC)
        return self._store.fetch(Object(seen.name, seen.size, changed, seen.version), seen.path)
