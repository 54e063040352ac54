"""The commands that look after the lake, from the words of the call to the screen and the exit code."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from fondaco.cli import main
from fondaco.lake import Lake

HEADER = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
GOOD = "536365,85123A,HEART,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom\n"
BAD = "536366,71053,LANTERN,six,2010-12-01 08:28:00,3.39,17850.0,United Kingdom\n"


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A shop of its own house, whose quantities may be mended."""
    (tmp_path / "in").mkdir()
    (tmp_path / "fondaco.yml").write_text(
        "project: drops\nbusiness: {timezone: Europe/Berlin}\nsources: {shop: {type: files, path: in, system: online_retail}}\n"
    )
    (tmp_path / "in" / "a.csv").write_text(HEADER + GOOD + BAD)
    monkeypatch.chdir(tmp_path)
    assert main(["ingest", "-q"]) == 0
    return tmp_path


def told(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> Any:
    capsys.readouterr()
    assert main([*words, "--json"]) == code
    document = json.loads(capsys.readouterr().out)
    assert document["exit_code"] == code
    return document["data"] if code == 0 else document["error"]


def test_rows_are_given_up_with_a_reason_and_the_audit_knows_it(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "would drop rows of every table" in told(capsys, "quarantine", "drop", "--why", "x", code=2)["message"]
    assert "cannot be undone" in told(capsys, "quarantine", "drop", "invoice_lines", "--why", "x", "--erase", code=2)["message"]
    assert "no row of a table 'lines' was put aside" in told(capsys, "quarantine", "drop", "lines", "--why", "x", code=2)["message"]
    (done,) = told(capsys, "quarantine", "drop", "shop.invoice_lines", "--why", "the reseller was told")
    assert (done["rows"], done["commits"]) == (1, [2])
    assert told(capsys, "quarantine", "list") == []
    (entry,) = told(capsys, "quarantine", "list", "--all")
    assert (entry["status"], entry["why"], entry["rows"]) == ("dropped", "the reseller was told", 1)
    assert told(capsys, "quarantine", "show", "--all")["total"] == 1
    newest, refused = told(capsys, "lake", "audit")[:2]
    assert (newest["action"], newest["outcome"], newest["commits"], newest["counts"]["rows"]) == ("quarantine drop", "done", [2], 1)
    assert newest["arguments"] == {"table": "shop.invoice_lines", "why": "the reseller was told"}
    assert "@" in newest["who"]
    assert (refused["outcome"], refused["error"]) == ("failed", "no row of a table 'lines' was put aside")


def test_rows_are_replayed_once_the_declaration_is_mended(shop: Path, repo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import shutil

    (nothing,) = told(capsys, "quarantine", "replay")
    assert (nothing["rows"], nothing["landed"], nothing["still_bad"]) == (1, 0, 1)
    for folder in ("contracts", "systems", "warehouse"):
        shutil.copytree(repo / folder, shop / folder, ignore=shutil.ignore_patterns("target", "logs"))
    system = shop / "systems" / "online_retail.yml"
    system.write_text(system.read_text().replace("Quantity: {type: bigint, nullable: false", "Quantity: {type: varchar, nullable: false"))
    (done,) = told(capsys, "quarantine", "replay", "invoice_lines", "--reason", "not_an_integer")
    assert (done["rows"], done["landed"]) == (1, 1)
    assert told(capsys, "quarantine", "list") == []
    assert told(capsys, "state", "show")[0]["rows"] == 2
    assert main(["quarantine", "replay"]) == 0
    assert "no row is waiting in quarantine" in capsys.readouterr().out


def test_a_table_is_rewound_and_read_again(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "say how far back" in told(capsys, "state", "rewind", "invoice_lines", code=2)["message"]
    assert "did you mean" in told(capsys, "state", "rewind", "invoice_line", "--to", "2024-05-01", code=2)["message"]
    assert "is no time" in told(capsys, "state", "rewind", "invoice_lines", "--to", "soon", code=2)["message"]
    done = told(capsys, "state", "rewind", "invoice_lines", "--to-commit", "0")
    assert (done["files"], done["commit"]) == (1, 2)
    (table,) = told(capsys, "ingest")["tables"]
    assert (table["read"], table["known"], table["landed"]) == (2, 2, 0)
    rebuilt = told(capsys, "state", "rebuild")
    assert (rebuilt["commit"], rebuilt["changed"]) == (3, False)


def test_a_span_is_read_again(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (table,) = told(capsys, "ingest", "--since", "2001-01-01")["tables"]
    assert (table["read"], table["known"]) == (2, 2)
    assert told(capsys, "ingest", "--since", "2001-01-01", "--until", "2001-01-02T12:00")["tables"][0]["read"] == 0
    entry = told(capsys, "lake", "audit", "--limit", "1")[0]
    assert entry["arguments"] == {"since": "2000-12-31 23:00:00", "until": "2001-01-02 11:00:00"}, "the shop's own time zone"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--until", "2024-05-01"], "--until needs --since"),
        (["--since", "2024-05-02", "--until", "2024-05-01"], "does not come after"),
        (["--since", "2024-13-01"], "--since is '2024-13-01', which is no time"),
        (["--accept-deletes"], "needs the tables that it is meant for"),
        (["--since", "2024-05-01", "--dry-run"], "--dry-run looks at what is new only"),
    ],
)
def test_what_cannot_be_asked_for_is_told(shop: Path, words: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert says in told(capsys, "ingest", *words, code=2)["message"]


def test_files_are_put_together(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (shop / "in" / "b.csv").write_text(HEADER + GOOD.replace("536365", "536399"))
    assert main(["ingest", "-q"]) == 0
    assert told(capsys, "lake", "compact")["done"] == [], "they are too young"
    assert "is no duration" in told(capsys, "lake", "compact", "--older-than", "soon", code=2)["message"]
    (would,) = told(capsys, "lake", "compact", "--older-than", "0s", "--dry-run")["done"]
    assert (would["files"], would["commit"]) == (2, None)
    assert main(["lake", "compact", "invoice_lines", "--older-than", "0s"]) == 0
    assert "no row has changed" in capsys.readouterr().out
    assert len(Lake.open(shop / "lake").live().paths()) == 2, "one of rows, one of the quarantine"


def test_every_screen_can_be_shown(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for words in (
        ["quarantine", "list"],
        ["quarantine", "replay"],
        ["quarantine", "drop", "invoice_lines", "--why", "a test"],
        ["quarantine", "list", "--all"],
        ["quarantine", "show", "--all"],
        ["state", "rewind", "invoice_lines", "--to", "2001-01-01"],
        ["state", "rebuild"],
        ["lake", "compact"],
        ["lake", "audit"],
    ):
        assert main(words) == 0, words
        assert capsys.readouterr().out.strip(), words


def test_before_anything_has_landed_there_is_nothing_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "fondaco.yml").write_text("project: drops\nsources: {shop: {type: files, path: in, system: online_retail}}\n")
    for words in (["state", "rebuild"], ["quarantine", "replay"], ["lake", "compact"]):
        assert told(capsys, *words, "-C", str(tmp_path), code=2)["message"] == "nothing has landed yet"
    assert told(capsys, "lake", "audit", "-C", str(tmp_path)) == []
    assert not (tmp_path / "lake").exists()


def test_deletes_are_looked_for_now_and_accepted_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "fondaco.yml").write_text("project: demo\nsources: {shop: {type: demo, customers: 20, days: 4}}\n")
    monkeypatch.chdir(tmp_path)
    assert main(["ingest", "-q"]) == 0
    database = sqlite3.connect(tmp_path / ".fondaco" / "shop.sqlite")
    with database:
        (known,) = database.execute("select count(*) from customers").fetchone()
        database.execute("delete from customers where id % 2 = 0")
        (left,) = database.execute("select count(*) from customers").fetchone()
    database.close()
    refused = told(capsys, "ingest", "customers", code=0)["tables"][0]
    assert refused["deleted"] == 0, "it is not time yet"
    assert main(["ingest", "customers", "--sweep", "--json"]) == 1
    said = json.loads(capsys.readouterr().out)["data"]["tables"][0]["errors"][0]
    assert said["code"] == "E303"
    assert "fondaco ingest shop.customers --accept-deletes" in said["hint"]
    accepted = told(capsys, "ingest", "shop.customers", "--accept-deletes")["tables"][0]
    assert accepted["deleted"] == known - left
    actions = [entry["action"] for entry in told(capsys, "lake", "audit")]
    assert actions[:4] == ["deletes accepted", "ingest", "deletes refused", "ingest"]
