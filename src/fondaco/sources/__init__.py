"""Reads the shop and yields batches of Arrow; writes nothing and knows nothing of what becomes of them."""

from __future__ import annotations

from pathlib import Path

from fondaco.contracts import System
from fondaco.settings import DemoSource, FilesSource
from fondaco.sources.base import FileMark, Keys, Position, Pull, Reject, Source

__all__ = ["FileMark", "Keys", "Position", "Pull", "Reject", "Source", "open_source"]


def open_source(settings: DemoSource | FilesSource, name: str, system: System, root: Path) -> Source:
    """The source that the settings describe. The caller closes it; nothing is read before the first pull.

    Args:
        name: the source's name in fondaco.yml.
        system: the system that its tables follow.
        root: folder of fondaco.yml, where relative paths begin.
    """
    # the readers bring Arrow with them, which a command that reads nothing should not wait for
    if isinstance(settings, DemoSource):
        from fondaco.sources.sqlite import SqliteDatabase

        return SqliteDatabase(name, system, root / settings.path, lag=settings.lag, overlap=settings.overlap, sweep=settings.sweep)
    from fondaco.storage import Bucket, place_of

    place = place_of(settings, f"sources.{name}")
    if isinstance(place, Bucket):
        from fondaco.sources.bucket import BucketDrops

        return BucketDrops(name, system, place)
    from fondaco.sources.files import FileDrops

    return FileDrops(name, system, place.path, settle=settings.settle.total_seconds())
