"""The lake as it was: what is asked of it is answered as after one of its commits. Nothing can be landed in it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from fondaco.lake.commit import Commit
from fondaco.lake.lake import Lake
from fondaco.lake.live import Live, batches_of, committed_at

_WITHOUT_ROWS = ("compact", "rewind", "drop", "erase")


class EarlierLake(Lake):
    """The lake as after commit `number`, for readers.

    Attributes:
        number: of the commit; what came after it is not there.
    """

    def __init__(self, lake: Lake, number: int) -> None:
        super().__init__(lake.store)
        self.number = number

    @classmethod
    def before(cls, lake: Lake, moment: datetime) -> EarlierLake:
        """The lake as it was at a moment (with zone): the commits made before it. Its number is 0 if there were none.

        Commits that follow at once and bring no rows, such as a compaction's, are counted in: what is known is the same.
        """
        number = 0
        for commit in lake.commits():
            if committed_at(commit) < moment or (commit.kind in _WITHOUT_ROWS and commit.number == number + 1 > 1):
                number = commit.number
        return cls(lake, number)

    def commits(self, after: int = 0) -> list[Commit]:
        return [commit for commit in super().commits(after) if commit.number <= self.number]

    def head(self) -> int:
        return self.number

    def live(self) -> Live:
        """What counted then, in the files that count now: one that was written since, by a compaction, holds later rows too."""
        last = self.log.read(self.number)
        if last is None:
            return Live()
        kept = [commit if commit.number <= self.number else _of_before(commit, self.number) for commit in super().live().commits]
        found = tuple(commit for commit in kept if commit.number <= self.number or commit.files)
        return Live(self.number, last.batch_id, found)


def _of_before(commit: Commit, number: int) -> Commit:
    """Of a later commit, only the files that hold rows of earlier ones: it says nothing of the sources' files."""
    files = tuple(file for file in commit.files if batches_of(commit, file)[0] <= number)
    return replace(commit, files=files, step=type(commit.step)(), quarantine=None, replays=None)
