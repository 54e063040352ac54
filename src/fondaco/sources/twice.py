"""The records of a delimited file as a text that is read twice: once to count them, once to parse them."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import IO

from fondaco.contracts import FileFormat
from fondaco.sources.archive import Drop
from fondaco.sources.content import IN_MEMORY
from fondaco.sources.escapes import Escapes
from fondaco.sources.frame import Frame
from fondaco.sources.text import utf8_chunks

#: A file that is too large to hold is parsed in blocks of this; Arrow reads 32 of them ahead, and no record may be larger.
BLOCK = 2 << 20
_BEGINNING = 1 << 20


class TwiceRead:
    """The file's records as UTF-8: read and checked once, kept if they are small, read again if they are not."""

    def __init__(self, drop: Drop, form: FileFormat) -> None:
        self._drop, self._form = drop, form
        self.frame, self.escapes = Frame(drop, form), Escapes(drop, form) if form.escape else None
        self._kept: list[bytes] | None = [] if drop.path.stat().st_size <= IN_MEMORY else None
        self.beginning = b""
        self.nbytes = 0
        self.has_backslash_quote = False
        self.has_nul = False

    def _records(self) -> Iterator[bytes]:
        chunks = self.frame.inside(utf8_chunks(self._drop, self._form.encoding))
        return self.escapes.hide(chunks) if self.escapes else chunks

    def written(self, text: str) -> str:
        """A piece of it as it stood in the file."""
        return self.escapes.written(text) if self.escapes else text

    def first_pass(self) -> Iterator[bytes]:
        for chunk in self._records():
            if len(self.beginning) < _BEGINNING:
                self.beginning += chunk
            if chunk.startswith(b"<<<<<<< ") or b"\n<<<<<<< " in chunk:
                raise self._drop.rejected("holds the marks of an unresolved merge (<<<<<<<)", "resolve the conflict and send it again")
            self.has_backslash_quote |= b'\\"' in chunk
            self.has_nul |= b"\0" in chunk or (self._form.escape == "\\" and b"\\0" in chunk)
            self.nbytes += len(chunk)
            if self._kept is not None:
                self._kept.append(chunk)
                if self.nbytes > IN_MEMORY:
                    self._kept = None
            yield chunk

    def block_size(self) -> int:
        return BLOCK if self._kept is None else self.nbytes + 1

    def open(self, end: int | None) -> IO[bytes]:
        """The text up to byte `end`."""
        if self._kept is not None:
            return io.BytesIO(b"".join(self._kept)[:end])
        return io.BufferedReader(_Stream(self._records(), end))


class _Stream(io.RawIOBase):
    """Pieces of bytes as a file to read from."""

    def __init__(self, chunks: Iterator[bytes], end: int | None) -> None:
        self._chunks, self._piece, self._left = chunks, b"", end

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        while not self._piece:
            piece = next(self._chunks, None)
            if piece is None:
                return 0
            self._piece = piece
        count = min(len(buffer), len(self._piece), len(self._piece) if self._left is None else self._left)
        buffer[:count], self._piece = self._piece[:count], self._piece[count:]
        if self._left is not None:
            self._left -= count
        return count
