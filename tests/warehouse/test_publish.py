"""A mart is shown once its checks have passed; until then readers keep the last good one, whatever fails or is killed."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fondaco.warehouse import MartStatus, build, mart_statuses, publish, query
from fondaco.warehouse.nodes import Lineage, Mart, NodeResult
from tests.warehouse.plain_shop import PlainShop
from tests.warehouse.project import Project
from tests.warehouse.test_build import FIRST_DAY, SECOND_DAY, Shop

# --- which mart may be shown ----------------------------------------------------------------------------------------

ORDERS = Mart("orders", "m.orders", frozenset({"m.orders", "m.fact"}), frozenset({"t.sum", "t.grain"}), "t.sum")
DAILY = Mart("daily", "m.daily", frozenset({"m.daily", "m.fact", "m.orders"}), frozenset({"t.daily"}), None)
LINEAGE = Lineage(
    (DAILY, ORDERS),
    {
        "t.sum": frozenset({"m.orders"}),
        "t.grain": frozenset({"m.orders"}),
        "t.daily": frozenset({"m.daily"}),
        "t.fact": frozenset({"m.fact"}),
    },
)
NODES = ("m.fact", "t.fact", "m.orders", "t.sum", "t.grain", "m.daily", "t.daily")
STATUSES = ("success", "pass", "warn", "fail", "error", "skipped")


def judged(**statuses: str) -> dict[str, publish.Judgement]:
    """What is judged of a build whose nodes came to these ends; the others to a good one, and to none where it says `left out`."""
    ends = {node: statuses.get(node.replace(".", "_"), "success" if node.startswith("m") else "pass") for node in NODES}
    nodes = [NodeResult(node, node, "test", end, 0.0, None) for node, end in ends.items() if end != "left out"]
    return {found.mart.name: found for found in publish.judge(nodes, LINEAGE)}


def test_a_mart_whose_checks_passed_may_be_shown() -> None:
    assert [(found.reason, found.checks) for found in judged(t_sum="warn").values()] == [(None, 1), (None, 2)]


@pytest.mark.parametrize(
    ("node", "held"), [("t_grain", {"orders", "daily"}), ("t_daily", {"daily"}), ("t_fact", {"orders", "daily"}), ("m_daily", {"daily"})]
)
def test_what_failed_holds_back_its_mart_and_all_that_is_made_of_it(node: str, held: set[str]) -> None:
    found = judged(**{node: "fail"})
    assert {name for name, one in found.items() if one.reason} == held
    assert all(one.reason == f"{node.replace('_', '.')} failed" for one in found.values() if one.reason)


def test_what_was_skipped_is_told_by_what_failed() -> None:
    found = judged(m_fact="error", t_fact="skipped", m_orders="skipped", t_sum="skipped", t_grain="skipped", m_daily="skipped")
    assert [one.reason for one in found.values()] == ["m.fact failed", "m.fact failed"]


def test_the_difference_is_asked_of_the_check_that_found_it() -> None:
    assert [found.failed_sum for found in judged(t_sum="fail").values()] == [None, "t.sum"]


def test_a_mart_whose_checks_were_left_out_is_not_shown_and_one_that_was_not_made_is_not_judged() -> None:
    found = judged(t_grain="left out", m_daily="left out", t_daily="left out")
    assert {name: one.reason for name, one in found.items()} == {"orders": "1 of its 2 checks were left out of this build"}


@given(st.lists(st.sampled_from([*STATUSES, "left out"]), min_size=len(NODES), max_size=len(NODES)))
def test_only_what_was_made_checked_and_found_right_is_shown(ends: list[str]) -> None:
    by_node = dict(zip(NODES, ends, strict=True))
    good = {node for node, end in by_node.items() if end in ("success", "pass", "warn")}
    found = judged(**{node.replace(".", "_"): end for node, end in by_node.items()})
    for name, needs in (("orders", {"m.orders", "t.sum", "t.grain"}), ("daily", {"m.daily", "t.daily"})):
        if name in found and found[name].reason is None:
            assert needs <= good
            # nothing that it is made of is known to be wrong
            assert not any(by_node[node] in ("fail", "error") for node in ("m.fact", "t.fact"))


# --- what readers see, step by step ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def project(repo: Path) -> Project:
    return Project(repo)


class Gold:
    """One mart of keys and values, made by the statements of the materialization, in memory."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._project._now = project.nodes["orders"]
        self.connection = duckdb.connect()
        self.connection.execute("create schema gold; create schema marts; create schema ops; create schema intermediate")
        publish.prepare(self.connection)
        self.made: dict[int, int] = {}

    def make(self, rows: dict[int, int], touched: set[int] | None) -> None:
        """All rows anew, or those of the touched keys."""
        tables = self.connection.execute(
            "select replace(regexp_replace(table_name, '^m(__)?', ''), '__', '') from duckdb_tables() where schema_name = 'marts'"
        )
        there = [name or "made" for (name,) in tables.fetchall()]
        there += ["shown"] * len(self.connection.execute("select 1 from duckdb_views() where schema_name = 'gold'").fetchall())
        values = [f"({key}, {value})" for key, value in rows.items() if touched is None or key in touched]
        named = f"(values {', '.join(values) or '(0, 0)'}) as made(order_key, value) where {bool(values)}"
        made = SimpleNamespace(identifier="m")
        self.connection.begin()
        if touched is None or "made" not in there:
            self.connection.execute(f"create table marts.m__next as select * from {named}")
            self.connection.execute(self._project.macro("keep_whole", "gold.m", made, there))
            self.connection.execute("alter table marts.m__next rename to m")
            self.made = dict(rows)
        else:
            keys = ", ".join(f"({key})" for key in touched) or "(null)"
            self.connection.execute(
                f"create or replace table intermediate.int_orders__touched as select * from (values {keys}) as t(order_key)"
            )
            self.connection.execute(self._project.macro("keep_touched", "gold.m", made, there, "order_key"))
            self.connection.execute("delete from marts.m where order_key in (select order_key from intermediate.int_orders__touched)")
            self.connection.execute(f"insert into marts.m select * from {named}")
            self.made = {key: value for key, value in self.made.items() if key not in touched} | {
                key: rows[key] for key in rows if key in touched
            }
        self.connection.commit()

    def judge(self, reason: str | None) -> None:
        mart = Mart("m", "m", frozenset({"m"}), frozenset(), None)
        publish.publish(self.connection, [publish.Judgement(mart, reason, 0, None)], lambda _: None, through=1, lineage=Lineage((mart,)))

    def seen(self) -> dict[int, int] | None:
        """What readers see; None if there is nothing to see yet."""
        if not self.connection.execute("select 1 from duckdb_views() where schema_name = 'gold'").fetchone():
            return None
        return dict(self.connection.execute("select * from gold.m").fetchall())


