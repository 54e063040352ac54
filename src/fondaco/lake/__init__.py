"""Write once, keep everything: rows as the source had them, in Parquet, made to count by a commit log.

land(sources, lake, quality)   sources -> typed rows and quarantine -> commit -> ingestion_state.json
Lake.live()                    what counts, for whoever reads the rows
Lake.commits(after)            what happened
EarlierLake                    the lake as it was after one of its commits
Lake.state()                   where every table stands
Lake.audit                     who did what to it
"""

from fondaco.lake.audit import AuditEntry
from fondaco.lake.commit import Commit, DataFile
from fondaco.lake.compaction import Compaction, compact
from fondaco.lake.earlier import EarlierLake
from fondaco.lake.lake import Lake
from fondaco.lake.landing import Asked, LandingReport, TableReport, land
from fondaco.lake.live import Live, batches_of
from fondaco.lake.quality import DefaultQuality, Quality
from fondaco.lake.quarantine import STATUSES, QuarantinedRow, QuarantineEntry, Status, count_quarantine, list_quarantine, show_quarantine
from fondaco.lake.replay import Chosen, Dropped, Replayed, drop, replay
from fondaco.lake.resent import superseded
from fondaco.lake.rewind import Rewound, rewind
from fondaco.lake.state import State, TableState
from fondaco.lake.writer import Origin

__all__ = [
    "STATUSES",
    "Asked",
    "AuditEntry",
    "Chosen",
    "Commit",
    "Compaction",
    "DataFile",
    "DefaultQuality",
    "Dropped",
    "EarlierLake",
    "Lake",
    "LandingReport",
    "Live",
    "Origin",
    "Quality",
    "QuarantineEntry",
    "QuarantinedRow",
    "Replayed",
    "Rewound",
    "State",
    "Status",
    "TableReport",
    "TableState",
    "batches_of",
    "compact",
    "count_quarantine",
    "drop",
    "land",
    "list_quarantine",
    "replay",
    "rewind",
    "show_quarantine",
    "superseded",
]
