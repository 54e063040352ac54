"""The state is what the log says; losing it loses nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from fondaco.lake import Lake, layout
from tests.lake.conftest import Yard

AT = "2024-05-01 10:00:00"


@pytest.fixture
def landed(yard: Yard) -> Yard:
    for number in range(3):
        yard.drop(f"{number}.csv", f"{number},n,1,{AT}")
        yard.land()
    return yard


def state_file(yard: Yard) -> Path:
    return yard.place / layout.STATE


@pytest.mark.parametrize("damage", ["missing", "broken", "cut off", "of another format", "older", "of another lake", "ahead of the log"])
def test_a_state_that_cannot_be_trusted_is_made_from_the_log(landed: Yard, damage: str, tmp_path: Path) -> None:
    place = state_file(landed)
    good = place.read_text()
    match damage:
        case "missing":
            place.unlink()
        case "broken":
            place.write_text("nonsense")
        case "cut off":
            place.write_text(good[: len(good) // 2])
        case "of another format":
            place.write_text(good.replace('"format": 1', '"format": 9'))
        case "older":
            place.write_bytes(Lake.open(tmp_path / "empty").state().after(landed.commits()[:2]).encode())
        case "of another lake":
            place.write_text(good.replace(landed.commits()[-1].batch_id, "000000000003-00000000"))
        case "ahead of the log":
            place.write_text(good.replace('"commit": 3', '"commit": 4'))
    assert landed.lake().state() == landed.lake().rebuild_state()
    assert state_file(landed).read_text() == good


def test_losing_the_state_never_loads_anything_again(landed: Yard) -> None:
    good = state_file(landed).read_text()
    state_file(landed).unlink()
    before = landed.bronze()
    assert landed.land().commits == []
    assert landed.bronze() == before
    assert state_file(landed).read_text() == good, "a run mends it even if it lands nothing"


def test_a_fresh_state_is_read_without_reading_the_log(landed: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    lake = landed.lake()
    monkeypatch.setattr(type(lake.log), "commits", lambda *_, **__: pytest.fail("the log was read"))
    assert lake.head() == 3
    assert lake.state().tables[("yard", "things")].rows == 3


def test_an_empty_lake_has_a_state_too(yard: Yard) -> None:
    assert yard.lake().head() == 0
    assert yard.lake().state().tables == {}
    assert yard.lake().commits() == []
