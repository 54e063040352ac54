"""What `fondaco init` writes: a commented fondaco.yml, its JSON schema, .gitignore and .env.example."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

from fondaco.errors import UsageError, did_you_mean

_HEAD = """\
# yaml-language-server: $schema=./.fondaco/schema.json
# Every setting and its default: docs/reference.md, or `fondaco doctor config`. Relative paths start at this file.
# Any of them can come from the environment too: FONDACO_SOURCES__{NAME}__PATH=… and so on.
version: 1
project: {project}
"""

_DEMO = """
business: {timezone: Europe/Berlin, currency: EUR, week_start: monday}

sources:
  shop:
    type: demo                    # a simulated shop in a SQLite file, with dirty rows on purpose
    customers: 8000
    days: 548                     # how long it has lived when it is first opened: a year and a half
    seed: 42                      # the same seed makes the same shop
"""

_FILES = """
business: {{timezone: {zone}, currency: {currency}, week_start: monday}}

sources:
  {name}:
    type: files                   # each file is read once, by name and content; a re-sent one lands as a new version
    path: {path}
    system: {system}
    settle: 500ms                 # a file that changed more lately may still be written: it gets a second look
"""

_TAIL = """
lake: {path: ./lake}              # Parquet and a commit log: everything that was ever read
quality:
  on_bad_row: quarantine          # or stop
  max_bad_share: 1%               # a batch with more bad rows stops before it commits
  on_new_column: add              # or ignore, stop

warehouse: {type: duckdb, path: ./warehouse.duckdb, memory_limit: 1GB}
"""

_IGNORED = "# what fondaco keeps beside its declarations\n.env\n.fondaco/\n/lake/\n*.duckdb\n*.duckdb.wal\n*.duckdb.tmp/\n"
_ENV = "# Secrets and what differs between machines. Copy to .env, which git ignores; the environment wins over it.\n# FONDACO_TARGET=ci\n"


@dataclass(frozen=True)
class Scaffold:
    """What was written into a folder, and what was left as it stood."""

    folder: Path
    written: tuple[Path, ...]
    kept: tuple[Path, ...]


def scaffold(folder: Path, system: str | None, drops: str | None, *, overwrite: bool) -> Scaffold:
    """Writes a shop's folder: the simulated shop if `system` is None, else file drops of that system.

    Raises:
        UsageError: fondaco.yml is there already, or the system is not known.
    """
    from fondaco.contracts import load_system
    from fondaco.settings import CONFIG_FILE, find_house, schema

    config = folder / CONFIG_FILE
    if config.exists() and not overwrite:
        raise UsageError(f"{CONFIG_FILE} is there already", where=str(config), hint="keep it, or overwrite it with -y")
    project = re.sub(r"[^a-z0-9]+", "_", folder.absolute().name.lower()).strip("_") or "shop"
    project = project if project[0].isalpha() else f"shop_{project}"
    house = find_house(folder.absolute())
    if system is None or system == "demo":
        text = (
            _HEAD.format(project=project, NAME="SHOP")
            + _DEMO
            + _TAIL
            + "\ndemo: true                        # demo log-ins, this machine only\n"
        )
    else:
        known = load_system(house / "systems", system)
        if not any(table.files for table in known.tables.values()):
            readable = ", ".join(sorted(_file_systems(house)))
            raise UsageError(
                f"system {system!r} has no files to read{did_you_mean(system, [])}", hint=f"systems that come as files: {readable}"
            )
        text = _HEAD.format(project=project, NAME=system.upper()) + _FILES.format(
            name=system,
            path=_quoted(drops or "./drops"),
            system=system,
            zone=known.zone,
            currency=known.reporting_currency or known.currency or "EUR",
        )
        text += _TAIL
    texts = {config: text, folder / ".fondaco/schema.json": json.dumps(schema(), indent=1) + "\n"}
    spared = {folder / ".gitignore": _IGNORED, folder / ".env.example": _ENV}
    kept = tuple(path for path in spared if path.exists())
    texts |= {path: said for path, said in spared.items() if path not in kept}
    for path, said in texts.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(said, encoding="utf-8")
    return Scaffold(folder, tuple(texts), kept)


def _file_systems(house: Path) -> list[str]:
    from fondaco.contracts import load_system

    names = [file.stem for file in (house / "systems").glob("*.yml")]
    return [name for name in names if any(table.files for table in load_system(house / "systems", name).tables.values())]


def _quoted(path: str) -> str:
    return path if re.fullmatch(r"[\w./~-]+|\$\{\w+\}", path) else json.dumps(path)
