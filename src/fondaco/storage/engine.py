"""What DuckDB needs to read a bucket in place: the extension that comes as a wheel, and a secret that ends with the connection."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from math import log2
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import duckdb

from fondaco.errors import ConfigError
from fondaco.storage import patience
from fondaco.storage.credentials import Credentials
from fondaco.storage.faults import engine_error
from fondaco.storage.patience import Patience
from fondaco.storage.place import Bucket, Keys, Place


class Access:
    """A connection's right to read a place. A folder needs none.

    Secrets live in the memory of the database that the connection has open: they are in no file and in no log.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, place: Place) -> None:
        self._connection = connection
        self._credentials = Credentials(place) if isinstance(place, Bucket) else None
        self._given: Keys | None = None
        if self._credentials is not None:
            connection.execute(f"load {_text(extension('httpfs'))}")
            for name, value in _settings(patience.PATIENCE).items():
                connection.execute(f"set {name} = {value}")
        self.renew()

    def renew(self) -> None:
        """Hands over keys that were renewed since."""
        if self._credentials is None or (keys := self._credentials.now()) == self._given:
            return
        try:
            # a cursor of its own: the connection may be in the middle of something
            self._connection.cursor().execute(_secret(self._credentials.place, keys))
        except duckdb.Error:
            # the engine's own words would repeat the statement
            raise ConfigError("the engine does not take the credentials of S3", where=str(self._credentials.place)) from None
        self._given = keys


def admit(connection: duckdb.DuckDBPyConnection, place: Place) -> Access:
    """Lets a connection read a place.

    Raises:
        ConfigError: there are no credentials, or the extension is not installed.
    """
    return Access(connection, place)


@contextmanager
def explained(place: Place) -> Iterator[None]:
    """Turns what the engine meets in a place into an error with a next step."""
    try:
        yield
    except duckdb.Error as error:
        found = engine_error(error, place)
        if found is None:
            raise
        raise found from None


def _settings(allowed: Patience) -> dict[str, object]:
    return {
        # each pause is twice the one before
        "http_retries": max(2, int(log2(allowed.limit / allowed.first)) - 1),
        "http_retry_wait_ms": max(1, int(allowed.first * 500)),
        "http_retry_backoff": 2,
        "http_timeout": max(1, int(allowed.silence)),
        # a path is a name, not a pattern
        "s3_url_compatibility_mode": True,
    }


def extension(name: str) -> Path:
    """The file of an extension of the engine, from the wheel that it comes in. Raises ConfigError if that is not installed."""
    package = find_spec(f"duckdb_extension_{name}")
    folders = [Path(folder) for folder in package.submodule_search_locations or ()] if package else []
    found = [path for folder in folders for path in folder.glob(f"extensions/v{duckdb.__version__}/{name}.duckdb_extension")]
    if not found:
        wheel = f"duckdb-extension-{name.replace('_', '-')}=={duckdb.__version__}"
        raise ConfigError(f"the engine's extension {name} is not installed for DuckDB {duckdb.__version__}", hint=f"pip install {wheel}")
    return found[0]


def _secret(place: Bucket, keys: Keys) -> str:
    options: dict[str, Any] = {
        "key_id": keys.access_key_id,
        "secret": keys.secret_access_key,
        "region": place.region,
        "url_style": "path" if place.in_path else "vhost",
        "scope": str(place),
    }
    if keys.session_token:
        options["session_token"] = keys.session_token
    if place.endpoint:
        url = urlsplit(place.endpoint)
        options["endpoint"] = url.netloc + url.path
        options["use_ssl"] = url.scheme == "https"
    told = ", ".join(f"{name} {_text(value) if isinstance(value, str) else str(value).lower()}" for name, value in options.items())
    return f"create or replace temporary secret fondaco_{_name(place)} (type s3, provider config, {told})"


def _name(place: Bucket) -> str:
    return "".join(letter if letter.isalnum() else "_" for letter in place.setting.lower())


def _text(value: object) -> str:
    return "'" + str(value).replace("'", "''") + "'"
