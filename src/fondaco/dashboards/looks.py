"""Colours and type, light and dark: one ink, one hue for the data, grey for what it is compared with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

FONT = "'Source Sans', 'Source Sans 3', 'Segoe UI', 'Helvetica Neue', Arial, sans-serif"


@dataclass(frozen=True)
class Look:
    """A theme. Text stands on `ground` with 4.5:1 at least.

    Attributes:
        data: the one hue of a measure.
        compared: of what it is compared with; mark, where that lies on a bar.
        pale, deep: the ends of a scale of one hue.
        series: of several series side by side, told apart by dash and order, too.
    """

    name: str
    ground: str
    card: str
    ink: str
    muted: str
    rule: str
    data: str
    compared: str
    mark: str
    good: str
    bad: str
    pale: str
    deep: str
    on_deep: str
    series: tuple[str, ...]
    segments: Mapping[str, str]

    def config(self) -> dict[str, Any]:
        """Of Vega-Lite."""
        quiet = {"labelColor": self.muted, "titleColor": self.muted, "labelFontSize": 12, "titleFontSize": 12, "titleFontWeight": "normal"}
        return {
            "background": "transparent",
            # a chart is one picture with a text of its own; its table says the rest
            "aria": False,
            "font": FONT,
            "view": {"stroke": None},
            "axis": {**quiet, "gridColor": self.rule, "domain": False, "ticks": False, "labelPadding": 8, "titlePadding": 10},
            "axisX": {"grid": False, "domain": True, "domainColor": self.rule},
            "legend": {**quiet, "orient": "top", "title": None, "symbolType": "square"},
            "text": {"color": self.ink, "fontSize": 12},
            "header": quiet,
        }


#: The better the segment, the deeper; who drifts away is warm. A segment has its colour everywhere.
_SEGMENTS_LIGHT = {
    "Champions": "#123c7a", "Loyal": "#1f5fbf", "Potential loyalists": "#5b8fd9", "New customers": "#2f7f86", "Promising": "#62a6a3",
    "Need attention": "#b98a2e", "About to sleep": "#c9a45c", "At risk": "#b4552d", "Cannot lose them": "#8c2f1b",
    "Hibernating": "#858f9e", "Lost": "#59616d", "Dormant": "#9aa3af", "Prospect": "#c3c9d1",
}  # fmt: skip
LIGHT = Look(
    name="light", ground="#f6f7f9", card="#ffffff", ink="#1b2430", muted="#5b6675", rule="#e3e7ec", data="#1f5fbf", compared="#8791a0", mark="#f0a35e",
    good="#0b6b43", bad="#b3261e", pale="#edf3fb", deep="#1a54ab", on_deep="#ffffff",
    series=("#1f5fbf", "#2f7f86", "#b4552d", "#8a6a1c", "#59616d", "#5a4a9c", "#8c2f5b"), segments=_SEGMENTS_LIGHT,
)  # fmt: skip
DARK = Look(
    name="dark", ground="#10151c", card="#18202a", ink="#e8ecf2", muted="#a8b2c0", rule="#2b3542", data="#6ea3f0", compared="#8f9aab", mark="#ffcf9e",
    good="#5fcf9a", bad="#ff8a80", pale="#1b2a40", deep="#7fb0f5", on_deep="#0d131b",
    series=("#6ea3f0", "#5fb8b0", "#e59a72", "#d9b75c", "#a8b2c0", "#a99bea", "#e08ab4"), segments=_SEGMENTS_LIGHT,
)  # fmt: skip


def text_on(colour: str) -> str:
    """White or ink, whichever is read better on a colour."""
    red, green, blue = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in (red, green, blue)]
    light = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return "#ffffff" if 1.05 / (light + 0.05) >= (light + 0.05) / 0.0666 else "#1b2430"
