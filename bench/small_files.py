"""Many small files in one run: what a file costs to list and to land, by their number."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from bench.line import Line, Section
from bench.measure import BenchError, Cost, in_turn
from bench.shop import Shop

_HEADER = "customer_id,email,phone,first_name,last_name,country,created_at,updated_at\n"
_ROWS = 10


def measure(work: Path, counts: tuple[int, ...], rounds: int) -> Section:
    """The section: each number of files landed, then looked at again with nothing new; the most rows also in one file."""
    section = Section(f"Small files of {_ROWS} rows in one run")
    cases: dict[str, Callable[[], Cost]] = {}
    for name, files, rows in [
        *((f"{count:,} files", count, _ROWS) for count in counts),
        ("the same rows in 1 file", 1, _ROWS * counts[-1]),
    ]:
        drops = work / f"small-{files}"
        _write(drops, files, rows)
        cases[name] = lambda drops=drops, rows=files * rows: _first(work, drops, rows)  # type: ignore[misc]
        cases[f"{name}, nothing new"] = lambda drops=drops: _again(work, drops)  # type: ignore[misc]
    costs = in_turn(rounds, cases)
    base = next(iter(costs.values()))
    for name, cost in costs.items():
        section.lines.append(Line(name, cost, "" if cost is base else f"{counts[0]:,} files", None if cost is base else base))
    few, many = counts[0], counts[-1]
    for what, ending in (("landing", ""), ("listing", ", nothing new")):
        more = costs[f"{many:,} files{ending}"].wall - costs[f"{few:,} files{ending}"].wall
        section.notes.append(f"{what} one more file: {1000 * more / (many - few):.2f} ms")
    return section


def _write(folder: Path, files: int, rows: int) -> None:
    folder.mkdir(parents=True)
    for file in range(files):
        numbers = range(file * rows, (file + 1) * rows)
        lines = (f"c{n},c{n}@example.com,+49 30 {n:07d},Anna,Meyer,DE,2024-01-01 10:00:00,2024-05-01 10:00:00\n" for n in numbers)
        place = folder / f"customers-{file:05d}.csv"
        place.write_text(_HEADER + "".join(lines))
        os.utime(place, (0, 0))  # a file that changed lately is looked at twice


def _first(work: Path, drops: Path, rows: int) -> Cost:
    shop = Shop.of_files(work / f"shop-{drops.name}", drops, "plain")
    called = shop.call("ingest")
    if called.rows("landed") != rows:
        raise BenchError(f"{called.rows('landed'):,} of {rows:,} rows landed")
    return called.cost


def _again(work: Path, drops: Path) -> Cost:
    """After `_first`, so that all files have landed."""
    called = Shop(work / f"shop-{drops.name}").call("ingest")
    if called.rows("read"):
        raise BenchError("a run with nothing new read something")
    return called.cost
