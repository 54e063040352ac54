"""A lake in a bucket: what a folder promises, through a store that is slow, busy, gone or unwilling, and with two writers at once."""

from __future__ import annotations

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Barrier

import pytest

from fondaco.errors import FondacoError, LakeError, LockedError
from fondaco.lake import Lake, batch, list_quarantine, show_quarantine
from fondaco.sources import gathering
from fondaco.sources.base import Position
from fondaco.storage import Bucket, patience
from tests.lake.conftest import THINGS, Yard
from tests.s3 import HASTY, PASSING, Proxy, Request, new_bucket
from tests.servers import Server

AT = "2024-05-01 10:00:00"
#: Of the refusals one each of those that take another way.
KINDS = sorted({*PASSING, "taken", "conflict", "expired", "unknown"})


class BucketYard(Yard):
    """A folder of drops, and a lake in a bucket."""

    def __init__(self, root: Path, place: Bucket) -> None:
        super().__init__(root)
        self.bucket = place

    def lake(self, on_step: Callable[[str], None] | None = None) -> Lake:
        return Lake.open(self.bucket, on_step) if on_step else Lake.open(self.bucket)


@pytest.fixture(autouse=True)
def _hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "PATIENCE", HASTY)
    monkeypatch.setattr(batch, "PART_ROWS", 2)
    monkeypatch.setattr(gathering, "PULL_FILES", 2)


def fill(yard: Yard) -> None:
    for number in range(3):
        yard.drop(f"{number}.csv", *(f"{number + 1}{row},n,1,{AT}" for row in range(3)), "x,bad,1,", "short")


def kept(yard: Yard) -> tuple[object, ...]:
    """What a lake holds, without what depends on when and how often it was written."""
    lake = yard.lake()
    there = {item.path for item in lake.store.listing("bronze")}
    assert {path for commit in lake.commits() for path in commit.data_paths()} <= there
    assert lake.state() == lake.rebuild_state()
    assert [commit.number for commit in lake.commits()] == list(range(1, lake.head() + 1))
    files = {name: (mark.sha256, mark.rows) for state in lake.state().tables.values() for name, mark in state.position.files.items()}
    bad = [(row.file, row.row, row.reason, row.raw) for row in show_quarantine(lake)]
    return yard.bronze(), files, bad


@pytest.fixture
def undisturbed(yard: Yard) -> tuple[object, ...]:
    fill(yard)
    yard.land()
    return kept(yard)


def test_a_lake_in_a_bucket_holds_what_one_in_a_folder_does(tmp_path: Path, bucket: Bucket, undisturbed: tuple[object, ...]) -> None:
    yard = BucketYard(tmp_path, bucket)
    report = yard.land()
    assert (report.total("rows_landed"), report.total("rows_quarantined")) == (9, 6)
    assert kept(yard) == undisturbed
    assert yard.land().commits == []
    assert kept(yard) == undisturbed
    assert yard.lake().url("x") == f"s3://{bucket.name}/the lake/x"
    assert yard.lake().orphans() == []
    assert sum(entry.rows for entry in list_quarantine(yard.lake())) == 6


def disturbed(yard: BucketYard, proxy: Proxy, undisturbed: tuple[object, ...], number: int, kind: str) -> bool:
    """Lands with one request going wrong, then without; whether there was such a request."""
    plain = yard.bucket
    yard.bucket = replace(proxy.place, prefix=plain.prefix)
    proxy.once(number, kind)
    fault, report = None, None
    try:
        report = yard.land()
    except FondacoError as error:
        fault = error
    assert (report is not None and not report.errors) or (fault is not None and kind not in PASSING), (number, kind, fault)
    assert fault is None or (fault.hint and fault.exit_code in (1, 75)), (number, kind, fault)
    reached = len(proxy.requests) >= number
    proxy.fault = lambda _: None
    yard.bucket = plain
    yard.land()
    assert kept(yard) == undisturbed, (number, kind)
    return reached


def test_a_landing_goes_on_after_any_fault(tmp_path: Path, bucket: Bucket, proxy: Proxy, undisturbed: tuple[object, ...]) -> None:
    chance = random.Random(3)
    for number in (1, 3, 5, 7, 8, 9, 12):
        kind = chance.choice(KINDS)
        yard = BucketYard(tmp_path, replace(bucket, prefix=f"lake {number}"))
        assert disturbed(yard, proxy, undisturbed, number, kind), "the landing makes so many requests"


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_a_landing_goes_on_after_a_fault_of_any_request(
    tmp_path: Path, bucket: Bucket, proxy: Proxy, undisturbed: tuple[object, ...], kind: str
) -> None:
    number = 1
    while disturbed(BucketYard(tmp_path, replace(bucket, prefix=f"lake {number}")), proxy, undisturbed, number, kind):
        number += 1
    assert number > 12


