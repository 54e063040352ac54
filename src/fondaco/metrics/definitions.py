"""The glossary as values, read from the semantic manifest that dbt makes of warehouse/models/semantic.

A metric without a unit is a part of others, such as the numerator of a rate: it has no line in the glossary. A class, such as
``rfm_segment``, is a dimension with a line in it: asking for it counts what is in each.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from fondaco.errors import DeclarationError, UsageError, did_you_mean

#: From the finest on; a metric can be asked by its own grain and by those after it.
GRAINS = ("day", "week", "month", "quarter", "year")
#: What a metric stands for that has no days: it is as of the last day of trade.
_TIMELESS = frozenset({"state", "window"})
_MEANING = ("unit", "owner", "good", "time", "mart", "caveat")


@dataclass(frozen=True)
class Dimension:
    """What a metric can be asked by.

    Attributes:
        name: as a person asks for it: ``country``, ``customer__rfm_segment`` of the customer of an order, ``product`` for its key.
        path: as MetricFlow names it.
        kind: categorical, time or entity.
        grain: of a time, day or month.
    """

    name: str
    path: str
    kind: str
    grain: str | None = None


@dataclass(frozen=True)
class Metric:
    """A line of the glossary.

    Attributes:
        formula: what is counted, in words.
        unit: money, count, units, share, ratio, days, hours or class.
        good: up, down or neither: which way is good.
        time: on what day it counts; ``state`` and ``window`` are as of the last day of trade.
        mart: where a person finds it.
        relation: the table that it is reckoned from.
        kind: simple, ratio, derived or class.
        parts: metrics that it is made of.
        by: dimensions without which it says nothing.
        needs: what it lacks; None if it can be asked.
        share_of_all: the dimension over which its values add up to 1.
        counted_by: for a class, the metric that counts what is in it.
        grains: by which spans of time it can be asked.
    """

    name: str
    label: str
    formula: str
    unit: str
    owner: str
    good: str
    time: str
    mart: str
    caveat: str
    relation: str
    kind: str
    parts: tuple[str, ...]
    by: tuple[str, ...]
    needs: str | None
    share_of_all: str | None
    counted_by: str | None
    grains: tuple[str, ...]
    dimensions: tuple[Dimension, ...]

    def dimension(self, name: str) -> Dimension:
        """The dimension, under the name that was asked for; that of a member can go without the member where no other has its name.

        Raises:
            UsageError: there is none.
        """
        wanted = name.replace(".", "__")
        near = [each for each in self.dimensions if each.name == wanted] or [
            each for each in self.dimensions if each.name.partition("__")[2] == wanted
        ]
        if len(near) == 1:
            return replace(near[0], name=wanted)
        names = [each.name for each in self.dimensions]
        if wanted in GRAINS:
            raise UsageError(f"{wanted} is a span of time, not a dimension", hint=f"--grain {wanted}")
        raise UsageError(f"{self.name} cannot be asked by {name!r}{did_you_mean(wanted, names)}", hint=f"it can by: {', '.join(names)}")


@dataclass(frozen=True)
class Catalogue:
    """All metrics by name, and the manifest that they are read from.

    Attributes:
        manifest: dbt's semantic manifest, its relations without a database: they are found in whatever warehouse is open.
    """

    metrics: Mapping[str, Metric]
    manifest: str

    def metric(self, name: str) -> Metric:
        """The metric of that name. Raises UsageError."""
        if name not in self.metrics:
            raise UsageError(f"there is no metric {name!r}{did_you_mean(name, self.metrics)}", hint="`fondaco metrics list` has them all")
        return self.metrics[name]


def catalogue_of(manifest: str) -> Catalogue:
    """Reads the definitions from dbt's semantic manifest.

    Raises:
        DeclarationError: a metric lacks a part of its meaning, or what it is made of stands in several tables.
    """
    told = json.loads(manifest)
    _forget_the_database(told)
    models = {model["name"]: model for model in told["semantic_models"]}
    raw = {metric["name"]: metric for metric in told["metrics"]}
    found = [*_metrics(raw, models), *_classes(models)]
    return Catalogue({metric.name: metric for metric in sorted(found, key=lambda metric: metric.name)}, json.dumps(told))


def _forget_the_database(told: Mapping[str, Any]) -> None:
    places = [model["node_relation"] for model in told["semantic_models"]]
    places += [spine["node_relation"] for spine in told["project_configuration"]["time_spines"]]
    for place in places:
        place["database"] = None
        place["relation_name"] = f"{place['schema_name']}.{place['alias']}"


def _metrics(raw: Mapping[str, Any], models: Mapping[str, Any]) -> Iterator[Metric]:
    home = {measure["name"]: (model, measure) for model in models.values() for measure in model["measures"]}
    for metric in raw.values():
        meta = _meta(metric)
        if "unit" not in meta:
            continue
        measures = [home[measure["name"]] for measure in metric["type_params"]["input_measures"]]
        model = measures[0][0]
        times = {measure["agg_time_dimension"] or each["defaults"]["agg_time_dimension"] for each, measure in measures}
        if len({each["name"] for each, _ in measures}) > 1 or len(times) > 1:
            raise DeclarationError(f"metric {metric['name']} is made of several tables or times", hint="take its parts from one")
        (time,) = times
        grain = next(each["type_params"]["time_granularity"] for each in model["dimensions"] if each["name"] == time)
        yield _metric(
            metric,
            model,
            models,
            kind=metric["type"],
            parts=tuple(part for part in _inputs(metric) if part in raw),
            grains=() if meta.get("time") in _TIMELESS else GRAINS[GRAINS.index(grain) :],
        )


def _classes(models: Mapping[str, Any]) -> Iterator[Metric]:
    for model in models.values():
        for dimension in model["dimensions"]:
            if "unit" in _meta(dimension):
                yield _metric(dimension, model, models, kind="class", parts=(), grains=())


def _metric(told: Mapping[str, Any], model: Mapping[str, Any], models: Mapping[str, Any], **made: Any) -> Metric:
    meta = _meta(told)
    lacking = [name for name in _MEANING if not meta.get(name)] + [name for name in ("label", "description") if not told.get(name)]
    if lacking:
        raise DeclarationError(f"metric {told['name']} has no {', no '.join(lacking)}", hint="say it in warehouse/models/semantic")
    return Metric(
        name=told["name"],
        label=told["label"],
        formula=told["description"],
        **{name: meta[name] for name in _MEANING},
        relation=model["node_relation"]["relation_name"],
        by=tuple(meta.get("by", ())),
        needs=meta.get("needs"),
        share_of_all=meta.get("share_of_all"),
        counted_by=meta.get("counted_by"),
        dimensions=tuple(_dimensions(model, models)),
        **made,
    )


def _inputs(metric: Mapping[str, Any]) -> Iterator[str]:
    params = metric["type_params"]
    for part in (params["numerator"], params["denominator"], *(params["metrics"] or ())):
        if part is not None:
            yield part["name"]


def _dimensions(model: Mapping[str, Any], models: Mapping[str, Any]) -> Iterator[Dimension]:
    """Those of the table itself, the keys in it, and those of the members that its keys name."""
    yield from (_dimension(each, _primary(model), prefix="") for each in model["dimensions"] if each["name"] != _own_time(model))
    keys = [entity["name"] for entity in model["entities"]]
    yield from (Dimension(name, name, "entity") for name in keys)
    for other in models.values():
        if other is not model and _primary(other) in keys:
            yield from (_dimension(each, _primary(other), prefix=f"{_primary(other)}__") for each in other["dimensions"])


def _dimension(told: Mapping[str, Any], entity: str, prefix: str) -> Dimension:
    grain = told["type_params"]["time_granularity"] if told["type"] == "time" else None
    return Dimension(f"{prefix}{told['name']}", f"{entity}__{told['name']}", told["type"], grain)


def _own_time(model: Mapping[str, Any]) -> str:
    return str(model["defaults"]["agg_time_dimension"])


def _primary(model: Mapping[str, Any]) -> str:
    keys = (entity["name"] for entity in model["entities"] if entity["type"] == "primary")
    return str(model["primary_entity"] or next(keys))


def _meta(told: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = (told.get("config") or {}).get("meta") or {}
    return found
