"""Types of source databases at their extremes: what is written, and what the lake must hold then. The docs' table is made of it, too.

case.py      what a case is
postgres.py  mariadb.py  sqlite.py
"""

from __future__ import annotations

from tests.sqltypes.case import Bad, Case
from tests.sqltypes.mariadb import MARIADB
from tests.sqltypes.postgres import POSTGRES
from tests.sqltypes.sqlite import SQLITE

CASES: dict[str, tuple[Case, ...]] = {"postgres": POSTGRES, "mysql": MARIADB, "sqlite": SQLITE}

__all__ = ["CASES", "Bad", "Case"]
