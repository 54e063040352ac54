"""The lake, in a folder or in a bucket, as a run opens it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from fondaco.lake import Lake


def open_folder(place: Path, on_step: Callable[[str], None]) -> Lake:
    return Lake.open(place, on_step)
