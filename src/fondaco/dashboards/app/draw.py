"""A page's value as the app shows it: cards, charts, a table and a download under each, rows behind a row."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from html import escape
from typing import Any

import pandas as pd
import streamlit as st
from altair.utils.schemapi import debug_mode

from fondaco.dashboards.formats import MISSING, NUMERIC, shown
from fondaco.dashboards.looks import Look
from fondaco.dashboards.page import Block, Card, Column, Grid, Lack, Page
from fondaco.dashboards.report import told
from fondaco.dashboards.trust import Trust
from fondaco.dashboards.viewer import Viewer

#: What the theme cannot say: a strip in one line, cards whose words are not cut off, quiet links to definitions.
_STYLE = """<style>
.strip { display: flex; flex-wrap: wrap; gap: .15rem 1.4rem; font-size: .82rem; } .strip em { font-style: normal; opacity: .78; }
[data-testid="stMetricValue"] { font-size: 1.7rem; font-variant-numeric: tabular-nums; }
[data-testid="stMetricLabel"] p { white-space: normal; overflow: visible; line-height: 1.25; }
[data-testid="stPageLink"] p { font-size: .82rem; text-decoration: underline; text-underline-offset: 3px; }
[data-testid="stPageLink"] a { padding: 0; } [data-testid="stPageLink"] [data-testid="stIconMaterial"] { display: none; }
[data-testid="stMainBlockContainer"] { padding-top: 3rem; }
[data-testid="stCaptionContainer"], [data-testid="stCaptionContainer"] p { color: inherit; opacity: .86; }
@media (max-width: 1150px) {
    [data-testid="stHorizontalBlock"] { flex-wrap: wrap; }
    [data-testid="stColumn"] { min-width: 165px; flex: 1 1 165px; }
    [data-testid="stColumn"]:first-child:nth-last-child(2), [data-testid="stColumn"]:first-child:nth-last-child(2) ~ [data-testid="stColumn"] { min-width: 100%; }
}
</style>"""
_COLOURS = {"good": "green", "bad": "red", "": "gray"}
_IN_A_ROW = 5
_MOST_ROWS = 300


def strip(trust: Trust) -> None:
    """How far to trust what stands below."""
    told = "".join(f"<span><em>{escape(label)}</em> {escape(text)}</span>" for label, text in trust.strip())
    st.html(f'<div class="strip">{told}</div>{_STYLE}')
    if trust.stale:
        st.warning(f"**Nothing new for {trust.stale}.** The figures are as of then; ask who runs the warehouse (fondaco status).")
    if trust.failing:
        st.error(f"**{trust.failing}** What stands here is the last good build; fondaco status says more.")
    if trust.running:
        st.info("The warehouse is being renewed; until that is done and checked, what stands here is the build before.")


def draw(page: Page, viewer: Viewer, look: Look, glossary: Any) -> None:
    """Everything below the trust strip."""
    for start in range(0, len(page.cards), _IN_A_ROW):
        for column, card in zip(st.columns(_IN_A_ROW), page.cards[start : start + _IN_A_ROW], strict=False):
            with column, st.container(border=True, height="stretch", gap="xsmall"):
                _card(card, viewer.currency)
    if names := [card.metric.name for card in page.cards if isinstance(card, Card)]:
        with st.expander("What these figures mean"):
            for name in names:
                metric = viewer.catalogue.metric(name)
                st.markdown(f"**{metric.label}.** {plain_markdown(metric.formula)} {plain_markdown(metric.caveat)}")
            st.page_link(glossary, label="All definitions")
    for place, section in enumerate(page.sections):
        st.subheader(section.title, anchor=False)
        if section.intro:
            st.caption(section.intro)
        _blocks(section.blocks, f"{page.name}{place}", viewer, look, glossary)


def _blocks(blocks: Sequence[Block | Lack], key: str, viewer: Viewer, look: Look, glossary: Any) -> None:
    half: Any = None
    for place, block in enumerate(blocks):
        if isinstance(block, Block) and block.wide:
            half = None
            where = st.container()
        elif half is None:
            where, half = st.columns(2)
        else:
            where, half = half, None
        with where, st.container(border=True):
            if isinstance(block, Lack):
                _lack(block)
            else:
                _block(block, f"{key}_{place}", viewer, look, glossary)


def _card(card: Card | Lack, currency: str) -> None:
    if isinstance(card, Lack):
        st.metric(card.title, MISSING, help=f"{card.says} {card.do}")
        st.caption(f"{card.says} {card.do}")
        return
    said = told(card, currency)
    arrow = "up" if said.change.startswith("▲") else "down" if said.change.startswith("▼") else "off"
    st.metric(
        said.label,
        said.value,
        delta=(said.change[2:] if arrow != "off" else said.change) or None,
        delta_color=_COLOURS[said.way],  # type: ignore[arg-type]
        delta_arrow=arrow,  # type: ignore[arg-type]
        help=f"{plain_markdown(card.metric.formula)} {plain_markdown(card.metric.caveat)}",
    )
    # what it is compared with stands in full, however narrow the card
    st.caption("; ".join(text for text in (said.compared, said.days, said.notes) if text))


def _block(block: Block, key: str, viewer: Viewer, look: Look, glossary: Any) -> None:
    st.markdown(f"##### {block.title}")
    if block.draw is not None:
        # charts are held to Vega-Lite's schema by the tests, not while a reader waits
        with debug_mode(False):
            chart: Any = block.draw(look)
            st.altair_chart(chart, theme=None, width="stretch", alt=block.says, key=f"{key}_chart_{look.name}")
        with st.expander("Table", key=f"{key}_table"):
            _table(block, key, viewer)
    else:
        st.caption(block.says)
        _table(block, key, viewer)
    if block.notes:
        st.caption(" ".join(map(plain_markdown, block.notes)))
    if block.metrics:
        with st.container(horizontal=True, gap="small"):
            st.caption("Defined:", width="content")
            for name in block.metrics:
                st.page_link(glossary, label=viewer.catalogue.metric(name).label, query_params={"metric": name})


def _table(block: Block, key: str, viewer: Viewer) -> None:
    if block.drill is None:
        frame(block.grid, viewer.currency, block.title, key)
        _download(block.grid, block.title, key)
        return
    st.caption(f"{block.drill.label}: choose a row.")
    chosen = frame(block.grid, viewer.currency, block.title, key, choose=True)
    _download(block.grid, block.title, key)
    if chosen is not None:
        rows = block.drill.rows(chosen)
        what = shown(block.grid.rows[chosen][0], block.grid.columns[0].unit, viewer.currency)
        st.markdown(f"**{block.drill.label}: {what}**")
        frame(rows, viewer.currency, f"{block.drill.label}: {what}", f"{key}_drill")
        _download(rows, f"{block.title} {what}", f"{key}_drill")


def frame(grid: Grid, currency: str, alt: str, key: str, *, choose: bool = False) -> int | None:
    """A table; the number of the row that is chosen, where one can be."""
    rows = grid.rows[:_MOST_ROWS]
    labels = _labels(grid.columns)
    data = pd.DataFrame(
        {label: [_number(row[place]) if column.unit in NUMERIC else _text(row[place], column, currency) for row in rows]
         for place, (label, column) in enumerate(zip(labels, grid.columns, strict=True))}
    )  # fmt: skip
    said = {label: _writer(column.unit, currency) for label, column in zip(labels, grid.columns, strict=True) if column.unit in NUMERIC}
    styled = data.style.format(said, na_rep=MISSING)
    high = min(35 * (len(rows) + 1) + 3, 400)
    if choose:
        state: Any = st.dataframe(
            styled,
            hide_index=True,
            width="stretch",
            height=high,
            key=f"{key}_rows",
            on_select="rerun",
            selection_mode="single-row",
            alt=alt,
        )
        return int(state.selection.rows[0]) if state.selection.rows and state.selection.rows[0] < len(rows) else None
    st.dataframe(styled, hide_index=True, width="stretch", height=high, key=f"{key}_rows", alt=alt)
    return None


def csv_of(grid: Grid) -> bytes:
    """All rows, amounts in full; a text that a spreadsheet would take for a formula is kept from being one."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([column.name for column in grid.columns])
    for row in grid.rows:
        writer.writerow(
            [f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value for value in row]
        )
    return out.getvalue().encode("utf-8-sig")