_ROWS = st.dictionaries(st.integers(1, 4), st.integers(0, 9))
_STEPS = st.tuples(_ROWS, st.none() | st.sets(st.integers(1, 4)), st.sampled_from(["good", "bad", "killed"]))


@given(st.lists(_STEPS, max_size=8))
def test_readers_see_the_last_good_mart_whatever_was_made_failed_or_killed_since(
    project: Project, steps: list[tuple[dict[int, int], set[int] | None, str]]
) -> None:
    gold, good = Gold(project), None
    for rows, touched, end in steps:
        gold.make(rows, touched)
        # before it is judged, and if that never happens
        assert gold.seen() == good
        if end != "killed":
            gold.judge("it failed" if end == "bad" else None)
            good = gold.made if end == "good" else good
        assert gold.seen() == good
        if end == "good":
            left = gold.connection.execute("select table_name from duckdb_tables() where schema_name = 'marts'").fetchall()
            assert left == [("m",)]
    gold.connection.close()


def test_only_the_touched_rows_are_kept_twice(project: Project) -> None:
    gold = Gold(project)
    gold.make(dict.fromkeys(range(1, 1001), 0), None)
    gold.judge(None)
    gold.make({5: 1}, {5, 2000})
    assert gold.connection.execute("select count(*) from marts.m__kept").fetchall() == [(1,)]
    gold.connection.close()


# --- each check turns red -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def plain(project: Project, repo: Path) -> Iterator[PlainShop]:
    shop = PlainShop(project, repo)
    at = "2024-03-01 10:00:00"
    shop.land("customers", {"customer_id": "x", "updated_at": at})
    shop.land("products", {"product_id": "p", "updated_at": at})
    shop.land("resellers", {"reseller_id": "r", "updated_at": at})
    shop.land(
        "orders", *({"order_id": str(n), "customer_id": "x", "ordered_at": at, "coupon_code": "C", "updated_at": at} for n in range(30))
    )
    shop.land(
        "order_items",
        *({"order_item_id": f"{n}{p}", "order_id": str(n), "product_id": p, "reseller_id": "r"} for n in range(30) for p in "pq"),
    )
    shop.land(
        "payments", *({"payment_id": str(n), "order_id": str(n), "amount": 20, "attempted_at": at, "updated_at": at} for n in range(30))
    )
    shop.land("shipments", {"shipment_id": "1", "order_id": "1", "shipped_at": at, "promised_at": at, "updated_at": at})
    shop.land("refunds", {"refund_id": "1", "order_id": "1", "goods_amount": 5, "refunded_at": at, "updated_at": at})
    shop.build()
    yield shop
    shop.close()


def _checks(repo: Path) -> Iterator[tuple[str, str, str]]:
    """Mart, check, and what breaks the mart so that this check finds it."""
    project = Project(repo)
    for path in sorted((repo / "warehouse" / "models").glob("*/**/*.yml")):
        if path.stem in project.nodes:
            for arguments in project.declared(path.stem, "holds"):
                if sums := arguments.get("adds_up"):
                    column = sums.get("amount", "net_revenue")
                    yield (
                        path.stem,
                        "adds_up",
                        f"update {{mart}} set {column} = {column} + 0.01 where rowid = (select min(rowid) from {{mart}} where {sums.get('where', 'true')})",
                    )
                for member in arguments.get("members", []):
                    yield path.stem, "members", f"update {{mart}} set {member} = 'nobody'"
                for part, _ in arguments.get("parts", []):
                    yield path.stem, "parts", f"update {{mart}} set {part.split()[0]} = 1000000"


