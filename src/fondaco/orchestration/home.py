"""The folder that Dagster works in, and its pages. Nothing here waits for Dagster to be imported."""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import NoReturn

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


def pages(settings: Settings, host: str, port: int) -> NoReturn:
    """Becomes Dagster's pages and its daemon, until Ctrl-C: who stops this process stops them."""
    told = {"DAGSTER_HOME": str(prepare(settings)), "FONDACO_CONFIG": str(settings.file), "FONDACO_TARGET": settings.target or ""}
    # `dg dev`, which is to come in its place, is a package of its own for those who write definitions
    quiet = ["-W", "ignore:Function `dev_command` is superseded"]
    command = [sys.executable, *quiet, "-m", "dagster", "dev", "-m", MODULE, "-h", host, "-p", str(port)]
    os.execve(command[0], command, environment_with(told))
