"""No model compares every row with every row: the engine says beforehand how it will join."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.warehouse.plain_shop import PlainShop
from tests.warehouse.project import Project

#: Joins on a condition that is no equality of keys, and how few rows stand on one side of them.
FEW = {
    "int_baskets__products": "the windows of a basket analysis: two",
}
_MAKING = re.compile(r"^create or replace (temp )?(table|view) \S+ as ")


@pytest.fixture(scope="module")
def shop(repo: Path) -> Iterator[PlainShop]:
    shop = PlainShop(Project(repo), repo)
    shop.build()
    yield shop
    shop.close()


@pytest.mark.parametrize("incremental", [False, True], ids=["a rebuild", "what is new"])
def test_no_model_compares_every_row_with_every_row(shop: PlainShop, *, incremental: bool) -> None:
    quadratic = set()
    for node in shop.project.order():
        statement = _MAKING.sub("", shop.project.statements(node, incremental=incremental and node.kind != "view")[0])
        plan = str(shop.connection.execute(f"explain {statement}").fetchall()[0][1])
        # a left join on `a = b and (c is null or c = d)` is one: a million orders took hours where two joins take seconds
        if "BLOCKWISE_NL_JOIN" in plan:
            quadratic.add(node.name)
    assert quadratic == set(FEW)
