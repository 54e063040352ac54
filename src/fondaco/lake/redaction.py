"""Words of hers in the lake's texts: notes of commits, and what people wrote when they did something to the lake.

Rows are the business of `erasure`; these are texts that people or errors wrote. A document is put in the place of the old one whole, with
the words left out and all else as it was.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from typing import Any

from fondaco.lake import layout
from fondaco.lake.suppression import GONE
from fondaco.storage import Store

#: What of a commit is written by people or errors; all else is names, numbers and hashes.
_TEXTS = ("notes", "rejected")


class Words:
    """Words to leave out, in any case."""

    def __init__(self, words: Collection[str]) -> None:
        self._words = sorted((word.lower() for word in words), key=len, reverse=True)

    def out_of(self, text: str) -> str:
        lower = text.lower()
        # of thousands of words hardly one is there: to look for each by itself is far quicker than a pattern of them all
        there = [re.escape(word) for word in self._words if word in lower]
        return re.sub("|".join(there), GONE, text, flags=re.IGNORECASE) if there else text

    def out_of_all(self, value: Any) -> Any:
        """The same document with the words left out of every text in it; names stay."""
        if isinstance(value, str):
            return self.out_of(value)
        if isinstance(value, list):
            return [self.out_of_all(item) for item in value]
        if isinstance(value, dict):
            return {name: self.out_of_all(item) for name, item in value.items()}
        return value

    def out_of_commit(self, value: Any, *, is_text: bool = False) -> Any:
        """A commit with the words left out of its notes."""
        if isinstance(value, dict):
            return {name: self.out_of_commit(item, is_text=is_text or name in _TEXTS) for name, item in value.items()}
        if isinstance(value, list):
            return [self.out_of_commit(item, is_text=is_text) for item in value]
        return self.out_of(value) if is_text and isinstance(value, str) else value


def redact(store: Store, words: Collection[str], *, dry_run: bool = False) -> list[str]:
    """Leaves the words out of the lake's own documents, and names those that held one. Raises LakeError."""
    if not words:
        return []
    said, found = Words(words), list[str]()
    for folder in (layout.COMMITS, layout.AUDIT, layout.STATE):
        paths = [item.path for item in store.listing(folder)] if folder != layout.STATE else [layout.STATE]
        for path, data in zip(paths, store.read_all(paths), strict=True):
            if data is None or (changed := _without(said, data, is_audit=folder == layout.AUDIT)) == data:
                continue
            found.append(path)
            if not dry_run:
                store.replace(path, changed)
    return found


def _without(said: Words, data: bytes, *, is_audit: bool) -> bytes:
    """The document without the words; one that holds none is not touched, whatever its form."""
    text = data.decode(errors="replace")
    if said.out_of(text) == text:
        return data
    return (
        b"".join(_line(said, line, is_audit=is_audit) for line in data.splitlines(keepends=True))
        if not text.startswith("{\n")
        else _whole(said, data)
    )


def _line(said: Words, line: bytes, *, is_audit: bool) -> bytes:
    try:
        value = json.loads(line)
    except ValueError:
        return line  # a document that its writer's death cut off: the log's own repair removes it
    changed = said.out_of_all(value) if is_audit else said.out_of_commit(value)
    return line if changed == value else json.dumps(changed, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _whole(said: Words, data: bytes) -> bytes:
    return json.dumps(said.out_of_commit(json.loads(data)), ensure_ascii=False, indent=1).encode() + b"\n"
