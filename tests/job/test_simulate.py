from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from fondaco.errors import SourceError, UsageError
from fondaco.job.simulate import begin, live_on, tell_truth, unlived
from fondaco.settings import DemoSource, Settings, load_settings


def silent(_: str) -> None: ...


def settings(folder: Path, sources: str = "shop: {type: demo, customers: 10, days: 3}") -> Settings:
    (folder / "fondaco.yml").write_text(f"project: demo\nsources: {{{sources}}}\n")
    return load_settings(folder, environ={})


def test_a_shop_lives_its_first_days_once(tmp_path: Path) -> None:
    shop = settings(tmp_path)
    assert unlived(shop) == {"shop": 3}
    assert begin(shop, silent) == {"shop": 3}
    assert unlived(shop) == {}
    assert begin(shop, silent) == {}


def test_a_shop_lives_on_by_days_or_to_a_day(tmp_path: Path) -> None:
    shop = settings(tmp_path)
    begin(shop, silent)
    assert (live_on(shop, None, 2, None, silent).days, unlived(shop)) == (2, {})
    lived = live_on(shop, "shop", None, date(2024, 1, 9), silent)
    assert (lived.days, lived.until) == (4, date(2024, 1, 10))


def test_a_shop_that_has_not_begun_lives_its_first_days_before_the_others(tmp_path: Path) -> None:
    assert live_on(settings(tmp_path), None, 1, None, silent).days == 4


def test_a_shop_that_was_interrupted_at_its_birth_begins_again(tmp_path: Path) -> None:
    shop = settings(tmp_path)
    shop.state_dir.mkdir()
    demo = shop.sources["shop"]
    assert isinstance(demo, DemoSource)
    demo.path.write_bytes(b"")
    assert begin(shop, silent) == {"shop": 3}


def test_which_shop_must_be_said_if_there_are_several_or_none(tmp_path: Path) -> None:
    two = settings(tmp_path, "a: {type: demo, customers: 10, days: 1}, b: {type: demo, customers: 10, days: 1}")
    with pytest.raises(UsageError, match="with --source"):
        live_on(two, None, 1, None, silent)
    assert live_on(two, "b", 1, None, silent).source == "b"
    with pytest.raises(UsageError, match="there is no simulated shop 'c'"):
        live_on(two, "c", 1, None, silent)
    with pytest.raises(UsageError) as none:
        live_on(settings(tmp_path, "a: {type: files, path: ., system: online_retail}"), None, 1, None, silent)
    assert "type demo" in str(none.value.hint)


def test_the_truth_about_a_shop_is_written_apart_from_its_tables(tmp_path: Path) -> None:
    shop = settings(tmp_path)
    with pytest.raises(SourceError):
        tell_truth(shop, None, tmp_path / "truth")
    begin(shop, silent)
    told = tell_truth(shop, None, tmp_path / "truth")
    assert {"daily_sales.jsonl", "customers.jsonl", "orders.jsonl"} <= set(told.files)
    first = (tmp_path / "truth" / "customers.jsonl").read_text().splitlines()[0]
    assert json.loads(first)["observed_from"] == "2024-01-01 00:10:00.000000"
