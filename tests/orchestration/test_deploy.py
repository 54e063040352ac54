"""What a production install is made of fits what is shipped."""

from __future__ import annotations

import configparser
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from dagster import AssetKey, DagsterInstance

from fondaco.orchestration.home import MODULE, prepare
from fondaco.settings import load_settings
from fondaco.warehouse import Graph
from fondaco.warehouse.graph import keep_graph
from tests.orchestration.conftest import Orchestrated
from tests.servers import Server
from tests.whole.conftest import retail

SERVICES = ("fondaco-code", "fondaco-daemon", "fondaco-pages")


def test_production_differs_from_a_desk_in_its_storage_alone(repo: Path) -> None:
    desk = yaml.safe_load((repo / "src/fondaco/orchestration/dagster.yaml").read_text(encoding="utf-8"))
    production = yaml.safe_load((repo / "deploy/dagster.yaml").read_text(encoding="utf-8"))
    assert production == {**desk, "storage": {"postgres": {"postgres_url": {"env": "DAGSTER_POSTGRES"}}}}


def test_dagster_takes_these_settings(repo: Path, tmp_path: Path) -> None:
    shutil.copy(repo / "src/fondaco/orchestration/dagster.yaml", tmp_path / "dagster.yaml")
    with DagsterInstance.from_config(str(tmp_path)) as instance:
        assert instance.run_retries_enabled and not instance.run_retries_retry_on_asset_or_op_failure
        assert instance.get_concurrency_config().pool_config.default_pool_limit == 1
        assert not instance.telemetry_enabled and not instance.nux_enabled


def test_dagster_remembers_in_postgresql_at_an_address_of_the_form_that_is_shown(
    repo: Path, tmp_path: Path, postgres_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    (form,) = re.findall(r"^DAGSTER_POSTGRES=(\S+?)://", (repo / "deploy/environment.example").read_text(encoding="utf-8"), re.MULTILINE)
    server = postgres_server
    monkeypatch.setenv("DAGSTER_POSTGRES", f"{form}://{server.user}:{server.password}@{server.host}:{server.port}/postgres")
    shutil.copy(repo / "deploy/dagster.yaml", tmp_path / "dagster.yaml")
    with DagsterInstance.from_config(str(tmp_path)) as instance:
        clock = Orchestrated(retail(tmp_path / "shop"), instance)
        keep_graph(clock.shop.settings, Graph(""))
        done = clock.run("land", partition=clock.today)
        assert done.success
        assert [record.dagster_run.run_id for record in instance.get_run_records()] == [done.run_id]
        assert instance.get_latest_materialization_event(AssetKey(["lake", "gifts", "invoice_lines"])) is not None


def test_the_services_start_what_is_there_and_can_be_reached_from_this_machine_alone(repo: Path) -> None:
    text = {name: (repo / f"deploy/{name}.service").read_text(encoding="utf-8") for name in SERVICES}
    for name in SERVICES:
        unit = configparser.ConfigParser(strict=False)
        unit.read_string(text[name])
        assert unit["Service"]["User"] == "fondaco" and unit["Service"]["NoNewPrivileges"] == "true"
    assert f"-m {MODULE} -h 127.0.0.1 -p 4266" in text["fondaco-code"]
    assert "-h 127.0.0.1" in text["fondaco-pages"]
    workspace = yaml.safe_load((repo / "deploy/workspace.yaml").read_text(encoding="utf-8"))
    assert workspace["load_from"][0]["grpc_server"]["port"] == 4266
    nginx = (repo / "deploy/nginx.conf").read_text(encoding="utf-8")
    # every way to the pages asks first who comes
    assert re.findall(r"proxy_pass http://127.0.0.1:(\d+);", nginx.split("location / {")[1]) == ["3000"]
    assert "auth_request /oauth2/auth;" in nginx.split("location / {")[1]


def test_preparing_twice_keeps_what_somebody_changed(tmp_path: Path) -> None:
    (tmp_path / "fondaco.yml").write_text("project: toys\nsources: {shop: {type: demo, customers: 20, days: 10}}\n")
    settings = load_settings(tmp_path, environ={})
    keep_graph(settings, Graph(""))  # of another project: it is made anew
    home = prepare(settings)
    assert (home / "dagster.yaml").is_file()
    (home / "dagster.yaml").write_text("telemetry: {enabled: false}\n")
    prepare(settings)
    assert (home / "dagster.yaml").read_text() == "telemetry: {enabled: false}\n"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="left out: no systemd-analyze here")
def test_systemd_understands_the_services(repo: Path, tmp_path: Path) -> None:
    for name in SERVICES:
        # what is not installed here must not hide what is wrong in the unit
        unit = (repo / f"deploy/{name}.service").read_text(encoding="utf-8")
        (tmp_path / f"{name}.service").write_text(re.sub(r"/opt/fondaco/bin/\S+", "/bin/true", unit))
    done = subprocess.run(
        ["systemd-analyze", "verify", *(str(tmp_path / f"{name}.service") for name in SERVICES)],
        capture_output=True,
        text=True,
        check=False,
    )
    said = [line for line in done.stderr.splitlines() if str(tmp_path) in line]
    assert said == [], done.stderr
