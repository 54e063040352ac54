"""Reads the shop and yields batches of Arrow; writes nothing and knows nothing of what becomes of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fondaco.contracts import System
from fondaco.settings import DatabaseSource, DemoSource, FilesSource, MysqlSource, PostgresSource, SourceSettings, SqliteSource
from fondaco.sources.base import FileMark, Keys, Position, Pull, Reject, Source, Span

if TYPE_CHECKING:
    from fondaco.sources.sql.dialect import Dialect

__all__ = ["FileMark", "Keys", "Position", "Pull", "Reject", "Source", "Span", "open_source"]


def open_source(settings: SourceSettings, name: str, system: System) -> Source:
    """The source that the settings describe. The caller closes it; nothing is read before the first pull.

    Args:
        name: the source's name in fondaco.yml.
        system: the system that its tables follow.
    """
    # the readers bring Arrow with them, which a command that reads nothing should not wait for
    if isinstance(settings, FilesSource):
        return _drops(settings, name, system)
    from fondaco.sources.sql import SqlDatabase

    return SqlDatabase(
        name,
        system,
        _dialect(settings),
        lag=settings.lag,
        overlap=settings.overlap,
        sweep=settings.sweep,
        max_delete_share=float(settings.max_delete_share),
        timeout=settings.timeout,
        batch_rows=settings.batch_rows,
    )


def _dialect(settings: DatabaseSource) -> Dialect:
    match settings:
        case PostgresSource():
            from fondaco.sources.sql.postgres import Postgres

            return Postgres(
                settings.host,
                settings.port,
                settings.database,
                settings.user,
                settings.password.get_secret_value(),
                settings.schema_name,
                settings.ssl,
                str(settings.ssl_ca) if settings.ssl_ca else None,
            )
        case MysqlSource():
            from fondaco.sources.sql.mysql import Mysql

            return Mysql(
                settings.host,
                settings.port,
                settings.database,
                settings.user,
                settings.password.get_secret_value(),
                settings.table_prefix,
                settings.ssl,
                str(settings.ssl_ca) if settings.ssl_ca else None,
            )
        case DemoSource() | SqliteSource():
            from fondaco.sources.sql.sqlite import Sqlite

            return Sqlite(settings.path)


def _drops(settings: FilesSource, name: str, system: System) -> Source:
    from fondaco.storage import Bucket, place_of

    place = place_of(settings, f"sources.{name}")
    if isinstance(place, Bucket):
        from fondaco.sources.bucket import BucketDrops

        return BucketDrops(name, system, place)
    from fondaco.sources.files import FileDrops

    return FileDrops(name, system, place.path, settle=settings.settle.total_seconds())
