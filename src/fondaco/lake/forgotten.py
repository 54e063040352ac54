"""Who was forgotten, and of whom what was kept for its time: a list of keyed hashes, by which rows are known when they come again.
The key is never in the lake.

bronze/_forgotten/<number>.json holds the whole list; a longer one is created beside it before the old one goes, so that there is always
one, and of two writers one wins.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

import duckdb
import pyarrow as pa

from fondaco.errors import LakeError, LockedError
from fondaco.lake import layout
from fondaco.lake.persons import MEANT, NOWHERE, PSEUDONYM_KEY, WHOSE_KEY, Extent
from fondaco.storage import Store

FORMAT = 2
_DIGITS = 32


@dataclass(frozen=True)
class Keys:
    """What the secret is used for, each use with a key of its own.

    Attributes:
        secret: gives the secret when it is first needed.
        domains: e-mails of these domains keep them when their owner is forgotten: a rule of the shop looks at it.
    """

    secret: Callable[[], str]
    domains: tuple[str, ...] = ()

    def whose(self) -> str:
        return self._derived("whose a row is")

    def pseudonyms(self) -> str:
        return self._derived("pseudonyms of the forgotten")

    def check(self) -> str:
        """Tells one secret from another, and nothing else of it."""
        return self._derived("check")

    def token(self, kind: str, value: str) -> str:
        """The hash of an account (``source|id``) or an e-mail, as SQL makes it."""
        return hashlib.sha256(f"{self.whose()}{kind}|{value}".encode()).hexdigest()[:_DIGITS]

    def pseudonym(self, email: str) -> str:
        """What takes the place of an e-mail, as SQL makes it."""
        plain = email.strip().lower()
        domain = plain.partition("@")[2]
        made = hashlib.sha256(f"{self.pseudonyms()}{plain}".encode()).hexdigest()[:16]
        return f"forgotten-{made}@{domain if domain in self.domains else NOWHERE}"

    def _derived(self, use: str) -> str:
        return hmac.digest(self.secret().encode(), f"fondaco forget 1: {use}".encode(), "sha256").hex()[:_DIGITS]


@dataclass(frozen=True)
class Request:
    """One person's request: a name for it that says nothing, when it was made, and her hashes."""

    id: str
    at: str
    tokens: frozenset[str]


@dataclass(frozen=True)
class Expired:
    """Classifications that are kept for one time after somebody's last sign of life, and of whom they were erased.

    Attributes:
        before: by hash, up to when her rows are (ISO 8601, UTC); a later one is a sign of life, and stays as it is.
    """

    classes: frozenset[str]
    before: Mapping[str, str]

    def extent(self, domains: tuple[str, ...] = ()) -> Extent:
        """What is meant, in a temporary table of its own."""
        return Extent(self.classes, domains, "expired_" + "_".join(sorted(self.classes)).replace(".", "_"))

    def among(self, tokens: Iterable[str]) -> Expired:
        """The same of these alone."""
        return Expired(self.classes, {token: self.before[token] for token in tokens if token in self.before})


@dataclass(frozen=True)
class Forgotten:
    """The list; empty if nobody asked and nothing was too old."""

    number: int = 0
    check: str = ""
    requests: tuple[Request, ...] = field(default=())
    expired: tuple[Expired, ...] = field(default=())

    @property
    def tokens(self) -> frozenset[str]:
        return frozenset(token for request in self.requests for token in request.tokens)

    def of(self, tokens: Iterable[str]) -> list[Request]:
        """The requests that one of these hashes belongs to."""
        wanted = set(tokens)
        return [request for request in self.requests if request.tokens & wanted]

    def with_request(self, request: Request, check: str) -> Forgotten:
        """The list with a request; one of the same name is replaced."""
        others = tuple(other for other in self.requests if other.id != request.id)
        return Forgotten(self.number + 1, check, (*others, request), self.expired)

    def of_classes(self, classes: frozenset[str]) -> Expired:
        """What was erased of these classifications by age."""
        return next((one for one in self.expired if one.classes == classes), Expired(classes, {}))

    def with_expired(self, expired: Iterable[Expired], check: str) -> Forgotten:
        """The list with more people, or later times, for some classifications."""
        known = {one.classes: one for one in self.expired}
        for one in expired:
            known[one.classes] = Expired(one.classes, {**self.of_classes(one.classes).before, **one.before})
        # e-mails first: what else is too old of the same person is known by what takes their place, too
        ordered = sorted(known.values(), key=lambda one: ("pii.email" not in one.classes, sorted(one.classes)))
        return Forgotten(self.number + 1, check, self.requests, tuple(ordered))

    def encode(self) -> bytes:
        requests = [{"id": one.id, "at": one.at, "tokens": sorted(one.tokens)} for one in self.requests]
        told = {"format": FORMAT if self.expired else 1, "check": self.check, "requests": requests}
        expired = [{"classes": sorted(one.classes), "before": _by_time(one.before)} for one in self.expired]
        return json.dumps({**told, **({"expired": expired} if expired else {})}, indent=1).encode() + b"\n"


