"""A question as SQL. MetricFlow compiles; it opens nothing and runs nothing."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any, Literal

from fondaco.metrics.definitions import Dimension
from fondaco.metrics.question import Question

#: Engines whose SQL a question can become.
Engine = Literal["duckdb", "postgres"]
#: The reporting week is the shop's (business.week_start), a column of silver.dim_date; the engine's own week begins on Monday.
_SPANS = {"week": "reporting_week"}


@dataclass(frozen=True)
class _Dialect:
    """What MetricFlow asks of a client while it compiles: in whose SQL."""

    sql_engine_type: Any
    sql_plan_renderer: Any


class Compiler:
    """Compiles questions about the definitions of one manifest.

    MetricFlow takes about a second to import, so this is made when the first question is asked.

    Args:
        manifest: that of a catalogue.
        engine: in whose SQL.
    """

    def __init__(self, manifest: str, engine: Engine = "duckdb") -> None:
        from metricflow.engine.metricflow_engine import MetricFlowEngine
        from metricflow.protocols.sql_client import SqlEngine
        from metricflow.sql.render.duckdb_renderer import DuckDbSqlPlanRenderer
        from metricflow.sql.render.postgres import PostgresSQLSqlPlanRenderer
        from metricflow_semantics.model.dbt_manifest_parser import parse_manifest_from_dbt_generated_manifest
        from metricflow_semantics.model.semantic_manifest_lookup import SemanticManifestLookup

        # it warns of how dbt writes counts and flags down, and then does what is right
        logging.getLogger("metricflow_semantic_interfaces").setLevel(logging.ERROR)
        lookup = SemanticManifestLookup(parse_manifest_from_dbt_generated_manifest(manifest))
        dialects = {
            "duckdb": _Dialect(SqlEngine.DUCKDB, DuckDbSqlPlanRenderer()),
            "postgres": _Dialect(SqlEngine.POSTGRES, PostgresSQLSqlPlanRenderer()),
        }
        self._engine = MetricFlowEngine(lookup, dialects[engine])

    def sql(self, question: Question) -> str:
        """One SELECT; its columns have the names of ``columns``, in any order."""
        from metricflow.engine.metricflow_engine import MetricFlowQueryRequest

        request = MetricFlowQueryRequest.create(
            metric_names=[question.metric.name],
            group_by_names=columns(question)[:-1],
            where_constraints=list(question.conditions) or None,
        )
        return str(self._engine.explain(request).sql_statement.without_descriptions.sql)


def columns(question: Question) -> list[str]:
    """As the columns of the SQL are named: the keys of the question in their order, then the metric."""
    time = [f"metric_time__{_SPANS.get(question.grain, question.grain)}"] if question.grain else []
    return [*time, *map(_path, question.by), question.metric.name]


def _path(dimension: Dimension) -> str:
    return f"{dimension.path}__{dimension.grain}" if dimension.kind == "time" else dimension.path


def relations(sql: str, engine: Engine) -> tuple[str, ...]:
    """The relations that such a SELECT reads, as ``gold.orders``, sorted."""
    import sqlglot
    from sqlglot import exp

    tables = sqlglot.parse_one(sql, read=engine).find_all(exp.Table)
    return tuple(sorted({f"{table.db}.{table.name}" for table in tables if table.db}))
