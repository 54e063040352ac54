"""`fondaco forget` as a person calls it: what it says, what it refuses, and that it does what it says."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from fondaco.cli import main

SHOP = """\
version: 1
project: little
demo: true
business: {timezone: Europe/Berlin, currency: EUR}
sources: {shop: {type: demo, customers: 40, days: 12, seed: 5}}
"""


@pytest.fixture(scope="module")
def landed(tmp_path_factory: pytest.TempPathFactory, repo: Path) -> Path:
    """A shop that landed and was never built."""
    root = tmp_path_factory.mktemp("forget")
    (root / "fondaco.yml").write_text(SHOP, encoding="utf-8")
    shutil.copytree(repo / "policy", root / "policy")
    assert main(["ingest", "-q", "-C", str(root)]) == 0
    return root


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "say what is to be forgotten"),
        (("--customer", "1", "--expired"), "say what is to be forgotten"),
        (("--customer", "1"), "what is erased cannot be brought back"),
        (("--expired",), "what is erased cannot be brought back"),
        (("--customer", "1", "--on", "2025-01-01", "-y"), "--on goes with --expired"),
        (("--expired", "--source", "shop", "-y"), "--source goes with --customer"),
        (("--customer", "1", "--source", "shopp", "-y"), "did you mean 'shop'"),
        (("--customer", "nobody@x.example", "-y"), "nothing that we hold tells of that person"),
        (("--expired", "--on", "2999-01-01", "-y"), "has not come yet"),
    ],
)
def test_what_cannot_be_done_is_told_with_the_next_step(
    landed: Path, words: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["forget", *words, "-C", str(landed)]) == 2
    told = capsys.readouterr().err
    assert said in told
    assert "hint:" in told


def test_a_person_is_foreseen_forgotten_and_then_nowhere(landed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["forget", "--customer", "5", "--dry-run", "-C", str(landed)]) == 0
    screen = capsys.readouterr().out
    assert "shop.customers" in screen
    assert "nothing was changed" in screen
    assert main(["forget", "--customer", "5", "-y", "-C", str(landed), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)["data"]
    assert sum(table["rows"] for table in told["tables"] if table["table"] == "customers") > 0
    assert (landed / "lake").resolve().as_posix() in told["proof"]
    assert main(["forget", "--customer", "5", "-y", "-C", str(landed)]) == 0
    assert "no row tells of her any more" in capsys.readouterr().out


def test_what_is_too_old_is_foreseen_rule_by_rule_and_erased_once(landed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (landed / "policy" / "retention.yml").write_text("retention: {pii.phone: 1 month, pii.birth_date: 1 month, pii.free_text: 1 day}\n")
    assert main(["forget", "--expired", "--dry-run", "--on", "2020-01-01", "-C", str(landed)]) == 0
    assert "no row says more than may be kept" in capsys.readouterr().out
    assert main(["forget", "--expired", "--dry-run", "-C", str(landed)]) == 0
    screen = capsys.readouterr().out
    assert "pii.birth_date, pii.phone  1 month" in screen
    assert main(["forget", "--expired", "-y", "-C", str(landed), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)["data"]
    assert [table["table"] for table in told["tables"]] == ["customers"]
    assert main(["forget", "--expired", "-y", "-C", str(landed)]) == 0
    assert "there was nothing to do" in capsys.readouterr().out
    assert main(["lake", "audit", "-C", str(landed), "--json"]) == 0
    assert "forget expired" in capsys.readouterr().out


def test_without_rules_nothing_is_too_old(landed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (landed / "policy" / "retention.yml").unlink()
    assert main(["forget", "--expired", "--dry-run", "-C", str(landed)]) == 2
    assert "no classification is kept for a time of its own" in capsys.readouterr().err
