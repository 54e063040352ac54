"""Where every column of the dbt project comes from, and what it says: read from the SQL that dbt compiled, by sqlglot."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlglot import exp, parse_one
from sqlglot.lineage import Node, lineage
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import Scope, build_scope
from sqlglot.schema import MappingSchema

from fondaco.contracts import Contract, System

#: Columns of a relation by database, schema and name, with their types; all in lower case.
Schema = Mapping[str, Mapping[str, Mapping[str, Mapping[str, str]]]]


@dataclass(frozen=True, order=True)
class Column:
    """A column of a relation, which is named as dbt names it: ``model.fondaco.orders``."""

    relation: str
    name: str


@dataclass(frozen=True)
class Origin:
    """What a column is made of.

    Attributes:
        parents: the columns of other relations that its value depends on, those of joins and conditions left out.
        is_copied: it has the value of one of its parents, under whatever name.
    """

    parents: frozenset[Column] = frozenset()
    is_copied: bool = False


@dataclass
class Project:
    """Every relation of the dbt project with its columns.

    Attributes:
        columns: by relation, in order.
        origins: of every column of a model or a snapshot.
        said: what yml says of a column.
    """

    columns: dict[str, list[str]] = field(default_factory=dict)
    origins: dict[Column, Origin] = field(default_factory=dict)
    said: dict[Column, str] = field(default_factory=dict)

    def described(self) -> dict[Column, str]:
        """What every column says that says something: its own words, or else those of a column that has the same value.

        Words flow down to whatever copies a column, and up from what copies it under the same name, so that each thing is said once. Where
        nobody has said anything on that way, a name means what it means in dimensions and facts, or else in most models.
        """
        words = self._flown(dict(self.said))
        for places in (("model.fondaco.dim_", "model.fondaco.fact_"), ("model.", "snapshot.")):
            told: dict[str, Counter[str]] = defaultdict(Counter)
            for column in words.keys() & self.origins.keys():
                if column.relation.startswith(places):
                    told[column.name][words[column]] += 1
            for column in self.origins.keys() - words.keys():
                if column.name in told:
                    words[column] = min(told[column.name].items(), key=lambda said: (-said[1], said[0]))[0]
        return words

    def _flown(self, words: dict[Column, str]) -> dict[Column, str]:
        copies = [(column, origin.parents) for column, origin in self.origins.items() if origin.is_copied]
        found = True
        while found:
            found = False
            for column, parents in copies:
                if column not in words and (said := sorted({words[parent] for parent in parents if parent in words})):
                    words[column], found = said[0], True
            if not found:
                for column, parents in copies:
                    for parent in parents:
                        if column in words and parent not in words and parent.name == column.name:
                            words[parent], found = words[column], True
        return words

    def unsaid(self, personal: Collection[Column], said: Mapping[Column, str | None]) -> dict[Column, frozenset[Column]]:
        """Columns of layers that people read which descend from one that tells of persons, through whatever is done on the way, and say
        nothing of what became of it; each with those it descends from.

        Args:
            personal: columns of sources that tell of persons.
            said: the classification of every column of the layers that can hold a word or a birthday, None where nobody said one. One that
                is said ends the way: whoever said it has looked.
        """
        found: dict[Column, frozenset[Column]] = {}

        def from_persons(column: Column) -> frozenset[Column]:
            if column not in found:
                found[column] = frozenset()
                parents = self.origins[column].parents if column in self.origins else ()
                found[column] = frozenset(each for parent in parents for each in told(parent))
            return found[column]

        def told(column: Column) -> frozenset[Column]:
            classification = said.get(column)
            if column in personal or (classification or "").startswith("pii."):
                return frozenset({column})
            return frozenset() if classification is not None else from_persons(column)

        return {column: ancestors for column in sorted(said) if said[column] is None and (ancestors := from_persons(column))}

    def undescribed(self) -> list[Column]:
        """Columns of models and snapshots of which nobody has said what they are."""
        return sorted(self.origins.keys() - self.described().keys())


def origins(sql: str, columns: Sequence[str], schema: MappingSchema, relations: Mapping[str, str]) -> dict[str, Origin]:
    """Where each of the columns of a query comes from.

    Args:
        sql: in DuckDB's dialect; names of relations in full.
        relations: dbt's names of relations by schema and name: ``silver.dim_date``.

    Raises:
        sqlglot.errors.SqlglotError: the SQL cannot be understood.
    """
    query = qualify(
        parse_one(sql, dialect="duckdb"),
        dialect="duckdb",
        schema=schema,
        validate_qualify_columns=False,
        identify=False,
        quote_identifiers=False,
    )
    assert isinstance(query, exp.Query)
    _align(query)
    scope = build_scope(query)
    assert isinstance(scope, Scope)
    found: dict[str, Origin] = {}
    names = {name.lower() for name in query.named_selects}
    for column in columns:
        if column.lower() in names:
            root = lineage(column.lower(), query, dialect="duckdb", schema=schema, scope=scope, trim_selects=False, copy=False)
            parents: dict[Column, bool] = {}
            for leaf, is_copy in _leaves(root, True):
                parent = _column(leaf, relations)
                if parent is not None:
                    parents[parent] = parents.get(parent, True) and is_copy
            found[column] = Origin(frozenset(parents), bool(parents) and all(parents.values()))
    return found


def _align(query: exp.Query) -> None:
    """Makes of each union by name one by position, which is all that lineage knows."""
    for union in reversed(list(query.find_all(exp.SetOperation))):
        if union.args.get("by_name"):
            names = list(dict.fromkeys(name for side in (union.left, union.right) for name in side.named_selects))
            for side in (union.left, union.right):
                for select in _selects(side):
                    found = {projection.alias_or_name: projection for projection in select.selects}
                    select.set("expressions", [found.get(name) or exp.alias_(exp.Null(), name) for name in names])
            union.set("by_name", False)


def _selects(side: Any) -> Iterator[exp.Select]:
    if isinstance(side, exp.SetOperation):
        yield from _selects(side.left)
        yield from _selects(side.right)
    elif isinstance(side, exp.Subquery):
        yield from _selects(side.this)
    else:
        yield side


def _leaves(node: Node, is_copy: bool) -> Iterator[tuple[Node, bool]]:
    """The columns at the end of a column's way, and whether nothing was done to them on it."""
    if not node.downstream:
        yield node, is_copy
    for child in node.downstream:
        yield from _leaves(child, is_copy and _passes_on(node))


