"""Zip archives: verified whole before any member is used, and refused whole if anything about them is unsafe or damaged."""

from __future__ import annotations

import stat
import unicodedata
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath

from fondaco.sources.archive import Drop

#: What an archive may hold: members, and bytes of all of them unpacked.
MAX_MEMBERS = 10_000
MAX_UNPACKED = 16 << 30
#: A member beyond this size may not be more than so many times as large as it was packed; no export of rows is.
FREE_SIZE = 64 << 20
MAX_RATIO = 200

_CHUNK = 1 << 20
_ENCRYPTED = 0x1 | 0x40
_ARCHIVES = (".zip", ".tar", ".tgz", ".7z", ".rar", ".bz2", ".xz", ".zst", ".tar.gz")
_AGAIN = "send it again; compare its size with the sender's"


@dataclass(frozen=True)
class Member:
    """A file of an archive, unpacked.

    Attributes:
        name: its path within the archive, with slashes.
        path: where it is now.
    """

    name: str
    path: Path
    size: int


def member_names(drop: Drop) -> list[str]:
    """The archive's files by its own list of contents, which must be safe to unpack; no data is read.

    Raises:
        FileRejected: it is no zip, or holds what is not unpacked; it says which member.
    """
    with _opened(drop) as archive:
        return [member.filename for member in _files(drop, archive)]


def unpack(drop: Drop, folder: Path, wanted: Callable[[str], bool]) -> list[Member]:
    """Reads every member to its end and writes the wanted ones below the folder, which is empty.

    Raises:
        FileRejected: as `member_names`, or a member is damaged or larger than an archive may hold. Nothing may be used then.
        OSError: the folder cannot be written.
    """
    found = list[Member]()
    with _opened(drop) as archive:
        left = MAX_UNPACKED
        for number, member in enumerate(_files(drop, archive)):
            path = folder / f"{number}{''.join(PurePosixPath(member.filename).suffixes[-2:])}"
            size = _read(drop, archive, member, path if wanted(member.filename) else None, left)
            left -= size
            if wanted(member.filename):
                found.append(Member(member.filename, path, size))
    return found


def _opened(drop: Drop) -> zipfile.ZipFile:
    if drop.path.stat().st_size == 0:
        raise drop.rejected("is empty (0 bytes)", "send it again")
    try:
        return zipfile.ZipFile(drop.path)
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise drop.rejected(f"is no whole zip archive ({_said(error)})", _AGAIN) from error


def _files(drop: Drop, archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """The members that are files, each checked by what the archive says of it."""
    members = archive.infolist()
    if len(members) > MAX_MEMBERS:
        raise drop.rejected(f"holds {len(members):,} members", f"send at most {MAX_MEMBERS:,} at once")
    seen = set[str]()
    for member in members:
        name = member.orig_filename
        if (fault := _fault(name, member)) is not None:
            raise drop.rejected(f"holds {name!r}, {fault[0]}", fault[1])
        folded = unicodedata.normalize("NFC", name).casefold()
        if folded in seen:
            raise drop.rejected(f"holds {name!r} twice (names must differ by more than case)", "name each file once")
        seen.add(folded)
    files = [member for member in members if not member.is_dir()]
    if not files:
        raise drop.rejected("holds no files", "send it again")
    return files


def _fault(name: str, member: zipfile.ZipInfo) -> tuple[str, str] | None:
    """What is wrong with a member, and what to do about it."""
    path = PurePosixPath(name.rstrip("/"))
    kind = stat.S_IFMT(member.external_attr >> 16)
    if path.is_absolute() or ".." in path.parts or "\\" in name or PureWindowsPath(name).drive:
        return "a path that leads out of the archive", "pack it with paths below one folder, and trust its sender only if you know why"
    if not name or any(ord(character) < 32 for character in name):
        return "a name with control characters", "rename it"
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        return "which is a link or no plain file", "pack the files themselves"
    if member.flag_bits & _ENCRYPTED:
        return "which is encrypted", "pack it without a password"
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return "packed by a method that is not read", "pack it with the usual method (deflate)"
    if name.lower().endswith(_ARCHIVES):
        return "an archive in an archive", "pack the files themselves"
    if member.file_size > FREE_SIZE and member.file_size > MAX_RATIO * max(member.compress_size, 1):
        return f"which unpacks to more than {MAX_RATIO} times its size", "send it unpacked, or packed with gzip, if it is right"
    return None


def _read(drop: Drop, archive: zipfile.ZipFile, member: zipfile.ZipInfo, path: Path | None, left: int) -> int:
    """Reads one member to its end, where its checksum holds, and gives its size."""
    size = 0
    try:
        with archive.open(member) as source:
            target = path.open("wb") if path else None
            try:
                while chunk := source.read(_CHUNK):
                    size += len(chunk)
                    if size > left:
                        raise drop.rejected(f"unpacks to more than {MAX_UNPACKED >> 30} GB", "send it in parts")
                    if target:
                        target.write(chunk)
            finally:
                if target:
                    target.close()
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        raise drop.rejected(f"holds {member.orig_filename!r}, which is damaged ({_said(error)})", _AGAIN) from error
    if size != member.file_size:
        raise drop.rejected(f"holds {member.orig_filename!r}, which is {size:,} bytes and said to be {member.file_size:,}", _AGAIN)
    return size


def _said(error: Exception) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]
