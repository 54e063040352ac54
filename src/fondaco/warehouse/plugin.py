"""How dbt's own connection comes to read the lake: profiles.yml names this module, and dbt-duckdb calls it.

The keys of a bucket go from memory to memory: they are in no profile, no log and no target folder. Where dbt is called from a shell and
not by a build, it is given bronze as well: views over what the lake of the fondaco.yml here holds now.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
from dbt.adapters.duckdb.plugins import BasePlugin

from fondaco.errors import ConfigError
from fondaco.lake import Lake
from fondaco.settings import load_settings
from fondaco.storage import Access, Folder, Place, admit, place_of
from fondaco.warehouse import bronze, ops
from fondaco.warehouse.project import systems_of


class _Lent:
    """The lake of the build that is going on in this process; none if dbt was called by itself."""

    place: Place | None = None
    access: Access | None = None


@contextmanager
def lent(place: Place) -> Iterator[None]:
    """Lets every connection that dbt opens meanwhile read that place."""
    _Lent.place = place
    try:
        yield
    finally:
        _Lent.place = _Lent.access = None


def renew() -> None:
    """Hands over keys that were renewed since; a long build outlives them."""
    if _Lent.access is not None:
        _Lent.access.renew()


class Plugin(BasePlugin):  # type: ignore[misc]
    """What dbt-duckdb makes of this module."""

    def configure_connection(self, conn: duckdb.DuckDBPyConnection) -> None:
        if _Lent.place is not None:
            _Lent.access = admit(conn, _Lent.place)
        else:
            show_lake(conn)


def show_lake(connection: duckdb.DuckDBPyConnection) -> None:
    """Lets a connection to the warehouse of the fondaco.yml here, or in a folder above, read the lake; changes nothing of any other.

    What landed since the last complete build of fondaco is new; a `dbt build` moves no mark.

    Raises:
        LakeError: the lake cannot be read.
    """
    try:
        settings = load_settings()
    except ConfigError:
        return  # no shop stands here: the models read what the warehouse has
    place = place_of(settings.lake)
    opened = connection.execute("select path from duckdb_databases() where not internal and database_name = current_database()").fetchone()
    is_ours = opened is not None and opened[0] is not None and Path(opened[0]).resolve() == Path(settings.warehouse.path).resolve()
    if not is_ours or (isinstance(place, Folder) and not place.path.is_dir()):
        return
    lake = Lake.open(place)
    live, last = lake.live(), ops.last_build(connection)
    admit(connection, place)
    since = last.through_commit if last is not None else 0
    for statement in bronze.statements(systems_of(settings), live.commits, lake.url, since=since, through=live.number):
        connection.execute(statement)