def test_a_commit_whose_answer_was_lost_is_our_own(tmp_path: Path, bucket: Bucket, proxy: Proxy) -> None:
    yard = BucketYard(tmp_path, proxy.place)
    yard.drop("a.csv", f"1,one,1,{AT}")
    lost = iter([True])
    proxy.fault = lambda request: "cut_after" if request.creates and "_commits" in request.target and next(lost, False) else None
    assert [commit.number for commit in yard.land().commits] == [1]
    assert yard.land().commits == []
    assert yard.bronze("id") == [(1,)]


def test_a_commit_that_another_made_first_is_not_our_own(tmp_path: Path, yard: Yard, bucket: Bucket, proxy: Proxy) -> None:
    """The first attempt was not carried out, and its answer never came; meanwhile somebody else takes the number."""
    yard.drop("a.csv", f"2,two,1,{AT}")
    yard.land()
    theirs = replace(yard.commits()[0], table="others", files=())
    ours, lost = BucketYard(tmp_path / "ours", proxy.place), iter([True])
    ours.drop("a.csv", f"1,one,1,{AT}")

    def fault(request: Request) -> str | None:
        if not (request.creates and "_commits" in request.target and next(lost, False)):
            return None
        assert Lake.open(bucket).log.append(theirs)
        return "cut_before"

    proxy.fault = fault
    assert [commit.number for commit in ours.land().commits] == [2]
    assert ours.commits()[0] == theirs
    assert ours.bronze("id") == [(1,)]
    assert ours.lake().orphans() == []


def test_two_writers_of_one_table_land_each_row_once(tmp_path: Path, s3_server: Server, undisturbed: tuple[object, ...]) -> None:
    for attempt in range(4):
        place, start = new_bucket(s3_server), Barrier(2)

        def land(number: int, place: Bucket = place, start: Barrier = start, attempt: int = attempt) -> str:
            yard = BucketYard(tmp_path, place)
            start.wait()
            try:
                yard.land()
            except LockedError:
                return "overtaken"
            return "done"

        with ThreadPoolExecutor(2) as pool:
            ends = list(pool.map(land, range(2)))
        assert "done" in ends or ends == ["overtaken", "overtaken"]
        yard = BucketYard(tmp_path, place)
        for commit in yard.commits():
            for file in commit.files:
                data = yard.lake().store.read(file.path)
                assert data is not None and len(data) == file.bytes
        yard.land()
        assert kept(yard) == undisturbed


def test_two_writers_of_different_tables_both_get_their_rows_in(tmp_path: Path, bucket: Bucket) -> None:
    yards = [BucketYard(tmp_path / name, bucket) for name in ("one", "two")]
    for number, yard in enumerate(yards):
        yard.table = replace(THINGS, name=f"things_{number}")
        fill(yard)
    start = Barrier(2)

    def land(yard: Yard) -> int:
        start.wait()
        return yard.land().total("rows_landed")

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(land, yards)) == [9, 9]
    lake = yards[0].lake()
    assert len(yards[0].bronze()) == 18
    assert lake.state() == lake.rebuild_state()
    assert {
        path for path in (item.path for item in lake.store.listing("bronze")) if path.endswith(".parquet") and "_commits" not in path
    } == {path for commit in lake.commits() for path in commit.data_paths()}


@pytest.mark.parametrize("kind", ["expired", "denied", "unknown_key"])
def test_an_error_while_the_engine_reads_says_what_to_do(tmp_path: Path, bucket: Bucket, proxy: Proxy, kind: str) -> None:
    yard = BucketYard(tmp_path, bucket)
    yard.drop("a.csv", "x,bad,1,")
    yard.land()
    yard.bucket = proxy.place
    proxy.fault = lambda request: kind if request.target.endswith(".parquet") else None
    with pytest.raises(LakeError) as said:
        show_quarantine(yard.lake())
    assert said.value.hint
    assert "secret-of-the-test" not in str(said.value) and "token-of-the-test" not in str(said.value)


def test_the_requests_of_a_run_do_not_grow_with_history(tmp_path: Path, bucket: Bucket, proxy: Proxy) -> None:
    yard = BucketYard(tmp_path, bucket)
    yard.drop("a.csv", f"0,one,1,{AT}")
    yard.land()
    (first,) = yard.commits()
    asked = []
    for commits in (10, 200):
        for number in range(yard.lake().head() + 1, commits + 1):
            others = replace(first, number=number, batch_id=f"{number:012d}-others", table="others", files=(), step=Position(str(number)))
            assert yard.lake().log.append(others)
        yard.lake().refresh_state()
        yard.bucket = proxy.place
        proxy.requests.clear()
        yard.land()
        idle = len(proxy.requests)
        yard.drop("a.csv", f"{commits},one,1,{AT}")
        proxy.requests.clear()
        yard.land()
        asked.append((idle, len(proxy.requests)))
        yard.bucket = bucket
    assert asked[1][0] == asked[0][0] <= 4
    assert asked[1][1] == asked[0][1] <= 7
