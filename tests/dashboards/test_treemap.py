"""Tiles fill their place, each by its share."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fondaco.dashboards.treemap import tiles


@given(st.lists(st.floats(0.1, 1e6), min_size=1, max_size=15))
def test_a_tile_is_as_large_as_its_share_and_no_two_overlap(values: list[float]) -> None:
    values = sorted(values, reverse=True)
    made = tiles(values, 760, 330)
    assert len(made) == len(values)
    for value, tile in zip(values, made, strict=True):
        assert (tile.right - tile.left) * (tile.bottom - tile.top) == pytest.approx(760 * 330 * value / sum(values), rel=1e-6)
        assert -1e-6 <= tile.left <= tile.right <= 760 + 1e-6
        assert -1e-6 <= tile.top <= tile.bottom <= 330 + 1e-6
    for one, other in combinations(made, 2):
        wide = min(one.right, other.right) - max(one.left, other.left)
        high = min(one.bottom, other.bottom) - max(one.top, other.top)
        assert min(wide, high) <= 1e-6


def test_nothing_has_no_tiles() -> None:
    assert tiles([], 10, 10) == []