def _download(grid: Grid, title: str, key: str) -> None:
    name = "".join(letter if letter.isalnum() else "-" for letter in title.lower()).strip("-")
    st.download_button(
        "Download CSV", csv_of(grid), f"{name}.csv", "text/csv", key=f"{key}_csv", on_click="ignore", help=f"{title}, all rows"
    )


def _lack(lack: Lack) -> None:
    st.markdown(f"##### {lack.title}")
    st.caption(f"{lack.says} {lack.do}")


def _labels(columns: Sequence[Column]) -> list[str]:
    """Labels, each once: a table cannot have two columns of one name."""
    told: list[str] = []
    for column in columns:
        told.append(column.label if column.label not in told else f"{column.label} ({column.name})")
    return told


def _writer(unit: str, currency: str) -> Any:
    return lambda value: shown(value, unit, currency)


def _number(value: Any) -> Any:
    return float(value) if isinstance(value, Decimal) else value


def _text(value: Any, column: Column, currency: str) -> Any:
    # days stay days, so that they can be sorted
    if column.unit not in ("date", "moment"):
        return shown(value, column.unit, currency)
    return value.replace(microsecond=0) if isinstance(value, datetime) else value


def plain_markdown(text: str) -> str:
    """Text that markdown leaves as it is."""
    return "".join(f"\\{letter}" if letter in "$*_`[]<>~#|" else letter for letter in text)
