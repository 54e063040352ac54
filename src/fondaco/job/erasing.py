"""What erasing comes to beside the rows of the lake, whoever is meant: logs, warehouses, the server that people ask, totals, the proof.

Each step is one that a second run finds done or undone, and then does.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fondaco.errors import ServeError

if TYPE_CHECKING:
    from fondaco.contracts import System
    from fondaco.lake import Lake
    from fondaco.lake.erasure import Erased
    from fondaco.settings import Settings


@dataclass(kw_only=True)
class Erasing:
    """What was, or would be, done. It names nobody.

    Attributes:
        at: when, ISO 8601, UTC.
        tables: by table what was found.
        texts: documents of ours out of which words were taken.
        known: warehouses of earlier days, which are removed.
        warehouse: whether the warehouse is built anew; `failures` names what failed in that build.
        served: whether the server that people ask got the new rows.
        totals: how many totals of silver and gold were held against those of before; None if they could not be.
        differences: those that are not the same.
        not_ours: files of the shop, and copies that people have, which may hold what was erased.
        proof: where the proof stands.
    """

    at: str
    dry_run: bool
    tables: list[Erased] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    known: list[str] = field(default_factory=list)
    warehouse: bool = False
    failures: list[str] = field(default_factory=list)
    served: bool = False
    totals: int | None = None
    differences: list[str] = field(default_factory=list)
    not_ours: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    proof: str | None = None

    @property
    def commits(self) -> list[int]:
        return [number for table in self.tables for number in table.commits]

    @property
    def exit_code(self) -> int:
        return 1 if self.failures or self.differences else 0


class Erasure:
    """The steps, in one shop; the caller holds the lock of runs."""

    def __init__(self, settings: Settings, lake: Lake, on_step: Callable[[str], None]) -> None:
        self.settings, self.lake, self.on_step = settings, lake, on_step

    def systems(self) -> dict[str, System]:
        """Those that rows of the lake are of."""
        from fondaco.contracts import load_system

        names = {commit.system for commit in self.lake.live().commits}
        return {name: load_system(self.settings.house / "systems", name) for name in sorted(names)}

    def texts(self, words: frozenset[str], *, dry_run: bool) -> list[str]:
        """Files of this folder's own, outside the lake, that say one of the words: logs and what was left of calls. Names them."""
        found = list[str]()
        own = [path for pattern in ("*.jsonl", "*.log", "*.log.*", "*.txt") for path in self.settings.state_dir.rglob(pattern)]
        served = self.settings.serve_dir / "data" / "log"
        own += [path for path in served.glob("*") if path.is_file()] if served.is_dir() else []
        for path in sorted(set(own)):
            if blotted(path, words, dry_run=dry_run):
                found.append(str(path))
        return found

    def known(self) -> list[Path]:
        return sorted((self.settings.state_dir / "known").glob("*.duckdb*"))

    def copies_of_others(self, words: frozenset[str]) -> list[str]:
        """The extracts that people have, and whether one holds a word."""
        from fondaco.governance.copies import told

        return list(told(self.settings, words))

    def totals(self, told: Erasing) -> Any:
        """Rows and sums of silver and gold; None if there is no warehouse, or it does not hold what the lake does."""
        from fondaco.warehouse import needs_build
        from fondaco.warehouse.totals import totals

        if not self.settings.warehouse.path.is_file():
            return None
        if needs_build(self.settings, self.lake) is not None and not told.warehouse:
            told.notes.append("the warehouse was behind the lake, so its totals of before and after were not compared")
            return None
        return totals(self.settings)

    def copies(self, told: Erasing) -> None:
        """Makes the warehouse and what is served anew, unless they were made of the lake as it is now."""
        from fondaco.warehouse import build_anew, tells_of_forgotten

        told.known = [str(path) for path in self.known()]
        for path in self.known():
            path.unlink()
        self.lake.on_step("known")
        if tells_of_forgotten(self.settings, self.lake):
            self.on_step("the warehouse is built anew")
            report = build_anew(self.settings, self.lake, on_step=self.on_step)
            told.warehouse = True
            told.failures = [f"{failure.node}: {failure.message}" for failure in report.failures]
            self.lake.on_step("warehouse")
        if self.is_served():
            from fondaco.governance.erasure import let_go
            from fondaco.governance.serving import refresh

            refresh(self.settings, on_step=self.on_step)
            let_go(self.settings)
            told.served = True
            self.lake.on_step("served")

    def is_served(self) -> bool:
        from fondaco.governance.admin import is_served

        return is_served(self.settings)

    def check_server(self) -> None:
        if not self.is_served() and (self.settings.serve_dir / "data" / "PG_VERSION").is_file():
            raise ServeError(
                "the server that people ask does not run, and its files may hold what is erased; nothing was changed",
                where=str(self.settings.serve_dir),
                hint="start it with: fondaco serve; or remove its folder if it is not needed",
            )

    def compared(self, told: Erasing, before: Any) -> None:
        """Holds the totals of a warehouse that was built anew against those of before."""
        from fondaco.warehouse.totals import differences

        if before is not None and told.warehouse:
            after = self.totals(told) or {}
            told.totals = sum(len(sums) for sums in before.values())
            told.differences = list(differences(before, after))

    def proof(self, told: Erasing, name: str) -> str:
        """Writes what was done into the lake: where, when, how many, and checksums. Nothing in it tells of anybody."""
        from fondaco.lake import layout

        name = f"{datetime.now(UTC):%Y%m%dT%H%M%S%fZ}-{name}"
        path = layout.proof_path(name)
        self.lake.store.create(path, json.dumps({"format": 1, **asdict(told)}, ensure_ascii=False, indent=1).encode() + b"\n")
        self.lake.on_step("proof")
        return self.lake.url(path)


def blotted(path: Path, words: frozenset[str], *, dry_run: bool) -> bool:
    """Writes x over the words in a file, in place and at their length: its writer may have it open. Whether there were any."""
    if not words:
        return False
    with path.open("rb" if dry_run else "rb+") as file:
        data = file.read()
        lower, found = data.lower(), False
        for word in words:
            for form in {word.lower().encode(), json.dumps(word.lower())[1:-1].encode()}:
                at = lower.find(form)
                while at >= 0:
                    found = True
                    if not dry_run:
                        file.seek(at)
                        file.write(b"x" * len(form))
                    at = lower.find(form, at + len(form))
    return found
