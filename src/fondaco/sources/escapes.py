"""An escape character in delimited text: what it takes the meaning from is hidden while records are counted and parsed.

Characters that no text may hold (Unicode's noncharacters) stand for an escaped delimiter, quote, line end or escape, so that the
same count and the same parser serve every dialect. Behind a backslash n, r, t, b and 0 are control characters, as MySQL and
PostgreSQL write them, and N stays as it is (`\\N` is their NULL); before anything else an escape is dropped.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pyarrow.compute as pc

from fondaco.contracts import FileFormat
from fondaco.sources.archive import Drop

_NONE_OF_ANY_TEXT = re.compile(rb"\xef\xb7[\x90-\x94]")
_CONTROLS = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "0": "\0"}


class Escapes:
    """Hides what is escaped, and brings it back.

    Attributes:
        found: whether anything was escaped.
    """

    def __init__(self, drop: Drop, form: FileFormat) -> None:
        self._drop, self._mark = drop, form.escape
        hidden = {form.escape: "\ufdd0", "\r": "\ufdd3", "\n": "\ufdd4", form.delimiter: "\ufdd2"}
        #: What may be escaped, with what stands for it; the escape itself first, so that a pair of them is told before all else.
        self._hidden = {**hidden, form.quote: "\ufdd1"} if form.quote else hidden
        self.found = False

    def hide(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        """The text without an escaped character that could be taken for something else.

        Raises:
            FileRejected: it holds a character that stands for what is escaped.
        """
        mark = self._mark.encode()
        waiting = b""
        for chunk in chunks:
            if _NONE_OF_ANY_TEXT.search(chunk):
                raise self._drop.rejected("holds one of U+FDD0 to U+FDD4, which are no characters", "send it again without them")
            chunk = waiting + chunk
            # a run of escapes at the end, and a line end behind it, belong together with what follows
            whole = chunk.removesuffix(b"\r").rstrip(mark)
            waiting = chunk[len(whole) :] if mark in chunk[len(whole) :] else b""
            yield self._hide(chunk[: len(chunk) - len(waiting)])
        yield self._hide(waiting)

    def _hide(self, text: bytes) -> bytes:
        mark = self._mark.encode()
        if mark not in text:
            return text
        self.found = True
        text = text.replace(mark + mark, self._hidden[self._mark].encode())
        text = text.replace(mark + b"\r\n", (self._hidden["\r"] + self._hidden["\n"]).encode())
        for character, hidden in self._hidden.items():
            if character != self._mark:
                text = text.replace(mark + character.encode(), hidden.encode())
        return text

    def written(self, text: str) -> str:
        """A text as it stood in the file."""
        for character, hidden in self._hidden.items():
            text = text.replace(hidden, self._mark + character)
        return text

    def meant(self, values: Any) -> Any:
        """An array of texts without their escapes."""
        mark = re.escape(self._mark)
        if self._mark == "\\":
            for letter, control in _CONTROLS.items():
                values = pc.replace_substring(values, self._mark + letter, control)
        values = pc.replace_substring_regex(values, f"(?s){mark}([^N])" if self._mark == "\\" else f"(?s){mark}(.)", r"\1")
        for character, hidden in self._hidden.items():
            values = pc.replace_substring(values, hidden, character)
        return values
