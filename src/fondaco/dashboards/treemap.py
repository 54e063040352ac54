"""Rectangles whose areas are shares of a whole, as square as can be (Bruls, Huizing and van Wijk, 2000)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Tile:
    """A rectangle, by its corners."""

    left: float
    top: float
    right: float
    bottom: float


def tiles(values: Sequence[float], width: float, height: float) -> list[Tile]:
    """A tile for each value, in their order; values are above 0 and fall."""
    scale = width * height / sum(values) if values else 0.0
    areas, made = [value * scale for value in values], list[Tile]()
    left = top = 0.0
    while areas:
        side = min(width - left, height - top)
        count = 1
        while count < len(areas) and _worst(areas[: count + 1], side) <= _worst(areas[:count], side):
            count += 1
        row, areas = areas[:count], areas[count:]
        thick = sum(row) / side
        along = top if width - left >= height - top else left
        for area in row:
            long = area / thick
            if width - left >= height - top:
                made.append(Tile(left, along, left + thick, along + long))
            else:
                made.append(Tile(along, top, along + long, top + thick))
            along += long
        if width - left >= height - top:
            left += thick
        else:
            top += thick
    return made


def _worst(row: Sequence[float], side: float) -> float:
    """How far from square the worst tile of a row is."""
    total = sum(row)
    return max(max(side**2 * area / total**2, total**2 / (side**2 * area)) for area in row)
