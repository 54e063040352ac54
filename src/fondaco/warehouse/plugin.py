"""How dbt's own connection comes to read a lake in a bucket: profiles.yml names this module, and dbt-duckdb calls it.

The keys go from memory to memory: they are in no profile, no log and no target folder.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb
from dbt.adapters.duckdb.plugins import BasePlugin

from fondaco.storage import Access, Place, admit


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
