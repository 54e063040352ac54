"""What a shop is made of (contracts/) and what a real system's tables are (systems/), as frozen values.

A contract describes an entity as the warehouse knows it; a system describes the tables that a source really has.
The mapping from one to the other is SQL (warehouse/models/staging/<system>/), not anything here.

    formats.py  how files are written
    shape.py    the values
    place.py    a mapping of a file, which knows its line
    load.py     the files, read
"""

from __future__ import annotations

from fondaco.contracts.formats import KINDS, FileFormat, Kind, truth_words
from fondaco.contracts.load import load_contracts, load_system
from fondaco.contracts.place import Place
from fondaco.contracts.shape import (
    CLASSIFICATIONS,
    SCALAR_TYPES,
    Column,
    Contract,
    Parent,
    SoftDelete,
    System,
    Table,
    decimal_parts,
    is_number,
    is_type,
)

__all__ = [
    "CLASSIFICATIONS",
    "KINDS",
    "SCALAR_TYPES",
    "Column",
    "Contract",
    "FileFormat",
    "Kind",
    "Parent",
    "Place",
    "SoftDelete",
    "System",
    "Table",
    "decimal_parts",
    "is_number",
    "is_type",
    "load_contracts",
    "load_system",
    "truth_words",
]
