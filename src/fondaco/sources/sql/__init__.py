"""Shops in a SQL database: PostgreSQL, MySQL or MariaDB, and SQLite, behind one shape.

A run sees one snapshot of the database. Its rows are read by DuckDB in a process-wide memory limit and come as Arrow; the select list
is made from the source's own catalogue, so that every value is exact: in its own type where that is exact, as text where it is not.

dialect.py    what engines say differently, and a column as it is read
postgres.py   mysql.py   sqlite.py
link.py       the snapshot: connecting, asking, streaming in bounded memory, giving up in time
window.py     the part of a table that a run reads, by its cursor
condition.py  which rows those are, through the parent for a child
values.py     batches as the lake expects them; values that no type of ours holds come as text
database.py   the source itself
health.py     what the doctor asks: rights, indexes, clock, replication
"""

from __future__ import annotations

from fondaco.sources.sql.database import SqlDatabase

__all__ = ["SqlDatabase"]
