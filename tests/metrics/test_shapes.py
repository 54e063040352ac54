"""Questions that differ in their values alone are compiled once, and none gets another's values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, cast

from hypothesis import given
from hypothesis import strategies as st

from fondaco.metrics import Compiler, Metric, Question, Shapes
from fondaco.metrics.definitions import Dimension

METRIC = Metric(
    name="orders", label="Orders", formula="", unit="count", owner="", good="up", time="", mart="", caveat="", relation="", kind="simple",
    parts=(), by=(), needs=None, share_of_all=None, counted_by=None, grains=("day",), dimensions=(Dimension("country", "sale__country", "categorical"),),
)  # fmt: skip


@dataclass
class Counting:
    """Compiles by putting conditions into a statement as they are, and counts."""

    asked: list[Question] = field(default_factory=list)

    def sql(self, question: Question) -> str:
        self.asked.append(question)
        return f"select 1 where {' and '.join(question.conditions)} or {' and '.join(question.conditions)}"


TEMPLATE = "{{ Dimension('sale__country') }}"


@given(st.lists(st.text(max_size=8).filter(lambda text: "{{" not in text), min_size=1, max_size=4))
def test_values_are_put_where_the_compiler_would_have_had_them(values: list[str]) -> None:
    quoted = ["'" + value.replace("'", "''") + "'" for value in values]
    plain, kept = Counting(), Counting()
    shapes = Shapes(cast(Any, kept))
    for literal in quoted:
        question = Question(METRIC, conditions=(f"{TEMPLATE} IN ({literal}, 'DE')", f"{TEMPLATE} >= cast('2025-01-01' as date)"))
        assert shapes.sql(question) == plain.sql(question)
    assert len(kept.asked) == 1
    assert "§" in kept.asked[0].conditions[0]
    assert TEMPLATE in kept.asked[0].conditions[0]


def test_more_values_are_another_shape() -> None:
    kept = Counting()
    shapes = Shapes(cast(Compiler, kept))
    for values in ("'DE'", "'DE', 'AT'", "'FR'"):
        shapes.sql(Question(METRIC, conditions=(f"{TEMPLATE} in ({values})",)))
    assert len(kept.asked) == 2
