"""What a shop is made of (contracts/) and what a real system's tables are (systems/), as frozen values.

A contract describes an entity as the warehouse knows it; a system describes the tables that a source really has.
The mapping from one to the other is SQL (warehouse/models/staging/<system>/), not anything here.

    shape.py   the values
    load.py    the files, read with their line numbers
"""

from __future__ import annotations

from fondaco.contracts.load import load_contracts, load_system
from fondaco.contracts.shape import (
    CLASSIFICATIONS,
    SCALAR_TYPES,
    Column,
    Contract,
    FileFormat,
    Parent,
    System,
    Table,
    decimal_parts,
    is_type,
)

__all__ = [
    "CLASSIFICATIONS",
    "SCALAR_TYPES",
    "Column",
    "Contract",
    "FileFormat",
    "Parent",
    "System",
    "Table",
    "decimal_parts",
    "is_type",
    "load_contracts",
    "load_system",
]
