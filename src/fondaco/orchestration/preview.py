"""First rows of the marts that readers see, what tells of a person hidden: Dagster's pages have no policy of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dagster import MetadataValue

from fondaco.settings import Settings
from fondaco.warehouse import GraphNode, query_all

_ROWS = 5
_HIDDEN = "•••"
#: Classifications whose values stand in a preview; what is not classified in a mart is none of a person's.
_PLAIN = ("", "public", "internal")


def previews(settings: Settings, marts: Sequence[GraphNode]) -> Mapping[str, Mapping[str, Any]]:
    """Metadata with the first rows of each mart, by its name."""
    found = query_all(settings, {mart.name: f"select {_shown(mart)} from gold.{mart.name} limit {_ROWS}" for mart in marts if mart.columns})
    return {name: {"preview": MetadataValue.md(_table(answer.columns, answer.rows))} for name, answer in found.items() if answer.rows}


def _shown(mart: GraphNode) -> str:
    # the values themselves never leave the warehouse: they are not asked for
    return ", ".join(
        f'"{column.name}"'
        if column.classification in _PLAIN
        else f'case when "{column.name}" is not null then \'{_HIDDEN}\' end as "{column.name}"'
        for column in mart.columns
    )


def _table(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    lines = ["| " + " | ".join(columns) + " |", "|" + " --- |" * len(columns)]
    lines += [
        "| " + " | ".join("–" if value is None else str(value).replace("|", "\\|").replace("\n", " ") for value in row) + " |"
        for row in rows
    ]
    return "\n".join(lines)
