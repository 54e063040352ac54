"""A condition on dimensions as a person writes it, in the form that MetricFlow takes: ``country in ('DE', 'AT') and not is_guest``."""

from __future__ import annotations

from collections.abc import Callable

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from fondaco.errors import UsageError
from fondaco.metrics.definitions import Dimension

#: Comparisons of dimensions with values and nothing else: no function, no question within the question.
_ALLOWED = (
    exp.And, exp.Or, exp.Not, exp.Paren, exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.In, exp.Between, exp.Like, exp.ILike, exp.Is,
    exp.Null, exp.Boolean, exp.Literal, exp.Neg, exp.Cast, exp.DataType, exp.Column, exp.Identifier,
)  # fmt: skip


def condition(text: str, named: Callable[[str], Dimension]) -> tuple[str, frozenset[str]]:
    """The condition for MetricFlow, and the names of the dimensions in it.

    Args:
        named: the dimension of a name; raises UsageError if there is none.

    Raises:
        UsageError: it is no condition, says more than comparisons of dimensions with values, or names what is no dimension.
    """
    if any(mark in text for mark in ("{{", "{%", "{#")):
        raise _wrong(text, "it has marks of a template in it")
    try:
        found = sqlglot.parse(f"select 1 where {text}", read="duckdb")
    except SqlglotError as error:
        raise _wrong(text, str(error).splitlines()[0].split(".")[0].lower()) from None
    where = found[0].args.get("where") if len(found) == 1 and isinstance(found[0], exp.Select) else None
    extra = found[0] is not None and {name for name, value in found[0].args.items() if value} - {"kind", "expressions", "where"}
    if where is None or extra:
        raise _wrong(text, "it is more than a condition")
    for node in where.this.walk():
        if not isinstance(node, _ALLOWED):
            raise _wrong(text, f"{node.key} is not understood here")
    names: set[str] = set()

    def for_metricflow(node: exp.Expr) -> exp.Expr:
        if not isinstance(node, exp.Column):
            return node
        dimension = named(node.sql(dialect="duckdb").replace('"', ""))
        names.add(dimension.name)
        return exp.Var(this=_template(dimension))

    return where.this.transform(for_metricflow).sql(dialect="duckdb"), frozenset(names)


def _template(dimension: Dimension) -> str:
    match dimension.kind:
        case "time":
            return f"{{{{ TimeDimension('{dimension.path}', '{dimension.grain}') }}}}"
        case "entity":
            return f"{{{{ Entity('{dimension.path}') }}}}"
        case _:
            return f"{{{{ Dimension('{dimension.path}') }}}}"


def _wrong(text: str, why: str) -> UsageError:
    return UsageError(
        f"--where {text!r} cannot be used: {why}",
        hint="compare dimensions with values, as in \"country in ('DE', 'AT') and not is_guest\"",
    )
