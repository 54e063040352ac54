from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from fondaco.job.runs import RunLog

NOON = datetime(2025, 7, 1, 12, tzinfo=UTC)


def test_a_run_is_logged_with_its_outcome(tmp_path: Path) -> None:
    log = RunLog(tmp_path)
    log.start("a", "run", NOON)
    log.end("a", NOON, "ok", commits=3, rows={"read": 7}, seconds={"land": 0.5})
    (record,) = log.last(5)
    assert (record.run_id, record.outcome, record.commits, record.rows, record.seconds) == ("a", "ok", 3, {"read": 7}, {"land": 0.5})


def test_a_run_that_never_ended_was_killed(tmp_path: Path) -> None:
    log = RunLog(tmp_path)
    log.start("a", "run", NOON)
    log.start("b", "build", NOON)
    log.end("b", NOON, "failed", error="no")
    assert [(record.run_id, record.outcome) for record in log.last(5)] == [("b", "failed"), ("a", "killed")]


def test_there_may_be_no_run_yet(tmp_path: Path) -> None:
    assert RunLog(tmp_path).last(5) == []


@given(cut=st.integers(1, 200))
def test_a_torn_line_costs_that_line_alone(tmp_path_factory: object, cut: int) -> None:
    folder = tmp_path_factory.mktemp("log")  # type: ignore[attr-defined]
    log = RunLog(folder)
    log.start("a", "run", NOON)
    log.end("a", NOON, "ok")
    whole = log.path.read_bytes()
    log.start("b", "run", NOON)
    line = log.path.read_bytes()[len(whole) :]
    log.path.write_bytes(whole + line[: min(cut, len(line) - 2)])
    log.start("c", "run", NOON)
    log.end("c", NOON, "ok")
    assert [record.run_id for record in log.last(5)] == ["c", "a"]
