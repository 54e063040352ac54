"""What sells, steadily or not, and what is bought together?"""

from __future__ import annotations

from functools import partial

from fondaco.dashboards import charts
from fondaco.dashboards.page import Block, Column, Drill, Grid, Page, Section
from fondaco.dashboards.pages.common import in_months
from fondaco.dashboards.view import View
from fondaco.dashboards.viewer import Viewer

CARDS = ("units", "net_units", "gmv", "return_rate", "units_per_order")
#: Shared orders below which a lift says nothing.
_SHARED = 20
_EVERYWHERE = "Figures of all countries and channels."


def page(viewer: Viewer, view: View) -> Page:
    sections = [
        Section("What sells", viewer.together(
            ("Which categories sell", lambda: categories(viewer, view), ("gold.product_performance",)),
            ("How steadily: ABC by XYZ", lambda: classes(viewer, view), ("gold.product_performance",)),
            ("The best products", lambda: best(viewer, view), ("gold.product_performance",)),
        )),
        Section("What is bought together", viewer.together(
            ("Pairs that sell each other", lambda: pairs(viewer, view), ("gold.product_affinity",)),
        )),
        Section("Prices", viewer.together(
            ("What price changes did", lambda: effects(viewer), ("gold.price_changes",)),
            ("How a price went", lambda: history(viewer, view), ("silver.dim_products",)),
        )),
    ]  # fmt: skip
    return Page("products", "Products", "What sells, steadily or not, and what is bought together?", viewer.cards(CARDS, view), sections)


def categories(viewer: Viewer, view: View) -> Block:
    sql = f"""
        select category, sum(net_revenue), sum(units), sum(returns), count(distinct product_key) from gold.product_performance
        {view.clause(month="month_start", category="category")} group by 1 order by 2 desc"""
    grid = viewer.grid(
        sql, Column("category", "Category"), Column("net_revenue", "Net revenue", "money"), Column("units", "Units", "units"),
        Column("returns", "Returns", "money"), Column("products", "Products sold", "count"),
    )  # fmt: skip
    notes = (in_months(view), _EVERYWHERE)
    return Block("Which categories sell", grid, "Net revenue by category.", partial(charts.bars, grid, viewer.currency), ("net_revenue_by_order_date",), notes)  # fmt: skip


def classes(viewer: Viewer, view: View) -> Block:
    month = view.period.months().until.replace(day=1)
    conditions = view.clause(more=f"month_start = date '{month}'", category="category")
    sql = f"""
        select abc_class, coalesce(xyz_class, 'new'), count(distinct product_key), sum(net_revenue) from gold.product_performance
        {conditions} group by 1, 2 order by 1, 2"""
    grid = viewer.grid(
        sql, Column("abc", "ABC: share of revenue"), Column("xyz", "XYZ: how steady"), Column("products", "Products", "count"),
        Column("net_revenue", "Net revenue", "money"),
    )  # fmt: skip
    drawn = Grid(grid.columns[:3], tuple(row[:3] for row in grid.rows))
    draw = partial(charts.heat, drawn, viewer.currency, rows=("A", "B", "C"), across=("X", "Y", "Z", "new"), label="X steady, Y varying, Z erratic, new under 8 weeks")  # fmt: skip
    notes = (f"Of {month:%B %Y}. A: the first 80 % of revenue, B: the next 15 %, C: the rest. {_EVERYWHERE}",)
    return Block("How steadily: ABC by XYZ", grid, "Products by share of revenue and steadiness of demand.", draw, ("abc_class", "xyz_class"), notes)  # fmt: skip


def best(viewer: Viewer, view: View) -> Block:
    sql = f"""
        select product_key, max(product_name), max(category), sum(net_revenue), sum(units), sum(returns) / nullif(sum(gross_sales - discounts), 0),
            max(case when month_start = latest then abc_class end), max(case when month_start = latest then xyz_class end)
        from (select *, max(month_start) over (partition by product_key) as latest from gold.product_performance
            {view.clause(month="month_start", category="category")}) as sold
        group by 1 order by 4 desc, 1 limit 200"""
    keyed = viewer.grid(
        sql, Column("product_key", "Key"), Column("product_name", "Product"), Column("category", "Category"),
        Column("net_revenue", "Net revenue", "money"), Column("units", "Units", "units"), Column("returned", "Returned", "share"),
        Column("abc_class", "ABC"), Column("xyz_class", "XYZ"),
    )  # fmt: skip
    grid = Grid(keyed.columns[1:], tuple(row[1:] for row in keyed.rows))
    drill = Drill("Prices of this product", lambda row: prices(viewer, str(keyed.rows[row][0])))
    notes = (in_months(view), _EVERYWHERE)
    return Block("The best products", grid, "Products by net revenue.", None, ("net_revenue_by_order_date", "abc_class", "xyz_class"), notes, wide=True, drill=drill)  # fmt: skip


