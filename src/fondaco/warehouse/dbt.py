"""One `dbt build` in this process, its result as values.

In process because a dbt subprocess costs seconds of start-up each time; dbt is imported on first use for the same reason.
"""

from __future__ import annotations

import gc
import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fondaco.errors import BuildError
from fondaco.storage import Place
from fondaco.warehouse.graph import Graph, graph_of
from fondaco.warehouse.lineage import lineage_of
from fondaco.warehouse.nodes import Failure, Lineage, NodeResult

#: Beside the target folder: what the last build told dbt.
VARIABLES = "vars.yml"
_FAILED = ("error", "fail", "runtime error")
#: The definitions of figures, in dbt's target folder.
SEMANTIC = "semantic_manifest.json"
_DONE = ("success", "pass", "warn")


@dataclass(frozen=True)
class DbtResult:
    """All nodes of one build in the order in which they ended, and those that failed.

    Attributes:
        warnings: data tests that found rows and let the build go on.
        questions: the SQL of each data test that found rows, by its name: its answer is those rows.
        lineage: the marts and their checks, of the whole project.
        graph: what is made of what, of the whole project.
    """

    nodes: tuple[NodeResult, ...]
    failures: tuple[Failure, ...]
    warnings: tuple[Failure, ...]
    questions: Mapping[str, str]
    lineage: Lineage
    graph: Graph


def dbt_build(
    folders: Mapping[str, Path],
    variables: Mapping[str, Any],
    lake: Place,
    *,
    rules: str = "",
    select: str | None = None,
    exclude: tuple[str, ...] = (),
    full_refresh: bool = False,
    on_step: Callable[[str], None] = lambda _: None,
) -> DbtResult:
    """Runs seeds, models, snapshots and tests in the order of their lineage.

    Args:
        folders: dbt's options that name folders, without the dashes.
        lake: where bronze is.
        rules: fingerprint of the project and of the variables.
        select: dbt's node selection; None builds everything.
        exclude: selections that are left out.
        on_step: told a line for each node that begins.

    Raises:
        BuildError: the project cannot be parsed, or dbt itself fell over. A failed node is no exception but a Failure.
    """
    from dbt.cli.main import dbtRunner
    from dbt.contracts.graph.semantic_manifest import SemanticManifest

    from fondaco.warehouse.plugin import lent, renew

    seen: dict[str, int] = {"done": 0}

    def follow(event: Any) -> None:
        if event.info.name == "NodeStart":
            renew()
            seen["done"] += 1
            on_step(f"{seen['done']}: {event.data.node_info.node_name}")

    folders["target-path"].mkdir(parents=True, exist_ok=True)
    # for whoever calls dbt from a shell; JSON is YAML
    (folders["target-path"].parent / VARIABLES).write_text(json.dumps(dict(variables), indent=1) + "\n", encoding="utf-8")
    # what happened is told as values: dbt itself must not write to a stdout that may be a JSON document
    every = ["--log-level", "none", "--log-level-file", "info", "--no-use-colors-file", "--no-write-json"]
    every += ["--vars", json.dumps(dict(variables))]
    for option, folder in folders.items():
        every += [f"--{option}", str(folder)]
    # unit tests prove the SQL, not the data: `make test` runs them; exposures are there to be read
    arguments = ["build", *every, "--exclude-resource-type", "unit_test", "--exclude-resource-type", "exposure"]
    if select:
        # a test that compares with a model which is not built along would find what is not wrong but old
        arguments += ["--select", select, "--indirect-selection", "cautious"]
    if exclude:
        arguments += ["--exclude", *exclude]
    if full_refresh:
        arguments.append("--full-refresh")
    try:
        with lent(lake):
            manifest = _outcome(dbtRunner().invoke(["parse", *every]), folders)
            SemanticManifest(manifest).write_json_to_file(str(folders["target-path"] / SEMANTIC))
            outcome = _outcome(dbtRunner(manifest=manifest, callbacks=[follow]).invoke(arguments), folders)
    finally:
        release()
    results = [result for result in outcome.results if result.node is not None]
    return DbtResult(
        nodes=tuple(_node(result) for result in results),
        failures=tuple(_failure(result) for result in results if str(result.status) in _FAILED),
        warnings=tuple(_failure(result) for result in results if str(result.status) == "warn"),
        questions={
            result.node.name: result.node.compiled_code
            for result in results
            if str(result.status) in ("fail", "warn") and result.node.resource_type == "test" and result.node.compiled_code
        },
        lineage=lineage_of(manifest.nodes),
        graph=graph_of(manifest, rules),
    )


def _outcome(told: Any, folders: Mapping[str, Path]) -> Any:
    """What a call of dbt came to."""
    if isinstance(told.exception, KeyboardInterrupt):
        raise told.exception  # dbt hands it over as a result; it is the caller's
    if told.exception is not None or told.result is None:
        raise BuildError(
            f"dbt stopped: {_first_lines(str(told.exception))}",
            where=str(folders["project-dir"]),
            hint=f"dbt's log is {folders['log-path'] / 'dbt.log'}",
        )
    return told.result


def drop_parse_cache(folders: Mapping[str, Path]) -> None:
    """Forgets what dbt remembers of the project between calls."""
    shutil.rmtree(folders["target-path"], ignore_errors=True)


def count(nodes: tuple[NodeResult, ...], *kinds: str) -> int:
    """How many nodes of these kinds came to a good end."""
    return sum(1 for node in nodes if node.kind in kinds and node.status in _DONE)


def _node(result: Any) -> NodeResult:
    return NodeResult(
        id=result.node.unique_id,
        name=result.node.name,
        kind=str(result.node.resource_type),
        status=str(result.status),
        seconds=float(result.execution_time),
        rows=result.failures,
    )


def _failure(result: Any) -> Failure:
    return Failure(result.node.name, _first_lines(result.message or "it gave no reason"), result.node.original_file_path)


def _first_lines(text: str, most: int = 4) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return " · ".join(lines[:most])


def release() -> None:
    """Closes dbt-duckdb's connection: it keeps the file locked until the process ends (private interface, hence in one place and tested)."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager

    DuckDBConnectionManager.close_all_connections()
    DuckDBConnectionManager._ENV = None
    gc.collect()
