"""The dbt project as a graph of values: what is made of what, which check holds whom to account. Kept, so that nobody waits for dbt to read it.

A build writes it as it goes; `prepare_graph` does so where nothing was built, or the project has changed since.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from fondaco.errors import DeclarationError
from fondaco.settings import Settings
from fondaco.warehouse.lineage import blamed
from fondaco.warehouse.project import fingerprint, systems_of

#: In the folder of the shop's own files; the target folder of dbt comes and goes with its parse cache.
GRAPH = "graph.json"
#: What a build makes; sources and exposures are made elsewhere.
_MADE = ("model", "snapshot", "seed")


@dataclass(frozen=True)
class GraphColumn:
    """One column of a relation, as its yml says it; what it does not say is ''."""

    name: str
    type: str
    description: str
    classification: str


@dataclass(frozen=True)
class GraphNode:
    """One relation that a build makes, or a source that it reads.

    Attributes:
        id: dbt's own name, unique over all kinds.
        kind: model, snapshot, seed or source.
        schema: where it stands in the warehouse.
        form: view, table, incremental, mart, snapshot, seed; '' for a source.
        path: the file that defines it, from the folder of the dbt project.
        parents: ids of what it reads.
    """

    id: str
    name: str
    kind: str
    schema: str
    form: str
    description: str
    path: str
    parents: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    columns: tuple[GraphColumn, ...] = ()

    @property
    def is_mart(self) -> bool:
        """Whether it is shown to readers once its checks have passed."""
        return self.form == "mart"


@dataclass(frozen=True)
class GraphCheck:
    """One data test.

    Attributes:
        about: id of the relation in whose file it stands, else of the first that it asks.
        stops: whether it fails a build, and keeps from being made what is made of what it asks.
    """

    id: str
    name: str
    description: str
    path: str
    about: str
    stops: bool


@dataclass(frozen=True)
class Graph:
    """The whole project as one shop uses it.

    Attributes:
        fingerprint: of the project and of what it was told.
    """

    fingerprint: str
    nodes: tuple[GraphNode, ...] = ()
    checks: tuple[GraphCheck, ...] = ()
    by_id: Mapping[str, GraphNode] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_id", {node.id: node for node in self.nodes})


def graph_of(manifest: Any, rules: str) -> Graph:
    """A dbt manifest as a graph. Tests of nothing that is made (of sources alone) are left out."""
    nodes = [_node(found) for found in manifest.sources.values()]
    nodes += [_node(found) for found in manifest.nodes.values() if found.resource_type in _MADE]
    known = {node.id for node in nodes}
    checks = [_check(found, known) for found in manifest.nodes.values() if found.resource_type == "test"]
    return Graph(
        rules,
        tuple(sorted(nodes, key=lambda node: node.id)),
        tuple(sorted((check for check in checks if check is not None), key=lambda check: check.id)),
    )


def keep_graph(settings: Settings, graph: Graph) -> None:
    """Writes it in place of the one that was kept."""
    path = settings.state_dir / GRAPH
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_name(f"{GRAPH}.{os.getpid()}.half")
    told = asdict(graph)
    del told["by_id"]
    half.write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")
    half.replace(path)


def kept_graph(settings: Settings) -> Graph:
    """The graph as it was last kept; `is_current` says whether the project still is as it was then.

    Raises:
        DeclarationError: none was kept, or it cannot be read.
    """
    path = settings.state_dir / GRAPH
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        return Graph(
            told["fingerprint"],
            tuple(_node_from(node) for node in told["nodes"]),
            tuple(GraphCheck(**check) for check in told["checks"]),
        )
    except FileNotFoundError:
        raise DeclarationError("the graph of the models was not prepared", where=str(path), hint="fondaco dagster --prepare") from None
    except (ValueError, TypeError, KeyError) as error:
        raise DeclarationError(
            f"the graph of the models cannot be read: {error}", where=str(path), hint="make it anew: fondaco dagster --prepare"
        ) from error


def is_current(settings: Settings, graph: Graph) -> bool:
    """Whether the project and what it is told are what the graph was made of."""
    return graph.fingerprint == fingerprint(settings, systems_of(settings))


def _node(found: Any) -> GraphNode:
    config = found.config
    return GraphNode(
        id=found.unique_id,
        name=getattr(found, "identifier", None) or found.name,  # of a source, as it is called in the warehouse
        kind=str(found.resource_type),
        schema=found.schema,
        form=str(getattr(config, "materialized", "") or ""),
        description=(found.description or "").strip(),
        path=found.original_file_path,
        parents=tuple(sorted(set(getattr(getattr(found, "depends_on", None), "nodes", ())))),
        tags=tuple(found.tags or ()),
        columns=tuple(_column(column) for column in found.columns.values()),
    )


def _column(found: Any) -> GraphColumn:
    meta: Mapping[str, Any] = getattr(getattr(found, "config", None), "meta", None) or found.meta or {}
    return GraphColumn(found.name, found.data_type or "", (found.description or "").strip(), str(meta.get("classification", "")))


def _check(found: Any, known: Iterable[str]) -> GraphCheck | None:
    asked = list(found.depends_on.nodes)
    held = blamed(found)
    about = next((node for node in [*asked, *held] if node in held and node in known), None)
    if about is None:
        return None
    said = (found.description or "").strip()
    return GraphCheck(found.unique_id, found.name, said, found.original_file_path, about, str(found.config.severity).lower() != "warn")


def _node_from(told: dict[str, Any]) -> GraphNode:
    columns = tuple(GraphColumn(**column) for column in told.pop("columns"))
    return GraphNode(**{**told, "parents": tuple(told["parents"]), "tags": tuple(told["tags"]), "columns": columns})
