"""What counts is the same however the log is folded, and forgets what no longer has anything to say."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from fondaco.lake.commit import Commit, DataFile
from fondaco.lake.live import REPLACED_AGE, Live, batches_of
from fondaco.sources.base import Position
from tests.lake.test_log import FIRST

BEGAN = datetime(2024, 6, 1, tzinfo=UTC)


@st.composite
def logs(draw: st.DrawFn) -> list[Commit]:
    """Landings of one file each, now and then a commit that puts one file in the place of some."""
    commits, files = list[Commit](), list[str]()
    at = BEGAN
    for number in range(1, draw(st.integers(1, 12)) + 1):
        at += timedelta(days=draw(st.integers(0, 20)))
        gone = draw(st.lists(st.sampled_from(files), unique=True)) if files else []
        files = [*(path for path in files if path not in gone), f"{number}.parquet"]
        commits.append(
            replace(
                FIRST,
                number=number,
                batch_id=str(number),
                committed_at=f"{at:%Y-%m-%dT%H:%M:%S.%fZ}",
                files=(DataFile(f"{number}.parquet", 1, 1, ""),) if draw(st.booleans()) else (),
                quarantine=None,
                step=Position(),
                replaces=tuple(gone),
            )
        )
    return commits


@given(commits=logs(), cut=st.integers(0, 12))
def test_folding_in_pieces_is_folding_at_once(commits: list[Commit], cut: int) -> None:
    whole = Live().after(commits)
    assert Live().after(commits[:cut]).after(commits[cut:]) == whole
    stepwise = Live()
    for commit in commits:
        stepwise = stepwise.after([commit])
    assert stepwise == whole
    assert Live.decode(whole.encode(), "x") == whole


@given(commits=logs())
def test_a_file_counts_until_it_is_replaced(commits: list[Commit]) -> None:
    gone = {path for commit in commits for path in commit.replaces}
    assert Live().after(commits).paths() == {path for commit in commits for path in commit.data_paths()} - gone


def test_a_replaced_file_stays_for_whoever_still_reads_it() -> None:
    commits = [FIRST, replace(FIRST, number=2, kind="compact", files=(DataFile("b", 2, 1, "", (1, 1)),), replaces=(FIRST.files[0].path,))]
    live, then = Live().after(commits), datetime(2024, 6, 1, 12, tzinfo=UTC)
    assert live.retained(then) == {FIRST.files[0].path}
    assert live.retained(then + REPLACED_AGE) == set()
    assert [batches_of(commit, file) for commit in live.commits for file in commit.files] == [(1, 1)]


def test_a_commit_that_brought_nothing_that_lasts_is_forgotten() -> None:
    nothing = replace(FIRST, files=(), quarantine=None, step=Position("2024-01-02"))
    assert Live().after([nothing]) == Live(1, FIRST.batch_id, ())
