"""The server that people ask lets go of rows that it no longer shows.

PostgreSQL keeps deleted rows in its tables until they are written anew, and everything that was written in its journal, whose old files it
renames to be new ones.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from fondaco.errors import ServeError
from fondaco.governance.admin import admitted
from fondaco.governance.postgres import base
from fondaco.governance.serving import compiled
from fondaco.governance.sql import relation as qualified
from fondaco.settings import Settings

if TYPE_CHECKING:
    import psycopg

_PASSES = 2
_ROUNDS = 400


def let_go(settings: Settings) -> None:
    """Writes every served table anew; readers wait for one table at a time. Of our own server the journal's old files go, too.

    Raises:
        ServeError: the server cannot be reached, or keeps old files of its journal.
    """
    plan = compiled(settings)
    with admitted(settings) as admin:
        admin.execute("SET lock_timeout = 0")
        there = {f"{schema}.{name}" for schema, name in admin.execute("SELECT schemaname, tablename FROM pg_tables").fetchall()}
        for relation in plan.served:
            if f"{base(relation.layer)}.{relation.name}" in there:
                admin.execute(f"VACUUM (FULL, ANALYZE) {qualified(base(relation.layer), relation.name)}")
        # the most common values of every column
        admin.execute("VACUUM (FULL) pg_catalog.pg_statistic")
        admin.execute("CHECKPOINT")
        if settings.serve.admin is None:
            _drop_journal(admin)


def _drop_journal(admin: psycopg.Connection[tuple[str, ...]]) -> None:
    """Walks through the files of the journal until none is left that was there before, under this name or an older one."""
    admin.execute("ALTER SYSTEM SET wal_recycle = off")
    try:
        admin.execute("SELECT pg_reload_conf()")
        # twice: the process that renames files takes up the setting in its own time, and may have renamed some meanwhile
        passes, last = 0, _journal(admin)[-1]
        for _ in range(_ROUNDS):
            admin.execute("SELECT pg_logical_emit_message(true, 'fondaco', 'a new file')")
            admin.execute("SELECT pg_switch_wal()")
            admin.execute("CHECKPOINT")
            files = _journal(admin)
            if files[0] > last:
                passes, last = passes + 1, files[-1]
            if passes == _PASSES:
                return
            time.sleep(0.05)
    finally:
        admin.execute("ALTER SYSTEM RESET wal_recycle")
        admin.execute("SELECT pg_reload_conf()")
    raise ServeError(
        "the server keeps old files of its journal, which may hold what was erased",
        hint="a replication slot or an archive may want them: drop it, and run the same again",
    )


def _journal(admin: psycopg.Connection[tuple[str, ...]]) -> list[str]:
    """Its files, the oldest first."""
    return [name for (name,) in admin.execute("SELECT name FROM pg_ls_waldir() WHERE length(name) = 24 ORDER BY name").fetchall()]
