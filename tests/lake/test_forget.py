"""Who was forgotten is in no file of the lake any more, whatever happens meanwhile, and does not come back; figures and other people stay."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from contextlib import nullcontext
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fondaco.contracts import Column, FileFormat, Parent, System, Table
from fondaco.errors import LakeError, LockedError, UsageError
from fondaco.lake import Lake, LandingReport, compact, drop, erasure, forgotten, land, layout, person, redaction, rewind
from fondaco.lake.forgotten import Keys, Request
from fondaco.lake.quality import DefaultQuality
from fondaco.lake.replay import Chosen, replay
from fondaco.lake.writer import Origin
from fondaco.sources.files import FileDrops
from fondaco.storage import Bucket
from tests.lake.conftest import NOW
from tests.lake.test_crash import Died

KEYS = Keys(lambda: "a secret of the tests, long enough")
CUSTOMERS = Table(
    "customers",
    "One row per customer.",
    (
        Column("id", "bigint", nullable=False, classification="identifier"),
        Column("email", "varchar", nullable=False, classification="pii.email"),
        Column("phone", "varchar", classification="pii.phone"),
        Column("name", "varchar", nullable=False, classification="pii.name"),
        Column("street", "varchar", classification="pii.address"),
        Column("born", "date", classification="pii.birth_date"),
        Column("points", "bigint", minimum="0"),
        Column("changed_at", "timestamp"),
    ),
    ("id",),
    "changed_at",
    files="customers*.csv",
    format=FileFormat("csv"),
    person="id",
    holds_accounts=True,
)
ORDERS = Table(
    "orders",
    "One row per order.",
    (
        Column("id", "bigint", nullable=False, classification="identifier"),
        Column("customer", "bigint", classification="identifier"),
        Column("email", "varchar", classification="pii.email"),
        Column("total", "decimal(18,2)", nullable=False, minimum="0"),
        Column("changed_at", "timestamp"),
    ),
    ("id",),
    "changed_at",
    files="orders*.csv",
    format=FileFormat("csv"),
    person="customer",
)
NOTES = Table(
    "notes",
    "One row per note on an order.",
    (
        Column("id", "bigint", nullable=False),
        Column("order_id", "bigint", nullable=False),
        Column("kind", "varchar"),
        Column("text", "varchar", classification="pii.free_text"),
    ),
    ("id",),
    files="notes*.csv",
    format=FileFormat("csv"),
    parent=Parent("orders", "order_id"),
    figures={"kind": ("amount",)},
)


class Shop:
    """Drops of a shop with people, its lake, and what is done to both."""

    def __init__(self, root: Path) -> None:
        self.drops = root / "drops"
        self.place: Any = root / "lake"
        self.drops.mkdir()
        self.tables = {table.name: table for table in (CUSTOMERS, ORDERS, NOTES)}
        self.system = System("shop", "", "UTC", None, (), self.tables)

    def lake(self, on_step: Callable[[str], None] | None = None) -> Lake:
        return Lake.open(self.place, on_step, KEYS) if on_step else Lake.open(self.place, keys=KEYS)

    def drop(self, table: str, name: str, *lines: str) -> None:
        header = ",".join(column.name for column in self.tables[table].columns)
        (self.drops / f"{table}-{name}.csv").write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")

    def land(self, lake: Lake | None = None) -> LandingReport:
        report, source = LandingReport(), FileDrops("shop", self.system, self.drops, settle=0)
        for table in land([source], lake or self.lake(), DefaultQuality(), clock=lambda: NOW, report=report):
            assert table.rows_read == table.rows_landed + table.rows_quarantined + table.rows_known
            assert not table.errors
        return report

    def forget(self, *named: str, lake: Lake | None = None, dry_run: bool = False) -> list[erasure.Erased]:
        """What `fondaco forget` does to the lake."""
        lake = lake or self.lake()
        holders = erasure.holders(lake, {"shop": self.system})
        known = forgotten.read(lake.store)
        earlier = known.of(
            [KEYS.token("email", name.lower()) for name in named] + [KEYS.token("account", f"shop|{name}") for name in named]
        )
        try:
            found = person.find(lake, holders, named)
        except UsageError:
            if not earlier:
                raise
            found = person.Person(frozenset(), frozenset())
        tokens = found.tokens(KEYS) | {token for request in earlier for token in request.tokens}
        if dry_run:
            return [done for done in erasure.erase(lake, holders, tokens, KEYS, dry_run=True) if not done.is_empty()]
        with lake.writer():
            request = Request("of-a-test", "2024-06-01T00:00:00Z", frozenset(tokens))
            if earlier != [request]:
                forgotten.add(lake.store, known, request, KEYS)
                lake.on_step("listed")
            words = person.values(lake, holders, tokens, KEYS) | {email for email in found.emails if not person.is_pseudonym(email)}
            redaction.redact(lake.store, words)
            lake.on_step("texts")
            return [done for done in erasure.erase(lake, holders, tokens, KEYS) if not done.is_empty()]

    def rows(self, table: str, lake: Lake | None = None) -> list[tuple[Any, ...]]:
        """Every version of every row, in landing order."""
        lake = lake or self.lake()
        files = [lake.url(file.path) for commit in lake.live().of_table("shop", table) for file in commit.files]
        names = ", ".join(f'"{column.name}"' for column in self.tables[table].columns)
        found = lake.connection.read_parquet(files, union_by_name=True, hive_partitioning=False)
        return found.order("_batch_id, _position").project(names).fetchall()

    def aside(self) -> list[tuple[Any, ...]]:
        lake = self.lake()
        files = [lake.url(commit.quarantine.path) for commit in lake.live().commits if commit.quarantine]
        read = lake.connection.read_parquet(files, union_by_name=True, hive_partitioning=False)
        return read.order("_batch_id, _file, _row").project('_table, reason, "column", value, raw, faults').fetchall()

    def holding(self, *words: str) -> list[str]:
        """Files of the lake, or values in them, that hold one of these words: bytes as they are, and Parquet as it is read."""
        return holding(self.place, words)


def holding(folder: Path, words: tuple[str, ...]) -> list[str]:
    found = []
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        text = path.read_bytes().lower()
        if path.suffix == ".parquet":
            text += (
                repr(duckdb.execute("select * from read_parquet(?, hive_partitioning = false)", [str(path)]).fetchall()).lower().encode()
            )
        found += [f"{word} in {path.relative_to(folder)}" for word in words if word.lower().encode() in text]
    return found


HERS = ("ann@old.example", "Ann@New.example", "+49 30 111111", "Ann Bell", "Lindenweg 1", "Lindenweg 2")
CURRENT = "7,Ann@New.example,+49 30 111111,Ann Bell,Lindenweg 2,1990-01-02,30,2024-05-03 10:00:00"


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    shop = Shop(tmp_path)
    fill(shop)
    return shop


def fill(shop: Shop) -> None:
    """Ann signed up as 7, moved, changed her e-mail, ordered before as a guest; Ben is 8; some of her rows are bad."""
    shop.drop(
        "customers",
        "1",
        "7,ann@old.example,+49 30 111111,Ann Bell,Lindenweg 1,1990-01-02,10,2024-05-01 10:00:00",
        "8,ben@x.example,+49 30 222222,Ben Cole,Hauptstr 5,1980-05-06,20,2024-05-01 10:00:00",
    )
    shop.land()
    shop.drop("customers", "2", CURRENT, "7,ann@old.example,+49 30 111111,Ann Bell,Lindenweg 2,1990-01-02,many,2024-05-02 10:00:00")
    shop.drop(
        "orders",
        "1",
        "1,,ANN@old.example ,10.50,2024-04-01 10:00:00",
        "2,7,other@office.example,20.25,2024-05-02 10:00:00",
        "3,8,ben@x.example,5.00,2024-05-02 10:00:00",
        "4,7,ann@new.example,oops,2024-05-02 10:00:00",
        "5,8,torn ann@old.example,1,2,3,4,5",
    )
    shop.drop("notes", "1", "1,1,text,call Ann Bell", "2,2,amount,20.25", "3,3,text,ring Ben", "4,2,text,ann@new.example waits")
    shop.land()


def test_nothing_of_her_is_left_and_figures_and_other_people_stay(shop: Shop) -> None:
    assert shop.holding(*HERS), "the words are looked for in the right way"
    before = {table: shop.rows(table) for table in shop.tables}
    shop.forget("7")
    assert shop.holding(*HERS, "other@office.example", "call Ann", "1990-01-02") == []
    customers, orders, notes = (shop.rows(table) for table in shop.tables)
    assert [(row[0], row[6], row[7]) for row in customers] == [(row[0], row[6], row[7]) for row in before["customers"]]
    assert [(row[0], row[1], row[3], row[4]) for row in orders] == [(row[0], row[1], row[3], row[4]) for row in before["orders"]]
    assert customers[1] == before["customers"][1]
    assert orders[2] == before["orders"][2]
    assert customers[0][2:6] == (None, "forgotten", None, None)
    assert notes == [(1, 1, "text", None), (2, 2, "amount", "20.25"), (3, 3, "text", "ring Ben"), (4, 2, "text", None)]


def test_an_e_mail_keeps_its_place_as_a_name_that_nobody_has(shop: Shop) -> None:
    shop.forget("ann@new.example")
    customers, orders = shop.rows("customers"), shop.rows("orders")
    assert customers[0][1] == KEYS.pseudonym("ann@old.example") == orders[0][2]
    assert customers[2][1] == KEYS.pseudonym("Ann@New.example ")
    assert orders[1][2] == KEYS.pseudonym("other@office.example")
    assert customers[0][1].endswith("@forgotten.invalid")


def test_what_was_put_aside_keeps_its_place_and_its_reason(shop: Shop) -> None:
    before = shop.aside()
    shop.forget("7")
    after = shop.aside()
    assert [row[:3] for row in after] == [row[:3] for row in before]
    by_column = {(row[0], row[2]): row for row in after}
    assert by_column["customers", "points"][3] == "many", "the value at fault is no word of hers"
    raw = json.loads(by_column["customers", "points"][4])
    assert (raw["id"], raw["points"], raw["phone"], raw["name"]) == ("7", "many", None, "forgotten")
    assert list(raw) == [column.name for column in CUSTOMERS.columns]
    assert json.loads(by_column["orders", "total"][5]) == [{"column": "total", "reason": "not_a_decimal", "value": "oops"}]
    assert json.loads(next(row for row in after if row[2] is None)[4]) == "[forgotten]"


def test_state_log_and_lake_are_whole_afterwards(shop: Shop) -> None:
    state, history = shop.lake().state(), shop.lake().commits()
    shop.forget("7")
    lake = shop.lake()
    assert lake.commits()[: len(history)] == history
    assert lake.state().tables == state.tables, "no position and no count moves"
    assert lake.state() == lake.rebuild_state()
    assert lake.orphans(timedelta()) == []
    lake.log.checkpoint()
    assert shop.lake().live() == lake.live()


def test_she_does_not_come_back_by_the_same_file_a_changed_one_or_a_replay(shop: Shop) -> None:
    shop.forget("7")
    before = shop.rows("customers")
    shop.drop("customers", "again", CURRENT, "9,cy@x.example,+1 5,Cy,Road 1,1970-01-01,1,2024-05-04 10:00:00")
    shop.drop("customers", "more", CURRENT.replace("Lindenweg 2", "Lindenweg 3").replace("05-03", "05-05"), "7,ann@new.example,,x,,,bad,")
    shop.drop(
        "orders", "more", "6,,aNN@old.example,7,2024-05-05 10:00:00", "8,7,ann@third.example,7,2024-05-05 10:00:00", "9,ann@old.example"
    )
    report = shop.land()
    assert report.total("rows_quarantined") == 2
    assert shop.holding(*HERS, "Lindenweg 3", "ann@third.example") == []
    rows = shop.rows("customers")
    assert len(rows) > len(before)
    assert next(row for row in rows if row[0] == 9)[1] == "cy@x.example"
    assert {row[1] for row in rows if row[0] == 7} == {KEYS.pseudonym("ann@old.example"), KEYS.pseudonym("ann@new.example")}
    lake = shop.lake()
    lenient = Table(
        **{
            **vars(CUSTOMERS),
            "columns": tuple(
                Column(**{**vars(c), "type": "varchar", "minimum": None}) if c.name == "points" else c for c in CUSTOMERS.columns
            ),
        }
    )
    (done,) = replay(lake, [Origin("shop", "shop", lenient, shop.tables)], DefaultQuality(), Chosen("customers"), clock=lambda: NOW)
    assert done.landed + done.overtaken == 2
    assert shop.holding(*HERS, "Lindenweg 3") == []


def test_a_row_of_hers_that_is_read_again_is_known(shop: Shop) -> None:
    shop.forget("7")
    (shop.drops / "customers-2.csv").rename(shop.drops / "customers-moved.csv")
    report = shop.land()
    assert report.total("rows_landed") == 0
    rows = shop.rows("customers")
    source = FileDrops("shop", shop.system, shop.drops, settle=0)
    lake = shop.lake()
    rewind(lake, "shop", shop.system, CUSTOMERS, to=(NOW - timedelta(days=9000)).replace(tzinfo=None), clock=lambda: NOW)
    for table in land([source], lake, DefaultQuality(), clock=lambda: NOW):
        assert (table.rows_landed, table.rows_quarantined) == (0, 0)
    assert shop.rows("customers") == rows


def test_files_that_compaction_made_and_replaced_hold_her_no_more(shop: Shop) -> None:
    lake = shop.lake()
    assert compact(lake, older_than=timedelta(), now=NOW + timedelta(days=8))
    rows = shop.rows("orders")
    done = shop.forget("7")
    assert any(table.removed for table in done)
    assert shop.holding(*HERS) == []
    assert [row[3] for row in shop.rows("orders")] == [row[3] for row in rows]
    compact(shop.lake(), older_than=timedelta(), now=NOW + timedelta(days=8))
    assert shop.holding(*HERS) == []


def test_a_dry_run_says_what_would_be_done_and_changes_nothing(shop: Shop) -> None:
    files = {path: path.read_bytes() for path in shop.place.rglob("*") if path.is_file()}
    would = shop.forget("7", dry_run=True)
    assert {path: path.read_bytes() for path in shop.place.rglob("*") if path.is_file()} == files
    done = shop.forget("7")
    assert [(table.table, table.rows, table.quarantined) for table in would] == [
        (table.table, table.rows, table.quarantined) for table in done
    ]
    assert [(table.table, table.rows, table.quarantined) for table in done] == [("notes", 2, 0), ("customers", 2, 1), ("orders", 2, 2)]


STEPS = ("listed", "texts", "part", "quarantine", "verified", "synced", "committed", "state", "erased", "removed")


def test_killed_at_each_kind_of_step_a_second_run_finishes(tmp_path: Path) -> None:
    whole, steps = _forgotten_whole(tmp_path)
    assert set(STEPS) <= set(steps)
    for number in sorted(steps.index(step) for step in STEPS):
        _killed_and_finished(tmp_path, whole, number, steps[number])


@pytest.mark.slow
def test_killed_at_any_step_a_second_run_finishes(tmp_path: Path) -> None:
    whole, steps = _forgotten_whole(tmp_path)
    for number, step in enumerate(steps):
        _killed_and_finished(tmp_path, whole, number, step)


def _forgotten_whole(root: Path) -> tuple[Shop, list[str]]:
    """A shop where she was forgotten undisturbed, and the steps that it took; as it was before it stands beside it."""
    (root / "before").mkdir()
    before = Shop(root / "before")
    fill(before)
    compact(before.lake(), tables=("customers",), older_than=timedelta(), now=NOW + timedelta(days=8))
    whole, steps = _copied(root, "whole"), list[str]()
    whole.forget("7", lake=whole.lake(steps.append))
    return whole, steps


def _copied(root: Path, name: str) -> Shop:
    shutil.copytree(root / "before" / "lake", root / name / "lake")
    return Shop(root / name)


def _killed_and_finished(root: Path, whole: Shop, number: int, step: str) -> None:
    torn = _copied(root, str(number))
    with pytest.raises(Died):
        torn.forget("7", lake=torn.lake(_dying_at(number)))
    named = ("7", "ann@new.example", "ann@old.example")[number % 3]
    torn.forget(named)
    assert torn.holding(*HERS) == [], f"killed at {step} ({number})"
    assert [torn.rows(table) for table in torn.tables] == [whole.rows(table) for table in whole.tables]
    assert torn.aside() == whole.aside()
    assert torn.forget(named) == []


def _dying_at(number: int) -> Callable[[str], None]:
    seen = iter(range(10_000))

    def step(name: str) -> None:
        if next(seen) == number:
            raise Died(name)

    return step


def test_who_landed_between_list_and_commit_is_told_to_begin_again(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a bucket there is no lock: a landing that read the list too early must not commit what it then read."""
    shop.drop("customers", "late", CURRENT.replace("05-03", "05-06"))

    def forgets(step: str) -> None:
        if step == "synced":
            lake.on_step = lambda _: None
            other = shop.lake()
            monkeypatch.setattr(other, "writer", nullcontext)
            shop.forget("7", lake=other)

    lake = shop.lake(forgets)
    with pytest.raises(LockedError, match="forgotten"):
        shop.land(lake)
    assert shop.holding(*HERS) == []
    shop.land()
    assert shop.holding(*HERS) == []


