"""The commit log: numbered files that are created once and never changed. Whoever creates a number has committed.

Reading it costs a checkpoint and what came after, so it does not grow with history in requests.
"""

from __future__ import annotations

import json

from fondaco.errors import LakeError
from fondaco.lake import layout
from fondaco.lake.commit import FORMAT, Commit
from fondaco.lake.store import Store

#: Commits between two checkpoints.
CHECKPOINT_EVERY = 50


class CommitLog:
    """The log in one lake."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def read(self, number: int) -> Commit | None:
        """The commit of that number, None if there is none yet. Raises LakeError if it cannot be read."""
        path = layout.commit_path(number)
        data = self._store.read(path)
        return None if data is None else Commit.decode(data, self._store.url(path))

    def exists(self, number: int) -> bool:
        return self._store.exists(layout.commit_path(number))

    def commits(self, after: int = 0) -> list[Commit]:
        """The commits with a greater number, ascending.

        Raises:
            LakeError: a number is missing or a commit cannot be read.
        """
        is_long = self.exists(after + CHECKPOINT_EVERY)
        found = [commit for commit in self._checkpoint() if commit.number > after] if is_long else []
        last = found[-1].number if found else after
        for number in self._numbers(last):
            if number != last + 1:
                raise LakeError(
                    f"commit {last + 1} is missing from the log",
                    where=self._store.url(layout.commit_path(last + 1)),
                    hint="restore the file from a backup",
                )
            commit = self.read(number)
            assert commit is not None
            found.append(commit)
            last = number
        return found

    def append(self, commit: Commit) -> bool:
        """Commits, unless somebody else has taken the number: then False."""
        if not self._store.create(layout.commit_path(commit.number), commit.encode()):
            return False
        if commit.number % CHECKPOINT_EVERY == 0:
            self.checkpoint()
        return True

    def checkpoint(self) -> None:
        """Writes the whole log as one file, for quick reading only: the commits themselves stay."""
        commits = self.commits()
        head = json.dumps({"format": FORMAT, "commits": len(commits)}).encode() + b"\n"
        self._store.replace(layout.CHECKPOINT, head + b"".join(commit.encode() for commit in commits))

    def drop_torn(self, acknowledged: int) -> None:
        """Removes a last commit that a power cut left half written, if it never counted (its number is not acknowledged)."""
        numbers = self._numbers(acknowledged)
        if not numbers:
            return
        try:
            self.read(numbers[-1])
        except LakeError:
            self._store.delete([layout.commit_path(numbers[-1])])

    def _numbers(self, after: int) -> list[int]:
        paths = self._store.listing(layout.COMMITS, after=layout.commit_path(after) if after else None)
        numbers = (layout.commit_number(path) for path, _, _ in paths)
        return [number for number in numbers if number is not None and number > after]

    def _checkpoint(self) -> list[Commit]:
        """The checkpoint's commits; none if it is missing or broken, since it holds nothing that the log does not."""
        data = self._store.read(layout.CHECKPOINT)
        if data is None:
            return []
        lines = data.splitlines()
        try:
            head = json.loads(lines[0])
            commits = [Commit.decode(line, layout.CHECKPOINT) for line in lines[1:]]
            whole = head["commits"] == len(commits) and [commit.number for commit in commits] == list(range(1, len(commits) + 1))
        except (ValueError, KeyError, TypeError, IndexError, LakeError):
            return []
        return commits if whole else []