def _passes_on(node: Node) -> bool:
    inner = node.expression.unalias() if isinstance(node.expression, exp.Expression) else node.expression
    while isinstance(inner, (exp.Cast, exp.Paren)) or _is_filled(inner):
        inner = inner.this
    return isinstance(inner, (exp.Column, exp.SetOperation, exp.Table, exp.Star))


def _is_filled(inner: Any) -> bool:
    """Whether it is a value with something fixed in place of NULL."""
    return isinstance(inner, exp.Coalesce) and all(isinstance(each, (exp.Literal, exp.Boolean)) for each in inner.expressions)


def _column(leaf: Node, relations: Mapping[str, str]) -> Column | None:
    table = leaf.expression
    if not isinstance(table, exp.Table):
        return None
    relation = relations.get(f"{table.db}.{table.name}".lower())
    return None if relation is None else Column(relation, leaf.name.rpartition(".")[2].strip('"').lower())


#: What landing adds to every row of bronze, and what every model up to the entities carries of it.
LANDING = {
    "_batch_id": "Batch that brought the row; batches sort in the order in which they landed.",
    "_ingested_at": "When the lake learnt of it (UTC).",
    "_op": "upsert, or delete for a row that is gone at the source.",
    "_source": "Source of the row, as fondaco.yml names it.",
    "_file": "File that the row came in; NULL for a database.",
    "_row": "Number of the row in its file.",
    "_position": "Place of the row in its batch.",
    "_is_new": "Whether it landed since the last complete build.",
    "source_name": "Source of the row, as fondaco.yml names it.",
    "observed_at": "When the state was true in the shop (UTC).",
    "is_deleted": "Whether the row is gone at the source.",
    "recorded_at": "When the lake learnt of it (UTC).",
    "batch_id": "Batch that brought the row; batches sort in the order in which they landed.",
    "batch_position": "Place of the row in its batch.",
    "is_new": "Whether it landed since the last complete build.",
    "erased_state": "What was taken out of the row when a person was forgotten; NULL where nothing was.",
    "_erased": "What was taken out of the row when a person was forgotten; NULL where nothing was.",
    "known_date": "Day on which the lake learnt of it, shop's time zone.",
    "known_until": "Day on which it learnt otherwise, which is left out; NULL if it has not.",
    "built_through": "Number of the commit up to which the last complete build went when this was listed.",
}


def read_project(manifest: Mapping[str, Any], schema: Schema, contracts: Mapping[str, Contract], systems: Mapping[str, System]) -> Project:
    """The columns of a project that was built.

    Args:
        contracts: what an entity's columns say, for the models that have an entity's columns.
        systems: what a source's columns say.
        manifest: dbt's, with the compiled SQL of a first build, before any table was there.
        schema: the columns of the warehouse that was built.
    """
    project, known = Project(), MappingSchema(schema, dialect="duckdb")  # type: ignore[arg-type]
    nodes = {**manifest["nodes"], **manifest["sources"]}
    nodes = {name: node for name, node in nodes.items() if node["resource_type"] in ("model", "snapshot", "seed", "source")}
    relations = {f"{shown}.{_identifier(node)}".lower(): name for name, node in nodes.items() for shown in _schemas(node)}
    (database,) = schema.values()
    for name, node in nodes.items():
        made = database[_schemas(node)[-1].lower()][_identifier(node).lower()]
        project.columns[name] = list(made)
        told = {column.lower(): said["description"] for column, said in node["columns"].items() if said.get("description")}
        told = {**LANDING, **_declared(node, contracts, systems), **told}
        project.said |= {Column(name, column): told[column] for column in project.columns[name] if column in told}
    for name, node in nodes.items():
        if node["resource_type"] in ("model", "snapshot"):
            found = origins(node["compiled_code"], project.columns[name], known, relations)
            project.origins |= {Column(name, column): found.get(column, Origin()) for column in project.columns[name]}
    return project


def _declared(node: Mapping[str, Any], contracts: Mapping[str, Contract], systems: Mapping[str, System]) -> dict[str, str]:
    """What contracts/ and systems/ say of the columns of a relation."""
    if node["resource_type"] == "source":
        table = systems[node["source_name"]].tables[node["name"]]
        return {column.name.lower(): column.description for column in table.columns if column.description}
    entity = (
        str(node["name"]).removeprefix("int_").partition("__")[0] if node["name"].startswith("int_") else node["name"].rpartition("__")[2]
    )
    if entity not in contracts or not str(node["name"]).startswith(("int_", "stg_")):
        return {}
    return {column.name: column.description for column in contracts[entity].columns if column.description}


def _identifier(node: Mapping[str, Any]) -> str:
    return str(node.get("alias") or node["identifier"])


def _schemas(node: Mapping[str, Any]) -> tuple[str, ...]:
    """Where a relation is shown, and where it is made."""
    is_mart = node.get("config", {}).get("materialized") == "mart"
    return (node["schema"], "marts") if is_mart else (node["schema"],)
