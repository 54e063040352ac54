"""One run at a time in one folder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from fondaco.errors import LockedError
from fondaco.job.runs import RunLog

LOCK = "run.lock"


@contextmanager
def only_run(state_dir: Path) -> Iterator[None]:
    """Holds the lock of this folder's runs; the system releases it when the process ends, however it ends.

    Raises:
        LockedError: another run holds it.
        OSError: the folder cannot be written.
    """
    state_dir.mkdir(parents=True, exist_ok=True)
    lock = FileLock(state_dir / LOCK)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        other = next(iter(RunLog(state_dir).last(1)), None)
        since = f" (process {other.pid}, since {other.started[:19].replace('T', ' ')} UTC)" if other and other.ended is None else ""
        raise LockedError(f"another run is at work here{since}", where=str(lock.lock_file), hint="try again when it is done") from None
    try:
        yield
    finally:
        lock.release()
