"""Text as declared: bytes of any encoding become valid UTF-8 without a byte order mark, or the file is refused."""

from __future__ import annotations

import codecs
from collections.abc import Iterator

from fondaco.errors import DeclarationError
from fondaco.sources.archive import Drop

_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
#: Encodings whose byte order Python would take from this machine if the text did not say it.
_NEEDS_MARK = {"utf-16": _UTF16, "utf-32": (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)}


def utf8_chunks(drop: Drop, encoding: str) -> Iterator[bytes]:
    """The file's text as UTF-8, in pieces that never split a character.

    Raises:
        FileRejected: a byte does not belong to the declared encoding, or the file is binary.
        DeclarationError: there is no such encoding.
    """
    decoder = _decoder(encoding)
    codec = codecs.lookup(encoding).name
    is_utf8 = codec in ("utf-8", "utf-8-sig")
    lines, started = 0, False
    for chunk in drop.chunks():
        if not started and is_utf8 and chunk.startswith(_UTF16):
            raise drop.rejected("is UTF-16, not UTF-8", "declare `encoding: utf-16` in its format, or save it as UTF-8")
        if lines == 0 and not started and codec in _NEEDS_MARK and not chunk.startswith(_NEEDS_MARK[codec]):
            raise drop.rejected(
                f"has no byte order mark, so {codec} does not say which byte comes first", f"declare `encoding: {codec}-le` or `{codec}-be`"
            )
        try:
            text = decoder.decode(chunk)
        except UnicodeDecodeError as error:
            raise _undecodable(drop, encoding, error, lines) from error
        if not started and text:
            started = True
            text = text.removeprefix("\ufeff")
            if "\0" in text.partition("\n")[0]:
                raise drop.rejected(
                    "is binary: it holds zero bytes", "declare its encoding if it is text (utf-16?), else export it as text"
                )
        lines += text.count("\n")
        yield text.encode("utf-8")
    try:
        yield decoder.decode(b"", final=True).encode("utf-8")
    except UnicodeDecodeError as error:
        raise _undecodable(drop, encoding, error, lines) from error
    if not started:
        raise drop.rejected("holds no text", "send it again; a day without rows still has its header")


def _decoder(encoding: str) -> codecs.IncrementalDecoder:
    name = "utf-8-sig" if encoding.lower().replace("_", "-") in ("utf-8", "utf8") else encoding
    try:
        return codecs.getincrementaldecoder(name)(errors="strict")
    except LookupError as error:
        raise DeclarationError(f"{encoding!r} is not an encoding", hint="utf-8, utf-16, cp1252, iso-8859-1, …") from error


def _undecodable(drop: Drop, encoding: str, error: UnicodeDecodeError, lines: int) -> Exception:
    line = lines + error.object[: error.start].count(b"\n") + 1
    byte = error.object[error.start]
    return drop.rejected(
        f"is not {encoding}: byte 0x{byte:02x} on line {line}",
        "declare the encoding it was written in (cp1252, iso-8859-1, …) in its format, or save it as UTF-8",
    )
