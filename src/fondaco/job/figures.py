"""Figures by their definition: what the glossary says, and what the warehouse answers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
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


def ask(settings: Settings, asked: Asked) -> Answer:
    """The figures, as the owner of the warehouse sees them.

    Raises:
        UsageError: it cannot be asked so, or there is no warehouse yet.
        LockedError: a build is running.
    """
    from fondaco.metrics import Compiler, answer
    from fondaco.warehouse import query

    found = catalogue(settings)

    def run(sql: str) -> tuple[Sequence[str], Sequence[Sequence[Any]]]:
        told = query(settings, sql)
        return told.columns, told.rows

    return answer(found, Compiler(found.manifest), asked, run)


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
