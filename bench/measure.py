"""What a process cost. The bench itself stays small: on Linux a child's peak counts from that of the process that started it."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parents[1]
#: Of ru_maxrss: kilobytes on Linux, bytes on macOS.
_RSS_UNIT = 1 if sys.platform == "darwin" else 1024


class BenchError(Exception):
    """Something is wrong, not slow: the bench ends with exit code 1."""


@dataclass(frozen=True)
class Cost:
    """One process and those it waited for.

    Attributes:
        wall, cpu: seconds; cpu is user and system time together.
        peak: highest resident memory of any one of them, bytes.
    """

    wall: float
    cpu: float
    peak: int

    def __add__(self, other: Cost) -> Cost:
        """One after the other."""
        return Cost(self.wall + other.wall, self.cpu + other.cpu, max(self.peak, other.peak))


@dataclass(frozen=True)
class Costs:
    """The same thing done several times."""

    each: tuple[Cost, ...]

    @property
    def wall(self) -> float:
        """The least: what it costs when nobody disturbs it."""
        return min(cost.wall for cost in self.each)

    @property
    def cpu(self) -> float:
        return min(cost.cpu for cost in self.each)

    @property
    def peak(self) -> int:
        return max(cost.peak for cost in self.each)

    @property
    def median(self) -> Cost:
        return Cost(median(cost.wall for cost in self.each), median(cost.cpu for cost in self.each), self.peak)


def run(command: Sequence[str], *, environment: Mapping[str, str] | None = None) -> tuple[Cost, str]:
    """Runs a command to its end: its cost and what it printed.

    Raises:
        BenchError: it failed.
    """
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("FONDACO_")}
    with tempfile.TemporaryFile() as said, tempfile.TemporaryFile() as complained:
        begin = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=ROOT, env=inherited | dict(environment or {}), stdin=subprocess.DEVNULL, stdout=said, stderr=complained
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - begin
        process.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        complained.seek(0)
        text = said.read().decode()
        if process.returncode:
            raise BenchError(f"{' '.join(command)}\nended with {process.returncode}:\n{text[-1000:]}\n{complained.read().decode()[-2000:]}")
    return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * _RSS_UNIT), text


def python(*arguments: str) -> list[str]:
    """A command of this Python."""
    return [sys.executable, *arguments]


def in_turn(rounds: int, cases: Mapping[str, Callable[[], Cost]]) -> dict[str, Costs]:
    """Each case once, then each once more, and so on: what disturbs the machine disturbs them alike."""
    costs: dict[str, list[Cost]] = {name: [] for name in cases}
    for _ in range(rounds):
        for name, case in cases.items():
            costs[name].append(case())
    return {name: Costs(tuple(each)) for name, each in costs.items()}
