"""Reads policy/: roles.yml, masks.yml, layers.yml, users.yml, entitlements.csv and, where there is one, retention.yml; what is wrong is told with file and line.

Only what a file can know by itself is judged here; what it says of the warehouse is held against it in `check`.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal

from fondaco.contracts import CLASSIFICATIONS, Place
from fondaco.errors import DeclarationError, did_you_mean
from fondaco.governance.masks import EMPTY, NAMES
from fondaco.governance.policy import FORMS, PERSONAL, Entitlement, Form, Layer, Policy, Role, Rule, User
from fondaco.governance.retention import retention_of

FILES = ("roles.yml", "masks.yml", "layers.yml", "users.yml", "entitlements.csv", "retention.yml")
#: The layers that there are: what landed, facts and members, figures.
LAYERS = ("bronze", "silver", "gold")

_ROLE = re.compile(r"[A-Z][A-Z0-9_]{0,30}")
#: Also the name that somebody logs in with; short enough for every engine.
_USER = re.compile(r"[a-z][a-z0-9_]{0,30}")
#: Names that a server has for itself, and ours.
_TAKEN = re.compile(r"(pg|gov)_.*|postgres|public|none|fondaco.*|(all|current|session)_?(user|role)?|user|role")


def load_policy(folder: Path) -> Policy:
    """Reads the files of policy/.

    Raises:
        DeclarationError: a file is missing or not read, a name is unknown or a value is wrong; it names file and line.
    """
    if not folder.is_dir():
        raise DeclarationError(
            f"there is no policy at {folder}", where=str(folder), hint="it is a folder beside contracts/; copy the one that is shipped"
        )
    for path in sorted(folder.iterdir()):
        if path.suffix in (".yml", ".yaml", ".csv") and path.name not in FILES:
            raise DeclarationError(
                f"policy/{path.name} is read by nobody{did_you_mean(path.name, FILES)}",
                where=str(path),
                hint=f"the files are {', '.join(FILES)}",
            )
    roles = _roles(Place.root(folder / "roles.yml"))
    layers, relations = _layers(Place.root(folder / "layers.yml"))
    users, groups = _users(Place.root(folder / "users.yml"), roles)
    return Policy(
        roles=roles,
        masks=_masks(Place.root(folder / "masks.yml")),
        layers=layers,
        relations=relations,
        users=users,
        groups=groups,
        entitlements=tuple(_entitlements(folder / "entitlements.csv", users, groups)),
        retention=retention_of(folder / "retention.yml"),
    )


def _roles(root: Place) -> dict[str, Role]:
    return {name: _role(name, place) for name, place in root.only("roles").each("roles")}


def _role(name: str, place: Place) -> Role:
    place.only("description", "reads", "rows", "people", "classes")
    if not _ROLE.fullmatch(name) or _TAKEN.fullmatch(name.lower()):
        raise place.error(f"{name!r} cannot be the name of a role: capitals, digits and underscores, and none that a server has for itself")
    reads = place.names("reads")
    for read in reads:
        layer = read.partition(".")[0]
        if layer not in LAYERS:
            raise place.error(f"{name} reads {read!r}, and there is no layer {layer!r}{did_you_mean(layer, LAYERS)}", "reads")
    classes = {}
    for classification, form in place.texts("classes").items():
        _check_class(place, "classes", classification)
        classes[classification] = _form(place.inner("classes") or place, classification, form)
    return Role(
        name=name,
        description=place.text("description"),
        reads=reads,
        rows="all" if place.one_of("rows", ("all", "entitled")) == "all" else "entitled",
        people=_form(place, "people", place.text("people")),
        classes=classes,
        where=place.where(),
    )


def _form(place: Place, setting: str, value: str) -> Form:
    for form in FORMS:
        if value == form:
            return form
    raise place.error(f"{setting!r} is {value!r}, which is none of {', '.join(FORMS)}{did_you_mean(value, FORMS)}", setting)


def _check_class(place: Place, setting: str, name: str) -> None:
    if name not in CLASSIFICATIONS:
        raise place.error(f"{name!r} is no classification{did_you_mean(name, CLASSIFICATIONS)}", setting)


def _masks(root: Place) -> dict[tuple[str, Form], str]:
    masks: dict[tuple[str, Form], str] = {}
    for classification, place in root.only("masks").each("masks"):
        if classification not in CLASSIFICATIONS:
            raise place.error(f"{classification!r} is no classification{did_you_mean(classification, CLASSIFICATIONS)}")
        place.only("mask", "hash")
        forms: tuple[Literal["mask", "hash"], ...] = ("mask", "hash")
        for form in forms:
            masks[classification, form] = place.one_of(form, NAMES)
        masks[classification, "hide"] = EMPTY
    for classification in sorted(CLASSIFICATIONS):
        if classification.startswith(PERSONAL) and (classification, "mask") not in masks:
            raise root.error(f"{classification} has no mask: every class of persons needs one", "masks")
    return masks


def _layers(root: Place) -> tuple[dict[str, Layer], dict[str, Rule]]:
    root.only("layers", "relations")
    layers = {}
    for name, place in root.each("layers"):
        if name not in LAYERS:
            raise place.error(f"there is no layer {name!r}{did_you_mean(name, LAYERS)}")
        layers[name] = Layer(name, place.only("served", *_RULES).flag("served", False), _rule(name, place), place.where())
    relations = {}
    for name, place in root.each("relations") if root.values.get("relations") else ():
        layer = name.partition(".")[0]
        if layer not in layers or "." not in name:
            raise place.error(f"{name!r} is no relation of a layer: write it as gold.daily_sales{did_you_mean(layer, layers)}")
        relations[name] = _rule(name, place.only(*_RULES))
    return layers, relations


_RULES = ("rows_by", "public", "whole")


def _rule(name: str, place: Place) -> Rule:
    said = [rule for rule in _RULES if rule in place.values]
    if len(said) != 1:
        raise place.error(
            f"{name!r} must say one of rows_by: COLUMN, public: WHY, whole: WHY" + (f", not {' and '.join(said)}" if said else ""),
            said[-1] if said else None,
        )
    (rule,) = said
    text = place.text(rule)
    if not text.strip():
        raise place.error(f"{rule!r} of {name!r} says nothing", rule)
    match rule:
        case "rows_by":
            return Rule("by", text, "", place.where(rule))
        case "public":
            return Rule("public", None, text, place.where(rule))
        case _:
            return Rule("whole", None, text, place.where(rule))


def _users(root: Place, roles: Mapping[str, Role]) -> tuple[dict[str, User], dict[str, tuple[str, ...]]]:
    root.only("users", "groups")
    users = {}
    for name, role in root.texts("users").items():
        place = root.inner("users") or root
        if not _USER.fullmatch(name) or _TAKEN.fullmatch(name) or name.upper() in roles:
            raise place.error(
                f"{name!r} cannot be a user: small letters, digits and underscores, no role's name and none of a server's", name
            )
        if role not in roles:
            raise place.error(f"{name} has the role {role!r}, which roles.yml does not know{did_you_mean(role, roles)}", name)
        users[name] = User(name, role, place.where(name))
    groups = {}
    for name in root.values.get("groups") or {}:
        place = root.inner("groups") or root
        if not _USER.fullmatch(name) or name in users or name.upper() in roles:
            raise place.error(
                f"{name!r} cannot be a group: small letters, digits and underscores, and neither a user's nor a role's name", name
            )
        groups[name] = place.names(name)
        for member in groups[name]:
            if member not in users:
                raise place.error(f"group {name} has {member!r}, who is no user{did_you_mean(member, users)}", name)
    return users, groups


def _entitlements(path: Path, users: Mapping[str, User], groups: Mapping[str, tuple[str, ...]]) -> Iterator[Entitlement]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise DeclarationError(f"policy/{path.name} is missing", where=str(path), hint="its first line is: who,country") from None
    except UnicodeDecodeError as error:
        raise DeclarationError(f"policy/{path.name} is not UTF-8 text", where=str(path), hint="save it as UTF-8") from error
    lines = csv.reader(text.splitlines())
    header = [name.strip() for name in next(lines, [])]
    if header != ["who", "country"]:
        raise DeclarationError(
            f"policy/{path.name} begins with {','.join(header)!r}", where=f"{path}:1", hint="its first line is: who,country"
        )
    seen: dict[tuple[str, str], int] = {}
    for number, cells in enumerate(lines, 2):
        cells = [cell.strip() for cell in cells]
        if not any(cells):
            continue
        where = f"{path}:{number}"
        if len(cells) != 2 or not all(cells):
            raise DeclarationError(
                f"this line is not a user or group and a country: {','.join(cells)!r}", where=where, hint="as in: ana,DE"
            )
        who, country = cells
        if who not in users and who not in groups:
            raise DeclarationError(
                f"{who!r} is no user and no group{did_you_mean(who, (*users, *groups))}", where=where, hint="users.yml has them"
            )
        if (who, country) in seen:
            raise DeclarationError(f"{who},{country} stands in line {seen[who, country]} already", where=where, hint="take one of them out")
        seen[who, country] = number
        yield Entitlement(who, country, where)
