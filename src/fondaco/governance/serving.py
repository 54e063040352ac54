"""The server kept as it should be: the policy in force, the copy of the last good build, passwords for who needs one."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection
from dataclasses import dataclass

from fondaco.errors import UsageError
from fondaco.governance import postgres
from fondaco.governance.admin import admitted, conninfo_of
from fondaco.governance.catalog import load_catalog
from fondaco.governance.enforce import Enforced, applied_plan, changed_by_hand, enforce, made
from fondaco.governance.key import key_of
from fondaco.governance.load import load_policy
from fondaco.governance.people import Limits, set_password
from fondaco.governance.plan import Plan, alarms, compile_plan, difference, lines
from fondaco.governance.publish import Published, publish
from fondaco.governance.reads import Reads, reads
from fondaco.governance.server import server_of
from fondaco.settings import Settings


@dataclass(frozen=True)
class Refreshed:
    """What it took to bring the server up to date; `published` is None where only the policy was wanted."""

    enforced: Enforced
    published: Published | None


@dataclass(frozen=True)
class Foreseen:
    """What putting the policy in force would change.

    Attributes:
        first: whether none is in force yet.
        changes: lines that come and go.
        drift: what was changed by hand on the server, and would be put back.
        alarms: what a person should have meant.
    """

    first: bool
    changes: tuple[str, ...]
    drift: tuple[str, ...]
    alarms: tuple[str, ...]


@dataclass(frozen=True)
class Audited:
    """What an auditor asks for.

    Attributes:
        changes: the policy's lines that were not put in force yet.
        drift: what was changed by hand on the server.
        reads: who asked what; None where the server's log is not ours.
    """

    changes: tuple[str, ...]
    drift: tuple[str, ...]
    reads: tuple[Reads, ...] | None


def compiled(settings: Settings) -> Plan:
    """The plan of a shop: its policy compiled against its warehouse. Raises DeclarationError if one does not fit the other."""
    return compile_plan(load_policy(settings.policy_dir), load_catalog(settings))


def own_policy(settings: Settings) -> None:
    """Raises UsageError if the policy would let in people of the simulated shop."""
    if not settings.demo and settings.policy_dir == settings.house / "policy" and settings.house != settings.root:
        raise UsageError(
            "this shop has no policy of its own, and the one that is shipped names people of the simulated shop",
            where=str(settings.root / "policy"),
            hint=f"cp -r {settings.policy_dir} {settings.root / 'policy'}, then say who your users are in policy/users.yml",
        )


def refresh(
    settings: Settings, *, data: bool = True, layers: Collection[str] | None = None, on_step: Callable[[str], None] = lambda _: None
) -> Refreshed:
    """Puts the policy in force, then copies what changed.

    Args:
        data: False puts the policy in force alone.
        layers: only these are copied; None means all that are served.

    Raises:
        DeclarationError: the policy does not fit the warehouse; what is in force stays.
        ServeError: the server cannot be reached or governed.
    """
    own_policy(settings)
    plan = compiled(settings)
    limits = Limits(settings.serve.statement_timeout, settings.serve.temp_files, settings.serve.connections)
    with admitted(settings) as admin:
        on_step("the policy is put in force")
        enforced = enforce(admin, plan, key_of(settings), limits, lambda passwords: _hand_out(settings, passwords))
        published = publish(settings, plan, admin, conninfo_of(settings), layers=layers, on_step=on_step) if data else None
        if published is not None and published.made:
            made(admin, plan, published.made)
    return Refreshed(enforced, published)


def foresee(settings: Settings) -> Foreseen:
    """What `refresh` would change about the policy. Raises as `refresh` does."""
    plan = compiled(settings)
    with admitted(settings) as admin:
        before = applied_plan(admin)
        return Foreseen(not before, difference(before, lines(plan)), changed_by_hand(admin) if before else (), alarms(plan))


def audit(settings: Settings, since: str = "") -> Audited:
    """What is in force against what is written, and who asked what of our server. Raises as `refresh` does."""
    plan = compiled(settings)
    with admitted(settings) as admin:
        changes, drift = difference(applied_plan(admin), lines(plan)), changed_by_hand(admin)
    log = server_of(settings).data / "log"
    # a server of somebody else's keeps its log where we cannot read it
    asked = reads(log, plan, since) if settings.serve.admin is None else None
    return Audited(changes, drift, asked)


def statements(settings: Settings) -> tuple[str, ...]:
    """The plan as statements for an empty PostgreSQL."""
    return postgres.statements(compiled(settings), settings.project)


def new_password(settings: Settings, user: str) -> str:
    """Gives a user a new password. Raises UsageError if there is no such user."""
    if user not in dict(compiled(settings).users):
        raise UsageError(f"{user!r} is no user of the policy", hint="users.yml has them")
    with admitted(settings) as admin:
        password = set_password(admin, user)
    _hand_out(settings, {user: password})
    return password


def _hand_out(settings: Settings, passwords: dict[str, str]) -> None:
    """Writes passwords where the owner of the server finds them, in the form that PGPASSFILE takes."""
    if not passwords:
        return
    server = server_of(settings)
    path = server.passwords if settings.serve.admin is None else settings.state_dir / "pgpass"
    path.parent.mkdir(parents=True, exist_ok=True)
    old = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    kept = [line for line in old if line.split(":")[3] not in passwords]
    # the host and the port may change; a password does not
    new = [f"*:*:{server.database}:{user}:{password}" for user, password in passwords.items()]
    beside = path.with_name(path.name + ".new")
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write("\n".join([*kept, *new]) + "\n")
    beside.replace(path)
