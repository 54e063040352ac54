"""What holds of a lake however it came to be, held against the story of its source."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from fondaco.lake import Lake
from tests.proof.script import TABLES, Row, Story


def landed(lake: Lake) -> dict[str, list[tuple[str, Row]]]:
    """What landed, by table, as (operation, row) in landing order; all but whole numbers as text."""
    found = dict[str, list[tuple[str, Row]]]()
    for table in TABLES:
        files = [lake.url(file.path) for commit in lake.live().of_table("proof", table.name) for file in commit.files]
        names = ", ".join(f'cast("{column.name}" as varchar)' if column.type != "bigint" else column.name for column in table.columns)
        rows: list[tuple[Any, ...]] = []
        if files:
            bronze = lake.connection.read_parquet(files, union_by_name=True, hive_partitioning=False)
            rows = bronze.order("_batch_id, _position").project(f"_op, {names}").fetchall()
        found[table.name] = [(row[0], row[1:]) for row in rows]
    return found


def check(lake: Lake, story: Story, seen: Collection[tuple[str, Row]]) -> None:
    """Every version that could be seen landed, once, and nothing else; the last versions are the source's rows.

    Args:
        seen: (table, row) that the source held all through a run that ended well.
    """
    versions = landed(lake)
    for table in TABLES:
        rows = [row for operation, row in versions[table.name] if operation == "upsert"]
        assert len(rows) == len(set(rows)), f"{table.name}: a version landed twice"
        assert set(rows) <= story.ever[table.name], f"{table.name}: a row landed that never was"
        missed = {row for name, row in seen if name == table.name} - set(rows)
        assert not missed, f"{table.name}: rows were there to be seen and did not land: {sorted(missed)[:3]}"
        last = {row[: len(table.key)]: (operation, row) for operation, row in versions[table.name]}
        current = {key: row for key, (operation, row) in last.items() if operation == "upsert"}
        assert current == story.now[table.name], f"{table.name}: the lake's last versions are not the source's rows"
    assert {row for _, row in versions["ledger"]} == story.ever["ledger"], "every booking, however late"
    commits = lake.commits()
    assert [commit.number for commit in commits] == list(range(1, len(commits) + 1))
    assert all(commit.rows_read == commit.rows_landed + commit.rows_quarantined + commit.rows_known for commit in commits)
    assert lake.state() == lake.rebuild_state()
