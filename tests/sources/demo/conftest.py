"""Shops that have lived: a small one for a year and a half, a smaller one for two months."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from fondaco.sources.demo import live

START = date(2025, 1, 1)


@pytest.fixture(scope="session")
def year_and_a_half(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """300 customers, 548 days."""
    path = tmp_path_factory.mktemp("demo") / "year_and_a_half.sqlite"
    live(path, seed=42, customers=300, start=START, until=date(2026, 7, 3))
    return path


@pytest.fixture(scope="session")
def two_months(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """200 customers' worth of a shop, its first 60 days."""
    path = tmp_path_factory.mktemp("demo") / "two_months.sqlite"
    live(path, seed=42, customers=200, start=START, until=date(2025, 3, 2))
    return path
