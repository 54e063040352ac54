"""What is bad is put aside up to a share, and stops its table beyond it."""

from __future__ import annotations

import zipfile
from decimal import Decimal

import pytest

from fondaco.errors import BatchStopped
from fondaco.lake.quality import DefaultQuality, check_share
from fondaco.sources import gathering
from tests.lake.conftest import HEADER, Yard

AT = "2024-05-01 10:00:00"
ONE_PERCENT = DefaultQuality()


def test_a_share_is_allowed_up_to_its_limit() -> None:
    check_share(ONE_PERCENT, "t", {"a.csv": 1000}, {"a.csv": {"ragged": 6, "bad_json": 4}})
    with pytest.raises(BatchStopped, match=r"t: a.csv: 11 of 1,000 rows are bad \(1.1%\), most often ragged \(6\), more than .* \(1.0%\)"):
        check_share(ONE_PERCENT, "t", {"a.csv": 1000}, {"a.csv": {"ragged": 6, "bad_json": 5}})


def test_a_handful_of_rows_has_no_share() -> None:
    check_share(ONE_PERCENT, "t", {"a.csv": 99}, {"a.csv": {"ragged": 99}})


def test_each_file_is_judged_by_itself() -> None:
    with pytest.raises(BatchStopped, match="b.csv: 50 of 100"):
        check_share(ONE_PERCENT, "t", {"a.csv": 100_000, "b.csv": 100}, {"a.csv": {"ragged": 1}, "b.csv": {"ragged": 50}})


def test_no_bad_row_may_be_allowed_at_all() -> None:
    with pytest.raises(BatchStopped, match=r"t: 1 of 5 rows are bad"):
        check_share(DefaultQuality(on_bad_row="stop"), "t", {None: 5}, {None: {"pattern_mismatch": 1}})


def test_a_batch_that_is_too_bad_leaves_nothing_behind_and_lands_once_it_may(yard: Yard) -> None:
    yard.drop("a.csv", *(f"{number},n,1,{AT}" for number in range(1, 99)), "x,n,1,", "y,n,1,")
    (error,) = yard.land().errors
    assert isinstance(error, BatchStopped)
    assert error.message.startswith("things: a.csv: 2 of 100 rows are bad (2.0%), most often not_an_integer (2)")
    assert yard.commits() == []
    assert not list(yard.place.rglob("*.parquet"))
    report = yard.land(max_bad_share=Decimal("0.02"))
    assert (report.total("rows_landed"), report.total("rows_quarantined"), report.errors) == (98, 2, [])


def test_a_file_that_is_too_bad_waits_alone_and_lands_when_it_is_mended(yard: Yard) -> None:
    bad = [f"{number},n,{'x' if number % 10 == 0 else 1},2024-05-01 10:00:00" for number in range(200)]
    yard.drop("a.csv", "1000,a,1,2024-05-01 10:00:00", "1001,a,x,2024-05-01 10:00:00")
    yard.drop("b.csv", *bad)
    yard.drop("c.csv", "1002,c,1,2024-05-01 10:00:00")
    (report,) = yard.land().tables
    assert (report.rows_read, report.rows_landed, report.rows_quarantined) == (3, 2, 1)
    assert [error.message.split(" rows")[0] for error in report.errors] == ["things: b.csv: 20 of 200"]
    assert set(yard.lake().state().tables[("yard", "things")].position.files) == {"a.csv", "c.csv"}
    (again,) = yard.land().tables
    assert (again.rows_read, len(again.errors)) == (0, 1)
    yard.drop("b.csv", *(line.replace(",x,", ",1,") for line in bad))
    (mended,) = yard.land().tables
    assert (mended.rows_read, mended.rows_landed, mended.errors) == (200, 200, [])


def test_a_copy_of_a_file_that_waits_waits_too(yard: Yard) -> None:
    bad = [f"{number},n,x,2024-05-01 10:00:00" for number in range(200)]
    yard.drop("a.csv", *bad)
    yard.drop("b.csv", *bad)
    yard.drop("c.csv", "1002,c,1,2024-05-01 10:00:00")
    yard.land()
    assert set(yard.lake().state().tables[("yard", "things")].position.files) == {"c.csv"}
    (yard.drops / "a.csv").unlink()
    assert [error.message.split(":")[1] for error in yard.land().errors] == [" b.csv"]
    (raised,) = yard.land(max_bad_share=Decimal(1)).tables
    assert (raised.rows_quarantined, raised.errors) == (200, [])


def test_a_large_file_that_is_too_bad_waits_and_the_others_land(yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gathering, "PULL_BYTES", 1000)
    yard.drop("a.csv", "1000,a,1,2024-05-01 10:00:00")
    yard.drop("b.csv", *(f"{number},n,x,2024-05-01 10:00:00" for number in range(200)))
    yard.drop("c.csv", "1002,c,1,2024-05-01 10:00:00")
    (report,) = yard.land().tables
    assert (report.rows_read, report.rows_landed, len(report.errors)) == (2, 2, 1)


def test_a_member_of_an_archive_that_is_too_bad_waits_and_the_others_land(yard: Yard) -> None:
    bad = HEADER + "".join(f"{number},n,x,\n" for number in range(200))
    with zipfile.ZipFile(yard.drops / "week.zip", "w") as archive:
        archive.writestr("a.csv", f"{HEADER}1000,a,1,\n")
        archive.writestr("b.csv", bad)
    for rows in (1, 0):
        (report,) = yard.land().tables
        assert (report.rows_landed, [error.message.split(" rows")[0] for error in report.errors]) == (
            rows,
            ["things: week.zip/b.csv: 200 of 200"],
        )
    (raised,) = yard.land(max_bad_share=Decimal(1)).tables
    assert (raised.rows_read, raised.rows_quarantined, raised.errors) == (200, 200, [])
    assert yard.land().tables[0].rows_read == 0
