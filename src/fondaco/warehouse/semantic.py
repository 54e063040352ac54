"""The project read by dbt without being built: the definitions of figures, kept until what they are made of changes, and the graph of the models."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

from fondaco.errors import DeclarationError
from fondaco.settings import Settings
from fondaco.warehouse.dbt import SEMANTIC
from fondaco.warehouse.graph import Graph, graph_of, is_current, keep_graph, kept_graph
from fondaco.warehouse.project import fingerprint, folders, meaning, systems_of, variables

#: dbt's memory of what it parsed.
_PARSED = "partial_parse.msgpack"
#: In the folder of the shop's own files: where the project is read when it is not built.
OWN = Path("semantic/dbt")


def semantic_manifest(settings: Settings) -> str:
    """The manifest as JSON. Reading the project takes dbt some seconds, so the answer is kept under a digest of all that it is made of.

    Raises:
        DeclarationError: a definition is wrong.
    """
    kept = _kept(settings)
    if kept.is_file():
        return kept.read_text(encoding="utf-8")
    own = settings.state_dir / OWN
    parse_project(settings, own)
    return keep(settings, own / "target")


def prepare_graph(settings: Settings) -> Graph:
    """The graph of the project as it stands: the kept one if it is, else read by dbt, which takes some seconds, and kept.

    Raises:
        DeclarationError: dbt cannot read the project.
    """
    try:
        graph = kept_graph(settings)
        if is_current(settings, graph):
            return graph
    except DeclarationError:
        pass  # none yet, or of an earlier version
    rules = fingerprint(settings, systems_of(settings))
    graph = graph_of(parse_project(settings, settings.state_dir / OWN), rules)
    keep_graph(settings, graph)
    return graph


def keep(settings: Settings, target: Path) -> str:
    """Keeps what dbt wrote into its target folder, in place of what was kept before."""
    kept, made = _kept(settings), (target / SEMANTIC).read_text(encoding="utf-8")
    kept.parent.mkdir(parents=True, exist_ok=True)
    half = kept.parent / f"{os.getpid()}.half"
    half.write_text(made, encoding="utf-8")
    half.replace(kept)
    for old in set(kept.parent.glob("*.json")) - {kept}:
        old.unlink(missing_ok=True)
    return made


def _kept(settings: Settings) -> Path:
    return settings.state_dir / "semantic" / f"{meaning(settings, systems_of(settings))}.json"


def parse_project(settings: Settings, own: Path) -> Any:
    """Has dbt read the project, in a folder of its own: a build may be at work in the other one, whose memory is a start.

    Returns:
        dbt's manifest.

    Raises:
        DeclarationError: dbt cannot read it.
    """
    from dbt.cli.main import dbtRunner
    from dbt.contracts.graph.semantic_manifest import SemanticManifest

    places = folders(settings, own)
    places["target-path"].mkdir(parents=True, exist_ok=True)
    parsed = folders(settings)["target-path"] / _PARSED
    if parsed.is_file() and not (places["target-path"] / _PARSED).is_file():
        shutil.copy2(parsed, places["target-path"] / _PARSED)
    arguments = ["parse", "--log-level", "none", "--log-level-file", "info", "--no-use-colors-file", "--no-write-json"]
    arguments += ["--vars", json.dumps(variables(settings, systems_of(settings)))]
    for option, folder in places.items():
        arguments += [f"--{option}", str(folder)]
    outcome = dbtRunner().invoke(arguments)
    if outcome.exception is not None or outcome.result is None:
        said = " · ".join(line.strip() for line in str(outcome.exception).splitlines()[:4] if line.strip())
        raise DeclarationError(
            f"dbt cannot read the project: {said}",
            where=str(settings.house / "warehouse"),
            hint=f"dbt's log is {places['log-path'] / 'dbt.log'}",
        )
    SemanticManifest(outcome.result).write_json_to_file(str(places["target-path"] / SEMANTIC))
    return outcome.result
