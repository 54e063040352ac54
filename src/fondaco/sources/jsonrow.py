"""One JSON object as one row of texts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from fondaco.contracts import Column, FileFormat
from fondaco.sources import notation


class _Number(str):
    """A number as it was written."""


class Fault(ValueError):
    """JSON that is no row."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


class Rows:
    """Makes rows of objects: texts as they are, numbers and truths in the notation of their column, all else as its JSON text."""

    def __init__(self, declared: Mapping[str, Column], form: FileFormat) -> None:
        self._declared, self._nulls, self._trim = declared, frozenset(form.null_texts()), form.trim
        self._is_plain = not self._nulls and not self._trim

    def of_text(self, text: str) -> dict[str, str | None]:
        """The row of one JSON object.

        Raises:
            ValueError: it is no JSON, or (Fault) no object, names a key twice, or holds what no text can.
        """
        return self.of(DECODER.decode(text))

    def of(self, value: Any) -> dict[str, str | None]:
        """The row of a decoded object. Raises Fault."""
        if not isinstance(value, dict):
            raise Fault("not_an_object", "is JSON but no object")
        row = {
            name: item if item is None or (type(item) is str and self._is_plain) else self._text(name, item) for name, item in value.items()
        }
        # one look at all texts at once: what no warehouse stores, and halves of characters that no encoding has
        whole = "".join([*row, *filter(None, row.values())])
        if "\0" in whole or "\\u0000" in whole:
            raise Fault("zero_byte", "holds a zero byte")
        if not whole.isascii():
            try:
                whole.encode()
            except UnicodeEncodeError as error:
                raise Fault("half_character", f"holds half a character (\\u{ord(whole[error.start]):04x})") from error
        return row

    def _text(self, name: str, item: Any) -> str | None:
        if type(item) is str:
            text = item.strip(" \t") if self._trim else item
            return None if text in self._nulls else text
        if isinstance(item, _Number):
            return notation.number(str(item), self._declared.get(name))
        if isinstance(item, bool):
            return notation.truth(item, self._declared.get(name))
        return _json(item)


def _json(value: Any) -> str:
    if isinstance(value, _Number):
        return str(value)
    if isinstance(value, dict):
        return "{" + ",".join(f"{_json(name)}:{_json(item)}" for name, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_json, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise Fault("duplicate_key", "names a key twice")
    return found


def _no_constant(name: str) -> Any:
    raise Fault("bad_json", f"{name} is not JSON")


DECODER = json.JSONDecoder(parse_float=_Number, parse_int=_Number, parse_constant=_no_constant, object_pairs_hook=_object)