def test_without_the_secret_of_that_time_nothing_lands(shop: Shop) -> None:
    shop.forget("7")
    shop.drop("customers", "new", "9,cy@x.example,,Cy,,,1,")
    for lake in (Lake.open(shop.place), Lake.open(shop.place, keys=Keys(lambda: "another secret"))):
        with pytest.raises(LakeError, match="another secret"):
            shop.land(lake)
    path = next(path for path in (shop.place / "bronze" / "_forgotten").iterdir() if "proof" not in path.name)
    text = path.read_text()
    assert "secret" not in text
    assert not any(word.lower() in text.lower() for word in (*HERS, '"7"'))
    path.write_text("torn")
    with pytest.raises(LakeError, match="nothing may land"):
        shop.land()


def test_several_requests_stand_on_one_list(shop: Shop) -> None:
    shop.forget("7")
    lake = shop.lake()
    known = forgotten.read(lake.store)
    forgotten.add(lake.store, known, Request("other", "2024", frozenset({KEYS.token("email", "ben@x.example")})), KEYS)
    with pytest.raises(LockedError):
        forgotten.add(lake.store, known, Request("late", "2024", frozenset()), KEYS)
    found = forgotten.read(lake.store)
    assert [request.id for request in found.requests] == ["of-a-test", "other"]
    assert [layout.forgotten_number(item.path) for item in lake.store.listing(layout.FORGOTTEN)] == [2]


