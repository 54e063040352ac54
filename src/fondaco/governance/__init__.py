"""Who may see what: policy/ against contracts/ and the models, compiled to one plan that every engine enforces.

policy.py     the policy, as values
retention.py  how long what tells of a person is kept
load.py       policy/*, read with their line numbers
catalog.py    the relations of the warehouse, their columns and classifications
check.py      the policy held against the warehouse
plan.py       who sees which cells: one value, printable
masks.py      the ways to show a value
sql.py        where names and values become SQL
cells.py      what a user sees of a relation, as one SELECT
postgres.py   the plan as statements for PostgreSQL
snowflake.py  the plan as policies and views of Snowflake, and as an overlay of the dbt project
account.py    all that is to be there on Snowflake before a build
applied.py    what is there, and the steps to what should be
site.py       a shop's policy on Snowflake: looked at, written down, put in force
matrix.py     the plan as a table for people
server.py     the PostgreSQL that people ask: its programs, its folder, who may knock
admin.py      its superuser's connection
facts.py      what is in force there, as lines that can be compared
people.py     who is who there: roles, users, memberships, countries
repair.py     what was changed by hand, put back
enforce.py    the plan put in force
publish.py    the served layers copied, under readers
serving.py    all of that in order
extract.py    what a user sees, as a database of its own
copies.py     whether extracts hold what was erased
ask.py        a question of a user: to the server, else to an extract
session.py    many questions of a user, over connections that are hers
reads.py      who asked what, from the server's log
erasure.py    what a server forgets with a person
key.py        the secret of pseudonyms
"""

from __future__ import annotations

from fondaco.governance.matrix import Access, accesses
from fondaco.governance.plan import Plan, alarms, compile_plan, difference, lines
from fondaco.governance.serving import compiled as plan_of

__all__ = ["Access", "Plan", "accesses", "alarms", "compile_plan", "difference", "lines", "plan_of"]
