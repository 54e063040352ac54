"""What `fondaco init` writes: a commented fondaco.yml, its JSON schema, .gitignore and .env.example."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from fondaco.errors import UsageError

if TYPE_CHECKING:
    from fondaco.contracts import System

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

_DATABASE = """
business: {{timezone: {zone}, currency: {currency}, week_start: monday}}  # yours: days begin there, money is reported in it

sources:
  {name}:
    type: {engine}
    system: {system}
{access}
    lag: 2m                       # what was written last waits so long for its transaction to end; more on a replica that is behind
    overlap: 10m                  # how far before the last row seen a run reads again
    sweep: 24h                    # how often keys are compared to find what was deleted
"""
_SERVER = """\
    host: 127.0.0.1               # set it
    port: {port}
    database: {database}          # set it
    user: fondaco_reader          # may only read: docs/how-to/connect-a-database.md
    password: ${{SHOP_PASSWORD}}    # from the environment or .env, never written here
    ssl: prefer                   # require, or verify-full with ssl_ca, over a network that is not yours{more}"""
_SCHEMA = "\n    schema_name: public           # where its tables are"
_PREFIX = "\n    table_prefix: {prefix}             # what stands before each table's name"
_LOCAL = "    path: {path}"

_TAIL = """
lake: {path: ./lake}              # Parquet and a commit log: everything that was ever read
quality:
  on_bad_row: quarantine          # or stop
  max_bad_share: 1%               # a batch with more bad rows stops before it commits
  on_new_column: add              # or ignore, stop

warehouse: {type: duckdb, path: ./warehouse.duckdb, memory_limit: 1GB}
"""

_IGNORED = "# what fondaco keeps beside its declarations\n.env\n.fondaco/\n/lake/\n*.duckdb\n*.duckdb.wal\n*.duckdb.tmp/\n"
_PASSWORD = "SHOP_PASSWORD=\n"
_ENV = "# Secrets and what differs between machines. Copy to .env, which git ignores; the environment wins over it.\n# FONDACO_TARGET=ci\n"


_USERS = """\
# Who has which role of roles.yml; a user has one. Passwords are not here: `fondaco serve` makes them.
users: {}
#  ana: DATA_ANALYST

# names for several users, for entitlements.csv
groups: {}
#  dach: [ana]
"""


@dataclass(frozen=True)
class Scaffold:
    """What was written into a folder, and what was left as it stood."""

    folder: Path
    written: tuple[Path, ...]
    kept: tuple[Path, ...]


def scaffold(folder: Path, system: str | None, drops: str | None, *, overwrite: bool) -> Scaffold:
    """Writes a shop's folder: the simulated shop if `system` is None, else a database or file drops of that system.

    Raises:
        UsageError: fondaco.yml is there already, the system is not known, or a folder is named for a server.
    """
    from fondaco.contracts import load_system
    from fondaco.settings import CONFIG_FILE, find_house, schema

    config = folder / CONFIG_FILE
    if config.exists() and not overwrite:
        raise UsageError(f"{CONFIG_FILE} is there already", where=str(config), hint="keep it, or overwrite it with -y")
    project = re.sub(r"[^a-z0-9]+", "_", folder.absolute().name.lower()).strip("_") or "shop"
    project = project if project[0].isalpha() else f"shop_{project}"
    house = find_house(folder.absolute())
    env = _ENV
    if system is None or system == "demo":
        text = (
            _HEAD.format(project=project, NAME="SHOP")
            + _DEMO
            + _TAIL
            + "\ndemo: true                        # demo log-ins, this machine only\n"
        )
    else:
        known = load_system(house / "systems", system)
        filled = {
            "name": "shop" if known.engine else system,
            "system": system,
            "zone": known.zone,
            "currency": known.reporting_currency or known.currency or "EUR",
        }
        if known.engine is not None:
            text = _DATABASE.format(engine=known.engine, access=_access(known, drops), **filled)
            env += _PASSWORD if known.engine != "sqlite" else ""
        elif any(table.files for table in known.tables.values()):
            text = _FILES.format(path=_quoted(drops or "./drops"), **filled)
        else:
            raise UsageError(
                f"system {system!r} says neither what files nor what database it has",
                hint=f"add engine: postgres, mysql or sqlite to systems/{system}.yml, or files: to its tables",
            )
        text = _HEAD.format(project=project, NAME=filled["name"].upper()) + text + _TAIL
    texts = {config: text, folder / ".fondaco/schema.json": json.dumps(schema(), indent=1) + "\n"}
    spared = {
        folder / ".gitignore": _IGNORED,
        folder / ".env.example": env,
        **_policy(folder / "policy", house / "policy", demo=system in (None, "demo")),
    }
    kept = tuple(path for path in spared if path.exists())
    texts |= {path: said for path, said in spared.items() if path not in kept}
    for path, said in texts.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(said, encoding="utf-8")
    return Scaffold(folder, tuple(texts), kept)


def _policy(folder: Path, shipped: Path, *, demo: bool) -> dict[Path, str]:
    """The policy that is shipped; a real shop's has the roles and none of the simulated shop's people."""
    texts = {folder / path.name: path.read_text(encoding="utf-8") for path in sorted(shipped.iterdir())}
    return texts if demo else texts | {folder / "users.yml": _USERS, folder / "entitlements.csv": "who,country\n"}


def _access(system: System, path: str | None) -> str:
    if system.engine == "sqlite":
        return _LOCAL.format(path=_quoted(path or "./shop.sqlite"))
    if path is not None:
        raise UsageError(
            f"a {system.name} shop is read from its server, not from {path}", hint="leave out --path, and set host in fondaco.yml"
        )
    is_postgres = system.engine == "postgres"
    more = _SCHEMA if is_postgres else _PREFIX.format(prefix="wp_" if system.name == "woocommerce" else '""')
    return _SERVER.format(port=5432 if is_postgres else 3306, database=system.name, more=more)


def _quoted(path: str) -> str:
    return path if re.fullmatch(r"[\w./~-]+|\$\{\w+\}", path) else json.dumps(path)
