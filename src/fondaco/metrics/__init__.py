"""Figures by their definition: what each means, and the SQL that answers a question about it.

definitions  the glossary as values, read from dbt's semantic manifest
question     what is asked, held against the definitions: names, dimensions, times
condition    a condition on dimensions, as a person writes it
compiler     a question as SQL, by MetricFlow; the only module that knows it
shapes       the SQL of questions that differ in their values alone, compiled once
answer       the rows of several metrics, side by side

Nothing here opens the warehouse: whoever asks runs the SQL on a connection of their own, with their own rights.
"""

from __future__ import annotations

from fondaco.metrics.answer import Answer, answer
from fondaco.metrics.compiler import Compiler, Engine, relations
from fondaco.metrics.definitions import Catalogue, Dimension, Metric, catalogue_of
from fondaco.metrics.question import GRAINS, Asked, Question
from fondaco.metrics.shapes import Shapes

__all__ = [
    "GRAINS",
    "Answer",
    "Asked",
    "Catalogue",
    "Compiler",
    "Dimension",
    "Engine",
    "Metric",
    "Question",
    "Shapes",
    "answer",
    "catalogue_of",
    "relations",
]
