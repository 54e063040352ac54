"""A shop whose files are dropped into a folder, and somebody who watches."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from fondaco.settings import Settings, load_settings

HEADER = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"
GOOD = "536365,85123A,HEART,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom"
BAD = "536366,71053,LANTERN,six,2010-12-01 08:28:00,3.39,17850.0,United Kingdom"
Drop = Callable[..., Path]


class Watcher:
    """Notes what it is told."""

    def __init__(self) -> None:
        self.steps: list[str] = []
        self.notes: list[str] = []

    def step(self, name: str, doing: str) -> None:
        self.steps.append(name)

    def note(self, text: str) -> None:
        self.notes.append(text)

    def done(self, name: str, text: str, took: float) -> None: ...


@pytest.fixture
def watcher() -> Watcher:
    return Watcher()


@pytest.fixture
def shop(tmp_path: Path) -> Settings:
    (tmp_path / "in").mkdir()
    (tmp_path / "fondaco.yml").write_text("project: drops\nsources: {shop: {type: files, path: in, system: online_retail}}\n")
    return load_settings(tmp_path, environ={})


@pytest.fixture
def drop(tmp_path: Path) -> Drop:
    """Writes a gzip CSV of the lines into the folder of the drops."""

    def drop(name: str, *lines: str, header: str = HEADER) -> Path:
        path = tmp_path / "in" / name
        path.write_bytes(gzip.compress("\n".join([header, *lines, ""]).encode()))
        return path

    return drop
