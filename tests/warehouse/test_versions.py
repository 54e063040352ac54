"""Laws of history: versions of observations, as warehouse/macros/versions.sql computes them."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple

import duckdb
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

Macro = Callable[..., str]
START = datetime(2024, 2, 29, 23, 59, 59, 999999)


class Observation(NamedTuple):
    key: str
    observed_at: datetime
    state: str


class Version(NamedTuple):
    key: str
    state: str
    observed_from: datetime
    valid_to: datetime | None
    number: int


# few keys, few states, times that lie a microsecond apart: neighbours, repeats and A-B-A come up in every example
observations = st.lists(
    st.builds(
        Observation,
        st.sampled_from("ab"),
        st.integers(0, 12).map(lambda step: START + timedelta(microseconds=step)),
        st.sampled_from(["A", "B", "C", "deleted"]),
    ),
    unique_by=lambda observation: (observation.key, observation.observed_at),
    max_size=20,
)


def versions(macro: Macro, seen: list[Observation]) -> list[Version]:
    table = pa.table(
        {
            "customer_key": pa.array([row.key for row in seen], pa.string()),
            "observed_at": pa.array([row.observed_at for row in seen], pa.timestamp("us")),
            "version_hash": pa.array([row.state for row in seen], pa.string()),
            "is_touched": pa.array([True for _ in seen], pa.bool_()),
        }
    )
    with duckdb.connect() as connection:
        connection.register("seen", table)
        sql = macro("versions", "seen", "customer_key")
        rows = connection.execute(
            f"select customer_key, version_hash, observed_from, valid_to, version_number from ({sql}) order by 1, 5"
        ).fetchall()
    return [Version(*row) for row in rows]


@given(seen=observations)
def test_versions_of_a_key_never_overlap_and_leave_no_gap(macro: Macro, seen: list[Observation]) -> None:
    for before, after in _neighbours(versions(macro, seen)):
        assert before.valid_to == after.observed_from
        assert before.number + 1 == after.number


@given(seen=observations)
def test_each_key_has_one_open_version_and_no_empty_one(macro: Macro, seen: list[Observation]) -> None:
    found = versions(macro, seen)
    for key in {row.key for row in seen}:
        assert [version.valid_to for version in found if version.key == key].count(None) == 1
    assert all(version.valid_to is None or version.observed_from < version.valid_to for version in found)


@given(seen=observations)
def test_at_every_observed_moment_the_version_says_what_was_observed(macro: Macro, seen: list[Observation]) -> None:
    found = versions(macro, seen)
    for row in seen:
        valid = [
            version.state
            for version in found
            if version.key == row.key
            and version.observed_from <= row.observed_at
            and (version.valid_to is None or row.observed_at < version.valid_to)
        ]
        assert valid == [row.state]


@given(seen=observations)
def test_a_version_differs_from_the_one_before(macro: Macro, seen: list[Observation]) -> None:
    assert all(before.state != after.state for before, after in _neighbours(versions(macro, seen)))


@given(seen=observations, seed=st.integers(0, 1000))
def test_the_order_of_arrival_does_not_matter(macro: Macro, seen: list[Observation], seed: int) -> None:
    shuffled = random.Random(seed).sample(seen, len(seen))
    assert versions(macro, shuffled) == versions(macro, seen)


def test_there_and_back_again_is_three_versions(macro: Macro) -> None:
    seen = [Observation("a", START + timedelta(days=day), state) for day, state in enumerate("AABBBA")]
    assert [(version.state, version.number) for version in versions(macro, seen)] == [("A", 1), ("B", 2), ("A", 3)]


def _neighbours(found: list[Version]) -> list[tuple[Version, Version]]:
    return [(before, after) for before, after in zip(found, found[1:], strict=False) if before.key == after.key]
