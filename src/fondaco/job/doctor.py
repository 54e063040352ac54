"""What is wrong, and how to mend it: one check a line. Nothing that a check writes stays."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from fondaco.errors import FondacoError, SourceError

if TYPE_CHECKING:
    from fondaco.contracts import System
    from fondaco.settings import DatabaseSource, Settings
    from fondaco.storage import Place

#: Below these a run is likely to fill the disk, bytes.
_SCARCE, _TOO_LITTLE = 2_000_000_000, 200_000_000


@dataclass(frozen=True)
class Check:
    """One finding.

    Attributes:
        verdict: ``ok``; ``warn``: works, but look; ``bad``: a run would fail; ``skipped``: could not be looked at.
        fix: the next step, as an order.
        exit_code: 0 unless bad; then 1, or 2 where the configuration is wrong.
    """

    part: str
    verdict: Literal["ok", "warn", "bad", "skipped"]
    finding: str
    fix: str | None = None
    exit_code: int = 0


def examine(config: Path | None, target: str | None, only: str | None = None) -> list[Check]:
    """All checks, or those of one part, in an order in which the first bad one is the one to mend."""
    from fondaco.settings import load_settings

    found = [_python()]
    try:
        settings = load_settings(config, target)
    except FondacoError as error:
        skipped = [
            Check(part, "skipped", "not looked at: the configuration comes first") for part in PARTS if part not in ("python", "config")
        ]
        found += [_bad("config", error), *skipped]
    else:
        what = f"{settings.file}: project {settings.project!r}, sources {', '.join(settings.sources)}"
        found.append(Check("config", "ok", what + (f", target {settings.target!r}" if settings.target else "")))
        for part, look in _LOOKS.items():
            if only in (None, part):
                found.extend(_guarded(part, look, settings))
    return [check for check in found if only in (None, check.part)]


def _guarded(part: str, look: Callable[[Settings], Iterator[Check]], settings: Settings) -> list[Check]:
    try:
        return list(look(settings))
    except FondacoError as error:
        return [_bad(part, error)]
    except OSError as error:
        return [
            Check(
                part,
                "bad",
                f"{error.strerror or error}: {error.filename or ''}".rstrip(": "),
                "give this user permission, or name another place",
                1,
            )
        ]


def _bad(part: str, error: FondacoError) -> Check:
    where = f" --> {error.where}" if error.where else ""
    return Check(part, "bad", f"{error.message}{where}", error.hint, error.exit_code)


def _python() -> Check:
    engines = ", ".join(f"{name} {version(name)}" for name in ("duckdb", "dbt-core"))
    return Check("python", "ok", f"Python {'.'.join(map(str, sys.version_info[:3]))} at {sys.executable}; {engines}")


def _contracts(settings: Settings) -> Iterator[Check]:
    from fondaco.contracts import load_contracts

    found = load_contracts(settings.house / "contracts")
    if not found:
        yield Check("contracts", "bad", f"no contract in {settings.house / 'contracts'}", "take the folder from a release of fondaco", 1)
        return
    yield Check("contracts", "ok", f"{len(found)} entities: {', '.join(found)}")


def _systems(settings: Settings) -> Iterator[Check]:
    for name in sorted({source.system for source in settings.sources.values()}):
        system = _system(settings, name)
        staging = settings.house / "warehouse/models/staging" / name
        missing = [entity for entity in system.entities if not (staging / f"stg_{name}__{entity}.sql").is_file()]
        if missing:
            fix = f"write {', '.join(f'stg_{name}__{entity}.sql' for entity in missing)} in {staging}, or take it out of entities"
            yield Check("systems", "bad", f"{name}: not mapped: {', '.join(missing)}", fix, 1)
        else:
            yield Check("systems", "ok", f"{name}: {len(system.tables)} tables, {len(system.entities)} entities mapped")


def _sources(settings: Settings) -> Iterator[Check]:
    from fondaco.storage import place_of

    for name, source in settings.sources.items():
        if source.type != "files":
            yield from _database(settings, name, source)
            continue
        where = f"{name}: {source.path}"
        if "://" in source.path:
            yield from _bucket_drops(name, place_of(source, f"sources.{name}"), _system(settings, source.system))
        elif not (folder := Path(source.path)).is_dir():
            yield Check("sources", "bad", f"{where}: there is no such folder", f"make it, or set sources.{name}.path", 1)
        elif not os.access(folder, os.R_OK | os.X_OK):
            yield Check("sources", "bad", f"{where}: cannot be read", "give this user read permission", 1)
        else:
            yield from _drops(name, folder, _system(settings, source.system))


def _bucket_drops(name: str, place: Place, system: System) -> Iterator[Check]:
    """Lists the bucket, and reads the smallest object of each table."""
    from fondaco.sources.listing import is_temporary, matcher
    from fondaco.storage import open_store

    store = open_store(place)
    found = {item for item in store.listing() if not is_temporary(item.path)}
    for table in system.tables.values():
        is_of = matcher(table.files or "")
        mine = {item for item in found if is_of(item.path)}
        found -= mine
        if mine:
            store.read(min(mine, key=lambda item: item.size).path)
            yield Check("sources", "ok", f"{name}.{table.name}: {len(mine):,} objects in {place}")
        else:
            fix = f"drop one there, or set sources.{name}.path"
            yield Check("sources", "warn", f"{name}.{table.name}: no object matches {table.files} in {place}", fix)
    if found:
        said = f"{name}: {len(found):,} objects belong to no table, such as {min(found).path}"
        yield Check("sources", "warn", said, f"see files: in systems/{system.name}.yml")


def _database(settings: Settings, name: str, source: DatabaseSource) -> Iterator[Check]:
    from fondaco.sources import open_source
    from fondaco.sources.sql import SqlDatabase

    if source.type == "demo" and not source.path.is_file():
        yield Check("sources", "ok", f"{name}: {source.path}: begins to live at the first run")
        return
    with closing(open_source(source, name, _system(settings, source.system))) as opened:
        assert isinstance(opened, SqlDatabase)
        try:
            for finding in opened.health():
                yield Check("sources", finding.verdict, finding.said, finding.fix, int(finding.verdict == "bad"))
        except SourceError as error:  # the other sources are looked at all the same
            yield _bad("sources", error)


def _drops(name: str, folder: Path, system: System) -> Iterator[Check]:
    files = {path for path in folder.rglob("*") if path.is_file() and not path.name.startswith(".")}
    for table in system.tables.values():
        mine = {path for path in files if table.files and path.relative_to(folder).match(table.files)}
        files -= mine
        unreadable = sorted(path for path in mine if not os.access(path, os.R_OK))
        if unreadable:
            yield Check("sources", "bad", f"{name}.{table.name}: {unreadable[0]} cannot be read", "give this user read permission", 1)
        elif mine:
            yield Check("sources", "ok", f"{name}.{table.name}: {len(mine):,} files in {folder}")
        else:
            yield Check(
                "sources",
                "warn",
                f"{name}.{table.name}: no file matches {table.files} in {folder}",
                f"drop one there, or set sources.{name}.path",
            )
    if files:
        first = min(files)
        yield Check(
            "sources",
            "warn",
            f"{name}: {len(files):,} files belong to no table, such as {first.name}",
            f"see files: in systems/{system.name}.yml",
        )


def _lake(settings: Settings) -> Iterator[Check]:
    from fondaco.storage import Folder, open_store, place_of
    from fondaco.storage.probe import faults

    place = place_of(settings.lake)
    if isinstance(place, Folder):
        folder = _nearest(place.path)
        try:
            probe = tempfile.TemporaryDirectory(prefix=".fondaco-doctor-", dir=folder)
        except OSError:
            yield Check("lake", "bad", f"{folder} cannot be written", "give this user write permission, or set lake.path", 1)
            return
        with probe as name:
            found = list(faults(open_store(Folder(Path(name)))))
    else:
        found = list(faults(open_store(place)))
    for finding, fix in found:
        yield Check("lake", "bad", f"{settings.lake.path}: {finding}", fix, 1)
    if not found:
        yield Check("lake", "ok", f"{settings.lake.path}: written, read, listed, deleted; an object is created once only")


def _warehouse(settings: Settings) -> Iterator[Check]:
    if settings.warehouse.type == "snowflake":
        from fondaco.job.snowflake_health import findings

        yield from (Check("warehouse", verdict, said, fix, int(verdict == "bad")) for verdict, said, fix in findings(settings))
        return
    path = settings.warehouse.path
    if not path.exists():
        folder = _nearest(path.parent)
        if os.access(folder, os.W_OK | os.X_OK):
            yield Check("warehouse", "ok", f"{path}: made by the first build")
        else:
            yield Check("warehouse", "bad", f"{folder} cannot be written", "give this user write permission, or set warehouse.path", 1)
        return
    import duckdb

    try:
        with duckdb.connect(path, read_only=True) as connection:
            tables = connection.execute("select count(*) from duckdb_tables()").fetchone()
    except duckdb.IOException as error:
        busy = "lock" in str(error).lower()
        fix = "wait for the other program, or close it" if busy else f"remove {path}: the next run builds it anew from the lake"
        yield Check(
            "warehouse",
            "warn" if busy else "bad",
            f"{path}: {'in use by another program' if busy else 'cannot be opened'}",
            fix,
            0 if busy else 1,
        )
        return
    yield Check("warehouse", "ok", f"{path}: {tables[0] if tables else 0} tables, {path.stat().st_size / 1e6:,.0f} MB")


def _disk(settings: Settings) -> Iterator[Check]:
    own = settings.warehouse.path if settings.warehouse.type == "duckdb" else settings.state_dir
    places = {_nearest(own)} | ({_nearest(Path(settings.lake.path))} if "://" not in settings.lake.path else set())
    for place in {path.stat().st_dev: path for path in sorted(places, reverse=True)}.values():
        free = shutil.disk_usage(place).free
        said = f"{free / 1e9:,.1f} GB free at {place}"
        if free < _TOO_LITTLE:
            yield Check("disk", "bad", said, "make room", 1)
        else:
            yield Check("disk", "warn" if free < _SCARCE else "ok", said, "make room soon" if free < _SCARCE else None)


def _models(settings: Settings) -> Iterator[Check]:
    from fondaco.warehouse.project import folders, systems_of, variables

    # in a process and a folder of its own: dbt leaves nothing behind, neither on disk nor in memory
    with tempfile.TemporaryDirectory(prefix="fondaco-doctor-") as aside:
        places = {**folders(settings), "target-path": Path(aside), "log-path": Path(aside)}
        options = [word for name, place in places.items() for word in (f"--{name}", str(place))]
        told = json.dumps(variables(settings, systems_of(settings)))
        command = [sys.executable, "-m", "dbt.cli.main", "parse", "--quiet", "--no-use-colors", "--vars", told, *options]
        done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    if done.returncode:
        said = " · ".join(line.strip() for line in done.stdout.splitlines() if line.strip())
        yield Check("models", "bad", f"the dbt project does not parse: {said[:500]}", f"mend it in {settings.house / 'warehouse'}", 1)
    else:
        yield Check("models", "ok", f"the dbt project in {settings.house / 'warehouse'} parses")


def _nearest(path: Path) -> Path:
    """The path, or the nearest folder above it that exists."""
    return next(place for place in (path, *path.parents) if place.exists())


def _system(settings: Settings, name: str) -> System:
    from fondaco.contracts import load_system

    return load_system(settings.house / "systems", name)


_LOOKS: dict[str, Callable[[Settings], Iterator[Check]]] = {
    "contracts": _contracts,
    "systems": _systems,
    "sources": _sources,
    "lake": _lake,
    "warehouse": _warehouse,
    "disk": _disk,
    "models": _models,
}
PARTS = ("python", "config", *_LOOKS)