def pairs(viewer: Viewer, view: View) -> Block:
    lift = "cast(a.pair_orders as double precision) * a.orders_in_window / nullif(cast(a.product_orders as double precision) * a.other_product_orders, 0)"
    more = f"a.pair_orders >= {_SHARED} and a.product_key < a.other_product_key and a.window_days = (select max(window_days) from gold.product_affinity)"
    sql = f"""
        with names as (select product_key, max(product_name) as name, max(category) as category from gold.product_performance group by 1)
        select n.name, o.name, a.pair_orders, cast(a.pair_orders as double precision) / nullif(a.product_orders, 0), {lift}
        from gold.product_affinity as a join names as n on n.product_key = a.product_key join names as o on o.product_key = a.other_product_key
        {view.clause(more=more, category="n.category")} order by 5 desc, 3 desc limit 50"""
    grid = viewer.grid(
        sql, Column("product", "Product"), Column("other", "Bought with"), Column("pair_orders", "Shared orders", "count"),
        Column("confidence", "Of the product's orders", "share"), Column("lift", "Lift", "ratio"),
    )  # fmt: skip
    notes = (f"At least {_SHARED} shared orders: with fewer, lift says nothing. {_EVERYWHERE}",)
    return Block("Pairs that sell each other", grid, "Products that stand in one order more often than by chance.", None, ("basket_lift", "basket_confidence"), notes, wide=True)  # fmt: skip


def effects(viewer: Viewer) -> Block:
    sql = """
        select product_name, changed_date, old_price, new_price, new_price / nullif(old_price, 0) - 1, before_units, after_units, elasticity,
            case when not is_mature then 'too young to say' when is_confounded then coalesce(confounded_reason, 'confounded') else 'clear' end
        from gold.price_changes order by changed_date desc, product_name limit 200"""
    grid = viewer.grid(
        sql, Column("product", "Product"), Column("changed", "Changed", "date"), Column("old", "Old price", "ratio"),
        Column("new", "New price", "ratio"), Column("change", "Change", "share"), Column("before", "Units in 28 days before", "units"),
        Column("after", "Units in 28 days after", "units"), Column("elasticity", "Elasticity", "ratio"), Column("says", "Can it be read?"),
    )  # fmt: skip
    notes = ("It describes, it does not prove: other things change, too. Prices are in the product's own currency.",)
    return Block("What price changes did", grid, "Sales before and after each change of a list price.", None, ("price_change_impact", "price_elasticity"), notes, wide=True)  # fmt: skip


def history(viewer: Viewer, view: View) -> Block:
    """Of the product whose price changed most often."""
    sql = f"""
        select product_key from silver.dim_products {view.clause(more="list_price is not null and product_key is not null", category="category")}
        group by 1 having count(distinct list_price) > 1 order by count(distinct list_price) desc, 1 limit 1"""
    found = viewer.ask(sql).rows
    grid = (
        prices(viewer, str(found[0][0]))
        if found
        else Grid((Column("valid_from", "From", "date"), Column("list_price", "List price", "ratio")), ())
    )
    name = grid.rows[0][2] if grid.rows else ""
    drawn = Grid(grid.columns[:2], tuple(row[:2] for row in grid.rows))
    return Block("How a price went", grid, f"List price of {name} over time.", partial(charts.steps, drawn, viewer.currency), (), (f"{name}, whose price changed most often.",) if name else ())  # fmt: skip


def prices(viewer: Viewer, key: str) -> Grid:
    """A product's list price, version by version."""
    sql = f"""
        select cast(valid_from as date), list_price, name, currency, category, status from silver.dim_products
        where product_key = '{key.replace("'", "''")}' order by valid_from"""
    return viewer.grid(
        sql, Column("valid_from", "From", "date"), Column("list_price", "List price", "ratio"), Column("name", "Product"), Column("currency", "Currency"),
        Column("category", "Category"), Column("status", "Status"),
    )  # fmt: skip
