from __future__ import annotations

import errno
import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from fondaco.cli.output import complain, document, from_os, plain, shorten
from fondaco.errors import ConfigError, LakeError


@dataclass(frozen=True)
class Point:
    amount: Decimal
    day: date
    error: ConfigError | None = None


def test_values_become_json_without_losing_a_digit() -> None:
    found = plain(
        {
            "p": Point(Decimal("5252414.222"), date(2011, 8, 8)),
            "t": timedelta(minutes=2),
            "at": datetime(2025, 1, 1, tzinfo=UTC),
            "n": float("nan"),
        }
    )
    assert found == {
        "p": {"amount": "5252414.222", "day": "2011-08-08", "error": None},
        "t": 120.0,
        "at": "2025-01-01T00:00:00+00:00",
        "n": None,
    }


def test_a_document_is_one_line_with_its_format_and_verdict(capsys: pytest.CaptureFixture[str]) -> None:
    document("plan", {"path": Path("/x")}, 1)
    told = json.loads(capsys.readouterr().out)
    assert (told["format"], told["command"], told["ok"], told["exit_code"], told["data"]) == (1, "plan", False, 1, {"path": "/x"})


def test_an_error_says_what_where_and_the_next_step(capsys: pytest.CaptureFixture[str]) -> None:
    complain(ConfigError("'qualty' is not a setting", where=f"{Path.cwd()}/fondaco.yml:14", hint="known here: quality"))
    seen = capsys.readouterr()
    assert seen.err == "error[E201]: 'qualty' is not a setting\n  --> fondaco.yml:14\n  hint: known here: quality\n"
    assert seen.out == ""


def test_a_place_elsewhere_is_told_in_full() -> None:
    assert shorten("/elsewhere/fondaco.yml:3") == "/elsewhere/fondaco.yml:3"


@pytest.mark.parametrize(
    ("number", "says"), [(errno.ENOSPC, "the disk is full"), (errno.EACCES, "cannot be written"), (errno.EROFS, "cannot be written")]
)
def test_what_the_system_refuses_is_told_in_our_words(number: int, says: str) -> None:
    error = from_os(OSError(number, "no", "/lake"))
    assert isinstance(error, LakeError)
    assert says in error.message
    assert error.where == "/lake"
    assert error.exit_code == 1
