"""The count of records that does not trust the parser."""

from __future__ import annotations

import csv
import io

from hypothesis import given
from hypothesis import strategies as st

from fondaco.sources.records import Dialect, walk

COMMA = Dialect(",", '"')
CELLS = st.text(alphabet='ab,;"\n\r é', max_size=6)


def chunked(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


@given(
    rows=st.lists(st.lists(CELLS, min_size=2, max_size=3), min_size=1, max_size=8),
    delimiter=st.sampled_from(",;\t"),
    end=st.sampled_from(["\n", "\r\n"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    size=st.integers(1, 40),
)
def test_whatever_a_csv_writer_writes_is_counted_in_pieces_of_any_size(
    rows: list[list[str]], delimiter: str, end: str, quoting: int, size: int
) -> None:
    out = io.StringIO(newline="")
    if any("\r" in cell for row in rows for cell in row):
        quoting = csv.QUOTE_ALL  # Python 3.11 leaves a lone \r unquoted, which no reader can tell from a line end
    writer = csv.writer(out, delimiter=delimiter, lineterminator=end, quoting=quoting)  # type: ignore[arg-type]
    writer.writerows(rows)
    found = walk(chunked(out.getvalue().encode(), size), Dialect(delimiter, '"'))
    assert (found.count, found.broken, found.end) == (len(rows), {}, None)


def test_blank_lines_are_no_records_and_the_last_line_needs_no_end() -> None:
    assert walk([b"\n\na,b\n\n\r\n1,2\r\n\n3,4"], COMMA).count == 3
    assert walk([b""], COMMA).count == 0


def test_a_quote_inside_an_unquoted_field_is_a_character() -> None:
    found = walk([b'a,b\n1,5" pipe\n2,6\n'], COMMA)
    assert (found.count, found.broken, found.end) == (3, {}, None)


def test_text_after_a_closing_quote_breaks_its_record_alone() -> None:
    found = walk([b'a,b\n1,"x"y\n2,"two\nlines"\n'], COMMA)
    assert (found.count, found.broken, found.end) == (3, {2: '1,"x"y'}, None)


def test_a_quote_that_is_never_closed_ends_what_can_be_trusted() -> None:
    text = b'a,b\n1,2\n3,"x\n4,5\n'
    found = walk([text], COMMA)
    assert (found.count, found.end, found.rest, found.rest_lines) == (2, 8, '3,"x\n4,5\n', 2)


def test_a_quote_that_closes_in_a_later_record_is_not_taken_for_a_long_value() -> None:
    found = walk([b'a,b\n1,"x\n2,"y"\n3,z\n'], COMMA)
    assert found.count == 1
    assert found.end == 4


def test_without_a_quote_character_every_line_is_a_record() -> None:
    assert walk([b'a,b\n1,"\n2,3\n'], Dialect(",", "")).count == 3
