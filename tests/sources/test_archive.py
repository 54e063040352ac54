"""A damaged archive is never read in part."""

from __future__ import annotations

import gzip
from collections.abc import Callable

import pytest

from fondaco.errors import FileRejected
from fondaco.sources.archive import Drop

DropMaker = Callable[..., Drop]
TEXT = b"".join(b"%d,name\n" % number for number in range(50_000))


def test_one_or_several_gzip_members_are_one_text(drop: DropMaker) -> None:
    packed = gzip.compress(TEXT[:1000]) + gzip.compress(TEXT[1000:]) + b"\0" * 512
    assert b"".join(drop(packed, "a.csv.gz").chunks()) == TEXT


@pytest.mark.parametrize("kept", [11, 500, -9, -1])
def test_a_truncated_gzip_is_refused(drop: DropMaker, kept: int) -> None:
    with pytest.raises(FileRejected, match=r"a\.csv\.gz is a truncated gzip"):
        list(drop(gzip.compress(TEXT)[:kept], "a.csv.gz").chunks())


def test_a_gzip_with_a_wrong_checksum_is_refused(drop: DropMaker) -> None:
    packed = bytearray(gzip.compress(TEXT))
    packed[-8] ^= 1
    with pytest.raises(FileRejected, match="is a damaged gzip archive"):
        list(drop(bytes(packed), "a.csv.gz").chunks())


def test_what_follows_a_gzip_must_be_gzip(drop: DropMaker) -> None:
    with pytest.raises(FileRejected, match="is a damaged gzip archive"):
        list(drop(gzip.compress(TEXT) + b"more", "a.csv.gz").chunks())


def test_name_and_content_must_agree(drop: DropMaker) -> None:
    with pytest.raises(FileRejected, match="not named .gz"):
        list(drop(gzip.compress(TEXT), "a.csv").chunks())
    with pytest.raises(FileRejected, match="is no gzip archive"):
        list(drop(TEXT, "a.csv.gz").chunks())


def test_the_checksum_is_that_of_the_file_as_it_is_stored(drop: DropMaker) -> None:
    packed = gzip.compress(TEXT)
    read, asked = drop(packed, "a.csv.gz"), drop(packed, "b.csv.gz")
    list(read.chunks())
    assert read.sha256 == asked.digest()
