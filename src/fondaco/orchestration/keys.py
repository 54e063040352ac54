"""What things are called in Dagster: by layer and name, as in the warehouse."""

from __future__ import annotations

import re
from collections.abc import Iterable

from dagster import AssetKey

from fondaco.warehouse import GraphCheck, GraphNode

#: One run at a time works on a lake and its warehouse: every step that does takes the one slot of this pool.
POOL = "warehouse"
#: What stands for the whole warehouse's owner, where nobody is named.
OWNERS = ("team:warehouse",)
LAYERS: dict[str, str] = {
    "sources": "Where rows come from: tables of the shop's systems, and folders of file drops.",
    "lake": "Every row that was ever read, as the source has it: Parquet and a commit log.",
    "bronze": "The lake in the warehouse: views over its committed files.",
    "reference": "Short lists that the models read.",
    "staging": "Each system's tables as the shop's entities.",
    "intermediate": "Steps between the entities and the facts.",
    "history": "Every version of customers, products and resellers.",
    "silver": "Facts and dimensions.",
    "marts": "Marts as they were made last, before their checks have passed.",
    "gold": "Marts as readers see them: the last that passed their checks.",
    "served": "What people ask, each as the policy says.",
    "reports": "Digests for people, each of what she may see.",
}
_NO_NAME = re.compile(r"[^A-Za-z0-9_]+")


def of_source(source: str) -> AssetKey:
    """A source as it is outside."""
    return AssetKey(["sources", source])


def of_landing(source: str, table: str) -> AssetKey:
    """A table in the lake."""
    return AssetKey(["lake", source, table])


def of_node(node: GraphNode) -> AssetKey:
    """A relation that a build makes, a mart as it was made."""
    return AssetKey([layer_of(node), node.name])


def of_shown(mart: str) -> AssetKey:
    """A mart as readers see it."""
    return AssetKey(["gold", mart])


def of_policy() -> AssetKey:
    """What people ask, as the policy says."""
    return AssetKey(["served", "policy"])


def of_report(span: str, user: str) -> AssetKey:
    """A digest of one user."""
    return AssetKey(["reports", span, _NO_NAME.sub("_", user)])


def layer_of(node: GraphNode) -> str:
    """The layer of a relation; a mart stands in `gold` once its checks have passed, and in `marts` before."""
    return "marts" if node.is_mart else node.schema


def check_names(checks: Iterable[GraphCheck], nodes: dict[str, GraphNode]) -> dict[str, str]:
    """A short name for each check by its id: dbt's own without the relation's and what is a list of values; unique for each relation."""
    found: dict[str, str] = {}
    taken: set[tuple[str, str]] = set()
    for check in checks:
        relation = nodes[check.about].name
        short = _NO_NAME.sub("_", check.name.replace(f"_{relation}_", "_", 1)).split("__")[0].strip("_") or "check"
        name, number = short, 1
        while (check.about, name) in taken:
            number += 1
            name = f"{short}_{number}"
        taken.add((check.about, name))
        found[check.id] = name
    return found
