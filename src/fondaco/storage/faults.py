"""What a store said, as an error with the next step."""

from __future__ import annotations

import errno
import os

from fondaco.errors import FondacoError, LakeError, SourceError
from fondaco.storage.place import Place

_HINTS = {
    errno.ENOSPC: "free some space; nothing was committed and the next run goes on from here",
    errno.EDQUOT: "the quota is used up: free some space; the next run goes on from here",
    errno.EFBIG: "the system allows no larger file (ulimit -f); the next run goes on from here",
    errno.EACCES: "grant this user write access to the folder, or set {setting}.path to another",
    errno.EPERM: "grant this user write access to the folder, or set {setting}.path to another",
    errno.EROFS: "the file system is read-only: mount it for writing, or set {setting}.path to another",
    errno.ENOTDIR: "{setting}.path goes through something that is no folder: set it to another",
    errno.EEXIST: "{setting}.path is no folder: set it to another",
}


def storage_error(error: Exception, verb: str, where: str, place: Place) -> FondacoError:
    """What the system said about a place, with the next step where it is known: a LakeError, for drops a SourceError."""
    number = error.errno if isinstance(error, OSError) else None
    if number is None:
        number = next((known for known in _HINTS if os.strerror(known) in str(error)), None)
    reason = os.strerror(number) if number is not None else str(error).splitlines()[0]
    hint = _HINTS[number].format(setting=place.setting) if number in _HINTS else None
    return told(place, f"cannot {verb} a file: {reason}", where, hint)


def told(place: Place, what: str, where: str, hint: str | None) -> FondacoError:
    """The error of a place: a LakeError of the lake, a SourceError of a source's drops."""
    kind, _, name = place.setting.partition(".")
    if kind == "sources":
        return SourceError(f"the drops of source {name!r}: {what}", where=where, hint=hint)
    return LakeError(f"the lake {what}", where=where, hint=hint)
