"""Who may see what: policy/ against contracts/ and the models, compiled to one plan that every engine enforces.

policy.py     the policy, as values
load.py       policy/*, read with their line numbers
catalog.py    the relations of the warehouse, their columns and classifications
check.py      the policy held against the warehouse
plan.py       who sees which cells: one value, printable
masks.py      the ways to show a value
sql.py        where names and values become SQL
cells.py      what a user sees of a relation, as one SELECT
postgres.py   the plan as statements for PostgreSQL
snowflake.py  the plan as statements for Snowflake, and as an overlay of the dbt project
matrix.py     the plan as a table for people
"""

from __future__ import annotations

from fondaco.governance.catalog import load_catalog
from fondaco.governance.load import load_policy
from fondaco.governance.matrix import Access, accesses
from fondaco.governance.plan import Plan, alarms, compile_plan, difference, lines
from fondaco.settings import Settings

__all__ = ["Access", "Plan", "accesses", "alarms", "compile_plan", "difference", "lines", "plan_of"]


def plan_of(settings: Settings) -> Plan:
    """The plan of a shop: its policy compiled against its warehouse. Raises DeclarationError if one does not fit the other."""
    return compile_plan(load_policy(settings.policy_dir), load_catalog(settings))
