"""From dbt's own picture of the project: which marts there are, what each is made of, and whom a test speaks of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fondaco.warehouse.nodes import Lineage, Mart

#: The generic test that holds a mart's money against the ledger (warehouse/tests/generic).
_ADDS_UP = "adds_up"


def lineage_of(nodes: Mapping[str, Any]) -> Lineage:
    """The marts and the tests of a project.

    Args:
        nodes: dbt's nodes by id: models, snapshots, seeds and tests.
    """
    held = {node: frozenset(blamed(found)) for node, found in nodes.items() if found.resource_type == "test"}
    parents = {node: found.depends_on.nodes for node, found in nodes.items() if found.resource_type != "seed"}
    marts = []
    for node, found in nodes.items():
        if found.resource_type == "model" and found.config.materialized == "mart":
            checks = frozenset(test for test, models in held.items() if node in models)
            money = (test for test in sorted(checks) if nodes[test].test_node_type == "generic" and _adds_up(nodes[test]))
            marts.append(Mart(found.name, node, frozenset(_ancestors(node, parents)), checks, next(money, None)))
    return Lineage(tuple(sorted(marts, key=lambda mart: mart.name)), held)


def blamed(test: Any) -> set[str]:
    """Ids of the models that a test holds to account: the one whose file it stands in, else all that it asks."""
    return {test.attached_node} if getattr(test, "attached_node", None) else set(test.depends_on.nodes)


def _adds_up(test: Any) -> bool:
    return bool(test.test_metadata.name == "holds" and test.test_metadata.kwargs.get(_ADDS_UP))


def _ancestors(node: str, parents: Mapping[str, list[str]]) -> set[str]:
    found, waiting = {node}, [node]
    while waiting:
        new = set(parents.get(waiting.pop(), ())) - found
        found |= new
        waiting += new
    return found