def test_nobody_and_several_are_named_and_nothing_is_changed(shop: Shop) -> None:
    with pytest.raises(UsageError, match="no row of the lake names a customer 99"):
        shop.forget("99")
    with pytest.raises(UsageError, match="nobody"):
        shop.forget("0")
    shop.drop("customers", "twin", "70,ANN@new.example,,Ann B,,,1,2024-05-09 10:00:00")
    shop.land()
    files = {path: path.read_bytes() for path in shop.place.rglob("*") if path.is_file() and path.name != "_writer.lock"}
    for named in ("ann@old.example", "7", "70"):
        with pytest.raises(UsageError, match="2 accounts of shop: 7, 70") as error:
            shop.forget(named)
        assert "--customer 7 --customer 70" in str(error.value.hint)
    assert {path: path.read_bytes() for path in files} == files
    shop.forget("7", "70")
    assert shop.holding(*HERS, "Ann B") == []


def test_words_of_hers_leave_notes_and_audit(shop: Shop) -> None:
    lake = shop.lake()
    with lake.audit.record("quarantine drop", {"why": "Ann@New.example asked, Lindenweg 1"}):
        pass
    drop(lake, Chosen("orders", "ragged"), "ann@old.example wrote", clock=lambda: NOW)
    shop.forget("7")
    assert shop.holding(*HERS) == []
    assert shop.lake().audit.entries()[0].arguments["why"] == "[forgotten] asked, [forgotten]"
    assert any("[forgotten] wrote" in note for commit in shop.lake().commits() for note in commit.notes)


