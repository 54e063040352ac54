"""The definitions of figures as dbt reads them: its semantic manifest, kept until what it was made of changes."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

from fondaco.errors import DeclarationError
from fondaco.settings import Settings
from fondaco.warehouse.dbt import SEMANTIC
from fondaco.warehouse.project import folders, meaning, systems_of, variables

#: dbt's memory of what it parsed.
_PARSED = "partial_parse.msgpack"


def semantic_manifest(settings: Settings) -> str:
    """The manifest as JSON. Reading the project takes dbt some seconds, so the answer is kept under a digest of all that it is made of.

    Raises:
        DeclarationError: a definition is wrong.
    """
    kept = _kept(settings)
    if kept.is_file():
        return kept.read_text(encoding="utf-8")
    own = kept.parent / "dbt"
    _parse(settings, own, variables(settings, systems_of(settings)))
    return keep(settings, own / "target")


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


def _parse(settings: Settings, own: Path, told: dict[str, object]) -> None:
    """Has dbt read the project, in a folder of its own: a build may be at work in the other one, whose memory is a start."""
    from dbt.cli.main import dbtRunner
    from dbt.contracts.graph.semantic_manifest import SemanticManifest

    places = folders(settings, own)
    places["target-path"].mkdir(parents=True, exist_ok=True)
    parsed = folders(settings)["target-path"] / _PARSED
    if parsed.is_file() and not (places["target-path"] / _PARSED).is_file():
        shutil.copy2(parsed, places["target-path"] / _PARSED)
    arguments = ["parse", "--log-level", "none", "--log-level-file", "info", "--no-use-colors-file", "--no-write-json"]
    arguments += ["--vars", json.dumps(told)]
    for option, folder in places.items():
        arguments += [f"--{option}", str(folder)]
    outcome = dbtRunner().invoke(arguments)
    if outcome.exception is not None or outcome.result is None:
        said = " · ".join(line.strip() for line in str(outcome.exception).splitlines()[:4] if line.strip())
        raise DeclarationError(
            f"dbt cannot read the definitions: {said}",
            where=str(settings.house / "warehouse"),
            hint=f"dbt's log is {places['log-path'] / 'dbt.log'}",
        )
    SemanticManifest(outcome.result).write_json_to_file(str(places["target-path"] / SEMANTIC))
