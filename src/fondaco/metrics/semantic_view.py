"""The glossary as a semantic view of Snowflake, so that whoever asks there asks for the same figures ([the specification]_).

It stands on the views that people read, so a figure is reckoned from what the asker's role sees. It is made offline and **not yet proven on
an account**; that each expression is its metric is proven on DuckDB, whose SQL these expressions share.

.. [the specification] https://docs.snowflake.com/en/user-guide/views-semantic/semantic-view-yaml-spec
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fondaco.metrics.definitions import Catalogue, Metric

_KINDS = (("decimal", "number"), ("bigint", "number"), ("integer", "number"), ("double", "float"), ("boolean", "boolean"), ("date", "date"))
_AGGREGATES = {
    "sum": "sum({})",
    "max": "max({})",
    "count": "count({})",
    "count_distinct": "count(distinct {})",
    "sum_boolean": "sum(case when {} then 1 else 0 end)",
    "median": "median({})",
    "percentile": "percentile_disc({share}) within group (order by {})",
}


@dataclass(frozen=True)
class Place:
    """Where people read a relation.

    Attributes:
        types: of its columns, as contracts name them.
    """

    database: str
    schema: str
    name: str
    types: Mapping[str, str]


def semantic_view(catalogue: Catalogue, name: str, place: Callable[[str], Place]) -> dict[str, Any]:
    """The specification as ``SYSTEM$CREATE_SEMANTIC_VIEW_FROM_YAML`` takes it; names are the glossary's.

    Metrics that need what no shop says are left out, and classes are dimensions.

    Args:
        place: of a relation that the glossary names, such as ``gold.orders``.
    """
    told = json.loads(catalogue.manifest)
    raw = {metric["name"]: metric for metric in told["metrics"]}
    asked = [metric for metric in catalogue.metrics.values() if metric.kind != "class" and metric.needs is None]
    return {
        "name": name,
        "description": "Figures of the shop, each defined once: warehouse/models/semantic.",
        "tables": [_table(model, place(model["node_relation"]["relation_name"]), asked, raw) for model in told["semantic_models"]],
        "relationships": [*_relationships(told["semantic_models"])],
    }


def expression(name: str, raw: Mapping[str, Any], measures: Mapping[str, Any]) -> str:
    """A metric as an aggregate over the rows of its table: its measure, or what is reckoned from those of its parts."""
    parameters = raw[name]["type_params"]
    match raw[name]["type"]:
        case "simple":
            measure = measures[parameters["measure"]["name"]]
            share = (measure["agg_params"] or {}).get("percentile")
            found = _AGGREGATES[measure["agg"]].format(measure["expr"] or measure["name"], share=share)
            fill = parameters["measure"]["fill_nulls_with"]
            return found if fill is None else f"coalesce({found}, {fill})"
        case "ratio":
            above, below = (expression(parameters[part]["name"], raw, measures) for part in ("numerator", "denominator"))
            return f"cast({above} as double) / nullif(cast({below} as double), 0)"
        case _:
            parts = {part["alias"] or part["name"]: expression(part["name"], raw, measures) for part in parameters["metrics"]}
            return _filled_in(parameters["expr"], parts)


def _money(metric: Metric, text: str) -> str:
    """A quotient is a float, and an amount of money is none."""
    return text if metric.unit != "money" or metric.kind == "simple" else f"cast({text} as decimal(18, 4))"


def _filled_in(text: str, parts: Mapping[str, str]) -> str:
    import sqlglot
    from sqlglot import exp

    def fill(node: exp.Expression) -> exp.Expression:
        return (
            exp.paren(sqlglot.parse_one(parts[node.name], read="snowflake"))
            if isinstance(node, exp.Column) and node.name in parts
            else node
        )

    return sqlglot.parse_one(text, read="snowflake").transform(fill).sql("snowflake").lower()


def _table(model: Mapping[str, Any], place: Place, asked: Sequence[Metric], raw: Mapping[str, Any]) -> dict[str, Any]:
    measures = {measure["name"]: measure for measure in model["measures"]}
    mine = [metric for metric in asked if {each["name"] for each in raw[metric.name]["type_params"]["input_measures"]} <= measures.keys()]
    key = [_column(entity) for entity in model["entities"] if entity["type"] == "primary"]
    times = [each for each in model["dimensions"] if each["type"] == "time"]
    others = [*model["entities"], *(each for each in model["dimensions"] if each["type"] != "time")]
    return {
        "name": model["name"],
        "description": model["description"],
        "base_table": {"database": place.database, "schema": place.schema, "table": place.name},
        **({"primary_key": {"columns": key}} if key else {}),
        "dimensions": [_dimension(each, place) for each in others],
        "time_dimensions": [_dimension(each, place) for each in times],
        "metrics": [
            {
                "name": metric.name,
                "synonyms": [metric.label],
                "description": f"{metric.formula} Unit: {metric.unit}. {metric.caveat}",
                "expr": _money(metric, expression(metric.name, raw, measures)),
            }
            for metric in mine
        ],
    }


def _dimension(told: Mapping[str, Any], place: Place) -> dict[str, Any]:
    column = _column(told)
    declared = place.types[column]
    kind = next((kind for start, kind in _KINDS if declared.startswith(start)), "varchar" if declared == "varchar" else "timestamp")
    described = {"description": told["description"]} if told["description"] else {}
    return {"name": told["name"], **described, "expr": column, "data_type": kind}


def _column(told: Mapping[str, Any]) -> str:
    return str(told["expr"] or told["name"])


def _relationships(models: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """From a table that names a member to the one that has a row for each."""
    home = {
        entity["name"]: (model["name"], _column(entity)) for model in models for entity in model["entities"] if entity["type"] == "primary"
    }
    for model in models:
        for entity in model["entities"]:
            if entity["type"] == "foreign" and entity["name"] in home:
                table, column = home[entity["name"]]
                yield {
                    "name": f"{model['name']}_{entity['name']}",
                    "left_table": model["name"],
                    "right_table": table,
                    "relationship_columns": [{"left_column": _column(entity), "right_column": column}],
                }
