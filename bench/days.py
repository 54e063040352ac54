"""What nothing new costs, and what a day costs, against the first run; and whether it grows with history."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from bench.drops import copy, daily
from bench.line import Line, Section
from bench.measure import BenchError, Cost, in_turn
from bench.shop import Shop


def measure(work: Path, lengths: tuple[int, ...], rounds: int) -> Section:
    """The section; a history of each length is measured, the longest last."""
    cases: dict[str, Callable[[], Cost]] = {}
    for files in lengths:
        shop, last = _with_history(work, files)
        cases |= {
            f"first {files}": lambda files=files: _first(work, files),  # type: ignore[misc]
            f"day {files}": lambda shop=shop, last=last: _day(shop, last),  # type: ignore[misc]
            f"nothing {files}": lambda shop=shop: _nothing(shop),  # type: ignore[misc]
        }
    costs = in_turn(rounds, cases)
    section = Section("Nothing new, and one new day")
    short, long = lengths[0], lengths[-1]
    for files in lengths:
        first = costs[f"first {files}"]
        section.lines += [
            Line(f"first run, {files} files", first),
            Line(f"one new day after {files - 1}", costs[f"day {files}"], "its first run", first),
            Line(f"nothing new after {files}", costs[f"nothing {files}"], "its first run", first),
        ]
    section.lines += [
        Line(f"one new day after {long - 1}", costs[f"day {long}"], f"after {short - 1}", costs[f"day {short}"]),
        Line(f"nothing new after {long}", costs[f"nothing {long}"], f"after {short}", costs[f"nothing {short}"]),
    ]
    return section


def _with_history(work: Path, files: int) -> tuple[Shop, Path]:
    """A shop that has landed all files but the last, put aside, and that last file."""
    drops, _ = daily(work, files)
    *former, last = sorted(drops.glob("*.csv.gz"))
    folder = work / f"history-{files}"
    shop = Shop.of_files(folder, folder / "drops")
    copy(former, folder / "drops")
    shop.call("run")
    shop.keep()
    return shop, last


def _first(work: Path, files: int) -> Cost:
    drops, _ = daily(work, files)
    return Shop.of_files(work / "first", drops).call("run").cost


def _day(shop: Shop, last: Path) -> Cost:
    shop.back()
    shutil.copy2(last, shop.folder / "drops")
    called = shop.call("run")
    if not called.rows("landed"):
        raise BenchError(f"the new day's file did not land: {last.name}")
    return called.cost


def _nothing(shop: Shop) -> Cost:
    """After `_day`, so that all files have landed."""
    called = shop.call("run")
    if called.rows("read") or called.data["build"]:
        raise BenchError("a run with nothing new did something")
    return called.cost