def test_what_is_read_once_more_to_compare_is_what_was_rewritten(shop: Shop, tmp_path: Path) -> None:
    shop.forget("7")
    rows, aside = [shop.rows(table) for table in shop.tables], shop.aside()
    other = Lake.open(tmp_path / "again", keys=KEYS)
    forgotten.lend(shop.lake().store, other.store)
    shop.place = tmp_path / "again"
    shop.land(other)
    assert holding(tmp_path / "again", HERS) == []
    assert [sorted(map(repr, shop.rows(table))) for table in shop.tables] == [sorted(map(repr, found)) for found in rows]
    assert sorted(map(repr, shop.aside())) == sorted(map(repr, aside))


@pytest.mark.slow
def test_she_is_forgotten_in_a_bucket_too(tmp_path: Path, bucket: Bucket) -> None:
    shop = Shop(tmp_path)
    shop.place = bucket
    fill(shop)
    compact(shop.lake(), older_than=timedelta(), now=NOW + timedelta(days=8))
    totals = [row[3] for row in shop.rows("orders")]
    steps = list[str]()
    with pytest.raises(Died):
        shop.forget("7", lake=shop.lake(lambda step: _die(step, steps)))
    shop.forget("ann@new.example")
    lake = shop.lake()
    for item in lake.store.listing():
        text = (lake.store.read(item.path) or b"").lower()
        if item.path.endswith(".parquet"):
            text += repr(lake.connection.read_parquet(lake.url(item.path)).fetchall()).lower().encode()
        assert [word for word in HERS if word.lower().encode() in text] == [], item.path
    assert [row[3] for row in shop.rows("orders")] == totals
    shop.drop("customers", "late", CURRENT.replace("05-03", "05-06"))
    shop.land()
    assert {row[1] for row in shop.rows("customers") if row[0] == 7} == {
        KEYS.pseudonym("ann@old.example"),
        KEYS.pseudonym("ann@new.example"),
    }


