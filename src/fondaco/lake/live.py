"""What counts: the commits that still have something to say, each with those of its files that no later commit has replaced.

The log only grows; what counts need not. Folding commits in one by one or all at once gives the same.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from fondaco.errors import LakeError
from fondaco.lake import layout
from fondaco.lake.commit import Commit, DataFile

#: Of the file in which it is kept between two readings.
FORMAT = 2
#: Files that were replaced stay for so long: a build that has begun, and a warehouse not built since, still read them.
REPLACED_AGE = timedelta(days=7)


@dataclass(frozen=True)
class Live:
    """What counts after commit `number` (0: nothing yet), whose batch is `batch_id`; commits ascend by number."""

    number: int = 0
    batch_id: str = ""
    commits: tuple[Commit, ...] = ()

    def after(self, commits: Iterable[Commit]) -> Live:
        """What counts once the commits that follow are counted in."""
        found = [*self.commits, *commits]
        last = found[-1] if found and found[-1].number > self.number else None
        if last is None:
            return self
        gone = {path for commit in found if commit.number > self.number for path in commit.replaces}
        if gone:
            found = [commit.without(gone) for commit in found]
        kept = tuple(_forgetting(commit, last) for commit in found if commit.files or commit.quarantine or commit.step.files)
        return Live(last.number, last.batch_id, kept)

    def of_table(self, source: str, table: str) -> list[Commit]:
        """The commits of one table of one source."""
        return [commit for commit in self.commits if (commit.source, commit.table) == (source, table)]

    def of_system(self, system: str, table: str) -> list[Commit]:
        """The commits of one table of every source of a system."""
        return [commit for commit in self.commits if (commit.system, commit.table) == (system, table)]

    def paths(self) -> set[str]:
        """The files that count."""
        return {path for commit in self.commits for path in commit.data_paths()}

    def retained(self, now: datetime) -> set[str]:
        """The files of rows that count no more and may still be read by a build, at the time `now` (UTC, with zone)."""
        # what was replaced because it told of a person is kept for nobody
        young = (commit for commit in self.commits if commit.kind != "erase" and committed_at(commit) > now - REPLACED_AGE)
        return {path for commit in young for path in commit.replaces if not layout.is_quarantine(path)}

    def encode(self) -> bytes:
        """Lines of JSON: a head, and a commit each."""
        head = {"format": FORMAT, "number": self.number, "batch_id": self.batch_id, "commits": len(self.commits)}
        return json.dumps(head).encode() + b"\n" + b"".join(commit.encode() for commit in self.commits)

    @classmethod
    def decode(cls, data: bytes, where: str) -> Live | None:
        """Reads what `encode` wrote; None if it is broken or of another format, and the log must be asked."""
        lines = data.splitlines()
        try:
            head = json.loads(lines[0])
            if head["format"] != FORMAT or head["commits"] != len(lines) - 1:
                return None
            return cls(head["number"], head["batch_id"], tuple(Commit.decode(line, where) for line in lines[1:]))
        except (ValueError, KeyError, TypeError, IndexError, LakeError):
            return None


def committed_at(commit: Commit) -> datetime:
    """When it was committed, UTC, with zone."""
    return datetime.fromisoformat(commit.committed_at.replace("Z", "+00:00"))


def batches_of(commit: Commit, file: DataFile) -> tuple[int, int]:
    """First and last commit number whose rows are in one of a commit's files."""
    return file.batches or (commit.number, commit.number)


def _forgetting(commit: Commit, last: Commit) -> Commit:
    """Which files were replaced long ago is of no use to anybody; the log itself remembers."""
    is_old = bool(commit.replaces) and committed_at(commit) < committed_at(last) - 2 * REPLACED_AGE
    return replace(commit, replaces=()) if is_old else commit
