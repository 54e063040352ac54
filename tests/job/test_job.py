"""Runs that land only: what they say, what the log says, and that nothing stops the next one."""

from __future__ import annotations

from pathlib import Path

import pytest

from fondaco.errors import LockedError, UsageError
from fondaco.job import STEPS, run
from fondaco.job.lock import only_run
from fondaco.job.runs import RunLog
from fondaco.settings import Settings
from tests.job.conftest import BAD, GOOD, Drop, Watcher


def test_the_steps_can_be_read_aloud() -> None:
    assert [step.name for step in STEPS] == ["simulate", "land", "build", "publish", "summarise"]
    assert all(step.doing for step in STEPS)


def test_a_run_says_what_landed_and_why_the_rest_did_not(shop: Settings, drop: Drop, watcher: Watcher) -> None:
    drop("a.csv.gz", GOOD, BAD)
    report = run(shop, "ingest", watch=watcher)
    (table,) = report.tables
    assert (table.read, table.landed, table.quarantined, table.known) == (2, 1, 1, 0)
    assert list(table.reasons.values()) == [1]
    assert next(iter(table.reasons)).startswith("Quantity is not an integer")
    assert report.exit_code == 0
    assert watcher.steps == ["simulate", "land"]
    assert [took.step for took in report.steps] == ["land"]


def test_a_refused_file_fails_the_run_and_the_others_land(shop: Settings, drop: Drop, watcher: Watcher) -> None:
    drop("a.csv.gz", GOOD)
    torn = drop("b.csv.gz", GOOD.replace("536365", "536999"))
    torn.write_bytes(torn.read_bytes()[:-9])
    report = run(shop, "ingest", watch=watcher)
    assert report.exit_code == 1
    assert [Path(str(fault.where)).name for fault in report.faults] == ["b.csv.gz"]
    assert report.tables[0].landed == 1
    (record,) = RunLog(shop.state_dir).last(1)
    assert (record.outcome, record.rows["landed"]) == ("failed", 1)


def test_an_interrupted_run_is_logged_and_the_next_goes_on(shop: Settings, drop: Drop, watcher: Watcher) -> None:
    class Impatient(Watcher):
        def note(self, text: str) -> None:
            raise KeyboardInterrupt

    drop("a.csv.gz", GOOD)
    with pytest.raises(KeyboardInterrupt):
        run(shop, "ingest", watch=Impatient())
    report = run(shop, "ingest", watch=watcher)
    assert [record.outcome for record in RunLog(shop.state_dir).last(2)] == ["ok", "interrupted"]
    assert report.head == 1


def test_a_second_run_is_refused_while_the_first_is_at_work(shop: Settings, watcher: Watcher) -> None:
    with only_run(shop.state_dir), pytest.raises(LockedError):
        run(shop, "ingest", watch=watcher)
    assert run(shop, "ingest", watch=watcher).exit_code == 0


def test_an_unknown_table_is_refused_before_anything_is_read(shop: Settings, drop: Drop, watcher: Watcher) -> None:
    drop("a.csv.gz", GOOD)
    with pytest.raises(UsageError, match="did you mean"):
        run(shop, "ingest", watch=watcher, tables=("invoice_line",))
    assert run(shop, "ingest", watch=watcher, tables=("shop.invoice_lines",)).head == 1


def test_a_lake_with_nothing_in_it_is_not_built(shop: Settings, watcher: Watcher) -> None:
    report = run(shop, "run", watch=watcher)
    assert (report.build, report.summary, report.exit_code) == (None, None, 0)
