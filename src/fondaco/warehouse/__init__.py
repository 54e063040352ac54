"""The warehouse: one door to the engine, bronze over the lake in place, dbt for everything after.

door.py      connections; nobody else opens the warehouse
bronze.py    views over the committed files of the lake, as statements
widening.py  the type that holds what several types held
project.py   what dbt is told: variables, folders, and a fingerprint of all that shapes the tables
batches.py   what the log says of each batch, and how many of its rows bronze shows
plugin.py    how dbt comes to read a lake in a bucket
lineage.py   which marts there are, what they are made of, whom a test blames
dbt.py       one `dbt build` in this process, its result as values
ops.py       which builds and runs there were, and up to which commit
publish.py   a mart is shown to readers once its checks have passed
build.py     bronze, dbt, publish, record: the stage
clv/         what customers will buy, for dbt's Python models
known.py     the warehouse as it was known on a day
graph.py     the dbt project as values: what is made of what, which check holds whom to account
semantic.py  the project as dbt reads it: the definitions of figures, the graph
query.py     a question in SQL, answered read-only
summary.py   the figures of the last screen
comparison.py       a relation against what it should hold, cell by cell
reconciliation.py   rows and money from layer to layer
totals.py    what must stay when a person is forgotten
"""

from __future__ import annotations

from fondaco.warehouse.build import BuildReport, build, build_anew, needs_build, tells_of_forgotten
from fondaco.warehouse.graph import Graph, GraphCheck, GraphNode, is_current, kept_graph
from fondaco.warehouse.known import as_known_at
from fondaco.warehouse.nodes import Failure, NodeResult
from fondaco.warehouse.ops import note_runs
from fondaco.warehouse.publish import MartStatus, mart_statuses
from fondaco.warehouse.query import QueryResult, query, query_all, row_counts
from fondaco.warehouse.semantic import prepare_graph, semantic_manifest
from fondaco.warehouse.summary import Kpi, Product, Segment, Summary, summary

__all__ = [
    "BuildReport",
    "Failure",
    "Graph",
    "GraphCheck",
    "GraphNode",
    "Kpi",
    "MartStatus",
    "NodeResult",
    "Product",
    "QueryResult",
    "Segment",
    "Summary",
    "as_known_at",
    "build",
    "build_anew",
    "is_current",
    "kept_graph",
    "mart_statuses",
    "needs_build",
    "note_runs",
    "prepare_graph",
    "query",
    "query_all",
    "row_counts",
    "semantic_manifest",
    "summary",
    "tells_of_forgotten",
]
