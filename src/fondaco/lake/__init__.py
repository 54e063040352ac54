"""Write once, keep everything: rows as the source had them, in Parquet, made to count by a commit log.

land(sources, lake, quality)   sources -> typed rows and quarantine -> commit -> ingestion_state.json
Lake.commits(after)            what counts, for whoever reads the rows
Lake.state()                   where every table stands
"""

from fondaco.lake.commit import Commit, DataFile
from fondaco.lake.lake import Lake
from fondaco.lake.landing import LandingReport, TableReport, land
from fondaco.lake.quality import DefaultQuality, Quality
from fondaco.lake.quarantine import QuarantinedRow, QuarantineEntry, list_quarantine, show_quarantine
from fondaco.lake.state import State, TableState

__all__ = [
    "Commit",
    "DataFile",
    "DefaultQuality",
    "Lake",
    "LandingReport",
    "Quality",
    "QuarantineEntry",
    "QuarantinedRow",
    "State",
    "TableReport",
    "TableState",
    "land",
    "list_quarantine",
    "show_quarantine",
]