def _by_time(before: Mapping[str, str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for token, time in sorted(before.items(), key=lambda item: (item[1], item[0])):
        found.setdefault(time, []).append(token)
    return found


def read(store: Store) -> Forgotten:
    """The list of a lake. Raises LakeError if it cannot be read: then nothing may land."""
    found = [(number, item.path) for item in store.listing(layout.FORGOTTEN) if (number := layout.forgotten_number(item.path))]
    if not found:
        return Forgotten()
    number, path = max(found)
    data = store.read(path)
    if data is None:  # a longer one took its place just now
        return read(store)
    try:
        document = json.loads(data)
        if document["format"] > FORMAT:
            raise LakeError("the list of who was forgotten is of a later format", where=store.url(path), hint="update fondaco")
        requests = tuple(Request(one["id"], one["at"], frozenset(one["tokens"])) for one in document["requests"])
        expired = tuple(
            Expired(frozenset(one["classes"]), {token: time for time, tokens in one["before"].items() for token in tokens})
            for one in document.get("expired", ())
        )
        return Forgotten(number, document["check"], requests, expired)
    except (ValueError, KeyError, TypeError) as error:
        raise LakeError(
            "the list of who was forgotten cannot be read, so nothing may land", where=store.url(path), hint="restore it from a backup"
        ) from error


def add(store: Store, known: Forgotten, request: Request, keys: Keys) -> Forgotten:
    """Puts a request on the list. Raises LockedError if somebody else did at the same time."""
    return _put(store, known, known.with_request(request, keys.check()))


def age(store: Store, known: Forgotten, expired: Iterable[Expired], keys: Keys) -> Forgotten:
    """Puts on the list of whom what is too old. Raises LockedError if somebody else did at the same time."""
    return _put(store, known, known.with_expired(expired, keys.check()))


def _put(store: Store, known: Forgotten, longer: Forgotten) -> Forgotten:
    path = layout.forgotten_path(longer.number)
    if not store.create(path, longer.encode()):
        raise LockedError("somebody else is being forgotten in this lake at the same time", hint="run again")
    if known.number:
        store.delete([layout.forgotten_path(known.number)])
    return longer


def lend(store: Store, other: Store) -> None:
    """Gives another lake, which has none, the list of this one: what lands there is then left of rows as it is left here."""
    known = read(store)
    if known.number:
        other.create(layout.forgotten_path(known.number), known.encode())


def checked(known: Forgotten, keys: Keys | None, where: str) -> Keys:
    """The keys, if they are those of the list. Raises LakeError: without them her rows would not be known."""
    if keys is None or (known.check and keys.check() != known.check):
        raise LakeError(
            "people were forgotten here with another secret than this one, so nobody can tell whose rows come now; nothing was landed",
            where=where,
            hint="put back the secret of that time: pseudonym_secret in fondaco.yml, or .fondaco/pseudonym.key",
        )
    return keys


def mean(connection: duckdb.DuckDBPyConnection, tokens: Iterable[str], keys: Keys) -> None:
    """Makes `MEANT` of these hashes, and gives the connection the keys."""
    lend_keys(connection, keys)
    _mean(connection, MEANT, pa.table({"token": pa.array(sorted(tokens), pa.string())}))


def mean_expired(connection: duckdb.DuckDBPyConnection, expired: Expired, keys: Keys) -> None:
    """The same for what is too old: makes the table of its extent."""
    lend_keys(connection, keys)
    times = pa.array(expired.before.values(), pa.string()).cast(pa.timestamp("us"))
    _mean(connection, expired.extent().meant, pa.table({"token": pa.array(expired.before.keys(), pa.string()), "before": times}))


def lend_keys(connection: duckdb.DuckDBPyConnection, keys: Keys) -> None:
    """Gives a connection the keys; they never stand in the text of a statement."""
    connection.execute(f"set variable {WHOSE_KEY} = ?", [keys.whose()])
    connection.execute(f"set variable {PSEUDONYM_KEY} = ?", [keys.pseudonyms()])


def _mean(connection: duckdb.DuckDBPyConnection, name: str, tokens: pa.Table) -> None:
    connection.register("arriving_tokens", tokens)
    connection.execute(f"create or replace temp table {name} as from arriving_tokens")
    connection.unregister("arriving_tokens")
