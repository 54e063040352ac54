"""The first run over a shop's files against a script written by hand, and where the rest goes."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

from bench import baseline
from bench.drops import daily
from bench.line import Line, Section
from bench.measure import Cost, Costs, in_turn, python, run
from bench.shop import NOTHING, Called, Shop

#: What every build imports, whatever it builds.
_IMPORTS = "import fondaco.job, fondaco.lake, fondaco.warehouse, dbt.cli.main, dbt.adapters.duckdb"


def measure(work: Path, files: int, rounds: int) -> Section:
    """The section; `files` daily files are read."""
    drops, is_real = daily(work, files)
    shop, database = Shop(work / "first"), work / "baseline.duckdb"
    started, first = Shop.of_files(work / "started", drops), list[Called]()
    started.call("run")

    def first_run() -> Cost:
        Shop.of_files(shop.folder, drops)
        first.append(shop.call("run"))
        return first[-1].cost

    def cold_start() -> Cost:
        started.forget_parse()
        return warm_start()

    def warm_start() -> Cost:
        return started.call("build", NOTHING).cost

    costs = in_turn(
        rounds,
        {
            "run": first_run,
            "script": lambda: baseline.built(drops, database),
            "start": cold_start,
            "warm": warm_start,
            "imports": lambda: run(python("-c", _IMPORTS))[0],
            "script start": lambda: baseline.started(work / "empty.duckdb"),
        },
    )
    baseline.built(drops, database)
    same = baseline.checked(database, shop.warehouse)
    script, start, bare = costs["script"], costs["start"], costs["script start"]
    least = min(first, key=lambda called: called.cost.wall)
    return Section(
        f"First run over {files} daily files, {first[0].rows('landed'):,} rows",
        [
            Line("script written by hand, one process", script),
            Line("fondaco run", costs["run"], "the script", script),
            Line("fondaco run, start-up taken off both", costs["run"], "the script", script, start, bare),
            Line("start-up: imports and parse, nothing remembered", start, "the script", script),
            Line("start-up: the same, parse remembered", costs["warm"], "the script", script),
            Line("start-up: imports alone", costs["imports"], "the script", script),
            *_parts(least, start, costs["imports"]),
        ],
        [
            same,
            f"the script makes {len(baseline.MARTS)} of the gold tables; it keeps no lake, no history of customers and products, no ledger, and tests nothing",
            *([] if is_real else ["the real files are not here: these were made in their likeness"]),
            _slowest(least),
        ],
    )


def _parts(called: Called, start: Costs, imports: Costs) -> list[Line]:
    """Wall clock of the quickest run, told apart."""
    by_kind: dict[str, list[float]] = defaultdict(list)
    for node in called.data["build"]["nodes"]:
        by_kind[node["kind"]].append(node["seconds"])
    nodes = sum(map(sum, by_kind.values()))
    parse = start.wall - imports.wall
    return [
        Line("  of its wall: landing", wall=called.seconds("land")),
        Line("  of its wall: imports (as above)", wall=imports.wall),
        Line("  of its wall: dbt's parse and set-up (as above)", wall=parse),
        *(
            Line(f"  of its wall: {len(seconds)} nodes of kind {kind}", wall=sum(seconds))
            for kind, seconds in sorted(by_kind.items(), key=lambda item: -sum(item[1]))
        ),
        Line("  of its wall: between nodes, and all else", wall=called.cost.wall - called.seconds("land") - imports.wall - parse - nodes),
    ]


def _slowest(called: Called, most: int = 8) -> str:
    nodes = sorted(called.data["build"]["nodes"], key=lambda node: -node["seconds"])[:most]
    return "slowest nodes: " + ", ".join(f"{node['name']} {node['seconds']:.2f} s" for node in nodes)
