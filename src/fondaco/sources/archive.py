"""The bytes of one dropped file, unpacked and verified: a damaged archive is never read in part."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterator
from pathlib import Path

from fondaco.errors import FileRejected

_CHUNK = 1 << 20
_GZIP = b"\x1f\x8b"
#: Beginnings of files that are something else than text, and what to do about them.
_FOREIGN = {
    b"PK\x03\x04": ("is a zip archive (or an Office file)", "name it .zip or .xlsx if it is one, else export it as CSV"),
    b"PK\x05\x06": ("is an empty zip archive", "send the files"),
    b"\xd0\xcf\x11\xe0": ("is an old Office file, or one with a password", "save it as .xlsx without a password"),
    b"\x1f\x8b": ("is packed twice", "pack it once"),
    b"PAR1": ("is a Parquet file", "name it .parquet"),
    b"7z\xbc\xaf": ("is a 7z archive", "unpack it, or pack it with gzip"),
    b"BZh": ("is a bzip2 archive", "unpack it, or pack it with gzip"),
    b"\x28\xb5\x2f\xfd": ("is a zstd archive", "unpack it, or pack it with gzip"),
    b"%PDF": ("is a PDF", "export the data as CSV, JSON lines or Parquet"),
}
_TAR_AT = 257


class Drop:
    """One file of a drop.

    Attributes:
        path: where it is.
        name: its path below the source's folder, with slashes.
        where: how errors name the place; the path unless it is a copy of something else.
        sha256: of the bytes as stored; set once they were read to the end.
    """

    def __init__(self, path: Path, name: str, where: str | None = None) -> None:
        self.path = path
        self.name = name
        self.where = where or str(path)
        self.sha256 = ""

    def rejected(self, reason: str, hint: str | None = None, row: int | None = None) -> FileRejected:
        """The error that refuses this file whole."""
        place = f"{self.where}, row {row}" if row is not None else self.where
        return FileRejected(f"{self.name} {reason}; nothing of it was loaded", where=place, hint=hint)

    def digest(self) -> str:
        """sha256 of the bytes as stored, in hexadecimal."""
        if not self.sha256:
            with self.path.open("rb") as file:
                self.sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        return self.sha256

    def chunks(self) -> Iterator[bytes]:
        """The content of a text file, unpacked, in pieces of about a megabyte.

        Raises:
            FileRejected: it is empty, no text format, or a gzip that is truncated or damaged. The damage may show only at
                the end, so nothing may be used before the last piece was read.
        """
        digest = hashlib.sha256()
        with self.path.open("rb") as file:
            first = file.read(_CHUNK)
            self._check_beginning(first)
            pieces = iter(lambda: file.read(_CHUNK), b"")
            stored = _hashed(first, pieces, digest)
            yield from self._checked(self._unpacked(stored) if first.startswith(_GZIP) else stored)
        self.sha256 = digest.hexdigest()

    def _check_beginning(self, first: bytes) -> None:
        if not first:
            raise self.rejected("is empty (0 bytes)", "send it again; a day without rows still has its header")
        packed, named = first.startswith(_GZIP), self.name.endswith(".gz")
        if packed and not named:
            raise self.rejected("is a gzip archive but not named .gz", "rename it to end in .gz")
        if named and not packed:
            raise self.rejected("is named .gz but is no gzip archive", "pack it, or take the .gz off its name")

    def _checked(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        """The same pieces, if what they begin with may be text."""
        first = next(chunks, b"")
        for magic, (what, hint) in _FOREIGN.items():
            if first.startswith(magic):
                raise self.rejected(what, hint)
        if first[_TAR_AT : _TAR_AT + 5] == b"ustar":
            raise self.rejected("is a tar archive", "pack the files with zip, or each with gzip")
        yield first
        yield from chunks

    def _unpacked(self, stored: Iterator[bytes]) -> Iterator[bytes]:
        """Gunzips one or several members; zlib verifies checksum and length of each."""
        member = zlib.decompressobj(31)
        hint = "send it again; compare its size with the sender's"
        try:
            for piece in stored:
                while piece:
                    if member.eof:
                        piece = piece.lstrip(b"\0")
                        if not piece:
                            break
                        member = zlib.decompressobj(31)
                    yield member.decompress(piece, _CHUNK * 4)
                    piece = member.unused_data if member.eof else member.unconsumed_tail
        except zlib.error as error:
            raise self.rejected(f"is a damaged gzip archive ({str(error).split(': ')[-1]})", hint) from error
        if not member.eof:
            raise self.rejected("is a truncated gzip archive: it ends in the middle", hint)


def _hashed(first: bytes, pieces: Iterator[bytes], digest: hashlib._Hash) -> Iterator[bytes]:
    digest.update(first)
    yield first
    for piece in pieces:
        digest.update(piece)
        yield piece
