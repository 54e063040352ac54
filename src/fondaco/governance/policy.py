"""The policy as frozen values: what the files of policy/ say, and where they say it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from fondaco.governance.retention import Retention

#: How a column is shown: as it is, changed so that it still tells something, as a pseudonym that joins, or not at all.
Form = Literal["clear", "mask", "hash", "hide"]
FORMS: tuple[Form, ...] = get_args(Form)

#: Classes of what names or touches a person; each must have a mask.
PERSONAL = "pii."


@dataclass(frozen=True)
class Rule:
    """Which rows of a relation a role of some countries sees.

    Attributes:
        kind: ``by`` those whose column is one of her countries, ``public`` all, ``whole`` none: for roles that see all rows only.
        column: of ``by``.
        why: of the other two, in the steward's words.
        where: the place that says so.
    """

    kind: Literal["by", "public", "whole"]
    column: str | None
    why: str
    where: str


@dataclass(frozen=True)
class Role:
    """What the people of a role may read, and in which form they see people.

    Attributes:
        reads: layers, and relations as ``layer.relation``.
        rows: ``all``, or those of the user's countries.
        people: the form of every class of ``pii.`` that `classes` does not name.
        classes: the form of single classes.
    """

    name: str
    description: str
    reads: tuple[str, ...]
    rows: Literal["all", "entitled"]
    people: Form
    classes: Mapping[str, Form]
    where: str

    def form(self, classification: str) -> Form:
        """How the role sees a column of that class."""
        return self.classes.get(classification) or (self.people if classification.startswith(PERSONAL) else "clear")


@dataclass(frozen=True)
class Layer:
    """A layer of the warehouse: whether it is copied to the server, and the rule of its relations that have none of their own."""

    name: str
    served: bool
    rule: Rule
    where: str


@dataclass(frozen=True)
class User:
    name: str
    role: str
    where: str


@dataclass(frozen=True)
class Entitlement:
    """One line of the table of countries: a user or a group, and a country she may see."""

    who: str
    country: str
    where: str


@dataclass(frozen=True)
class Policy:
    """Everything that policy/ says.

    Attributes:
        masks: the method of a class and form, such as ``("pii.email", "mask"): "keep_domain"``.
        relations: the rules of single relations, by ``layer.relation``.
        groups: users by group.
        retention: how long what tells of a person is kept.
    """

    roles: Mapping[str, Role]
    masks: Mapping[tuple[str, Form], str]
    layers: Mapping[str, Layer]
    relations: Mapping[str, Rule]
    users: Mapping[str, User]
    groups: Mapping[str, tuple[str, ...]]
    entitlements: tuple[Entitlement, ...]
    retention: tuple[Retention, ...] = ()

    def countries(self, user: str) -> tuple[str, ...]:
        """The countries of a user, her own and those of her groups."""
        names = {user, *(group for group, members in self.groups.items() if user in members)}
        return tuple(sorted({line.country for line in self.entitlements if line.who in names}))
