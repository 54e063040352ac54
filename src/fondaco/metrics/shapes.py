"""The SQL of questions that differ in their values alone is compiled once: compiling takes a tenth of a second, a page asks dozens.

Days, countries and whatever else a condition compares with are put in afterwards, as literals in the place of marks.
"""

from __future__ import annotations

import re
import threading
from dataclasses import replace

from fondaco.metrics.compiler import Compiler
from fondaco.metrics.question import Question

#: Templates of MetricFlow, which are part of the shape; literals, which are not.
_TEMPLATE = re.compile(r"(\{\{.*?\}\})")
_LITERAL = re.compile(r"'(?:[^']|'')*'")
_MARK = re.compile(r"'§(\d+)§'")


class Shapes:
    """Compiles as a compiler does, and remembers; may be used by several threads at once."""

    def __init__(self, compiler: Compiler) -> None:
        self._compiler = compiler
        self._kept: dict[Question, str] = {}
        self._lock = threading.Lock()

    def sql(self, question: Question) -> str:
        """One SELECT, as ``Compiler.sql``."""
        literals: list[str] = []

        def mark(found: re.Match[str]) -> str:
            literals.append(found[0])
            return f"'§{len(literals) - 1}§'"

        def marked(condition: str) -> str:
            return "".join(part if part.startswith("{{") else _LITERAL.sub(mark, part) for part in _TEMPLATE.split(condition))

        shape = replace(question, conditions=tuple(map(marked, question.conditions)))
        with self._lock:
            if shape not in self._kept:
                self._kept[shape] = self._compiler.sql(shape)
            kept = self._kept[shape]
        return _MARK.sub(lambda found: literals[int(found[1])], kept)
