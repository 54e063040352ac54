"""Figures by their definition: what the glossary says, and what the warehouse answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import duckdb

    from fondaco.metrics import Answer, Asked, Catalogue
    from fondaco.settings import Settings


def catalogue(settings: Settings) -> Catalogue:
    """All metrics. Raises DeclarationError if one is not defined as it should be."""
    from fondaco.metrics import catalogue_of
    from fondaco.warehouse import semantic_manifest

    return catalogue_of(semantic_manifest(settings))


def statement(found: Catalogue, asked: Asked) -> str:
    """The SQL that a question about one metric comes to. Raises UsageError."""
    from fondaco.metrics import Compiler
    from fondaco.metrics.question import questions

    return Compiler(found.manifest).sql(questions(found, asked)[0])


def ask(settings: Settings, asked: Asked, user: str | None = None, *, extract: bool = False) -> Answer:
    """The figures, as the owner of the warehouse sees them, or as a user of the policy does. Raises as `asking` and its answers do."""
    return asking(settings, user, extract=extract)(asked)


def asking(settings: Settings, user: str | None = None, *, extract: bool = False) -> Callable[[Asked], Answer]:
    """Somebody who answers questions about figures, for one who has several: definitions and policy are read once.

    A user's figures come through the door of `fondaco query --as`: reckoned by the server as she, from the rows and values that she sees,
    or where none runs from an extract made for each metric.

    Args:
        user: of the policy; None for the owner of the warehouse, who sees everything.
        extract: take an extract even where a server runs.

    Raises:
        UsageError: there is no such user; from an answer: it cannot be asked so, or there is no warehouse yet.
        Refused: from an answer: she does not read what a figure is reckoned from, or it takes too long.
        LockedError: from an answer: a build is running.
    """
    from fondaco.metrics import Compiler, answer
    from fondaco.warehouse import query

    found = catalogue(settings)
    if user is not None:
        return _governed(settings, found, user, extract=extract)
    compiler = Compiler(found.manifest)

    def run(sql: str) -> tuple[Sequence[str], Sequence[Sequence[Any]]]:
        told = query(settings, sql)
        return told.columns, told.rows

    return lambda asked: answer(found, compiler, asked, run)


def _governed(settings: Settings, found: Catalogue, user: str, *, extract: bool) -> Callable[[Asked], Answer]:
    from fondaco.errors import Refused
    from fondaco.governance import plan_of
    from fondaco.governance.ask import ask as ask_as
    from fondaco.governance.ask import engine_of
    from fondaco.governance.extract import readable
    from fondaco.metrics import Compiler, Metric, answer, relations

    plan = plan_of(settings)
    read, engine = readable(plan, user), engine_of(settings, extract=extract)
    compiler = Compiler(found.manifest, engine)

    def check(metric: Metric, sql: str) -> None:
        for path in relations(sql, engine):
            if path not in read:
                raise Refused(
                    f"{user} may not see {metric.name}: it is reckoned from {path}, which {plan.role(user)} does not read",
                    hint=f"fondaco policy matrix --role {plan.role(user)} says what she reads",
                )

    def run(sql: str) -> tuple[Sequence[str], Sequence[Sequence[Any]]]:
        told = ask_as(settings, plan, user, sql, extract=engine == "duckdb")
        return told.columns, told.rows

    return lambda asked: answer(found, compiler, asked, run, check)


def each_by_month(settings: Settings, names: Iterable[str], connection: duckdb.DuckDBPyConnection) -> Iterator[dict[str, Any]]:
    """Figures of the whole time and, of metrics that have days, of each month, as floats."""
    from fondaco.metrics import Asked, Compiler, answer

    found = catalogue(settings)
    compiler = Compiler(found.manifest)

    def run(sql: str) -> tuple[Sequence[str], Sequence[Sequence[Any]]]:
        told = connection.execute(sql)
        return [column[0] for column in told.description or ()], told.fetchall()

    for name in names:
        ((whole,),) = answer(found, compiler, Asked([name]), run).rows
        yield {"metric": name, "month": None, "figure": None if whole is None else float(whole)}
        if found.metric(name).grains:
            for month, value in answer(found, compiler, Asked([name], grain="month"), run).rows:
                yield {"metric": name, "month": month, "figure": None if value is None else float(value)}


def semantic_view_of(settings: Settings, database: str) -> str:
    """The glossary as a statement that makes a semantic view of it in Snowflake, on the views that people read. Raises DeclarationError."""
    import yaml

    from fondaco.governance import plan_of
    from fondaco.governance.snowflake import SERVE, view_of
    from fondaco.metrics.semantic_view import Place, semantic_view

    served = {relation.path: relation for relation in plan_of(settings).served}

    def place(relation: str) -> Place:
        found = served[relation]
        return Place(database, SERVE, view_of(found), {column.name: column.type for column in found.columns})

    spec = yaml.safe_dump(semantic_view(catalogue(settings), "SHOP", place), sort_keys=False, allow_unicode=True, width=120)
    return f"CALL SYSTEM$CREATE_SEMANTIC_VIEW_FROM_YAML('{database}.{SERVE}', $$\n{spec}$$)"
