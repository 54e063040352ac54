"""A shop's folder, and the command line in it: each call is a fresh process, as a person or a scheduler makes it."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.measure import BenchError, Cost, python, run

_FONDACO = python("-c", "import sys; from fondaco.cli import main; sys.exit(main())")
#: dbt's selection of nothing: the build that this asks for is start-up alone.
NOTHING = "tag:no_such_tag"


@dataclass(frozen=True)
class Called:
    """One call: its cost, and the document it printed."""

    cost: Cost
    data: Any

    def seconds(self, step: str) -> float:
        """Wall clock of a step of a run, 0 if it was not taken."""
        return float(sum(took["seconds"] for took in self.data["steps"] if took["step"] == step))

    def rows(self, count: str) -> int:
        return int(sum(table[count] for table in self.data["tables"]))


@dataclass(frozen=True)
class Shop:
    """A folder with a fondaco.yml."""

    folder: Path

    @classmethod
    def of_files(cls, folder: Path, drops: Path, system: str = "online_retail") -> Shop:
        """A new shop whose source is that folder of files."""
        shop = cls._empty(folder)
        run([*_FONDACO, "init", str(folder), "--system", system, "--path", str(drops), "--quiet"])
        return shop

    @classmethod
    def demo(cls, folder: Path) -> Shop:
        """A new simulated shop as the repository's own."""
        shop = cls._empty(folder)
        run([*_FONDACO, "init", str(folder), "--demo", "--quiet"])
        return shop

    @classmethod
    def _empty(cls, folder: Path) -> Shop:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        return cls(folder)

    @property
    def warehouse(self) -> Path:
        return self.folder / "warehouse.duckdb"

    def call(self, *words: str) -> Called:
        """`fondaco … --json` in this folder.

        Raises:
            BenchError: it failed, or its document says that something did.
        """
        cost, text = run([*_FONDACO, "-C", str(self.folder), "--json", *words])
        try:
            document = json.loads(text)
        except ValueError as error:
            raise BenchError(f"fondaco {' '.join(words)} --json did not print one document: {text[:200]!r}") from error
        if not document["ok"]:
            raise BenchError(f"fondaco {' '.join(words)}: {document['error']}")
        return Called(cost, document["data"])

    def forget_parse(self) -> None:
        """Drops what dbt remembers of the project between calls."""
        shutil.rmtree(self.folder / ".fondaco" / "dbt", ignore_errors=True)

    def keep(self) -> None:
        """Puts a copy aside that `back` returns to."""
        shutil.rmtree(self._kept, ignore_errors=True)
        shutil.copytree(self.folder, self._kept)

    def back(self) -> None:
        """Makes the folder what it was at `keep`."""
        shutil.rmtree(self.folder)
        shutil.copytree(self._kept, self.folder)

    @property
    def _kept(self) -> Path:
        return self.folder.with_name(self.folder.name + "-kept")
