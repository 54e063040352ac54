"""The models as plain SQL: what dbt would make of them on an empty warehouse, run one after the other in one process of DuckDB.

python -m bench.plain FOLDER DATABASE     the shop in that folder, its lake as it stands
"""

from __future__ import annotations

import sys
from pathlib import Path

import duckdb

from bench.measure import ROOT
from fondaco.lake import Lake
from fondaco.settings import load_settings
from fondaco.storage import place_of
from fondaco.warehouse import bronze, ops
from fondaco.warehouse.project import systems_of, variables


def main(folder: Path, database: Path) -> None:
    """Builds every model from the lake."""
    sys.path.insert(0, str(ROOT))
    from tests.warehouse.project import Project

    settings = load_settings(folder)
    systems = systems_of(settings)
    lake = Lake.open(place_of(settings.lake))
    project = Project(ROOT, **variables(settings, systems))
    database.unlink(missing_ok=True)
    with duckdb.connect(str(database), config={"memory_limit": settings.warehouse.memory_limit}) as connection:
        connection.execute("set TimeZone = 'UTC'")
        ops.prepare(connection)
        for statement in bronze.statements(systems, lake.live().commits, lake.url, since=0):
            connection.execute(statement)
        project.prepare(connection)
        project.build(connection)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
