"""What the account knows, as plain values; nothing here runs SQL."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

#: The roles that every account has, each with those it holds.
BUILT_IN = {
    "ACCOUNTADMIN": {"SYSADMIN", "SECURITYADMIN"},
    "SECURITYADMIN": {"USERADMIN"},
    "SYSADMIN": set[str](),
    "USERADMIN": set[str](),
    "PUBLIC": set[str](),
}
Name = tuple[str, ...]


class Denied(Exception):
    """What Snowflake says where a right is missing, or a thing: it does not tell which."""


@dataclass
class User:
    default_role: str | None = None
    takes_all_roles: bool = True
    kind: str = "PERSON"
    roles: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Policy:
    """A masking (`kind` MASKING) or row access policy (`kind` ROW ACCESS)."""

    kind: str
    arguments: tuple[tuple[str, str], ...]
    body: str


@dataclass
class External:
    """An external table: what its columns are made of, and the files that it was told of."""

    location: str
    columns: list[tuple[str, str, str]]
    partition: tuple[str, ...]
    files: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Grant:
    privilege: str
    kind: str
    name: Name
    role: str


@dataclass
class Account:
    """Everything that the account knows.

    Attributes:
        is_trusted: whether the AWS role of the integration lets Snowflake in.
    """

    is_trusted: bool = True
    users: dict[str, User] = field(default_factory=dict)
    roles: dict[str, set[str]] = field(default_factory=lambda: {name: set(held) for name, held in BUILT_IN.items()})
    grants: set[Grant] = field(default_factory=set)
    owners: dict[tuple[str, Name], str] = field(default_factory=dict)
    things: dict[tuple[str, Name], dict[str, str]] = field(default_factory=dict)
    managed: set[Name] = field(default_factory=set)
    policies: dict[Name, Policy] = field(default_factory=dict)
    masks: dict[Name, dict[str, Name]] = field(default_factory=dict)
    rows: dict[Name, tuple[Name, tuple[str, ...]]] = field(default_factory=dict)
    views: dict[Name, str] = field(default_factory=dict)
    externals: dict[Name, External] = field(default_factory=dict)

    def closure(self, roles: Iterable[str]) -> frozenset[str]:
        """The roles, and all that they hold."""
        found: set[str] = set()
        todo = list(roles)
        while todo:
            role = todo.pop()
            if role not in found:
                found.add(role)
                todo += self.roles.get(role, ())
        return frozenset(found | {"PUBLIC"})

    def may(self, roles: Iterable[str], privilege: str, kind: str, name: Name) -> bool:
        """Whether one of these roles owns the thing or was granted the privilege on it."""
        held = set(roles)
        if self.owners.get((kind, name)) in held:
            return True
        return any(
            grant.role in held and grant.kind == kind and grant.name == name and grant.privilege in (privilege, "ALL")
            for grant in self.grants
        )

    def forget(self, kind: str, name: Name) -> None:
        """A thing is gone, and with it all that was said about it."""
        self.owners.pop((kind, name), None)
        self.things.pop((kind, name), None)
        self.grants = {grant for grant in self.grants if (grant.kind, grant.name) != (kind, name)}
        self.unprotect(name)
        self.views.pop(name, None)
        self.externals.pop(name, None)

    def unprotect(self, name: Name) -> None:
        """`create or replace` makes a thing without policies."""
        self.masks.pop(name, None)
        self.rows.pop(name, None)

    def granted_to(self, role: str) -> Iterator[Grant]:
        yield from sorted(
            (grant for grant in self.grants if grant.role == role), key=lambda grant: (grant.kind, grant.name, grant.privilege)
        )


@dataclass
class Session:
    """Who speaks.

    Attributes:
        role: the primary role; with `secondary`, all other roles of the user count for reading, too.
    """

    user: str
    role: str
    secondary: bool
    database: str | None = None
    schema: str | None = None
    warehouse: str | None = None
    tag: str = ""

    def roles(self, account: Account) -> frozenset[str]:
        """All roles that are active."""
        return account.closure({self.role, *(account.users[self.user].roles if self.secondary else ())})

    def primary(self, account: Account) -> frozenset[str]:
        """The roles that count for making things."""
        return account.closure({self.role})
