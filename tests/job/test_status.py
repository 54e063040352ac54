from __future__ import annotations

from datetime import timedelta

from fondaco.job import now, run
from fondaco.job.status import look
from fondaco.settings import Settings
from tests.job.conftest import BAD, GOOD, Drop, Watcher


def test_a_source_that_never_brought_anything_is_stale(shop: Settings) -> None:
    found = look(shop, now())
    assert found.stale == (("shop", "nothing has landed yet"),)
    assert (found.head, found.runs) == (0, ())


def test_a_source_is_stale_when_its_last_row_is_too_long_ago(shop: Settings, drop: Drop, watcher: Watcher) -> None:
    drop("a.csv.gz", GOOD, BAD)
    run(shop, "ingest", watch=watcher)
    assert look(shop, now() + timedelta(hours=35)).stale == ()
    ((source, reason),) = look(shop, now() + timedelta(hours=37)).stale
    assert source == "shop"
    assert "quality.stale_after is 36 h" in reason


def test_each_table_says_what_it_holds(shop: Settings, drop: Drop, watcher: Watcher) -> None:
    drop("a.csv.gz", GOOD, BAD)
    run(shop, "ingest", watch=watcher)
    found = look(shop, now())
    (table,) = found.tables
    assert (table.rows, table.quarantined) == (1, 1)
    assert str(table.until).startswith("2010-12-01 08:26")
    assert found.needs_build == "there is no complete build yet"
