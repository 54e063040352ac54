from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from fondaco import __version__
from fondaco.cli import main
from fondaco.settings import FilesSource, MysqlSource, PostgresSource, load_settings

HEAVY = ("duckdb", "dbt", "pyarrow", "obstore", "pydantic", "yaml", "filelock", "agate")


def test_help_imports_nothing_heavy() -> None:
    code = "import sys; from fondaco.cli import main; main(['--help']); print('loaded', *sorted(m for m in sys.modules if '.' not in m))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.rpartition("loaded")[2].split()
    assert not set(loaded) & set(HEAVY)


def test_every_command_has_help(capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("run", "init", "doctor", "plan", "ingest", "build", "status", "query", "demo", "state", "quarantine"):
        assert main([command, "--help"]) == 0
        assert f"fondaco {command}" in capsys.readouterr().out


def test_the_version_stands_in_one_place(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"fondaco {__version__}\n"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["runn"], "error[E200]: no such command 'runn'. Did you mean 'run'?"),
        (["plan", "--chek"], "error[E200]: no such option: --chek (Possible options: --check"),
        (["query"], "error[E200]: missing argument 'sql'"),
        (["demo"], "error[E200]: say how long the shop shall live"),
        (["init", "--demo", "--system", "online_retail"], "error[E200]: --demo goes with neither"),
        (["doctor", "lakes"], "error[E200]: there is no part 'lakes'"),
    ],
)
def test_a_wrong_call_is_told_and_exits_with_2(words: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 2
    seen = capsys.readouterr()
    assert seen.err.startswith(says)
    assert "hint:" in seen.err
    assert seen.out == ""


def test_a_wrong_call_with_json_is_one_document_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status", "--json", "-C", "/nowhere"]) == 2
    told = json.loads(capsys.readouterr().out)
    assert (told["command"], told["ok"], told["exit_code"], told["error"]["code"]) == ("status", False, 2, "E201")


def test_init_writes_a_demo_that_is_a_valid_configuration(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", str(tmp_path / "My Shop"), "--demo"]) == 0
    settings = load_settings(tmp_path / "My Shop", environ={})
    assert settings.project == "my_shop"
    assert settings.demo is True
    assert json.loads((tmp_path / "My Shop/.fondaco/schema.json").read_text())["title"] == "Declared"
    assert "fondaco run -C" in capsys.readouterr().out


def test_init_writes_a_system_whose_folder_is_one_setting(tmp_path: Path) -> None:
    assert main(["init", str(tmp_path), "--system", "online_retail", "--path", "../drops of today", "-q"]) == 0
    shop = load_settings(tmp_path, environ={}).sources["online_retail"]
    assert isinstance(shop, FilesSource)
    assert shop.path == str(tmp_path / "../drops of today")
    elsewhere = load_settings(tmp_path, environ={"FONDACO_SOURCES__ONLINE_RETAIL__PATH": "/drops"}).sources["online_retail"]
    assert isinstance(elsewhere, FilesSource) and elsewhere.path == "/drops"


@pytest.mark.parametrize(("system", "kind", "port"), [("medusa", PostgresSource, 5432), ("woocommerce", MysqlSource, 3306)])
def test_init_writes_a_database_whose_password_comes_from_the_environment(
    system: str, kind: type[PostgresSource | MysqlSource], port: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["init", str(tmp_path), "--system", system, "-q"]) == 0
    shop = load_settings(tmp_path, environ={"SHOP_PASSWORD": "x y"}).sources["shop"]
    assert isinstance(shop, kind)
    assert (shop.port, shop.password.get_secret_value()) == (port, "x y")
    assert "SHOP_PASSWORD=" in (tmp_path / ".env.example").read_text()
    capsys.readouterr()
    assert main(["doctor", "-C", str(tmp_path)]) == 2
    said = capsys.readouterr()
    assert "SHOP_PASSWORD" in said.out + said.err


def test_init_takes_no_folder_for_a_shop_on_a_server(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", str(tmp_path), "--system", "medusa", "--path", "drops"]) == 2
    assert "leave out --path" in capsys.readouterr().err
    assert not (tmp_path / "fondaco.yml").exists()


def test_init_never_overwrites_unless_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / ".gitignore").write_text("mine\n")
    assert main(["init", str(tmp_path)]) == 0
    assert main(["init", str(tmp_path)]) == 2
    assert "overwrite it with -y" in capsys.readouterr().err
    assert main(["init", str(tmp_path), "-y"]) == 0
    assert (tmp_path / ".gitignore").read_text() == "mine\n"


def test_init_names_the_nearest_system(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", str(tmp_path), "--system", "online_retial"]) == 2
    assert "did you mean 'online_retail'?" in capsys.readouterr().err
    assert not (tmp_path / "fondaco.yml").exists()


def test_doctor_config_says_who_said_what(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    main(["init", str(tmp_path), "--demo"])
    capsys.readouterr()
    monkeypatch.setenv("FONDACO_BUSINESS__CURRENCY", "GBP")
    assert main(["doctor", "config", "-C", str(tmp_path), "--json"]) == 0
    found = {item["setting"]: item for item in json.loads(capsys.readouterr().out)["data"]}
    assert found["business.currency"] == {
        "setting": "business.currency",
        "value": "GBP",
        "origin": "environment FONDACO_BUSINESS__CURRENCY",
    }
    assert found["quality.max_bad_share"]["value"] == "1%"
