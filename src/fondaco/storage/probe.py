"""Whether a place keeps what a lake needs of it: tried out, with nothing left behind."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import duckdb

from fondaco.errors import FondacoError
from fondaco.storage.engine import admit, explained
from fondaco.storage.store import Store

#: Writers that try to create the same object at the same moment.
_WRITERS = 16


def faults(store: Store) -> Iterator[tuple[str, str]]:
    """What the place does not do, each with what to do about it; nothing if all is well.

    Raises:
        LakeError: it cannot be reached, read, written, listed or cleaned.
    """
    folder = f".fondaco-doctor-{secrets.token_hex(6)}"
    raced, table = f"{folder}/raced", f"{folder}/read.parquet"
    try:
        yield from _raced(store, folder, raced)
        yield from _unreadable(store, table)
    except FondacoError:
        with suppress(FondacoError):  # the first error is the one to mend
            store.delete([raced, table])
        raise
    store.delete([raced, table])
    if store.exists(raced):
        yield "what was deleted is still there", "use a store that is consistent: read after write, list after write"


def _raced(store: Store, folder: str, raced: str) -> Iterator[tuple[str, str]]:
    fix = f"use a store that honours If-None-Match on PUT, or set {store.place.setting}.path to a folder"
    with ThreadPoolExecutor(_WRITERS) as pool:
        won = list(pool.map(lambda number: store.create(raced, b"%d" % number), range(_WRITERS)))
    if won.count(True) != 1:
        yield f"{won.count(True)} of {_WRITERS} writers created the same object, so two runs could both commit", fix
    elif store.create(raced, b"again"):
        yield "an object was created twice, so two runs could both commit", fix
    elif store.read(raced) != b"%d" % won.index(True):
        yield "what was written is not what is read right after", "use a store that is consistent: read after write, list after write"
    if raced not in {item.path for item in store.listing(folder)}:
        yield "what was written is not listed right after", "use a store that is consistent: read after write, list after write"


def _unreadable(store: Store, path: str) -> Iterator[tuple[str, str]]:
    with duckdb.connect() as connection, explained(store.place):
        with store.writing(path) as place:
            connection.execute(f"copy (select 42 as answer) to '{place}' (format parquet)")
        admit(connection, store.place)
        if connection.execute("select answer from read_parquet(?, hive_partitioning = false)", [store.url(path)]).fetchall() != [(42,)]:
            yield (
                "the engine reads something else than was written",
                f"see {store.place.setting}.endpoint and {store.place.setting}.path_style",
            )
