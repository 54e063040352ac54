"""An assistant asks for figures over the protocol, as a client of it does: the command is started, and its tools are called."""

from __future__ import annotations

import json
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import anyio
from mcp.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client

from fondaco.job.figures import ask
from fondaco.metrics import Asked
from tests.metrics.conftest import Known

_COMMAND = "import sys; from fondaco.cli import main; sys.exit(main())"


def _talk(known: Known, user: str, told: Callable[[Client], Awaitable[Any]]) -> Any:
    """What comes of a talk with `fondaco metrics mcp --as USER`, in a process of its own."""
    words = ["-c", _COMMAND, "metrics", "mcp", "--as", user, "-C", str(known.shop.root)]

    async def talk() -> Any:
        async with Client(stdio_client(StdioServerParameters(command=sys.executable, args=words))) as client:
            return await told(client)

    return anyio.run(talk)


def _said(result: Any) -> dict[str, Any]:
    assert not result.is_error, result.content
    return dict(json.loads(result.content[0].text))


def test_an_assistant_lists_explains_and_asks_as_the_user_it_was_started_for(known: Known) -> None:
    async def told(client: Client) -> tuple[Any, ...]:
        tools = await client.list_tools()
        listed = await client.call_tool("list_metrics", {})
        explained = await client.call_tool("explain_metric", {"name": "net_revenue"})
        asked = await client.call_tool("query_metrics", {"names": ["net_revenue", "aov"], "by": ["country"], "limit": 2})
        wrong = await client.call_tool("query_metrics", {"names": ["net_revenu"]})
        refused = await client.call_tool("query_metrics", {"names": ["days_to_refund"]})
        return tools, listed, explained, asked, wrong, refused

    tools, listed, explained, asked, wrong, refused = _talk(known, "ana", told)
    assert {tool.name for tool in tools.tools} == {"list_metrics", "explain_metric", "query_metrics"}
    assert {line["name"] for line in _said(listed)["metrics"]} == set(known.catalogue.metrics)
    assert "country" in _said(explained)["dimensions"]
    figures = _said(asked)
    hers = ask(known.shop.settings, Asked(["net_revenue", "aov"], by=["country"]), "ana")
    assert figures["columns"] == ["country", "net_revenue", "aov"]
    assert figures["rows"] == [[row[0], str(row[1]), str(row[2])] for row in hers.rows[:2]]
    assert figures["more_rows"] == len(hers.rows) - 2
    assert figures["units"] == {"net_revenue": "EUR", "aov": "EUR"}
    assert wrong.is_error
    assert "did you mean" in wrong.content[0].text
    assert refused.is_error
    assert "ana may not see days_to_refund" in refused.content[0].text
