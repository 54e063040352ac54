"""`fondaco metrics mcp`: figures for an AI assistant, as one user of the policy, by the Model Context Protocol over stdin and stdout.

It can ask for figures by their definition and nothing else: there is no tool that takes SQL. Whoever starts it chooses the user, never the assistant.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date
from typing import Annotated, Any, Literal

from mcp.server import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp_types import ToolAnnotations
from pydantic import Field

from fondaco import __version__
from fondaco.cli.output import plain
from fondaco.errors import FondacoError
from fondaco.metrics import Answer, Asked, Catalogue, Metric

#: Rows of one answer: what is read by a model is read whole.
MOST_ROWS = 500
_LOOKS = ToolAnnotations(read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False)
_TOLD = ("name", "label", "formula", "unit", "good", "time", "caveat", "needs")

Names = Annotated[list[str], Field(description="Metrics by name, as list_metrics names them.", min_length=1)]
By = Annotated[list[str] | None, Field(description="Dimensions to split by, as explain_metric names them; null for the whole.")]
Grain = Annotated[
    Literal["day", "week", "month", "quarter", "year"] | None, Field(description="A row for each span of time; null for one in all.")
]
Since = Annotated[date | None, Field(description="The first day that counts, in the shop's time zone.")]
Until = Annotated[date | None, Field(description="The last day that counts.")]
Where = Annotated[str | None, Field(description="Comparisons of dimensions, as in: country in ('DE', 'AT') and channel = 'web'.")]
Limit = Annotated[int, Field(description="Rows at most.", ge=1, le=MOST_ROWS)]


def server(found: Catalogue, ask: Callable[[Asked], Answer], *, user: str, currency: str) -> MCPServer[Any]:
    """The tools of one user.

    Args:
        ask: answers as that user.
        currency: of amounts of money.
    """
    made: MCPServer[Any] = MCPServer(
        "fondaco",
        version=__version__,
        instructions=(
            "Governed figures of an online shop. Call list_metrics first, explain_metric before a figure is used for the first time, then "
            f"query_metrics. Money is in {currency}; amounts come as text so that no digit is lost. What is missing is null, never 0. "
            f"Figures are those of user {user}, who may see a part of the shop only: say so where it matters."
        ),
        log_level="WARNING",
    )

    @made.tool(annotations=_LOOKS)
    def list_metrics() -> dict[str, Any]:
        """Every metric of the glossary: name, label, formula, unit, which way is good."""
        return {"metrics": [_line(metric) for metric in found.metrics.values()]}

    @made.tool(annotations=_LOOKS)
    def explain_metric(name: Annotated[str, Field(description="A metric, as in net_revenue.")]) -> dict[str, Any]:
        """What a metric means, its edge cases, and by which dimensions and spans of time it can be asked."""
        with _told():
            metric = found.metric(name)
        told = {key: value for key, value in asdict(metric).items() if key not in ("dimensions", "relation")}
        return {**told, "dimensions": [each.name for each in metric.dimensions]}

    @made.tool(annotations=_LOOKS)
    def query_metrics(
        names: Names, by: By = None, grain: Grain = None, since: Since = None, until: Until = None, where: Where = None, limit: Limit = 100
    ) -> dict[str, Any]:
        """What metrics come to, by dimensions and spans of time."""
        with _told():
            answer = ask(Asked(names=names, by=by or (), grain=grain, since=since, until=until, where=where))
        return {
            "columns": answer.columns,
            "rows": [[plain(value) for value in row] for row in answer.rows[:limit]],
            "more_rows": max(0, len(answer.rows) - limit),
            "units": {metric.name: currency if metric.unit == "money" else metric.unit for metric in answer.metrics},
            "as": user,
        }

    return made


def _line(metric: Metric) -> dict[str, Any]:
    return {name: getattr(metric, name) for name in _TOLD}


@contextmanager
def _told() -> Iterator[None]:
    """What cannot be answered is said to the assistant in our own words; anything else is a fault, which the library tells nobody but the log."""
    try:
        yield
    except FondacoError as error:
        raise ToolError(str(error)) from None
