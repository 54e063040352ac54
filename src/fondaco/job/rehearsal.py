"""How many rows of a pull are new: typed and held against the lake as a landing would, and nothing is written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from fondaco.lake import rows
from fondaco.lake.known import Landed, by_columns, mark_known
from fondaco.lake.tally import Tally

if TYPE_CHECKING:
    from fondaco.contracts import Table
    from fondaco.lake import Commit, Lake
    from fondaco.sources import Pull


def new_rows(lake: Lake, table: Table, pull: Pull, commits: Sequence[Commit]) -> int:
    """Rows that would land or be put aside, without those that are known.

    Args:
        commits: those of the table so far.

    Raises:
        SourceError: the source fails while it is read.
    """
    low = pull.window[0] if pull.overlaps == "window" and pull.window else None
    recent = [commit for commit in commits if low is None or commit.reaches(low)]
    landed = Landed(
        by_columns(recent, lake.url),
        [lake.url(commit.quarantine.path) for commit in commits if commit.quarantine],
    )
    connection, tally = lake.connection, Tally()
    rows.begin(connection)
    for batch in pull.batches:
        if batch.num_rows:
            shape = rows.load_piece(connection, table, [batch], sum(tally.rows.values()) + 1)
            rows.type_piece(connection, shape, is_compared=landed.is_compared())
            mark_known(connection, table, landed)
            rows.keep_bad(connection, shape, landed)
            rows.count(connection, table, pull.clock, tally)
            rows.drop_piece(connection)
    bad = connection.execute("select count(*) from bad").fetchone()
    return tally.landed + (bad[0] if bad else 0) + len(pull.rejects)
