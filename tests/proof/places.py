"""The lake, in a folder or in a bucket, as a run opens it."""

from __future__ import annotations

from collections.abc import Callable

from fondaco.lake import Lake
from fondaco.storage import Place


def open_lake(place: Place, on_step: Callable[[str], None]) -> Lake:
    return Lake.open(place, on_step)
