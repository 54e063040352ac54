"""The commit log: numbered files that are created once and never changed. Whoever creates a number has committed.

Beside it stand two things for quick reading alone, made from it and made anew where they are broken: what counts as of some commit
(so that a run's reading does not grow with history), and the history itself, a thousand commits a file.
"""

from __future__ import annotations

from fondaco.errors import LakeError
from fondaco.lake import layout
from fondaco.lake.commit import END, Commit
from fondaco.lake.live import Live
from fondaco.storage import Store

#: Commits between two checkpoints.
CHECKPOINT_EVERY = 50
#: Commits in one file of history.
HISTORY = 1_000


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

    def live(self) -> Live:
        """What counts. Costs what counts, not what ever happened. Raises LakeError if the log is damaged."""
        data = self._store.read(layout.CHECKPOINT)
        known = (Live.decode(data, layout.CHECKPOINT) if data is not None else None) or Live()
        if known.number:  # of this log, and not of one that stood in its place
            commit = self.read(known.number)
            known = known if commit is not None and commit.batch_id == known.batch_id else Live()
        return known.after(self.commits(after=known.number))

    def commits(self, after: int = 0) -> list[Commit]:
        """The commits with a greater number, ascending: history, whether it still counts or not.

        Raises:
            LakeError: a number is missing or a commit cannot be read.
        """
        found, last = list[Commit](), after
        if self.exists(after + CHECKPOINT_EVERY):
            while last % HISTORY == 0 or last == after:  # the next chapter begins where one is full
                chapter = self._chapter(last)
                if not chapter:
                    break
                found += chapter
                last = chapter[-1].number
        numbers = self._numbers(last)
        paths = [layout.commit_path(number) for number in numbers]
        for number, path, data in zip(numbers, paths, self._store.read_all(paths), strict=True):
            if number != last + 1 or data is None:
                missing = number if data is None else last + 1
                raise LakeError(
                    f"commit {missing} is missing from the log",
                    where=self._store.url(layout.commit_path(missing)),
                    hint="restore the file from a backup",
                )
            found.append(Commit.decode(data, self._store.url(path)))
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
        """Writes what counts, and the chapter of history that is being written; the one before it too, if its writer died over it."""
        live = self.live()
        self._store.replace(layout.CHECKPOINT, live.encode())
        begin = (live.number - 1) // HISTORY * HISTORY
        if begin and live.number - begin <= CHECKPOINT_EVERY and len(self._chapter(begin - HISTORY)) < HISTORY:
            self._write_chapter(begin - HISTORY)
        self._write_chapter(begin)

    def drop_torn(self, acknowledged: int) -> None:
        """Removes a last commit that a power cut left half written, if it never counted: it follows the acknowledged one, and lacks its end.

        A commit that is whole and cannot be read, or that nobody can say of whether it counted, stays and is named by whoever reads it.
        """
        path = layout.commit_path(acknowledged + 1)
        data = self._store.read(path)
        if data is not None and not data.endswith(END) and not self.exists(acknowledged + 2):
            self._store.delete([path])

    def _numbers(self, after: int) -> list[int]:
        found = self._store.listing(layout.COMMITS, after=layout.commit_path(after) if after else None)
        numbers = (layout.commit_number(item.path) for item in found)
        return [number for number in numbers if number is not None and number > after]

    def _write_chapter(self, begin: int) -> None:
        commits = [commit for commit in self.commits(after=begin) if commit.number <= begin + HISTORY]
        self._store.replace(layout.history_path(begin + HISTORY), b"".join(commit.encode() for commit in commits))

    def _chapter(self, after: int) -> list[Commit]:
        """The commits beyond `after` in the file that should hold the next one; none if it is missing or broken."""
        begin = after // HISTORY * HISTORY
        data = self._store.read(layout.history_path(begin + HISTORY))
        try:
            commits = [Commit.decode(line, layout.history_path(begin + HISTORY)) for line in (data or b"").splitlines()]
        except LakeError:
            return []
        numbers = [commit.number for commit in commits]
        return commits[after - begin :] if numbers == list(range(begin + 1, begin + len(commits) + 1)) else []
