"""Times of the clock: what is taken, and what is refused with the file and the line where it stands."""

from __future__ import annotations

from pathlib import Path

import pytest
from dagster._utils.schedules import is_valid_cron_string
from hypothesis import given
from hypothesis import strategies as st

from fondaco.errors import ConfigError
from fondaco.settings import load_settings
from fondaco.settings.cron import parse_cron

YML = "project: toys\nsources: {shop: {type: demo}}\nschedule:\n  build: off\n  ingest: '%s'\n"


@pytest.mark.parametrize("cron", ["*/15 * * * *", "5 * * * *", "0 8-18/2 * * mon-fri", "0 0 29 2 *", "0 0 31 jan,feb *", "0 0 31 2 0"])
def test_what_cron_understands_is_taken_as_it_stands(cron: str) -> None:
    assert parse_cron(f" {cron.upper()} ") == cron


@pytest.mark.parametrize(
    ("cron", "said"),
    [
        ("* * *", "it has 3 fields in place of 5"),
        ("0 25 * * *", "'25' is no hour: that goes from 0 to 23"),
        ("60 * * * *", "'60' is no minute"),
        ("0 0 * * mondays", "'mondays' is no day of the week"),
        ("*/0 * * * *", "'*/0' is no minute"),
        ("0 9-8 * * *", "'9-8' is no hour"),
        ("0 0 30 2 *", "never comes: no such month has a day 30"),
    ],
)
def test_a_wrong_cron_is_refused_with_its_file_and_line(tmp_path: Path, cron: str, said: str) -> None:
    (tmp_path / "fondaco.yml").write_text(YML % cron)
    with pytest.raises(ConfigError) as refused:
        load_settings(tmp_path, environ={})
    assert said in refused.value.message
    assert refused.value.where == f"{tmp_path / 'fondaco.yml'}:5"


def test_off_leaves_it_to_somebody_else(tmp_path: Path) -> None:
    (tmp_path / "fondaco.yml").write_text(YML % "*/5 * * * *")
    settings = load_settings(tmp_path, environ={})
    assert (settings.schedule.build, settings.schedule.ingest) == (None, "*/5 * * * *")


_PARTS = [st.sampled_from(["*", "*/7"]) | st.integers(low, high).map(str) for low, high in ((0, 59), (0, 23), (1, 31), (1, 12), (0, 6))]


@given(st.tuples(*_PARTS))
def test_what_is_taken_is_what_dagster_takes(parts: tuple[str, ...]) -> None:
    text = " ".join(parts)
    never = parts[4] == "*" and (parts[2], parts[3]) in {("30", "2"), *(("31", month) for month in ("2", "4", "6", "9", "11"))}
    if never:
        with pytest.raises(ValueError, match="never comes"):
            parse_cron(text)
    else:
        assert is_valid_cron_string(parse_cron(text) or "")
