"""What stands around the records of a text file: lines before the header, and a last line that says that the file is whole."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from fondaco.contracts import FileFormat
from fondaco.sources.archive import Drop


class Frame:
    """Takes what is no record off the beginning and the end of a text.

    Attributes:
        skipped: the lines that were left out by their number alone, each cut to a length that a note can hold.
    """

    def __init__(self, drop: Drop, form: FileFormat) -> None:
        self._drop, self._skip = drop, form.skip
        self._comment, self._footer = form.comment.encode(), form.footer.encode()
        self.skipped = list[str]()

    def inside(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        """The records, in pieces.

        Raises:
            FileRejected: the last line is not the declared footer.
        """
        self.skipped = []
        if self._skip or self._comment:
            chunks = self._after_preamble(chunks)
        return self._before_footer(chunks) if self._footer else chunks

    def _after_preamble(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        waiting = b""
        for chunk in chunks:
            waiting += chunk
            lines = waiting.splitlines(keepends=True)
            if not waiting.endswith(b"\n"):
                del lines[-1:]  # it may go on in the next piece, and a piece may end between \r and \n
            size, ends = self._preamble(lines)
            waiting = waiting[size:]
            if ends:
                yield from chain([waiting], chunks)
                return
        size, _ = self._preamble([waiting] if waiting else [])
        yield waiting[size:]

    def _preamble(self, lines: list[bytes]) -> tuple[int, bool]:
        """How many bytes of these lines come before the header, and whether the header is among them."""
        size = 0
        for line in lines:
            if len(self.skipped) < self._skip:
                self.skipped.append(line[:100].decode(errors="ignore").strip())
            elif not (self._comment and line.startswith(self._comment)):
                return size, True
            size += len(line)
        return size, False

    def _before_footer(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        waiting = b""
        for chunk in chunks:
            waiting += chunk
            text = waiting.rstrip()
            if cut := max(text.rfind(b"\n"), text.rfind(b"\r")) + 1:
                yield waiting[:cut]
                waiting = waiting[cut:]
        if not waiting.startswith(self._footer):
            last = waiting[:60].decode(errors="ignore").strip()
            raise self._drop.rejected(
                f"ends with {last!r}, not with the declared footer {self._footer.decode()!r}", "it is not whole: send it again"
            )
