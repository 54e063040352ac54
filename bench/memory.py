"""The peak of the first run: by number of files, and in a shop of ten times the size."""

from __future__ import annotations

from pathlib import Path

from bench.drops import daily, larger
from bench.line import Line, Section
from bench.measure import Costs
from bench.shop import Called, Shop

#: What the first run may take.
LIMIT = 2_000_000_000


def measure(work: Path, lengths: tuple[int, ...], times: int) -> Section:
    """The section: each number of files once, then the longest `times` over, as daily files and as files of ten days."""
    section = Section("Peak memory of the first run")
    base: Costs | None = None
    for files in lengths:
        drops, _ = daily(work, files)
        base = _add(section, f"{files} files", _first(work, drops), base, f"{lengths[0]} files")
    drops, _ = daily(work, lengths[-1])
    if times > 1:
        many = _add(section, f"{times * lengths[-1]:,} files", _first(work, larger(work, drops, times)), None, "")
        few = larger(work, drops, times, days_a_file=10)
        _add(section, f"the same in {len(list(few.iterdir())):,} files", _first(work, few), many, f"{times * lengths[-1]:,} files")
    worst = max(line.costs.peak for line in section.lines if line.costs)
    section.notes.append(f"highest: {worst / 1e6:,.0f} MB, {'under' if worst < LIMIT else 'OVER'} the limit of {LIMIT / 1e6:,.0f} MB")
    return section


def _first(work: Path, drops: Path) -> Called:
    return Shop.of_files(work / "first", drops).call("run")


def _add(section: Section, what: str, called: Called, base: Costs | None, against: str) -> Costs:
    costs = Costs((called.cost,))
    section.lines.append(Line(f"{what}, {called.rows('landed'):,} rows", costs, against if base else "", base))
    parts = {"landing": called.seconds("land"), "build": called.seconds("build")}
    slowest = max(called.data["build"]["nodes"], key=lambda node: node["seconds"])
    told = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in parts.items())
    section.notes.append(f"{what}: {told}; slowest node {slowest['name']} {slowest['seconds']:.1f} s")
    return base or costs
