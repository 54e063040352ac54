"""The dbt project as one page that needs no network: models, columns, what each is made of and goes into. `make docs` writes it.

The project is built on an empty lake with every system enabled, so that every relation is there with its columns and types; then dbt's own
page is filled in with what sqlglot finds in the SQL that was run.
"""

from __future__ import annotations

import json
import logging
import os
from collections import defaultdict
from collections.abc import Iterable, Mapping
from contextlib import chdir
from pathlib import Path
from typing import Any

import duckdb
from columns import Column, Origin, Project, read_project

from fondaco.contracts import load_contracts, load_system
from fondaco.warehouse.bronze import statements

PAGE = Path(__file__).parent / "warehouse" / "index.html"
_HOUSE = Path(__file__).parents[1]


def site(folder: Path) -> tuple[str, Project]:
    """The page, and what it says of columns.

    Args:
        folder: an empty one, for what is made on the way.
    """
    systems = {path.stem: load_system(_HOUSE / "systems", path.stem) for path in sorted((_HOUSE / "systems").glob("*.yml"))}
    warehouse = folder / "warehouse.duckdb"
    with duckdb.connect(str(warehouse)) as connection:
        for statement in statements(systems, [], str, since=0):
            connection.execute(statement)
    entities = {name: {"zone": system.zone, "entities": list(system.entities)} for name, system in systems.items()}
    variables = {"systems": entities, "warehouse_path": str(warehouse)}
    _dbt(folder, variables, "build", "--exclude-resource-type", "test", "--exclude-resource-type", "unit_test")
    built = json.loads((folder / "target/manifest.json").read_text(encoding="utf-8"))
    ran = json.loads((folder / "target/run_results.json").read_text(encoding="utf-8"))
    for result in ran["results"]:
        if result["unique_id"] in built["nodes"]:
            built["nodes"][result["unique_id"]]["compiled_code"] = result["compiled_code"]
    _dbt(folder, variables, "docs", "generate")
    project = read_project(built, _schema(warehouse), load_contracts(_HOUSE / "contracts"), systems)
    manifest, catalog = (json.loads((folder / f"target/{name}.json").read_text(encoding="utf-8")) for name in ("manifest", "catalog"))
    _tell(manifest, project)
    page = (folder / "target/index.html").read_text(encoding="utf-8")
    for mark, document in (("MANIFEST", manifest), ("CATALOG", catalog)):
        page = page.replace(f'"{mark}.JSON INLINE DATA"', json.dumps(document, ensure_ascii=False).replace("</", "<\\/"))
    return page, project


def _dbt(folder: Path, variables: Mapping[str, Any], *words: str) -> None:
    from dbt.cli.main import dbtRunner

    from fondaco.warehouse.dbt import release

    logging.getLogger("metricflow_semantic_interfaces").setLevel(logging.ERROR)
    # no fondaco.yml of a folder above is meant
    with chdir(folder):
        os.environ.setdefault("DO_NOT_TRACK", "1")
        done = dbtRunner().invoke(
            [
                *words, "--quiet", "--project-dir", str(_HOUSE / "warehouse"), "--profiles-dir", str(_HOUSE / "warehouse"),
                "--target-path", str(folder / "target"), "--log-path", str(folder / "logs"), "--vars", json.dumps(variables),
            ]
        )  # fmt: skip
        release()
    if not done.success:
        raise SystemExit(
            f"dbt {words[0]} failed: {done.exception or [result.message for result in done.result if result.status == 'error']}"
        )


def _schema(warehouse: Path) -> dict[str, dict[str, dict[str, dict[str, str]]]]:
    """Every column of the warehouse, in lower case."""
    found: dict[str, dict[str, dict[str, str]]] = defaultdict(lambda: defaultdict(dict))
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        for schema, table, column, kind in connection.execute(
            "select schema_name, table_name, column_name, data_type from duckdb_columns() where not internal "
            "order by schema_name, table_name, column_index"
        ).fetchall():
            found[schema.lower()][table.lower()][column.lower()] = kind
    return {warehouse.stem: {schema: dict(tables) for schema, tables in found.items()}}


def _tell(manifest: dict[str, Any], project: Project) -> None:
    """Writes into dbt's own document what each column says, what it is made of and what it goes into."""
    words, goes_into = project.described(), defaultdict[Column, set[Column]](set)
    for column, origin in project.origins.items():
        for parent in origin.parents:
            goes_into[parent].add(column)
    for kind in ("nodes", "sources"):
        for name, node in manifest[kind].items():
            told = {column.lower(): said for column, said in node["columns"].items()}
            for column in map(lambda each, name=name: Column(name, each), project.columns.get(name, ())):
                origin = project.origins.get(column, Origin())
                parts = [words.get(column, "")]
                if origin.parents:
                    parts.append(("Copied from " if origin.is_copied else "Made of ") + _linked(origin.parents))
                if goes_into[column]:
                    parts.append("Goes into " + _linked(goes_into[column]))
                said = told.get(column.name) or {
                    "name": column.name,
                    "meta": {},
                    "tags": [],
                    "constraints": [],
                    "data_type": None,
                    "quote": None,
                }
                node["columns"][said["name"]] = {**said, "description": "\n\n".join(part for part in parts if part)}


def _linked(columns: Iterable[Column]) -> str:
    return ", ".join(
        f"[{relation.rpartition('.')[2]}](#!/{relation.partition('.')[0]}/{relation}).{name}"
        for relation, name in sorted((column.relation, column.name) for column in columns)
    )


def write(folder: Path) -> Path:
    """Writes the page. Returns where it is."""
    page, _ = site(folder)
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page, encoding="utf-8")
    return PAGE
