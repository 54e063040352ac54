"""What Dagster adds to a plain run: its start, the same day landed and built through it, each asset and check, the daemon's memory."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import psutil

from bench.drops import copy, daily
from bench.line import Line, Section
from bench.measure import BenchError, Cost, in_turn, python, run
from bench.shop import Shop

#: Loads the definitions as a run does.
_LOAD = """
from fondaco.orchestration.definitions import of_shop
from fondaco.settings import load_settings
of_shop(load_settings()).get_repository_def().get_all_jobs()
"""
#: One run of everything, as the process that Dagster starts for it: with events in its own storage.
_RUN = """
import sys
from datetime import datetime
from zoneinfo import ZoneInfo
from dagster import DagsterInstance
from fondaco.orchestration.definitions import of_shop
from fondaco.settings import load_settings
settings = load_settings()
today = f"{datetime.now(ZoneInfo(settings.business.timezone)):%Y-%m-%d}"
with DagsterInstance.get() as instance:
    job = of_shop(settings).resolve_job_def("everything")
    done = job.execute_in_process(instance=instance, partition_key=today)
made = [event for event in done.all_events if event.event_type_value in ("ASSET_MATERIALIZATION", "ASSET_CHECK_EVALUATION")]
print(len(made))
"""


def measure(work: Path, files: int, rounds: int) -> Section:
    """The section: a new day of a shop with so many days behind it."""
    drops, _ = daily(work, files)
    *former, last = sorted(drops.glob("*.csv.gz"))
    folder = work / "orchestration"
    shop = Shop.of_files(folder, folder / "drops")
    copy(former, folder / "drops")
    shop.call("run")
    run(python("-c", "import sys; from fondaco.cli import main; sys.exit(main())", "dagster", "--prepare", "-C", str(folder), "-q"))
    shop.keep()
    told = {"DAGSTER_HOME": str(folder / ".fondaco/dagster"), "FONDACO_CONFIG": str(folder / "fondaco.yml")}
    events: list[int] = []

    def plain() -> Cost:
        shop.back()
        shutil.copy2(last, folder / "drops")
        return shop.call("run").cost

    def through() -> Cost:
        shop.back()
        shutil.copy2(last, folder / "drops")
        cost, said = run(python("-c", _RUN), environment=told)
        events.append(int(said.split()[-1]))
        return cost

    costs = in_turn(
        rounds,
        {
            "nothing": lambda: run(python("-c", "import fondaco.cli"))[0],
            "load": lambda: run(python("-c", _LOAD), environment=told)[0],
            "plain": plain,
            "through": through,
        },
    )
    section = Section("A day through Dagster")
    more = costs["through"].wall - costs["load"].wall - costs["plain"].wall
    section.lines += [
        Line("definitions loaded", costs["load"]),
        Line(f"one new day after {files - 1}, plain", costs["plain"]),
        Line("the same through Dagster", costs["through"], "plain", costs["plain"]),
        Line("  its start taken off", costs["through"], "plain", costs["plain"], minus=costs["load"]),
        Line("  more for each asset and check", wall=more / events[-1]),
    ]
    section.notes.append(f"{events[-1]} assets made and checks evaluated; the events of both stand in SQLite")
    section.notes.append(f"the daemon and its code server at rest: {_daemon(told) / 1e6:,.0f} MB resident")
    return section


def _daemon(told: dict[str, str]) -> int:
    """Resident memory of the daemon and of what it started, after its first ticks; bytes."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("FONDACO_")} | told
    command = [sys.executable, "-m", "dagster._daemon", "run", "-m", "fondaco.orchestration.definitions"]
    daemon = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until, most = time.monotonic() + 60, 0
        while time.monotonic() < until:
            if daemon.poll() is not None:
                raise BenchError(f"the daemon ended with {daemon.returncode}")
            family = [psutil.Process(daemon.pid), *psutil.Process(daemon.pid).children(recursive=True)]
            most = max(most, sum(one.memory_info().rss for one in family if one.is_running()))
            time.sleep(2)
        return most
    finally:
        daemon.terminate()
        daemon.wait(60)