REPO = Path(__file__).parents[2]


@pytest.mark.parametrize(("mart", "check", "breaks"), list(_checks(REPO)))
def test_a_mart_that_is_broken_is_found(plain: PlainShop, mart: str, check: str, breaks: str) -> None:
    (arguments,) = plain.project.declared(mart, "holds")
    question, relation = plain.project.test("holds", mart, **arguments), plain.project.nodes[mart].relation
    assert plain.rows(question) == []
    if not plain.rows(f"from {relation}"):
        # a shop this small has no such row: one that is made up
        columns = plain.rows(f"select column_name, column_type from (describe {relation})")
        values = ", ".join(f"cast({0 if kind.startswith(('DEC', 'BIG', 'INT')) else 'null'} as {kind}) as {name}" for name, kind in columns)
        plain.connection.execute(f"insert into {relation} select {values}")
    plain.connection.execute(f"create or replace temp table whole as from {relation}")
    try:
        plain.connection.execute(breaks.format(mart=relation))
        found = plain.rows(question)
        assert check in {row[0] for row in found}
        if check == "adds_up":
            assert [row[-1] for row in found if row[0] == "adds_up"] == [Decimal("0.0100")]
    finally:
        plain.connection.execute(f"create or replace table {relation} as from whole")


# --- the whole of it, by dbt ----------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_shop_whose_mart_fails_its_checks_keeps_the_last_good_one(tmp_path: Path, repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in ("contracts", "systems"):
        (tmp_path / folder).symlink_to(repo / folder)
    shutil.copytree(repo / "warehouse", tmp_path / "warehouse", ignore=shutil.ignore_patterns("target", "logs"))
    # of a mart that is made anew where it is touched: a check of the shop's own
    too_large = "assert_no_order_is_too_large"
    (tmp_path / f"warehouse/tests/{too_large}.sql").write_text("select order_key from {{ ref('orders') }} where gross_amount > 1000\n")
    shop = Shop.open(tmp_path).drop("2010-12-01", FIRST_DAY).land()

    def made() -> dict[str, MartStatus]:
        report = build(shop.settings, shop.lake)
        assert report.marts == mart_statuses(shop.settings)
        return {mart.mart: mart for mart in report.marts}

    def seen(mart: str) -> list[tuple[Any, ...]]:
        return sorted(query(shop.settings, f"from gold.{mart}").rows, key=repr)

    first = made()
    assert {mart.state for mart in first.values()} == {"published"}
    assert first["daily_sales"].difference == Decimal(0)
    marts = {name: seen(name) for name in first}

    # what lands is wrong: the mart that fails and what is made of it are held, the others are shown
    shop.drop("2010-12-02", SECOND_DAY + "536700,71053,LANTERN,999,2010-12-02 11:00:00,3.39,12583.0,France\n").land()
    for _ in range(2):
        second = made()
        assert {name for name, mart in second.items() if mart.state == "kept"} == {"orders", "payment_performance", "data_issues"}
        assert second["orders"].reason == f"{too_large} failed"
        assert (second["orders"].verified_at, second["orders"].through_commit) == (first["orders"].verified_at, 1)
        assert seen("orders") == marts["orders"]
        assert seen("daily_sales") != marts["daily_sales"]
        assert query(shop.settings, "select count(*) from marts.orders__kept").rows == ((0,),)

    # it is sent again and right, but the process dies before anything is shown
    shop.drop("2010-12-02", SECOND_DAY).land()
    with monkeypatch.context() as patch:
        patch.setattr(publish, "publish", _killed)
        with pytest.raises(KeyboardInterrupt):
            build(shop.settings, shop.lake)
    assert seen("orders") == marts["orders"]
    third = made()
    assert {mart.state for mart in third.values()} == {"published"}
    assert query(shop.settings, "select count(*) from duckdb_tables() where regexp_matches(table_name, '__(kept|changed)$')").rows == (
        (0,),
    )
    marts = {name: seen(name) for name in third}

    # a model that is off by a cent: red by name, with its difference
    daily = tmp_path / "warehouse/models/marts/sales/daily_sales.sql"
    text = daily.read_text()
    daily.write_text(text.replace("coalesce(money.net_revenue, 0) as", "coalesce(money.net_revenue, 0) + 0.01 as", 1))
    fourth = made()["daily_sales"]
    rows = len(marts["daily_sales"])
    assert (fourth.state, fourth.difference, fourth.rows) == ("kept", Decimal("0.01") * rows, rows)
    assert fourth.reason is not None and fourth.reason.startswith("holds_daily_sales_")
    assert seen("daily_sales") == marts["daily_sales"]


def _killed(*_args: object, **_kwargs: object) -> None:
    raise KeyboardInterrupt
