"""A policy and a warehouse small enough to be read whole: three relations, three roles, four users."""

from __future__ import annotations

from pathlib import Path

from fondaco.governance.catalog import Catalog, Column, Relation
from fondaco.governance.load import load_policy
from fondaco.governance.plan import Plan, compile_plan

ROLES = """\
roles:
  DATA_ENGINEER: {description: Sees all., reads: [silver, gold], rows: all, people: clear}
  DATA_SCIENTIST: {description: Sees pseudonyms., reads: [silver, gold], rows: all, people: hash}
  DATA_ANALYST: {description: Sees her countries., reads: [gold], rows: entitled, people: mask}
"""
MASKS = """\
masks:
  pii.email: {mask: keep_domain, hash: pseudonym}
  pii.phone: {mask: keep_last_two, hash: pseudonym}
  pii.name: {mask: keep_initial, hash: pseudonym}
  pii.address: {mask: redact, hash: pseudonym}
  pii.birth_date: {mask: empty, hash: keep_year}
  pii.pseudonym: {mask: pseudonym, hash: pseudonym}
  pii.free_text: {mask: redact, hash: redact}
"""
LAYERS = """\
layers:
  silver: {served: true, whole: facts as they are}
  gold: {served: true, rows_by: country}
relations:
  gold.calendar: {public: days are no secret}
"""
USERS = """\
users:
  erin: DATA_ENGINEER
  sam: DATA_SCIENTIST
  ana: DATA_ANALYST
  noor: DATA_ANALYST
groups:
  dach: [ana]
"""
ENTITLEMENTS = "who,country\ndach,DE\nana,AT\n"

FILES = {"roles.yml": ROLES, "masks.yml": MASKS, "layers.yml": LAYERS, "users.yml": USERS, "entitlements.csv": ENTITLEMENTS}

CUSTOMERS = (
    ("customer_key", "varchar", "pii.pseudonym"),
    ("email", "varchar", "pii.email"),
    ("birth_date", "date", "pii.birth_date"),
    ("country", "varchar", None),
    ("net_revenue", "decimal(18,4)", None),
)


def relation(path: str, *columns: tuple[str, str, str | None]) -> Relation:
    layer, name = path.split(".")
    return Relation(
        layer, name, tuple(Column(*column, where=f"{name}.yml:{line}") for line, column in enumerate(columns, 4)), f"{name}.yml:2"
    )


def catalog(*more: Relation) -> Catalog:
    relations = (
        relation("silver.events", ("event_key", "varchar", None), ("note", "varchar", "pii.free_text"), ("happened_at", "timestamp", None)),
        relation("gold.calendar", ("date_day", "date", None)),
        relation("gold.customers", *CUSTOMERS),
        *more,
    )
    return Catalog({one.path: one for one in relations}, frozenset({"AT", "DE", "FR", "NO"}), {"email": "pii.email", "city": "pii.address"})


def write(folder: Path, **changed: str) -> Path:
    """The files of the little policy; a change is named by the file without its ending."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in FILES.items():
        (folder / name).write_text(changed.get(name.partition(".")[0], text), encoding="utf-8")
    return folder


def plan(folder: Path, *more: Relation, **changed: str) -> Plan:
    return compile_plan(load_policy(write(folder, **changed)), catalog(*more))
