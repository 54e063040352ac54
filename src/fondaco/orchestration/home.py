"""The folder that Dagster works in, and its pages. Nothing here waits for Dagster to be imported."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from fondaco.errors import ConfigError
from fondaco.settings import Settings, environment_with
from fondaco.warehouse import prepare_graph

#: The module that Dagster loads.
MODULE = "fondaco.orchestration.definitions"
_INSTANCE = Path(__file__).with_name("dagster.yaml")


def home_of(settings: Settings) -> Path:
    """DAGSTER_HOME of a shop on this machine."""
    return settings.state_dir / "dagster"


def prepare(settings: Settings) -> Path:
    """Makes Dagster's home, and the graph of the models that it shows. Returns the home.

    Raises:
        ConfigError: Dagster is not installed.
        DeclarationError: dbt cannot read the models.
    """
    if find_spec("dagster") is None:
        raise ConfigError("Dagster is not installed", hint="install it with: pip install 'fondaco[dagster]'")
    home = home_of(settings)
    home.mkdir(parents=True, exist_ok=True)
    file = home / "dagster.yaml"
    if not file.is_file():  # what somebody changed there is his
        file.write_text(_INSTANCE.read_text(encoding="utf-8"), encoding="utf-8")
    prepare_graph(settings)
    return home


def pages(settings: Settings, host: str, port: int) -> int:
    """Runs Dagster's pages and its daemon until Ctrl-C; returns its exit code."""
    told = {"DAGSTER_HOME": str(prepare(settings)), "FONDACO_CONFIG": str(settings.file), "FONDACO_TARGET": settings.target or ""}
    command = [sys.executable, "-m", "dagster", "dev", "-m", MODULE, "-h", host, "-p", str(port)]
    return subprocess.run(command, env=environment_with(told), check=False).returncode
