"""Puts a plan in force on the server, and puts back what was changed by hand: the files are the whole truth.

Who is who, and whose countries are which, comes first and in one transaction, which waits for no reader: what is taken away is gone at
once, in running sessions too. Then each view whose text changed is replaced by itself, with a short wait for readers; who reads longer
than a statement may take is ended, for the policy goes before a question.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from fondaco.errors import ServeError
from fondaco.governance import facts, postgres
from fondaco.governance.admin import client
from fondaco.governance.people import Limits, end_old_views, put_people
from fondaco.governance.plan import Plan, PlannedRelation, lines
from fondaco.governance.postgres import OWN, base
from fondaco.governance.repair import cleared, tidy, verify
from fondaco.governance.sql import engine_type, literal
from fondaco.governance.sql import relation as qualified

if TYPE_CHECKING:
    import psycopg

    Admin = psycopg.Connection[tuple[str, ...]]

T = TypeVar("T")


@dataclass(frozen=True)
class Enforced:
    """What putting a plan in force came to.

    Attributes:
        drift: what had been changed by hand, and was put back.
        changed: the views that were replaced.
        passwords: of users who had none.
        ended: sessions that stood in the way.
    """

    drift: tuple[str, ...]
    changed: tuple[str, ...]
    passwords: dict[str, str]
    ended: int
    seconds: float

    @property
    def told(self) -> dict[str, Any]:
        """What may be printed: everything but the passwords."""
        given = sorted(self.passwords)
        return {"drift": self.drift, "changed": self.changed, "new_passwords_for": given, "ended": self.ended, "seconds": self.seconds}


def enforce(admin: Admin, plan: Plan, key: str, limits: Limits, hand_out: Callable[[dict[str, str]], None] = lambda _: None) -> Enforced:
    """Makes the server what the plan says. Relations that have never been published get their views when they are.

    Args:
        key: the secret of pseudonyms.
        hand_out: told the passwords of users who had none, before they are in force.

    Raises:
        ServeError: something that was changed by hand cannot be put back.
    """
    began = time.monotonic()
    known = _is_governed(admin)
    written = said(admin, "facts") if known else None
    found = facts.in_force(admin) if known else ()
    drifted = facts.drift(written, found) if written is not None else ()
    passwords, fewer = _patiently(lambda: put_people(admin, plan, key, limits, hand_out, first=not known))
    changed, ended = [], end_old_views(admin, fewer)
    texts: dict[str, str] = json.loads("".join(said(admin, "views") or ("{}",)))
    there = {relation.path: relation for relation in plan.served if shape(admin, relation) == expected(relation)}
    # who is who and has which setting is right by now, whoever changed it; a user may change settings of her own
    strange = [line for line in drifted if not line[2:].startswith(("setting of ", "country ", "member ", "role "))]
    if strange:
        _patiently(lambda: tidy(admin, plan))
    for path in [path for path in texts if path not in {relation.path for relation in plan.served}]:
        ended += _forcefully(admin, _dropping(path), limits)
        del texts[path]
    for path, relation in there.items():
        text = _view(plan, relation)
        if texts.get(path) != text or strange:
            ended += _forcefully(admin, [*cleared(admin, relation, anew=bool(strange)), text], limits)
            texts[path] = text
            changed.append(path)
    now = facts.in_force(admin)
    verify(admin, plan, [line[2:] for line in drifted if line.startswith("+ ") and line[2:] in now])
    with admin.transaction():
        keep(admin, "views", json.dumps(texts))
        keep(admin, "plan", "\n".join(lines(plan)))
        keep(admin, "facts", "\n".join(now))
    return Enforced(drifted, tuple(changed), passwords, ended, time.monotonic() - began)


def made(admin: Admin, plan: Plan, paths: Iterable[str]) -> None:
    """Takes note of relations that came with their views and rights."""
    texts: dict[str, str] = json.loads("".join(said(admin, "views") or ("{}",)))
    with admin.transaction():
        keep(admin, "views", json.dumps(texts | {path: _view(plan, plan.relation(path)) for path in paths}))
        keep(admin, "facts", "\n".join(facts.in_force(admin)))


def applied_plan(admin: Admin) -> tuple[str, ...]:
    """The lines of the plan in force; empty if there is none."""
    return (said(admin, "plan") or ()) if _is_governed(admin) else ()


def changed_by_hand(admin: Admin) -> tuple[str, ...]:
    """What is in force and was not written, and the other way round. Raises ServeError if the server was never governed."""
    written = said(admin, "facts") if _is_governed(admin) else None
    if written is None:
        raise ServeError("no policy was ever put in force on this server", hint="fondaco policy apply")
    return facts.drift(written, facts.in_force(admin))


def shape(admin: Admin, relation: PlannedRelation) -> tuple[tuple[str, str], ...]:
    """The columns of a base table with their types, as the server has them; empty if there is none."""
    rows = admin.execute(
        "SELECT attname::text, format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = to_regclass(%s) AND attnum > 0 AND NOT attisdropped "
        "ORDER BY attnum",
        (qualified(base(relation.layer), relation.name),),
    ).fetchall()
    return tuple((row[0], row[1]) for row in rows)


_LONG = {"timestamp": "timestamp without time zone", "timestamptz": "timestamp with time zone"}


def expected(relation: PlannedRelation) -> tuple[tuple[str, str], ...]:
    """The columns that a base table is to have, in the words of the server."""
    kinds = [engine_type(column.type, "postgres") for column in relation.columns]
    return tuple((column.name, _LONG.get(kind, kind)) for column, kind in zip(relation.columns, kinds, strict=True))


def _view(plan: Plan, relation: PlannedRelation) -> str:
    return ";\n".join(postgres.view(plan, relation))


def keep(admin: Admin, name: str, text: str) -> None:
    """Keeps something said on the server, for the next time."""
    admin.execute(
        f"INSERT INTO {OWN}.applied (name, said) VALUES (%s, %s) ON CONFLICT (name) DO UPDATE SET said = excluded.said, at = now()",
        (name, text),
    )


def said(admin: Admin, name: str) -> tuple[str, ...] | None:
    found = admin.execute(f"SELECT said FROM {OWN}.applied WHERE name = %s", (name,)).fetchone()
    return tuple(found[0].split("\n")) if found else None


def _is_governed(admin: Admin) -> bool:
    found = admin.execute("SELECT 'yes' WHERE to_regclass(%s) IS NOT NULL", (f"{OWN}.applied",)).fetchone()
    return found is not None


def _dropping(path: str) -> list[str]:
    layer, name = path.split(".", 1)
    return [
        f"DROP VIEW IF EXISTS {qualified(layer, name)} CASCADE",
        f"DROP TABLE IF EXISTS {qualified(base(layer), name)} CASCADE",
        f"DELETE FROM {OWN}.published WHERE path = {literal(path)}",
    ]


def _patiently(do: Callable[[], T], patience: float = 10.0) -> T:
    """Does it again where it had to wait for somebody's lock."""
    errors = client().errors
    limit = time.monotonic() + patience
    while True:
        try:
            return do()
        except (errors.LockNotAvailable, errors.DeadlockDetected, errors.SerializationFailure):
            if time.monotonic() > limit:
                raise ServeError(
                    "the server is busy with something that this would change", hint="look at its sessions, then try again"
                ) from None
            time.sleep(0.05)


def _forcefully(admin: Admin, statements: Iterable[str], limits: Limits) -> int:
    """Does it in one transaction; who reads longer than a statement may take is ended. Gives how many were."""
    errors = client().errors
    texts = list(statements)
    limit = time.monotonic() + limits.statement_timeout.total_seconds()
    ended = 0
    while True:
        try:
            with admin.transaction():
                for text in texts:
                    admin.execute(text)
            return ended
        except (errors.LockNotAvailable, errors.DeadlockDetected):
            if time.monotonic() > limit:
                rows = admin.execute(
                    "SELECT pg_terminate_backend(a.pid)::text FROM pg_stat_activity a JOIN pg_roles r ON r.rolname = a.usename "
                    f"WHERE r.oid IN {facts.MANAGED} AND a.xact_start < now() - interval '1 second'"
                ).fetchall()
                ended += len(rows)
            time.sleep(0.05)
