"""The three parts of `make run`: the simulated shop lives its first days, the first run, one more day."""

from __future__ import annotations

from pathlib import Path

from bench.line import Line, Section
from bench.measure import Cost, Costs, in_turn
from bench.shop import Called, Shop


def measure(work: Path, rounds: int) -> Section:
    """The section."""
    shop, firsts = Shop(work / "demo"), list[Called]()

    def first() -> Cost:
        Shop.demo(shop.folder)
        firsts.append(shop.call("run"))
        return firsts[-1].cost

    def one_more_day() -> Cost:
        return shop.call("demo", "--days", "1").cost + shop.call("run").cost

    costs = in_turn(rounds, {"first": first, "day": one_more_day})
    least = min(firsts, key=lambda called: called.cost.wall)
    whole = Costs(tuple(one + other for one, other in zip(costs["first"].each, costs["day"].each, strict=True)))
    return Section(
        f"The demo (make run), {firsts[0].rows('landed'):,} rows",
        [
            Line("first run: simulate, land, build, test", costs["first"]),
            *(Line(f"  of its wall: {step}", wall=least.seconds(step)) for step in ("simulate", "land", "build", "summarise")),
            Line("one more day: simulate, then run", costs["day"], "the first run", costs["first"]),
            Line("all three", whole),
        ],
    )
