"""Which rows of a log without a key count no more, because their file was sent again with other content."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from fondaco.contracts import Table
from fondaco.lake.commit import Commit


def superseded(table: Table, commits: Iterable[Commit]) -> list[tuple[str, str, str]]:
    """(source, file, batch) of the rows that bronze leaves out: versions of a log's files that the drops no longer hold.

    What counts is content, not names. A content counts while some file has it: the one that it came in, or another one that was left out
    because it repeats it, such as yesterday's `today.csv` under its new name. A file that was refused, or that was processed and
    removed, keeps what it had. A content that landed twice, because its first file had moved on, counts once.

    Rows of a table with a key have names of their own and are never left out.
    """
    if table.key:
        return []
    commits = list(commits)
    landings: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
    current: dict[tuple[str, str], str] = {}
    for commit in commits:
        for file, mark in commit.step.files.items():
            if mark.rejected is not None:
                continue
            # a file that was only touched is noted again with the content that it had
            if mark.same_as is None and current.get((commit.source, file)) != mark.sha256:
                landings[commit.source, mark.sha256].append((file, commit.batch_id))
            current[commit.source, file] = mark.sha256
    held = {(source, content) for (source, _), content in current.items()}
    former = {
        (source, file, batch)
        for (source, content), landed in landings.items()
        for file, batch in (landed[:-1] if (source, content) in held else landed)
    }
    # what was put aside and replayed shares the fate of the batch that it came in
    replays = {commit.batch_id: commit.replays for commit in commits if commit.replays}
    replayed = {(source, file, replay) for replay, batch in replays.items() for source, file, came_in in former if came_in == batch}
    return sorted(former | replayed)


def held(commits: Iterable[Commit]) -> dict[str, str]:
    """Of one table of one source: the contents that its drops hold, by checksum, and the file under whose name each landed."""
    landed, current = dict[str, str](), dict[str, str]()
    for commit in commits:
        for file, mark in commit.step.files.items():
            if mark.rejected is not None or mark.members is not None:  # an archive is its members
                continue
            if mark.same_as is None and current.get(file) != mark.sha256:
                landed[mark.sha256] = file
            current[file] = mark.sha256
    return {content: landed[content] for content in current.values() if content in landed}
