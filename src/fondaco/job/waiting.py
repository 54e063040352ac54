"""What lies in a folder of file drops, for somebody who waits for more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fondaco.job.shops import opened

if TYPE_CHECKING:
    from fondaco.settings import Settings


def dropped(settings: Settings, source: str) -> list[str]:
    """A line for each file of a source of file drops; it is another one when the file changes. No file is opened.

    Raises:
        SourceError: the folder or the bucket cannot be listed.
    """
    from fondaco.sources.files import FileDrops

    with opened(settings, leave_out=set(settings.sources) - {source}) as sources:
        return [line for found in sources if isinstance(found, FileDrops) for line in found.marks()]