def _die(step: str, steps: list[str]) -> None:
    steps.append(step)
    if steps.count("committed") == 2:
        raise Died(step)


LINES = st.lists(
    st.tuples(
        st.integers(1, 4),
        st.sampled_from(["a@x.example", "B@x.example", "c@x.example", "d@x.example"]),
        st.integers(0, 99),
        st.integers(1, 28),
    ),
    min_size=1,
    max_size=12,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=6)
@given(orders=LINES, later=LINES)
def test_forgetting_first_or_last_leaves_the_same(tmp_path_factory: pytest.TempPathFactory, orders: list[Any], later: list[Any]) -> None:
    """It does not matter for what is left of her whether a row landed before she was forgotten or after."""

    def lines(found: list[Any], first: int) -> list[str]:
        return [
            f"{first + n},{who if who > 1 else ''},{email},{total},2024-05-{day:02} 10:00:00"
            for n, (who, email, total, day) in enumerate(found)
        ]

    left = []
    for early in (True, False):
        shop = Shop(tmp_path_factory.mktemp("shop"))
        shop.drop("customers", "1", "2,a@x.example,,A,,,1,2024-05-01 10:00:00", "3,c@x.example,,C,,,1,2024-05-01 10:00:00")
        shop.drop("orders", "1", *lines(orders, 1))
        shop.land()
        if early:
            shop.forget("2")
        shop.drop("orders", "2", *lines(later, 100))
        shop.land()
        if not early:
            shop.forget("a@x.example")
        assert shop.holding("a@x.example") == []
        left.append([shop.rows(table) for table in ("customers", "orders")])
    assert left[0] == left[1]
