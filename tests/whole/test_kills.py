"""A run that is killed at any moment, followed by a run, ends where an undisturbed run ends."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from fondaco.job.simulate import live_on
from tests.whole.conftest import Shop, differences, retail
from tests.whole.test_online_retail import DAYS

#: A run that kills itself after so many of its steps: files written, synced and committed, days lived, tables landed, models begun.
#: With 0 it ends undisturbed and says how many steps there were, and which.
RUN = """
import os, signal, sys
from pathlib import Path
from fondaco.job import run
from fondaco.lake import Lake
from fondaco.settings import load_settings

point, seen = int(sys.argv[2]), []

def step(name):
    seen.append(name)
    if len(seen) == point:
        os.kill(os.getpid(), signal.SIGKILL)

class Watch:
    def step(self, name, doing): step(f"step {name}")
    def note(self, text): step(text)
    def done(self, name, text, took): step(f"done {name}")

opened = Lake.open
Lake.open = classmethod(lambda cls, place, on_step=None, **more: opened(place, lambda name: step(f"lake {name}"), **more))
report = run(load_settings(Path(sys.argv[1]), None, {}), watch=Watch())
print("\\n".join(seen))
sys.exit(report.exit_code)
"""

DEMO = """\
version: 1
project: small
business: {timezone: Europe/Berlin, currency: EUR}
quality: {max_bad_share: 20%}
sources: {shop: {type: demo, customers: 200, days: 40}}
"""


def run_until(shop: Shop, point: int) -> list[str]:
    """A run of its own process that is killed at this step; its steps if it ended before."""
    process = subprocess.run([sys.executable, "-c", RUN, str(shop.root), str(point)], capture_output=True, text=True, check=False)
    if process.returncode == -signal.SIGKILL:
        return []
    assert process.returncode == 0, process.stderr
    return process.stdout.splitlines()


@dataclass(frozen=True)
class Scene:
    """A shop as it is before the run that is to be killed, and as it is after that run when nobody kills it.

    Attributes:
        steps: what the undisturbed run did, in its order.
        seconds: how long it took.
    """

    before: Shop
    after: Shop
    steps: Sequence[str]
    seconds: float

    def copy(self, folder: Path) -> Shop:
        return self.before.copy(folder)

    def point(self, name: str, share: float = 0.0) -> int:
        """The number of the first step of this name, or of one so much further on the way from there to the end."""
        first = self.steps.index(name) + 1
        return first + int(share * (len(self.steps) - first))


def scene(before: Shop, folder: Path) -> Scene:
    after = before.copy(folder)
    began = time.perf_counter()
    steps = run_until(after, 0)
    return Scene(before, after, steps, time.perf_counter() - began)


def gifts(root: Path) -> Shop:
    """Files of five days, none read yet."""
    return retail(root, DAYS)


def gifts_and_more(root: Path) -> Shop:
    """Three days are in the warehouse; two more, and a day that was sent again, are not."""
    names = sorted(DAYS)
    shop = retail(root, {name: DAYS[name] for name in names[:3]})
    shop.run()
    for name in names[3:]:
        shop.drop(name, DAYS[name])
    return shop


def gifts_and_a_correction(root: Path) -> Shop:
    """As before, but a day that is in the warehouse was sent again with other lines."""
    shop = gifts_and_more(root)
    name = min(DAYS)
    shop.drop(name, DAYS[name][1:])
    return shop


def demo(root: Path) -> Shop:
    """A simulated shop that has not begun to live."""
    return Shop(root).configure(DEMO)


def demo_and_days(root: Path) -> Shop:
    """A simulated shop that lived three days more since it was read."""
    shop = demo(root)
    shop.run()
    live_on(shop.settings, "shop", 3, None, lambda day: None)
    return shop


SCENES: Mapping[str, Callable[[Path], Shop]] = {
    made.__name__: made for made in (gifts, gifts_and_more, gifts_and_a_correction, demo, demo_and_days)
}


@pytest.fixture(scope="module")
def scenes(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Scene]:
    """Scenes by name, each made once."""
    made: dict[str, Scene] = {}

    def get(name: str) -> Scene:
        if name not in made:
            folder = tmp_path_factory.mktemp(name)
            made[name] = scene(SCENES[name](folder / "before"), folder / "after")
        return made[name]

    return get


def go_on(shop: Shop, undisturbed: Shop) -> None:
    """The next run makes everything good, and leaves nothing to do for the one after it."""
    shop.run()
    assert differences(undisturbed, shop) == []
    lake = shop.lake
    assert lake.state() == lake.rebuild_state()
    assert all((Path(shop.settings.lake.path) / path).is_file() for commit in lake.commits() for path in commit.data_paths())
    again = shop.run()
    assert again.build is None
    assert {table.commits for table in again.tables} == {0}


FAST = [
    pytest.param("gifts", "lake synced", 0.0, id="rows_written_not_committed"),
    pytest.param("gifts", "step build", 0.0, id="landed_not_built"),
    pytest.param("gifts", "step build", 0.5, id="in_the_midst_of_the_first_build"),
    pytest.param("gifts_and_more", "step build", 0.3, id="early_in_a_second_build", marks=pytest.mark.slow),
    pytest.param("gifts_and_more", "step build", 0.8, id="late_in_a_second_build"),
]


@pytest.mark.parametrize(("name", "step", "share"), FAST)
def test_a_kill_at_a_step_is_made_good_by_the_next_run(
    scenes: Callable[[str], Scene], shop_at: Callable[[], Path], name: str, step: str, share: float
) -> None:
    found = scenes(name)
    shop = found.copy(shop_at())
    assert run_until(shop, found.point(step, share)) == []
    go_on(shop, found.after)


@pytest.mark.slow
@pytest.mark.timeout(3_600)
@pytest.mark.parametrize("name", SCENES)
def test_a_kill_at_any_of_many_steps_is_made_good_by_the_next_run(
    scenes: Callable[[str], Scene], tmp_path_factory: pytest.TempPathFactory, name: str
) -> None:
    found = scenes(name)
    build = found.steps.index("step build")
    # every kind of step before the build, in a first and in a later run, and points all over the build; landing alone is killed
    # many more times in tests/proof
    points = sorted({found.steps.index(step) + 1 for step in found.steps[:build] if step.startswith(("lake", "step", "done"))})
    points = points if name in ("gifts", "gifts_and_more") else []
    points += [build + 1 + round(share * (len(found.steps) - build - 1) / 3) for share in range(1, 4)]
    for point in points:
        shop = found.copy(tmp_path_factory.mktemp(f"killed_{point}") / "shop")
        assert run_until(shop, point) == [], found.steps[point - 1]
        go_on(shop, found.after)


@pytest.mark.slow
@pytest.mark.timeout(3_600)
@pytest.mark.parametrize(("name", "shares"), [("gifts_and_more", (0.9, 0.3)), ("demo_and_days", (0.3, 0.9)), ("demo", (0.9, 0.3))])
def test_two_kills_one_after_the_other_are_made_good_by_the_next_run(
    scenes: Callable[[str], Scene], tmp_path_factory: pytest.TempPathFactory, name: str, shares: tuple[float, float]
) -> None:
    found = scenes(name)
    shop = found.copy(tmp_path_factory.mktemp("killed_twice") / "shop")
    for share in shares:
        run_until(shop, found.point("step build", share))
    go_on(shop, found.after)


#: Into so many parts a run is divided, to be killed once in each.
_MOMENTS = 2
#: The command as a person calls it.
COMMAND = [sys.executable, "-c", "import sys; from fondaco.cli import main; sys.exit(main())"]


@pytest.mark.slow
@pytest.mark.timeout(3_600)
@pytest.mark.parametrize("name", ["gifts", "gifts_and_more", "demo_and_days"])
def test_a_kill_at_any_time_is_made_good_by_the_next_run(
    scenes: Callable[[str], Scene], tmp_path_factory: pytest.TempPathFactory, name: str
) -> None:
    """At moments that are no step of ours: inside a statement, inside a write."""
    found, chance = scenes(name), random.Random(name)
    for number in range(_MOMENTS):
        shop = found.copy(tmp_path_factory.mktemp("killed_at_a_time") / "shop")
        process = subprocess.Popen([*COMMAND, "run", "-C", str(shop.root)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        # spread over the whole run; a run that ends before its time comes is no less of a test
        wait = found.seconds * (number + chance.random()) / _MOMENTS
        try:
            process.wait(timeout=wait)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
        go_on(shop, found.after)
