"""The commit log: one winner a number, nothing lost, reading that does not grow with history."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from fondaco.errors import LakeError
from fondaco.lake import layout
from fondaco.lake.commit import Commit, DataFile, schema_hash
from fondaco.lake.live import Live
from fondaco.lake.log import CHECKPOINT_EVERY, HISTORY, CommitLog
from fondaco.sources.base import FileMark, Position
from fondaco.storage import Folder, open_store
from fondaco.storage.folder import FolderStore

FIRST = Commit(
    number=1,
    batch_id="000000000001-abcdef12",
    source="shop",
    system="demo",
    table="orders",
    committed_at="2024-06-01T12:00:00.000000Z",
    kind="land",
    files=(DataFile("bronze/shop/orders/x.parquet", 2, 100, "00"),),
    columns=(("id", "bigint"),),
    schema_hash="00",
    rows_read=4,
    rows_landed=2,
    rows_quarantined=1,
    rows_known=1,
    cursor_min="2024-01-01 00:00:00.000000",
    cursor_max="2024-01-02 00:00:00.000000",
    cursor_nulls=0,
    window=(None, "2024-01-02 00:00:00.000000"),
    step=Position("2024-01-02 00:00:00.000000", {"Zoë.csv": FileMark(1, 2, "00", 4, None, ("is bad", None))}, None),
    notes=("a note",),
    quarantine=DataFile("bronze/_quarantine/shop/orders/x.parquet", 1, 100, "00"),
    bad={"ragged": 1},
)


@pytest.fixture
def log(tmp_path: Path) -> CommitLog:
    return CommitLog(open_store(Folder(tmp_path)))


def test_a_commit_survives_its_json() -> None:
    assert Commit.decode(FIRST.encode(), "x") == FIRST


def test_what_an_older_fondaco_understands_is_written_as_it_was() -> None:
    assert FIRST.to_json()["format"] == 1
    later = replace(FIRST, kind="compact", replaces=("a.parquet",), files=(replace(FIRST.files[0], batches=(1, 7)),))
    assert later.to_json()["format"] == 2
    assert Commit.decode(later.encode(), "x") == later
    rewound = replace(FIRST, kind="rewind", position=Position())
    assert Commit.decode(rewound.encode(), "x") == rewound


def test_a_number_is_taken_once(log: CommitLog) -> None:
    assert log.append(FIRST)
    assert not log.append(replace(FIRST, table="items"))
    assert log.commits() == [FIRST]


def test_of_many_writers_one_wins(tmp_path: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(16) as pool:
        won = list(pool.map(lambda name: CommitLog(open_store(Folder(tmp_path))).append(replace(FIRST, table=f"t{name}")), range(16)))
    assert won.count(True) == 1
    (commit,) = CommitLog(open_store(Folder(tmp_path))).commits()
    assert commit.table == f"t{won.index(True)}"


def fill(log: CommitLog, count: int) -> list[Commit]:
    commits = [replace(FIRST, number=number) for number in range(1, count + 1)]
    for commit in commits:
        assert log.append(commit)
    return commits


def test_reading_costs_what_counts_and_what_came_after(log: CommitLog, monkeypatch: pytest.MonkeyPatch) -> None:
    commits = fill(log, 2 * CHECKPOINT_EVERY + 3)
    read, reads = FolderStore.read, list[str]()

    def counted(self: FolderStore, path: str) -> bytes | None:
        reads.append(path)
        return read(self, path)

    monkeypatch.setattr(FolderStore, "read", counted)
    assert log.live() == Live().after(commits)
    assert len(reads) == 1 + 1 + 3, "the checkpoint, the commit that it goes up to, and what came after"
    reads.clear()
    assert log.commits() == commits
    assert len(reads) == 1 + 3, "a chapter of history, and what came after"
    reads.clear()
    assert log.commits(after=2 * CHECKPOINT_EVERY) == commits[-3:]
    assert len(reads) == 3
    reads.clear()
    assert log.commits(after=len(commits)) == []
    assert reads == []


@pytest.mark.parametrize("damage", [b"", b"{", b'{"format":1,"commits":9}\n', None])
def test_a_missing_or_broken_checkpoint_loses_nothing(log: CommitLog, tmp_path: Path, damage: bytes | None) -> None:
    commits = fill(log, CHECKPOINT_EVERY + 1)
    for path in (layout.CHECKPOINT, layout.history_path(HISTORY)):
        place = tmp_path / path
        place.unlink() if damage is None else place.write_bytes(damage)
    assert log.commits() == commits
    assert log.live() == Live().after(commits)


def test_a_checkpoint_of_another_log_is_not_believed(log: CommitLog, tmp_path: Path) -> None:
    commits = fill(log, CHECKPOINT_EVERY)
    (tmp_path / layout.CHECKPOINT).write_bytes(Live().after([replace(commits[-1], batch_id="another")]).encode())
    assert log.live() == Live().after(commits)


def test_history_is_read_chapter_by_chapter(log: CommitLog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fondaco.lake.log.HISTORY", 10)
    monkeypatch.setattr("fondaco.lake.log.CHECKPOINT_EVERY", 5)
    commits = fill(log, 9)
    monkeypatch.setattr(CommitLog, "checkpoint", lambda _: None)
    commits += [replace(FIRST, number=10)]
    assert log.append(commits[-1]), "whoever wrote the tenth died over its checkpoint"
    monkeypatch.undo()
    monkeypatch.setattr("fondaco.lake.log.HISTORY", 10)
    monkeypatch.setattr("fondaco.lake.log.CHECKPOINT_EVERY", 5)
    for number in range(11, 38):
        commits.append(replace(FIRST, number=number))
        assert log.append(commits[-1])
        assert log.commits() == commits
    assert [len((tmp_path / layout.history_path(last)).read_bytes().splitlines()) for last in (10, 20, 30, 40)] == [10, 10, 10, 5]
    for after in range(len(commits)):
        assert log.commits(after) == commits[after:]


def test_a_gap_in_the_log_is_an_error_not_an_end(log: CommitLog, tmp_path: Path) -> None:
    fill(log, 3)
    (tmp_path / layout.commit_path(2)).unlink()
    with pytest.raises(LakeError, match="commit 2 is missing"):
        log.commits()


def test_a_damaged_commit_is_an_error_that_names_its_file(log: CommitLog, tmp_path: Path) -> None:
    fill(log, 2)
    (tmp_path / layout.commit_path(1)).write_bytes(FIRST.encode()[:50])
    with pytest.raises(LakeError, match="cannot be read") as damaged:
        log.commits()
    assert damaged.value.where == str(tmp_path / layout.commit_path(1))


def test_a_commit_of_a_later_format_asks_for_an_update(log: CommitLog, tmp_path: Path) -> None:
    fill(log, 1)
    place = tmp_path / layout.commit_path(1)
    place.write_bytes(place.read_bytes().replace(b'"format":1', b'"format":99'))
    with pytest.raises(LakeError, match="newer than this fondaco reads"):
        log.commits()


def test_a_last_commit_that_a_power_cut_left_torn_never_counted(log: CommitLog, tmp_path: Path) -> None:
    first, _ = fill(log, 2)
    place = tmp_path / layout.commit_path(2)
    place.write_bytes(b"")
    log.drop_torn(acknowledged=2)
    assert place.exists(), "a commit that was acknowledged is never dropped"
    log.drop_torn(acknowledged=1)
    assert log.commits() == [first]


def test_a_commit_of_a_later_fondaco_is_never_taken_for_a_torn_one(log: CommitLog, tmp_path: Path) -> None:
    fill(log, 2)
    place = tmp_path / layout.commit_path(2)
    later = place.read_bytes().replace(b'"format":1', b'"format":99')
    assert later != place.read_bytes()
    place.write_bytes(later)
    log.drop_torn(acknowledged=1)
    assert place.read_bytes() == later
    with pytest.raises(LakeError, match="newer than this fondaco reads"):
        log.commits()


def test_a_damaged_commit_is_named_and_not_dropped_when_nobody_can_say_whether_it_counted(log: CommitLog, tmp_path: Path) -> None:
    fill(log, 3)
    place = tmp_path / layout.commit_path(3)
    place.write_bytes(place.read_bytes()[:40])
    log.drop_torn(acknowledged=0)  # the state was lost too
    assert place.exists()
    with pytest.raises(LakeError, match="cannot be read"):
        log.commits()


def test_the_shape_of_a_table_has_one_name_in_any_order() -> None:
    columns = (("a", "bigint"), ("b", "varchar"))
    assert schema_hash(columns) == schema_hash(columns[::-1]) != schema_hash((("a", "bigint"), ("b", "date")))


def test_names_of_batches_sort_in_landing_order() -> None:
    names = [layout.batch_id(number, "x") for number in (1, 2, 10, 999_999_999_999)]
    assert sorted(names) == names
    assert layout.commit_number(layout.commit_path(7)) == 7
    assert layout.commit_number(layout.CHECKPOINT) is None
