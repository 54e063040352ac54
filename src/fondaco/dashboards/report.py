"""Pages as one file of HTML: no scripts, nothing fetched, for a browser, for print, for an attachment."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

from fondaco.dashboards.formats import NUMERIC, change, shown
from fondaco.dashboards.looks import LIGHT
from fondaco.dashboards.page import Block, Card, Lack, Page
from fondaco.dashboards.pages import PAGES
from fondaco.dashboards.period import COMPARISONS, NAMED, said
from fondaco.dashboards.trust import Trust, trust_of
from fondaco.dashboards.view import View, view_of
from fondaco.dashboards.viewer import Viewer
from fondaco.errors import UsageError
from fondaco.settings import Settings

#: Pages of a digest; the others are for who wants to know more.
DIGEST = ("overview", "sales")
#: Width of a chart that takes a row, and of one that takes half of it, in pixels.
_WIDE, _HALF = 1016, 487


@dataclass(frozen=True)
class Told:
    """A card as it is written."""

    label: str
    value: str
    change: str
    way: str
    compared: str
    days: str
    notes: str
    name: str


def report(viewer: Viewer, view: View, trust: Trust, project: str, now: datetime, pages: Sequence[str] = tuple(PAGES)) -> str:
    """The report of a viewer. Raises UsageError if what draws it is not installed; else as ``Session.ask``."""
    try:
        import jinja2
        import vl_convert
        from altair.utils.schemapi import debug_mode
    except ImportError:
        raise UsageError("what draws a report is not installed", hint="pip install 'fondaco[report]'") from None

    def drawn(block: Block) -> str:
        if block.draw is None:
            return ""
        chart: Any = block.draw(LIGHT)
        spec = chart.properties(width=_WIDE if block.wide else _HALF).to_dict()
        return scaled(vl_convert.vegalite_to_svg(spec))

    made = [PAGES[name](viewer, view) for name in pages]
    environment = jinja2.Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined)
    environment.filters["cell"] = lambda value, unit: shown(value, unit, viewer.currency)
    environment.globals.update(
        card=lambda one: told(one, viewer.currency),
        drawn=drawn,
        numeric=NUMERIC,
        is_lack=lambda one: isinstance(one, Lack),
        label=lambda name: viewer.catalogue.metric(name).label,
    )
    template = environment.from_string(files("fondaco.dashboards").joinpath("report.html.j2").read_text(encoding="utf-8"))
    compared = f"compared with {COMPARISONS[view.comparison]}" if view.before is not None else "not compared"
    filters = [f"{name}: {', '.join(view.values(name))}" for name in ("country", "channel", "category") if view.values(name)]
    # charts are held to Vega-Lite's schema by the tests, not while a reader waits
    with debug_mode(False):
        return template.render(
            project=project,
            pages=made,
            days=said(view.period),
            compared=compared + (f" ({said(view.before)})" if view.before else ""),
            filters=filters,
            trust=trust,
            user=viewer.user,
            made=f"{now.day} {now:%b %Y %H:%M} UTC",
            look=LIGHT,
            glossary=glossary(viewer, made),
        )


def told(card: Card, currency: str) -> Told:
    """A card in words; which way is good is told by an arrow and a sign, and by colour beside."""
    moved = change(card.value, card.before, card.metric.unit)
    way = ""
    if moved is not None and moved[1] != 0 and card.metric.good in ("up", "down"):
        way = "good" if (moved[1] > 0) == (card.metric.good == "up") else "bad"
    arrow = "" if moved is None or moved[1] == 0 else "▲ " if moved[1] > 0 else "▼ "
    compared = f"from {shown(card.before, card.metric.unit, currency)}" if moved is not None else ""
    return Told(
        label=card.metric.label,
        value=shown(card.value, card.metric.unit, currency),
        change=f"{arrow}{moved[0]}" if moved is not None else "",
        way=way,
        compared=compared,
        days=said(card.period) if card.period is not None else "as of the last day of trade",
        notes="; ".join(card.notes),
        name=card.metric.name,
    )


def glossary(viewer: Viewer, pages: Sequence[Page]) -> list[Mapping[str, str]]:
    """The metrics that stand on the pages, each with what it means."""
    names = {card.metric.name for page in pages for card in page.cards if isinstance(card, Card)}
    names |= {
        name
        for page in pages
        for section in page.sections
        for block in section.blocks
        if isinstance(block, Block)
        for name in block.metrics
    }
    found = sorted((viewer.catalogue.metrics[name] for name in names), key=lambda metric: metric.label)
    return [{"name": metric.name, "label": metric.label, "formula": metric.formula, "caveat": metric.caveat} for metric in found]


def scaled(svg: str) -> str:
    """A drawing as wide as its place, a picture to who cannot see it: the figure around it says what it shows."""
    found = re.match(r"<svg[^>]*?>", svg)
    assert found is not None
    tag = re.sub(r'\s(width|height|version|class)="[^"]*"', "", found[0])
    return tag.replace("<svg", '<svg aria-hidden="true" focusable="false"', 1) + svg[found.end() :]


@dataclass(frozen=True)
class Written:
    """A report that was written: of which days, and what of the shop its reader sees."""

    days: str
    sees: str


def write(viewer: Viewer, settings: Settings, query: Mapping[str, str], out: Path, now: datetime, *, short: bool = False) -> Written:
    """Writes the report of a viewer into a file, whole or not at all.

    Args:
        query: period, comparison and filters as in the address of a page.
        short: the digest in place of every page.

    Raises:
        UsageError: a period, a comparison or a value of a filter that there is not.
    """
    view = view_of(query, viewer.choices())
    if view.ignored:
        raise UsageError(
            f"there is not, for {viewer.user}: {', '.join(view.ignored)}",
            hint=f"periods: {', '.join(NAMED)} or 2025-01-01..2025-01-31; comparisons: {', '.join(COMPARISONS)}; "
            + "; ".join(f"{name}: {', '.join(viewer.choices().values[name])}" for name in ("country", "channel")),
        )
    trust = trust_of(settings, viewer, now)
    text = report(viewer, view, trust, settings.project, now, DIGEST if short else tuple(PAGES))
    beside = out.with_name(f".{out.name}.new")
    out.parent.mkdir(parents=True, exist_ok=True)
    beside.write_text(text, encoding="utf-8")
    beside.replace(out)
    return Written(said(view.period), trust.sees)
