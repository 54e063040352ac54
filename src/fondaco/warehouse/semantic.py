"""The definitions of figures as dbt reads them: its semantic manifest, kept until what it was made of changes."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from fondaco.errors import DeclarationError
from fondaco.settings import Settings
from fondaco.warehouse.project import folders, meaning, systems_of, variables

#: dbt's memory of what it parsed.
_PARSED = "partial_parse.msgpack"


def semantic_manifest(settings: Settings) -> str:
    """The manifest as JSON. Reading the project takes dbt some seconds, so the answer is kept under a digest of all that it is made of.

    Raises:
        DeclarationError: a definition is wrong.
    """
    systems = systems_of(settings)
    folder = settings.state_dir / "semantic"
    kept = folder / f"{meaning(settings, systems)}.json"
    if kept.is_file():
        return kept.read_text(encoding="utf-8")
    made = _parse(settings, folder / "dbt", variables(settings, systems))
    for old in folder.glob("*.json"):
        old.unlink()
    half = folder / "half"
    half.write_text(made, encoding="utf-8")
    half.replace(kept)
    return made


def _parse(settings: Settings, own: Path, told: dict[str, object]) -> str:
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
    written = places["target-path"] / "semantic_manifest.json"
    SemanticManifest(outcome.result).write_json_to_file(str(written))
    return written.read_text(encoding="utf-8")
