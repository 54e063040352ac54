"""Can these numbers be trusted?"""

from __future__ import annotations

from functools import partial

from fondaco.dashboards import charts
from fondaco.dashboards.page import Block, Column, Grid, Page, Section
from fondaco.dashboards.pages.sales import restated
from fondaco.dashboards.view import View
from fondaco.dashboards.viewer import Viewer

_MART = ("gold.data_health",)


def page(viewer: Viewer, view: View) -> Page:
    sections = [
        Section("What was read", viewer.together(
            ("Does every row stand somewhere?", lambda: rows(viewer), _MART),
            ("Why rows were put aside", lambda: rejected(viewer), _MART),
            ("Rows landed per day", lambda: landed(viewer), _MART),
        )),
        Section("What does not fit", viewer.together(
            ("Things in the shop that cannot be right", lambda: issues(viewer), ("gold.data_issues",)),
            ("Closed months that moved", lambda: restated(viewer, view), ("gold.sales_restatements",)),
            ("How good the forecast is", lambda: forecast(viewer), ("gold.clv_fit",)),
        )),
    ]  # fmt: skip
    return Page("health", "Data health", "Can these numbers be trusted?", [], sections)


def rows(viewer: Viewer) -> Block:
    """Rows read are landed, known before or in quarantine; and what is in the lake is in the warehouse."""
    sql = """
        select source_name, entity, max(data_until), max(landed_at), sum(rows_read), sum(rows_landed), sum(rows_known), sum(rows_quarantined),
            sum(rows_read - rows_landed - rows_known - rows_quarantined), sum(coalesce(difference, 0)), sum(coalesce(checks_failed, 0))
        from gold.data_health group by 1, 2 order by 1, 2"""
    grid = viewer.grid(
        sql, Column("source", "Source"), Column("entity", "Table"), Column("until", "Data until", "moment"), Column("landed", "Landed last", "moment"),
        Column("read", "Rows read", "count"), Column("rows_landed", "Landed", "count"), Column("known", "Known before", "count"),
        Column("aside", "Put aside", "count"), Column("lost", "Unaccounted", "count"), Column("difference", "Lake less warehouse", "count"),
        Column("failed", "Checks failed", "count"),
    )  # fmt: skip
    bad = sum(row[8] or 0 for row in grid.rows), sum(row[9] or 0 for row in grid.rows), sum(row[10] or 0 for row in grid.rows)
    told = "Every row that was read is accounted for." if not any(bad) else f"Unaccounted: {bad[0]:,}; lake less warehouse: {bad[1]:,}; checks failed: {bad[2]:,}."  # fmt: skip
    return Block("Does every row stand somewhere?", grid, told, None, (), (told,), wide=True, listed=40)


def rejected(viewer: Viewer) -> Block:
    counts: dict[str, int] = {}
    for (text,) in viewer.ask("select rejected_reasons from gold.data_health where rejected_reasons <> ''").rows:
        for part in str(text).split(";"):
            reason, _, count = part.strip().rpartition(":")
            if count.strip().isdigit():
                counts[reason] = counts.get(reason, 0) + int(count)
    ranked = tuple(sorted(counts.items(), key=lambda item: -item[1]))
    grid = Grid(
        (Column("reason", "Reason"), Column("rows", "Rows", "count")), tuple((reason.replace("_", " "), count) for reason, count in ranked)
    )
    return Block("Why rows were put aside", grid, "Rows in quarantine by reason.", partial(charts.bars, grid, viewer.currency), (), ("Nothing is dropped in silence: fondaco quarantine show has the rows.",))  # fmt: skip


def landed(viewer: Viewer) -> Block:
    sql = "select run_date, sum(rows_landed), sum(rows_quarantined), sum(batches) from gold.data_health group by 1 order by 1 desc limit 60"
    found = viewer.grid(sql, Column("day", "Day", "date"), Column("landed", "Rows landed", "count"), Column("aside", "Put aside", "count"), Column("batches", "Batches", "count"))  # fmt: skip
    return Block("Rows landed per day", Grid(found.columns, found.rows[::-1]), "Rows that landed on each day of reading.", None)


def issues(viewer: Viewer) -> Block:
    sql = """
        select reason, entity, count(*), sum(amount), min(detail) from gold.data_issues group by 1, 2 order by 3 desc"""
    grid = viewer.grid(sql, Column("reason", "What"), Column("entity", "Table"), Column("rows", "Rows", "count"), Column("amount", "Amount", "ratio"), Column("example", "For example"))  # fmt: skip
    return Block("Things in the shop that cannot be right", grid, "Rows of the shop that contradict themselves, by reason.", None, (), ("Amounts are in the orders' own currencies.",), wide=True, empty="Nothing in the shop contradicts itself.")  # fmt: skip


def forecast(viewer: Viewer) -> Block:
    sql = """
        select as_of_date, customers, holdout_days, actual_purchases, predicted_purchases, purchases_error, naive_purchases_error, value_error
        from gold.clv_fit"""
    grid = viewer.grid(
        sql, Column("as_of", "As of", "date"), Column("customers", "Customers", "count"), Column("days", "Days held out", "count"),
        Column("actual", "Purchases", "units"), Column("predicted", "Foretold", "units"), Column("error", "Error", "share"),
        Column("naive", "Error of a plain guess", "share"), Column("value", "Error of value", "share"),
    )  # fmt: skip
    return Block("How good the forecast is", grid, "Forecast of purchases against days held out.", None, ("clv_predicted",), ("Needs rules.predict_clv.",), empty="No forecast is made: rules.predict_clv in fondaco.yml switches it on.")  # fmt: skip
