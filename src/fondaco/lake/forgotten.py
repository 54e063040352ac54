"""Who was forgotten: a list of keyed hashes, by which her rows are known when they come again. The key is never in the lake.

bronze/_forgotten/<number>.json holds the whole list; a longer one is created beside it before the old one goes, so that there is always
one, and of two writers one wins.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import duckdb
import pyarrow as pa

from fondaco.errors import LakeError, LockedError
from fondaco.lake import layout
from fondaco.lake.persons import MEANT, NOWHERE, PSEUDONYM_KEY, WHOSE_KEY
from fondaco.storage import Store

FORMAT = 1
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
class Forgotten:
    """The list; empty if nobody asked."""

    number: int = 0
    check: str = ""
    requests: tuple[Request, ...] = field(default=())

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
        return Forgotten(self.number + 1, check, (*others, request))

    def encode(self) -> bytes:
        requests = [{"id": one.id, "at": one.at, "tokens": sorted(one.tokens)} for one in self.requests]
        return json.dumps({"format": FORMAT, "check": self.check, "requests": requests}, indent=1).encode() + b"\n"


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
        return Forgotten(number, document["check"], requests)
    except (ValueError, KeyError, TypeError) as error:
        raise LakeError(
            "the list of who was forgotten cannot be read, so nothing may land", where=store.url(path), hint="restore it from a backup"
        ) from error


def add(store: Store, known: Forgotten, request: Request, keys: Keys) -> Forgotten:
    """Puts a request on the list. Raises LockedError if somebody else did at the same time."""
    longer = known.with_request(request, keys.check())
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
    """Makes `MEANT` of these hashes, and gives the connection the keys; they never stand in the text of a statement."""
    connection.execute(f"set variable {WHOSE_KEY} = ?", [keys.whose()])
    connection.execute(f"set variable {PSEUDONYM_KEY} = ?", [keys.pseudonyms()])
    connection.register("arriving_tokens", pa.table({"token": pa.array(sorted(tokens), pa.string())}))
    connection.execute(f"create or replace temp table {MEANT} as from arriving_tokens")
    connection.unregister("arriving_tokens")
