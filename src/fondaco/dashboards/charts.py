"""Charts of a grid. Bars start at 0, nothing moves, nothing is told by colour alone; a missing figure is a gap."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import altair as alt

from fondaco.dashboards.formats import shown, symbol
from fondaco.dashboards.looks import Look, text_on
from fondaco.dashboards.page import Column, Grid
from fondaco.dashboards.treemap import tiles

#: Height of a chart, of a bar of a ranking, and of a cell of a heat map, in pixels.
HEIGHT, BAR, CELL = 260, 26, 26
#: Series that a chart has at most.
MOST = 7


def line(grid: Grid, currency: str, look: Look) -> alt.TopLevelMixin:
    """A line over time; the third column, if there is one, is what it is compared with, dashed and grey."""
    when, now = grid.columns[0], grid.columns[1]
    base = alt.Chart(_data(grid, currency)).encode(x=_time(when))
    axis = _amounts(now, currency)
    main = base.mark_line(color=look.data, strokeWidth=2).encode(
        y=alt.Y(f"{now.name}:Q", axis=axis, scale=alt.Scale(zero=now.unit != "share")), tooltip=_tips(grid)
    )
    dots = base.mark_point(color=look.data, filled=True, size=200, opacity=0).encode(y=f"{now.name}:Q", tooltip=_tips(grid))
    layers: list[alt.Chart] = [main, dots]
    if len(grid.columns) > 2:
        before = grid.columns[2]
        layers.insert(0, base.mark_line(color=look.compared, strokeDash=[4, 4], strokeWidth=1.5).encode(y=alt.Y(f"{before.name}:Q")))
    return _done(alt.layer(*layers), look, HEIGHT)


def lines(grid: Grid, currency: str, look: Look, *, quantitative: bool = False) -> alt.TopLevelMixin:
    """Lines of several series: the columns are the place, the series and the figure. Each is named where it ends."""
    when, series, figure = grid.columns
    names = list(dict.fromkeys(grid.column(series.name)))[:MOST]
    chart = alt.Chart(_data(grid, currency)).encode(
        x=alt.X(f"{when.name}:Q", axis=alt.Axis(title=when.label, format="d", tickMinStep=1)) if quantitative else _time(when),
        y=alt.Y(f"{figure.name}:Q", axis=_amounts(figure, currency)),
        color=alt.Color(
            f"{series.name}:N", scale=alt.Scale(domain=names, range=list(look.series[: len(names)])), legend=alt.Legend(columns=4)
        ),
        strokeDash=alt.StrokeDash(f"{series.name}:N", scale=alt.Scale(domain=names, range=_DASHES[: len(names)]), legend=None),
        tooltip=_tips(grid),
    )
    return _done(chart.mark_line(strokeWidth=2, point=alt.OverlayMarkDef(size=24)), look, HEIGHT)


def bars(grid: Grid, currency: str, look: Look, *, most: int = 12) -> alt.TopLevelMixin:
    """A ranking: names and figures; a third column of the same unit is shown as a mark, what it is compared with."""
    name, now = grid.columns[0], grid.columns[1]
    some = Grid(grid.columns, grid.rows[:most])
    data = _data(some, currency)
    order = [row[name.name] for row in data.values]
    axis_y = alt.Axis(title=None, labelLimit=190, domain=False, labelColor=look.ink)
    y = alt.Y(f"{name.name}:N", sort=order, axis=axis_y, scale=alt.Scale(paddingInner=0.34))
    base = alt.Chart(data).encode(y=y, tooltip=_tips(grid))
    x = alt.X(f"{now.name}:Q", axis=_amounts(now, currency, ticks=4), scale=alt.Scale(zero=True, nice=True))
    before = grid.columns[2].name if len(grid.columns) > 2 and grid.columns[2].name == "before" else None
    for row in data.values:
        # what is written stands clear of the bar and of the mark
        row["end"] = max(row[now.name] or 0, row[before] or 0 if before else 0, 0)
    layers: list[alt.Chart] = [
        base.mark_bar(color=look.data, cornerRadiusEnd=2).encode(x=x),
        base.mark_text(align="left", dx=6, color=look.ink).encode(x=alt.X("end:Q"), text=f"{now.name}_said:N"),
    ]
    if before:
        layers.append(base.mark_tick(color=look.mark, thickness=3, height=18).encode(x=f"{before}:Q"))
    return _done(alt.layer(*layers), look, max(len(some.rows), 2) * BAR + 8)


def stacked(grid: Grid, currency: str, look: Look) -> alt.TopLevelMixin:
    """Bars over time in parts: the columns are the time, the part and the figure."""
    when, part, figure = grid.columns
    names = list(dict.fromkeys(grid.column(part.name)))[:MOST]
    chart = alt.Chart(_data(grid, currency)).mark_bar(stroke=look.card, strokeWidth=0.5)
    return _done(
        chart.encode(
            x=alt.X(f"{when.name}:O", axis=alt.Axis(title=None, labelAngle=0, labelExpr=_MONTH, labelOverlap=True)),
            y=alt.Y(f"{figure.name}:Q", axis=_amounts(figure, currency), stack="zero"),
            color=alt.Color(f"{part.name}:N", scale=alt.Scale(domain=names, range=list(look.series[: len(names)]))),
            order=alt.Order(f"{part.name}:N", sort="descending"),
            tooltip=_tips(grid),
        ),
        look,
        HEIGHT,
    )


def heat(grid: Grid, currency: str, look: Look, *, rows: Sequence[Any], across: Sequence[Any], label: str = "") -> alt.TopLevelMixin:
    """Cells by two keys, the deeper the more; what is not known yet is left blank."""
    down, right, figure = grid.columns
    data = _data(grid, currency)
    values = [row[figure.name] for row in data.values if row[figure.name] is not None]
    highest = max(values, default=1) or 1
    base = alt.Chart(data).encode(
        x=alt.X(f"{right.name}_said:N", sort=[_said(value, right, currency) for value in across],
                axis=alt.Axis(title=label or right.label, orient="top", labelAngle=-30 if right.unit == "text" and len(across) > 5 else 0, domain=False, labelLimit=150, labelOverlap=False)),
        y=alt.Y(f"{down.name}_said:N", sort=[_said(value, down, currency) for value in rows],
                axis=alt.Axis(title=None, labelColor=look.ink)),
        tooltip=_tips(grid),
    )  # fmt: skip
    cells = base.mark_rect(stroke=look.card, strokeWidth=2, cornerRadius=3).encode(
        color=alt.Color(f"{figure.name}:Q", scale=alt.Scale(range=[look.pale, look.deep], domain=[0, highest], clamp=True), legend=None)
    )
    words = base.mark_text(fontSize=11).encode(
        text=f"{figure.name}_said:N",
        color=alt.condition(f"datum.{figure.name} > {highest * 0.55}", alt.value(look.on_deep), alt.value(look.ink)),
    )
    return _done(alt.layer(cells, words), look, max(len(rows), 2) * CELL)


def treemap(grid: Grid, currency: str, look: Look) -> alt.TopLevelMixin:
    """Tiles whose area is the second column, named and told by the third; a name has its colour everywhere."""
    name, size, told = grid.columns[0], grid.columns[1], grid.columns[2]
    rows = sorted((row for row in grid.records() if row[size.name]), key=lambda row: -row[size.name])
    width, height = 760.0, 330.0
    drawn = []
    for row, tile in zip(rows, tiles([float(row[size.name]) for row in rows], width, height), strict=True):
        colour = look.segments.get(str(row[name.name]), look.compared)
        wide, high = tile.right - tile.left, tile.bottom - tile.top
        words = str(row[name.name])
        if wide < 7.4 * len(words) + 16:
            words = words.replace(" ", "\n")
        deep = words.count("\n") + 1
        room = wide > 7.4 * max(map(len, words.split("\n"))) + 16 and high > 18 * deep + 6
        figures = " · ".join(text for text in (_said(row[size.name], size, currency), _said(row[told.name], told, currency)) if text)
        if not (room and high > 18 * deep + 24 and wide > 6.6 * len(figures) + 14):
            figures = figures.partition(" ·")[0] if room and high > 18 * deep + 24 and wide > 52 else ""
        drawn.append(
            {
                "left": tile.left, "right": tile.right, "top": height - tile.top, "bottom": height - tile.bottom,
                "colour": colour, "ink": text_on(colour), "name": words if room else "",
                "full": str(row[name.name]), "size": _said(row[size.name], size, currency), "told": _said(row[told.name], told, currency),
                "below": figures if deep == 1 else "", "third": figures if deep > 1 else "",
            }
        )  # fmt: skip
    across, down = alt.Scale(domain=[0, width], nice=False), alt.Scale(domain=[0, height], nice=False)
    tips = [alt.Tooltip("full:N", title=name.label), alt.Tooltip("size:N", title=size.label), alt.Tooltip("told:N", title=told.label)]
    base = alt.Chart(alt.InlineData(values=drawn)).encode(
        x=alt.X("left:Q", axis=None, scale=across), y=alt.Y("top:Q", axis=None, scale=down), tooltip=tips
    )
    area = base.mark_rect(stroke=look.card, strokeWidth=2, cornerRadius=3).encode(
        x2="right:Q", y2="bottom:Q", color=alt.Color("colour:N", scale=None)
    )
    ink = alt.Color("ink:N", scale=None)
    names = base.mark_text(align="left", baseline="top", dx=8, dy=8, fontWeight=600, fontSize=13, lineBreak="\n", lineHeight=17).encode(
        text="name:N", color=ink
    )
    below = base.mark_text(align="left", baseline="top", dx=8, dy=26, fontSize=12).encode(text="below:N", color=ink)
    third = base.mark_text(align="left", baseline="top", dx=8, dy=43, fontSize=12).encode(text="third:N", color=ink)
    return _done(alt.layer(area, names, below, third), look, int(height))


def waterfall(grid: Grid, currency: str, look: Look) -> alt.TopLevelMixin:
    """From one sum to another: names, amounts as they are added, and whether a row is a sum."""
    name, amount, is_sum = grid.columns[0], grid.columns[1], grid.columns[2]
    running, drawn = 0.0, []
    for row in grid.records():
        value = float(row[amount.name] or 0)
        start, end = (0.0, value) if row[is_sum.name] == "sum" else (running, running + value)
        running = end
        kind = look.data if row[is_sum.name] == "sum" else look.compared
        drawn.append(
            {"name": row[name.name], "start": start, "end": end, "top": max(start, end), "colour": kind, "said": _said(row[amount.name], amount, currency)}
        )  # fmt: skip
    order = [row["name"] for row in drawn]
    base = alt.Chart(alt.InlineData(values=drawn)).encode(
        x=alt.X("name:N", sort=order, axis=alt.Axis(title=None, labelAngle=0, labelLimit=100, labelColor=look.ink)),
        tooltip=[alt.Tooltip("name:N", title=name.label), alt.Tooltip("said:N", title=amount.label)],
    )
    boxes = base.mark_bar(cornerRadius=2).encode(
        y=alt.Y("start:Q", axis=_amounts(amount, currency), scale=alt.Scale(zero=True)), y2="end:Q", color=alt.Color("colour:N", scale=None)
    )
    words = base.mark_text(baseline="bottom", dy=-4, color=look.ink).encode(y="top:Q", text="said:N")
    return _done(alt.layer(boxes, words), look, HEIGHT)


def steps(grid: Grid, currency: str, look: Look) -> alt.TopLevelMixin:
    """A price over time: it holds until the next one."""
    when, price = grid.columns[0], grid.columns[1]
    chart = alt.Chart(_data(grid, currency)).mark_line(interpolate="step-after", color=look.data, strokeWidth=2, point={"size": 30})
    y = alt.Y(f"{price.name}:Q", axis=_amounts(price, currency), scale=alt.Scale(zero=False, nice=True))
    return _done(chart.encode(x=_time(when), y=y, tooltip=_tips(grid)), look, HEIGHT)


_DASHES = [[1, 0], [6, 3], [2, 2], [8, 2, 2, 2], [4, 4], [10, 4], [1, 3]]
_MONTH = "timeFormat(toDate(datum.value), '%b %y')"


def _done(chart: Any, look: Look, height: int) -> alt.TopLevelMixin:
    done: alt.TopLevelMixin = chart.properties(
        width="container", height=height, autosize=alt.AutoSizeParams(type="fit-x", contains="padding")
    ).configure(**look.config())
    return done


def _data(grid: Grid, currency: str) -> alt.InlineData:
    """Rows as Vega takes them, each figure beside how it is written."""
    values = []
    for row in grid.records():
        told: dict[str, Any] = {}
        for column in grid.columns:
            told[column.name] = _plain(row[column.name])
            told[f"{column.name}_said"] = _said(row[column.name], column, currency)
        values.append(told)
    return alt.InlineData(values=values)


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, (date, datetime)):
        return f"{value:%Y-%m-%dT00:00:00}"
    return value


def _said(value: Any, column: Column, currency: str) -> str:
    return "" if value is None else shown(value, column.unit, currency)


def _tips(grid: Grid) -> list[alt.Tooltip]:
    return [alt.Tooltip(f"{column.name}_said:N", title=column.label) for column in grid.columns]


def _time(column: Column) -> alt.X:
    return alt.X(f"{column.name}:T", axis=alt.Axis(title=None, format="%b %Y" if column.unit == "month" else "%-d %b", tickCount=8))


def _amounts(column: Column, currency: str, ticks: int = 5) -> alt.Axis:
    number = {"money": f"'{symbol(currency)}' + replace(format(datum.value, '~s'), 'G', 'B')", "share": "format(datum.value, '~%')"}
    said = number.get(column.unit, "replace(format(datum.value, '~s'), 'G', 'B')")
    return alt.Axis(title=None, labelExpr=said, tickCount=ticks)
