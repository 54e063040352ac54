"""`python -m bench`: every part, or some of them."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from bench import databases, days, demo, governance, memory, online_retail, orchestration, scale, small_files
from bench.line import Section, page, show
from bench.measure import BenchError

#: Types of sources that are databases, as fondaco.yml names them.
ENGINES = ("postgres", "mysql", "sqlite")


def parts(work: Path, *, quick: bool) -> dict[str, Callable[[], Section]]:
    """What there is to measure, by name, in the order in which it is measured."""
    if quick:
        return {
            "online_retail": lambda: online_retail.measure(work, files=40, rounds=1),
            "days": lambda: days.measure(work, lengths=(20, 40), rounds=1),
            "memory": lambda: memory.measure(work, lengths=(10, 40), times=2),
            "demo": lambda: demo.measure(work, rounds=1),
            "small_files": lambda: small_files.measure(work, counts=(20, 200), rounds=1),
            "scale": lambda: scale.measure(work, sizes=(2_000, 4_000), days=20),
            "governance": lambda: governance.measure(orders=20_000, rounds=1),
            "orchestration": lambda: orchestration.measure(work, files=20, rounds=1),
            **{name: partial(databases.first_load, work, name, 20_000, 1) for name in ENGINES},
            **{f"{name}_changed": partial(databases.changed_rows, work, name, (5_000, 50_000), 1) for name in ENGINES},
        }
    return {
        "online_retail": lambda: online_retail.measure(work, files=200, rounds=5),
        "days": lambda: days.measure(work, lengths=(100, 200), rounds=3),
        "memory": lambda: memory.measure(work, lengths=(50, 100, 200), times=10),
        "demo": lambda: demo.measure(work, rounds=2),
        "small_files": lambda: small_files.measure(work, counts=(200, 2_000), rounds=3),
        "scale": lambda: scale.measure(work, sizes=(1_000_000, 10_000_000), days=548),
        "governance": lambda: governance.measure(orders=1_000_000, rounds=3),
        "orchestration": lambda: orchestration.measure(work, files=100, rounds=3),
        **{name: partial(databases.first_load, work, name, 5_000_000, 2) for name in ENGINES},
        **{f"{name}_changed": partial(databases.changed_rows, work, name, (500_000, 5_000_000), 3) for name in ENGINES},
    }


def main() -> int:
    """Measures, prints, and writes if asked to; 1 if something is wrong, never because something is slow."""
    parser = argparse.ArgumentParser(prog="bench", description="Speed and memory, as ratios of runs made in turn.")
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"only these: {', '.join(parts(Path(), quick=False))}")
    parser.add_argument("--quick", action="store_true", help="fewer files, each thing once: does it work, not how fast is it")
    parser.add_argument("--output", type=Path, metavar="FILE", help="write the tables as Markdown too")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="fondaco-bench-") as folder:
        known = parts(Path(folder), quick=options.quick)
        if unknown := set(options.parts) - set(known):
            parser.error(f"no such part: {', '.join(sorted(unknown))} (there are {', '.join(known)})")
        sections = list[Section]()
        for name, measure in known.items():
            if options.parts and name not in options.parts:
                continue
            print(f"measuring {name} …", file=sys.stderr)
            try:
                sections.append(measure())
            except BenchError as error:
                print(f"bench: {name}: {error}", file=sys.stderr)
                return 1
            show(sections[-1:])
    if options.output:
        options.output.write_text(page(sections), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
